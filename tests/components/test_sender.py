"""Commands on their way through Home Assistant's MQTT client, and what comes back of them."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from itertools import count
from typing import Any
from unittest.mock import Mock

from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.const import CONF_PROTOCOL
from homeassistant.core import HomeAssistant
from paho.mqtt.client import MQTT_ERR_NO_CONN
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import MqttMockPahoClient

from custom_components.mqtt_sentinel.command.command import (
    Command,
    Confirmation,
    Late,
    Outcome,
    Priority,
    Relay,
    Result,
)
from custom_components.mqtt_sentinel.control.sender import AT_ONCE, CommandSender
from custom_components.mqtt_sentinel.dialects.autocore import AUTOCORE
from custom_components.mqtt_sentinel.dialects.museum import MUSEUM
from custom_components.mqtt_sentinel.intake.mqtt import Link, MqttIntake
from custom_components.mqtt_sentinel.watch.reports import ThingKey

from .house import SUBSCRIBE_TIME, Broker, Clock

SHARED = "room1/status"
LIGHT = Confirmation("room1/light/feedback", Relay(ThingKey("museum", "", "room1"), "light"), True)


def command(name: str, **more: Any) -> Command:
    """A command to an actuator of the room, sent once."""
    target = more.pop("target", name)
    defaults = {"confirmation": Confirmation(SHARED), "tries": 1}
    return Command(name, target, f"room1/{target}", b"ON", **defaults | more)


class Desk:
    """A sender behind an intake, and what it told."""

    def __init__(self, hass: HomeAssistant, clock: Clock, broker: Broker) -> None:
        self.hass = hass
        self.clock = clock
        self.broker = broker
        self.outcomes: list[Outcome] = []
        self.late: list[Late] = []
        self.sender = CommandSender(hass, self.keep, most=100)
        self.intake = MqttIntake(hass, self.sender.heard, self.sender.follow)

    def keep(self, news: Outcome | Late) -> None:
        if isinstance(news, Outcome):
            self.outcomes.append(news)
        else:
            self.late.append(news)

    @property
    def results(self) -> dict[str, Result]:
        return {outcome.command.id: outcome.result for outcome in self.outcomes}

    @property
    def sent(self) -> list[str]:
        return [topic for topic in self.broker.published if topic.startswith("room1/")]

    async def submit(self, *commands: Command) -> None:
        for each in commands:
            self.sender.submit(each)
        await self.clock.settle()


@pytest.fixture
async def desk(hass: HomeAssistant, clock: Clock, broker: Broker) -> AsyncGenerator[Desk]:
    desk = Desk(hass, clock, broker)
    await desk.intake.start([MUSEUM, AUTOCORE], [""])
    await clock.advance(SUBSCRIBE_TIME)
    assert desk.intake.link is Link.SUBSCRIBED
    yield desk
    desk.sender.stop()
    desk.intake.stop()
    await clock.settle()


def publish_calls(client: MqttMockPahoClient) -> list[tuple[Any, ...]]:
    """What the client was given of our topics: topic, payload, QoS, retain, expiry."""
    return [
        (*call.args[:4], getattr(call.args[4], "MessageExpiryInterval", None))
        for call in client.publish.call_args_list
        if call.args[0].startswith("room1/")
    ]


async def test_a_command_is_sent_and_confirmed(desk: Desk, clock: Clock) -> None:
    desk.sender.submit(command("light"))
    assert desk.sent == []  # who submits it waits for nothing
    await clock.settle()
    assert desk.sent == ["room1/light"]
    await clock.advance(0.25)
    assert desk.sender.depth == 1
    await desk.broker.publish(SHARED, "OK")
    [outcome] = desk.outcomes
    assert outcome.result is Result.CONFIRMED
    assert outcome.latency == pytest.approx(0.25, abs=0.001)
    assert desk.sender.depth == 0
    assert desk.sender.metrics.success_rate == 1.0


async def test_who_wants_to_may_wait_for_the_result(
    hass: HomeAssistant, desk: Desk, clock: Clock
) -> None:
    desk.sender.submit(command("light"))
    asking = hass.async_create_background_task(desk.sender.result("light"), "asking")
    with pytest.raises(ValueError, match="light"):
        desk.sender.submit(command("light", target="another"))
    await clock.advance(0.5)
    assert not asking.done()
    await clock.advance(0.5)
    assert (await asking).result is Result.NOT_CONFIRMED


async def test_who_waits_no_more_cancels_no_command(
    hass: HomeAssistant, desk: Desk, clock: Clock
) -> None:
    desk.sender.submit(command("light"))
    asking = hass.async_create_background_task(desk.sender.result("light"), "asking")
    await asyncio.sleep(0)
    asking.cancel()
    await clock.settle()
    await desk.broker.publish(SHARED, "OK")
    assert desk.results == {"light": Result.CONFIRMED}


@pytest.mark.parametrize("speaks_5", [True, False])
async def test_what_the_client_is_given(
    hass: HomeAssistant,
    clock: Clock,
    set_up_mqtt: Callable[[], Any],
    mqtt_entry: MockConfigEntry,
    mqtt_client_mock: MqttMockPahoClient,
    speaks_5: bool,
) -> None:
    if not speaks_5:
        object.__setattr__(mqtt_entry, "data", {**mqtt_entry.data, CONF_PROTOCOL: "3.1.1"})
    broker = await set_up_mqtt()
    desk = Desk(hass, clock, broker)
    await desk.intake.start([MUSEUM], [""])
    await clock.advance(SUBSCRIBE_TIME)
    await desk.submit(
        command("actuator", actuator=True, ttl=10.0),
        command("setting", qos=1, retain=True),
        command("word", qos=2, ttl=2.5, confirmation=None),
    )
    expiry = (10, 2) if speaks_5 else (None, None)
    assert publish_calls(mqtt_client_mock) == [
        ("room1/actuator", b"ON", 0, False, expiry[0]),
        ("room1/setting", b"ON", 1, True, None),
        ("room1/word", b"ON", 2, False, expiry[1]),
    ]
    assert desk.results == {"word": Result.SENT}
    desk.sender.stop()
    desk.intake.stop()
    await clock.settle()


async def test_the_most_important_of_one_turn_goes_first(desk: Desk) -> None:
    await desk.submit(
        command("rest"),
        command("relay", priority=Priority.RELAY),
        command("alarm", priority=Priority.ALARM),
    )
    assert desk.sent == ["room1/alarm", "room1/relay", "room1/rest"]


async def test_many_leave_the_event_loop_to_others(hass: HomeAssistant, desk: Desk) -> None:
    for number in range(3 * AT_ONCE):
        desk.sender.submit(command(f"{number}", confirmation=None))
    turns = []
    while len(desk.sent) < 3 * AT_ONCE:
        before = len(desk.sent)
        await asyncio.sleep(0)
        turns.append(len(desk.sent) - before)
    assert max(turns) == AT_ONCE


async def test_the_broker_gone_for_a_minute_lets_nothing_through_that_is_late(
    desk: Desk, clock: Clock
) -> None:
    await desk.broker.go()
    begun = asyncio.get_running_loop().time()
    names = [f"{number}" for number in range(30)]
    await desk.submit(*(command(name, actuator=True, ttl=10.0, tries=None) for name in names))
    await clock.advance(8.9)
    assert desk.results == {}
    await clock.advance(51.1)
    assert desk.results == dict.fromkeys(names, Result.EXPIRED)
    assert all(outcome.at - begun <= 10.0 for outcome in desk.outcomes)
    await desk.broker.come()
    await clock.advance(60.0)
    assert desk.sent == []
    assert desk.sender.metrics.expired == 30


async def test_what_is_not_late_is_sent_once_the_answers_can_be_heard(
    desk: Desk, clock: Clock
) -> None:
    await desk.broker.go()
    await desk.submit(command("light", ttl=30.0))
    await clock.advance(5.0)
    desk.broker.hold_acknowledgements()
    await desk.broker.come()
    await clock.advance(SUBSCRIBE_TIME)
    assert desk.sent == []
    await desk.broker.acknowledge()
    await clock.advance(SUBSCRIBE_TIME)
    assert desk.sent == ["room1/light"]


async def test_a_silent_broker_is_sent_nothing(desk: Desk) -> None:
    desk.intake.set_silent(True)
    await desk.submit(command("light", actuator=True))
    assert desk.sent == []
    desk.intake.set_silent(False)
    await desk.clock.settle()
    assert desk.sent == ["room1/light"]


async def test_a_client_that_takes_nothing_is_asked_again(
    desk: Desk, clock: Clock, mqtt_client_mock: MqttMockPahoClient
) -> None:
    """The connection broke, and nobody noticed yet."""
    usual = mqtt_client_mock.publish.side_effect

    def refuse(*_: object, **__: object) -> object:
        answer = usual("room1/nothing", b"")
        answer.rc = MQTT_ERR_NO_CONN
        return answer

    mqtt_client_mock.publish.side_effect = refuse
    await desk.submit(command("light"))
    assert desk.results == {}
    assert desk.sender.metrics.sent == 0
    mqtt_client_mock.publish.side_effect = usual
    await clock.advance(1.0)
    assert desk.sender.metrics.sent == 1
    await desk.broker.publish(SHARED, "OK")
    assert desk.results == {"light": Result.CONFIRMED}


async def test_without_the_mqtt_integration_nothing_is_sent(
    hass: HomeAssistant, desk: Desk, clock: Clock, mqtt_entry: MockConfigEntry
) -> None:
    await hass.config_entries.async_unload(mqtt_entry.entry_id)
    await hass.config_entries.async_set_disabled_by(
        mqtt_entry.entry_id,
        ConfigEntryDisabler.USER,
    )
    desk.sender.follow(Link.SUBSCRIBED)
    await desk.submit(command("light"))
    await clock.advance(10.0)
    assert desk.results == {"light": Result.EXPIRED}
    assert desk.sender.metrics.sent == 0


async def test_a_broker_that_acknowledges_nothing_holds_nobody_up(
    desk: Desk, clock: Clock, mqtt_client_mock: MqttMockPahoClient
) -> None:
    mids = count(3_000_000)
    mqtt_client_mock.publish.side_effect = lambda *_, **__: Mock(mid=next(mids), rc=0)
    await desk.submit(command("light"), command("steam"))
    assert desk.sent == ["room1/light", "room1/steam"]
    await clock.advance(1.0)
    assert desk.results == {"light": Result.NOT_CONFIRMED, "steam": Result.NOT_CONFIRMED}


async def test_a_client_that_fails_on_one_command_sends_the_others(
    desk: Desk, clock: Clock, mqtt_client_mock: MqttMockPahoClient
) -> None:
    failures: list[BaseException] = []
    desk.hass.loop.set_exception_handler(lambda _, said: failures.append(said["exception"]))
    usual = mqtt_client_mock.publish.side_effect

    def fail(topic: str, *args: object, **kwargs: object) -> object:
        if topic == "room1/light":
            raise ValueError("Payload too large.")
        return usual(topic, *args, **kwargs)

    mqtt_client_mock.publish.side_effect = fail
    await desk.submit(command("light"), command("steam", confirmation=None))
    assert desk.results == {"steam": Result.SENT}
    await clock.advance(10.0)
    assert desk.results["light"] is Result.EXPIRED
    assert [str(failure) for failure in failures] == ["Payload too large."]


async def test_a_relay_that_acknowledges_and_does_not_move(desk: Desk, clock: Clock) -> None:
    await desk.submit(command("light", confirmation=LIGHT))
    await desk.broker.publish("room1/light/feedback", "OK")
    await desk.broker.publish("room1/light/state", "OFF")
    await clock.advance(1.0)
    assert desk.results == {"light": Result.NOT_MOVED}


async def test_a_relay_that_moves_and_does_not_acknowledge(desk: Desk, clock: Clock) -> None:
    await desk.submit(command("light", confirmation=LIGHT))
    await desk.broker.publish("room1/light/state", "ON")
    await clock.advance(1.0)
    assert desk.results == {"light": Result.CONFIRMED_BY_STATE}


async def test_a_relay_of_a_fleet_is_confirmed_by_its_state(desk: Desk) -> None:
    relay = Relay(ThingKey("autocore", "", "ESP32_001"), "0")
    await desk.submit(command("relay", confirmation=Confirmation(relay=relay, on=True)))
    await desk.broker.publish(
        "autocore/ESP32_001/relay/0/status",
        {"device_id": "ESP32_001", "relay_index": 0, "state": True, "triggered_by": "mqtt"},
    )
    assert desk.results == {"relay": Result.CONFIRMED}


async def test_what_is_no_answer_passes_by(desk: Desk) -> None:
    await desk.submit(command("light"))
    await desk.broker.publish(SHARED, "online")
    assert desk.results == {}


async def test_a_late_answer_is_told(desk: Desk, clock: Clock) -> None:
    await desk.submit(command("light"))
    await clock.advance(3.0)
    await desk.broker.publish(SHARED, "OK")
    assert desk.results == {"light": Result.NOT_CONFIRMED}
    assert [(late.command.id, late.ok) for late in desk.late] == [("light", True)]


async def test_it_is_sent_again_on_time(desk: Desk, clock: Clock) -> None:
    await desk.submit(command("light", tries=2))
    await clock.advance(1.0)
    assert len(desk.sent) == 1
    await clock.advance(1.0)  # the pause is between a half and a whole second
    assert len(desk.sent) == 2


async def test_a_cancelled_command_is_not_sent(desk: Desk, clock: Clock) -> None:
    desk.sender.submit(command("light"))
    desk.sender.cancel("light")
    await clock.settle()
    assert desk.sent == []
    assert desk.results == {"light": Result.CANCELLED}


async def test_stopping_ends_all(desk: Desk, clock: Clock) -> None:
    await desk.submit(command("sent"))
    desk.sender.submit(command("waits"))
    desk.sender.stop()
    assert desk.results == {"sent": Result.CANCELLED, "waits": Result.CANCELLED}
    await clock.advance(20.0)
    assert desk.sent == ["room1/sent"]
