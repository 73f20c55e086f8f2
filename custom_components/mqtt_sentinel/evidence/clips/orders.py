"""What a camera's recording wants done, in words: parts begun, segments taken, parts ended."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...watch.clock import Instant
    from ..facts import Segment, Trigger


class Reason(StrEnum):
    """Why there is no clip, or not yet."""

    NO_STREAM = "no_stream"
    TOO_OLD = "too_old"
    RECORDED_BEFORE = "recorded_before"
    STOPPING = "stopping"
    DISK_FULL = "disk_full"
    UNKNOWN_CAMERA = "unknown_camera"
    CANNOT_WRITE = "cannot_write"
    CANNOT_FINISH = "cannot_finish"
    UNPLAYABLE = "unplayable"
    NOT_RECORDED = "not_recorded"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a recording, from its first segment on.

    ``number`` counts from 1 within the recording. ``asked`` is when the recording's first trigger was.
    ``triggers`` are those whose time reaches into this part. ``continues`` is the recording whose
    last segment is the one right before the first of this one, None where there is none.
    """

    recording_id: str
    number: int
    began: Instant
    asked: Instant
    triggers: tuple[Trigger, ...]
    continues: str | None = None

    @property
    def key(self) -> str:
        """What tells it from all other parts."""
        return f"{self.recording_id}-{self.number}"


@dataclass(frozen=True, slots=True)
class Open:
    """A part begins."""

    part: Part


@dataclass(frozen=True, slots=True)
class Take:
    """A segment belongs to a part; ``number`` orders the segments of a camera."""

    key: str
    number: int
    segment: Segment


@dataclass(frozen=True, slots=True)
class Tell:
    """A part that is open has one more trigger."""

    part: Part


@dataclass(frozen=True, slots=True)
class Close:
    """A part is whole: it can be saved."""

    part: Part


@dataclass(frozen=True, slots=True)
class Nothing:
    """There is no clip for these triggers, and there will be none."""

    triggers: tuple[Trigger, ...]
    reason: Reason


type Order = Open | Take | Tell | Close | Nothing
