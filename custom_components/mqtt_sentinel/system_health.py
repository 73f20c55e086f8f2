"""A few lines for the system information page."""

from typing import Any

from homeassistant.components import system_health
from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN
from .hub import SentinelConfigEntry
from .intake.mqtt import Link, now


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
    uptime = hub.vitals.broker_uptime(now())
    return {
        "broker_connected": hub.mqtt.link is not Link.GONE,
        "broker_answers": hub.pulse.trusted and hub.mqtt.link is not Link.SILENT,
        "broker_uptime": None if uptime is None else f"{uptime:.2%}",
        "watches": len(hub.sentinel.watches.keys() & hub.entry.subentries.keys()),
        "open_incidents": len(hub.sentinel.open_incidents),
        "messages_processed": hub.mqtt.messages,
        "errors": hub.audience.failures,
        "dead_letters": hub.mqtt.dead_letters.counts.total(),
        "journal": hub.journal.state.phase.value,
        "journal_address": hub.journal.address,
    }
