"""The broker dialect."""

import pytest

from custom_components.mqtt_sentinel.dialects.broker import BROKER
from custom_components.mqtt_sentinel.dialects.route import Flaw

from .examples import flaw_of

TOPICS = pytest.mark.parametrize("topic", [route.filter for route in BROKER.routes])


@TOPICS
@pytest.mark.parametrize(
    ("payload", "flaw"),
    [
        (b"", Flaw.WRONG_TYPE),
        (b"many", Flaw.WRONG_TYPE),
        (b"12 minutes", Flaw.WRONG_TYPE),
        (b"\xff", Flaw.WRONG_TYPE),
        (b"1\x000", Flaw.WRONG_TYPE),
        (b"{}", Flaw.WRONG_TYPE),
        (b"nan", Flaw.WRONG_TYPE),
        (b"-Infinity", Flaw.WRONG_TYPE),
        (b"1e400", Flaw.WRONG_TYPE),
        (b"1e31", Flaw.TOO_LARGE),
        (b"-1e300", Flaw.TOO_LARGE),
        (b"1" * 65, Flaw.TOO_LARGE),
        (b"1" * 10_000_000, Flaw.TOO_LARGE),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_what_is_no_number_is_malformed(topic: str, payload: bytes, flaw: Flaw) -> None:
    assert flaw_of(BROKER, topic, payload)[0] is flaw
