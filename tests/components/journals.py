"""What the tests of the journal read: the file itself, beside the integration."""

from collections.abc import Callable
from pathlib import Path
import sqlite3
import time
from typing import Any

from custom_components.mqtt_sentinel.chronicle.keeper import JournalKeeper

from .house import House

# The writer's thread lives in real time, which the clock of the house is not.
_MOST_LOOKS = 2_000
_LOOK_EVERY = 0.01


def keeper_of(house: House) -> JournalKeeper:
    """The keeper of the hub's journal."""
    keeper: JournalKeeper = house.entry.runtime_data.journal
    return keeper


async def until(house: House, holds: Callable[[], bool]) -> None:
    """Wait for what another thread brings about."""
    for _ in range(_MOST_LOOKS):
        if holds():
            return
        await house.hass.async_add_executor_job(time.sleep, _LOOK_EVERY)
        await house.clock.settle()
    raise AssertionError("it does not come")


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
