"""How often a thing speaks."""

import pytest

from custom_components.mqtt_sentinel.watch.cadence import MOST_GAPS, Cadence
from custom_components.mqtt_sentinel.watch.reports import TelemetryReport

from .build import LAMP, at, connection, ping


def telemetry(seconds: float) -> TelemetryReport:
    return TelemetryReport(LAMP, at(seconds), False, "topic", {"voltage": 3.3})


def test_nothing_is_proposed_before_it_is_known_well() -> None:
    cadence = Cadence()
    for seconds in (0, 2, 4):
        assert cadence.usual() is None
        cadence.learn(ping(seconds))
        assert cadence.proposal() is None
    cadence.learn(ping(6))
    assert cadence.usual() == 2
    assert cadence.proposal() == 3


@pytest.mark.parametrize(("gap", "proposal"), [(0.2, 1), (1, 2), (10, 15), (59.9, 90)])
def test_the_proposal_has_room_for_a_late_one(gap: float, proposal: int) -> None:
    cadence = Cadence()
    for n in range(5):
        cadence.learn(ping(n * gap))
    assert cadence.proposal() == proposal


def test_a_pause_is_not_its_rhythm() -> None:
    cadence = Cadence()
    for seconds in (0, 2, 4, 500, 502, 504):
        cadence.learn(ping(seconds))
    assert cadence.usual() == 2


def test_a_new_rhythm_takes_the_place_of_the_old_one() -> None:
    cadence = Cadence()
    for n in range(20):
        cadence.learn(ping(n))
    for n in range(1, MOST_GAPS + 1):
        cadence.learn(ping(20 + n * 10))
    assert cadence.usual() == 10
    assert len(cadence.gaps) == MOST_GAPS


def test_the_same_one_again_and_one_out_of_order_are_no_gap() -> None:
    cadence = Cadence()
    for seconds in (0, 2, 2, 2.01, 1, 4, 4.05, 6):
        cadence.learn(ping(seconds))
    assert cadence.gaps == [2, 2, 2]


def test_values_tell_how_often_it_speaks_but_are_no_promise_to_ping() -> None:
    cadence = Cadence()
    for n in range(5):
        cadence.learn(telemetry(n * 10))
        cadence.learn(connection(True, n * 10 + 5))
    assert cadence.usual() == 10
    assert cadence.proposal() is None


def test_pings_go_before_values() -> None:
    cadence = Cadence()
    for n in range(5):
        cadence.learn(telemetry(n))
    cadence.learn(ping(6))
    assert cadence.usual() is None
    for n in range(1, 4):
        cadence.learn(telemetry(6 + n))
        cadence.learn(ping(6 + n * 20))
    assert (cadence.usual(), cadence.proposal()) == (20, 30)
