"""What is old is deleted; what is open, waits, or is another site's is not."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from custom_components.mqtt_sentinel.evidence.journal import retention
from custom_components.mqtt_sentinel.evidence.journal.models import INCIDENTS, OUTBOX
from custom_components.mqtt_sentinel.evidence.journal.reading import counts, media_size
from custom_components.mqtt_sentinel.evidence.journal.retention import (
    DEFAULT_DAYS,
    forget_media,
    purge,
)
from custom_components.mqtt_sentinel.evidence.journal.rows import Delivery, Kind, OutboxRow

from .house import Kept, clip, event, incident

DAY = 86400.0
NOW = 400 * DAY


async def test_the_old_goes_a_little_at_a_time(
    url: str, journal_at: Callable[..., Kept], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "_AT_ONCE", 7)
    kept = journal_at(url)
    await kept.journal.accept(
        *(event(at=at * DAY) for at in range(100)),
        *(event(at=at * DAY, site="cabin") for at in range(10)),
    )
    assert await purge(kept.journal, "home", 100 * DAY, {Kind.EVENTS: 90}) == 10
    assert sorted(await kept.event_times())[:11] == [at * DAY for at in (*range(10), 10)]
    assert await purge(kept.journal, "home", NOW, DEFAULT_DAYS) == 90
    assert (await kept.journal.read(counts))[Kind.EVENTS] == 10


async def test_an_open_incident_stays(url: str, journal_at: Callable[..., Kept]) -> None:
    kept = journal_at(url)
    await kept.journal.accept(
        incident("open"),
        incident("old", closed_at=NOW - 366 * DAY),
        incident("new", closed_at=NOW - 364 * DAY),
    )
    assert await purge(kept.journal, "home", NOW, DEFAULT_DAYS) == 1
    rows = await kept.ask(select(INCIDENTS.c.incident_id).order_by(INCIDENTS.c.id))
    assert [row[0] for row in rows] == ["open", "new"]


async def test_a_message_that_was_not_delivered_stays(
    url: str, journal_at: Callable[..., Kept]
) -> None:
    kept = journal_at(url)
    waiting = OutboxRow("home", "waiting", 0.0, "http", "d", "{}")
    done = replace(waiting, message_id="done", state=Delivery.DELIVERED, done_at=1.0)
    dead = replace(done, message_id="dead", state=Delivery.DEAD)
    await kept.journal.accept(waiting, done, dead)
    assert await purge(kept.journal, "home", NOW, DEFAULT_DAYS) == 1
    rows = await kept.ask(select(OUTBOX.c.message_id).order_by(OUTBOX.c.id))
    assert [row[0] for row in rows] == ["waiting", "dead"]


def test_each_kind_has_its_age_but_media() -> None:
    assert set(Kind) - set(DEFAULT_DAYS) == {Kind.MEDIA}


async def test_media_are_forgotten_by_name(url: str, journal_at: Callable[..., Kept]) -> None:
    kept = journal_at(url)
    rows = [clip(name, size=1) for name in "abc"]
    await kept.journal.accept(*rows, clip("a", site="cabin", size=1))
    gone = [row.media_id for row in rows[:2]]
    assert await kept.journal.transact(lambda link: forget_media(link, "home", gone)) == 2
    assert await kept.journal.read(lambda link: media_size(link, "home")) == 1
    assert await kept.journal.read(lambda link: media_size(link, "cabin")) == 1
