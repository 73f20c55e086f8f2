"""The moving average of a value, and when a value is out of line."""

from collections.abc import Iterable
from dataclasses import astuple
import math
from random import Random
from statistics import fmean, pvariance
import sys

from hypothesis import given, strategies as st
import pytest

from custom_components.mqtt_sentinel.dialects.payload import LARGEST_NUMBER
from custom_components.mqtt_sentinel.watch.averages import (
    FEWEST_SAMPLES,
    IN_A_ROW,
    SAMPLES,
    SPREADS,
    MovingAverage,
)

numbers = st.floats(-LARGEST_NUMBER, LARGEST_NUMBER)
# Differences below this are lost between the numbers that a float can be.
FINEST = 1e-300


def after(samples: Iterable[float]) -> MovingAverage:
    average = MovingAverage()
    for sample in samples:
        average.add(sample)
    return average


def noise(
    count: int = 200, *, level: float = 20.0, spread: float = 0.5, seed: int = 1
) -> list[float]:
    random = Random(seed)
    return [random.gauss(level, spread) for _ in range(count)]


def test_the_numbers_are_those_of_the_documentation() -> None:
    assert (SAMPLES, FEWEST_SAMPLES, SPREADS, IN_A_ROW) == (60, 30, 4.0, 3)


@given(number=numbers, count=st.integers(1, 200))
def test_a_constant_signal_is_its_own_average_and_never_out_of_line(
    number: float, count: int
) -> None:
    average = MovingAverage()
    assert not any(average.add(number) for _ in range(count))
    assert not average.out_of_line
    assert average.mean == number
    assert average.variance == 0


@given(st.lists(numbers, min_size=1, max_size=FEWEST_SAMPLES))
def test_the_first_samples_are_averaged_evenly_and_never_judged(samples: list[float]) -> None:
    average = after(samples)
    scale = max(map(abs, samples))
    assert average.mean == pytest.approx(fmean(samples), abs=max(1e-9 * scale, FINEST))
    assert average.variance == pytest.approx(pvariance(samples), abs=max(1e-9 * scale**2, FINEST))
    assert not average.out_of_line
    assert average.judges is (len(samples) == FEWEST_SAMPLES)


def test_the_average_follows_as_one_over_sixty_samples_does() -> None:
    """After as many samples of a new level an exponential average is 1 - 1/e**2 of the way there."""
    random = Random(3)
    # So wide that the step is in line: nothing is held back.
    samples = [random.choice((-1.0, 1.0)) for _ in range(5000)]
    average = after(samples)
    before = average.mean
    for sample in samples[:SAMPLES]:
        average.add(sample + 2)
    twin = after(samples)
    for sample in samples[:SAMPLES]:
        twin.add(sample)
    assert average.mean - twin.mean == pytest.approx(2 * (1 - math.exp(-2)), rel=0.02)
    assert abs(before) < 0.5


@given(
    level=st.floats(-1000, 1000),
    spread=st.floats(0.01, 10),
    step=st.floats(10, 1000),
    up=st.booleans(),
    quiet=st.integers(FEWEST_SAMPLES, 150),
    seed=st.integers(0, 100),
)
def test_a_step_is_found_at_the_third_sample(
    level: float, spread: float, step: float, up: bool, quiet: int, seed: int
) -> None:
    random = Random(seed)
    average = after(level + random.uniform(-spread, spread) for _ in range(quiet))
    size = max(spread, abs(level) / 100) * step
    new = level + (size if up else -size)
    answers = [
        (average.add(new + random.uniform(-spread, spread)), average.out_of_line) for _ in "123"
    ]
    assert answers == [(False, False), (False, False), (True, True)]
    assert average.add(level)
    assert not average.out_of_line


def test_two_samples_out_of_line_are_none() -> None:
    average = after(noise())
    for sample in [30.0, 30.0, 20.0] * 20:
        assert not average.add(sample)


def test_noise_is_no_anomaly() -> None:
    for seed in range(20):
        average = MovingAverage()
        assert not any(average.add(sample) for sample in noise(5000, seed=seed))


def test_nothing_is_out_of_line_before_there_are_enough_samples() -> None:
    average = after(noise(FEWEST_SAMPLES - 1)[:-2])
    for sample in (1000.0, 1000.0):
        average.add(sample)
    assert not average.out_of_line
    assert average.outliers == 0


@given(level=numbers, new=numbers)
def test_a_lasting_new_level_becomes_the_normal_one(level: float, new: float) -> None:
    average = after([level] * SAMPLES)
    answers = [average.add(new) for _ in range(4 * SAMPLES)]
    assert not average.out_of_line
    assert sum(answers) in {0, 2}  # began and ended, or never was


def test_a_new_level_after_nought_becomes_normal() -> None:
    average = after([0.0] * 100)
    assert [average.add(1.0) for _ in range(3)] == [False, False, True]
    for _ in range(SAMPLES):
        average.add(1.0)
    assert not average.out_of_line
    assert average.mean == pytest.approx(1, rel=0.3)


def test_a_hair_off_a_value_that_never_moved_is_none() -> None:
    average = after([230.0] * 100)
    assert not any(average.add(230.5) for _ in range(50))


@given(st.lists(numbers, max_size=300))
def test_it_stays_finite_and_as_large_as_it_was(samples: list[float]) -> None:
    average = MovingAverage()
    size = sys.getsizeof(average)
    for sample in samples:
        average.add(sample)
        assert math.isfinite(average.mean)
        assert 0 <= average.variance < math.inf
    assert not hasattr(average, "__dict__")
    assert sys.getsizeof(average) == size
    assert [type(part) for part in astuple(average)] == [float, float, int, int]
    assert average.samples <= SAMPLES


@given(st.lists(numbers, min_size=1, max_size=300))
def test_a_change_is_told_exactly_when_there_is_one(samples: list[float]) -> None:
    average = MovingAverage()
    for sample in samples:
        before = average.out_of_line
        assert average.add(sample) is (average.out_of_line is not before)
