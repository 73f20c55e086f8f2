"""Events on Home Assistant's bus."""

from typing import TYPE_CHECKING, Any

from homeassistant.const import ATTR_DEVICE_ID, ATTR_NAME
from homeassistant.core import HomeAssistant, callback

from ..const import EVENT_MISMATCH, EVENT_RECOVERED
from ..watch.incidents import Turn
from .wording import as_utc, names_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..watch.incidents import Incident
    from ..watch.sentinel import Change
    from ..watch.storms import Storm
    from ..watch.watched import Watched

STORM = "storm"

_EVENTS = {Turn.OPENED: EVENT_MISMATCH, Turn.CLOSED: EVENT_RECOVERED}


@callback
def fire_incident(hass: HomeAssistant, device_id: str | None, change: Change) -> None:
    """Fire the event of an incident that opened or closed; that of a storm speaks for many."""
    incident = change.watch.incident if change.turn is Turn.OPENED else change.incident
    if incident is None or incident.storm or change.turn not in _EVENTS:
        return
    hass.bus.async_fire(
        _EVENTS[change.turn],
        {
            ATTR_DEVICE_ID: device_id,
            ATTR_NAME: change.watch.config.name,
            **incident_facts(incident),
            "dependants": len(change.watch.children),
        },
    )


@callback
def fire_storm(
    hass: HomeAssistant, turn: Turn, storm: Storm, watches: Mapping[str, Watched]
) -> None:
    """Fire the event of a storm that began or is over."""
    if turn not in _EVENTS:
        return
    hass.bus.async_fire(
        _EVENTS[turn],
        {
            ATTR_DEVICE_ID: None,
            ATTR_NAME: "MQTT Sentinel",
            "incident_id": storm.id,
            "reason": STORM,
            "count": storm.count,
            "names": names_of(storm, watches),
            "opened_at": as_utc(storm.opened_at).isoformat(),
            "closed_at": as_utc(storm.closed_at).isoformat() if storm.closed_at else None,
        },
    )


def incident_facts(incident: Incident) -> dict[str, Any]:
    """An incident in JSON types, times in ISO 8601 UTC, for events and attributes."""
    return {
        "incident_id": incident.id,
        "watch_id": incident.watch_id,
        "reason": incident.reason.value,
        "severity": incident.severity.value,
        "expected": incident.expectation.wanted.value,
        "expected_because": incident.expectation.because,
        "expected_since": as_utc(incident.expected_since).isoformat(),
        "connected": incident.up,
        "storm": incident.storm,
        "opened_at": as_utc(incident.opened_at).isoformat(),
        "closed_at": as_utc(incident.closed_at).isoformat() if incident.closed_at else None,
    }
