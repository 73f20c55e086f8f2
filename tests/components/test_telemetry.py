"""Values: shown as they appear, in batches, never when they cannot be true."""

from collections.abc import Mapping
from dataclasses import replace
import logging
from typing import Any

from homeassistant.config_entries import RELOAD_AFTER_UPDATE_DELAY
from homeassistant.const import EntityCategory
from homeassistant.core import State
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.mqtt_sentinel.dialects.table import DIALECTS
from custom_components.mqtt_sentinel.entities.values import ValueSensor
from custom_components.mqtt_sentinel.hub import Hub
from custom_components.mqtt_sentinel.intake.mqtt import now
from custom_components.mqtt_sentinel.outcome import values as values_module
from custom_components.mqtt_sentinel.outcome.values import PAUSE
from custom_components.mqtt_sentinel.watch.averages import FEWEST_SAMPLES, IN_A_ROW
from custom_components.mqtt_sentinel.watch.reports import TelemetryReport, ThingKey
from custom_components.mqtt_sentinel.watch.telemetry import MOST_VALUES

from .house import GRACE, SUBSCRIBE_TIME, House, own_log, subentry_of, watch

TEMPERATURE = "sensor.esp_temperature"
ANOMALY = "binary_sensor.esp_anomaly"


async def tell(
    house: House, values: Mapping[str, float], *, name: str = "esp", retain: bool = False
) -> None:
    """A device tells what it measured."""
    await house.broker.publish(
        f"autocore/{name}/telemetry", {"device_id": name, **values}, retain=retain
    )


async def says(house: House, status: str, *, retain: bool = False) -> None:
    """The device says whether it is there."""
    await house.broker.publish(
        "autocore/esp/status", {"device_id": "esp", "status": status}, retain=retain
    )


async def enable(house: House, *entity_ids: str) -> None:
    """The user wants these too; Home Assistant reloads the hub for it, after a while."""
    for entity_id in entity_ids:
        er.async_get(house.hass).async_update_entity(entity_id, disabled_by=None)
    await house.clock.advance(RELOAD_AFTER_UPDATE_DELAY + 2 * SUBSCRIBE_TIME)
    await says(house, "online")


@pytest.fixture
async def guarded(house: House) -> House:
    """A device that is there, and that nothing is known of beside that."""
    await house.set_up(watch("esp", dialect="autocore"))
    await says(house, "online")
    return house


def facts(state: State) -> tuple[str, str | None, str | None, str | None, str]:
    shown = state.attributes
    return (
        state.state,
        shown.get("device_class"),
        shown.get("unit_of_measurement"),
        shown.get("state_class"),
        state.name,
    )


async def test_values_appear_as_they_are_heard(guarded: House) -> None:
    before = set(guarded.hass.states.async_entity_ids())
    await tell(guarded, {"temperature": 21.5, "room_temperature": 19})
    await tell(guarded, {"memory_free": 123456, "flow_rate": 7.25, "energy": 12.5})
    new = set(guarded.hass.states.async_entity_ids()) - before
    assert {entity_id: facts(guarded.state(entity_id)) for entity_id in new} == {
        TEMPERATURE: ("21.5", "temperature", "°C", "measurement", "Esp Temperature"),
        "sensor.esp_room_temperature": (
            *("19", "temperature", "°C", "measurement", "Esp Room temperature"),
        ),
        "sensor.esp_free_memory": ("123456", "data_size", "B", "measurement", "Esp Free memory"),
        "sensor.esp_flow_rate": ("7.25", None, None, "measurement", "Esp Flow rate"),
        "sensor.esp_energy": ("12.5", "energy", "kWh", "total_increasing", "Esp Energy"),
        ANOMALY: ("unknown", "problem", None, None, "Esp Anomaly"),
    }


async def test_entities_belong_to_the_watch_and_keep_their_ids(
    guarded: House, entity_registry: er.EntityRegistry
) -> None:
    await tell(guarded, {"temperature": 21.5, "memory_free": 1})
    found = {
        entry.unique_id: entry
        for entry in er.async_entries_for_config_entry(entity_registry, "hub")
        if entry.unique_id.split("_")[1] in {"value", "average", "anomaly"}
    }
    off = er.RegistryEntryDisabler.INTEGRATION
    diagnostic = EntityCategory.DIAGNOSTIC
    assert {key: (entry.disabled_by, entry.entity_category) for key, entry in found.items()} == {
        "esp_anomaly": (None, None),
        "esp_value_temperature": (None, None),
        "esp_average_temperature": (off, diagnostic),
        "esp_anomaly_temperature": (off, diagnostic),
        "esp_value_memory_free": (None, diagnostic),
        "esp_average_memory_free": (off, diagnostic),
        "esp_anomaly_memory_free": (off, diagnostic),
    }
    assert {(entry.config_subentry_id, entry.device_id) for entry in found.values()} == {
        ("esp", guarded.entry.runtime_data.device_id("esp"))
    }


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("{x}", "{x}"),
        ("{0.__class__}", "{0. class }"),
        ("..", ".."),
        ("温度", "温度"),
        ("🌡", "🌡"),
        (" ", " "),
        ("a" * 64, "A" + "a" * 63),
        ("a/b?c", "A/b?c"),
    ],
)
async def test_any_name_can_be_shown(
    guarded: House, entity_registry: er.EntityRegistry, name: str, shown: str
) -> None:
    await tell(guarded, {name: 1})
    entity_id = entity_registry.async_get_entity_id("sensor", "mqtt_sentinel", f"esp_value_{name}")
    assert entity_id
    assert guarded.value(entity_id) == "1"
    assert guarded.state(entity_id).name == f"Esp {shown}"


async def test_a_bounded_number_of_values(
    guarded: House, caplog: pytest.LogCaptureFixture, entity_registry: er.EntityRegistry
) -> None:
    caplog.set_level(logging.DEBUG, values_module.__name__)
    for first in range(0, 100, 10):
        await tell(guarded, {f"v{number}": number for number in range(first, first + 10)})
        await guarded.clock.advance(PAUSE)
    shown = [key for key in guarded.hass.states.async_entity_ids("sensor") if "esp_v" in key]
    assert len(shown) == MOST_VALUES
    lines = [record for record in caplog.records if record.name == values_module.__name__]
    assert len(lines) == 1
    assert own_log(caplog) == []

    # Those of before a restart count.
    await guarded.reload()
    await says(guarded, "online")
    await tell(guarded, {"one_more": 1, "v1": 11})
    assert guarded.hass.states.get("sensor.esp_one_more") is None
    assert guarded.value("sensor.esp_v1") == "11"
    assert len(guarded.entry.runtime_data.sentinel.watches["esp"].telemetry.values) == MOST_VALUES


async def test_values_are_unavailable_while_the_device_is_gone(guarded: House) -> None:
    await tell(guarded, {"temperature": 21.5})
    await says(guarded, "offline")
    assert guarded.value(TEMPERATURE) == "unavailable"
    assert guarded.value(ANOMALY) == "unavailable"
    await tell(guarded, {"temperature": 22})
    assert guarded.value(TEMPERATURE) == "unavailable"
    await says(guarded, "online")
    assert guarded.value(TEMPERATURE) == "22"


async def test_what_was_measured_before_it_went_is_not_shown_after_it(guarded: House) -> None:
    await tell(guarded, {"temperature": 21.5})
    await says(guarded, "offline")
    await guarded.clock.advance(3600)
    await says(guarded, "online")
    assert guarded.value(TEMPERATURE) == "unknown"
    await tell(guarded, {"temperature": 18})
    assert guarded.value(TEMPERATURE) == "18"


async def test_values_are_unavailable_while_the_broker_is_gone(guarded: House) -> None:
    await tell(guarded, {"temperature": 21.5})
    await guarded.broker.go()
    assert guarded.value(TEMPERATURE) == "unavailable"
    guarded.broker.hold_acknowledgements()
    await guarded.broker.come()
    await guarded.clock.advance(1)
    await says(guarded, "online", retain=True)
    await tell(guarded, {"temperature": 21.5}, retain=True)
    assert guarded.value(TEMPERATURE) == "unavailable"
    await guarded.broker.acknowledge()
    assert guarded.value(TEMPERATURE) == "21.5"


async def test_what_the_broker_kept_is_shown_of_a_device_that_is_there(house: House) -> None:
    await house.set_up(watch("esp", dialect="autocore"))
    await tell(house, {"temperature": 21.5}, retain=True)
    assert house.value(TEMPERATURE) == "unavailable"
    assert house.value("binary_sensor.esp_connectivity") == "unknown"
    await says(house, "online", retain=True)
    assert house.value(TEMPERATURE) == "21.5"
    await tell(house, {"temperature": 22})
    await tell(house, {"temperature": 21.5}, retain=True)
    await house.clock.advance(PAUSE)
    assert house.value(TEMPERATURE) == "22"


async def test_what_the_broker_kept_of_a_device_that_is_gone_is_not_shown(house: House) -> None:
    await house.set_up(watch("esp", dialect="autocore"))
    await tell(house, {"temperature": 21.5}, retain=True)
    await says(house, "offline", retain=True)
    assert house.value(TEMPERATURE) == "unavailable"
    await says(house, "online")
    assert house.value(TEMPERATURE) == "unknown"


async def test_telemetry_is_a_sign_of_life(house: House) -> None:
    await house.set_up(watch("esp", dialect="autocore"))
    await tell(house, {"temperature": 21.5})
    assert house.value("binary_sensor.esp_connectivity") == "on"
    assert house.value(TEMPERATURE) == "21.5"
    await house.clock.advance(GRACE)
    assert house.judged("esp") == ("ok", "agrees", "live")


async def test_values_come_back_after_a_restart(guarded: House) -> None:
    await tell(guarded, {"temperature": 21.5, "flow_rate": 3})
    await guarded.reload()
    names = (TEMPERATURE, "sensor.esp_flow_rate", ANOMALY)
    for entity_id in names:
        state = guarded.state(entity_id)
        assert state.state == "unavailable"
        assert "restored" not in state.attributes
    await says(guarded, "online", retain=True)
    assert [guarded.value(entity_id) for entity_id in names] == 3 * ["unknown"]
    await tell(guarded, {"flow_rate": 4, "humidity": 40})
    assert guarded.value("sensor.esp_flow_rate") == "4"
    assert guarded.value(TEMPERATURE) == "unknown"
    assert guarded.value("sensor.esp_humidity") == "40"


async def test_what_is_heard_before_the_platforms_are_there_is_shown(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Messages that the broker kept come as soon as the first filter is subscribed to."""
    set_up = Hub.start

    async def start(hub: Hub) -> None:
        await set_up(hub)
        key = ThingKey("autocore", "", "esp")
        hub._heard(TelemetryReport(key, now(), True, "topic", {"temperature": 20.0}))

    monkeypatch.setattr(Hub, "start", start)
    await house.set_up(watch("esp", dialect="autocore"))
    await says(house, "online", retain=True)
    assert house.value(TEMPERATURE) == "20.0"


# How often


def count_writes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """Which value sensors are written from now on, and what is in them."""
    written: list[tuple[str, Any]] = []
    write = ValueSensor.async_write_ha_state

    def counted(entity: ValueSensor) -> None:
        if entity.native_value is not None:  # else Home Assistant is still about to add it
            written.append((entity.item, entity.native_value))
        write(entity)

    monkeypatch.setattr(ValueSensor, "async_write_ha_state", counted)
    return written


async def test_a_flood_is_written_in_batches_and_the_last_value_wins(
    guarded: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tell(guarded, {"temperature": 0, "humidity": 50})
    await guarded.clock.advance(1)
    written = count_writes(monkeypatch)
    for number in range(1, 1001):
        await tell(guarded, {"temperature": number, "humidity": 50})
    assert written == [("temperature", 1)]
    await guarded.clock.advance(PAUSE)
    assert written == [("temperature", 1), ("temperature", 1000)]
    assert guarded.value(TEMPERATURE) == "1000"
    await guarded.clock.advance(10)
    assert len(written) == 2


async def test_a_value_is_shown_at_once_when_idle(guarded: House) -> None:
    await tell(guarded, {"temperature": 1})
    for number in range(2, 12):
        await guarded.clock.advance(PAUSE)
        await tell(guarded, {"temperature": number})
        assert guarded.value(TEMPERATURE) == str(number)


async def test_a_lasting_flood_is_shown_every_tenth_of_a_second(
    guarded: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tell(guarded, {"temperature": 0})
    await guarded.clock.advance(1)
    written = count_writes(monkeypatch)
    for number in range(1, 201):
        await tell(guarded, {"temperature": number})
        await guarded.clock.advance(0.01)
    await guarded.clock.advance(1)
    assert 15 <= len(written) <= 21
    assert written[-1] == ("temperature", 200)


async def test_watches_do_not_wait_for_each_other(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"esp{number}" for number in range(60)]
    await house.set_up(*(watch(name, dialect="autocore") for name in names))
    for name in names:
        await tell(house, {"temperature": 0}, name=name)
    await house.clock.advance(1)
    written = count_writes(monkeypatch)
    for name in names:
        await tell(house, {"temperature": 1}, name=name)
    assert len(written) == 60  # each was idle
    for name in names:
        await tell(house, {"temperature": 2}, name=name)
    assert len(written) == 60
    await house.clock.advance(PAUSE)
    # More than are shown in one turn of the event loop.
    await house.clock.advance(PAUSE)
    assert [house.value(f"sensor.{name}_temperature") for name in names] == 60 * ["2"]
    assert len(written) == 120


async def test_what_is_new_takes_along_what_waits(
    guarded: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tell(guarded, {"temperature": 1})
    await guarded.clock.advance(1)
    await tell(guarded, {"temperature": 2})
    written = count_writes(monkeypatch)
    await tell(guarded, {"temperature": 3})
    await guarded.clock.advance(PAUSE / 2)
    await tell(guarded, {"humidity": 50})
    assert sorted(written) == [("humidity", 50), ("temperature", 3)]
    # The pause begins anew.
    await tell(guarded, {"temperature": 4})
    await tell(guarded, {"temperature": 5})
    await guarded.clock.advance(PAUSE / 2 + 0.02)
    assert len(written) == 2
    await guarded.clock.advance(PAUSE)
    assert written[2:] == [("temperature", 5)]

    await guarded.clock.advance(1)
    await tell(guarded, {"temperature": 6})
    await tell(guarded, {"temperature": 7})
    await tell(guarded, {"voltage": 3})
    await guarded.clock.advance(1)
    assert sorted(written[3:]) == [("temperature", 6), ("temperature", 7), ("voltage", 3)]


async def test_a_value_that_stays_is_not_written(
    guarded: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tell(guarded, {"temperature": 20})
    written = count_writes(monkeypatch)
    for _ in range(5):
        await guarded.clock.advance(60)
        await tell(guarded, {"temperature": 20})
    assert written == []


@pytest.mark.no_fail_on_log_exception
async def test_one_value_that_cannot_be_shown_costs_the_others_nothing(
    guarded: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tell(guarded, {"temperature": 1, "humidity": 1, "voltage": 1})
    await guarded.clock.advance(1)
    write = ValueSensor.async_write_ha_state

    def fail(entity: ValueSensor) -> None:
        if entity.item == "humidity":
            raise RuntimeError
        write(entity)

    monkeypatch.setattr(ValueSensor, "async_write_ha_state", fail)
    await tell(guarded, {"temperature": 2, "humidity": 2, "voltage": 2})
    assert guarded.value(TEMPERATURE) == "2"
    assert guarded.value("sensor.esp_voltage") == "2"


async def test_nothing_waits_when_the_hub_stops(guarded: House) -> None:
    await tell(guarded, {"temperature": 1})
    await tell(guarded, {"temperature": 2})
    assert await guarded.hass.config_entries.async_unload("hub")
    await guarded.clock.advance(1)
    assert guarded.value(TEMPERATURE) == "unavailable"


# Averages and anomalies


async def learn(house: House, value: float = 20, samples: int = FEWEST_SAMPLES) -> None:
    for _ in range(samples):
        await tell(house, {"temperature": value})
        await house.clock.advance(1)


async def test_averages_and_anomalies_are_there_for_those_who_want_them(guarded: House) -> None:
    average, anomaly = "sensor.esp_temperature_average", "binary_sensor.esp_temperature_anomaly"
    await tell(guarded, {"temperature": 20})
    assert guarded.hass.states.get(average) is None
    assert guarded.hass.states.get(anomaly) is None
    await enable(guarded, average, anomaly)
    assert guarded.value(average) == "unknown"
    await tell(guarded, {"temperature": 20})
    await tell(guarded, {"temperature": 21})
    await guarded.clock.advance(1)
    assert facts(guarded.state(average)) == (
        *("20.5", "temperature", "°C", "measurement", "Esp Temperature average"),
    )
    assert guarded.value(anomaly) == "unknown"
    await learn(guarded)
    assert facts(guarded.state(anomaly)) == (
        "off",
        "problem",
        None,
        None,
        "Esp Temperature anomaly",
    )
    for _ in range(IN_A_ROW):
        assert guarded.value(anomaly) == "off"
        await tell(guarded, {"temperature": 80})
    assert guarded.value(anomaly) == "on"
    await says(guarded, "offline")
    assert [guarded.value(average), guarded.value(anomaly)] == 2 * ["unavailable"]


async def test_the_average_of_a_meter_is_none_of_a_meter(guarded: House) -> None:
    await tell(guarded, {"energy": 20})
    await enable(guarded, "sensor.esp_energy_average")
    await tell(guarded, {"energy": 20})
    shown = facts(guarded.state("sensor.esp_energy_average"))
    assert shown == ("20.0", None, "kWh", "measurement", "Esp Energy average")


async def test_one_sensor_says_that_something_is_out_of_line_and_what(guarded: House) -> None:
    await tell(guarded, {"temperature": 20, "humidity": 50})
    assert guarded.value(ANOMALY) == "unknown"
    await learn(guarded)
    assert guarded.value(ANOMALY) == "off"
    assert guarded.state(ANOMALY).attributes["values"] == []
    states = guarded.follow(ANOMALY)
    for _ in range(IN_A_ROW):
        await tell(guarded, {"temperature": 80, "humidity": 50})
    # Also within the pause: it is not merged away.
    await tell(guarded, {"temperature": 20})
    assert [(state.state, state.attributes["values"]) for state in states] == [
        ("on", ["temperature"]),
        ("off", []),
    ]


async def test_what_the_broker_kept_never_makes_an_anomaly(guarded: House) -> None:
    await learn(guarded)
    for _ in range(5):
        await tell(guarded, {"temperature": 80}, retain=True)
    await guarded.clock.advance(1)
    assert guarded.value(ANOMALY) == "off"


# Whose values


async def test_no_second_temperature_where_another_integration_shows_it(
    guarded: House, monkeypatch: pytest.MonkeyPatch, entity_registry: er.EntityRegistry
) -> None:
    await tell(guarded, {"temperature": 20})
    before = set(guarded.hass.states.async_entity_ids())
    monkeypatch.setitem(DIALECTS, "autocore", replace(DIALECTS["autocore"], shown=True))
    await tell(guarded, {"humidity": 20})
    assert set(guarded.hass.states.async_entity_ids()) == before
    assert guarded.value("binary_sensor.esp_connectivity") == "on"
    await guarded.reload()
    await tell(guarded, {"temperature": 20})
    assert guarded.state(TEMPERATURE).attributes["restored"]


async def test_the_broker_shows_its_own_values(house: House) -> None:
    await house.set_up(watch("broker", dialect="broker"))
    await house.broker.publish("$SYS/broker/clients/connected", "7")
    await house.broker.publish("$SYS/broker/uptime", "100 seconds")
    assert facts(house.state("sensor.broker_clients_connected")) == (
        *("7.0", None, None, "measurement", "Broker Clients connected"),
    )
    assert facts(house.state("sensor.broker_uptime")) == (
        *("100.0", "duration", "s", "measurement", "Broker Uptime"),
    )


# When what is watched changes


async def test_a_removed_watch_takes_its_values_with_it(
    guarded: House, entity_registry: er.EntityRegistry
) -> None:
    await tell(guarded, {"temperature": 20})
    await tell(guarded, {"temperature": 21})  # this one waits
    guarded.hass.config_entries.async_remove_subentry(guarded.entry, "esp")
    await guarded.clock.settle()
    await guarded.clock.advance(1)
    left = er.async_entries_for_config_entry(entity_registry, "hub")
    assert {entry.config_subentry_id for entry in left} == {None}  # the hub's own
    assert guarded.hass.states.get(TEMPERATURE) is None


async def test_a_value_of_a_watch_that_is_being_removed_is_no_error(
    guarded: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The subentry is gone, and the hub did not hear of it yet."""

    async def later(_: Hub) -> None:
        pass

    monkeypatch.setattr(Hub, "refresh", later)
    await tell(guarded, {"temperature": 20})
    guarded.hass.config_entries.async_remove_subentry(guarded.entry, "esp")
    await tell(guarded, {"humidity": 1})
    assert guarded.hass.states.get("sensor.esp_humidity") is None
    assert own_log(caplog) == []


async def test_another_thing_has_other_values(
    guarded: House, entity_registry: er.EntityRegistry
) -> None:
    subentry = subentry_of(watch("two", dialect="autocore"))
    guarded.hass.config_entries.async_add_subentry(guarded.entry, subentry)
    await guarded.clock.settle()
    await tell(guarded, {"temperature": 3}, name="two")
    await tell(guarded, {"temperature": 20, "flow_rate": 1})
    await tell(guarded, {"temperature": 21, "flow_rate": 2})  # this one waits
    subentry = guarded.entry.subentries["esp"]
    guarded.hass.config_entries.async_update_subentry(
        guarded.entry, subentry, data={**subentry.data, "thing": "other"}
    )
    await guarded.clock.settle()
    assert guarded.hass.states.get(TEMPERATURE) is None
    assert guarded.hass.states.get(ANOMALY) is None
    assert guarded.hass.states.get("binary_sensor.esp_connectivity") is not None
    assert guarded.value("sensor.two_temperature") == "3"
    await tell(guarded, {"temperature": 5}, name="other")
    await guarded.clock.advance(1)
    assert guarded.value(TEMPERATURE) == "5"
    assert guarded.hass.states.get("sensor.esp_flow_rate") is None


async def test_a_new_watch_shows_values_too(guarded: House) -> None:
    subentry = subentry_of(watch("two", dialect="autocore"))
    guarded.hass.config_entries.async_add_subentry(guarded.entry, subentry)
    await guarded.clock.settle()
    await tell(guarded, {"temperature": 3}, name="two")
    assert guarded.value("sensor.two_temperature") == "3"


async def test_a_name_from_the_user_is_in_the_name_of_the_value(guarded: House) -> None:
    await tell(guarded, {"temperature": 20})
    guarded.hass.config_entries.async_update_subentry(
        guarded.entry, guarded.entry.subentries["esp"], title="Cellar"
    )
    await guarded.clock.settle()
    assert guarded.state(TEMPERATURE).name == "Cellar Temperature"
