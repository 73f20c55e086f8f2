"""How the hub is doing, on its own device."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import PERCENTAGE, EntityCategory, UnitOfTime
from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceInfo

from ..const import DOMAIN
from ..intake.mqtt import now
from ..outcome.audience import Moment

if TYPE_CHECKING:
    from ..hub import Hub
    from ..watch.sentinel import Change


@dataclass(frozen=True, kw_only=True)
class HubSensorDescription(SensorEntityDescription):
    """How a sensor reads its value from the hub."""

    value: Callable[[Hub], float | None]


def _messages_per_second(hub: Hub) -> float | None:
    rate = hub.vitals.messages_per_second
    return None if rate is None else round(rate, 2)


def _publish_success(hub: Hub) -> float | None:
    share = hub.commands.sender.metrics.success_rate
    return None if share is None else round(100 * share, 2)


def _broker_uptime(hub: Hub) -> float | None:
    share = hub.vitals.broker_uptime(now())
    return None if share is None else round(100 * share, 2)


def _journal_latency(hub: Hub) -> float | None:
    average = hub.journal.metrics.average_ms
    return None if average is None else round(average, 1)


def _count(key: str, value: Callable[[Hub], float]) -> HubSensorDescription:
    """How often something happened since the start."""
    return HubSensorDescription(
        key=key,
        translation_key=key,
        state_class=SensorStateClass.TOTAL_INCREASING,
        entity_category=EntityCategory.DIAGNOSTIC,
        value=value,
    )


# Units that are no units of physics are in the translations.
DESCRIPTIONS = (
    HubSensorDescription(
        key="open_incidents",
        translation_key="open_incidents",
        state_class=SensorStateClass.MEASUREMENT,
        value=lambda hub: len(hub.sentinel.open_incidents),
    ),
    HubSensorDescription(
        key="messages_per_second",
        translation_key="messages_per_second",
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        suggested_display_precision=1,
        value=_messages_per_second,
    ),
    _count("errors", lambda hub: hub.audience.failures),
    _count("dead_letters", lambda hub: hub.mqtt.dead_letters.counts.total()),
    HubSensorDescription(
        key="queue_depth",
        translation_key="queue_depth",
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        value=lambda hub: hub.commands.sender.depth,
    ),
    HubSensorDescription(
        key="publish_success",
        translation_key="publish_success",
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        suggested_display_precision=1,
        value=_publish_success,
    ),
    _count("commands_confirmed", lambda hub: hub.commands.sender.metrics.confirmed),
    _count("commands_failed", lambda hub: hub.commands.sender.metrics.failed),
    _count("commands_expired", lambda hub: hub.commands.sender.metrics.expired),
    HubSensorDescription(
        key="broker_uptime",
        translation_key="broker_uptime",
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        suggested_display_precision=1,
        value=_broker_uptime,
    ),
    HubSensorDescription(
        key="journal_latency",
        translation_key="journal_latency",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.MILLISECONDS,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        suggested_display_precision=1,
        value=_journal_latency,
    ),
    HubSensorDescription(
        key="journal_backlog",
        translation_key="journal_backlog",
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        value=lambda hub: hub.journal.metrics.backlog,
    ),
    # What there was no room for while the journal failed, and what its database would not take.
    _count("journal_lost", lambda hub: hub.journal.lost),
)


class HubSensor(SensorEntity):
    """One number about the hub; written only when it is another than before."""

    _attr_has_entity_name = True
    _attr_should_poll = False
    entity_description: HubSensorDescription

    def __init__(self, hub: Hub, description: HubSensorDescription) -> None:
        """Put the sensor on the device of the hub."""
        self.hub = hub
        self.entity_description = description
        entry_id = hub.entry.entry_id
        self._attr_unique_id = f"{entry_id}_{description.key}"
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, entry_id)})
        self._attr_native_value = description.value(hub)

    @override
    async def async_added_to_hass(self) -> None:
        """Start to follow the hub."""
        await super().async_added_to_hass()
        self.async_on_remove(
            self.hub.audience.listen(self.hub.entry.entry_id, self.follow, Moment.SHOW)
        )

    @callback
    def follow(self, _: Change | None) -> None:
        """Show the number, if it changed."""
        value = self.entity_description.value(self.hub)
        if value != self._attr_native_value:
            self._attr_native_value = value
            self.async_write_ha_state()
