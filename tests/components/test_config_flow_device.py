"""A device or service is watched, and what is expected of it changed, as the UI does it."""

from typing import Any

from homeassistant.config_entries import ConfigSubentry
from homeassistant.data_entry_flow import InvalidData
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_mqtt_message,
)

from .dialogs import Dialog
from .house import GRACE, PANEL, House, custom_watch, watch
from .traces import Traces

CHECKS = {"require_live": False}
TOPIC = "cellar/boiler"


@pytest.fixture
async def hub(house: House) -> House:
    """A hub that watches one service, and that has heard others."""
    await house.panel("disarmed")
    await house.set_up(watch("front"))
    await house.service("object_detection/back", "1")
    await house.service("object_detection/attic", "0")
    await house.broker.publish("ping/camera_manager/front", "")
    await house.broker.publish("autocore/esp1/status", {"device_id": "esp1", "status": "online"})
    return house


def only_new(house: House) -> ConfigSubentry:
    """The subentry that was created."""
    (new,) = (
        subentry
        for key, subentry in house.entry.subentries.items()
        if key not in ("front", "boiler")
    )
    return new


# Which thing


async def test_one_that_was_heard(hub: House) -> None:
    dialog = await Dialog.create(hub, "device")
    assert dialog.shown["menu_options"] == ["heard", "manual", "custom"]
    await dialog.choose("heard")
    assert dialog.choices("thing") == {
        "autocore||esp1": "🟢 esp1 (autocore)",
        "services||camera_manager/front": "⚪ camera_manager front (services)",
        "services||object_detection/attic": "🔴 object_detection attic (services)",
        "services||object_detection/back": "🟢 object_detection back (services)",
    }
    await dialog.submit(thing="services||object_detection/back")
    assert dialog.step == "expect"
    assert dialog.shown["description_placeholders"] == {
        "thing": "object_detection back",
        "pings": "-",
        "values": "-",
    }
    assert dialog.suggested("name") == "object_detection back"
    assert dialog.suggested("expect") == "alarm"
    await dialog.submit(name="Back door", expect="always", checks=CHECKS)
    assert dialog.ended == "created"
    new = only_new(hub)
    assert (new.subentry_type, new.title) == ("device", "Back door")
    assert new.unique_id == "services||object_detection/back"
    assert new.data == {
        "dialect": "services",
        "site": "",
        "thing": "object_detection/back",
        "expect": "always",
        "require_live": False,
    }
    # It is watched from now on, and what it said counts.
    assert hub.judged("back_door") == ("ok", "agrees", "live")


async def test_the_usual_expectation_depends_on_the_dialect(hub: House) -> None:
    dialog = await Dialog.create(hub, "device")
    await dialog.choose("heard")
    await dialog.submit(thing="autocore||esp1")
    assert dialog.suggested("expect") == "always"


async def test_what_only_says_what_happens_is_only_observed(house: House) -> None:
    await house.set_up()
    house.hass.config_entries.async_update_entry(
        house.entry, data={"dialects": ["surveillance"], "prefixes": [""]}
    )
    await house.clock.advance(1)
    event = {"event_id": "1", "device_id": "hall", "source": "PIR", "type": "MOTION_DETECTED"}
    await house.broker.publish("sensor/motion", event)
    dialog = await Dialog.create(house, "device")
    await dialog.choose("heard")
    await dialog.submit(thing="surveillance||hall")
    assert dialog.suggested("expect") == "none"
    await dialog.submit(name="Hall", expect="none", checks=CHECKS)
    assert hub_judged(house) == ("unknown", "observed_only")


def hub_judged(house: House) -> tuple[str, str]:
    """Verdict and reason of the only watch."""
    (watched,) = house.entry.runtime_data.sentinel.watches.values()
    return watched.judgement.verdict, watched.judgement.reason


async def test_a_long_list_is_shown_in_part(house: House) -> None:
    await house.set_up()
    for n in range(205):
        async_fire_mqtt_message(house.hass, f"ping/many/{n:03}", "")
    dialog = await Dialog.create(house, "device")
    await dialog.choose("heard")
    assert dialog.shown["description_placeholders"] == {"count": "205", "shown": "200"}
    assert len(dialog.choices("thing")) == 200


async def test_nothing_heard_is_not_offered(house: House) -> None:
    await house.set_up()
    dialog = await Dialog.create(house, "device")
    assert dialog.shown["menu_options"] == ["manual", "custom"]


async def test_one_that_somebody_else_watched_meanwhile(hub: House) -> None:
    dialogs = [await Dialog.create(hub, "device") for _ in range(2)]
    for dialog in dialogs:
        await dialog.choose("heard")
        await dialog.submit(thing="autocore||esp1")
    for dialog in dialogs:
        await dialog.submit(name="ESP", expect="always", checks=CHECKS)
    assert [dialog.ended for dialog in dialogs] == ["created", "already_configured"]


async def test_a_hub_that_is_not_loaded_cannot_watch(hub: House) -> None:
    assert await hub.hass.config_entries.async_unload(hub.entry.entry_id)
    dialog = await Dialog.create(hub, "device")
    assert dialog.ended == "not_loaded"


@pytest.mark.parametrize(
    ("way", "user_input"),
    [
        ("heard", {"thing": "autocore||esp1"}),
        ("manual", {"dialect": "autocore", "thing": "esp1"}),
    ],
)
async def test_a_hub_that_is_unloaded_in_the_middle_of_a_dialog(
    hub: House, way: str, user_input: dict[str, str]
) -> None:
    dialog, late = [await Dialog.create(hub, "device") for _ in range(2)]
    await late.choose(way)
    assert await hub.hass.config_entries.async_unload(hub.entry.entry_id)
    await dialog.choose(way)
    assert dialog.ended == "not_loaded"
    await late.submit(**user_input)
    assert late.ended == "not_loaded"


async def test_by_name(hub: House) -> None:
    dialog = await Dialog.create(hub, "device")
    await dialog.choose("manual")
    assert dialog.fields == ["dialect", "thing"]
    assert set(dialog.choices("dialect")) == {"services", "autocore", "museum"}
    await dialog.submit(dialect="autocore", thing=" esp1 ")
    assert dialog.step == "expect"
    await dialog.submit(name="ESP", expect="always", checks=CHECKS)
    assert dialog.ended == "created"
    assert only_new(hub).data["thing"] == "esp1"
    assert hub.judged("esp") == ("ok", "agrees", "live")


async def test_by_the_name_of_something_that_was_not_heard(hub: House) -> None:
    dialog = await Dialog.create(hub, "device")
    await dialog.choose("manual")
    await dialog.submit(dialect="services", thing="object_detection/garage")
    assert dialog.step == "manual"
    assert dialog.errors == {"thing": "not_heard"}
    assert dialog.fields == ["dialect", "thing", "anyway"]
    assert dialog.suggested("thing") == "object_detection/garage"
    await dialog.submit(dialect="services", thing="object_detection/garage", anyway=False)
    assert dialog.errors == {"thing": "not_heard"}
    await dialog.submit(dialect="services", thing="object_detection/garage", anyway=True)
    assert dialog.step == "expect"
    await dialog.submit(name="Garage", expect="always", checks=CHECKS)
    assert dialog.ended == "created"
    assert only_new(hub).unique_id == "services||object_detection/garage"
    await hub.clock.advance(GRACE)
    assert hub.judged("garage") == ("mismatch", "never_heard", "none")


@pytest.mark.parametrize(
    ("dialect", "thing", "error"),
    [
        ("services", "object_detection", "bad_thing"),
        ("services", "a/b/c", "bad_thing"),
        ("services", "/front", "bad_thing"),
        ("services", "object_detection/", "bad_thing"),
        ("services", "object_detection/+", "bad_thing"),
        ("autocore", "a/b", "bad_thing"),
        ("autocore", " ", "bad_thing"),
        ("autocore", "a\x07b", "bad_thing"),
        ("autocore", "esp#", "bad_thing"),
        ("museum", "x" * 300, "bad_thing"),
        ("services", "object_detection/front", "already_configured"),
    ],
)
async def test_names_that_cannot_be_watched(
    hub: House, dialect: str, thing: str, error: str
) -> None:
    dialog = await Dialog.create(hub, "device")
    await dialog.choose("manual")
    await dialog.submit(dialect=dialect, thing=thing)
    assert dialog.errors == {"thing": error}
    assert dialog.fields == ["dialect", "thing"]


@pytest.mark.parametrize(
    ("dialect", "thing", "topic"),
    [
        ("zigbee2mqtt", "kitchen/lamp", "zigbee2mqtt/kitchen/lamp/availability"),
        ("frigate", "front/detect", "frigate/front/status/detect"),
    ],
)
async def test_names_with_slashes_where_a_dialect_has_them(
    house: House, dialect: str, thing: str, topic: str
) -> None:
    await house.set_up()
    house.hass.config_entries.async_update_entry(
        house.entry, data={"dialects": [dialect], "prefixes": [""]}
    )
    await house.clock.advance(1)
    await house.broker.publish(topic, "online")
    dialog = await Dialog.create(house, "device")
    await dialog.choose("manual")
    await dialog.submit(dialect=dialect, thing=f"{thing}/too/deep")
    assert dialog.errors == {"thing": "bad_thing"}
    await dialog.submit(dialect=dialect, thing=thing)
    await dialog.submit(name="It", expect="always", checks=CHECKS)
    assert house.judged("it") == ("ok", "agrees", "live")


async def test_by_name_below_a_prefix(hub: House) -> None:
    hub.hass.config_entries.async_update_entry(
        hub.entry, data={"dialects": ["services"], "prefixes": ["", "site1"]}
    )
    await hub.clock.advance(1)
    await hub.broker.publish("site1/connected/object_detection/front", "1")
    dialog = await Dialog.create(hub, "device")
    await dialog.choose("manual")
    assert dialog.fields == ["dialect", "thing", "site"]
    assert set(dialog.choices("site")) == {"site1"}
    await dialog.submit(dialect="services", thing="object_detection/front", site="site1")
    assert dialog.suggested("name") == "site1 object_detection front"
    await dialog.submit(name="Annex", expect="always", checks=CHECKS)
    assert only_new(hub).unique_id == "services|site1|object_detection/front"


# A topic of one's own


async def test_a_topic_that_speaks(hub: House) -> None:
    before = Traces.of(hub.hass).subscriptions
    dialog = await Dialog.create(hub, "device")
    await dialog.choose("custom")
    assert dialog.fields == ["topic", "json_path", "value_template", "payload_on", "payload_off"]
    await dialog.submit_while(
        hub.clock.advance(1),
        hub.broker.publish(TOPIC, '{"wifi": {"up": true}}'),
        topic=TOPIC,
        json_path="wifi.up",
    )
    assert Traces.of(hub.hass).subscriptions == before
    assert dialog.step == "expect"
    assert dialog.suggested("name") == TOPIC
    assert dialog.suggested("expect") == "always"
    await dialog.submit(name="Boiler", expect="none", checks=CHECKS)
    assert dialog.ended == "created"
    new = only_new(hub)
    assert new.unique_id == "custom||cellar/boiler#wifi.up"
    assert new.data == {
        "dialect": "custom",
        "topic": TOPIC,
        "json_path": "wifi.up",
        "expect": "none",
        "require_live": False,
    }
    await hub.broker.publish(TOPIC, '{"wifi": {"up": true}}')
    assert hub.value("binary_sensor.boiler_connectivity") == "on"


async def test_the_first_message_decides(hub: House) -> None:
    dialog = await Dialog.create(hub, "device")
    await dialog.choose("custom")

    async def two_messages() -> None:
        for payload in ("on", "rubbish"):
            async_fire_mqtt_message(hub.hass, TOPIC, payload)

    await dialog.submit_while(hub.clock.settle(), two_messages(), topic=TOPIC)
    assert dialog.step == "expect"


@pytest.mark.parametrize(
    ("described", "payload"),
    [
        ({}, "rubbish"),
        ({}, b"\xff\xfe"),
        ({"json_path": "up"}, '{"down": true}'),
        ({"json_path": "up"}, '{"up": {}}'),
        ({"json_path": "up"}, "rubbish"),
        ({"value_template": "{{ value_json.up }}"}, "rubbish"),
        ({"value_template": "{{ value | int }}"}, "rubbish"),
        ({"payload_on": "there", "payload_off": "away"}, "on"),
    ],
)
async def test_a_topic_that_cannot_be_read(
    hub: House, described: dict[str, str], payload: str | bytes
) -> None:
    dialog = await Dialog.create(hub, "device")
    await dialog.choose("custom")
    await dialog.submit_while(
        hub.clock.settle(), hub.broker.publish(TOPIC, payload), topic=TOPIC, **described
    )
    assert dialog.step == "custom"
    assert dialog.errors == {"topic": "value_not_found"}
    assert dialog.fields[-1] == "anyway"
    assert dialog.suggested("topic") == TOPIC
    for field, value in described.items():
        assert dialog.suggested(field) == value

    await dialog.submit(topic=TOPIC, anyway=True, **described)
    assert dialog.step == "expect"
    await dialog.submit(name="Boiler", expect="always", checks=CHECKS)
    assert "anyway" not in only_new(hub).data


async def test_a_topic_that_is_silent(hub: House) -> None:
    before = Traces.of(hub.hass).subscriptions
    dialog = await Dialog.create(hub, "device")
    await dialog.choose("custom")
    await dialog.submit_while(hub.clock.advance(3), topic=TOPIC)
    assert dialog.errors == {"topic": "topic_silent"}
    assert Traces.of(hub.hass).subscriptions == before
    # Trying again is allowed as well.
    await dialog.submit_while(
        hub.clock.settle(), hub.broker.publish(TOPIC, "on"), topic=TOPIC, anyway=False
    )
    assert dialog.step == "expect"


@pytest.mark.parametrize(
    ("described", "errors"),
    [
        ({"topic": ""}, {"topic": "bad_topic"}),
        ({"topic": "cellar/+"}, {"topic": "bad_topic"}),
        ({"topic": "cellar/#"}, {"topic": "bad_topic"}),
        ({"topic": "a\x00"}, {"topic": "bad_topic"}),
        ({"topic": TOPIC, "json_path": "a["}, {"json_path": "bad_path"}),
        ({"topic": TOPIC, "json_path": "a..b"}, {"json_path": "bad_path"}),
        (
            {"topic": TOPIC, "json_path": "a", "value_template": "{{ value }}"},
            {"value_template": "path_or_template"},
        ),
        ({"topic": TOPIC, "payload_on": "there"}, {"payload_off": "both_payloads"}),
        ({"topic": TOPIC, "payload_off": "away"}, {"payload_off": "both_payloads"}),
        (
            {"topic": TOPIC, "payload_on": "there", "payload_off": "there"},
            {"payload_off": "same_payloads"},
        ),
        (
            {"topic": "#", "json_path": "[", "payload_on": "there"},
            {"topic": "bad_topic", "json_path": "bad_path", "payload_off": "both_payloads"},
        ),
    ],
)
async def test_descriptions_of_a_topic_that_make_no_sense(
    hub: House, described: dict[str, str], errors: dict[str, str]
) -> None:
    dialog = await Dialog.create(hub, "device")
    await dialog.choose("custom")
    await dialog.submit(**described)
    assert dialog.errors == errors
    assert "anyway" not in dialog.fields


async def test_a_template_that_cannot_be_parsed(hub: House) -> None:
    """The field itself refuses it, and says why."""
    dialog = await Dialog.create(hub, "device")
    await dialog.choose("custom")
    with pytest.raises(InvalidData) as refused:
        await dialog.submit(topic=TOPIC, value_template="{{ value")
    assert set(refused.value.schema_errors) == {"value_template"}


async def test_a_topic_that_is_watched_already(house: House) -> None:
    await house.set_up(custom_watch("boiler", TOPIC))
    dialog = await Dialog.create(house, "device")
    await dialog.choose("custom")
    await dialog.submit(topic=TOPIC)
    assert dialog.errors == {"topic": "already_configured"}
    # Another place in the same topic is another thing.
    await dialog.submit_while(
        house.clock.settle(),
        house.broker.publish(TOPIC, '{"burner": "on"}'),
        topic=TOPIC,
        json_path="burner",
    )
    await dialog.submit(name="Burner", expect="always", checks=CHECKS)
    assert dialog.ended == "created"
    await house.broker.publish(TOPIC, '{"burner": "on"}')
    assert house.value("binary_sensor.burner_connectivity") == "on"


async def test_mqtt_may_be_gone_when_a_topic_is_tried(
    hub: House, mqtt_entry: MockConfigEntry
) -> None:
    dialog = await Dialog.create(hub, "device")
    await dialog.choose("custom")
    assert await hub.hass.config_entries.async_remove(mqtt_entry.entry_id)
    await dialog.submit(topic=TOPIC)
    assert dialog.ended == "mqtt_required"


# What should be true of it


async def expecting(hub: House, expect: str, **checks: Any) -> Dialog:
    dialog = await Dialog.create(hub, "device")
    await dialog.choose("heard")
    await dialog.submit(thing="services||object_detection/back")
    await dialog.submit(name="Back", expect=expect, checks=CHECKS | checks)
    return dialog


async def test_while_an_alarm_is_armed_as_the_alarms_say(hub: House) -> None:
    dialog = await expecting(hub, "alarm")
    assert dialog.step == "alarm"
    assert dialog.shown["description_placeholders"] == {"thing": "Back"}
    await dialog.submit(verify_connect=True, verify_disconnect=True)
    assert dialog.ended == "created"
    data = only_new(hub).data
    assert data["expect"] == "alarm"
    assert "entity_id" not in data
    assert hub.judged("back") == ("unknown", "observed_only", "live")


async def test_while_an_alarm_of_its_own_is_armed(hub: House) -> None:
    dialog = await expecting(hub, "alarm")
    await dialog.submit(entity_id=PANEL, verify_connect=False, verify_disconnect=True)
    assert dialog.ended == "created"
    data = only_new(hub).data
    assert (data["entity_id"], data["verify_connect"], data["verify_disconnect"]) == (
        PANEL,
        False,
        True,
    )
    assert hub.judged("back") == ("unknown", "not_verified", "live")
    await hub.panel("armed_away")
    assert hub.judged("back") == ("ok", "agrees", "live")


async def test_while_an_entity_is_in_some_states(hub: House) -> None:
    hub.hass.states.async_set("media_player.tv", "off")
    dialog = await expecting(hub, "entity")
    assert dialog.step == "entity"
    await dialog.submit(entity_id="media_player.none", verify_connect=True, verify_disconnect=True)
    assert dialog.errors == {"entity_id": "no_such_entity"}
    assert dialog.suggested("entity_id") == "media_player.none"
    await dialog.submit(entity_id="media_player.tv", verify_connect=False, verify_disconnect=True)
    assert dialog.step == "states"
    assert dialog.shown["description_placeholders"] == {
        "thing": "Back",
        "entity": "media_player.tv",
    }
    await dialog.submit(states=[])
    assert dialog.errors == {"states": "no_state"}
    await dialog.submit(states=["playing", "paused"])
    assert dialog.ended == "created"
    data = dict(only_new(hub).data)
    assert data == {
        "dialect": "services",
        "site": "",
        "thing": "object_detection/back",
        "expect": "entity",
        "require_live": False,
        "entity_id": "media_player.tv",
        "verify_connect": False,
        "verify_disconnect": True,
        "states": ["playing", "paused"],
    }
    hub.hass.states.async_set("media_player.tv", "paused")
    await hub.clock.settle()
    assert hub.state("binary_sensor.back_problem").attributes["expected"] == "up"


async def test_only_observed(hub: House) -> None:
    dialog = await expecting(hub, "none")
    assert dialog.ended == "created"
    assert hub.judged("back") == ("unknown", "observed_only", "live")


async def test_with_checks_of_its_own(hub: House) -> None:
    dialog = await expecting(hub, "always", settle=3, grace=4.5, require_live=True)
    assert dialog.ended == "created"
    data = only_new(hub).data
    assert (data["settle"], data["grace"], data["require_live"]) == (3, 4.5, True)
    settings = hub.entry.runtime_data.sentinel.watches[only_new(hub).subentry_id].config.settings
    assert (settings.settle, settings.grace, settings.require_live) == (3, 4.5, True)


@pytest.mark.parametrize("checks", [{"settle": 0}, {"grace": 100_000}])
async def test_the_times_have_their_bounds(hub: House, checks: dict[str, float]) -> None:
    with pytest.raises(InvalidData):
        await expecting(hub, "always", **checks)


@pytest.mark.parametrize("name", ["", "   "])
async def test_without_a_name_it_keeps_the_one_that_was_offered(hub: House, name: str) -> None:
    dialog = await Dialog.create(hub, "device")
    await dialog.choose("heard")
    await dialog.submit(thing="autocore||esp1")
    await dialog.submit(name=name, expect="always", checks=CHECKS)
    assert only_new(hub).title == "esp1"


# Later


async def test_changing_shows_what_is_set_up(house: House) -> None:
    await house.set_up(
        watch("front", expect="none", settle=3, grace=4, require_live=True, title="Front door")
    )
    dialog = await Dialog.change(house, "front")
    assert dialog.step == "expect"
    assert dialog.suggested("name") == "Front door"
    assert dialog.suggested("expect") == "none"
    assert dialog.suggested("checks.settle") == 3
    assert dialog.suggested("checks.grace") == 4
    assert dialog.suggested("checks.require_live") is True


async def test_changing_the_name_and_the_checks(house: House) -> None:
    await house.set_up(watch("front", settle=3))
    hub = house.entry.runtime_data
    await house.service("object_detection/front", "1")
    dialog = await Dialog.change(house, "front")
    await dialog.submit(name="Front door", expect="always", checks={"require_live": True})
    assert dialog.ended == "reconfigure_successful"
    subentry = house.entry.subentries["front"]
    assert subentry.title == "Front door"
    assert subentry.unique_id == "services||object_detection/front"
    assert subentry.data == {
        "dialect": "services",
        "site": "",
        "thing": "object_detection/front",
        "expect": "always",
        "require_live": True,
    }
    assert house.entry.runtime_data is hub
    assert house.state("binary_sensor.front_problem").name == "Front door Problem"
    assert house.judged("front") == ("ok", "agrees", "live")


async def test_changing_to_an_alarm_and_back(house: House) -> None:
    await house.panel("armed_away")
    await house.set_up(watch("front"))
    dialog = await Dialog.change(house, "front")
    await dialog.submit(name="Front", expect="alarm", checks=CHECKS)
    assert dialog.suggested("entity_id") is None
    await dialog.submit(entity_id=PANEL, verify_connect=False, verify_disconnect=False)
    assert dialog.ended == "reconfigure_successful"

    dialog = await Dialog.change(house, "front")
    assert dialog.suggested("expect") == "alarm"
    await dialog.submit(name="Front", expect="alarm", checks=CHECKS)
    assert dialog.suggested("entity_id") == PANEL
    assert dialog.suggested("verify_connect") is False
    assert dialog.suggested("verify_disconnect") is False
    await dialog.submit(verify_connect=True, verify_disconnect=True)
    assert "entity_id" not in house.entry.subentries["front"].data

    dialog = await Dialog.change(house, "front")
    await dialog.submit(name="Front", expect="always", checks=CHECKS)
    assert set(house.entry.subentries["front"].data) == {
        "dialect",
        "site",
        "thing",
        "expect",
        "require_live",
    }


async def test_changing_the_entity_and_its_states(house: House) -> None:
    house.hass.states.async_set("media_player.tv", "off")
    house.hass.states.async_set("sensor.mode", "day")
    await house.set_up(
        watch(
            "front",
            expect="entity",
            entity_id="media_player.tv",
            states=["on"],
            verify_connect=False,
            verify_disconnect=True,
        )
    )
    dialog = await Dialog.change(house, "front")
    await dialog.submit(name="Front", expect="entity", checks=CHECKS)
    assert dialog.suggested("entity_id") == "media_player.tv"
    assert dialog.suggested("verify_connect") is False
    await dialog.submit(entity_id="sensor.mode", verify_connect=True, verify_disconnect=True)
    # The states of the other entity mean nothing here.
    assert dialog.suggested("states") is None
    await dialog.submit(states=["day"])
    assert dialog.ended == "reconfigure_successful"
    data = house.entry.subentries["front"].data
    assert (data["entity_id"], data["states"]) == ("sensor.mode", ["day"])
    assert house.state("binary_sensor.front_problem").attributes["expected"] == "up"

    dialog = await Dialog.change(house, "front")
    await dialog.submit(name="Front", expect="entity", checks=CHECKS)
    await dialog.submit(entity_id="sensor.mode", verify_connect=True, verify_disconnect=True)
    assert dialog.suggested("states") == ["day"]


async def test_changing_a_custom_topic(house: House) -> None:
    await house.set_up(
        custom_watch("boiler", TOPIC, payload_on="yo", payload_off="ciao"),
        custom_watch("pump", "cellar/pump"),
    )
    dialog = await Dialog.change(house, "boiler")
    assert dialog.step == "custom"
    assert dialog.suggested("topic") == TOPIC
    assert dialog.suggested("payload_on") == "yo"
    # It is its own topic, so it may keep it; that of another it may not take.
    await dialog.submit(topic="cellar/pump")
    assert dialog.errors == {"topic": "already_configured"}
    await dialog.submit_while(
        house.clock.settle(),
        house.broker.publish("attic/boiler", "on"),
        topic="attic/boiler",
    )
    assert dialog.step == "expect"
    assert dialog.suggested("name") == "Boiler"
    await dialog.submit(name="Boiler", expect="always", checks=CHECKS)
    assert dialog.ended == "reconfigure_successful"
    subentry = house.entry.subentries["boiler"]
    assert subentry.unique_id == "custom||attic/boiler"
    assert subentry.data == {
        "dialect": "custom",
        "topic": "attic/boiler",
        "expect": "always",
        "require_live": False,
    }
    await house.clock.advance(1)
    await house.broker.publish("attic/boiler", "on")
    assert house.judged("boiler") == ("ok", "agrees", "live")


async def test_keeping_a_custom_topic_while_changing_what_is_expected(house: House) -> None:
    await house.set_up(custom_watch("boiler", TOPIC))
    dialog = await Dialog.change(house, "boiler")
    await dialog.submit_while(house.clock.advance(3), topic=TOPIC)
    assert dialog.errors == {"topic": "topic_silent"}
    await dialog.submit(topic=TOPIC, anyway=True)
    await dialog.submit(name="Boiler", expect="none", checks=CHECKS)
    assert dialog.ended == "reconfigure_successful"
    assert house.judged("boiler") == ("unknown", "observed_only", "none")
