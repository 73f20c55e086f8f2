"""How fast a count grows."""

from dataclasses import dataclass


@dataclass(slots=True)
class Rate:
    """A count as it was last, at ``at`` in monotonic seconds, and how fast it grew until then."""

    at: float
    count: int = 0
    per_second: float | None = None

    def follow(self, count: int, at: float) -> None:
        """The count is ``count`` now: average its growth over the time since the last call."""
        if at <= self.at:
            return
        self.per_second = (count - self.count) / (at - self.at)
        self.count = count
        self.at = at
