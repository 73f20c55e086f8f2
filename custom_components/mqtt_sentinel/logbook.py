"""Logbook lines for mismatches and recoveries, and for what happened at a device."""

from collections.abc import Callable

from homeassistant.components.logbook import LOGBOOK_ENTRY_MESSAGE, LOGBOOK_ENTRY_NAME
from homeassistant.const import ATTR_NAME
from homeassistant.core import Event, HomeAssistant, callback

from .const import (
    DOMAIN,
    EVENT_DRILL,
    EVENT_MISMATCH,
    EVENT_MOTION,
    EVENT_RECEIVED,
    EVENT_RECOVERED,
)
from .outcome.bus import STORM
from .watch.drill_words import DrillResult
from .watch.reports import Occasion
from .watch.verdict import Reason

# The logbook has no translations of its own: like those of other integrations, these are English.
_MISMATCH: dict[str, str] = {
    Reason.NEVER_HEARD: "should be connected, but nothing is heard of it",
    Reason.NO_LIVE_PROOF: "should be connected, but gave no sign of life",
    Reason.DISCONNECTED: "disconnected although it should be connected",
    Reason.DID_NOT_TURN_ON: "did not turn on",
    Reason.CONNECTED: "connected although it should be off",
    Reason.DID_NOT_TURN_OFF: "did not turn off",
    Reason.PING_MISSED: "stopped pinging although it is connected",
    Reason.FLAPPING: "keeps changing between being as it should be and not",
    STORM: "found many devices at once that are not as they should be",
}
_RECOVERED = "is as it should be again"
_MOTION = {
    "began": "detected motion",
    "seen": "detected motion",
    "ended": "detects no motion any more",
}
_RECEIVED = {
    Occasion.BUTTON: "reported that its button was pressed",
    Occasion.PRESSURE: "detected pressure",
    Occasion.INTERACTION: "reported that somebody used its display",
    Occasion.SYSTEM: "sent a system message",
    Occasion.TOGGLE: "asked to change the alarm",
    Occasion.ANNOUNCED: "announced itself",
    Occasion.PICTURE: "took a picture",
    Occasion.VIDEO: "took a video",
}
_DRILL = {
    DrillResult.PASSED: "passed its drill",
    DrillResult.FAILED: "failed its drill",
    DrillResult.REFUSED: "refused a drill",
    DrillResult.INTERRUPTED: "had its drill interrupted",
    DrillResult.STOPPED: "stopped its drill, as it was armed",
}


@callback
def async_describe_events(
    hass: HomeAssistant,
    async_describe_event: Callable[[str, str, Callable[[Event], dict[str, str]]], None],
) -> None:
    """Describe all events that go over the bus."""

    @callback
    def mismatch(event: Event) -> dict[str, str]:
        return _line(event, _MISMATCH[event.data["reason"]])

    @callback
    def recovered(event: Event) -> dict[str, str]:
        return _line(event, _RECOVERED)

    @callback
    def motion(event: Event) -> dict[str, str]:
        return _line(event, _MOTION[event.data["motion"]])

    @callback
    def received(event: Event) -> dict[str, str]:
        return _line(event, _RECEIVED[Occasion(event.data["kind"])])

    @callback
    def drill(event: Event) -> dict[str, str]:
        names = [line["name"] for line in event.data["services"] if line["result"] == "failed"]
        message = _DRILL[DrillResult(event.data["result"])]
        return _line(event, f"{message}: {', '.join(names)}" if names else message)

    async_describe_event(DOMAIN, EVENT_DRILL, drill)
    async_describe_event(DOMAIN, EVENT_MISMATCH, mismatch)
    async_describe_event(DOMAIN, EVENT_RECOVERED, recovered)
    async_describe_event(DOMAIN, EVENT_MOTION, motion)
    async_describe_event(DOMAIN, EVENT_RECEIVED, received)


def _line(event: Event, message: str) -> dict[str, str]:
    return {LOGBOOK_ENTRY_NAME: event.data[ATTR_NAME], LOGBOOK_ENTRY_MESSAGE: message}
