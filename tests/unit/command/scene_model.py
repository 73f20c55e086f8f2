"""What becomes of a scene, found out the slow way: from the whole history, again and again.

It shares the words with the run, and nothing else: it has no state between two questions, and knows
a step's moment only by going through all that happened since the start.
"""

from dataclasses import dataclass, field
from math import inf

from custom_components.mqtt_sentinel.command.command import Outcome, Result
from custom_components.mqtt_sentinel.command.scene_report import (
    RunEnd,
    StepOutcome,
    StopReason,
)
from custom_components.mqtt_sentinel.command.scene_steps import (
    ActionStep,
    CommandStep,
    Otherwise,
    Step,
    WaitStep,
)


@dataclass
class Looked:
    """Somebody asked what is due."""

    now: float


@dataclass
class Fired:
    """Somebody said that a trigger came."""

    number: int
    at: float


@dataclass
class Answered:
    """Somebody told the outcome of a command."""

    number: int
    outcome: Outcome


@dataclass
class Called:
    """Somebody told how an action went."""

    number: int
    now: float
    worked: bool


@dataclass
class Stopped:
    """Somebody stopped it."""

    now: float


type Event = Looked | Fired | Answered | Called | Stopped


@dataclass
class Fate:
    """What came of a step."""

    outcome: StepOutcome | None = None
    planned: float | None = None
    real: float | None = None
    latency: float | None = None
    failed: bool = False
    begun: int = -1  # the place in the history where it was run
    over: float = 0.0


@dataclass
class Answer:
    """What came of the run."""

    fates: list[Fate]
    end: RunEnd | None = None
    reason: StopReason | None = None
    took: float | None = None
    next_moment: float | None = None
    heard: dict[int, bool] = field(default_factory=dict)


GOOD = {Result.CONFIRMED, Result.CONFIRMED_BY_STATE, Result.SENT}


def find_out(steps: list[Step], start: float, simulated: bool, history: list[Event]) -> Answer:
    """Go through a history from its beginning."""
    answer = Answer([Fate() for _ in steps])
    base, place, waits_in_vain = start, 0, False
    answer.next_moment = None
    stop = next((i for i, event in enumerate(history) if isinstance(event, Stopped)), len(history))
    for fate, step, number in zip(answer.fates, steps, range(1, 501), strict=False):
        planned = base + step.at
        look = _first_look(history[:stop], place, planned)
        if look is None:
            answer.next_moment = planned
            break
        place, now = look
        fate.planned, fate.begun = planned, place
        if simulated:
            fate.real, fate.outcome = now, StepOutcome.SIMULATED
            base = planned if isinstance(step, WaitStep) else base
        elif not isinstance(step, WaitStep):
            _run(fate, step, number, now, history)
        else:
            fate.real, deadline = now, planned + step.timeout
            over = _wait_over(history[:stop], place, number, now, deadline)
            if over is None:
                answer.next_moment = deadline
                break
            place, base, came = over
            fate.outcome = StepOutcome.TRIGGERED if came else StepOutcome.TIMED_OUT
            fate.latency = base - now if came else None
            if not came and step.otherwise is Otherwise.STOP:
                waits_in_vain = True
                answer.reason = StopReason.TIMED_OUT
                break
    _conclude(answer, steps, start, simulated, history, (stop, place, waits_in_vain))
    return answer


def _first_look(history: list[Event], place: int, moment: float) -> tuple[int, float] | None:
    for i in range(place, len(history)):
        event = history[i]
        if isinstance(event, Looked) and event.now >= moment:
            return i, event.now
    return None


def _wait_over(
    history: list[Event], place: int, number: int, begun: float, deadline: float
) -> tuple[int, float, bool] | None:
    for i in range(place, len(history)):
        event = history[i]
        if isinstance(event, Looked) and event.now >= deadline:
            return i, deadline, False
        if isinstance(event, Fired) and event.number == number and begun <= event.at <= deadline:
            return i, event.at, True
    return None


def _run(
    fate: Fate, step: CommandStep | ActionStep, number: int, now: float, history: list[Event]
) -> None:
    assert fate.planned is not None
    if step.actuator and now >= fate.planned + 2.0:
        fate.outcome, fate.failed = StepOutcome.SKIPPED_LATE, True
        return
    fate.real = now
    if isinstance(step, ActionStep):
        fate.over = now + 30.0
        return
    time = 1.0 + fate.planned + 2.0 - now if step.actuator else 10.0
    fate.over = now + time + (step.confirmation.timeout if step.confirmation else 0.0) + 1.0


def _conclude(
    answer: Answer,
    steps: list[Step],
    start: float,
    simulated: bool,
    history: list[Event],
    at: tuple[int, int, bool],
) -> None:
    """Find who answered, and when all was over."""
    stop, place, in_vain = at
    all_begun = in_vain or answer.next_moment is None
    for i, event in enumerate(history):
        if i > place - 1 and isinstance(event, Looked) and all_begun and i < stop:
            open_ = [f for f in answer.fates if f.begun >= 0 and f.outcome is None]
            if all(fate.over <= event.now for fate in open_):
                for fate in open_:
                    fate.outcome, fate.failed = StepOutcome.NO_RESULT, True
                _close(answer, event.now - start, simulated)
                return
        elif isinstance(event, Answered):
            fate = answer.fates[event.number - 1]
            if fate.outcome is None and -1 < fate.begun < i:
                _answer(answer.fates, steps, event, i)
        elif isinstance(event, Called):
            fate = answer.fates[event.number - 1]
            if fate.outcome is None and -1 < fate.begun < i and fate.real is not None:
                fate.outcome = StepOutcome.DONE if event.worked else StepOutcome.FAILED
                fate.failed = not event.worked
                fate.latency = event.now - fate.real
        elif isinstance(event, Stopped):
            for fate in answer.fates:
                if fate.begun >= 0 and fate.outcome is None:
                    fate.outcome = StepOutcome.CANCELLED
            answer.reason = answer.reason or StopReason.ASKED
            _close(answer, event.now - start, simulated)
            return
    if all_begun:
        open_ = [f for f in answer.fates if f.begun >= 0 and f.outcome is None]
        answer.next_moment = max((fate.over for fate in open_), default=-inf)


def _answer(fates: list[Fate], steps: list[Step], event: Answered, i: int) -> None:
    fate, step = fates[event.number - 1], steps[event.number - 1]
    assert isinstance(step, CommandStep)
    result = event.outcome.result
    fate.outcome = StepOutcome(result.value)
    fate.latency = event.outcome.latency
    fate.failed = result not in GOOD
    if result is Result.REPLACED and event.outcome.sends:
        for other, later in list(zip(fates, steps, strict=True))[event.number :]:
            same = isinstance(later, CommandStep) and later.topic == step.topic
            if same and other.real is not None and other.begun < i:
                fate.failed = False


def _close(answer: Answer, took: float, simulated: bool) -> None:
    answer.took = took
    answer.next_moment = None
    for fate in answer.fates:
        fate.outcome = fate.outcome or StepOutcome.NOT_RUN
    if answer.reason:
        answer.end = RunEnd.STOPPED
    elif simulated:
        answer.end = RunEnd.SIMULATED
    elif any(fate.failed for fate in answer.fates):
        answer.end = RunEnd.COMPLETED_WITH_FAILURES
    else:
        answer.end = RunEnd.COMPLETED
