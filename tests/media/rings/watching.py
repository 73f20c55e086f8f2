"""A ring that is watched: what it tells is kept, and can be waited for."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
import os
from pathlib import Path
import subprocess
import time

from custom_components.mqtt_sentinel.command.backoff import Backoff
from custom_components.mqtt_sentinel.evidence.cameras.ring import DEFAULT_TEMPO, Ring, Tempo
from custom_components.mqtt_sentinel.evidence.cameras.source import Source
from custom_components.mqtt_sentinel.evidence.cameras.stream import Condition, Lost, Stream
from custom_components.mqtt_sentinel.evidence.facts import Segment
from custom_components.mqtt_sentinel.watch.clock import Instant

LONGEST = 100.0
"""Seconds until what is waited for has to have come: much, for other work on the machine."""
QUICK = replace(DEFAULT_TEMPO, backoff=Backoff(first=0.1, longest=0.5))


def now() -> Instant:
    return Instant(time.monotonic(), time.time())


class Watched:
    """A ring, and all that it told; ``alive`` are the pieces that were there when they were told."""

    def __init__(
        self, ffmpeg: str, sources: Sequence[Source], folder: Path, tempo: Tempo = QUICK
    ) -> None:
        self.segments: list[Segment] = []
        self.streams: list[Stream] = []
        self.sizes: dict[Path, int] = {}
        self.arrivals: list[float] = []
        self._told = asyncio.Event()
        self.folder = folder
        self.ring = Ring(
            ffmpeg, sources, folder, now=now, heard=self._heard, changed=self._changed, tempo=tempo
        )

    def _heard(self, segment: Segment) -> None:
        self.segments.append(segment)
        self.sizes[segment.path] = segment.path.stat().st_size
        self.arrivals.append(time.monotonic())
        self._told.set()

    def _changed(self, stream: Stream) -> None:
        self.streams.append(stream)
        self._told.set()

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until something told makes a condition true."""
        async with asyncio.timeout(LONGEST):
            while not condition():
                self._told.clear()
                await self._told.wait()

    async def count(self, pieces: int) -> None:
        """Wait for so many pieces in all."""
        await self.until(lambda: len(self.segments) >= pieces)

    async def lost(self, why: Lost) -> None:
        """Wait until the stream is lost for a reason."""
        await self.until(lambda: why in {stream.why for stream in self.streams})

    async def runs(self, number: int) -> None:
        """Wait for a piece of a run."""
        await self.until(lambda: any(segment.run >= number for segment in self.segments))

    def conditions(self) -> list[Condition]:
        return [stream.condition for stream in self.streams]


def watched(
    made: list[Watched],
    ffmpeg: str,
    sources: Sequence[Source],
    folder: Path,
    tempo: Tempo = QUICK,
) -> Watched:
    """Start a ring, which is stopped with the others of ``made``."""
    one = Watched(ffmpeg, sources, folder, tempo)
    made.append(one)
    one.ring.start()
    return one


def is_alive(pid: int) -> bool:
    """Tell whether a process runs: one that ended and was not asked about does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError, ProcessLookupError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def stamps(path: Path, stream: str = "v:0") -> list[tuple[float, bool]]:
    """The times of the packets of a piece, and which are key frames, by ffprobe."""
    told = subprocess.run(
        [
            *("ffprobe", "-v", "error", "-select_streams", stream, "-show_entries"),
            *("packet=pts_time,flags", "-of", "csv=p=0", str(path)),
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    rows = [line.split(",") for line in told.splitlines() if line.strip()]
    return [(float(row[0]), row[1].startswith("K")) for row in rows]


def frames(ffmpeg: str, path: Path) -> int:
    """How many pictures of a piece can be decoded, by itself; any error in it fails."""
    told = subprocess.run(
        [
            *(ffmpeg, "-nostdin", "-v", "error", "-xerror", "-i", str(path), "-map", "0:v:0"),
            *("-f", "null", "-progress", "pipe:1", os.devnull),
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return int(
        next(line for line in told.splitlines()[::-1] if line.startswith("frame=")).split("=")[1]
    )
