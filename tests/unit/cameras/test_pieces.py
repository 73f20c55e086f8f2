"""What ffmpeg tells of each piece, and when it was seen."""

from pathlib import Path

from hypothesis import given, strategies as st
import pytest

from custom_components.mqtt_sentinel.evidence.cameras.pieces import (
    Piece,
    RunClock,
    of_run,
    pattern,
    read_line,
)
from custom_components.mqtt_sentinel.watch.clock import Instant

WALL = 1_800_000_000.0


def at(mono: float, *, set_by: float = 0.0) -> Instant:
    return Instant(mono, WALL + mono + set_by)


def piece(began: float, ended: float) -> Piece:
    return Piece("0001-00000000.ts", began, ended)


def test_a_line_of_the_list() -> None:
    assert read_line("0002-00000011.ts,10.021333,11.000000\n") == Piece(
        "0002-00000011.ts", 10.021333, 11.0
    )
    assert read_line("0001-00000000.ts,-0.5,1") == Piece("0001-00000000.ts", -0.5, 1.0)


@pytest.mark.parametrize(
    "line",
    [
        *("", "\n", "frame=1", "0001-00000000.ts,nan,1.0", "0001-00000000.ts,0,inf"),
        *("../0001-00000000.ts,0,1", "0001-00000000.ts,0", "0001-00000000.ts,0,1,2", "a.ts,0,1"),
    ],
)
def test_what_is_no_line_of_the_list(line: str) -> None:
    assert read_line(line) is None


@given(st.text())
def test_any_line_can_be_read(line: str) -> None:
    read_line(line)


def test_names_can_be_read_back(tmp_path: Path) -> None:
    assert pattern(3) == "0003-%08d.ts"
    assert read_line(f"{pattern(12_345) % 7},0,1")
    for run, number in ((1, 2), (1, 1), (11, 1)):
        (tmp_path / (pattern(run) % number)).touch()
    assert [path.name for path in of_run(tmp_path, 1)] == ["0001-00000001.ts", "0001-00000002.ts"]


def test_a_piece_began_its_length_before_it_arrived() -> None:
    began, duration = RunClock().place(piece(3.0, 4.25), at(100.0))
    assert duration == 1.25
    assert began == at(98.75)


def test_a_network_that_stutters_moves_nothing() -> None:
    clock = RunClock()
    clock.place(piece(0, 1), at(101.0))
    late, _ = clock.place(piece(1, 2), at(105.0))
    assert late == at(101.0)
    after, _ = clock.place(piece(2, 3), at(105.1))
    assert after == at(102.0)
    assert clock.ended == 103.0


def test_what_came_late_at_first_is_put_right() -> None:
    clock = RunClock()
    clock.place(piece(0, 1), at(103.0))
    began, _ = clock.place(piece(1, 2), at(103.5))
    assert began.mono == 102.5
    # This one began before the one before it was said to: not earlier than that, though.
    began, _ = clock.place(piece(2, 3), at(103.6))
    assert began.mono == 102.6
    began, _ = clock.place(piece(3, 4), at(103.7))
    assert began.mono == 102.7


@pytest.mark.parametrize("fast", [0.99, 1.01])
def test_a_camera_whose_clock_is_off_is_followed(fast: float) -> None:
    clock = RunClock()
    for number in range(1000):
        arrived = (number + 1) / fast
        began, _ = clock.place(piece(number, number + 1), at(arrived))
    assert began.mono == pytest.approx(arrived - 1, abs=0.7)


@pytest.mark.parametrize("jump", [-5_000.0, 5_000.0])
def test_a_camera_whose_clock_is_set_is_believed_again(jump: float) -> None:
    clock = RunClock()
    clock.place(piece(0, 1), at(101.0))
    began, duration = clock.place(piece(1, 2 + jump), at(102.2))
    assert duration == pytest.approx(1.2)
    assert began.mono == pytest.approx(101.0)
    began, duration = clock.place(piece(2 + jump, 3 + jump), at(103.0))
    assert (began.mono, duration) == (102.0, 1.0)


def test_a_camera_whose_clock_is_set_between_two_pieces() -> None:
    clock = RunClock()
    clock.place(piece(0, 1), at(101.0))
    began, _ = clock.place(piece(5_000, 5_001), at(102.0))
    assert began.mono == 101.0


def test_a_first_piece_without_length_has_none() -> None:
    began, duration = RunClock().place(piece(1, 1), at(50.0))
    assert (began, duration) == (at(50.0), 0.0)


def test_the_wall_clock_is_believed_as_it_is_now() -> None:
    clock = RunClock()
    clock.place(piece(0, 1), at(101.0))
    began, _ = clock.place(piece(1, 2), at(102.0, set_by=3_600.0))
    assert began == at(101.0, set_by=3_600.0)


def test_what_was_unfinished_follows_the_last_piece() -> None:
    clock = RunClock()
    clock.place(piece(0, 1), at(101.0))
    assert clock.place_unfinished(0.4, at(140.0)) == at(101.0)
    assert clock.ended == 101.4


def test_what_was_unfinished_and_the_only_one() -> None:
    assert RunClock().place_unfinished(0.4, at(140.0)) == at(139.6)


@given(st.lists(st.tuples(st.floats(-1e4, 1e4), st.floats(-10, 1e3), st.floats(0, 100))))
def test_within_a_run_nothing_goes_back(told: list[tuple[float, float, float]]) -> None:
    clock, arrived, last = RunClock(), 1_000.0, float("-inf")
    for began, length, passed in told:
        arrived += passed
        placed, duration = clock.place(piece(began, began + length), at(arrived))
        assert placed.mono >= last
        assert duration >= 0
        assert placed.wall - placed.mono == pytest.approx(WALL)
        last = placed.mono
