"""How an alarm stands with its drills."""

import pytest

from custom_components.mqtt_sentinel.watch.drill_report import DrillReport
from custom_components.mqtt_sentinel.watch.drill_standing import Standing
from custom_components.mqtt_sentinel.watch.drill_words import DrillResult

DAY = 86_400.0


def drill(result: DrillResult, ended: float) -> DrillReport:
    return DrillReport(str(ended), "House", result, None, ended - 60, ended)


def test_without_a_wish_none_is_ever_due() -> None:
    standing = Standing()
    assert standing.due(None, 5.0) is None
    standing.take(drill(DrillResult.PASSED, 10.0))
    assert standing.due(None, 50.0) is None


def test_the_first_is_waited_for_from_when_it_was_wished_for() -> None:
    standing = Standing()
    assert standing.due(7, 100.0) == 100.0 + 7 * DAY
    assert standing.due(2, 200.0) == 100.0 + 2 * DAY
    standing.due(None, 300.0)
    assert standing.due(7, 400.0) == 400.0 + 7 * DAY


def test_only_a_drill_that_passed_counts() -> None:
    standing = Standing()
    standing.due(1, 0.0)
    standing.take(drill(DrillResult.PASSED, 1000.0))
    assert standing.due(1, 5000.0) == 1000.0 + DAY
    for result in (DrillResult.FAILED, DrillResult.STOPPED, DrillResult.INTERRUPTED):
        standing.take(drill(result, 2000.0))
        assert standing.last is not None
        assert standing.last.result is result
        assert standing.due(1, 5000.0) == 1000.0 + DAY


def test_a_failed_one_counts_until_one_passes() -> None:
    standing = Standing()
    failed = drill(DrillResult.FAILED, 1000.0)
    standing.take(failed)
    standing.take(drill(DrillResult.INTERRUPTED, 2000.0))
    assert standing.failed == failed
    standing.take(drill(DrillResult.PASSED, 3000.0))
    assert standing.failed is None


@pytest.mark.parametrize("result", [None, DrillResult.PASSED, DrillResult.FAILED])
def test_it_can_be_stored(result: DrillResult | None) -> None:
    standing = Standing()
    if result:
        standing.due(7, 100.0)
        standing.take(drill(result, 1000.0))
    assert Standing.from_dict(standing.as_dict()) == standing
