"""Moving average and anomaly of one value, at constant cost and memory."""

from dataclasses import dataclass
import math

# An exponentially weighted average over about so many samples (Roberts 1959): weight 2 / (n + 1).
SAMPLES = 60
_WEIGHT = 2 / (SAMPLES + 1)
FEWEST_SAMPLES = 30
SPREADS = 4.0
IN_A_ROW = 3

# A value that never moved has no spread; a move below this share of it is still none worth telling.
_LEAST_SPREAD = 0.001


@dataclass(slots=True)
class MovingAverage:
    """The average of a value, its spread, and whether the last samples are out of line.

    Mean and variance are updated by West's incremental formula with exponential weights (Finch,
    "Incremental calculation of weighted mean and variance", 2009, section 9). A sample counts as
    at most :data:`SPREADS` spreads off: one that is far out must not widen the spread so much that
    the next ones pass for normal, and yet a lasting new level becomes the normal one in time.
    """

    mean: float = 0.0
    variance: float = 0.0
    samples: int = 0
    outliers: int = 0

    @property
    def spread(self) -> float:
        """The standard deviation, and never less than a small share of the mean."""
        return max(math.sqrt(self.variance), _LEAST_SPREAD * abs(self.mean))

    @property
    def anomaly(self) -> bool:
        """Whether enough samples in a row were out of line."""
        return self.outliers >= IN_A_ROW

    def add(self, value: float) -> bool:
        """Take in one finite sample; tell whether :attr:`anomaly` changed."""
        before = self.anomaly
        off = value - self.mean
        limit = SPREADS * self.spread
        if self.samples >= FEWEST_SAMPLES:
            out = abs(off) > limit
            self.outliers = self.outliers + 1 if out else 0
            off = max(-limit, min(off, limit))
        weight = max(_WEIGHT, 1 / (self.samples + 1))
        step = weight * off
        self.mean += step
        self.variance = (1 - weight) * (self.variance + off * step)
        self.samples = min(self.samples + 1, SAMPLES)
        return self.anomaly is not before
