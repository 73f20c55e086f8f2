"""How drills are started, told of, and missed when they are overdue."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from unittest.mock import patch

from homeassistant.components.automation.config import AUTOMATION_BLUEPRINT_SCHEMA
from homeassistant.components.blueprint.models import Blueprint, DomainBlueprints
from homeassistant.core import Context, Event, HomeAssistant, ServiceCall, SupportsResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from homeassistant.util import yaml as yaml_util
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events, async_mock_service
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.mqtt_sentinel.const import DOMAIN, EVENT_DRILL
from custom_components.mqtt_sentinel.logbook import async_describe_events
from custom_components.mqtt_sentinel.outcome.drills import TELL_TIME
from custom_components.mqtt_sentinel.watch.drill_words import DrillResult

from .dialogs import Dialog
from .drilled import FRONT, ON, Services
from .house import PANEL, House, alarm, watch

BLUEPRINT = Path(__file__).parents[2] / "blueprints/automation/mqtt_sentinel/weekly_drill.yaml"
FIX = "/api/repairs/issues/fix"
PHONE = "notify.phone"
# A day is long, even on a clock that stands still.
DAYS = 0.02
DUE = DAYS * 86_400
LONG = 60.0


async def set_up(house: House, **options: Any) -> Services:
    """A disarmed alarm over one service, with options for its drills."""
    await house.panel("disarmed")
    guarded = alarm("front")
    guarded["data"] = {**guarded["data"], **options}
    await house.set_up(watch("front", expect="alarm"), guarded)
    await house.service(FRONT, "off")
    return Services(house, FRONT)


async def drill(house: House, services: Services) -> dict[str, Any]:
    """Run a drill to its end, and answer with its report."""
    asked = services.drill()
    await house.clock.advance(LONG)
    (report,) = (await asked)["drills"]
    return report


def device_of(house: House, name: str) -> str:
    device = dr.async_get(house.hass).async_get_device_by_identifier((DOMAIN, name), "hub")
    assert device
    return device.id


# Starting one


async def test_the_button_begins_one_and_returns_at_once(house: House) -> None:
    services = await set_up(house)
    await house.hass.services.async_call(
        "button", "press", {"entity_id": "button.house_run_drill"}, blocking=True
    )
    assert services.log == []
    assert house.value("sensor.house_last_drill") == "unknown"
    await house.clock.advance(LONG)
    assert house.value("sensor.house_last_drill") == "passed"


async def test_the_button_says_why_there_is_none(house: House) -> None:
    await set_up(house)
    await house.panel("armed_home")
    with pytest.raises(ServiceValidationError, match="House is not disarmed"):
        await house.hass.services.async_call(
            "button", "press", {"entity_id": "button.house_run_drill"}, blocking=True
        )


@pytest.mark.parametrize("by", ["entity", "device"])
async def test_the_action_is_aimed_at_an_entity_or_a_device(house: House, by: str) -> None:
    services = await set_up(house)
    target = {
        "entity": {"entity_id": "event.house_event"},
        "device": {"device_id": device_of(house, "house")},
    }[by]
    asked = services.drill(**target)
    await house.clock.advance(LONG)
    assert (await asked)["drills"][0]["result"] == "passed"


@pytest.mark.parametrize(
    ("target", "key"),
    [
        ({"entity_id": "sensor.front_last_seen"}, "no_alarm"),
        ({"entity_id": PANEL}, "no_alarm"),
        ({"area_id": "attic"}, "no_alarm_chosen"),
    ],
)
async def test_the_action_is_for_alarms_only(
    house: House, target: dict[str, str], key: str
) -> None:
    services = await set_up(house)
    with pytest.raises(ServiceValidationError) as raised:
        await services.drill(**target)
    assert raised.value.translation_key == key


async def test_the_action_needs_nobody_who_waits_for_its_answer(house: House) -> None:
    await set_up(house)
    house.hass.async_create_background_task(
        house.hass.services.async_call(
            DOMAIN, "run_drill", {"entity_id": "event.house_event"}, blocking=True
        ),
        "drill",
    )
    await house.clock.advance(LONG)
    assert house.value("sensor.house_last_drill") == "passed"


# What is told


async def test_the_sensors_say_how_the_last_one_went(house: House) -> None:
    services = await set_up(house)
    services.deaf.add(FRONT)
    report = await drill(house, services)
    shown = house.state("sensor.house_last_drill")
    assert shown.state == "failed"
    facts = {
        name: shown.attributes[name]
        for name in ("drill_id", "why", "failed", "services", "restored", "told")
    }
    assert facts == {
        "drill_id": report["drill_id"],
        "why": None,
        "failed": ["Front"],
        "services": 1,
        "restored": True,
        "told": None,
    }
    assert shown.attributes["duration"] == pytest.approx(16.5, abs=0.2)
    ended = datetime.fromisoformat(report["ended"]).replace(microsecond=0)
    told = datetime.fromisoformat(house.value("sensor.house_time_of_the_last_drill"))
    assert told == ended
    await house.reload()
    assert house.value("sensor.house_last_drill") == "failed"


async def test_it_is_an_event_of_the_alarm_and_on_the_bus(house: House) -> None:
    services = await set_up(house)
    events: list[Event[Any]] = async_capture_events(house.hass, EVENT_DRILL)
    context = Context()
    asked = house.hass.async_create_background_task(
        house.hass.services.async_call(
            DOMAIN,
            "run_drill",
            {"entity_id": "event.house_event"},
            blocking=True,
            return_response=True,
            context=context,
        ),
        "drill",
    )
    await house.clock.advance(LONG)
    (report,) = (await asked)["drills"]
    (event,) = events
    assert event.context is context
    assert event.data == {"device_id": device_of(house, "house"), "name": "House", **report}
    shown = house.state("event.house_event").attributes
    assert shown["event_type"] == "drill_passed"
    assert shown["drill_id"] == report["drill_id"]
    assert services.told[0] == ON


@pytest.mark.parametrize("result", list(DrillResult))
@pytest.mark.parametrize("names", [[], ["Front", "Back"]])
def test_every_result_has_a_line_in_the_logbook(
    hass: HomeAssistant, result: DrillResult, names: list[str]
) -> None:
    lines: dict[str, Callable[[Event], dict[str, str]]] = {}
    async_describe_events(hass, lambda _, event, describe: lines.update({event: describe}))
    lists = [{"name": name, "result": "failed"} for name in names]
    told = [*lists, {"name": "Side", "result": "passed"}]
    data = {"name": "House", "result": result.value, "services": told}
    line = lines[EVENT_DRILL](Event(EVENT_DRILL, data))
    assert line["name"] == "House"
    assert "drill" in line["message"]
    assert line["message"].endswith(": Front, Back") == bool(names)


async def test_the_trigger_waits_for_the_chosen_results(house: House) -> None:
    services = await set_up(house)
    runs = async_capture_events(house.hass, "ran")
    automation = {
        "triggers": [
            {
                "trigger": f"{DOMAIN}.drill_finished",
                "target": {"entity_id": "event.house_event"},
                "options": {"result": ["failed", "refused"]},
            }
        ],
        "actions": [
            {
                "event": "ran",
                "event_data": {"kind": "{{ trigger.to_state.attributes.event_type }}"},
            }
        ],
    }
    assert await async_setup_component(house.hass, "automation", {"automation": [automation]})
    await house.clock.settle()
    await drill(house, services)
    assert runs == []
    services.deaf.add(FRONT)
    await drill(house, services)
    await house.panel("armed_away")
    with pytest.raises(ServiceValidationError):
        await services.drill()
    await house.clock.settle()
    assert [run.data["kind"] for run in runs] == ["drill_failed", "drill_refused"]


# Who is told


@pytest.mark.parametrize(
    ("deaf", "message"),
    [
        (False, "House passed its drill: all services work."),
        (True, "House FAILED its drill. These did not do what they should: Front"),
    ],
)
async def test_the_result_is_told_to_whom_it_is_for(house: House, deaf: bool, message: str) -> None:
    calls = async_mock_service(house.hass, "notify", "send_message")
    house.hass.states.async_set(PHONE, "unknown")
    services = await set_up(house, drill_tells=PHONE)
    if deaf:
        services.deaf.add(FRONT)
    report = await drill(house, services)
    (call,) = calls
    assert call.data == {"entity_id": PHONE, "title": "Drill of House", "message": message}
    assert report["told"] is True
    assert report["result"] == ("failed" if deaf else "passed")
    assert house.state("sensor.house_last_drill").attributes["told"] is True


@pytest.mark.parametrize("wrong", ["gone", "unavailable", "fails", "hangs", "no service"])
async def test_a_drill_of_which_nobody_can_be_told_fails(house: House, wrong: str) -> None:
    async def send(call: ServiceCall) -> None:
        if wrong == "fails":
            raise HomeAssistantError("no signal")
        await house.hass.loop.create_future()

    if wrong != "no service":
        house.hass.services.async_register("notify", "send_message", send)
    if wrong != "gone":
        house.hass.states.async_set(PHONE, "unavailable" if wrong == "unavailable" else "unknown")
    services = await set_up(house, drill_tells=PHONE)
    asked = services.drill()
    await house.clock.advance(LONG + TELL_TIME)
    (report,) = (await asked)["drills"]
    assert (report["result"], report["why"], report["told"]) == ("failed", "not_told", False)
    assert house.issues["drill_house"].translation_key == "drill_not_told"


async def test_unloading_while_it_is_told_leaves_the_result(house: House) -> None:
    async def send(call: ServiceCall) -> None:
        await house.hass.loop.create_future()

    house.hass.services.async_register("notify", "send_message", send)
    house.hass.states.async_set(PHONE, "unknown")
    services = await set_up(house, drill_tells=PHONE)
    asked = services.drill()
    await house.clock.advance(5)
    assert not asked.done()
    await house.reload()
    (report,) = (await asked)["drills"]
    assert (report["result"], report["told"]) == ("passed", None)
    assert house.value("sensor.house_last_drill") == "passed"


# Overdue


async def test_an_overdue_drill_is_an_issue_until_one_passes(house: House) -> None:
    services = await set_up(house, drill_every=DAYS)
    await house.clock.advance(DUE - 60)
    assert house.issues == {}
    await house.clock.advance(61)
    issue = house.issues["drill_house"]
    assert issue.translation_key == "drill_overdue"
    assert issue.translation_placeholders
    assert issue.translation_placeholders["days"] == "0.02"
    await drill(house, services)
    assert house.issues == {}
    await house.clock.advance(DUE - 120)
    assert house.issues == {}
    await house.clock.advance(121)
    assert set(house.issues) == {"drill_house"}


async def test_how_long_it_is_overdue_survives_a_restart(house: House) -> None:
    await set_up(house, drill_every=DAYS)
    await house.clock.advance(DUE - 600)
    await house.reload()
    assert house.issues == {}
    await house.clock.advance(601)
    assert set(house.issues) == {"drill_house"}
    await house.reload()
    assert set(house.issues) == {"drill_house"}
    assert await house.hass.config_entries.async_unload(house.entry.entry_id)
    assert house.issues == {}


async def test_whoever_waits_for_none_misses_none(house: House) -> None:
    await set_up(house)
    await house.clock.advance(3 * DUE)
    assert house.issues == {}


@pytest.fixture
async def failed(house: House) -> Services:
    """An alarm whose drill failed, for its service did not connect."""
    services = await set_up(house)
    services.deaf.add(FRONT)
    await drill(house, services)
    return services


async def test_a_failed_drill_is_an_issue_until_one_passes(house: House, failed: Services) -> None:
    issue = house.issues["drill_house"]
    assert issue.translation_key == "drill_failed"
    assert issue.is_fixable
    assert issue.translation_placeholders
    assert issue.translation_placeholders["names"] == "Front"
    await house.reload()
    assert set(house.issues) == {"drill_house"}
    # One that is stopped shows nothing.
    asked = failed.drill()
    await house.clock.advance(3)
    await house.panel("armed_away")
    await house.clock.advance(1)
    assert (await asked)["drills"][0]["result"] == "stopped"
    assert "drill_house" in house.issues
    await house.panel("disarmed")
    failed.deaf.clear()
    await drill(house, failed)
    assert "drill_house" not in house.issues


async def test_the_issue_goes_with_the_alarm(house: House, failed: Services) -> None:
    house.hass.config_entries.async_remove_subentry(house.entry, "house")
    await house.clock.settle()
    assert house.issues == {}


async def open_fix(house: House, client: Any) -> tuple[str, dict[str, Any]]:
    """Begin to fix the issue; answer where that goes on, and what is shown."""
    response = await client.post(FIX, json={"handler": DOMAIN, "issue_id": "drill_house"})
    assert response.status == HTTPStatus.OK
    shown = await response.json()
    return f"{FIX}/{shown['flow_id']}", shown


async def submit(house: House, client: Any, url: str) -> dict[str, Any]:
    response = await client.post(url, json={})
    assert response.status == HTTPStatus.OK
    await house.clock.settle()
    return dict(await response.json())


async def test_the_fix_is_to_run_one_now(
    house: House, failed: Services, hass_client: ClientSessionGenerator
) -> None:
    client = await hass_client()
    url, shown = await open_fix(house, client)
    assert shown["type"] == "form"
    assert shown["description_placeholders"]["names"] == "Front"
    assert (await submit(house, client, url))["type"] == "create_entry"
    # It fails again: the issue is back.
    await house.clock.advance(LONG)
    url, _ = await open_fix(house, client)
    failed.deaf.clear()
    assert (await submit(house, client, url))["type"] == "create_entry"
    await house.clock.advance(LONG)
    assert house.issues == {}
    assert house.value("sensor.house_last_drill") == "passed"


@pytest.mark.parametrize(
    ("happens", "reason"),
    [("armed", "drill_armed"), ("removed", "over"), ("unloaded", "not_loaded")],
)
async def test_a_fix_that_is_not_possible_says_why(
    house: House,
    failed: Services,
    hass_client: ClientSessionGenerator,
    happens: str,
    reason: str,
) -> None:
    client = await hass_client()
    url, _ = await open_fix(house, client)
    if happens == "armed":
        await house.panel("armed_away")
    elif happens == "removed":
        house.hass.config_entries.async_remove_subentry(house.entry, "house")
        await house.clock.settle()
    else:
        assert await house.hass.config_entries.async_unload(house.entry.entry_id)
    shown = await submit(house, client, url)
    assert (shown["type"], shown["reason"]) == ("abort", reason)


# Setting it up


async def test_the_options_are_part_of_the_alarm(house: House) -> None:
    await house.panel("disarmed")
    await house.set_up(watch("front", expect="alarm"))
    house.hass.states.async_set(PHONE, "unknown")
    dialog = await Dialog.create(house, "alarm")
    await dialog.choose("existing")
    await dialog.submit(entity_id=PANEL, modes=["armed_away"], relies_on=["front"])
    assert dialog.suggested("drill.drill_every") is None
    await dialog.submit(
        verify_disconnect=["front"],
        verify_connect=[],
        drill={"drill_every": 7, "drill_tells": PHONE},
    )
    (subentry,) = house.entry.get_subentries_of_type("alarm")
    assert subentry.data["drill_every"] == 7
    assert subentry.data["drill_tells"] == PHONE
    assert "drill" not in subentry.data

    dialog = await Dialog.change(house, subentry.subentry_id)
    await dialog.submit(entity_id=PANEL, modes=["armed_away"], relies_on=["front"])
    assert dialog.suggested("drill.drill_every") == 7
    assert dialog.suggested("drill.drill_tells") == PHONE
    await dialog.submit(verify_disconnect=[], verify_connect=[], drill={})
    (subentry,) = house.entry.get_subentries_of_type("alarm")
    assert "drill_every" not in subentry.data
    assert "drill_tells" not in subentry.data


# The blueprint


@pytest.mark.parametrize("ends", ["passed", "failed", "refused"])
async def test_the_weekly_drill(house: House, ends: str) -> None:
    services = await set_up(house)
    if ends == "failed":
        services.deaf.add(FRONT)
    report = await drill(house, services)
    # An automation that waits for its action would hold the clock.
    calls = async_mock_service(
        house.hass,
        DOMAIN,
        "run_drill",
        response={"drills": [report]},
        supports_response=SupportsResponse.OPTIONAL,
        raise_exception=ServiceValidationError("armed") if ends == "refused" else None,
    )
    runs = async_capture_events(house.hass, "ran")
    blueprint = Blueprint(
        yaml_util.load_yaml_dict(str(BLUEPRINT)),
        path=BLUEPRINT.name,
        expected_domain="automation",
        schema=AUTOMATION_BLUEPRINT_SCHEMA,
    )
    assert blueprint.validate() is None
    data = {"result": "{{ result }}", "failed": "{{ failed }}"}
    inputs = {
        "alarm": device_of(house, "house"),
        "weekday": "mon",
        "at": "05:00:00",
        "not_passed": [{"event": "ran", "event_data": data}],
    }
    used = {"use_blueprint": {"path": BLUEPRINT.name, "input": inputs}}
    with patch.object(DomainBlueprints, "_load_blueprint", return_value=blueprint):
        assert await async_setup_component(house.hass, "automation", {"automation": [used]})
        await house.clock.settle()
    (state,) = house.hass.states.async_all("automation")
    assert state.state == "on", "the blueprint makes no valid automation"
    # It is Monday, four o'clock there.
    await house.clock.advance(3600 + LONG)
    expected = {"result": ends, "failed": ["Front"] if ends == "failed" else []}
    assert [run.data for run in runs] == ([] if ends == "passed" else [expected])
    await house.hass.services.async_call(
        "automation", "turn_off", {"entity_id": state.entity_id}, blocking=True
    )
    (call,) = calls
    assert call.data == {"device_id": [device_of(house, "house")]}
