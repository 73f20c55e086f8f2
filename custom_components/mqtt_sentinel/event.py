"""What happened to a watch or an alarm, as event entities."""

from enum import StrEnum
from typing import TYPE_CHECKING, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import SUBENTRY_ALARM, SUBENTRY_DEVICE
from .dialects.table import DIALECTS
from .entity import SentinelEntity, add_entities_of
from .outcome.audience import Moment
from .outcome.bus import incident_facts, occasion_facts
from .outcome.drills import drill_summary
from .watch.alarm import Protection
from .watch.drill_words import DrillResult
from .watch.incidents import Turn
from .watch.reports import Occasion, OccasionReport

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigSubentry

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

# What is told of the drills of an alarm.
DRILLED = {result: f"drill_{result.value}" for result in DrillResult}

WATCH_EVENT = EventEntityDescription(key="event", translation_key="watch")
ALARM_EVENT = EventEntityDescription(
    key="event",
    translation_key="alarm",
    event_types=[*(protection.value for protection in Protection), *DRILLED.values()],
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
            SUBENTRY_ALARM: lambda hub, subentry: [AlarmEvent(hub, subentry, ALARM_EVENT)],
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


class AlarmEvent(SentinelEntity, EventEntity):
    """Every change of an alarm's protection, and every drill."""

    moment = Moment.TELL

    def __init__(
        self, hub: Hub, subentry: ConfigSubentry, description: EventEntityDescription
    ) -> None:
        """Start from the protection there is: that is no event."""
        super().__init__(hub, subentry, description)
        self._protection = hub.protection[self.subject]

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
        protection = self.hub.protection[self.subject]
        if protection is self._protection:
            return
        self._trigger_event(protection, {"before": self._protection.value})
        self._protection = protection
        self.async_write_ha_state()
