"""How often a thing speaks: learned from what it said."""

from dataclasses import dataclass, field
import math
from statistics import median

# As many gaps as tell a rhythm from chance; more would be slow to follow a new one.
MOST_GAPS = 9
FEWEST_GAPS = 3

# A promise has room for a late message: the interval is proposed this much above what was heard.
_ROOM = 1.5


@dataclass(slots=True)
class Cadence:
    """The gaps between the last live pings of a thing, in monotonic seconds."""

    last: float | None = None
    gaps: list[float] = field(default_factory=list)

    def hear(self, at: float) -> None:
        """A ping came at ``at``. One that came before the last is out of order and ignored."""
        if self.last is not None:
            if at <= self.last:
                return
            self.gaps.append(at - self.last)
            del self.gaps[:-MOST_GAPS]
        self.last = at

    def proposal(self) -> int | None:
        """An interval in whole seconds that the thing can keep, None before it is known well."""
        if len(self.gaps) < FEWEST_GAPS:
            return None
        return max(1, math.ceil(median(self.gaps) * _ROOM))
