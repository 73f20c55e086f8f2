"""What outlives Home Assistant: expectations, their since-times, open incidents."""

from copy import deepcopy
from datetime import UTC, datetime
import logging
from typing import Any

from homeassistant.const import EVENT_HOMEASSISTANT_STOP
import pytest

from .house import (
    GRACE,
    PANEL,
    SETTLE,
    START,
    SUBSCRIBE_TIME,
    House,
    alarm,
    hub_entry,
    own_log,
    watch,
)

FRONT, BACK = "object_detection/front", "object_detection/back"
FILE = "mqtt_sentinel.hub"
SINCE = START.replace(" ", "T")


@pytest.fixture
async def guarded(house: House) -> House:
    """An alarm, armed in the beginning, over two services that are up."""
    await house.panel("armed_away")
    await house.set_up(
        watch("front", expect="alarm"), watch("back", expect="alarm"), alarm("front", "back")
    )
    await house.service(FRONT, "on")
    await house.service(BACK, "on")
    await house.clock.advance(GRACE)
    return house


async def crash_and_restart(house: House, storage: dict[str, Any], *, down: float = 3600) -> None:
    """Kill Home Assistant and start it again; its alarm panel takes longer to come back."""
    stored = deepcopy(storage[FILE])
    assert await house.hass.config_entries.async_unload(house.entry.entry_id)
    storage[FILE] = stored
    house.hass.states.async_remove(PANEL)
    house.events.clear()
    await house.clock.advance(down)
    assert await house.hass.config_entries.async_setup(house.entry.entry_id)
    await house.clock.advance(SUBSCRIBE_TIME)


def expected(house: House, name: str) -> tuple[str, str, str]:
    shown = house.state(f"binary_sensor.{name}_problem").attributes
    return shown["expected"], shown["expected_because"], shown["expected_since"]


async def test_the_expectation_and_its_since_time_survive_a_crash(
    guarded: House, hass_storage: dict[str, Any]
) -> None:
    assert expected(guarded, "front") == ("up", "House", SINCE)
    await crash_and_restart(guarded, hass_storage)
    assert expected(guarded, "front") == ("up", "House", SINCE)
    assert guarded.protection() == "unknown"

    await guarded.service(FRONT, "on", retain=True)
    await guarded.service(BACK, "on", retain=True)
    await guarded.panel("armed_away")
    assert expected(guarded, "front") == ("up", "House", SINCE)
    assert guarded.protection() == "protected"
    await guarded.clock.advance(2 * GRACE)
    assert guarded.issues == {}
    assert guarded.fired == []


async def test_a_change_of_the_expectation_survives_a_crash_right_after_it(
    guarded: House, hass_storage: dict[str, Any]
) -> None:
    await guarded.panel("disarmed")
    before = expected(guarded, "front")
    assert before[:2] == ("down", "House")
    await crash_and_restart(guarded, hass_storage)
    assert expected(guarded, "front") == before
    assert hass_storage[FILE]["data"]["sources"] == {"house": "down"}


async def test_a_service_that_died_meanwhile_is_noticed(
    guarded: House, hass_storage: dict[str, Any]
) -> None:
    await crash_and_restart(guarded, hass_storage)
    await guarded.panel("armed_away")
    await guarded.service(FRONT, "on", retain=True)
    await guarded.service(BACK, "off", retain=True)
    assert guarded.issues == {}
    await guarded.clock.advance(GRACE)
    assert guarded.judged("front") == ("ok", "agrees", "retained")
    assert guarded.judged("back") == ("mismatch", "disconnected", "none")
    assert guarded.protection() == "degraded"


async def test_an_open_incident_is_there_again_at_once(
    guarded: House, hass_storage: dict[str, Any]
) -> None:
    await guarded.service(FRONT, "off")
    (opened,) = guarded.events
    before = guarded.issues["incident_front"].translation_placeholders
    await crash_and_restart(guarded, hass_storage)
    assert guarded.issue("front") == "disconnected_alarm"
    assert guarded.issues["incident_front"].translation_placeholders == before
    assert guarded.problem("front") == "on"
    shown = guarded.state("binary_sensor.front_problem").attributes
    assert shown["mismatch_since"] == opened.data["opened_at"]

    await guarded.panel("armed_away")
    await guarded.service(FRONT, "off", retain=True)
    await guarded.service(BACK, "on", retain=True)
    await guarded.clock.advance(2 * GRACE)
    assert guarded.fired == []

    await guarded.service(FRONT, "on")
    assert guarded.issues == {}
    (recovered,) = guarded.events
    assert recovered.data["incident_id"] == opened.data["incident_id"]
    assert recovered.data["opened_at"] == opened.data["opened_at"]
    assert recovered.data["closed_at"] > opened.data["opened_at"]


async def test_an_incident_that_is_over_meanwhile_closes_when_that_is_heard(
    guarded: House, hass_storage: dict[str, Any]
) -> None:
    await guarded.service(FRONT, "off")
    await crash_and_restart(guarded, hass_storage)
    await guarded.service(FRONT, "on", retain=True)
    assert guarded.issues == {}
    assert guarded.fired == [("recovered", "disconnected")]


async def test_disarming_while_home_assistant_is_down(
    guarded: House, hass_storage: dict[str, Any]
) -> None:
    await guarded.service(FRONT, "off")
    await crash_and_restart(guarded, hass_storage, down=3600)
    await guarded.service(FRONT, "off", retain=True)
    await guarded.service(BACK, "on", retain=True)
    await guarded.panel("disarmed")
    wanted, because, since = expected(guarded, "front")
    assert (wanted, because) == ("down", "House")
    assert since > "2026-11-02T13:01:00"
    assert guarded.issues == {}
    assert guarded.fired == [("recovered", "disconnected")]
    await guarded.clock.advance(GRACE)
    assert guarded.judged("front") == ("ok", "agrees", "none")
    assert guarded.judged("back") == ("mismatch", "did_not_turn_off", "retained")


async def test_a_crash_in_the_middle_of_settling_waits_the_rest_of_it(
    guarded: House, hass_storage: dict[str, Any]
) -> None:
    """The grace is short here, so that the settle time decides."""
    guarded.hass.config_entries.async_update_entry(
        guarded.entry, options={"settle": 30, "grace": 1}
    )
    await guarded.clock.settle()
    await guarded.panel("disarmed")
    await guarded.service(BACK, "off")
    await guarded.clock.advance(10)
    await crash_and_restart(guarded, hass_storage, down=5)
    await guarded.panel("disarmed")
    await guarded.service(FRONT, "on", retain=True)
    assert guarded.judged("front") == ("pending", "settling", "retained")
    await guarded.clock.advance(15 - SUBSCRIBE_TIME - 0.1)
    assert guarded.judged("front") == ("pending", "settling", "retained")
    await guarded.clock.advance(0.1)
    assert guarded.judged("front") == ("mismatch", "did_not_turn_off", "retained")


@pytest.mark.usefixtures("all_enabled")
async def test_the_last_sign_of_life_survives(guarded: House, hass_storage: dict[str, Any]) -> None:
    await guarded.broker.publish(f"ping/{FRONT}", "")
    seen = guarded.entry.runtime_data.sentinel.watches["front"].last_seen
    await guarded.clock.advance(15 * 60)
    await crash_and_restart(guarded, hass_storage)
    restored = guarded.state("sensor.front_last_seen").state
    assert restored == datetime.fromtimestamp(seen, UTC).isoformat(timespec="seconds")


async def test_a_muted_incident_stays_muted(guarded: House, hass_storage: dict[str, Any]) -> None:
    await guarded.service(FRONT, "off")
    guarded.entry.runtime_data.answers.mute("front")
    await guarded.clock.advance(1)
    assert guarded.issues == {}
    await crash_and_restart(guarded, hass_storage)
    assert guarded.issues == {}
    assert guarded.problem("front") == "on"


async def test_an_orderly_stop_keeps_what_counts(
    guarded: House, hass_storage: dict[str, Any]
) -> None:
    del hass_storage[FILE]
    guarded.hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await guarded.clock.settle()
    stored = hass_storage[FILE]["data"]
    assert set(stored["watches"]) == {"front", "back"}
    assert stored["sources"] == {"house": "up"}


async def test_what_is_stored_by_this_version_is_understood(
    house: House, hass_storage: dict[str, Any]
) -> None:
    """The format of the file, as users have it on their disks."""
    expectation = {"wanted": "up", "verify": True, "kind": "alarm", "because": "House"}
    hass_storage[FILE] = {
        "version": 1,
        "minor_version": 1,
        "key": FILE,
        "data": {
            "watches": {
                "front": {
                    "expectation": expectation,
                    "expected_since": 1793600000.0,
                    "agreed": True,
                    "accepted": False,
                    "last_up": False,
                    "last_seen": 1793600100.0,
                    "incident": {
                        "id": "front-1",
                        "watch_id": "front",
                        "reason": "disconnected",
                        "severity": "error",
                        "expectation": expectation,
                        "expected_since": 1793600000.0,
                        "up": False,
                        "heard_at": 1793600100.0,
                        "opened_at": 1793600200.0,
                        "timeline": [[1793600200.0, "disconnected"]],
                        "closed_at": None,
                        "muted": False,
                    },
                }
            },
            "sources": {"house": "up"},
        },
    }
    await house.set_up(watch("front", expect="alarm"), alarm("front"))
    assert expected(house, "front") == ("up", "House", "2026-11-02T06:13:20+00:00")
    issue = house.issues["incident_front"]
    assert issue.translation_placeholders
    assert issue.translation_placeholders["since"] == "2026-11-01 22:16:40"
    await house.clock.advance(GRACE)
    assert house.issue("front") == "silent_alarm"


async def test_what_cannot_be_read_is_left_out_with_one_warning(
    house: House, hass_storage: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    hass_storage[FILE] = {
        "version": 1,
        "minor_version": 1,
        "key": FILE,
        "data": {
            "watches": {"front": {"nonsense": True}},
            "sources": {"house": "sideways", "garage": "down"},
            "parts": ["nonsense"],
        },
    }
    await house.set_up(watch("front", expect="alarm"), alarm("front"))
    warnings = [line for level, line in own_log(caplog) if level == logging.WARNING]
    assert warnings == ["Stored state of front, house, all parts could not be read"]
    await house.panel("armed_away")
    await house.clock.advance(GRACE)
    assert house.judged("front") == ("mismatch", "never_heard", "none")


async def test_what_a_newer_version_stored_is_not_overwritten(
    house: House, hass_storage: dict[str, Any]
) -> None:
    stored = {"version": 2, "minor_version": 1, "key": FILE, "data": {"other": "form"}}
    hass_storage[FILE] = deepcopy(stored)
    entry = hub_entry(watch("front"))
    entry.add_to_hass(house.hass)
    assert not await house.hass.config_entries.async_setup(entry.entry_id)
    await house.clock.settle()
    assert hass_storage[FILE] == stored


async def test_the_memory_goes_with_the_entry(guarded: House, hass_storage: dict[str, Any]) -> None:
    assert FILE in hass_storage
    assert await guarded.hass.config_entries.async_remove(guarded.entry.entry_id)
    await guarded.clock.advance(SETTLE)
    assert FILE not in hass_storage


async def test_many_changes_in_a_row_are_all_stored(
    guarded: House, hass_storage: dict[str, Any]
) -> None:
    for payload in ("off", "on", "off"):
        await guarded.service(FRONT, payload)
    await guarded.clock.advance(1)
    stored = hass_storage[FILE]["data"]["watches"]["front"]
    assert stored["incident"]["reason"] == "disconnected"
    assert stored["last_up"] is False
