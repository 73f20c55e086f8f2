"""The thread that has the connection: it makes it, keeps it alive, and makes the next one.

Nothing else runs in it, so whatever blocks elsewhere in the process cannot cost the connection.
(What holds Python's global lock can: a C extension that computes for longer than the keepalive
without letting go of it stops every thread.)
"""

from collections.abc import Callable, Sequence
import contextlib
from dataclasses import dataclass, replace
from enum import Enum
import logging
import selectors
import socket
import threading
import time

from paho.mqtt.client import topic_matches_sub

from .backoff import Backoff
from .handlers import Handlers
from .link import Limits, Link, Settings
from .message import Message
from .outbox import Outbox
from .session import Session, Wishes

_LOG = logging.getLogger(__name__)

_GOODBYE_SECONDS = 2.0
"""How long the broker has to acknowledge the goodbye."""

_TICK_SECONDS = 1.0
"""How often the keepalive is looked at, if it is not a very short one."""

Handler = Callable[[Message], None]
Words = Sequence[Message] | Callable[[], Sequence[Message]]


class End(Enum):
    """How a client comes to its end."""

    PROPERLY = "properly"
    WITHOUT_A_WORD = "without a word"
    FROZEN = "frozen"


@dataclass(frozen=True)
class Calls:
    """What the user wants said and called on every connection."""

    birth: Words
    goodbye: Words
    on_up: Callable[[], None]
    on_down: Callable[[], None]


class Worker:
    """Two threads: that of the connection, and that of the handlers."""

    def __init__(self, settings: Settings, outbox: Outbox, backoff: Backoff, calls: Calls) -> None:
        """Have no connection yet."""
        self._settings = settings
        self._outbox = outbox
        self._backoff = backoff
        self._calls = calls
        self._lock = threading.Lock()
        self._subscriptions: dict[str, tuple[Handler, int]] = {}
        self._asked: list[tuple[str, int]] = []
        self._renounced: list[str] = []
        self._unwanted: set[str] = set()
        self._complaint = ""
        self._dropping = False
        self._end: End | None = None
        self._stop_at = 0.0
        self._frozen: Link | None = None
        self._ear: socket.socket
        self._bell: socket.socket | None = None
        self.said_goodbye = False
        """Whether the goodbye was acknowledged."""
        self._handlers = Handlers()
        self._thread = threading.Thread(
            target=self._run, name=f"sentinel-{settings.client_id}", daemon=True
        )
        outbox.serve(self._ring)

    @property
    def up(self) -> bool:
        """Whether there is a connection, with birth and subscriptions acknowledged."""
        return self._outbox.connected

    def start(self) -> None:
        """Start the threads; raises RuntimeError the second time."""
        self._handlers.start()  # raises where it was started before
        self._ear, self._bell = socket.socketpair()
        self._ear.setblocking(False)
        self._bell.setblocking(False)
        self._thread.start()

    def post(self, call: Callable[[], None]) -> None:
        """Have something called by the thread of the handlers."""
        self._handlers.post(call)

    def subscribe(self, topic_filter: str, handler: Handler, qos: int) -> None:
        """Subscribe on this connection and all that come."""
        with self._lock:
            self._subscriptions[topic_filter] = (handler, qos)
            self._asked.append((topic_filter, qos))
        self._ring()

    def unsubscribe(self, topic_filter: str) -> None:
        """Subscribe no more."""
        with self._lock:
            self._subscriptions.pop(topic_filter, None)
            self._renounced.append(topic_filter)
        self._ring()

    def drop(self) -> None:
        """Lose the connection, and make the next one."""
        self._dropping = True
        self._ring()

    def finish(self, how: End, timeout: float) -> None:
        """End, and wait for it; ``timeout`` is for what is in the outbox."""
        with self._lock:
            if self._end is None:
                self._stop_at = time.monotonic() + timeout
                self._end = how
        self._ring()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            # It always comes to its end by itself, but for a resolver of names that hangs.
            self._thread.join(timeout + self._settings.connect_timeout + 2 * _GOODBYE_SECONDS)
        self._handlers.stop(_GOODBYE_SECONDS)
        if self._bell is not None and not self._thread.is_alive():
            self._ear.close()
            self._bell.close()

    # The thread of the connection

    def _run(self) -> None:
        failures = 0
        while not self._is_over():
            link = Link(self._settings)
            try:
                limits = self._live(link)
            except Exception:  # noqa: BLE001  # logged
                # Should there be a mistake in here, it costs a connection, and not the client.
                _LOG.exception("%s: the connection broke", self._settings.client_id)
                link.cut("it broke")
                limits = None
            failures = 0 if limits is not None else failures + 1
            if limits is not None and limits.keepalive < self._settings.keepalive:
                # The broker's is the one that counts, and a connection of paho cannot change its.
                self._settings = replace(self._settings, keepalive=limits.keepalive)
                continue
            self._pause(self._backoff.draw(failures))

    @property
    def _tick(self) -> float:
        return min(_TICK_SECONDS, self._settings.keepalive / 8)

    def _is_over(self) -> bool:
        """Whether there is nothing to do on a next connection."""
        if self._end is not End.PROPERLY:
            return self._end is not None
        return not len(self._outbox) or time.monotonic() >= self._stop_at

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self._ear, selectors.EVENT_READ)
            while not self._is_over() and (rest := until - time.monotonic()) > 0:
                if self._end is not None:
                    rest = min(rest, max(0.0, self._stop_at - time.monotonic()))
                if selector.select(rest):
                    self._hear_bell()

    def _live(self, link: Link) -> Limits | None:
        """Be connected until it is over; return what the broker takes, if it accepted us."""
        try:
            link.open()
        except OSError as why:
            self._complain(f"no broker: {why}")
            return None
        patience = time.monotonic() + self._settings.connect_timeout
        with _Watch(link, self._ear, self._tick) as watch:
            while link.accepted is None and link.ended is None:
                watch.wait(self._next_stop(patience))
                self._hear_bell()
                if time.monotonic() >= patience:
                    link.cut("no answer to CONNECT")
                elif self._is_over():
                    link.cut("stopped")
            if link.accepted is None:
                self._complain(f"not connected: {link.ended}")
            elif link.accepted.keepalive < self._settings.keepalive:
                link.leave()
            else:
                self._talk(link, watch, link.accepted)
        return link.accepted

    def _talk(self, link: Link, watch: "_Watch", limits: Limits) -> None:
        """Do what is to be done on an accepted connection, until it ends."""
        self._complaint = ""
        session = self._begin(link, limits)
        farewell = _Farewell(self._calls.goodbye)
        up = False
        try:
            while link.ended is None:
                session.step()
                if session.up and not up:
                    up = True
                    _LOG.info("%s: connected", self._settings.client_id)
                    self._handlers.post(self._calls.on_up)
                self._look_after(link, session, farewell)
                if link.ended is None:
                    watch.wait(min(self._next_stop(0.0), farewell.deadline))
                    self._hear_bell()
        finally:
            session.end()
            if self._end is None:
                _LOG.warning("%s: disconnected: %s", self._settings.client_id, link.ended)
            if up:
                self._handlers.post(self._calls.on_down)

    def _complain(self, why: str) -> None:
        """Log why there is no connection: once, and not at every attempt."""
        level = logging.DEBUG if why == self._complaint else logging.WARNING
        self._complaint = why
        if self._end is None:
            _LOG.log(level, "%s: %s", self._settings.client_id, why)

    def _next_stop(self, patience: float) -> float:
        """When something has to be looked at, whatever comes."""
        moment = time.monotonic() + self._tick
        if patience > time.monotonic():
            moment = min(moment, patience)
        if self._end is not None and self._stop_at > time.monotonic():
            moment = min(moment, self._stop_at)
        return moment

    def _begin(self, link: Link, limits: Limits) -> Session:
        with self._lock:
            filters = [(name, qos) for name, (_, qos) in self._subscriptions.items()]
            self._asked.clear()
            self._dropping = False
            self._renounced.clear()
        return Session(
            link,
            limits,
            self._outbox,
            birth=_words(self._calls.birth),
            filters=filters,
            wishes=self._wishes,
            heard=self._heard,
            unwanted=self._unwanted,
        )

    def _wishes(self) -> Wishes | None:
        """Return what was asked for since it was asked last."""
        if not self._asked and not self._renounced:
            return None
        with self._lock:
            asked, self._asked = self._asked, []
            renounced, self._renounced = self._renounced, []
        return Wishes(asked, renounced)

    def _look_after(self, link: Link, session: Session, farewell: "_Farewell") -> None:
        """Do what others asked for meanwhile."""
        if self._dropping:
            self._dropping = False
            link.cut("dropped on demand")
        elif self._end is End.WITHOUT_A_WORD:
            link.cut("abandoned")
        elif self._end is End.FROZEN:
            self._frozen = link
            link.ended = "frozen"
        elif self._end is End.PROPERLY and (farewell.begun or self._is_over()):
            farewell.step(link, session)
            self.said_goodbye = farewell.said

    def _heard(self, message: Message) -> None:
        with self._lock:
            handlers = [
                handler
                for name, (handler, _) in self._subscriptions.items()
                if topic_matches_sub(name, message.topic)
            ]
        for handler in handlers:
            if not self._handlers.offer(lambda handler=handler: handler(message)):  # type: ignore[misc]  # mypy cannot infer it
                self._outbox.miss()

    def _ring(self) -> None:
        if self._bell is not None:
            with contextlib.suppress(OSError):  # it is full, so it rings already; or all is over
                self._bell.send(b"\0")

    def _hear_bell(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._ear.recv(4096)


class _Farewell:
    """The end of a connection: the goodbye, its acknowledgement, DISCONNECT."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self.said = False
        self.begun = False
        self.deadline = float("inf")

    def step(self, link: Link, session: Session) -> None:
        """Go on."""
        now = time.monotonic()
        if not self.begun:
            self.begun = True
            self.deadline = now + _GOODBYE_SECONDS
            session.say(_words(self._words))
            session.step()
        if now >= self.deadline:
            self.said = False
            link.cut("the goodbye is not acknowledged")
        elif session.settled and not self.said:
            self.said = True
            link.leave()


class _Watch:
    """Waits for the socket of a link and for the bell."""

    def __init__(self, link: Link, ear: socket.socket, tick: float) -> None:
        self._link = link
        self._ear = ear
        self._file = link.file
        self._writing = False
        self._tick = tick
        self._ticked = time.monotonic()
        self._selector = selectors.DefaultSelector()

    def __enter__(self) -> "_Watch":  # Self is of Python 3.11
        self._selector.register(self._ear, selectors.EVENT_READ)
        if self._file >= 0:
            self._selector.register(self._file, selectors.EVENT_READ)
        return self

    def __exit__(self, *_: object) -> None:
        self._selector.close()

    def wait(self, until: float) -> None:
        """Wait until something happens; read and write what there is."""
        link = self._link
        if link.wants_to_write != self._writing:
            self._writing = link.wants_to_write
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._writing else 0)
            self._selector.modify(self._file, wanted)
        seconds = 0.0 if link.has_unread else max(0.0, until - time.monotonic())
        ready = 0
        for key, mask in self._selector.select(seconds):
            if key.fileobj == self._file:
                ready = mask
        if ready & selectors.EVENT_READ or link.has_unread:
            link.read()
        if ready & selectors.EVENT_WRITE and link.ended is None:
            link.write()
        if link.ended is None and time.monotonic() >= self._ticked + self._tick:
            self._ticked = time.monotonic()
            link.tick()


def _words(words: Words) -> Sequence[Message]:
    if not callable(words):
        return words
    try:
        return words()
    except Exception:  # noqa: BLE001  # logged
        # It is somebody else's code, and no reason to have no connection.
        _LOG.exception("What makes the birth or goodbye failed")
        return ()
