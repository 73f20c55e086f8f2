"""The queue on disk: what was accepted survives the end of the process, whatever ends it.

It is a database, SQLite in WAL mode, and notes beside it (``.notes``). A message is noted before
``publish`` returns, which takes microseconds; from then on it survives a crash or SIGKILL of the
process. A little later a thread of its own, the keeper, carries many at once over to the database,
deletes what was acknowledged, and has all of it on the disk itself: nobody who publishes waits for
that. With ``sync`` each message goes to the database and the disk before ``publish`` returns, and
survives a power cut; that takes as long as the disk does.

A message that was acknowledged and not deleted yet when the process died is sent once more.
"""

from collections import deque
from contextlib import closing
from dataclasses import dataclass
import logging
from pathlib import Path
import sqlite3
import threading

from .errors import StoreError
from .message import Message
from .notes import Notes, NotesError
from .stored import Stored

_LOG = logging.getLogger(__name__)

_SCHEMA = 2
_PATIENCE_SECONDS = 5.0
"""How long to wait for whoever else looks at the file, such as a backup, and for the keeper."""

_TIDY_SECONDS = 0.2
"""Between two rounds of the keeper: many messages at once cost the disk no more than one."""

_COLUMNS = """
  topic text not null,
  payload blob not null,
  qos integer not null,
  retain integer not null,
  priority integer not null,
  response_topic text,
  correlation blob
"""
_CREATE = (
    f"create table if not exists messages (number integer primary key, {_COLUMNS})",
    # Numbers of its own: those of the queue begin anew where it was empty.
    f"create table if not exists aside (number integer primary key, {_COLUMNS})",
)
# Known already: a process died between two steps of its keeper.
_INSERT = "insert or ignore into messages values (?, ?, ?, ?, ?, ?, ?, ?)"
_DELETE = "delete from messages where number = ?"
_SELECT = "select * from messages order by number"
_PUT_ASIDE = """
insert into aside
  select (select ifnull(max(number), 0) + 1 from aside), topic, payload, qos, retain, priority,
    response_topic, correlation
  from messages where number = ?
"""
_SELECT_ASIDE = "select * from aside order by number"
_FORGET_ASIDE = "delete from aside"


@dataclass(frozen=True)
class _Round:
    """What the keeper has to do: to write, to put aside, and to delete, by numbers."""

    noted: list[Stored]
    aside: list[int]
    done: list[int]


class Store:
    """One file, used by one process at a time. All methods may be called from any thread."""

    def __init__(self, path: Path, *, sync: bool = False) -> None:
        """Open or make it; raises StoreError where that fails, or another process has it open."""
        self._path = path
        self._sync = sync
        # Those who publish share the first with the keeper, and it never does anything slow with
        # it; the second is for whoever uses the database.
        self._noting = threading.Condition(threading.Lock())
        self._working = threading.Lock()
        self._done: deque[int] = deque()
        self._aside: deque[int] = deque()
        self._round: _Round | None = None
        self._trouble: str | None = None
        self._wake = threading.Event()
        self._hurry = threading.Event()
        self._closing = False
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
        try:
            self._notes = Notes(path.with_name(path.name + ".notes"))
        except (OSError, NotesError) as why:
            self._connection.close()
            self._claim.close()
            raise StoreError(f"{path}: {why}") from why
        self._keeper = threading.Thread(target=self._keep, name="sentinel-store", daemon=True)

    def load(self) -> list[Stored]:
        """Return everything, once, before anything is added; raises StoreError.

        What cannot be read is left as it is.
        """
        try:
            with self._working, self._connection:
                noted = self._notes.read()
                self._connection.executemany(_INSERT, [stored.row() for stored in noted])
                rows = self._connection.execute(_SELECT).fetchall()
                found = [Stored.of(row) for row in rows]
                (aside,) = self._connection.execute("select count(*) from aside").fetchone()
        except (sqlite3.Error, TypeError, ValueError) as why:
            raise StoreError(f"{self._path}: {why}") from why
        self._notes.wipe_all()
        self._keeper.start()
        if aside:
            _LOG.warning("%s: %d messages are put aside; take_aside has them", self._path, aside)
        return found

    def add(self, stored: Stored) -> None:
        """Keep a message; raises StoreError, then it is not kept."""
        if self._sync or not self._note(stored):
            try:
                with self._working, self._connection:
                    self._connection.execute(_INSERT, stored.row())
            except sqlite3.Error as why:
                raise StoreError(f"{self._path}: {why}") from why

    def forget(self, number: int) -> None:
        """Have a message deleted soon."""
        self._done.append(number)
        self._call()

    def put_aside(self, number: int) -> None:
        """Have a message kept elsewhere soon, for ``take_aside``."""
        self._aside.append(number)
        self._call()

    def take_aside(self) -> list[Message]:
        """Return what was put aside, and forget it; raises StoreError."""
        try:
            with self._working:
                self._work()
                with self._connection:
                    rows = self._connection.execute(_SELECT_ASIDE).fetchall()
                    messages = [Stored.of(row).message for row in rows]
                    self._connection.execute(_FORGET_ASIDE)
        except (sqlite3.Error, TypeError, ValueError) as why:
            raise StoreError(f"{self._path}: {why}") from why
        return messages

    def close(self) -> None:
        """Carry over and delete what there is, and close."""
        self._closing = True
        self._hurry.set()
        self._wake.set()
        if self._keeper.is_alive():
            self._keeper.join()
        with self._working:
            self._connection.close()
            self._notes.close()
        self._claim.close()

    def _call(self) -> None:
        if not self._wake.is_set():
            self._wake.set()

    def _note(self, stored: Stored) -> bool:
        """Note it; return False where it is too large for that."""
        with self._noting:
            if not self._notes.write(stored):
                if not self._notes.fits(stored):
                    return False
                self._wait_for_room(stored)
            urgent = self._notes.is_urgent
        self._call()
        if urgent and not self._hurry.is_set():
            self._hurry.set()
        return True

    def _wait_for_room(self, stored: Stored) -> None:
        """Note it once the keeper has turned the page; raises StoreError where it cannot."""
        self._hurry.set()
        self._noting.wait_for(
            lambda: self._trouble is not None or self._notes.has_room(stored), _PATIENCE_SECONDS
        )
        if not self._notes.write(stored):
            raise StoreError(f"{self._path}: {self._trouble or 'the disk is too slow'}")

    # The keeper

    def _keep(self) -> None:
        """Be the keeper's thread."""
        while not self._closing:
            self._wake.wait()
            self._wake.clear()
            self._tidy()
            self._hurry.wait(_TIDY_SECONDS)
            self._hurry.clear()
        # What could not be carried over before, and what came meanwhile.
        self._tidy()
        self._tidy()

    def _tidy(self) -> None:
        try:
            with self._working:
                self._work()
            # In a connection of its own: others use that one meanwhile.
            with closing(_open(self._path)) as connection:
                connection.execute("pragma wal_checkpoint(passive)")
        except sqlite3.Error as why:
            # Nothing is lost: it stays where it is, and is tried again.
            if str(why) != self._trouble:
                _LOG.exception("%s cannot be tidied up", self._path)
            with self._noting:
                self._trouble = str(why)
                self._noting.notify_all()
            self._wake.set()

    def _work(self) -> None:
        """Do a round, the one that failed first; raises sqlite3.Error."""
        if self._round is None:
            with self._noting:
                # All that is in the one or the other was noted before: on this page, or earlier.
                aside, done = _drain(self._aside), _drain(self._done)
                self._round = _Round(self._notes.turn(), aside, done)
                self._noting.notify_all()
        noted, aside, done = self._round.noted, self._round.aside, self._round.done
        gone = set(done)
        with self._connection:
            self._connection.executemany(
                _INSERT, (stored.row() for stored in noted if stored.number not in gone)
            )
            self._connection.executemany(_PUT_ASIDE, ((number,) for number in aside))
            self._connection.executemany(_DELETE, ((number,) for number in (*aside, *done)))
        with self._noting:
            self._notes.wipe()
            self._round = None
            self._trouble = None


def _drain(numbers: deque[int]) -> list[int]:
    return [numbers.popleft() for _ in range(len(numbers))]


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_PATIENCE_SECONDS, check_same_thread=False)
    try:
        connection.execute("pragma journal_mode = wal")
        (schema,) = connection.execute("pragma user_version").fetchone()
        if not 0 <= schema <= _SCHEMA:
            raise sqlite3.DatabaseError(f"it has version {schema}, and not {_SCHEMA}")
        if schema < _SCHEMA:
            with connection:
                for table in _CREATE:
                    connection.execute(table)
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
