"""What a drill found, for people, for automations, and for storage."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from .drill_words import DrillResult, Fault, Refusal, Why

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .drill_part import Part


class LineResult(StrEnum):
    """How one service did; ``UNFINISHED``: the drill ended before that was certain."""

    PASSED = "passed"
    FAILED = "failed"
    UNFINISHED = "unfinished"


@dataclass(frozen=True, slots=True)
class Line:
    """What one service did.

    ``commanded``: it can be told on and off; others were only looked at. ``connected_after``: seconds
    from its command, ``pinged_after`` from its connection, ``off_after`` from the command that put it
    back, ``recorded_after`` from when it was asked to record; None for what was not seen. ``left_on``: it was not turned off, as it ran before or
    somebody needs it. ``records``: it is a camera, of which a clip has to come; ``media_id`` is that
    clip, ``not_recorded`` why there is none.
    """

    name: str
    watch_id: str
    result: LineResult
    fault: Fault | None
    commanded: bool
    was_connected: bool
    connected_after: float | None
    pinged_after: float | None
    off_after: float | None
    left_on: bool
    records: bool = False
    recorded_after: float | None = None
    media_id: str | None = None
    not_recorded: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """In JSON types."""
        return {
            "name": self.name,
            "watch_id": self.watch_id,
            "result": self.result.value,
            "fault": self.fault.value if self.fault else None,
            "commanded": self.commanded,
            "was_connected": self.was_connected,
            "connected_after": self.connected_after,
            "pinged_after": self.pinged_after,
            "off_after": self.off_after,
            "left_on": self.left_on,
            "records": self.records,
            "recorded_after": self.recorded_after,
            "media_id": self.media_id,
            "not_recorded": self.not_recorded,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what :meth:`as_dict` wrote, also before cameras were recorded.

        Raises KeyError, TypeError or ValueError on others.
        """
        return cls(
            str(data["name"]),
            str(data["watch_id"]),
            LineResult(data["result"]),
            Fault(data["fault"]) if data["fault"] else None,
            bool(data["commanded"]),
            bool(data["was_connected"]),
            _seconds(data["connected_after"]),
            _seconds(data["pinged_after"]),
            _seconds(data["off_after"]),
            bool(data["left_on"]),
            bool(data.get("records", False)),
            _seconds(data.get("recorded_after")),
            _text(data.get("media_id")),
            _text(data.get("not_recorded")),
        )


@dataclass(frozen=True, slots=True)
class DrillReport:
    """What a drill found. Times in epoch seconds.

    ``told``: the result reached whom it was for, None when there is nobody to tell or it was not
    told yet. ``restored``: all services were put back, or left on because they are needed.
    """

    id: str
    alarm: str
    result: DrillResult
    why: Why | Refusal | None
    started: float
    ended: float
    told: bool | None = None
    restored: bool = True
    services: tuple[Line, ...] = ()

    @property
    def failed(self) -> list[str]:
        """The names of the services that failed."""
        return [line.name for line in self.services if line.result is LineResult.FAILED]

    def as_dict(self) -> dict[str, Any]:
        """In JSON types."""
        return {
            "drill_id": self.id,
            "alarm": self.alarm,
            "result": self.result.value,
            "why": self.why.value if self.why else None,
            "started": self.started,
            "ended": self.ended,
            "told": self.told,
            "restored": self.restored,
            "services": [line.as_dict() for line in self.services],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what :meth:`as_dict` wrote of a drill that began.

        Raises KeyError, TypeError or ValueError on others.
        """
        return cls(
            str(data["drill_id"]),
            str(data["alarm"]),
            DrillResult(data["result"]),
            Why(data["why"]) if data["why"] else None,
            float(data["started"]),
            float(data["ended"]),
            None if data["told"] is None else bool(data["told"]),
            bool(data["restored"]),
            tuple(Line.from_dict(line) for line in data["services"]),
        )


def line_of(part: Part, *, whole: bool) -> Line:
    """What a service did in a drill that ended, or (not ``whole``) was ended before its time."""
    service = part.service
    if part.fault:
        result = LineResult.FAILED
    else:
        result = LineResult.PASSED if whole else LineResult.UNFINISHED
    return Line(
        service.name,
        service.watch_id,
        result,
        part.fault,
        service.commanded,
        part.found.up,
        _between(part.on_at, part.connected_at),
        _between(part.connected_at, part.pinged_at),
        _between(part.back_at, part.off_at),
        part.left_on,
        service.records,
        _between(part.record_at, part.recorded_at),
        part.media_id,
        part.not_recorded,
    )


def _between(start: float | None, end: float | None) -> float | None:
    return None if start is None or end is None else round(end - start, 2)


def _seconds(value: Any) -> float | None:
    return None if value is None else float(value)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
