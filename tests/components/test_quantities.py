"""What a value is, by its name."""

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.components.sensor.const import DEVICE_CLASS_STATE_CLASSES, DEVICE_CLASS_UNITS
from hypothesis import given, strategies as st
import pytest

from custom_components.mqtt_sentinel.outcome.quantities import (
    PLAIN,
    QUANTITIES,
    Quantity,
    meaning_of,
    readable,
)


@pytest.mark.parametrize("quantity", QUANTITIES.values(), ids=QUANTITIES)
def test_home_assistant_knows_such_a_quantity(quantity: Quantity) -> None:
    if quantity.device_class is None:
        assert quantity.key
        return
    assert quantity.unit in DEVICE_CLASS_UNITS[quantity.device_class]
    assert quantity.state_class in DEVICE_CLASS_STATE_CLASSES[quantity.device_class]


@pytest.mark.parametrize(
    ("name", "device_class", "unit"),
    [
        ("temperature", SensorDeviceClass.TEMPERATURE, "°C"),
        ("humidity", SensorDeviceClass.HUMIDITY, "%"),
        ("voltage", SensorDeviceClass.VOLTAGE, "V"),
        ("current", SensorDeviceClass.CURRENT, "A"),
        ("power", SensorDeviceClass.POWER, "W"),
        ("energy", SensorDeviceClass.ENERGY, "kWh"),
        ("pressure", SensorDeviceClass.ATMOSPHERIC_PRESSURE, "hPa"),
        ("illuminance", SensorDeviceClass.ILLUMINANCE, "lx"),
        ("battery", SensorDeviceClass.BATTERY, "%"),
        ("rssi", SensorDeviceClass.SIGNAL_STRENGTH, "dBm"),
        ("memory_free", SensorDeviceClass.DATA_SIZE, "B"),
        ("uptime", SensorDeviceClass.DURATION, "s"),
        ("co2", SensorDeviceClass.CO2, "ppm"),
        ("pm2.5", SensorDeviceClass.PM25, "μg/m³"),
        ("Temperature", SensorDeviceClass.TEMPERATURE, "°C"),
        ("barometricPressure", SensorDeviceClass.ATMOSPHERIC_PRESSURE, "hPa"),
    ],
)
def test_a_usual_name_says_it_all(name: str, device_class: SensorDeviceClass, unit: str) -> None:
    quantity, whole = meaning_of(name)
    assert whole
    assert (quantity.device_class, quantity.unit) == (device_class, unit)


@pytest.mark.parametrize(
    ("name", "device_class"),
    [
        ("room_temperature", SensorDeviceClass.TEMPERATURE),
        ("battery_voltage", SensorDeviceClass.VOLTAGE),
        ("batteryVoltage", SensorDeviceClass.VOLTAGE),
        ("Soil-Moisture 2", SensorDeviceClass.MOISTURE),
        ("temperature_1", SensorDeviceClass.TEMPERATURE),
        ("pressure_2", SensorDeviceClass.ATMOSPHERIC_PRESSURE),
        ("wifi_rssi", SensorDeviceClass.SIGNAL_STRENGTH),
        ("wifi_signal_strength", SensorDeviceClass.SIGNAL_STRENGTH),
        ("room_co2", SensorDeviceClass.CO2),
    ],
)
def test_a_longer_name_says_what_it_is_in_the_end(
    name: str, device_class: SensorDeviceClass
) -> None:
    quantity, whole = meaning_of(name)
    assert quantity.device_class is device_class
    assert not whole


@pytest.mark.parametrize(
    "name",
    [
        *("tire_pressure", "tx_power", "low_battery", "cpu_frequency", "temperature_max"),
        *("load", "temperatures", "", " ", "_", "42", "温度", "{0}", "../.."),
    ],
)
def test_other_names_are_plain_numbers(name: str) -> None:
    assert meaning_of(name) == (PLAIN, False)
    assert Quantity(None, None, SensorStateClass.MEASUREMENT) == PLAIN


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("flow_rate", "Flow rate"),
        ("PM2.5", "PM2.5"),
        ("  odd__name ", "Odd name"),
        ("x", "X"),
        ("___", "___"),
        ("{x}", "{x}"),
    ],
)
def test_a_name_is_made_readable(name: str, expected: str) -> None:
    assert readable(name) == expected


@given(st.text(max_size=64))
def test_every_name_means_something(name: str) -> None:
    quantity, whole = meaning_of(name)
    assert quantity in {PLAIN, *QUANTITIES.values()}
    assert not (whole and quantity is PLAIN)
    readable(name)
