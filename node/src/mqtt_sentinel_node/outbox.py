"""What was accepted, for all threads: the queue, what is kept of it on disk, receipts, counts."""

from collections.abc import Callable
from dataclasses import dataclass
import logging
import threading
import time

from .errors import (
    DisplacedError,
    DroppedError,
    NodeError,
    PutAsideError,
    RefusedError,
    RejectedError,
    StoppedError,
    StoreError,
    UndeliveredError,
)
from .message import Message, Priority
from .metrics import Counts, Metrics
from .outqueue import Entry, OutQueue
from .receipt import Receipt
from .store import Store
from .stored import Stored

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Left:
    """What was accepted and not acknowledged when the client stopped.

    With ``kept`` it is on disk, and goes out after the next start. Without, it is lost unless you
    do something about it.
    """

    messages: tuple[Message, ...]
    kept: bool
    said_goodbye: bool = False
    """Whether the broker acknowledged the goodbye; else the Will is said."""


def _nobody() -> None:
    """Wake nobody: there is no worker yet."""


class Outbox:
    """Everything here may be called by any thread, and waits for no network."""

    def __init__(
        self,
        bound: int,
        store: Store | None,
        *,
        hang_ups: int,
        refused: Callable[[Message, NodeError], None],
    ) -> None:
        """Take back what is on disk; raises StoreError.

        ``refused`` is called when an accepted message will not be sent. One on which the broker
        hung up so many times in a row is put aside, with ``hang_ups`` of 0 never.
        """
        self._queue = OutQueue(bound)
        self._store = store
        self._hang_ups = hang_ups
        self._refused = refused
        self._wake: Callable[[], None] = _nobody
        self._changed = threading.Condition(threading.Lock())
        self._counts = Counts()
        self._number = 0
        self._connected = False
        self._hungry = False
        self._closed = False
        self._left: Left | None = None
        if store is not None:
            self._load(store)

    def _load(self, store: Store) -> None:
        now = time.monotonic()
        try:
            found = store.load()
        except StoreError:
            store.close()
            raise
        self._queue.restore(
            Entry(stored.number, stored.message, stored.priority, Receipt(stored.message), now)
            for stored in found
        )
        self._number = found[-1].number if found else 0
        self._counts.accepted = len(found)

    def serve(self, wake: Callable[[], None]) -> None:
        """Have ``wake`` called when there is something to send, and ``next`` had nothing."""
        self._wake = wake

    def __len__(self) -> int:
        """Return how many are not acknowledged."""
        return len(self._queue)

    @property
    def connected(self) -> bool:
        """Whether there is a connection, as far as is known."""
        return self._connected

    def accept(self, message: Message, priority: Priority) -> Receipt:
        """Take a message; raises RefusedError."""
        receipt = Receipt(message)
        with self._changed:
            if not message.qos and not self._connected and not self._closed:
                self._counts.dropped += 1
                receipt.finish(DroppedError(f"no connection: {message.topic}"))
                return receipt
            try:
                displaced = self._take_in(message, priority, receipt)
            except RefusedError:
                self._counts.refused += 1
                raise
            # A message more often finds the worker at work than idle. Then it costs no system
            # call, in which another thread would take the interpreter away from the caller.
            wake, self._hungry = self._hungry, False
        if displaced is not None:
            self._give_up(displaced, DisplacedError("something more important took its place"))
        if wake:
            self._wake()
        return receipt

    def _take_in(self, message: Message, priority: Priority, receipt: Receipt) -> Entry | None:
        if self._closed:
            raise StoppedError("the client was stopped")
        displaced = self._queue.make_room(priority)
        number = self._number + 1
        if self._store is not None and message.qos:
            self._store.add(Stored(number, message, priority))
            if displaced is not None:
                self._store.forget(displaced.number)
        self._number = number
        self._queue.add(Entry(number, message, priority, receipt, time.monotonic()), displaced)
        self._counts.accepted += 1
        if displaced is not None:
            self._counts.refused += 1
        return displaced

    def next(self) -> Entry | None:
        """Return the next message to send. None: not now; ``wake`` is called when there is one."""
        with self._changed:
            entry = self._queue.take()
            self._hungry = entry is None
            if entry is not None:
                self._counts.sent += 1
            return entry

    def acknowledge(self, entry: Entry, refusal: str | None) -> None:
        """Know that the broker has a message that ``next`` gave, or does not want it."""
        with self._changed:
            if self._left is not None:
                return
            if entry.message.qos:
                self._queue.remove(entry)
                if self._store is not None:
                    self._store.forget(entry.number)
                if refusal is None:
                    self._counts.acknowledge(time.monotonic() - entry.accepted_at)
            if refusal is not None:
                self._counts.rejected += 1
            if not len(self._queue):
                self._changed.notify_all()
        if refusal is None:
            entry.receipt.finish()
        else:
            self._give_up(entry, RejectedError(f"{entry.message.topic}: {refusal}"))

    @property
    def suspicious(self) -> bool:
        """Whether the broker may have hung up on something here: better send one at a time."""
        return self._queue.suspicious

    def blame(self, entry: Entry) -> None:
        """Know that the broker hung up, and of all in flight had this message to answer next."""
        with self._changed:
            if self._left is not None:
                return
            self._queue.suspect(entry)
            last = entry.hang_ups == self._hang_ups
            kept = last and self._store is not None
            if last:
                self._queue.remove(entry)
                self._counts.put_aside += 1
                if self._store is not None:
                    self._store.put_aside(entry.number)
                if not len(self._queue):
                    self._changed.notify_all()
        times = f"the broker hung up on it, {entry.hang_ups} times in a row"
        if last:
            self._give_up(entry, PutAsideError(f"{entry.message.topic}: {times}", kept=kept))
        elif entry.hang_ups > 1:
            _LOG.warning("%s: %s", entry.message.topic, times)

    def take_aside(self) -> list[Message]:
        """Return, and forget, what is put aside on disk; raises StoreError."""
        return [] if self._store is None else self._store.take_aside()

    def connect(self) -> None:
        """Know that there is a connection."""
        with self._changed:
            self._connected = True
            self._counts.connects += 1
            self._changed.notify_all()

    def lose_connection(self) -> None:
        """Know that there is none any more: what is not acknowledged has to be sent again."""
        with self._changed:
            self._connected = False
            gone = self._queue.lose_connection()
            self._counts.dropped += len(gone)
        for entry in gone:
            entry.receipt.finish(DroppedError(f"the connection is lost: {entry.message.topic}"))

    def drop(self, entry: Entry) -> None:
        """Know that a message of QoS 0 that ``next`` gave was not written any more."""
        with self._changed:
            self._counts.dropped += 1
        entry.receipt.finish(DroppedError(f"the connection is lost: {entry.message.topic}"))

    def miss(self) -> None:
        """Count a message that was received, and that nobody had time for."""
        with self._changed:
            self._counts.unheard += 1

    def wait_connected(self, timeout: float | None) -> bool:
        """Wait for a connection, or the end; return whether there is one."""
        with self._changed:
            self._changed.wait_for(lambda: self._connected or self._left is not None, timeout)
            return self._connected

    def wait_empty(self, timeout: float | None) -> bool:
        """Wait until all is acknowledged, or the end; return whether all is."""
        with self._changed:
            empty = self._changed.wait_for(lambda: not len(self._queue), timeout)
            return empty and not (self._left is not None and self._left.messages)

    def metrics(self) -> Metrics:
        """Return the metrics as of now."""
        with self._changed:
            return self._counts.snapshot(depth=len(self._queue), in_flight=self._queue.in_flight)

    def close(self) -> None:
        """Take nothing more."""
        with self._changed:
            self._closed = True

    def end(self) -> Left:
        """Let go of what is left, and close the store. Asked again, it answers the same."""
        with self._changed:
            if self._left is not None:
                return self._left
            self._closed = True
            entries = self._queue.empty()
            # QoS 0 is not kept by anybody.
            kept = self._store is not None
            self._left = Left(tuple(entry.message for entry in entries), kept)
            self._changed.notify_all()
        error = UndeliveredError("stopped before the broker acknowledged it", kept=kept)
        for entry in entries:
            entry.receipt.finish(error)
        if self._store is not None:
            self._store.close()
        if entries:
            level, where = (logging.WARNING, "kept on disk") if kept else (logging.ERROR, "LOST")
            _LOG.log(level, "%d messages are not acknowledged; they are %s", len(entries), where)
        return self._left

    def _give_up(self, entry: Entry, error: NodeError) -> None:
        _LOG.error("Accepted, and will not be sent: %s: %s", entry.message.topic, error)
        entry.receipt.finish(error)
        self._refused(entry.message, error)
