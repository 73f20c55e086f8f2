"""Events on Home Assistant's bus."""

from typing import TYPE_CHECKING, Any

from homeassistant.const import ATTR_DEVICE_ID, ATTR_NAME
from homeassistant.core import Context, HomeAssistant, callback

from ..command.command import Late
from ..const import (
    EVENT_ALARM,
    EVENT_COMMAND,
    EVENT_MISMATCH,
    EVENT_MOTION,
    EVENT_RECEIVED,
    EVENT_RECOVERED,
)
from ..watch.incidents import Turn
from ..watch.reports import Occasion, OccasionReport
from .wording import as_utc, names_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..command.command import News
    from ..watch.alarm import Blocker
    from ..watch.incidents import Incident
    from ..watch.panel_words import PanelState, PanelTurn
    from ..watch.reports import EvidenceReport
    from ..watch.sentinel import Change
    from ..watch.storms import Storm
    from ..watch.watched import WatchConfig, Watched

STORM = "storm"
REFUSED = "refused"

_EVENTS = {Turn.OPENED: EVENT_MISMATCH, Turn.CLOSED: EVENT_RECOVERED}
# Not every sensor tells how long it lasts: then it was seen, and that is all.
_MOTION = {True: "began", False: "ended", None: "seen"}


@callback
def fire_incident(hass: HomeAssistant, device_id: str | None, change: Change) -> None:
    """Fire the event of an incident that opened or closed; that of a storm speaks for many."""
    incident = change.watch.incident if change.turn is Turn.OPENED else change.incident
    if incident is None or change.turn not in _EVENTS:
        return
    if incident.storm and not incident.told:
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
            # All that it met: when it is over, none is left in it.
            "names": names_of(storm.ever, watches),
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
        "expected_kind": incident.expectation.kind.value if incident.expectation.kind else None,
        "expected_since": as_utc(incident.expected_since).isoformat(),
        "connected": incident.up,
        "storm": incident.storm,
        "opened_at": as_utc(incident.opened_at).isoformat(),
        "closed_at": as_utc(incident.closed_at).isoformat() if incident.closed_at else None,
    }


@callback
def fire_occasion(
    hass: HomeAssistant,
    device_id: str | None,
    config: WatchConfig,
    report: OccasionReport | EvidenceReport,
) -> None:
    """Fire the event of what happened at a watched thing."""
    hass.bus.async_fire(
        EVENT_MOTION if report.occasion is Occasion.MOTION else EVENT_RECEIVED,
        {
            ATTR_DEVICE_ID: device_id,
            ATTR_NAME: config.name,
            "watch_id": config.id,
            **occasion_facts(report),
        },
    )


def occasion_facts(report: OccasionReport | EvidenceReport) -> dict[str, Any]:
    """What happened in JSON types, for events and attributes.

    What the thing told of it stays apart under ``data``: no name that it chose can take the place
    of one of ours. The dialects see to it that it is small. Of a picture or a video there are its
    number and its size in bytes; the content belongs on neither a bus nor a state.
    """
    if not isinstance(report, OccasionReport):
        told = {"number": report.number, "size": len(report.content)}
        return {"event_id": report.event_id, "kind": report.occasion.value, "data": told}
    facts = {"event_id": report.event_id, "data": dict(report.data)}
    if report.occasion is Occasion.MOTION:
        return facts | {"motion": _MOTION[report.begins]}
    return facts | {"kind": report.occasion.value}


@callback
def fire_command(
    hass: HomeAssistant, device_id: str | None, name: str, news: News, context: Context | None
) -> None:
    """Fire the event of a command that has its result, or that was answered after it had."""
    hass.bus.async_fire(
        EVENT_COMMAND,
        {ATTR_DEVICE_ID: device_id, ATTR_NAME: name, **command_facts(news)},
        context=context,
    )


def command_facts(news: News) -> dict[str, Any]:
    """What became of a command in JSON types, for events and answers; the latency is in ms.

    What was sent is not among it: it may be a secret.
    """
    return {
        "command_id": news.command.id,
        "topic": news.command.topic,
        "result": news.result.value,
        "latency": None if news.latency is None else round(1000 * news.latency, 1),
        "sends": None if isinstance(news, Late) else news.sends,
        "late": ("ok" if news.ok else "error") if isinstance(news, Late) else None,
    }


@callback
def fire_panel(
    hass: HomeAssistant, device_id: str | None, name: str, turn: PanelTurn, context: Context | None
) -> None:
    """Fire the event of an alarm panel made here that changed."""
    event_id = turn.occasion.event_id if turn.occasion else None
    hass.bus.async_fire(
        EVENT_ALARM,
        {
            ATTR_DEVICE_ID: device_id,
            ATTR_NAME: name,
            "before": turn.before.value,
            "state": turn.after.value,
            "reason": turn.why.value,
            "mode": turn.mode.value if turn.mode else None,
            "changed_by": turn.by,
            "event_id": event_id,
            "blocking": blocking(turn.despite),
            "away": turn.away,
        },
        context=context,
    )


@callback
def fire_refused(
    hass: HomeAssistant,
    device_id: str | None,
    name: str,
    state: PanelState,
    by: str,
    against: Iterable[tuple[str, Blocker]],
) -> None:
    """Fire the event of an alarm panel that did not do what a button asked for."""
    hass.bus.async_fire(
        EVENT_ALARM,
        {
            ATTR_DEVICE_ID: device_id,
            ATTR_NAME: name,
            "before": state.value,
            "state": state.value,
            "reason": REFUSED,
            "mode": None,
            "changed_by": by,
            "event_id": None,
            "blocking": blocking(against),
            "away": False,
        },
    )


def blocking(against: Iterable[tuple[str, Blocker]]) -> list[dict[str, str]]:
    """What stands against arming an alarm in JSON types, for events and attributes."""
    return [{"name": name, "reason": blocker.value} for name, blocker in against]
