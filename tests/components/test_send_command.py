"""The action that sends a command and waits for what comes of it."""

import asyncio
from typing import Any

from homeassistant.core import Context, HomeAssistant, ServiceResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers import device_registry as dr
import probatio as vol
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.mqtt_sentinel.const import DOMAIN

from .house import GRACE, SUBSCRIBE_TIME, House, own_log, relay, watch

type Call = asyncio.Task[ServiceResponse]

SAID = "gate/said"


class Caller:
    """Somebody who calls the action, and does not wait yet."""

    def __init__(self, house: House) -> None:
        self.house = house

    async def call(self, *, response: bool = True, **data: Any) -> Call:
        task = self.house.hass.async_create_background_task(
            self.house.hass.services.async_call(
                DOMAIN, "send_command", data, blocking=True, return_response=response
            ),
            "the call",
        )
        await self.house.clock.settle()
        return task

    async def state(self, number: int, on: bool) -> None:
        await self.house.broker.publish(
            f"autocore/esp_1/relay/{number}/status",
            {"device_id": "esp_1", "relay_index": number, "state": on},
        )


def results(call: Call) -> list[tuple[str, str, str, float | None]]:
    """Name, status, result and latency of all commands of a call that is done."""
    response = call.result()
    assert response
    commands: Any = response["commands"]
    return [(each["name"], each["status"], each["result"], each["latency"]) for each in commands]


@pytest.fixture
async def caller(house: House) -> Caller:
    await house.set_up(relay("pump"), relay("light", number="2"), watch("front"))
    await house.broker.publish("autocore/esp_1/status", {"device_id": "esp_1", "status": "online"})
    caller = Caller(house)
    await caller.state(1, False)
    await caller.state(2, False)
    await house.clock.advance(GRACE)
    return caller


async def test_several_relays_are_switched_and_waited_for(
    caller: Caller, device_registry: dr.DeviceRegistry
) -> None:
    call = await caller.call(entity_id=["switch.pump", "switch.light"], state="on")
    await caller.house.clock.advance(0.25)
    await caller.state(1, True)
    assert not call.done()
    await caller.house.clock.advance(10)
    await caller.house.clock.settle()
    assert results(call) == [
        ("Pump", "confirmed", "confirmed", pytest.approx(250, abs=1)),
        ("Light", "timeout", "not_confirmed", None),
    ]
    response = call.result()
    assert response
    commands: Any = response["commands"]
    assert all(device_registry.async_get(each["device_id"]) for each in commands)
    assert {each["topic"] for each in commands} == {
        "autocore/esp_1/relay/1/set",
        "autocore/esp_1/relay/2/set",
    }


async def test_who_asks_for_no_response_gets_an_error(caller: Caller) -> None:
    call = await caller.call(response=False, entity_id="switch.pump", state="on")
    await caller.house.clock.advance(11)
    with pytest.raises(HomeAssistantError, match="Not carried out: Pump"):
        call.result()


async def test_who_asks_for_no_response_gets_none(caller: Caller) -> None:
    call = await caller.call(response=False, entity_id="switch.pump", state="on")
    await caller.state(1, True)
    assert call.result() is None


@pytest.mark.parametrize(("word", "status"), [("OK", "confirmed"), ("ERROR", "error")])
async def test_an_answer_on_a_topic_of_ones_own(caller: Caller, word: str, status: str) -> None:
    house = caller.house
    call = await caller.call(topic="gate/do", payload="open", feedback_topic=SAID)
    assert house.broker.sent_to("gate/do") == []  # nobody would hear the answer yet
    await house.clock.advance(SUBSCRIBE_TIME)
    assert house.broker.sent_to("gate/do") == [b"open"]
    await house.broker.publish(SAID, "what?")
    assert not call.done()
    await house.broker.publish(SAID, word)
    [(name, told, _, latency)] = results(call)
    assert (name, told) == ("gate/do", status)
    assert latency is not None
    await house.clock.advance(SUBSCRIBE_TIME)
    assert SAID in house.broker.unsubscribed
    assert "custom" not in {each.key.dialect for each in house.entry.runtime_data.unwatched()}


async def test_an_answer_on_a_topic_that_is_listened_to(caller: Caller) -> None:
    house = caller.house
    call = await caller.call(topic="room1/fog", payload="ON", feedback_topic="room1/status")
    assert house.broker.sent_to("room1/fog") == [b"ON"]
    await house.broker.publish("room1/status", "OK")
    assert results(call)[0][1] == "confirmed"
    assert "room1/status" not in house.broker.subscribed


async def test_a_subscription_that_is_not_acknowledged(caller: Caller) -> None:
    house = caller.house
    house.broker.hold_acknowledgements()
    call = await caller.call(topic="gate/do", payload="open", feedback_topic=SAID, ttl=5)
    await house.clock.advance(6)
    with pytest.raises(HomeAssistantError, match="could not be heard"):
        call.result()
    assert house.broker.sent_to("gate/do") == []


async def test_without_a_feedback_topic_it_is_sent(caller: Caller) -> None:
    call = await caller.call(topic="gate/do", payload="open")
    assert results(call) == [("gate/do", "sent", "sent", None)]


async def test_a_state_may_be_kept_by_the_broker(caller: Caller) -> None:
    await caller.call(topic="gate/mode", payload="night", retain=True)
    [(qos, retain)] = caller.house.broker.how_sent("gate/mode")
    assert (qos, retain) == (1, True)


async def test_without_a_broker_it_expires(caller: Caller) -> None:
    house = caller.house
    await house.broker.go()
    call = await caller.call(topic="gate/do", payload="open", feedback_topic=SAID, ttl=5)
    await house.clock.advance(6)
    assert results(call) == [("gate/do", "expired", "expired", None)]
    assert house.broker.sent_to("gate/do") == []


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"entity_id": "switch.pump"},
        {"state": "on"},
        {"entity_id": "switch.pump", "state": "half"},
        {"topic": "gate/+", "payload": "open"},
        {"topic": "gate/do"},
        {"topic": "gate/do", "payload": "open", "ttl": 1},
        {"topic": "gate/do", "payload": "open", "timeout": 0},
        {"topic": "gate/do", "payload": "open", "state": "on"},
    ],
)
async def test_what_cannot_be_sent_is_refused(caller: Caller, data: dict[str, Any]) -> None:
    call = await caller.call(**data)
    with pytest.raises(vol.Invalid):
        call.result()


async def test_what_is_no_relay_is_refused(caller: Caller) -> None:
    call = await caller.call(entity_id="binary_sensor.front_problem", state="on")
    with pytest.raises(ServiceValidationError, match="front_problem"):
        call.result()


async def test_who_may_control_nothing_may_send_nothing(
    hass: HomeAssistant, caller: Caller, hass_read_only_user: MockUser
) -> None:
    with pytest.raises(Unauthorized):
        await hass.services.async_call(
            DOMAIN,
            "send_command",
            {"topic": "gate/do", "payload": "open"},
            blocking=True,
            context=Context(user_id=hass_read_only_user.id),
        )


async def test_what_was_sent_is_not_logged(
    caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    await caller.call(topic="gate/do", payload="4711-secret")
    assert own_log(caplog) == []
    assert "4711-secret" not in [
        record.getMessage() for record in caplog.records if "mqtt_sentinel" in record.name
    ]
