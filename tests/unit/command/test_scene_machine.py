"""Runs of scenes against a model: any scene, and any sequence of what can happen to it."""

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from custom_components.mqtt_sentinel.command.command import (
    LAST_SECOND,
    Command,
    Confirmation,
    Outcome,
    Result,
)
from custom_components.mqtt_sentinel.command.scene_report import (
    RunEnd,
    StepOutcome,
    StopReason,
    interrupted,
    read_report,
)
from custom_components.mqtt_sentinel.command.scene_run import (
    MOST_LATE,
    Call,
    Cancel,
    Ignore,
    Listen,
    SceneRun,
    Submit,
)
from custom_components.mqtt_sentinel.command.scene_steps import (
    ActionStep,
    CommandStep,
    Otherwise,
    Step,
    TopicTrigger,
    WaitStep,
)

from .scene_model import Answered, Called, Event, Fired, Looked, Stopped, find_out

# Multiples of a quarter of a second are exact in binary: times can be compared.
pauses = st.sampled_from([0.0, 0.0, 0.25, 0.5, 1.0, 3.0])
seconds = st.sampled_from([0.25, 0.25, 0.5, 0.75, 1.0, 1.75, 2.0, 5.0, 40.0])
confirmations = st.none() | st.builds(
    Confirmation, st.just("room1/status"), timeout=st.sampled_from([0.5, 1.0])
)
parts = (
    st.builds(
        CommandStep,
        st.just(0.0),
        st.sampled_from(["room1/light", "room1/steam"]),
        st.just("ON"),
        actuator=st.sampled_from([True, True, False]),
        confirmation=confirmations,
    )
    | st.builds(
        ActionStep,
        st.just(0.0),
        st.just("light.turn_on"),
        st.just({}),
        st.just({}),
        st.sampled_from([True, True, False]),
    )
    | st.builds(
        WaitStep,
        st.just(0.0),
        st.just(TopicTrigger("room1/button")),
        st.sampled_from([0.5, 2.0, 10.0]),
        st.sampled_from([Otherwise.GO_ON, Otherwise.GO_ON, Otherwise.STOP]),
    )
)


def timed(step: Step, at: float) -> Step:
    match step:
        case CommandStep():
            return CommandStep(
                at, step.topic, step.payload, actuator=step.actuator, confirmation=step.confirmation
            )
        case ActionStep():
            return ActionStep(at, step.action, step.target, step.data, step.actuator)
        case WaitStep():
            return WaitStep(at, step.trigger, step.timeout, step.otherwise)


class SceneMachine(RuleBasedStateMachine):
    """A scene is begun; time passes, and things are told, in time or not."""

    @initialize(
        made=st.lists(st.tuples(parts, pauses), min_size=1, max_size=7),
        simulated=st.sampled_from([False, False, False, False, True]),
    )
    def begin(self, made: list[tuple[Step, float]], simulated: bool) -> None:
        self.steps: list[Step] = []
        at = 0.0
        for step, pause in made:
            at += pause
            self.steps.append(timed(step, at))
            if isinstance(step, WaitStep):
                at = 0.0
        self.start = self.now = 1000.0
        self.simulated = simulated
        self.run = SceneRun("run", self.steps, self.now, simulated=simulated)
        self.history: list[Event] = []
        self.commands: dict[int, Command] = {}
        self.cancelled: set[str] = set()
        self.calls: list[int] = []
        self.listening: set[int] = set()
        self.done: list[int] = []

    def look(self) -> None:
        """Do what is due."""
        self.history.append(Looked(self.now))
        for order in self.run.due(self.now):
            assert not self.simulated
            match order:
                case Submit(command):
                    number = int(command.id.removeprefix("run/"))
                    self.commands[number] = command
                    self.done.append(number)
                    self.hold_in_time(number, command)
                case Call(number, step):
                    assert step is self.steps[number - 1]
                    self.calls.append(number)
                    self.done.append(number)
                case Listen(number, trigger):
                    assert trigger == TopicTrigger("room1/button")
                    assert not self.listening
                    self.listening.add(number)
                    self.done.append(number)
                case Ignore(number):
                    self.listening.remove(number)
                case Cancel(command_id):
                    self.cancelled.add(command_id)

    def hold_in_time(self, number: int, command: Command) -> None:
        """The queue sends nothing in the last second of a command."""
        planned = self.run.report().steps[number - 1].planned
        assert planned is not None
        if command.actuator:
            assert self.now + command.ttl - LAST_SECOND == self.start + planned + MOST_LATE
            assert command.tries == 1

    @rule(pause=seconds)
    def held_up(self, pause: float) -> None:
        """Time passes, and nobody looks."""
        self.now += pause

    @rule(pause=seconds)
    def wait(self, pause: float) -> None:
        self.now += pause
        self.look()

    @rule()
    def wait_for_the_next(self) -> None:
        deadline = self.run.next_deadline()
        if deadline is not None:
            self.now = max(self.now, deadline)
            self.look()

    @precondition(lambda self: self.commands)
    @rule(
        data=st.data(),
        result=st.sampled_from([Result.CONFIRMED, Result.REPLACED, *Result]),
        sends=st.integers(0, 1),
        look=st.booleans(),
    )
    def answer(self, data: st.DataObject, result: Result, sends: int, look: bool) -> None:
        number = data.draw(st.sampled_from(sorted(self.commands)))
        outcome = Outcome(self.commands[number], result, self.now, sends, 0.25 if sends else None)
        self.history.append(Answered(number, outcome))
        self.run.command_ended(outcome)
        if look:
            self.look()

    @precondition(lambda self: self.calls)
    @rule(data=st.data(), worked=st.booleans(), look=st.booleans())
    def called(self, data: st.DataObject, worked: bool, look: bool) -> None:
        number = data.draw(st.sampled_from(self.calls))
        self.history.append(Called(number, self.now, worked))
        if worked:
            self.run.action_done(number, self.now)
        else:
            self.run.action_failed(number, self.now, "no player")
        if look:
            self.look()

    @rule(
        data=st.data(),
        ago=st.sampled_from([0.0, 0.0, 0.25, 1.0]),
        right=st.sampled_from([True, True, False]),
        look=st.booleans(),
    )
    def trigger(self, data: st.DataObject, ago: float, right: bool, look: bool) -> None:
        number = data.draw(st.integers(1, len(self.steps)))
        if right and self.listening:
            [number] = self.listening
        at = self.now - ago
        self.history.append(Fired(number, at))
        self.run.triggered(number, at)
        if look:
            self.look()

    @precondition(lambda self: len(self.history) > 3)
    @rule(sure=st.sampled_from([True, False, False, False]))
    def stop(self, sure: bool) -> None:
        if sure:
            self.history.append(Stopped(self.now))
            self.run.stop(StopReason.ASKED, self.now)
            self.look()

    @invariant()
    def is_as_the_model_says(self) -> None:
        answer = find_out(self.steps, self.start, self.simulated, self.history)
        report = self.run.report()
        assert (report.end, report.reason, report.took) == (answer.end, answer.reason, answer.took)
        assert len(report.steps) == len(answer.fates)
        for step, fate in zip(report.steps, answer.fates, strict=True):
            assert (step.outcome, step.latency, step.failed) == (
                *(fate.outcome, fate.latency),
                fate.failed,
            )
            assert step.planned == (None if fate.planned is None else fate.planned - self.start)
            assert step.real == (None if fate.real is None else fate.real - self.start)
        deadline = self.run.next_deadline()
        if answer.next_moment is None or answer.next_moment > self.now:
            assert deadline == answer.next_moment
        else:
            assert deadline is not None
            assert deadline <= self.now

    @invariant()
    def does_each_step_once_and_in_order(self) -> None:
        assert self.done == sorted(set(self.done))

    @invariant()
    def leaves_nothing_behind(self) -> None:
        report = self.run.report()
        assert self.run.ended == (report.end is not None)
        if self.run.ended:
            assert not self.run.due(self.now)
            assert not self.listening
            assert all(step.outcome for step in report.steps)

    @invariant()
    def can_be_interrupted(self) -> None:
        kept = read_report(self.run.report().as_data())
        assert kept == self.run.report()
        told = interrupted(kept)
        if kept.end:
            assert told == kept
            return
        assert told.end is RunEnd.INTERRUPTED
        for before, after in zip(kept.steps, told.steps, strict=True):
            was_run = before.real is not None
            new = StepOutcome.INTERRUPTED if was_run else StepOutcome.NOT_RUN
            assert after.outcome is (before.outcome or new)


TestSceneMachine = SceneMachine.TestCase
