"""What waits to be written: put in by the event loop, taken out by the writer's thread, without a lock."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from .rows import Row

# So many rows are one transaction.
MOST_AT_ONCE = 5_000
# So long a row may wait for others to be written with it.
LINGER = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """Rows for which nobody waits."""

    number: int
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Accepted:
    """Rows for which somebody waits; only the event loop may touch ``done``'s result."""

    number: int
    rows: tuple[Row, ...]
    done: asyncio.Future[None]


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """Something else to do in a transaction, for which somebody waits."""

    number: int
    work: Callable[[Connection], Any]
    done: asyncio.Future[Any]
    rows: tuple[Row, ...] = field(default=(), init=False)


type Awaited = Accepted | Work
type Unit = Written | Awaited


class Backlog:
    """Keeps the order in which things came; beyond ``most`` rows, the oldest that nobody waits for go.

    Each method is for one thread: those that put for the event loop's, those that take for the
    writer's.
    """

    def __init__(self, most: int, most_awaited: int) -> None:
        self._most = most
        self._most_awaited = most_awaited
        self._written: deque[Written] = deque()
        self._awaited: deque[Awaited] = deque()
        self._numbers = count()
        # Something is there; somebody waits for it.
        self._some = threading.Event()
        self._hurry = threading.Event()
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._written) + len(self._awaited)

    def put(self, row: Row) -> None:
        """Add a row. Costs an append, and waits for nothing."""
        written = self._written
        written.append(Written(next(self._numbers), (row,)))
        if not self._some.is_set():
            self._some.set()
        if (length := len(written)) >= MOST_AT_ONCE:
            if not self._hurry.is_set():
                self._hurry.set()
            if length > self._most:
                # Here the writer may have been quicker.
                with suppress(IndexError):
                    written.popleft()
                    self.dropped += 1

    def put_accepted(self, rows: tuple[Row, ...], done: asyncio.Future[None]) -> bool:
        """Add rows for which somebody waits; False if too many wait already."""
        return self._put_awaited(Accepted(next(self._numbers), rows, done))

    def put_work(self, work: Callable[[Connection], Any], done: asyncio.Future[Any]) -> bool:
        """Add work for which somebody waits; False if too much waits already."""
        return self._put_awaited(Work(next(self._numbers), work, done))

    def _put_awaited(self, unit: Awaited) -> bool:
        if len(self._awaited) >= self._most_awaited:
            return False
        self._awaited.append(unit)
        self.wake()
        return True

    def wake(self) -> None:
        """Let the writer look at once."""
        self._hurry.set()
        self._some.set()

    def wait(self) -> None:
        """Wait until something is there, and a little for more unless somebody waits for it."""
        self._some.wait()
        self._some.clear()
        self._hurry.wait(LINGER)
        self._hurry.clear()

    def take(self, units: list[Unit]) -> None:
        """Move the oldest units to a list that is empty, at most :data:`MOST_AT_ONCE` rows and one more unit's.

        Work is alone: it has a transaction of its own. What nobody waits for any more is left out.
        """
        rows = 0
        while rows < MOST_AT_ONCE:
            unit = self._next(alone=bool(units))
            if unit is None:
                break
            if not isinstance(unit, Written) and unit.done.done():
                continue
            units.append(unit)
            if isinstance(unit, Work):
                break
            rows += len(unit.rows)
        if self:
            self._some.set()
            if self._awaited or len(self._written) >= MOST_AT_ONCE:
                self._hurry.set()

    def _next(self, *, alone: bool) -> Unit | None:
        """The oldest unit; None if there is none, or if it wants to be ``alone`` and cannot."""
        awaited = self._awaited[0] if self._awaited else None
        with suppress(IndexError):
            if awaited is None or self._written[0].number < awaited.number:
                return self._written.popleft()
        if awaited is None or (alone and isinstance(awaited, Work)):
            return None
        self._awaited.popleft()
        return awaited
