"""What the journal takes: rows a second on a disk, beside an event loop, and how late that gets."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, closing
from pathlib import Path
import sqlite3
from statistics import median
import tempfile
from time import perf_counter
from typing import Any

from custom_components.mqtt_sentinel.evidence.journal.address import default_url
from custom_components.mqtt_sentinel.evidence.journal.journal import Journal
from custom_components.mqtt_sentinel.evidence.journal.rows import EventRow

from .results import Judged, Row, percentile

_RATE = 50_000
"""Rows a second that are asked for."""
_SLICE = 0.002
"""Seconds between two handfuls of rows, as they come with messages."""
_AT_ONCE = 500
_MOST_WAITING = 20_000
_TICK = 0.002
_MILLISECONDS = 1000.0


class JournalBenchError(Exception):
    """The journal did not keep all that it was given; the text says what."""


def _event(number: int) -> EventRow:
    return EventRow(
        "site",
        1_800_000_000.0 + number,
        "button",
        "Garden gate",
        watch_id="01J9ZV3M5E7Q8R6T4W2Y0X1A2B",
        device_id="gate",
        event_id=f"event-{number}",
        dialect="services",
        source="sensor/button",
        data={"button": 1, "pressed": True, "battery": 87.5},
    )


async def measure_journal(rows: int, rounds: int, seconds: float) -> list[Row]:
    """Rows a second in batches, how late the loop is at the rate that is asked for, and ``accept()``."""
    with tempfile.TemporaryDirectory(prefix="sentinel-journal-", dir=Path.cwd()) as folder:
        async with _journal(Path(folder)) as journal:
            taken = [await _flood(journal, rows) for _ in range(rounds)]
            idle = await _lags(asyncio.sleep(seconds))
            lags = await _lags(_pace(journal, seconds))
            behind = journal.metrics.backlog
            accepted = await _accept(journal, 100 * rounds)
            metrics = journal.metrics
        if metrics.dropped or metrics.refused:
            raise JournalBenchError(f"not all was kept: {metrics}")
        bare = _bare(Path(folder), 100 * rounds)
    micros = median(taken) / rows * 1e6
    but = f"{behind} rows were not written yet" if behind > _RATE else ""
    return [
        Row(
            "journal",
            f"a row in batches on SQLite ({1e6 / micros:,.0f} rows/s)",
            "us",
            micros,
            None,
            None,
            1e6 / _RATE,
            Judged.OURS,
        ),
        Row(
            "journal_lag",
            f"event loop lag (p99) at {_RATE:,} rows/s",
            "ms",
            percentile(lags, 0.99) * _MILLISECONDS,
            percentile(idle, 0.99) * _MILLISECONDS,
            None,
            10.0,
            Judged.OURS,
            but,
        ),
        Row(
            "journal_accept",
            "accept() of a row (p99), against a bare commit that is synced",
            "ms",
            percentile(accepted, 0.99) * _MILLISECONDS,
            percentile(bare, 0.99) * _MILLISECONDS,
            None,
            50.0,
            Judged.OURS,
        ),
    ]


@asynccontextmanager
async def _journal(folder: Path) -> AsyncIterator[Journal]:
    journal = Journal(default_url(folder), lambda _: None)
    journal.start()
    try:
        await journal.accept(_event(0))
        yield journal
    finally:
        await journal.stop()


async def _flood(journal: Journal, rows: int) -> float:
    """Seconds until so many rows are written, handed over as fast as they are."""
    began = perf_counter()
    for first in range(0, rows, _AT_ONCE):
        for number in range(first, min(first + _AT_ONCE, rows)):
            journal.write(_event(number))
        await asyncio.sleep(0)
        await _until(lambda: journal.metrics.backlog < _MOST_WAITING)
    await _until(lambda: journal.metrics.backlog == 0)
    return perf_counter() - began


async def _until(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110 - a thread is waited for
        await asyncio.sleep(0.001)


async def _pace(journal: Journal, seconds: float) -> None:
    """Write at the rate that is asked for."""
    began, written = perf_counter(), 0
    while (now := perf_counter() - began) < seconds:
        # What a late loop did not get to comes in handfuls, too, or it would measure itself.
        due = min(int(now * _RATE) - written, 2 * int(_RATE * _SLICE))
        for number in range(written, written + due):
            journal.write(_event(number))
        written += max(due, 0)
        await asyncio.sleep(_SLICE)
    if written < _RATE * seconds * 0.9:
        raise JournalBenchError(f"only {written / seconds:.0f} rows a second were written")


async def _lags(during: Coroutine[Any, Any, None]) -> list[float]:
    """By how much a task that sleeps a little, again and again, wakes too late meanwhile."""
    lags: list[float] = []
    task = asyncio.create_task(during)
    while not task.done():
        began = perf_counter()
        await asyncio.sleep(_TICK)
        lags.append(perf_counter() - began - _TICK)
    await task
    return lags


async def _accept(journal: Journal, times: int) -> list[float]:
    """Seconds of each ``accept()``, one after the other."""
    taken = []
    for number in range(times):
        began = perf_counter()
        await journal.accept(_event(number))
        taken.append(perf_counter() - began)
    return taken


def _bare(folder: Path, times: int) -> list[float]:
    """Seconds of a commit that is synced, without any journal."""
    taken = []
    with closing(sqlite3.connect(folder / "bare.db", isolation_level=None)) as link:
        link.execute("PRAGMA journal_mode=WAL")
        link.execute("PRAGMA synchronous=FULL")
        link.execute("CREATE TABLE t (at DOUBLE, data TEXT)")
        for number in range(times):
            began = perf_counter()
            link.execute("INSERT INTO t VALUES (?, ?)", (float(number), "data"))
            taken.append(perf_counter() - began)
    return taken
