"""What a watch told, what an alarm protects, what became of commands, scenes and recordings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, UnitOfTime
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .cameras.state import SourceInUse
from .command.command import Result
from .const import (
    SUBENTRY_ALARM,
    SUBENTRY_CAMERA,
    SUBENTRY_DEVICE,
    SUBENTRY_RELAY,
    SUBENTRY_SCENE,
)
from .entities.cameras import last_clip_at, last_clip_facts, source_facts, source_in_use
from .entities.details import detail_sensors
from .entities.hub_sensors import DESCRIPTIONS, HubSensor
from .entities.pings import add_ping_sensors
from .entities.values import add_items_of, value_sensors
from .entity import SentinelEntity, add_entities_of
from .hub import SentinelConfigEntry
from .outcome.drills import drill_summary
from .outcome.scene_runs import RESULTS, result, run_facts, steps_facts
from .outcome.values import Kind
from .outcome.wording import as_utc
from .watch.alarm import Protection
from .watch.drill_words import DrillResult

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class SentinelSensorDescription(SensorEntityDescription):
    """How a sensor reads its value and attributes."""

    value: Callable[[SentinelEntity], str | float | datetime | None]
    attributes: Callable[[SentinelEntity], Mapping[str, Any] | None] = lambda _: None


def _last_seen(entity: SentinelEntity) -> datetime | None:
    last_seen = entity.watch.last_seen
    return None if last_seen is None else as_utc(last_seen)


def _services(entity: SentinelEntity) -> dict[str, Any]:
    """Each service that the alarm relies on, with its verdict and why."""
    watches = entity.hub.sentinel.watches
    relied = [
        watches[reliance.watch_id]
        for reliance in entity.alarm.config.reliances
        if reliance.watch_id in watches
    ]
    return {
        "services": [
            {
                "name": watch.config.name,
                "verdict": watch.judgement.verdict.value,
                "reason": watch.judgement.reason.value,
                "proof": watch.judgement.proof.value,
            }
            for watch in relied
        ]
    }


def _last_run(entity: SentinelEntity) -> str | None:
    kept = entity.hub.scenes.runs.get(entity.subject)
    return None if kept is None else result(kept)


def _run(entity: SentinelEntity) -> dict[str, Any] | None:
    """The last run of a scene, with each of its steps."""
    kept = entity.hub.scenes.runs.get(entity.subject)
    return None if kept is None else {**run_facts(kept), "steps": steps_facts(kept)}


# Every change of it would be a line in the activity of a device; who wants it can enable it.
LAST_SEEN = SentinelSensorDescription(
    key="last_seen",
    translation_key="last_seen",
    device_class=SensorDeviceClass.TIMESTAMP,
    entity_category=EntityCategory.DIAGNOSTIC,
    entity_registry_enabled_default=False,
    value=_last_seen,
)
PROTECTION = SentinelSensorDescription(
    key="protection",
    translation_key="protection",
    device_class=SensorDeviceClass.ENUM,
    options=[protection.value for protection in Protection],
    value=lambda entity: entity.hub.alarms.protection[entity.subject].value,
    attributes=_services,
)
LAST_DRILL = SentinelSensorDescription(
    key="last_drill",
    translation_key="last_drill",
    device_class=SensorDeviceClass.ENUM,
    # A drill that was refused never was.
    options=[result.value for result in DrillResult if result is not DrillResult.REFUSED],
    value=lambda entity: (
        report.result.value if (report := entity.hub.drills.last(entity.subject)) else None
    ),
    attributes=lambda entity: (
        drill_summary(report) if (report := entity.hub.drills.last(entity.subject)) else None
    ),
)
LAST_DRILL_AT = SentinelSensorDescription(
    key="last_drill_at",
    translation_key="last_drill_at",
    device_class=SensorDeviceClass.TIMESTAMP,
    entity_category=EntityCategory.DIAGNOSTIC,
    value=lambda entity: (
        as_utc(report.ended) if (report := entity.hub.drills.last(entity.subject)) else None
    ),
)
_OF_ALARM = (PROTECTION, LAST_DRILL, LAST_DRILL_AT)

LAST_RUN = SentinelSensorDescription(
    key="last_run",
    translation_key="last_run",
    device_class=SensorDeviceClass.ENUM,
    options=list(RESULTS),
    value=_last_run,
    attributes=_run,
)


def _last_command(entity: SentinelEntity) -> str | None:
    last = entity.hub.relays[entity.subject].last
    return None if last is None else last.result.value


def _of_last_command(entity: SentinelEntity) -> dict[str, Any] | None:
    last = entity.hub.relays[entity.subject].last
    if last is None:
        return None
    return {
        "command": "on" if last.on else "off",
        "ended": as_utc(last.at).isoformat(),
        "sends": last.sends,
        "late": _LATE[last.late],
    }


def _latency(entity: SentinelEntity) -> float | None:
    last = entity.hub.relays[entity.subject].last
    return None if last is None or last.latency is None else round(1000 * last.latency, 1)


_LATE = {True: "ok", False: "error", None: None}

LAST_COMMAND = SentinelSensorDescription(
    key="last_command",
    translation_key="last_command",
    device_class=SensorDeviceClass.ENUM,
    options=[result.value for result in Result],
    value=_last_command,
    attributes=_of_last_command,
)
COMMAND_LATENCY = SentinelSensorDescription(
    key="command_latency",
    translation_key="command_latency",
    device_class=SensorDeviceClass.DURATION,
    native_unit_of_measurement=UnitOfTime.MILLISECONDS,
    state_class=SensorStateClass.MEASUREMENT,
    entity_category=EntityCategory.DIAGNOSTIC,
    suggested_display_precision=0,
    value=_latency,
)

LAST_CLIP = SentinelSensorDescription(
    key="last_clip",
    translation_key="last_clip",
    device_class=SensorDeviceClass.TIMESTAMP,
    value=last_clip_at,
    attributes=last_clip_facts,
)
SOURCE = SentinelSensorDescription(
    key="source",
    translation_key="source",
    device_class=SensorDeviceClass.ENUM,
    options=[source.value for source in SourceInUse],
    entity_category=EntityCategory.DIAGNOSTIC,
    value=source_in_use,
    attributes=source_facts,
)
OF_CAMERA = (LAST_CLIP, SOURCE)
OF_RELAY = (LAST_COMMAND, COMMAND_LATENCY)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SentinelConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors of the hub and of all subentries."""
    async_add_entities(HubSensor(entry.runtime_data, description) for description in DESCRIPTIONS)
    add_entities_of(
        entry,
        async_add_entities,
        {
            SUBENTRY_DEVICE: lambda hub, subentry: [SentinelSensor(hub, subentry, LAST_SEEN)],
            SUBENTRY_RELAY: lambda hub, subentry: [
                SentinelSensor(hub, subentry, description) for description in OF_RELAY
            ],
            SUBENTRY_ALARM: lambda hub, subentry: [
                SentinelSensor(hub, subentry, description) for description in _OF_ALARM
            ],
            SUBENTRY_SCENE: lambda hub, subentry: [SentinelSensor(hub, subentry, LAST_RUN)],
            SUBENTRY_CAMERA: lambda hub, subentry: [
                SentinelSensor(hub, subentry, description) for description in OF_CAMERA
            ],
        },
    )
    add_ping_sensors(hass, entry, async_add_entities)
    add_items_of(
        entry, async_add_entities, {Kind.VALUE: value_sensors, Kind.DETAIL: detail_sensors}
    )


class SentinelSensor(SentinelEntity, SensorEntity):
    """One value of a watch, an alarm, a scene or a camera."""

    # A scene may have hundreds of steps: more than belongs into the recorder with each change.
    _unrecorded_attributes = frozenset({"steps"})
    entity_description: SentinelSensorDescription

    @property
    @override
    def native_value(self) -> str | float | datetime | None:
        """The value, None while it is not known."""
        return self.entity_description.value(self)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """What the value is made of."""
        return self.entity_description.attributes(self)
