"""The surveillance dialect."""

from typing import Any

import pytest

from custom_components.mqtt_sentinel.dialects.route import Flaw
from custom_components.mqtt_sentinel.dialects.surveillance import SURVEILLANCE

from .examples import as_json, flaw_of

TOPICS = pytest.mark.parametrize("topic", ["sensor/motion", "sensor/button", "sensor/pressure"])
FULL = {
    "event_id": "evt-1",
    "device_id": "raspberry-1",
    "source": "PIR",
    "type": "MOTION_DETECTED",
    "data": {"gpio_pin": 17},
    "timestamp": "2025-01-15T14:30:45.123456",
}


@TOPICS
@pytest.mark.parametrize(
    ("change", "flaw", "place"),
    [
        ({"event_id": None}, Flaw.MISSING_FIELD, "event_id"),
        ({"event_id": 1}, Flaw.WRONG_TYPE, "event_id"),
        ({"event_id": ".."}, Flaw.BAD_NAME, "event_id"),
        ({"device_id": None}, Flaw.MISSING_FIELD, "device_id"),
        ({"device_id": 1}, Flaw.WRONG_TYPE, "device_id"),
        ({"device_id": "a\nb"}, Flaw.WRONG_TYPE, "device_id"),
        ({"device_id": ""}, Flaw.BAD_NAME, ""),
        ({"source": 1}, Flaw.WRONG_TYPE, "source"),
        ({"type": None}, Flaw.MISSING_FIELD, "type"),
        ({"type": 1}, Flaw.WRONG_TYPE, "type"),
        ({"data": []}, Flaw.WRONG_TYPE, "data"),
        ({"data": 0}, Flaw.WRONG_TYPE, "data"),
        ({"data": {"a": "x" * 10_000}}, Flaw.TOO_LARGE, None),
        ({"timestamp": 1737123456}, Flaw.WRONG_TYPE, "timestamp"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_wrong_field_is_malformed(
    topic: str, change: dict[str, Any], flaw: Flaw, place: str | None
) -> None:
    found, where = flaw_of(SURVEILLANCE, topic, as_json(FULL | change))
    assert found is flaw
    assert place is None or where == place


@TOPICS
@pytest.mark.parametrize(
    ("payload", "flaw"),
    [
        (b"", Flaw.NOT_JSON),
        (b"motion", Flaw.NOT_JSON),
        (b"[]", Flaw.NOT_AN_OBJECT),
        (b"x" * 300_000, Flaw.TOO_LARGE),
        (b'{"data": ' * 900 + b"1" + b"}" * 900, Flaw.MISSING_FIELD),
    ],
    ids=["empty", "word", "list", "large", "deep"],
)
def test_what_is_no_event_is_malformed(topic: str, payload: bytes, flaw: Flaw) -> None:
    assert flaw_of(SURVEILLANCE, topic, payload)[0] is flaw


@TOPICS
def test_data_that_is_too_deep_is_malformed(topic: str) -> None:
    rest = as_json({key: value for key, value in FULL.items() if key != "data"})
    payload = rest[:-1] + b', "data": ' + b'{"a":' * 600 + b"1" + b"}" * 601
    assert flaw_of(SURVEILLANCE, topic, payload) == (Flaw.TOO_LARGE, "depth")
