"""Scenes: timed steps that are run, and watched while they are."""

from typing import TYPE_CHECKING, Any, override

from homeassistant.components.scene import Scene
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .command.scene_report import StopReason
from .const import SUBENTRY_SCENE
from .entity import SentinelEntity, add_entities_of

if TYPE_CHECKING:
    from .hub import SentinelConfigEntry

PARALLEL_UPDATES = 0

SCENE = EntityDescription(key="scene", translation_key="scene")


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SentinelConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the scenes."""
    add_entities_of(
        entry,
        async_add_entities,
        {SUBENTRY_SCENE: lambda hub, subentry: [SentinelScene(hub, subentry, SCENE)]},
    )


class SentinelScene(SentinelEntity, Scene):
    """One scene; it is what its device is there for, and has its name."""

    _attr_name = None

    @property
    @override
    def available(self) -> bool:
        """Whether it can be run."""
        return self.hub.scenes.setups[self.subject].steps is not None

    @override
    async def async_activate(self, **kwargs: Any) -> None:
        """Start it, from its beginning if it runs already; this does not wait for its end."""
        self.hub.scenes.run(self.subject, self._context)

    @callback
    def async_stop(self) -> None:
        """Stop it at once, if it runs."""
        self.hub.scenes.halt(self.subject, StopReason.ASKED)
