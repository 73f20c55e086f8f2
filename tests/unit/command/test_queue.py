"""The queue: who is sent when, who is not sent any more, and that everybody hears of it."""

import pytest

from custom_components.mqtt_sentinel.command.backoff import Backoff
from custom_components.mqtt_sentinel.command.command import (
    Command,
    Confirmation,
    Outcome,
    Priority,
    Result,
)
from custom_components.mqtt_sentinel.command.queue import CommandQueue
from tests.unit.build import at, connection

from .build import BOTH, FEEDBACK, STATE, Desk, command


@pytest.fixture
def desk() -> Desk:
    return Desk()


# Who goes first


def test_the_more_important_goes_first(desk: Desk) -> None:
    for number, priority in enumerate(reversed(Priority)):
        desk.offer(command(f"{priority.name}{number}", priority=priority))
    desk.offer(command("second alarm", priority=Priority.ALARM))
    assert desk.send() == ["ALARM3", "second alarm", "RELAY2", "SCENE1", "REST0"]


def test_what_was_sent_before_goes_before_new_ones_of_its_importance(desk: Desk) -> None:
    desk.offer(command("first", tries=2))
    assert desk.send() == ["first"]
    desk.queue.wake(1.0)
    desk.offer(command("new"), command("alarm", priority=Priority.ALARM), now=2.0)
    assert desk.send(2.0) == ["alarm", "first", "new"]


def test_it_is_ready_only_with_the_broker_and_something_to_send(desk: Desk) -> None:
    assert not desk.queue.ready
    desk.offer(command())
    assert desk.queue.ready
    desk.queue.broker(False)
    assert not desk.queue.ready
    assert desk.queue.take(0.0) is None
    desk.queue.broker(True)
    assert desk.send() == ["light"]
    assert not desk.queue.ready


def test_an_id_is_of_one_command_at_a_time(desk: Desk) -> None:
    desk.offer(command())
    with pytest.raises(ValueError, match="light"):
        desk.offer(command(target="another"))
    assert desk.queue.depth == 1
    desk.send()
    desk.say(True, 0.1)
    desk.offer(command(), now=0.2)
    assert desk.send(0.2) == ["light"]
    desk.say(True, 0.3)
    news = desk.queue.news()
    assert [one.latency for one in news if isinstance(one, Outcome)] == pytest.approx([0.1, 0.1])


# The bound


def test_a_full_queue_refuses_the_newest_of_the_least_important(desk: Desk) -> None:
    desk = Desk(most=4)
    desk.offer(
        command("rest", priority=Priority.REST),
        command("scene 1", priority=Priority.SCENE),
        command("scene 2", priority=Priority.SCENE),
        command("alarm", priority=Priority.ALARM),
    )
    desk.offer(command("relay 1", priority=Priority.RELAY))
    assert desk.results() == {"rest": Result.REFUSED}
    desk.offer(command("relay 2", priority=Priority.RELAY))
    assert desk.results() == {"scene 2": Result.REFUSED}
    desk.offer(command("scene 3", priority=Priority.SCENE))
    assert desk.results() == {"scene 3": Result.REFUSED}
    assert desk.queue.depth == 4
    assert desk.send() == ["alarm", "relay 1", "relay 2", "scene 1"]


def test_what_was_sent_is_not_refused_any_more() -> None:
    desk = Desk(most=2)
    desk.offer(command("sent", tries=2), command("waits"))
    first = desk.queue.take(0.0)
    assert first
    desk.queue.sent(first.command.id, 0.0)
    desk.queue.wake(1.0)
    desk.queue.wake(2.0)  # it is in the line again
    desk.offer(command("alarm", priority=Priority.ALARM), now=2.0)
    assert desk.results() == {"waits": Result.REFUSED}
    desk.offer(command("alarm 2", priority=Priority.ALARM), now=2.0)
    assert desk.results() == {"alarm 2": Result.REFUSED}


def test_exactly_the_overflow_is_refused() -> None:
    desk = Desk(most=1000)
    desk.queue.broker(False)
    for number in range(2000):
        desk.offer(command(f"{number:04}", priority=Priority(number % 4)))
    refused = desk.results()
    assert set(refused.values()) == {Result.REFUSED}
    assert len(refused) == 1000
    desk.queue.broker(True)
    sent = desk.send()
    assert set(sent) == {f"{number:04}" for number in range(2000)} - set(refused)
    assert [int(name) % 4 for name in sent] == [0] * 500 + [1] * 500


def test_one_that_takes_a_place_needs_none() -> None:
    desk = Desk(most=1)
    desk.offer(command("old", "lamp", priority=Priority.ALARM))
    desk.offer(command("new", "lamp"))
    assert desk.results() == {"old": Result.REPLACED}
    assert desk.send() == ["new"]


# Newer and older


def test_a_newer_command_replaces_one_that_waits(desk: Desk) -> None:
    desk.offer(command("on", "lamp"), command("other"), command("off", "lamp"))
    assert desk.results() == {"on": Result.REPLACED}
    assert desk.send() == ["other", "off"]


def test_a_newer_command_ends_the_tries_of_one_that_was_sent(desk: Desk) -> None:
    desk.offer(command("on", "lamp", tries=None))
    desk.send()
    desk.offer(command("off", "lamp"), now=0.5)
    [outcome] = desk.queue.news()
    assert outcome == Outcome(
        command("on", "lamp", tries=None), Result.REPLACED, 0.5, sends=1, latency=None
    )
    assert desk.send(0.5) == ["off"]
    for now in range(1, 20):
        desk.queue.wake(now)
        assert desk.send(now) == []
    assert desk.results() == {"off": Result.NOT_CONFIRMED}


def test_one_that_ended_is_not_replaced(desk: Desk) -> None:
    desk.offer(command("on", "lamp", confirmation=None))
    desk.send()
    assert desk.results() == {"on": Result.SENT}
    desk.offer(command("off", "lamp"))
    assert desk.results() == {}


# Time to live


def test_nothing_is_sent_in_its_last_second(desk: Desk) -> None:
    desk.queue.broker(False)
    desk.offer(command("a", ttl=10.0), command("b", ttl=10.0))
    assert desk.queue.next_deadline() == 9.0
    desk.queue.broker(True)
    sending = desk.queue.take(8.75)
    assert sending
    assert sending.expiry == 1
    assert desk.queue.take(9.0) is None  # nobody woke it, and it knows
    assert desk.results() == {"b": Result.EXPIRED}


def test_the_broker_gone_for_a_minute_lets_nothing_through_that_is_late(desk: Desk) -> None:
    desk.queue.broker(False)
    for number in range(20):
        desk.offer(command(f"{number}", actuator=True, ttl=10.0), now=number / 10)
    now = 2.0
    while (deadline := desk.queue.next_deadline()) is not None:
        assert deadline <= 1.9 + 10.0
        now = deadline
        desk.queue.wake(now)
    desk.queue.broker(True)
    assert desk.send(60.0) == []
    assert list(desk.results().values()) == [Result.EXPIRED] * 20
    assert desk.queue.metrics.expired == 20
    assert desk.queue.metrics.sent == 0


def test_a_broker_that_is_back_in_time_gets_what_is_not_late(desk: Desk) -> None:
    desk.queue.broker(False)
    desk.offer(command("short", ttl=5.0), command("long", ttl=30.0))
    desk.queue.wake(10.0)
    desk.queue.broker(True)
    assert desk.send(10.0) == ["long"]
    assert desk.results() == {"short": Result.EXPIRED}


@pytest.mark.parametrize(
    ("more", "qos", "expiry"),
    [
        ({"qos": 2}, 2, 7),
        ({"qos": 1, "actuator": True}, 0, 7),
        ({"qos": 1, "retain": True}, 1, None),
    ],
)
def test_what_the_client_is_given(
    desk: Desk, more: dict[str, object], qos: int, expiry: int | None
) -> None:
    desk.offer(command(ttl=10.0, **more), now=100.0)
    sending = desk.queue.take(102.75)
    assert sending
    assert (sending.qos, sending.expiry) == (qos, expiry)
    assert sending.command.payload == b"ON"


@pytest.mark.parametrize(
    "wrong",
    [
        {"ttl": 1.0},
        {"ttl": float("nan")},
        {"actuator": True, "retain": True},
        {"tries": 0},
        {"qos": 3},
        {"topic": ""},
        {"topic": "room1/+"},
        {"topic": "room1/#"},
        {"topic": "room1/\0"},
        {"topic": "x" * 65_536},
    ],
)
def test_a_command_that_can_never_be_right_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="command"):
        command(**wrong)


def test_a_topic_that_is_no_text_is_refused() -> None:
    with pytest.raises(ValueError, match="surrogate"):
        command(topic="\ud800")


@pytest.mark.parametrize("wrong", [{}, {"feedback": "a", "timeout": 0.0}])
def test_a_confirmation_that_can_never_come_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="confirmation"):
        Confirmation(**wrong)  # type: ignore[arg-type]  # what is wrong is the point


# Again


def test_it_is_sent_again_with_longer_pauses_while_there_is_time() -> None:
    desk = Desk()
    desk.offer(command(tries=None, ttl=20.0))
    sent_at: list[float] = []
    while not (results := desk.results()):
        now = desk.queue.next_deadline() if sent_at else 0.0
        assert now is not None
        desk.queue.wake(now)
        sent_at += [now for _ in desk.send(now)]
    assert sent_at == [0.0, 2.0, 5.0, 10.0]  # a second to be confirmed, and 1, 2, 4
    assert results == {"light": Result.NOT_CONFIRMED}


def test_who_would_be_too_late_the_next_time_has_a_result_at_once(desk: Desk) -> None:
    desk.offer(command(tries=None, ttl=3.0))
    desk.send()
    desk.queue.wake(1.0)  # again in a second: 2.0 is the beginning of the last one
    [outcome] = desk.queue.news()
    assert isinstance(outcome, Outcome)
    assert (outcome.result, outcome.at, outcome.sends) == (Result.NOT_CONFIRMED, 1.0, 1)
    assert desk.queue.next_deadline() is None


def test_tries_are_counted(desk: Desk) -> None:
    desk.offer(command(tries=2, ttl=60.0))
    assert desk.send() == ["light"]
    desk.queue.wake(1.0)
    assert desk.send(1.0) == []
    desk.queue.wake(2.0)
    assert desk.send(2.0) == ["light"]
    desk.queue.wake(2.9)
    assert desk.results() == {}
    desk.queue.wake(3.0)
    assert desk.results() == {"light": Result.NOT_CONFIRMED}


def test_an_answer_in_the_pause_is_in_time(desk: Desk) -> None:
    desk.offer(command(tries=2))
    desk.send()
    desk.queue.wake(1.0)
    desk.say(True, 1.5)
    [outcome] = desk.queue.news()
    assert isinstance(outcome, Outcome)
    assert (outcome.result, outcome.latency) == (Result.CONFIRMED, 1.5)
    desk.queue.wake(10.0)
    assert desk.send(10.0) == []


def test_an_answer_while_it_waits_to_be_sent_again_is_in_time(desk: Desk) -> None:
    desk.offer(command(tries=2))
    desk.send()
    desk.queue.broker(False)
    desk.queue.wake(1.0)
    desk.queue.wake(2.0)
    desk.say(True, 2.5)
    assert desk.results() == {"light": Result.CONFIRMED}
    desk.queue.broker(True)
    assert desk.send(3.0) == []


def test_the_broker_gone_in_the_middle_of_the_tries(desk: Desk) -> None:
    desk.offer(command(tries=None, ttl=10.0))
    desk.send()
    desk.queue.broker(False)
    desk.queue.wake(1.0)
    desk.queue.wake(2.0)
    assert desk.queue.next_deadline() == 9.0
    desk.queue.wake(9.0)
    assert desk.results() == {"light": Result.NOT_CONFIRMED}  # it was sent, so it may have worked


def test_one_that_the_client_does_not_take_is_tried_again(desk: Desk) -> None:
    desk.offer(command(ttl=4.0))
    first = desk.queue.take(0.0)
    assert first
    desk.queue.not_sent("light", 0.0)
    assert desk.queue.take(0.0) is None
    assert desk.queue.next_deadline() == 1.0
    desk.queue.wake(1.0)
    second = desk.queue.take(1.0)
    assert second
    desk.queue.not_sent("light", 1.0)
    assert desk.results() == {"light": Result.EXPIRED}  # 3.0 would be too late
    assert desk.queue.metrics.sent == 0


def test_it_ends_when_the_client_says_nothing_of_it(desk: Desk) -> None:
    desk.offer(command(ttl=4.0))
    assert desk.queue.take(0.0)
    desk.queue.wake(3.0)
    assert desk.results() == {"light": Result.EXPIRED}


def test_what_is_said_of_one_that_ended_meanwhile_is_nothing(desk: Desk) -> None:
    desk.offer(command())
    assert desk.queue.take(0.0)
    desk.queue.cancel("light", 0.0)
    desk.queue.sent("light", 0.0)
    desk.queue.not_sent("light", 0.0)
    desk.queue.sent("never heard of", 0.0)
    assert desk.results() == {"light": Result.CANCELLED}
    assert desk.queue.metrics.sent == 0


def test_what_is_said_twice_counts_once(desk: Desk) -> None:
    desk.offer(command())
    desk.send()
    desk.queue.sent("light", 0.5)
    desk.queue.not_sent("light", 0.5)
    assert desk.queue.next_deadline() == 1.0
    assert desk.queue.metrics.sent == 1


def test_chance_shortens_the_pause() -> None:
    drawn = iter([0.0, 1.0])  # for a and for b
    queue = CommandQueue(lambda: next(drawn), backoff=Backoff(first=8.0, jitter=0.25))
    queue.broker(True)
    queue.offer(command("a", tries=2, ttl=60.0), 0.0)
    queue.offer(command("b", tries=2, ttl=60.0), 0.0)
    while sending := queue.take(0.0):
        queue.sent(sending.command.id, 0.0)
    queue.wake(1.0)
    assert queue.next_deadline() == 1.0 + 6.0
    queue.wake(7.0)
    again = queue.take(7.0)
    assert again
    assert again.command.id == "b"
    queue.sent(again.command.id, 7.0)
    queue.wake(8.5)
    assert queue.next_deadline() == 1.0 + 8.0


@pytest.mark.parametrize(
    ("tried", "chance", "pause"),
    [
        (1, 0.0, 1.0),
        (2, 0.0, 2.0),
        (3, 0.0, 4.0),
        (3, 1.0, 2.0),
        (6, 0.0, 30.0),
        (10**6, 0.5, 22.5),
    ],
)
def test_pauses_double(tried: int, chance: float, pause: float) -> None:
    assert Backoff().pause(tried, chance) == pause


# Nobody wants it any more


def test_a_cancelled_command_is_not_sent(desk: Desk) -> None:
    desk.offer(command())
    desk.queue.cancel("light", 0.0)
    desk.queue.cancel("light", 0.0)
    assert desk.send() == []
    assert desk.results() == {"light": Result.CANCELLED}
    desk.queue.cancel("light", 1.0)
    assert desk.results() == {}


def test_all_can_be_cancelled(desk: Desk) -> None:
    desk.offer(command("sent"))
    desk.send()
    desk.offer(command("waits"))
    desk.queue.cancel_all(0.5)
    assert desk.results() == {"sent": Result.CANCELLED, "waits": Result.CANCELLED}
    assert desk.queue.depth == 0
    assert desk.queue.next_deadline() is None


# What is told


def test_news_are_told_once(desk: Desk) -> None:
    desk.offer(command(confirmation=None))
    desk.send(0.25)
    assert desk.queue.news() == [
        Outcome(command(confirmation=None), Result.SENT, 0.25, sends=1, latency=None)
    ]
    assert desk.queue.news() == []


def test_other_reports_are_no_answers(desk: Desk) -> None:
    desk.offer(command())
    desk.send()
    desk.queue.heard(connection(True, 0.5))
    assert desk.queue.news() == []
    assert desk.queue.metrics.unasked == 0


def test_the_numbers(desk: Desk) -> None:
    assert desk.queue.metrics.success_rate is None
    for name, confirmation in (
        ("light", STATE),
        ("steam", FEEDBACK),
        ("both", BOTH),
        ("unasked", None),
    ):
        desk.offer(command(name, confirmation=confirmation))
        desk.send()
        desk.move(True, 0.0)
        desk.say(name == "both", 0.0)
    desk.offer(command("dead"))
    desk.send()
    desk.queue.wake(5.0)
    desk.say(True, 5.5)
    desk.queue.broker(False)
    desk.offer(command("old", ttl=2.0), now=5.5)
    desk.queue.wake(10.0)
    desk.offer(command("waits", "lamp"), command("newer", "lamp"), now=10.0)
    desk.queue.cancel("newer", 10.0)
    metrics = desk.queue.metrics
    assert metrics.confirmed == 2
    assert metrics.failed == 2
    assert metrics.expired == 1
    assert metrics.sent == 5
    assert metrics.late == 1
    assert metrics.success_rate == 2 / 5
    assert metrics.results == {
        Result.CONFIRMED: 2,
        Result.ERROR_REPORTED: 1,
        Result.SENT: 1,
        Result.NOT_CONFIRMED: 1,
        Result.EXPIRED: 1,
        Result.REPLACED: 1,
        Result.CANCELLED: 1,
    }
    assert desk.queue.depth == 0


def test_the_success_rate_is_about_the_last_thousand(desk: Desk) -> None:
    for number in range(2500):
        now = 3.0 * number
        desk.offer(command(f"{number}"), now=now)
        desk.send(now)
        if number >= 1500:
            desk.say(number % 4 > 0, now)
        desk.queue.wake(now + 1.0)
    assert desk.queue.metrics.success_rate == 0.75
    assert desk.queue.metrics.confirmed == 750


# Many


def test_memory_is_bounded_however_many_commands_there_were() -> None:
    desk = Desk(most=100)
    for number in range(20_000):
        now = number / 100
        kind = (FEEDBACK, STATE, BOTH, Confirmation(f"room1/{number}/feedback"))[number % 4]
        desk.offer(command(f"{number}", f"{number % 300}", confirmation=kind, ttl=3600.0), now=now)
        if number % 3:
            desk.send(now)
    desk.queue.news()
    queue = desk.queue
    assert queue.depth <= 100
    assert queue._matcher.remembered <= 1100
    assert len(queue._deadlines._heap) <= 300
    assert len(queue._matcher._topics) <= 1100
    desk.queue.cancel_all(1e6)
    desk.say(True, 2e6)
    assert queue._matcher.remembered == 0
    assert not queue._matcher._topics
    assert not queue._matcher._relays


def test_commands_that_were_called_alike_and_sent_often_are_forgotten_too(desk: Desk) -> None:
    for number in range(20):
        now = 5.0 * number
        confirmation = Confirmation(f"room1/{number % 3}/feedback", BOTH.relay, on=True)
        desk.offer(command("same", confirmation=confirmation, tries=2), now=now)
        desk.send(now)
        desk.queue.wake(now + 1.0)
        desk.queue.wake(now + 2.0)
        assert desk.send(now + 2.0) == ["same"]
        desk.queue.wake(now + 3.0)
    matcher = desk.queue._matcher
    assert matcher.remembered == 1
    desk.say(True, 1e6)
    assert matcher.remembered == 0
    assert not matcher._topics
    assert not matcher._relays


def test_a_command_is_a_fact() -> None:
    first: Command = command()
    assert first == command()
    assert hash(first) == hash(command())
    assert at(0.0).mono == 0.0
