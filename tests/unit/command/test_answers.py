"""What comes back, and whom it is believed to answer."""

import pytest

from custom_components.mqtt_sentinel.command.command import Confirmation, Outcome, Relay, Result
from custom_components.mqtt_sentinel.command.matcher import MOST_ENDED, REMEMBERED

from .build import BOTH, ROOM, SHARED, STATE, Desk, command

OFF = Confirmation(relay=Relay(ROOM, "light"), on=False)
OWN = Confirmation("room1/light/feedback")


@pytest.fixture
def desk() -> Desk:
    return Desk()


def sent(desk: Desk, name: str, now: float = 0.0, **more: object) -> None:
    desk.offer(command(name, **more), now=now)
    assert desk.send(now) == [name]


# OK and ERROR


def test_ok_confirms(desk: Desk) -> None:
    sent(desk, "light", 5.0)
    desk.say(True, 5.25)
    assert desk.queue.news() == [Outcome(command("light"), Result.CONFIRMED, 5.25, 1, 0.25)]
    assert desk.queue.next_deadline() is None


def test_error_is_reported_and_not_tried_again(desk: Desk) -> None:
    sent(desk, "light", tries=None)
    desk.say(False, 0.25)
    assert desk.results() == {"light": Result.ERROR_REPORTED}
    desk.queue.wake(10.0)
    assert desk.send(10.0) == []


@pytest.mark.parametrize(("heard", "result"), [(1.0, "confirmed"), (1.001, "not_confirmed")])
def test_the_moment_at_which_it_was_heard_decides(desk: Desk, heard: float, result: str) -> None:
    """However late anybody looks: the loop may have been held up."""
    sent(desk, "light")
    desk.say(True, heard)
    desk.queue.wake(5.0)
    assert desk.results() == {"light": Result(result)}


def test_what_the_broker_kept_is_no_answer(desk: Desk) -> None:
    sent(desk, "light", confirmation=BOTH)
    desk.say(True, 0.1, retained=True)
    desk.move(True, 0.1, retained=True)
    desk.queue.wake(1.0)
    assert desk.results() == {"light": Result.NOT_CONFIRMED}


def test_what_was_heard_before_it_was_sent_is_no_answer(desk: Desk) -> None:
    sent(desk, "light", 5.0, confirmation=BOTH)
    desk.say(True, 4.9)
    desk.move(True, 4.9)
    assert desk.queue.metrics.unasked == 1
    desk.queue.wake(6.0)
    assert desk.results() == {"light": Result.NOT_CONFIRMED}


def test_what_nobody_asked_for_is_counted(desk: Desk) -> None:
    desk.say(True, 0.0)
    sent(desk, "light")
    desk.say(True, 0.0, "room2/status")
    desk.move(True, 0.0)
    assert desk.queue.metrics.unasked == 2
    assert desk.queue.news() == []


def test_each_on_its_own_topic(desk: Desk) -> None:
    sent(desk, "light", confirmation=OWN)
    sent(desk, "steam", confirmation=Confirmation("room1/steam/feedback"))
    desk.say(False, 0.1, "room1/steam/feedback")
    desk.say(True, 0.2, "room1/light/feedback")
    assert desk.results() == {"light": Result.CONFIRMED, "steam": Result.ERROR_REPORTED}


# Twice, late, and in another order


def test_an_answer_that_comes_twice_counts_once(desk: Desk) -> None:
    sent(desk, "light")
    for now in (0.1, 0.2, 0.3):
        desk.say(True, now)
    assert desk.results() == {"light": Result.CONFIRMED}
    assert desk.queue.metrics.repeated == 2
    assert desk.queue.metrics.late == 0


def test_an_error_after_the_ok_changes_nothing(desk: Desk) -> None:
    sent(desk, "light")
    desk.say(True, 0.1)
    desk.say(False, 0.2)
    assert desk.results() == {"light": Result.CONFIRMED}
    assert desk.queue.metrics.repeated == 1


@pytest.mark.parametrize("ok", [True, False])
def test_a_late_answer_is_told_as_that(desk: Desk, ok: bool) -> None:
    sent(desk, "light")
    desk.queue.wake(1.0)
    assert desk.results() == {"light": Result.NOT_CONFIRMED}
    desk.say(ok, 30.0)
    desk.say(ok, 31.0)
    assert desk.late() == [("light", ok, 30.0)]
    assert (desk.queue.metrics.late, desk.queue.metrics.repeated) == (1, 1)


@pytest.mark.parametrize("ok", [True, False])
def test_a_late_answer_is_not_that_of_the_next(desk: Desk, ok: bool) -> None:
    sent(desk, "steam")
    desk.queue.wake(1.0)
    sent(desk, "light", 1.25)
    assert desk.results() == {"steam": Result.NOT_CONFIRMED}
    desk.say(ok, 1.5)
    assert desk.late() == [("steam", ok, 1.5)]
    desk.say(True, 1.75)
    assert desk.results() == {"light": Result.CONFIRMED}


def test_one_that_is_dead_does_not_take_the_answers_of_those_after_it(desk: Desk) -> None:
    sent(desk, "steam", 5.0)
    desk.queue.wake(6.0)
    sent(desk, "motor", 7.25)  # steam is owed an answer until 7.0
    desk.say(True, 7.5)
    assert desk.results() == {"steam": Result.NOT_CONFIRMED, "motor": Result.CONFIRMED}


def test_it_is_owed_an_answer_for_once_more_its_timeout(desk: Desk) -> None:
    sent(desk, "steam")
    desk.queue.wake(1.0)
    sent(desk, "motor", 1.5)
    desk.say(True, 2.0)
    assert desk.late() == [("steam", True, 2.0)]
    desk.queue.wake(2.5)
    assert desk.results() == {"motor": Result.AMBIGUOUS}  # it may have been motor's


def test_one_lost_answer_does_not_make_all_that_follow_late(desk: Desk) -> None:
    for number in range(10):
        sent(desk, f"{number}", number)
        if number:  # the first is lost
            desk.say(True, number + 0.25)
    assert desk.results() == {
        "0": Result.NOT_CONFIRMED,
        "1": Result.AMBIGUOUS,
        **{f"{number}": Result.CONFIRMED for number in range(2, 10)},
    }


def test_doubt_goes_on_to_who_is_not_answered_in_the_end(desk: Desk) -> None:
    sent(desk, "lost")
    desk.queue.wake(1.0)
    for name in ("a", "b", "c"):
        sent(desk, name, 1.0)
    for now in (1.25, 1.5, 1.75):
        desk.say(True, now)
    desk.queue.wake(2.0)
    assert desk.results() == {
        "lost": Result.NOT_CONFIRMED,
        "a": Result.CONFIRMED,
        "b": Result.CONFIRMED,
        "c": Result.AMBIGUOUS,
    }
    desk.say(True, 2.0)
    assert desk.late() == [("c", True, 1.0)]


def test_an_answer_by_name_casts_no_doubt(desk: Desk) -> None:
    sent(desk, "steam")
    desk.queue.wake(1.0)
    sent(desk, "light", 1.0)
    desk.say(True, 1.25, by="steam")
    desk.queue.wake(2.0)
    assert desk.results() == {"steam": Result.NOT_CONFIRMED, "light": Result.NOT_CONFIRMED}


def test_the_answer_to_one_that_was_replaced_is_its_own(desk: Desk) -> None:
    sent(desk, "on", target="lamp", confirmation=OWN)
    sent(desk, "off", 0.1, target="lamp", confirmation=OWN)
    assert desk.results() == {"on": Result.REPLACED}
    desk.say(True, 0.2, "room1/light/feedback")
    assert desk.late() == [("on", True, 0.2)]
    desk.say(False, 0.3, "room1/light/feedback")
    assert desk.results() == {"off": Result.ERROR_REPORTED}


def test_late_answers_are_known_for_a_minute(desk: Desk) -> None:
    sent(desk, "light")
    desk.queue.wake(1.0)
    desk.queue.news()
    desk.say(True, 1.0 + REMEMBERED + 0.25)
    assert desk.late() == []
    assert desk.queue.metrics.unasked == 1
    assert desk.queue._matcher.remembered == 0


def test_only_the_last_that_ended_are_known(desk: Desk) -> None:
    for number in range(MOST_ENDED + 10):
        own = Confirmation(f"room1/{number}/feedback")
        sent(desk, f"{number}", number / 1000, confirmation=own)
    desk.queue.wake(3.0)
    desk.queue.news()
    for number in range(MOST_ENDED + 10):
        desk.say(True, 4.0, f"room1/{number}/feedback")
    assert len(desk.late()) == MOST_ENDED
    assert desk.queue.metrics.unasked == 10


# A shared topic


def test_on_a_shared_topic_the_oldest_is_answered_first(desk: Desk) -> None:
    sent(desk, "light")
    sent(desk, "steam", 0.1)
    desk.say(True, 0.2)
    assert desk.results() == {"light": Result.CONFIRMED}
    desk.say(True, 0.3)
    assert desk.results() == {"steam": Result.CONFIRMED}


def test_on_a_shared_topic_an_error_is_blamed_on_nobody(desk: Desk) -> None:
    sent(desk, "light")
    sent(desk, "steam", 0.1)
    desk.say(False, 0.2)
    assert desk.results() == {"light": Result.AMBIGUOUS, "steam": Result.AMBIGUOUS}
    desk.say(True, 0.3)  # one of them did work, and nobody knows which
    assert desk.late() == [("steam", True, pytest.approx(0.2))]


def test_an_error_after_the_first_ok_is_that_of_the_other(desk: Desk) -> None:
    sent(desk, "light")
    sent(desk, "steam")
    desk.say(True, 0.1)
    desk.say(False, 0.2)
    assert desk.results() == {"light": Result.CONFIRMED, "steam": Result.ERROR_REPORTED}


def test_one_that_has_its_ok_and_waits_for_the_state_is_not_ambiguous(desk: Desk) -> None:
    sent(desk, "light", confirmation=BOTH)
    desk.say(True, 0.1)
    sent(desk, "steam", 0.2)
    desk.say(False, 0.3)
    assert desk.results() == {"steam": Result.ERROR_REPORTED}
    desk.move(True, 0.4)
    assert desk.results() == {"light": Result.CONFIRMED}


def test_one_that_was_sent_after_the_error_was_heard_is_not_ambiguous(desk: Desk) -> None:
    sent(desk, "light")
    sent(desk, "steam", 0.5)
    desk.say(False, 0.4)
    assert desk.results() == {"light": Result.ERROR_REPORTED}


def test_who_is_sent_again_is_answered_after_those_before(desk: Desk) -> None:
    sent(desk, "light", tries=2)
    desk.queue.wake(1.0)
    sent(desk, "steam", 1.5, confirmation=Confirmation(SHARED, timeout=3.0))
    desk.queue.wake(2.0)
    assert desk.send(2.0) == ["light"]
    desk.say(True, 2.25)
    assert desk.results() == {"steam": Result.CONFIRMED}
    desk.say(True, 2.5)
    assert desk.results() == {"light": Result.CONFIRMED}


def test_each_sending_has_an_answer_of_its_own(desk: Desk) -> None:
    sent(desk, "light", tries=2, confirmation=BOTH)
    desk.say(True, 0.5)
    desk.say(True, 0.6)
    assert desk.queue.metrics.repeated == 1
    desk.queue.wake(1.0)
    desk.queue.wake(2.0)
    assert desk.send(2.0) == ["light"]
    desk.say(False, 2.5)
    assert desk.queue.metrics.repeated == 1
    assert desk.results() == {"light": Result.ERROR_REPORTED}


# Correlation data


def test_correlation_data_names_the_command(desk: Desk) -> None:
    sent(desk, "light")
    sent(desk, "steam", 0.1)
    sent(desk, "motor", 0.2)
    desk.say(False, 0.3, by="steam")
    assert desk.results() == {"steam": Result.ERROR_REPORTED}
    desk.say(True, 0.4, by="motor")
    assert desk.results() == {"motor": Result.CONFIRMED}
    desk.say(True, 0.5, by="motor")
    assert desk.queue.metrics.repeated == 1
    desk.say(True, 0.6)
    assert desk.results() == {"light": Result.CONFIRMED}


def test_correlation_data_of_others_answers_nobody(desk: Desk) -> None:
    sent(desk, "light")
    desk.say(True, 0.1, by="somebody else's")
    desk.say(True, 0.1, "room2/status", by="light")
    assert desk.queue.metrics.unasked == 2
    assert desk.results() == {}


def test_a_late_answer_by_name_is_told_whoever_was_answered_since(desk: Desk) -> None:
    sent(desk, "steam")
    desk.queue.wake(1.0)
    sent(desk, "light", 5.0)
    desk.say(True, 5.1)
    assert desk.results() == {"steam": Result.NOT_CONFIRMED, "light": Result.CONFIRMED}
    desk.say(True, 5.2, by="steam")
    assert desk.late() == [("steam", True, 5.2)]
    desk.say(True, 5.3)
    assert desk.queue.metrics.repeated == 1


def test_after_the_answer_to_the_last_one_nothing_is_the_answer_to_one_before(desk: Desk) -> None:
    sent(desk, "steam")
    sent(desk, "light", 0.5)
    desk.say(True, 0.75, by="light")
    desk.queue.wake(1.0)
    assert desk.results() == {"light": Result.CONFIRMED, "steam": Result.NOT_CONFIRMED}
    desk.say(True, 10.0)
    assert desk.late() == []
    assert desk.queue.metrics.repeated == 1


def test_an_error_that_was_blamed_on_nobody_took_an_answer(desk: Desk) -> None:
    sent(desk, "light")
    sent(desk, "steam")
    desk.say(False, 0.25)
    desk.say(False, 0.5, by="light")
    desk.say(True, 0.5, by="steam")
    assert desk.late() == [("steam", True, 0.5)]
    assert desk.queue.metrics.repeated == 1


# The reported state


def test_the_state_that_was_asked_for_confirms(desk: Desk) -> None:
    sent(desk, "light", confirmation=STATE)
    desk.move(False, 0.1)
    desk.move(True, 0.2, "another relay")
    assert desk.results() == {}
    desk.move(True, 0.3)
    assert desk.queue.news() == [
        Outcome(command("light", confirmation=STATE), Result.CONFIRMED, 0.3, 1, 0.3)
    ]


def test_off_is_a_state_too(desk: Desk) -> None:
    sent(desk, "light", confirmation=OFF)
    desk.move(True, 0.1)
    assert desk.results() == {}
    desk.move(False, 0.2)
    assert desk.results() == {"light": Result.CONFIRMED}


@pytest.mark.parametrize("ok_first", [True, False])
def test_where_both_are_asked_for_both_have_to_come(desk: Desk, ok_first: bool) -> None:
    sent(desk, "light", confirmation=BOTH)
    for moment, ok in ((0.1, ok_first), (0.2, not ok_first)):
        assert desk.results() == {}
        if ok:
            desk.say(True, moment)
        else:
            desk.move(True, moment)
    assert desk.results() == {"light": Result.CONFIRMED}


def test_a_relay_that_acknowledges_and_does_not_move(desk: Desk) -> None:
    sent(desk, "light", confirmation=BOTH)
    desk.say(True, 0.1)
    desk.move(False, 0.2)
    desk.queue.wake(1.0)
    assert desk.results() == {"light": Result.NOT_MOVED}
    desk.move(True, 5.0)
    assert desk.late() == [("light", True, 5.0)]


def test_a_relay_that_moves_and_does_not_acknowledge(desk: Desk) -> None:
    sent(desk, "light", confirmation=BOTH, tries=None)
    desk.move(True, 0.25)
    desk.move(True, 0.75)
    assert desk.results() == {}  # the OK may still come
    desk.queue.wake(1.0)
    [outcome] = desk.queue.news()
    assert isinstance(outcome, Outcome)
    assert (outcome.result, outcome.latency) == (Result.CONFIRMED_BY_STATE, 0.25)
    assert desk.send(9.0) == []
    desk.move(True, 9.0)
    assert desk.queue.news() == []
    desk.say(True, 9.5)
    assert desk.late() == [("light", True, 9.5)]


def test_a_relay_that_moves_after_the_timeout_is_not_sent_again(desk: Desk) -> None:
    sent(desk, "light", confirmation=BOTH, tries=None)
    desk.queue.wake(1.0)
    desk.move(True, 1.5)
    assert desk.results() == {"light": Result.CONFIRMED_BY_STATE}
    desk.queue.wake(5.0)
    assert desk.send(5.0) == []


def test_a_relay_that_moves_after_it_was_sent_again_has_time_to_say_ok(desk: Desk) -> None:
    sent(desk, "light", confirmation=BOTH, tries=2)
    desk.queue.wake(1.0)
    desk.queue.wake(2.0)
    assert desk.send(2.0) == ["light"]
    desk.move(True, 2.25)
    assert desk.results() == {}
    desk.say(True, 2.5)
    [outcome] = desk.queue.news()
    assert isinstance(outcome, Outcome)
    assert (outcome.result, outcome.sends) == (Result.CONFIRMED, 2)
    assert outcome.latency == 2.5  # since it was sent first: to which the answer is, nobody knows


def test_a_relay_that_moves_and_moves_back_did_not_do_it(desk: Desk) -> None:
    sent(desk, "light", confirmation=BOTH)
    desk.move(True, 0.1)
    desk.move(True, 0.2)
    desk.move(False, 0.3)
    desk.say(True, 0.4)
    desk.queue.wake(1.0)
    assert desk.results() == {"light": Result.NOT_MOVED}


def test_a_relay_that_says_error_and_moves_later(desk: Desk) -> None:
    sent(desk, "light", confirmation=BOTH)
    desk.say(False, 0.1)
    assert desk.results() == {"light": Result.ERROR_REPORTED}
    desk.move(False, 0.2)
    assert desk.queue.news() == []
    desk.move(True, 0.3)
    assert desk.late() == [("light", True, 0.3)]
    desk.move(True, 0.4)
    assert desk.late() == []


def test_a_relay_that_moves_late_is_not_that_of_the_next_if_that_wants_it_too(desk: Desk) -> None:
    sent(desk, "first", target="lamp", confirmation=STATE)
    desk.queue.wake(1.0)
    sent(desk, "second", 1.5, target="lamp", confirmation=STATE)
    desk.move(True, 1.75)
    assert desk.results() == {"first": Result.NOT_CONFIRMED, "second": Result.CONFIRMED}
    assert desk.queue.metrics.late == 0


def test_a_relay_that_follows_an_older_command_first(desk: Desk) -> None:
    sent(desk, "on", target="lamp", confirmation=STATE)
    sent(desk, "off", 0.1, target="lamp", confirmation=OFF)
    desk.move(True, 0.2)
    assert desk.late() == [("on", True, 0.2)]
    desk.move(False, 0.3)
    assert desk.results() == {"off": Result.CONFIRMED}
