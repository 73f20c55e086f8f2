"""How an alarm stands with its drills: the last one, the one that failed, and when the next is due."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from .drill_report import DrillReport
from .drill_words import DrillResult

if TYPE_CHECKING:
    from collections.abc import Mapping

_DAY = 86_400.0


@dataclass(slots=True)
class Standing:
    """What is known of the drills of one alarm. Times in epoch seconds.

    ``last``: the last drill that began. ``failed``: the last that failed, unless one passed since.
    ``passed``: when one passed last. ``since``: from when on a first one is waited for.
    """

    last: DrillReport | None = None
    failed: DrillReport | None = None
    passed: float | None = None
    since: float | None = None

    def take(self, report: DrillReport) -> None:
        """A drill is over. One that was ended before its time shows nothing."""
        self.last = report
        if report.result is DrillResult.PASSED:
            self.failed, self.passed = None, report.ended
        elif report.result is DrillResult.FAILED:
            self.failed = report

    def due(self, every: float | None, at: float) -> float | None:
        """When the next has to have passed, so many days after the last; None for never.

        The first one is waited for from ``at``, when that was not so before.
        """
        if every is None:
            self.since = None
            return None
        if self.since is None:
            self.since = at
        return (self.since if self.passed is None else self.passed) + every * _DAY

    def as_dict(self) -> dict[str, Any]:
        """In JSON types."""
        return {
            "last": self.last.as_dict() if self.last else None,
            "failed": self.failed.as_dict() if self.failed else None,
            "passed": self.passed,
            "since": self.since,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what :meth:`as_dict` wrote. Raises KeyError, TypeError or ValueError on others."""
        return cls(
            DrillReport.from_dict(data["last"]) if data["last"] else None,
            DrillReport.from_dict(data["failed"]) if data["failed"] else None,
            None if data["passed"] is None else float(data["passed"]),
            None if data["since"] is None else float(data["since"]),
        )
