"""Logbook lines: mismatches and recoveries, what happened at a device, alarm panels, scenes, clips."""

from collections.abc import Callable, Mapping
from typing import Any

from homeassistant.components.logbook import LOGBOOK_ENTRY_MESSAGE, LOGBOOK_ENTRY_NAME
from homeassistant.const import ATTR_NAME
from homeassistant.core import Event, HomeAssistant, callback

from .command.scene_report import RunEnd
from .const import (
    DOMAIN,
    EVENT_ALARM,
    EVENT_CLIP_SAVED,
    EVENT_DRILL,
    EVENT_MISMATCH,
    EVENT_MOTION,
    EVENT_RECEIVED,
    EVENT_RECOVERED,
    EVENT_SCENE,
)
from .evidence.facts import Cause
from .evidence.journal.rows import MediaKind
from .outcome.bus import REFUSED, STORM
from .outcome.own_trouble import OwnReason
from .outcome.scene_runs import STARTED
from .watch.drill_words import DrillResult
from .watch.expectation import SourceKind
from .watch.panel_words import PanelState, Why
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
    Reason.ERROR_REPORTED: "answered a command with an error",
    Reason.NOT_CONFIRMED: "did not confirm a command",
    Reason.NOT_SENT: "could not be sent a command in time",
    OwnReason.DISK_FULL: "has no room for clips and records nothing",
    OwnReason.JOURNAL_FAILED: "cannot write its journal",
    STORM: "found many devices at once that are not as they should be",
}
_OF_COMMAND = {
    Reason.NEVER_HEARD: "does not say whether it is on",
    Reason.NO_LIVE_PROOF: "was told to be on, but gave no sign of life",
    Reason.DISCONNECTED: "turned off although it was told to be on",
    Reason.CONNECTED: "turned on although it was told to be off",
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
_PANEL: dict[str, str] = {
    PanelState.DISARMED: "was disarmed",
    PanelState.ARMING: "begins to arm",
    PanelState.ARMED_HOME: "is armed for people at home",
    PanelState.ARMED_AWAY: "is armed",
    PanelState.ARMED_NIGHT: "is armed for the night",
    PanelState.ARMED_VACATION: "is armed for the vacation",
    PanelState.PENDING: "waits to be disarmed",
    PanelState.TRIGGERED: "rings",
}
_SAVED: dict[str, str] = {
    MediaKind.CLIP: "saved a clip",
    MediaKind.PICTURE: "has a picture in its evidence",
    MediaKind.VIDEO: "has a video in its evidence",
}
_CAUSES: dict[str, str] = {
    Cause.MOTION: "of motion",
    Cause.INCIDENT: "of an incident",
    Cause.ACTION: "because an action asked for it",
    Cause.BUTTON: "because its button was pressed",
    Cause.DRILL: "of a drill",
}
_LOST = "could not be read after a restart, and is disarmed"
_REFUSED = "did not do what was asked for"
_SCENE: dict[str, str] = {
    STARTED: "was started",
    RunEnd.COMPLETED: "ran to its end",
    RunEnd.COMPLETED_WITH_FAILURES: "ran to its end, but not all of its steps worked",
    RunEnd.STOPPED: "was stopped",
    RunEnd.SIMULATED: "was only simulated, as the broker was away",
    RunEnd.INTERRUPTED: "was interrupted by the end of Home Assistant",
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
        reason = event.data["reason"]
        commanded = event.data.get("expected_kind") == SourceKind.COMMAND
        message = _OF_COMMAND.get(reason) if commanded else None
        return _line(event, message or _MISMATCH[reason])

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
    def alarm(event: Event) -> dict[str, str]:
        return _line(event, _alarm_line(event.data))

    @callback
    def scene(event: Event) -> dict[str, str]:
        return _line(event, _SCENE[event.data["kind"]])

    @callback
    def drill(event: Event) -> dict[str, str]:
        names = [line["name"] for line in event.data["services"] if line["result"] == "failed"]
        message = _DRILL[DrillResult(event.data["result"])]
        return _line(event, f"{message}: {', '.join(names)}" if names else message)

    @callback
    def clip(event: Event) -> dict[str, str]:
        line = _SAVED[event.data["kind"]]
        causes = " and ".join(_CAUSES[cause] for cause in event.data["causes"])
        return _line(event, f"{line} {causes}" if causes else line)

    async_describe_event(DOMAIN, EVENT_DRILL, drill)
    async_describe_event(DOMAIN, EVENT_MISMATCH, mismatch)
    async_describe_event(DOMAIN, EVENT_RECOVERED, recovered)
    async_describe_event(DOMAIN, EVENT_MOTION, motion)
    async_describe_event(DOMAIN, EVENT_RECEIVED, received)
    async_describe_event(DOMAIN, EVENT_ALARM, alarm)
    async_describe_event(DOMAIN, EVENT_SCENE, scene)
    async_describe_event(DOMAIN, EVENT_CLIP_SAVED, clip)


def _alarm_line(facts: Mapping[str, Any]) -> str:
    """What became of an alarm panel, because of whom, and what stood against it."""
    if facts["reason"] == Why.MEMORY_LOST:
        return _LOST
    line = _REFUSED if facts["reason"] == REFUSED else _PANEL[facts["state"]]
    if by := facts["changed_by"]:
        line += f", because of {by}"
    if names := ", ".join(dict.fromkeys(found["name"] for found in facts["blocking"])):
        line += f" (not ready: {names})"
    return line


def _line(event: Event, message: str) -> dict[str, str]:
    return {LOGBOOK_ENTRY_NAME: event.data[ATTR_NAME], LOGBOOK_ENTRY_MESSAGE: message}
