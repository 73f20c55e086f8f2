"""Which segments are kept: the cases that people would think of."""

import pytest

from custom_components.mqtt_sentinel.evidence.clips import recording as module
from custom_components.mqtt_sentinel.evidence.clips.orders import Reason
from custom_components.mqtt_sentinel.evidence.facts import Cause

from .build import Bench, at, piece, trigger


def taken(said: list[str]) -> list[int]:
    return [int(word.partition(": ")[2]) for word in said if word[0] == "r"]


def test_a_recording_begins_before_its_trigger_and_ends_after_it() -> None:
    bench = Bench()
    bench.stream(20)
    bench.time = 20.3
    assert bench.ask() == ["open r1-1", *(f"r1-1: {n}" for n in range(15, 20))]
    bench.time = 20.0
    assert bench.stream(10) == [f"r1-1: {n}" for n in range(20, 30)]
    assert bench.stream(1) == ["r1-1: 30", "close r1-1"]
    assert not bench.stream(30)
    part = bench.closed["r1-1"].part
    assert (part.began, part.asked, part.continues) == (at(15.0), at(20.3), None)
    assert part.triggers == (trigger(20.3),)
    assert not bench.recording.running
    assert bench.recording.next_deadline() is None


def test_what_the_ring_does_not_have_is_not_waited_for() -> None:
    bench = Bench()
    bench.stream(2)
    bench.ask()
    assert taken(bench.said) == [0, 1]


def test_more_triggers_prolong_it() -> None:
    bench = Bench()
    bench.stream(10)
    bench.ask(event_id="a")
    bench.stream(6)
    assert bench.ask(name="door", cause=Cause.INCIDENT, incident_id="i") == ["tell r1-1"]
    bench.stream(4)
    assert "close r1-1" not in bench.said
    assert bench.stream(6)[-1] == "close r1-1"
    assert taken(bench.said) == list(range(5, 26))
    assert [each.name for each in bench.closed["r1-1"].part.triggers] == ["hall", "door"]


def test_what_lasts_is_recorded_until_it_is_over() -> None:
    bench = Bench()
    bench.stream(10)
    bench.ask(lasts=True)
    bench.stream(25)
    assert not bench.end("door")
    assert not bench.end()
    assert bench.stream(10)[-1] == "close r1-1"
    assert taken(bench.said) == list(range(5, 45))


def test_the_end_of_something_told_late_ends_the_recording_at_once() -> None:
    bench = Bench()
    bench.stream(10)
    bench.ask(lasts=True)
    bench.stream(30)
    assert bench.note(bench.recording.ended("hall", at(12))) == ["close r1-1"]
    assert not bench.recording.running


def test_long_recordings_are_saved_part_by_part() -> None:
    bench = Bench()
    bench.stream(10)
    bench.ask(lasts=True)
    said = bench.stream(120)
    assert "close r1-1" in said
    assert "close r1-2" in said
    assert taken(bench.said) == list(range(5, 130))
    assert bench.opened["r1-2"].part.began == at(65)
    assert bench.opened["r1-2"].part.asked == at(10)
    assert bench.opened["r1-2"].part.continues is None


def test_a_part_has_the_triggers_that_reach_into_it() -> None:
    bench = Bench()
    bench.stream(10)
    bench.ask(name="short", duration=20)
    bench.ask(name="long", duration=200)
    bench.stream(40)
    bench.ask(name="middle", duration=30)
    bench.stream(160)
    names = [[each.name for each in bench.closed[key].part.triggers] for key in bench.closed]
    assert names == [["short", "long", "middle"], ["long", "middle"], ["long"], ["long"]]


def test_nothing_lasts_longer_than_the_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_RECORDING", 100.0)
    bench = Bench()
    bench.stream(10)
    bench.ask(lasts=True)
    bench.stream(300)
    assert taken(bench.said) == list(range(5, 110))


def test_a_recording_that_is_the_longest_goes_on_as_the_next_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "LONGEST_RECORDING", 100.0)
    bench = Bench()
    bench.stream(10)
    for _ in range(20):
        bench.ask()
        bench.stream(8)
    assert taken(bench.said) == list(range(5, 170))
    assert list(bench.opened) == ["r1-1", "r1-2", "r2-1"]
    assert bench.opened["r2-1"].part.continues == "r1"


def test_a_camera_that_is_lost_leaves_what_there_is_at_once() -> None:
    bench = Bench()
    bench.stream(10)
    bench.ask()
    bench.stream(3)
    assert bench.lose() == ["close r1-1"]
    assert bench.recording.running
    assert not bench.wait(3)
    assert bench.stream(4, run=2) == [
        "open r1-2",
        "r1-2: 13",
        "r1-2: 14",
        "r1-2: 15",
        "r1-2: 16",
        "close r1-2",
    ]
    assert not bench.nothing


def test_a_camera_that_stays_away_ends_the_recording_and_nobody_is_told_of_a_failure() -> None:
    bench = Bench()
    bench.stream(10)
    bench.ask()
    bench.stream(3)
    bench.lose()
    bench.wait(60)
    assert not bench.recording.running
    assert not bench.nothing


def test_a_stream_that_stalls_is_lost_without_being_told() -> None:
    bench = Bench()
    bench.stream(10)
    bench.ask()
    assert bench.wait(14.9) == []
    assert bench.wait(0.2) == ["close r1-1"]
    assert not bench.recording.running


def test_what_lasts_waits_for_a_stream_that_stalled() -> None:
    bench = Bench()
    bench.stream(10)
    bench.ask(lasts=True)
    assert bench.wait(40) == ["close r1-1"]
    assert bench.stream(1) == ["open r1-2", "r1-2: 10"]


def test_a_process_that_began_anew_begins_a_part() -> None:
    bench = Bench()
    bench.stream(10)
    bench.ask()
    bench.stream(3)
    assert bench.stream(2, run=2) == ["close r1-1", "open r1-2", "r1-2: 13", "r1-2: 14"]


def test_a_pre_roll_of_two_lives_has_two_parts() -> None:
    bench = Bench()
    bench.stream(7)
    bench.stream(3, run=2)
    said = bench.ask()
    assert said == [
        *("open r1-1", "r1-1: 5", "r1-1: 6", "close r1-1"),
        *("open r1-2", "r1-2: 7", "r1-2: 8", "r1-2: 9"),
    ]


def test_a_trigger_right_after_the_camera_was_lost_has_its_last_seconds() -> None:
    bench = Bench()
    bench.stream(10)
    bench.lose()
    bench.time = 11.0
    said = bench.ask()
    assert said[0] == "open r1-1"
    assert taken(said) == [6, 7, 8, 9]
    assert said[-1] == "close r1-1"


def test_a_trigger_without_a_stream_waits_for_it() -> None:
    bench = Bench()
    assert bench.ask() == []
    assert bench.wait(7) == []
    assert bench.stream(3) == ["open r1-1", "r1-1: 0", "r1-1: 1", "r1-1: 2", "close r1-1"]


def test_a_trigger_without_a_stream_is_answered_when_its_time_is_over() -> None:
    bench = Bench()
    bench.ask()
    assert bench.wait(14.9) == []
    bench.wait(0.2)
    assert bench.nothing == [("hall", Reason.NO_STREAM)]
    assert not bench.recording.running


def test_a_stream_that_comes_too_late_is_no_part_of_it() -> None:
    bench = Bench()
    bench.ask()
    bench.wait(12)
    assert bench.stream(1) == ["nothing: no_stream"]


def test_a_segment_from_before_is_not_taken() -> None:
    bench = Bench()
    bench.time = 20.0
    bench.ask()
    assert not bench.note(bench.recording.segment(piece(10), at(20)))
    assert bench.note(bench.recording.segment(piece(20), at(21))) == ["open r1-1", "r1-1: 1"]


def test_a_trigger_while_the_recording_waits_is_answered_with_it() -> None:
    bench = Bench()
    bench.stream(10)
    bench.ask()
    bench.lose()
    bench.wait(5)
    bench.ask(name="door")
    bench.wait(60)
    assert bench.nothing == [("door", Reason.NO_STREAM)]


def test_the_next_recording_does_not_repeat_the_last_one() -> None:
    bench = Bench()
    bench.stream(10)
    bench.ask()
    bench.stream(12)
    assert not bench.recording.running
    bench.ask(name="again")
    assert taken(bench.said) == list(range(5, 22))
    assert bench.opened["r2-1"].part.continues == "r1"
    assert bench.opened["r2-1"].part.began == at(20)


def test_a_recording_with_a_gap_before_it_continues_nothing() -> None:
    bench = Bench()
    bench.stream(10)
    bench.ask()
    bench.stream(20)
    bench.ask()
    assert bench.opened["r2-1"].part.continues is None
    assert taken(bench.said) == [*range(5, 20), *range(25, 30)]


def test_a_recording_of_another_life_continues_nothing() -> None:
    bench = Bench()
    bench.stream(10)
    bench.ask()
    bench.stream(10)
    bench.stream(2, run=2)
    bench.ask()
    assert bench.opened["r2-1"].part.continues is None
    assert taken(bench.said) == list(range(5, 22))


@pytest.mark.parametrize("lost", [False, True])
def test_a_trigger_of_long_ago_gets_an_answer(lost: bool) -> None:
    bench = Bench()
    bench.stream(100)
    if lost:
        bench.lose()
    assert bench.ask(50) == ["nothing: too_old"]
    assert not bench.recording.running


def test_a_trigger_of_a_moment_ago_has_what_the_ring_still_has() -> None:
    bench = Bench()
    bench.stream(100)
    said = bench.ask(92, duration=2)
    assert taken(said) == list(range(87, 94))
    assert said[-1] == "close r1-1"


def test_a_late_trigger_whose_time_is_recorded_already_gets_an_answer() -> None:
    bench = Bench()
    bench.stream(10)
    bench.ask()
    bench.stream(11)
    assert bench.ask(12, name="late", duration=3) == ["nothing: recorded_before"]


def test_a_trigger_from_before_the_recording_gets_an_answer() -> None:
    bench = Bench()
    bench.stream(100)
    bench.ask()
    assert bench.ask(50, name="late") == ["nothing: too_old"]
    assert bench.recording.running


def test_a_trigger_of_the_future_is_one_of_now() -> None:
    bench = Bench()
    bench.stream(10)
    bench.ask(5000)
    assert bench.stream(11)[-1] == "close r1-1"


def test_a_late_trigger_reaches_back_while_the_recording_has_nothing_yet() -> None:
    bench = Bench(pre_roll=0)
    bench.stream(10)
    assert not bench.ask()
    assert bench.ask(9.5, name="late") == ["open r1-1", "r1-1: 9"]
    assert [each.name for each in bench.opened["r1-1"].part.triggers] == ["hall", "late"]


def test_a_stop_ends_it_with_what_there_is() -> None:
    bench = Bench()
    bench.stream(10)
    bench.ask()
    assert bench.note(bench.recording.stop()) == ["close r1-1"]
    assert bench.note(bench.recording.stop()) == []


def test_a_stop_answers_who_got_nothing() -> None:
    bench = Bench()
    bench.ask()
    assert bench.note(bench.recording.stop()) == ["nothing: stopping"]


def test_a_wake_too_early_does_nothing() -> None:
    bench = Bench()
    assert not bench.recording.wake(at(5))
    bench.stream(10)
    bench.ask()
    assert not bench.recording.wake(at(10))
    assert bench.recording.running
