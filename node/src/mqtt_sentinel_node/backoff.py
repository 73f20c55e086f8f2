"""How long to wait before the next attempt to connect."""

from dataclasses import dataclass
import random


@dataclass(frozen=True)
class Backoff:
    """Pauses that grow from ``first`` to ``longest`` seconds, doubling.

    Each is shortened at random by up to a half, so that a hundred devices do not all knock in the
    same moment when their broker returns.
    """

    first: float = 1.0
    longest: float = 2.0

    def __post_init__(self) -> None:
        """Raise ValueError for pauses that are none."""
        if not 0 < self.first <= self.longest:
            raise ValueError("0 < first <= longest")

    def pause(self, failures: int, chance: float) -> float:
        """Return the seconds to wait after so many failures in a row; ``chance`` is in [0, 1)."""
        # A float of 2 ** 1024 is too large to be one; long before that it is the longest anyway.
        whole: float = min(self.longest, self.first * 2.0 ** min(failures, 64))
        return whole * (1 - chance / 2)

    def draw(self, failures: int) -> float:
        """Return the seconds to wait after so many failures in a row."""
        return self.pause(failures, random.random())  # noqa: S311  # not a secret
