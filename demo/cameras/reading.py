"""Reads the clock back out of a video: when each of its pictures was taken, and which one it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
import re
import subprocess

from .clock import COLUMNS, ROWS, see
from .ffmpeg import FfmpegError, find

_BLOCK = 8
_WIDTH = COLUMNS * _BLOCK
_HEIGHT = ROWS * _BLOCK
_SECONDS = 120.0

# The blocks alone, small, in gray; showinfo tells of each picture on standard error.
_FILTERS = (
    f"crop=in_w:in_w*{ROWS}/{COLUMNS}:0:0,scale={_WIDTH}:{_HEIGHT}:flags=area,format=gray,showinfo"
)
_TOLD = re.compile(r"\] n: *\d+ .*?pts_time: *(\S+) .*?iskey:(\d)")


class ReadingError(Exception):
    """The clock of some picture cannot be read; the text says which."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One picture: its place in the file in seconds, and what its clock says (see ``Moment``)."""

    pts: float
    key: bool
    ms: int
    number: int


def read(source: Path | str, *options: str, skip_unreadable: bool = False) -> list[Reading]:
    """Decode a video file (or URL) and return its pictures in the order in which they are shown.

    ``options`` are for ffmpeg, before the source. Raises FfmpegError for what is no video, and
    ReadingError if there is a picture whose clock cannot be read; ``skip_unreadable`` leaves those
    out. It blocks: in an event loop, ask a thread.
    """
    command = [
        *(str(find()), "-hide_banner", "-nostdin", "-nostats", "-loglevel", "info"),
        *("-copyts", *options, "-i", str(source), "-an", "-vf", _FILTERS),
        *("-fps_mode", "passthrough", "-f", "rawvideo", "pipe:1"),
    ]
    done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)
    told = done.stderr.decode(errors="replace")
    if done.returncode != 0:
        raise FfmpegError(f"{source}: {told[-1000:]}")
    size = _WIDTH * _HEIGHT
    pictures = [done.stdout[at : at + size] for at in range(0, len(done.stdout), size)]
    places = _TOLD.findall(told)
    if len(places) != len(pictures):
        raise ReadingError(f"{source}: {len(pictures)} pictures, {len(places)} timestamps")
    readings = []
    for index, ((pts, key), picture) in enumerate(zip(places, pictures, strict=True)):
        moment = see(picture, _WIDTH)
        if moment is not None:
            readings.append(Reading(float(pts), key == "1", moment.ms, moment.number))
        elif not skip_unreadable:
            raise ReadingError(f"{source}: picture {index} at {pts} s shows no clock")
    return readings


def missing(readings: Sequence[Reading]) -> list[int]:
    """Return the numbers of the pictures that are not there between the first and the last."""
    there = {reading.number for reading in readings}
    return sorted(set(range(min(there), max(there) + 1)) - there) if there else []
