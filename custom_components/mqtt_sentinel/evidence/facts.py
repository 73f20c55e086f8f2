"""The words of what is recorded: pieces of a stream, what asks for a recording, what comes of it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from ..watch.clock import Instant

DEFAULT_PRE_ROLL = 5.0
DEFAULT_DURATION = 10.0
# A part is saved at once: a camera that is broken must not take what it saw with it.
PART_SECONDS = 60.0
# However long a motion lasts, or claims to: then the next one begins a recording of its own.
LONGEST_RECORDING = 3600.0


@dataclass(frozen=True, slots=True)
class Segment:
    """A short piece of a camera's stream in a file of its own: MPEG-TS that begins with a key frame.

    ``run`` counts the lives of the process that made it: within one, the timestamps go on from piece
    to piece without a gap; from one to the next they do not. ``duration`` in seconds.
    """

    path: Path
    run: int
    began: Instant
    duration: float

    @property
    def ended(self) -> float:
        """When it ended, on the monotonic clock."""
        return self.began.mono + self.duration


class Cause(StrEnum):
    """What asks for a recording."""

    MOTION = "motion"
    INCIDENT = "incident"
    ACTION = "action"
    BUTTON = "button"
    DRILL = "drill"


@dataclass(frozen=True, slots=True)
class Trigger:
    """Something that asks a camera for a recording.

    ``lasts`` says that it goes on until its end is told, by the same ``name``; ``duration`` is how
    many seconds are wanted after it, or after its end. ``event_id`` is what the thing called the
    event, ``incident_id`` the incident that it belongs to, None where there is none.
    """

    cause: Cause
    at: Instant
    name: str
    duration: float = DEFAULT_DURATION
    lasts: bool = False
    event_id: str | None = None
    incident_id: str | None = None


@dataclass(frozen=True, slots=True)
class Clip:
    """A saved part of a recording. Times in epoch seconds, lengths in seconds, ``size`` in bytes.

    ``media_id`` is ``{camera_id}/{day}/{name}``; the parts of one recording share its
    ``recording_id`` and count from 1. ``pre_roll`` is how much of it is older than the first trigger.
    ``path`` and ``thumbnail`` are below the folder of the clips. ``missing`` is how much of what the
    stream had is not in it, ``recovered`` that a start had to finish it, and ``continues`` the
    recording that ends where this one begins, so that nothing is between them.
    """

    media_id: str
    camera_id: str
    recording_id: str
    part: int
    began: float
    duration: float
    pre_roll: float
    path: Path
    thumbnail: Path | None
    size: int
    sha256: str
    source: str
    causes: tuple[Cause, ...]
    event_ids: tuple[str, ...] = ()
    incident_ids: tuple[str, ...] = ()
    missing: float = 0.0
    recovered: bool = False
    continues: str | None = None
