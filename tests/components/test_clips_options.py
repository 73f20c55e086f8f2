"""How much of what cameras recorded is kept: the options, and the disk."""

from pathlib import Path

from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.mqtt_sentinel.cameras.cameras import Cameras
from custom_components.mqtt_sentinel.setup.clips import limits_of

from .house import House

GIGABYTE = 10**9


async def test_what_is_kept_can_be_chosen(house: House, media_folder: Path) -> None:
    entry = await house.set_up()
    flow = house.hass.config_entries.options
    shown = await flow.async_init(entry.entry_id)
    shown = await flow.async_configure(shown["flow_id"], {"next_step_id": "clips"})
    assert shown["description_placeholders"] == {"folder": str(media_folder / "mqtt_sentinel")}
    fields = shown["data_schema"]({})
    assert fields == {"clips_days": 30, "clips_size": 10.0, "clips_free": 1.0}
    chosen = {"clips_days": 7, "clips_size": 2.5, "clips_free": 0.5}
    done = await flow.async_configure(shown["flow_id"], chosen)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await house.clock.settle()
    assert chosen.items() <= entry.options.items()
    limits = limits_of(entry.options)
    assert (limits.age, limits.size, limits.free) == (7 * 86_400, 2.5 * GIGABYTE, GIGABYTE // 2)
    # It holds from now on, with no reload.
    recordings = entry.runtime_data.cameras._recordings
    assert recordings._recorder._limits == limits


@pytest.fixture
async def cameras(house: House) -> Cameras:
    """The cameras of a house; there are none."""
    entry = await house.set_up()
    cameras: Cameras = entry.runtime_data.cameras
    return cameras


async def test_a_full_disk_is_an_incident_that_closes_by_itself(
    house: House, cameras: Cameras
) -> None:
    cameras.disk_room(52 * 1024**2)
    cameras.disk_room(50 * 1024**2)
    issue = house.issues["disk_full_hub"]
    assert issue.translation_placeholders == {"free": "50"}
    assert house.fired == [("mismatch", "disk_full")]
    cameras.disk_room(None)
    assert "disk_full_hub" not in house.issues
    await house.clock.settle()
    assert house.fired == [("mismatch", "disk_full"), ("recovered", "disk_full")]
