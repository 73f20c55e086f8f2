"""What a device tells of itself: where it is in the network, what runs on it, since when."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
)
from homeassistant.const import EntityCategory, UnitOfTime

from ..outcome.values import Item, Kind
from ..watch.watched import is_alive
from .values import ItemEntity

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigSubentry
    from homeassistant.helpers.entity import Entity

    from ..hub import Hub
    from ..watch.reports import DeviceDetails


@dataclass(frozen=True, kw_only=True)
class DetailDescription(SensorEntityDescription):
    """How a detail is read."""

    detail: Callable[[DeviceDetails], str | float | None]


DETAILS = {
    "ip_address": DetailDescription(
        key=Item(Kind.DETAIL, "ip_address").key,
        translation_key="ip_address",
        entity_category=EntityCategory.DIAGNOSTIC,
        detail=lambda details: details.ip_address,
    ),
    "firmware": DetailDescription(
        key=Item(Kind.DETAIL, "firmware").key,
        translation_key="firmware",
        entity_category=EntityCategory.DIAGNOSTIC,
        detail=lambda details: details.firmware,
    ),
    "uptime": DetailDescription(
        key=Item(Kind.DETAIL, "uptime").key,
        translation_key="uptime",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        entity_category=EntityCategory.DIAGNOSTIC,
        detail=lambda details: details.uptime,
    ),
}


class DetailSensor(ItemEntity, SensorEntity):
    """One detail of a device; the uptime follows when "last seen" does."""

    entity_description: DetailDescription

    @override
    def read(self) -> bool:
        """Read the detail."""
        watch = self.watch
        available = is_alive(watch)
        state = self.entity_description.detail(watch.details) if available else None
        if state == self._attr_native_value and available is self._attr_available:
            return False
        self._attr_native_value = state
        self._attr_available = available
        return True


def detail_sensors(hub: Hub, subentry: ConfigSubentry, name: str) -> list[Entity]:
    """The sensor of one detail."""
    return [DetailSensor(hub, subentry, DETAILS[name], name)]
