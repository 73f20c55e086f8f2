"""The tables, in SQLAlchemy's words, and which row goes into which.

All names begin with ``sentinel_``: the database may be somebody else's too, such as the recorder's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.mysql import LONGTEXT

from .rows import (
    CommandRow,
    ConnectionRow,
    DeadLetterRow,
    EventRow,
    IncidentRow,
    Kind,
    MediaRow,
    OutboxRow,
    RelayRow,
    Row,
)

METADATA = MetaData()
_PREFIX = "sentinel_"
# MariaDB and MySQL: else two ids that differ in case only would be one, and a crash would lose rows.
_MYSQL: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
}
_MARIADB: dict[str, Any] = {
    name.replace("mysql", "mariadb"): value for name, value in _MYSQL.items()
}

# As SQLite's own row number, which alone counts up by itself there.
_NUMBER = BigInteger().with_variant(Integer, "sqlite")
_LONG = Text().with_variant(LONGTEXT, "mysql", "mariadb")
# What is looked for. MariaDB indexes no text without an end.
_ID = String(255)


def _json(name: str) -> Column[Any]:
    return Column(name, _LONG, info={"json": True})


def _texts(*names: str) -> list[Column[Any]]:
    return [Column(name, Text) for name in names]


def _whose() -> list[Column[Any]]:
    return [Column("watch_id", _ID), Column("device_id", _ID)]


def _table(name: str, *parts: Column[Any] | Index | UniqueConstraint) -> Table:
    return Table(
        f"{_PREFIX}{name}",
        METADATA,
        Column("id", _NUMBER, primary_key=True, autoincrement=True),
        Column("site", _ID, nullable=False),
        *parts,
        **_MYSQL,
        **_MARIADB,
    )


def _must(name: str, kind: Any) -> Column[Any]:
    return Column(name, kind, nullable=False)


def _index(table: str, *columns: str) -> Index:
    return Index(f"ix_{_PREFIX}{table}_{columns[-1]}", *columns)


def _unique(table: str, *columns: str) -> UniqueConstraint:
    return UniqueConstraint(*columns, name=f"uq_{_PREFIX}{table}")


EVENTS = _table(
    "events",
    _must("at", Double),
    _must("kind", _ID),
    _must("name", Text),
    *_whose(),
    Column("event_id", _ID),
    *_texts("dialect", "source"),
    _json("data"),
    _index("events", "at"),
    _index("events", "site", "watch_id"),
    _index("events", "event_id"),
)
CONNECTIONS = _table(
    "connections",
    _must("at", Double),
    _must("name", Text),
    Column("connected", Boolean),
    *_whose(),
    *_texts("reason", "source"),
    _index("connections", "at"),
    _index("connections", "site", "watch_id"),
)
RELAYS = _table(
    "relays",
    _must("at", Double),
    _must("name", Text),
    Column("is_on", Boolean),
    *_whose(),
    *_texts("cause", "source"),
    _index("relays", "at"),
    _index("relays", "site", "watch_id"),
)
INCIDENTS = _table(
    "incidents",
    _must("incident_id", _ID),
    *(_must(name, Text) for name in ("name", "reason", "severity")),
    _must("opened_at", Double),
    _must("updated_at", Double),
    Column("closed_at", Double),
    *_whose(),
    Column("storm", _ID),
    _json("data"),
    _unique("incidents", "site", "incident_id"),
    _index("incidents", "site", "updated_at"),
    _index("incidents", "closed_at"),
)
COMMANDS = _table(
    "commands",
    _must("at", Double),
    _must("command_id", _ID),
    *(_must(name, Text) for name in ("name", "target", "result")),
    *_whose(),
    _must("tries", Integer),
    Column("latency", Double),
    _json("data"),
    _index("commands", "at"),
    _index("commands", "site", "watch_id"),
)
MEDIA = _table(
    "media",
    _must("media_id", _ID),
    _must("kind", _ID),
    _must("camera_id", _ID),
    _must("day", String(10)),
    _must("recording_id", _ID),
    _must("part", Integer),
    *(_must(name, Double) for name in ("began", "duration", "pre_roll")),
    _must("path", Text),
    Column("thumbnail", Text),
    _must("size", BigInteger),
    _must("sha256", String(64)),
    _must("source", Text),
    *(_json(name) for name in ("causes", "event_ids", "incident_ids", "triggers")),
    Column("name", Text),
    _unique("media", "site", "media_id"),
    _index("media", "site", "began"),
    _index("media", "site", "camera_id", "day"),
)
DEAD_LETTERS = _table(
    "dead_letters",
    _must("at", Double),
    *(_must(name, Text) for name in ("topic", "flaw", "detail")),
    _must("size", BigInteger),
    _must("excerpt", Text),
    _index("dead_letters", "at"),
)
OUTBOX = _table(
    "outbox",
    _must("message_id", _ID),
    _must("at", Double),
    _must("target", _ID),
    _must("device_key", _ID),
    _must("body", _LONG),
    _must("state", String(20)),
    _must("attempts", Integer),
    Column("next_at", Double),
    Column("done_at", Double),
    Column("error", Text),
    _unique("outbox", "message_id"),
    _index("outbox", "state", "next_at"),
    _index("outbox", "target", "device_key"),
    _index("outbox", "done_at"),
)

# What the journal knows of itself: the version of its tables, its own id, how far it was copied.
META = Table(
    f"{_PREFIX}meta",
    METADATA,
    Column("name", _ID, primary_key=True),
    Column("value", Text, nullable=False),
    **_MYSQL,
    **_MARIADB,
)
# How far each writer came: after a lost connection it can tell whether its last batch was committed.
WRITERS = Table(
    f"{_PREFIX}writers",
    METADATA,
    Column("writer", String(36), primary_key=True),
    Column("batch", BigInteger, nullable=False),
    Column("seen", Double, nullable=False),
    **_MYSQL,
    **_MARIADB,
)


@dataclass(frozen=True, slots=True)
class Kept:
    """How rows of a kind are kept.

    ``key`` names the columns that tell one from the other; a row that is there already is
    replaced if ``replaced``, else left as it is. Without a key, each row is a new one.
    """

    kind: Kind
    row: type[Row]
    table: Table
    key: tuple[str, ...] = ()
    replaced: bool = True

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a row, in the order of its fields."""
        return tuple(field.name for field in fields(self.row))

    @property
    def json(self) -> frozenset[str]:
        """The columns that hold JSON."""
        return frozenset(name for name in self.columns if self.table.c[name].info.get("json"))


KEPT: Mapping[Kind, Kept] = MappingProxyType(
    {
        kept.kind: kept
        for kept in (
            Kept(Kind.EVENTS, EventRow, EVENTS),
            Kept(Kind.CONNECTIONS, ConnectionRow, CONNECTIONS),
            Kept(Kind.RELAYS, RelayRow, RELAYS),
            Kept(Kind.INCIDENTS, IncidentRow, INCIDENTS, ("site", "incident_id")),
            Kept(Kind.COMMANDS, CommandRow, COMMANDS),
            Kept(Kind.MEDIA, MediaRow, MEDIA, ("site", "media_id")),
            Kept(Kind.DEAD_LETTERS, DeadLetterRow, DEAD_LETTERS),
            Kept(Kind.OUTBOX, OutboxRow, OUTBOX, ("message_id",), replaced=False),
        )
    }
)
BY_ROW: Mapping[type[Row], Kept] = MappingProxyType({kept.row: kept for kept in KEPT.values()})
