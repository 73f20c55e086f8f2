"""Copies a journal into another database. May be stopped at any moment, and goes on when it is run again."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, insert, select

from .address import file_of, open_engine, read_url, safe
from .failures import FAILURES, JournalError, Trouble, trouble_of, words_of
from .models import KEPT
from .schema import JOURNAL_ID, SCHEMA, ensure, read_meta, read_version, write_meta

if TYPE_CHECKING:
    from sqlalchemy import URL

    from .models import Kept
    from .rows import Kind

_AT_ONCE = 1_000
# In the target: whose copy it is, how far each kind came, and that all of it is there.
_FROM = "moved_from"
_UP_TO = "moved_up_to_"
_DONE = "moved"


@dataclass(frozen=True, slots=True)
class Copied:
    """How many rows of each kind the target has now, all of them the source's."""

    rows: Mapping[Kind, int]


def move(source: str, target: str, told: Callable[[Kind, int], None] | None = None) -> Copied:
    """Copy all rows of the journal at ``source`` to ``target``, both URLs. Blocks.

    The source stays as it is; nothing may write to it meanwhile. ``told`` hears how many rows of a
    kind are there. Raises JournalError: one cannot be used, the target has rows of its own, or not all of it
    arrived.
    """
    from_url, to_url = read_url(source), read_url(target)
    if from_url == to_url:
        raise JournalError(f"{safe(source)} cannot be moved to itself")
    if (file := file_of(from_url)) is not None and not file.exists():
        raise JournalError(f"there is no {file}", Trouble.CANNOT_CONNECT)
    with ExitStack() as stack:
        reading = stack.enter_context(_opened(from_url))
        writing = stack.enter_context(_opened(to_url))
        try:
            return _copy(reading, writing, told or (lambda _, __: None))
        except FAILURES as error:
            if isinstance(error, JournalError):
                raise
            text = words_of(ValueError(words_of(error, from_url)), to_url)
            raise JournalError(text, trouble_of(error)) from None


class _opened:  # noqa: N801  # used as a function
    """A connection, and its engine's end."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._engine = open_engine(url)

    def __enter__(self) -> Connection:
        try:
            self._connection = self._engine.connect()
            if not file_of(self._url):
                # What others write meanwhile is not there.
                self._connection.execution_options(isolation_level="REPEATABLE READ")
        except FAILURES as error:
            raise JournalError(words_of(error, self._url), trouble_of(error)) from None
        return self._connection

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        self._engine.dispose()


def _copy(source: Connection, target: Connection, told: Callable[[Kind, int], None]) -> Copied:
    version = read_version(source)
    if version != SCHEMA.version:
        raise JournalError(
            "the source is no journal"
            if version is None
            else f"the source has version {version}: start MQTT Sentinel with it once"
        )
    identity = read_meta(source, JOURNAL_ID) or ""
    ensure(target.engine)
    _take(target, identity)
    # SQLite's transaction, which began with the first question, keeps others from writing to the source.
    for kept in KEPT.values():
        _copy_kind(source, target, kept, told)
    copied = {}
    for kind, kept in KEPT.items():
        count = select(func.count()).select_from(kept.table)
        here, there = source.scalar(count), target.scalar(count)
        if here != there:
            raise JournalError(f"{kind.value}: {here} rows in the source, {there} in the target")
        copied[kind] = int(there or 0)
    write_meta(target, _DONE, "yes")
    target.commit()
    return Copied(copied)


def _take(target: Connection, identity: str) -> None:
    """Make the target the source's copy. Raises JournalError if it is anything else."""
    begun = read_meta(target, _FROM)
    if begun == identity:
        if read_meta(target, _DONE):
            raise JournalError("this journal was moved there already")
        target.rollback()
        return
    rows = [target.execute(select(kept.table.c.id).limit(1)).all() for kept in KEPT.values()]
    if begun is not None or any(rows):
        raise JournalError("the target has rows of its own: two journals cannot be mixed")
    write_meta(target, _FROM, identity)
    target.commit()


def _copy_kind(
    source: Connection, target: Connection, kept: Kept, told: Callable[[Kind, int], None]
) -> None:
    """Copy the rows of a kind; each transaction notes how far it came.

    They get new numbers in the old order: nobody knows them by these.
    """
    table, note = kept.table, f"{_UP_TO}{kept.kind.value}"
    done = 0
    while True:
        last = int(read_meta(target, note) or 0)
        query = select(table).where(table.c.id > last).order_by(table.c.id).limit(_AT_ONCE)
        rows = source.execute(query).mappings().all()
        if not rows:
            target.rollback()
            return
        target.execute(insert(table), [{name: row[name] for name in kept.columns} for row in rows])
        write_meta(target, note, str(rows[-1]["id"]))
        target.commit()
        done += len(rows)
        told(kept.kind, done)
