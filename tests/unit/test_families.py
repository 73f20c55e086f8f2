"""Things that are reached through another: one cause, one incident."""

from dataclasses import replace

import pytest

from custom_components.mqtt_sentinel.watch.expectation import Expectation
from custom_components.mqtt_sentinel.watch.incidents import Turn
from custom_components.mqtt_sentinel.watch.reports import Report, ThingKey
from custom_components.mqtt_sentinel.watch.sentinel import Change, Sentinel
from custom_components.mqtt_sentinel.watch.verdict import Proof, Reason, Verdict
from custom_components.mqtt_sentinel.watch.watched import WatchConfig, is_alive

from .build import (
    ANYTHING,
    ARMED,
    DOWN,
    UP,
    at,
    connection,
    feedback,
    ping,
    telemetry,
    watch_of,
)

BRIDGE = ThingKey("zigbee2mqtt", "", "bridge")
OTHER = ThingKey("zigbee2mqtt", "site", "bridge")
BULB, PLUG = ThingKey("zigbee2mqtt", "", "bulb"), ThingKey("zigbee2mqtt", "", "plug")

type Answer = list[tuple[str, Reason, Turn | None]]


def child(name: str, key: ThingKey, parent: ThingKey = BRIDGE, **checks: float) -> WatchConfig:
    return watch_of(name, key, parent=parent, **checks)  # type: ignore[arg-type]  # checks only


def family(expectation: Expectation = UP, *, bridge_first: bool = True) -> Sentinel:
    """A bridge and two things behind it, all connected and judged for long."""
    sentinel = Sentinel()
    configs = [watch_of("bridge", BRIDGE), child("bulb", BULB), child("plug", PLUG)]
    for config in configs if bridge_first else reversed(configs):
        sentinel.add(config, at(0))
        sentinel.expect(config.id, expectation, at(0))
    sentinel.broker_back(at(0))
    sentinel.subscribed(at(0))
    for config in configs:
        sentinel.hear(connection(True, 1, key=config.key))
    return sentinel


def answer(changes: object) -> Answer:
    """What a step changed: of whom, to which reason, and what became of the incident."""
    assert isinstance(changes, list)
    told: list[Change] = changes
    return [(change.watch.config.id, change.after.reason, change.turn) for change in told]


def reasons(sentinel: Sentinel) -> dict[str, Reason]:
    return {name: watch.judgement.reason for name, watch in sentinel.watches.items()}


def incidents(sentinel: Sentinel) -> set[str]:
    return {name for name, watch in sentinel.watches.items() if watch.incident}


# The parent dies


@pytest.mark.parametrize("bridge_first", [True, False])
def test_the_death_of_a_parent_is_one_incident(bridge_first: bool) -> None:
    sentinel = family(bridge_first=bridge_first)
    changes = sentinel.hear(connection(False, 100, key=BRIDGE))
    first, *others = answer(changes)
    assert first == ("bridge", Reason.DISCONNECTED, Turn.OPENED)
    assert sorted(others) == [
        ("bulb", Reason.PARENT_GONE, None),
        ("plug", Reason.PARENT_GONE, None),
    ]
    assert incidents(sentinel) == {"bridge"}
    assert len(sentinel.watches["bridge"].children) == 2
    bulb = sentinel.watches["bulb"]
    assert bulb.judgement.verdict is Verdict.SUSPENDED
    assert not is_alive(bulb)
    assert sentinel.next_deadline() is None


def test_those_behind_it_say_nothing_new_while_it_is_gone() -> None:
    sentinel = family()
    sentinel.hear(connection(False, 100, key=BRIDGE))
    for report in (
        connection(False, 101, key=BULB),
        connection(True, 102, key=BULB, retained=True),
    ):
        [change] = sentinel.hear(report)
        assert (change.after.reason, change.turn) == (Reason.PARENT_GONE, None)
    sentinel.expect("plug", ARMED, at(103))
    sentinel.wake(at(500))
    assert incidents(sentinel) == {"bridge"}


def test_a_parent_that_goes_takes_them_with_it_whatever_is_expected_of_it() -> None:
    sentinel = family()
    sentinel.expect("bridge", ANYTHING, at(50))
    sentinel.hear(connection(False, 100, key=BRIDGE))
    assert reasons(sentinel) == {
        "bridge": Reason.OBSERVED_ONLY,
        "bulb": Reason.PARENT_GONE,
        "plug": Reason.PARENT_GONE,
    }
    assert incidents(sentinel) == set()


@pytest.mark.parametrize("expectation", [ANYTHING, DOWN])
def test_one_of_which_nothing_is_wanted_is_cut_off_quietly(expectation: Expectation) -> None:
    sentinel = family()
    sentinel.expect("bulb", expectation, at(50))
    sentinel.hear(connection(False, 55, key=BULB))
    sentinel.hear(connection(False, 100, key=BRIDGE))
    why = Reason.OBSERVED_ONLY if expectation is ANYTHING else Reason.PARENT_GONE
    assert reasons(sentinel)["bulb"] is why


def test_an_incident_from_before_stays_open_until_it_is_known_to_be_over() -> None:
    sentinel = family()
    sentinel.hear(connection(False, 90, key=BULB))
    sentinel.hear(connection(False, 100, key=BRIDGE))
    assert incidents(sentinel) == {"bridge", "bulb"}
    sentinel.hear(connection(True, 200, key=BRIDGE))
    assert incidents(sentinel) == {"bulb"}
    [change] = sentinel.hear(connection(True, 201, key=BULB))
    assert change.turn is Turn.CLOSED


def test_silence_of_all_is_the_silence_of_the_parent() -> None:
    sentinel = Sentinel()
    for config in (child("bulb", BULB), child("plug", PLUG), watch_of("bridge", BRIDGE)):
        sentinel.add(config, at(0))
        sentinel.expect(config.id, UP, at(0))
    sentinel.broker_back(at(0))
    sentinel.subscribed(at(0))
    sentinel.wake(at(15))
    # All three deadlines come up together; the parent is judged before the others.
    changes = answer(sentinel.wake(at(60)))
    assert changes[0] == ("bridge", Reason.NEVER_HEARD, Turn.OPENED)
    assert incidents(sentinel) == {"bridge"}
    assert reasons(sentinel)["bulb"] is Reason.PARENT_GONE


def test_a_parent_that_stops_to_ping_is_gone() -> None:
    sentinel = family()
    sentinel.configure(watch_of("bridge", BRIDGE, ping_interval=10), at(100))
    for seconds in (110, 120, 130):
        sentinel.wake(at(seconds))
    assert incidents(sentinel) == {"bridge"}
    assert reasons(sentinel)["plug"] is Reason.PARENT_GONE
    sentinel.hear(ping(131, key=BRIDGE))
    assert reasons(sentinel)["plug"] is not Reason.PARENT_GONE


# It comes back


def test_when_it_is_back_what_they_said_is_a_memory() -> None:
    sentinel = family()
    sentinel.hear(connection(False, 100, key=BRIDGE))
    changes = answer(sentinel.hear(connection(True, 200, key=BRIDGE)))
    assert changes == [
        ("bridge", Reason.AGREES, Turn.CLOSED),
        ("bulb", Reason.AGREES, None),
        ("plug", Reason.AGREES, None),
    ]
    assert sentinel.watches["bulb"].judgement.proof is Proof.RETAINED
    [change] = sentinel.hear(connection(True, 201, key=BULB))
    assert change.after.proof is Proof.LIVE


def test_when_it_is_back_they_have_the_settle_time() -> None:
    sentinel = family()
    sentinel.hear(connection(False, 100, key=BRIDGE))
    sentinel.hear(connection(False, 101, key=BULB))
    sentinel.hear(connection(True, 200, key=BRIDGE))
    assert reasons(sentinel)["bulb"] is Reason.SETTLING
    assert sentinel.next_deadline() == 215
    assert answer(sentinel.wake(at(215))) == [("bulb", Reason.DISCONNECTED, Turn.OPENED)]


def test_live_proof_that_is_demanded_has_the_settle_time_too() -> None:
    sentinel = family()
    sentinel.configure(child("bulb", BULB, require_live=True), at(50))
    sentinel.hear(connection(False, 100, key=BRIDGE))
    sentinel.hear(connection(True, 200, key=BRIDGE))
    assert reasons(sentinel)["bulb"] is Reason.AWAITING_LIVE
    assert answer(sentinel.wake(at(215))) == [("bulb", Reason.NO_LIVE_PROOF, Turn.OPENED)]


def test_pings_are_waited_for_from_the_end_of_the_settle_time() -> None:
    sentinel = family()
    sentinel.configure(child("bulb", BULB, ping_interval=10), at(99))
    sentinel.hear(connection(False, 100, key=BRIDGE))
    sentinel.hear(connection(True, 200, key=BRIDGE))
    assert sentinel.next_deadline() == 225
    sentinel.wake(at(225))
    sentinel.wake(at(235))
    assert incidents(sentinel) == set()
    sentinel.wake(at(245))
    assert incidents(sentinel) == {"bulb"}


def test_a_parent_that_is_lost_with_the_broker_is_not_gone() -> None:
    sentinel = family()
    sentinel.hear(connection(False, 100, key=BRIDGE))
    sentinel.broker_lost(at(110))
    assert set(reasons(sentinel).values()) == {Reason.BROKER_GONE}
    sentinel.broker_back(at(120))
    sentinel.subscribed(at(120))
    sentinel.hear(connection(False, 121, key=BRIDGE, retained=True))
    assert reasons(sentinel)["bulb"] is Reason.PARENT_GONE
    assert incidents(sentinel) == {"bridge"}


# Who speaks vouches for the parent


@pytest.mark.parametrize(
    "report",
    [
        connection(True, 5, key=BULB),
        ping(5, key=BULB),
        telemetry(5, key=BULB, temperature=20),
        feedback(True, 5, key=BULB),
    ],
    ids=["connection", "ping", "telemetry", "feedback"],
)
def test_who_is_heard_through_a_parent_shows_that_it_is_there(report: Report) -> None:
    sentinel = family()
    sentinel.broker_lost(at(2))
    sentinel.broker_back(at(2))
    sentinel.subscribed(at(2))
    changes = sentinel.hear(report)
    assert changes[0].watch.config.id == "bridge"
    assert changes[0].after.reason is Reason.AGREES
    assert sentinel.watches["bridge"].last_seen == at(5).wall


@pytest.mark.parametrize(
    "report",
    [
        connection(True, 5, key=BULB, retained=True),
        connection(False, 5, key=BULB),
        ping(5, key=BULB, retained=True),
    ],
    ids=["kept", "goodbye", "kept_ping"],
)
def test_a_memory_or_a_goodbye_shows_nothing(report: Report) -> None:
    sentinel = family()
    sentinel.broker_lost(at(2))
    sentinel.broker_back(at(2))
    sentinel.subscribed(at(2))
    sentinel.hear(report)
    assert sentinel.watches["bridge"].facts.up is None


def test_nobody_vouches_for_one_that_said_that_it_is_gone() -> None:
    sentinel = family()
    sentinel.hear(connection(False, 100, key=BRIDGE))
    sentinel.hear(connection(True, 101, key=BULB))
    assert reasons(sentinel)["bridge"] is Reason.DISCONNECTED
    assert reasons(sentinel)["bulb"] is Reason.PARENT_GONE


def test_vouching_ends_the_incident_of_a_silent_parent() -> None:
    sentinel = Sentinel()
    for config in (watch_of("bridge", BRIDGE), child("bulb", BULB), child("plug", PLUG)):
        sentinel.add(config, at(0))
        sentinel.expect(config.id, UP, at(0))
    sentinel.broker_back(at(0))
    sentinel.subscribed(at(0))
    sentinel.wake(at(60))
    assert incidents(sentinel) == {"bridge"}
    changes = answer(sentinel.hear(connection(True, 70, key=BULB)))
    assert changes[0] == ("bridge", Reason.AGREES, Turn.CLOSED)
    assert reasons(sentinel) == {
        "bridge": Reason.AGREES,
        "bulb": Reason.AGREES,
        "plug": Reason.SETTLING,
    }


def test_without_its_parent_being_watched_a_thing_stands_alone() -> None:
    sentinel = Sentinel()
    sentinel.add(child("bulb", BULB), at(0))
    sentinel.broker_back(at(0))
    sentinel.subscribed(at(0))
    sentinel.expect("bulb", UP, at(0))
    assert answer(sentinel.hear(connection(True, 1, key=BULB))) == [("bulb", Reason.AGREES, None)]
    sentinel.hear(connection(False, 100, key=BULB))
    assert incidents(sentinel) == {"bulb"}


# They are added, removed and moved


def test_one_that_is_added_behind_a_dead_parent_is_cut_off() -> None:
    sentinel = family()
    sentinel.hear(connection(False, 100, key=BRIDGE))
    key = ThingKey("zigbee2mqtt", "", "new")
    sentinel.add(child("new", key), at(110))
    sentinel.expect("new", UP, at(110))
    assert reasons(sentinel)["new"] is Reason.PARENT_GONE
    assert len(sentinel.watches["bridge"].children) == 3


def test_a_parent_that_is_added_later_finds_its_own() -> None:
    sentinel = Sentinel()
    sentinel.broker_back(at(0))
    sentinel.subscribed(at(0))
    sentinel.add(child("bulb", BULB), at(0))
    sentinel.expect("bulb", UP, at(0))
    sentinel.hear(connection(True, 1, key=BULB))
    sentinel.hear(connection(False, 2, key=BRIDGE))  # known, though not watched
    changes = answer(sentinel.add(watch_of("bridge", BRIDGE), at(3)))
    assert ("bulb", Reason.PARENT_GONE, None) in changes


def test_who_is_removed_is_behind_nobody() -> None:
    sentinel = family()
    sentinel.remove("bulb", at(50))
    assert set(sentinel.watches["bridge"].children) == {"plug"}
    assert [name for name, *_ in answer(sentinel.hear(connection(False, 100, key=BRIDGE)))] == [
        "bridge",
        "plug",
    ]


def test_without_their_parent_they_are_judged_again() -> None:
    sentinel = family()
    sentinel.hear(connection(False, 100, key=BRIDGE))
    changes = answer(sentinel.remove("bridge", at(110)))
    assert changes == [("bulb", Reason.AGREES, None), ("plug", Reason.AGREES, None)]
    assert not any(watch.facts.parent_gone for watch in sentinel.watches.values())


def test_a_parent_that_becomes_another_thing_lets_them_go() -> None:
    sentinel = family()
    sentinel.hear(connection(False, 100, key=BRIDGE))
    changes = answer(sentinel.configure(watch_of("bridge", OTHER), at(110)))
    assert ("bulb", Reason.AGREES, None) in changes
    assert not sentinel.watches["bridge"].children


def test_one_that_moves_to_another_parent_shares_the_fate_of_that() -> None:
    sentinel = family()
    sentinel.add(watch_of("other", OTHER), at(50))
    sentinel.hear(connection(False, 100, key=BRIDGE))
    moved = ThingKey("zigbee2mqtt", "site", "bulb")
    sentinel.configure(child("bulb", moved, OTHER), at(110))
    assert set(sentinel.watches["bridge"].children) == {"plug"}
    assert set(sentinel.watches["other"].children) == {"bulb"}
    assert not sentinel.watches["bulb"].facts.parent_gone
    sentinel.hear(connection(False, 120, key=OTHER))
    assert reasons(sentinel)["bulb"] is Reason.PARENT_GONE
    sentinel.configure(child("bulb", BULB), at(130))
    sentinel.hear(connection(True, 140, key=OTHER))
    assert sentinel.watches["bulb"].facts.parent_gone  # it is behind the first one again


def test_other_checks_of_a_child_change_nothing_of_its_family() -> None:
    sentinel = family()
    sentinel.hear(connection(False, 100, key=BRIDGE))
    config = sentinel.watches["bulb"].config
    sentinel.configure(replace(config, name="Bulb 2"), at(110))
    assert reasons(sentinel)["bulb"] is Reason.PARENT_GONE
    assert len(sentinel.watches["bridge"].children) == 2


def test_the_death_of_a_parent_is_no_storm() -> None:
    sentinel = family()
    for number in range(40):
        key = ThingKey("zigbee2mqtt", "", f"n{number}")
        sentinel.add(child(f"n{number}", key), at(2))
        sentinel.expect(f"n{number}", UP, at(2))
        sentinel.hear(connection(True, 3, key=key))
    sentinel.hear(connection(False, 100, key=BRIDGE))
    assert incidents(sentinel) == {"bridge"}
    assert sentinel.storms.news() == []
    assert len(sentinel.watches["bridge"].children) == 42


# Nobody of the family was heard


def silent_family(**bridge: float) -> Sentinel:
    """A bridge that was never heard, and two things behind it that are less patient."""
    sentinel = Sentinel()
    parent = watch_of("bridge", BRIDGE, **bridge)  # type: ignore[arg-type]  # checks only
    for config in (child("bulb", BULB, grace=10), child("plug", PLUG, grace=10), parent):
        sentinel.add(config, at(0))
        sentinel.expect(config.id, UP, at(0))
    sentinel.broker_back(at(0))
    sentinel.subscribed(at(0))
    return sentinel


def test_who_is_less_patient_than_its_parent_waits_for_it() -> None:
    sentinel = silent_family()
    for seconds in (10, 15, 59):
        sentinel.wake(at(seconds))
    assert reasons(sentinel) == {
        "bridge": Reason.GRACE,
        "bulb": Reason.NOTHING_HEARD,
        "plug": Reason.NOTHING_HEARD,
    }
    assert sentinel.watches["bulb"].judgement.verdict is Verdict.UNKNOWN
    sentinel.wake(at(60))
    assert incidents(sentinel) == {"bridge"}
    assert reasons(sentinel)["plug"] is Reason.PARENT_GONE


def test_no_grace_at_all_is_no_less_patient() -> None:
    sentinel = Sentinel()
    for config in (child("bulb", BULB, grace=0, settle=0), watch_of("bridge", BRIDGE)):
        sentinel.add(config, at(0))
        sentinel.expect(config.id, UP, at(0))
    sentinel.broker_back(at(0))
    assert not incidents(sentinel)
    sentinel.subscribed(at(0))
    assert not incidents(sentinel)


def test_a_parent_that_settles_is_waited_for() -> None:
    sentinel = silent_family(grace=5)
    for name in ("bulb", "plug", "bridge"):
        sentinel.expect(name, ANYTHING, at(1))
    sentinel.wake(at(100))
    assert reasons(sentinel)["bulb"] is Reason.OBSERVED_ONLY
    sentinel.configure(child("bulb", BULB, settle=1), at(99))
    for name in ("bridge", "bulb", "plug"):
        sentinel.expect(name, ARMED, at(100))
    sentinel.wake(at(114))
    assert reasons(sentinel)["bulb"] is Reason.NOTHING_HEARD
    assert not incidents(sentinel)
    sentinel.wake(at(115))
    assert incidents(sentinel) == {"bridge"}


def test_who_speaks_first_ends_the_waiting_and_is_not_blamed() -> None:
    sentinel = silent_family()
    sentinel.wake(at(15))
    changes = answer(sentinel.hear(connection(True, 30, key=BULB)))
    assert ("bulb", Reason.AGREES, None) in changes
    # The parent is there: the silence of the other is its own.
    assert incidents(sentinel) == {"plug"}
    assert reasons(sentinel)["bridge"] is Reason.AGREES
    assert [name for name, _, turn in changes if turn] == ["plug"]


def test_one_that_is_added_while_its_parent_is_waited_for_waits_too() -> None:
    sentinel = silent_family()
    sentinel.add(child("late", ThingKey("zigbee2mqtt", "", "late"), grace=1, settle=1), at(20))
    sentinel.expect("late", UP, at(20))
    sentinel.wake(at(25))
    assert reasons(sentinel)["late"] is Reason.NOTHING_HEARD


def test_without_the_parent_nobody_is_waited_for() -> None:
    sentinel = silent_family()
    sentinel.wake(at(20))
    sentinel.remove("bridge", at(21))
    assert incidents(sentinel) == {"bulb", "plug"}


def test_who_says_that_it_is_gone_waits_for_nobody() -> None:
    sentinel = silent_family()
    sentinel.hear(connection(False, 12, key=BULB, retained=True))
    sentinel.wake(at(15))
    assert incidents(sentinel) == {"bulb"}
