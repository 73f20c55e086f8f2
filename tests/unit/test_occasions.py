"""What happened at a thing is told once, however often it is said."""

from collections.abc import Sequence
import json

from hypothesis import given, strategies as st
import pytest

from custom_components.mqtt_sentinel.watch import occasions as module
from custom_components.mqtt_sentinel.watch.occasions import (
    MOST_REMEMBERED,
    MOST_STORED,
    EventName,
    Occasions,
    as_list,
    from_list,
)
from custom_components.mqtt_sentinel.watch.reports import (
    EvidenceReport,
    Occasion,
    OccasionReport,
    ThingKey,
)
from custom_components.mqtt_sentinel.watch.sentinel import Change, Sentinel
from custom_components.mqtt_sentinel.watch.verdict import Verdict

from .build import DOOR, EPOCH, LAMP, UP, at, connection, ping, watch_of

FEW = 4


def happened(
    occasion: Occasion = Occasion.MOTION,
    event_id: str | None = "1",
    *,
    begins: bool | None = None,
    key: ThingKey = LAMP,
    seconds: float = 0.0,
    retained: bool = False,
) -> OccasionReport:
    """Something happened at a thing."""
    return OccasionReport(key, at(seconds), retained, "topic", occasion, event_id, begins, {"a": 1})


def picture(number: int = 0, event_id: str = "1", *, seconds: float = 0.0) -> EvidenceReport:
    """A thing took a picture."""
    return EvidenceReport(
        LAMP, at(seconds), False, "topic", Occasion.PICTURE, event_id, number, b"jpeg"
    )


def report_of(name: EventName) -> OccasionReport | EvidenceReport:
    """A report of an event with this name."""
    key, occasion, event_id, part = name
    if part is None or isinstance(part, bool):
        return OccasionReport(key, at(0), False, "topic", occasion, event_id, part)
    return EvidenceReport(key, at(0), False, "topic", occasion, event_id, part, b"")


keys = st.sampled_from([LAMP, DOOR, ThingKey("services", "site", LAMP.name)])
event_ids = st.sampled_from(["1", "2"])
names = st.one_of(
    st.tuples(
        keys,
        st.sampled_from([Occasion.MOTION, Occasion.BUTTON]),
        event_ids,
        st.sampled_from([True, False, None]),
    ),
    st.tuples(
        keys, st.sampled_from([Occasion.PICTURE, Occasion.VIDEO]), event_ids, st.integers(0, 1)
    ),
)


# The memory


@given(st.lists(names, max_size=80))
def test_in_whatever_order_each_is_new_once(said: list[EventName]) -> None:
    occasions = Occasions()
    new = [name for name in said if occasions.is_new(report_of(name))]
    assert new == list(dict.fromkeys(said))


@given(st.lists(names, max_size=80))
def test_within_the_bound_none_is_new_twice(said: list[EventName]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MOST_REMEMBERED", FEW)
        occasions = Occasions()
        for position, name in enumerate(said):
            before = said[:position]
            since = (
                set(before[len(before) - before[::-1].index(name) :]) if name in before else None
            )
            # It was forgotten when as many others came since as there is room for.
            forgotten = since is None or len(since) >= FEW
            assert occasions.is_new(report_of(name)) is forgotten
            assert len(occasions) <= FEW


@given(st.lists(names, max_size=80))
def test_what_was_stored_is_remembered(said: list[EventName]) -> None:
    occasions, restored = Occasions(), Occasions()
    for name in said:
        occasions.is_new(report_of(name))
    stored = json.loads(json.dumps([as_list(name) for name in occasions.latest()]))
    restored.restore(map(from_list, stored))
    assert restored.latest() == occasions.latest()
    assert not any(restored.is_new(report_of(name)) for name in said)


def test_it_is_bounded() -> None:
    occasions = Occasions()
    most = MOST_REMEMBERED + 10
    assert all(occasions.is_new(happened(event_id=str(n))) for n in range(most))
    assert len(occasions) == MOST_REMEMBERED
    assert occasions.is_new(happened(event_id="9"))  # the oldest are forgotten
    assert not occasions.is_new(happened(event_id=str(most - 1)))


def test_the_latest_are_stored() -> None:
    occasions = Occasions()
    for n in range(MOST_STORED + 10):
        occasions.is_new(happened(event_id=str(n)))
    occasions.is_new(happened(event_id="11"))  # said again: it is one of the latest
    ids = [event_id for _, _, event_id, _ in occasions.latest()]
    assert ids == ["10", *map(str, range(12, MOST_STORED + 10)), "11"]


def test_more_than_there_is_room_for_cannot_be_restored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_REMEMBERED", FEW)
    occasions = Occasions()
    stored = [(LAMP, Occasion.MOTION, str(n), None) for n in range(6)]
    occasions.restore(stored)
    assert occasions.latest() == stored[2:]


def test_what_has_no_name_is_new_each_time() -> None:
    occasions = Occasions()
    assert occasions.is_new(happened(event_id=None))
    assert occasions.is_new(happened(event_id=None))
    assert len(occasions) == 0


GOOD = ["services", "", "light/lamp", "motion", "1", True]


def test_the_form_for_storage() -> None:
    name = (LAMP, Occasion.MOTION, "1", True)
    assert as_list(name) == GOOD
    assert from_list(GOOD) == name


@pytest.mark.parametrize(
    "wrong",
    [
        5,
        [],
        [*GOOD, 1],
        [None, *GOOD[1:]],
        [*GOOD[:2], 7, *GOOD[3:]],
        [*GOOD[:3], "sleep", *GOOD[4:]],
        [*GOOD[:3], None, *GOOD[4:]],
        [*GOOD[:4], None, True],
        [*GOOD[:5], "true"],
        [*GOOD[:5], 0.5],
    ],
)
def test_what_is_no_name_is_refused(wrong: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        from_list(wrong)  # type: ignore[arg-type]  # what a file can hold


# The sentinel


def ready() -> Sentinel:
    """A sentinel over a lamp that was heard."""
    sentinel = Sentinel()
    sentinel.add(watch_of(), at(0))
    sentinel.broker_back(at(0))
    sentinel.subscribed(at(0))
    sentinel.expect("lamp", UP, at(0))
    sentinel.hear(connection(True, 1))
    return sentinel


def told(changes: Sequence[Change]) -> Change:
    (change,) = changes
    return change


@pytest.mark.parametrize("report", [happened(seconds=2), picture(seconds=2)])
def test_what_happens_is_a_change_that_there_is_nothing_to_show_of(
    report: OccasionReport | EvidenceReport,
) -> None:
    sentinel = ready()
    change = told(sentinel.hear(report))
    assert change.occasion is report
    assert change.watch is sentinel.watches["lamp"]
    assert change.before == change.after == change.watch.judgement
    assert (change.connection, change.turn, change.to_show) == (None, None, False)
    assert change.watch.last_seen == EPOCH + 2
    assert not sentinel.hear(report)


def test_the_beginning_and_the_end_are_two() -> None:
    sentinel = ready()
    for begins in (True, False):
        report = happened(begins=begins)
        assert told(sentinel.hear(report)).occasion is report
        assert not sentinel.hear(report)


def test_every_picture_of_an_event_counts() -> None:
    sentinel = ready()
    for number in (1, 0, 2):
        assert told(sentinel.hear(picture(number))).occasion
        assert not sentinel.hear(picture(number))


def test_a_thing_that_has_something_to_tell_is_there() -> None:
    sentinel = Sentinel()
    sentinel.add(watch_of(), at(0))
    sentinel.broker_back(at(0))
    sentinel.subscribed(at(0))
    sentinel.expect("lamp", UP, at(0))
    report = happened(seconds=1)
    there, told_of = sentinel.hear(report)
    assert there.after.verdict is Verdict.OK
    assert (there.connection, there.to_show, there.occasion) == (True, True, None)
    assert (told_of.connection, told_of.to_show) == (None, False)
    assert told_of.occasion is report


def test_a_repetition_is_a_sign_of_life_and_no_event() -> None:
    sentinel = ready()
    sentinel.hear(happened(seconds=1))
    sentinel.broker_lost(at(2))
    sentinel.broker_back(at(3))
    sentinel.subscribed(at(3))
    change = told(sentinel.hear(happened(seconds=4)))
    assert change.occasion is None
    assert change.after.verdict is Verdict.OK
    assert change.watch.last_seen == EPOCH + 4


def test_news_that_change_no_judgement_are_to_show_nevertheless() -> None:
    sentinel = ready()
    sentinel.broker_lost(at(2))
    news, told_of = sentinel.hear(happened(seconds=3))  # it was on its way
    assert news.before == news.after
    assert (news.to_show, told_of.to_show) == (True, False)
    assert told_of.occasion


def test_what_the_broker_kept_did_not_happen_now() -> None:
    sentinel = ready()
    assert not sentinel.hear(happened(seconds=2, retained=True))
    assert sentinel.watches["lamp"].last_seen == EPOCH + 1
    assert told(sentinel.hear(happened(seconds=3))).occasion  # nor was it heard before


def test_what_happens_at_a_thing_that_is_gone_happens() -> None:
    sentinel = ready()
    sentinel.hear(connection(False, 2))
    change = told(sentinel.hear(happened(seconds=3)))
    assert change.occasion
    assert change.watch.facts.up is False  # it has to say itself that it is there


def test_what_happens_at_a_thing_that_nobody_watches_makes_it_known() -> None:
    sentinel = ready()
    report = happened(Occasion.ANNOUNCED, None, key=DOOR, seconds=2)
    assert not sentinel.hear(report)
    assert DOOR in sentinel.known
    assert len(sentinel.occasions) == 0
    sentinel.add(watch_of("door", DOOR), at(3))
    assert sentinel.hear(report)[-1].occasion is report


def test_other_reports_are_no_events() -> None:
    sentinel = ready()
    assert not sentinel.hear(ping(2))
    assert told(sentinel.hear(connection(False, 3))).occasion is None
