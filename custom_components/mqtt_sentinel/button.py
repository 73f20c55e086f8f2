"""The button of an alarm that tries it out, and that of a camera that records."""

from typing import override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import SUBENTRY_ALARM, SUBENTRY_CAMERA
from .entity import SentinelEntity, add_entities_of
from .hub import SentinelConfigEntry

PARALLEL_UPDATES = 0

DRILL = ButtonEntityDescription(key="drill", translation_key="drill")
RECORD = ButtonEntityDescription(key="record", translation_key="record")


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SentinelConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the buttons of all alarms and cameras."""
    add_entities_of(
        entry,
        async_add_entities,
        {
            SUBENTRY_ALARM: lambda hub, subentry: [DrillButton(hub, subentry, DRILL)],
            SUBENTRY_CAMERA: lambda hub, subentry: [RecordButton(hub, subentry, RECORD)],
        },
    )


class DrillButton(SentinelEntity, ButtonEntity):
    """Begins a drill; how it went is told by others."""

    @override
    async def async_press(self) -> None:
        """Begin, and leave it to itself. Raises ServiceValidationError when it is refused."""
        await self.hub.drills.begin(self.subject, self._context)


class RecordButton(SentinelEntity, ButtonEntity):
    """Records what the camera sees, with its pre-roll."""

    @override
    async def async_press(self) -> None:
        """Ask for a recording; the sensor of the last clip tells when it is there."""
        self.hub.cameras.record(self.subject, self._context)
