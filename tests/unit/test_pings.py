"""The ping check: late, missing, back, and what does not count."""

from collections.abc import Callable
import json
from math import inf, nextafter

from hypothesis import assume, example, given, strategies as st
import pytest

from custom_components.mqtt_sentinel.watch.expectation import Expectation, SourceKind, Wanted
from custom_components.mqtt_sentinel.watch.incidents import Turn
from custom_components.mqtt_sentinel.watch.reports import ConnectionReport
from custom_components.mqtt_sentinel.watch.sentinel import Sentinel
from custom_components.mqtt_sentinel.watch.settings import CheckSettings
from custom_components.mqtt_sentinel.watch.verdict import (
    Facts,
    Judgement,
    Reason,
    Verdict,
    count_misses,
    judge,
)
from custom_components.mqtt_sentinel.watch.watched import (
    PingState,
    Snapshot,
    WatchConfig,
    Watched,
    ping_state,
)

from .build import ANYTHING, ARMED, DOWN, UP, at, connection, feedback, ping, telemetry, watch_of

PINGING = watch_of(ping_interval=10)


def ready(expectation: Expectation = UP, config: WatchConfig = PINGING) -> Sentinel:
    """A sentinel over a lamp that connects at 15, when it is settled; the grace is over at 60.

    From 15 on it owes a ping every ten seconds.
    """
    sentinel = Sentinel()
    sentinel.add(config, at(0))
    sentinel.broker_back(at(0))
    sentinel.subscribed(at(0))
    sentinel.expect("lamp", expectation, at(0))
    sentinel.hear(connection(True, 15))
    return sentinel


def pinging() -> Sentinel:
    """The same, after it pinged in time until 100."""
    sentinel = ready()
    for seconds in range(20, 101, 5):
        run(sentinel, seconds)
        sentinel.hear(ping(seconds))
    return sentinel


def missing() -> Sentinel:
    """The same, after three pings are missing: at 130."""
    sentinel = pinging()
    run(sentinel, 130)
    assert reason(sentinel) is Reason.PING_MISSED
    return sentinel


def run(sentinel: Sentinel, until: float) -> list[Turn]:
    """Wake it whenever it wants to be until then; answer what became of incidents."""
    turns: list[Turn] = []
    while (deadline := sentinel.next_deadline()) is not None and deadline <= until:
        turns += [change.turn for change in sentinel.wake(at(deadline)) if change.turn]
    return turns


def lamp(sentinel: Sentinel) -> Watched:
    return sentinel.watches["lamp"]


def reason(sentinel: Sentinel) -> Reason:
    return lamp(sentinel).judgement.reason


def misses(sentinel: Sentinel) -> tuple[int, int]:
    """The misses in a row, and all."""
    return lamp(sentinel).judgement.misses, lamp(sentinel).misses


# Counting


def test_an_interval_is_missed_when_it_is_over() -> None:
    assert [count_misses(100, 10, now) for now in (99, 100, 109.9, 110, 119.9, 120)] == [
        0, 0, 0, 1, 1, 2,
    ]  # fmt: skip


@example(base=0.1 + 0.2, interval=0.1, number=3)
@example(base=1e9 + 0.1, interval=0.3, number=1_000_003)
@given(
    base=st.floats(0, 1e9),
    interval=st.floats(0.1, 86_400) | st.sampled_from([0.1, 0.3, 1 / 3, 0.7, 59.99]),
    number=st.integers(1, 1_000_000),
)
def test_no_rounding_error_misses_the_moment(base: float, interval: float, number: int) -> None:
    due = base + number * interval
    assume(due > base + (number - 1) * interval)
    assert count_misses(base, interval, due) == number
    assert count_misses(base, interval, nextafter(due, -inf)) == number - 1


@given(base=st.floats(0, 1e9), interval=st.floats(0.1, 86_400), now=st.floats(0, 1e9))
def test_the_next_deadline_is_always_in_the_future(
    base: float, interval: float, now: float
) -> None:
    facts = Facts(broker=True, judged_from=0.0, expectation=UP, up=True, live=True, ping_from=base)
    judgement = judge(facts, CheckSettings(ping_interval=interval), now)
    assert judgement.until is not None
    assert judgement.until > now
    assert judgement.misses == count_misses(base, interval, now)


# The judgement, as a table: subscribed at 0, grace until 60, settled at 115, promised every 10


TABLE = [
    # since when pings are waited for, last ping, now -> verdict, reason, misses, until
    (115, -inf, 124.9, Verdict.OK, Reason.AGREES, 0, 125),
    (115, -inf, 125, Verdict.OK, Reason.AGREES, 1, 135),
    (115, -inf, 144.9, Verdict.OK, Reason.AGREES, 2, 145),
    (115, -inf, 145, Verdict.MISMATCH, Reason.PING_MISSED, 3, 155),
    (115, 130, 145, Verdict.OK, Reason.AGREES, 1, 150),
    (115, 130, 160, Verdict.MISMATCH, Reason.PING_MISSED, 3, 170),
    # Before the grace or the settle time is over, misses are counted and mean nothing.
    (0, -inf, 50, Verdict.PENDING, Reason.SETTLING, 5, 60),
    (0, -inf, 114, Verdict.PENDING, Reason.SETTLING, 11, 115),
]


@pytest.mark.parametrize(("waiting", "pinged", "now", "verdict", "why", "missed", "until"), TABLE)
def test_the_table(
    waiting: float,
    pinged: float,
    now: float,
    verdict: Verdict,
    why: Reason,
    missed: int,
    until: float,
) -> None:
    facts = Facts(
        broker=True,
        judged_from=60,
        expectation=Expectation(Wanted.UP, kind=SourceKind.ALWAYS),
        settles_at=115,
        up=True,
        live=True,
        ping_from=waiting,
        pinged_at=pinged,
    )
    judgement = judge(facts, CheckSettings(ping_interval=10), now)
    assert (judgement.verdict, judgement.reason) == (verdict, why)
    assert (judgement.misses, judgement.until) == (missed, until)


def test_within_the_grace_it_is_the_grace() -> None:
    facts = Facts(broker=True, judged_from=60, expectation=UP, up=True, live=True)
    judgement = judge(facts, CheckSettings(ping_interval=25, ping_misses=1), 40)
    assert judgement == Judgement(Verdict.UNKNOWN, Reason.GRACE, judgement.proof, misses=1)
    assert judgement.until == 50


@pytest.mark.parametrize(
    ("expectation", "up"),
    [
        (ANYTHING, True),
        (DOWN, False),
        (Expectation(Wanted.UP, verify=False, kind=SourceKind.ALWAYS), True),
    ],
)
def test_pings_count_only_while_it_should_run_and_that_is_judged(
    expectation: Expectation, up: bool
) -> None:
    facts = Facts(broker=True, judged_from=60, expectation=expectation, up=up, live=True)
    judgement = judge(facts, CheckSettings(ping_interval=10), 1000)
    assert judgement.verdict is not Verdict.MISMATCH
    assert (judgement.misses, judgement.until) == (0, None)


def test_without_a_promise_silence_is_fine() -> None:
    facts = Facts(broker=True, judged_from=60, expectation=UP, up=True, live=True)
    assert judge(facts, CheckSettings(), 1e6).verdict is Verdict.OK


# In the heart


def test_three_missed_pings_are_one_incident() -> None:
    sentinel = pinging()
    assert run(sentinel, 129.9) == []
    assert (reason(sentinel), misses(sentinel)) == (Reason.AGREES, (2, 2))
    assert run(sentinel, 130) == [Turn.OPENED]
    assert (reason(sentinel), misses(sentinel)) == (Reason.PING_MISSED, (3, 3))
    assert run(sentinel, 200) == []  # further misses are counted, and are nothing new
    assert misses(sentinel) == (10, 10)


def test_the_next_live_ping_ends_it() -> None:
    sentinel = missing()
    [change] = sentinel.hear(ping(133))
    assert (change.after.reason, change.turn) == (Reason.AGREES, Turn.CLOSED)
    assert misses(sentinel) == (0, 3)
    run(sentinel, 143)
    assert misses(sentinel) == (1, 4)


def test_a_late_ping_resets_the_count() -> None:
    sentinel = pinging()
    run(sentinel, 125)
    assert ping_state(lamp(sentinel)) is PingState.LATE
    [change] = sentinel.hear(ping(126))
    assert (change.turn, misses(sentinel)) == (None, (0, 2))
    assert run(sentinel, 155.9) == []
    assert run(sentinel, 156) == [Turn.OPENED]


def test_a_ping_that_is_overtaken_takes_nothing_back() -> None:
    sentinel = pinging()
    sentinel.hear(ping(95))
    assert lamp(sentinel).last_ping == ping(100).at.wall
    run(sentinel, 129)
    assert reason(sentinel) is Reason.AGREES
    run(sentinel, 130)
    assert reason(sentinel) is Reason.PING_MISSED


def test_telemetry_is_as_good_as_a_ping() -> None:
    sentinel = ready()
    for seconds in range(20, 201, 10):
        assert run(sentinel, seconds) == []
        sentinel.hear(telemetry(seconds, temperature=20.0))
    assert misses(sentinel)[0] == 0
    assert run(sentinel, 230) == [Turn.OPENED]
    [change] = sentinel.hear(telemetry(231, temperature=20.0))
    assert change.turn is Turn.CLOSED


@pytest.mark.parametrize(
    "kept",
    [
        ping(131, retained=True),
        telemetry(131, retained=True, temperature=20.0),
        connection(True, 131, retained=True),
        connection(True, 131),
        feedback(True, 131),
    ],
    ids=["ping", "telemetry", "retained", "connection", "feedback"],
)
def test_what_is_no_ping_ends_nothing(kept: ConnectionReport) -> None:
    sentinel = missing()
    assert not any(change.turn for change in sentinel.hear(kept))
    assert reason(sentinel) is Reason.PING_MISSED
    assert misses(sentinel)[0] == 3


def test_pings_are_waited_for_from_the_end_of_the_settle_time() -> None:
    sentinel = ready(ANYTHING)
    sentinel.expect("lamp", ARMED, at(100))
    assert run(sentinel, 144.9) == []
    assert run(sentinel, 145) == [Turn.OPENED]


def test_another_expectation_counts_anew() -> None:
    sentinel = missing()
    [change] = sentinel.expect("lamp", ANYTHING, at(140))
    assert change.turn is Turn.CLOSED
    assert misses(sentinel) == (0, 3)
    sentinel.expect("lamp", UP, at(150))
    assert run(sentinel, 194.9) == []
    assert run(sentinel, 195) == [Turn.OPENED]
    assert misses(sentinel) == (3, 6)


def test_one_that_connects_late_is_waited_for_from_then_on() -> None:
    sentinel = pinging()
    sentinel.hear(connection(False, 101))
    [change] = sentinel.hear(connection(True, 200))
    assert change.after.reason is Reason.AGREES
    assert run(sentinel, 229.9) == []
    assert run(sentinel, 230) == [Turn.OPENED]


def test_one_that_said_that_it_is_not_there_does_not_ping() -> None:
    sentinel = pinging()
    sentinel.hear(connection(False, 101))
    assert not sentinel.hear(ping(102))
    assert reason(sentinel) is Reason.DISCONNECTED


def test_a_retained_word_that_it_is_there_does_for_as_long_as_it_may_be_late() -> None:
    sentinel = Sentinel()
    sentinel.add(watch_of(ping_interval=10, grace=0, settle=0), at(0))
    sentinel.broker_back(at(0))
    sentinel.subscribed(at(100))
    sentinel.expect("lamp", UP, at(100))
    sentinel.hear(connection(True, 100, retained=True))
    assert (run(sentinel, 129.9), reason(sentinel)) == ([], Reason.AGREES)
    assert run(sentinel, 130) == [Turn.OPENED]


# People


def test_accepting_holds_until_it_pings_again() -> None:
    sentinel = missing()
    [change] = sentinel.accept("lamp", at(135))
    assert (change.after.reason, change.turn) == (Reason.ACCEPTED, Turn.CLOSED)
    assert run(sentinel, 500) == []
    [change] = sentinel.hear(ping(505))
    assert change.after.reason is Reason.AGREES
    assert run(sentinel, 534.9) == []
    assert run(sentinel, 535) == [Turn.OPENED]


def test_verifying_waits_the_settle_time_for_a_ping() -> None:
    sentinel = missing()
    sentinel.verify("lamp", at(135))
    assert (reason(sentinel), run(sentinel, 149.9)) == (Reason.SETTLING, [])
    run(sentinel, 150)
    assert reason(sentinel) is Reason.PING_MISSED
    sentinel.verify("lamp", at(160))
    [change] = sentinel.hear(ping(161))
    assert (change.after.reason, change.turn) == (Reason.AGREES, Turn.CLOSED)


def test_muting_outlasts_further_misses() -> None:
    sentinel = missing()
    sentinel.mute("lamp", at(135))
    run(sentinel, 300)
    incident = lamp(sentinel).incident
    assert incident
    assert incident.muted
    [change] = sentinel.hear(ping(301))
    assert change.turn is Turn.CLOSED


# Changed promises


def test_a_new_promise_is_waited_for_from_then_on() -> None:
    sentinel = ready(config=watch_of())
    sentinel.configure(PINGING, at(200))
    assert run(sentinel, 229.9) == []
    assert run(sentinel, 230) == [Turn.OPENED]


def test_a_longer_promise_gives_time() -> None:
    sentinel = missing()
    [change] = sentinel.configure(watch_of(ping_interval=60), at(135))
    assert change.after.reason is Reason.AWAITING_PING  # it still owes one
    assert run(sentinel, 314.9) == []
    run(sentinel, 315)
    assert reason(sentinel) is Reason.PING_MISSED


def test_a_promise_that_is_withdrawn_ends_the_incident() -> None:
    sentinel = missing()
    [change] = sentinel.configure(watch_of(), at(135))
    assert (change.after.reason, change.turn) == (Reason.AGREES, Turn.CLOSED)
    assert sentinel.next_deadline() is None


def test_more_misses_may_be_forgiven() -> None:
    sentinel = missing()
    [change] = sentinel.configure(watch_of(ping_interval=10, ping_misses=5), at(135))
    assert change.turn is Turn.CLOSED
    assert run(sentinel, 149.9) == []
    assert run(sentinel, 150) == [Turn.OPENED]


# What was owed before


def restarted(sentinel: Sentinel) -> Sentinel:
    stored = json.loads(json.dumps(lamp(sentinel).snapshot().as_dict()))
    again = Sentinel()
    again.add(PINGING, at(1000), Snapshot.from_dict(stored))
    again.broker_back(at(1000))
    again.subscribed(at(1000))
    return again


def reconnected(sentinel: Sentinel) -> Sentinel:
    sentinel.broker_lost(at(990))
    sentinel.broker_back(at(1000))
    sentinel.subscribed(at(1000))
    return sentinel


def woken(sentinel: Sentinel) -> Sentinel:
    sentinel.broker_silent(at(990))
    sentinel.broker_back(at(1000))
    sentinel.subscribed(at(1000))
    return sentinel


AGAIN = pytest.mark.parametrize("again", [restarted, reconnected, woken])


@AGAIN
def test_a_ping_that_was_owed_is_still_owed(again: Callable[[Sentinel], Sentinel]) -> None:
    sentinel = again(missing())
    sentinel.hear(connection(True, 1001, retained=True))
    run(sentinel, 1011)
    assert reason(sentinel) is Reason.AWAITING_PING
    assert ping_state(lamp(sentinel)) is PingState.LATE
    assert lamp(sentinel).incident
    [change] = sentinel.hear(ping(1012))
    assert (change.after.reason, change.turn) == (Reason.AGREES, Turn.CLOSED)


@AGAIN
def test_one_that_stays_silent_stays_one_incident(again: Callable[[Sentinel], Sentinel]) -> None:
    before = missing()
    incident = lamp(before).incident
    sentinel = again(before)
    sentinel.hear(connection(True, 1001, retained=True))
    assert run(sentinel, 1100) == []
    assert reason(sentinel) is Reason.PING_MISSED
    assert lamp(sentinel).incident == incident


@AGAIN
def test_one_that_owed_none_has_its_interval(again: Callable[[Sentinel], Sentinel]) -> None:
    sentinel = again(pinging())
    sentinel.hear(connection(True, 1001, retained=True))
    assert reason(sentinel) is Reason.AGREES


def test_all_misses_are_stored() -> None:
    sentinel = missing()
    run(sentinel, 160)
    assert misses(sentinel) == (6, 6)
    again = restarted(sentinel)
    assert misses(again) == (0, 6)
    again.hear(connection(True, 1001, retained=True))
    run(again, 1031)
    assert misses(again) == (3, 9)
    assert Snapshot.from_dict(Snapshot(misses=7).as_dict() | {"misses": 8}).misses == 8


def test_what_was_stored_before_there_were_pings_is_understood() -> None:
    stored = Snapshot().as_dict()
    del stored["misses"]
    assert Snapshot.from_dict(stored) == Snapshot()


# The state that is shown


def test_the_state_of_pings() -> None:
    def state(sentinel: Sentinel) -> PingState | None:
        return ping_state(lamp(sentinel))

    assert state(ready(config=watch_of())) is None
    assert state(ready(ANYTHING)) is PingState.NOT_EXPECTED
    assert state(ready(DOWN)) is PingState.NOT_EXPECTED
    assert state(pinging()) is PingState.PINGING
    assert state(missing()) is PingState.MISSING
    late = pinging()
    run(late, 110)
    assert state(late) is PingState.LATE
    late.broker_lost(at(111))
    assert state(late) is PingState.NOT_EXPECTED
