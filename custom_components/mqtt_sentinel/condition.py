"""Automation conditions, by name in the editor."""

from typing import override

from homeassistant.components.binary_sensor import (
    DOMAIN as BINARY_SENSOR_DOMAIN,
    BinarySensorDeviceClass,
)
from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN, SensorDeviceClass
from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.core import HomeAssistant
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.condition import Condition, EntityStateConditionBase

from .entity import own_entities
from .watch.alarm import Protection


class SentinelCondition(EntityStateConditionBase):
    """Tests the state of entities of this integration that have one meaning."""

    _key: str

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Leave out the entities of others, and ours that mean something else."""
        return own_entities(self._hass, super().entity_filter(entities), self._key)


_PROBLEM = {BINARY_SENSOR_DOMAIN: DomainSpec(device_class=BinarySensorDeviceClass.PROBLEM)}
_PROTECTION = {SENSOR_DOMAIN: DomainSpec(device_class=SensorDeviceClass.ENUM)}


def _state_condition(specs: dict[str, DomainSpec], key: str, state: str) -> type[Condition]:
    class StateCondition(SentinelCondition):
        """Tests whether entities are in one state."""

        _domain_specs = specs
        _states = {state}
        _key = key

    return StateCondition


CONDITIONS: dict[str, type[Condition]] = {
    "has_mismatch": _state_condition(_PROBLEM, "problem", STATE_ON),
    "has_no_mismatch": _state_condition(_PROBLEM, "problem", STATE_OFF),
    "is_protected": _state_condition(_PROTECTION, "protection", Protection.PROTECTED),
    "is_degraded": _state_condition(_PROTECTION, "protection", Protection.DEGRADED),
    "is_unprotected": _state_condition(_PROTECTION, "protection", Protection.UNPROTECTED),
}


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:
    """The conditions of this integration."""
    return CONDITIONS
