"""What the journal's tests have in common."""

import asyncio
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Select, func, select

from custom_components.mqtt_sentinel.evidence.journal.journal import Journal
from custom_components.mqtt_sentinel.evidence.journal.models import EVENTS
from custom_components.mqtt_sentinel.evidence.journal.news import JournalState, News, Phase
from custom_components.mqtt_sentinel.evidence.journal.rows import EventRow, IncidentRow, MediaRow

SECONDS = 30.0


def event(number: int = 0, **more: Any) -> EventRow:
    return EventRow(**{"site": "home", "at": float(number), "kind": "button", "name": "x"} | more)


def incident(name: str = "i1", **more: Any) -> IncidentRow:
    facts = {"name": "Door", "reason": "silent", "severity": "error", "opened_at": 1.0}
    return IncidentRow(**{"site": "home", "incident_id": name, "updated_at": 1.0} | facts | more)


def clip(name: str, camera: str = "cam", day: str = "2026-11-21", **more: Any) -> MediaRow:
    facts = {
        "site": "home",
        "media_id": f"{camera}/{day}/{name}",
        "kind": "clip",
        "camera_id": camera,
        "day": day,
        "recording_id": name,
        "part": 1,
        "began": 1.0,
        "duration": 10.0,
        "pre_roll": 5.0,
        "path": f"{camera}/{day}/{name}.mp4",
        "thumbnail": None,
        "size": 100,
        "sha256": "0" * 64,
        "source": "rtsp",
    }
    return MediaRow(**facts | more)


async def until(holds: Callable[[], Any]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(SECONDS):
        while not holds():  # noqa: ASYNC110 - a thread is waited for, too
            await asyncio.sleep(0.005)


class Kept:
    """A journal, and what it told."""

    def __init__(self, url: str, **options: Any) -> None:
        self.news: list[News] = []
        self.journal = Journal(url, self.news.append, **options)

    def states(self) -> list[JournalState]:
        return [what for what in self.news if isinstance(what, JournalState)]

    def told[T](self, kind: type[T]) -> list[T]:
        return [what for what in self.news if isinstance(what, kind)]

    async def is_in(self, phase: Phase) -> JournalState:
        """Wait until it is in a phase."""
        await until(lambda: self.journal.state.phase is phase)
        return self.journal.state

    async def all_written(self) -> None:
        """Wait until nothing waits."""
        await until(lambda: self.journal.metrics.backlog == 0)

    async def ask(self, query: Select[Any]) -> list[Any]:
        return await self.journal.read(lambda connection: list(connection.execute(query).all()))

    async def event_times(self) -> list[float]:
        """The times of all events, in the order in which they were written."""
        return [row[0] for row in await self.ask(select(EVENTS.c.at).order_by(EVENTS.c.id))]


def number_of_events(connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(EVENTS))
