"""The database as the writer sees it: one connection, whole batches. Used by one thread."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
import time
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import Connection, Select, delete, insert, select, update

from .address import file_of, open_engine
from .failures import FAILURES, JournalError, Trouble, trouble_of
from .models import KEPT, WRITERS
from .schema import SCHEMA, Schema, ensure
from .statements import statements_for

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import URL

    from .rows import Row

# What belongs to a SQLite file.
_BESIDE = ("", "-wal", "-shm")
_FORGET_WRITERS = 30 * 86400.0


class Store:
    """Writes batches, each in one transaction, and notes in it the number of the batch.

    So after a connection was lost in the middle of a commit, :meth:`last` tells what came of it.
    """

    def __init__(self, url: URL, schema: Schema = SCHEMA) -> None:
        self._url = url
        self._schema = schema
        self._file = file_of(url)
        self._file_id: int | None = None
        self._engine = open_engine(url)
        self._connection: Connection | None = None
        self._writer = str(uuid4())
        self._known = False
        self._full = False

    def open(self, *, corrupt: bool = False) -> Path | None:
        """Connect, and see to the tables. A SQLite file that cannot be read is moved aside.

        ``corrupt`` says that writing to it failed for that reason. Returns where it was moved to, None if
        it was not. Raises one of :data:`FAILURES`.
        """
        self.close()
        file = self._file
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            if corrupt:
                return self._begin_anew(file)
        try:
            self._connect()
        except FAILURES as error:
            self.close()
            if file is None or trouble_of(error) is not Trouble.CORRUPT:
                raise
            return self._begin_anew(file)
        return None

    def _begin_anew(self, file: Path) -> Path:
        moved = _move_aside(file)
        self._connect()
        return moved

    def _connect(self) -> None:
        ensure(self._engine, self._schema)
        self._full = False
        self._connection = connection = self._engine.connect()
        # Those of earlier lives. Apart from what follows: on MariaDB the search locks all of the table
        # to the end of its transaction, and two who then note themselves would wait for each other.
        with connection.begin():
            old = time.time() - _FORGET_WRITERS
            connection.execute(delete(WRITERS).where(WRITERS.c.seen < old))
        with connection.begin():
            for kept in KEPT.values():
                connection.execute(select(kept.table).limit(1)).all()
            self._known = connection.scalar(self._mine()) is not None
            if not self._known:
                # Tried here, so that a database that takes nothing is known at once.
                self._note(connection, 0)
        self._known = True
        self._file_id = _id_of(self._file)

    def close(self) -> None:
        """Let go of the connection, which may be broken."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(*FAILURES):
                connection.invalidate()
            with suppress(*FAILURES):
                connection.close()

    def last(self) -> int | None:
        """The number of the last batch that was committed. Raises one of :data:`FAILURES`."""
        connection = self._open_connection()
        with connection.begin():
            number: int | None = connection.scalar(self._mine())
        return number

    def write(self, rows: Sequence[Row], number: int, *, durable: bool) -> None:
        """Write rows in one transaction. ``durable``: they outlive a loss of power from here on.

        Raises one of :data:`FAILURES`, or TypeError, ValueError, OverflowError for a bad value.
        """
        connection = self._open_connection()
        # Made before: nobody else has to wait for it.
        statements = list(statements_for(connection.dialect, rows))
        with self._transaction(number, durable=durable) as connection:
            for text, values in statements:
                connection.exec_driver_sql(text, values)

    def run[T](self, work: Callable[[Connection], T], number: int) -> T:
        """Do some work in one durable transaction. Raises what it raises."""
        with self._transaction(number, durable=True) as connection:
            return work(connection)

    @contextmanager
    def _transaction(self, number: int, *, durable: bool) -> Iterator[Connection]:
        connection = self._open_connection()
        if self._file is not None and _id_of(self._file) != self._file_id:
            # It was deleted or replaced: what is written now nobody would ever find.
            raise JournalError(f"{self._file} is another file now", Trouble.CANNOT_CONNECT)
        dialect = connection.dialect.name
        if dialect == "sqlite" and durable != self._full:
            self._sync_fully(connection, durable)
        with connection.begin():
            if dialect == "postgresql":
                connection.exec_driver_sql(
                    f"SET LOCAL synchronous_commit = {'on' if durable else 'off'}"
                )
            yield connection
            self._note(connection, number)

    def _sync_fully(self, connection: Connection, full: bool) -> None:
        # Within a transaction it would change nothing.
        driver = connection.connection.driver_connection
        if driver is None:
            raise JournalError("the connection is gone", Trouble.CANNOT_CONNECT)
        driver.execute(f"PRAGMA synchronous={'FULL' if full else 'NORMAL'}")
        self._full = full

    def _note(self, connection: Connection, number: int) -> None:
        told = {"batch": number, "seen": time.time()}
        if self._known:
            mine = WRITERS.c.writer == self._writer
            connection.execute(update(WRITERS).where(mine).values(told))
        else:
            connection.execute(insert(WRITERS).values(writer=self._writer, **told))

    def _mine(self) -> Select[tuple[int]]:
        return select(WRITERS.c.batch).where(WRITERS.c.writer == self._writer)

    def _open_connection(self) -> Connection:
        if self._connection is None:
            raise JournalError("the journal is not open", Trouble.CANNOT_CONNECT)
        return self._connection


def _id_of(file: Path | None) -> int | None:
    try:
        return file.stat().st_ino if file is not None else None
    except FileNotFoundError:
        return None


def _move_aside(file: Path) -> Path:
    """Rename a SQLite file and what belongs to it, and say how it is called now."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    moved = file.with_name(f"{file.name}.corrupt-{stamp}")
    for end in _BESIDE:
        part = file.with_name(file.name + end)
        if part.exists():
            part.rename(moved.with_name(moved.name + end))
    return moved
