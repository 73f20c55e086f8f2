"""What goes over Home Assistant's bus, and what the logbook makes of it."""

from typing import Any

from homeassistant.components.recorder import Recorder
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)
from pytest_homeassistant_custom_component.typing import (
    RecorderInstanceContextManager,
    WebSocketGenerator,
)

from custom_components.mqtt_sentinel.const import DOMAIN
from custom_components.mqtt_sentinel.logbook import async_describe_events
from custom_components.mqtt_sentinel.watch.verdict import MISMATCHES

from .house import GRACE, House, alarm, watch

FRONT = "object_detection/front"


@pytest.fixture
async def guarded(house: House) -> House:
    """An armed alarm whose only service is up."""
    await house.panel("armed_away")
    await house.set_up(watch("front", expect="alarm"), alarm("front"))
    await house.service(FRONT, "on")
    await house.clock.advance(GRACE)
    return house


async def test_a_mismatch_and_its_end_are_events(
    guarded: House, device_registry: dr.DeviceRegistry
) -> None:
    device = device_registry.async_get_device_by_identifier((DOMAIN, "front"), "hub")
    assert device
    opened_at = guarded.clock.now
    await guarded.service(FRONT, "off")
    (mismatch,) = guarded.events
    assert mismatch.event_type == "mqtt_sentinel_mismatch"
    facts = dict(mismatch.data)
    incident_id = facts.pop("incident_id")
    assert incident_id.startswith("front-")
    assert facts == {
        "device_id": device.id,
        "name": "Front",
        "watch_id": "front",
        "reason": "disconnected",
        "severity": "error",
        "expected": "up",
        "expected_because": "House",
        "expected_kind": "alarm",
        "expected_since": "2026-11-02T12:00:00+00:00",
        "connected": False,
        "storm": None,
        "dependants": 0,
        "opened_at": opened_at,
        "closed_at": None,
    }

    await guarded.clock.advance(7)
    await guarded.service(FRONT, "on")
    recovered = guarded.events[1]
    assert recovered.event_type == "mqtt_sentinel_recovered"
    assert recovered.data == {
        **mismatch.data,
        "connected": True,
        "closed_at": guarded.clock.now,
    }


async def test_an_incident_that_changes_is_still_the_same(guarded: House) -> None:
    await guarded.service(FRONT, "off")
    await guarded.broker.go()
    await guarded.broker.come()
    await guarded.clock.advance(GRACE + 1)
    assert guarded.judged("front") == ("mismatch", "never_heard", "none")
    assert guarded.fired == [("mismatch", "disconnected")]
    await guarded.service(FRONT, "on")
    assert guarded.fired[1:] == [("recovered", "never_heard")]
    assert guarded.events[0].data["incident_id"] == guarded.events[1].data["incident_id"]
    assert guarded.events[0].data["opened_at"] == guarded.events[1].data["opened_at"]


async def test_every_mismatch_has_a_line_in_the_logbook(hass: HomeAssistant) -> None:
    described: dict[str, Any] = {}
    async_describe_events(
        hass, lambda domain, event_type, describe: described.update({event_type: describe})
    )
    event = async_capture_events(hass, "mqtt_sentinel_mismatch")
    lines = set()
    for reason in MISMATCHES:
        hass.bus.async_fire("mqtt_sentinel_mismatch", {"reason": reason.value, "name": "Front"})
        line = described["mqtt_sentinel_mismatch"](event[-1])
        assert line["name"] == "Front"
        lines.add(line["message"])
    assert len(lines) == len(MISMATCHES)


class TestLogbook:
    """With a recorder, from which the logbook reads."""

    @pytest.fixture
    async def mock_recorder_before_hass(
        self, async_test_recorder: RecorderInstanceContextManager
    ) -> None:
        """Have the recorder's database before Home Assistant."""

    async def test_lines(
        self, recorder_mock: Recorder, guarded: House, hass_ws_client: WebSocketGenerator
    ) -> None:
        assert await async_setup_component(guarded.hass, "logbook", {})
        await guarded.service(FRONT, "off")
        await guarded.clock.advance(3)
        await guarded.service(FRONT, "on")
        await guarded.clock.advance(1)
        await async_wait_recording_done(guarded.hass)
        client = await hass_ws_client(guarded.hass)
        await client.send_json_auto_id(
            {"type": "logbook/get_events", "start_time": "2026-11-02T12:00:00+00:00"}
        )
        lines = [
            (line["name"], line["message"])
            for line in (await client.receive_json())["result"]
            if line.get("domain") == DOMAIN
        ]
        assert lines == [
            ("Front", "disconnected although it should be connected"),
            ("Front", "is as it should be again"),
        ]
