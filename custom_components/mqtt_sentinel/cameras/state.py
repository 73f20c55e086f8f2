"""How a camera is, for those who show it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..evidence.facts import Clip


class StreamState(StrEnum):
    """How the stream of a camera is."""

    STARTING = "starting"
    STREAMING = "streaming"
    LOST = "lost"
    # Nobody wants it now.
    OFF = "off"


class SourceInUse(StrEnum):
    """What a stream is taken from."""

    ENTITY = "entity"
    STILLS = "stills"
    ADDRESS = "address"
    FALLBACK = "fallback"
    RPICAM = "rpicam"
    LIBCAMERA = "libcamera"
    DEVICE = "device"


class Trouble(StrEnum):
    """Why a stream is not there, or does not come from where it should."""

    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    UNAUTHORIZED = "unauthorized"
    NOT_FOUND = "not_found"
    BUSY = "busy"
    TIMEOUT = "timeout"
    STALLED = "stalled"
    NO_VIDEO = "no_video"
    NO_PROGRAM = "no_program"
    NO_FFMPEG = "no_ffmpeg"
    NO_SPACE = "no_space"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class CameraState:
    """How a camera is now.

    ``why`` its stream is lost, or comes from another ``source`` than the first. ``encodes``: its
    video is encoded here, which costs. ``motion``: None while nothing told of any.
    """

    stream: StreamState = StreamState.STARTING
    why: Trouble | None = None
    source: SourceInUse | None = None
    encodes: bool = False
    recording: bool = False
    motion: bool | None = None
    last_clip: Clip | None = None
