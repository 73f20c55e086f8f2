"""Cameras as the house reads them: a ring of each, and one recorder of all."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC
from itertools import pairwise
from pathlib import Path

from custom_components.mqtt_sentinel.command.backoff import Backoff
from custom_components.mqtt_sentinel.evidence.cameras.ring import DEFAULT_TEMPO, Ring
from custom_components.mqtt_sentinel.evidence.cameras.source import UrlSource
from custom_components.mqtt_sentinel.evidence.cameras.stream import Condition, Stream
from custom_components.mqtt_sentinel.evidence.clips.lane import Camera
from custom_components.mqtt_sentinel.evidence.clips.recorder import Place, Recorder
from custom_components.mqtt_sentinel.evidence.clips.retention import Limits
from custom_components.mqtt_sentinel.evidence.facts import Cause, Clip, Segment, Trigger
from demo.cameras.reading import Reading, read
from tests.media.clips.studio import Books
from tests.media.rings.watching import now

PATIENCE = 60.0
"""Seconds until what is waited for has to have come: much, for other work on the machine."""

LATE = 0.5
"""Seconds that a picture is under way at most: when it was taken is known by when it came."""

_ROOM = 1 << 40


class Rig:
    """Cameras by their ids, all that is read of them, and the clips that come of it."""

    def __init__(self, folder: Path, ffmpeg: str, *, pre_roll: float = 3.0) -> None:
        self.books = Books()
        self.segments: dict[str, list[Segment]] = {}
        self.streams: dict[str, Stream] = {}
        self.recorder = Recorder(
            Place(folder / "clips", ffmpeg, UTC),
            Limits(),
            self.books,
            now,
            free=lambda path: _ROOM,
        )
        self._ffmpeg = ffmpeg
        self._folder = folder
        self._pre_roll = pre_roll
        self._rings: list[Ring] = []
        self._change = asyncio.Event()

    async def start(self, urls: Collection[str]) -> list[str]:
        """Read these streams, and answer with the ids of the cameras."""
        await self.recorder.start()
        ids = [f"camera{number}" for number in range(len(urls))]
        for camera_id, url in zip(ids, urls, strict=True):
            self._read(camera_id, url)
        return ids

    def _read(self, camera_id: str, url: str) -> None:
        self.segments[camera_id] = []
        self.recorder.add_camera(Camera(camera_id, url, self._pre_roll))

        def heard(segment: Segment) -> None:
            self.segments[camera_id].append(segment)
            self.recorder.segment(camera_id, segment)
            self._change.set()

        def changed(stream: Stream) -> None:
            self.streams[camera_id] = stream
            if stream.condition is Condition.LOST:
                self.recorder.stream_lost(camera_id)
            self._change.set()

        quick = Backoff(first=0.1, longest=0.5)
        ring = Ring(
            self._ffmpeg,
            [UrlSource(url)],
            self._folder / camera_id,
            now=now,
            heard=heard,
            changed=changed,
            tempo=replace(DEFAULT_TEMPO, pre_roll=self._pre_roll, backoff=quick),
        )
        self._rings.append(ring)
        ring.start()

    async def stop(self) -> None:
        await asyncio.gather(*(ring.stop() for ring in self._rings))
        await self.recorder.stop()

    async def until(self, true: Callable[[], bool], within: float = PATIENCE) -> None:
        """Wait until what the streams told makes something true."""
        async with asyncio.timeout(within):
            while not true():
                self._change.clear()
                await self._change.wait()

    async def seconds(self, least: float) -> None:
        """Wait until the ring of each camera has so many seconds."""
        await self.until(
            lambda: all(
                sum(segment.duration for segment in segments) >= least
                for segments in self.segments.values()
            )
        )

    def ask(self, camera_id: str, name: str = "hall", *, duration: float = 2.0) -> float:
        """Trigger a camera, and answer when that was, in epoch seconds."""
        at = now()
        self.recorder.trigger(camera_id, Trigger(Cause.MOTION, at, name, duration))
        return at.wall

    async def clips(self, count: int) -> list[Clip]:
        """Wait for so many clips in all."""
        async with asyncio.timeout(PATIENCE):
            await self.books.until(clips=count)
        return self.books.announced


async def pictures(clip: Clip) -> list[Reading]:
    """What the clock in each picture of a clip says, as they are shown."""
    return await asyncio.to_thread(read, clip.path)


def assert_shows(shown: list[Reading], since: float, until: float) -> None:
    """All between two moments in epoch seconds is shown, once, and in order."""
    assert shown[0].ms / 1000 <= since
    assert shown[-1].ms / 1000 >= until
    numbers = [picture.number for picture in shown]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    steps = [later.pts - earlier.pts for earlier, later in pairwise(shown)]
    assert all(step > 0 for step in steps)
