"""Looks into streams and pieces, once and not for long."""

import asyncio
from pathlib import Path
import re
import shutil

from .codecs import Contents, known_contents, read_contents
from .process import Program
from .source import PiCamera, Source, inputs, secrets
from .stream import Lost, why_lost

_QUIET = ("-nostdin", "-hide_banner")
_LOOK = 1.0
"""Seconds: the codecs are told at once, and the rest need not be known."""
_LOG_LINES = 400
_MEASURE_SECONDS = 5.0
_MOST_PROGRESS = 65_536
_PROGRESS = re.compile(rb"^(frame|out_time_us)=(\d+)$", re.MULTILINE)


class LostError(Exception):
    """A source cannot be opened: why, and what ffmpeg said last, redacted."""

    def __init__(self, why: Lost, told: str = "") -> None:
        """Know both."""
        super().__init__(f"{why}: {told}" if told else str(why))
        self.why = why
        self.told = told


async def contents_of(ffmpeg: str, source: Source, seconds: float) -> Contents:
    """What is in a stream. It is opened for that, but for ``seconds`` at most.

    Raises:
        LostError: it cannot be opened, or not in time, or has no video.
    """
    if isinstance(source, PiCamera) and not await asyncio.to_thread(shutil.which, source.program):
        raise LostError(Lost.NO_PROGRAM, source.program)
    if known := known_contents(source):
        return known
    try:
        program = await Program.start(
            [ffmpeg, *_QUIET, *inputs(source, _LOOK)], secrets=secrets(source), log_lines=_LOG_LINES
        )
    except OSError as reason:
        raise LostError(Lost.NO_FFMPEG, reason.strerror or "") from reason
    try:
        async with asyncio.timeout(seconds):
            await program.ended()
    except TimeoutError:
        raise LostError(Lost.TIMEOUT) from None
    finally:
        await program.end()
    if program.is_missing:
        raise LostError(Lost.NO_FFMPEG, ffmpeg)
    if contents := read_contents("\n".join(program.log.raw)):
        return contents
    told = program.log.lines()
    opened = any(line.startswith("Input #0") for line in told)
    raise LostError(
        Lost.NO_VIDEO if opened else why_lost(told, Lost.NO_VIDEO), told[-1] if told else ""
    )


async def length_of(ffmpeg: str, piece: Path) -> float | None:
    """How many seconds of video a piece has; None if no picture of it can be decoded."""
    reading = ("-protocol_whitelist", "file", "-i", f"file:{piece}", "-map", "0:v:0")
    quiet = (*_QUIET, "-loglevel", "error", "-threads", "1")
    try:
        program = await Program.start(
            [ffmpeg, *quiet, *reading, "-f", "null", "-progress", "pipe:1", "-"]
        )
    except OSError:
        return None
    try:
        async with asyncio.timeout(_MEASURE_SECONDS):
            told = dict(_PROGRESS.findall(await program.output(_MOST_PROGRESS)))
    except TimeoutError:
        return None
    finally:
        await program.end()
    if not int(told.get(b"frame", 0)):
        return None
    return int(told.get(b"out_time_us", 0)) / 1e6 or None
