"""For how much of the last day something was there."""

from collections import deque
from dataclasses import dataclass, field

DAY = 86_400.0
# The day moves on in steps of this; what is told covers up to one step more than a day.
STEP = 300.0
_MOST_SLOTS = int(DAY / STEP)


@dataclass(slots=True)
class _Slot:
    """One step of time: how many seconds of it were lived through, and how many of those up."""

    number: int
    lived: float = 0.0
    up: float = 0.0


@dataclass(slots=True)
class Uptime:
    """Counts the seconds of the last day, never more than a day's slots of them.

    It begins at ``since``, in monotonic seconds, with the thing down.
    """

    since: float
    up: bool = False
    _slots: deque[_Slot] = field(default_factory=deque)

    def change(self, up: bool, at: float) -> None:
        """The thing came or went. A moment before the last one counts as the last one."""
        self._live_until(at)
        self.up = up

    def share(self, at: float) -> float | None:
        """How much of the last day it was up, from 0 to 1; None when no time has passed yet."""
        self._live_until(at)
        lived = sum(slot.lived for slot in self._slots)
        if not lived:
            return None
        return min(sum(slot.up for slot in self._slots) / lived, 1.0)

    def _live_until(self, at: float) -> None:
        """Put the time since the last moment into the slots, and let the oldest go."""
        begin = max(self.since, at - DAY)  # all before that would be let go again
        while begin < at:
            number = int(begin // STEP)
            end = min((number + 1) * STEP, at)
            if not self._slots or self._slots[-1].number != number:
                self._slots.append(_Slot(number))
            slot = self._slots[-1]
            slot.lived += end - begin
            if self.up:
                slot.up += end - begin
            begin = end
        self.since = max(self.since, at)
        oldest = int(self.since // STEP) - _MOST_SLOTS
        while self._slots and self._slots[0].number < oldest:
            self._slots.popleft()
