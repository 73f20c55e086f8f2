"""The action that lists what is open, with what was recorded of it."""

from typing import Final

from homeassistant.const import ATTR_DEVICE_ID, ATTR_NAME
from homeassistant.core import ServiceCall, ServiceResponse
import probatio as vol

from ..outcome.bus import incident_facts
from ..outcome.media import media_content_id
from .targets import loaded_hub

GET_INCIDENTS: Final = "get_incidents"
SCHEMA = vol.Schema({})

# Longer than any pre-roll: a clip begins before what it was made for.
_BEFORE = 120.0


async def get_incidents(call: ServiceCall) -> ServiceResponse:
    """All open incidents, the oldest first."""
    hub = loaded_hub(call.hass)
    found = [(watch, watch.incident) for watch in hub.sentinel.watches.values() if watch.incident]
    since = min((incident.opened_at for _, incident in found), default=0.0) - _BEFORE
    media = await hub.journal.media_of([incident.id for _, incident in found], since)
    return {
        "incidents": [
            {
                ATTR_DEVICE_ID: hub.device_id(watch.config.id),
                ATTR_NAME: watch.config.name,
                **incident_facts(incident),
                "muted": incident.muted,
                "clips": None
                if media is None
                else [media_content_id(media_id) for media_id in media[incident.id]],
            }
            for watch, incident in sorted(found, key=lambda pair: pair[1].opened_at)
        ]
    }
