"""The sentinel by example: what it answers to what happens, one story a test."""

from collections.abc import Sequence
import json

import pytest

from custom_components.mqtt_sentinel.watch.clock import Instant
from custom_components.mqtt_sentinel.watch.expectation import Expectation, SourceKind, Wanted
from custom_components.mqtt_sentinel.watch.incidents import Severity, Turn
from custom_components.mqtt_sentinel.watch.reports import DeviceDetails, Report
from custom_components.mqtt_sentinel.watch.sentinel import Change, Sentinel
from custom_components.mqtt_sentinel.watch.verdict import Proof, Reason, Verdict
from custom_components.mqtt_sentinel.watch.watched import Snapshot, Watched

from .build import (
    ANYTHING,
    ARMED,
    DOOR,
    DOWN,
    EPOCH,
    LAMP,
    UP,
    at,
    connection,
    feedback,
    ping,
    watch_of,
)


def ready(expectation: Expectation = UP, *, require_live: bool = False) -> Sentinel:
    """A sentinel over a lamp: subscribed at 0, expecting since 0; settled at 15, grace until 60."""
    sentinel = Sentinel()
    sentinel.add(watch_of(require_live=require_live), at(0))
    sentinel.broker_back(at(0))
    sentinel.subscribed(at(0))
    sentinel.expect("lamp", expectation, at(0))
    return sentinel


def lamp(sentinel: Sentinel) -> Watched:
    return sentinel.watches["lamp"]


def reason(sentinel: Sentinel) -> Reason:
    return lamp(sentinel).judgement.reason


def blink(sentinel: Sentinel, seconds: float) -> None:
    """The broker goes and comes, and all is subscribed again."""
    sentinel.broker_lost(at(seconds))
    sentinel.broker_back(at(seconds))
    sentinel.subscribed(at(seconds))


def heard(changes: Sequence[Change]) -> Change:
    """The one change that a step brought."""
    [change] = changes
    return change


# Connection and change


def test_a_thing_that_follows_is_ok_at_once() -> None:
    sentinel = ready()
    assert reason(sentinel) is Reason.SETTLING
    change = heard(sentinel.hear(connection(True, 3)))
    assert (change.before.verdict, change.after.verdict) == (Verdict.PENDING, Verdict.OK)
    assert change.connection is True
    assert change.turn is None
    assert sentinel.next_deadline() is None


def test_a_thing_that_does_not_turn_on_is_a_mismatch_when_the_settle_time_is_over() -> None:
    sentinel = ready(ANYTHING)
    sentinel.hear(connection(False, 70))
    sentinel.expect("lamp", ARMED, at(100))
    assert sentinel.next_deadline() == 115
    assert sentinel.wake(at(114.9)) == []
    [change] = sentinel.wake(at(115))
    assert change.after.reason is Reason.DID_NOT_TURN_ON
    assert change.turn is Turn.OPENED
    incident = change.incident
    assert incident
    assert incident == lamp(sentinel).incident
    assert (incident.opened_at, incident.expected_since) == (EPOCH + 115, EPOCH + 100)
    assert (incident.up, incident.heard_at) == (False, None)
    assert incident.severity is Severity.ERROR


def test_a_thing_that_leaves_later_is_a_mismatch_at_once() -> None:
    sentinel = ready()
    sentinel.hear(connection(True, 3))
    change = heard(sentinel.hear(connection(False, 100)))
    assert change.after.reason is Reason.DISCONNECTED
    assert (change.turn, change.connection) == (Turn.OPENED, False)
    assert change.incident
    assert change.incident.severity is Severity.WARNING  # no alarm relies on it


def test_a_thing_that_should_be_off_and_stays_is_a_mismatch() -> None:
    sentinel = ready(ARMED)
    sentinel.hear(connection(True, 3))
    sentinel.expect("lamp", DOWN, at(100))
    [change] = sentinel.wake(at(115))
    assert change.after.reason is Reason.DID_NOT_TURN_OFF


def test_the_last_report_inside_the_settle_time_wins() -> None:
    sentinel = ready(ANYTHING)
    sentinel.expect("lamp", UP, at(100))
    for seconds, up in ((101, True), (102, False), (103, True)):
        sentinel.hear(connection(up, seconds))
    assert sentinel.wake(at(115)) == []
    assert reason(sentinel) is Reason.AGREES


def test_a_thing_that_leaves_inside_the_settle_time_may_come_back() -> None:
    sentinel = ready(ANYTHING)
    sentinel.expect("lamp", UP, at(100))
    sentinel.hear(connection(True, 101))
    sentinel.hear(connection(False, 102))
    assert reason(sentinel) is Reason.SETTLING
    [change] = sentinel.wake(at(115))
    assert change.after.reason is Reason.DISCONNECTED


def test_a_thing_that_is_wanted_and_never_heard_is_a_mismatch_after_the_grace() -> None:
    sentinel = ready()
    assert sentinel.next_deadline() == 15
    [change] = sentinel.wake(at(15))
    assert change.after.reason is Reason.GRACE
    assert sentinel.next_deadline() == 60
    [change] = sentinel.wake(at(60))
    assert change.after.reason is Reason.NEVER_HEARD
    assert change.turn is Turn.OPENED


def test_waking_does_no_harm_when_nothing_is_due() -> None:
    assert ready().wake(at(5)) == []


def test_an_incident_closes_by_itself_when_both_sides_agree() -> None:
    sentinel = ready()
    opened = sentinel.wake(at(60))[0].incident
    change = heard(sentinel.hear(connection(True, 90)))
    assert change.turn is Turn.CLOSED
    assert opened
    assert change.incident
    assert change.incident.id == opened.id
    assert (change.incident.opened_at, change.incident.closed_at) == (EPOCH + 60, EPOCH + 90)
    assert [moment.what for moment in change.incident.timeline] == ["never_heard", "agrees"]
    assert lamp(sentinel).incident is None


def test_an_incident_closes_when_the_thing_is_wanted_no_more() -> None:
    sentinel = ready()
    sentinel.wake(at(60))
    change = heard(sentinel.expect("lamp", DOWN, at(70)))
    assert change.turn is Turn.CLOSED
    assert change.after.reason is Reason.NOTHING_HEARD


def test_an_incident_goes_on_while_its_reason_changes() -> None:
    sentinel = ready()
    opened = sentinel.wake(at(60))[0].incident
    change = heard(sentinel.hear(connection(False, 70)))
    assert change.turn is Turn.UPDATED
    assert change.incident
    assert opened
    assert change.incident.id == opened.id
    assert change.incident.opened_at == opened.opened_at
    assert change.incident.reason is Reason.DID_NOT_TURN_ON
    assert [moment.what for moment in change.incident.timeline] == [
        "never_heard",
        "did_not_turn_on",
    ]


def test_an_incident_tells_when_another_kind_of_source_expects_the_thing() -> None:
    sentinel = ready(UP)
    sentinel.wake(at(60))
    change = heard(sentinel.expect("lamp", ARMED, at(70)))
    assert change.turn is Turn.UPDATED
    assert change.incident
    assert (change.incident.severity, change.incident.expectation) == (Severity.ERROR, ARMED)
    assert change.incident.expected_since == EPOCH


def test_an_incident_is_the_same_when_one_more_alarm_is_armed() -> None:
    sentinel = ready(ARMED)
    sentinel.wake(at(60))
    sentinel.mute("lamp", at(61))
    both = Expectation(Wanted.UP, True, SourceKind.ALARM, "House, Garage")
    assert heard(sentinel.expect("lamp", both, at(70))).turn is None
    incident = lamp(sentinel).incident
    assert incident
    assert incident.muted


# Expectations


def test_the_same_expectation_again_changes_nothing() -> None:
    sentinel = ready()
    assert not sentinel.expect("lamp", UP, at(10))
    assert lamp(sentinel).expected_since == EPOCH
    assert sentinel.next_deadline() == 15


def test_since_when_and_the_settle_time_stay_when_only_the_source_changes() -> None:
    sentinel = ready(UP)
    sentinel.expect("lamp", ARMED, at(10))
    assert lamp(sentinel).expected_since == EPOCH
    assert sentinel.next_deadline() == 15


def test_a_thing_that_is_judged_from_now_on_has_the_settle_time_first() -> None:
    """An alarm that minds its loss is armed over a thing that another wants, without minding."""
    sentinel = ready(Expectation(Wanted.UP, verify=False, kind=SourceKind.ENTITY))
    sentinel.hear(connection(False, 10))
    assert reason(sentinel) is Reason.NOT_VERIFIED
    change = heard(sentinel.expect("lamp", ARMED, at(100)))
    assert change.after.reason is Reason.SETTLING
    assert lamp(sentinel).expected_since == EPOCH + 100
    [change] = sentinel.wake(at(115))
    assert change.after.reason is Reason.DID_NOT_TURN_ON


def test_what_is_judged_no_more_closes_its_incident() -> None:
    sentinel = ready()
    sentinel.wake(at(60))
    lax = Expectation(Wanted.UP, verify=False, kind=SourceKind.ALWAYS)
    assert heard(sentinel.expect("lamp", lax, at(70))).turn is Turn.CLOSED
    assert lamp(sentinel).expected_since == EPOCH


def test_a_change_of_what_is_known_is_told_though_the_verdict_stays() -> None:
    sentinel = ready(DOWN)
    assert reason(sentinel) is Reason.NOTHING_HEARD
    sentinel.broker_lost(at(10))
    for change in (
        heard(sentinel.expect("lamp", ANYTHING, at(20))),
        heard(sentinel.hear(connection(False, 21, retained=True))),
    ):
        assert change.before == change.after == lamp(sentinel).judgement
        assert (change.connection, change.turn, change.incident) == (None, None, None)


# Rule 1: retained


def test_a_retained_offline_is_believed() -> None:
    sentinel = ready()
    sentinel.wake(at(60))
    sentinel.hear(connection(False, 61, retained=True))
    assert reason(sentinel) is Reason.DID_NOT_TURN_ON


def test_a_retained_online_is_ok_and_shows_its_proof_until_something_live_is_heard() -> None:
    sentinel = ready()
    change = heard(sentinel.hear(connection(True, 1, retained=True)))
    assert (change.after.verdict, change.after.proof) == (Verdict.OK, Proof.RETAINED)
    assert change.connection is None  # nothing happened now
    change = heard(sentinel.hear(ping(2)))
    assert (change.after.verdict, change.after.proof) == (Verdict.OK, Proof.LIVE)


def test_a_retained_online_is_a_mismatch_for_a_watch_that_demands_live_proof() -> None:
    sentinel = ready(require_live=True)
    sentinel.hear(connection(True, 1, retained=True))
    assert reason(sentinel) is Reason.AWAITING_LIVE
    assert sentinel.next_deadline() == 60
    [change] = sentinel.wake(at(60))
    assert change.after.reason is Reason.NO_LIVE_PROOF
    change = heard(sentinel.hear(ping(70)))
    assert change.turn is Turn.CLOSED


@pytest.mark.parametrize("live", [ping(5), feedback(True, 5), feedback(False, 5)])
def test_whatever_speaks_live_is_there(live: Report) -> None:
    sentinel = ready()
    change = heard(sentinel.hear(live))
    assert (change.after.verdict, change.after.proof) == (Verdict.OK, Proof.LIVE)
    assert lamp(sentinel).last_seen == EPOCH + 5


@pytest.mark.parametrize("kept", [ping(5, retained=True), feedback(True, 5, retained=True)])
def test_a_retained_message_is_no_sign_of_life(kept: Report) -> None:
    sentinel = ready()
    assert not sentinel.hear(kept)
    assert lamp(sentinel).facts.up is None
    assert lamp(sentinel).last_seen is None


def test_a_goodbye_is_no_sign_of_life_for_it_may_be_the_last_will() -> None:
    sentinel = ready()
    sentinel.hear(connection(False, 3))
    assert lamp(sentinel).last_seen is None
    sentinel.hear(connection(True, 4))
    sentinel.hear(connection(False, 5))
    assert lamp(sentinel).last_seen == EPOCH + 4


def test_a_thing_that_said_it_is_gone_has_to_take_that_back() -> None:
    sentinel = ready()
    sentinel.hear(connection(False, 3))
    assert not sentinel.hear(ping(4))
    assert lamp(sentinel).facts.up is False
    assert lamp(sentinel).last_seen == EPOCH + 4


def test_a_retained_copy_of_what_was_heard_live_takes_no_proof_away() -> None:
    sentinel = ready()
    sentinel.hear(connection(True, 3))
    assert not sentinel.hear(connection(True, 4, retained=True))
    assert lamp(sentinel).judgement.proof is Proof.LIVE


def test_a_retained_online_after_a_live_offline_is_no_more_than_retained() -> None:
    sentinel = ready()
    sentinel.hear(connection(False, 3))
    sentinel.hear(connection(True, 4, retained=True))
    assert lamp(sentinel).judgement.proof is Proof.RETAINED


# Rules 2 and 3: start-up, and the broker


def test_nothing_is_judged_before_the_broker_is_there() -> None:
    sentinel = Sentinel()
    assert not sentinel.add(watch_of(), at(0))
    sentinel.expect("lamp", UP, at(0))
    sentinel.hear(connection(False, 100))
    assert reason(sentinel) is Reason.BROKER_GONE


def test_the_broker_is_there_before_the_subscriptions_are() -> None:
    sentinel = ready()
    sentinel.hear(connection(True, 1))
    [change] = sentinel.broker_lost(at(10))
    assert change.after.reason is Reason.BROKER_GONE
    [change] = sentinel.broker_back(at(20))
    assert change.after.reason is Reason.SUBSCRIBING
    assert sentinel.broker_back(at(21)) == []
    [change] = sentinel.subscribed(at(30))
    assert change.after.reason is Reason.GRACE
    assert sentinel.next_deadline() == 90


def test_a_broker_that_comes_back_unannounced_has_to_be_subscribed_to_anew() -> None:
    sentinel = ready()
    sentinel.broker_back(at(100))
    assert reason(sentinel) is Reason.SUBSCRIBING
    sentinel.subscribed(at(101))
    assert sentinel.next_deadline() == 161


def test_what_was_heard_before_the_broker_went_is_believed_no_more() -> None:
    sentinel = ready()
    sentinel.hear(connection(True, 1))
    blink(sentinel, 100)
    assert lamp(sentinel).facts.up is None
    [change] = sentinel.wake(at(160))
    assert change.after.reason is Reason.NEVER_HEARD


def test_an_incident_outlives_the_loss_of_the_broker() -> None:
    sentinel = ready()
    opened = sentinel.wake(at(60))[0].incident
    blink(sentinel, 100)
    assert lamp(sentinel).incident == opened
    assert sentinel.wake(at(160))[0].turn is None
    assert lamp(sentinel).incident == opened


def test_coming_back_as_it_was_is_no_news() -> None:
    sentinel = ready()
    sentinel.hear(connection(True, 1))
    blink(sentinel, 100)
    change = heard(sentinel.hear(connection(True, 101, retained=True)))
    assert change.after.verdict is Verdict.OK
    assert change.connection is None


def test_what_changed_while_the_broker_was_away_is_news() -> None:
    sentinel = ready()
    sentinel.hear(connection(True, 1))
    blink(sentinel, 100)
    change = heard(sentinel.hear(connection(False, 101, retained=True)))
    assert change.connection is False


def restarted(sentinel: Sentinel, now: Instant) -> Sentinel:
    """The same, after a restart of Home Assistant that is over, and subscribed again, now."""
    stored = json.dumps(lamp(sentinel).snapshot().as_dict())
    after = Sentinel()
    after.add(lamp(sentinel).config, now, Snapshot.from_dict(json.loads(stored)))
    after.broker_back(now)
    after.subscribed(now)
    return after


def test_an_incident_outlives_a_restart() -> None:
    sentinel = ready()
    opened = sentinel.wake(at(60))[0].incident
    after = restarted(sentinel, Instant(7, EPOCH + 100))  # the computer started anew, too
    assert lamp(after).incident == opened
    assert lamp(after).expected_since == EPOCH
    assert after.next_deadline() == 67
    assert after.wake(Instant(67, EPOCH + 160))[0].turn is None
    assert lamp(after).incident == opened


def test_a_restart_that_finds_the_thing_there_closes_the_incident() -> None:
    sentinel = ready()
    opened = sentinel.wake(at(60))[0].incident
    after = restarted(sentinel, at(100))
    change = heard(after.hear(connection(True, 101, retained=True)))
    assert change.turn is Turn.CLOSED
    assert change.incident
    assert opened
    assert change.incident.id == opened.id


def test_the_rest_of_the_settle_time_outlives_a_restart() -> None:
    sentinel = ready(ANYTHING)
    sentinel.expect("lamp", UP, at(100))
    after = restarted(sentinel, at(105))
    assert reason(after) is Reason.SETTLING
    assert after.next_deadline() == 115


def test_a_wall_clock_that_was_set_back_makes_no_endless_settle_time() -> None:
    sentinel = ready()
    after = restarted(sentinel, Instant(5, EPOCH - 1_000_000))
    assert after.next_deadline() == 20


def test_that_a_thing_followed_once_outlives_a_restart() -> None:
    sentinel = ready()
    sentinel.hear(connection(True, 1))
    after = restarted(sentinel, at(100))
    after.hear(connection(False, 101, retained=True))
    [change] = after.wake(at(160))
    assert change.after.reason is Reason.DISCONNECTED


def test_what_a_user_accepted_outlives_a_restart() -> None:
    sentinel = ready()
    sentinel.hear(connection(False, 1))
    sentinel.wake(at(60))
    sentinel.accept("lamp", at(61))
    after = restarted(sentinel, at(100))
    assert reason(after) is Reason.ACCEPTED
    after.hear(connection(False, 101, retained=True))
    assert reason(after) is Reason.ACCEPTED


# Rule 6: the order of things


def test_a_report_that_comes_late_is_taken_as_the_last_one() -> None:
    sentinel = ready()
    sentinel.hear(connection(True, 100))
    change = heard(sentinel.hear(connection(False, 99)))
    assert change.after.reason is Reason.DISCONNECTED


def test_a_duplicate_changes_nothing() -> None:
    sentinel = ready()
    sentinel.hear(connection(True, 1))
    assert not sentinel.hear(connection(True, 1))


def test_a_thing_that_nobody_watches_becomes_known() -> None:
    sentinel = ready()
    assert not sentinel.hear(connection(True, 1, key=DOOR))
    assert [thing.key for thing in sentinel.known] == [DOOR]


# People


def test_accepting_closes_the_incident_until_the_report_changes() -> None:
    sentinel = ready()
    sentinel.hear(connection(True, 1))
    sentinel.hear(connection(False, 70))
    change = heard(sentinel.accept("lamp", at(80)))
    assert (change.after.reason, change.turn) == (Reason.ACCEPTED, Turn.CLOSED)
    sentinel.hear(connection(True, 90))
    change = heard(sentinel.hear(connection(False, 91)))
    assert change.turn is Turn.OPENED


def test_what_was_accepted_stays_so_when_it_is_only_repeated() -> None:
    sentinel = ready()
    sentinel.hear(connection(False, 70, retained=True))
    sentinel.accept("lamp", at(80))
    sentinel.hear(connection(False, 90))
    assert reason(sentinel) is Reason.ACCEPTED


def test_accepting_ends_when_the_expectation_changes() -> None:
    sentinel = ready()
    sentinel.wake(at(60))
    sentinel.accept("lamp", at(61))
    sentinel.expect("lamp", DOWN, at(62))
    sentinel.expect("lamp", UP, at(63))
    assert reason(sentinel) is Reason.SETTLING


def test_what_a_user_accepted_is_no_agreement() -> None:
    sentinel = ready()
    sentinel.hear(connection(False, 10))
    sentinel.wake(at(60))
    sentinel.accept("lamp", at(61))
    sentinel.verify("lamp", at(62))
    [change] = sentinel.wake(at(77))
    assert change.after.reason is Reason.DID_NOT_TURN_ON


def test_verifying_again_gives_the_settle_time_once_more() -> None:
    sentinel = ready()
    opened = sentinel.wake(at(60))[0].incident
    change = heard(sentinel.verify("lamp", at(100)))
    assert change.after.reason is Reason.SETTLING
    assert sentinel.next_deadline() == 115
    [change] = sentinel.wake(at(115))
    assert change.after.verdict is Verdict.MISMATCH
    assert change.turn is None
    assert lamp(sentinel).incident == opened


def test_muting_is_told_once() -> None:
    sentinel = ready()
    assert not sentinel.mute("lamp", at(1))  # nothing to mute
    sentinel.wake(at(60))
    change = heard(sentinel.mute("lamp", at(61)))
    assert change.turn is Turn.UPDATED
    assert change.before == change.after
    assert lamp(sentinel).incident == change.incident
    assert change.incident
    assert change.incident.muted
    assert [moment.what for moment in change.incident.timeline] == ["never_heard", "muted"]
    assert not sentinel.mute("lamp", at(62))


def test_a_muted_incident_speaks_again_when_the_report_changes() -> None:
    sentinel = ready()
    sentinel.wake(at(60))
    sentinel.mute("lamp", at(61))
    change = heard(sentinel.hear(connection(False, 62)))
    assert change.turn is Turn.UPDATED
    assert change.incident
    assert not change.incident.muted


def test_a_muted_incident_speaks_again_when_it_is_expected_anew() -> None:
    """Also when nobody could see that, for the broker was away."""
    sentinel = ready()
    sentinel.wake(at(60))
    sentinel.mute("lamp", at(61))
    sentinel.broker_lost(at(70))
    sentinel.expect("lamp", DOWN, at(71))
    sentinel.expect("lamp", UP, at(72))
    sentinel.broker_back(at(73))
    sentinel.subscribed(at(73))
    [change] = sentinel.wake(at(133))
    assert change.turn is Turn.UPDATED
    assert change.incident
    assert not change.incident.muted
    assert (change.incident.opened_at, change.incident.expected_since) == (EPOCH + 60, EPOCH + 72)


# Watching


def test_a_new_watch_goes_on_from_what_was_known() -> None:
    sentinel = ready()
    sentinel.hear(connection(True, 20, key=DOOR))
    sentinel.hear(ping(30, key=DOOR))
    sentinel.add(watch_of("door", DOOR), at(40))
    door = sentinel.watches["door"]
    assert (door.facts.up, door.facts.live) == (True, True)
    assert door.last_seen == EPOCH + 30
    assert DOOR not in sentinel.known


def test_a_new_watch_of_a_thing_that_only_spoke_is_not_told_that_it_is_connected() -> None:
    sentinel = ready()
    sentinel.hear(ping(30, key=DOOR))
    sentinel.add(watch_of("door", DOOR), at(40))
    door = sentinel.watches["door"]
    assert door.facts.up is None
    assert door.last_seen == EPOCH + 30


def test_what_a_thing_said_before_the_broker_went_says_nothing_to_a_new_watch() -> None:
    sentinel = ready()
    sentinel.hear(connection(True, 20, key=DOOR))
    blink(sentinel, 30)
    sentinel.add(watch_of("door", DOOR), at(40))
    assert sentinel.watches["door"].facts.up is None


def test_a_watch_remembers_its_last_connection_report_while_the_broker_is_there() -> None:
    sentinel = ready()
    report = connection(True, 20, retained=True)
    sentinel.hear(report)
    sentinel.hear(ping(30))
    assert lamp(sentinel).connection is report
    sentinel.broker_lost(at(40))
    assert lamp(sentinel).connection is None


def test_a_watch_that_is_removed_is_forgotten() -> None:
    sentinel = ready()
    assert not sentinel.remove("lamp", at(5))
    assert not sentinel.watches
    assert sentinel.next_deadline() is None
    assert sentinel.wake(at(1000)) == []
    sentinel.hear(connection(True, 10))
    assert LAMP in sentinel.known
    with pytest.raises(KeyError):
        sentinel.remove("lamp", at(10))


def test_removing_one_of_two_watches_of_one_thing_leaves_the_other() -> None:
    sentinel = ready()
    sentinel.add(watch_of("twin", LAMP), at(1))
    sentinel.remove("lamp", at(1))
    sentinel.hear(connection(True, 2))
    assert sentinel.watches["twin"].facts.up is True
    sentinel.remove("twin", at(3))
    assert not sentinel.watches


def test_changed_settings_count_from_now_on() -> None:
    sentinel = ready()
    sentinel.wake(at(15))
    assert sentinel.next_deadline() == 60
    sentinel.configure(watch_of(grace=20.0), at(16))
    assert sentinel.next_deadline() == 20


def test_live_proof_that_is_demanded_from_now_on_has_the_settle_time() -> None:
    sentinel = ready()
    sentinel.hear(connection(True, 1, retained=True))
    change = heard(sentinel.configure(watch_of(require_live=True), at(100)))
    assert change.after.reason is Reason.AWAITING_LIVE
    assert sentinel.next_deadline() == 115
    sentinel.configure(watch_of(require_live=True), at(110))
    assert sentinel.next_deadline() == 115


def test_a_watch_that_looks_after_another_thing_starts_over() -> None:
    sentinel = ready()
    sentinel.hear(connection(True, 1))
    sentinel.accept("lamp", at(2))
    sentinel.configure(watch_of(key=DOOR), at(100))
    watch = lamp(sentinel)
    assert (watch.facts.up, watch.last_up, watch.last_seen) == (None, None, None)
    assert watch.judgement.reason is Reason.SETTLING
    assert watch.expected_since == EPOCH + 100
    sentinel.hear(connection(True, 101))
    assert LAMP in sentinel.known
    [change] = sentinel.wake(at(115))
    assert change.after.reason is Reason.NEVER_HEARD


def test_a_watch_that_looks_after_another_thing_keeps_its_incident_until_that_is_clear() -> None:
    sentinel = ready()
    opened = sentinel.wake(at(60))[0].incident
    sentinel.configure(watch_of(key=DOOR), at(100))
    assert lamp(sentinel).incident == opened
    change = heard(sentinel.hear(connection(True, 101, key=DOOR)))
    assert change.turn is Turn.CLOSED


def test_what_a_device_tells_of_itself_is_kept() -> None:
    sentinel = ready()
    details = DeviceDetails("192.0.2.1", "1.0", 60.0)
    sentinel.hear(connection(True, 1, details=details))
    sentinel.hear(connection(False, 2))
    assert lamp(sentinel).details == details
