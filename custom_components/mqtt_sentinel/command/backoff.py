"""How long to wait before something is tried again."""

from dataclasses import dataclass

# No pause gets longer by doubling it more often.
_MOST_DOUBLINGS = 32


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses that double: ``first`` seconds, and ``longest`` at most.

    Each is shortened by chance, by up to ``jitter`` of it: what failed together is not tried again
    together.
    """

    first: float = 1.0
    longest: float = 30.0
    jitter: float = 0.5

    def pause(self, tried: int, chance: float) -> float:
        """How many seconds to wait after so many tries (from 1), with a ``chance`` from 0 to 1."""
        whole = self.first * 2.0 ** min(tried - 1, _MOST_DOUBLINGS)
        return min(whole, self.longest) * (1.0 - self.jitter * chance)
