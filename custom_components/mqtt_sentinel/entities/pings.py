"""The sensor that tells how a watch keeps its promise to ping; only for those that promise."""

from typing import TYPE_CHECKING, Any, override

from homeassistant.components.sensor import (
    DOMAIN as SENSOR_DOMAIN,
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..const import DOMAIN, SUBENTRY_DEVICE
from ..entity import SentinelEntity
from ..outcome.wording import as_utc
from ..watch.watched import PingState, ping_state

if TYPE_CHECKING:
    from ..hub import SentinelConfigEntry

PING = SensorEntityDescription(
    key="ping",
    translation_key="ping",
    device_class=SensorDeviceClass.ENUM,
    options=[state.value for state in PingState],
    entity_category=EntityCategory.DIAGNOSTIC,
)


class PingSensor(SentinelEntity, SensorEntity):
    """How the pings of a watch are."""

    # It changes for ever, and what its history tells the state tells too.
    _unrecorded_attributes = frozenset({"last_ping"})

    @property
    @override
    def native_value(self) -> str | None:
        """The state; None in the moment between a promise that is withdrawn and its removal."""
        state = ping_state(self.watch)
        return state.value if state else None

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """How many are missing, what was promised (in seconds), and when the last one came."""
        watch = self.watch
        last_ping = watch.last_ping
        return {
            "consecutive_misses": watch.judgement.misses,
            "total_misses": watch.misses,
            "interval": watch.config.settings.ping_interval,
            "last_ping": None if last_ping is None else as_utc(last_ping).isoformat(),
        }


@callback
def add_ping_sensors(
    hass: HomeAssistant,
    entry: SentinelConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensor of every watch that promises pings, and take away that of one that does not.

    A promise can be made, and withdrawn, as long as the watch is there.
    """
    hub = entry.runtime_data
    registry = er.async_get(hass)
    added: set[str] = set()

    @callback
    def follow(subentry_id: str) -> None:
        subentry = entry.subentries[subentry_id]
        if subentry.subentry_type != SUBENTRY_DEVICE:
            return
        if hub.sentinel.watches[subentry_id].config.settings.ping_interval is None:
            added.discard(subentry_id)
            unique_id = f"{subentry_id}_{PING.key}"
            if entity_id := registry.async_get_entity_id(SENSOR_DOMAIN, DOMAIN, unique_id):
                registry.async_remove(entity_id)
        elif subentry_id not in added:
            added.add(subentry_id)
            sensor = PingSensor(hub, subentry, PING)
            async_add_entities([sensor], config_subentry_id=subentry_id)

    @callback
    def begin(subentry_id: str) -> None:
        added.discard(subentry_id)
        follow(subentry_id)

    hub.on_new(begin)
    hub.on_changed(follow)
