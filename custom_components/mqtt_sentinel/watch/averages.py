"""Moving average and anomaly of one value, at constant cost and memory."""

from dataclasses import dataclass
import math

# An exponentially weighted average over about so many samples (Roberts 1959): weight 2 / (n + 1).
SAMPLES = 60
_WEIGHT = 2 / (SAMPLES + 1)
FEWEST_SAMPLES = 30
SPREADS = 4.0
IN_A_ROW = 3
_FAR = SPREADS**2

# A value that never moved has no spread; a move below this share of it is still none worth telling.
_LEAST_SPREAD = 0.001
# So small a difference is none: its square would no longer be a number.
_NOTHING = 1e-30


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
    def out_of_line(self) -> bool:
        """Whether enough samples in a row were out of line."""
        return self.outliers >= IN_A_ROW

    @property
    def judges(self) -> bool:
        """Whether it knows the value well enough to tell what is out of line."""
        return self.samples >= FEWEST_SAMPLES

    def add(self, value: float) -> bool:
        """Take in one finite sample; tell whether :attr:`out_of_line` changed."""
        mean = self.mean
        off = value - mean
        turned = False
        if self.samples < FEWEST_SAMPLES:
            self.samples += 1
            weight = max(_WEIGHT, 1 / self.samples)
        else:
            weight = _WEIGHT
            # Nearly every sample is in line, and then this is all that it costs.
            if off * off > _FAR * self.variance and (limit := self._limit(value)) < abs(off):
                off = limit if off > 0 else -limit
                self.outliers += 1
                turned = self.outliers == IN_A_ROW
            elif self.outliers:
                turned = self.outliers >= IN_A_ROW
                self.outliers = 0
        step = weight * off
        self.mean = mean + step
        self.variance = (1 - weight) * (self.variance + off * step)
        return turned

    def _limit(self, value: float) -> float:
        """How far off a sample may be.

        The least spread is also of the sample: from an average of nought it could else never grow.
        """
        least = max(_LEAST_SPREAD * max(abs(self.mean), abs(value)), _NOTHING)
        return SPREADS * max(math.sqrt(self.variance), least)
