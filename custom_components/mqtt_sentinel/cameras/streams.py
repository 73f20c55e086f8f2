"""The streams of all cameras, each by itself, and the folder of their rings."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..evidence.cameras.place import RAM, Place
from .stream import CameraStream, Equipment

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant

    from ..evidence.cameras.stream import Stream
    from ..evidence.facts import Segment
    from ..setup.camera import CameraSetup
    from .sources import Offered

# A house of that size is likely to be all that there will be.
_LEAST_CAMERAS = 4


class Streams:
    """Reads the streams of all cameras, from :meth:`start` to :meth:`stop`.

    ``heard`` is told each piece of a camera's stream, ``changed`` how it is and what it can be taken
    from, of a camera that is not set up otherwise meanwhile.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        folder: Path,
        heard: Callable[[str, Segment], None],
        changed: Callable[[str, Stream, list[Offered]], None],
    ) -> None:
        """Read nothing yet. Rings that have no room in memory are kept in ``folder``."""
        self._hass = hass
        self._folder = folder
        self._heard = heard
        self._changed = changed
        self._ffmpeg: str | None = None
        self._place: asyncio.Future[Place] | None = None
        self._streams: dict[str, CameraStream] = {}
        self._ending: dict[str, asyncio.Task[None]] = {}

    def start(self, ffmpeg: str, setups: Iterable[CameraSetup]) -> None:
        """Begin to read the streams of these cameras, and of all that are set from now on."""
        self._ffmpeg = ffmpeg
        for setup in setups:
            self.set(setup)

    def set(self, setup: CameraSetup) -> None:
        """Read the stream of a camera, as it is set up now."""
        self.remove(setup.id)
        if self._ffmpeg is None:
            return
        stream = CameraStream(
            self._hass,
            setup,
            partial(self._equipment, self._ending.get(setup.id)),
            lambda segment: self._hear(stream, setup.id, segment),
            lambda condition, offered: self._follow(stream, setup.id, condition, offered),
        )
        self._streams[setup.id] = stream
        stream.start()

    def remove(self, camera_id: str) -> None:
        """Read the stream of a camera no more."""
        if stream := self._streams.pop(camera_id, None):
            ending = self._hass.async_create_background_task(
                _end(stream, self._ending.get(camera_id)), f"end of stream {camera_id}"
            )
            self._ending[camera_id] = ending
            ending.add_done_callback(lambda _: self._ended(camera_id, ending))

    async def stop(self) -> None:
        """Read nothing any more: all programs and files are gone when this returns."""
        self._ffmpeg = None
        for camera_id in list(self._streams):
            self.remove(camera_id)
        await asyncio.gather(*self._ending.values())
        if self._place:
            place, self._place = self._place, None
            with suppress(OSError):  # there is none
                await asyncio.to_thread((await place).remove)

    async def picture(self, camera_id: str) -> bytes | None:
        """The latest picture of a camera as JPEG, None while there is none."""
        stream = self._streams.get(camera_id)
        return await stream.picture() if stream else None

    async def _equipment(self, before: asyncio.Task[None] | None) -> Equipment:
        """What streams are read with, when the one ``before`` has let go of the camera.

        The folder is made when the first camera needs it.

        Raises:
            OSError: there is no folder that can be written.
        """
        if before:
            await asyncio.wait([before])
        assert self._ffmpeg is not None
        if self._place is None:
            count = max(len(self._streams), _LEAST_CAMERAS)
            making = asyncio.to_thread(_make_place, self._folder, count)
            self._place = self._hass.async_create_task(making, "folder of rings")
            self._place.add_done_callback(self._made)
        return Equipment(self._ffmpeg, await asyncio.shield(self._place))

    def _made(self, making: asyncio.Future[Place]) -> None:
        if making.cancelled() or making.exception():
            self._place = None

    def _ended(self, camera_id: str, ending: asyncio.Task[None]) -> None:
        if self._ending.get(camera_id) is ending:
            del self._ending[camera_id]

    def _hear(self, stream: CameraStream, camera_id: str, segment: Segment) -> None:
        if self._streams.get(camera_id) is stream:
            self._heard(camera_id, segment)

    def _follow(
        self, stream: CameraStream, camera_id: str, condition: Stream, offered: list[Offered]
    ) -> None:
        if self._streams.get(camera_id) is stream:
            self._changed(camera_id, condition, offered)


async def _end(stream: CameraStream, before: asyncio.Task[None] | None) -> None:
    """End a stream; one that was to follow another may wait for that still."""
    await stream.stop()
    if before:
        await asyncio.wait([before])


def _make_place(folder: Path, cameras: int) -> Place:
    folder.mkdir(parents=True, exist_ok=True)
    return Place.make([RAM, folder], cameras)
