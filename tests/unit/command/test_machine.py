"""The queue and the matcher against a model: any sequence of what can happen to commands."""

from collections import Counter

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from custom_components.mqtt_sentinel.command.command import (
    Command,
    Confirmation,
    Late,
    Outcome,
    Priority,
    Relay,
)
from custom_components.mqtt_sentinel.command.queue import CommandQueue
from custom_components.mqtt_sentinel.watch.reports import FeedbackReport, RelayReport, ThingKey
from tests.unit.build import at

from .model import World

ROOM = ThingKey("museum", "", "room1")
SHARED = "room1/status"
MOST = 4

targets = st.sampled_from("abcdef")
topics = st.sampled_from([SHARED, SHARED, "room1/a/feedback", "room1/b/feedback"])
relays = st.sampled_from([Relay(ROOM, "a"), Relay(ROOM, "b")])
# Multiples of a quarter of a second are exact in binary: times can be compared.
steps = st.sampled_from([0.25, 0.25, 0.5, 0.75, 1.0, 1.0, 2.0, 5.0, 61.0])
confirmations = st.none() | st.builds(
    Confirmation,
    feedback=topics,
    relay=st.none() | relays,
    on=st.booleans(),
    timeout=st.sampled_from([0.5, 1.0, 2.0]),
)
state_only = st.builds(Confirmation, relay=relays, on=st.booleans())


class CommandMachine(RuleBasedStateMachine):
    """Commands are offered, sent, answered, forgotten; time passes and the broker goes."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.queue = CommandQueue(lambda: 0.5, MOST)
        self.world = World(MOST)
        self.offered: list[Command] = []
        self.sent: list[tuple[str, float]] = []
        self.results: Counter[str] = Counter()

    def check(self) -> None:
        """The same was told, in whatever order."""
        news = self.queue.news()
        outcomes = [one for one in news if isinstance(one, Outcome)]
        told = [(one.command.id, one.result, one.sends) for one in outcomes]
        assert sorted(told) == sorted(self.world.told)
        late = [(one.command.id, one.ok) for one in news if isinstance(one, Late)]
        assert sorted(late) == sorted(self.world.late)
        self.results.update(command_id for command_id, _, _ in told)
        self.world.told.clear()
        self.world.late.clear()
        metrics = self.queue.metrics
        assert (metrics.repeated, metrics.unasked) == (self.world.repeated, self.world.unasked)

    @rule(
        about=targets,
        priority=st.sampled_from(Priority),
        ttl=st.sampled_from([1.5, 2.0, 4.0, 10.0, 10.0]),
        confirmation=confirmations | confirmations | state_only,
        tries=st.sampled_from([None, 1, 2]),
        actuator=st.booleans(),
    )
    def offer(
        self,
        about: str,
        priority: Priority,
        ttl: float,
        confirmation: Confirmation | None,
        tries: int | None,
        actuator: bool,
    ) -> None:
        command = Command(
            f"c{len(self.offered)}",
            about,
            f"room1/{about}",
            b"ON",
            priority=priority,
            ttl=ttl,
            actuator=actuator,
            confirmation=confirmation,
            tries=tries,
        )
        self.offered.append(command)
        self.queue.offer(command, self.now)
        self.world.offer(command, self.now)
        self.check()

    @rule(up=st.sampled_from([True, True, False]))
    def broker(self, up: bool) -> None:
        self.queue.broker(up)
        self.world.up = up

    @rule(seconds=steps)
    def held_up(self, seconds: float) -> None:
        """Time passes, and nobody looks."""
        self.now += seconds

    @rule(seconds=steps)
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.queue.wake(self.now)
        self.world.pass_time(self.now)
        self.check()

    @rule()
    def wait_for_the_next(self) -> None:
        deadline = self.queue.next_deadline()
        if deadline is not None:
            self.now = max(self.now, deadline)
            self.queue.wake(self.now)
            self.world.pass_time(self.now)
            self.check()

    @rule(accepted=st.sampled_from([True, True, True, False]), many=st.integers(1, 4))
    def send(self, accepted: bool, many: int) -> None:
        for _ in range(many):
            sending = self.queue.take(self.now)
            expected = self.world.take(self.now)
            assert (sending.command.id if sending else None) == expected
            if sending is None:
                break
            command = sending.command
            [offered_at] = [c.offered for c in self.world.cards if c.command is command]
            rest = offered_at + command.ttl - self.now
            assert sending.expiry is not None
            assert 1 <= sending.expiry <= rest
            assert sending.qos == (0 if command.actuator else 1)
            if accepted:
                self.sent.append((command.target, offered_at))
                self.queue.sent(command.id, self.now)
            else:
                self.queue.not_sent(command.id, self.now)
            self.world.left(command.id, self.now, taken=accepted)
        self.check()

    @rule(topic=topics, ok=st.booleans())
    def answer(self, topic: str, ok: bool) -> None:
        self.queue.heard(FeedbackReport(ROOM, at(self.now), False, topic, ok))
        self.world.answer(topic, ok, self.now)
        self.check()

    @precondition(lambda self: self.offered)
    @rule(topic=topics, ok=st.booleans(), data=st.data())
    def answer_by_name(self, topic: str, ok: bool, data: st.DataObject) -> None:
        command_id = data.draw(st.sampled_from(self.offered[-6:])).id
        report = FeedbackReport(ROOM, at(self.now), False, topic, ok)
        self.queue.heard(report, command_id.encode())
        self.world.answer(topic, ok, self.now, command_id)
        self.check()

    @rule(relay=relays, on=st.booleans())
    def state(self, relay: Relay, on: bool) -> None:
        self.queue.heard(RelayReport(relay.key, at(self.now), False, "state", relay.relay, on))
        self.world.state(relay, on, self.now)
        self.check()

    @rule(topic=topics, relay=relays, yes=st.booleans())
    def kept_by_the_broker(self, topic: str, relay: Relay, yes: bool) -> None:
        self.queue.heard(FeedbackReport(ROOM, at(self.now), True, topic, yes))
        self.queue.heard(RelayReport(ROOM, at(self.now), True, "state", relay.relay, yes))
        self.check()

    @precondition(lambda self: self.offered)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        command_id = data.draw(st.sampled_from(self.offered[-4:])).id
        self.queue.cancel(command_id, self.now)
        self.world.cancel(command_id, self.now)
        self.check()

    @invariant()
    def is_bounded(self) -> None:
        assert self.queue.depth == len(self.world.open) <= MOST

    @invariant()
    def has_a_deadline_while_it_has_a_command(self) -> None:
        assert (self.queue.next_deadline() is None) == (self.queue.depth == 0)

    @invariant()
    def sends_to_each_target_in_order(self) -> None:
        for target in "abcdef":
            moments = [offered_at for whose, offered_at in self.sent if whose == target]
            assert moments == sorted(moments)

    def teardown(self) -> None:
        self.queue.cancel_all(self.now)
        outcomes = [one for one in self.queue.news() if isinstance(one, Outcome)]
        self.results.update(one.command.id for one in outcomes)
        assert self.results == Counter(command.id for command in self.offered)
        assert self.queue.depth == 0
        assert self.queue.next_deadline() is None


TestCommandMachine = CommandMachine.TestCase
