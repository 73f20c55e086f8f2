"""What cameras record in a drill: beside all else, and for no longer than the drill turns things on."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from homeassistant.core import HomeAssistant, callback

from ..const import DOMAIN
from ..evidence.clips.errors import ClipError
from ..evidence.clips.orders import Reason
from ..evidence.facts import Cause
from ..intake.mqtt import now
from ..watch.drill_words import RECORD_TIME, Stage

if TYPE_CHECKING:
    from .run import Around, Run


class CameraRecordings:
    """Has cameras recorded as drills ask for it; ``became`` is called when something came of one."""

    def __init__(self, hass: HomeAssistant, around: Around, became: Callable[[Run], None]) -> None:
        """Record nothing yet."""
        self._hass = hass
        self._around = around
        self._became = became

    @callback
    def follow(self, run: Run) -> None:
        """Begin what a drill asks for, and wait for nothing any more that came too late for it."""
        for watch_id in run.drill.recordings():
            run.recordings[watch_id] = self._hass.async_create_background_task(
                self._record(run, watch_id), f"{DOMAIN} drill records", eager_start=False
            )
        if run.drill.stage is not Stage.TURNING_ON:
            run.stop_recording()

    async def _record(self, run: Run, watch_id: str) -> None:
        """Record a camera, which is its watch, and tell the drill what came of that."""
        cameras, drill = self._around.cameras, run.drill
        if watch_id not in cameras.setups:  # it was removed meanwhile
            drill.not_recorded(watch_id, Reason.UNKNOWN_CAMERA.value, now())
        else:
            try:
                clip = await cameras.capture(watch_id, RECORD_TIME, run.context, Cause.DRILL)
            except ClipError as error:
                drill.not_recorded(watch_id, error.reason.value, now())
            else:
                drill.recorded(watch_id, clip.media_id, now())
        del run.recordings[watch_id]
        self._became(run)
