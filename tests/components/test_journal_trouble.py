"""A journal that cannot be written: told, waited for, and nobody else's trouble."""

import logging
from pathlib import Path
import sqlite3
import threading
import time
from typing import Any
from unittest.mock import patch

from homeassistant.core import Context
from homeassistant.exceptions import HomeAssistantError, Unauthorized
from homeassistant.setup import async_setup_component
import probatio as vol
import pytest
from pytest_homeassistant_custom_component.common import MockUser, get_system_health_info
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.mqtt_sentinel.const import DOMAIN
from custom_components.mqtt_sentinel.evidence.journal import writer as writer_module
from custom_components.mqtt_sentinel.evidence.journal.failures import JournalError, Trouble
from custom_components.mqtt_sentinel.evidence.journal.news import Phase, Refusal
from custom_components.mqtt_sentinel.evidence.journal.schema import VERSION
from custom_components.mqtt_sentinel.evidence.journal.store import Store

from .house import GRACE, House, watch
from .journals import issue_key, keeper_of, rows, until, written
from .test_repairs import Repairs

FRONT = "object_detection/front"
PASSWORD = "hunter2"
DAMAGED = b"this is no database" * 1000
# Nobody listens there.
ELSEWHERE = f"postgresql://sentinel:{PASSWORD}@127.0.0.1:9/journal"


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again soon."""
    monkeypatch.setattr(writer_module, "_FIRST_PAUSE", 0.005)
    monkeypatch.setattr(writer_module, "_LONGEST_PAUSE", 0.02)


async def everything_else_works(house: House) -> None:
    """A watch is judged, and its incident told."""
    await house.service(FRONT, "on")
    await house.clock.advance(GRACE)
    await house.service(FRONT, "off")
    assert house.judged("front")[:2] == ("mismatch", "disconnected")
    assert house.issue("front") == "disconnected_always"
    # That the journal fails is told, too, when that is found out.
    of_watches = [told for told in house.fired if told[1] != "journal_failed"]
    assert of_watches == [("mismatch", "disconnected")]


def log_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the keeper said, but for details."""
    return [
        record.message
        for record in caplog.records
        if record.name.endswith("chronicle.keeper") and record.levelno > logging.DEBUG
    ]


async def test_a_server_that_cannot_be_reached(
    house: House,
    hass_client: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await house.set_up(watch("front"), journal_url=ELSEWHERE)  # type: ignore[arg-type]  # no number
    await until(house, lambda: issue_key(house) is not None)
    issue = house.issues["journal_failed_hub"]
    # It depends on what the tests run with.
    assert issue.translation_key in {"journal_no_driver", "journal_cannot_connect"}
    assert (issue.severity, issue.is_fixable) == ("error", False)
    await everything_else_works(house)
    assert len(log_of(caplog)) == 1
    found = await get_diagnostics_for_config_entry(house.hass, hass_client, house.entry)
    assert found["options"]["journal_url"] == "**REDACTED**"
    assert (found["journal"]["phase"], found["journal"]["rows"]) == ("failing", None)
    assert found["journal"]["backlog"] >= 3
    assert await async_setup_component(house.hass, "system_health", {})
    health = await get_system_health_info(house.hass, DOMAIN)
    assert health["journal"] == "failing"
    assert health["journal_address"] == "postgresql://sentinel:***@127.0.0.1:9/journal"
    told = [issue.translation_placeholders, found, health, caplog.text]
    told += [state.as_dict() for state in house.hass.states.async_all()]
    assert PASSWORD not in str(told)


async def test_set_up_waits_for_no_database(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    may_open = threading.Event()
    opening = Store.open

    def hang(self: Store, **kwargs: Any) -> Path | None:
        assert may_open.wait(60)
        return opening(self, **kwargs)

    monkeypatch.setattr(Store, "open", hang)
    try:
        await house.set_up(watch("front"))
        await everything_else_works(house)
        keeper = keeper_of(house)
        assert keeper.state.phase is Phase.STARTING
        assert keeper.metrics.backlog >= 3
    finally:
        may_open.set()
    await written(house)
    assert keeper.metrics.backlog == 0


async def test_it_recovers(
    house: House, journal_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await house.hass.async_add_executor_job(journal_file.mkdir)  # what is there is no file
    await house.set_up(watch("front"))
    await until(house, lambda: issue_key(house) is not None)
    await everything_else_works(house)
    await house.hass.async_add_executor_job(journal_file.rmdir)
    await until(house, lambda: issue_key(house) is None)
    await written(house)
    # What happened meanwhile waited.
    assert [row["connected"] for row in rows(journal_file, "connections")] == [1, 0]
    assert len(log_of(caplog)) == 2
    told = [turn for turn, reason in house.fired if reason == "journal_failed"]
    assert told == ["mismatch", "recovered"]


async def test_a_damaged_file_is_moved_aside_until_somebody_saw_it(
    house: House, journal_file: Path, hass_client: ClientSessionGenerator
) -> None:
    await house.hass.async_add_executor_job(journal_file.write_bytes, DAMAGED)
    await house.set_up(watch("front"))
    await until(house, lambda: "journal_moved_hub" in house.issues)
    await everything_else_works(house)
    await written(house)
    assert len(rows(journal_file, "incidents")) == 1
    [moved] = journal_file.parent.glob("*.corrupt-*")
    assert await house.hass.async_add_executor_job(moved.read_bytes) == DAMAGED
    await house.reload()
    assert "journal_moved_hub" in house.issues  # it stays until then
    repairs = Repairs(house, await hass_client())
    dialog = await repairs.open("journal_moved_hub")
    assert (dialog["type"], dialog["step_id"]) == ("form", "confirm")
    assert (await repairs._post(f"/api/repairs/issues/fix/{dialog['flow_id']}", {}))[
        "type"
    ] == "create_entry"
    assert "journal_moved_hub" not in house.issues


async def test_a_newer_journal_is_left_alone(house: House, journal_file: Path) -> None:
    await house.set_up(watch("front"))
    await written(house)
    await house.hass.config_entries.async_unload(house.entry.entry_id)
    connection = sqlite3.connect(journal_file)
    connection.execute("UPDATE sentinel_meta SET value = '999' WHERE name = ?", (VERSION,))
    connection.commit()
    connection.close()
    assert await house.hass.config_entries.async_setup(house.entry.entry_id)
    await until(house, lambda: issue_key(house) is not None)
    assert issue_key(house) == "journal_newer_schema"
    await house.clock.advance(1)
    await everything_else_works(house)
    await house.hass.config_entries.async_unload(house.entry.entry_id)
    assert issue_key(house) is None
    assert rows(journal_file, "connections") == []


@pytest.mark.parametrize("trouble", list(Trouble))
async def test_the_issue_says_why(house: House, trouble: Trouble) -> None:
    def fail(*_: object, **__: object) -> None:
        raise JournalError("<b>said</b>", trouble)

    with patch.object(Store, "open", fail):
        await house.set_up(watch("front"))
        await until(house, lambda: issue_key(house) is not None)
    issue = house.issues["journal_failed_hub"]
    assert issue.translation_key == f"journal_{trouble.value}"
    assert issue.translation_placeholders
    assert issue.translation_placeholders["said"] == "\\<b\\>said\\</b\\>"


async def test_what_the_database_refuses_is_told_once(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    await house.set_up(watch("front"))
    keeper = keeper_of(house)
    assert keeper.journal
    for _ in range(2):
        keeper._told(keeper.journal, Refusal((), "too long"))
    assert len(log_of(caplog)) == 1
    caplog.clear()


async def test_what_could_not_be_written_at_the_end_is_told(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("custom_components.mqtt_sentinel.chronicle.keeper._AT_THE_END_IN_VAIN", 0.1)
    await house.set_up(watch("front"), journal_url=ELSEWHERE)  # type: ignore[arg-type]  # no number
    await house.service(FRONT, "on")
    await until(house, lambda: issue_key(house) is not None)
    began = time.perf_counter()
    await house.hass.config_entries.async_unload(house.entry.entry_id)
    assert time.perf_counter() - began < 5
    assert log_of(caplog)[-1] == "The journal ended before 1 rows were written"


async def test_what_could_not_be_written_goes_to_another_journal(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("custom_components.mqtt_sentinel.chronicle.keeper._AT_THE_END_IN_VAIN", 0.1)
    await house.set_up(watch("front"), watch("back"), journal_url=ELSEWHERE)  # type: ignore[arg-type]  # no number
    await house.service("object_detection/front", "on")
    await house.clock.advance(60)  # the back one is silent
    await house.service("object_detection/front", "off")
    await house.service("object_detection/front", "on")
    other = tmp_path / "other.db"
    house.hass.config_entries.async_update_entry(
        house.entry, options={**house.entry.options, "journal_url": f"sqlite:///{other}"}
    )
    await house.clock.settle()
    await house.service("object_detection/back", "on")
    await until(house, lambda: not keeper_of(house)._ending)
    await written(house)
    found = [(row["watch_id"], row["connected"]) for row in rows(other, "connections")]
    assert sorted(found) == [("back", 1), ("front", 0), ("front", 1), ("front", 1)]
    incidents = {row["watch_id"]: row["closed_at"] is None for row in rows(other, "incidents")}
    assert incidents == {"front": False, "back": False}
    assert keeper_of(house).lost == 0


# Purging


@pytest.fixture
async def kept(house: House) -> House:
    """A hub whose journal has a connection, a dead letter, and an incident that is over."""
    await house.set_up(watch("front"))
    await everything_else_works(house)
    await house.service(FRONT, "on")
    await house.service(FRONT, "perhaps")
    await house.clock.advance(60)
    return house


async def purge(house: House, context: Context | None = None, **data: Any) -> Any:
    return await house.hass.services.async_call(
        DOMAIN, "purge", data, blocking=True, return_response=True, context=context
    )


async def test_purge(kept: House, journal_file: Path) -> None:
    assert (await purge(kept, keep_days=1))["total"] == 0
    assert await purge(kept, keep_days=0, kinds=["dead_letters"]) == {
        "total": 1,
        "deleted": {"dead_letters": 1},
    }
    answer = await purge(kept, keep_days=0)
    assert answer["total"] == 4
    assert (answer["deleted"]["connections"], answer["deleted"]["incidents"]) == (3, 1)
    assert rows(journal_file, "connections") == []


async def test_purge_is_for_administrators(kept: House, hass_read_only_user: MockUser) -> None:
    with pytest.raises(Unauthorized):
        await purge(kept, Context(user_id=hass_read_only_user.id), keep_days=0)


@pytest.mark.parametrize("data", [{}, {"keep_days": -1}, {"keep_days": 1, "kinds": ["media"]}])
async def test_what_cannot_be_purged(kept: House, data: dict[str, Any]) -> None:
    with pytest.raises(vol.Invalid):
        await purge(kept, **data)


async def test_purging_without_a_journal(kept: House) -> None:
    await keeper_of(kept).stop()
    with pytest.raises(HomeAssistantError) as caught:
        await purge(kept, keep_days=0)
    assert caught.value.translation_key == "journal_failed"
