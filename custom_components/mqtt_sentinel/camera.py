"""Cameras that are made here; one that has an entity already needs no second."""

from typing import TYPE_CHECKING, override

from homeassistant.components.camera import (
    Camera,
    CameraEntityDescription,
    CameraEntityFeature,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import SUBENTRY_CAMERA
from .entities.cameras import detection_running, state_of
from .entity import SentinelEntity, add_entities_of
from .evidence.cameras.stream import Condition
from .hub import SentinelConfigEntry

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigSubentry

    from .hub import Hub
    from .watch.sentinel import Change

PARALLEL_UPDATES = 0

CAMERA = CameraEntityDescription(key="camera", translation_key="camera")


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SentinelConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the cameras that are made here."""
    add_entities_of(entry, async_add_entities, {SUBENTRY_CAMERA: _cameras})


def _cameras(hub: Hub, subentry: ConfigSubentry) -> list[SentinelCamera]:
    made_here = hub.cameras.setups[subentry.subentry_id].is_made_here
    return [SentinelCamera(hub, subentry, CAMERA)] if made_here else []


class SentinelCamera(SentinelEntity, Camera):
    """The picture of one camera, live and still."""

    _attr_name = None

    def __init__(
        self, hub: Hub, subentry: ConfigSubentry, description: CameraEntityDescription
    ) -> None:
        """Bind it to its subentry."""
        Camera.__init__(self)
        SentinelEntity.__init__(self, hub, subentry, description)
        self._url: str | None = None
        self._read()

    def _read(self) -> None:
        """Take over how the camera is."""
        state = state_of(self)
        self._attr_is_recording = state.recording
        self._attr_is_streaming = state.stream is Condition.STREAMING
        self._attr_motion_detection_enabled = detection_running(self) is True
        self._url = self.hub.cameras.stream_url(self.subject)
        self._attr_supported_features = (
            CameraEntityFeature.STREAM if self._url else CameraEntityFeature(0)
        )

    @override
    @callback
    def follow(self, change: Change | None) -> None:
        """Show how the camera is now."""
        before = self._url
        self._read()
        if self.stream and self._url != before and self._url:
            self.stream.update_source(self._url)
        super().follow(change)

    @property
    @override
    def available(self) -> bool:
        """Tell whether there is anything to see."""
        return state_of(self).stream is not Condition.LOST

    @override
    async def stream_source(self) -> str | None:
        """The address of the stream, with its credentials: for players within Home Assistant."""
        return self._url

    @override
    async def async_camera_image(
        self, width: int | None = None, height: int | None = None
    ) -> bytes | None:
        """The newest picture as JPEG."""
        return await self.hub.cameras.still(self.subject)
