"""The client: what a service holds in its hands."""

import atexit
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
import ssl
from types import TracebackType
from typing import TypedDict, TypeVar

from .backoff import Backoff
from .errors import NodeError, UndeliveredError
from .link import Protocol, Settings
from .message import Message, Payload, Priority, check_filter, encode
from .metrics import Metrics
from .outbox import Left, Outbox
from .receipt import Receipt
from .store import Store
from .worker import Calls, End, Handler, Words, Worker

_PORT = 1883
_TLS_PORT = 8883

_ClientT = TypeVar("_ClientT", bound="Client")


def _nothing() -> None:
    """Ignore that the connection came or went."""


def _only_logged(_message: Message, _error: NodeError) -> None:
    """Ignore that a message is given up; it is in the log."""


class Options(TypedDict, total=False):
    """The options of a client, for those who hand them on."""

    client_id: str
    username: str | None
    password: str | None
    tls: ssl.SSLContext | None
    protocol: Protocol
    clean_start: bool
    session_expiry: int
    keepalive: int
    connect_timeout: float
    backoff: Backoff
    will: Message | None
    birth: Words
    goodbye: Words
    queue_size: int
    hang_ups: int
    store: str | Path | None
    store_sync: bool
    on_up: Callable[[], None]
    on_down: Callable[[], None]
    on_refused: Callable[[Message, NodeError], None]


class Client:
    """One MQTT connection that comes back by itself, and a queue that loses nothing.

    All methods may be called from any thread, also before ``start``; none but ``stop``, ``flush``
    and ``wait_until_up`` waits for anything. The handlers (``on_...`` and those of subscriptions)
    run in a thread of their own, one after the other, and may block as long as they like.

    ``birth`` are the messages that are published first on every connection, or what makes them
    (called in the thread of the connection, so it must not block); ``goodbye`` those that are
    published last by ``stop``. A message on which the broker hangs up ``hang_ups`` times in a row
    is put aside, so that the others come through; with 0 it is sent until the broker takes it.
    Times are in seconds.
    """

    def __init__(
        self,
        host: str,
        port: int | None = None,
        *,
        client_id: str,
        username: str | None = None,
        password: str | None = None,
        tls: ssl.SSLContext | None = None,
        protocol: Protocol = Protocol.MQTT_5,
        clean_start: bool = True,
        session_expiry: int = 3600,
        keepalive: int = 30,
        connect_timeout: float = 2.5,
        backoff: Backoff = Backoff(),  # noqa: B008  # frozen
        will: Message | None = None,
        birth: Words = (),
        goodbye: Words = (),
        queue_size: int = 1000,
        hang_ups: int = 3,
        store: str | Path | None = None,
        store_sync: bool = False,
        on_up: Callable[[], None] = _nothing,
        on_down: Callable[[], None] = _nothing,
        on_refused: Callable[[Message, NodeError], None] = _only_logged,
    ) -> None:
        """Describe the connection; ``start`` makes it. Raises ValueError, and StoreError."""
        if not host:
            raise ValueError("which host?")
        if not client_id:
            raise ValueError("a client needs an id that is its own, and stays the same")
        if not 1 <= keepalive <= 65_535:
            raise ValueError("a keepalive has 1 to 65,535 seconds")
        if hang_ups < 0 or hang_ups == 1:
            # At the first, others were in flight too.
            raise ValueError("it takes two hang-ups to know on what; 0: nothing is put aside")
        self._settings = Settings(
            host=host,
            port=port or (_PORT if tls is None else _TLS_PORT),
            client_id=client_id,
            username=username,
            password=password,
            tls=tls,
            protocol=protocol,
            clean_start=clean_start,
            session_expiry=session_expiry,
            keepalive=keepalive,
            connect_timeout=connect_timeout,
            will=will,
        )
        self._outbox = Outbox(
            queue_size,
            Store(Path(store), sync=store_sync) if store is not None else None,
            hang_ups=hang_ups,
            refused=self._refused,
        )
        self._on_refused = on_refused
        self._worker = Worker(
            self._settings,
            self._outbox,
            backoff,
            Calls(birth=birth, goodbye=goodbye, on_up=on_up, on_down=on_down),
        )

    # What a service calls

    def start(self: _ClientT) -> _ClientT:
        """Connect, and go on until it works; returns at once. Once only."""
        self._worker.start()
        # Who forgets to stop has it stopped at the end of the process: nothing accepted is lost
        # only because nobody waited for it.
        atexit.register(self.stop)
        return self

    def stop(self, timeout: float = 10.0) -> Left:
        """Take nothing more, deliver what was accepted, say goodbye, and end.

        Waits for that up to ``timeout`` seconds (and some more to say goodbye). Returns what is
        left; with a ``store`` it goes out after the next start. Where the goodbye is not
        acknowledged the broker says the Will instead.
        """
        return self._finish(End.PROPERLY, timeout)

    def abandon(self) -> Left:
        """End as a crash does: at once, without a goodbye, so that the broker says the Will."""
        return self._finish(End.WITHOUT_A_WORD, 0.0)

    def freeze(self) -> Left:
        """End as a power cut does: nobody closes the connection, the broker has to find out.

        For tests and demos. The socket is closed with this object.
        """
        return self._finish(End.FROZEN, 0.0)

    def drop_connection(self) -> None:
        """Lose the connection as a network does, and come back. For tests and demos."""
        self._worker.drop()

    def publish(
        self,
        topic: str,
        payload: Payload = None,
        *,
        qos: int = 1,
        retain: bool = False,
        priority: Priority = Priority.NORMAL,
    ) -> Receipt:
        """Accept a message and return at once; ``wait`` on the receipt if you want to know.

        QoS 1 and 2 stay in the queue until the broker acknowledges them, whatever happens to the
        connection. QoS 0 is now or never: without a connection it is dropped, as the receipt says.

        Raises QueueFullError where there is no room: where all that waits is at least as
        important. Else the newest of the least important makes way; its receipt, ``on_refused``
        and the log tell of it. Raises StoppedError, StoreError, and ValueError or TypeError for
        what cannot be sent.
        """
        return self.send(Message(topic, encode(payload), qos, retain), priority)

    def send(self, message: Message, priority: Priority = Priority.NORMAL) -> Receipt:
        """Publish a message that is made already; see ``publish``."""
        settings = self._settings
        if message.qos == 2 and not settings.clean_start:
            # The broker remembers packet ids of a process that is gone, and would take a new
            # message for an old one.
            raise ValueError("QoS 2 needs clean_start: a kept session could swallow a message")
        return self._outbox.accept(message, priority)

    def answer(self, message: Message, payload: Payload = None, *, qos: int = 1) -> Receipt:
        """Answer a message as MQTT 5 does: where it asks for it, with its correlation data.

        Raises ValueError where it asks for no answer.
        """
        if message.response_topic is None:
            raise ValueError(f"no answer is wanted: {message.topic}")
        answer = Message(message.response_topic, encode(payload), qos)
        return self.send(replace(answer, correlation=message.correlation))

    def subscribe(self, topic_filter: str, handler: Handler, qos: int = 1) -> None:
        """Have ``handler`` called with each message, from now on and on every connection."""
        check_filter(topic_filter)
        if qos == 2 and not self._settings.clean_start:
            raise ValueError("QoS 2 needs clean_start")
        self._worker.subscribe(topic_filter, handler, qos)

    def unsubscribe(self, topic_filter: str) -> None:
        """Hear no more of it."""
        self._worker.unsubscribe(topic_filter)

    @property
    def up(self) -> bool:
        """Whether the broker has accepted the connection, the birth and the subscriptions."""
        return self._worker.up

    def wait_until_up(self, timeout: float | None = None) -> bool:
        """Wait for the connection; return whether it is up."""
        return self._outbox.wait_connected(timeout)

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until all that was accepted is acknowledged; return whether it is."""
        return self._outbox.wait_empty(timeout)

    def take_aside(self) -> list[Message]:
        """Return what was put aside (see ``hang_ups``) and is on disk, and forget it.

        The oldest first, also from earlier lives of this client. Without a ``store`` nothing is
        kept, and ``on_refused`` is told of it only. Raises StoreError, also once it is stopped.
        """
        return self._outbox.take_aside()

    def metrics(self) -> Metrics:
        """Return how it is doing."""
        return self._outbox.metrics()

    def __enter__(self: _ClientT) -> _ClientT:
        """Start."""
        return self.start()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop; raises UndeliveredError where that loses messages, unless something else did."""
        left = self.stop()
        if left.messages and not left.kept and exc is None:
            raise UndeliveredError(
                f"{len(left.messages)} messages were not acknowledged", kept=False
            )

    def _finish(self, how: End, timeout: float) -> Left:
        self._outbox.close()
        self._worker.finish(how, timeout)
        atexit.unregister(self.stop)
        return replace(self._outbox.end(), said_goodbye=self._worker.said_goodbye)

    def _refused(self, message: Message, error: NodeError) -> None:
        self._worker.post(lambda: self._on_refused(message, error))
