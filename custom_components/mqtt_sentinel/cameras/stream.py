"""One camera's stream: where it comes from, its ring, and its latest picture."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
import logging
from typing import TYPE_CHECKING

from homeassistant.exceptions import HomeAssistantError

from ..command.backoff import Backoff
from ..evidence.cameras.fault import ended_by_fault
from ..evidence.cameras.ring import Ring, Tempo
from ..evidence.cameras.source import StillImages
from ..evidence.cameras.still import Still
from ..evidence.cameras.stream import Condition, Lost, Stream
from ..intake.mqtt import now
from ..setup.camera import EntityCamera
from .sources import Offered, image_of, sources_of

if TYPE_CHECKING:
    from pathlib import Path

    from homeassistant.core import HomeAssistant

    from ..evidence.cameras.place import Place
    from ..evidence.facts import Segment
    from ..setup.camera import CameraSetup

_LOGGER = logging.getLogger(__name__)

# Pictures a second where a camera has nothing else.
_STILL_PAUSE = 0.5
_NO_ENTITY = Stream(Condition.LOST, Lost.NOT_FOUND)
_NO_FOLDER = Stream(Condition.LOST, Lost.NO_SPACE)
_FAULT = Stream(Condition.LOST, Lost.ENDED)


@dataclass(frozen=True, slots=True)
class Equipment:
    """What streams are read with, and where: the program, and the folder of all rings."""

    ffmpeg: str
    place: Place


class CameraStream:
    """Keeps one camera's stream going until :meth:`stop`.

    ``heard`` is told each piece of it, ``changed`` how it is, with what it can be taken from.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        setup: CameraSetup,
        equipment: Callable[[], Awaitable[Equipment]],
        heard: Callable[[Segment], None],
        changed: Callable[[Stream, list[Offered]], None],
    ) -> None:
        """Know the camera; :meth:`start` begins. ``equipment`` may raise OSError."""
        self._hass = hass
        self._setup = setup
        self._equipment = equipment
        self._heard = heard
        self._changed = changed
        self._offered: list[Offered] = []
        self._ring: Ring | None = None
        self._still: Still | None = None
        self._streamed = False
        self._lost = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to read it."""
        self._task = self._hass.async_create_background_task(
            self._keep(), f"stream of {self._setup.id}"
        )
        self._task.add_done_callback(self._over)

    async def stop(self) -> None:
        """Read it no more: its programs are gone when this returns."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def picture(self) -> bytes | None:
        """The latest picture as JPEG, None while there is none."""
        return await self._still.picture() if self._still else None

    def _over(self, keeping: asyncio.Task[None]) -> None:
        if ended_by_fault(keeping):
            self._changed(_FAULT, [])

    def _newest(self) -> Segment | None:
        return self._ring.newest if self._ring else None

    async def _keep(self) -> None:
        """Read the stream; one of an entity is asked for anew when it is lost: it may be elsewhere."""
        backoff, tried = Backoff(), 0
        while True:
            tried += 1
            try:
                equipment = await self._equipment()
                offered = await sources_of(self._hass, self._setup.origin)
                folder = await asyncio.to_thread(equipment.place.folder)
            except HomeAssistantError as error:
                _LOGGER.debug("%s cannot be asked for its stream: %s", self._setup.name, error)
                self._changed(_NO_ENTITY, [])
            except OSError as error:
                level = logging.WARNING if tried == 1 else logging.DEBUG
                _LOGGER.log(
                    level, "There is no folder for the stream of %s: %s", self._setup.name, error
                )
                self._changed(_NO_FOLDER, [])
            else:
                if await self._read(equipment.ffmpeg, folder, offered):
                    tried = 0
            # Also where the entity has another address each time that it is asked.
            await asyncio.sleep(backoff.pause(max(tried, 1), 1.0))

    async def _read(self, ffmpeg: str, folder: Path, offered: list[Offered]) -> bool:
        """Read the stream while it can only be taken from these; tell whether there was any."""
        self._offered = offered
        self._streamed = False
        ring = self._ring = Ring(
            ffmpeg,
            [each.source for each in offered],
            folder,
            now=now,
            heard=self._heard,
            changed=self._follow,
            tempo=Tempo(pre_roll=self._setup.pre_roll),
        )
        self._still = Still(ffmpeg, self._newest)
        feeding: asyncio.Task[None] | None = None
        if any(isinstance(each.source, StillImages) for each in offered):
            feeding = self._hass.async_create_background_task(
                self._feed(ring), f"pictures of {self._setup.id}"
            )
        try:
            ring.start()
            while True:
                self._lost.clear()
                await self._lost.wait()
                if await self._moved(offered):
                    return self._streamed
        finally:
            if feeding:
                feeding.cancel()
                await asyncio.gather(feeding, return_exceptions=True)
            self._ring = None
            await ring.stop()

    async def _moved(self, offered: list[Offered]) -> bool:
        """Tell whether a lost stream can be taken from elsewhere now."""
        if not isinstance(self._setup.origin, EntityCamera):
            return False
        try:
            return await sources_of(self._hass, self._setup.origin) != offered
        except HomeAssistantError:
            return True

    def _follow(self, stream: Stream) -> None:
        if stream.condition is Condition.LOST:
            self._lost.set()
        elif stream.condition is Condition.STREAMING:
            self._streamed = True
        self._changed(stream, self._offered)

    async def _feed(self, ring: Ring) -> None:
        """Give a ring that has nothing else the pictures of the camera's entity."""
        assert isinstance(self._setup.origin, EntityCamera)
        while True:
            if ring.is_fed:
                try:
                    image = await image_of(self._hass, self._setup.origin)
                except HomeAssistantError:
                    pass  # without pictures the ring finds that the stream is lost
                else:
                    ring.feed(image)
            await asyncio.sleep(_STILL_PAUSE)
