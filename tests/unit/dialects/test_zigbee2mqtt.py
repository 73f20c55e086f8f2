"""The zigbee2mqtt dialect."""

import pytest

from custom_components.mqtt_sentinel.dialects.route import Flaw
from custom_components.mqtt_sentinel.dialects.zigbee2mqtt import ZIGBEE2MQTT

from .examples import as_json, flaw_of, read

TOPICS = pytest.mark.parametrize(
    "topic",
    ["zigbee2mqtt/bridge/state", "zigbee2mqtt/a/availability", "zigbee2mqtt/a/b/availability"],
)


@TOPICS
@pytest.mark.parametrize(
    ("payload", "flaw"),
    [
        (b"sleeping", Flaw.NOT_JSON),
        (b"[]", Flaw.NOT_AN_OBJECT),
        (b"{}", Flaw.MISSING_FIELD),
        (b'{"state": null}', Flaw.MISSING_FIELD),
        (b'{"state": true}', Flaw.WRONG_TYPE),
        (b'{"state": "Online"}', Flaw.WRONG_TYPE),
        (b'{"state": ["online"]}', Flaw.WRONG_TYPE),
        (b"x" * 300_000, Flaw.TOO_LARGE),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_is_no_state_is_malformed(topic: str, payload: bytes, flaw: Flaw) -> None:
    assert flaw_of(ZIGBEE2MQTT, topic, payload)[0] is flaw


@TOPICS
def test_a_state_may_have_more_to_it(topic: str) -> None:
    [report] = read(ZIGBEE2MQTT, topic, {"state": "offline", "since": 1})
    assert report["up"] is False


@pytest.mark.parametrize(
    "topic",
    [
        "zigbee2mqtt//availability",
        "zigbee2mqtt/a\nb/availability",
        f"zigbee2mqtt/{'x' * 100}/{'y' * 100}/{'z' * 100}/availability",
    ],
)
def test_a_name_that_is_none_is_malformed(topic: str) -> None:
    assert flaw_of(ZIGBEE2MQTT, topic, as_json({"state": "online"})) == (Flaw.BAD_NAME, "")
