"""What four rings cost: the ffmpegs that copy 1080p, and the process that hears of their pieces."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
import os
from pathlib import Path
import shutil
import sys
import time

from custom_components.mqtt_sentinel.evidence.cameras.place import RAM, Place
from custom_components.mqtt_sentinel.evidence.cameras.ring import Ring
from custom_components.mqtt_sentinel.evidence.cameras.source import UrlSource
from custom_components.mqtt_sentinel.watch.clock import Instant

from .films import make
from .results import Judged, Row, percentile
from .sentinel_probe.ticks import lags

CAMERAS = 4
_SETTLED_PIECES = 5
_START_SECONDS = 60.0
_FILM_SECONDS = 10.0
_TICKS = os.sysconf("SC_CLK_TCK")


class RingError(Exception):
    """Rings could not be measured; the text says why."""


def cpu_of(pid: int) -> float:
    """CPU seconds that another process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


@asynccontextmanager
async def _camera(ffmpeg: str, film: Path) -> AsyncGenerator[str]:
    """The address of a camera that runs."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.films", ffmpeg, str(film)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin
    assert process.stdout
    try:
        yield f"http://127.0.0.1:{int(await process.stdout.readline())}/"
    finally:
        process.stdin.close()
        await process.wait()


async def rings(run_dir: Path, seconds: float) -> list[Row]:
    """Measure what they take for some seconds, then the lag for as many; ``run_dir`` is for the film.

    Raises:
        RingError: there is no ffmpeg, or the rings did not run all the time.
    """
    if not (ffmpeg := shutil.which("ffmpeg")):
        raise RingError("there is no ffmpeg")
    film = run_dir / "film.ts"
    await asyncio.to_thread(make, ffmpeg, film, _FILM_SECONDS)
    alone = await lags(seconds)
    pieces = [0] * CAMERAS
    settled = asyncio.Event()
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(_camera(ffmpeg, film))
        place = await asyncio.to_thread(Place.make, [RAM, run_dir], CAMERAS)
        stack.callback(place.remove)
        running = []
        for number in range(CAMERAS):

            def heard(_: object, number: int = number) -> None:
                pieces[number] += 1
                if min(pieces) >= _SETTLED_PIECES:
                    settled.set()

            ring = Ring(
                *(ffmpeg, [UrlSource(url)], place.folder()),
                now=lambda: Instant(time.monotonic(), time.time()),
                heard=heard,
                changed=lambda _: None,
            )
            stack.push_async_callback(ring.stop)
            ring.start()
            running.append(ring)
        try:
            async with asyncio.timeout(_START_SECONDS):
                await settled.wait()
        except TimeoutError:
            raise RingError(f"no pieces come: {running[0].stream}") from None
        pids = [ring.pid for ring in running]
        before, own, began = _used(pids), time.process_time(), time.monotonic()
        await asyncio.sleep(seconds)
        wall = time.monotonic() - began
        copying = (_used(pids) - before) / wall / CAMERAS
        hearing = (time.process_time() - own) / wall / CAMERAS
        lag = await lags(seconds)
        if pids != [ring.pid for ring in running]:
            raise RingError("a ring was interrupted")
    title = f"a ring of 1080p, 25 pictures/s, 4 Mbit/s ({CAMERAS} run)"
    at_rest = percentile(alone, 0.99) * 1000
    return [
        Row("rings", f"CPU of {title}, of a core", "%", copying * 100, None, None, 2, Judged.OURS),
        Row(
            "rings_lag",
            f"event loop lag (p99) while {CAMERAS} rings run, against none",
            "ms",
            percentile(lag, 0.99) * 1000,
            at_rest,
            None,
            10,
            Judged.OURS,
        ),
        Row(
            "rings_own",
            f"CPU to hear of the pieces of {title}, of a core",
            "%",
            hearing * 100,
            None,
            None,
            1,
            Judged.OURS,
        ),
    ]


def _used(pids: list[int | None]) -> float:
    return sum(cpu_of(pid) for pid in pids if pid)
