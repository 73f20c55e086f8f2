"""The alarm panel against a model of its own, which counts down and knows no deadlines."""

from dataclasses import dataclass, field, replace
import json
from typing import TYPE_CHECKING, Any

from hypothesis import settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
import pytest

from custom_components.mqtt_sentinel.watch.alarm import Blocker
from custom_components.mqtt_sentinel.watch.clock import Instant
from custom_components.mqtt_sentinel.watch.expectation import Wanted
from custom_components.mqtt_sentinel.watch.panel import Panel
from custom_components.mqtt_sentinel.watch.panel_words import (
    AfterTrigger,
    AlarmRaisedError,
    CodeMissingError,
    CodesPausedError,
    MayNotDisarmError,
    Mode,
    ModeTimes,
    NotReady,
    NotReadyError,
    PanelButton,
    PanelError,
    PanelSettings,
    PanelState,
    Response,
    TriggerSource,
    Why,
    WrongCodeError,
)
from custom_components.mqtt_sentinel.watch.reports import Occasion, OccasionReport, ThingKey

from .build import EPOCH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from custom_components.mqtt_sentinel.watch.panel_words import PanelTurn

# All times are whole ticks of a quarter of a second: exact in binary, so they can be compared.
TICK = 0.25
KEY = ThingKey("services", "", "camera/hall")
CODE = "secret-7391"
BLOCKERS = (("Eye", Blocker.BROKER_GONE),)
PAUSES = (30, 60, 120, 240, 480, 900)

modes = st.sampled_from(Mode)
# Most of what happens shall happen to a panel that is watchful.
few_ticks = st.sampled_from([1, 3, 4, 8, 17, 40])
many_ticks = st.sampled_from([1, 4, 8, 40, 120, 480, 3600])
delays = st.sampled_from([0, 0, 4, 16])
codes = st.sampled_from([CODE, CODE, CODE, None, "", "wrong-1", "secret-739"])
all_times = st.fixed_dictionaries({mode: st.tuples(delays, delays) for mode in Mode})
sources = st.sampled_from(["hall", "hall", "door", "shed"])
people = st.sampled_from(["Ann", "Bob", None])


@dataclass
class Model:
    """What a user was told about the panel. ``left`` in ticks, None for no countdown."""

    times: dict[Mode, tuple[int, int]]
    ring: int | None
    disarms: bool
    refuses: bool
    locked: bool
    locked_to_arm: bool
    ignored: frozenset[Mode]
    needing: frozenset[Mode]
    phase: str = "off"
    mode: Mode | None = None
    left: int | None = None
    who: str | None = None
    wrong: int = 0
    pause: int = 0
    states: list[str] = field(default_factory=list)

    @property
    def state(self) -> str:
        names = {"off": "disarmed", "leaving": "arming", "entered": "pending", "rings": "triggered"}
        return names[self.phase] if self.phase in names else str(self.mode)

    def be(self, phase: str, left: int | None = None) -> None:
        self.phase, self.left = phase, left
        if phase == "off":
            self.mode = None
        self.states.append(self.state)

    def run_out(self) -> None:
        while self.left == 0:
            if self.phase == "leaving":
                self.be("on")
            elif self.phase == "entered":
                self.be("rings", self.ring)
            elif self.mode is None or self.disarms:
                self.be("off")
            else:
                self.be("on")

    def tick(self) -> None:
        """A quarter of a second; nothing runs out before :meth:`run_out`."""
        self.left = self.left and self.left - 1
        self.pause = max(self.pause - 1, 0)

    def code(self, given: str | None) -> type[PanelError] | None:
        if not self.locked:
            return None
        if not given:
            return CodeMissingError
        if self.pause:
            return CodesPausedError
        if given == CODE:
            self.wrong = 0
            return None
        self.wrong += 1
        if self.wrong >= 5:
            self.pause = int(PAUSES[min(self.wrong - 5, len(PAUSES) - 1)] / TICK)
        return WrongCodeError

    def arm(
        self, mode: Mode, given: str | None, by: str | None, *, ready: bool, force: bool
    ) -> type[PanelError] | None:
        another = mode is not self.mode
        asks = self.locked_to_arm or (self.phase != "off" and another)
        if asks and (refused := self.code(given)):
            return refused
        if self.phase in ("entered", "rings"):
            return AlarmRaisedError
        return self.begin(mode, by, ready=ready or force) if another else None

    def begin(self, mode: Mode, by: str | None, *, ready: bool) -> type[PanelError] | None:
        if self.refuses and not ready:
            return NotReadyError
        self.mode, self.who = mode, by
        leave, _ = self.times[mode]
        self.be("leaving", leave) if leave else self.be("on")
        return None

    def disarm(self, by: str | None) -> None:
        if self.phase != "off":
            self.who = by
            self.be("off")

    def press(
        self, button: str, by: str | None, *, on: bool | None, toggle: bool, ready: bool
    ) -> type[PanelError] | None:
        is_on = self.phase != "off"
        shall = not is_on if toggle else on
        if shall is None or shall == is_on:
            return None
        if shall:
            return self.begin(Mode.AWAY if button == "gate" else Mode.NIGHT, by, ready=ready)
        if button == "bed":
            return MayNotDisarmError
        self.disarm(by)
        return None

    def happens(self, source: str, by: str | None) -> None:
        if self.phase not in ("on", "entered") or source == "shed":
            return
        if source == "hall" and self.mode in self.ignored:
            return
        assert self.mode
        _, enter = self.times[self.mode]
        if source == "door" or not enter:
            self.who = by
            self.be("rings", self.ring)
        elif self.phase == "on":
            self.who = by
            self.be("entered", enter)

    def help(self, by: str | None) -> None:
        if self.phase != "rings":
            self.who = by
            self.be("rings", self.ring)


class PanelMachine(RuleBasedStateMachine):
    """A panel and its model, side by side."""

    panel: Panel
    model: Model

    def __init__(self) -> None:
        super().__init__()
        self.elapsed = 0.0
        self.mono_base = 0.0
        # What somebody knows who only follows the turns.
        self.told = PanelState.DISARMED.value
        self.services = {"eye": False, "ear": False}
        self.said: list[str] = []

    @initialize(
        times=all_times,
        ring=st.sampled_from([None, 0, 8, 8, 40]),
        disarms=st.booleans(),
        refuses=st.booleans(),
        code=st.booleans(),
        arm_required=st.booleans(),
        ignored=st.frozensets(modes),
        needing=st.frozensets(modes),
    )
    def set_up(
        self,
        times: dict[Mode, tuple[int, int]],
        ring: int | None,
        disarms: bool,
        refuses: bool,
        code: bool,
        arm_required: bool,
        ignored: frozenset[Mode],
        needing: frozenset[Mode],
    ) -> None:
        self.panel = Panel(
            PanelSettings(
                modes={
                    mode: ModeTimes(leave * TICK, enter * TICK)
                    for mode, (leave, enter) in times.items()
                },
                sources={
                    "hall": TriggerSource(Response.DELAYED, ignored),
                    "door": TriggerSource(Response.INSTANT),
                },
                buttons={"gate": PanelButton(), "bed": PanelButton(Mode.NIGHT, may_disarm=False)},
                services=tuple(self.services),
                modes_with_services=needing,
                trigger_time=None if ring is None else ring * TICK,
                after_trigger=AfterTrigger.DISARMED if disarms else AfterTrigger.ARMED,
                not_ready=NotReady.REFUSE if refuses else NotReady.WARN,
                code=CODE if code else None,
                code_arm_required=arm_required,
            ),
            self.now,
        )
        self.model = Model(times, ring, disarms, refuses, code, arm_required, ignored, needing)

    # Helpers

    @property
    def now(self) -> Instant:
        return Instant(self.elapsed + self.mono_base, self.elapsed + EPOCH)

    def follow(self, turns: Iterable[PanelTurn], *, away: bool = False) -> None:
        """Go along with the turns: they have to be those of the model, and to hang together."""
        turns = list(turns)
        self.model.run_out()
        assert [turn.after.value for turn in turns] == self.model.states
        self.model.states.clear()
        for turn in turns:
            assert turn.before.value == self.told
            assert turn.at == self.now.wall
            assert turn.away is away
            self.told = turn.after.value
            self.services |= {wish.watch_id: wish.on for wish in turn.services}
            if turn.after is PanelState.TRIGGERED:
                watchful = turn.before.value in (*Mode, "pending")
                late = turn.why is Why.ENTRY_DELAY_OVER and turn.before is PanelState.PENDING
                assert turn.why is Why.ASKED or late or (turn.why is Why.OCCASION and watchful)
            self.said.append(repr(turn))

    def ask(
        self,
        expected: type[PanelError] | None,
        request: Callable[[], list[PanelTurn]],
    ) -> None:
        """Ask the panel for something that the model did, or refused."""
        if expected is None:
            self.follow(request())
            return
        with pytest.raises(expected) as caught:
            request()
        assert type(caught.value) is expected
        if isinstance(caught.value, WrongCodeError):
            assert caught.value.pause == self.model.pause * TICK
        if isinstance(caught.value, CodesPausedError):
            assert caught.value.left == self.model.pause * TICK
        self.said += [repr(caught.value), str(caught.value)]

    def report(self, what: Occasion, **data: Any) -> OccasionReport:
        made = OccasionReport(KEY, self.now, False, "topic", what, None, None, data)
        begins = data.pop("begins", None)
        return replace(made, begins=begins, retained=data.pop("retained", False))

    def pass_unseen(self, ticks: int) -> None:
        for _ in range(ticks):
            self.model.tick()
        self.elapsed += ticks * TICK

    # What can happen

    @rule(ticks=st.one_of(few_ticks, many_ticks))
    def time_passes(self, ticks: int) -> None:
        for _ in range(ticks):
            self.model.tick()
            self.elapsed += TICK
            deadline = self.panel.deadline
            due = deadline is not None and deadline <= self.now.mono
            assert due is (self.model.left == 0)
            if due:
                self.follow(self.panel.wake(self.now))

    @rule(ticks=few_ticks, source=sources, by=people, wakes=st.booleans())
    def timer_is_late(self, ticks: int, source: str, by: str | None, wakes: bool) -> None:
        self.pass_unseen(ticks)
        if wakes:
            self.follow(self.panel.wake(self.now))
            return
        self.model.run_out()
        self.model.happens(source, by)
        self.follow(self.panel.hear(source, self.report(Occasion.MOTION), by=by))

    @rule(mode=modes, code=codes, by=people, ready=st.booleans(), force=st.booleans())
    def arm(self, mode: Mode, code: str | None, by: str | None, ready: bool, force: bool) -> None:
        expected = self.model.arm(mode, code, by, ready=ready, force=force)
        blockers = () if ready else BLOCKERS
        self.ask(
            expected,
            lambda: self.panel.arm(
                mode, self.now, by=by, code=code, blockers=blockers, force=force
            ),
        )

    @rule(code=codes, by=people)
    def disarm(self, code: str | None, by: str | None) -> None:
        expected = self.model.code(code)
        if expected is None:
            self.model.disarm(by)
        self.ask(expected, lambda: self.panel.disarm(self.now, by=by, code=code))

    @rule(times=st.integers(1, 7))
    def guess(self, times: int) -> None:
        for _ in range(times):
            self.disarm("wrong-2", None)

    @rule(
        button=st.sampled_from(["gate", "bed"]),
        on=st.sampled_from([True, False, None]),
        toggle=st.booleans(),
        by=people,
        ready=st.booleans(),
    )
    def press(
        self, button: str, on: bool | None, toggle: bool, by: str | None, ready: bool
    ) -> None:
        expected = self.model.press(button, by, on=on, toggle=toggle, ready=ready)
        report = self.report(Occasion.TOGGLE, status=on, toggle=toggle)
        blockers = () if ready else BLOCKERS
        self.ask(expected, lambda: self.panel.press(button, report, by=by, blockers=blockers))

    @rule(source=sources, by=people)
    def happens(self, source: str, by: str | None) -> None:
        self.model.happens(source, by)
        self.follow(self.panel.hear(source, self.report(Occasion.MOTION), by=by))

    @rule(
        source=sources,
        report=st.sampled_from(
            [
                {"what": Occasion.MOTION, "retained": True},
                {"what": Occasion.MOTION, "begins": False},
                {"what": Occasion.BUTTON},
                {"what": Occasion.TOGGLE, "toggle": True},
            ]
        ),
    )
    def happens_nothing(self, source: str, report: dict[str, Any]) -> None:
        heard = self.report(**report)
        assert self.panel.hear(source, heard) == []
        assert self.panel.press(source, heard) == []

    @rule(by=people)
    def call_for_help(self, by: str | None) -> None:
        self.model.help(by)
        self.follow(self.panel.trigger(self.now, by=by))

    @rule(ticks=st.one_of(few_ticks, many_ticks), base=st.integers(0, 100_000))
    def restart(self, ticks: int, base: int) -> None:
        stored = json.dumps(self.panel.snapshot().as_dict())
        self.said.append(stored)
        before = self.panel.state
        self.pass_unseen(ticks)
        self.mono_base = base - self.elapsed
        self.panel = Panel(self.panel.settings, self.now)
        self.follow(self.panel.start(json.loads(stored), self.now), away=True)
        assert (self.panel.state == "disarmed") >= (before == "disarmed")

    @precondition(lambda self: self.model.phase != "off")
    @rule(stored=st.sampled_from([{}, {"version": 1}, {"state": "triggered"}]))
    def memory_is_lost(self, stored: dict[str, Any]) -> None:
        self.panel = Panel(self.panel.settings, self.now)
        [turn] = self.panel.start(stored, self.now)
        assert (turn.why, turn.after) == (Why.MEMORY_LOST, "disarmed")
        self.services |= {wish.watch_id: wish.on for wish in turn.services}
        self.told, self.model.who = "disarmed", None
        self.model.wrong = self.model.pause = 0
        self.model.be("off")
        self.model.states.clear()

    # What always holds

    @invariant()
    def it_is_what_the_model_is(self) -> None:
        panel, model = self.panel, self.model
        assert panel.state == self.told == model.state
        assert (panel.mode, panel.changed_by) == (model.mode, model.who)
        snapshot = panel.snapshot()
        assert (snapshot.state, snapshot.mode) == (panel.state, panel.mode)
        assert snapshot.wrong_codes == model.wrong

    @invariant()
    def nothing_is_overdue(self) -> None:
        deadline, left = self.panel.deadline, self.model.left
        assert deadline == (None if left is None else self.now.mono + left * TICK)
        assert deadline is None or deadline > self.now.mono
        assert self.panel.due == (None if left is None else self.now.wall + left * TICK)

    @invariant()
    def services_were_told_what_is_wanted(self) -> None:
        needed = self.model.mode in self.model.needing
        assert self.services == {"eye": needed, "ear": needed}
        assert {wish.watch_id: wish.on for wish in self.panel.services()} == self.services
        wanted = Wanted.UP if needed else Wanted.DOWN
        assert self.panel.wanted is (Wanted.ANYTHING if self.told == "arming" else wanted)

    @invariant()
    def nobody_reads_the_code(self) -> None:
        self.said += [repr(self.panel), repr(self.panel.settings), repr(self.panel.snapshot())]
        assert not [text for text in self.said if CODE in text]
        self.said.clear()


TestPanelMachine = PanelMachine.TestCase
TestPanelMachine.settings = settings(max_examples=settings().max_examples * 2)
