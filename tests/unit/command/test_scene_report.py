"""What is told of a run, and kept of it."""

import json
from typing import Any

import pytest

from custom_components.mqtt_sentinel.command.command import Result
from custom_components.mqtt_sentinel.command.scene_report import (
    RunEnd,
    RunReport,
    StepOutcome,
    StepReport,
    StopReason,
    interrupted,
    read_report,
)

GOING_ON = RunReport(
    "run",
    (
        StepReport(1, StepOutcome.CONFIRMED, 0.0, 0.01, 0.234),
        StepReport(2, StepOutcome.FAILED, 1.0, 1.03, 0.5, failed=True, detail="no player"),
        StepReport(3, None, 2.0, 2.02),
        StepReport(4),
    ),
)
ENDED = RunReport(
    "run", (StepReport(1, StepOutcome.NOT_RUN),), True, RunEnd.STOPPED, StopReason.ASKED, 0.5
)


def test_each_result_of_a_command_is_an_outcome_of_its_step() -> None:
    for result in Result:
        assert StepOutcome(result.value).name == result.name


@pytest.mark.parametrize("report", [GOING_ON, ENDED])
def test_what_is_kept_is_read_again(report: RunReport) -> None:
    assert read_report(json.loads(json.dumps(report.as_data()))) == report


def test_failures_and_drift_are_told() -> None:
    assert [step.number for step in GOING_ON.failures] == [2]
    assert [step.drift for step in GOING_ON.steps] == [
        pytest.approx(0.01),
        pytest.approx(0.03),
        pytest.approx(0.02),
        None,
    ]
    assert GOING_ON.longest_drift == pytest.approx(0.03)
    assert ENDED.longest_drift == 0.0


def test_a_run_that_was_going_on_is_interrupted() -> None:
    told = interrupted(GOING_ON)
    assert told.end is RunEnd.INTERRUPTED
    assert told.reason is None
    assert told.steps == (
        *GOING_ON.steps[:2],
        StepReport(3, StepOutcome.INTERRUPTED, 2.0, 2.02),
        StepReport(4, StepOutcome.NOT_RUN),
    )


def test_a_run_that_had_ended_is_not() -> None:
    assert interrupted(ENDED) is ENDED


def changed(**change: Any) -> dict[str, Any]:
    return GOING_ON.as_data() | change


@pytest.mark.parametrize(
    "data",
    [
        {},
        changed(end="exploded"),
        changed(reason=5),
        changed(took="long"),
        changed(took=[]),
        changed(steps=5),
        changed(steps=[5]),
        changed(steps=[{}]),
        changed(steps=[GOING_ON.as_data()["steps"][0] | {"outcome": "lost"}]),
    ],
)
def test_what_was_never_kept_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_report(data)
