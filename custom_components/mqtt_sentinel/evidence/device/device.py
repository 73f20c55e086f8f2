"""What devices took themselves: heard, bounded, kept, listed, told."""

import asyncio
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
import logging
from typing import TYPE_CHECKING

from ...watch.reports import EvidenceReport
from ..clips.errors import CannotFinishError, DiskFullError
from ..clips.ffmpeg import run_ffmpeg
from ..journal.failures import JournalError
from ..journal.rows import MediaKind
from .store import Described, NotAPictureError, Shelf, Store, describe

if TYPE_CHECKING:
    from datetime import tzinfo
    from pathlib import Path

    from ...watch.reports import ThingKey
    from ...watch.sentinel import Change
    from ..journal.rows import MediaRow

_LOGGER = logging.getLogger(__name__)

# What waits to be written is in memory. A message has 20 MB at most.
MOST_WAITING_BYTES = 64 << 20
MOST_WAITING = 200
# Of one thing in a minute: more than any camera has to tell of, and less than what would soon push
# all else out of what is kept.
MOST_FILES = 60
MOST_BYTES = 200 << 20
PERIOD = 60.0
_MOST_REMEMBERED = 2_000
_THUMBNAIL_SECONDS = 20.0
_THUMBNAIL_WIDTH = 640


class Lost(StrEnum):
    """Why something that a device took was not kept."""

    TOO_MUCH = "too_much"
    TOO_OFTEN = "too_often"
    NOT_A_PICTURE = "not_a_picture"
    DISK_FULL = "disk_full"
    CANNOT_WRITE = "cannot_write"


@dataclass(frozen=True, slots=True)
class Needs:
    """What is needed of whoever runs it; all of it is called in the event loop.

    ``camera_of`` names the camera that a thing's motion is motion before, None without one.
    ``has_room`` looks whether the disk has room, and makes some. ``record`` lists a row for good, or
    raises JournalError. ``saved`` hears of each file once, whether it could be listed or not.
    """

    camera_of: Callable[[ThingKey], Shelf | None]
    has_room: Callable[[], Awaitable[bool]]
    record: Callable[[MediaRow], Awaitable[None]]
    saved: Callable[[MediaRow], None]


async def _to_the_end[**P, T](work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run something in a thread; who is cancelled meanwhile is so when it is done, not before.

    A thread cannot be stopped, and the next life must not find it at work.
    """
    running = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
    try:
        return await asyncio.shield(running)
    finally:
        await asyncio.wait([running])


class DeviceEvidence:
    """Keeps the pictures and videos that come as reports, one after the other. ``lost`` counts the rest.

    All methods are the event loop's; files are written in threads.
    """

    def __init__(self, root: Path, site: str, zone: tzinfo, ffmpeg: str, needs: Needs) -> None:
        self.lost: Counter[Lost] = Counter()
        self._site = site
        self._zone = zone
        self._ffmpeg = ffmpeg
        self._needs = needs
        self._store = Store(root)
        self._waiting: deque[tuple[EvidenceReport, Shelf]] = deque()
        self._waiting_bytes = 0
        self._recent: defaultdict[ThingKey, deque[tuple[float, int]]] = defaultdict(deque)
        self._known: OrderedDict[str, None] = OrderedDict()
        self._said: set[Lost] = set()
        self._worker: asyncio.Task[None] | None = None
        # Whoever has it may change what is in the folder of what is on its way.
        self._turn = asyncio.Lock()

    def heard(self, change: Change) -> None:
        """Take what a change brought, if it is a picture or a video; whatever it is, this never raises."""
        report = change.occasion
        if not isinstance(report, EvidenceReport):
            return
        config = change.watch.config
        if lost := self._too_much(report):
            self._lose(lost, report)
            return
        shelf = self._needs.camera_of(report.key) or Shelf(config.id, config.name)
        self._waiting.append((report, shelf))
        self._waiting_bytes += len(report.content)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.get_running_loop().create_task(
                self._work(), name="mqtt_sentinel device evidence"
            )

    async def list_again(self) -> int:
        """List what is kept and not listed: at the start, and when the journal is back; how many it were.

        Raises CannotWriteError.
        """
        number = 0
        async with self._turn:
            for stem, row in await asyncio.to_thread(self._store.unlisted):
                number += await self._list(stem, row)
        return number

    async def idle(self) -> None:
        """Wait until all that was heard is kept."""
        while self._worker and not self._worker.done():
            await asyncio.wait([self._worker])

    async def stop(self, within: float = 10.0) -> None:
        """Keep what was heard, in so many seconds."""
        try:
            async with asyncio.timeout(within):
                await self.idle()
        except TimeoutError:
            if self._worker:
                self._worker.cancel()
                await asyncio.wait([self._worker])

    # Bounds

    def _too_much(self, report: EvidenceReport) -> Lost | None:
        size = len(report.content)
        if len(self._waiting) >= MOST_WAITING or self._waiting_bytes + size > MOST_WAITING_BYTES:
            return Lost.TOO_MUCH
        recent = self._recent[report.key]
        while recent and recent[0][0] <= report.at.mono - PERIOD:
            recent.popleft()
        if len(recent) >= MOST_FILES or sum(each for _, each in recent) + size > MOST_BYTES:
            return Lost.TOO_OFTEN
        recent.append((report.at.mono, size))
        return None

    def _lose(self, lost: Lost, report: EvidenceReport) -> None:
        self.lost[lost] += 1
        # One line: the log is not to be filled by a device.
        level = logging.DEBUG if lost in self._said else logging.WARNING
        self._said.add(lost)
        _LOGGER.log(level, "A %s of %r is not kept: %s", report.occasion, report.key.name, lost)

    # One after the other

    async def _work(self) -> None:
        while self._waiting:
            report, shelf = self._waiting[0]
            try:
                async with self._turn:
                    await self._take(report, shelf)
            except NotAPictureError:
                self._lose(Lost.NOT_A_PICTURE, report)
            except DiskFullError:
                self._lose(Lost.DISK_FULL, report)
            except CannotFinishError as error:
                _LOGGER.debug("Cannot be written: %s", error.detail)
                self._lose(Lost.CANNOT_WRITE, report)
            finally:
                self._waiting.popleft()
                self._waiting_bytes -= len(report.content)

    async def _take(self, report: EvidenceReport, shelf: Shelf) -> None:
        described = await asyncio.to_thread(describe, report, shelf, self._site, self._zone)
        recording = described.row.recording_id
        if recording in self._known:
            self._known.move_to_end(recording)
            return
        before = date.fromisoformat(described.row.day) - timedelta(days=1)
        if not await asyncio.to_thread(self._store.has, described, before.isoformat()):
            await self._keep(described, report.content)
        self._known[recording] = None
        if len(self._known) > _MOST_REMEMBERED:
            self._known.popitem(last=False)

    async def _keep(self, described: Described, content: bytes) -> None:
        """Write it, list it, tell of it. Raises CannotFinishError."""
        if not await self._needs.has_room():
            raise DiskFullError
        try:
            path = await _to_the_end(self._store.keep, described, content)
        except DiskFullError:
            if not await self._needs.has_room():
                raise
            path = await _to_the_end(self._store.keep, described, content)
        self._said -= {Lost.DISK_FULL, Lost.CANNOT_WRITE}
        row = described.row
        if row.kind == MediaKind.VIDEO:
            row = replace(row, thumbnail=await self._thumbnail(described, path))
        await self._list(described.stem, row)
        self._needs.saved(row)

    async def _list(self, stem: str, row: MediaRow) -> bool:
        """List a file; what cannot be listed now stays noted."""
        try:
            await self._needs.record(row)
        except JournalError as error:
            _LOGGER.debug("%s is not in the journal yet: %s", row.media_id, error)
            return False
        await asyncio.to_thread(self._store.listed, stem)
        return True

    async def _thumbnail(self, described: Described, path: Path) -> str | None:
        """Make the thumbnail of a video, if it is one that can be decoded; below the root."""
        demuxer = described.container.demuxer
        if demuxer is None:
            return None
        target = self._store.thumbnail(described)
        scaled = f"scale='min({_THUMBNAIL_WIDTH},iw)':-2"
        # Told what it is, and kept to files: no list of other addresses is read from it.
        source = ("-protocol_whitelist", "file", "-f", demuxer, "-i", f"file:{path}")
        made = ("-map", "0:v:0", "-frames:v", "1", "-vf", scaled, "-f", "image2", "-c:v", "mjpeg")
        try:
            await run_ffmpeg(
                self._ffmpeg,
                (*source, *made, "-q:v", "4", "-update", "1", f"file:{target}"),
                target.parent,
                _THUMBNAIL_SECONDS,
            )
            return await asyncio.to_thread(self._store.keep_thumbnail, described)
        except CannotFinishError as error:  # it is evidence without one, too
            _LOGGER.debug("No thumbnail: %s", error.detail)
            return None
