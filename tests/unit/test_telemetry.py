"""What a thing measured: what is kept of it, what is not, and when somebody is told."""

import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.mqtt_sentinel.dialects import autocore
from custom_components.mqtt_sentinel.dialects.route import MalformedError
from custom_components.mqtt_sentinel.watch.averages import FEWEST_SAMPLES, IN_A_ROW
from custom_components.mqtt_sentinel.watch.reports import DeviceDetails, TelemetryReport
from custom_components.mqtt_sentinel.watch.sentinel import Sentinel
from custom_components.mqtt_sentinel.watch.telemetry import MOST_VALUES, Telemetry
from custom_components.mqtt_sentinel.watch.watched import Watched, is_alive

from .build import at, connection, message, telemetry, watch_of


def shown(heard: Telemetry) -> dict[str, float | None]:
    """The last known values; whoever looks takes note of all that is new."""
    heard.fresh = heard.urgent = False
    return {name: value.last for name, value in heard.values.items()}


def learned(**values: float) -> Telemetry:
    """One that knows these values well."""
    heard = Telemetry()
    for second in range(FEWEST_SAMPLES):
        heard.hear(telemetry(second, **values))
    shown(heard)
    return heard


def test_the_latest_value_wins() -> None:
    heard = Telemetry()
    heard.hear(telemetry(1, temperature=20, humidity=50))
    heard.hear(telemetry(2, temperature=21.5))
    assert shown(heard) == {"temperature": 21.5, "humidity": 50}


def test_one_has_to_be_told_once_until_it_was_shown() -> None:
    heard = Telemetry()
    assert heard.hear(telemetry(1, temperature=20))
    assert not heard.hear(telemetry(2, temperature=21))
    shown(heard)
    assert heard.hear(telemetry(3, temperature=22))
    assert not heard.hear(telemetry(4, temperature=22))


def test_a_new_value_is_urgent() -> None:
    heard = Telemetry()
    heard.hear(telemetry(1, temperature=20))
    assert heard.urgent
    shown(heard)
    heard.hear(telemetry(2, temperature=21))
    assert not heard.urgent
    assert heard.hear(telemetry(3, temperature=21, humidity=50))
    assert heard.urgent


def test_an_anomaly_and_its_end_are_urgent() -> None:
    heard = learned(temperature=20.0)
    assert heard.anomaly is False
    for second in range(IN_A_ROW - 1):
        heard.hear(telemetry(40 + second, temperature=80))
    assert not heard.urgent
    assert heard.hear(telemetry(50, temperature=80))
    assert heard.urgent
    assert (heard.anomaly, heard.anomalies) == (True, ["temperature"])
    shown(heard)
    assert heard.hear(telemetry(51, temperature=20))
    assert heard.urgent
    assert (heard.anomaly, heard.anomalies) == (False, [])


def test_one_value_out_of_line_is_enough() -> None:
    heard = learned(humidity=50.0, temperature=20.0)
    heard.hear(telemetry(39, voltage=3.3))
    for second in range(IN_A_ROW):
        heard.hear(telemetry(40 + second, humidity=50, temperature=80))
    assert (heard.anomaly, heard.anomalies) == (True, ["temperature"])
    assert heard.values["voltage"].anomaly is None


def test_there_is_no_answer_before_a_value_is_known_well() -> None:
    heard = Telemetry()
    assert heard.anomaly is None
    for second in range(FEWEST_SAMPLES - 1):
        heard.hear(telemetry(second, temperature=20))
    assert heard.anomaly is None
    heard.hear(telemetry(40, temperature=20))
    assert heard.anomaly is False


def test_what_the_broker_kept_is_a_value_but_no_sample() -> None:
    heard = Telemetry()
    assert heard.hear(telemetry(1, retained=True, temperature=20))
    assert shown(heard) == {"temperature": 20}
    assert heard.values["temperature"].samples == 0
    heard.hear(telemetry(2, temperature=21))
    heard.hear(telemetry(3, retained=True, temperature=20))
    assert shown(heard) == {"temperature": 21}
    assert heard.values["temperature"].samples == 1


def test_what_is_doubted_is_unknown_until_it_is_heard_again() -> None:
    heard = learned(temperature=20.0, humidity=50.0)
    heard.doubt()
    assert shown(heard) == {"temperature": None, "humidity": None}
    assert heard.anomaly is None
    assert heard.anomalies == []
    heard.hear(telemetry(50, retained=True, temperature=20))
    heard.hear(telemetry(51, humidity=51))
    assert shown(heard) == {"temperature": 20, "humidity": 51}
    # What is usual was not forgotten.
    assert heard.anomaly is False
    assert heard.values["humidity"].samples == FEWEST_SAMPLES


def test_there_is_room_for_so_many_values() -> None:
    heard = Telemetry()
    values = {f"value_{number}": float(number) for number in range(MOST_VALUES + 10)}
    heard.hear(telemetry(1, **values))
    heard.hear(telemetry(2, **values))
    assert list(heard.values) == list(values)[:MOST_VALUES]
    assert heard.ignored == 20


@given(st.lists(st.dictionaries(st.text(max_size=2), st.floats(-1e30, 1e30)), max_size=50))
def test_made_up_names_cost_no_more_memory(messages: list[dict[str, float]]) -> None:
    heard = Telemetry()
    for second, values in enumerate(messages):
        heard.hear(telemetry(second, **values))
        assert len(heard.values) <= MOST_VALUES


def test_values_from_before_a_restart_are_unknown_and_count() -> None:
    heard = Telemetry()
    for number in range(MOST_VALUES - 1):
        heard.remember(f"old_{number}")
    heard.remember("old_0")
    heard.hear(telemetry(1, first=1, second=2))
    heard.remember("third")
    assert "first" in heard.values
    assert not {"second", "third"} & set(heard.values)
    assert heard.values["old_0"].last is None
    assert heard.values["first"].last == 1


def test_a_value_that_is_there_is_not_forgotten_for_being_remembered() -> None:
    heard = Telemetry()
    heard.hear(telemetry(1, temperature=20))
    heard.remember("temperature")
    assert shown(heard) == {"temperature": 20}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "1e31"])
def test_what_is_no_number_never_gets_as_far_as_an_average(number: str) -> None:
    payload = f'{{"device_id": "esp", "temperature": {number}}}'.encode()
    [route] = [route for route in autocore.AUTOCORE.routes if "telemetry" in route.filter]
    with pytest.raises(MalformedError):
        route.decode(message("autocore/esp/telemetry", payload))


@given(
    st.dictionaries(
        st.text(max_size=3),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    )
)
def test_whatever_comes_the_averages_stay_numbers(data: dict[str, Any]) -> None:
    [route] = [route for route in autocore.AUTOCORE.routes if "telemetry" in route.filter]
    payload = json.dumps(data | {"device_id": "esp"}).encode()
    try:
        report = route.decode(message("autocore/esp/telemetry", payload))
    except MalformedError:
        return
    assert isinstance(report, TelemetryReport)
    heard = Telemetry()
    for _ in range(3):
        heard.hear(report)
    assert all(abs(value.mean) <= 1e30 for value in heard.values.values())


# In the heart


def heart() -> tuple[Sentinel, Watched]:
    sentinel = Sentinel()
    sentinel.add(watch_of(), at(0))
    sentinel.broker_back(at(0))
    sentinel.subscribed(at(0))
    return sentinel, sentinel.watches["lamp"]


def look(sentinel: Sentinel) -> list[str]:
    """Which watches have something to show; it is shown then."""
    names = [watch.config.id for watch in sentinel.fresh]
    for watch in sentinel.fresh:
        shown(watch.telemetry)
    sentinel.fresh.clear()
    return names


def test_telemetry_is_a_sign_of_life_and_is_kept() -> None:
    sentinel, lamp = heart()
    assert sentinel.hear(telemetry(1, temperature=20))
    assert lamp.last_seen == at(1).wall
    assert shown(lamp.telemetry) == {"temperature": 20}


def test_telemetry_that_changes_no_verdict_is_no_change() -> None:
    sentinel, lamp = heart()
    sentinel.hear(telemetry(1, temperature=20))
    assert look(sentinel) == ["lamp"]
    assert not sentinel.hear(telemetry(2, temperature=21))
    assert not sentinel.hear(telemetry(3, temperature=22))
    assert look(sentinel) == ["lamp"]
    assert shown(lamp.telemetry) == {"temperature": 22}


def test_telemetry_that_the_broker_kept_is_no_sign_of_life() -> None:
    sentinel, lamp = heart()
    assert not sentinel.hear(telemetry(1, retained=True, temperature=20))
    assert lamp.last_seen is None
    assert not is_alive(lamp)
    assert look(sentinel) == ["lamp"]
    assert shown(lamp.telemetry) == {"temperature": 20}


def test_a_goodbye_and_a_lost_broker_take_the_values_with_them() -> None:
    sentinel, lamp = heart()
    sentinel.hear(telemetry(1, temperature=20))
    sentinel.hear(connection(False, 2))
    assert shown(lamp.telemetry) == {"temperature": None}
    sentinel.hear(telemetry(3, temperature=21))
    sentinel.hear(connection(True, 4))
    assert shown(lamp.telemetry) == {"temperature": 21}
    sentinel.broker_lost(at(5))
    assert shown(lamp.telemetry) == {"temperature": None}


def test_who_is_alive() -> None:
    sentinel = Sentinel()
    sentinel.add(watch_of(), at(0))
    lamp = sentinel.watches["lamp"]
    assert not is_alive(lamp)
    sentinel.broker_back(at(0))
    sentinel.hear(connection(True, 1))
    assert not is_alive(lamp)  # not everything is subscribed to
    sentinel.subscribed(at(2))
    assert is_alive(lamp)
    sentinel.hear(connection(False, 3))
    assert not is_alive(lamp)
    sentinel.hear(connection(True, 4))
    sentinel.broker_lost(at(5))
    assert not is_alive(lamp)


# What a device tells of itself


def test_details_are_told_when_they_are_news() -> None:
    sentinel, lamp = heart()
    sentinel.hear(connection(True, 1))
    assert look(sentinel) == []
    sentinel.hear(connection(True, 2, details=DeviceDetails("192.0.2.1", "1.0", 10)))
    assert look(sentinel) == ["lamp"]
    sentinel.hear(connection(True, 3, details=DeviceDetails("192.0.2.1", "1.0", 11)))
    assert look(sentinel) == []
    assert lamp.details.uptime == 11
    sentinel.hear(connection(True, 4, details=DeviceDetails("192.0.2.2", "1.0", 12)))
    assert look(sentinel) == ["lamp"]
    sentinel.hear(connection(True, 5, details=DeviceDetails("192.0.2.2", "1.1", 1)))
    assert look(sentinel) == ["lamp"]


def test_what_is_not_told_again_stays() -> None:
    sentinel, lamp = heart()
    sentinel.hear(connection(True, 1, details=DeviceDetails("192.0.2.1", "1.0", 10)))
    sentinel.hear(connection(True, 2, details=DeviceDetails(uptime=11)))
    assert lamp.details == DeviceDetails("192.0.2.1", "1.0", 11)
    sentinel.hear(connection(True, 3, details=DeviceDetails("192.0.2.2")))
    assert lamp.details == DeviceDetails("192.0.2.2", "1.0", 11)


def test_an_uptime_that_the_broker_kept_has_gone_by() -> None:
    sentinel, lamp = heart()
    told = DeviceDetails("192.0.2.1", "1.0", 10)
    sentinel.hear(connection(True, 1, retained=True, details=told))
    assert lamp.details == DeviceDetails("192.0.2.1", "1.0")


def test_an_uptime_ends() -> None:
    sentinel, lamp = heart()
    told = DeviceDetails("192.0.2.1", "1.0", 10)
    sentinel.hear(connection(True, 1, details=told))
    sentinel.broker_lost(at(2))
    assert lamp.details == DeviceDetails("192.0.2.1", "1.0")
    sentinel.broker_back(at(3))
    sentinel.hear(connection(True, 4, details=told))
    assert lamp.details == told
