"""When a watch was seen last, what it measured and told of itself; what an alarm protects."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import SUBENTRY_ALARM, SUBENTRY_DEVICE
from .detail_entities import detail_sensors
from .entity import SentinelEntity, add_entities_of
from .hub import SentinelConfigEntry
from .hub_sensors import DESCRIPTIONS, HubSensor
from .outcome.drills import drill_summary
from .outcome.values import Kind
from .outcome.wording import as_utc
from .ping_entities import add_ping_sensors
from .value_entities import add_items_of, value_sensors
from .watch.alarm import Protection
from .watch.drill_words import DrillResult

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class SentinelSensorDescription(SensorEntityDescription):
    """How a sensor reads its value and attributes."""

    value: Callable[[SentinelEntity], str | datetime | None]
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
    value=lambda entity: entity.hub.protection[entity.subject].value,
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
            SUBENTRY_ALARM: lambda hub, subentry: [
                SentinelSensor(hub, subentry, description) for description in _OF_ALARM
            ],
        },
    )
    add_ping_sensors(hass, entry, async_add_entities)
    add_items_of(
        entry, async_add_entities, {Kind.VALUE: value_sensors, Kind.DETAIL: detail_sensors}
    )


class SentinelSensor(SentinelEntity, SensorEntity):
    """One value of a watch or an alarm."""

    entity_description: SentinelSensorDescription

    @property
    @override
    def native_value(self) -> str | datetime | None:
        """The value, None while it is not known."""
        return self.entity_description.value(self)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """What the value is made of."""
        return self.entity_description.attributes(self)
