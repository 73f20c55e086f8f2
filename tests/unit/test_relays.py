"""Relays in the heart: what they say, what was commanded, and what comes of both."""

from dataclasses import replace

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
import pytest

from custom_components.mqtt_sentinel.watch import relays
from custom_components.mqtt_sentinel.watch.expectation import Expectation, SourceKind, Wanted
from custom_components.mqtt_sentinel.watch.incidents import Severity
from custom_components.mqtt_sentinel.watch.relays import KnownRelays, relay_key, split_key
from custom_components.mqtt_sentinel.watch.reports import ConnectionReport, RelayReport, ThingKey
from custom_components.mqtt_sentinel.watch.sentinel import Sentinel
from custom_components.mqtt_sentinel.watch.verdict import FAILURES, Reason, Verdict
from custom_components.mqtt_sentinel.watch.watched import Snapshot, Watched

from .build import at, watch_of

NODE = ThingKey("autocore", "", "esp")
PUMP = relay_key(NODE, "1")


def said(
    on: bool, seconds: float = 0.0, relay: str = "1", *, retained: bool = False
) -> RelayReport:
    return RelayReport(NODE, at(seconds), retained, "topic", relay, on)


def node(up: bool, seconds: float = 0.0, *, retained: bool = False) -> ConnectionReport:
    return ConnectionReport(NODE, at(seconds), retained, "topic", up)


def commanded(on: bool, *, verify: bool = True) -> Expectation:
    return Expectation(Wanted.UP if on else Wanted.DOWN, verify, SourceKind.COMMAND)


@pytest.mark.parametrize("name", ["1", "POWER", ""])
def test_a_key_can_be_taken_apart(name: str) -> None:
    custom = ThingKey("custom", "", "a/topic#and.path")
    assert split_key(relay_key(custom, name)) == (custom, name)


def test_only_so_many_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relays, "MOST_RELAYS", 2)
    known = KnownRelays()
    for number in ("1", "2", "1", "3"):
        known.hear(relay_key(NODE, number), said(True, relay=number))
    assert list(known) == [relay_key(NODE, "1"), relay_key(NODE, "3")]
    known.doubt()
    assert relay_key(NODE, "1") in known
    assert known.get(relay_key(NODE, "1")) is None


def test_what_is_known_of_a_thing_by_its_relays_only_is_not_new() -> None:
    sentinel = Sentinel()
    room = ThingKey("museum", "", "room1")
    fog = RelayReport(room, at(0), False, "topic", "fog", True)
    sentinel.hear(fog)
    assert room in sentinel.known
    config = replace(watch_of("fog", relay_key(room, "fog")), relay_of=room)
    sentinel.add(config, at(1))
    assert sentinel.watches["fog"].facts.up is True
    sentinel.hear(fog)
    assert room not in sentinel.known
    sentinel.remove("fog", at(2))
    sentinel.hear(fog)
    assert room in sentinel.known


def test_what_is_critical_makes_what_it_stands_behind_critical() -> None:
    sentinel = Sentinel()
    sentinel.broker_back(at(0))
    sentinel.subscribed(at(0))
    always = Expectation(Wanted.UP, True, SourceKind.ALWAYS)
    sentinel.add(watch_of("node", NODE), at(0), Snapshot(always, at(0).wall))
    pump = watch_of("pump", PUMP, parent=NODE)
    sentinel.add(replace(pump, relay_of=NODE, critical=True), at(0))
    sentinel.hear(node(True, 1))
    sentinel.wake(at(100))
    changes = sentinel.hear(node(False, 101))
    assert changes[0].incident
    assert changes[0].incident.severity is Severity.CRITICAL


class Relay(RuleBasedStateMachine):
    """One relay of one node, and all that can happen to both, against what has to be true always."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.sentinel = Sentinel()
        self.hold = False
        self.last: bool | None = None
        self.node: bool | None = None
        self.said_while_asked = False

    @initialize(hold=st.booleans(), behind=st.booleans())
    def begin(self, hold: bool, behind: bool) -> None:
        self.hold, self.behind = hold, behind
        self.sentinel.add(watch_of("node", NODE), at(0))
        self.config = replace(
            watch_of("pump", PUMP, parent=NODE if behind else None), relay_of=NODE, hold=hold
        )
        self.sentinel.add(self.config, at(0))
        self.come()

    def wake(self) -> None:
        while (due := self.sentinel.next_deadline()) is not None and due <= self.now:
            self.sentinel.wake(at(self.now))

    @rule(seconds=st.sampled_from([0.25, 1.0, 15.0, 60.0, 600.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.wake()

    @rule(on=st.booleans(), verify=st.sampled_from([True, True, False]))
    def command(self, on: bool, verify: bool) -> None:
        self.sentinel.command("pump", commanded(on, verify=verify), at(self.now))
        self.said_while_asked = False

    @rule(failed=st.sampled_from([None, None, *FAILURES]))
    def end(self, failed: Reason | None) -> None:
        self.sentinel.command_ended("pump", failed, at(self.now))

    @rule(on=st.booleans(), retained=st.sampled_from([False, False, True]))
    def report(self, on: bool, retained: bool) -> None:
        self.said_while_asked |= self.pump.facts.asked
        self.sentinel.hear(said(on, self.now, retained=retained))
        self.last = on
        if not retained and self.node is None:
            self.node = True

    @rule(up=st.booleans(), retained=st.booleans())
    def connect(self, up: bool, retained: bool) -> None:
        self.sentinel.hear(node(up, self.now, retained=retained))
        self.node = up

    @rule()
    def lose(self) -> None:
        self.sentinel.broker_lost(at(self.now))
        self.node = self.last = None
        self.broker = False

    @rule()
    def come(self) -> None:
        self.sentinel.broker_back(at(self.now))
        self.sentinel.subscribed(at(self.now))
        self.broker = True

    @rule()
    def accept(self) -> None:
        self.sentinel.accept("pump", at(self.now))

    @rule()
    def restart(self) -> None:
        """Home Assistant starts anew with what was stored."""
        stored = Snapshot.from_dict(self.pump.snapshot().as_dict())
        self.sentinel = Sentinel()
        self.sentinel.add(watch_of("node", NODE), at(self.now))
        self.sentinel.add(self.config, at(self.now), stored)
        self.node = self.last = None
        self.come()

    @property
    def pump(self) -> Watched:
        return self.sentinel.watches["pump"]

    @invariant()
    def its_state_is_what_it_said_or_nothing(self) -> None:
        reached = not self.behind or self.node is True
        assert self.pump.facts.up is (self.last if reached else None)

    @invariant()
    def nothing_is_judged_that_cannot_be(self) -> None:
        judgement = self.pump.judgement
        gone = self.behind and self.node is False
        if not self.broker or gone:
            assert judgement.verdict in (Verdict.SUSPENDED, Verdict.UNKNOWN)

    @invariant()
    def only_what_has_to_stay_is_missed_when_somebody_else_switched_it(self) -> None:
        if self.hold:
            return
        incident = self.pump.incident
        if incident and incident.reason in (Reason.CONNECTED, Reason.DISCONNECTED):
            assert self.said_while_asked

    @invariant()
    def what_agrees_is_no_incident(self) -> None:
        facts, judgement = self.pump.facts, self.pump.judgement
        if judgement.reason is Reason.AGREES:
            assert facts.up is (facts.expectation.wanted is Wanted.UP)
            assert self.pump.incident is None
            assert facts.failed is None

    @invariant()
    def a_failed_command_is_known_until_something_better_is(self) -> None:
        facts, judgement = self.pump.facts, self.pump.judgement
        if judgement.reason in FAILURES:
            assert facts.failed is judgement.reason
            assert facts.up is not (facts.expectation.wanted is Wanted.UP)


TestRelay = Relay.TestCase
TestRelay.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
