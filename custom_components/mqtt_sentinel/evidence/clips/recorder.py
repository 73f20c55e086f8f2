"""All cameras' recordings: what the rest of the house talks to when it wants evidence."""

import asyncio
from dataclasses import dataclass, replace
import logging
import secrets
import shutil
from typing import TYPE_CHECKING

from ..facts import DEFAULT_DURATION, Cause, Clip, Trigger
from .disk import Disk
from .errors import CannotFinishError, CaptureError, ClipError
from .lane import Camera, Lane
from .leftovers import Recovered, recover
from .orders import Part, Reason
from .owner import Failure, Owner
from .recording import Recording
from .retention import Limits, Retention
from .saving import Saving
from .work import Work, leftovers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import tzinfo
    from pathlib import Path

    from ...watch.clock import Instant
    from ..facts import Segment

_LOGGER = logging.getLogger(__name__)

FINISHED_AT_ONCE = 2
STOP_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where clips are kept, and with what they are made.

    ``root`` is the folder of the clips, ``ffmpeg`` the program, ``zone`` by whose clock they are named.
    """

    root: Path
    ffmpeg: str
    zone: tzinfo


def _free(path: Path) -> int:
    return shutil.disk_usage(path).free


class Recorder:
    """Records what cameras' streams show around triggers. Use it in the event loop only.

    First :meth:`start`, then :meth:`recover` at leisure; cameras may be added from the first on.
    """

    def __init__(
        self,
        place: Place,
        limits: Limits,
        owner: Owner,
        clock: Callable[[], Instant],
        *,
        free: Callable[[Path], int] = _free,
        name: Callable[[], str] = lambda: secrets.token_hex(4),
        at_once: int = FINISHED_AT_ONCE,
    ) -> None:
        """``free`` tells the free bytes of a disk, ``name`` gives ids that no recording has had."""
        self._place = place
        self._limits = limits
        self._owner = owner
        self._clock = clock
        self._name = name
        self._retention = Retention(place.root, place.zone, owner)
        self._disk = Disk(place.root, limits.free, self._retention, owner, free)
        self._saving = Saving(place.ffmpeg, owner, self._disk, at_once)
        self._lanes: dict[str, Lane] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._saves: set[asyncio.Task[None]] = set()
        self._captures: dict[str, asyncio.Future[Clip]] = {}
        self._left: list[Path] = []
        self._stopping = False

    @property
    def full(self) -> bool:
        """Tell whether there is no room to record."""
        return self._disk.full

    def recording(self, camera_id: str) -> bool:
        """Tell whether a camera is being recorded, or waited for."""
        lane = self._lanes.get(camera_id)
        return lane is not None and lane.recording.running

    def limit(self, limits: Limits) -> None:
        """Keep as much as this from now on."""
        self._limits = limits
        self._disk.least = limits.free

    async def has_room(self) -> bool:
        """Look whether there is room on the disk, and make some if not.

        Raises:
            CannotWriteError: The folder cannot be read or written.

        """
        return await self._disk.look()

    async def start(self) -> None:
        """See what an earlier life left, before anything new is begun.

        Raises:
            CannotWriteError: The folder cannot be read.

        """
        self._left = await asyncio.to_thread(leftovers, self._place.root)

    async def recover(self) -> Recovered:
        """Finish what an earlier life left, or there was no room for; what cannot be stays."""
        folders, self._left = self._left, []
        recovered = await recover(self._place.root, folders, self._saving)
        self._left += [left.folder for left in recovered.left]
        return recovered

    async def tidy(self) -> int:
        """Remove what is too old or too much; tell how many clips that were.

        With room again, what waited for it is finished.

        Raises:
            CannotWriteError: The folder cannot be read or written.

        """
        removed = await self._retention.tidy(self._limits, self._clock().wall)
        if await self._disk.look() and self._left:
            await self.recover()
        return removed

    def add_camera(self, camera: Camera) -> None:
        """Be ready for a camera; one that is there already begins anew."""
        self.remove_camera(camera.camera_id)
        self._lanes[camera.camera_id] = Lane(
            camera,
            Recording(camera.pre_roll, self._name),
            self._place.root,
            self._place.zone,
            self._disk,
            self,
            self._clock,
        )

    def remove_camera(self, camera_id: str) -> None:
        """End a camera's recording with what is there."""
        if lane := self._lanes.pop(camera_id, None):
            lane.stop()
            self._ending.add(lane.task)
            lane.task.add_done_callback(self._ending.discard)

    def come_from(self, camera_id: str, source: str) -> None:
        """Parts that begin from now on come from this source."""
        if lane := self._lanes.get(camera_id):
            lane.camera = replace(lane.camera, source=source)

    def trigger(self, camera_id: str, trigger: Trigger) -> None:
        """Record a camera, or go on recording it."""
        lane = self._lanes.get(camera_id)
        if lane is None or self._stopping:
            reason = Reason.STOPPING if self._stopping else Reason.UNKNOWN_CAMERA
            self.failed(Failure(camera_id, (trigger,), reason))
            return
        lane.tell(lane.recording.trigger(trigger, self._clock()))

    def ended(self, camera_id: str, name: str, at: Instant) -> None:
        """What lasted is over."""
        if lane := self._lanes.get(camera_id):
            lane.tell(lane.recording.ended(name, at))

    def segment(self, camera_id: str, segment: Segment) -> None:
        """The next segment of a camera's stream is there."""
        if lane := self._lanes.get(camera_id):
            lane.tell(lane.recording.segment(segment, self._clock()))

    def stream_lost(self, camera_id: str) -> None:
        """A camera sends nothing any more, for now."""
        if lane := self._lanes.get(camera_id):
            lane.tell(lane.recording.stream_lost(self._clock()))

    async def capture(
        self,
        camera_id: str,
        cause: Cause = Cause.ACTION,
        *,
        duration: float = DEFAULT_DURATION,
        event_id: str | None = None,
        incident_id: str | None = None,
    ) -> Clip:
        """Record a camera from now on, and wait for the first part that is made of it.

        Raises:
            CaptureError: There is no clip, and why.

        """
        name = f"capture-{secrets.token_hex(8)}"
        future: asyncio.Future[Clip] = asyncio.get_running_loop().create_future()
        self._captures[name] = future
        try:
            self.trigger(
                camera_id,
                Trigger(
                    cause,
                    self._clock(),
                    name,
                    duration,
                    event_id=event_id,
                    incident_id=incident_id,
                ),
            )
            return await future
        finally:
            del self._captures[name]

    async def stop(self, within: float = STOP_SECONDS) -> None:
        """End all recordings, and save as much of them as can be in so many seconds.

        What is not done then is left as it is: the next start finishes it.
        """
        self._stopping = True
        for camera_id in list(self._lanes):
            self.remove_camera(camera_id)
        until = self._clock().mono + within
        # The lanes first: they hand on what is to be saved.
        for tasks in (self._ending, self._saves):
            if tasks:
                await asyncio.wait(tasks, timeout=max(until - self._clock().mono, 0.0))
        rest = [*self._ending, *self._saves]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        for future in self._captures.values():
            _reject(future, CaptureError(Reason.STOPPING))

    def whole(self, camera: Camera, part: Part, work: Work) -> None:
        """Save a part; for lanes."""
        task = asyncio.get_running_loop().create_task(
            self._save(camera, part, work), name=f"saving {work.facts.media_id}"
        )
        self._saves.add(task)

        def ended(_: asyncio.Task[None]) -> None:
            self._saves.discard(task)
            if not task.cancelled() and (error := task.exception()):
                _LOGGER.error("%s went wrong", task.get_name(), exc_info=error)
                self._fail_to_save(camera, part, work, CannotFinishError(type(error).__name__))

        task.add_done_callback(ended)

    def failed(self, failure: Failure) -> None:
        """Tell that there is no clip; for lanes."""
        for future in self._waiting(failure.triggers):
            _reject(future, CaptureError(failure.reason, failure.detail))
        self._owner.failed(failure)

    async def _save(self, camera: Camera, part: Part, work: Work) -> None:
        try:
            clip = await self._saving.save(work)
        except ClipError as error:
            self._fail_to_save(camera, part, work, error)
            return
        for future in self._waiting(part.triggers):
            if not future.done():
                future.set_result(clip)

    def _fail_to_save(self, camera: Camera, part: Part, work: Work, error: ClipError) -> None:
        stays = isinstance(error, CannotFinishError)
        if stays:
            self._left.append(work.folder)
        self.failed(Failure(camera.camera_id, part.triggers, error.reason, stays, error.detail))

    def _waiting(self, triggers: Iterable[Trigger]) -> list[asyncio.Future[Clip]]:
        """Who waits for a clip of one of these."""
        names = (trigger.name for trigger in triggers)
        return [self._captures[name] for name in names if name in self._captures]


def _reject(future: asyncio.Future[Clip], error: CaptureError) -> None:
    if not future.done():
        future.set_exception(error)
