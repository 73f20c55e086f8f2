"""Many mismatches at once: one storm."""

import json

import pytest

from custom_components.mqtt_sentinel.watch.incidents import Turn
from custom_components.mqtt_sentinel.watch.reports import ThingKey
from custom_components.mqtt_sentinel.watch.sentinel import Sentinel
from custom_components.mqtt_sentinel.watch.storms import FEWEST, WITHIN, Storms
from custom_components.mqtt_sentinel.watch.watched import Snapshot

from .build import ANYTHING, EPOCH, UP, at, connection, watch_of

type News = list[tuple[Turn, int, int]]


def key_of(number: int) -> ThingKey:
    return ThingKey("services", "", f"light/{number}")


def name_of(number: int) -> str:
    return f"lamp{number:02}"


def house_of(count: int) -> Sentinel:
    """A sentinel over many lamps that are on, as they should be."""
    sentinel = Sentinel()
    sentinel.broker_back(at(0))
    sentinel.subscribed(at(0))
    for number in range(count):
        sentinel.add(watch_of(name_of(number), key_of(number)), at(0))
        sentinel.expect(name_of(number), UP, at(0))
        sentinel.hear(connection(True, 1, key=key_of(number)))
    sentinel.wake(at(60))
    assert not sentinel.storms.news()
    return sentinel


def go(sentinel: Sentinel, numbers: range, seconds: float, gap: float = 0.0) -> None:
    """Some lamps go, one after the other."""
    for number in numbers:
        when = seconds + (number - numbers.start) * gap
        sentinel.hear(connection(False, when, key=key_of(number)))


def come(sentinel: Sentinel, numbers: range, seconds: float) -> None:
    for number in numbers:
        sentinel.hear(connection(True, seconds, key=key_of(number)))


def news(sentinel: Sentinel) -> News:
    """What is new of storms: how many each ever was, and how many are still open."""
    return [(turn, storm.count, len(storm.members)) for turn, storm in sentinel.storms.news()]


def stormy(sentinel: Sentinel) -> set[str]:
    """The watches whose incident is one of a storm."""
    return {
        watch_id
        for watch_id, watch in sentinel.watches.items()
        if watch.incident and watch.incident.storm
    }


def test_the_numbers() -> None:
    assert (FEWEST, WITHIN) == (10, 5)


@pytest.mark.parametrize(
    ("count", "gap", "storm"),
    [
        (9, 0.0, False),
        (10, 0.0, True),
        (10, WITHIN / 9, True),
        (10, WITHIN / 9 + 0.01, False),
        (40, WITHIN / 9 + 0.01, False),
        (12, 0.0, True),
    ],
)
def test_ten_within_five_seconds_are_a_storm(count: int, gap: float, storm: bool) -> None:
    sentinel = house_of(count)
    go(sentinel, range(count), 100, gap)
    assert all(watch.incident for watch in sentinel.watches.values())
    assert news(sentinel) == ([(Turn.OPENED, count, count)] if storm else [])
    assert stormy(sentinel) == (set(sentinel.watches) if storm else set())


def test_nine_of_silence_and_a_tenth_that_goes_are_a_storm() -> None:
    sentinel = house_of(10)
    sentinel.broker_lost(at(100))
    sentinel.broker_back(at(100))
    sentinel.subscribed(at(100))
    sentinel.hear(connection(True, 101, key=key_of(9)))
    sentinel.wake(at(160))  # the grace is over, for all in one step
    assert news(sentinel) == []
    go(sentinel, range(9, 10), 164)
    assert news(sentinel) == [(Turn.OPENED, 10, 10)]


def test_a_storm_began_with_its_tenth_and_knows_itself() -> None:
    sentinel = house_of(10)
    go(sentinel, range(10), 100, 0.5)
    [(_, storm)] = sentinel.storms.news()
    assert (storm.opened_at, storm.closed_at) == (EPOCH + 104.5, None)
    assert sentinel.storms.open == {storm.id: storm}
    assert {watch.incident.storm for watch in sentinel.watches.values() if watch.incident} == {
        storm.id
    }


def test_who_fails_soon_after_belongs_to_it_and_who_fails_later_does_not() -> None:
    sentinel = house_of(14)
    go(sentinel, range(11), 100)
    go(sentinel, range(11, 13), 105, 5)
    assert news(sentinel) == [(Turn.OPENED, 13, 13)]
    go(sentinel, range(13, 14), 115.1)
    assert news(sentinel) == []
    assert len(stormy(sentinel)) == 13


def test_one_that_is_back_before_the_tenth_does_not_count() -> None:
    sentinel = house_of(10)
    go(sentinel, range(9), 100)
    come(sentinel, range(1), 101)
    go(sentinel, range(9, 10), 102)
    assert news(sentinel) == []


def test_one_that_is_removed_before_the_tenth_does_not_count() -> None:
    sentinel = house_of(10)
    go(sentinel, range(9), 100)
    sentinel.remove(name_of(0), at(101))
    go(sentinel, range(9, 10), 102)
    assert news(sentinel) == []
    assert stormy(sentinel) == set()


def test_a_storm_is_over_with_its_last_incident() -> None:
    sentinel = house_of(12)
    go(sentinel, range(12), 100)
    news(sentinel)
    come(sentinel, range(5), 200)
    assert news(sentinel) == [(Turn.UPDATED, 12, 7)]
    come(sentinel, range(5, 11), 201)
    sentinel.expect(name_of(11), ANYTHING, at(202))
    [(turn, storm)] = sentinel.storms.news()
    assert (turn, storm.count, storm.closed_at) == (Turn.CLOSED, 12, EPOCH + 202)
    assert sentinel.storms.open == {}


def test_a_storm_that_came_and_went_unseen_is_told_as_over() -> None:
    sentinel = house_of(10)
    go(sentinel, range(10), 100)
    come(sentinel, range(10), 101)
    assert news(sentinel) == [(Turn.CLOSED, 10, 0)]


def test_after_a_storm_it_takes_ten_for_another() -> None:
    sentinel = house_of(10)
    go(sentinel, range(10), 100)
    [(_, first)] = sentinel.storms.news()
    come(sentinel, range(10), 101)
    news(sentinel)
    go(sentinel, range(9), 102)
    assert news(sentinel) == []
    go(sentinel, range(9, 10), 103)
    [(turn, second)] = sentinel.storms.news()
    assert (turn, second.count) == (Turn.OPENED, 10)
    assert second.id != first.id


def test_one_that_relapses_is_counted_once() -> None:
    sentinel = house_of(12)
    go(sentinel, range(12), 100)
    come(sentinel, range(1), 101)
    go(sentinel, range(1), 102)
    assert news(sentinel) == [(Turn.OPENED, 12, 12)]


def test_two_storms_at_a_time() -> None:
    sentinel = house_of(20)
    go(sentinel, range(10), 100)
    go(sentinel, range(10, 20), 200)
    assert news(sentinel) == [(Turn.OPENED, 10, 10), (Turn.OPENED, 10, 10)]
    come(sentinel, range(10), 300)
    assert news(sentinel) == [(Turn.CLOSED, 10, 0)]
    assert len(sentinel.storms.open) == 1


def test_a_watch_that_is_removed_leaves_its_storm() -> None:
    sentinel = house_of(10)
    go(sentinel, range(10), 100)
    news(sentinel)
    sentinel.remove(name_of(0), at(101))
    assert news(sentinel) == [(Turn.UPDATED, 10, 9)]
    for number in range(1, 10):
        sentinel.remove(name_of(number), at(101))
    assert news(sentinel) == [(Turn.CLOSED, 10, 0)]


def test_a_watch_of_another_thing_stays_in_its_storm() -> None:
    sentinel = house_of(10)
    go(sentinel, range(10), 100)
    news(sentinel)
    sentinel.configure(watch_of(name_of(0), key_of(99)), at(101))
    assert len(stormy(sentinel)) == 10
    sentinel.hear(connection(True, 102, key=key_of(99)))
    assert news(sentinel) == [(Turn.UPDATED, 10, 9)]


def test_an_incident_that_goes_on_for_another_reason_stays_in_its_storm() -> None:
    sentinel = house_of(10)
    go(sentinel, range(10), 100)
    sentinel.broker_lost(at(200))
    sentinel.broker_back(at(200))
    sentinel.subscribed(at(200))
    [change, *_] = sentinel.wake(at(260))
    assert change.turn is Turn.UPDATED
    assert len(stormy(sentinel)) == 10


def test_what_may_silence_a_storm_is_news_of_it() -> None:
    sentinel = house_of(10)
    go(sentinel, range(10), 100)
    news(sentinel)
    sentinel.mute(name_of(0), at(101))
    assert news(sentinel) == [(Turn.UPDATED, 10, 10)]
    sentinel.mute(name_of(0), at(102))
    assert news(sentinel) == []
    sentinel.verify(name_of(1), at(103))
    assert news(sentinel) == [(Turn.UPDATED, 10, 10)]
    sentinel.wake(at(118))
    assert news(sentinel) == [(Turn.UPDATED, 10, 10)]


# A restart


def restarted(sentinel: Sentinel) -> Sentinel:
    again = Sentinel()
    for number, watch in enumerate(sentinel.watches.values()):
        stored = json.loads(json.dumps(watch.snapshot().as_dict()))
        config = watch_of(watch.config.id, key_of(number))
        again.add(config, at(1000), Snapshot.from_dict(stored))
    again.broker_back(at(1000))
    again.subscribed(at(1000))
    return again


def test_a_storm_outlives_a_restart() -> None:
    sentinel = house_of(12)
    go(sentinel, range(11), 100)
    [(_, before)] = sentinel.storms.news()
    come(sentinel, range(1), 102)
    again = restarted(sentinel)
    [(turn, storm)] = again.storms.news()
    assert (turn, storm.id, storm.count) == (Turn.UPDATED, before.id, 10)
    assert storm.opened_at == EPOCH + 100
    for number in range(12):
        again.hear(connection(True, 1001, key=key_of(number), retained=True))
    assert news(again) == [(Turn.CLOSED, 10, 0)]


def test_who_fails_after_a_restart_is_none_of_the_storm_before() -> None:
    sentinel = house_of(12)
    go(sentinel, range(11), 100)
    again = restarted(sentinel)
    news(again)
    again.hear(connection(True, 1001, key=key_of(11)))
    again.wake(at(1060))
    go(again, range(11, 12), 1061)
    assert len(stormy(again)) == 11


def test_no_news_is_no_news() -> None:
    assert Storms().news() == []
