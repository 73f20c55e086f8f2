"""What a device tells of itself: address, firmware, uptime."""

from typing import Any

from homeassistant.const import EntityCategory
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest

from custom_components.mqtt_sentinel.const import DOMAIN
from custom_components.mqtt_sentinel.entities.details import DETAILS
from custom_components.mqtt_sentinel.outcome.values import DETAILS as NAMES

from .house import House, subentry_of, watch

ADDRESS, FIRMWARE, UPTIME = "sensor.esp_ip_address", "sensor.esp_firmware", "sensor.esp_uptime"
ALL = (ADDRESS, FIRMWARE, UPTIME)
TOLD: dict[str, Any] = {"ip_address": "192.0.2.7", "firmware_version": "1.2.3", "uptime": 77}


async def says(house: House, status: str, *, retain: bool = False, **details: Any) -> None:
    """The device says whether it is there, and what it is."""
    await house.broker.publish(
        "autocore/esp/status", {"device_id": "esp", "status": status, **details}, retain=retain
    )


@pytest.fixture
async def guarded(house: House) -> House:
    """A device of which nothing is known yet."""
    await house.set_up(watch("esp", dialect="autocore"))
    return house


def shown(house: House) -> list[str]:
    return [house.value(entity_id) for entity_id in ALL]


def firmware(house: House) -> str | None:
    device = dr.async_get(house.hass).async_get_device_by_identifier((DOMAIN, "esp"), "hub")
    assert device
    return device.sw_version


def test_every_detail_has_its_sensor() -> None:
    assert set(DETAILS) == set(NAMES)


async def test_details_appear_when_they_are_told(
    guarded: House, entity_registry: er.EntityRegistry
) -> None:
    assert not any(guarded.hass.states.get(entity_id) for entity_id in ALL)
    await says(guarded, "online", ip_address="192.0.2.7")
    assert guarded.value(ADDRESS) == "192.0.2.7"
    assert guarded.hass.states.get(FIRMWARE) is None
    await says(guarded, "online", **TOLD)
    assert shown(guarded) == ["192.0.2.7", "1.2.3", "77.0"]
    uptime = guarded.state(UPTIME).attributes
    assert uptime["device_class"] == "duration"
    assert uptime["unit_of_measurement"] == "s"
    assert [guarded.state(entity_id).name for entity_id in ALL] == [
        "Esp IP address",
        "Esp Firmware",
        "Esp Uptime",
    ]
    entries = [entity_registry.async_get(entity_id) for entity_id in ALL]
    assert [
        (entry.unique_id, entry.entity_category, entry.config_subentry_id)
        for entry in entries
        if entry
    ] == [
        (f"esp_detail_{name}", EntityCategory.DIAGNOSTIC, "esp")
        for name in ("ip_address", "firmware", "uptime")
    ]


async def test_news_are_shown_at_once_and_the_uptime_with_last_seen(guarded: House) -> None:
    await says(guarded, "online", **TOLD)
    await guarded.clock.advance(1)
    await says(guarded, "online", **TOLD | {"uptime": 78})
    assert guarded.value(UPTIME) == "77.0"
    await guarded.clock.advance(30)
    assert guarded.value(UPTIME) == "78.0"
    await says(guarded, "online", **TOLD | {"ip_address": "192.0.2.8"})
    assert guarded.value(ADDRESS) == "192.0.2.8"


async def test_details_are_unavailable_while_the_device_or_the_broker_is_gone(
    guarded: House,
) -> None:
    await says(guarded, "online", **TOLD)
    await says(guarded, "offline")
    assert shown(guarded) == 3 * ["unavailable"]
    await says(guarded, "online")
    assert shown(guarded) == ["192.0.2.7", "1.2.3", "unknown"]
    await guarded.broker.go()
    assert shown(guarded) == 3 * ["unavailable"]


async def test_details_come_back_after_a_restart(guarded: House) -> None:
    await says(guarded, "online", **TOLD)
    await guarded.reload()
    assert shown(guarded) == 3 * ["unavailable"]
    assert "restored" not in guarded.state(ADDRESS).attributes
    assert firmware(guarded) == "1.2.3"
    await says(guarded, "online", retain=True, **TOLD)
    # For how long it runs by now, the broker cannot know.
    assert shown(guarded) == ["192.0.2.7", "1.2.3", "unknown"]
    await says(guarded, "online", **TOLD | {"uptime": 99})
    assert shown(guarded) == ["192.0.2.7", "1.2.3", "99.0"]


async def test_the_device_shows_its_firmware(guarded: House) -> None:
    assert firmware(guarded) is None
    await says(guarded, "online", **TOLD)
    assert firmware(guarded) == "1.2.3"
    await says(guarded, "online", **TOLD | {"firmware_version": "1.3.0"})
    assert firmware(guarded) == "1.3.0"
    assert guarded.value(FIRMWARE) == "1.3.0"
    await says(guarded, "offline")
    assert firmware(guarded) == "1.3.0"


async def test_what_was_known_before_it_was_watched_is_shown(house: House) -> None:
    await house.set_up()
    await says(house, "online", **TOLD)
    subentry = subentry_of(watch("esp", dialect="autocore"))
    house.hass.config_entries.async_add_subentry(house.entry, subentry)
    await house.clock.settle()
    assert shown(house) == ["192.0.2.7", "1.2.3", "77.0"]
    assert firmware(house) == "1.2.3"


async def test_an_entity_of_another_version_is_left_alone(
    guarded: House, entity_registry: er.EntityRegistry
) -> None:
    entity_registry.async_get_or_create(
        "sensor",
        DOMAIN,
        "esp_detail_colour",
        config_entry=guarded.entry,
        config_subentry_id="esp",
    )
    await guarded.reload()
    await says(guarded, "online", **TOLD)
    assert shown(guarded) == ["192.0.2.7", "1.2.3", "77.0"]
