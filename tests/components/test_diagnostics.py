"""What a bug report carries, and what it does not."""

import json
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import get_system_health_info
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
    get_diagnostics_for_device,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.mqtt_sentinel.const import DOMAIN

from .house import GRACE, House, alarm, custom_watch, panel_alarm, watch
from .journals import written
from .scenes import Stage, action, command, scene, wait

FRONT = "object_detection/front"
SECRET = "hunter2"


@pytest.fixture
async def guarded(house: House) -> House:
    """A hub that has seen much, some of it secret."""
    assert await async_setup_component(house.hass, "diagnostics", {})
    await house.panel("armed_away")
    await house.set_up(
        watch("front", expect="alarm"),
        watch("esp", dialect="autocore"),
        custom_watch(
            "boiler",
            "cellar/boiler",
            value_template="{{ value_json.token == 'hunter2' }}",
        ),
        custom_watch("pump", "cellar/pump", payload_on=SECRET, payload_off=f"no {SECRET}"),
        alarm("front"),
    )
    await house.broker.publish(
        "autocore/esp/status",
        {
            "device_id": "esp",
            "status": "online",
            "ip_address": "192.0.2.7",
            "firmware_version": "1.2.3",
            "uptime": 77,
        },
    )
    await house.broker.publish("connected/object_detection/front", f"password={SECRET}")
    await house.broker.publish("cellar/pump", f"maybe {SECRET}")
    await house.broker.publish("autocore/esp/status", '{"device_id": "' + SECRET)
    await house.service("object_detection/garage", "on")
    await house.clock.advance(GRACE)
    return house


async def test_the_hub(guarded: House, hass_client: ClientSessionGenerator) -> None:
    found = await get_diagnostics_for_config_entry(guarded.hass, hass_client, guarded.entry)
    assert found["data"] == {"dialects": ["services", "autocore", "museum"], "prefixes": [""]}
    assert found["options"] == {"settle": 15, "grace": 60}
    assert found["link"] == "subscribed"
    assert found["messages"] == 5
    assert found["last_message"] == pytest.approx(1793620800.5, abs=0.01)
    assert found["messages_per_second"] == 0.0
    assert found["errors"] == 0
    assert found["broker"].pop("uptime") == pytest.approx(1.0)
    assert found["broker"] == {"answers_probes": True, "gone_since": None}
    assert found["known_things"] == 1
    assert found["dead_letters"]["counts"] == {"not_a_bool": 2, "not_json": 1}
    assert [letter["topic"] for letter in found["dead_letters"]["last"]] == [
        "connected/object_detection/front",
        "cellar/pump",
        "autocore/esp/status",
    ]
    assert [letter["size"] for letter in found["dead_letters"]["last"]] == [16, 13, 22]
    assert [subentry["type"] for subentry in found["subentries"]] == [*4 * ["device"], "alarm"]
    assert found["alarms"] == [
        {
            "entity_id": "alarm_control_panel.house",
            "modes": sorted(
                f"armed_{mode}" for mode in ("home", "away", "night", "vacation", "custom_bypass")
            ),
            "wanted": "up",
            "silent": False,
            "protection": "unprotected",
            "panel": None,
        }
    ]
    front, esp, *_ = found["watches"]
    assert front["key"] == {"dialect": "services", "site": "", "name": FRONT}
    assert front["settings"] == {
        "settle": 15,
        "grace": 60,
        "require_live": False,
        "ping_interval": None,
        "ping_misses": 3,
    }
    assert front["judgement"]["verdict"] == "mismatch"
    assert front["incident"]["reason"] == "never_heard"
    assert front["facts"]["expectation"] == {
        "wanted": "up",
        "verify": True,
        "kind": "alarm",
        "because": "House",
    }
    assert esp["judgement"] == {
        "verdict": "ok",
        "reason": "agrees",
        "proof": "live",
        "misses": 0,
        "until": None,
    }
    assert esp["incident"] is None
    assert esp["details"] == {"ip_address": "**REDACTED**", "firmware": "1.2.3", "uptime": 77.0}


async def test_one_watch(
    guarded: House, hass_client: ClientSessionGenerator, device_registry: dr.DeviceRegistry
) -> None:
    measured = {"device_id": "esp", "temperature": 20}
    await guarded.broker.publish("autocore/esp/telemetry", measured)
    found = await diagnostics_of(guarded, hass_client, device_registry, "esp")
    assert found["key"] == {"dialect": "autocore", "site": "", "name": "esp"}
    assert found["details"] == {"ip_address": "**REDACTED**", "firmware": "1.2.3", "uptime": 77.0}
    assert found["values"] == {"names": ["temperature"], "ignored": 0}
    assert "watches" not in found


@pytest.mark.parametrize("name", ["house", "hub"])
async def test_other_devices_show_the_whole_hub(
    guarded: House,
    hass_client: ClientSessionGenerator,
    device_registry: dr.DeviceRegistry,
    name: str,
) -> None:
    found = await diagnostics_of(guarded, hass_client, device_registry, name)
    assert len(found["watches"]) == 4


async def test_no_secret_and_no_payload_leaves(
    guarded: House, hass_client: ClientSessionGenerator, device_registry: dr.DeviceRegistry
) -> None:
    everything = [
        await get_diagnostics_for_config_entry(guarded.hass, hass_client, guarded.entry),
        await diagnostics_of(guarded, hass_client, device_registry, "esp"),
        await diagnostics_of(guarded, hass_client, device_registry, "pump"),
    ]
    text = json.dumps(everything)
    assert SECRET not in text
    assert "192.0.2.7" not in text
    letters = everything[0]["dead_letters"]["last"]
    assert {letter["excerpt"] for letter in letters} == {"**REDACTED**"}


async def diagnostics_of(
    house: House,
    hass_client: ClientSessionGenerator,
    device_registry: dr.DeviceRegistry,
    name: str,
) -> dict[str, Any]:
    device = device_registry.async_get_device_by_identifier((DOMAIN, name), "hub")
    assert device
    return dict(await get_diagnostics_for_device(house.hass, hass_client, house.entry, device))


async def test_system_health(guarded: House, journal_file: Path) -> None:
    await written(guarded)
    assert await health(guarded.hass) == {
        "broker_connected": True,
        "broker_answers": True,
        "broker_uptime": "100.00%",
        "watches": 4,
        "open_incidents": 3,
        "messages_processed": 5,
        "errors": 0,
        "dead_letters": 3,
        "journal": "working",
        "journal_address": f"sqlite:///{journal_file}",
    }
    await guarded.broker.go()
    gone = await health(guarded.hass)
    assert gone["broker_connected"] is False
    assert gone["broker_answers"] is False


async def test_system_health_without_a_loaded_hub(guarded: House) -> None:
    assert await guarded.hass.config_entries.async_unload(guarded.entry.entry_id)
    assert await health(guarded.hass) == {}


async def health(hass: HomeAssistant) -> dict[str, Any]:
    assert await async_setup_component(hass, "system_health", {})
    await hass.async_block_till_done()
    return dict(await get_system_health_info(hass, DOMAIN))


async def test_a_panel_made_here_keeps_its_code_to_itself(
    house: House, hass_client: ClientSessionGenerator
) -> None:
    assert await async_setup_component(house.hass, "diagnostics", {})
    await house.set_up(watch("front", expect="alarm"), panel_alarm("front", code=SECRET))
    found = await get_diagnostics_for_config_entry(house.hass, hass_client, house.entry)
    assert SECRET not in json.dumps(found)
    *_, panel = found["subentries"]
    assert panel["data"]["code"] == "**REDACTED**"
    [shown] = found["alarms"]
    assert shown["entity_id"] == ""
    assert shown["wanted"] == "down"
    assert shown["silent"] is False
    assert shown["panel"]["panel"]["state"] == "disarmed"
    assert shown["panel"]["panel"]["wrong_codes"] == 0


async def test_scenes(
    house: House, hass_client: ClientSessionGenerator, device_registry: dr.DeviceRegistry
) -> None:
    assert await async_setup_component(house.hass, "diagnostics", {})
    disarm = {"target": {"entity_id": "alarm_control_panel.house"}, "data": {"code": SECRET}}
    await house.set_up(
        scene(
            command(0, "room1/light", SECRET),
            action(0, "lock.unlock", **disarm),
            wait(0, 5, topic="door/code", payload=SECRET),
        ),
        scene({"at": 0, "kind": "teleport", "key": SECRET}, name="broken"),
    )
    stage = Stage(house)
    await stage.start()
    await house.clock.advance(5)
    one = await diagnostics_of(house, hass_client, device_registry, "opening")
    every = await get_diagnostics_for_config_entry(house.hass, hass_client, house.entry)
    assert every["scenes"] == [one, {"readable": False, "steps": [], "last_run": None}]
    assert SECRET not in json.dumps(every)
    assert [step["kind"] for step in one["steps"]] == ["command", "action", "wait"]
    assert one["steps"][1]["data"] == ["code"]
    outcomes = [step["outcome"] for step in one["last_run"]["steps"]]
    assert outcomes == ["sent", "failed", "timed_out"]
    assert one["last_run"]["failures"] == 1
