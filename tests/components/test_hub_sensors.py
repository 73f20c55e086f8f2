"""The numbers on the hub's own device."""

from homeassistant.const import PERCENTAGE
import pytest

from custom_components.mqtt_sentinel.outcome import telling as telling_module

from .house import GRACE, House, watch

FRONT, BACK = "object_detection/front", "object_detection/back"
OPEN = "sensor.mqtt_sentinel_open_incidents"
RATE = "sensor.mqtt_sentinel_message_rate"
ERRORS = "sensor.mqtt_sentinel_errors"
DEAD = "sensor.mqtt_sentinel_dead_letters"
UPTIME = "sensor.mqtt_sentinel_broker_uptime"
ALL = (OPEN, RATE, ERRORS, DEAD, UPTIME)

# How often they are brought up to date.
PERIOD = 30


@pytest.fixture
async def busy(house: House) -> House:
    """A hub that just heard from its two watches."""
    await house.set_up(watch("front"), watch("back"))
    for name in (FRONT, BACK):
        await house.service(name, "on")
    await house.clock.advance(GRACE)
    return house


async def test_they_say_what_they_measure(busy: House) -> None:
    shown = {
        entity_id: (
            busy.state(entity_id).attributes.get("unit_of_measurement"),
            busy.state(entity_id).attributes["state_class"],
        )
        for entity_id in ALL
    }
    assert shown == {
        OPEN: ("incidents", "measurement"),
        RATE: ("messages/s", "measurement"),
        ERRORS: ("errors", "total_increasing"),
        DEAD: ("messages", "total_increasing"),
        UPTIME: (PERCENTAGE, "measurement"),
    }


async def test_open_incidents_are_counted_at_once(busy: House) -> None:
    seen = busy.follow(OPEN)
    await busy.service(FRONT, "off")
    await busy.service(BACK, "off")
    await busy.service(FRONT, "on")
    assert [state.state for state in seen] == ["1", "2", "1"]
    busy.hass.config_entries.async_remove_subentry(busy.entry, "back")
    await busy.clock.settle()
    assert busy.value(OPEN) == "0"


async def test_open_incidents_that_outlived_a_restart_are_counted(busy: House) -> None:
    await busy.service(FRONT, "off")
    await busy.reload()
    assert busy.value(OPEN) == "1"
    await busy.service(FRONT, "on")
    assert busy.value(OPEN) == "0"


async def test_an_incident_that_is_updated_counts_once(busy: House) -> None:
    await busy.service(FRONT, "off")
    await busy.broker.go()
    assert busy.value(OPEN) == "1"
    await busy.broker.come()
    await busy.clock.advance(2 * GRACE)
    assert busy.value(OPEN) == "2"  # the other one is silent since


async def test_messages_are_averaged_over_the_last_period(busy: House) -> None:
    await busy.clock.advance(PERIOD)
    assert busy.value(RATE) == "0.0"
    for _ in range(45):
        await busy.service(FRONT, "on")
    assert busy.value(RATE) == "0.0"
    await busy.clock.advance(PERIOD)
    assert busy.value(RATE) == "1.5"
    await busy.clock.advance(PERIOD)
    assert busy.value(RATE) == "0.0"


async def test_dead_letters_are_counted(busy: House) -> None:
    for _ in range(3):
        await busy.service(FRONT, "perhaps")
    await busy.clock.advance(PERIOD)
    assert busy.value(DEAD) == "3"


@pytest.mark.no_fail_on_log_exception
async def test_errors_are_counted(busy: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    assert busy.value(ERRORS) == "0"
    with monkeypatch.context() as patch:
        patch.setattr(telling_module, "fire_incident", fail)
        await busy.service(FRONT, "off")
        await busy.service(FRONT, "on")
    await busy.clock.advance(PERIOD)
    assert busy.value(ERRORS) == "2"


async def test_uptime_is_a_share_of_the_time_since_the_start(busy: House) -> None:
    await busy.clock.advance(940)
    assert busy.value(UPTIME) == "100.0"
    await busy.broker.go()
    await busy.clock.advance(1000)
    assert float(busy.value(UPTIME)) == pytest.approx(50, abs=1)
    await busy.broker.come()
    await busy.clock.advance(2000)
    assert float(busy.value(UPTIME)) == pytest.approx(75, abs=1)


async def test_a_broker_that_hangs_is_not_up(busy: House) -> None:
    busy.broker.hang()
    await busy.clock.advance(1000)
    assert float(busy.value(UPTIME)) == pytest.approx(100 * 95 / 1060, abs=3)


async def test_what_did_not_change_is_not_written(busy: House) -> None:
    await busy.clock.advance(PERIOD)
    before = {entity_id: busy.state(entity_id) for entity_id in ALL}
    seen = [busy.follow(entity_id) for entity_id in ALL]
    await busy.clock.advance(10 * PERIOD)
    assert seen == [[]] * len(ALL)
    assert all(
        busy.state(entity_id).last_reported == state.last_reported
        for entity_id, state in before.items()
    )
