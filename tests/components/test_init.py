"""The hub comes, goes and changes, and touches nothing that it need not."""

from collections.abc import Awaitable, Callable
from copy import deepcopy
import gc
from types import MappingProxyType
from typing import Any
import weakref

from homeassistant.components import mqtt
from homeassistant.config_entries import (
    ConfigEntryState,
    ConfigSubentry,
    ConfigSubentryDataWithId,
)
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest

from custom_components.mqtt_sentinel.const import DOMAIN
from custom_components.mqtt_sentinel.dialects.museum import MUSEUM

from .dialogs import Dialog
from .house import (
    GRACE,
    PANEL,
    SUBSCRIBE_TIME,
    Broker,
    Clock,
    House,
    alarm,
    custom_watch,
    hub_entry,
    own_log,
    watch,
)
from .journals import until
from .traces import Traces

# After this long, Home Assistant has written all its registries.
QUIET = 200

FRONT, BACK = "object_detection/front", "object_detection/back"


async def live_through_much(house: House) -> None:
    """Leave traces everywhere: incidents, timers, a broker that goes and comes."""
    await house.panel("armed_away")
    await house.service(FRONT, "on")
    await house.broker.publish("cellar/boiler", "on")
    await house.clock.advance(GRACE)
    await house.service(FRONT, "off")
    await house.broker.go()
    await house.clock.advance(5)
    await house.broker.come()
    await house.clock.advance(5)
    await house.panel("disarmed")


@pytest.fixture
async def full_house(house: House) -> House:
    """A hub with everything in it."""
    await house.panel("disarmed")
    house.hass.states.async_set("media_player.tv", "off")
    await house.set_up(
        watch("front", expect="alarm"),
        watch("back", expect="entity", entity_id="media_player.tv", states=["on"]),
        watch("esp", dialect="autocore"),
        custom_watch("boiler", "cellar/boiler"),
        alarm("front", "back"),
    )
    return house


async def test_unloading_leaves_nothing_behind(full_house: House) -> None:
    hass, entry = full_house.hass, full_house.entry
    # The first time, Home Assistant itself keeps some things for the next.
    assert await hass.config_entries.async_unload(entry.entry_id)
    await full_house.clock.advance(QUIET)
    before = Traces.of(hass)

    assert await hass.config_entries.async_setup(entry.entry_id)
    await full_house.clock.advance(SUBSCRIBE_TIME)
    await live_through_much(full_house)
    hub = weakref.ref(entry.runtime_data)
    assert Traces.of(hass).subscriptions != before.subscriptions

    assert await hass.config_entries.async_unload(entry.entry_id)
    assert entry.state is ConfigEntryState.NOT_LOADED
    assert full_house.issues == {}
    await full_house.clock.settle()
    gc.collect()
    assert hub() is None  # nobody can call it any more
    await full_house.clock.advance(QUIET)
    assert Traces.of(hass) == before


async def test_reloading_again_and_again_piles_nothing_up(full_house: House) -> None:
    async def traces() -> Traces:
        await full_house.reload()
        await full_house.clock.advance(QUIET)
        # Looks through the folder of clips in a thread, which the clock does not wait for.
        recordings = full_house.entry.runtime_data.cameras._recordings
        await until(full_house, lambda: not recordings._tidying)
        return Traces.of(full_house.hass)

    before = await traces()
    for _ in range(5):
        assert await traces() == before


async def test_removing_the_hub_leaves_nothing_behind(
    full_house: House,
    device_registry: dr.DeviceRegistry,
    entity_registry: er.EntityRegistry,
    hass_storage: dict[str, Any],
) -> None:
    await live_through_much(full_house)
    assert await full_house.hass.config_entries.async_remove(full_house.entry.entry_id)
    await full_house.clock.advance(QUIET)
    assert not [key for key in hass_storage if DOMAIN in key]
    assert full_house.issues == {}
    assert not er.async_entries_for_config_entry(entity_registry, full_house.entry.entry_id)
    assert not dr.async_entries_for_config_entry(device_registry, full_house.entry.entry_id)
    assert {state.entity_id for state in full_house.hass.states.async_all()} == {
        PANEL,
        "media_player.tv",
    }


async def test_the_hub_waits_for_mqtt(
    hass: HomeAssistant, clock: Clock, set_up_mqtt: Callable[[], Awaitable[Broker]]
) -> None:
    entry = hub_entry(watch("front"), custom_watch("boiler", "cellar/boiler"))
    entry.add_to_hass(hass)
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "mqtt_not_ready"
    assert hass.states.async_entity_ids() == []

    await set_up_mqtt()
    await clock.advance(60)
    async with entry.setup_lock:  # tried again in a task that the clock does not wait for
        assert entry.state is ConfigEntryState.LOADED
    assert "binary_sensor.front_problem" in hass.states.async_entity_ids()


async def test_a_set_up_that_fails_halfway_leaves_nothing_behind(
    full_house: House, hass_storage: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    hass, entry = full_house.hass, full_house.entry
    assert await hass.config_entries.async_unload(entry.entry_id)
    await full_house.clock.advance(QUIET)
    before = Traces.of(hass)
    stored = deepcopy(hass_storage)

    async def refuse(hass: HomeAssistant, topic: str, *args: Any) -> Callable[[], None]:
        if topic == "ping/+/+":
            raise HomeAssistantError
        return await subscribe(hass, topic, *args)

    subscribe = mqtt.async_subscribe
    with monkeypatch.context() as patch:
        patch.setattr(mqtt, "async_subscribe", refuse)
        assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert await hass.config_entries.async_unload(entry.entry_id)  # ends the retries
    await full_house.clock.advance(QUIET)
    assert Traces.of(hass) == before
    assert hass_storage == stored


# One watch at a time


def made_of(data: ConfigSubentryDataWithId) -> ConfigSubentry:
    return ConfigSubentry(**{**data, "data": MappingProxyType(data["data"])})


async def test_a_new_watch_touches_no_other(full_house: House) -> None:
    hass, hub = full_house.hass, full_house.entry.runtime_data
    await full_house.service(FRONT, "off")
    await full_house.service("object_detection/garage", "on", retain=True)
    before = {state.entity_id: state for state in hass.states.async_all()}

    await full_house.clock.advance(5)
    hass.config_entries.async_add_subentry(full_house.entry, made_of(watch("garage")))
    await full_house.clock.settle()
    assert full_house.entry.runtime_data is hub
    new = {state.entity_id for state in hass.states.async_all()} - set(before)
    assert new == {
        "binary_sensor.garage_connectivity",
        "binary_sensor.garage_problem",
        "event.garage_event",
    }
    # What it said before anybody watched it counts.
    assert full_house.judged("garage") == ("ok", "agrees", "retained")
    assert all(hass.states.get(entity_id) is state for entity_id, state in before.items())


async def test_a_new_custom_watch_subscribes_at_once(full_house: House) -> None:
    boiler = custom_watch("pump", "cellar/pump")
    full_house.hass.config_entries.async_add_subentry(full_house.entry, made_of(boiler))
    await full_house.clock.advance(1)
    assert full_house.broker.subscribed[-1] == "cellar/pump"
    await full_house.broker.publish("cellar/pump", "on")
    assert full_house.judged("pump") == ("ok", "agrees", "live")


async def test_a_removed_watch_takes_everything_of_its_own_along(
    full_house: House, device_registry: dr.DeviceRegistry, entity_registry: er.EntityRegistry
) -> None:
    hass, entry, hub = full_house.hass, full_house.entry, full_house.entry.runtime_data
    await full_house.clock.advance(GRACE)
    assert full_house.issue("boiler") == "never_heard_always"
    await full_house.service(BACK, "off")
    await full_house.clock.settle()
    others = {
        state.entity_id: state
        for state in hass.states.async_all()
        if "boiler" not in state.entity_id
    }

    hass.config_entries.async_remove_subentry(entry, "boiler")
    await full_house.clock.advance(1)
    assert entry.runtime_data is hub
    assert full_house.issue("boiler") is None
    assert set(hass.states.async_entity_ids()) == set(others)
    assert all(
        hass.states.get(entity_id) is state
        for entity_id, state in others.items()
        if not entity_id.startswith("sensor.mqtt_sentinel_")  # these count what is of all watches
    )
    assert not [
        found.entity_id
        for found in er.async_entries_for_config_entry(entity_registry, entry.entry_id)
        if found.config_subentry_id == "boiler"
    ]
    assert (DOMAIN, "boiler") not in {
        identifier
        for device in dr.async_entries_for_config_entry(device_registry, entry.entry_id)
        for identifier in device.identifiers
    }
    assert full_house.broker.unsubscribed == ["cellar/boiler"]
    await full_house.broker.publish("cellar/boiler", "off")
    await full_house.clock.advance(2 * GRACE)
    assert full_house.issue("boiler") is None


async def test_a_watch_that_was_removed_is_offered_again(full_house: House) -> None:
    await full_house.service(FRONT, "on")
    for gone in ("front", "boiler"):
        full_house.hass.config_entries.async_remove_subentry(full_house.entry, gone)
    await full_house.clock.settle()
    dialog = await Dialog.create(full_house, "device")
    await dialog.choose("heard")
    # A topic of a user's own speaks no dialect, so nothing would be heard of it.
    assert dialog.choices("thing") == {f"services||{FRONT}": "🟢 object_detection front (services)"}


async def test_a_watch_that_was_never_heard_is_not_known_after_it_was_removed(
    house: House,
) -> None:
    await house.set_up(watch("front"))
    house.hass.config_entries.async_remove_subentry(house.entry, "front")
    await house.clock.settle()
    assert not len(house.entry.runtime_data.sentinel.known)


async def test_a_new_alarm_changes_only_what_it_relies_on(full_house: House) -> None:
    hass = full_house.hass
    garage = "alarm_control_panel.garage"
    await full_house.panel("armed_away", garage)
    esp = full_house.state("binary_sensor.esp_problem")
    hass.config_entries.async_add_subentry(
        full_house.entry, made_of(alarm("front", name="garage", entity_id=garage))
    )
    await full_house.clock.settle()
    assert full_house.protection("garage") == "unknown"
    assert full_house.value("binary_sensor.garage_ready_to_arm") == "off"
    assert full_house.state("binary_sensor.front_problem").attributes["expected"] == "up"
    assert full_house.state("binary_sensor.esp_problem") is esp

    hass.config_entries.async_remove_subentry(full_house.entry, "garage")
    await full_house.clock.settle()
    assert full_house.state("binary_sensor.front_problem").attributes["expected"] == "down"
    assert hass.states.get("sensor.garage_protection") is None
    assert hass.states.get("event.garage_event") is None


async def test_a_changed_alarm_is_followed_at_once(full_house: House) -> None:
    hass, entry = full_house.hass, full_house.entry
    garage = "alarm_control_panel.garage"
    await full_house.panel("armed_away", garage)
    assert full_house.state("binary_sensor.front_problem").attributes["expected"] == "down"
    changed = alarm("front", "esp", entity_id=garage)
    hass.config_entries.async_update_subentry(
        entry, entry.subentries["house"], data=changed["data"], title="Garage"
    )
    await full_house.clock.settle()
    shown = full_house.state("binary_sensor.front_problem").attributes
    assert (shown["expected"], shown["expected_because"]) == ("up", "Garage")
    shown = full_house.state("binary_sensor.esp_problem").attributes
    assert (shown["expected"], shown["expected_because"]) == ("up", "Garage")
    assert full_house.state("sensor.house_protection").name == "Garage Protection"
    # The panel of before says nothing any more.
    await full_house.panel("disarmed")
    assert full_house.state("binary_sensor.front_problem").attributes["expected"] == "up"


async def test_a_changed_watch_keeps_its_history_and_leaves_the_others_alone(
    full_house: House,
) -> None:
    hass, entry, hub = full_house.hass, full_house.entry, full_house.entry.runtime_data
    await full_house.broker.publish("cellar/boiler", "on")
    await full_house.service(FRONT, "off")
    others = {
        state.entity_id: state
        for state in hass.states.async_all()
        if "boiler" not in state.entity_id
    }
    hass.config_entries.async_update_subentry(
        entry,
        entry.subentries["boiler"],
        title="Boiler room",
        data={**entry.subentries["boiler"].data, "settle": 3},
    )
    await full_house.clock.settle()
    assert entry.runtime_data is hub
    assert full_house.judged("boiler") == ("ok", "agrees", "live")
    assert full_house.state("binary_sensor.boiler_problem").name == "Boiler room Problem"
    assert all(hass.states.get(entity_id) is state for entity_id, state in others.items())


async def test_a_custom_watch_may_move_to_another_topic(full_house: House) -> None:
    hass, entry = full_house.hass, full_house.entry
    await full_house.broker.publish("cellar/boiler", "on")
    moved = custom_watch("boiler", "attic/boiler")
    hass.config_entries.async_update_subentry(
        entry,
        entry.subentries["boiler"],
        data=moved["data"],
        unique_id=moved["unique_id"],
    )
    await full_house.clock.advance(1)
    assert full_house.value("binary_sensor.boiler_connectivity") == "unknown"
    assert full_house.broker.unsubscribed == ["cellar/boiler"]
    await full_house.broker.publish("cellar/boiler", "on")
    assert full_house.value("binary_sensor.boiler_connectivity") == "unknown"
    await full_house.broker.publish("attic/boiler", "on")
    assert full_house.judged("boiler") == ("ok", "agrees", "live")


async def test_what_is_expected_of_a_watch_may_change(full_house: House) -> None:
    hass, entry = full_house.hass, full_house.entry
    await full_house.service(BACK, "on")
    await full_house.clock.advance(GRACE)
    # An alarm relies on it, and it is disarmed.
    assert full_house.judged("back") == ("mismatch", "did_not_turn_off", "live")
    hass.config_entries.async_update_subentry(
        entry, entry.subentries["back"], data=watch("back", expect="always")["data"]
    )
    await full_house.clock.settle()
    assert full_house.judged("back") == ("ok", "agrees", "live")
    assert full_house.issue("back") is None
    # The entity of before says nothing any more.
    hass.states.async_set("media_player.tv", "on")
    hass.states.async_set("media_player.tv", "off")
    await full_house.clock.advance(GRACE)
    assert full_house.judged("back") == ("ok", "agrees", "live")


async def test_new_defaults_hold_at_once_for_those_without_their_own(house: House) -> None:
    await house.set_up(watch("front"), watch("back", grace=GRACE))
    hub = house.entry.runtime_data
    await house.clock.advance(20)
    house.hass.config_entries.async_update_entry(house.entry, options={"settle": 1, "grace": 1})
    await house.clock.settle()
    assert house.entry.runtime_data is hub
    assert house.judged("front") == ("mismatch", "never_heard", "none")
    assert house.judged("back") == ("unknown", "grace", "none")


async def test_other_dialects_or_prefixes_reload_the_hub(house: House) -> None:
    await house.set_up()
    hub, asked_for = house.entry.runtime_data, len(house.broker.subscribed)
    house.hass.config_entries.async_update_entry(
        house.entry, data={"dialects": ["museum"], "prefixes": ["", "site1"]}
    )
    await house.clock.advance(1)
    assert house.entry.runtime_data is not hub
    asked = house.broker.subscribed[asked_for:]
    asked.remove("mqtt_sentinel/hub/pulse")
    assert asked == [
        f"{prefix}{route.filter}" for route in MUSEUM.routes for prefix in ("", "site1/")
    ]


async def test_what_is_watched_is_heard_whatever_is_chosen(house: House) -> None:
    await house.set_up(watch("front"), watch("annex", FRONT, site="site1"))
    house.hass.config_entries.async_update_entry(
        house.entry, data={"dialects": ["museum"], "prefixes": [""]}
    )
    await house.clock.advance(1)
    await house.service(FRONT, "on")
    await house.broker.publish(f"site1/connected/{FRONT}", "off")
    assert house.value("binary_sensor.front_connectivity") == "on"
    assert house.value("binary_sensor.annex_connectivity") == "off"


async def test_what_was_never_heard_is_not_offered_after_its_removal(house: House) -> None:
    await house.set_up(watch("front"))
    house.hass.config_entries.async_remove_subentry(house.entry, "front")
    await house.clock.settle()
    dialog = await Dialog.create(house, "device")
    assert dialog.shown["menu_options"] == ["manual", "custom"]


async def test_several_changes_at_once(full_house: House) -> None:
    hass, entry = full_house.hass, full_house.entry
    for name in ("one", "two", "three"):
        hass.config_entries.async_add_subentry(entry, made_of(custom_watch(name, f"cellar/{name}")))
    hass.config_entries.async_remove_subentry(entry, "one")
    await full_house.clock.advance(1)
    entities = hass.states.async_entity_ids("binary_sensor")
    assert "binary_sensor.two_problem" in entities
    assert "binary_sensor.three_problem" in entities
    assert "binary_sensor.one_problem" not in entities
    hub = entry.runtime_data
    assert set(hub.sentinel.watches) == {"front", "back", "esp", "boiler", "two", "three"}
    await full_house.broker.publish("cellar/two", "on")
    assert full_house.judged("two") == ("ok", "agrees", "live")


async def test_nothing_is_logged_when_all_is_well(
    full_house: House, caplog: pytest.LogCaptureFixture
) -> None:
    await full_house.service(FRONT, "off")
    await full_house.panel("armed_away")
    await full_house.service(FRONT, "on")
    await full_house.clock.advance(GRACE)
    await full_house.reload()
    assert await full_house.hass.config_entries.async_unload(full_house.entry.entry_id)
    assert own_log(caplog) == []
