"""The pieces of a ring: what ffmpeg tells of each, and when it was seen."""

from collections import deque
from dataclasses import dataclass
import re
from typing import TYPE_CHECKING

from ...watch.clock import Instant

if TYPE_CHECKING:
    from pathlib import Path

_LINE = re.compile(r"(\d{4,}-\d{8}\.ts),(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)\s*")
_LONGEST = 600.0
"""Seconds: a piece that claims to be longer comes of a clock that was set."""
_LOOKED_BACK = 60


def pattern(run: int) -> str:
    """The names of a run's pieces, as ffmpeg counts them up."""
    return f"{run:04d}-%08d.ts"


def of_run(folder: Path, run: int) -> list[Path]:
    """The pieces of a run that are in the folder, the oldest first."""
    return sorted(folder.glob(f"{run:04d}-*.ts"))


@dataclass(frozen=True, slots=True)
class Piece:
    """A finished piece: its file's name, and its begin and end in seconds of the stream's clock."""

    name: str
    began: float
    ended: float

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is in it: ffmpeg gave up before its first picture."""
        return self.began == self.ended


def read_line(line: str) -> Piece | None:
    """What a line of ffmpeg's list of segments says; None for any other line."""
    if not (found := _LINE.fullmatch(line)):
        return None
    return Piece(found[1], float(found[2]), float(found[3]))


class RunClock:
    """Tells when the pieces of one run began, by the stream's clock and by when they arrived.

    A picture arrives late, never early. So the least delay of the last minute or so is taken as the
    difference of the clocks: it swallows a network that stutters, and follows a camera whose clock
    is fast or slow. Within a run no piece begins before the one before it.
    """

    def __init__(self) -> None:
        """Nothing has arrived."""
        self._offsets: deque[float] = deque(maxlen=_LOOKED_BACK)
        self._last_began: float | None = None
        self._last_arrival: float | None = None
        self.ended: float | None = None
        """When the last piece ended, in monotonic seconds."""

    def place(self, piece: Piece, arrived: Instant) -> tuple[Instant, float]:
        """When a piece began, and how many seconds it has; ``arrived`` is when it was finished."""
        duration = piece.ended - piece.began
        if not 0 < duration <= _LONGEST:
            # The camera's clock was set: what is known of it counts no more.
            self._offsets.clear()
            since = self._last_arrival if self._last_arrival is not None else arrived.mono
            duration = min(max(arrived.mono - since, 0.0), _LONGEST)
            ended = arrived.mono
        else:
            offset = arrived.mono - piece.ended
            if self._offsets and abs(offset - self._offsets[-1]) > _LONGEST:
                self._offsets.clear()
            self._offsets.append(offset)
            ended = piece.ended + min(self._offsets)
        return self._at(ended - duration, duration, arrived), duration

    def place_unfinished(self, duration: float, arrived: Instant) -> Instant:
        """When the piece began that the process was at when it ended."""
        began = arrived.mono - duration if self.ended is None else self.ended
        return self._at(began, duration, arrived)

    def _at(self, began: float, duration: float, arrived: Instant) -> Instant:
        if self._last_began is not None:
            began = max(began, self._last_began)
        self._last_began, self._last_arrival = began, arrived.mono
        self.ended = began + duration
        # The wall clock as it is now: where it was set meanwhile, it is right now.
        return Instant(began, arrived.wall - (arrived.mono - began))
