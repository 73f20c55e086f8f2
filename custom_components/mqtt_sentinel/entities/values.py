"""The entities of values: each value itself, its moving average, whether it is out of line."""

from abc import abstractmethod
from typing import TYPE_CHECKING, override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.components.sensor import (
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory
from homeassistant.core import callback
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..entity import SentinelEntity
from ..outcome.quantities import meaning_of, readable
from ..outcome.values import Item, Kind
from ..watch.watched import is_alive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from homeassistant.config_entries import ConfigSubentry
    from homeassistant.helpers.entity import EntityDescription

    from ..hub import Hub, SentinelConfigEntry
    from ..watch.sentinel import Change
    from ..watch.telemetry import Value

    type Maker = Callable[[Hub, ConfigSubentry, str], Iterable[Entity]]


@callback
def add_items_of(
    entry: SentinelConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    by_kind: Mapping[Kind, Maker],
) -> None:
    """Add the entities of what there is to show of the watches, now and when there is more.

    ``by_kind`` makes the entities of an item from its name.
    """
    hub = entry.runtime_data

    @callback
    def add(watch_id: str, items: list[Item]) -> None:
        subentry = entry.subentries.get(watch_id)
        if subentry is None:
            return  # removed; the hub hears of it in a moment
        entities = [
            entity
            for kind, name in items
            if (make := by_kind.get(kind))
            for entity in make(hub, subentry, name)
        ]
        if entities:
            async_add_entities(entities, config_subentry_id=watch_id)

    hub.values.on_new(add)


class ItemEntity(SentinelEntity):
    """An entity that is written only when what it shows changed, however often it is asked to."""

    def __init__(
        self, hub: Hub, subentry: ConfigSubentry, description: EntityDescription, name: str
    ) -> None:
        """Bind an entity to the item of that name."""
        super().__init__(hub, subentry, description)
        self.item = name
        self._attr_available = False

    @override
    async def async_added_to_hass(self) -> None:
        """Start to follow, and show what is known already."""
        await super().async_added_to_hass()
        self.read()

    @override
    @callback
    def follow(self, change: Change | None) -> None:
        """Show what a change did to it."""
        self.show()

    @callback
    def show(self) -> None:
        """Show it if it changed."""
        if self.read():
            self.async_write_ha_state()

    @abstractmethod
    def read(self) -> bool:
        """Read the state from the watch; tell whether it changed."""


class ValueEntity(ItemEntity):
    """An entity that follows the values of a watch."""

    @override
    async def async_added_to_hass(self) -> None:
        """Start to follow the values too."""
        await super().async_added_to_hass()
        self.async_on_remove(self.hub.values.listen(self.subject, self.show))


class ValueSensor(ValueEntity, SensorEntity):
    """One value of a watch."""

    @override
    def read(self) -> bool:
        """Read the value."""
        watch = self.watch
        available = is_alive(watch)
        value = watch.telemetry.values.get(self.item)
        state = self.state_of(value) if available and value and value.last is not None else None
        if state == self._attr_native_value and available is self._attr_available:
            return False
        self._attr_native_value = state
        self._attr_available = available
        return True

    def state_of(self, value: Value) -> float | None:
        """What is shown of a value."""
        return value.last


class AverageSensor(ValueSensor):
    """The moving average of one value; its digits are as many as tell something."""

    @override
    def state_of(self, value: Value) -> float:
        """The average."""
        return float(f"{value.mean:.6g}")


class AnomalySensor(ValueEntity, BinarySensorEntity):
    """Whether one value is out of line."""

    @override
    def read(self) -> bool:
        """Read the answer."""
        watch = self.watch
        available = is_alive(watch)
        value = watch.telemetry.values.get(self.item)
        is_on = value.anomaly if available and value else None
        if is_on is self._attr_is_on and available is self._attr_available:
            return False
        self._attr_is_on = is_on
        self._attr_available = available
        return True


class AnyAnomalySensor(ValueEntity, BinarySensorEntity):
    """Whether any value of a watch is out of line, and which."""

    _names: Sequence[str] = ()

    @override
    def read(self) -> bool:
        """Read the answer, and the names."""
        watch = self.watch
        available = is_alive(watch)
        is_on = watch.telemetry.anomaly if available else None
        names = watch.telemetry.anomalies if is_on else []
        if is_on is self._attr_is_on and available is self._attr_available and names == self._names:
            return False
        self._attr_is_on = is_on
        self._attr_available = available
        self._names = names
        self._attr_extra_state_attributes = {"values": names}
        return True


def value_sensors(hub: Hub, subentry: ConfigSubentry, name: str) -> list[Entity]:
    """The sensors of one value: itself, and its average for those who want it."""
    quantity, whole = meaning_of(name)
    device_class, state_class = quantity.device_class, quantity.state_class
    key = quantity.key
    if not whole:
        key = "value" if device_class is None else "quantity"
    value = SensorEntityDescription(
        key=Item(Kind.VALUE, name).key,
        translation_key=key,
        translation_placeholders={"name": readable(name)},
        device_class=device_class,
        native_unit_of_measurement=quantity.unit,
        state_class=state_class,
        entity_category=quantity.category,
    )
    average = SensorEntityDescription(
        key=f"average_{name}",
        translation_key="average",
        translation_placeholders={"name": readable(name)},
        # The average of a meter's readings is no reading of a meter.
        device_class=device_class if state_class is SensorStateClass.MEASUREMENT else None,
        native_unit_of_measurement=quantity.unit,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
    )
    return [ValueSensor(hub, subentry, value, name), AverageSensor(hub, subentry, average, name)]


def anomaly_sensors(hub: Hub, subentry: ConfigSubentry, name: str) -> list[Entity]:
    """The binary sensor that tells whether one value is out of line, for those who want it."""
    description = BinarySensorEntityDescription(
        key=f"anomaly_{name}",
        translation_key="value_anomaly",
        translation_placeholders={"name": readable(name)},
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
    )
    return [AnomalySensor(hub, subentry, description, name)]


def any_anomaly_sensors(hub: Hub, subentry: ConfigSubentry, name: str) -> list[Entity]:
    """The binary sensor that stands for all values of a watch."""
    return [AnyAnomalySensor(hub, subentry, ANY_ANOMALY, name)]


ANY_ANOMALY = BinarySensorEntityDescription(
    key=Item(Kind.VALUES).key,
    translation_key="anomaly",
    device_class=BinarySensorDeviceClass.PROBLEM,
)
