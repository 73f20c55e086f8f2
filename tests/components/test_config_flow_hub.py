"""The hub is set up, reconfigured and given defaults, as the UI does it."""

from typing import Any

from homeassistant.config_entries import SOURCE_USER, ConfigEntryState, ConfigFlowResult
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    get_schema_suggested_value,
)

from custom_components.mqtt_sentinel.config_flow.things import MOST_OFFERED
from custom_components.mqtt_sentinel.const import DOMAIN

from .house import SUBSCRIBE_TIME, Broker, Clock, House, watch
from .traces import Traces

ALL = ["services", "autocore", "museum"]


@pytest.fixture
async def listening(hass: HomeAssistant, broker: Broker, clock: Clock) -> ConfigFlowResult:
    """A flow that has begun to listen for ten seconds."""
    flow = await begin(hass)
    flow = await go_on(hass, flow, {"dialects": ALL, "listen": 10})
    await clock.advance(SUBSCRIBE_TIME)
    return flow


async def begin(hass: HomeAssistant) -> ConfigFlowResult:
    return await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})


async def go_on(
    hass: HomeAssistant, flow: ConfigFlowResult, user_input: dict[str, Any] | None = None
) -> ConfigFlowResult:
    return await hass.config_entries.flow.async_configure(flow["flow_id"], user_input)


def offered(flow: ConfigFlowResult, field: str) -> dict[str, str]:
    """The choices of a field, each with its label."""
    schema = flow["data_schema"]
    assert schema
    options = schema.schema[field].config["options"]
    return {option["value"]: option["label"] for option in options}


def offered_names(flow: ConfigFlowResult, field: str) -> list[str]:
    """The choices of a field that has plain names for them."""
    schema = flow["data_schema"]
    assert schema
    return list(schema.schema[field].config["options"])


async def test_from_listening_to_watching(
    hass: HomeAssistant, broker: Broker, clock: Clock, listening: ConfigFlowResult
) -> None:
    assert listening["type"] is FlowResultType.SHOW_PROGRESS
    assert listening["step_id"] == listening["progress_action"] == "listen"
    assert listening["description_placeholders"] == {"seconds": "10"}

    await broker.publish("connected/object_detection/front", "1")
    await broker.publish("connected/object_detection/back", "0", retain=True)
    await broker.publish("ping/camera_manager/front", "")
    await broker.publish("autocore/esp1/status", {"device_id": "esp1", "status": "online"})
    await broker.publish("devices/room1/status", "online")
    await broker.publish("autocore/esp2/status", "rubbish")
    await clock.advance(10.1)

    flow = await go_on(hass, listening)
    assert (flow["type"], flow["step_id"]) == (FlowResultType.FORM, "pick")
    assert flow["description_placeholders"] == {"count": "5", "shown": "5"}
    assert offered(flow, "things") == {
        "autocore||esp1": "🟢 esp1 (autocore)",
        "museum||room1": "🟢 room1 (museum)",
        "services||camera_manager/front": "⚪ camera_manager front (services)",
        "services||object_detection/back": "🔴 object_detection back (services)",
        "services||object_detection/front": "🟢 object_detection front (services)",
    }

    flow = await go_on(
        hass, flow, {"things": ["autocore||esp1", "services||object_detection/front"]}
    )
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    assert flow["title"] == "MQTT Sentinel"
    assert flow["data"] == {"dialects": ALL, "prefixes": [""]}
    entry = flow["result"]
    assert [
        (subentry.subentry_type, subentry.title, subentry.unique_id, dict(subentry.data))
        for subentry in entry.subentries.values()
    ] == [
        (
            "device",
            "esp1",
            "autocore||esp1",
            {"dialect": "autocore", "site": "", "thing": "esp1", "expect": "always"},
        ),
        (
            "device",
            "object_detection front",
            "services||object_detection/front",
            {
                "dialect": "services",
                "site": "",
                "thing": "object_detection/front",
                "expect": "alarm",
            },
        ),
    ]
    # Whoever saw a thing and did not tick it need not be told that it is new.
    assert entry.options == {
        "watch_all": [],
        "ignored": [
            "museum||room1",
            "services||camera_manager/front",
            "services||object_detection/back",
        ],
    }
    await clock.advance(SUBSCRIBE_TIME)
    assert entry.state is ConfigEntryState.LOADED
    assert hass.states.get("binary_sensor.object_detection_front_problem")


async def test_what_takes_in_the_topics_of_others_is_not_ticked_for_a_user(
    hass: HomeAssistant, broker: Broker
) -> None:
    flow = await begin(hass)
    schema = flow["data_schema"]
    assert schema
    ticked = schema({"listen": 1})["dialects"]
    assert set(offered_names(flow, "dialects")) - set(ticked) == {"museum", "esphome"}


async def test_all_of_a_dialect(
    hass: HomeAssistant, broker: Broker, clock: Clock, listening: ConfigFlowResult
) -> None:
    for device in ("esp1", "esp2"):
        await broker.publish(f"autocore/{device}/status", {"device_id": device, "status": "online"})
    await broker.publish("devices/room1/status", "online")
    await clock.advance(10.1)
    flow = await go_on(hass, listening)
    assert offered_names(flow, "watch_all") == ALL
    flow = await go_on(hass, flow, {"watch_all": ["autocore"]})
    entry = flow["result"]
    assert [subentry.unique_id for subentry in entry.subentries.values()] == [
        "autocore||esp1",
        "autocore||esp2",
    ]
    assert entry.options == {"watch_all": ["autocore"], "ignored": ["museum||room1"]}
    await clock.settle()


async def test_what_pings_while_it_listens_is_held_to_it(
    hass: HomeAssistant, broker: Broker, clock: Clock, listening: ConfigFlowResult
) -> None:
    for n in range(4):
        await broker.publish("ping/object_detection/front", "")
        await broker.publish("autocore/esp1/telemetry", {"device_id": "esp1", "voltage": 3.3})
        if n > 1:
            await broker.publish("ping/object_detection/back", "")
        await clock.advance(2)
    await clock.advance(10)
    flow = await go_on(hass, listening)
    flow = await go_on(hass, flow, {"watch_all": ["services", "autocore"]})
    intervals = {
        subentry.title: subentry.data.get("ping_interval")
        for subentry in flow["result"].subentries.values()
    }
    assert intervals == {
        "object_detection front": 3,
        "object_detection back": None,  # too few to know
        "esp1": None,  # values are no promise to ping
    }
    await clock.settle()


async def test_a_long_list_is_shown_in_part(
    hass: HomeAssistant, broker: Broker, clock: Clock, listening: ConfigFlowResult
) -> None:
    for n in range(MOST_OFFERED + 5):
        await broker.publish(f"connected/{'x' * 120}/{n:04}", "1")
    await clock.advance(10.1)
    flow = await go_on(hass, listening)
    assert flow["description_placeholders"] == {"count": "205", "shown": "200"}
    labels = list(offered(flow, "things").values())
    assert len(labels) == MOST_OFFERED
    assert labels[0] == f"🟢 {'x' * 99}… (services)"
    flow = await go_on(hass, flow, {})
    # What was not shown was not declined.
    assert len(flow["result"].options["ignored"]) == MOST_OFFERED
    await clock.settle()


async def test_listening_shows_how_far_it_is(
    hass: HomeAssistant, clock: Clock, broker: Broker
) -> None:
    shares: list[float] = []

    @callback
    def keep(event: Event[dict[str, Any]]) -> None:
        shares.append(event.data["progress"])

    hass.bus.async_listen("data_entry_flow_progress_update", keep)
    flow = await begin(hass)
    await go_on(hass, flow, {"dialects": ALL, "listen": 2})
    await clock.advance(1.1)
    assert shares == [0.25, 0.5]
    await clock.advance(1)
    assert shares == [0.25, 0.5, 0.75, 1.0]


async def test_a_second_of_listening_is_enough_for_what_the_broker_keeps(
    hass: HomeAssistant, clock: Clock, broker: Broker
) -> None:
    flow = await begin(hass)
    flow = await go_on(hass, flow, {"dialects": ["services"], "listen": 1})
    await broker.publish("connected/object_detection/front", "1", retain=True)
    await clock.advance(1.1)
    flow = await go_on(hass, flow)
    assert flow["description_placeholders"] == {"count": "1", "shown": "1"}


async def test_nothing_heard_is_no_obstacle(
    hass: HomeAssistant, clock: Clock, listening: ConfigFlowResult
) -> None:
    await clock.advance(10.1)
    flow = await go_on(hass, listening)
    assert flow["description_placeholders"] == {"count": "0", "shown": "0"}
    flow = await go_on(hass, flow, {})
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    assert flow["result"].subentries == {}


async def test_listening_leaves_nothing_behind(
    hass: HomeAssistant, clock: Clock, broker: Broker
) -> None:
    await clock.advance(1)
    before = Traces.of(hass)
    flow = await begin(hass)
    await go_on(hass, flow, {"dialects": ALL, "prefixes": ["site1"], "listen": 10})
    await clock.advance(1)
    assert Traces.of(hass).subscriptions["site1/connected/+/+"] == 1
    await clock.advance(10.1)
    assert Traces.of(hass) == before


async def test_a_dialog_that_is_closed_ends_the_listening(
    hass: HomeAssistant, clock: Clock, broker: Broker
) -> None:
    await clock.advance(1)
    before = Traces.of(hass)
    flow = await begin(hass)
    await go_on(hass, flow, {"dialects": ALL, "listen": 100})
    await clock.advance(1)
    hass.config_entries.flow.async_abort(flow["flow_id"])
    await clock.advance(1)
    assert Traces.of(hass) == before


async def test_without_mqtt_it_says_how_to_get_it(hass: HomeAssistant) -> None:
    flow = await begin(hass)
    assert (flow["type"], flow["reason"]) == (FlowResultType.ABORT, "mqtt_required")


async def test_with_mqtt_that_is_not_loaded_it_says_so(
    hass: HomeAssistant, broker: Broker, mqtt_entry: MockConfigEntry
) -> None:
    flow = await begin(hass)
    assert await hass.config_entries.async_unload(mqtt_entry.entry_id)
    flow = await go_on(hass, flow, {"dialects": ALL, "listen": 1})
    assert (flow["type"], flow["reason"]) == (FlowResultType.ABORT, "mqtt_required")


async def test_mqtt_may_vanish_while_listening(
    hass: HomeAssistant, clock: Clock, mqtt_entry: MockConfigEntry, listening: ConfigFlowResult
) -> None:
    assert await hass.config_entries.async_remove(mqtt_entry.entry_id)
    await clock.advance(10.1)
    flow = await go_on(hass, listening)
    assert (flow["type"], flow["reason"]) == (FlowResultType.ABORT, "mqtt_required")


async def test_mqtt_may_refuse(
    hass: HomeAssistant, broker: Broker, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> None:
        raise HomeAssistantError

    monkeypatch.setattr("homeassistant.components.mqtt.async_subscribe", refuse)
    flow = await begin(hass)
    flow = await go_on(hass, flow, {"dialects": ALL, "listen": 1})
    await clock.settle()
    if flow["type"] is not FlowResultType.ABORT:
        flow = await go_on(hass, flow)
    assert (flow["type"], flow["reason"]) == (FlowResultType.ABORT, "mqtt_required")


async def test_there_is_one_hub(house: House) -> None:
    await house.set_up(watch("front"))
    flow = await begin(house.hass)
    assert (flow["type"], flow["reason"]) == (FlowResultType.ABORT, "single_instance_allowed")


@pytest.mark.parametrize(
    ("wrong", "errors"),
    [
        ({"dialects": []}, {"dialects": "no_dialect"}),
        ({"prefixes": ["home/+"]}, {"prefixes": "bad_prefix"}),
        ({"prefixes": ["site1", "#"]}, {"prefixes": "bad_prefix"}),
        ({"prefixes": ["a\x00b"]}, {"prefixes": "bad_prefix"}),
        ({"prefixes": ["a|b"]}, {"prefixes": "bad_prefix"}),
        (
            {"dialects": [], "prefixes": ["+"]},
            {"dialects": "no_dialect", "prefixes": "bad_prefix"},
        ),
    ],
)
async def test_what_is_wrong_is_said_and_can_be_set_right(
    hass: HomeAssistant,
    broker: Broker,
    clock: Clock,
    wrong: dict[str, list[str]],
    errors: dict[str, str],
) -> None:
    flow = await begin(hass)
    assert flow["errors"] == {}
    flow = await go_on(hass, flow, {"dialects": ALL, "prefixes": [], "listen": 3} | wrong)
    assert (flow["type"], flow["step_id"]) == (FlowResultType.FORM, "user")
    assert flow["errors"] == errors
    schema = flow["data_schema"]
    assert schema
    assert get_schema_suggested_value(schema.schema, "listen") == 3
    for field, value in wrong.items():
        assert get_schema_suggested_value(schema.schema, field) == value

    flow = await go_on(hass, flow, {"dialects": ALL, "prefixes": [], "listen": 1})
    assert flow["type"] is FlowResultType.SHOW_PROGRESS
    await clock.advance(1)


@pytest.mark.parametrize("seconds", [0, 121])
async def test_listening_has_its_bounds(hass: HomeAssistant, broker: Broker, seconds: int) -> None:
    flow = await begin(hass)
    with pytest.raises(InvalidData):
        await go_on(hass, flow, {"dialects": ALL, "listen": seconds})


async def test_prefixes_are_cleaned_up(hass: HomeAssistant, broker: Broker, clock: Clock) -> None:
    flow = await begin(hass)
    flow = await go_on(
        hass,
        flow,
        {
            "dialects": ["services"],
            "prefixes": ["/site1/", " home/upstairs ", "", "/", "site1"],
            "listen": 1,
        },
    )
    await broker.publish("home/upstairs/connected/object_detection/front", "1")
    await clock.advance(1.1)
    flow = await go_on(hass, flow)
    key = "services|home/upstairs|object_detection/front"
    assert offered(flow, "things") == {
        key: "🟢 home/upstairs object_detection front (services)",
    }
    flow = await go_on(hass, flow, {"things": [key]})
    entry = flow["result"]
    assert entry.data == {"dialects": ["services"], "prefixes": ["", "site1", "home/upstairs"]}
    (subentry,) = entry.subentries.values()
    assert subentry.title == "home/upstairs object_detection front"
    assert subentry.data["site"] == "home/upstairs"
    await clock.settle()


# Later


async def test_dialects_and_prefixes_can_be_changed(house: House) -> None:
    entry = await house.set_up(watch("front"))
    house.hass.config_entries.async_update_entry(
        entry, data={"dialects": ["services", "museum"], "prefixes": ["", "site1"]}
    )
    await house.clock.advance(1)
    flow = await entry.start_reconfigure_flow(house.hass)
    assert (flow["type"], flow["step_id"]) == (FlowResultType.FORM, "reconfigure")
    schema = flow["data_schema"]
    assert schema
    assert get_schema_suggested_value(schema.schema, "dialects") == ["services", "museum"]
    assert get_schema_suggested_value(schema.schema, "prefixes") == ["site1"]

    flow = await go_on(house.hass, flow, {"dialects": [], "prefixes": ["+"]})
    assert flow["errors"] == {"dialects": "no_dialect", "prefixes": "bad_prefix"}
    schema = flow["data_schema"]
    assert schema
    assert get_schema_suggested_value(schema.schema, "prefixes") == ["+"]

    flow = await go_on(house.hass, flow, {"dialects": ["services"], "prefixes": ["site2"]})
    assert (flow["type"], flow["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    assert entry.data == {"dialects": ["services"], "prefixes": ["", "site2"]}
    await house.clock.advance(1)
    assert entry.state is ConfigEntryState.LOADED
    await house.broker.publish("site2/connected/object_detection/attic", "1")
    known = entry.runtime_data.sentinel.known
    assert [thing.key.site for thing in known] == ["site2"]


async def test_the_defaults_of_the_checks_can_be_changed(house: House) -> None:
    entry = await house.set_up(watch("front"))
    options = house.hass.config_entries.options
    flow = await options.async_init(entry.entry_id)
    flow = await options.async_configure(flow["flow_id"], {"next_step_id": "checks"})
    assert (flow["type"], flow["step_id"]) == (FlowResultType.FORM, "checks")
    schema = flow["data_schema"]
    assert schema
    assert get_schema_suggested_value(schema.schema, "settle") == 15
    assert get_schema_suggested_value(schema.schema, "grace") == 60
    with pytest.raises(InvalidData):
        await options.async_configure(flow["flow_id"], {"settle": 0, "grace": 60})

    flow = await options.async_configure(flow["flow_id"], {"settle": 2.5, "grace": 5})
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options == {
        "settle": 2.5,
        "grace": 5,
        "ping_interval": 60,
        "ping_misses": 3,
        "watch_all": [],
        "ignore_all": [],
    }
    await house.clock.advance(15)
    assert house.judged("front") == ("mismatch", "never_heard", "none")


async def test_the_defaults_of_the_defaults(house: House) -> None:
    entry = await house.set_up(watch("front"))
    house.hass.config_entries.async_update_entry(entry, options={})
    await house.clock.settle()
    options = house.hass.config_entries.options
    flow = await options.async_init(entry.entry_id)
    flow = await options.async_configure(flow["flow_id"], {"next_step_id": "checks"})
    schema = flow["data_schema"]
    assert schema
    assert schema({}) == {
        "settle": 15,
        "grace": 60,
        "ping_interval": 60,
        "ping_misses": 3,
        "watch_all": [],
        "ignore_all": [],
    }


async def test_options_that_are_not_shown_stay(house: House) -> None:
    entry = await house.set_up(watch("front"))
    ignored = ["museum||room1", "museum||room2"]
    house.hass.config_entries.async_update_entry(
        entry, options={**entry.options, "ignored": ignored, "something": 1}
    )
    await house.clock.settle()
    options = house.hass.config_entries.options
    flow = await options.async_init(entry.entry_id)
    flow = await options.async_configure(flow["flow_id"], {"next_step_id": "checks"})
    assert flow["description_placeholders"] == {"ignored": "2"}
    answers = {"settle": 1, "grace": 2, "ping_interval": 30, "ping_misses": 5}
    both = {"watch_all": ["museum", "services"], "ignore_all": ["museum"]}
    flow = await options.async_configure(flow["flow_id"], answers | both)
    assert flow["errors"] == {"ignore_all": "watched_and_ignored"}
    schema = flow["data_schema"]
    assert schema
    assert get_schema_suggested_value(schema.schema, "ping_interval") == 30
    one = {"watch_all": ["services"], "ignore_all": ["museum"]}
    flow = await options.async_configure(flow["flow_id"], answers | one)
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options == answers | one | {"ignored": ignored, "something": 1}
    assert type(entry.options["ping_misses"]) is int
    await house.clock.settle()


async def test_ignored_ones_can_be_listened_to_again(house: House) -> None:
    entry = await house.set_up()
    house.hass.config_entries.async_update_entry(
        entry, options={**entry.options, "ignored": ["museum||room1"]}
    )
    await house.broker.publish("devices/room1/status", "online")
    await house.clock.advance(11)
    assert house.issues == {}
    options = house.hass.config_entries.options
    flow = await options.async_init(entry.entry_id)
    flow = await options.async_configure(flow["flow_id"], {"next_step_id": "checks"})
    flow = await options.async_configure(
        flow["flow_id"],
        {"settle": 1, "grace": 2, "ping_interval": 30, "ping_misses": 5, "listen_again": True},
    )
    assert "ignored" not in entry.options
    assert "listen_again" not in entry.options
    await house.clock.settle()
    assert set(house.issues) == {"known_hub"}
    flow = await options.async_init(entry.entry_id)
    flow = await options.async_configure(flow["flow_id"], {"next_step_id": "checks"})
    schema = flow["data_schema"]
    assert schema
    assert "listen_again" not in schema.schema  # there is nobody left


async def test_what_can_be_added_to_a_hub(house: House) -> None:
    entry = await house.set_up()
    types = {"device", "relay", "camera", "alarm", "scene"}
    assert set(entry.supported_subentry_types) == types
    assert all(found["supports_reconfigure"] for found in entry.supported_subentry_types.values())
