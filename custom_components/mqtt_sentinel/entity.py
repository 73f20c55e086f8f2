"""The base of every entity."""

from typing import TYPE_CHECKING, override

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import CONF_DIALECT, DOMAIN
from .dialects.table import DIALECTS
from .outcome.audience import Moment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .hub import Hub, SentinelConfigEntry
    from .watch.alarm import GuardedAlarm
    from .watch.sentinel import Change
    from .watch.watched import Watched


class SentinelEntity(Entity):
    """An entity of one subentry; it shows what the hub knows of it."""

    _attr_has_entity_name = True
    _attr_should_poll = False
    moment = Moment.SHOW

    def __init__(self, hub: Hub, subentry: ConfigSubentry, description: EntityDescription) -> None:
        """Bind an entity to its subentry."""
        self.hub = hub
        self.subject = subentry.subentry_id
        self.entity_description = description
        self._attr_unique_id = f"{subentry.subentry_id}_{description.key}"
        device = DeviceInfo(
            identifiers={(DOMAIN, subentry.subentry_id)},
            name=subentry.title,
            manufacturer="MQTT Sentinel",
            model=_model(subentry),
            via_device_id=dr.async_get_device_id_by_identifier(
                hub.hass, (DOMAIN, hub.entry.entry_id), config_entry_id=hub.entry.entry_id
            ),
        )
        watch = hub.sentinel.watches.get(self.subject)
        if watch and watch.details.firmware:
            device["sw_version"] = watch.details.firmware
        self._attr_device_info = device

    @override
    async def async_added_to_hass(self) -> None:
        """Start to follow the hub."""
        await super().async_added_to_hass()
        self.async_on_remove(self.hub.audience.listen(self.subject, self.follow, self.moment))

    @callback
    def follow(self, change: Change | None) -> None:
        """Show a change, or without one the present state."""
        self.async_write_ha_state()

    @property
    def watch(self) -> Watched:
        """The watch that a device entity shows."""
        return self.hub.sentinel.watches[self.subject]

    @property
    def alarm(self) -> GuardedAlarm:
        """The alarm that an alarm entity shows."""
        return self.hub.alarms.alarm(self.subject)


@callback
def add_entities_of(
    entry: SentinelConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    by_type: Mapping[str, Callable[[Hub, ConfigSubentry], Sequence[Entity]]],
) -> None:
    """Add the entities of every subentry, of those there are and of those still to come.

    ``by_type`` makes the entities of a subentry, by its type.
    """
    hub = entry.runtime_data

    @callback
    def add(subentry_id: str) -> None:
        subentry = entry.subentries[subentry_id]
        if make := by_type.get(subentry.subentry_type):
            async_add_entities(make(hub, subentry), config_subentry_id=subentry_id)

    hub.on_new(add)


def own_entities(hass: HomeAssistant, entities: set[str], key: str | None = None) -> set[str]:
    """Those of some entities that this integration made, with a key: whose translation has it."""
    registry = er.async_get(hass)
    return {
        entity_id
        for entity_id in entities
        if (entry := registry.async_get(entity_id)) and entry.platform == DOMAIN
        if key is None or entry.translation_key == key
    }


def _model(subentry: ConfigSubentry) -> str:
    """What kind of thing a subentry is about."""
    kind: str = subentry.data.get(CONF_DIALECT, subentry.subentry_type)
    return DIALECTS[kind].title if kind in DIALECTS else kind.capitalize()
