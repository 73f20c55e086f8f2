"""The version of the tables: made, brought up to date, or refused because it is too new."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Table,
    Text,
    func,
    insert,
    inspect,
    select,
    update,
)

from .failures import JournalError, NewerSchemaError, Trouble
from .models import META, METADATA

if TYPE_CHECKING:
    from sqlalchemy import MetaData

type Step = Callable[[Connection], None]
"""Takes the tables one version further. Where the database cannot take back a change of tables
(MariaDB, MySQL) it may be run again after it broke off half way, so what is done already it leaves."""

VERSION = "schema_version"
JOURNAL_ID = "journal_id"
# Any number: two who begin at once wait for each other by it.
_LOCK = 0x53_45_4E_54
_LOCK_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Schema:
    """The newest tables, and the steps to them: the first from version 1 to 2, and so on."""

    tables: MetaData
    steps: tuple[Step, ...] = ()

    @property
    def version(self) -> int:
        """The newest version."""
        return 1 + len(self.steps)


SCHEMA = Schema(METADATA)


def ensure(engine: Engine, schema: Schema = SCHEMA) -> None:
    """Make the tables, or bring them up to date, in one transaction where the database can.

    Whoever else does so at the same moment waits. Raises NewerSchemaError, SQLAlchemyError.
    """
    with engine.connect() as connection, _alone(connection):
        version = read_version(connection)
        if version == schema.version:
            return
        if version is None:
            schema.tables.create_all(connection)
            write_meta(connection, JOURNAL_ID, uuid4().hex)
            write_meta(connection, VERSION, str(schema.version))
            connection.commit()
            return
        if version > schema.version:
            raise NewerSchemaError(version, schema.version)
        for number in range(version, schema.version):
            schema.steps[number - 1](connection)
            write_meta(connection, VERSION, str(number + 1))
            if not _takes_tables_back(connection):
                connection.commit()
        connection.commit()


def _takes_tables_back(connection: Connection) -> bool:
    return connection.dialect.name in {"sqlite", "postgresql"}


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """Be the only one who changes tables. SQLite: BEGIN IMMEDIATE sees to it."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        yield
    elif connection.dialect.name == "sqlite":
        yield
    else:
        name = f"mqtt_sentinel_{_LOCK}"
        if connection.scalar(select(func.get_lock(name, _LOCK_SECONDS))) != 1:
            raise JournalError("somebody else changes the tables", Trouble.LOCKED)
        try:
            yield
        finally:
            connection.execute(select(func.release_lock(name)))


def read_version(connection: Connection) -> int | None:
    """The version of the tables, None if there are none."""
    if not inspect(connection).has_table(META.name):
        return None
    found = read_meta(connection, VERSION)
    return None if found is None else int(found)


def read_meta(connection: Connection, name: str) -> str | None:
    """What the journal knows of itself."""
    value: str | None = connection.scalar(select(META.c.value).where(META.c.name == name))
    return value


def write_meta(connection: Connection, name: str, value: str) -> None:
    """Note what the journal knows of itself."""
    if read_meta(connection, name) is None:
        connection.execute(insert(META).values(name=name, value=value))
    else:
        connection.execute(update(META).where(META.c.name == name).values(value=value))


def add_column(connection: Connection, table: str, column: Column[object]) -> None:
    """Add a column that may be empty, unless it is there: for steps."""
    if any(found["name"] == column.name for found in inspect(connection).get_columns(table)):
        return
    kind = column.type.compile(connection.dialect)
    name, where = (
        connection.dialect.identifier_preparer.quote(text) for text in (column.name, table)
    )
    connection.exec_driver_sql(f"ALTER TABLE {where} ADD COLUMN {name} {kind}")


def probe(engine: Engine) -> None:
    """Try whether a journal could be kept: connect, look at the version, write, and take that back.

    Raises NewerSchemaError, SQLAlchemyError.
    """
    with engine.connect() as connection:
        version = read_version(connection)
        if version is not None:
            if version > SCHEMA.version:
                raise NewerSchemaError(version, SCHEMA.version)
            write_meta(connection, "probe", "written")
            connection.rollback()
            return
        table = Table(
            f"{META.name}_probe_{uuid4().hex[:8]}", type(METADATA)(), Column("name", Text)
        )
        table.create(connection)
        if _takes_tables_back(connection):
            connection.rollback()
        else:
            table.drop(connection)
