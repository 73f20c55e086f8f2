"""The autocore dialect."""

import json
from typing import Any

import pytest

from custom_components.mqtt_sentinel.dialects.autocore import AUTOCORE
from custom_components.mqtt_sentinel.dialects.payload import MOST_JSON_BYTES
from custom_components.mqtt_sentinel.dialects.route import Flaw, MalformedError
from custom_components.mqtt_sentinel.watch.expectation import SourceKind
from custom_components.mqtt_sentinel.watch.reports import (
    ConnectionReport,
    DeviceDetails,
    Report,
    ThingKey,
)

from .build import at, message

STATUS, *_ = AUTOCORE.routes
TOPIC = "autocore/esp32-01/status"
FULL = {
    "device_id": "esp32-01",
    "status": "online",
    "ip_address": "192.0.2.7",
    "firmware_version": "1.4.2",
    "uptime": 3600,
    "timestamp": "2025-01-28T10:30:00Z",
}


def decode(data: object, **options: Any) -> Report | None:
    return STATUS.decode(message(TOPIC, json.dumps(data).encode(), **options))


def flaw_of(payload: bytes, topic: str = TOPIC) -> tuple[Flaw, str]:
    with pytest.raises(MalformedError) as caught:
        STATUS.decode(message(topic, payload))
    return caught.value.flaw, caught.value.detail


def test_its_topics() -> None:
    assert STATUS.filter == "autocore/+/status"
    assert AUTOCORE.expects is SourceKind.ALWAYS


@pytest.mark.parametrize("retained", [True, False])
def test_a_status_tells_the_connection_and_the_details(retained: bool) -> None:
    assert decode(FULL, retained=retained) == ConnectionReport(
        ThingKey("autocore", "", "esp32-01"),
        at(5),
        retained,
        TOPIC,
        True,
        DeviceDetails("192.0.2.7", "1.4.2", 3600.0),
    )


@pytest.mark.parametrize(
    "data",
    [
        {"device_id": "esp32-01", "status": "offline"},
        {"device_id": "esp32-01", "status": "offline", "uptime": None, "ip_address": None},
        {"device_id": "esp32-01", "status": "offline", "anything": {"else": []}},
    ],
)
def test_the_details_may_be_missing_as_in_a_last_will(data: dict[str, Any]) -> None:
    report = decode(data)
    assert isinstance(report, ConnectionReport)
    assert report.up is False
    assert report.details == DeviceDetails()


def test_a_site_is_part_of_the_identity() -> None:
    payload = json.dumps(FULL).encode()
    report = STATUS.decode(message(f"north/{TOPIC}", payload, site="north"))
    assert report
    assert report.key == ThingKey("autocore", "north", "esp32-01")


@pytest.mark.parametrize(
    ("change", "flaw", "place"),
    [
        ({"device_id": None}, Flaw.MISSING_FIELD, "device_id"),
        ({"device_id": 7}, Flaw.WRONG_TYPE, "device_id"),
        ({"device_id": "esp32-02"}, Flaw.CONTRADICTORY_ID, "device_id"),
        ({"device_id": ""}, Flaw.CONTRADICTORY_ID, "device_id"),
        ({"status": None}, Flaw.MISSING_FIELD, "status"),
        ({"status": True}, Flaw.WRONG_TYPE, "status"),
        ({"status": "ONLINE"}, Flaw.WRONG_TYPE, "status"),
        ({"status": "rebooting"}, Flaw.WRONG_TYPE, "status"),
        ({"ip_address": 1}, Flaw.WRONG_TYPE, "ip_address"),
        ({"ip_address": "x" * 1000}, Flaw.WRONG_TYPE, "ip_address"),
        ({"firmware_version": 1.4}, Flaw.WRONG_TYPE, "firmware_version"),
        ({"uptime": "1 h"}, Flaw.WRONG_TYPE, "uptime"),
        ({"uptime": True}, Flaw.WRONG_TYPE, "uptime"),
        ({"timestamp": {}}, Flaw.WRONG_TYPE, "timestamp"),
    ],
    ids=str,
)
def test_a_wrong_field_is_malformed(change: dict[str, Any], flaw: Flaw, place: str) -> None:
    assert flaw_of(json.dumps({**FULL, **change}).encode()) == (flaw, place)


@pytest.mark.parametrize("field", ["device_id", "status"])
def test_what_has_to_be_there_is_missed(field: str) -> None:
    data = {key: value for key, value in FULL.items() if key != field}
    assert flaw_of(json.dumps(data).encode()) == (Flaw.MISSING_FIELD, field)


@pytest.mark.parametrize(
    ("payload", "flaw"),
    [
        (b"", Flaw.NOT_JSON),
        (b"online", Flaw.NOT_JSON),
        (b'{"device_id": "esp32-01", "status": "online", "uptime": NaN}', Flaw.NOT_JSON),
        (b'{"device_id": "esp32-01", "status": "\xff"}', Flaw.NOT_JSON),
        (b'"online"', Flaw.NOT_AN_OBJECT),
        (b" " * (MOST_JSON_BYTES + 1), Flaw.TOO_LARGE),
        (b"x" * 10_000_000, Flaw.TOO_LARGE),
    ],
    ids=lambda value: repr(value[:30]),
)
def test_what_is_no_json_object_is_malformed(payload: bytes, flaw: Flaw) -> None:
    assert flaw_of(payload)[0] is flaw


def test_a_name_that_is_none_is_malformed() -> None:
    assert flaw_of(json.dumps(FULL).encode(), "autocore//status") == (Flaw.BAD_NAME, "")
