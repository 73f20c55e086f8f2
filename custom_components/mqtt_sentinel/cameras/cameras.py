"""All cameras: how each of them is, what is recorded of it, and who has to know."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from functools import partial
import logging
from typing import TYPE_CHECKING
from uuid import uuid4

from homeassistant.components.ffmpeg import get_ffmpeg_manager
from homeassistant.core import HomeAssistant, callback

from ..evidence.cameras.stream import Condition
from ..evidence.clips.errors import CaptureError
from ..evidence.clips.orders import Reason
from ..evidence.device.store import Shelf
from ..evidence.facts import Cause, Trigger
from ..evidence.journal.failures import JournalError
from ..evidence.journal.reading import latest_media
from ..evidence.journal.rows import MediaKind
from ..intake.mqtt import now
from ..outcome.audience import Audience, Moment
from ..outcome.issues import show_disk
from ..outcome.media import SavedMedia
from ..outcome.own_trouble import OwnReason, OwnTrouble
from ..setup.camera import AddressCamera
from ..setup.clips import media_folder
from ..watch.cameras import camera_key
from ..watch.reports import ConnectionReport
from .books import clip_of
from .recordings import Recordings
from .sources import address_of, called
from .state import CameraState
from .streams import Streams
from .triggers import Triggers

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigEntry
    from homeassistant.core import Context

    from ..chronicle.keeper import JournalKeeper
    from ..evidence.cameras.stream import Stream
    from ..evidence.clips.owner import Failure
    from ..evidence.facts import Clip, Segment
    from ..setup.camera import CameraSetup
    from ..watch.clock import Instant
    from ..watch.reports import Report, ThingKey
    from ..watch.sentinel import Change, Sentinel
    from .sources import Offered

_LOGGER = logging.getLogger(__name__)

SOURCE = "stream"
_ASKED = frozenset({Cause.ACTION, Cause.BUTTON, Cause.DRILL})
# What a stream says of its camera. Nothing while it is started.
_UP = {Condition.STREAMING: True, Condition.LOST: False}


class Cameras:
    """Keeps how the cameras are; ``heard`` takes what their streams report, ``told`` all that is saved.

    Whoever shows a camera listens to its id in the ``audience``.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        sentinel: Sentinel,
        audience: Audience,
        journal: JournalKeeper,
        heard: Callable[[Report], None],
        told: Callable[[SavedMedia, Context | None], None],
    ) -> None:
        """Start with none; ``root`` is the folder of all media."""
        self._hass = hass
        self._entry = entry
        self._sentinel = sentinel
        self._audience = audience
        self._journal = journal
        self._heard = heard
        self._told = told
        self._setups: dict[str, CameraSetup] = {}
        self._states: dict[str, CameraState] = {}
        self._looked_at: defaultdict[ThingKey, set[str]] = defaultdict(set)
        # Who asked for the next clip of a camera that somebody asked for.
        self._asked: dict[str, Context] = {}
        self._recordings = Recordings(hass, entry.options, journal, sentinel, self)
        journal.on_working = self._recordings.journal_works
        self.root = media_folder(hass)
        self._disk = OwnTrouble(hass, OwnReason.DISK_FULL)
        self._streams = Streams(hass, self.root, self._segment, self._streamed)
        self._triggers = Triggers(hass, self._trigger, self._over, self._moved)

    @property
    def setups(self) -> Mapping[str, CameraSetup]:
        """All cameras, by their ids."""
        return self._setups

    def state(self, camera_id: str) -> CameraState:
        """How a camera is. Raises KeyError when there is none of this id."""
        return self._states[camera_id]

    # Life

    async def start(self) -> None:
        """Begin to read the streams, and to record what is asked for."""
        ffmpeg = get_ffmpeg_manager(self._hass).binary
        await self._recordings.start(ffmpeg)
        for setup in self._setups.values():
            self._recordings.set(setup)
        self._streams.start(ffmpeg, self._setups.values())
        for setup in self._setups.values():
            self._triggers.set(setup)
        self._hass.async_create_background_task(self._recall(), "last clips")

    async def stop(self) -> None:
        """Save what is being recorded, and leave no program behind."""
        self._triggers.stop()
        await self._recordings.stop()
        await self._streams.stop()
        show_disk(self._hass, self._entry.entry_id, None)

    @callback
    def follow(self) -> None:
        """Follow a change of the options."""
        self._recordings.follow(self._entry.options)

    def shelf_of(self, key: ThingKey) -> Shelf | None:
        """Where the pictures go that a thing takes: to the camera that it tells of, if there is one."""
        cameras = (setup for setup in self._setups.values() if key in setup.motion)
        return next((Shelf(setup.id, setup.name) for setup in cameras), None)

    def name_of(self, camera_id: str) -> str:
        """What a camera is called, or whatever else has media."""
        if setup := self._setups.get(camera_id):
            return setup.name
        watch = self._sentinel.watches.get(camera_id)
        return watch.config.name if watch else self._entry.title

    async def _recall(self) -> None:
        """See what the last clips were, before there is a newer one."""
        try:
            last = await self._journal.read(partial(latest_media, site=self._journal.site))
        except JournalError as error:
            _LOGGER.debug("The last clips are not known: %s", error)
            return
        for camera_id, row in last.items():
            state = self._states.get(camera_id)
            if state and state.last_clip is None and row.kind == MediaKind.CLIP:
                self.tell(camera_id, replace(state, last_clip=clip_of(row)))

    # What is set up

    @callback
    def set(self, setup: CameraSetup) -> None:
        """A camera is set up, or set up otherwise; what is known of another source is forgotten."""
        before = self._setups.get(setup.id)
        if before:
            self._part(before)
        self._setups[setup.id] = setup
        if before is None or before.origin != setup.origin:
            self._states[setup.id] = CameraState()
        if setup.detector:
            self._looked_at[setup.detector].add(setup.id)
        if before is None or _is_read_otherwise(before, setup):
            self._recordings.set(setup)
            self._streams.set(setup)
        self._triggers.set(setup)

    @callback
    def remove(self, camera_id: str) -> None:
        """A camera is set up no more; its clips stay."""
        self._part(self._setups.pop(camera_id))
        del self._states[camera_id]
        self._asked.pop(camera_id, None)
        self._triggers.remove(camera_id)
        self._streams.remove(camera_id)
        self._recordings.remove(camera_id)

    def _part(self, setup: CameraSetup) -> None:
        if setup.detector:
            looked_at = self._looked_at[setup.detector]
            looked_at.discard(setup.id)
            if not looked_at:
                del self._looked_at[setup.detector]

    # What becomes of them

    @callback
    def tell(self, camera_id: str, state: CameraState) -> None:
        """A camera is like this from now on."""
        before, self._states[camera_id] = self._states[camera_id], state
        if before.stream is not state.stream:
            self._report(camera_id)
        self._audience.notify(Moment.SHOW, camera_id, None)

    @callback
    def say_again(self) -> None:
        """What is known of streams holds, whatever became of the broker."""
        for camera_id in self._setups:
            self._report(camera_id)

    def _report(self, camera_id: str) -> None:
        up = _UP.get(self._states[camera_id].stream)
        if up is not None:
            self._heard(ConnectionReport(camera_key(camera_id), now(), False, SOURCE, up))

    def over(self, things: Iterable[ThingKey]) -> list[str]:
        """The cameras whose detectors are among these things, each once."""
        if not self._looked_at:
            return []
        met = (self._looked_at.get(key, ()) for key in things)
        return list(dict.fromkeys(camera_id for cameras in met for camera_id in cameras))

    @callback
    def happened(self, changes: Collection[Change]) -> None:
        """Record what recent changes want recorded, and keep what devices took themselves."""
        self._triggers.happened(changes)
        for change in changes:
            self._recordings.happened(change)

    @callback
    def _segment(self, camera_id: str, segment: Segment) -> None:
        self._recordings.segment(camera_id, segment)
        self._show_recording(camera_id)

    @callback
    def _streamed(self, camera_id: str, stream: Stream, offered: list[Offered]) -> None:
        """A stream came or went, or comes from elsewhere."""
        self._recordings.come_from(camera_id, stream.source)
        if stream.condition is Condition.LOST:
            self._recordings.stream_lost(camera_id)
        why = stream.why or (stream.left[0].why if stream.left else None)
        self.tell(
            camera_id,
            replace(
                self._states[camera_id],
                stream=stream.condition,
                why=why,
                source=called(offered, stream.source),
                encodes=stream.encodes,
            ),
        )

    @callback
    def _trigger(self, camera_id: str, trigger: Trigger) -> None:
        self._recordings.trigger(camera_id, trigger)
        self._show_recording(camera_id)

    @callback
    def _over(self, camera_id: str, name: str, at: Instant) -> None:
        self._recordings.ended(camera_id, name, at)

    @callback
    def _moved(self, camera_id: str, motion: bool) -> None:
        self._tell_new(camera_id, replace(self._states[camera_id], motion=motion))

    @callback
    def _show_recording(self, camera_id: str) -> None:
        recording = self._recordings.recording(camera_id)
        self._tell_new(camera_id, replace(self._states[camera_id], recording=recording))

    @callback
    def _tell_new(self, camera_id: str, state: CameraState) -> None:
        if state != self._states[camera_id]:
            self.tell(camera_id, state)

    # What becomes of recordings

    @callback
    def clip_saved(self, clip: Clip) -> None:
        """A clip is there; its camera may be set up no more."""
        if state := self._states.get(clip.camera_id):
            recording = self._recordings.recording(clip.camera_id)
            self.tell(clip.camera_id, replace(state, last_clip=clip, recording=recording))
        context = None
        if not _ASKED.isdisjoint(clip.causes):
            context = self._asked.pop(clip.camera_id, None)
        self._audience.shield(self._told, SavedMedia.of_clip(clip), context)

    @callback
    def media_saved(self, saved: SavedMedia) -> None:
        """What a device took itself is there."""
        self._audience.shield(self._told, saved, None)

    @callback
    def clip_failed(self, failure: Failure) -> None:
        """There is no clip of what was asked for, or not yet."""
        if not failure.stays and any(trigger.cause in _ASKED for trigger in failure.triggers):
            self._asked.pop(failure.camera_id, None)
        setup = self._setups.get(failure.camera_id)
        _LOGGER.info(
            "There is no clip of %s: %s %s",
            setup.name if setup else failure.camera_id,
            failure.reason,
            failure.detail,
        )
        if setup:
            self._show_recording(failure.camera_id)

    @callback
    def disk_room(self, free: int | None) -> None:
        """The disk of the clips is full, or (None) has room again."""
        self._disk.tell(wrong=free is not None, at=now().wall)
        show_disk(self._hass, self._entry.entry_id, free)

    # What can be asked of one

    async def still(self, camera_id: str) -> bytes | None:
        """A picture of a camera as JPEG, None while there is none."""
        return await self._streams.picture(camera_id)

    def stream_url(self, camera_id: str) -> str | None:
        """The address of a camera's stream with its credentials, None for one that has none."""
        origin = self._setups[camera_id].origin
        return address_of(origin) if isinstance(origin, AddressCamera) else None

    @callback
    def record(self, camera_id: str, context: Context | None) -> None:
        """Record what a camera sees now, as a button asks for it."""
        duration = self._setups[camera_id].duration
        self._ask(camera_id, context)
        self._trigger(camera_id, Trigger(Cause.BUTTON, now(), uuid4().hex, duration))

    async def capture(
        self,
        camera_id: str,
        duration: float | None,
        context: Context | None,
        cause: Cause = Cause.ACTION,
    ) -> Clip:
        """Record a camera for so many seconds, or as long as it is set up; answer with the first clip.

        Raises CaptureError.
        """
        if camera_id not in self._setups:
            raise CaptureError(Reason.UNKNOWN_CAMERA)
        seconds = self._setups[camera_id].duration if duration is None else duration
        self._ask(camera_id, context)
        # It begins at once, so that it can be shown; Home Assistant's start and end wait for none.
        capturing = self._hass.async_create_background_task(
            self._recordings.capture(camera_id, cause, seconds), f"capture of {camera_id}"
        )
        self._show_recording(camera_id)
        return await capturing

    def _ask(self, camera_id: str, context: Context | None) -> None:
        """Remember who asked for a clip."""
        if context:
            self._asked[camera_id] = context


def _is_read_otherwise(before: CameraSetup, setup: CameraSetup) -> bool:
    return (before.origin, before.pre_roll) != (setup.origin, setup.pre_roll)
