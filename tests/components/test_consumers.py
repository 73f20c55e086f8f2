"""A verdict reaches all who have to know of it, whatever one of them does wrong."""

import logging

import pytest

from custom_components.mqtt_sentinel.binary_sensor import SentinelBinarySensor
from custom_components.mqtt_sentinel.event import WatchEvent
from custom_components.mqtt_sentinel.outcome import telling as telling_module

from .house import GRACE, House, alarm, own_log, watch

FRONT = "object_detection/front"


@pytest.fixture
async def guarded(house: House) -> House:
    """An armed alarm whose only service is up."""
    await house.panel("armed_away")
    await house.set_up(watch("front", expect="alarm"), alarm("front"))
    await house.service(FRONT, "on")
    await house.clock.advance(GRACE)
    return house


def fail(*_: object) -> None:
    raise RuntimeError


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (telling_module, "fire_incident"),
        (telling_module, "show_incident"),
        (SentinelBinarySensor, "async_write_ha_state"),
        (WatchEvent, "_fire"),
    ],
)
@pytest.mark.no_fail_on_log_exception
async def test_one_that_fails_costs_the_others_nothing(
    guarded: House,
    owner: object,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.clear()
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, fail)
        await guarded.service(FRONT, "off")

    reached = {
        "fire_incident": guarded.fired == [("mismatch", "disconnected")],
        "show_incident": guarded.issue("front") == "disconnected_alarm",
        "async_write_ha_state": guarded.problem("front") == "on",
        "_fire": guarded.state("event.front_event").attributes["event_type"] == "mismatch",
    }
    assert reached == {consumer: consumer != name for consumer in reached}
    assert guarded.protection() == "unprotected"
    assert (logging.ERROR, "A consumer of a change failed") in own_log(caplog)

    await guarded.service(FRONT, "on")
    assert guarded.judged("front") == ("ok", "agrees", "live")
    assert guarded.protection() == "protected"
