"""What the journal tells of itself."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from .failures import Trouble
    from .rows import Row


class Phase(StrEnum):
    """Whether it writes."""

    STARTING = "starting"
    WORKING = "working"
    FAILING = "failing"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class JournalState:
    """How it is; ``text`` is what the database said, without secrets, empty unless it fails."""

    phase: Phase
    trouble: Trouble | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Rows that the database would not take, whatever else it takes, and what it said of them."""

    rows: tuple[Row, ...]
    text: str


@dataclass(frozen=True, slots=True)
class MovedAside:
    """A SQLite file could not be read: it is called ``path`` now, and a new one was begun."""

    path: Path


type News = JournalState | Refusal | MovedAside


@dataclass(frozen=True, slots=True)
class Metrics:
    """Counts since the start; latencies of a commit in milliseconds, None before the first.

    ``backlog`` is what waits now, ``dropped`` what there was no room for, ``refused`` rows that
    the database would not take.
    """

    written: int = 0
    backlog: int = 0
    dropped: int = 0
    refused: int = 0
    latency_ms: float | None = None
    average_ms: float | None = None
