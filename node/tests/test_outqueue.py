"""The queue against a model of it: whatever happens, nothing vanishes and nothing overtakes."""

from collections.abc import Iterator
from itertools import count

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
import pytest

from mqtt_sentinel_node import Message, Priority, QueueFullError, Receipt
from mqtt_sentinel_node.outqueue import Entry, OutQueue

BOUND = 5
TOPICS = ("a", "b")


def entry(
    number: int, priority: Priority = Priority.NORMAL, qos: int = 1, topic: str = "a"
) -> Entry:
    message = Message(topic, b"", qos)
    return Entry(number, message, priority, Receipt(message), 0.0)


def taken(queue: OutQueue) -> Iterator[int]:
    while (got := queue.take()) is not None:
        yield got.number


class Life(RuleBasedStateMachine):
    """Messages come, go, are acknowledged in any order, and connections are lost."""

    def __init__(self) -> None:
        super().__init__()
        self.queue = OutQueue(BOUND)
        self.numbers = count(1)
        self.waiting: list[Entry] = []
        self.in_flight: list[Entry] = []
        self.first_sent: dict[tuple[str, Priority], list[int]] = {}

    @rule(
        priority=st.sampled_from(Priority),
        qos=st.sampled_from([0, 1, 2]),
        topic=st.sampled_from(TOPICS),
    )
    def accept(self, priority: Priority, qos: int, topic: str) -> None:
        new = entry(next(self.numbers), priority, qos, topic)
        less = [old for old in self.waiting if old.priority < priority and not old.attempts]
        if len(self.waiting) + len(self.in_flight) < BOUND:
            assert self.queue.make_room(priority) is None
            self.queue.add(new)
        elif less:
            lowest = min(old.priority for old in less)
            newest = max((old for old in less if old.priority == lowest), key=lambda e: e.number)
            victim = self.queue.make_room(priority)
            assert victim is newest
            self.queue.add(new, victim)
            self.waiting.remove(newest)
        else:
            with pytest.raises(QueueFullError):
                self.queue.make_room(priority)
            return
        self.waiting.append(new)

    @rule()
    def take(self) -> None:
        got = self.queue.take()
        best = min(self.waiting, key=lambda e: (-e.priority, e.number), default=None)
        if got is None:
            assert best is None or (
                best.message.qos < 2
                and any(
                    old.message.qos == 2 and old.message.topic == best.message.topic
                    for old in self.in_flight
                )
            )
            return
        assert got is best
        self.waiting.remove(got)
        if got.message.qos:
            self.in_flight.append(got)
        if got.attempts == 1:
            self.first_sent.setdefault((got.message.topic, got.priority), []).append(got.number)

    @precondition(lambda self: self.in_flight)
    @rule(data=st.data())
    def acknowledge(self, data: st.DataObject) -> None:
        done = data.draw(st.sampled_from(self.in_flight))
        self.in_flight.remove(done)
        self.queue.remove(done)

    @rule()
    def lose_connection(self) -> None:
        gone = self.queue.lose_connection()
        assert {old.number for old in gone} == {e.number for e in self.waiting if not e.message.qos}
        self.waiting = [old for old in self.waiting if old.message.qos] + self.in_flight
        self.in_flight = []

    @rule()
    def empty(self) -> None:
        left = self.queue.empty()
        expected = sorted(self.waiting + self.in_flight, key=lambda e: e.number)
        assert left == expected
        self.waiting, self.in_flight = [], []

    @invariant()
    def counts(self) -> None:
        assert len(self.queue) == len(self.waiting) + len(self.in_flight) <= BOUND
        assert self.queue.in_flight == len(self.in_flight)

    @invariant()
    def first_in_first_out(self) -> None:
        for numbers in self.first_sent.values():
            assert numbers == sorted(numbers)


Life.TestCase.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
TestLife = Life.TestCase


def test_what_was_in_flight_goes_first_again_in_its_old_order() -> None:
    queue = OutQueue(10)
    for number in (1, 2, 3):
        queue.add(entry(number))
    assert queue.take()
    assert queue.take()
    queue.lose_connection()
    assert list(taken(queue)) == [1, 2, 3]


def test_what_was_sent_once_is_not_displaced() -> None:
    queue = OutQueue(1)
    queue.add(entry(1, Priority.LOW))
    queue.take()
    queue.lose_connection()
    with pytest.raises(QueueFullError):
        queue.make_room(Priority.HIGH)


def test_restores_more_than_its_bound() -> None:
    queue = OutQueue(1)
    queue.restore([entry(1), entry(2)])
    assert list(taken(queue)) == [1, 2]


def test_a_queue_has_room() -> None:
    with pytest.raises(ValueError, match="room"):
        OutQueue(0)
