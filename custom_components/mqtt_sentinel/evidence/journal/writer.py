"""The one thread that writes: takes what waits, commits it in batches, and does not give up."""

from collections.abc import Callable
from dataclasses import dataclass
import threading
from time import perf_counter
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from .address import read_url
from .backlog import Backlog, Unit, Work, Written
from .failures import (
    BAD_VALUES,
    FAILURES,
    JournalError,
    Trouble,
    is_about_values,
    trouble_of,
    words_of,
)
from .news import JournalState, Metrics, MovedAside, News, Phase, Refusal
from .schema import SCHEMA, Schema
from .store import Store

if TYPE_CHECKING:
    import asyncio

    from sqlalchemy import URL, Connection

_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 30.0
_PAUSE_AT_THE_END = 0.1
# What does not pass while one waits for it.
_HOPELESS = {Trouble.BAD_URL, Trouble.NO_DRIVER, Trouble.NEWER_SCHEMA}
# How much the newest commit counts in the average.
_NEWEST = 0.1


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of something that somebody waits for."""

    done: asyncio.Future[Any]
    result: Any = None
    error: Exception | None = None


class Writer(threading.Thread):
    """Writes what the backlog has, until :meth:`finish`, and tells by ``post`` what became of it.

    ``post`` is called in this thread.
    """

    def __init__(
        self,
        url: str,
        backlog: Backlog,
        post: Callable[[list[Settled], list[News]], None],
        schema: Schema = SCHEMA,
    ) -> None:
        # What hangs in a driver must not keep Python from ending.
        super().__init__(name="mqtt_sentinel journal", daemon=True)
        self._text = url
        self._backlog = backlog
        self._post = post
        self._schema = schema
        self._url: URL | None = None
        self._store: Store | None = None
        self._phase = Phase.STARTING
        self._finish = threading.Event()
        self._abandon = threading.Event()
        # What is being written, the oldest last; one that has a bad row in it is halved.
        self._groups: list[list[Unit]] = []
        self._attempts = 0
        # The attempt of which nobody knows whether it was committed, and what work came to in it.
        self._unsure: int | None = None
        self._result: Any = None
        self._corrupt = False
        self._failures = 0
        self._written = 0
        self._refused = 0
        self._latency: float | None = None
        self._average: float | None = None

    def metrics(self) -> Metrics:
        """How it goes. May be asked by any thread."""
        return Metrics(
            self._written,
            len(self._backlog) + sum(map(len, tuple(self._groups))),
            self._backlog.dropped,
            self._refused,
            self._latency,
            self._average,
        )

    def finish(self) -> None:
        """Write what is there, then end."""
        self._finish.set()
        self._backlog.wake()

    def abandon(self) -> None:
        """End whatever is left."""
        self._abandon.set()

    def run(self) -> None:
        """Write until the end."""
        opened = False
        while not self._over():
            try:
                if not opened:
                    self._open()
                    opened = True
                if not self._groups:
                    self._backlog.wait()
                    # In this order: what is counted is always in one of them.
                    group: list[Unit] = []
                    self._groups.append(group)
                    self._backlog.take(group)
                while self._groups and not self._abandon.is_set():
                    self._write(self._groups[-1])
                self._tell(JournalState(Phase.WORKING))
            except FAILURES as error:
                opened = False
                self._failed(error)
        if self._store is not None:
            self._store.close()

    def left(self) -> list[Unit]:
        """What was not written, as far as one can tell from another thread."""
        return [unit for group in reversed(tuple(self._groups)) for unit in tuple(group)]

    def _over(self) -> bool:
        if not self._finish.is_set():
            return False
        return self._abandon.is_set() or not (self._groups or self._backlog)

    def _open(self) -> None:
        if self._url is None:
            self._url = read_url(self._text)
        if self._store is None:
            self._store = Store(self._url, self._schema)
        moved = self._store.open(corrupt=self._corrupt)
        self._corrupt = False
        if moved is not None:
            self._post([], [MovedAside(moved)])
        if self._unsure is not None and self._store.last() == self._unsure:
            self._done(self._groups[-1])
        self._unsure = None
        # To connect proves little: what could not be written has to be.
        if not self._groups:
            self._tell(JournalState(Phase.WORKING))

    def _tell(self, state: JournalState) -> None:
        if state.phase is not self._phase or state.phase is Phase.FAILING:
            self._phase = state.phase
            self._post([], [state])

    def _failed(self, error: BaseException) -> None:
        """Tell what went wrong, and wait a little; the first time it may have been the connection."""
        self._corrupt = trouble_of(error) is Trouble.CORRUPT
        self._failures += 1
        if self._store is not None:
            self._store.close()
        if self._failures == 1 and self._phase is not Phase.STARTING:
            return
        text = words_of(error, self._url or self._text)
        self._tell(JournalState(Phase.FAILING, trouble_of(error), text))
        pause = min(_FIRST_PAUSE * 2 ** min(self._failures, 16), _LONGEST_PAUSE)
        if self._finish.wait(pause):
            if trouble_of(error) in _HOPELESS:
                self._abandon.set()
            self._abandon.wait(_PAUSE_AT_THE_END)

    def _write(self, group: list[Unit]) -> None:
        """Write the group on top, or halve it. Raises one of :data:`FAILURES`."""
        group[:] = [unit for unit in group if isinstance(unit, Written) or not unit.done.done()]
        if not group:
            self._groups.pop()
            return
        self._attempts += 1
        self._unsure = self._attempts
        began = perf_counter()
        try:
            self._attempt(group)
        except _Told as told:
            self._not_done(group, told.error)
        except (DBAPIError, *BAD_VALUES) as error:
            if not is_about_values(error):
                raise
            self._unsure = None
            self._refuse(group, error)
        else:
            self._took((perf_counter() - began) * 1000)
            self._done(group)
        self._unsure = None
        self._failures = 0

    def _attempt(self, group: list[Unit]) -> None:
        if self._store is None:
            raise JournalError("the journal is not open", Trouble.CANNOT_CONNECT)
        work = group[0]
        if isinstance(work, Work):
            self._store.run(lambda connection: self._work(work, connection), self._attempts)
            return
        rows = [row for unit in group for row in unit.rows]
        durable = not all(isinstance(unit, Written) for unit in group)
        self._store.write(rows, self._attempts, durable=durable)

    def _work(self, unit: Work, connection: Connection) -> None:
        try:
            self._result = unit.work(connection)
        except Exception as error:  # whatever it is, who asked for it is told
            if isinstance(error, DBAPIError) and trouble_of(error) is not Trouble.FAILED:
                raise
            raise _Told(error) from error

    def _took(self, milliseconds: float) -> None:
        before = milliseconds if self._average is None else self._average
        self._latency = milliseconds
        self._average = before + (milliseconds - before) * _NEWEST

    def _done(self, group: list[Unit]) -> None:
        self._groups.pop()
        self._written += sum(len(unit.rows) for unit in group)
        result, self._result = self._result, None
        self._settle(
            [
                Settled(unit.done, result if isinstance(unit, Work) else None)
                for unit in group
                if not isinstance(unit, Written)
            ]
        )

    def _refuse(self, group: list[Unit], error: Exception) -> None:
        """Halve a group that has something bad in it; refuse what is left of it at last."""
        self._groups.pop()
        if len(group) > 1:
            middle = len(group) // 2
            self._groups += [group[middle:], group[:middle]]
            return
        text = words_of(error, self._url)
        [unit] = group
        self._refused += len(unit.rows)
        if isinstance(unit, Written):
            self._post([], [Refusal(unit.rows, text)])
        else:
            self._post(
                [Settled(unit.done, error=JournalError(text))],
                [Refusal(unit.rows, text)] if unit.rows else [],
            )

    def _not_done(self, group: list[Unit], error: Exception) -> None:
        self._groups.pop()
        self._settle([Settled(unit.done, error=error) for unit in group if isinstance(unit, Work)])

    def _settle(self, settled: list[Settled]) -> None:
        if settled:
            self._post(settled, [])


class _Told(Exception):  # noqa: N818  # it is no error of ours
    """Work went wrong by itself: nobody else has to know."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error
