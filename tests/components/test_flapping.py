"""A thing that comes and goes: one incident, until it has stayed for a while."""

from copy import deepcopy
from typing import Any

import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from .house import GRACE, SETTLE, SUBSCRIBE_TIME, House, alarm, watch
from .test_repairs import Repairs

FRONT = "object_detection/front"
FILE = "mqtt_sentinel.hub"
HOLD = 60
FLAPPING = ("mismatch", "flapping", "live")
# What four flips are told as: the third goes over into the one that stays.
TOLD = [("mismatch", "disconnected"), ("recovered", "disconnected"), ("mismatch", "disconnected")]


async def flip(house: House, times: int, *, gap: float = 1.0) -> None:
    """Go and come, and so on, and stay as it is at the end for ``gap``."""
    for time in range(times):
        await house.service(FRONT, "on" if time % 2 else "off")
        await house.clock.advance(gap)


@pytest.fixture
async def front(house: House) -> House:
    """A service that is up for long, as it should always be."""
    await house.set_up(watch("front"))
    await house.service(FRONT, "on")
    await house.clock.advance(GRACE)
    return house


@pytest.fixture
async def flapping(front: House) -> House:
    """It went and came twice, and is there since a second."""
    await flip(front, 4)
    assert front.judged("front") == FLAPPING
    return front


@pytest.fixture
async def repairs(flapping: House, hass_client: ClientSessionGenerator) -> Repairs:
    return Repairs(flapping, await hass_client())


# When it flaps


@pytest.mark.parametrize(("flips", "flaps"), [(2, False), (4, True), (6, True)])
async def test_more_than_three_flips_in_five_minutes_are_one_incident(
    front: House, flips: int, flaps: bool
) -> None:
    await flip(front, flips)
    assert front.issues.keys() == ({"incident_front"} if flaps else set())
    assert front.issue("front") == ("flapping_always" if flaps else None)
    assert front.problem("front") == ("on" if flaps else "off")


@pytest.mark.parametrize(("gap", "flaps"), [(99.0, True), (101.0, False)])
async def test_only_what_happens_within_five_minutes_counts(
    front: House, gap: float, flaps: bool
) -> None:
    """Between the first and the fourth flip there are three gaps."""
    for payload in ("off", "on", "off"):
        await front.service(FRONT, payload)
        await front.clock.advance(gap)
    await front.service(FRONT, "on")
    assert front.issue("front") == ("flapping_always" if flaps else None)


async def test_it_is_not_one_issue_or_event_a_flip(front: House) -> None:
    shown = front.follow("binary_sensor.front_problem")
    await flip(front, 40, gap=0.5)
    assert front.fired == TOLD
    assert front.issues.keys() == {"incident_front"}
    # Off and on once, then on for good.
    assert [state.state for state in shown][:3] == ["on", "off", "on"]
    assert {state.state for state in shown[2:]} == {"on"}
    # That it comes and goes is told all the same.
    assert front.state("binary_sensor.front_connectivity").state == "on"


async def test_the_issue_says_since_when_and_that_it_keeps_changing(flapping: House) -> None:
    issue = flapping.issues["incident_front"]
    assert issue.translation_placeholders
    # It is the incident that was open when it flipped for the fourth time.
    assert issue.translation_placeholders["since"] == "2026-11-02 04:01:02"
    assert issue.severity == "warning"
    assert len(flapping.events) == 3


async def test_an_alarm_does_not_rely_on_one_that_comes_and_goes(house: House) -> None:
    await house.panel("armed_away")
    await house.set_up(watch("front", expect="alarm"), alarm("front"))
    await house.service(FRONT, "on")
    await house.clock.advance(GRACE)
    await flip(house, 4)
    assert house.issue("front") == "flapping_alarm"
    assert house.issues["incident_front"].severity == "error"
    assert house.protection() == "unprotected"
    blocking = house.state("binary_sensor.house_ready_to_arm").attributes["blocking"]
    assert blocking == [{"name": "Front", "reason": "incident"}]
    await house.clock.advance(HOLD)
    assert house.protection() == "protected"
    assert house.value("binary_sensor.house_ready_to_arm") == "on"


# When it is over


async def test_it_is_over_when_it_has_stayed_for_the_hold(flapping: House) -> None:
    await flapping.clock.advance(HOLD - 1.1)
    assert flapping.judged("front") == FLAPPING
    await flapping.clock.advance(0.1)
    assert flapping.judged("front") == ("ok", "agrees", "live")
    assert flapping.issues == {}
    assert flapping.fired == [*TOLD, ("recovered", "flapping")]
    opened, closed = flapping.events[-2:]
    assert opened.data["incident_id"] == closed.data["incident_id"]


async def test_every_relapse_doubles_the_hold_up_to_an_hour(flapping: House) -> None:
    for hold in (120, 240, 480, 960, 1920, 3600, 3600):
        await flip(flapping, 2)
        await flapping.clock.advance(hold - 1.1)
        assert flapping.judged("front") == FLAPPING, hold
    await flapping.clock.advance(0.1)
    assert flapping.judged("front") == ("ok", "agrees", "live")
    assert flapping.fired == [*TOLD, ("recovered", "flapping")]


async def test_one_that_goes_and_stays_away_is_not_well_after_the_hold(flapping: House) -> None:
    await flip(flapping, 1)
    await flapping.clock.advance(10 * HOLD)
    assert flapping.judged("front") == ("mismatch", "flapping", "none")
    assert flapping.issues.keys() == {"incident_front"}


@pytest.mark.parametrize(("quiet", "hold"), [(600, 2 * HOLD), (3700, HOLD)])
async def test_one_that_flaps_again_soon_has_to_stay_for_longer(
    flapping: House, quiet: float, hold: float
) -> None:
    await flapping.clock.advance(HOLD - 1)
    assert flapping.issues == {}
    await flapping.clock.advance(quiet)
    await flip(flapping, 4)
    assert flapping.judged("front") == FLAPPING
    await flapping.clock.advance(hold - 1.1)
    assert flapping.judged("front") == FLAPPING
    await flapping.clock.advance(0.1)
    assert flapping.issues == {}


async def test_disarming_ends_it(house: House) -> None:
    await house.panel("armed_away")
    watched = watch("front", expect="alarm", verify_connect=False)
    await house.set_up(watched, alarm("front", verify_connect=()))
    await house.service(FRONT, "on")
    await house.clock.advance(GRACE)
    await flip(house, 4)
    assert house.issue("front") == "flapping_alarm"
    await house.panel("disarmed")
    assert house.issues == {}
    assert house.fired[-1] == ("recovered", "flapping")


# What a user can do


async def test_verifying_needs_the_settle_time_only(flapping: House, repairs: Repairs) -> None:
    assert await repairs.fix("incident_front", "verify") == "create_entry"
    await flapping.clock.advance(SETTLE - 0.1)
    assert flapping.judged("front") == FLAPPING
    await flapping.clock.advance(0.1)
    assert flapping.issues == {}
    assert flapping.judged("front") == ("ok", "agrees", "live")


async def test_accepting_ends_it_and_counts_anew(flapping: House, repairs: Repairs) -> None:
    assert await repairs.fix("incident_front", "accept") == "create_entry"
    assert flapping.issues == {}
    await flip(flapping, 2)
    assert flapping.issues == {}
    assert flapping.judged("front") == ("ok", "agrees", "live")


async def test_muting_silences_it_until_it_is_over(flapping: House, repairs: Repairs) -> None:
    assert await repairs.fix("incident_front", "mute") == "create_entry"
    await flip(flapping, 6)
    assert flapping.issues == {}
    assert flapping.problem("front") == "on"
    await flapping.clock.advance(3600)
    assert flapping.problem("front") == "off"
    # What is wrong after that is something else.
    await flip(flapping, 1)
    assert flapping.issue("front") == "disconnected_always"


# Restarts, and the broker


@pytest.mark.parametrize("crash", [True, False])
async def test_after_a_restart_the_recovery_has_to_last_again(
    flapping: House, hass_storage: dict[str, Any], crash: bool
) -> None:
    before = flapping.issues["incident_front"].translation_placeholders
    stored = deepcopy(hass_storage[FILE])
    assert await flapping.hass.config_entries.async_unload(flapping.entry.entry_id)
    if crash:
        hass_storage[FILE] = stored
    await flapping.clock.advance(3600)
    assert await flapping.hass.config_entries.async_setup(flapping.entry.entry_id)
    await flapping.clock.advance(SUBSCRIBE_TIME)
    assert flapping.issue("front") == "flapping_always"
    assert flapping.issues["incident_front"].translation_placeholders == before

    await flapping.service(FRONT, "on", retain=True)
    assert flapping.judged("front") == ("mismatch", "flapping", "retained")
    await flapping.clock.advance(HOLD - 0.1)
    assert flapping.issue("front") == "flapping_always"
    await flapping.clock.advance(0.1)
    assert flapping.issues == {}
    assert flapping.fired == [*TOLD, ("recovered", "flapping")]


async def test_a_broker_that_comes_and_goes_is_no_flapping(front: House) -> None:
    """Nobody behind it came or went, however often it does."""
    for _ in range(6):
        await front.broker.go()
        await front.broker.come()
        await front.clock.advance(SUBSCRIBE_TIME)
        await front.service(FRONT, "on", retain=True)
    assert front.judged("front") == ("ok", "agrees", "retained")
    assert front.issues == {}
    assert front.fired == []


async def test_a_bridge_that_comes_and_goes_is_one_incident(house: House) -> None:
    """Those behind it are cut off until it has stayed; none of them is said to flap."""
    bulbs = [f"bulb{number}" for number in range(12)]
    await house.set_up(*(watch(bulb, dialect="zigbee2mqtt") for bulb in bulbs))
    for topic in ("bridge/state", *(f"{bulb}/availability" for bulb in bulbs)):
        await house.broker.publish(f"zigbee2mqtt/{topic}", "online")
    await house.clock.advance(GRACE)
    for time in range(10):
        await house.broker.publish("zigbee2mqtt/bridge/state", "online" if time % 2 else "offline")
        await house.clock.advance(1)
    (issue,) = house.issues.values()
    assert issue.translation_key == "parent_gone_always"
    assert house.fired == TOLD
    assert {house.judged(bulb)[1] for bulb in bulbs} == {"parent_gone"}
    await house.clock.advance(8 * HOLD)
    assert house.issues == {}
    await house.clock.advance(GRACE)
    assert {house.judged(bulb)[1] for bulb in bulbs} == {"agrees"}
    assert house.fired == [*TOLD, ("recovered", "flapping")]
