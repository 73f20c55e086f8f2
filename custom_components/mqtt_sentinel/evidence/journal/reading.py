"""What is asked of the journal: queries for :meth:`.journal.Journal.read`. Each blocks."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import Connection, RowMapping, Select, func, select

from .models import INCIDENTS, KEPT, MEDIA, OUTBOX, Kept
from .rows import IncidentRow, Kind, MediaRow, OutboxRow

if TYPE_CHECKING:
    from .rows import Row

_AT_ONCE = 200


def rows_of[R: Row](connection: Connection, row: type[R], query: Select[Any]) -> list[R]:
    """The rows of a query for all columns of their table."""
    kept = next(kept for kept in KEPT.values() if kept.row is row)
    return [row(**_fields(kept, found)) for found in connection.execute(query).mappings()]


def _fields(kept: Kept, found: RowMapping) -> dict[str, Any]:
    return {
        name: orjson.loads(found[name])
        if name in kept.json and found[name] is not None
        else found[name]
        for name in kept.columns
    }


def days(connection: Connection, site: str, camera_id: str) -> dict[str, int]:
    """The days on which a camera has media, newest first, and how many each."""
    query = (
        select(MEDIA.c.day, func.count())
        .where(MEDIA.c.site == site, MEDIA.c.camera_id == camera_id)
        .group_by(MEDIA.c.day)
        .order_by(MEDIA.c.day.desc())
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def media_of_day(connection: Connection, site: str, camera_id: str, day: str) -> list[MediaRow]:
    """The media of a camera on a day, oldest first."""
    mine = (MEDIA.c.site == site, MEDIA.c.camera_id == camera_id, MEDIA.c.day == day)
    query = select(MEDIA).where(*mine).order_by(MEDIA.c.began, MEDIA.c.id)
    return rows_of(connection, MediaRow, query)


def media(connection: Connection, site: str, media_id: str) -> MediaRow | None:
    """One clip, picture or video; None if there is none of that id."""
    query = select(MEDIA).where(MEDIA.c.site == site, MEDIA.c.media_id == media_id)
    found = rows_of(connection, MediaRow, query)
    return found[0] if found else None


def latest_media(connection: Connection, site: str) -> dict[str, MediaRow]:
    """The newest of each camera, by the camera's id."""
    newest = (
        select(MEDIA.c.camera_id, func.max(MEDIA.c.began).label("began"))
        .where(MEDIA.c.site == site)
        .group_by(MEDIA.c.camera_id)
        .subquery()
    )
    query = (
        select(MEDIA)
        .join(
            newest,
            (MEDIA.c.camera_id == newest.c.camera_id) & (MEDIA.c.began == newest.c.began),
        )
        .where(MEDIA.c.site == site)
        .order_by(MEDIA.c.id)
    )
    return {row.camera_id: row for row in rows_of(connection, MediaRow, query)}


def media_size(connection: Connection, site: str) -> int:
    """How many bytes all media of a site have."""
    return int(connection.scalar(select(func.sum(MEDIA.c.size)).where(MEDIA.c.site == site)) or 0)


def oldest_media(
    connection: Connection, site: str, spared: Collection[str] = (), before: float | None = None
) -> Iterator[MediaRow]:
    """All media, oldest first, but none of the spared incidents; only what began ``before``."""
    kept = frozenset(spared)
    last: tuple[float, int] | None = None
    while True:
        query = select(MEDIA).where(MEDIA.c.site == site).order_by(MEDIA.c.began, MEDIA.c.id)
        if before is not None:
            query = query.where(MEDIA.c.began < before)
        if last is not None:
            began, number = last
            query = query.where(
                (MEDIA.c.began > began) | ((MEDIA.c.began == began) & (MEDIA.c.id > number))
            )
        found = connection.execute(query.limit(_AT_ONCE)).mappings().all()
        for one in found:
            row = MediaRow(**_fields(KEPT[Kind.MEDIA], one))
            if kept.isdisjoint(row.incident_ids):
                yield row
        if len(found) < _AT_ONCE:
            return
        last = found[-1]["began"], found[-1]["id"]


def media_of_incidents(
    connection: Connection, site: str, incident_ids: Collection[str], since: float
) -> dict[str, list[str]]:
    """The ids of what was recorded for incidents, by theirs, oldest first; what began before is left out."""
    found: dict[str, list[str]] = {incident_id: [] for incident_id in incident_ids}
    of_some = MEDIA.c.incident_ids.contains('"', autoescape=True)
    mine = (MEDIA.c.site == site, MEDIA.c.began >= since, of_some)
    query = select(MEDIA).where(*mine).order_by(MEDIA.c.began, MEDIA.c.id)
    for row in rows_of(connection, MediaRow, query):
        for incident_id in found.keys() & set(row.incident_ids):
            found[incident_id].append(row.media_id)
    return found


def incidents_since(
    connection: Connection, since: float, site: str | None = None
) -> list[IncidentRow]:
    """The incidents that something happened to since then, the latest first; of a site or of all."""
    query = select(INCIDENTS).where(INCIDENTS.c.updated_at >= since)
    if site is not None:
        query = query.where(INCIDENTS.c.site == site)
    query = query.order_by(INCIDENTS.c.updated_at.desc(), INCIDENTS.c.id.desc())
    return rows_of(connection, IncidentRow, query)


def counts(connection: Connection, site: str | None = None) -> Mapping[Kind, int]:
    """How many rows there are of each kind; of a site or of all."""
    found = {}
    for kind, kept in KEPT.items():
        query = select(func.count()).select_from(kept.table)
        if site is not None:
            query = query.where(kept.table.c.site == site)
        found[kind] = int(connection.scalar(query) or 0)
    return found


def outbox(connection: Connection, state: str) -> Sequence[OutboxRow]:
    """The messages of the outbox in a state, in the order in which they were put there."""
    query = select(OUTBOX).where(OUTBOX.c.state == state).order_by(OUTBOX.c.id)
    return rows_of(connection, OutboxRow, query)
