"""The services dialect."""

from typing import Any

import pytest

from custom_components.mqtt_sentinel.dialects.route import Flaw, MalformedError
from custom_components.mqtt_sentinel.dialects.services import (
    MOST_DETECTIONS,
    MOST_EVIDENCE_BYTES,
    SERVICES,
    thing,
)

from .examples import as_json, decode, flaw_of, read

MOTION = "motion/camera/cam"
EVENT = "7d1c6a52-3a0f-4c55-9b1e-6f0c2b8d9e11"
SEEN = {"x": 1, "y": 2.5, "w": 3, "h": 4, "class_id": "person", "score": 0.9}
FULL = {"event_ref": EVENT, "status": True, "detections": [SEEN]}
JPEG = b"\xff\xd8\xff\xe0"


def test_the_services_of_a_device_are_different_things() -> None:
    assert thing("", "detector", "hall") != thing("", "camera_manager", "hall")


@pytest.mark.parametrize(
    "topic",
    [
        "connected//hall",
        "connected/a\x00b/hall",
        "ping/a/",
        "update/",
        "motion/camera/",
        "update//",
    ],
)
def test_a_name_that_is_none_is_malformed(topic: str) -> None:
    payload = as_json(FULL | {"toggle": True}) if "/" in topic else b""
    payload = b"on" if topic.startswith("connected") else payload
    assert flaw_of(SERVICES, topic, payload)[0] is Flaw.BAD_NAME


@pytest.mark.parametrize(
    ("change", "flaw", "place"),
    [
        ({"event_ref": None}, Flaw.MISSING_FIELD, "event_ref"),
        ({"event_ref": 0}, Flaw.WRONG_TYPE, "event_ref"),
        ({"event_ref": "../x"}, Flaw.BAD_NAME, "event_ref"),
        ({"status": None}, Flaw.MISSING_FIELD, "status"),
        ({"status": "on"}, Flaw.WRONG_TYPE, "status"),
        ({"detections": {}}, Flaw.WRONG_TYPE, "detections"),
        ({"detections": ["person"]}, Flaw.WRONG_TYPE, "detections"),
        *(
            ({"detections": [SEEN | {field: wrong}]}, Flaw.WRONG_TYPE, field)
            for field, wrong in [
                ("x", "1"),
                ("y", True),
                ("w", []),
                ("h", {}),
                ("class_id", 7.5),
                ("class_id", False),
                ("score", "0.9"),
            ]
        ),
        ({"detections": [SEEN | {"score": 1e200}]}, Flaw.TOO_LARGE, "score"),
        ({"detections": [SEEN | {"class_id": 2**64}]}, Flaw.WRONG_TYPE, "class_id"),
    ],
    ids=str,
)
def test_a_wrong_field_of_motion_is_malformed(
    change: dict[str, Any], flaw: Flaw, place: str
) -> None:
    assert flaw_of(SERVICES, MOTION, as_json(FULL | change)) == (flaw, place)


@pytest.mark.parametrize(
    ("payload", "flaw"),
    [(b"", Flaw.NOT_JSON), (b"[]", Flaw.NOT_AN_OBJECT), (b"{" * 300_000, Flaw.TOO_LARGE)],
    ids=["empty", "list", "large"],
)
@pytest.mark.parametrize("topic", [MOTION, "update/alarm", "update/alarm/door", "discover/alarm"])
def test_what_is_no_object_is_malformed(topic: str, payload: bytes, flaw: Flaw) -> None:
    assert flaw_of(SERVICES, topic, payload)[0] is flaw


def test_of_a_crowd_only_some_are_told() -> None:
    [report] = read(SERVICES, MOTION, FULL | {"detections": [SEEN] * 500})
    assert report["data"] == {"detections": [SEEN] * MOST_DETECTIONS}


def test_of_a_detection_only_what_is_known_is_told() -> None:
    [report] = read(SERVICES, MOTION, FULL | {"detections": [{"x": 1, "note": "x" * 10_000}]})
    assert report["data"] == {"detections": [{"x": 1}]}


def test_names_of_classes_that_are_too_much_are_malformed() -> None:
    crowd = [SEEN | {"class_id": "x" * 256}] * MOST_DETECTIONS
    assert flaw_of(SERVICES, MOTION, as_json(FULL | {"detections": crowd}))[0] is Flaw.TOO_LARGE


@pytest.mark.parametrize(
    ("change", "place"),
    [({"status": "on"}, "status"), ({"status": 1}, "status"), ({"toggle": "yes"}, "toggle")],
    ids=str,
)
def test_a_wrong_field_of_a_request_is_malformed(change: dict[str, Any], place: str) -> None:
    data = {"status": True, "toggle": False} | change
    assert flaw_of(SERVICES, "update/alarm/door", as_json(data)) == (Flaw.WRONG_TYPE, place)


@pytest.mark.parametrize(
    ("data", "flaw", "place"),
    [
        ({}, Flaw.MISSING_FIELD, "device_id"),
        ({"id": "", "mac_address": "76:ec:4e:60:15:1e"}, Flaw.MISSING_FIELD, "device_id"),
        ({"device_id": 7}, Flaw.WRONG_TYPE, "device_id"),
        ({"device_id": "a/b"}, Flaw.BAD_NAME, "device_id"),
        ({"device_id": "a\nb"}, Flaw.WRONG_TYPE, "device_id"),
        ({"id": True}, Flaw.WRONG_TYPE, "id"),
        ({"id": "1", "type": []}, Flaw.WRONG_TYPE, "type"),
        ({"id": "1", "mac_address": 1}, Flaw.WRONG_TYPE, "mac_address"),
    ],
    ids=str,
)
def test_a_wrong_announcement_is_malformed(data: dict[str, Any], flaw: Flaw, place: str) -> None:
    assert flaw_of(SERVICES, "discover/alarm", as_json(data)) == (flaw, place)


@pytest.mark.parametrize(
    ("topic", "payload", "flaw"),
    [
        (f"motion/picture/cam/{EVENT}/2", JPEG, Flaw.BAD_NAME),
        (f"motion/picture/cam/{EVENT}/", JPEG, Flaw.BAD_NAME),
        ("motion/picture/cam/../1", JPEG, Flaw.BAD_NAME),
        ("motion/picture/cam//1", JPEG, Flaw.BAD_NAME),
        (f"motion/picture//{EVENT}/1", JPEG, Flaw.BAD_NAME),
        (f"motion/picture/cam/{EVENT}/1", b"", Flaw.WRONG_TYPE),
        (f"motion/picture/cam/{EVENT}/1", b"\x89PNG\r\n", Flaw.WRONG_TYPE),
        (f"motion/picture/cam/{EVENT}/1", JPEG + bytes(MOST_EVIDENCE_BYTES), Flaw.TOO_LARGE),
        ("motion/video/cam/1", b"", Flaw.BAD_NAME),
        ("motion/video/cam/-1", b"", Flaw.BAD_NAME),
        (f"motion/video/cam/{EVENT}", b"", Flaw.BAD_NAME),
        (f"motion/video/cam/{EVENT}-", b"", Flaw.BAD_NAME),
        (f"motion/video/cam/{EVENT}-x", b"", Flaw.BAD_NAME),
        (f"motion/video/cam/{EVENT}-²", b"", Flaw.BAD_NAME),
        (f"motion/video/cam/{EVENT}-1234567", b"", Flaw.BAD_NAME),
        ("motion/video/cam/..-1", b"", Flaw.BAD_NAME),
        (f"motion/video/cam/{EVENT}-1", bytes(MOST_EVIDENCE_BYTES + 1), Flaw.TOO_LARGE),
    ],
    ids=lambda value: repr(value)[:60],
)
def test_wrong_evidence_is_malformed(topic: str, payload: bytes, flaw: Flaw) -> None:
    assert flaw_of(SERVICES, topic, payload)[0] is flaw


def test_evidence_may_be_large() -> None:
    content = JPEG + bytes(MOST_EVIDENCE_BYTES - len(JPEG))
    assert decode(SERVICES, f"motion/picture/cam/{EVENT}/1", content)


def test_evidence_of_the_initialisation_passes_by() -> None:
    assert decode(SERVICES, "motion/video/cam/0-0", b"") is None
    assert decode(SERVICES, "motion/picture/cam/0/1", b"") is None


def test_a_connection_is_yes_or_no() -> None:
    with pytest.raises(MalformedError):
        decode(SERVICES, "connected/a/b", b"x" * 10_000_000)
