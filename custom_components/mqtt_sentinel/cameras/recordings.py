"""The recordings of all cameras: where clips are kept, how much of them, and the disk they are on."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime, timedelta
from functools import partial
import logging
from typing import TYPE_CHECKING, Any

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..evidence.clips.errors import CaptureError, ClipError
from ..evidence.clips.lane import Camera
from ..evidence.clips.orders import Reason
from ..evidence.clips.recorder import Place, Recorder
from ..evidence.device.device import DeviceEvidence, Needs
from ..intake.mqtt import now
from ..outcome.media import SavedMedia
from ..setup.clips import limits_of, media_folder
from .books import Books

if TYPE_CHECKING:
    from ..chronicle.keeper import JournalKeeper
    from ..evidence.facts import Cause, Clip, Segment, Trigger
    from ..setup.camera import CameraSetup
    from ..watch.clock import Instant
    from ..watch.sentinel import Change, Sentinel
    from .books import Listener

_LOGGER = logging.getLogger(__name__)

# How often room is looked for on a disk that was full, and what is too old or too much.
_LOOK_EVERY = timedelta(seconds=30)
_TIDY_EVERY = timedelta(hours=1)


class Recordings:
    """What is recorded of all cameras, from :meth:`start` to :meth:`stop`.

    Clips are listed in the ``journal``, and told to the ``listener``.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        options: Mapping[str, Any],
        journal: JournalKeeper,
        sentinel: Sentinel,
        listener: Listener,
    ) -> None:
        """Prepare; nothing is looked at yet."""
        self._hass = hass
        self._options = options
        self._sentinel = sentinel
        self._books = Books(journal, self._open_incidents, listener)
        self._stops: list[CALLBACK_TYPE] = []
        self._turn = asyncio.Lock()
        self._tidying: set[asyncio.Task[None]] = set()
        self._journal = journal
        self._listener = listener
        self._recorder: Recorder | None = None
        self._device: DeviceEvidence | None = None

    async def start(self, ffmpeg: str) -> None:
        """Be ready to record; what an earlier life left is finished beside that."""
        place = Place(media_folder(self._hass), ffmpeg, dt_util.get_default_time_zone())
        recorder = self._recorder = Recorder(place, limits_of(self._options), self._books, now)
        self._device = DeviceEvidence(
            place.root,
            self._journal.site,
            place.zone,
            ffmpeg,
            Needs(
                self._listener.shelf_of,
                recorder.has_room,
                self._journal.accept,
                lambda row: self._listener.media_saved(SavedMedia.of_row(row)),
            ),
        )
        try:
            await recorder.start()
        except ClipError as error:
            _LOGGER.warning("The folder of the clips cannot be read: %s", error.detail)
        self._stops = [
            async_track_time_interval(self._hass, self._tidy, _TIDY_EVERY),
            async_track_time_interval(self._hass, self._look, _LOOK_EVERY),
        ]
        self._begin(partial(self._recover, recorder))

    async def stop(self) -> None:
        """Save what is being recorded, as far as there is time; the next start does the rest."""
        while self._stops:
            self._stops.pop()()
        recorder, self._recorder = self._recorder, None
        device, self._device = self._device, None
        if recorder:
            await recorder.stop()
        if device:
            await device.stop()
        for task in self._tidying:
            task.cancel()
        await asyncio.gather(*self._tidying, return_exceptions=True)

    def _open_incidents(self) -> Collection[str]:
        watches = self._sentinel.watches
        incidents = (watches[watch_id].incident for watch_id in self._sentinel.open_incidents)
        return {incident.id for incident in incidents if incident}

    # The cameras

    @callback
    def set(self, setup: CameraSetup) -> None:
        """Be ready to record a camera as it is set up now."""
        if self._recorder:
            self._recorder.add_camera(Camera(setup.id, "", setup.pre_roll))

    @callback
    def remove(self, camera_id: str) -> None:
        """Record a camera no more; what is being recorded is saved."""
        if self._recorder:
            self._recorder.remove_camera(camera_id)

    def recording(self, camera_id: str) -> bool:
        """Tell whether a camera is recorded now, or waited for."""
        return self._recorder is not None and self._recorder.recording(camera_id)

    @callback
    def trigger(self, camera_id: str, trigger: Trigger) -> None:
        """Record a camera, or go on recording it."""
        if self._recorder:
            self._recorder.trigger(camera_id, trigger)

    @callback
    def ended(self, camera_id: str, name: str, at: Instant) -> None:
        """What lasted is over."""
        if self._recorder:
            self._recorder.ended(camera_id, name, at)

    @callback
    def segment(self, camera_id: str, segment: Segment) -> None:
        """The next piece of a camera's stream is there."""
        if self._recorder:
            self._recorder.segment(camera_id, segment)

    @callback
    def come_from(self, camera_id: str, source: str | None) -> None:
        """What is recorded of a camera comes from this source from now on, by its label."""
        if self._recorder and source:
            self._recorder.come_from(camera_id, source)

    @callback
    def stream_lost(self, camera_id: str) -> None:
        """A camera sends nothing any more, for now."""
        if self._recorder:
            self._recorder.stream_lost(camera_id)

    async def capture(self, camera_id: str, cause: Cause, duration: float) -> Clip:
        """Record a camera, and answer with the first clip of that. Raises CaptureError."""
        if self._recorder is None:
            raise CaptureError(Reason.STOPPING)
        return await self._recorder.capture(camera_id, cause, duration=duration)

    # What is kept

    def follow(self, options: Mapping[str, Any]) -> None:
        """Keep as much as is wanted now, and remove what is more."""
        if self._recorder and (limits := limits_of(options)) != limits_of(self._options):
            self._options = dict(options)
            self._recorder.limit(limits)
            self._begin(partial(self._keep_tidy, self._recorder))

    @callback
    def journal_works(self) -> None:
        """The journal takes rows again: list what it did not take."""
        if self._recorder:
            self._begin(partial(self._recover, self._recorder))

    @callback
    def _tidy(self, _: datetime) -> None:
        if self._recorder:
            self._begin(partial(self._keep_tidy, self._recorder))

    @callback
    def _look(self, moment: datetime) -> None:
        if self._recorder and self._recorder.full:
            self._tidy(moment)

    def _begin(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do one thing after the other, beside all else."""

        async def in_turn() -> None:
            async with self._turn:
                await work()

        task = self._hass.async_create_background_task(in_turn(), f"{DOMAIN} clips")
        self._tidying.add(task)
        task.add_done_callback(self._tidying.discard)

    @callback
    def happened(self, change: Change) -> None:
        """Keep what a device took itself."""
        if self._device:
            self._device.heard(change)

    async def _recover(self, recorder: Recorder) -> None:
        recovered = await recorder.recover()
        if recovered.clips or recovered.removed:
            _LOGGER.info(
                "%d clips that were not finished when Home Assistant ended are; %d had no picture",
                len(recovered.clips),
                recovered.removed,
            )
        for left in recovered.left:
            _LOGGER.warning("A clip cannot be finished now: %s", left.reason)
        if self._device:
            try:
                await self._device.list_again()
            except ClipError as error:
                _LOGGER.debug("What devices took cannot be listed now: %s", error.detail)
        await self._keep_tidy(recorder)

    async def _keep_tidy(self, recorder: Recorder) -> None:
        try:
            await recorder.tidy()
        except ClipError as error:
            _LOGGER.debug("Clips cannot be tidied now: %s", error.detail)
