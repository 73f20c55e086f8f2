"""How a camera is, for those who show it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ..evidence.cameras.stream import Condition

if TYPE_CHECKING:
    from ..evidence.cameras.stream import Lost
    from ..evidence.facts import Clip


class SourceInUse(StrEnum):
    """What a stream is taken from."""

    ENTITY = "entity"
    STILLS = "stills"
    ADDRESS = "address"
    FALLBACK = "fallback"
    RPICAM = "rpicam"
    LIBCAMERA = "libcamera"
    DEVICE = "device"


@dataclass(frozen=True, slots=True)
class CameraState:
    """How a camera is now.

    ``why`` its stream is lost, or comes from another ``source`` than the first. ``encodes``: its
    video is encoded here, which costs. ``motion``: None while nothing told of any.
    """

    stream: Condition = Condition.STARTING
    why: Lost | None = None
    source: SourceInUse | None = None
    encodes: bool = False
    recording: bool = False
    motion: bool | None = None
    last_clip: Clip | None = None
