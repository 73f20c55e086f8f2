"""What a value is, by the name that a device gives it: device class, unit, state class."""

from dataclasses import dataclass
import re
from typing import NamedTuple

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import (
    LIGHT_LUX,
    PERCENTAGE,
    SIGNAL_STRENGTH_DECIBELS_MILLIWATT,
    EntityCategory,
    UnitOfApparentPower,
    UnitOfDensity,
    UnitOfElectricCurrent,
    UnitOfElectricPotential,
    UnitOfEnergy,
    UnitOfFrequency,
    UnitOfInformation,
    UnitOfIrradiance,
    UnitOfPower,
    UnitOfPressure,
    UnitOfRatio,
    UnitOfReactivePower,
    UnitOfTemperature,
    UnitOfTime,
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """What is measured, in which unit.

    ``key`` names it in the translations where the name of its device class does not say what it
    is. ``tail`` says that a longer name that ends with its name is meant too: a room temperature
    is a temperature, but a tire pressure is not measured in hPa.
    """

    device_class: SensorDeviceClass | None = None
    unit: str | None = None
    state_class: SensorStateClass = SensorStateClass.MEASUREMENT
    category: EntityCategory | None = None
    key: str | None = None
    tail: bool = False


class Meaning(NamedTuple):
    """What a name means, and whether the quantity alone says it all."""

    quantity: Quantity
    whole: bool


PLAIN = Quantity()

_DIAGNOSTIC = EntityCategory.DIAGNOSTIC
_GROWS = SensorStateClass.TOTAL_INCREASING

_TEMPERATURE = Quantity(SensorDeviceClass.TEMPERATURE, UnitOfTemperature.CELSIUS, tail=True)
_HUMIDITY = Quantity(SensorDeviceClass.HUMIDITY, PERCENTAGE, tail=True)
_MOISTURE = Quantity(SensorDeviceClass.MOISTURE, PERCENTAGE, tail=True)
_AIR_PRESSURE = Quantity(SensorDeviceClass.ATMOSPHERIC_PRESSURE, UnitOfPressure.HPA)
_ILLUMINANCE = Quantity(SensorDeviceClass.ILLUMINANCE, LIGHT_LUX, tail=True)
_BATTERY = Quantity(SensorDeviceClass.BATTERY, PERCENTAGE, category=_DIAGNOSTIC)
_SIGNAL = Quantity(
    SensorDeviceClass.SIGNAL_STRENGTH,
    SIGNAL_STRENGTH_DECIBELS_MILLIWATT,
    category=_DIAGNOSTIC,
    tail=True,
)
_FREE_MEMORY = Quantity(
    SensorDeviceClass.DATA_SIZE, UnitOfInformation.BYTES, category=_DIAGNOSTIC, key="memory_free"
)
_UPTIME = Quantity(
    SensorDeviceClass.DURATION, UnitOfTime.SECONDS, category=_DIAGNOSTIC, key="uptime"
)
_CO2 = Quantity(SensorDeviceClass.CO2, UnitOfRatio.PARTS_PER_MILLION, tail=True)
_VOC = Quantity(
    SensorDeviceClass.VOLATILE_ORGANIC_COMPOUNDS_PARTS, UnitOfRatio.PARTS_PER_BILLION, tail=True
)
_PM25 = Quantity(SensorDeviceClass.PM25, UnitOfDensity.MICROGRAMS_PER_CUBIC_METER, tail=True)

QUANTITIES = {
    "temperature": _TEMPERATURE,
    "temp": _TEMPERATURE,
    "humidity": _HUMIDITY,
    "moisture": _MOISTURE,
    "pressure": _AIR_PRESSURE,
    "air_pressure": _AIR_PRESSURE,
    "atmospheric_pressure": _AIR_PRESSURE,
    "barometric_pressure": _AIR_PRESSURE,
    "illuminance": _ILLUMINANCE,
    "lux": _ILLUMINANCE,
    "irradiance": Quantity(
        SensorDeviceClass.IRRADIANCE, UnitOfIrradiance.WATTS_PER_SQUARE_METER, tail=True
    ),
    "voltage": Quantity(SensorDeviceClass.VOLTAGE, UnitOfElectricPotential.VOLT, tail=True),
    "current": Quantity(SensorDeviceClass.CURRENT, UnitOfElectricCurrent.AMPERE, tail=True),
    "power": Quantity(SensorDeviceClass.POWER, UnitOfPower.WATT),
    "active_power": Quantity(SensorDeviceClass.POWER, UnitOfPower.WATT),
    "apparent_power": Quantity(
        SensorDeviceClass.APPARENT_POWER, UnitOfApparentPower.VOLT_AMPERE, tail=True
    ),
    "reactive_power": Quantity(
        SensorDeviceClass.REACTIVE_POWER, UnitOfReactivePower.VOLT_AMPERE_REACTIVE, tail=True
    ),
    "energy": Quantity(SensorDeviceClass.ENERGY, UnitOfEnergy.KILO_WATT_HOUR, _GROWS, tail=True),
    "frequency": Quantity(SensorDeviceClass.FREQUENCY, UnitOfFrequency.HERTZ),
    "battery": _BATTERY,
    "battery_level": _BATTERY,
    "battery_percent": _BATTERY,
    "battery_percentage": _BATTERY,
    "rssi": _SIGNAL,
    "signal_strength": _SIGNAL,
    "memory_free": _FREE_MEMORY,
    "free_memory": _FREE_MEMORY,
    "heap_free": _FREE_MEMORY,
    "free_heap": _FREE_MEMORY,
    "uptime": _UPTIME,
    "co2": _CO2,
    "carbon_dioxide": _CO2,
    "carbon_monoxide": Quantity(SensorDeviceClass.CO, UnitOfRatio.PARTS_PER_MILLION, tail=True),
    "voc": _VOC,
    "tvoc": _VOC,
    "pm1": Quantity(SensorDeviceClass.PM1, UnitOfDensity.MICROGRAMS_PER_CUBIC_METER, tail=True),
    "pm25": _PM25,
    "pm2_5": _PM25,
    "pm10": Quantity(SensorDeviceClass.PM10, UnitOfDensity.MICROGRAMS_PER_CUBIC_METER, tail=True),
    # What a broker tells of itself:
    "clients_connected": Quantity(key="clients_connected"),
    "messages_received": Quantity(state_class=_GROWS, key="messages_received"),
    "messages_sent": Quantity(state_class=_GROWS, key="messages_sent"),
    "messages_received_1min": Quantity(key="messages_received_1min"),
    "messages_sent_1min": Quantity(key="messages_sent_1min"),
}

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_GAP = re.compile(r"[\W_]+")


def meaning_of(name: str) -> Meaning:
    """What a value of this name is; a plain number when that cannot be told.

    ``batteryVoltage``, ``battery-voltage`` and ``Battery Voltage 2`` are all ``battery_voltage``.
    """
    words = [word for word in _GAP.split(_HUMP.sub("_", name).lower()) if word]
    if found := QUANTITIES.get("_".join(words)):
        return Meaning(found, whole=True)
    while words and words[-1].isdecimal():
        words.pop()
    for start in range(len(words)):
        found = QUANTITIES.get("_".join(words[start:]))
        if found and (start == 0 or found.tail):
            return Meaning(found, whole=False)
    return Meaning(PLAIN, whole=False)


def readable(name: str) -> str:
    """The name of a value as people read it."""
    words = " ".join(name.replace("_", " ").split())
    return words[:1].upper() + words[1:] if words else name
