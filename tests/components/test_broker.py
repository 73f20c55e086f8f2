"""The broker goes and comes: nothing is judged meanwhile, and nothing is forgotten."""

import logging

from homeassistant.components.mqtt import MQTT_CONNECTION_STATE
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CoreState
from homeassistant.helpers.dispatcher import async_dispatcher_send
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from .house import GRACE, SETTLE, SUBSCRIBE_TIME, Broker, Clock, House, alarm, own_log, watch

FRONT, BACK = "object_detection/front", "object_detection/back"


@pytest.fixture
async def guarded(house: House) -> House:
    """An armed alarm over two services that are up, long after the start."""
    await house.panel("armed_away")
    await house.set_up(
        watch("front", expect="alarm"), watch("back", expect="alarm"), alarm("front", "back")
    )
    await house.service(FRONT, "on")
    await house.service(BACK, "on")
    await house.clock.advance(GRACE)
    return house


async def test_without_the_broker_nothing_is_judged_and_one_issue_says_so(guarded: House) -> None:
    await guarded.broker.go()
    await guarded.clock.advance(2 * GRACE)
    assert guarded.judged("front") == ("suspended", "broker_gone", "none")
    assert guarded.judged("back") == ("suspended", "broker_gone", "none")
    assert guarded.problem("front") == "unknown"
    assert guarded.protection() == "unknown"
    assert list(guarded.issues) == ["broker_gone_hub"]
    issue = guarded.issues["broker_gone_hub"]
    assert issue.translation_key == "broker_gone"
    # The house is in California.
    assert issue.translation_placeholders == {"since": "2026-11-02 04:01:00"}
    assert not issue.is_fixable
    assert issue.severity == "error"
    assert guarded.fired == []


async def test_what_cannot_be_known_without_the_broker_is_unavailable(guarded: House) -> None:
    await guarded.broker.go()
    assert guarded.unavailable == {
        "binary_sensor.front_connectivity",
        "binary_sensor.back_connectivity",
    }
    await guarded.broker.come()
    assert guarded.unavailable == set()
    assert guarded.value("binary_sensor.front_connectivity") == "unknown"


async def test_after_its_return_the_subscriptions_are_awaited_then_the_grace(
    guarded: House,
) -> None:
    await guarded.broker.go()
    guarded.broker.hold_acknowledgements()
    await guarded.broker.come()
    assert guarded.issues == {}
    assert guarded.judged("front") == ("suspended", "subscribing", "none")
    await guarded.clock.advance(SUBSCRIBE_TIME + 5)
    assert guarded.judged("front") == ("suspended", "subscribing", "none")

    await guarded.broker.acknowledge()
    assert guarded.judged("front") == ("unknown", "grace", "none")
    await guarded.service(FRONT, "on", retain=True)
    assert guarded.judged("front") == ("ok", "agrees", "retained")

    await guarded.clock.advance(GRACE - 0.1)
    assert guarded.judged("back") == ("unknown", "grace", "none")
    assert guarded.issues == {}
    await guarded.clock.advance(0.1)
    assert guarded.judged("back") == ("mismatch", "never_heard", "none")
    # It was heard before the broker went.
    assert guarded.issue("back") == "silent_alarm"
    assert guarded.protection() == "degraded"


async def test_what_the_broker_kept_is_believed_when_it_is_back(guarded: House) -> None:
    await guarded.broker.go()
    await guarded.broker.come()
    await guarded.clock.advance(SUBSCRIBE_TIME)
    await guarded.service(FRONT, "on", retain=True)
    await guarded.service(BACK, "off", retain=True)
    assert guarded.judged("front") == ("ok", "agrees", "retained")
    assert guarded.judged("back") == ("unknown", "grace", "none")
    await guarded.clock.advance(GRACE)
    assert guarded.judged("front") == ("ok", "agrees", "retained")
    assert guarded.judged("back") == ("mismatch", "disconnected", "none")
    assert guarded.fired == [("mismatch", "disconnected")]


async def test_the_expectation_and_its_since_time_outlive_the_broker(guarded: House) -> None:
    before = guarded.state("binary_sensor.front_problem").attributes
    await guarded.broker.go()
    await guarded.clock.advance(GRACE)
    await guarded.broker.come()
    await guarded.clock.advance(GRACE)
    after = guarded.state("binary_sensor.front_problem").attributes
    for kept in ("expected", "expected_because", "expected_since"):
        assert after[kept] == before[kept]


async def test_an_expectation_may_change_while_the_broker_is_gone(guarded: House) -> None:
    await guarded.broker.go()
    await guarded.clock.advance(SETTLE)
    await guarded.panel("disarmed")
    assert guarded.judged("front") == ("suspended", "broker_gone", "none")
    assert guarded.protection() == "disarmed"
    await guarded.clock.advance(SETTLE)
    await guarded.broker.come()
    await guarded.clock.advance(SUBSCRIBE_TIME)
    await guarded.service(FRONT, "on")
    await guarded.service(BACK, "off")
    assert guarded.judged("front") == ("unknown", "grace", "live")
    assert guarded.judged("back") == ("ok", "agrees", "none")
    await guarded.clock.advance(GRACE)
    assert guarded.judged("front") == ("mismatch", "did_not_turn_off", "live")


async def test_an_open_incident_outlives_the_broker(guarded: House) -> None:
    await guarded.service(FRONT, "off")
    opened = guarded.state("binary_sensor.front_problem").attributes["mismatch_since"]
    await guarded.broker.go()
    assert guarded.problem("front") == "on"
    assert set(guarded.issues) == {"broker_gone_hub", "incident_front"}
    await guarded.broker.come()
    await guarded.clock.advance(GRACE)
    await guarded.service(FRONT, "off")
    await guarded.service(BACK, "on")
    assert guarded.state("binary_sensor.front_problem").attributes["mismatch_since"] == opened
    assert guarded.fired == [("mismatch", "disconnected")]

    await guarded.service(FRONT, "on")
    assert guarded.issues == {}
    assert guarded.fired[1:] == [("recovered", "disconnected")]


async def test_a_broker_that_flaps_is_one_issue(guarded: House) -> None:
    for _ in range(3):
        await guarded.broker.go()
        await guarded.clock.advance(3)
        await guarded.broker.go()
        assert list(guarded.issues) == ["broker_gone_hub"]
        await guarded.broker.come()
        await guarded.clock.advance(1)
        assert guarded.issues == {}
    assert guarded.fired == []


async def test_the_log_has_one_line_each_way(
    guarded: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.clear()
    await guarded.broker.go()
    await guarded.clock.advance(GRACE)
    gone = (logging.INFO, "The MQTT broker is gone; all verdicts are suspended")
    assert own_log(caplog) == [gone]
    await guarded.broker.come()
    await guarded.clock.advance(2 * GRACE)
    assert own_log(caplog) == [gone, (logging.INFO, "The MQTT broker is back")]


async def test_a_loss_that_is_told_twice_is_one(
    guarded: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.clear()
    for _ in range(2):
        async_dispatcher_send(guarded.hass, MQTT_CONNECTION_STATE, False)
    await guarded.clock.settle()
    assert len(own_log(caplog)) == 1
    assert list(guarded.issues) == ["broker_gone_hub"]


async def test_every_filter_is_asked_for_again(guarded: House) -> None:
    filters = ["+/status", "autocore/+/status", "connected/+/+", "devices/+/status", "ping/+/+"]

    def asked_for() -> list[str]:
        return sorted(topic for topic in guarded.broker.subscribed if topic in filters)

    assert asked_for() == filters
    await guarded.broker.go()
    await guarded.broker.come()
    await guarded.clock.advance(SUBSCRIBE_TIME)
    assert asked_for() == sorted(2 * filters)


async def test_the_issue_goes_with_the_hub(guarded: House) -> None:
    await guarded.broker.go()
    assert list(guarded.issues) == ["broker_gone_hub"]
    assert await guarded.hass.config_entries.async_unload(guarded.entry.entry_id)
    assert guarded.issues == {}


async def test_set_up_without_a_broker_says_so_and_goes_on_when_it_comes(
    clock: Clock, broker: Broker, house: House
) -> None:
    await broker.go()
    await house.set_up(watch("front"))
    assert list(house.issues) == ["broker_gone_hub"]
    assert house.judged("front") == ("suspended", "broker_gone", "none")
    await clock.advance(10 * GRACE)
    assert list(house.issues) == ["broker_gone_hub"]

    await broker.come()
    await clock.advance(SUBSCRIBE_TIME)
    assert house.issues == {}
    assert house.judged("front") == ("unknown", "grace", "none")
    await clock.advance(GRACE)
    assert house.judged("front") == ("mismatch", "never_heard", "none")


async def test_home_assistant_hanging_up_is_no_fault_of_the_broker(
    guarded: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.clear()
    guarded.hass.set_state(CoreState.stopping)
    guarded.hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await guarded.broker.go()
    assert guarded.issues == {}
    assert guarded.judged("front") == ("ok", "agrees", "live")
    assert own_log(caplog) == []
    guarded.hass.set_state(CoreState.running)


async def test_the_mqtt_integration_may_be_reloaded(
    guarded: House, mqtt_entry: MockConfigEntry
) -> None:
    hass = guarded.hass
    assert await hass.config_entries.async_unload(mqtt_entry.entry_id)
    await guarded.clock.settle()
    assert list(guarded.issues) == ["broker_gone_hub"]
    assert await hass.config_entries.async_setup(mqtt_entry.entry_id)
    await guarded.clock.advance(SUBSCRIBE_TIME)
    assert guarded.issues == {}
    await guarded.service(FRONT, "on")
    assert guarded.judged("front") == ("ok", "agrees", "live")


async def test_a_hub_that_was_unloaded_hears_nothing_more_after_a_reload_of_mqtt(
    guarded: House, mqtt_entry: MockConfigEntry
) -> None:
    """The MQTT integration goes on with subscriptions that were ended after its reload."""
    hub = guarded.entry.runtime_data
    assert await guarded.hass.config_entries.async_reload(mqtt_entry.entry_id)
    await guarded.clock.settle()
    assert await guarded.hass.config_entries.async_unload(guarded.entry.entry_id)
    await guarded.clock.advance(GRACE)
    guarded.events.clear()
    heard = hub.mqtt.messages

    await guarded.service(FRONT, "off")
    await guarded.clock.advance(2 * GRACE)
    assert hub.mqtt.messages == heard
    assert guarded.issues == {}
    assert guarded.fired == []


async def test_a_hub_that_was_unloaded_while_it_subscribes_does_not_come_back(
    house: House,
) -> None:
    house.broker.hold_acknowledgements()
    await house.set_up(watch("front", settle=1, grace=1))
    assert await house.hass.config_entries.async_unload(house.entry.entry_id)
    await house.broker.acknowledge()
    await house.clock.advance(GRACE)
    assert house.issues == {}
    assert house.fired == []
