"""What happened to a watch, a relay, a camera, an alarm or a scene, as event entities."""

from enum import StrEnum
from typing import TYPE_CHECKING, Any, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .command.command import Outcome, Result
from .command.metrics import CONFIRMED, FAILED
from .const import (
    SUBENTRY_ALARM,
    SUBENTRY_CAMERA,
    SUBENTRY_DEVICE,
    SUBENTRY_RELAY,
    SUBENTRY_SCENE,
)
from .dialects.table import DIALECTS
from .entity import SentinelEntity, add_entities_of
from .outcome.audience import Moment
from .outcome.bus import command_facts, incident_facts, occasion_facts
from .outcome.drills import drill_summary
from .outcome.media import clip_facts
from .outcome.scene_runs import HAPPENINGS, STARTED, happened_facts
from .watch.alarm import Protection
from .watch.drill_words import DrillResult
from .watch.incidents import Turn
from .watch.reports import Occasion, OccasionReport

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigSubentry

    from .command.command import News
    from .control.commands import Origin
    from .dialects.route import Dialect
    from .hub import Hub, SentinelConfigEntry
    from .watch.drill_report import DrillReport
    from .watch.reports import EvidenceReport
    from .watch.sentinel import Change

PARALLEL_UPDATES = 0


class Happened(StrEnum):
    """What can happen to a watch."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    MISMATCH = "mismatch"
    RECOVERED = "recovered"
    MOTION = "motion"
    MOTION_ENDED = "motion_ended"
    BUTTON = "button"
    PRESSURE = "pressure"
    INTERACTION = "interaction"
    SYSTEM = "system"
    TOGGLE = "toggle"
    ANNOUNCED = "announced"
    PICTURE = "picture"
    VIDEO = "video"
    TURNED_ON = "turned_on"
    TURNED_OFF = "turned_off"
    COMMAND_CONFIRMED = "command_confirmed"
    COMMAND_FAILED = "command_failed"
    CLIP_SAVED = "clip_saved"


_OF_TURN = {Turn.OPENED: Happened.MISMATCH, Turn.CLOSED: Happened.RECOVERED}
_OF_OCCASION = {occasion: Happened(occasion.value) for occasion in Occasion}
_OF_END = {Occasion.MOTION: Happened.MOTION_ENDED}
# What can happen to every watch, whatever it speaks.
_ALWAYS = (Happened.CONNECTED, Happened.DISCONNECTED, Happened.MISMATCH, Happened.RECOVERED)


def _event_types(dialect: Dialect) -> list[str]:
    """What can happen to a watch of a dialect."""
    happened = [*_ALWAYS]
    for occasion in dialect.occasions:
        happened.append(_OF_OCCASION[occasion])
        if occasion in dialect.lasting:
            happened.append(_OF_END[occasion])
    return [kind.value for kind in happened]


EVENT_TYPES = {name: _event_types(dialect) for name, dialect in DIALECTS.items()}
_OF_CUSTOM = [kind.value for kind in _ALWAYS]
OF_RELAY = [
    kind.value
    for kind in (
        Happened.TURNED_ON,
        Happened.TURNED_OFF,
        Happened.MISMATCH,
        Happened.RECOVERED,
        Happened.COMMAND_CONFIRMED,
        Happened.COMMAND_FAILED,
    )
]
OF_CAMERA = [
    kind.value for kind in (*_ALWAYS, Happened.MOTION, Happened.MOTION_ENDED, Happened.CLIP_SAVED)
]
# Of a command that was replaced or cancelled, or has nothing to confirm it, there is nothing to tell.
_OF_RESULT = dict.fromkeys(CONFIRMED, Happened.COMMAND_CONFIRMED) | dict.fromkeys(
    {*FAILED, Result.EXPIRED, Result.REFUSED}, Happened.COMMAND_FAILED
)

# What is told of the drills of an alarm.
DRILLED = {result: f"drill_{result.value}" for result in DrillResult}

WATCH_EVENT = EventEntityDescription(key="event", translation_key="watch")
RELAY_EVENT = EventEntityDescription(key="event", translation_key="relay", event_types=OF_RELAY)
CAMERA_EVENT = EventEntityDescription(key="event", translation_key="camera", event_types=OF_CAMERA)
ALARM_EVENT = EventEntityDescription(
    key="event",
    translation_key="alarm",
    event_types=[*(protection.value for protection in Protection), *DRILLED.values()],
)
SCENE_EVENT = EventEntityDescription(
    key="event", translation_key="scene", event_types=list(HAPPENINGS)
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SentinelConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the event entities of all subentries."""
    add_entities_of(
        entry,
        async_add_entities,
        {
            SUBENTRY_DEVICE: lambda hub, subentry: [WatchEvent(hub, subentry, WATCH_EVENT)],
            SUBENTRY_RELAY: lambda hub, subentry: [RelayEvent(hub, subentry, RELAY_EVENT)],
            SUBENTRY_CAMERA: lambda hub, subentry: [CameraEvent(hub, subentry, CAMERA_EVENT)],
            SUBENTRY_ALARM: lambda hub, subentry: [AlarmEvent(hub, subentry, ALARM_EVENT)],
            SUBENTRY_SCENE: lambda hub, subentry: [SceneEvent(hub, subentry, SCENE_EVENT)],
        },
    )


class WatchEvent(SentinelEntity, EventEntity):
    """Connections, mismatches and recoveries of one watch, and what happened at it."""

    moment = Moment.TELL

    @property
    @override
    def event_types(self) -> list[str]:
        """What can happen to the thing that is watched now: it may be another than before."""
        return EVENT_TYPES.get(self.watch.config.key.dialect, _OF_CUSTOM)

    @override
    @callback
    def follow(self, change: Change | None) -> None:
        """Fire what a change brought; nothing is merged away."""
        if change is None:
            return
        if change.connection is not None:
            self._fire(Happened.CONNECTED if change.connection else Happened.DISCONNECTED)
        if change.turn in _OF_TURN and change.incident:
            self._fire(_OF_TURN[change.turn], incident_facts(change.incident))
        if change.occasion:
            self._fire(_happened(change.occasion), occasion_facts(change.occasion))

    def _fire(self, happened: Happened, facts: dict[str, object] | None = None) -> None:
        self._trigger_event(happened, facts)
        self.async_write_ha_state()


def _happened(report: OccasionReport | EvidenceReport) -> Happened:
    """The kind of event that a report is."""
    if isinstance(report, OccasionReport) and report.begins is False:
        return _OF_END[report.occasion]
    return _OF_OCCASION[report.occasion]


class RelayEvent(SentinelEntity, EventEntity):
    """Changes of one relay, mismatches and recoveries, and what became of its commands."""

    moment = Moment.TELL

    @override
    async def async_added_to_hass(self) -> None:
        """Start to follow the commands, too."""
        await super().async_added_to_hass()
        self.async_on_remove(self.hub.commands.follow(self._commanded, self.subject))

    @override
    @callback
    def follow(self, change: Change | None) -> None:
        """Fire what a change brought; nothing is merged away."""
        if change is None:
            return
        if change.connection is not None:
            switched = self.hub.relays[self.subject].history[-1]
            happened = Happened.TURNED_ON if change.connection else Happened.TURNED_OFF
            self._fire(happened, {"triggered_by": switched.by})
        if change.turn in _OF_TURN and change.incident:
            self._fire(_OF_TURN[change.turn], incident_facts(change.incident))

    @callback
    def _commanded(self, news: News, _: Origin) -> None:
        if isinstance(news, Outcome) and (happened := _OF_RESULT.get(news.result)):
            self._fire(happened, command_facts(news))

    def _fire(self, happened: Happened, facts: dict[str, Any]) -> None:
        self._trigger_event(happened, facts)
        self.async_write_ha_state()


class CameraEvent(SentinelEntity, EventEntity):
    """What becomes of the stream of one camera, motion before it, and its clips."""

    moment = Moment.TELL

    def __init__(
        self, hub: Hub, subentry: ConfigSubentry, description: EventEntityDescription
    ) -> None:
        """Start from how the camera is: that is no event."""
        super().__init__(hub, subentry, description)
        self._state = hub.cameras.state(self.subject)

    @override
    async def async_added_to_hass(self) -> None:
        """Start to follow how the camera is, too."""
        await super().async_added_to_hass()
        self.async_on_remove(self.hub.audience.listen(self.subject, self._look, Moment.SHOW))

    @override
    @callback
    def follow(self, change: Change | None) -> None:
        """Fire what a change brought; nothing is merged away."""
        if change is None:
            return
        if change.connection is not None:
            self._fire(Happened.CONNECTED if change.connection else Happened.DISCONNECTED)
        if change.turn in _OF_TURN and change.incident:
            self._fire(_OF_TURN[change.turn], incident_facts(change.incident))

    @callback
    def _look(self, _: Change | None) -> None:
        """Fire what happened before the camera, and what was saved of it."""
        before, self._state = self._state, self.hub.cameras.state(self.subject)
        state = self._state
        if bool(state.motion) is not bool(before.motion):
            self._fire(Happened.MOTION if state.motion else Happened.MOTION_ENDED)
        if state.last_clip and state.last_clip != before.last_clip:
            self._fire(Happened.CLIP_SAVED, clip_facts(state.last_clip))

    def _fire(self, happened: Happened, facts: dict[str, Any] | None = None) -> None:
        self._trigger_event(happened, facts)
        self.async_write_ha_state()


class AlarmEvent(SentinelEntity, EventEntity):
    """Every change of an alarm's protection, and every drill."""

    moment = Moment.TELL

    def __init__(
        self, hub: Hub, subentry: ConfigSubentry, description: EventEntityDescription
    ) -> None:
        """Start from the protection there is: that is no event."""
        super().__init__(hub, subentry, description)
        self._protection = hub.alarms.protection[self.subject]

    @override
    async def async_added_to_hass(self) -> None:
        """Start to follow the hub and its drills."""
        await super().async_added_to_hass()
        self.async_on_remove(self.hub.drills.follow(self._drilled))

    @callback
    def _drilled(self, alarm_id: str, report: DrillReport) -> None:
        if alarm_id == self.subject:
            self._trigger_event(DRILLED[report.result], drill_summary(report))
            self.async_write_ha_state()

    @override
    @callback
    def follow(self, change: Change | None) -> None:
        """Fire when the protection changed."""
        protection = self.hub.alarms.protection[self.subject]
        if protection is self._protection:
            return
        self._trigger_event(protection, {"before": self._protection.value})
        self._protection = protection
        self.async_write_ha_state()


class SceneEvent(SentinelEntity, EventEntity):
    """The start and the end of each run of a scene."""

    moment = Moment.TELL

    @override
    @callback
    def follow(self, change: Change | None) -> None:
        """Fire what happened last; it is told of each time that something did."""
        kept = self.hub.scenes.runs[self.subject]
        end = kept.report.end
        self._trigger_event(end.value if end else STARTED, happened_facts(kept))
        self.async_write_ha_state()
