"""MQTT Sentinel: does what should be true agree with what the devices report?"""

from pathlib import Path

from homeassistant.components import mqtt
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryNotReady, HomeAssistantError
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.start import async_at_started
from homeassistant.helpers.typing import ConfigType

from . import services
from .const import DOMAIN, PLATFORMS
from .hub import Hub, SentinelConfigEntry
from .outcome.journal import hide_moved
from .storage import remove_memory
from .web import media

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register the actions, for automations that are there before the hub is."""
    services.register(hass)
    media.register(hass, _media_root)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: SentinelConfigEntry) -> bool:
    """Set up the hub, whether the broker is there or not: its absence is worth an issue too."""
    await mqtt.async_wait_for_mqtt_client(hass)
    hub = Hub(hass, entry)
    # Also when the set-up fails from here on.
    entry.async_on_unload(hub.stop)
    try:
        await hub.start()
    except HomeAssistantError as error:
        raise ConfigEntryNotReady(
            translation_domain=DOMAIN, translation_key="mqtt_not_ready"
        ) from error
    entry.runtime_data = hub
    dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={(DOMAIN, entry.entry_id)},
        entry_type=dr.DeviceEntryType.SERVICE,
        manufacturer="MQTT Sentinel",
        name=entry.title,
    )
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    entry.async_on_unload(entry.add_update_listener(_async_updated))
    entry.async_on_unload(hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, hub.keep))
    entry.async_on_unload(async_at_started(hass, hub.scenes.catch_up))
    return True


async def async_unload_entry(hass: HomeAssistant, entry: SentinelConfigEntry) -> bool:
    """Unload the platforms; what :meth:`Hub.stop` ends is ended after."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_entry(hass: HomeAssistant, entry: SentinelConfigEntry) -> None:
    """Delete what was stored, but for the evidence: what is in the journal stays."""
    hide_moved(hass, entry.entry_id)
    await remove_memory(hass, entry.entry_id)


@callback
def _media_root(hass: HomeAssistant) -> Path | None:
    """Where the media of the hub are, None while there is none that is loaded."""
    entries: list[SentinelConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    return entries[0].runtime_data.cameras.root if entries else None


async def _async_updated(hass: HomeAssistant, entry: SentinelConfigEntry) -> None:
    await entry.runtime_data.refresh()
