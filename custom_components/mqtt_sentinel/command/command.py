"""Commands: what is sent, for how long it may be, and how it is known to have worked."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import NamedTuple

from ..watch.reports import ThingKey

# MQTT 5 brokers count the rest of a message's time in whole seconds, and one that is sent in its
# last second could only be confirmed after it: it is not sent any more.
LAST_SECOND = 1.0
LONGEST_TOPIC = 65_535
_NOT_IN_TOPICS = frozenset("+#\0")
DEFAULT_TTL = 10.0
DEFAULT_TIMEOUT = 1.0


class Priority(IntEnum):
    """What goes first."""

    ALARM = 0
    RELAY = 1
    SCENE = 2
    REST = 3


class Result(StrEnum):
    """How a command ended; each has exactly one result.

    ``CONFIRMED``: the thing said OK, reported the state that was asked for, or both, as the
    command asks for it.
    ``CONFIRMED_BY_STATE``: nothing came but the state, where an OK was asked for, too; or nothing came
    at all, and the state was there already.
    ``NOT_MOVED``: an OK and the state were asked for, and only the OK came.
    ``NOT_CONFIRMED``: it was sent, and nothing came back in time.
    ``ERROR_REPORTED``: the thing said ERROR.
    ``AMBIGUOUS``: an ERROR came where several commands waited for their answers; or what came may
    have been its answer, or the late one of a command before it.
    ``SENT``: nothing was to come back.
    ``EXPIRED``: it could not be sent in time.
    ``REPLACED``: a newer command to the same target took its place.
    ``REFUSED``: the queue was full.
    ``CANCELLED``: nobody wants it any more.
    """

    CONFIRMED = "confirmed"
    CONFIRMED_BY_STATE = "confirmed_by_state"
    NOT_MOVED = "not_moved"
    NOT_CONFIRMED = "not_confirmed"
    ERROR_REPORTED = "error_reported"
    AMBIGUOUS = "ambiguous"
    SENT = "sent"
    EXPIRED = "expired"
    REPLACED = "replaced"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class Relay(NamedTuple):
    """One relay of one thing."""

    key: ThingKey
    relay: str


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What has to come back within ``timeout`` seconds of each sending.

    ``feedback``: the topic, with its site's prefix, on which the thing says OK or ERROR.
    ``relay``: what has to be reported as ``on`` says. With both, both have to come. ``already``: it
    was reported so before the command, and a relay that stays as it is need not say so again.

    Raises ValueError when it asks for nothing, or in no time.
    """

    feedback: str | None = None
    relay: Relay | None = None
    on: bool = False
    timeout: float = DEFAULT_TIMEOUT
    already: bool = False

    def __post_init__(self) -> None:
        """Refuse what can never come."""
        if self.feedback is None and self.relay is None:
            raise ValueError("a confirmation needs a feedback topic or a relay")
        if self.timeout <= 0:
            raise ValueError("a confirmation needs time")


@dataclass(frozen=True, slots=True)
class Command:
    """One message to be sent, and what is expected of it.

    ``target`` is what it is about, as a relay: of several commands to one target only the newest
    counts. ``ttl``: seconds from being offered within which it may be sent. ``actuator``: it moves
    something, and so must never come late; it goes out with QoS 0 whatever ``qos`` says, as the
    MQTT client keeps all others and sends them again when the broker is back. ``tries``: how often
    it is sent at most, None for as often as its time allows; one that asks for no confirmation is
    sent once. The confirmation may carry the ``id`` as correlation data.

    Raises ValueError when nothing can be sent to the topic or with the QoS, when it has no time to
    be sent in or no try, and when an actuator command is retained: it would move something whenever
    the thing comes back.
    """

    id: str
    target: str
    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False
    priority: Priority = Priority.REST
    ttl: float = DEFAULT_TTL
    actuator: bool = False
    confirmation: Confirmation | None = None
    tries: int | None = None

    def __post_init__(self) -> None:
        """Refuse what can never be sent, or not safely."""
        if not 0 < len(self.topic.encode()) <= LONGEST_TOPIC or _NOT_IN_TOPICS & set(self.topic):
            raise ValueError("a command needs a topic that can be published to")
        if self.qos not in (0, 1, 2):
            raise ValueError("a command needs a QoS of MQTT")
        if not self.ttl > LAST_SECOND:
            raise ValueError(f"a command needs more than {LAST_SECOND} s to be sent in")
        if self.actuator and self.retain:
            raise ValueError("an actuator command cannot be retained")
        if self.tries is not None and self.tries < 1:
            raise ValueError("a command needs a try")


@dataclass(frozen=True, slots=True)
class Sending:
    """One message for the MQTT client, now.

    ``expiry``: whole seconds, at least 1, after which the broker shall not deliver it; None for a
    retained one, which is to stay.
    """

    command: Command
    qos: int
    expiry: int | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended, at ``at``.

    ``sends``: how often it was sent. ``latency``: seconds from its first sending to what decided
    it, None when nothing came back, also where nothing had to.
    """

    command: Command
    result: Result
    at: float
    sends: int = 0
    latency: float | None = None


@dataclass(frozen=True, slots=True)
class Late:
    """What came for a command that had its result already: OK or the state, or (not ``ok``) ERROR."""

    command: Command
    result: Result
    ok: bool
    latency: float


type News = Outcome | Late
