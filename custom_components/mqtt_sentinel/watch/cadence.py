"""How often a thing speaks: learned from what it said."""

from dataclasses import dataclass, field
import math
from statistics import median
from typing import TYPE_CHECKING

from .reports import PingReport, TelemetryReport

if TYPE_CHECKING:
    from .reports import Report

# As many gaps as tell a rhythm from chance; more would be slow to follow a new one.
MOST_GAPS = 9
FEWEST_GAPS = 3

# What comes sooner is the same message again: a broker delivers once for each filter that fits.
SHORTEST_GAP = 0.1

# A promise has room for a late message: the interval is proposed this much above what was heard.
_ROOM = 1.5


@dataclass(slots=True)
class Cadence:
    """The gaps between the last live messages of a thing, in monotonic seconds.

    Pings make the rhythm. Of a thing that was never heard to ping, its telemetry does: that tells
    how often it speaks, but nobody promised it. ``pings`` says which of the two it is.
    """

    last: float | None = None
    gaps: list[float] = field(default_factory=list)
    pings: bool = False

    def learn(self, report: Report) -> None:
        """Take in a live report; only pings and telemetry have a rhythm."""
        if isinstance(report, PingReport):
            if not self.pings:
                self.pings = True
                self.last = None
                self.gaps.clear()
            self.hear(report.at.mono)
        elif not self.pings and isinstance(report, TelemetryReport):
            self.hear(report.at.mono)

    def hear(self, at: float) -> None:
        """A message came at ``at``. The same one again, or one out of order, is ignored."""
        last = self.last
        if last is not None:
            gap = at - last
            if gap < SHORTEST_GAP:
                return
            gaps = self.gaps
            gaps.append(gap)
            if len(gaps) > MOST_GAPS:
                del gaps[0]
        self.last = at

    def usual(self) -> float | None:
        """The usual gap in seconds, None before it is known well."""
        return median(self.gaps) if len(self.gaps) >= FEWEST_GAPS else None

    def interval(self) -> int | None:
        """An interval in whole seconds with room for a late message; None before it is known."""
        usual = self.usual()
        return None if usual is None else max(1, math.ceil(usual * _ROOM))

    def proposal(self) -> int | None:
        """An interval within which the thing can keep a promise to ping; None if it does not."""
        return self.interval() if self.pings else None
