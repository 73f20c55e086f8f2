"""The esphome and the shelly dialect: a word on a topic that is open to all."""

import pytest

from custom_components.mqtt_sentinel.dialects.esphome import ESPHOME
from custom_components.mqtt_sentinel.dialects.route import Dialect, Flaw
from custom_components.mqtt_sentinel.dialects.shelly import SHELLY

from .examples import decode, flaw_of

OTHERS = [b"", b"1", b"yes", b"{}", b"\xff", b'"true"', b"x" * 10_000_000]


@pytest.mark.parametrize(
    ("dialect", "topic"), [(ESPHOME, "node/status"), (SHELLY, "device/online")]
)
@pytest.mark.parametrize("payload", OTHERS, ids=lambda payload: repr(payload[:20]))
def test_other_words_pass_by(dialect: Dialect, topic: str, payload: bytes) -> None:
    assert decode(dialect, topic, payload) is None
    assert decode(dialect, f"\n{topic}", payload) is None


@pytest.mark.parametrize("payload", OTHERS, ids=lambda payload: repr(payload[:20]))
def test_on_its_own_topic_a_shelly_says_nothing_else(payload: bytes) -> None:
    assert flaw_of(SHELLY, "shellies/device/online", payload) == (Flaw.NOT_A_BOOL, "")


@pytest.mark.parametrize(
    ("dialect", "topic", "payload"),
    [
        (ESPHOME, "/status", b"online"),
        (ESPHOME, "a\nb/status", b"online"),
        (SHELLY, "/online", b"true"),
        (SHELLY, "shellies//online", b"true"),
    ],
)
def test_a_name_that_is_none_is_malformed(dialect: Dialect, topic: str, payload: bytes) -> None:
    assert flaw_of(dialect, topic, payload) == (Flaw.BAD_NAME, "")
