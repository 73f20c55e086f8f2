"""How what outlives a restart is written down where there is much of it."""

import asyncio
from datetime import timedelta
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.util.dt import utcnow
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.mqtt_sentinel import storage
from custom_components.mqtt_sentinel.const import DOMAIN
from custom_components.mqtt_sentinel.storage import Memory, MemoryStore
from custom_components.mqtt_sentinel.watch.watched import Snapshot

FILE = f"{DOMAIN}.hub"


class Things:
    """What there is to remember: as many watches as wanted, each seen ``at``."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.at = 1.0

    def remember(self) -> Memory:
        names = [f"watch {number}" for number in range(self.number)]
        return Memory({name: Snapshot(last_seen=self.at) for name in names})


def seen(stored: dict[str, Any]) -> set[float]:
    return {watch["last_seen"] for watch in stored[FILE]["data"]["watches"].values()}


@pytest.fixture
def in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two watches are prepared, then others have their turn."""
    monkeypatch.setattr(storage, "_PART", 2)
    monkeypatch.setattr(storage, "_PAUSE", 0)


@pytest.mark.usefixtures("in_parts")
async def test_what_is_prepared_in_parts_is_of_one_moment(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    things = Things(7)
    store = MemoryStore(hass, "hub", things.remember)
    store.save_soon()
    await asyncio.sleep(0)  # it begins
    await asyncio.sleep(0)
    assert FILE not in hass_storage
    things.at = 2.0
    store.save_soon()  # a change while it is prepared is written afterwards
    await hass.async_block_till_done()
    assert len(hass_storage[FILE]["data"]["watches"]) == 7
    assert seen(hass_storage) == {1.0}
    async_fire_time_changed(hass, utcnow() + timedelta(seconds=1))  # the pause is over
    await hass.async_block_till_done()
    assert seen(hass_storage) == {2.0}
    await store.save()


@pytest.mark.usefixtures("in_parts")
async def test_what_is_older_is_not_written_after_the_last_word(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    things = Things(7)
    store = MemoryStore(hass, "hub", things.remember)
    store.save_soon()
    await asyncio.sleep(0)
    things.at = 2.0
    await store.save()
    await hass.async_block_till_done()
    assert seen(hass_storage) == {2.0}
