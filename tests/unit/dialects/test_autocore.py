"""The autocore dialect."""

from typing import Any

import pytest

from custom_components.mqtt_sentinel.dialects.autocore import (
    AUTOCORE,
    LONGEST_VALUE_NAME,
    MOST_VALUES,
)
from custom_components.mqtt_sentinel.dialects.payload import LARGEST_NUMBER
from custom_components.mqtt_sentinel.dialects.route import Flaw

from .examples import as_json, flaw_of, read

STATUS = "autocore/esp/status"
TELEMETRY = "autocore/esp/telemetry"
RELAY = "autocore/esp/relay/3/status"
INTERACTION = "autocore/esp/display/interaction"
SYSTEM = "autocore/esp/system/boot"
FULL: dict[str, dict[str, Any]] = {
    STATUS: {
        "device_id": "esp",
        "status": "online",
        "ip_address": "192.0.2.7",
        "firmware_version": "1.4.2",
        "uptime": 3600,
        "timestamp": "2025-01-28T10:30:00Z",
    },
    TELEMETRY: {"device_id": "esp", "temperature": 20.5, "humidity": 40, "voltage": 3.3},
    RELAY: {"device_id": "esp", "relay_index": 3, "state": True, "triggered_by": "manual"},
    INTERACTION: {"device_id": "esp", "event_id": "e1", "button": "ok"},
    SYSTEM: {"device_id": "esp"},
}


@pytest.mark.parametrize("topic", FULL)
@pytest.mark.parametrize(
    ("device", "flaw"),
    [
        (None, Flaw.MISSING_FIELD),
        (7, Flaw.WRONG_TYPE),
        (["esp"], Flaw.WRONG_TYPE),
        ("esp2", Flaw.CONTRADICTORY_ID),
        ("", Flaw.CONTRADICTORY_ID),
    ],
)
def test_the_device_has_to_be_that_of_the_topic(topic: str, device: object, flaw: Flaw) -> None:
    payload = as_json(FULL[topic] | {"device_id": device})
    assert flaw_of(AUTOCORE, topic, payload) == (flaw, "device_id")


@pytest.mark.parametrize("topic", FULL)
def test_a_name_that_is_none_is_malformed(topic: str) -> None:
    for name in ("", "a\nb", "x" * 300):
        payload = as_json(FULL[topic] | {"device_id": name})
        nameless = topic.replace("/esp/", f"/{name}/")
        assert flaw_of(AUTOCORE, nameless, payload) == (Flaw.BAD_NAME, "")


@pytest.mark.parametrize("topic", FULL)
@pytest.mark.parametrize(
    ("payload", "flaw"),
    [
        (b"", Flaw.NOT_JSON),
        (b'{"device_id": "esp", "uptime": NaN}', Flaw.NOT_JSON),
        (b'{"device_id": "esp", "temperature": 1e999}', Flaw.NOT_JSON),
        (b'{"device_id": "\xff"}', Flaw.NOT_JSON),
        (b'"online"', Flaw.NOT_AN_OBJECT),
        (b" " * 10_000_000, Flaw.TOO_LARGE),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_is_no_object_is_malformed(topic: str, payload: bytes, flaw: Flaw) -> None:
    assert flaw_of(AUTOCORE, topic, payload)[0] is flaw


@pytest.mark.parametrize(
    ("topic", "change", "flaw", "place"),
    [
        (STATUS, {"status": None}, Flaw.MISSING_FIELD, "status"),
        (STATUS, {"status": True}, Flaw.WRONG_TYPE, "status"),
        (STATUS, {"status": "rebooting"}, Flaw.WRONG_TYPE, "status"),
        (STATUS, {"ip_address": 1}, Flaw.WRONG_TYPE, "ip_address"),
        (STATUS, {"ip_address": "x\x00"}, Flaw.WRONG_TYPE, "ip_address"),
        (STATUS, {"firmware_version": 1.4}, Flaw.WRONG_TYPE, "firmware_version"),
        (STATUS, {"uptime": "1 h"}, Flaw.WRONG_TYPE, "uptime"),
        (STATUS, {"uptime": True}, Flaw.WRONG_TYPE, "uptime"),
        (STATUS, {"uptime": 1e300}, Flaw.TOO_LARGE, "uptime"),
        (STATUS, {"timestamp": {}}, Flaw.WRONG_TYPE, "timestamp"),
        *(
            (TELEMETRY, {name: wrong}, Flaw.WRONG_TYPE, name)
            for name in ("temperature", "humidity", "voltage", "memory_free")
            for wrong in ("20.5", True, [20.5])
        ),
        (TELEMETRY, {"co2": 1e31}, Flaw.TOO_LARGE, "co2"),
        (TELEMETRY, {"co2": -1e300}, Flaw.TOO_LARGE, "co2"),
        (TELEMETRY, {"": 1}, Flaw.BAD_NAME, "value"),
        (TELEMETRY, {"a\x00b": 1}, Flaw.BAD_NAME, "value"),
        (TELEMETRY, {"x" * (LONGEST_VALUE_NAME + 1): 1}, Flaw.BAD_NAME, "value"),
        (RELAY, {"relay_index": None}, Flaw.MISSING_FIELD, "relay_index"),
        (RELAY, {"relay_index": "3"}, Flaw.WRONG_TYPE, "relay_index"),
        (RELAY, {"relay_index": True}, Flaw.WRONG_TYPE, "relay_index"),
        (RELAY, {"relay_index": 3.0}, Flaw.WRONG_TYPE, "relay_index"),
        (RELAY, {"relay_index": 4}, Flaw.CONTRADICTORY_ID, "relay_index"),
        (RELAY, {"state": None}, Flaw.MISSING_FIELD, "state"),
        (RELAY, {"state": 1}, Flaw.WRONG_TYPE, "state"),
        (RELAY, {"state": "ON"}, Flaw.WRONG_TYPE, "state"),
        (RELAY, {"triggered_by": 0}, Flaw.WRONG_TYPE, "triggered_by"),
        (INTERACTION, {"event_id": 1}, Flaw.WRONG_TYPE, "event_id"),
        (INTERACTION, {"event_id": "a/b"}, Flaw.BAD_NAME, "event_id"),
        (SYSTEM, {"event_id": ""}, Flaw.BAD_NAME, "event_id"),
    ],
    ids=str,
)
def test_a_wrong_field_is_malformed(
    topic: str, change: dict[str, Any], flaw: Flaw, place: str
) -> None:
    assert flaw_of(AUTOCORE, topic, as_json(FULL[topic] | change)) == (flaw, place)


@pytest.mark.parametrize("relay", ["", "a\nb", "x" * 300])
def test_a_relay_without_a_name_is_malformed(relay: str) -> None:
    topic = f"autocore/esp/relay/{relay}/status"
    assert flaw_of(AUTOCORE, topic, as_json(FULL[RELAY]))[0] is Flaw.BAD_NAME


@pytest.mark.parametrize("relay", ["03", "three", "³", "-3"])
def test_a_relay_is_named_by_its_number(relay: str) -> None:
    topic = f"autocore/esp/relay/{relay}/status"
    assert flaw_of(AUTOCORE, topic, as_json(FULL[RELAY]))[0] is Flaw.CONTRADICTORY_ID


def test_a_system_message_without_a_name_is_malformed() -> None:
    assert flaw_of(AUTOCORE, "autocore/esp/system/", as_json(FULL[SYSTEM]))[0] is Flaw.BAD_NAME


@pytest.mark.parametrize("topic", [INTERACTION, SYSTEM])
def test_what_is_told_of_an_event_is_bounded(topic: str) -> None:
    for much in ("x" * 10_000, {"a": [[1] * 1000] * 10}):
        payload = as_json(FULL[topic] | {"more": much})
        assert flaw_of(AUTOCORE, topic, payload)[0] is Flaw.TOO_LARGE


def test_a_system_message_has_the_name_of_its_topic() -> None:
    [report] = read(AUTOCORE, SYSTEM, FULL[SYSTEM] | {"system": "another", "free": 1})
    assert report["data"] == {"system": "boot", "free": 1}


def test_every_number_is_a_value_up_to_a_bound() -> None:
    edges = {"large": LARGEST_NUMBER, "small": -LARGEST_NUMBER, "uint64": 2**64 - 1, "zero": 0}
    [report] = read(AUTOCORE, TELEMETRY, {"device_id": "esp"} | edges)
    assert report["values"] == edges


def test_values_are_counted() -> None:
    many = {f"v{n}": n for n in range(1000)}
    [report] = read(AUTOCORE, TELEMETRY, {"device_id": "esp"} | many)
    assert report["values"] == {f"v{n}": n for n in range(MOST_VALUES)}


def test_telemetry_without_a_number_is_still_heard() -> None:
    [report] = read(AUTOCORE, TELEMETRY, {"device_id": "esp", "temperature": None, "mode": "eco"})
    assert report["values"] == {}
