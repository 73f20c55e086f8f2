"""Repair issues, and what can be done about them, through Home Assistant's own API."""

from http import HTTPStatus
from typing import Any

from aiohttp.test_utils import TestClient
import pytest
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    WebSocketGenerator,
)

from custom_components.mqtt_sentinel.const import DOMAIN

from .house import GRACE, SETTLE, SUBSCRIBE_TIME, House, alarm, relay, watch

FRONT = "object_detection/front"
FIX = "/api/repairs/issues/fix"


class Repairs:
    """The page where a user fixes issues."""

    def __init__(self, house: House, client: TestClient[Any, Any]) -> None:
        self._house = house
        self._client = client

    async def open(self, issue_id: str) -> dict[str, Any]:
        """Begin to fix an issue."""
        return await self._post(FIX, {"handler": DOMAIN, "issue_id": issue_id})

    async def look(self, flow_id: str) -> dict[str, Any]:
        """Look at a dialog that is open."""
        response = await self._client.get(f"{FIX}/{flow_id}")
        assert response.status == HTTPStatus.OK
        return dict(await response.json())

    async def choose(self, flow_id: str, choice: str) -> dict[str, Any]:
        """Choose what to do."""
        return await self._post(f"{FIX}/{flow_id}", {"next_step_id": choice})

    async def fix(self, issue_id: str, choice: str) -> str:
        """Begin, choose, and answer how it ended."""
        dialog = await self.open(issue_id)
        assert dialog["type"] == "menu"
        return str((await self.choose(dialog["flow_id"], choice))["type"])

    async def _post(self, url: str, data: dict[str, str]) -> dict[str, Any]:
        response = await self._client.post(url, json=data)
        assert response.status == HTTPStatus.OK, await response.text()
        await self._house.clock.settle()
        return dict(await response.json())


@pytest.fixture
async def repairs(guarded: House, hass_client: ClientSessionGenerator) -> Repairs:
    return Repairs(guarded, await hass_client())


@pytest.fixture
async def guarded(house: House) -> House:
    """An armed alarm whose only service has just gone."""
    await house.panel("armed_away")
    await house.set_up(watch("front", expect="alarm"), alarm("front"))
    await house.service(FRONT, "on")
    await house.clock.advance(GRACE)
    await house.service(FRONT, "off")
    return house


async def test_the_issue_names_thing_expectation_report_and_since_when(
    guarded: House, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client(guarded.hass)
    await client.send_json_auto_id({"type": "repairs/list_issues"})
    (issue,) = (await client.receive_json())["result"]["issues"]
    issue.pop("created")
    assert issue == {
        "breaks_in_ha_version": None,
        "dismissed_version": None,
        "domain": DOMAIN,
        "ignored": False,
        "is_fixable": True,
        "issue_domain": None,
        "issue_id": "incident_front",
        "learn_more_url": "https://github.com/mqtt-sentinel/mqtt-sentinel/blob/main/docs/incidents.md",
        "severity": "error",
        "translation_key": "disconnected_alarm",
        "translation_placeholders": {
            "name": "Front",
            "device": "Front",
            "because": "House",
            "commanded": "ON",
            "dependants": "0",
            # The house is in California.
            "expected_since": "2026-11-02 04:00:00",
            "since": "2026-11-02 04:01:00",
            "last_seen": "2026-11-02 04:00:00",
        },
    }


async def test_the_dialog_offers_what_can_be_done(guarded: House, repairs: Repairs) -> None:
    dialog = await repairs.open("incident_front")
    assert dialog["step_id"] == "init"
    assert dialog["menu_options"] == ["verify", "accept", "mute"]
    placeholders = guarded.issues["incident_front"].translation_placeholders
    assert dialog["description_placeholders"] == placeholders


async def test_verifying_gives_the_settle_time_once_more(guarded: House, repairs: Repairs) -> None:
    assert await repairs.fix("incident_front", "verify") == "create_entry"
    assert guarded.issues == {}
    assert guarded.judged("front") == ("pending", "settling", "none")
    assert guarded.problem("front") == "on"
    await guarded.clock.advance(SETTLE - 0.1)
    assert guarded.issues == {}
    await guarded.clock.advance(0.1)
    assert guarded.judged("front") == ("mismatch", "disconnected", "none")
    assert guarded.issue("front") == "disconnected_alarm"
    assert guarded.fired == [("mismatch", "disconnected")]


async def test_what_is_being_verified_has_no_issue_whatever_else_happens(
    guarded: House, repairs: Repairs
) -> None:
    await repairs.fix("incident_front", "verify")
    guarded.hass.config_entries.async_update_subentry(
        guarded.entry, guarded.entry.subentries["front"], title="Front door"
    )
    await guarded.clock.settle()
    assert guarded.judged("front") == ("pending", "settling", "none")
    assert guarded.issues == {}


async def test_verifying_what_has_come_back_ends_it(guarded: House, repairs: Repairs) -> None:
    await repairs.fix("incident_front", "verify")
    await guarded.service(FRONT, "on")
    assert guarded.judged("front") == ("ok", "agrees", "live")
    await guarded.clock.advance(GRACE)
    assert guarded.issues == {}
    assert guarded.fired == [("mismatch", "disconnected"), ("recovered", "disconnected")]


async def test_verifying_without_the_broker_brings_the_issue_back_with_it(
    guarded: House, repairs: Repairs
) -> None:
    await guarded.broker.go()
    assert await repairs.fix("incident_front", "verify") == "create_entry"
    await guarded.clock.advance(GRACE)
    await guarded.broker.come()
    await guarded.clock.advance(SUBSCRIBE_TIME)
    await guarded.service(FRONT, "off", retain=True)
    await guarded.clock.advance(GRACE)
    assert guarded.judged("front") == ("mismatch", "disconnected", "none")
    assert guarded.issue("front") == "disconnected_alarm"


async def test_verifying_a_sign_of_life(house: House, hass_client: ClientSessionGenerator) -> None:
    await house.set_up(watch("front", require_live=True))
    await house.service(FRONT, "on", retain=True)
    await house.clock.advance(GRACE)
    assert house.issue("front") == "no_live_proof_always"
    repairs = Repairs(house, await hass_client())
    assert await repairs.fix("incident_front", "verify") == "create_entry"
    assert house.issues == {}
    assert house.judged("front") == ("unknown", "awaiting_live", "retained")
    await house.clock.advance(SETTLE)
    assert house.judged("front") == ("mismatch", "no_live_proof", "retained")
    assert house.issue("front") == "no_live_proof_always"


async def test_accepting_makes_the_reported_state_right(guarded: House, repairs: Repairs) -> None:
    assert await repairs.fix("incident_front", "accept") == "create_entry"
    assert guarded.issues == {}
    assert guarded.judged("front") == ("ok", "accepted", "none")
    assert guarded.problem("front") == "off"
    assert guarded.fired == [("mismatch", "disconnected"), ("recovered", "disconnected")]
    # It does not protect for all that.
    assert guarded.protection() == "unprotected"

    await guarded.clock.advance(GRACE)
    await guarded.service(FRONT, "on")
    assert guarded.judged("front") == ("ok", "agrees", "live")
    await guarded.service(FRONT, "off")
    assert guarded.issue("front") == "disconnected_alarm"


async def test_what_was_accepted_holds_until_the_expectation_changes(
    guarded: House, repairs: Repairs
) -> None:
    await repairs.fix("incident_front", "accept")
    await guarded.panel("disarmed")
    await guarded.panel("armed_away")
    await guarded.clock.advance(SETTLE)
    assert guarded.judged("front") == ("mismatch", "did_not_turn_on", "none")


async def test_muting_hides_the_issue_and_not_the_problem(guarded: House, repairs: Repairs) -> None:
    assert await repairs.fix("incident_front", "mute") == "create_entry"
    await guarded.clock.advance(10 * GRACE)
    assert guarded.issues == {}
    assert guarded.problem("front") == "on"
    assert guarded.protection() == "unprotected"
    assert guarded.fired == [("mismatch", "disconnected")]

    await guarded.broker.go()
    await guarded.broker.come()
    await guarded.clock.advance(GRACE / 2)
    await guarded.service(FRONT, "off", retain=True)
    await guarded.clock.advance(GRACE)
    assert guarded.judged("front") == ("mismatch", "disconnected", "none")
    assert guarded.issues == {}


@pytest.mark.parametrize("change", ["report", "expectation"])
async def test_a_muted_issue_speaks_again_after_the_next_change(
    guarded: House, repairs: Repairs, change: str
) -> None:
    await repairs.fix("incident_front", "mute")
    if change == "report":
        await guarded.service(FRONT, "on")
        await guarded.service(FRONT, "off")
    else:
        await guarded.panel("disarmed")
        await guarded.panel("armed_home")
        await guarded.clock.advance(SETTLE)
    assert guarded.issue("front") is not None


@pytest.mark.parametrize("choice", ["verify", "accept", "mute"])
async def test_an_incident_that_is_over_meanwhile_needs_nothing(
    guarded: House, repairs: Repairs, choice: str
) -> None:
    dialog = await repairs.open("incident_front")
    await guarded.service(FRONT, "on")
    shown = await repairs.look(dialog["flow_id"])
    assert shown["description_placeholders"] is None
    ended = await repairs.choose(dialog["flow_id"], choice)
    assert (ended["type"], ended["reason"]) == ("abort", "over")
    assert guarded.judged("front") == ("ok", "agrees", "live")


async def test_a_watch_that_was_removed_meanwhile_needs_nothing(
    guarded: House, repairs: Repairs
) -> None:
    dialog = await repairs.open("incident_front")
    guarded.hass.config_entries.async_remove_subentry(guarded.entry, "front")
    await guarded.clock.settle()
    ended = await repairs.choose(dialog["flow_id"], "verify")
    assert (ended["type"], ended["reason"]) == ("abort", "over")


@pytest.mark.parametrize("gone", ["unloaded", "removed"])
async def test_without_the_hub_nothing_can_be_done(
    guarded: House, repairs: Repairs, gone: str
) -> None:
    dialog = await repairs.open("incident_front")
    entries = guarded.hass.config_entries
    if gone == "unloaded":
        assert await entries.async_unload(guarded.entry.entry_id)
    else:
        assert await entries.async_remove(guarded.entry.entry_id)
    ended = await repairs.choose(dialog["flow_id"], "accept")
    assert (ended["type"], ended["reason"]) == ("abort", "not_loaded")


async def test_the_issue_of_the_broker_cannot_be_fixed_by_hand(
    guarded: House, hass_client: ClientSessionGenerator
) -> None:
    await guarded.broker.go()
    client = await hass_client()
    response = await client.post(FIX, json={"handler": DOMAIN, "issue_id": "broker_gone_hub"})
    assert response.status == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize(
    ("expect", "state", "payloads", "key", "severity"),
    [
        ("always", "disarmed", [], "never_heard_always", "warning"),
        ("alarm", "armed_away", [], "never_heard_alarm", "error"),
        ("entity", "armed_away", [], "never_heard_entity", "warning"),
        ("always", "disarmed", ["on", "off"], "disconnected_always", "warning"),
        ("alarm", "armed_away", ["on", "off"], "disconnected_alarm", "error"),
        ("entity", "armed_away", ["on", "off"], "disconnected_entity", "warning"),
        ("always", "disarmed", ["off"], "did_not_turn_on_always", "warning"),
        ("alarm", "armed_away", ["off"], "did_not_turn_on_alarm", "error"),
        ("entity", "armed_away", ["off"], "did_not_turn_on_entity", "warning"),
        ("alarm", "disarmed", ["on"], "did_not_turn_off_alarm", "error"),
        ("entity", "disarmed", ["on"], "did_not_turn_off_entity", "warning"),
        ("alarm", "disarmed", ["off", "on"], "connected_alarm", "error"),
        ("entity", "disarmed", ["off", "on"], "connected_entity", "warning"),
    ],
)
async def test_every_kind_of_issue(
    house: House, expect: str, state: str, payloads: list[str], key: str, severity: str
) -> None:
    panel = "alarm_control_panel.house"
    await house.panel(state)
    more = {
        "always": {},
        "alarm": {"entity_id": panel},
        "entity": {"entity_id": panel, "states": ["armed_away"]},
    }
    await house.set_up(watch("front", expect=expect, **more[expect]))
    for payload in payloads:
        await house.service(FRONT, payload)
    await house.clock.advance(GRACE)
    (issue,) = house.issues.values()
    assert (issue.translation_key, issue.severity) == (key, severity)


@pytest.mark.parametrize("kind", ["always", "alarm", "entity"])
@pytest.mark.parametrize("reason", ["silent", "no_live_proof"])
async def test_the_kinds_of_issue_about_signs_of_life(house: House, kind: str, reason: str) -> None:
    panel = "alarm_control_panel.house"
    await house.panel("armed_away")
    more = {
        "always": {},
        "alarm": {"entity_id": panel},
        "entity": {"entity_id": panel, "states": ["armed_away"]},
    }
    await house.set_up(watch("front", expect=kind, require_live=True, **more[kind]))
    if reason == "silent":
        await house.service(FRONT, "on")
        await house.broker.go()
        await house.broker.come()
    else:
        await house.service(FRONT, "on", retain=True)
    await house.clock.advance(GRACE + 1)
    assert house.issue("front") == f"{reason}_{kind}"


async def test_a_name_cannot_smuggle_markdown_into_a_text(house: House) -> None:
    await house.set_up(watch("front", title="[a](http://b) <b>*c*"))
    await house.clock.advance(GRACE)
    placeholders = house.issues["incident_front"].translation_placeholders
    assert placeholders
    assert placeholders["name"] == "[a](http://b) <b>*c*"
    assert placeholders["device"] == r"\[a\]\(http\://b\) \<b\>\*c\*"


async def test_a_renamed_watch_is_renamed_in_its_issue(guarded: House) -> None:
    guarded.hass.config_entries.async_update_subentry(
        guarded.entry, guarded.entry.subentries["front"], title="Front door"
    )
    await guarded.clock.settle()
    placeholders = guarded.issues["incident_front"].translation_placeholders
    assert placeholders
    assert placeholders["name"] == "Front door"


async def test_an_issue_that_is_ignored_stays_ignored_while_the_incident_lasts(
    guarded: House, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client(guarded.hass)
    await client.send_json_auto_id(
        {
            "type": "repairs/ignore_issue",
            "domain": DOMAIN,
            "issue_id": "incident_front",
            "ignore": True,
        }
    )
    assert (await client.receive_json())["success"]
    await guarded.broker.go()
    await guarded.broker.come()
    await guarded.clock.advance(GRACE + 1)
    assert guarded.issue("front") == "silent_alarm"
    assert guarded.issues["incident_front"].dismissed_version is not None


async def test_the_command_of_a_relay_is_sent_again(
    house: House, hass_client: ClientSessionGenerator
) -> None:
    await house.set_up(relay("pump", confirm="feedback", feedback_topic="pump/answer"))
    await house.broker.publish("autocore/esp_1/status", {"device_id": "esp_1", "status": "online"})
    await house.hass.services.async_call(
        "switch", "turn_on", {"entity_id": "switch.pump"}, blocking=True
    )
    await house.clock.settle()
    await house.broker.publish("pump/answer", "ERROR")
    assert house.issue("pump") == "error_reported_command"
    repairs = Repairs(house, await hass_client())
    dialog = await repairs.open("incident_pump")
    assert dialog["menu_options"] == ["repeat", "accept", "mute"]
    assert await repairs.fix("incident_pump", "repeat") == "create_entry"
    await house.clock.settle()
    assert house.broker.sent_to("autocore/esp_1/relay/1/set") == [b"ON", b"ON"]
