"""What came of a run of a scene, step by step."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class StepOutcome(StrEnum):
    """How a step ended.

    The first are those of commands, as :class:`~.command.Result` tells of them.
    ``DONE`` and ``FAILED``: an action was called, and worked or did not.
    ``TRIGGERED`` and ``TIMED_OUT``: a wait was over, as the trigger came or did not come in time.
    ``SKIPPED_LATE``: it could not be run at its time, and was rather left out than run late.
    ``SIMULATED``: nothing was done, as the whole run is a simulation.
    ``NO_RESULT``: it was run, and in its time nothing was heard of what came of it.
    ``NOT_RUN``: the scene did not come to it.
    ``INTERRUPTED``: it was run, and Home Assistant ended before it had its result.
    """

    CONFIRMED = "confirmed"
    CONFIRMED_BY_STATE = "confirmed_by_state"
    NOT_MOVED = "not_moved"
    NOT_CONFIRMED = "not_confirmed"
    ERROR_REPORTED = "error_reported"
    AMBIGUOUS = "ambiguous"
    SENT = "sent"
    EXPIRED = "expired"
    REPLACED = "replaced"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    DONE = "done"
    FAILED = "failed"
    TRIGGERED = "triggered"
    TIMED_OUT = "timed_out"
    SKIPPED_LATE = "skipped_late"
    SIMULATED = "simulated"
    NO_RESULT = "no_result"
    NOT_RUN = "not_run"
    INTERRUPTED = "interrupted"


class RunEnd(StrEnum):
    """How a run ended."""

    COMPLETED = "completed"
    COMPLETED_WITH_FAILURES = "completed_with_failures"
    STOPPED = "stopped"
    SIMULATED = "simulated"
    INTERRUPTED = "interrupted"


class StopReason(StrEnum):
    """Why a run was stopped: by somebody, by a wait in vain, or with what it was part of."""

    ASKED = "asked"
    TIMED_OUT = "timed_out"
    STARTED_AGAIN = "started_again"
    UNLOADED = "unloaded"


@dataclass(frozen=True, slots=True)
class StepReport:
    """What came of one step.

    ``outcome`` is None as long as there is none. ``planned`` and ``real``: seconds from the start
    of the run to when it was to be run, and to when it was; None while that is not known, and when
    it was not run. ``latency``: seconds from its running (of a command: from its first sending) to
    what decided its outcome, None when nothing came back. ``failed``: it did not do what it should.
    ``detail``: what an action said when it failed.
    """

    number: int
    outcome: StepOutcome | None = None
    planned: float | None = None
    real: float | None = None
    latency: float | None = None
    failed: bool = False
    detail: str = ""

    @property
    def drift(self) -> float | None:
        """How many seconds after its moment it was run."""
        return None if self.planned is None or self.real is None else self.real - self.planned


@dataclass(frozen=True, slots=True)
class RunReport:
    """What came of a run, or has until now: ``end`` is None while it is going on.

    ``took``: seconds from its start to its end, None while that is not known. ``simulated``: the
    broker was away when it began, and nothing was done, however it ended.
    """

    run_id: str
    steps: tuple[StepReport, ...]
    simulated: bool = False
    end: RunEnd | None = None
    reason: StopReason | None = None
    took: float | None = None

    @property
    def failures(self) -> tuple[StepReport, ...]:
        """The steps that did not do what they should."""
        return tuple(step for step in self.steps if step.failed)

    @property
    def longest_drift(self) -> float:
        """How many seconds after its moment a step was run at most."""
        return max((step.drift for step in self.steps if step.drift is not None), default=0.0)

    def as_data(self) -> dict[str, Any]:
        """This as plain data, as JSON has it."""
        return {
            "run_id": self.run_id,
            "steps": [_step_as_data(step) for step in self.steps],
            "simulated": self.simulated,
            "end": self.end and self.end.value,
            "reason": self.reason and self.reason.value,
            "took": self.took,
        }


def read_report(data: Mapping[str, Any]) -> RunReport:
    """Read what :meth:`RunReport.as_data` made. Raises ValueError for what it never makes."""
    try:
        end, reason = data["end"], data["reason"]
        return RunReport(
            str(data["run_id"]),
            tuple(_read_step(number, step) for number, step in enumerate(data["steps"], 1)),
            bool(data["simulated"]),
            None if end is None else RunEnd(end),
            None if reason is None else StopReason(reason),
            _read_seconds(data["took"]),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"not the report of a run: {error!r}") from error


def interrupted(kept: RunReport) -> RunReport:
    """What is told of a run that was going on when Home Assistant ended, by what was kept of it.

    It is never gone on with: its moments are over. A run that had ended stays as it is.
    """
    if kept.end is not None:
        return kept
    steps = tuple(_interrupted(step) for step in kept.steps)
    return RunReport(kept.run_id, steps, kept.simulated, RunEnd.INTERRUPTED)


def _interrupted(step: StepReport) -> StepReport:
    if step.outcome is not None:
        return step
    if step.real is None:
        return StepReport(step.number, StepOutcome.NOT_RUN, step.planned)
    return StepReport(step.number, StepOutcome.INTERRUPTED, step.planned, step.real)


def _step_as_data(step: StepReport) -> dict[str, Any]:
    return {
        "outcome": step.outcome and step.outcome.value,
        "planned": step.planned,
        "real": step.real,
        "latency": step.latency,
        "failed": step.failed,
        "detail": step.detail,
    }


def _read_step(number: int, data: Mapping[str, Any]) -> StepReport:
    outcome = data["outcome"]
    return StepReport(
        number,
        None if outcome is None else StepOutcome(outcome),
        _read_seconds(data["planned"]),
        _read_seconds(data["real"]),
        _read_seconds(data["latency"]),
        bool(data["failed"]),
        str(data["detail"]),
    )


def _read_seconds(value: Any) -> float | None:
    return None if value is None else float(value)
