"""Whatever happens, and whenever Home Assistant dies: a drill ends, and everything is put back."""

import json
from typing import Any

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from custom_components.mqtt_sentinel.watch.clock import Instant
from custom_components.mqtt_sentinel.watch.drill import Drill
from custom_components.mqtt_sentinel.watch.drill_words import (
    PATIENCE,
    RECORD_SLACK,
    RECORD_TIME,
    DrilledService,
    DrillResult,
    Found,
    Need,
    Order,
    Stage,
    Why,
)

SERVICES = ("front", "back", "side")
CAMERAS = ("door", "yard")
# How a service is before: what it was told, and whether it runs.
BEFORE = {
    "off, and told so": (b"off", False),
    "off, and never told": (None, False),
    "on, and told so": (b"on", True),
    "on, and never told": (None, True),
    "told on, but dead": (b"on", False),
    "runs for something else": (b"stream", True),
}
RUNS = {b"on": True, b"stream": True, b"off": False, b"theirs on": True, b"theirs off": False}


def found_of(told: bytes | None, up: bool) -> Found:
    """What the house finds, in short."""
    if told is None:
        return Found(up, True) if up else Found(up, False, b"on", b"off")
    return Found(up, RUNS[told], b"on", told)


class DrillMachine(RuleBasedStateMachine):
    """A broker, services that follow or do not, an alarm, and a Home Assistant that may die."""

    @initialize(
        before=st.fixed_dictionaries(dict.fromkeys(SERVICES, st.sampled_from(sorted(BEFORE)))),
        deaf=st.sets(st.sampled_from(SERVICES)),
        streaming=st.sets(st.sampled_from(CAMERAS)),
        head_start=st.sampled_from([0, 1, 2, 3, 3, 3, 4, 4, 5, 5]),
    )
    def begin(
        self, before: dict[str, str], deaf: set[str], streaming: set[str], head_start: int
    ) -> None:
        self.at = 100.0
        self.there = True
        self.deaf = deaf
        self.kept = {name: BEFORE[how][0] for name, how in before.items()}
        self.up = {name: BEFORE[how][1] for name, how in before.items()}
        self.up |= {name: name in streaming for name in CAMERAS}
        self.recording: list[str] = []  # what cameras are recorded for the drill now
        self.asked_at: dict[str, float] = {}
        self.clips: dict[str, str] = {}
        # What each is to be in the end: what it was, or what somebody else said since.
        self.due = dict(self.kept)
        self.free: set[str] = set()  # somebody needed it when it was to be put back
        self.needs = dict.fromkeys(SERVICES, Need.FREE)
        self.stored: dict[str, Any] | None = None
        self.queue: list[Order] = []
        self.touched: set[str] = set()
        self.unheard: set[str] = set()
        self.drill = Drill(
            "1",
            "house",
            [
                *(
                    DrilledService(name, name, 15, 10 if name == "front" else None)
                    for name in SERVICES
                ),
                *(
                    DrilledService(name, name, 15, commanded=False, records=True)
                    for name in CAMERAS
                ),
            ],
            self.need,
            self.now,
        )
        for _ in range(head_start):
            self.goes_well()

    def need(self, watch_id: str) -> Need:
        need = self.needs[watch_id]
        if need is Need.NEEDED:
            self.free.add(watch_id)
        return need

    @property
    def now(self) -> Instant:
        return Instant(self.at, self.at)

    def collect(self) -> None:
        """Take what is ordered; whoever runs the drill writes it down before."""
        orders = self.drill.orders()
        assert self.there or not orders
        for order in orders:
            assert not order.back or self.needs[order.watch_id] is not Need.NEEDED
        self.queue += orders
        for name in self.drill.recordings():
            assert self.there
            assert self.drill.stage is Stage.TURNING_ON
            assert self.up[name], "a camera that sends nothing has nothing to record"
            assert name not in self.asked_at, "it is recorded again"
            self.asked_at[name] = self.at
            self.recording.append(name)
        if self.drill.stage is not Stage.TURNING_ON:
            self.recording.clear()
        self.stored = (
            json.loads(json.dumps(self.drill.as_dict())) if self.drill.is_worth_keeping else None
        )

    # What the drill needs

    @precondition(lambda self: self.drill.stage is Stage.LOOKING and self.there)
    @rule()
    def look(self) -> None:
        if self.drill.result:
            standing = {name: told for name, told in self.kept.items() if told is not None}
            self.hear_of()
            for name, up in self.up.items():
                self.drill.heard(name, up, self.now)
            self.drill.looked_again(standing, self.now)
        else:
            found = {name: found_of(self.kept[name], self.up[name]) for name in SERVICES}
            found |= {name: Found(self.up[name]) for name in CAMERAS}
            self.hear_of()
            self.drill.looked(found, self.now)
        self.collect()

    def hear_of(self) -> None:
        """The drill sees what stands; what it overwrote meanwhile, unheard, it never hears of."""
        self.unheard = {name for name in self.unheard if self.kept[name] != self.due[name]}

    @precondition(lambda self: self.drill.stage is Stage.READY)
    @rule()
    def go(self) -> None:
        self.collect()
        self.drill.go(self.now)
        self.collect()

    @precondition(lambda self: self.queue)
    @rule(ok=st.booleans())
    def send(self, ok: bool) -> None:
        order = self.queue.pop(0)
        if ok and self.there:
            self.kept[order.watch_id] = order.payload
            if not order.back:
                self.touched.add(order.watch_id)
        self.drill.sent(order, ok and self.there, self.now)
        self.collect()

    @precondition(lambda self: self.drill.stage is Stage.TELLING)
    @rule(ok=st.sampled_from([True, False, None]))
    def tell(self, ok: bool | None) -> None:
        self.drill.told(ok, self.now)
        assert self.drill.result
        self.collect()

    @rule()
    def goes_well(self) -> None:
        """The drill gets what it needs next, if it can."""
        stage = self.drill.stage
        if stage is Stage.LOOKING and self.there:
            self.look()
        elif stage is Stage.READY:
            self.go()
        elif stage is Stage.TELLING:
            self.tell(True)
        elif self.queue:
            while self.queue:
                self.send(True)
        elif self.recording:
            self.record(True)
        else:
            for name in CAMERAS:
                self.stream(name, True)
            for name in SERVICES:
                self.follow(name)
                self.ping(name)

    # What happens around it

    @rule(name=st.sampled_from(SERVICES))
    def follow(self, name: str) -> None:
        """A service does as it was told."""
        told = self.kept[name]
        if told is not None and name not in self.deaf and self.there:
            self.up[name] = RUNS[told]
            self.drill.heard(name, self.up[name], self.now)
            self.collect()

    @rule(name=st.sampled_from(SERVICES))
    def ping(self, name: str) -> None:
        if self.up[name] and self.there:
            self.drill.pinged(name, self.now)
            self.collect()

    @rule(name=st.sampled_from(CAMERAS), up=st.booleans())
    def stream(self, name: str, up: bool) -> None:
        """The stream of a camera comes or goes."""
        self.up[name] = up
        self.drill.heard(name, up, self.now)
        self.collect()

    @precondition(lambda self: self.recording)
    @rule(ok=st.booleans())
    def record(self, ok: bool) -> None:
        name = self.recording.pop(0)
        if ok:
            clip = f"clip of {name} at {self.at}"
            if not self.missed(name):
                self.clips[name] = clip
            self.drill.recorded(name, clip, self.now)
        else:
            self.drill.not_recorded(name, "no_stream", self.now)
        self.collect()

    def missed(self, name: str) -> bool:
        """Tell whether a recording took too long."""
        return self.at >= self.asked_at[name] + RECORD_TIME + RECORD_SLACK

    @rule(seconds=st.sampled_from([0.5, 5, 10, 20, 100]))
    def wait(self, seconds: float) -> None:
        end = self.at + seconds
        while (deadline := self.drill.next_deadline()) is not None and deadline <= end:
            self.at = max(self.at, deadline)
            self.drill.wake(self.now)
            assert self.drill.next_deadline() != deadline, "it does nothing with its deadline"
        self.at = end
        self.collect()

    @rule(name=st.sampled_from(SERVICES), need=st.sampled_from(Need))
    def others(self, name: str, need: Need) -> None:
        self.needs[name] = need
        self.drill.wake(self.now)
        self.collect()

    @rule(name=st.sampled_from(SERVICES), told=st.sampled_from([b"theirs on", b"theirs off"]))
    def somebody_commands(self, name: str, told: bytes) -> None:
        self.kept[name] = self.due[name] = told
        if not self.there or self.drill.stage is Stage.LOOKING:
            # Home Assistant does not hear it now, and is told later what the broker kept.
            self.unheard.add(name)
            return
        self.queue = [order for order in self.queue if order.watch_id != name or not order.back]
        self.drill.commanded_otherwise(name, found_of(told, self.up[name]), self.now)
        self.collect()

    @rule()
    def arm(self) -> None:
        self.drill.stop(DrillResult.STOPPED, Why.ARMED, self.now)
        self.take_back()

    def take_back(self) -> None:
        taken, self.queue = self.queue, []
        for order in taken:
            self.drill.sent(order, False, self.now)
        self.collect()

    @rule()
    def broker(self) -> None:
        self.there = not self.there
        self.drill.broker(self.there, self.now)
        if not self.there:
            self.queue.clear()
        self.collect()

    @precondition(lambda self: self.stored is not None)
    @rule(commanded=st.none() | st.sampled_from(SERVICES))
    def die(self, commanded: str | None) -> None:
        """Home Assistant is killed, and is there again; somebody may have commanded meanwhile."""
        assert self.stored is not None
        if commanded:
            self.kept[commanded] = self.due[commanded] = b"theirs off"
            self.unheard.add(commanded)
        self.queue.clear()
        self.recording.clear()
        self.drill = Drill.resumed(self.stored, self.need, self.now)
        self.drill.broker(self.there, self.now)
        self.collect()

    # What holds

    @invariant()
    def what_it_turned_on_is_never_forgotten(self) -> None:
        """As long as its own command stands somewhere, there is a way back."""
        if not hasattr(self, "drill"):
            return
        for name in self.touched:
            standing = self.kept[name] == b"on" and self.due[name] != b"on"
            if standing and name not in self.free:
                assert self.stored is not None

    def teardown(self) -> None:
        if not hasattr(self, "drill"):
            return
        self.needs = dict.fromkeys(SERVICES, Need.FREE)
        if not self.there:
            self.broker()
        for _ in range(20):
            if self.drill.stage is Stage.LOOKING:
                self.look()
            if self.drill.stage is Stage.READY:
                self.go()
            while self.queue:
                self.send(True)
            while self.recording:
                self.record(True)
            if self.drill.stage is Stage.TELLING:
                self.tell(None)
            self.wait(PATIENCE)
        assert self.drill.stage is Stage.OVER
        assert self.drill.next_deadline() is None
        report = self.drill.report("House", self.now)
        assert report.restored
        lines = {line.watch_id: line for line in report.services}
        assert {
            name: lines[name].media_id for name in CAMERAS if lines[name].media_id
        } == self.clips
        if report.result is DrillResult.PASSED:
            assert set(self.clips) == set(CAMERAS)
        for name in self.touched - self.free - self.unheard:
            due = self.due[name]
            assert self.kept[name] == (b"off" if due is None else due)


DrillMachine.TestCase.settings = settings(max_examples=300, stateful_step_count=40, deadline=None)
test_a_drill_ends_and_puts_everything_back = DrillMachine.TestCase
