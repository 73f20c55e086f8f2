"""The journal as the event loop sees it: rows go in, and nothing waits that need not."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
import threading
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from .address import open_engine, read_url
from .backlog import Backlog, Unit, Written
from .failures import FAILURES, JournalError, Trouble, trouble_of, words_of
from .news import JournalState, Metrics, MovedAside, News, Phase
from .schema import SCHEMA, Schema
from .writer import Settled, Writer

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from sqlalchemy import Connection, Engine

    from .rows import Row

_READERS = 4
# For a writer that was told to give up.
_LAST_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Limits:
    """How much the journal holds while nothing can be written, and how long somebody waits.

    ``backlog`` in rows that nobody waits for, ``awaited`` in things that somebody waits for,
    ``patience`` in seconds until those are told that it came to nothing.
    """

    backlog: int = 100_000
    awaited: int = 10_000
    patience: float = 10.0


class Journal:
    """Writes rows to the database at ``url`` in a thread of its own. All methods are the loop's.

    ``told`` hears of its state and of what it could not keep, in the loop.
    """

    def __init__(
        self,
        url: str,
        told: Callable[[News], None],
        *,
        limits: Limits | None = None,
        schema: Schema = SCHEMA,
        executor: Executor | None = None,
    ) -> None:
        self._limits = limits or Limits()
        self._backlog = Backlog(self._limits.backlog, self._limits.awaited)
        self._writer = Writer(url, self._backlog, self._post, schema)
        self._told = told
        self._executor = executor
        self._loop: asyncio.AbstractEventLoop | None = None
        self._reading = _Readers(url)
        self.state = JournalState(Phase.STARTING)

    def start(self) -> None:
        """Begin. What stands against it is told later; rows may be written at once."""
        self._loop = asyncio.get_running_loop()
        self._writer.start()

    @property
    def metrics(self) -> Metrics:
        """How it goes."""
        return self._writer.metrics()

    def write(self, row: Row) -> None:
        """Keep a row. It is written within a second, and lost if the power goes before that."""
        self._backlog.put(row)

    async def accept(self, *rows: Row) -> None:
        """Keep rows, all or none; when this returns, neither a crash nor the power takes them away.

        Raises JournalError: nobody knows that they are kept. It may happen that they are.
        """
        done: asyncio.Future[None] = self._new_future()
        await self._wait(done, self._backlog.put_accepted(rows, done))

    async def transact[T](self, work: Callable[[Connection], T]) -> T:
        """Do something else in the writer's thread, in one transaction that is durable.

        It may be run more than once, if the database was gone in between. Raises what it raises, or
        JournalError.
        """
        done: asyncio.Future[T] = self._new_future()
        return await self._wait(done, self._backlog.put_work(work, done))

    async def read[T](self, query: Callable[[Connection], T]) -> T:
        """Ask for something, beside what is being written. Raises JournalError."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, self._reading.ask, query)

    async def stop(self, within: float = 10.0) -> list[Row]:
        """Write what is there, in so many seconds, and end. Returns the rows that were not written.

        Those that somebody waited for are not among them: he is told that they are not kept.
        """
        writer = self._writer
        if self._loop is not None:
            writer.finish()
            await self._loop.run_in_executor(self._executor, writer.join, within)
            writer.abandon()
            await self._loop.run_in_executor(self._executor, writer.join, _LAST_SECONDS)
            await self._loop.run_in_executor(self._executor, self._reading.end)
        left = writer.left()
        while self._backlog:
            units: list[Unit] = []
            self._backlog.take(units)
            left += units
        for unit in left:
            if not isinstance(unit, Written) and not unit.done.done():
                unit.done.set_exception(JournalError("the journal stopped"))
        self._hear(JournalState(Phase.STOPPED))
        return [row for unit in left if isinstance(unit, Written) for row in unit.rows]

    def _new_future[T](self) -> asyncio.Future[T]:
        if self._loop is None or self.state.phase is Phase.STOPPED:
            raise JournalError("the journal does not run")
        return self._loop.create_future()

    async def _wait[T](self, done: asyncio.Future[T], has_room: bool) -> T:
        if not has_room:
            raise JournalError("too much waits for the journal", self._trouble)
        try:
            async with asyncio.timeout(self._limits.patience):
                return await done
        except TimeoutError:
            said = self.state.text or "the database did not answer in time"
            raise JournalError(said, self._trouble) from None

    @property
    def _trouble(self) -> Trouble:
        return self.state.trouble or Trouble.FAILED

    def _post(self, settled: list[Settled], news: list[News]) -> None:
        """Hand on what the writer's thread found out; nobody listens when the loop is gone."""
        if any(isinstance(what, MovedAside) for what in news):
            self._reading.close()  # they would go on to read the file that was moved
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._found, settled, news)

    def _found(self, settled: list[Settled], news: list[News]) -> None:
        for one in settled:
            if one.done.done():
                continue
            if one.error is None:
                one.done.set_result(one.result)
            else:
                one.done.set_exception(one.error)
        for what in news:
            self._hear(what)

    def _hear(self, what: News) -> None:
        if isinstance(what, JournalState):
            if what == self.state or self.state.phase is Phase.STOPPED:
                return
            self.state = what
        self._told(what)


@dataclass(slots=True)
class _Readers:
    """Connections that only read, made when the first is needed. For any thread."""

    url: str
    _engine: Engine | None = None
    _ended: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask[T](self, query: Callable[[Connection], T]) -> T:
        """Run a query. Raises JournalError, and what else the query raises."""
        engine = self._open()
        pool = engine.pool
        try:
            with engine.connect() as connection:
                return query(connection)
        except SQLAlchemyError as error:
            # The original would show the URL and the values.
            raise JournalError(self._words(error), trouble_of(error)) from None
        finally:
            if engine is not self._engine:
                pool.dispose()  # closed meanwhile: nobody else takes this connection back

    def _words(self, error: BaseException) -> str:
        return words_of(error, self._engine.url if self._engine else self.url)

    def _open(self) -> Engine:
        with self._lock:
            if self._ended:
                raise JournalError("the journal does not run")
            if self._engine is None:
                try:
                    self._engine = open_engine(read_url(self.url), readers=_READERS)
                except FAILURES as error:
                    raise JournalError(words_of(error, self.url), trouble_of(error)) from None
            return self._engine

    def end(self) -> None:
        """Let go of all connections, and make no more."""
        self._ended = True
        self.close()

    def close(self) -> None:
        """Let go of all connections."""
        with self._lock:
            engine, self._engine = self._engine, None
        if engine is not None:
            engine.dispose()
