"""What members have in common: one thread that owns the state, orders, facts, a beat; a connection."""

from abc import ABC, abstractmethod
import argparse
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
import logging
import os
import queue
import signal
import sys
import threading
import time
from typing import Unpack

from demo.pipe import Answer, Deed, Facts, Order, decode, encode
from demo.process import die_with
from demo.wire import FAREWELL_SECONDS, KEEPALIVE_SECONDS, Address, Wire, Words

_NEVER = 3600.0


class OrderRefusedError(Exception):
    """The member cannot carry out the order; the text says why."""


class Member(ABC):
    """A service or device. Everything in it happens in one thread, one event after the other.

    The MQTT clients and the pipe have threads of their own; they ``post`` what they hear.
    """

    def __init__(self, interval: float = _NEVER) -> None:
        """Have ``beat`` called every ``interval`` seconds."""
        self._interval = interval
        self._events: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._over = False
        self._reported: Mapping[str, str] | None = None

    @abstractmethod
    def begin(self) -> None:
        """Connect."""

    def beat(self) -> None:  # noqa: B027  # many do nothing regularly
        """Do what is done regularly: a ping, telemetry."""

    @abstractmethod
    def end(self) -> None:
        """Say goodbye and disconnect."""

    @abstractmethod
    def facts(self) -> Mapping[str, str]:
        """Return what the supervisor shows of this member."""

    def carry_out(self, order: Order) -> None:
        """Carry out an order; raises OrderRefusedError."""
        raise OrderRefusedError(f"it cannot {order.deed}")

    def post(self, event: Callable[[], None]) -> None:
        """Have ``event`` called in the member's thread; any thread may ask."""
        self._events.put(event)

    def link_changed(self) -> None:
        """Report the facts again; for the ``on_up`` and ``on_down`` of clients."""
        self.post(_look_again)

    def run(self, *, supervised: bool) -> None:
        """Live until told to stop (an order, SIGTERM, Ctrl-C, or the supervisor's pipe ending)."""
        for ending in (signal.SIGTERM, signal.SIGINT):
            signal.signal(ending, lambda *_: self.post(self._stop))
        self.begin()
        if supervised:
            threading.Thread(target=self._listen, name="orders", daemon=True).start()
        next_beat = time.monotonic() + self._interval
        while not self._over:
            if supervised:
                self._report()
            try:
                event = self._events.get(timeout=max(0.0, next_beat - time.monotonic()))
            except queue.Empty:
                # Not "next_beat +=": after a freeze it would make up for every beat it missed.
                next_beat = time.monotonic() + self._interval
                event = self.beat
            event()
        self.end()

    def _listen(self) -> None:
        # Unbuffered, because a daemon thread that holds the lock of sys.stdin's buffer makes the
        # interpreter abort when it shuts down.
        with open(0, "rb", buffering=0, closefd=False) as orders:
            for line in orders:
                order = decode(line)
                assert isinstance(order, Order)
                self.post(lambda order=order: self._follow(order))  # type: ignore[misc]  # mypy cannot infer it
        self.post(self._stop)

    def _follow(self, order: Order) -> None:
        refused = None
        if order.deed is Deed.STOP:
            self._stop()
        else:
            try:
                self.carry_out(order)
            except OrderRefusedError as reason:
                refused = str(reason)
        # Facts first: who waits for the answer may look at them.
        self._report()
        _say(Answer(order.number, refused))

    def _report(self) -> None:
        facts = dict(self.facts())
        if facts != self._reported:
            self._reported = facts
            _say(Facts(facts))

    def _stop(self) -> None:
        self._over = True


class Device(Member):
    """A member with one connection, over which it says everything."""

    def __init__(
        self,
        wire: Wire,
        client_id: str,
        *,
        interval: float = _NEVER,
        **words: Unpack[Words],
    ) -> None:
        """Describe the connection."""
        super().__init__(interval)
        self.client = wire.client(
            client_id=client_id, on_up=self.link_changed, on_down=self.link_changed, **words
        )

    @property
    def link(self) -> str:
        """``online`` or ``offline``."""
        return "online" if self.client.up else "offline"

    def begin(self) -> None:
        """Connect."""
        self.client.start()

    def end(self) -> None:
        """Shut down properly."""
        self.client.stop(FAREWELL_SECONDS)


def _look_again() -> None:
    """Do nothing: the facts are compared after every event anyway."""


def _say(said: Answer | Facts) -> None:
    sys.stdout.buffer.write(encode(said))
    sys.stdout.buffer.flush()


def now() -> str:
    """Return the time as the devices write it: UTC, whole seconds, ``Z``."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def options(module: str, description: str | None) -> argparse.ArgumentParser:
    """Return a parser with the options that every member has."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=description)
    parser.add_argument("--broker", type=Address.parse, required=True, metavar="HOST:PORT")
    parser.add_argument(
        "--keepalive",
        type=int,
        default=KEEPALIVE_SECONDS,
        metavar="SECONDS",
        help="MQTT keep-alive (default: %(default)s)",
    )
    parser.add_argument(
        "--supervisor",
        type=int,
        metavar="PID",
        help="take orders on standard input, report on standard output, and end with this process",
    )
    return parser


def wire(arguments: argparse.Namespace) -> Wire:
    """Return the way to the broker that the options name."""
    return Wire(arguments.broker, arguments.keepalive)


def live(
    parser: argparse.ArgumentParser, make: Callable[[Wire, argparse.Namespace], Member]
) -> None:
    """Be the member that ``make`` makes of the options, until told to stop."""
    arguments = parser.parse_args()
    supervised = set_up(arguments)
    make(wire(arguments), arguments).run(supervised=supervised)


def set_up(arguments: argparse.Namespace) -> bool:
    """Prepare logging and the tie to the supervisor; return whether there is one."""
    logging.basicConfig(
        level=logging.INFO, format=f"%(asctime)s {os.getpid()} %(levelname)s %(message)s"
    )
    if arguments.supervisor is None:
        return False
    die_with(arguments.supervisor)
    return True
