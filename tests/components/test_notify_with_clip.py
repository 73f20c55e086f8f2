"""The blueprint that tells of a clip: its picture, its link, and the button that sends again."""

import asyncio
from pathlib import Path
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.automation.config import AUTOMATION_BLUEPRINT_SCHEMA
from homeassistant.components.blueprint.models import Blueprint, DomainBlueprints
from homeassistant.core import ServiceCall, SupportsResponse
from homeassistant.setup import async_setup_component
from homeassistant.util import yaml as yaml_util
import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from custom_components.mqtt_sentinel.const import DOMAIN, EVENT_CLIP_SAVED

from .house import House, watch

# More than any run of it needs.
TURNS = 500
BLUEPRINT = Path(__file__).parents[2] / "blueprints/automation/mqtt_sentinel/notify_with_clip.yaml"
CLIP = {
    "device_id": "door",
    "name": "Door",
    "kind": "clip",
    "part": 1,
    "recording_id": "abc",
    "causes": ["motion"],
    "incident_ids": [],
    "began": "2026-11-02T12:00:00+00:00",
    "url": "/api/mqtt_sentinel/media/x?authSig=1",
    "thumbnail": "/api/mqtt_sentinel/thumbnail/x?authSig=1",
}
RELAY = {
    "incident_id": "i1",
    "device_id": "pump",
    "name": "Pump",
    "reason": "did_not_turn_on",
    "expected": "up",
    "expected_kind": "command",
}
FRONT = {**RELAY, "incident_id": "i2", "device_id": "front", "expected_kind": "alarm"}


class Phone:
    """A phone, and what its buttons do."""

    def __init__(self, house: House, calls: dict[str, list[ServiceCall]]) -> None:
        self.house = house
        self.calls = calls

    @property
    def told(self) -> list[dict[str, Any]]:
        """The notifications."""
        return [dict(call.data) for call in self.calls["notify"]]

    async def saved(self, **facts: Any) -> None:
        """A clip is saved."""
        self.house.hass.bus.async_fire(EVENT_CLIP_SAVED, CLIP | facts)
        await self.settle()

    async def press(self) -> None:
        """Press the second button of the last notification."""
        _, button = self.told[-1]["data"]["actions"]
        pressed = {"action": button["action"]}
        self.house.hass.bus.async_fire("mobile_app_notification_action", pressed)
        await self.settle()

    @staticmethod
    async def settle() -> None:
        """Let all run that can: an automation that waits for a button would hold the clock."""
        for _ in range(TURNS):
            await asyncio.sleep(0)


async def set_up(house: House, incidents: list[dict[str, Any]], **inputs: Any) -> Phone:
    """An automation made of the blueprint, with these open incidents."""
    await house.set_up(watch("front"))
    hass = house.hass
    calls = {
        "incidents": async_mock_service(
            hass,
            DOMAIN,
            "get_incidents",
            response={"incidents": incidents},
            supports_response=SupportsResponse.ONLY,
        ),
        "notify": async_mock_service(hass, "notify", "mobile_app_phone"),
        "send": async_mock_service(hass, DOMAIN, "send_command"),
        "verify": async_mock_service(hass, DOMAIN, "verify_now"),
    }
    blueprint = Blueprint(
        yaml_util.load_yaml_dict(str(BLUEPRINT)),
        path=BLUEPRINT.name,
        expected_domain="automation",
        schema=AUTOMATION_BLUEPRINT_SCHEMA,
    )
    assert blueprint.validate() is None
    inputs = {"notify_action": "notify.mobile_app_phone"} | inputs
    used = {"use_blueprint": {"path": BLUEPRINT.name, "input": inputs}}
    with patch.object(DomainBlueprints, "_load_blueprint", return_value=blueprint):
        assert await async_setup_component(hass, "automation", {"automation": [used]})
        await house.clock.settle()
    (state,) = hass.states.async_all("automation")
    assert state.state == "on", "the blueprint makes no valid automation"
    return Phone(house, calls)


async def test_motion_is_told_with_its_picture(house: House) -> None:
    phone = await set_up(house, [RELAY])
    await phone.saved()
    [told] = phone.told
    assert told["title"] == "Door"
    assert told["message"].startswith("Motion at")
    assert told["data"]["image"] == CLIP["thumbnail"]
    assert told["data"]["url"] == told["data"]["clickAction"] == CLIP["url"]
    assert told["data"]["actions"] == [{"action": "URI", "title": "Watch", "uri": CLIP["url"]}]


@pytest.mark.parametrize(
    "facts",
    [
        {"part": 2},
        {"kind": "picture"},
        {"causes": ["drill"]},
        {"causes": []},
        {"device_id": "yard"},
    ],
)
async def test_what_nobody_wants_to_hear_of(house: House, facts: dict[str, Any]) -> None:
    phone = await set_up(house, [], cameras=["door"])
    await phone.saved(**facts)
    assert phone.told == []
    await phone.saved()
    assert len(phone.told) == 1


async def test_a_relay_is_sent_its_command_again(house: House) -> None:
    phone = await set_up(house, [FRONT, RELAY])
    await phone.saved(causes=["incident"], incident_ids=["i1"])
    [told] = phone.told
    assert told["message"] == "Pump: did not turn on."
    assert told["data"]["actions"][1]["title"] == "Send again"
    await phone.press()
    [call] = phone.calls["send"]
    assert call.data == {"device_id": "pump", "state": "on"}
    assert phone.calls["verify"] == []


async def test_anything_else_is_judged_again(house: House) -> None:
    phone = await set_up(house, [FRONT, RELAY])
    await phone.saved(causes=["incident"], incident_ids=["i2"], thumbnail=None)
    assert phone.told[0]["data"]["actions"][1]["title"] == "Check again"
    await phone.press()
    [call] = phone.calls["verify"]
    assert call.data == {"device_id": "front"}
    assert phone.calls["send"] == []


async def test_the_button_does_not_work_for_ever(
    house: House, freezer: FrozenDateTimeFactory
) -> None:
    phone = await set_up(house, [RELAY], patience={"minutes": 1})
    await phone.saved(causes=["incident"], incident_ids=["i1"])
    freezer.tick(61)
    await phone.settle()
    await phone.press()
    assert phone.calls["send"] == []
