"""What comes out of measuring: rows, and how they are shown. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
import json
from statistics import median
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Span:
    """What some messages took: CPU seconds of the process, seconds, and how many they were."""

    cpu: float
    wall: float
    count: int

    @property
    def micros(self) -> float:
        """CPU time a message, in microseconds."""
        return self.cpu / self.count * 1e6


class Judged(StrEnum):
    """What of a row is held against its bar."""

    RATIO = "ratio"
    OURS = "ours"


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement: ours, the same of something else, and the bar that it has to stay under.

    ``ours`` and ``comparison`` (None where there is nothing to compare with) are in ``unit``.
    ``but`` says why it was not measured as it should be; then the bar is not met, whatever it says.
    """

    name: str
    title: str
    unit: str
    ours: float
    comparison: float | None
    ratio: float | None
    bar: float
    judged: Judged
    but: str = ""

    @classmethod
    def of_rounds(
        cls, name: str, title: str, unit: str, rounds: Sequence[tuple[float, float]], bar: float
    ) -> Self:
        """A row of rounds of (ours, comparison) that were measured one right after the other.

        The ratio is the median of the ratios of the rounds: what else the machine did in a round
        slowed both.
        """
        return cls(
            name,
            title,
            unit,
            median(ours for ours, _ in rounds),
            median(comparison for _, comparison in rounds),
            median(ours / comparison for ours, comparison in rounds),
            bar,
            Judged.RATIO,
        )

    @property
    def met(self) -> bool:
        """Tell whether it stays under its bar."""
        value = self.ratio if self.judged is Judged.RATIO else self.ours
        return not self.but and value is not None and value <= self.bar

    def as_dict(self) -> dict[str, Any]:
        """A form for JSON."""
        return {
            "name": self.name,
            "ours": _rounded(self.ours),
            "comparison": _rounded(self.comparison),
            "ratio": _rounded(self.ratio),
            "bar": self.bar,
            "met": self.met,
            "unit": self.unit,
            "judged": self.judged.value,
            "but": self.but or None,
        }


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """A measurement that could not be made, and why."""

    name: str
    reason: str

    met = False

    def as_dict(self) -> dict[str, Any]:
        """A form for JSON, like that of a row."""
        nothing = dict.fromkeys(("ours", "comparison", "ratio", "bar"))
        return {"name": self.name, **nothing, "met": False, "error": self.reason}


type Result = Row | Unmeasured


def percentile(values: Iterable[float], share: float) -> float:
    """The value that ``share`` (0 to 1) of the values stay at or under. Raises ValueError on none."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("no values")
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def as_json(rows: Iterable[Result]) -> str:
    """All rows in one line."""
    return json.dumps([row.as_dict() for row in rows])


def as_table(rows: Iterable[Result], *, head: bool = True) -> str:
    """All rows as a table for people."""
    lines = [("", "ours", "comparison", "ratio", "bar", "")] if head else []
    lines += [_cells(row) for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if number == 0 else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _cells(row: Result) -> tuple[str, str, str, str, str, str]:
    if isinstance(row, Unmeasured):
        return f"{row.name}: {row.reason}", "", "", "", "", "NOT MEASURED"
    return (
        f"{row.name}: {row.title}" + (f"; but {row.but}" if row.but else ""),
        f"{row.ours:.3g} {row.unit}",
        "" if row.comparison is None else f"{row.comparison:.3g} {row.unit}",
        "" if row.ratio is None else f"{row.ratio:.2f}x",
        f"{row.bar:g}x" if row.judged is Judged.RATIO else f"{row.bar:g} {row.unit}",
        "met" if row.met else "MISSED",
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
