"""One run of a scene: everything at its moment, whatever fails."""

from typing import Any

import pytest

from custom_components.mqtt_sentinel.command.command import (
    LAST_SECOND,
    Command,
    Confirmation,
    Outcome,
    Priority,
    Result,
)
from custom_components.mqtt_sentinel.command.queue import CommandQueue
from custom_components.mqtt_sentinel.command.scene_report import (
    RunEnd,
    RunReport,
    StepOutcome,
    StopReason,
    interrupted,
)
from custom_components.mqtt_sentinel.command.scene_run import (
    ACTION_TIME,
    MOST_LATE,
    Call,
    Cancel,
    Ignore,
    Listen,
    Order,
    SceneRun,
    Submit,
)
from custom_components.mqtt_sentinel.command.scene_steps import (
    ActionStep,
    CommandStep,
    Otherwise,
    StateTrigger,
    Step,
    WaitStep,
)
from custom_components.mqtt_sentinel.watch.reports import FeedbackReport, ThingKey
from tests.unit.build import at

START = 1000.0
SHARED = Confirmation("room1/status")
DOOR = StateTrigger("binary_sensor.door", "on")


def light(when: float, payload: str = "ON", **more: Any) -> CommandStep:
    return CommandStep(when, "room1/light", payload, confirmation=SHARED, **more)


def music(when: float, **more: Any) -> ActionStep:
    return ActionStep(when, "media_player.media_play", {}, {}, **more)


def door(when: float, timeout: float = 60.0, otherwise: Otherwise = Otherwise.GO_ON) -> WaitStep:
    return WaitStep(when, DOOR, timeout, otherwise)


def begin(*steps: Step, simulated: bool = False, run_id: str = "run") -> SceneRun:
    return SceneRun(run_id, steps, START, simulated=simulated)


def outcomes(run: SceneRun) -> list[StepOutcome | None]:
    return [step.outcome for step in run.report().steps]


def end(run: SceneRun) -> tuple[RunEnd | None, StopReason | None]:
    report = run.report()
    return report.end, report.reason


def names(orders: list[Order]) -> list[str]:
    return [type(order).__name__ for order in orders]


def commands(orders: list[Order]) -> list[Command]:
    return [order.command for order in orders if isinstance(order, Submit)]


def told(command: Command, result: Result, sends: int = 1, latency: float = 0.25) -> Outcome:
    return Outcome(command, result, START, sends, latency if sends else None)


def test_steps_are_run_at_their_moments_and_nobody_waits_for_a_result() -> None:
    run = begin(light(0), music(2.5), light(5, "OFF"))
    assert run.next_deadline() == START
    [first] = commands(run.due(START))
    assert (first.topic, first.payload, first.priority) == ("room1/light", b"ON", Priority.SCENE)
    assert first.confirmation is SHARED
    assert run.next_deadline() == START + 2.5
    assert run.due(START + 2.4375) == []
    assert names(run.due(START + 2.5)) == ["Call"]
    run.command_ended(told(first, Result.ERROR_REPORTED))
    run.action_failed(2, START + 2.75, "no player")
    [last] = commands(run.due(START + 5))
    assert last.payload == b"OFF"
    run.command_ended(told(last, Result.CONFIRMED))
    assert run.due(START + 5.25) == []
    assert run.ended
    assert run.next_deadline() is None
    report = run.report()
    assert report.end is RunEnd.COMPLETED_WITH_FAILURES
    assert report.took == 5.25
    error, failed, confirmed = report.steps
    assert (error.outcome, error.latency, error.failed) == (
        *(StepOutcome.ERROR_REPORTED, 0.25),
        True,
    )
    assert (failed.outcome, failed.latency, failed.detail) == (
        *(StepOutcome.FAILED, 0.25),
        "no player",
    )
    assert (confirmed.planned, confirmed.real, confirmed.drift) == (5.0, 5.0, 0.0)


def test_a_scene_in_which_all_works_is_completed() -> None:
    run = begin(light(0), music(0))
    [command] = commands(run.due(START))
    run.action_done(2, START + 0.5)
    run.command_ended(told(command, Result.CONFIRMED))
    run.due(START + 1)
    assert end(run) == (RunEnd.COMPLETED, None)
    assert outcomes(run) == [StepOutcome.CONFIRMED, StepOutcome.DONE]
    assert run.report().steps[1].latency == 0.5


def test_being_late_is_not_summed_over_ten_minutes() -> None:
    run = begin(*(light(second) for second in range(601)))
    while not run.ended:
        deadline = run.next_deadline()
        assert deadline is not None
        now = deadline + 0.03125  # the timer of each step comes late
        for command in commands(run.due(now)):
            run.command_ended(told(command, Result.CONFIRMED))
    report = run.report()
    assert report.end is RunEnd.COMPLETED
    assert [step.real for step in report.steps] == [second + 0.03125 for second in range(601)]
    assert report.longest_drift == 0.03125


def test_what_is_overdue_is_run_at_once_and_in_order() -> None:
    run = begin(light(0), music(0.5), light(1, "OFF"), light(4))
    orders = run.due(START + 1.5)
    assert names(orders) == ["Submit", "Call", "Submit"]
    assert [command.payload for command in commands(orders)] == [b"ON", b"OFF"]
    assert [step.real for step in run.report().steps] == [1.5, 1.5, 1.5, None]


def test_what_moves_something_is_skipped_rather_than_late() -> None:
    run = begin(light(0), music(0), light(0.25), light(0, actuator=False), music(0, actuator=False))
    orders = run.due(START + MOST_LATE)
    assert [order.command.id for order in orders if isinstance(order, Submit)] == ["run/3", "run/4"]
    assert [order.number for order in orders if isinstance(order, Call)] == [5]
    skipped = run.report().steps[:2]
    assert {step.outcome for step in skipped} == {StepOutcome.SKIPPED_LATE}
    assert [(step.planned, step.real, step.failed) for step in skipped] == [(0.0, None, True)] * 2


def test_a_rest_too_small_to_be_counted_is_none() -> None:
    """The time of a command is a second and the rest: of the smallest nothing is left in the sum."""
    run = SceneRun("run", [light(0)], -MOST_LATE, simulated=False)
    assert run.due(-1e-20) == []
    assert outcomes(run) == [StepOutcome.SKIPPED_LATE]


@pytest.mark.parametrize("late", [0.0, 0.5, 1.75])
def test_nothing_that_moves_something_is_sent_late_by_the_queue_either(late: float) -> None:
    run = begin(light(0))
    queue = CommandQueue(lambda: 0.0)
    [command] = commands(run.due(START + late))
    queue.offer(command, START + late)
    queue.broker(False)
    queue.wake(START + MOST_LATE - 0.0625)
    assert not queue.news()
    queue.wake(START + MOST_LATE)
    [news] = queue.news()
    assert isinstance(news, Outcome)
    assert news.result is Result.EXPIRED
    queue.broker(True)
    assert queue.take(START + MOST_LATE) is None


def test_a_command_is_sent_once_if_it_moves_something() -> None:
    run = begin(light(0), light(0, actuator=False, qos=2, retain=True))
    once, often = commands(run.due(START))
    assert (once.actuator, once.tries) == (True, 1)
    assert (often.actuator, often.tries, often.qos, often.retain) == (False, None, 2, True)


def test_a_scene_and_the_queue_find_out_who_did_not_confirm() -> None:
    run = begin(light(0), CommandStep(0.25, "room1/steam", "ON", confirmation=SHARED))
    queue = CommandQueue(lambda: 0.0)
    queue.broker(True)
    now = START
    while not run.ended:
        for command in commands(run.due(now)):
            queue.offer(command, now)
        while sending := queue.take(now):
            queue.sent(sending.command.id, now)
        if now == START:
            key = ThingKey("museum", "", "room1")
            queue.heard(FeedbackReport(key, at(START + 0.125), False, "room1/status", True))
        for news in queue.news():
            assert isinstance(news, Outcome)
            run.command_ended(news)
        run.due(now)
        now += 0.0625
        queue.wake(now)
    report = run.report()
    assert report.end is RunEnd.COMPLETED_WITH_FAILURES
    assert outcomes(run) == [StepOutcome.CONFIRMED, StepOutcome.NOT_CONFIRMED]
    assert [step.latency for step in report.steps] == [0.125, None]


# Waits


def test_what_follows_a_wait_is_timed_from_the_trigger() -> None:
    run = begin(door(1), light(0), light(2))
    assert run.due(START + 1) == [Listen(1, DOOR)]
    assert run.next_deadline() == START + 61
    assert run.due(START + 10) == []
    run.triggered(1, START + 10.5)
    orders = run.due(START + 10.75)
    assert names(orders) == ["Ignore", "Submit"]
    wait, first, second = run.report().steps
    assert (wait.outcome, wait.latency) == (StepOutcome.TRIGGERED, 9.5)
    assert (first.planned, first.real) == (10.5, 10.75)
    assert second.planned is None
    assert run.next_deadline() == START + 12.5


def test_a_scene_may_go_on_when_its_wait_was_in_vain() -> None:
    run = begin(door(1, 5), light(2))
    run.due(START + 1)
    assert run.due(START + 5.75) == []
    # Noticed late, it ended at its moment all the same.
    assert run.due(START + 6.5) == [Ignore(1)]
    assert run.next_deadline() == START + 8
    [command] = commands(run.due(START + 8))
    run.command_ended(told(command, Result.CONFIRMED))
    run.due(START + 8.5)
    assert outcomes(run) == [StepOutcome.TIMED_OUT, StepOutcome.CONFIRMED]
    assert end(run) == (RunEnd.COMPLETED, None)


def test_a_scene_may_stop_when_its_wait_was_in_vain_and_still_awaits_results() -> None:
    run = begin(light(0), door(0, 0.5, Otherwise.STOP), light(0))
    [command] = commands(run.due(START))
    assert run.due(START + 0.5) == [Ignore(2)]
    assert not run.ended
    assert run.next_deadline() == START + 5.0
    run.command_ended(told(command, Result.CONFIRMED))
    assert run.due(START + 0.75) == []
    assert end(run) == (RunEnd.STOPPED, StopReason.TIMED_OUT)
    assert outcomes(run) == [StepOutcome.CONFIRMED, StepOutcome.TIMED_OUT, StepOutcome.NOT_RUN]


def test_who_stops_a_scene_that_is_about_to_end_in_vain_is_not_the_reason() -> None:
    run = begin(light(0), door(0, 0.5, Otherwise.STOP))
    run.due(START)
    run.due(START + 0.5)
    run.stop(StopReason.ASKED, START + 0.75)
    assert names(run.due(START + 0.75)) == ["Cancel"]
    assert end(run) == (RunEnd.STOPPED, StopReason.TIMED_OUT)


def test_a_trigger_at_the_last_moment_is_in_time_and_after_it_is_not() -> None:
    in_time, late = begin(door(0, 5), light(0)), begin(door(0, 5), light(0))
    for run, moment in ((in_time, 5.0), (late, 5.0625)):
        run.due(START)
        run.triggered(1, START + moment)
        run.due(START + 6)
    assert outcomes(in_time)[0] is StepOutcome.TRIGGERED
    assert outcomes(late)[0] is StepOutcome.TIMED_OUT


def test_a_trigger_counts_only_while_it_is_waited_for() -> None:
    run = begin(door(1), door(1), light(0))
    run.triggered(1, START)  # not yet
    run.due(START + 1)
    run.triggered(1, START + 0.5)  # heard before
    run.triggered(2, START + 1.5)  # of the next
    assert run.due(START + 1.5) == []
    assert run.report().steps[0].outcome is None
    run.triggered(1, START + 2)
    run.triggered(1, START + 2)  # once more
    assert run.due(START + 3) == [Ignore(1), Listen(2, DOOR)]
    run.triggered(1, START + 3)
    assert outcomes(run) == [StepOutcome.TRIGGERED, None, None]


def test_a_wait_that_could_not_be_listened_to_was_in_vain() -> None:
    run = begin(door(0, 1), door(0, 1), music(0))
    assert run.due(START + 2.5) == [
        Listen(1, DOOR),
        Ignore(1),
        Listen(2, DOOR),
        Ignore(2),
        Call(3, music(0)),
    ]


def test_a_scene_may_end_with_a_wait() -> None:
    run = begin(door(0, 5))
    run.due(START)
    run.triggered(1, START + 1)
    assert run.due(START + 1) == [Ignore(1)]
    assert end(run) == (RunEnd.COMPLETED, None)


# Its end


def test_a_result_that_never_comes_is_not_waited_for_for_ever() -> None:
    run = begin(light(0), music(0))
    [command] = commands(run.due(START))
    assert run.next_deadline() == START + ACTION_TIME
    assert run.due(START + ACTION_TIME - 0.0625) == []
    assert run.due(START + ACTION_TIME) == [Cancel(command.id)]
    assert outcomes(run) == [StepOutcome.NO_RESULT] * 2
    assert end(run) == (RunEnd.COMPLETED_WITH_FAILURES, None)


def test_the_queue_has_all_its_time_to_tell_of_a_command() -> None:
    run = begin(light(0), CommandStep(0, "a", "b", actuator=False))
    run.due(START)
    # 10 s to be sent, and one more until nobody believes in it.
    assert run.next_deadline() == START + 11
    run = begin(light(0))
    run.due(START + 0.5)
    # 2 s after its moment and the last second, which it is not sent in; 1 s to be confirmed.
    assert run.next_deadline() == START + MOST_LATE + LAST_SECOND + 1 + 1


def test_what_was_told_first_stays() -> None:
    run = begin(light(0), music(0), light(9))
    [command] = commands(run.due(START))
    run.command_ended(told(command, Result.CONFIRMED))
    run.command_ended(told(command, Result.NOT_CONFIRMED))
    run.action_done(2, START)
    run.action_failed(2, START)
    assert outcomes(run)[:2] == [StepOutcome.CONFIRMED, StepOutcome.DONE]
    assert not run.report().failures


def test_what_is_told_of_others_is_passed_by() -> None:
    run = begin(light(0), music(1))
    other = begin(light(0), run_id="other")
    [theirs] = commands(other.due(START))
    run.due(START)
    run.command_ended(told(theirs, Result.CONFIRMED))
    run.action_done(1, START)  # a command is no action
    run.action_done(2, START)  # not called yet
    run.action_done(7, START)
    assert outcomes(run) == [None, None]


def test_why_an_action_failed_is_told_in_a_few_words() -> None:
    run = begin(music(0))
    run.due(START)
    run.action_failed(1, START, "x" * 1000)
    assert run.report().steps[0].detail == "x" * 255


# Replaced commands


def replaced(*steps: Step, sends: int) -> RunReport:
    """The first step was replaced when the others were run."""
    run = begin(*steps)
    first, *_ = commands(run.due(START))
    run.due(START + 0.5)
    run.command_ended(told(first, Result.REPLACED, sends))
    return run.report()


@pytest.mark.parametrize(
    ("steps", "sends", "failed"),
    [
        # A light that is switched on and off at once is no failure.
        ([light(0), light(0.5, "OFF")], 1, False),
        # That it never was on is one, and so is that somebody else switches it.
        ([light(0), light(0.5, "OFF")], 0, True),
        ([light(0), music(0.5), light(5, "OFF")], 1, True),
        ([light(0), CommandStep(0.5, "room1/steam", "ON")], 1, True),
    ],
)
def test_a_command_may_be_replaced_by_a_later_one_of_the_same_run(
    steps: list[Step], sends: int, failed: bool
) -> None:
    report = replaced(*steps, sends=sends)
    assert report.steps[0].outcome is StepOutcome.REPLACED
    assert report.steps[0].failed is failed


# Stop, simulation, interruption


def test_a_stop_cancels_what_waits_and_runs_nothing_more() -> None:
    run = begin(light(0), music(0), door(0), light(0))
    [command] = commands(run.due(START))
    run.stop(StopReason.ASKED, START + 0.5)
    assert run.ended
    assert run.due(START + 0.5) == [Cancel(command.id), Ignore(3)]
    assert run.due(START + 100) == []
    assert end(run) == (RunEnd.STOPPED, StopReason.ASKED)
    cancelled = [StepOutcome.CANCELLED] * 3
    assert outcomes(run) == [*cancelled, StepOutcome.NOT_RUN]
    assert not run.report().failures
    run.command_ended(told(command, Result.CONFIRMED))
    run.action_done(2, START + 1)
    run.triggered(3, START + 1)
    assert outcomes(run) == [*cancelled, StepOutcome.NOT_RUN]


def test_what_is_overdue_when_it_is_stopped_is_not_run() -> None:
    run = begin(light(0))
    run.stop(StopReason.UNLOADED, START + 1)
    assert run.due(START + 1) == []
    assert outcomes(run) == [StepOutcome.NOT_RUN]
    run.stop(StopReason.ASKED, START + 2)
    assert end(run) == (RunEnd.STOPPED, StopReason.UNLOADED)
    assert run.report().took == 1


def test_without_a_broker_it_is_a_simulation_and_says_so() -> None:
    run = begin(light(0), music(1), door(2, 60, Otherwise.STOP), light(3), simulated=True)
    for moment in (0.0, 1.0, 2.0):
        assert run.next_deadline() == START + moment
        assert run.due(START + moment + 0.0625) == []
    assert run.next_deadline() == START + 5
    assert run.due(START + 100) == []
    report = run.report()
    assert report.end is RunEnd.SIMULATED
    assert report.simulated
    assert [(step.planned, step.real) for step in report.steps] == [
        *((0.0, 0.0625), (1.0, 1.0625)),
        *((2.0, 2.0625), (5.0, 100.0)),
    ]
    assert {step.outcome for step in report.steps} == {StepOutcome.SIMULATED}
    assert not report.failures


def test_a_simulation_may_be_stopped() -> None:
    run = begin(light(0), light(5), simulated=True)
    run.due(START)
    run.stop(StopReason.STARTED_AGAIN, START + 1)
    assert run.due(START + 1) == []
    assert run.report().simulated
    assert end(run) == (RunEnd.STOPPED, StopReason.STARTED_AGAIN)
    assert outcomes(run) == [StepOutcome.SIMULATED, StepOutcome.NOT_RUN]


def test_two_runs_of_a_scene_share_nothing() -> None:
    steps = (light(0), door(0), music(0))
    one, two = begin(*steps, run_id="one"), begin(*steps, run_id="two")
    [of_one] = commands(one.due(START))
    [of_two] = commands(two.due(START))
    assert of_one.id != of_two.id
    assert of_one.target == of_two.target  # what it is about is one thing: the newer counts
    for run in (one, two):
        run.command_ended(told(of_one, Result.REPLACED))
        run.command_ended(told(of_two, Result.CONFIRMED))
    one.stop(StopReason.ASKED, START + 1)
    assert outcomes(one)[:2] == [StepOutcome.REPLACED, StepOutcome.CANCELLED]
    assert one.report().failures
    assert outcomes(two)[:2] == [StepOutcome.CONFIRMED, None]
    two.triggered(2, START + 2)
    assert names(two.due(START + 2)) == ["Ignore", "Call"]


def test_a_restart_in_the_middle_is_told_and_nothing_is_gone_on_with() -> None:
    run = begin(light(0), music(0), door(0), light(0))
    [command] = commands(run.due(START))
    run.command_ended(told(command, Result.CONFIRMED))
    report = interrupted(run.report())
    assert report.end is RunEnd.INTERRUPTED
    assert [step.outcome for step in report.steps] == [
        StepOutcome.CONFIRMED,
        StepOutcome.INTERRUPTED,
        StepOutcome.INTERRUPTED,
        StepOutcome.NOT_RUN,
    ]
