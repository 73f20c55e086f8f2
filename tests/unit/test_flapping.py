"""A thing that comes and goes: told once, and over only when it lasted."""

import json

import pytest

from custom_components.mqtt_sentinel.watch.expectation import Expectation
from custom_components.mqtt_sentinel.watch.flapping import (
    FIRST_HOLD,
    FORGET_AFTER,
    LONGEST_HOLD,
    MOST_FLIPS,
    WITHIN,
    Steadiness,
)
from custom_components.mqtt_sentinel.watch.incidents import Turn
from custom_components.mqtt_sentinel.watch.sentinel import Sentinel
from custom_components.mqtt_sentinel.watch.verdict import Judgement, Reason, Verdict
from custom_components.mqtt_sentinel.watch.watched import Snapshot, Watched

from .build import ANYTHING, DOWN, UP, at, connection, watch_of

GOOD = Judgement(Verdict.OK, Reason.AGREES)
BAD = Judgement(Verdict.MISMATCH, Reason.DISCONNECTED)
START = 10_000.0


def flap(steadiness: Steadiness, times: int, start: float, gap: float = 1.0) -> Judgement:
    """Judge in turn wrong and right, ``times`` flips; answer what was said last."""
    said = steadiness.judged(GOOD, start)
    for flip in range(times):
        said = steadiness.judged(GOOD if flip % 2 else BAD, start + flip * gap)
    return said


# What is too often


def test_the_numbers() -> None:
    assert (MOST_FLIPS, WITHIN, FIRST_HOLD, LONGEST_HOLD) == (3, 300, 60, 3600)


def test_three_flips_are_told_as_they_are() -> None:
    assert flap(Steadiness(), 3, START) == BAD


def test_the_fourth_flip_is_flapping() -> None:
    said = flap(Steadiness(), 4, START)
    assert (said.verdict, said.reason) == (Verdict.MISMATCH, Reason.FLAPPING)
    assert said.until == START + 3 + FIRST_HOLD


@pytest.mark.parametrize(("gap", "flaps"), [(WITHIN / 3, True), (WITHIN / 3 + 0.1, False)])
def test_four_flips_count_only_within_five_minutes(gap: float, flaps: bool) -> None:
    said = flap(Steadiness(), 4, START, gap)
    assert (said.reason is Reason.FLAPPING) is flaps


def test_slow_flips_never_flap() -> None:
    assert flap(Steadiness(), 99, START, WITHIN / 2) == BAD


def test_the_same_judgement_again_is_no_flip() -> None:
    steadiness = Steadiness()
    for seconds in range(20):
        assert steadiness.judged(BAD if seconds < 10 else GOOD, START + seconds) in (BAD, GOOD)
    assert len(steadiness.flips) == 1


@pytest.mark.parametrize("verdict", [Verdict.PENDING, Verdict.UNKNOWN])
def test_waiting_is_no_flip(verdict: Verdict) -> None:
    steadiness = Steadiness()
    waiting = Judgement(verdict, Reason.GRACE)
    for seconds in range(20):
        assert steadiness.judged(GOOD, START + seconds) == GOOD
        assert steadiness.judged(waiting, START + seconds + 0.5) == waiting
    assert not steadiness.flips


def test_what_comes_after_a_suspension_is_no_flip() -> None:
    steadiness = Steadiness()
    suspended = Judgement(Verdict.SUSPENDED, Reason.BROKER_GONE)
    for seconds in range(20):
        raw = GOOD if seconds % 2 else BAD
        assert steadiness.judged(raw, START + seconds) == raw
        assert steadiness.judged(suspended, START + seconds + 0.5) == suspended
    assert not steadiness.flips


# What it has to hold


def test_it_is_over_when_the_recovery_lasted() -> None:
    steadiness = Steadiness()
    flap(steadiness, 4, START)
    still = steadiness.judged(GOOD, START + 3 + FIRST_HOLD - 0.1)
    assert still.reason is Reason.FLAPPING
    assert steadiness.judged(GOOD, START + 3 + FIRST_HOLD) == GOOD
    assert steadiness.judged(BAD, START + 3 + FIRST_HOLD + 1) == BAD  # counted anew


def test_while_it_is_wrong_no_time_ends_it() -> None:
    steadiness = Steadiness()
    flap(steadiness, 5, START)
    said = steadiness.judged(BAD, START + 10 * LONGEST_HOLD)
    assert (said.reason, said.until) == (Reason.FLAPPING, None)


def test_the_earlier_of_two_moments_is_waited_for() -> None:
    steadiness = Steadiness()
    flap(steadiness, 4, START)
    for until, expected in ((START + 10, START + 10), (START + 1e6, START + 3 + FIRST_HOLD)):
        pinging = Judgement(Verdict.OK, Reason.AGREES, until=until)
        assert steadiness.judged(pinging, START + 4).until == expected


def test_every_relapse_doubles_the_hold_up_to_an_hour() -> None:
    steadiness = Steadiness()
    flap(steadiness, 4, START)
    holds = []
    now = START + 4
    for _ in range(8):
        steadiness.judged(BAD, now)
        until = steadiness.judged(GOOD, now + 1).until
        assert until is not None
        holds.append(until - (now + 1))
        now += 2
    assert holds == [120, 240, 480, 960, 1920, 3600, 3600, 3600]


@pytest.mark.parametrize(
    ("quiet", "hold"), [(FORGET_AFTER - 1, 2 * FIRST_HOLD), (FORGET_AFTER, FIRST_HOLD)]
)
def test_one_that_flaps_again_soon_begins_with_more(quiet: float, hold: float) -> None:
    steadiness = Steadiness()
    flap(steadiness, 4, START)
    over = START + 3 + FIRST_HOLD
    assert steadiness.judged(GOOD, over) == GOOD
    # The fourth flip is when it is said to flap.
    said = flap(steadiness, 4, over + quiet - 3)
    assert said.until == over + quiet + hold


@pytest.mark.parametrize(
    "raw",
    [
        Judgement(Verdict.UNKNOWN, Reason.OBSERVED_ONLY),
        Judgement(Verdict.UNKNOWN, Reason.NOT_VERIFIED),
        Judgement(Verdict.OK, Reason.ACCEPTED),
    ],
)
def test_what_is_not_judged_or_accepted_counts_anew(raw: Judgement) -> None:
    steadiness = Steadiness()
    flap(steadiness, 4, START)
    assert steadiness.judged(raw, START + 5) == raw
    assert steadiness.judged(GOOD, START + 6) == GOOD


# In the heart


def steady() -> Sentinel:
    """A lamp that is on, as it should be, and has been for long."""
    sentinel = Sentinel()
    sentinel.add(watch_of(), at(0))
    sentinel.broker_back(at(0))
    sentinel.subscribed(at(0))
    sentinel.expect("lamp", UP, at(0))
    sentinel.hear(connection(True, 3))
    sentinel.wake(at(60))
    return sentinel


def flapping(sentinel: Sentinel, flips: int = 4) -> list[Turn]:
    """Let the lamp go off and on, one flip a second from 100 on; answer what became of incidents."""
    turns = []
    for flip in range(flips):
        for change in sentinel.hear(connection(bool(flip % 2), 100 + flip)):
            turns += [change.turn] if change.turn else []
    return turns


def lamp(sentinel: Sentinel) -> Watched:
    return sentinel.watches["lamp"]


def test_flapping_is_one_incident_and_over_after_the_hold() -> None:
    sentinel = steady()
    turns = flapping(sentinel, 12)
    # Twice it is told as usual; from the fourth flip on it is the same incident all the time.
    assert turns == [Turn.OPENED, Turn.CLOSED, Turn.OPENED, Turn.UPDATED]
    incident = lamp(sentinel).incident
    assert incident
    assert incident.reason is Reason.FLAPPING
    deadline = sentinel.next_deadline()
    assert deadline == 111 + 16 * FIRST_HOLD  # four relapses
    assert not sentinel.wake(at(deadline - 0.1))
    [change] = sentinel.wake(at(deadline))
    assert (change.after.reason, change.turn) == (Reason.AGREES, Turn.CLOSED)
    assert lamp(sentinel).incident is None


def test_connections_are_told_all_the_same() -> None:
    sentinel = steady()
    flapping(sentinel)
    [change] = sentinel.hear(connection(False, 110))
    assert (change.connection, change.turn) == (False, None)


@pytest.mark.parametrize("expectation", [ANYTHING, DOWN])
def test_another_expectation_ends_it(expectation: Expectation) -> None:
    sentinel = steady()
    flapping(sentinel)
    sentinel.expect("lamp", expectation, at(110))
    assert lamp(sentinel).incident is None
    assert lamp(sentinel).judgement.reason in (Reason.OBSERVED_ONLY, Reason.SETTLING)
    sentinel.hear(connection(False, 111))
    assert lamp(sentinel).judgement.reason in (Reason.OBSERVED_ONLY, Reason.AGREES)


def test_verifying_ends_it_with_the_settle_time() -> None:
    sentinel = steady()
    flapping(sentinel)
    sentinel.verify("lamp", at(110))
    assert sentinel.next_deadline() == 125
    [change] = sentinel.wake(at(125))
    assert (change.after.reason, change.turn) == (Reason.AGREES, Turn.CLOSED)


@pytest.mark.parametrize(("flips", "reason"), [(4, Reason.AGREES), (5, Reason.ACCEPTED)])
def test_accepting_ends_it(flips: int, reason: Reason) -> None:
    sentinel = steady()
    flapping(sentinel, flips)
    [change] = sentinel.accept("lamp", at(110))
    assert (change.after.reason, change.turn) == (reason, Turn.CLOSED)


def test_muting_lasts_while_it_flaps() -> None:
    sentinel = steady()
    flapping(sentinel)
    sentinel.mute("lamp", at(110))
    for seconds in range(8):
        sentinel.hear(connection(bool(seconds % 2), 111 + seconds))
    incident = lamp(sentinel).incident
    assert incident
    assert incident.muted


def test_after_a_broker_loss_the_recovery_has_to_last_again() -> None:
    sentinel = steady()
    flapping(sentinel)
    sentinel.broker_lost(at(110))
    sentinel.broker_back(at(120))
    sentinel.subscribed(at(121))
    assert lamp(sentinel).incident
    sentinel.hear(connection(True, 122, retained=True))
    assert lamp(sentinel).judgement.reason is Reason.FLAPPING
    assert sentinel.next_deadline() == 122 + FIRST_HOLD
    [change] = sentinel.wake(at(122 + FIRST_HOLD))
    assert change.turn is Turn.CLOSED


def test_after_a_restart_the_recovery_has_to_last_again() -> None:
    sentinel = steady()
    flapping(sentinel)
    stored = json.loads(json.dumps(lamp(sentinel).snapshot().as_dict()))
    again = Sentinel()
    again.add(watch_of(), at(1000), Snapshot.from_dict(stored))
    again.broker_back(at(1000))
    again.subscribed(at(1000))
    again.hear(connection(True, 1001, retained=True))
    assert lamp(again).judgement.reason is Reason.FLAPPING
    assert lamp(again).incident == lamp(sentinel).incident
    [change] = again.wake(at(1001 + FIRST_HOLD))
    assert (change.after.reason, change.turn) == (Reason.AGREES, Turn.CLOSED)
