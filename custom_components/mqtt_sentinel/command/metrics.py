"""How the commands do, in numbers."""

from collections import Counter, deque
from dataclasses import dataclass, field

from .command import Result

# What the success rate is about: so many of the last commands that were to be confirmed.
RATED = 1000

CONFIRMED = frozenset({Result.CONFIRMED, Result.CONFIRMED_BY_STATE})
FAILED = frozenset(
    {Result.NOT_MOVED, Result.NOT_CONFIRMED, Result.ERROR_REPORTED, Result.AMBIGUOUS}
)
_RATED = CONFIRMED | FAILED | {Result.EXPIRED, Result.REFUSED}


@dataclass(slots=True)
class Metrics:
    """Counts since the start, and how many of the last commands succeeded.

    ``sent`` counts messages, each sending anew. ``late`` answers came after their commands'
    results, ``repeated`` ones came again, ``unasked`` ones answer nothing that was sent from here.
    """

    sent: int = 0
    late: int = 0
    repeated: int = 0
    unasked: int = 0
    results: Counter[Result] = field(default_factory=Counter)
    _rated: deque[bool] = field(default_factory=deque)
    _succeeded: int = 0

    @property
    def confirmed(self) -> int:
        """How many commands were confirmed, by an answer or by the state."""
        return sum(self.results[result] for result in CONFIRMED)

    @property
    def failed(self) -> int:
        """How many commands were sent and not confirmed."""
        return sum(self.results[result] for result in FAILED)

    @property
    def expired(self) -> int:
        """How many commands could not be sent in time."""
        return self.results[Result.EXPIRED]

    @property
    def success_rate(self) -> float | None:
        """How many of the last commands were confirmed, from 0 to 1; None before the first.

        Those that were replaced or cancelled, or had nothing to be confirmed, do not count.
        """
        return self._succeeded / len(self._rated) if self._rated else None

    def ended(self, result: Result, *, asks: bool) -> None:
        """A command ended; ``asks`` tells whether it was to be confirmed."""
        self.results[result] += 1
        if not asks or result not in _RATED:
            return
        succeeded = result in CONFIRMED
        self._rated.append(succeeded)
        self._succeeded += succeeded
        if len(self._rated) > RATED:
            self._succeeded -= self._rated.popleft()
