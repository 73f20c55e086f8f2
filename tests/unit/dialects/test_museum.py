"""The museum dialect."""

import pytest

from custom_components.mqtt_sentinel.dialects.museum import MUSEUM
from custom_components.mqtt_sentinel.dialects.route import Flaw

from .examples import decode, flaw_of

OTHERS = [b"", b"true", b'"online"', b"{}", b"\xff", b"online" * 3, b"x" * 10_000_000]
WIDE = [
    "room1/status",
    "room1/feedback",
    "room1/light/feedback",
    "room1/state",
    "room1/light/state",
]


@pytest.mark.parametrize("payload", OTHERS, ids=lambda payload: repr(payload[:20]))
def test_a_node_says_nothing_else(payload: bytes) -> None:
    assert flaw_of(MUSEUM, "devices/esp/status", payload) == (Flaw.NOT_A_BOOL, "")


@pytest.mark.parametrize("topic", WIDE)
@pytest.mark.parametrize("payload", OTHERS, ids=lambda payload: repr(payload[:20]))
def test_other_words_of_others_pass_by(topic: str, payload: bytes) -> None:
    assert decode(MUSEUM, topic, payload) is None


@pytest.mark.parametrize("topic", WIDE)
@pytest.mark.parametrize("name", ["homeassistant", "zigbee2mqtt", "frigate"])
def test_what_is_known_to_be_others_passes_by(topic: str, name: str) -> None:
    for payload in (b"online", b"OK", b"ON"):
        assert decode(MUSEUM, topic.replace("room1", name), payload) is None


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("devices//status", b"online"),
        ("devices//status", b"OK"),
        ("/status", b"online"),
        ("a\nb/status", b"ERROR"),
        ("/feedback", b"OK"),
        ("/light/feedback", b"OK"),
        ("/state", b"ON"),
        ("room1//state", b"ON"),
        ("/light/state", b"ON"),
        ("devices//state", b"ON"),
    ],
)
def test_a_name_that_is_none_is_malformed(topic: str, payload: bytes) -> None:
    assert flaw_of(MUSEUM, topic, payload) == (Flaw.BAD_NAME, "")
