"""How a camera's stream is, and why it is not."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
import re


class Condition(StrEnum):
    """How a stream is."""

    STARTING = "starting"
    STREAMING = "streaming"
    LOST = "lost"


class Lost(StrEnum):
    """Why a stream is not there."""

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


# In this order: what is wrong here is wrong whatever the camera says.
_SIGNS: tuple[tuple[Lost, str], ...] = (
    (Lost.NO_SPACE, r"No space left on device|Disk quota exceeded"),
    (Lost.UNAUTHORIZED, r"\b401\b|\b403\b|Unauthorized|authorization failed|Permission denied"),
    (Lost.NOT_FOUND, r"\b404\b|Not Found|No such (file|device)|no cameras available"),
    (Lost.REFUSED, r"Connection refused"),
    (
        Lost.UNREACHABLE,
        r"No route to host|unreachable|resolve hostname|Name (or service not known|does not resolve)",
    ),
    (Lost.TIMEOUT, r"timed out"),
    (Lost.BUSY, r"Device or resource busy|failed to acquire camera|\b453\b|\b503\b"),
    (Lost.NO_VIDEO, r"Invalid data found|matches no streams|does not contain any stream"),
)
_READ_SIGNS = tuple((lost, re.compile(pattern, re.IGNORECASE)) for lost, pattern in _SIGNS)


def why_lost(told: Iterable[str], otherwise: Lost = Lost.ENDED) -> Lost:
    """Why ffmpeg ended, by the last lines of its log, from which addresses are already redacted."""
    text = "\n".join(told)
    return next((lost for lost, sign in _READ_SIGNS if sign.search(text)), otherwise)


@dataclass(frozen=True, slots=True)
class Left:
    """A source that was left for the next one, by its label, and why."""

    source: str
    why: Lost


@dataclass(frozen=True, slots=True)
class Stream:
    """How a camera's stream is now.

    ``why`` it is lost, None if it is not. ``source`` is the label of the one in use, or last in use, or
    to be tried first; ``left`` are those that come before it and could not be opened, of a lost stream
    all that could not. ``encodes``: its video is encoded here, not copied, which costs.
    """

    condition: Condition
    why: Lost | None = None
    source: str | None = None
    encodes: bool = False
    left: tuple[Left, ...] = ()
