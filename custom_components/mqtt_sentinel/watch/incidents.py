"""An incident: opened by a mismatch, closed by agreement."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from .expectation import Expectation, SourceKind, Wanted
from .verdict import NOT_JUDGED, Judgement, Reason, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMELINE_LENGTH = 50


class Severity(StrEnum):
    """How bad an incident is; what an alarm relies on counts more, and some things for most."""

    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


class Turn(StrEnum):
    """What happened to an incident."""

    OPENED = "opened"
    UPDATED = "updated"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of an incident's timeline: when (epoch seconds) and what became of it."""

    at: float
    what: str


@dataclass(frozen=True, slots=True)
class Incident:
    """What went wrong with a watch, since when, and how it went on. Times in epoch seconds.

    ``storm`` is the id of the storm that it belongs to, None for one that stands alone. ``told`` says
    that it opened before that storm was one, and so was told by itself.
    """

    id: str
    watch_id: str
    reason: Reason
    severity: Severity
    expectation: Expectation
    expected_since: float
    up: bool | None
    heard_at: float | None
    opened_at: float
    timeline: tuple[Moment, ...] = ()
    closed_at: float | None = None
    muted: bool = False
    storm: str | None = None
    told: bool = False

    @property
    def missed(self) -> tuple[object, ...]:
        """What it is about; the reason tells what was heard."""
        expectation = self.expectation
        return self.reason, expectation.wanted, expectation.kind, self.expected_since

    def noted(self, at: float, what: str) -> Self:
        """This incident with one more line in its timeline; the oldest go first."""
        lines = (*self.timeline, Moment(at, what))
        return replace(self, timeline=lines[-TIMELINE_LENGTH:])

    def as_dict(self) -> dict[str, Any]:
        """A form for storage and for people: JSON types only."""
        return {
            "id": self.id,
            "watch_id": self.watch_id,
            "reason": self.reason.value,
            "severity": self.severity.value,
            "expectation": expectation_as_dict(self.expectation),
            "expected_since": self.expected_since,
            "up": self.up,
            "heard_at": self.heard_at,
            "opened_at": self.opened_at,
            "timeline": [[moment.at, moment.what] for moment in self.timeline],
            "closed_at": self.closed_at,
            "muted": self.muted,
            "storm": self.storm,
            "told": self.told,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what :meth:`as_dict` wrote. Raises KeyError, TypeError or ValueError on others."""
        return cls(
            id=data["id"],
            watch_id=data["watch_id"],
            reason=Reason(data["reason"]),
            severity=Severity(data["severity"]),
            expectation=expectation_from_dict(data["expectation"]),
            expected_since=float(data["expected_since"]),
            up=data["up"],
            heard_at=data["heard_at"],
            opened_at=float(data["opened_at"]),
            timeline=tuple(Moment(float(at), str(what)) for at, what in data["timeline"]),
            closed_at=data["closed_at"],
            muted=bool(data["muted"]),
            storm=data.get("storm"),
            told=data.get("told", False),
        )


def expectation_as_dict(expectation: Expectation) -> dict[str, Any]:
    """An expectation in JSON types."""
    return {
        "wanted": expectation.wanted.value,
        "verify": expectation.verify,
        "kind": expectation.kind.value if expectation.kind else None,
        "because": expectation.because,
    }


def expectation_from_dict(data: Mapping[str, Any]) -> Expectation:
    """Read what :func:`expectation_as_dict` wrote."""
    return Expectation(
        Wanted(data["wanted"]),
        bool(data["verify"]),
        SourceKind(data["kind"]) if data["kind"] else None,
        str(data["because"]),
    )


def is_over(incident: Incident, judgement: Judgement, wanted: Wanted) -> bool:
    """Tell whether a judgement ends an incident.

    Agreement does, and so does nothing being judged any more, and an expectation that is not the
    one that was missed. A silent broker or a grace does not: the incident outlives them.
    """
    if judgement.verdict is Verdict.OK or judgement.reason in NOT_JUDGED:
        return True
    waiting = judgement.verdict in (Verdict.PENDING, Verdict.UNKNOWN)
    return waiting and wanted is not incident.expectation.wanted
