"""Where the journal is, and for how long what is kept: the options."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.mqtt_sentinel.config_flow import options as options_module
from custom_components.mqtt_sentinel.evidence.journal.failures import Trouble

from .house import House, watch
from .journals import keeper_of, rows, until, written

FRONT = "object_detection/front"
DAYS = {
    "events": 90,
    "connections": 30,
    "relays": 30,
    "incidents": 365,
    "commands": 30,
    "dead_letters": 30,
}


async def begin(house: House) -> ConfigFlowResult:
    """Open the step of the journal."""
    flows = house.hass.config_entries.options
    flow = await flows.async_init(house.entry.entry_id)
    assert flow["menu_options"] == ["checks", "journal", "clips"]
    return await flows.async_configure(flow["flow_id"], {"next_step_id": "journal"})


async def fill_in(house: House, flow: ConfigFlowResult, **data: Any) -> ConfigFlowResult:
    """Fill it in; all ages stay unless they are given."""
    answers = {"keep_days": DAYS} | data
    result = await house.hass.config_entries.options.async_configure(flow["flow_id"], answers)
    await house.clock.settle()
    return result


def shown(flow: ConfigFlowResult) -> str:
    """All that the dialog shows."""
    schema = flow["data_schema"]
    assert schema
    fields = [(str(key), key.description, str(key.default)) for key in schema.schema]
    return str([fields, flow["description_placeholders"], flow["errors"]])


async def test_the_ages(house: House, journal_file: Path) -> None:
    await house.set_up(watch("front"))
    flow = await begin(house)
    schema = flow["data_schema"]
    assert schema
    assert schema({"keep_days": {}}) == {"keep_days": DAYS}
    assert flow["description_placeholders"] == {"address": f"sqlite:///{journal_file}"}
    before = keeper_of(house).journal
    flow = await fill_in(house, flow, keep_days=DAYS | {"events": 7.0})
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    assert house.entry.options["keep_days"] == DAYS | {"events": 7}
    assert type(house.entry.options["keep_days"]["events"]) is int
    assert "journal_url" not in house.entry.options
    assert house.entry.options["settle"] == 15
    assert keeper_of(house).journal is before
    again = (await begin(house))["data_schema"]
    assert again
    assert again({"keep_days": {}})["keep_days"]["events"] == 7


async def test_another_journal_and_back(house: House, journal_file: Path, tmp_path: Path) -> None:
    await house.set_up(watch("front"), watch("back"))
    await house.service(FRONT, "on")
    await house.clock.advance(60)  # the back one is silent
    hub = house.entry.runtime_data
    other = tmp_path / "other.db"
    flow = await fill_in(house, await begin(house), journal_url=f" sqlite:///{other} ")
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    assert house.entry.options["journal_url"] == f"sqlite:///{other}"
    await house.service(FRONT, "off")
    await written(house)
    assert house.entry.runtime_data is hub  # nobody's verdict is lost
    # What happens from now on, and what is open.
    assert [row["connected"] for row in rows(other, "connections")] == [0]
    assert {row["watch_id"] for row in rows(other, "incidents")} == {"front", "back"}
    await until(house, lambda: not keeper_of(house)._ending)
    assert [row["connected"] for row in rows(journal_file, "connections")] == [1]

    flow = await begin(house)
    assert str(other) in flow["description_placeholders"]["address"]
    flow = await fill_in(house, flow, journal_here=False)
    assert house.entry.options["journal_url"] == f"sqlite:///{other}"  # empty keeps it
    flow = await fill_in(house, await begin(house), journal_here=True, journal_url="sqlite:///x")
    assert flow["errors"] == {"journal_here": "journal_two_places"}
    flow = await fill_in(house, flow, journal_here=True)
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    assert "journal_url" not in house.entry.options
    await house.service(FRONT, "on")
    await written(house)
    assert [row["connected"] for row in rows(journal_file, "connections")] == [1, 1]
    assert "journal_here" not in shown(await begin(house))


async def test_what_is_no_address(house: House) -> None:
    await house.set_up(watch("front"))
    address = "oracle://me:hunter2@there/x"
    flow = await fill_in(house, await begin(house), journal_url=address)
    assert flow["errors"] == {"journal_url": "journal_bad_url"}
    assert "hunter2" not in shown(flow)
    flow = await fill_in(house, flow)
    assert flow["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble.BAD_URL,
        Trouble.NO_DRIVER,
        Trouble.CANNOT_CONNECT,
        Trouble.NO_RIGHTS,
        Trouble.NEWER_SCHEMA,
    ],
)
async def test_every_trouble_has_its_words(
    house: House, monkeypatch: pytest.MonkeyPatch, trouble: Trouble
) -> None:
    found: Callable[[str], Trouble] = lambda _: trouble  # noqa: E731
    monkeypatch.setattr(options_module, "check", found)
    await house.set_up()
    flow = await fill_in(house, await begin(house), journal_url="sqlite:///x")
    assert flow["errors"] == {"journal_url": f"journal_{trouble.value}"}
