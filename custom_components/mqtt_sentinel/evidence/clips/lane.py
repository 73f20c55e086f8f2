"""One camera's recordings being done: its segments taken in, its parts handed on, in order."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
import logging
from typing import TYPE_CHECKING, Protocol

from .errors import ClipError, DiskFullError
from .naming import media_name
from .orders import Close, Nothing, Open, Order, Part, Reason, Take, Tell
from .owner import Failure
from .work import Facts, Work

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import tzinfo
    from pathlib import Path

    from ...watch.clock import Instant
    from ..facts import Trigger
    from .disk import Disk
    from .recording import Recording

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera that is recorded: its id, what its stream comes from, seconds of pre-roll."""

    camera_id: str
    source: str
    pre_roll: float


class Behind(Protocol):
    """Who a lane hands on to."""

    def whole(self, camera: Camera, part: Part, work: Work) -> None:
        """A part is whole, and can be saved."""

    def failed(self, failure: Failure) -> None:
        """There is no clip."""


class Lane:
    """Does what a camera's :class:`~.recording.Recording` orders, while others do theirs."""

    def __init__(
        self,
        camera: Camera,
        recording: Recording,
        root: Path,
        zone: tzinfo,
        disk: Disk,
        behind: Behind,
        clock: Callable[[], Instant],
    ) -> None:
        """Begin to work, in the running event loop."""
        self.camera = camera
        self.recording = recording
        self._root = root
        self._zone = zone
        self._disk = disk
        self._behind = behind
        self._clock = clock
        self._works: dict[str, Work] = {}
        self._line: asyncio.Queue[Order | None] = asyncio.Queue()
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self.task = self._start()

    def tell(self, orders: Sequence[Order]) -> None:
        """Put what is to be done into the line, and see when to look at the recording again."""
        for order in orders:
            self._line.put_nowait(order)
        if self._timer:
            self._timer.cancel()
            self._timer = None
        deadline = self.recording.next_deadline()
        if deadline is not None:
            wait = max(deadline - self._clock().mono, 0.0)
            self._timer = self._loop.call_later(wait, self._wake)

    def stop(self) -> None:
        """End the recording; :attr:`task` ends when all is done that is in the line."""
        self.tell(self.recording.stop())
        self._line.put_nowait(None)

    def _wake(self) -> None:
        self.tell(self.recording.wake(self._clock()))

    def _start(self) -> asyncio.Task[None]:
        task = self._loop.create_task(self._work(), name=f"clips of {self.camera.camera_id}")
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Whatever was wrong with one order, the next ones are done."""
        if not task.cancelled() and (error := task.exception()):
            _LOGGER.error("Recording of %s went wrong", self.camera.camera_id, exc_info=error)
            self.task = self._start()

    async def _work(self) -> None:
        while (order := await self._line.get()) is not None:
            match order:
                case Open(part):
                    await self._opened(part)
                case Take(key):
                    await self._taken(key, order)
                case Tell(part):
                    await self._told(part)
                case Close(part):
                    if work := self._works.pop(part.key, None):
                        self._behind.whole(self.camera, part, work)
                case Nothing(triggers, reason):
                    self._fail(triggers, reason)

    async def _opened(self, part: Part) -> None:
        """Begin a work folder, if there is room for what will be in it."""
        facts = facts_of(self.camera, part, self._zone)
        try:
            if not await self._disk.look():
                self._fail(part.triggers, Reason.DISK_FULL)
                return
            self._works[part.key] = await self._with_room(Work.create, self._root, facts)
        except ClipError as error:
            self._fail(part.triggers, error.reason, error.detail)

    async def _taken(self, key: str, take: Take) -> None:
        work = self._works.get(key)
        if work is None:
            return
        try:
            if not await self._with_room(work.take, take.number, take.segment):
                _LOGGER.warning(
                    "A segment of %s was gone before it was recorded", self.camera.camera_id
                )
        except ClipError as error:
            _LOGGER.warning(
                "A segment of %s was not recorded: %s", self.camera.camera_id, error.detail
            )

    async def _told(self, part: Part) -> None:
        work = self._works.get(part.key)
        if work is None:
            # The part could not be begun: who comes later has no more of it.
            self._fail(part.triggers[-1:], self._why_not())
            return
        facts = facts_of(self.camera, part, self._zone)
        try:
            await self._with_room(work.tell, facts)
        except ClipError as error:
            # It is known here still; only a crash before the part is saved would lose it.
            work.facts = facts
            _LOGGER.warning("A trigger was not noted down: %s", error.detail)

    def _why_not(self) -> Reason:
        return Reason.DISK_FULL if self._disk.full else Reason.CANNOT_WRITE

    async def _with_room[**P, T](
        self, do: Callable[P, T], *arguments: P.args, **named: P.kwargs
    ) -> T:
        """Do file work, a second time with more room if there was none."""
        with suppress(DiskFullError):
            return await asyncio.to_thread(do, *arguments, **named)
        await self._disk.look()
        return await asyncio.to_thread(do, *arguments, **named)

    def _fail(self, triggers: tuple[Trigger, ...], reason: Reason, detail: str = "") -> None:
        self._behind.failed(Failure(self.camera.camera_id, triggers, reason, detail=detail))


def facts_of(camera: Camera, part: Part, zone: tzinfo) -> Facts:
    """All that is to be known of a part, as it is kept."""
    began = part.began
    shown = min(
        (at.mono for trigger in part.triggers if (at := trigger.at).mono >= began.mono),
        default=began.mono,
    )
    triggers = part.triggers
    return Facts(
        str(media_name(camera.camera_id, part.recording_id, part.number, began.wall, zone)),
        camera.camera_id,
        part.recording_id,
        part.number,
        began.wall,
        # By the monotonic clock: the other one may have been set in between.
        began.wall + part.asked.mono - began.mono,
        began.wall + shown - began.mono,
        camera.source,
        tuple(dict.fromkeys(trigger.cause for trigger in triggers)),
        tuple(dict.fromkeys(trigger.event_id for trigger in triggers if trigger.event_id)),
        tuple(dict.fromkeys(trigger.incident_id for trigger in triggers if trigger.incident_id)),
        part.continues,
    )
