"""A bridge and the devices behind it: one cause, one issue."""

from collections.abc import Iterable
from copy import deepcopy
import json
from typing import Any

from homeassistant.config_entries import ConfigSubentryDataWithId
import pytest

from .house import (
    GRACE,
    SETTLE,
    SUBSCRIBE_TIME,
    House,
    alarm,
    subentry_of,
    watch,
)

FILE = "mqtt_sentinel.hub"
COUNT = 40
LAMPS = [f"lamp{number:02}" for number in range(COUNT)]
# What a bridge is watched as that nobody chose to watch.
BRIDGE = "zigbee2mqtt||bridge"
DOOR = "object_detection/door"


def lamp(name: str, **data: Any) -> ConfigSubentryDataWithId:
    return watch(name, dialect="zigbee2mqtt", **data)


class Zigbee:
    """What zigbee2mqtt says, plain or as JSON."""

    def __init__(self, house: House, *, as_json: bool) -> None:
        self.house = house
        self.as_json = as_json

    async def says(self, name: str, state: str, *, retain: bool = False) -> None:
        """The bridge, or its Last Will, says of itself or of a device whether it is there."""
        topic = "bridge/state" if name == "bridge" else f"{name}/availability"
        payload = json.dumps({"state": state}) if self.as_json else state
        await self.house.broker.publish(f"zigbee2mqtt/{topic}", payload, retain=retain)

    async def all_say(self, names: Iterable[str], state: str, *, retain: bool = False) -> None:
        """Many devices, one after the other."""
        for name in names:
            await self.says(name, state, retain=retain)


@pytest.fixture(params=[False, True], ids=["plain", "json"])
def as_json(request: pytest.FixtureRequest) -> bool:
    """Which of the two formats the bridge is set to."""
    return bool(request.param)


@pytest.fixture
async def zigbee(house: House, as_json: bool) -> Zigbee:
    """Forty lamps that are there, judged for long, and nobody chose to watch their bridge."""
    zigbee = Zigbee(house, as_json=as_json)
    await house.set_up(*map(lamp, LAMPS))
    await zigbee.all_say(["bridge", *LAMPS], "online")
    await house.clock.advance(GRACE)
    assert house.issues == {}
    return zigbee


def reasons(house: House, names: Iterable[str] = LAMPS) -> set[str]:
    return {house.judged(name)[1] for name in names}


def remove(house: House, name: str) -> None:
    house.hass.config_entries.async_remove_subentry(house.entry, name)


def add(house: House, subentry: ConfigSubentryDataWithId) -> None:
    house.hass.config_entries.async_add_subentry(house.entry, subentry_of(subentry))


def dependants(house: House, bridge: str = BRIDGE) -> str | None:
    """How many devices the only issue, that of the bridge, says to be cut off."""
    (issue,) = house.issues.values()
    assert issue.issue_id == f"incident_{bridge}"
    assert (issue.translation_key or "").startswith("parent_gone_")
    assert issue.translation_placeholders
    return issue.translation_placeholders["dependants"]


# The bridge dies


async def test_the_death_of_a_bridge_is_one_issue_that_counts_forty(zigbee: Zigbee) -> None:
    house = zigbee.house
    await zigbee.says("bridge", "offline")
    await house.clock.advance(10 * GRACE)
    (issue,) = house.issues.values()
    assert issue.issue_id == f"incident_{BRIDGE}"
    assert issue.translation_key == "parent_gone_always"
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["name"] == "Zigbee2MQTT bridge"
    assert issue.translation_placeholders["dependants"] == "40"
    (event,) = house.events
    assert house.fired == [("mismatch", "disconnected")]
    assert (event.data["name"], event.data["dependants"]) == ("Zigbee2MQTT bridge", 40)
    assert {house.judged(name)[:2] for name in LAMPS} == {("suspended", "parent_gone")}
    assert house.unavailable >= {f"binary_sensor.{name}_connectivity" for name in LAMPS}


async def test_it_is_over_when_the_bridge_is_back(zigbee: Zigbee) -> None:
    house = zigbee.house
    await zigbee.says("bridge", "offline")
    await house.clock.advance(3600)
    await zigbee.says("bridge", "online")
    assert house.issues == {}
    assert house.fired == [("mismatch", "disconnected"), ("recovered", "disconnected")]
    await zigbee.all_say(LAMPS, "online")
    await house.clock.advance(10 * GRACE)
    assert house.issues == {}
    assert len(house.events) == 2
    assert {house.judged(name) for name in LAMPS} == {("ok", "agrees", "live")}


@pytest.mark.parametrize("retain", [False, True])
async def test_late_or_retained_words_of_devices_are_no_mismatch(
    zigbee: Zigbee, retain: bool
) -> None:
    """Some said that they were gone as the bridge went; they take it back within the settle time."""
    house = zigbee.house
    await zigbee.says("bridge", "offline")
    await zigbee.all_say(LAMPS[:20], "offline")
    await house.clock.advance(600)
    await zigbee.says("bridge", "online")
    assert reasons(house, LAMPS[:20]) == {"settling"}
    await house.clock.advance(SETTLE - 1)
    await zigbee.all_say(LAMPS, "online", retain=retain)
    await house.clock.advance(10 * GRACE)
    assert house.issues == {}
    assert len(house.events) == 2
    assert reasons(house) == {"agrees"}


async def test_silent_devices_are_believed_as_far_as_a_memory(zigbee: Zigbee) -> None:
    """A battery device may not speak for hours, and the bridge vouches for nobody."""
    house = zigbee.house
    await zigbee.says("bridge", "offline")
    await zigbee.says("bridge", "online")
    await house.clock.advance(10 * GRACE)
    assert house.issues == {}
    assert {house.judged(name) for name in LAMPS} == {("ok", "agrees", "retained")}


@pytest.mark.parametrize("while_away", [True, False])
async def test_who_died_meanwhile_is_named_in_its_own_right(
    zigbee: Zigbee, while_away: bool
) -> None:
    house = zigbee.house
    await zigbee.says("bridge", "offline")
    if while_away:
        await zigbee.all_say(["lamp03", "lamp07"], "offline")
    await house.clock.advance(600)
    assert dependants(house) == "40"
    await zigbee.says("bridge", "online")
    if not while_away:
        await zigbee.all_say(["lamp03", "lamp07"], "offline", retain=True)
    await house.clock.advance(SETTLE - 1)
    assert house.issues == {}
    await house.clock.advance(1)
    assert house.issues.keys() == {"incident_lamp03", "incident_lamp07"}
    assert house.issue("lamp03") == "disconnected_always"
    assert house.fired[2:] == [("mismatch", "disconnected")] * 2


async def test_who_died_before_is_still_named(zigbee: Zigbee) -> None:
    house = zigbee.house
    await zigbee.says("lamp05", "offline")
    await zigbee.says("bridge", "offline")
    assert house.issues.keys() == {f"incident_{BRIDGE}", "incident_lamp05"}
    await zigbee.says("bridge", "online")
    await house.clock.advance(GRACE)
    assert house.issues.keys() == {"incident_lamp05"}
    await zigbee.says("lamp05", "online")
    assert house.issues == {}


# An alarm behind it


async def test_an_alarm_that_relies_on_some_of_them_is_degraded(
    house: House, as_json: bool
) -> None:
    zigbee = Zigbee(house, as_json=as_json)
    await house.panel("armed_away")
    guards = alarm("lamp00", "lamp01", "door")
    await house.set_up(*map(lamp, LAMPS), watch("door", expect="alarm"), guards)
    await zigbee.all_say(["bridge", *LAMPS], "online")
    await house.service(DOOR, "on")
    await house.clock.advance(GRACE)
    assert house.protection() == "protected"
    assert house.value("binary_sensor.house_ready_to_arm") == "on"

    await zigbee.says("bridge", "offline")
    assert house.protection() == "degraded"
    ready = house.state("binary_sensor.house_ready_to_arm")
    assert ready.state == "off"
    assert ready.attributes["blocking"] == [
        {"name": "Lamp00", "reason": "parent_gone"},
        {"name": "Lamp01", "reason": "parent_gone"},
    ]
    # The alarm wants it there, too, and counts most.
    assert house.issue(BRIDGE) == "parent_gone_alarm"
    assert house.issues[f"incident_{BRIDGE}"].severity == "error"
    assert dependants(house) == "40"

    await zigbee.says("bridge", "online")
    await zigbee.all_say(LAMPS, "online")
    assert house.protection() == "protected"
    assert house.value("binary_sensor.house_ready_to_arm") == "on"


async def test_one_that_only_an_armed_alarm_needs_is_missed_once_it_is_armed(
    house: House,
) -> None:
    zigbee = Zigbee(house, as_json=False)
    await house.panel("disarmed")
    await house.set_up(lamp("lamp00", expect="alarm"), alarm("lamp00", verify_connect=()))
    await zigbee.all_say(["bridge", "lamp00"], "online")
    await house.clock.advance(GRACE)
    await zigbee.says("bridge", "offline")
    await house.clock.advance(GRACE)
    assert house.issues == {}
    blocking = house.state("binary_sensor.house_ready_to_arm").attributes["blocking"]
    assert blocking == [{"name": "Lamp00", "reason": "parent_gone"}]

    await house.panel("armed_away")
    assert house.protection() == "unprotected"
    await house.clock.advance(SETTLE)
    assert house.issue(BRIDGE) == "parent_gone_alarm"
    assert dependants(house) == "1"
    await house.panel("disarmed")
    assert house.issues == {}


# The bridge has a watch of its own


async def test_a_bridge_that_is_watched_by_choice_speaks_for_all(house: House) -> None:
    zigbee = Zigbee(house, as_json=True)
    await house.set_up(*map(lamp, LAMPS), lamp("bridge", title="Attic stick"))
    await zigbee.all_say(["bridge", *LAMPS], "online")
    await house.clock.advance(GRACE)
    await zigbee.says("bridge", "offline")
    await house.clock.advance(GRACE)
    assert dependants(house, "bridge") == "40"
    (issue,) = house.issues.values()
    assert issue.translation_placeholders
    assert issue.translation_placeholders["name"] == "Attic stick"
    assert house.fired == [("mismatch", "disconnected")]
    assert house.judged("attic_stick")[:2] == ("mismatch", "disconnected")
    await zigbee.says("bridge", "online")
    assert house.issues == {}


async def test_a_bridge_that_is_only_observed_is_missed_for_its_devices(house: House) -> None:
    zigbee = Zigbee(house, as_json=False)
    await house.set_up(lamp("bridge", expect="none"), lamp("lamp00"))
    await zigbee.all_say(["bridge", "lamp00"], "online")
    await house.clock.advance(GRACE)
    await zigbee.says("bridge", "offline")
    assert dependants(house, "bridge") == "1"


# It comes and goes at run time


async def test_choosing_to_watch_a_dead_bridge_hands_the_issue_over(zigbee: Zigbee) -> None:
    house = zigbee.house
    await zigbee.says("bridge", "offline")
    add(house, lamp("bridge"))
    await house.clock.advance(SETTLE)
    assert dependants(house, "bridge") == "40"
    assert reasons(house) == {"parent_gone"}

    remove(house, "bridge")
    await house.clock.advance(SETTLE)
    assert dependants(house) == "40"
    assert reasons(house) == {"parent_gone"}
    await zigbee.says("bridge", "online")
    await zigbee.all_say(LAMPS, "online")
    await house.clock.advance(GRACE)
    assert house.issues == {}
    assert reasons(house) == {"agrees"}


async def test_the_issue_counts_those_that_come_and_go(zigbee: Zigbee) -> None:
    house = zigbee.house
    await zigbee.says("bridge", "offline")
    add(house, lamp("late"))
    await house.clock.advance(GRACE)
    assert dependants(house) == "41"
    assert house.judged("late")[:2] == ("suspended", "parent_gone")
    remove(house, "late")
    remove(house, "lamp00")
    await house.clock.settle()
    assert dependants(house) == "39"
    assert house.fired == [("mismatch", "disconnected")]


async def test_with_its_last_device_a_bridge_is_not_watched_and_not_ignored(house: House) -> None:
    zigbee = Zigbee(house, as_json=False)
    await house.set_up(lamp("lamp00"), lamp("lamp01"))
    await zigbee.all_say(["bridge", "lamp00", "lamp01"], "online")
    await house.clock.advance(GRACE)
    await zigbee.says("bridge", "offline")
    remove(house, "lamp00")
    await house.clock.settle()
    assert dependants(house) == "1"
    remove(house, "lamp01")
    await house.clock.settle()
    assert house.entry.options["ignored"] == ["zigbee2mqtt||lamp00", "zigbee2mqtt||lamp01"]
    assert house.issues.keys() <= {"known_hub"}
    await house.clock.advance(GRACE)
    (issue,) = house.issues.values()
    assert issue.translation_key == "known_thing"


async def test_two_bridges_are_told_apart(house: House) -> None:
    await house.set_up(lamp("here"), lamp("there", thing="there", site="attic"))
    for name in ("bridge/state", "here/availability"):
        await house.broker.publish(f"zigbee2mqtt/{name}", "online")
    for name in ("bridge/state", "there/availability"):
        await house.broker.publish(f"attic/zigbee2mqtt/{name}", "online")
    await house.clock.advance(GRACE)
    await house.broker.publish("attic/zigbee2mqtt/bridge/state", "offline")
    (issue,) = house.issues.values()
    assert issue.translation_placeholders
    assert issue.translation_placeholders["name"] == "attic Zigbee2MQTT bridge"
    assert issue.translation_placeholders["dependants"] == "1"
    assert house.judged("here")[:2] == ("ok", "agrees")


# Restarts, and the broker


@pytest.mark.parametrize("bridge_first", [True, False])
async def test_a_restart_is_no_new_expectation_of_a_bridge(
    house: House, bridge_first: bool
) -> None:
    """Nothing is expected of it but for the others, whichever of them is set up first."""
    zigbee = Zigbee(house, as_json=False)
    watches = [lamp("bridge", expect="none"), lamp("lamp00")]
    await house.set_up(*(watches if bridge_first else reversed(watches)))
    since = house.state("binary_sensor.bridge_problem").attributes["expected_since"]
    await zigbee.all_say(["bridge", "lamp00"], "online")
    await house.clock.advance(GRACE)
    await zigbee.says("bridge", "offline")
    await house.reload()
    shown = house.state("binary_sensor.bridge_problem").attributes
    assert (shown["expected"], shown["expected_since"]) == ("up", since)
    await zigbee.says("bridge", "offline", retain=True)
    await house.clock.advance(10 * GRACE)
    assert dependants(house, "bridge") == "1"
    assert house.fired == [("mismatch", "disconnected")]


async def test_a_bridge_that_nobody_needs_any_more_is_not_missed(house: House) -> None:
    """Its only device becomes one of another bridge."""
    zigbee = Zigbee(house, as_json=False)
    await house.set_up(lamp("bridge", expect="none"), lamp("lamp00"))
    await zigbee.all_say(["bridge", "lamp00"], "online")
    await house.clock.advance(GRACE)
    await zigbee.says("bridge", "offline")
    assert dependants(house, "bridge") == "1"
    subentry = house.entry.subentries["lamp00"]
    house.hass.config_entries.async_update_subentry(
        house.entry, subentry, data={**subentry.data, "site": "attic"}
    )
    await house.clock.settle()
    assert house.issues == {}
    assert house.judged("bridge")[:2] == ("unknown", "observed_only")


async def restart(house: House, storage: dict[str, Any], *, crash: bool) -> None:
    """Home Assistant is away for an hour; after a crash there is what was written before it."""
    stored = deepcopy(storage[FILE])
    assert await house.hass.config_entries.async_unload(house.entry.entry_id)
    assert house.issues == {}
    if crash:
        storage[FILE] = stored
    await house.clock.advance(3600)
    assert await house.hass.config_entries.async_setup(house.entry.entry_id)
    await house.clock.settle()


@pytest.mark.parametrize("crash", [True, False])
async def test_after_a_restart_it_is_still_one_issue(
    zigbee: Zigbee, hass_storage: dict[str, Any], crash: bool
) -> None:
    house = zigbee.house
    await zigbee.says("bridge", "offline")
    await house.clock.advance(GRACE)
    before = house.issues[f"incident_{BRIDGE}"].translation_placeholders
    await restart(house, hass_storage, crash=crash)
    # At once, with the same words, before anything is heard.
    assert dependants(house) == "40"
    assert house.issues[f"incident_{BRIDGE}"].translation_placeholders == before
    await house.clock.advance(SUBSCRIBE_TIME)
    # The broker kept what the devices said last.
    await zigbee.all_say(LAMPS, "online", retain=True)
    await zigbee.says("bridge", "offline", retain=True)
    assert reasons(house) == {"parent_gone"}
    await house.clock.advance(10 * GRACE)
    assert dependants(house) == "40"
    assert house.fired == [("mismatch", "disconnected")]

    await zigbee.says("bridge", "online")
    await zigbee.all_say(LAMPS, "online")
    await house.clock.advance(GRACE)
    assert house.issues == {}
    assert house.fired[1:] == [("recovered", "disconnected")]


async def test_silence_after_a_restart_is_still_one_issue(
    zigbee: Zigbee, hass_storage: dict[str, Any]
) -> None:
    house = zigbee.house
    await zigbee.says("bridge", "offline")
    await restart(house, hass_storage, crash=False)
    await house.clock.advance(10 * GRACE)
    assert dependants(house) == "40"
    assert house.fired == [("mismatch", "disconnected")]


async def test_a_bridge_that_died_while_home_assistant_was_away(
    zigbee: Zigbee, hass_storage: dict[str, Any]
) -> None:
    house = zigbee.house
    await restart(house, hass_storage, crash=False)
    await house.clock.advance(SUBSCRIBE_TIME)
    await zigbee.says("bridge", "offline", retain=True)
    await zigbee.all_say(LAMPS, "online", retain=True)
    assert house.issues == {}
    await house.clock.advance(GRACE)
    assert dependants(house) == "40"
    assert house.fired == [("mismatch", "disconnected")]


async def test_a_broker_that_goes_and_comes_keeps_the_issue_of_the_bridge(zigbee: Zigbee) -> None:
    house = zigbee.house
    await zigbee.says("bridge", "offline")
    await house.broker.go()
    assert house.issue(BRIDGE) == "parent_gone_always"
    await house.broker.come()
    await house.clock.advance(SUBSCRIBE_TIME)
    await zigbee.all_say(LAMPS, "online", retain=True)
    await zigbee.says("bridge", "offline", retain=True)
    await house.clock.advance(10 * GRACE)
    assert dependants(house) == "40"
    assert house.fired == [("mismatch", "disconnected")]


@pytest.mark.parametrize("grace", [10, GRACE, 90])
async def test_a_family_that_was_never_heard_is_one_issue(house: House, grace: float) -> None:
    """However patient each of them is."""
    await house.set_up(*(lamp(name, grace=grace) for name in LAMPS))
    await house.clock.advance(GRACE - SUBSCRIBE_TIME - 0.1)
    assert house.issues == {}
    await house.clock.advance(10 * GRACE)
    assert dependants(house) == "40"
    assert house.fired == [("mismatch", "never_heard")]


async def test_a_silent_family_that_is_added_has_one_issue_from_the_beginning(house: House) -> None:
    """Without any time to settle, too: the bridge is there before the others are judged."""
    await house.set_up(watch("door"), settle=0)
    await house.service(DOOR, "on")
    await house.clock.advance(GRACE)
    for name in LAMPS:
        add(house, lamp(name))
    await house.clock.settle()
    assert dependants(house) == "40"
    assert house.fired == [("mismatch", "never_heard")]


async def test_a_bridge_with_more_patience_than_its_devices_is_waited_for(house: House) -> None:
    zigbee = Zigbee(house, as_json=False)
    await house.set_up(lamp("lamp00"), lamp("lamp01"), lamp("bridge", grace=300))
    await house.clock.advance(200)
    assert house.judged("lamp00") == ("unknown", "nothing_heard", "none")
    assert house.issues == {}
    # The bridge is there, and so is one of the two: the other is silent in its own right.
    await zigbee.says("lamp00", "online")
    await zigbee.says("bridge", "online")
    assert house.issues.keys() == {"incident_lamp01"}
    assert house.issue("lamp01") == "never_heard_always"
    assert house.fired == [("mismatch", "never_heard")]


async def test_a_dead_bridge_is_missed_only_where_it_is_needed(house: House) -> None:
    """With nothing expected of anybody behind it, its death is nobody's problem."""
    zigbee = Zigbee(house, as_json=False)
    await house.set_up(lamp("lamp00", expect="none"), watch("door"))
    await zigbee.all_say(["bridge", "lamp00"], "online")
    await house.service(DOOR, "on")
    await zigbee.says("bridge", "offline")
    await house.clock.advance(GRACE)
    assert house.issues == {}
    assert house.judged("lamp00")[:2] == ("unknown", "observed_only")
