"""Very many incidents at once: one issue, one event."""

from collections.abc import Iterable
from typing import Any

from homeassistant.core import Event, callback
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from .house import GRACE, SETTLE, SUBSCRIBE_TIME, House, subentry_of, watch
from .test_repairs import Repairs

COUNT = 12
LAMPS = [f"lamp{number:02}" for number in range(COUNT)]
SPARE = "spare"
TITLES = [name.capitalize() for name in LAMPS]


async def say(house: House, names: Iterable[str], payload: str, *, gap: float = 0.0) -> None:
    for name in names:
        await house.service(f"object_detection/{name}", payload)
        await house.clock.advance(gap)


@pytest.fixture
async def calm(house: House) -> House:
    """Twelve lamps and a spare one that have nothing to do with each other, all on for long."""
    await house.set_up(*map(watch, [*LAMPS, SPARE]))
    await say(house, [*LAMPS, SPARE], "on")
    await house.clock.advance(GRACE)
    assert house.issues == {}
    return house


@pytest.fixture
async def storm(calm: House) -> House:
    """Twelve lamps that went within four seconds."""
    await say(calm, LAMPS, "off", gap=0.35)
    return calm


@pytest.fixture
async def repairs(storm: House, hass_client: ClientSessionGenerator) -> Repairs:
    return Repairs(storm, await hass_client())


def the_issue(house: House) -> ir.IssueEntry:
    """The only issue, which is that of the storm."""
    (issue,) = house.issues.values()
    assert issue.translation_key == "storm"
    return issue


def facts(house: House) -> tuple[str, str, str]:
    """How many it ever was, how many still are, and some names, as the only issue says."""
    told = the_issue(house).translation_placeholders
    assert told is not None
    return told["count"], told["open"], told["names"]


def of_storm(house: House) -> list[Any]:
    """What the bus told of storms."""
    return [event for event in house.events if event.data["reason"] == "storm"]


# It begins


async def test_twelve_within_moments_are_one_issue_and_one_event(storm: House) -> None:
    count, still, names = facts(storm)
    assert (count, still) == ("12", "12")
    # More than ten nobody reads; the first that failed say most.
    assert names == ", ".join(TITLES[:10])
    assert the_issue(storm).severity is ir.IssueSeverity.ERROR
    assert {storm.judged(name) for name in LAMPS} == {("mismatch", "disconnected", "none")}
    assert storm.value("sensor.mqtt_sentinel_open_incidents") == "12"

    (event,) = of_storm(storm)
    assert event.event_type == "mqtt_sentinel_mismatch"
    assert event.data["names"] == TITLES[:10]
    assert event.data["count"] == 10
    assert event.data["closed_at"] is None
    # The first nine were told, for nobody could know; the others are the storm's.
    assert storm.fired == [("mismatch", "disconnected")] * 9 + [("mismatch", "storm")]


async def test_all_at_the_same_moment_have_no_issue_of_their_own_at_any_time(house: House) -> None:
    """A grace that ends for all of them is one moment."""
    changed: set[str] = set()

    @callback
    def keep(event: Event[Any]) -> None:
        if event.data["action"] != "remove":
            changed.add(event.data["issue_id"])

    await house.set_up(*map(watch, LAMPS))
    house.hass.bus.async_listen(ir.EVENT_REPAIRS_ISSUE_REGISTRY_UPDATED, keep)
    await house.clock.advance(GRACE)
    assert facts(house) == ("12", "12", ", ".join(TITLES[:10]))
    assert changed == {the_issue(house).issue_id}
    assert house.fired == [("mismatch", "storm")]
    assert house.events[0].data["count"] == 12


@pytest.mark.parametrize(("count", "gap", "issues"), [(9, 0.0, 9), (10, 0.0, 1), (12, 0.6, 12)])
async def test_few_or_slow_ones_are_no_storm(
    calm: House, count: int, gap: float, issues: int
) -> None:
    await say(calm, LAMPS[:count], "off", gap=gap)
    assert len(calm.issues) == issues
    assert len(of_storm(calm)) == (issues == 1)


async def test_a_name_cannot_smuggle_markdown_into_a_storm(house: House) -> None:
    await house.set_up(*(watch(name, title=f"[{name}](evil)") for name in LAMPS))
    await say(house, LAMPS, "on")
    await house.clock.advance(GRACE)
    await say(house, LAMPS, "off")
    assert facts(house)[2].startswith("\\[lamp00\\]\\(evil\\), ")


# It goes on


async def test_one_that_recovers_leaves_it_quietly(storm: House) -> None:
    told = len(storm.events)
    await say(storm, LAMPS[10:], "on")
    assert facts(storm) == ("12", "10", ", ".join(TITLES[:10]))
    assert storm.judged("lamp10")[:2] == ("ok", "agrees")
    assert len(storm.events) == told


async def test_one_that_fails_while_it_goes_on_joins_it_if_that_is_soon(storm: House) -> None:
    await say(storm, [SPARE], "off")
    assert facts(storm)[:2] == ("13", "13")
    assert len(of_storm(storm)) == 1


async def test_one_that_fails_much_later_stands_alone(storm: House) -> None:
    await storm.clock.advance(60)
    await say(storm, [SPARE], "off")
    assert storm.issue(SPARE) == "disconnected_always"
    assert storm.fired[-1] == ("mismatch", "disconnected")
    assert len(storm.issues) == 2
    await say(storm, [SPARE], "on")
    assert facts(storm)[:2] == ("12", "12")
    assert storm.fired[-1] == ("recovered", "disconnected")


async def test_one_that_is_watched_no_more_leaves_it(storm: House) -> None:
    storm.hass.config_entries.async_remove_subentry(storm.entry, "lamp00")
    await storm.clock.settle()
    assert facts(storm) == ("12", "11", ", ".join(TITLES[1:11]))


# It is over


async def test_what_was_told_of_one_that_began_is_told_when_it_is_over(storm: House) -> None:
    await restart(storm)  # it is kept of whom
    await remembered(storm)
    await say(storm, LAMPS, "on")
    began = [event.data for event in storm.events if event.event_type.endswith("mismatch")]
    over = [event.data for event in storm.events if event.event_type.endswith("recovered")]
    assert len(began) == 10
    assert [data["incident_id"] for data in over] == [data["incident_id"] for data in began]


async def test_it_is_over_with_the_last_and_names_those_that_were_in_it(storm: House) -> None:
    (opened,) = of_storm(storm)
    await storm.clock.advance(600)
    await say(storm, LAMPS[1:], "on")
    assert facts(storm) == ("12", "1", "Lamp00")
    await say(storm, LAMPS[:1], "on")
    assert storm.issues == {}
    _, closed = of_storm(storm)
    assert closed.event_type == "mqtt_sentinel_recovered"
    assert closed.data["names"] == TITLES[:10]
    assert closed.data["count"] == 12
    assert closed.data["incident_id"] == opened.data["incident_id"]
    assert closed.data["opened_at"] == opened.data["opened_at"]
    assert closed.data["closed_at"] > opened.data["opened_at"]
    assert storm.fired[-1] == ("recovered", "storm")
    assert storm.value("sensor.mqtt_sentinel_open_incidents") == "0"


async def test_with_the_last_one_removed_it_is_over_too(storm: House) -> None:
    await say(storm, LAMPS[1:], "on")
    storm.hass.config_entries.async_remove_subentry(storm.entry, "lamp00")
    await storm.clock.settle()
    assert storm.issues == {}
    closed = of_storm(storm)[-1]
    assert closed.event_type == "mqtt_sentinel_recovered"
    # The name of one that is no more nobody knows.
    assert closed.data["names"] == TITLES[1:11]


async def test_the_next_ones_are_another_storm(storm: House) -> None:
    first = the_issue(storm).issue_id
    await say(storm, LAMPS, "on")
    await storm.clock.advance(600)
    await say(storm, LAMPS, "off")
    assert the_issue(storm).issue_id != first
    assert [event.data["count"] for event in of_storm(storm)] == [10, 12, 10]


# What a user can do


async def test_verifying_gives_all_of_them_the_settle_time(storm: House, repairs: Repairs) -> None:
    issue_id = the_issue(storm).issue_id
    dialog = await repairs.open(issue_id)
    assert dialog["menu_options"] == ["verify", "mute"]
    assert dialog["description_placeholders"] == the_issue(storm).translation_placeholders
    assert (await repairs.choose(dialog["flow_id"], "verify"))["type"] == "create_entry"
    assert storm.issues == {}
    assert {storm.judged(name)[:2] for name in LAMPS} == {("pending", "settling")}
    await say(storm, LAMPS[:3], "on")
    assert storm.issues == {}
    await storm.clock.advance(SETTLE)
    assert facts(storm)[:2] == ("12", "9")
    assert len(of_storm(storm)) == 1


async def test_muting_silences_all_of_them(storm: House, repairs: Repairs) -> None:
    issue_id = the_issue(storm).issue_id
    assert await repairs.fix(issue_id, "mute") == "create_entry"
    assert storm.issues == {}
    assert {storm.problem(name) for name in LAMPS} == {"on"}
    await say(storm, LAMPS[:3], "on")
    await storm.clock.advance(600)
    assert storm.issues == {}
    await say(storm, LAMPS[3:], "on")
    # Who waits for its end is told.
    assert storm.fired[-1] == ("recovered", "storm")


async def test_one_of_them_that_fails_again_is_not_muted(storm: House, repairs: Repairs) -> None:
    await repairs.fix(the_issue(storm).issue_id, "mute")
    await storm.clock.advance(60)
    await say(storm, ["lamp05"], "on")
    await say(storm, ["lamp05"], "off")
    (issue,) = storm.issues
    assert issue == "incident_lamp05"


async def test_a_muted_storm_speaks_again_with_one_that_joins(
    storm: House, repairs: Repairs
) -> None:
    await repairs.fix(the_issue(storm).issue_id, "mute")
    await say(storm, [SPARE], "off")
    assert facts(storm)[:2] == ("13", "13")


async def test_a_storm_that_is_over_meanwhile_needs_nothing(storm: House, repairs: Repairs) -> None:
    dialog = await repairs.open(the_issue(storm).issue_id)
    await say(storm, LAMPS, "on")
    ended = await repairs.choose(dialog["flow_id"], "verify")
    assert (ended["type"], ended["reason"]) == ("abort", "over")


async def test_without_the_hub_a_storm_cannot_be_fixed(storm: House, repairs: Repairs) -> None:
    dialog = await repairs.open(the_issue(storm).issue_id)
    assert await storm.hass.config_entries.async_unload(storm.entry.entry_id)
    ended = await repairs.choose(dialog["flow_id"], "mute")
    assert (ended["type"], ended["reason"]) == ("abort", "not_loaded")


# Restarts, and the broker


async def restart(house: House) -> None:
    """Home Assistant is away for a while; the broker keeps what the lamps said last."""
    assert await house.hass.config_entries.async_unload(house.entry.entry_id)
    assert house.issues == {}
    await house.clock.advance(600)
    assert await house.hass.config_entries.async_setup(house.entry.entry_id)
    await house.clock.settle()


async def remembered(house: House) -> None:
    await house.clock.advance(SUBSCRIBE_TIME)
    for name in LAMPS:
        await house.service(f"object_detection/{name}", "off", retain=True)
    await house.service(f"object_detection/{SPARE}", "on", retain=True)
    await house.clock.advance(2 * GRACE)


async def test_it_outlives_a_restart(storm: House) -> None:
    before, told = facts(storm), len(storm.events)
    issue_id = the_issue(storm).issue_id
    await restart(storm)
    assert (the_issue(storm).issue_id, facts(storm)) == (issue_id, before)
    await remembered(storm)
    assert (the_issue(storm).issue_id, facts(storm)) == (issue_id, before)
    assert len(storm.events) == told
    await say(storm, LAMPS, "on")
    assert storm.issues == {}
    # The first nine were told by themselves, before anybody could know.
    over = [("recovered", "disconnected")] * 9 + [("recovered", "storm")]
    assert storm.fired[told:] == over
    assert storm.events[-1].data["names"] == TITLES[:10]


async def test_a_muted_one_stays_silent_through_a_restart(storm: House, repairs: Repairs) -> None:
    await repairs.fix(the_issue(storm).issue_id, "mute")
    await restart(storm)
    assert storm.issues == {}
    await remembered(storm)
    assert storm.issues == {}
    assert {storm.problem(name) for name in LAMPS} == {"on"}
    await say(storm, LAMPS, "on")
    assert storm.fired[-1] == ("recovered", "storm")


async def test_a_broker_that_goes_and_comes_leaves_it_as_it_was(storm: House) -> None:
    before, told = facts(storm), len(storm.events)
    await storm.broker.go()
    assert len(storm.issues) == 2  # that of the broker, too
    await storm.broker.come()
    await remembered(storm)
    assert facts(storm) == before
    assert len(storm.events) == told


# A dead parent at the same time


async def test_a_storm_and_a_dead_bridge_are_two_issues(house: House) -> None:
    """What is behind the bridge is none of the storm; the bridge itself fails with the others."""
    bulbs = [f"bulb{number}" for number in range(20)]
    await house.set_up(
        *map(watch, [*LAMPS, SPARE]), *(watch(bulb, dialect="zigbee2mqtt") for bulb in bulbs)
    )
    await say(house, [*LAMPS, SPARE], "on")
    await house.broker.publish("zigbee2mqtt/bridge/state", "online")
    for bulb in bulbs:
        await house.broker.publish(f"zigbee2mqtt/{bulb}/availability", "online")
    await house.clock.advance(GRACE)
    await say(house, LAMPS, "off")
    await house.clock.advance(60)
    await house.broker.publish("zigbee2mqtt/bridge/state", "offline")
    await house.clock.advance(GRACE)
    kinds = sorted(str(issue.translation_key) for issue in house.issues.values())
    assert kinds == ["parent_gone_always", "storm"]
    assert house.value("sensor.mqtt_sentinel_open_incidents") == "13"


async def test_a_bridge_in_a_storm_counts_as_one(house: House) -> None:
    bulbs = [f"bulb{number}" for number in range(20)]
    await house.set_up(
        *map(watch, LAMPS[:9]), *(watch(bulb, dialect="zigbee2mqtt") for bulb in bulbs)
    )
    await say(house, LAMPS[:9], "on")
    for topic in ("bridge/state", *(f"{bulb}/availability" for bulb in bulbs)):
        await house.broker.publish(f"zigbee2mqtt/{topic}", "online")
    await house.clock.advance(GRACE)
    await house.broker.publish("zigbee2mqtt/bridge/state", "offline")
    assert len(house.issues) == 1
    await say(house, LAMPS[:9], "off")
    count, still, names = facts(house)
    assert (count, still) == ("10", "10")
    assert "Zigbee2MQTT bridge" in names
    assert {house.judged(bulb)[1] for bulb in bulbs} == {"parent_gone"}


async def test_a_storm_goes_on_while_it_is_watched_otherwise(storm: House) -> None:
    """One more watch, and one with another name, are no news of it."""
    entry, entries = storm.entry, storm.hass.config_entries
    entries.async_add_subentry(entry, subentry_of(watch("new")))
    entries.async_update_subentry(entry, entry.subentries["lamp00"], title="Aaa")
    await storm.clock.settle()
    await say(storm, ["new"], "on")
    assert facts(storm)[:2] == ("12", "12")
    assert len(of_storm(storm)) == 1
