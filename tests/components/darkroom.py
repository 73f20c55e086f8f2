"""Clips made without ffmpeg: all the way from what a stream brings to the event that one is there."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homeassistant.core import Context, Event

from custom_components.mqtt_sentinel.cameras.books import Books
from custom_components.mqtt_sentinel.cameras.recordings import Recordings
from custom_components.mqtt_sentinel.evidence.clips.naming import path_of
from custom_components.mqtt_sentinel.evidence.clips.recorder import Recorder
from custom_components.mqtt_sentinel.evidence.clips.work import JOINED, Work
from custom_components.mqtt_sentinel.evidence.facts import Clip, Segment
from custom_components.mqtt_sentinel.intake.mqtt import now

from .house import House
from .journals import until
from .test_camera import Gate

if TYPE_CHECKING:
    from custom_components.mqtt_sentinel.evidence.clips.errors import ClipError

CONTENT = b"a clip"


class Darkroom(Gate):
    """Cameras whose streams a test plays, and what is told of their clips.

    ``trouble`` is what is wrong with making clips.
    """

    def __init__(self, house: House, folder: Path) -> None:
        super().__init__(house)
        self.trouble: ClipError | None = None
        self.told: list[Event[Any]] = []
        self._folder = folder
        self._pieces = 0

    async def finish(self, work: Work, ffmpeg: str, *, recovered: bool = False) -> Clip:
        """Make a clip of a part, as ffmpeg would."""
        if self.trouble:
            raise self.trouble
        work.make()
        (work.making / JOINED).write_bytes(CONTENT)
        facts = work.facts
        path = path_of(facts.media_id, work.root)
        clip = Clip(
            *(facts.media_id, facts.camera_id, facts.recording_id, facts.part),
            *(facts.began, sum(piece.duration for piece in work.pieces())),
            facts.asked - facts.began,
            *(path, None, len(CONTENT), hashlib.sha256(CONTENT).hexdigest(), facts.source),
            *(facts.causes, facts.event_ids, facts.incident_ids),
            recovered=recovered,
        )
        work.publish(clip)
        return clip

    @property
    def recordings(self) -> Recordings:
        return self.hub.cameras._recordings

    @property
    def recorder(self) -> Recorder:
        recorder = self.recordings._recorder
        assert recorder
        return recorder

    @property
    def books(self) -> Books:
        return self.recordings._books

    async def play(self, seconds: float, camera_id: str = "porch") -> None:
        """A camera's stream goes on for so long, and its piece of that is there."""
        began = now()
        await self.house.clock.advance(seconds)
        self._pieces += 1
        path = self._folder / f"{self._pieces}.ts"
        path.write_bytes(b"piece")
        self.hub.cameras._segment(camera_id, Segment(path, 1, began, seconds))
        await self.house.clock.settle()

    async def press(self, context: Context | None = None) -> None:
        """Somebody presses the button of the camera."""
        await self.house.hass.services.async_call(
            "button",
            "press",
            {"entity_id": "button.porch_record"},
            blocking=True,
            context=context,
        )

    async def until_told(self, clips: int) -> None:
        """Wait until so many clips were told of."""
        await until(self.house, lambda: len(self.told) >= clips)
        assert len(self.told) == clips

    def left(self) -> list[str]:
        """What waits to be finished, or to be listed."""
        work = self.hub.cameras.root / ".recording"
        return sorted(path.name for path in work.iterdir()) if work.exists() else []

    async def listed(self) -> list[str]:
        """The ids of all that is in the journal, oldest first."""
        return [kept.media_id for kept in await self.books.kept()]
