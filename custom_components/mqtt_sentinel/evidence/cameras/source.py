"""What a camera's stream can come from, and what ffmpeg is told to take it.

No shell is between: a command is a list. What a user chose stands only behind ``-i`` or another
option's name, and what it may be is held to a form that is no option.
"""

from dataclasses import dataclass
import re
from typing import assert_never
from urllib.parse import urlsplit

from .address import PROTOCOLS, AddressError, checked, redacted, secrets_of

_DEVICE = re.compile(r"/dev/(video\d{1,3}|v4l/by-(id|path)/[A-Za-z0-9_][A-Za-z0-9_.:+-]*)\Z")
_NETWORK_TIMEOUT = "10000000"
"""Microseconds without a byte after which ffmpeg gives up by itself."""
_PI_RATE = 25
_BOUNDARY = "sentinel"
PI_PROGRAMS = ("rpicam-vid", "libcamera-vid")


class SourceError(ValueError):
    """Nothing that a stream could be taken from; the text says why, without secrets."""


@dataclass(frozen=True, slots=True)
class UrlSource:
    """A stream on the network, by an address that :func:`~.address.checked` lets in."""

    url: str

    def __post_init__(self) -> None:
        try:
            checked(self.url)
        except AddressError as reason:
            raise SourceError(str(reason)) from None

    @property
    def scheme(self) -> str:
        """Of its address, in small letters."""
        return urlsplit(self.url).scheme

    def __repr__(self) -> str:
        return f"UrlSource({redacted(self.url)!r})"


@dataclass(frozen=True, slots=True)
class PiCamera:
    """A camera at the connector of a Raspberry Pi, by the program that reads it.

    ``camera`` counts from 0. Its own hardware makes the H.264.
    """

    program: str = PI_PROGRAMS[0]
    camera: int = 0
    width: int = 1280
    height: int = 720

    def __post_init__(self) -> None:
        if self.program not in PI_PROGRAMS:
            raise SourceError("no program that reads a camera")
        if not (0 <= self.camera < 8 and 64 <= self.width <= 4096 and 64 <= self.height <= 4096):
            raise SourceError("no such camera or size")


@dataclass(frozen=True, slots=True)
class VideoDevice:
    """A video device of Linux. ``format`` is what is asked of it, None what it gives by itself."""

    path: str = "/dev/video0"
    format: str | None = None

    def __post_init__(self) -> None:
        if not _DEVICE.match(self.path):
            raise SourceError("no video device")
        if self.format not in {None, "h264", "mjpeg"}:
            raise SourceError("no format of video devices")


@dataclass(frozen=True, slots=True)
class StillImages:
    """JPEG images that the caller feeds in, each when it has one."""


type Source = UrlSource | PiCamera | VideoDevice | StillImages


def of_device(path: str) -> tuple[VideoDevice, ...]:
    """What a video device may be asked for, the best first: what need not be encoded."""
    return VideoDevice(path, "h264"), VideoDevice(path)


def of_this_computer(camera: int = 0, device: str = "/dev/video0") -> tuple[Source, ...]:
    """What a local camera may be, the best first: nothing to encode, then ever more."""
    return (
        *(PiCamera(program, camera) for program in PI_PROGRAMS),
        *of_device(device),
    )


def label(source: Source) -> str:
    """How a source is shown: no user, no password."""
    match source:
        case UrlSource(url):
            return redacted(url)
        case PiCamera(program, camera):
            return f"{program}:{camera}"
        case VideoDevice(path, None):
            return path
        case VideoDevice(path, form):
            return f"{path} ({form})"
        case StillImages():
            return "still images"
        case _:
            assert_never(source)


def secrets(source: Source) -> tuple[str, ...]:
    """What of a source must not be shown, wherever it turns up."""
    return secrets_of(source.url) if isinstance(source, UrlSource) else ()


def producer(source: Source) -> list[str] | None:
    """The program whose output ffmpeg reads, and its arguments; None if ffmpeg needs none."""
    if not isinstance(source, PiCamera):
        return None
    return [
        *(source.program, "--nopreview", "--timeout", "0", "--camera", str(source.camera)),
        *("--codec", "h264", "--inline", "--flush", "--framerate", str(_PI_RATE)),
        *("--intra", str(_PI_RATE), "--width", str(source.width), "--height", str(source.height)),
        *("--output", "-"),
    ]


def inputs(source: Source, look: float) -> list[str]:
    """The arguments by which ffmpeg opens a source, and looks into it for so many seconds at most."""
    return ["-analyzeduration", str(int(look * 1e6)), *_opened(source)]


def _opened(source: Source) -> list[str]:
    match source:
        case UrlSource(url):
            network = (
                ("-rtsp_transport", "tcp", "-timeout", _NETWORK_TIMEOUT)
                if source.scheme in {"rtsp", "rtsps"}
                else ("-rw_timeout", _NETWORK_TIMEOUT)
            )
            return ["-protocol_whitelist", PROTOCOLS[source.scheme], *network, "-i", url]
        case PiCamera():
            # Without a container there are no times: they are counted at the rate that was asked for.
            raw = ("-f", "h264", "-framerate", str(_PI_RATE))
            return ["-protocol_whitelist", "pipe", *raw, "-i", "pipe:0"]
        case VideoDevice(path, form):
            asked = ["-input_format", form] if form else []
            return ["-f", "v4l2", "-protocol_whitelist", "file", *asked, "-i", path]
        case StillImages():
            return [
                *("-protocol_whitelist", "pipe", "-use_wallclock_as_timestamps", "1"),
                *("-f", "mpjpeg", "-i", "pipe:0"),
            ]
        case _:
            assert_never(source)


def framed(jpeg: bytes) -> bytes:
    """One image as :class:`StillImages` are fed: its length goes before, so it ends when it ends."""
    head = f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
    return b"%b%b\r\n" % (head.encode(), jpeg)
