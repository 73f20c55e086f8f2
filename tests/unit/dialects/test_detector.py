"""The detector dialect."""

from typing import Any

import pytest

from custom_components.mqtt_sentinel.dialects.detector import DETECTOR
from custom_components.mqtt_sentinel.dialects.route import Flaw

from .examples import as_json, decode, flaw_of

FULL = {"node_id": "cam", "service": "camera_detector", "status": "online", "timestamp": "now"}


@pytest.mark.parametrize("topic", ["health/cam/lwt", "cameras/cam/lwt"])
@pytest.mark.parametrize(
    ("change", "flaw", "place"),
    [
        ({"node_id": None}, Flaw.MISSING_FIELD, "node_id"),
        ({"node_id": 7}, Flaw.WRONG_TYPE, "node_id"),
        ({"node_id": "cam2"}, Flaw.CONTRADICTORY_ID, "node_id"),
        ({"status": None}, Flaw.MISSING_FIELD, "status"),
        ({"status": True}, Flaw.WRONG_TYPE, "status"),
        ({"status": "degraded"}, Flaw.WRONG_TYPE, "status"),
        ({"service": 1}, Flaw.WRONG_TYPE, "service"),
        ({"timestamp": 1}, Flaw.WRONG_TYPE, "timestamp"),
    ],
    ids=str,
)
def test_a_wrong_field_is_malformed(
    topic: str, change: dict[str, Any], flaw: Flaw, place: str
) -> None:
    assert flaw_of(DETECTOR, topic, as_json(FULL | change)) == (flaw, place)


@pytest.mark.parametrize(
    ("payload", "flaw"),
    [
        (b"", Flaw.NOT_JSON),
        (b"offline", Flaw.NOT_JSON),
        (b"{}", Flaw.MISSING_FIELD),
        (b"[]", Flaw.NOT_AN_OBJECT),
        (b"x" * 300_000, Flaw.TOO_LARGE),
    ],
    ids=["empty", "word", "object", "list", "large"],
)
def test_under_the_usual_name_all_is_a_detectors(payload: bytes, flaw: Flaw) -> None:
    assert flaw_of(DETECTOR, "health/cam/lwt", payload)[0] is flaw


@pytest.mark.parametrize(
    "payload",
    [b"", b"offline", b"[]", b"{}", b'{"status": "offline"}', b"\xff", b"x" * 300_000],
    ids=lambda payload: repr(payload[:20]),
)
def test_elsewhere_most_is_others(payload: bytes) -> None:
    assert decode(DETECTOR, "home/gateway/lwt", payload) is None


def test_what_begins_as_a_detectors_and_breaks_off_is_malformed() -> None:
    assert flaw_of(DETECTOR, "cameras/cam/lwt", as_json(FULL)[:-5])[0] is Flaw.NOT_JSON


@pytest.mark.parametrize("name", ["", "a\nb", "x" * 300])
def test_a_name_that_is_none_is_malformed(name: str) -> None:
    payload = as_json(FULL | {"node_id": name})
    assert flaw_of(DETECTOR, f"health/{name}/lwt", payload) == (Flaw.BAD_NAME, "")
