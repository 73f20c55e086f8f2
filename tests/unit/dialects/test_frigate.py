"""The frigate dialect."""

from typing import Any

import pytest

from custom_components.mqtt_sentinel.dialects.frigate import FRIGATE, MOST_CAMERAS
from custom_components.mqtt_sentinel.dialects.route import Flaw

from .examples import as_json, flaw_of, read

STATS = "frigate/stats"
EVENTS = "frigate/events"
AFTER = {
    "id": "1607123955.475377-mxklsc",
    "camera": "porch",
    "label": "person",
    "top_score": 0.9,
    "entered_zones": ["yard"],
}


@pytest.mark.parametrize("topic", ["frigate/available", "frigate/porch/status/detect"])
@pytest.mark.parametrize("payload", [b"", b"true", b"{}", b"\xff", b"x" * 10_000_000])
def test_another_word_is_malformed(topic: str, payload: bytes) -> None:
    assert flaw_of(FRIGATE, topic, payload) == (Flaw.NOT_A_BOOL, "")


def test_a_role_is_never_stopped_and_frigate_never_disabled() -> None:
    assert flaw_of(FRIGATE, "frigate/available", b"disabled")[0] is Flaw.NOT_A_BOOL
    assert flaw_of(FRIGATE, "frigate/porch/status/detect", b"stopped")[0] is Flaw.NOT_A_BOOL


@pytest.mark.parametrize("topic", ["frigate//status/detect", "frigate/a\nb/status/detect"])
def test_a_name_that_is_none_is_malformed(topic: str) -> None:
    assert flaw_of(FRIGATE, topic, b"online") == (Flaw.BAD_NAME, "")
    assert flaw_of(FRIGATE, "frigate/porch/status/", b"online") == (Flaw.BAD_NAME, "")


@pytest.mark.parametrize("topic", [STATS, EVENTS])
@pytest.mark.parametrize(
    ("payload", "flaw"),
    [(b"", Flaw.NOT_JSON), (b"[]", Flaw.NOT_AN_OBJECT), (b"x" * 300_000, Flaw.TOO_LARGE)],
    ids=["empty", "list", "large"],
)
def test_what_is_no_object_is_malformed(topic: str, payload: bytes, flaw: Flaw) -> None:
    assert flaw_of(FRIGATE, topic, payload)[0] is flaw


@pytest.mark.parametrize(
    ("cameras", "flaw", "place"),
    [
        (None, Flaw.WRONG_TYPE, "cameras"),
        ([], Flaw.WRONG_TYPE, "cameras"),
        ({"porch": 5.0}, Flaw.WRONG_TYPE, "cameras"),
        ({"porch": {"process_fps": "5"}}, Flaw.WRONG_TYPE, "process_fps"),
        ({"porch": {"process_fps": True}}, Flaw.WRONG_TYPE, "process_fps"),
        ({"porch": {"detection_fps": []}}, Flaw.WRONG_TYPE, "detection_fps"),
        ({"porch": {"detection_fps": 1e200}}, Flaw.TOO_LARGE, "detection_fps"),
        ({"porch": {"detection_enabled": "on"}}, Flaw.WRONG_TYPE, "detection_enabled"),
        ({"a/b": {"process_fps": 5}}, Flaw.BAD_NAME, "camera"),
        ({"a\nb": {"process_fps": 5}}, Flaw.BAD_NAME, ""),
        ({"": {"process_fps": 5}}, Flaw.BAD_NAME, ""),
        ({f"c{n}": {} for n in range(MOST_CAMERAS + 1)}, Flaw.TOO_LARGE, "cameras"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_wrong_stats_are_malformed(cameras: object, flaw: Flaw, place: str) -> None:
    assert flaw_of(FRIGATE, STATS, as_json({"cameras": cameras})) == (flaw, place)


@pytest.mark.parametrize(
    ("camera", "alive"),
    [
        ({"process_fps": 5.0, "detection_fps": 0.0}, True),
        ({"process_fps": 5.0, "detection_fps": 0.0, "detection_enabled": True}, True),
        ({"process_fps": 5.0, "detection_fps": 0.0, "detection_enabled": None}, True),
        ({"process_fps": 5.0, "detection_fps": 0.0, "detection_enabled": False}, False),
        ({"process_fps": 5.0, "detection_fps": 0.0, "detection_enabled": 0}, False),
        ({"process_fps": 0.0, "detection_fps": 0.0, "detection_enabled": True}, False),
        ({"detection_fps": 3.5}, True),
        ({"detection_fps": 0}, False),
        ({"process_fps": None}, False),
        ({}, False),
    ],
    ids=str,
)
def test_a_camera_is_alive_while_its_frames_are_looked_at(
    camera: dict[str, Any], alive: bool
) -> None:
    things = [report["thing"] for report in read(FRIGATE, STATS, {"cameras": {"porch": camera}})]
    assert things == (["porch/detect", "frigate"] if alive else ["frigate"])


@pytest.mark.parametrize("kind", ["new", "end"])
@pytest.mark.parametrize(
    ("change", "flaw", "place"),
    [
        ({"id": None}, Flaw.MISSING_FIELD, "id"),
        ({"id": 1607123955.4}, Flaw.WRONG_TYPE, "id"),
        ({"id": "../x"}, Flaw.BAD_NAME, "id"),
        ({"camera": None}, Flaw.MISSING_FIELD, "camera"),
        ({"camera": 1}, Flaw.WRONG_TYPE, "camera"),
        ({"camera": ""}, Flaw.BAD_NAME, ""),
        ({"camera": "porch/detect"}, Flaw.BAD_NAME, "camera"),
        ({"label": []}, Flaw.WRONG_TYPE, "label"),
        ({"top_score": "0.9"}, Flaw.WRONG_TYPE, "top_score"),
        ({"entered_zones": None}, Flaw.WRONG_TYPE, "entered_zones"),
        ({"entered_zones": "yard"}, Flaw.WRONG_TYPE, "entered_zones"),
        ({"entered_zones": [1]}, Flaw.WRONG_TYPE, "entered_zones"),
    ],
    ids=str,
)
def test_a_wrong_event_is_malformed(
    kind: str, change: dict[str, Any], flaw: Flaw, place: str
) -> None:
    payload = as_json({"type": kind, "before": {}, "after": AFTER | change})
    assert flaw_of(FRIGATE, EVENTS, payload) == (flaw, place)


@pytest.mark.parametrize(
    ("data", "flaw", "place"),
    [
        ({"type": None}, Flaw.MISSING_FIELD, "type"),
        ({"type": 1}, Flaw.WRONG_TYPE, "type"),
        ({"type": "begin"}, Flaw.WRONG_TYPE, "type"),
        ({"type": "new"}, Flaw.MISSING_FIELD, "after"),
        ({"type": "new", "after": []}, Flaw.WRONG_TYPE, "after"),
        ({"type": "new", "after": AFTER | {"entered_zones": ["x" * 10_000]}}, Flaw.TOO_LARGE, None),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_no_event_is_malformed(data: dict[str, Any], flaw: Flaw, place: str | None) -> None:
    found, where = flaw_of(FRIGATE, EVENTS, as_json(data))
    assert found is flaw
    assert place is None or where == place
