"""Pings of a user's own."""

import pytest

from custom_components.mqtt_sentinel.dialects.ping import ping_decoder
from custom_components.mqtt_sentinel.watch.reports import PingReport, ThingKey

from ..build import at, message

KEY = ThingKey("autocore", "site1", "esp1")


@pytest.mark.parametrize("payload", [b"", b"\xff\x00", b"{", b"x" * 10_000_000])
@pytest.mark.parametrize("retained", [True, False])
def test_every_message_is_a_ping_whatever_is_in_it(payload: bytes, retained: bool) -> None:
    heard = message("a/b", payload, retained=retained, seconds=7)
    assert ping_decoder(KEY)(heard) == PingReport(KEY, at(7), retained, "a/b")
