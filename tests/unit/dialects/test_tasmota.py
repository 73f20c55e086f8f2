"""The tasmota dialect."""

import pytest

from custom_components.mqtt_sentinel.dialects.route import Flaw
from custom_components.mqtt_sentinel.dialects.tasmota import TASMOTA

from .examples import as_json, decode, flaw_of, read


@pytest.mark.parametrize(
    ("topic", "payload", "flaw"),
    [
        ("tele/plug/LWT", b"", Flaw.NOT_A_BOOL),
        ("tele/plug/LWT", b"true", Flaw.NOT_A_BOOL),
        ("tele/plug/STATE", b"", Flaw.NOT_JSON),
        ("tele/plug/STATE", b"[]", Flaw.NOT_AN_OBJECT),
        ("tele/plug/STATE", b"x" * 300_000, Flaw.TOO_LARGE),
        ("tele/plug/STATE", b'{"POWER": true}', Flaw.WRONG_TYPE),
        ("tele/plug/STATE", b'{"POWER": null}', Flaw.WRONG_TYPE),
        ("tele/plug/STATE", b'{"POWER3": 1}', Flaw.WRONG_TYPE),
        ("tele/plug/STATE", b'{"POWER": "HOLD"}', Flaw.NOT_A_BOOL),
        ("stat/plug/POWER", b"", Flaw.NOT_A_BOOL),
        ("stat/plug/POWER32", b"TOGGLE", Flaw.NOT_A_BOOL),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_tasmota_does_not_say_is_malformed(topic: str, payload: bytes, flaw: Flaw) -> None:
    assert flaw_of(TASMOTA, topic, payload)[0] is flaw


@pytest.mark.parametrize(
    ("topic", "payload"),
    [("tele//LWT", b"Online"), ("tele/a\nb/STATE", b"{}"), ("stat//POWER", b"ON")],
)
def test_a_name_that_is_none_is_malformed(topic: str, payload: bytes) -> None:
    assert flaw_of(TASMOTA, topic, payload) == (Flaw.BAD_NAME, "")


@pytest.mark.parametrize(
    "command", ["RESULT", "STATUS5", "POWER0", "POWER33", "power", "POWER_LOW"]
)
def test_what_is_no_relay_passes_by(command: str) -> None:
    assert decode(TASMOTA, f"stat/plug/{command}", b"ON") is None
    assert read(TASMOTA, "tele/plug/STATE", {command: 1}) == [{"report": "ping", "thing": "plug"}]


def test_every_relay_is_told() -> None:
    reports = read(TASMOTA, "tele/board/STATE", {f"POWER{n}": "on" for n in range(1, 33)})
    assert [report["relay"] for report in reports[1:]] == [str(n) for n in range(1, 33)]


def test_relays_are_told_once_however_large_the_state_is() -> None:
    state = as_json({f"x{n}": n for n in range(10_000)})
    assert isinstance(decode(TASMOTA, "tele/board/STATE", state), list)
