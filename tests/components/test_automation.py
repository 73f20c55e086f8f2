"""Triggers and conditions, in real automations."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.mqtt_sentinel.condition import CONDITIONS
from custom_components.mqtt_sentinel.const import DOMAIN
from custom_components.mqtt_sentinel.trigger import TRIGGERS

from .house import GRACE, House, alarm, watch

FRONT, BACK = "object_detection/front", "object_detection/back"


@pytest.fixture
async def guarded(house: House) -> House:
    """An armed alarm over two services that are up."""
    await house.panel("armed_away")
    await house.set_up(
        watch("front", expect="alarm"), watch("back", expect="alarm"), alarm("front", "back")
    )
    await house.service(FRONT, "on")
    await house.service(BACK, "on")
    await house.clock.advance(GRACE)
    return house


def device_of(house: House, name: str) -> str:
    """The id of the device of a watch or an alarm."""
    device = dr.async_get(house.hass).async_get_device_by_identifier((DOMAIN, name), "hub")
    assert device
    return device.id


async def automate(hass: HomeAssistant, automation: dict[str, Any]) -> list[Any]:
    """Set an automation up, and answer the list of its runs, with their trigger's facts."""
    runs: list[Any] = []
    hass.bus.async_listen("ran", lambda event: runs.append(event.data))
    automation = {"actions": [{"event": "ran"}], **automation}
    assert await async_setup_component(hass, "automation", {"automation": [automation]})
    await hass.async_block_till_done()
    (state,) = hass.states.async_all("automation")
    assert state.state == "on", "the automation is not valid"
    return runs


@pytest.mark.parametrize(
    ("trigger", "payloads", "runs"),
    [
        ("disconnected", ["off"], 1),
        ("mismatch", ["off"], 1),
        ("connected", ["off"], 0),
        ("connected", ["off", "on"], 1),
        ("recovered", ["off"], 0),
        ("recovered", ["off", "on"], 1),
        ("mismatch", ["off", "on", "off"], 2),
    ],
)
async def test_triggers_of_a_watch(
    guarded: House, trigger: str, payloads: list[str], runs: int
) -> None:
    ran = await automate(
        guarded.hass,
        {
            "triggers": [
                {"trigger": f"{DOMAIN}.{trigger}", "target": {"entity_id": "event.front_event"}}
            ]
        },
    )
    await guarded.service(BACK, "off")
    await guarded.service(BACK, "on")
    assert ran == []
    for payload in payloads:
        await guarded.clock.advance(1)
        await guarded.service(FRONT, payload)
    assert len(ran) == runs


async def test_the_first_event_ever_triggers(house: House) -> None:
    await house.set_up(watch("front"))
    ran = await automate(
        house.hass,
        {
            "triggers": [
                {"trigger": f"{DOMAIN}.connected", "target": {"entity_id": "event.front_event"}}
            ]
        },
    )
    await house.service(FRONT, "on")
    assert len(ran) == 1


async def test_a_trigger_knows_what_happened(guarded: House) -> None:
    ran = await automate(
        guarded.hass,
        {
            "triggers": [
                {"trigger": f"{DOMAIN}.mismatch", "target": {"entity_id": "event.front_event"}}
            ],
            "actions": [
                {
                    "event": "ran",
                    "event_data": {"why": "{{ trigger.to_state.attributes.reason }}"},
                }
            ],
        },
    )
    await guarded.service(FRONT, "off")
    assert ran == [{"why": "disconnected"}]


async def test_a_trigger_may_be_aimed_at_devices(guarded: House) -> None:
    ran = await automate(
        guarded.hass,
        {
            "triggers": [
                {
                    "trigger": f"{DOMAIN}.mismatch",
                    "target": {
                        "device_id": [device_of(guarded, "front"), device_of(guarded, "house")]
                    },
                }
            ]
        },
    )
    await guarded.service(BACK, "off")
    assert ran == []
    await guarded.service(FRONT, "off")
    assert len(ran) == 1


async def test_events_of_other_integrations_do_not_trigger(
    guarded: House, entity_registry: er.EntityRegistry
) -> None:
    other = entity_registry.async_get_or_create(
        "event",
        "doorbell",
        "1",
        suggested_object_id="doorbell",
        device_id=device_of(guarded, "front"),
    )
    guarded.hass.states.async_set(other.entity_id, "unknown")
    ran = await automate(
        guarded.hass,
        {
            "triggers": [
                {
                    "trigger": f"{DOMAIN}.mismatch",
                    "target": {
                        "entity_id": [other.entity_id, "event.nobody"],
                        "device_id": device_of(guarded, "front"),
                    },
                }
            ]
        },
    )
    for entity_id in (other.entity_id, "event.nobody"):
        guarded.hass.states.async_set(
            entity_id, guarded.clock.now, {"event_type": "mismatch", "event_types": ["mismatch"]}
        )
    await guarded.clock.settle()
    assert ran == []
    await guarded.service(FRONT, "off")
    assert len(ran) == 1


async def test_changes_of_the_protection(guarded: House) -> None:
    ran = await automate(
        guarded.hass,
        {
            "triggers": [
                {
                    "trigger": f"{DOMAIN}.protection_changed",
                    "target": {"entity_id": "event.house_event"},
                    "options": {"protection": ["degraded", "unprotected"]},
                }
            ],
            "actions": [
                {
                    "event": "ran",
                    "event_data": {
                        "to": "{{ trigger.to_state.attributes.event_type }}",
                        "from": "{{ trigger.to_state.attributes.before }}",
                    },
                }
            ],
        },
    )
    for service, payload in ((FRONT, "off"), (BACK, "off"), (FRONT, "on"), (BACK, "on")):
        await guarded.clock.advance(1)
        await guarded.service(service, payload)
    assert guarded.protection() == "protected"
    assert ran == [
        {"from": "protected", "to": "degraded"},
        {"from": "degraded", "to": "unprotected"},
        {"from": "unprotected", "to": "degraded"},
    ]


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ({}, "options.protection"),
        ({"protection": ["perhaps"]}, "options.protection"),
        ({"protection": ["degraded"], "more": 1}, "options.more"),
    ],
)
async def test_a_protection_trigger_says_what_is_wrong(
    guarded: House, options: dict[str, Any], wrong: str, caplog: pytest.LogCaptureFixture
) -> None:
    trigger = {
        "trigger": f"{DOMAIN}.protection_changed",
        "target": {"entity_id": "event.house_event"},
        "options": options,
    }
    assert await async_setup_component(
        guarded.hass,
        "automation",
        {"automation": [{"triggers": [trigger], "actions": [{"event": "ran"}]}]},
    )
    await guarded.clock.settle()
    (state,) = guarded.hass.states.async_all("automation")
    assert state.state == "unavailable"
    assert wrong in caplog.text


async def holds(house: House, condition: dict[str, Any]) -> bool:
    """Tell whether a condition lets an automation run now."""
    hass = house.hass
    if not hass.states.async_all("automation"):
        hass.bus.async_listen("ran", lambda event: hass.states.async_set("test.ran", "yes"))
        await automate(
            hass,
            {"triggers": [{"trigger": "event", "event_type": "go"}], "conditions": [condition]},
        )
    hass.states.async_set("test.ran", "no")
    hass.bus.async_fire("go")
    await house.clock.settle()
    return house.value("test.ran") == "yes"


@pytest.mark.parametrize(
    ("behavior", "condition", "expected"),
    [
        ("any", "has_mismatch", [False, True, True]),
        ("all", "has_mismatch", [False, False, True]),
        ("any", "has_no_mismatch", [True, True, False]),
        ("all", "has_no_mismatch", [True, False, False]),
    ],
)
async def test_conditions_of_watches(
    guarded: House, behavior: str, condition: str, expected: list[bool]
) -> None:
    condition_config = {
        "condition": f"{DOMAIN}.{condition}",
        "target": {"entity_id": ["binary_sensor.front_problem", "binary_sensor.back_problem"]},
        "options": {"behavior": behavior},
    }
    found = [await holds(guarded, condition_config)]
    for service in (FRONT, BACK):
        await guarded.service(service, "off")
        found.append(await holds(guarded, condition_config))
    assert found == expected


async def test_a_condition_may_ask_for_how_long(guarded: House) -> None:
    condition = {
        "condition": f"{DOMAIN}.has_mismatch",
        "target": {"entity_id": "binary_sensor.front_problem"},
        "options": {"for": {"seconds": 30}},
    }
    await guarded.service(FRONT, "off")
    assert not await holds(guarded, condition)
    await guarded.clock.advance(31)
    assert await holds(guarded, condition)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("is_protected", [True, False, False]),
        ("is_degraded", [False, True, False]),
        ("is_unprotected", [False, False, True]),
    ],
)
async def test_conditions_of_alarms(guarded: House, condition: str, expected: list[bool]) -> None:
    config = {
        "condition": f"{DOMAIN}.{condition}",
        "target": {"device_id": device_of(guarded, "house")},
    }
    found = [await holds(guarded, config)]
    for service in (FRONT, BACK):
        await guarded.service(service, "off")
        found.append(await holds(guarded, config))
    assert found == expected


@pytest.mark.parametrize("platform", ["leak", DOMAIN])
async def test_conditions_leave_out_what_is_no_mismatch(
    guarded: House, entity_registry: er.EntityRegistry, platform: str
) -> None:
    other = entity_registry.async_get_or_create(
        "binary_sensor",
        platform,
        "1",
        suggested_object_id="leak",
        device_id=device_of(guarded, "front"),
        original_device_class="problem",
        translation_key="anomaly",
    )
    guarded.hass.states.async_set(other.entity_id, "on", {"device_class": "problem"})
    condition = {
        "condition": f"{DOMAIN}.has_mismatch",
        "target": {
            "entity_id": other.entity_id,
            "device_id": device_of(guarded, "front"),
        },
    }
    assert not await holds(guarded, condition)
    await guarded.service(FRONT, "off")
    assert await holds(guarded, condition)


async def test_the_editor_shows_them_all(
    guarded: House, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client(guarded.hass)
    for kind, names in (("trigger", TRIGGERS), ("condition", CONDITIONS)):
        await client.send_json_auto_id({"type": f"{kind}_platforms/subscribe"})
        assert (await client.receive_json())["success"]
        described: dict[str, Any] = {}
        while not {f"{DOMAIN}.{name}" for name in names} <= set(described):
            described |= (await client.receive_json())["event"]
        ours = {key: value for key, value in described.items() if key.startswith(f"{DOMAIN}.")}
        assert set(ours) == {f"{DOMAIN}.{name}" for name in names}
        assert all(ours.values())
        for description in ours.values():
            (target,) = description["target"]["entity"]
            assert target["integration"] == DOMAIN
