"""The flow of a relay: which one, how it is switched, and what has to come back."""

from typing import Any

from homeassistant.config_entries import ConfigSubentry, SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from .dialogs import Dialog
from .house import SUBSCRIBE_TIME, House, custom_relay, relay

SWITCHING = {
    "name": "Pump",
    "command_topic": "autocore/esp_1/relay/1/set",
    "command_on": "ON",
    "command_off": "OFF",
    "confirm": "state",
    "critical": False,
    "hold": False,
    "checks": {"require_live": False},
}


class Desk:
    """Somebody who goes through the flow."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.dialog: Dialog

    async def begin(self, way: str | None = None) -> None:
        self.dialog = await Dialog.create(self.house, "relay")
        if way:
            await self.dialog.choose(way)

    async def change(self, subentry_id: str) -> None:
        self.dialog = await Dialog.change(self.house, subentry_id)

    async def fill(self, **user_input: Any) -> None:
        await self.dialog.submit(**user_input)
        await self.house.clock.settle()

    @property
    def result(self) -> SubentryFlowResult:
        return self.dialog.shown

    @property
    def suggested(self) -> dict[str, Any]:
        schema = self.result["data_schema"]
        assert schema
        return {
            str(key): key.description["suggested_value"]
            for key in schema.schema
            if key.description and "suggested_value" in key.description
        }

    @property
    def errors(self) -> dict[str, str]:
        return self.result["errors"] or {}

    @property
    def created(self) -> ConfigSubentry:
        assert self.result["type"] is FlowResultType.CREATE_ENTRY, self.result
        [subentry] = [
            found
            for found in self.house.entry.subentries.values()
            if found.subentry_id not in {"pump", "lamp"}
        ]
        return subentry


@pytest.fixture
def desk(house: House) -> Desk:
    return Desk(house)


async def report(house: House, number: int, *, site: str = "") -> None:
    prefix = f"{site}/" if site else ""
    await house.broker.publish(
        f"{prefix}autocore/esp_1/relay/{number}/status",
        {"device_id": "esp_1", "relay_index": number, "state": True},
    )


async def test_one_that_was_heard(desk: Desk) -> None:
    house = desk.house
    await house.set_up(relay("pump"))
    await report(house, 1)
    await report(house, 2)
    await desk.begin()
    assert desk.result["menu_options"] == ["heard", "manual", "custom"]
    await desk.dialog.choose("heard")
    assert desk.result["description_placeholders"] == {"shown": "1", "count": "1"}
    await desk.fill(relay="autocore||esp_1#2")
    assert desk.suggested == {
        "name": "esp_1 2",
        "command_topic": "",
        "command_on": "ON",
        "command_off": "OFF",
        "confirm": "state",
    }
    await desk.fill(**SWITCHING | {"name": " ", "critical": True, "checks": {"ttl": 5}})
    created = desk.created
    assert created.title == "esp_1 2"
    assert created.unique_id == "autocore||esp_1#2"
    assert dict(created.data) == {
        "dialect": "autocore",
        "site": "",
        "thing": "esp_1",
        "relay": "2",
        "command_topic": "autocore/esp_1/relay/1/set",
        "command_on": "ON",
        "command_off": "OFF",
        "confirm": "state",
        "critical": True,
        "hold": False,
        "ttl": 5,
        "require_live": False,
    }
    assert house.value("switch.esp_1_2") == "on"


async def test_without_dialects_that_have_relays_there_are_topics(
    desk: Desk, hass: HomeAssistant
) -> None:
    house = desk.house
    await house.set_up()
    hass.config_entries.async_update_entry(
        house.entry, data=house.entry.data | {"dialects": ["services"]}
    )
    await house.clock.advance(SUBSCRIBE_TIME)
    await desk.begin()
    assert desk.result["menu_options"] == ["custom"]


async def test_one_by_name(desk: Desk, hass: HomeAssistant) -> None:
    house = desk.house
    await house.set_up(relay("pump"))
    hass.config_entries.async_update_entry(
        house.entry,
        data={"dialects": ["services", "tasmota", "museum", "autocore"], "prefixes": ["", "barn"]},
    )
    await house.clock.advance(SUBSCRIBE_TIME)
    await desk.begin("manual")
    named = {"dialect": "tasmota", "thing": "plug", "relay": "1"}
    await desk.fill(**named | {"thing": "a/b"})
    assert desk.errors == {"thing": "bad_thing"}
    await desk.fill(**named | {"relay": "1/2"})
    assert desk.errors == {"relay": "bad_relay"}
    await desk.fill(**named | {"dialect": "autocore", "thing": "esp_1"})
    assert desk.errors == {"relay": "already_configured"}
    await desk.fill(**named, site="barn")
    assert desk.errors == {"relay": "not_heard"}
    await desk.fill(**named, site="barn", anyway=True)
    assert desk.suggested["command_topic"] == "barn/cmnd/plug/POWER1"
    await desk.fill(**SWITCHING)
    assert desk.created.unique_id == "tasmota|barn|plug#1"


@pytest.mark.parametrize(
    ("thing", "heard", "topic", "confirm"),
    [
        ("room1", False, "room1/fog", "feedback"),
        ("room1", True, "room1/fog", "both"),
        ("fog", False, "fog", "feedback"),
    ],
)
async def test_what_is_usual_in_a_museum(
    desk: Desk, thing: str, heard: bool, topic: str, confirm: str
) -> None:
    house = desk.house
    await house.set_up()
    if heard:
        await house.broker.publish("room1/fog/state", "ON")
    await desk.begin("manual")
    named = {"dialect": "museum", "thing": thing, "relay": "fog"}
    await desk.fill(**named)
    if not heard:  # it is only asked for where it matters
        await desk.fill(**named, anyway=True)
    assert desk.suggested["command_topic"] == topic
    assert desk.suggested["confirm"] == confirm


@pytest.mark.parametrize(
    ("wrong", "errors"),
    [
        ({"command_topic": "a/+"}, {"command_topic": "bad_topic"}),
        ({"feedback_topic": "a/#"}, {"feedback_topic": "bad_topic"}),
        ({"command_off": "ON"}, {"command_off": "same_payloads"}),
        ({"checks": {"ttl": 1}}, {"checks": "too_little_time"}),
    ],
)
async def test_how_it_cannot_be_switched(
    desk: Desk, wrong: dict[str, Any], errors: dict[str, str]
) -> None:
    await desk.house.set_up()
    await report(desk.house, 1)
    await desk.begin("heard")
    await desk.fill(relay="autocore||esp_1#1")
    await desk.fill(**SWITCHING | wrong)
    assert desk.errors == errors
    await desk.fill(**SWITCHING)
    assert desk.created.title == "Pump"


async def test_a_topic_of_ones_own(desk: Desk) -> None:
    house = desk.house
    await house.set_up(custom_relay("lamp", "lamp/is", "lamp/do"))
    await desk.begin("custom")
    await desk.fill(topic="lamp/+")
    assert desk.errors == {"topic": "bad_topic"}
    await desk.fill(topic="lamp/is")
    assert desk.errors == {"topic": "already_configured"}

    await desk.dialog.submit_while(house.clock.advance(3), topic="fan/is")
    assert desk.errors == {"topic": "topic_silent"}
    await desk.fill(topic="fan/is", anyway=True)
    assert desk.suggested == {
        "name": "fan/is",
        "command_topic": "",
        "command_on": "ON",
        "command_off": "OFF",
        "confirm": "state",
    }
    await desk.fill(**SWITCHING | {"name": "Fan", "command_topic": "fan/do"})
    assert desk.created.unique_id == "custom||fan/is#"
    await house.broker.publish("fan/is", "on")
    assert house.value("switch.fan") == "on"


async def test_how_it_is_switched_can_be_changed(desk: Desk) -> None:
    house = desk.house
    await house.set_up(relay("pump", ttl=5, critical=True))
    await desk.change("pump")
    assert desk.result["step_id"] == "switching"
    assert desk.suggested["name"] == "Pump"
    assert desk.suggested["critical"] is True
    await desk.fill(**SWITCHING | {"name": "Big pump", "command_on": "UP"})
    assert desk.result["reason"] == "reconfigure_successful"
    pump = house.entry.subentries["pump"]
    assert (pump.title, pump.unique_id) == ("Big pump", "autocore||esp_1#1")
    assert (pump.data["command_on"], pump.data["thing"]) == ("UP", "esp_1")
    assert "ttl" not in pump.data


async def test_a_topic_of_ones_own_can_be_changed(desk: Desk) -> None:
    house = desk.house
    await house.set_up(custom_relay("lamp", "lamp/is", "lamp/do"))
    await desk.change("lamp")
    assert desk.suggested == {"topic": "lamp/is"}
    await desk.dialog.submit_while(
        house.clock.settle(), house.broker.publish("lamp/state", "on"), topic="lamp/state"
    )
    assert desk.suggested["command_topic"] == "lamp/do"
    await desk.fill(**SWITCHING | {"name": "Lamp", "command_topic": "lamp/do"})
    assert house.entry.subentries["lamp"].unique_id == "custom||lamp/state#"


@pytest.mark.parametrize("way", [None, "heard", "manual"])
async def test_nothing_can_be_chosen_while_the_hub_is_not_loaded(
    desk: Desk, hass: HomeAssistant, way: str | None
) -> None:
    await desk.house.set_up()
    await report(desk.house, 1)
    if way:
        await desk.begin()
    assert await hass.config_entries.async_unload("hub")
    if way:
        await desk.dialog.choose(way)
    else:
        await desk.begin()
    assert desk.result["reason"] == "not_loaded"


async def test_how_it_is_switched_can_be_changed_while_the_hub_is_not_loaded(
    desk: Desk, hass: HomeAssistant
) -> None:
    await desk.house.set_up(relay("pump"))
    assert await hass.config_entries.async_unload("hub")
    await desk.change("pump")
    await desk.fill(**SWITCHING)
    assert desk.result["reason"] == "reconfigure_successful"


async def test_without_mqtt_no_topic_can_be_tried(
    desk: Desk, hass: HomeAssistant, mqtt_entry: MockConfigEntry
) -> None:
    await desk.house.set_up()
    await desk.begin("custom")
    assert await hass.config_entries.async_remove(mqtt_entry.entry_id)
    await desk.fill(topic="fan/is")
    assert desk.result["reason"] == "mqtt_required"
