"""The queue on disk: what was accepted survives the end of the process, whatever ends it.

SQLite in WAL mode. A message is written before ``publish`` returns, so that from then on it
survives a crash or SIGKILL of the process. With ``sync`` it is also on the disk itself by then, and
survives a power cut; that takes as long as the disk does. What was acknowledged is deleted a little
later by a thread of its own, which also carries the WAL over to the database: nobody who publishes
waits for that. A message that was acknowledged and not deleted yet when the process died is sent
once more.
"""

from collections import deque
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
import logging
from pathlib import Path
import sqlite3
import threading

from .errors import StoreError
from .message import Message, Priority

_LOG = logging.getLogger(__name__)

_SCHEMA = 1
_PATIENCE_SECONDS = 5.0
"""How long to wait for whoever else looks at the file, such as a backup."""

_TIDY_SECONDS = 0.2
"""Between two rounds of the keeper: many deletions at once cost the disk no more than one."""

_CREATE = """
create table if not exists messages (
  number integer primary key,
  topic text not null,
  payload blob not null,
  qos integer not null,
  retain integer not null,
  priority integer not null,
  response_topic text,
  correlation blob
)
"""
_INSERT = "insert into messages values (?, ?, ?, ?, ?, ?, ?, ?)"
_DELETE = "delete from messages where number = ?"
_SELECT = "select * from messages order by number"


@dataclass(frozen=True)
class Stored:
    """One message on disk; messages are in the order of their numbers."""

    number: int
    message: Message
    priority: Priority

    def row(self) -> tuple[object, ...]:
        """Return the columns."""
        message = self.message
        return (
            self.number,
            message.topic,
            message.payload,
            message.qos,
            int(message.retain),
            int(self.priority),
            message.response_topic,
            message.correlation,
        )

    @classmethod
    def of(cls, row: Sequence[object]) -> "Stored":
        """Read a row; raises ValueError or TypeError for what this module did not write."""
        number, topic, payload, qos, retain, priority, response_topic, correlation = row
        if not (
            isinstance(number, int)
            and isinstance(topic, str)
            and isinstance(payload, bytes)
            and isinstance(qos, int)
            and isinstance(priority, int)
            and (response_topic is None or isinstance(response_topic, str))
            and (correlation is None or isinstance(correlation, bytes))
        ):
            raise TypeError(f"not a message: {row!r}")
        message = Message(topic, payload, qos, bool(retain), response_topic, correlation)
        return cls(number, message, Priority(priority))


class Store:
    """One file, used by one process at a time. All methods may be called from any thread."""

    def __init__(self, path: Path, *, sync: bool = False) -> None:
        """Open or make it; raises StoreError where that fails, or another process has it open."""
        self._path = path
        self._lock = threading.Lock()
        self._done: deque[int] = deque()
        self._wake = threading.Event()
        self._closing = threading.Event()
        try:
            self._claim = _claim(path)
        except sqlite3.Error as why:
            raise StoreError(f"{path} is in use by another process ({why})") from why
        try:
            self._connection = _open(path)
            self._connection.execute(f"pragma synchronous = {'full' if sync else 'normal'}")
            # By the keeper only; here it would have somebody who publishes wait for the disk.
            self._connection.execute("pragma wal_autocheckpoint = 0")
        except sqlite3.Error as why:
            self._claim.close()
            raise StoreError(f"{path}: {why}") from why
        self._keeper = threading.Thread(target=self._keep, name="sentinel-store", daemon=True)
        self._keeper.start()

    def load(self) -> list[Stored]:
        """Return everything; raises StoreError."""
        try:
            with self._lock:
                rows = self._connection.execute(_SELECT).fetchall()
            return [Stored.of(row) for row in rows]
        except (sqlite3.Error, TypeError, ValueError) as why:
            raise StoreError(f"{self._path}: {why}") from why

    def add(self, stored: Stored, displaced: int | None = None) -> None:
        """Write a message, in the place of another one; raises StoreError, then nothing changed."""
        try:
            with self._lock, self._connection:
                self._connection.execute(_INSERT, stored.row())
                if displaced is not None:
                    self._connection.execute(_DELETE, (displaced,))
        except sqlite3.Error as why:
            raise StoreError(f"{self._path}: {why}") from why

    def forget(self, number: int) -> None:
        """Have a message deleted soon."""
        self._done.append(number)
        self._wake.set()

    def close(self) -> None:
        """Delete what is to be deleted, and close."""
        self._closing.set()
        self._wake.set()
        self._keeper.join()
        with self._lock:
            self._connection.close()
        self._claim.close()

    def _keep(self) -> None:
        """Be the keeper's thread."""
        while not self._closing.is_set():
            self._wake.wait()
            self._wake.clear()
            self._tidy()
            self._closing.wait(_TIDY_SECONDS)
        self._tidy()

    def _tidy(self) -> None:
        done = []
        while self._done:
            done.append((self._done.popleft(),))
        try:
            with self._lock, self._connection:
                self._connection.executemany(_DELETE, done)
            # In a connection of its own: those who publish write on meanwhile.
            with closing(_open(self._path)) as connection:
                connection.execute("pragma wal_checkpoint(passive)")
        except sqlite3.Error:
            # Nothing is lost: what stays on disk is sent once more after the next start.
            _LOG.exception("%s cannot be tidied up", self._path)


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_PATIENCE_SECONDS, check_same_thread=False)
    try:
        connection.execute("pragma journal_mode = wal")
        (schema,) = connection.execute("pragma user_version").fetchone()
        if schema not in (0, _SCHEMA):
            raise sqlite3.DatabaseError(f"it has version {schema}, and not {_SCHEMA}")
        if schema == 0:
            with connection:
                connection.execute(_CREATE)
                connection.execute(f"pragma user_version = {_SCHEMA}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _claim(path: Path) -> sqlite3.Connection:
    """Lock a file beside it for as long as this process lives; raises sqlite3.Error."""
    connection = sqlite3.connect(
        path.with_name(path.name + ".lock"),
        timeout=0,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        connection.execute("begin exclusive")
    except sqlite3.Error:
        connection.close()
        raise
    return connection
