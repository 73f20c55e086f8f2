"""The verdict machine against a model of its own: any sequence of what can happen to it."""

from dataclasses import replace
from enum import Enum, auto
import json
from typing import TYPE_CHECKING

from hypothesis import settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from custom_components.mqtt_sentinel.watch.clock import Instant
from custom_components.mqtt_sentinel.watch.expectation import Expectation, SourceKind, Wanted
from custom_components.mqtt_sentinel.watch.incidents import Turn
from custom_components.mqtt_sentinel.watch.known import KnownThing
from custom_components.mqtt_sentinel.watch.reports import (
    ConnectionReport,
    FeedbackReport,
    PingReport,
    ThingKey,
)
from custom_components.mqtt_sentinel.watch.sentinel import Sentinel
from custom_components.mqtt_sentinel.watch.settings import CheckSettings
from custom_components.mqtt_sentinel.watch.verdict import Judgement, Proof, Reason, Verdict
from custom_components.mqtt_sentinel.watch.watched import Snapshot, WatchConfig

from .build import EPOCH
from .model import Entry, OpenIncident, What, World

if TYPE_CHECKING:
    from collections.abc import Iterable

    from custom_components.mqtt_sentinel.watch.incidents import Incident
    from custom_components.mqtt_sentinel.watch.reports import Report
    from custom_components.mqtt_sentinel.watch.sentinel import Change

KEYS = [ThingKey("services", "", "eye/one"), ThingKey("services", "", "eye/two")]
KEYS.append(ThingKey("services", "site", "eye/one"))
BRIDGE = ThingKey("services", "", "bridge/one")
FAMILIES = {KEYS[0]: BRIDGE, KEYS[1]: BRIDGE}
BEGINNING = Judgement(Verdict.SUSPENDED, Reason.BROKER_GONE)

# Most of what happens shall happen to one watch, or too little happens to any.
keys = st.sampled_from([*KEYS, KEYS[0], KEYS[0], KEYS[0]])
talkers = st.sampled_from([*KEYS, KEYS[0], KEYS[0], KEYS[0], BRIDGE])
watch_ids = st.sampled_from(["a", "a", "a", "b"])
told_ids = st.sampled_from(["a", "a", "a", "b", "bridge"])
# Multiples of a quarter of a second are exact in binary: times can be compared.
steps = st.sampled_from([0.25, 1.0, 3.75, 4.0, 14.75, 15.0, 60.0, 90.0, 90.0, 90.0])
ages = st.sampled_from([0.0, 0.0, 0.0, 0.25, 20.0])
bases = st.integers(0, 100_000).map(float)
check_settings = st.builds(
    CheckSettings,
    settle=st.sampled_from([0.0, 1.0, 4.0, 15.0]),
    grace=st.sampled_from([1.0, 5.0, 60.0]),
    require_live=st.booleans(),
    ping_interval=st.sampled_from([None, None, 4.0, 30.0]),
    ping_misses=st.integers(1, 3),
)
expectations = st.builds(
    Expectation,
    wanted=st.sampled_from(
        [Wanted.UP, Wanted.UP, Wanted.UP, Wanted.DOWN, Wanted.DOWN, Wanted.ANYTHING]
    ),
    verify=st.sampled_from([True, True, True, True, False]),
    # What is commanded is a relay, and has a machine of its own.
    kind=st.sampled_from([kind for kind in SourceKind if kind is not SourceKind.COMMAND]),
    because=st.sampled_from(["", "House"]),
)


class Disturbance(Enum):
    """What disturbs the peace of all watches."""

    LOSS = auto()
    RETURN = auto()
    ACKNOWLEDGEMENT = auto()
    SHORT_LOSS = auto()
    RESTART = auto()
    QUICK_RESTART = auto()
    CLOCK_SET = auto()


disturbances = st.sampled_from(
    [*Disturbance, *[Disturbance.SHORT_LOSS, Disturbance.QUICK_RESTART, Disturbance.CLOCK_SET] * 2]
)


class VerdictMachine(RuleBasedStateMachine):
    """A sentinel and its model, side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.sentinel = Sentinel()
        self.world = World(FAMILIES)
        self.elapsed = 0.0
        self.mono_base = 0.0
        self.wall_base = EPOCH
        # What somebody knows who only follows the changes.
        self.told: dict[str, Judgement] = {}
        self.told_incident: dict[str, Incident] = {}
        # The walls at which each thing was really heard, since it is watched and since the broker
        # came last.
        self.lived: dict[str, set[float]] = {}
        self.spoke: set[str] = set()
        self.busy = False

    # Helpers

    @property
    def now(self) -> Instant:
        return Instant(self.elapsed + self.mono_base, self.elapsed + self.wall_base)

    def entry(self, what: What, settings: CheckSettings | None = None) -> Entry:
        return Entry(what, self.elapsed, self.now.wall, settings=settings)

    def follow(self, changes: Iterable[Change]) -> None:
        """Take in what the sentinel says that it changed."""
        for change in changes:
            watch_id = change.watch.config.id
            assert change.watch is self.sentinel.watches[watch_id]
            assert change.before == self.told[watch_id]
            self.told[watch_id] = change.after
            self.follow_incident(watch_id, change)

    def follow_incident(self, watch_id: str, change: Change) -> None:
        known = self.told_incident.get(watch_id)
        if change.turn is None:
            assert change.incident == known or change.incident is None
            return
        incident = change.incident
        assert incident
        if change.turn is Turn.OPENED:
            assert known is None
            assert change.after.verdict is Verdict.MISMATCH
            assert incident.reason is change.after.reason
        else:
            assert known
            assert (incident.id, incident.opened_at) == (known.id, known.opened_at)
        if change.turn is Turn.CLOSED:
            assert incident.closed_at == incident.timeline[-1].at
            del self.told_incident[watch_id]
        else:
            self.told_incident[watch_id] = incident

    def ring(self) -> None:
        """Do what the one timer does: wake the sentinel when it asked for it."""
        self.busy = False
        deadline = self.sentinel.next_deadline()
        if deadline is not None and deadline <= self.now.mono:
            self.follow(self.sentinel.wake(self.now))
        deadline = self.sentinel.next_deadline()
        assert deadline is None or deadline > self.now.mono
        self.world.look(self.elapsed, self.now.wall)

    def check(self) -> None:
        """Compare the sentinel with its model."""
        for watch_id, story in self.world.stories.items():
            watch = self.sentinel.watches[watch_id]
            answer = story.answer(self.elapsed)
            judgement = watch.judgement
            assert (judgement.verdict, judgement.reason) == (answer.verdict, answer.reason), (
                watch_id
            )
            assert (judgement.proof, judgement.misses) == (answer.proof, answer.misses)
            assert judgement == self.told[watch_id]
            assert watch.incident == self.told_incident.get(watch_id)
            assert open_incident(watch.incident) == story.incident()
            assert watch.expected_since == story.since()
            assert watch.last_seen == story.last_seen()

    # Watching

    @initialize(
        base=bases,
        settings=check_settings,
        expectation=expectations,
        ready=st.sampled_from([True, True, False]),
        bridge=check_settings,
        bridged=st.booleans(),
    )
    def begin(
        self,
        base: float,
        settings: CheckSettings,
        expectation: Expectation,
        ready: bool,
        bridge: CheckSettings,
        bridged: bool,
    ) -> None:
        self.mono_base = base
        if bridged:
            self.watch("bridge", BRIDGE, bridge)
            self.expect("bridge", expectation)
        self.watch("a", KEYS[0], settings)
        self.expect("a", expectation)
        if ready:
            self.watch("b", KEYS[1], CheckSettings())
            self.broker_comes_back()
            self.subscriptions_are_acknowledged()

    @rule(
        watch_id=watch_ids,
        key=keys,
        settings=check_settings,
        remove=st.sampled_from([False, False, False, True]),
    )
    def user_reconfigures(
        self, watch_id: str, key: ThingKey, settings: CheckSettings, remove: bool
    ) -> None:
        if remove and watch_id in self.sentinel.watches:
            watch = self.sentinel.watches[watch_id]
            self.follow(self.sentinel.remove(watch_id, self.now))
            self.sentinel.known.put_back(
                KnownThing(watch.config.key, watch.connection, watch.last_seen)
            )
            self.world.removed(watch_id)
            self.told_incident.pop(watch_id, None)
            self.spoke.discard(watch_id)
            self.ring()
        else:
            self.watch(watch_id, key, settings)

    def watch(self, watch_id: str, key: ThingKey, settings: CheckSettings) -> None:
        """Watch a thing, or look after another one, or change the settings of a watch."""
        config = WatchConfig(watch_id, key, f"Watch {watch_id}", settings, FAMILIES.get(key))
        if watch_id not in self.sentinel.watches:
            if key in self.world.keys.values():
                return
            self.told[watch_id] = BEGINNING
            self.lived[watch_id] = set()
            changes = self.sentinel.add(config, self.now)
            self.world.made(watch_id, key, self.entry(What.MADE, settings))
        elif key not in self.world.keys.values():
            self.told[watch_id] = BEGINNING
            self.lived[watch_id] = set()
            self.spoke.discard(watch_id)
            changes = self.sentinel.configure(config, self.now)
            self.world.moved(watch_id, key, self.entry(What.MOVED, settings))
        else:
            key = self.world.keys[watch_id]
            config = replace(config, key=key, parent=FAMILIES.get(key))
            changes = self.sentinel.configure(config, self.now)
            self.world.happened(watch_id, self.entry(What.SET, settings))
        self.follow(changes)
        # What it said before it was watched counts, and is not repeated here.
        watch = self.sentinel.watches[watch_id]
        if watch.last_seen is not None:
            self.lived[watch_id].add(watch.last_seen)
        if watch.facts.live:
            self.spoke.add(watch_id)
        self.ring()

    # Reports

    def hear(self, report: Report, up: bool | None) -> None:
        entry = Entry(
            What.SAID,
            report.at.mono - self.mono_base,
            report.at.wall,
            up,
            report.retained,
            isinstance(report, PingReport),
        )
        changes = self.sentinel.hear(report)
        watch_id = self.world.said(report.key, entry)
        if watch_id is None:
            assert not changes
            assert report.key in self.sentinel.known
        else:
            if not report.retained:
                # It shows that what it is reached through lives, too.
                for heard in {watch_id, "bridge"} if report.key in FAMILIES else {watch_id}:
                    self.spoke.add(heard)
                    self.lived.setdefault(heard, set()).add(report.at.wall)
            news = self.world.stories[watch_id].connection_news()
            told = {change.connection for change in changes if change.watch.config.id == watch_id}
            assert told - {None} == {news} - {None}
            self.follow(changes)
        self.ring()

    def heard_at(self, age: float) -> Instant:
        age = min(age, self.elapsed)
        return Instant(self.now.mono - age, self.now.wall - age)

    @rule(key=talkers, times=st.integers(2, 7), seconds=st.sampled_from([0.25, 1.0, 60.0]))
    def thing_comes_and_goes(self, key: ThingKey, times: int, seconds: float) -> None:
        for time in range(times):
            self.hear(
                ConnectionReport(key, self.now, False, "connected", time % 2 == 1), time % 2 == 1
            )
            self.pass_time(self.elapsed + seconds)

    @rule(key=talkers, up=st.booleans(), retained=st.booleans(), age=ages)
    def thing_says_whether_it_is_connected(
        self, key: ThingKey, up: bool, retained: bool, age: float
    ) -> None:
        self.hear(ConnectionReport(key, self.heard_at(age), retained, "connected", up), up)

    @rule(key=talkers, retained=st.booleans(), ok=st.none() | st.booleans(), age=ages)
    def thing_pings_or_answers(
        self, key: ThingKey, retained: bool, ok: bool | None, age: float
    ) -> None:
        at = self.heard_at(age)
        if ok is None:
            self.hear(PingReport(key, at, retained, "ping"), None)
        else:
            self.hear(FeedbackReport(key, at, retained, "feedback", ok), None)

    # Expectations

    @rule(watch_id=told_ids, expectation=expectations)
    def expect(self, watch_id: str, expectation: Expectation) -> None:
        if watch_id in self.sentinel.watches:
            changes = self.sentinel.expect(watch_id, expectation, self.now)
            entry = replace(self.entry(What.TOLD), expectation=expectation)
            self.world.happened(watch_id, entry)
            self.follow(changes)
        self.ring()

    # People

    @rule(watch_id=told_ids, what=st.sampled_from([What.ACCEPTED, What.VERIFIED, What.MUTED]))
    def user_fixes(self, watch_id: str, what: What) -> None:
        if watch_id in self.sentinel.watches:
            fix = {
                What.ACCEPTED: self.sentinel.accept,
                What.VERIFIED: self.sentinel.verify,
                What.MUTED: self.sentinel.mute,
            }[what]
            changes = fix(watch_id, self.now)
            self.world.happened(watch_id, self.entry(what))
            self.follow(changes)
        self.ring()

    # The broker

    @rule(disturbance=disturbances, seconds=steps, base=bases)
    def peace_is_disturbed(self, disturbance: Disturbance, seconds: float, base: float) -> None:
        """One rule for all of these, or too little would ever come to its end."""
        match disturbance:
            case Disturbance.LOSS:
                self.broker_is_lost()
            case Disturbance.RETURN:
                self.broker_comes_back()
            case Disturbance.ACKNOWLEDGEMENT:
                self.subscriptions_are_acknowledged()
            case Disturbance.SHORT_LOSS:
                self.broker_is_lost()
                self.broker_comes_back()
                self.subscriptions_are_acknowledged()
            case Disturbance.RESTART:
                self.home_assistant_restarts(base, seconds)
            case Disturbance.QUICK_RESTART:
                self.home_assistant_restarts(base, seconds)
                self.broker_comes_back()
                self.subscriptions_are_acknowledged()
            case Disturbance.CLOCK_SET:
                self.wall_base += seconds if base % 2 else -seconds
                self.ring()

    def broker_is_lost(self) -> None:
        changes = self.sentinel.broker_lost(self.now)
        self.spoke.clear()
        self.world.happened_to_all(self.entry(What.LOST))
        assert all(change.turn is None for change in changes)
        self.follow(changes)
        self.ring()

    def broker_comes_back(self) -> None:
        changes = self.sentinel.broker_back(self.now)
        self.world.happened_to_all(self.entry(What.BACK))
        self.follow(changes)
        self.ring()

    def subscriptions_are_acknowledged(self) -> None:
        changes = self.sentinel.subscribed(self.now)
        self.world.happened_to_all(self.entry(What.ACKNOWLEDGED))
        self.follow(changes)
        self.ring()

    # Time

    def pass_time(self, until: float) -> None:
        """Let time go by, waking the sentinel when it asked for it, and looking in between."""
        while self.elapsed < until:
            deadline = self.sentinel.next_deadline()
            stops = [
                until,
                self.world.next_turn(self.elapsed),
                None if deadline is None else deadline - self.mono_base,
            ]
            stop = min(stop for stop in stops if stop is not None)
            # Nothing is due before the next stop: what the sentinel said must still be true there.
            self.elapsed = stop - 0.25
            self.check()
            self.elapsed = stop
            self.ring()
            self.check()

    @rule(seconds=steps)
    def time_passes(self, seconds: float) -> None:
        self.ring()
        self.pass_time(self.elapsed + seconds)

    @rule()
    def deadline_comes(self) -> None:
        self.ring()
        if (deadline := self.sentinel.next_deadline()) is not None:
            self.pass_time(deadline - self.mono_base - 0.25)
            self.elapsed += 0.25
            self.follow(self.sentinel.wake(self.now))
            self.ring()

    @rule(seconds=steps)
    def event_loop_is_busy(self, seconds: float) -> None:
        """Time goes by and no timer runs; the next thing that happens may overtake it."""
        self.elapsed += seconds
        self.busy = True

    def home_assistant_restarts(self, base: float, seconds: float) -> None:
        before = self.sentinel.watches
        stored = json.dumps({key: watch.snapshot().as_dict() for key, watch in before.items()})
        self.elapsed += seconds
        self.mono_base = base
        self.sentinel = Sentinel()
        self.spoke.clear()
        for watch_id, data in json.loads(stored).items():
            self.told[watch_id] = BEGINNING
            snapshot = Snapshot.from_dict(data)
            assert snapshot == before[watch_id].snapshot()
            self.follow(self.sentinel.add(before[watch_id].config, self.now, snapshot))
            after = self.sentinel.watches[watch_id]
            assert after.incident == before[watch_id].incident
            assert after.expected_since == before[watch_id].expected_since
        self.world.happened_to_all(self.entry(What.RESTARTED))
        self.ring()

    # What always holds

    @invariant()
    def says_what_the_model_says(self) -> None:
        if not self.busy:
            self.check()

    @invariant()
    def nothing_is_judged_before_its_time(self) -> None:
        for watch_id, story in self.world.stories.items():
            judgement = self.sentinel.watches[watch_id].judgement
            if judgement.verdict is Verdict.MISMATCH and judgement.reason is not Reason.FLAPPING:
                grace_over_at = story.grace_over_at()
                assert story.broker_is_there()
                assert grace_over_at is not None
                assert self.elapsed >= grace_over_at
                assert self.elapsed >= story.settled_at()

    @invariant()
    def retained_messages_are_no_sign_of_life(self) -> None:
        for watch_id, watch in self.sentinel.watches.items():
            assert watch.last_seen is None or watch.last_seen in self.lived[watch_id]
            assert watch.judgement.proof is not Proof.LIVE or watch_id in self.spoke

    @invariant()
    def incidents_are_known_to_whoever_follows(self) -> None:
        for watch_id, watch in self.sentinel.watches.items():
            known = self.told_incident.get(watch_id)
            assert (watch.incident and watch.incident.id) == (known and known.id)
            assert known is None or known.closed_at is None


def open_incident(incident: Incident | None) -> OpenIncident | None:
    """The part of an incident that the model knows of."""
    if incident is None:
        return None
    return OpenIncident(
        incident.opened_at,
        incident.reason,
        incident.up,
        incident.expectation,
        incident.expected_since,
        incident.muted,
    )


TestVerdictMachine = VerdictMachine.TestCase
TestVerdictMachine.settings = settings(max_examples=settings().max_examples * 4)
