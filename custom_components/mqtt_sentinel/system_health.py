"""A few lines for the system information page."""

from typing import Any

from homeassistant.components import system_health
from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN
from .hub import SentinelConfigEntry
from .intake.mqtt import Link


@callback
def async_register(hass: HomeAssistant, register: system_health.SystemHealthRegistration) -> None:
    """Register the information."""
    register.async_register_info(system_health_info)


async def system_health_info(hass: HomeAssistant) -> dict[str, Any]:
    """What the hub is doing, when it is set up."""
    entries: list[SentinelConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    if not entries:
        return {}
    hub = entries[0].runtime_data
    watches = hub.sentinel.watches.values()
    return {
        "broker_connected": hub.mqtt.link is not Link.GONE,
        "watches": len(watches),
        "open_incidents": sum(watch.incident is not None for watch in watches),
        "messages_processed": hub.mqtt.messages,
        "dead_letters": hub.mqtt.dead_letters.counts.total(),
    }
