"""One run of a scene: what is to be done when, and what came of it.

Whoever runs it calls :meth:`~SceneRun.due` when :meth:`~SceneRun.next_deadline` has come and after
each other call, does all orders that this returns, in order and without waiting for any, and tells
what came of them. All moments are in monotonic seconds.

* The moment of each step is that of the start, or of the end of the wait before it, plus its ``at``:
  who is late once is not late ever after. A wait in vain ends when its time is over, whenever that
  is noticed; a trigger that comes at that very moment is in time.
* No step waits for the result of another, and none is left out because of another's.
* When the run was held up, all that is overdue is done at once, in order; but what moves something
  is left out from :data:`MOST_LATE` after its moment on, and no command that moves something is sent
  later than that, nor twice.
* A newer command on a topic replaces an older one there that is not confirmed yet, also one of
  another scene. That is no failure when the older one was sent and the newer is of the same run.
* A run that begins while the broker is away is a simulation to its end: every step has its moment,
  nothing is done, and no wait takes any time. When the broker goes later, the run stays real and
  goes on: its commands find no way out in their time, and say so.
* It ends when its last step has its result, or when the time of all that have none is over: that of
  a command is what the queue may take, that of an action :data:`ACTION_TIME`. After a wait
  that stops the scene, the results of what was done before are awaited, too.
* A stop ends it at once: commands without a result are cancelled, and nothing is heard of actions.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from .command import DEFAULT_TTL, LAST_SECOND, Command, Outcome, Priority, Result
from .scene_report import RunEnd, RunReport, StepOutcome, StepReport, StopReason
from .scene_steps import ActionStep, CommandStep, Otherwise, Step, Trigger, WaitStep

MOST_LATE = 2.0
ACTION_TIME = 30.0
# The queue tells by itself what came of a command; this long after that, nobody believes in it.
_QUEUE_TIME = 1.0
_LONGEST_DETAIL = 255


@dataclass(frozen=True, slots=True)
class Submit:
    """Give a command to the queue."""

    command: Command


@dataclass(frozen=True, slots=True)
class Cancel:
    """Take a command back from the queue."""

    command_id: str


@dataclass(frozen=True, slots=True)
class Call:
    """Call an action."""

    number: int
    step: ActionStep


@dataclass(frozen=True, slots=True)
class Listen:
    """Listen for a trigger from now on."""

    number: int
    trigger: Trigger


@dataclass(frozen=True, slots=True)
class Ignore:
    """Listen for the trigger of this step no more."""

    number: int


type Order = Submit | Cancel | Call | Listen | Ignore


@dataclass(slots=True, eq=False)
class _Card:
    """One step, and what happened to it.

    ``over_at``: when its result is not awaited any more. ``command``: what was submitted.
    """

    number: int
    step: Step
    outcome: StepOutcome | None = None
    planned: float | None = None
    real: float | None = None
    latency: float | None = None
    failed: bool = False
    detail: str = ""
    over_at: float = 0.0
    command: Command | None = None


_FAILURES = frozenset(
    {
        StepOutcome.NOT_MOVED,
        StepOutcome.NOT_CONFIRMED,
        StepOutcome.ERROR_REPORTED,
        StepOutcome.AMBIGUOUS,
        StepOutcome.EXPIRED,
        StepOutcome.REPLACED,
        StepOutcome.REFUSED,
        StepOutcome.CANCELLED,
        StepOutcome.FAILED,
        StepOutcome.SKIPPED_LATE,
        StepOutcome.NO_RESULT,
    }
)


class SceneRun:
    """A scene from its start to its end.

    Runs share nothing: a scene may run twice at once, as long as the runs have ids of their own.
    """

    __slots__ = (
        *("_base", "_cards", "_commands", "_end", "_ended_at", "_next", "_open", "_orders"),
        *("_reason", "_run_id", "_simulated", "_start", "_waiting"),
    )

    def __init__(self, run_id: str, steps: Sequence[Step], now: float, *, simulated: bool) -> None:
        """Start ``now``; ``simulated`` when the broker is away.

        ``run_id`` is like that of no other run, ever: commands are named after it.
        """
        self._run_id = run_id
        self._simulated = simulated
        self._start = self._base = now
        self._cards = [_Card(number, step) for number, step in enumerate(steps, 1)]
        self._next = 0
        self._waiting: _Card | None = None
        self._open: dict[int, _Card] = {}
        self._commands: dict[str, _Card] = {}
        self._orders: list[Order] = []
        self._reason: StopReason | None = None
        self._end: RunEnd | None = None
        self._ended_at: float | None = None

    @property
    def ended(self) -> bool:
        """Tell whether it is over; what is told then changes nothing."""
        return self._end is not None

    def next_deadline(self) -> float | None:
        """When to ask what is :meth:`due` at the latest, None when it is over."""
        if self._end is not None:
            return None
        if self._waiting:
            return self._waiting.over_at
        if self._next < len(self._cards):
            return self._base + self._cards[self._next].step.at
        return max((card.over_at for card in self._open.values()), default=self._base)

    def due(self, now: float) -> list[Order]:
        """What is to be done now, in order."""
        if self._end is None:
            self._advance(now)
        orders, self._orders = self._orders, []
        return orders

    def command_ended(self, outcome: Outcome) -> None:
        """A command has its result; one of somebody else is passed by."""
        card = self._commands.get(outcome.command.id)
        if card is None:
            return
        result = StepOutcome(outcome.result.value)
        own = outcome.result is Result.REPLACED and outcome.sends > 0 and self._went_on(card)
        self._decide(card, result, outcome.latency, failed=result in _FAILURES and not own)

    def action_done(self, number: int, now: float) -> None:
        """The action of a step was called, and worked."""
        self._action_ended(number, now, StepOutcome.DONE)

    def action_failed(self, number: int, now: float, detail: str = "") -> None:
        """The action of a step could not be called, or did not work; ``detail`` says why."""
        self._action_ended(number, now, StepOutcome.FAILED, detail[:_LONGEST_DETAIL])

    def triggered(self, number: int, at: float) -> None:
        """What a step waits for happened; one that is not waited for is passed by."""
        card = self._waiting
        if card is None or card.number != number or card.real is None:
            return
        if card.real <= at <= card.over_at:
            self._wait_ended(card, StepOutcome.TRIGGERED, at, at - card.real)

    def stop(self, reason: StopReason, now: float) -> None:
        """End it at once; ask what is :meth:`due` for what that takes."""
        if self._end is None:
            self._reason = self._reason or reason
            self._finish(StepOutcome.CANCELLED, now)

    def report(self) -> RunReport:
        """What came of it until now. Kept, it is all that is left when Home Assistant ends."""
        took = None if self._ended_at is None else self._ended_at - self._start
        steps = tuple(self._step_report(card) for card in self._cards)
        return RunReport(self._run_id, steps, self._simulated, self._end, self._reason, took)

    def _advance(self, now: float) -> None:
        """Do all that time brings."""
        while True:
            if self._waiting:
                over_at = self._waiting.over_at
                if now < over_at:
                    return
                self._wait_ended(self._waiting, StepOutcome.TIMED_OUT, over_at)
            elif self._next < len(self._cards):
                card = self._cards[self._next]
                planned = self._base + card.step.at
                if now < planned:
                    return
                self._next += 1
                self._begin(card, planned, now)
            else:
                break
        if all(card.over_at <= now for card in self._open.values()):
            self._finish(StepOutcome.NO_RESULT, now)

    def _begin(self, card: _Card, planned: float, now: float) -> None:
        """The moment of a step has come, or is over."""
        card.planned = planned
        step = card.step
        if self._simulated:
            card.real = now
            self._decide(card, StepOutcome.SIMULATED)
            if isinstance(step, WaitStep):
                self._base = planned
        elif isinstance(step, WaitStep):
            card.real = now
            card.over_at = planned + step.timeout
            self._waiting = card
            self._orders.append(Listen(card.number, step.trigger))
        else:
            self._do(card, step, planned + MOST_LATE - now, now)

    def _do(self, card: _Card, step: CommandStep | ActionStep, spare: float, now: float) -> None:
        """Run a step, which may still be done for ``spare`` seconds if it moves something."""
        # The queue sends nothing in the last second. Added to it, the smallest rests are lost.
        ttl = LAST_SECOND + spare if step.actuator else DEFAULT_TTL
        if ttl <= LAST_SECOND:
            self._decide(card, StepOutcome.SKIPPED_LATE, failed=True)
            return
        card.real = now
        self._open[card.number] = card
        if isinstance(step, ActionStep):
            card.over_at = now + ACTION_TIME
            self._orders.append(Call(card.number, step))
            return
        timeout = step.confirmation.timeout if step.confirmation else 0.0
        card.over_at = now + ttl + timeout + _QUEUE_TIME
        card.command = Command(
            f"{self._run_id}/{card.number}",
            step.topic,
            step.topic,
            step.payload.encode(),
            step.qos,
            step.retain,
            Priority.SCENE,
            ttl,
            step.actuator,
            step.confirmation,
            1 if step.actuator else None,
        )
        self._commands[card.command.id] = card
        self._orders.append(Submit(card.command))

    def _went_on(self, card: _Card) -> bool:
        """Tell whether a later step has commanded the same."""
        step = card.step
        later = (other.command for other in self._cards[card.number : self._next])
        return isinstance(step, CommandStep) and any(
            command and command.topic == step.topic for command in later
        )

    def _action_ended(
        self, number: int, now: float, outcome: StepOutcome, detail: str = ""
    ) -> None:
        card = self._open.get(number)
        if card and card.real is not None and card.command is None:
            card.detail = detail
            failed = outcome in _FAILURES
            self._decide(card, outcome, now - card.real, failed=failed)

    def _wait_ended(
        self, card: _Card, outcome: StepOutcome, at: float, latency: float | None = None
    ) -> None:
        """What follows is timed from ``at``, or does not follow."""
        self._waiting = None
        self._base = at
        self._orders.append(Ignore(card.number))
        self._decide(card, outcome, latency)
        if outcome is StepOutcome.TIMED_OUT and _stops(card.step):
            self._reason = StopReason.TIMED_OUT
            self._next = len(self._cards)

    def _decide(
        self,
        card: _Card,
        outcome: StepOutcome,
        latency: float | None = None,
        *,
        failed: bool = False,
    ) -> None:
        """A step has its outcome; the first is the one."""
        if card.outcome is None:
            card.outcome, card.latency, card.failed = outcome, latency, failed
            self._open.pop(card.number, None)

    def _finish(self, without_result: StepOutcome, now: float) -> None:
        """Nothing is done any more, and nothing awaited."""
        for card in list(self._open.values()):
            if card.command:
                self._orders.append(Cancel(card.command.id))
            self._decide(card, without_result, failed=without_result is StepOutcome.NO_RESULT)
        if self._waiting:
            self._orders.append(Ignore(self._waiting.number))
            self._decide(self._waiting, without_result)
            self._waiting = None
        for card in self._cards:
            self._decide(card, StepOutcome.NOT_RUN)
        self._ended_at = now
        if self._reason:
            self._end = RunEnd.STOPPED
        elif self._simulated:
            self._end = RunEnd.SIMULATED
        elif any(card.failed for card in self._cards):
            self._end = RunEnd.COMPLETED_WITH_FAILURES
        else:
            self._end = RunEnd.COMPLETED

    def _step_report(self, card: _Card) -> StepReport:
        return StepReport(
            card.number,
            card.outcome,
            None if card.planned is None else card.planned - self._start,
            None if card.real is None else card.real - self._start,
            card.latency,
            card.failed,
            card.detail,
        )


def _stops(step: Step) -> bool:
    """Tell whether the scene stops when this wait was in vain."""
    return isinstance(step, WaitStep) and step.otherwise is Otherwise.STOP
