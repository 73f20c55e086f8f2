"""A recorder with a clock of its own, and an owner that keeps the books in memory."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path

from custom_components.mqtt_sentinel.evidence.clips.errors import NotRecordedError
from custom_components.mqtt_sentinel.evidence.clips.lane import Camera
from custom_components.mqtt_sentinel.evidence.clips.owner import Failure, Kept
from custom_components.mqtt_sentinel.evidence.clips.recorder import Place, Recorder
from custom_components.mqtt_sentinel.evidence.clips.retention import Limits
from custom_components.mqtt_sentinel.evidence.facts import Cause, Clip, Segment, Trigger
from custom_components.mqtt_sentinel.watch.clock import Instant

from .film import EPOCH, FFMPEG, Film

CAMERA = "01JC5Z0V5T8Q3M4N6P7R9S0TAB"


@dataclass
class Books:
    """All that the recorder told."""

    listed: dict[str, Clip] = field(default_factory=dict)
    announced: list[Clip] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    rooms: list[int | None] = field(default_factory=list)
    open: set[str] = field(default_factory=set)
    broken: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def record(self, clip: Clip) -> None:
        if self.broken:
            raise NotRecordedError("no journal")
        assert clip.path.exists()
        self.listed[clip.media_id] = clip

    async def kept(self) -> Sequence[Kept]:
        return [
            Kept(clip.media_id, clip.began, clip.size, clip.incident_ids)
            for clip in self.listed.values()
        ]

    async def forget(self, media_ids: Sequence[str]) -> None:
        for media_id in media_ids:
            self.listed.pop(media_id, None)

    def open_incidents(self) -> Collection[str]:
        return self.open

    def saved(self, clip: Clip) -> None:
        assert self.listed[clip.media_id] == clip
        self.announced.append(clip)
        self.changed.set()

    def failed(self, failure: Failure) -> None:
        self.failures.append(failure)
        self.changed.set()

    def room(self, free: int | None) -> None:
        self.rooms.append(free)

    async def until(self, clips: int = 0, failures: int = 0) -> None:
        """Wait until so many were told of."""
        async with asyncio.timeout(30):
            while len(self.announced) < clips or len(self.failures) < failures:
                self.changed.clear()
                await self.changed.wait()


class Studio:
    """A recorder, its owner, its clock."""

    def __init__(
        self,
        root: Path,
        *,
        ffmpeg: str = FFMPEG,
        limits: Limits | None = None,
        free: Callable[[Path], int] = lambda path: 1 << 40,
        books: Books | None = None,
    ) -> None:
        self.root = root
        self.now = 0.0
        self.books = books or Books()
        self.recorder = Recorder(
            Place(root, ffmpeg, UTC), limits or Limits(), self.books, self.clock, free=free
        )

    def clock(self) -> Instant:
        return Instant(self.now, EPOCH + self.now)

    def add(self, camera_id: str = CAMERA, pre_roll: float = 5.0) -> None:
        self.recorder.add_camera(Camera(camera_id, "rtsp", pre_roll))

    def ask(
        self,
        name: str = "hall",
        camera_id: str = CAMERA,
        *,
        cause: Cause = Cause.MOTION,
        duration: float = 10.0,
        lasts: bool = False,
        event_id: str | None = None,
        incident_id: str | None = None,
    ) -> None:
        trigger = Trigger(cause, self.clock(), name, duration, lasts, event_id, incident_id)
        self.recorder.trigger(camera_id, trigger)

    def feed(
        self,
        film: Film,
        first: int,
        last: int,
        *cameras: str,
        run: int = 1,
    ) -> None:
        """Segments of a film from the first up to before the last, as time goes by."""
        for number in range(first, last):
            self.now = number + 1.0
            segment: Segment = film.segment(number, run)
            for camera_id in cameras or (CAMERA,):
                self.recorder.segment(camera_id, segment)

    def files(self) -> list[str]:
        """All that is in the folder of the clips."""
        return sorted(
            path.relative_to(self.root).as_posix()
            for path in self.root.rglob("*")
            if not path.is_dir()
        )
