"""What is old is deleted, a little at a time, so that writing never waits long for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Connection, delete, select, update

from .models import INCIDENTS, KEPT, MEDIA, OUTBOX
from .rows import Delivery, Kind

if TYPE_CHECKING:
    from collections.abc import Collection

    from .journal import Journal

# Days. Media go with their files, which others look after.
DEFAULT_DAYS: Mapping[Kind, int] = MappingProxyType(
    {
        Kind.EVENTS: 90,
        Kind.CONNECTIONS: 30,
        Kind.RELAYS: 30,
        Kind.INCIDENTS: 365,
        Kind.COMMANDS: 30,
        Kind.DEAD_LETTERS: 30,
        Kind.OUTBOX: 7,
    }
)
_DAY = 86400.0
_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class _Age:
    """By which time a row is old, and which may go at all."""

    column: str = "at"
    may_go: Callable[[], ColumnElement[bool]] | None = None


# An open incident has no time of closing, a message that waits none of its end: such are never old.
# What could not be delivered waits for somebody to look at it.
_AGES: Mapping[Kind, _Age] = MappingProxyType(
    {
        Kind.INCIDENTS: _Age("closed_at"),
        Kind.OUTBOX: _Age("done_at", lambda: OUTBOX.c.state == Delivery.DELIVERED.value),
    }
)
_BY_ITS_TIME = _Age()


def delete_old(
    connection: Connection, kind: Kind, before: float, site: str, most: int = _AT_ONCE
) -> int:
    """Delete the oldest rows of a site from before a time, so many at most; how many it were."""
    table, age = KEPT[kind].table, _AGES.get(kind, _BY_ITS_TIME)
    column = table.c[age.column]
    query = select(table.c.id).where(table.c.site == site, column < before)
    if age.may_go is not None:
        query = query.where(age.may_go())
    old = connection.scalars(query.order_by(column).limit(most)).all()
    if old:
        connection.execute(delete(table).where(table.c.id.in_(old)))
    return len(old)


async def purge(journal: Journal, site: str, now: float, days: Mapping[Kind, int]) -> int:
    """Delete what is older than so many days, kind by kind; how many rows it were.

    What others want to write comes in between. Raises JournalError.
    """
    deleted = 0
    for kind, age in days.items():
        old = partial(delete_old, kind=kind, before=now - age * _DAY, site=site)
        while True:
            number = await journal.transact(old)
            deleted += number
            if number < _AT_ONCE:
                break
    return deleted


def forget_media(connection: Connection, site: str, media_ids: Collection[str]) -> int:
    """Delete the rows of media whose files are gone; how many it were."""
    mine = (MEDIA.c.site == site, MEDIA.c.media_id.in_(media_ids))
    return connection.execute(delete(MEDIA).where(*mine)).rowcount


def close_lost(connection: Connection, site: str, known: Collection[str], at: float) -> int:
    """Close the incidents of a site that are open in the journal only; how many it were.

    ``known`` are the ids of those that are open. What opened after ``at`` is left alone.
    """
    still_open = (
        INCIDENTS.c.site == site,
        INCIDENTS.c.closed_at.is_(None),
        INCIDENTS.c.opened_at < at,
    )
    found = connection.execute(select(INCIDENTS.c.id, INCIDENTS.c.incident_id).where(*still_open))
    lost = [number for number, incident_id in found if incident_id not in known]
    for number in lost:
        mine = INCIDENTS.c.id == number
        connection.execute(update(INCIDENTS).where(mine).values(closed_at=at, updated_at=at))
    return len(lost)
