"""The share of the last day, against a list of all seconds; and how fast a count grows."""

from hypothesis import given, strategies as st
import pytest

from custom_components.mqtt_sentinel.watch.rate import Rate
from custom_components.mqtt_sentinel.watch.uptime import DAY, STEP, Uptime

BEGIN = 1_000_000.0


def test_before_any_time_passed_nothing_is_known() -> None:
    assert Uptime(BEGIN).share(BEGIN) is None


def test_it_begins_down() -> None:
    uptime = Uptime(BEGIN)
    assert uptime.share(BEGIN + 10) == 0.0
    uptime.change(True, BEGIN + 10)
    assert uptime.share(BEGIN + 40) == pytest.approx(0.75)
    uptime.change(False, BEGIN + 40)
    assert uptime.share(BEGIN + 60) == pytest.approx(0.5)


def test_an_outage_is_forgotten_after_a_day() -> None:
    uptime = Uptime(BEGIN, up=True)
    uptime.change(False, BEGIN + 3600)
    uptime.change(True, BEGIN + 2 * 3600)
    share = uptime.share(BEGIN + 10 * 3600)
    assert share == pytest.approx(0.9)
    assert uptime.share(BEGIN + DAY + 3 * 3600) == 1.0


def test_days_may_pass_between_two_looks() -> None:
    uptime = Uptime(BEGIN, up=True)
    uptime.share(BEGIN + 100)
    uptime.change(False, BEGIN + 30 * DAY)
    assert uptime.share(BEGIN + 30 * DAY) == 1.0
    assert uptime.share(BEGIN + 30 * DAY + DAY / 2) == pytest.approx(0.5, abs=STEP / DAY)


changes = st.lists(st.tuples(st.booleans(), st.floats(0.0, DAY / 2)), min_size=1, max_size=40)


@given(changes)
def test_it_agrees_with_all_changes_remembered(steps: list[tuple[bool, float]]) -> None:
    uptime, now, up = Uptime(BEGIN), BEGIN, False
    spans: list[tuple[float, float, bool]] = []
    for next_up, seconds in steps:
        spans.append((now, now + seconds, up))
        now += seconds
        uptime.change(next_up, now)
        up = next_up
    share = uptime.share(now)
    first = max(BEGIN, now - DAY)
    lived = now - first
    if not lived:
        assert share in (None, 0.0, 1.0)
        return
    was_up = sum(max(0.0, end - max(begin, first)) for begin, end, state in spans if state)
    assert share is not None
    assert 0.0 <= share <= 1.0
    # Up to one step more than a day is counted.
    assert share == pytest.approx(was_up / lived, abs=STEP / max(lived, STEP) + 1e-6)


@given(changes)
def test_it_keeps_no_more_than_a_day(steps: list[tuple[bool, float]]) -> None:
    uptime, now = Uptime(BEGIN), BEGIN
    for up, seconds in 3 * steps:
        now += seconds
        uptime.change(up, now)
    assert len(uptime._slots) <= DAY / STEP + 1


def test_a_moment_before_the_last_counts_as_the_last() -> None:
    uptime = Uptime(BEGIN, up=True)
    uptime.change(True, BEGIN + 10)
    uptime.change(False, BEGIN + 5)
    assert uptime.share(BEGIN + 20) == pytest.approx(0.5)


def test_a_rate_is_averaged_between_two_looks() -> None:
    rate = Rate(10.0)
    assert rate.per_second is None
    rate.follow(60, 40.0)
    assert rate.per_second == 2.0
    rate.follow(60, 70.0)
    assert rate.per_second == 0.0
    rate.follow(100, 70.0)
    assert rate.per_second == 0.0
    rate.follow(100, 80.0)
    assert rate.per_second == 4.0
