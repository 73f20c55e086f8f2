"""What is done on one connection: the birth, the subscriptions, then what waits in the outbox."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
import logging

from .link import Acknowledged, Limits, Link, Subscribed
from .message import Message
from .outbox import Outbox
from .outqueue import Entry

_LOG = logging.getLogger(__name__)

_WINDOW = 100
"""How many messages may wait for their acknowledgement, whatever else the broker would take."""


@dataclass(frozen=True)
class Wishes:
    """Filters with their QoS from which messages are wanted now, and filters from which not."""

    more: Sequence[tuple[str, int]]
    less: Sequence[str]


class Session:
    """One accepted connection. It is ``up`` once birth and subscriptions are acknowledged."""

    def __init__(
        self,
        link: Link,
        limits: Limits,
        outbox: Outbox,
        *,
        birth: Iterable[Message],
        filters: Sequence[tuple[str, int]],
        wishes: Callable[[], Wishes | None],
        heard: Callable[[Message], None],
        unwanted: set[str],
    ) -> None:
        """Begin with ``birth`` and ``filters``; ``heard`` is called with what comes in.

        ``wishes`` returns what else is to be heard, or no more, since it was asked last.
        ``unwanted`` are the topics of words that the broker has rejected; more is added to it. To
        say them again would be to be rejected again, and some brokers hang up on that.
        """
        self.up = False
        self._link = link
        self._limits = limits
        self._outbox = outbox
        self._wishes = wishes
        self._heard = heard
        self._unwanted = unwanted
        self._window = min(_WINDOW, limits.in_flight)
        self._words = deque(birth)
        # What has this packet id: something of the outbox, or a word of our own.
        self._sent: dict[int, Entry | Message] = {}
        self._unsaid = 0
        self._asked: dict[int, Sequence[tuple[str, int]]] = {}
        if filters:
            self._subscribe(filters)

    @property
    def settled(self) -> bool:
        """Whether all words of our own and all subscriptions are acknowledged."""
        return not self._words and not self._asked and not self._unsaid

    def say(self, words: Iterable[Message]) -> None:
        """Send something before all that waits."""
        self._words.extend(words)

    def step(self) -> None:
        """Look at what has come, and send what may be sent."""
        while True:
            self._look()
            self._ask()
            while self._may_send() and self._send_one():
                pass
            # QoS 0 is news as soon as it is written.
            if not self._link.news:
                return

    def end(self) -> None:
        """Look at what came last, and give back what is not acknowledged."""
        self._look()
        blamed = self._blamed()
        for entry in self._sent.values():
            if isinstance(entry, Entry) and not entry.message.qos:
                self._outbox.drop(entry)
        if blamed is not None:
            self._outbox.blame(blamed)
        self._outbox.lose_connection()

    def _ask(self) -> None:
        wishes = self._wishes()
        if wishes is None or self._link.ended is not None:
            return
        if wishes.less:
            self._link.unsubscribe(wishes.less)
        if wishes.more:
            self._subscribe(wishes.more)

    def _subscribe(self, filters: Sequence[tuple[str, int]]) -> None:
        packet_id = self._link.subscribe(filters)
        if packet_id is not None:
            self._asked[packet_id] = filters

    def _blamed(self) -> Entry | None:
        """Return on what the broker hung up, if it did and that was a message of the outbox.

        A broker acknowledges in the order in which it was sent to, so it is the first that is not
        acknowledged. Should an acknowledgement have been lost on the way, it is the wrong one: but
        a suspect is sent alone from then on, so it is acknowledged, or is the right one.
        """
        if not self._link.hung_up or self._unsaid:
            return None
        return next(
            (what for what in self._sent.values() if isinstance(what, Entry) and what.message.qos),
            None,
        )

    def _look(self) -> None:
        news, self._link.news = self._link.news, []
        for item in news:
            if isinstance(item, Message):
                self._heard(item)
            elif isinstance(item, Acknowledged):
                self._acknowledged(item)
            else:
                self._subscribed(item)
        if not self.up and self.settled and self._link.ended is None:
            self.up = True
            self._outbox.connect()

    def _may_send(self) -> bool:
        # What the socket does not take stays in paho; more is not given to it then.
        return (
            self._link.ended is None
            and not self._link.wants_to_write
            and len(self._sent) < (1 if self._outbox.suspicious else self._window)
        )

    def _send_one(self) -> bool:
        if self._words:
            self._say(self._words.popleft())
            return True
        entry = self._outbox.next() if self.up else None
        if entry is None:
            return False
        # Whoever subscribes and publishes then hears it.
        self._ask()
        objection = self._limits.objection(entry.message)
        if objection is not None:
            self._outbox.acknowledge(entry, objection)
        elif (packet_id := self._link.publish(entry.message)) is not None:
            self._sent[packet_id] = entry
        else:
            if not entry.message.qos:
                self._outbox.drop(entry)
            self._link.cut("a message could not be sent")
        return True

    def _say(self, message: Message) -> None:
        objection = self._limits.objection(message)
        if objection is not None:
            _LOG.error("Not sent: %s: %s", message.topic, objection)
        elif message.topic not in self._unwanted:
            packet_id = self._link.publish(message)
            if packet_id is not None:
                self._sent[packet_id] = message
                self._unsaid += 1

    def _acknowledged(self, item: Acknowledged) -> None:
        what = self._sent.pop(item.packet_id, None)
        if isinstance(what, Entry):
            self._outbox.acknowledge(what, item.refusal)
        elif what is not None:
            self._unsaid -= 1
            if item.refusal is not None:
                self._unwanted.add(what.topic)
                _LOG.error("The broker does not take %s: %s", what.topic, item.refusal)

    def _subscribed(self, item: Subscribed) -> None:
        filters = self._asked.pop(item.packet_id, ())
        for (name, _), refusal in zip(filters, item.refusals, strict=False):
            if refusal is not None:
                _LOG.error("The broker refuses the subscription to %s: %s", name, refusal)
