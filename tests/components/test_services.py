"""The actions: what they answer, whom they let, and what they refuse."""

from typing import Any

from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.service import async_get_all_descriptions
import probatio as vol
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.mqtt_sentinel.const import DOMAIN

from .house import GRACE, House, alarm, watch
from .journals import written

FRONT, BACK = "object_detection/front", "object_detection/back"
SECRET = "hunter2"


@pytest.fixture
async def guarded(house: House) -> House:
    """Two watches with an open incident each, the back one first; one that is well; an alarm."""
    await house.panel("armed_away")
    await house.set_up(
        watch("front", expect="alarm"), watch("back"), watch("well", title="Well"), alarm("front")
    )
    for name in (FRONT, BACK, "object_detection/well"):
        await house.service(name, "on")
    await house.clock.advance(GRACE)
    await house.service(BACK, "off")
    await house.clock.advance(1)
    await house.service(FRONT, "off")
    return house


async def call(
    house: House, action: str, data: dict[str, Any] | None = None, context: Context | None = None
) -> dict[str, Any]:
    """Call an action of ours, with response where it has one."""
    answer = await house.hass.services.async_call(
        DOMAIN,
        action,
        data or {},
        blocking=True,
        context=context,
        return_response=action.startswith("get_"),
    )
    await house.clock.settle()
    return dict(answer) if answer else {}


async def refused(house: House, action: str, data: dict[str, Any]) -> str | None:
    """The translation key of the refusal."""
    with pytest.raises(ServiceValidationError) as caught:
        await call(house, action, data)
    assert caught.value.translation_domain == DOMAIN
    assert "{" not in str(caught.value)
    return caught.value.translation_key


def device(house: House, name: str) -> str:
    """The id of a device of ours."""
    found = dr.async_get(house.hass).async_get_device_by_identifier((DOMAIN, name), "hub")
    assert found
    return found.id


async def test_open_incidents_are_told_the_oldest_first(guarded: House) -> None:
    await call(guarded, "acknowledge", {"entity_id": "event.back_event"})
    await written(guarded)
    back, front = (await call(guarded, "get_incidents"))["incidents"]
    assert (back["name"], back["muted"]) == ("Back", True)
    assert front == {
        "device_id": device(guarded, "front"),
        "name": "Front",
        "incident_id": guarded.events[1].data["incident_id"],
        "watch_id": "front",
        "reason": "disconnected",
        "severity": "error",
        "expected": "up",
        "expected_because": "House",
        "expected_kind": "alarm",
        "expected_since": "2026-11-02T12:00:00+00:00",
        "connected": False,
        "storm": None,
        "opened_at": guarded.events[1].data["opened_at"],
        "closed_at": None,
        "muted": False,
        "clips": [],
    }


async def test_without_incidents_the_list_is_empty(house: House) -> None:
    await house.set_up()
    assert await call(house, "get_incidents") == {"incidents": []}


@pytest.mark.parametrize("action", ["get_incidents", "get_dead_letters"])
async def test_nothing_can_be_asked_of_a_hub_that_is_not_loaded(
    guarded: House, action: str
) -> None:
    assert await guarded.hass.config_entries.async_unload("hub")
    assert await refused(guarded, action, {}) == "not_loaded"


@pytest.mark.parametrize("action", ["verify_now", "acknowledge"])
async def test_nothing_can_be_done_with_a_hub_that_is_not_loaded(
    guarded: House, action: str
) -> None:
    assert await guarded.hass.config_entries.async_unload("hub")
    assert await refused(guarded, action, {"entity_id": "event.front_event"}) == "not_loaded"


async def test_the_actions_are_there_before_the_hub(guarded: House) -> None:
    await guarded.hass.config_entries.async_set_disabled_by("hub", ConfigEntryDisabler.USER)
    assert set(guarded.hass.services.async_services_for_domain(DOMAIN)) == {
        "acknowledge",
        "capture_clip",
        "arm",
        "get_dead_letters",
        "get_incidents",
        "purge",
        "send_command",
        "stop_scene",
        "run_drill",
        "verify_now",
    }
    assert await refused(guarded, "get_incidents", {}) == "not_loaded"


async def test_verify_now_gives_the_settle_time_once_more(guarded: House) -> None:
    await call(guarded, "verify_now", {"device_id": device(guarded, "front")})
    assert guarded.judged("front")[:2] == ("pending", "settling")
    assert guarded.issue("front") is None
    assert guarded.judged("back")[0] == "mismatch"
    await guarded.clock.advance(15)
    assert guarded.judged("front")[0] == "mismatch"
    assert guarded.issue("front") is not None


async def test_acknowledge_mutes(guarded: House) -> None:
    await call(guarded, "acknowledge", {"entity_id": ["binary_sensor.front_problem"]})
    assert guarded.issue("front") is None
    assert guarded.problem("front") == "on"
    assert guarded.issue("back") is not None
    assert guarded.value("sensor.mqtt_sentinel_open_incidents") == "2"


async def test_acknowledge_accepts(guarded: House) -> None:
    entities = ["event.front_event", "binary_sensor.back_connectivity"]
    await call(guarded, "acknowledge", {"entity_id": entities, "accept": True})
    assert guarded.judged("front")[:2] == ("ok", "accepted")
    assert guarded.judged("back")[:2] == ("ok", "accepted")
    assert guarded.issues == {}
    assert guarded.value("sensor.mqtt_sentinel_open_incidents") == "0"


async def test_of_several_only_those_with_an_incident_are_acknowledged(guarded: House) -> None:
    devices = [device(guarded, name) for name in ("front", "back", "well")]
    await call(guarded, "acknowledge", {"device_id": devices, "accept": True})
    assert guarded.judged("well")[:2] == ("ok", "agrees")
    assert guarded.issues == {}


async def test_an_area_stands_for_all_watches_in_it(guarded: House) -> None:
    registry = dr.async_get(guarded.hass)
    for name in ("front", "house"):
        registry.async_update_device(device(guarded, name), area_id="garden")
    await call(guarded, "acknowledge", {"area_id": "garden"})
    assert guarded.issue("front") is None
    assert guarded.issue("back") is not None
    assert await refused(guarded, "acknowledge", {"area_id": "attic"}) == "nothing_chosen"


async def test_a_label_on_an_entity_stands_for_its_watch(
    guarded: House, entity_registry: er.EntityRegistry
) -> None:
    entity_registry.async_update_entity("event.back_event", labels={"noisy"})
    await call(guarded, "acknowledge", {"label_id": "noisy"})
    assert guarded.issue("back") is None


@pytest.mark.parametrize(
    "entity_id",
    [
        "light.nowhere",
        "sensor.house_protection",
        "sensor.mqtt_sentinel_errors",
        "alarm_control_panel.house",
    ],
)
async def test_what_is_no_watch_is_refused_by_name(guarded: House, entity_id: str) -> None:
    target = {"entity_id": ["event.front_event", entity_id]}
    with pytest.raises(ServiceValidationError) as caught:
        await call(guarded, "acknowledge", target)
    assert caught.value.translation_key == "no_watch"
    assert caught.value.translation_placeholders == {"names": entity_id}
    assert guarded.issue("front") is not None


async def test_devices_that_are_no_watch_are_refused(guarded: House) -> None:
    for stranger in (device(guarded, "hub"), device(guarded, "house"), "nothing"):
        assert await refused(guarded, "verify_now", {"device_id": stranger}) == "no_watch"


async def test_what_has_no_incident_cannot_be_acknowledged(guarded: House) -> None:
    target = {"entity_id": "event.well_event"}
    assert await refused(guarded, "acknowledge", target) == "nothing_open"


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("verify_now", {}),
        ("acknowledge", {"accept": True}),
        ("acknowledge", {"entity_id": "event.front_event", "accept": "perhaps"}),
        ("get_incidents", {"x": 1}),
        ("get_dead_letters", {"limit": 0}),
        ("get_dead_letters", {"limit": 101}),
        ("get_dead_letters", {"limit": "many"}),
        ("get_dead_letters", {"reason": "bad_luck"}),
    ],
)
async def test_bad_data_is_refused(guarded: House, action: str, data: dict[str, Any]) -> None:
    with pytest.raises(vol.Invalid):
        await call(guarded, action, data)


@pytest.mark.parametrize("action", ["verify_now", "acknowledge"])
async def test_who_may_only_look_cannot_act(
    guarded: House, action: str, hass_read_only_user: MockUser
) -> None:
    with pytest.raises(Unauthorized):
        await call(
            guarded,
            action,
            {"entity_id": "event.front_event"},
            Context(user_id=hass_read_only_user.id),
        )
    assert guarded.issue("front") is not None


@pytest.fixture
async def littered(house: House) -> House:
    """A hub that heard some messages that cannot be read."""
    await house.set_up(watch("front"))
    await house.service(FRONT, f"password={SECRET}")
    await house.clock.advance(1)
    await house.broker.publish("autocore/esp/status", '{"device_id": "' + SECRET)
    await house.broker.publish("autocore/esp/status", {"device_id": "esp", "status": 7})
    return house


async def test_dead_letters_are_told_the_newest_first(littered: House) -> None:
    told = await call(littered, "get_dead_letters")
    assert told["total"] == 3
    assert told["counts"] == {"not_a_bool": 1, "not_json": 1, "wrong_type": 1}
    assert [letter["reason"] for letter in told["last"]] == [
        "wrong_type",
        "not_json",
        "not_a_bool",
    ]
    assert told["last"][0]["detail"] == "status"
    assert told["last"][2] == {
        "time": "2026-11-02T12:00:00.500001+00:00",
        "topic": f"connected/{FRONT}",
        "reason": "not_a_bool",
        "detail": "",
        "size": 16,
        "excerpt": f"password={SECRET}",
    }


async def test_dead_letters_can_be_chosen(littered: House) -> None:
    [letter] = (await call(littered, "get_dead_letters", {"limit": 1}))["last"]
    assert letter["reason"] == "wrong_type"
    told = await call(littered, "get_dead_letters", {"reason": ["not_json", "not_a_bool"]})
    assert [letter["reason"] for letter in told["last"]] == ["not_json", "not_a_bool"]
    assert told["total"] == 3
    assert (await call(littered, "get_dead_letters", {"reason": "bad_name"}))["last"] == []


async def test_payloads_are_shown_to_administrators_only(
    littered: House, hass_admin_user: MockUser, hass_read_only_user: MockUser
) -> None:
    async def seen_by(user_id: str | None) -> str:
        told = await call(littered, "get_dead_letters", {}, Context(user_id=user_id))
        assert len(told["last"]) == 3
        return str(told)

    assert SECRET in await seen_by(hass_admin_user.id)
    assert SECRET in await seen_by(None)
    assert SECRET not in await seen_by(hass_read_only_user.id)
    assert SECRET not in await seen_by("nobody")


async def test_without_dead_letters_there_is_nothing_to_tell(house: House) -> None:
    await house.set_up()
    assert await call(house, "get_dead_letters") == {"total": 0, "counts": {}, "last": []}


async def test_the_actions_are_described(hass: HomeAssistant, guarded: House) -> None:
    found = (await async_get_all_descriptions(hass))[DOMAIN]
    assert found["acknowledge"]["target"] == {"entity": [{"integration": DOMAIN}]}
    assert set(found["get_dead_letters"]["fields"]) == {"limit", "reason"}
    for name, response in (("get_incidents", {"optional": False}), ("verify_now", None)):
        assert found[name].get("response") == response
