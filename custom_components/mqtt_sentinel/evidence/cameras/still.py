"""The latest picture of a ring."""

import asyncio
from collections.abc import Callable
import time
from typing import TYPE_CHECKING

from .process import Program

if TYPE_CHECKING:
    from ..facts import Segment

_SECONDS = 5.0
_FRESH = 1.0
_MOST_BYTES = 32 * 1024**2
_JPEG = b"\xff\xd8"


class Still:
    """Makes JPEG images of the newest piece of a ring, one at a time.

    Whoever asks while one is made gets that one; for a second it is handed out again.
    """

    def __init__(self, ffmpeg: str, newest: Callable[[], Segment | None]) -> None:
        """Know where ffmpeg is, and who tells the newest piece."""
        self._ffmpeg = ffmpeg
        self._newest = newest
        self._turn = asyncio.Lock()
        self._made: tuple[float, bytes] | None = None
        self._of: Segment | None = None

    async def picture(self) -> bytes | None:
        """The latest key frame as JPEG; None without one, or if it cannot be decoded in time."""
        async with self._turn:
            if self._made and time.monotonic() - self._made[0] < _FRESH:
                return self._made[1]
            segment = self._newest()
            if segment is None:
                return None
            if self._made and segment == self._of:
                return self._made[1]
            picture = await self._decode(segment)
            if picture:
                self._made, self._of = (time.monotonic(), picture), segment
            return picture

    async def _decode(self, segment: Segment) -> bytes | None:
        quiet = ("-nostdin", "-hide_banner", "-loglevel", "error", "-threads", "1")
        reading = ("-skip_frame", "nokey", "-protocol_whitelist", "file")
        making = ("-map", "0:v:0", "-frames:v", "1", "-c:v", "mjpeg", "-q:v", "3", "-f", "mjpeg")
        command = [
            *(self._ffmpeg, *quiet, *reading, "-i", f"file:{segment.path}"),
            *(*making, "-pix_fmt", "yuvj420p", "pipe:1"),
        ]
        try:
            program = await Program.start(command)
        except OSError:
            return None
        try:
            async with asyncio.timeout(_SECONDS):
                picture = await program.output(_MOST_BYTES)
        except TimeoutError:
            return None
        finally:
            await program.end()
        return picture if picture.startswith(_JPEG) else None
