"""The queue of what has to be sent: priorities, a bound, and what is in flight. Pure.

It is no more than its owner's memory of what was accepted: it takes no lock and starts no thread.
"""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass

from .errors import QueueFullError
from .message import Message, Priority
from .receipt import Receipt


@dataclass(eq=False)
class Entry:
    """One accepted message. ``number`` counts up; ``accepted_at`` is monotonic seconds."""

    number: int
    message: Message
    priority: Priority
    receipt: Receipt
    accepted_at: float
    attempts: int = 0
    hang_ups: int = 0
    """How often in a row the broker hung up when this was what it had to answer next."""


class OutQueue:
    """What was accepted and is not acknowledged: it waits, or is in flight.

    Of each priority the oldest goes first, and what comes back from a lost connection goes before
    what was never sent: in its old order. So everything on one topic and of one priority reaches
    the broker for the first time in the order in which it was accepted.
    """

    def __init__(self, bound: int) -> None:
        """Hold at most ``bound`` messages."""
        if bound < 1:
            raise ValueError("a queue has room for one message at least")
        self._bound = bound
        self._lanes: dict[Priority, deque[Entry]] = {
            priority: deque() for priority in sorted(Priority, reverse=True)
        }
        self._in_flight: dict[int, Entry] = {}
        self._suspects: set[int] = set()
        self._exactly_once: Counter[str] = Counter()

    def __len__(self) -> int:
        """Return how many there are, in flight or not."""
        return sum(map(len, self._lanes.values())) + len(self._in_flight)

    @property
    def in_flight(self) -> int:
        """How many were sent on this connection and are not acknowledged."""
        return len(self._in_flight)

    @property
    def suspicious(self) -> bool:
        """Whether there is one on which the broker may have hung up."""
        return bool(self._suspects)

    def make_room(self, priority: Priority) -> Entry | None:
        """Return who has to leave so that a message of this priority can be added.

        None where there is room. Raises QueueFullError where nobody is less important. Nothing
        is changed: give the answer to ``add``. What was sent once never has to leave.
        """
        if len(self) < self._bound:
            return None
        for lane_priority in sorted(Priority):
            lane = self._lanes[lane_priority]
            if lane_priority < priority and lane and not lane[-1].attempts:
                return lane[-1]
        raise QueueFullError(f"{len(self)} messages wait already")

    def add(self, entry: Entry, displaced: Entry | None = None) -> None:
        """Put a message at the end of its lane, in the place of ``displaced``."""
        if displaced is not None:
            self._lanes[displaced.priority].pop()
        self._lanes[entry.priority].append(entry)

    def restore(self, entries: Iterable[Entry]) -> None:
        """Take back what was accepted in an earlier life, be it more than the bound."""
        for entry in entries:
            self._lanes[entry.priority].append(entry)

    def take(self) -> Entry | None:
        """Return the next to be sent. With QoS 1 and 2 it is in flight from now on.

        None where nothing waits, or where the next would overtake: a broker passes a message of
        QoS 2 on at the end of a longer exchange, so others on the same topic wait for that.
        """
        for lane in self._lanes.values():
            if not lane:
                continue
            message = lane[0].message
            if message.qos < 2 and message.topic in self._exactly_once:
                return None
            entry = lane.popleft()
            entry.attempts += 1
            if message.qos:
                self._in_flight[entry.number] = entry
            if message.qos == 2:
                self._exactly_once[message.topic] += 1
            return entry
        return None

    def suspect(self, entry: Entry) -> None:
        """Know that the broker hung up, and had this message of those in flight to answer next."""
        entry.hang_ups += 1
        self._suspects.add(entry.number)

    def remove(self, entry: Entry) -> None:
        """Forget a message that is in flight."""
        del self._in_flight[entry.number]
        self._suspects.discard(entry.number)
        topic = entry.message.topic
        if entry.message.qos == 2:
            self._exactly_once[topic] -= 1
            if not self._exactly_once[topic]:
                del self._exactly_once[topic]

    def lose_connection(self) -> list[Entry]:
        """Have all that is in flight wait again, before the others. Return QoS 0, which is gone."""
        for entry in sorted(self._in_flight.values(), key=lambda entry: entry.number, reverse=True):
            self._lanes[entry.priority].appendleft(entry)
        self._in_flight.clear()
        self._exactly_once.clear()
        gone = []
        for priority, lane in self._lanes.items():
            gone += [entry for entry in lane if not entry.message.qos]
            self._lanes[priority] = deque(entry for entry in lane if entry.message.qos)
        return gone

    def empty(self) -> list[Entry]:
        """Forget everything, and return it in the order in which it was accepted."""
        everything = [*self._in_flight.values()]
        for lane in self._lanes.values():
            everything += lane
            lane.clear()
        self._in_flight.clear()
        self._exactly_once.clear()
        self._suspects.clear()
        return sorted(everything, key=lambda entry: entry.number)
