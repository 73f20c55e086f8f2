"""What a bug report needs, without what it must not tell."""

from dataclasses import asdict
from typing import Any

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.const import CONF_CODE
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceEntry

from .const import CONF_TEMPLATE, DOMAIN
from .hub import Hub, SentinelConfigEntry
from .intake.mqtt import now
from .watch.watched import Watched

# Payloads may hold anything, addresses tell where somebody lives in a network.
_SECRET = {"excerpt", "ip_address", CONF_CODE, CONF_TEMPLATE, "payload_on", "payload_off"}


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: SentinelConfigEntry
) -> dict[str, Any]:
    """Everything about the hub."""
    hub = entry.runtime_data
    dead_letters = hub.mqtt.dead_letters
    return _redact(
        {
            "data": dict(entry.data),
            "options": dict(entry.options),
            "link": hub.mqtt.link.name.lower(),
            "broker": {
                "answers_probes": hub.pulse.trusted,
                "gone_since": hub.broker_gone_since,
                "uptime": hub.vitals.broker_uptime(now()),
            },
            "messages": hub.mqtt.messages,
            "messages_per_second": hub.vitals.messages_per_second,
            "last_message": hub.mqtt.last_message,
            "errors": hub.audience.failures,
            "known_things": len(hub.sentinel.known),
            "dead_letters": {
                "counts": dict(dead_letters.counts),
                "last": [asdict(letter) for letter in dead_letters.kept],
            },
            "subentries": [
                {"type": subentry.subentry_type, "data": dict(subentry.data)}
                for subentry in entry.subentries.values()
            ],
            "watches": [_watch(watch) for watch in hub.sentinel.watches.values()],
            "alarms": [
                {
                    "entity_id": alarm.config.entity_id,
                    "modes": sorted(alarm.config.modes),
                    "wanted": alarm.wanted.value,
                    "silent": alarm.silent,
                    "protection": hub.alarms.protection[alarm.config.id].value,
                    "panel": made.as_dict() if made else None,
                }
                for alarm in hub.expectations.alarms.values()
                for made in (hub.alarms.made.get(alarm.config.id),)
            ],
        }
    )


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: SentinelConfigEntry, device: DeviceEntry
) -> dict[str, Any]:
    """Everything about one device: its watch, or the hub for the others."""
    hub: Hub = entry.runtime_data
    for domain, identifier in device.identifiers:
        if domain == DOMAIN and (watch := hub.sentinel.watches.get(identifier)):
            return _redact(_watch(watch))
    return await async_get_config_entry_diagnostics(hass, entry)


def _watch(watch: Watched) -> dict[str, Any]:
    key = watch.config.key
    return {
        # Behind the topic of a custom watch stands its template.
        "key": key._replace(name=key.name.partition("#")[0])._asdict(),
        "settings": asdict(watch.config.settings),
        "facts": asdict(watch.facts),
        "judgement": asdict(watch.judgement),
        "expected_since": watch.expected_since,
        "last_up": watch.last_up,
        "last_seen": watch.last_seen,
        "details": asdict(watch.details),
        "values": {"names": list(watch.telemetry.values), "ignored": watch.telemetry.ignored},
        "incident": watch.incident.as_dict() if watch.incident else None,
    }


def _redact(data: dict[str, Any]) -> dict[str, Any]:
    return async_redact_data(data, _SECRET)
