"""What the tests of the journal read: the file itself, beside the integration."""

from collections.abc import Callable
from pathlib import Path
import sqlite3
import time
from typing import Any

from custom_components.mqtt_sentinel.chronicle.keeper import JournalKeeper

from .house import House

# The writer's thread lives in real time, which the clock of the house is not.
_PATIENCE = 20.0
_LOOK_EVERY = 0.01
_real_sleep, _real_time = time.sleep, time.perf_counter


def keeper_of(house: House) -> JournalKeeper:
    """The keeper of the hub's journal."""
    keeper: JournalKeeper = house.entry.runtime_data.journal
    return keeper


async def until(house: House, holds: Callable[[], bool]) -> None:
    """Wait for what another thread brings about."""
    end = _real_time() + _PATIENCE
    while not holds():
        assert _real_time() < end, "it does not come"
        await house.hass.async_add_executor_job(_real_sleep, _LOOK_EVERY)
        await house.clock.settle()


async def written(house: House) -> None:
    """Wait until everything so far is in the file."""
    journal = keeper_of(house).journal
    assert journal
    await journal.transact(lambda connection: None)


def rows(file: Path, kind: str) -> list[dict[str, Any]]:
    """The rows of a kind, in the order in which they were written."""
    connection = sqlite3.connect(file)
    try:
        connection.row_factory = sqlite3.Row
        found = connection.execute(f"SELECT * FROM sentinel_{kind} ORDER BY id").fetchall()
    finally:
        connection.close()
    return [dict(row) for row in found]


def issue_key(house: House) -> str | None:
    """What the issue about a journal that cannot be written says."""
    issue = house.issues.get("journal_failed_hub")
    return issue.translation_key if issue else None
