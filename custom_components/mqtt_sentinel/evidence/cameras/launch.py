"""The programs of one run of a ring: the ffmpeg that cuts the stream, and what feeds it."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
import logging
import os
from pathlib import Path

from .codecs import Contents, outputs
from .pieces import pattern
from .process import Program
from .source import Source, StillImages, inputs, label, producer, secrets
from .stream import Lost, why_lost

_LOGGER = logging.getLogger(__name__)
_UNTIMED = "first pts and dts value must be set"


def cutting(ffmpeg: str, source: Source, contents: Contents, *, run: int, look: float) -> list[str]:
    """The ffmpeg that cuts a stream into pieces of a second, where it may, and tells each.

    ``look``: seconds that it may look into the stream first.
    """
    return [
        *(ffmpeg, "-nostdin", "-hide_banner", "-loglevel", "warning", *inputs(source, look)),
        *outputs(contents),
        # A track that is silent holds up the other for half a second at most.
        *("-max_interleave_delta", "500000", "-f", "segment", "-segment_time", "1"),
        # What it is at is in the file: that much is left when it is killed.
        *("-segment_format", "mpegts", "-segment_format_options", "flush_packets=1"),
        *("-segment_list", "pipe:1", "-segment_list_type", "csv", "-y", pattern(run)),
    ]


async def launch(
    stack: AsyncExitStack, source: Source, command: Sequence[str], folder: Path
) -> list[Program]:
    """Start ``command`` in a folder, and what it is fed by; it is the last. The stack ends them.

    Raises:
        OSError: no process can be started.
    """
    feeder = producer(source)
    if feeder is None:
        stdin = asyncio.subprocess.DEVNULL
        if isinstance(source, StillImages):
            stdin = asyncio.subprocess.PIPE
        program = await Program.start(command, folder=folder, stdin=stdin, secrets=secrets(source))
        stack.push_async_callback(program.end)
        return [program]
    reading, writing = os.pipe()
    try:
        feeding = await Program.start(feeder, stdout=writing)
        stack.push_async_callback(feeding.end)
        program = await Program.start(command, folder=folder, stdin=reading)
        stack.push_async_callback(program.end)
    finally:
        os.close(reading)
        os.close(writing)
    return [feeding, program]


def is_untimed(programs: Sequence[Program]) -> bool:
    """Tell whether ffmpeg gave up a stream since it could not tell when its first picture is shown."""
    return any(_UNTIMED in line for line in programs[-1].log.lines())


def why_ended(source: Source, programs: Sequence[Program]) -> Lost:
    """Why programs ended that nobody ended."""
    if programs[-1].is_missing:
        return Lost.NO_FFMPEG
    if any(program.is_missing for program in programs):
        return Lost.NO_PROGRAM
    told = [line for program in programs for line in program.log.lines()]
    _LOGGER.debug("%s ended: %s", label(source), told[-3:])
    return why_lost(told)
