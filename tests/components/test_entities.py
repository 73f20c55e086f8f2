"""What every entity shows, and where it hangs."""

from homeassistant.const import EntityCategory
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest

from custom_components.mqtt_sentinel.const import DOMAIN

from .house import GRACE, SETTLE, House, alarm, watch

pytestmark = pytest.mark.usefixtures("all_enabled")

FRONT, BACK = "object_detection/front", "object_detection/back"


@pytest.fixture
async def guarded(house: House) -> House:
    """A disarmed alarm over a service, and a device that should always be there."""
    await house.panel("disarmed")
    await house.set_up(
        watch("front", expect="alarm"), watch("esp_1", dialect="autocore"), alarm("front")
    )
    return house


async def test_every_subentry_has_a_device_behind_the_hub(
    guarded: House, device_registry: dr.DeviceRegistry
) -> None:
    devices = {
        identifier: device
        for device in dr.async_entries_for_config_entry(device_registry, "hub")
        for domain, identifier in device.identifiers
        if domain == DOMAIN
    }
    assert set(devices) == {"hub", "front", "esp_1", "house"}
    hub = devices["hub"]
    assert (hub.name, hub.manufacturer) == ("MQTT Sentinel", "MQTT Sentinel")
    assert hub.entry_type is dr.DeviceEntryType.SERVICE
    for name in ("front", "esp_1", "house"):
        device = devices[name]
        assert device.via_device_id == hub.id
        assert device.config_subentry_id == name
        assert device.manufacturer == "MQTT Sentinel"
    assert devices["esp_1"].name == "Esp 1"
    models = [devices[name].model for name in ("front", "esp_1", "house")]
    assert models == ["Services", "Autocore", "Alarm"]


async def test_every_entity_is_unique_and_belongs_to_its_subentry(
    guarded: House, entity_registry: er.EntityRegistry
) -> None:
    entries = er.async_entries_for_config_entry(entity_registry, "hub")
    assert {
        entry.entity_id: (entry.unique_id, entry.config_subentry_id, entry.entity_category)
        for entry in entries
    } == {
        "binary_sensor.front_connectivity": ("front_connectivity", "front", None),
        "binary_sensor.front_problem": ("front_problem", "front", None),
        "event.front_event": ("front_event", "front", None),
        "sensor.front_last_seen": ("front_last_seen", "front", EntityCategory.DIAGNOSTIC),
        "binary_sensor.esp_1_connectivity": ("esp_1_connectivity", "esp_1", None),
        "binary_sensor.esp_1_problem": ("esp_1_problem", "esp_1", None),
        "event.esp_1_event": ("esp_1_event", "esp_1", None),
        "sensor.esp_1_last_seen": ("esp_1_last_seen", "esp_1", EntityCategory.DIAGNOSTIC),
        "binary_sensor.house_ready_to_arm": ("house_ready_to_arm", "house", None),
        "button.house_run_drill": ("house_drill", "house", None),
        "sensor.house_last_drill": ("house_last_drill", "house", None),
        "sensor.house_time_of_the_last_drill": (
            "house_last_drill_at",
            "house",
            EntityCategory.DIAGNOSTIC,
        ),
        "event.house_event": ("house_event", "house", None),
        "sensor.house_protection": ("house_protection", "house", None),
        "sensor.mqtt_sentinel_open_incidents": ("hub_open_incidents", None, None),
    } | {
        f"sensor.mqtt_sentinel_{name}": (f"hub_{key}", None, EntityCategory.DIAGNOSTIC)
        for name, key in (
            ("message_rate", "messages_per_second"),
            ("errors", "errors"),
            ("dead_letters", "dead_letters"),
            ("broker_uptime", "broker_uptime"),
            ("queued_commands", "queue_depth"),
            ("command_success_rate", "publish_success"),
            ("commands_confirmed", "commands_confirmed"),
            ("commands_failed", "commands_failed"),
            ("commands_expired", "commands_expired"),
            ("journal_backlog", "journal_backlog"),
            ("journal_rows_lost", "journal_lost"),
            ("journal_write_latency", "journal_latency"),
        )
    }


async def test_the_names_come_from_the_translations(guarded: House) -> None:
    assert {
        entity_id: guarded.state(entity_id).name
        for entity_id in guarded.hass.states.async_entity_ids()
    } == {
        "alarm_control_panel.house": "House alarm",
        "button.house_run_drill": "House Run drill",
        "sensor.house_last_drill": "House Last drill",
        "sensor.house_time_of_the_last_drill": "House Time of the last drill",
        "binary_sensor.front_connectivity": "Front Connectivity",
        "binary_sensor.front_problem": "Front Problem",
        "event.front_event": "Front Event",
        "sensor.front_last_seen": "Front Last seen",
        "binary_sensor.esp_1_connectivity": "Esp 1 Connectivity",
        "binary_sensor.esp_1_problem": "Esp 1 Problem",
        "event.esp_1_event": "Esp 1 Event",
        "sensor.esp_1_last_seen": "Esp 1 Last seen",
        "binary_sensor.house_ready_to_arm": "House Ready to arm",
        "event.house_event": "House Event",
        "sensor.house_protection": "House Protection",
        "sensor.mqtt_sentinel_broker_uptime": "MQTT Sentinel Broker uptime",
        "sensor.mqtt_sentinel_command_success_rate": "MQTT Sentinel Command success rate",
        "sensor.mqtt_sentinel_commands_confirmed": "MQTT Sentinel Commands confirmed",
        "sensor.mqtt_sentinel_commands_expired": "MQTT Sentinel Commands expired",
        "sensor.mqtt_sentinel_commands_failed": "MQTT Sentinel Commands failed",
        "sensor.mqtt_sentinel_dead_letters": "MQTT Sentinel Dead letters",
        "sensor.mqtt_sentinel_errors": "MQTT Sentinel Errors",
        "sensor.mqtt_sentinel_journal_backlog": "MQTT Sentinel Journal backlog",
        "sensor.mqtt_sentinel_journal_rows_lost": "MQTT Sentinel Journal rows lost",
        "sensor.mqtt_sentinel_journal_write_latency": "MQTT Sentinel Journal write latency",
        "sensor.mqtt_sentinel_message_rate": "MQTT Sentinel Message rate",
        "sensor.mqtt_sentinel_open_incidents": "MQTT Sentinel Open incidents",
        "sensor.mqtt_sentinel_queued_commands": "MQTT Sentinel Queued commands",
    }


async def test_the_problem_sensor_says_why(guarded: House) -> None:
    await guarded.service(FRONT, "off")
    await guarded.clock.advance(GRACE)
    await guarded.panel("armed_away")
    armed = guarded.clock.now
    await guarded.clock.advance(SETTLE)
    missed = guarded.clock.now
    shown = dict(guarded.state("binary_sensor.front_problem").attributes)
    assert shown == {
        "device_class": "problem",
        "friendly_name": "Front Problem",
        "verdict": "mismatch",
        "reason": "did_not_turn_on",
        "proof": "none",
        "expected": "up",
        "expected_because": "House",
        "expected_since": armed,
        "mismatch_since": missed,
    }
    await guarded.service(FRONT, "on")
    shown = dict(guarded.state("binary_sensor.front_problem").attributes)
    assert (shown["verdict"], shown["reason"], shown["proof"]) == ("ok", "agrees", "live")
    assert shown["expected_since"] == armed
    assert shown["mismatch_since"] is None


async def test_last_seen_follows_live_messages_every_half_minute(guarded: House) -> None:
    seen = "sensor.front_last_seen"
    assert guarded.value(seen) == "unknown"
    assert guarded.state(seen).attributes["device_class"] == "timestamp"
    await guarded.service(FRONT, "off", retain=True)
    assert guarded.value(seen) == "unknown"

    # A goodbye may be the Last Will of a thing that is gone: no sign of life.
    await guarded.service(FRONT, "off")
    await guarded.clock.advance(30)
    assert guarded.value(seen) == "unknown"

    await guarded.service(FRONT, "on")
    first = guarded.clock.now[:19] + "+00:00"
    assert guarded.value(seen) == first
    # Pings bring no news of the verdict; they show with the next turn of the half minute.
    await guarded.clock.advance(10)
    await guarded.broker.publish(f"ping/{FRONT}", "")
    pinged = guarded.clock.now[:19] + "+00:00"
    assert guarded.value(seen) == first
    await guarded.clock.advance(30)
    assert guarded.value(seen) == pinged
    written = guarded.state(seen).last_reported
    await guarded.clock.advance(60)
    assert guarded.state(seen).last_reported == written


async def test_connections_are_events(guarded: House) -> None:
    event = "event.esp_1_event"
    online = {"device_id": "esp_1", "status": "online"}
    offline = {"device_id": "esp_1", "status": "offline"}
    assert guarded.value(event) == "unknown"
    await guarded.broker.publish("autocore/esp_1/status", online)
    assert guarded.value(event) != "unknown"
    assert dict(guarded.state(event).attributes) == {
        "event_types": [
            "connected",
            "disconnected",
            "mismatch",
            "recovered",
            "interaction",
            "system",
        ],
        "event_type": "connected",
        "friendly_name": "Esp 1 Event",
    }
    first = guarded.state(event)
    await guarded.broker.publish("autocore/esp_1/status", online)
    assert guarded.state(event) is first  # it is connected already

    await guarded.clock.advance(GRACE)
    states = guarded.follow(event)
    opened = guarded.clock.now
    await guarded.broker.publish("autocore/esp_1/status", offline)
    assert [state.attributes["event_type"] for state in states] == ["disconnected", "mismatch"]
    shown = dict(guarded.state(event).attributes)
    assert shown["reason"] == "disconnected"
    assert shown["severity"] == "warning"
    assert shown["connected"] is False
    assert shown["opened_at"] == opened
    assert shown["closed_at"] is None

    await guarded.clock.advance(1)
    await guarded.broker.publish("autocore/esp_1/status", online)
    assert [state.attributes["event_type"] for state in states[2:]] == ["connected", "recovered"]
    assert guarded.state(event).attributes["closed_at"] == guarded.clock.now


async def test_what_the_broker_kept_is_no_event(guarded: House) -> None:
    before = guarded.state("event.front_event")
    await guarded.service(FRONT, "on", retain=True)
    assert guarded.state("event.front_event") is before
    await guarded.service(FRONT, "on")
    assert guarded.state("event.front_event") is before


async def test_a_change_that_happened_unheard_is_an_event(guarded: House) -> None:
    await guarded.service(FRONT, "on")
    await guarded.broker.go()
    await guarded.broker.come()
    await guarded.clock.advance(1)
    await guarded.service(FRONT, "off", retain=True)
    assert guarded.state("event.front_event").attributes["event_type"] == "disconnected"


async def test_changes_of_the_protection_are_events(guarded: House) -> None:
    event = "event.house_event"
    assert guarded.value(event) == "unknown"
    assert guarded.state(event).attributes["event_types"] == [
        "protected",
        "degraded",
        "unprotected",
        "disarmed",
        "unknown",
        "drill_passed",
        "drill_failed",
        "drill_refused",
        "drill_interrupted",
        "drill_stopped",
    ]
    states = guarded.follow(event)
    await guarded.panel("armed_away")
    await guarded.clock.advance(GRACE)
    await guarded.service(FRONT, "on")
    await guarded.panel("disarmed")
    assert [(state.attributes["before"], state.attributes["event_type"]) for state in states] == [
        ("disarmed", "unknown"),
        ("unknown", "unprotected"),
        ("unprotected", "protected"),
        ("protected", "disarmed"),
    ]


async def test_the_protection_is_an_enumeration(guarded: House) -> None:
    shown = guarded.state("sensor.house_protection")
    assert shown.attributes["device_class"] == "enum"
    assert shown.attributes["options"] == [
        "protected",
        "degraded",
        "unprotected",
        "disarmed",
        "unknown",
    ]
    assert shown.attributes["services"] == [
        {"name": "Front", "verdict": "unknown", "reason": "nothing_heard", "proof": "none"}
    ]


async def test_a_name_from_the_user_stays(
    guarded: House, device_registry: dr.DeviceRegistry
) -> None:
    device = device_registry.async_get_device_by_identifier((DOMAIN, "front"), "hub")
    assert device
    device_registry.async_update_device(device.id, name_by_user="My camera")
    guarded.hass.config_entries.async_update_subentry(
        guarded.entry, guarded.entry.subentries["front"], title="Other"
    )
    await guarded.clock.settle()
    device = device_registry.async_get(device.id)
    assert device
    assert (device.name, device.name_by_user) == ("Other", "My camera")


async def test_disabled_entities_cost_the_others_nothing(
    guarded: House, entity_registry: er.EntityRegistry
) -> None:
    for entity_id in ("event.front_event", "sensor.house_protection"):
        entity_registry.async_update_entity(entity_id, disabled_by=er.RegistryEntryDisabler.USER)
    await guarded.reload()
    await guarded.panel("armed_away")
    await guarded.clock.advance(GRACE)
    assert guarded.problem("front") == "on"
    assert guarded.state("event.house_event").attributes["event_type"] == "unprotected"
