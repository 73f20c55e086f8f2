"""What an alarm wants of its services, whether it protects, and whether it can be armed."""

import pytest

from custom_components.mqtt_sentinel.watch.alarm import (
    ARMED_MODES,
    AlarmConfig,
    Blocker,
    GuardedAlarm,
    Protection,
    Reliance,
    blockers,
    protection,
    wanted_by_alarm,
    wanted_by_entity,
    wish_of,
)
from custom_components.mqtt_sentinel.watch.expectation import SourceKind, Wanted, Wish
from custom_components.mqtt_sentinel.watch.reports import ThingKey
from custom_components.mqtt_sentinel.watch.sentinel import Sentinel
from custom_components.mqtt_sentinel.watch.verdict import Facts, Judgement, Reason, Verdict
from custom_components.mqtt_sentinel.watch.watched import Watched

from .build import ARMED, at, connection, watch_of

UP, DOWN, ANYTHING = Wanted.UP, Wanted.DOWN, Wanted.ANYTHING
AWAY = frozenset({"armed_away"})


@pytest.mark.parametrize(
    ("state", "before", "wanted"),
    [
        ("armed_away", DOWN, UP),
        ("disarmed", UP, DOWN),
        ("armed_home", UP, DOWN),  # armed, but not in a mode that needs the services
        ("arming", DOWN, ANYTHING),  # services come up while it arms, and minding that is too soon
        ("disarming", UP, ANYTHING),
        ("pending", UP, UP),  # somebody came in: still armed
        ("triggered", UP, UP),
        ("triggered", DOWN, DOWN),  # armed in a mode that needs no services, and rings
        ("pending", ANYTHING, UP),
        ("triggered", ANYTHING, UP),
        ("unknown", UP, UP),
        ("unavailable", DOWN, DOWN),
        ("unavailable", ANYTHING, ANYTHING),
        (None, UP, UP),
        (None, ANYTHING, ANYTHING),
    ],
)
def test_what_a_panel_wants(state: str | None, before: Wanted, wanted: Wanted) -> None:
    assert wanted_by_alarm(state, AWAY, before) is wanted


@pytest.mark.parametrize("mode", ARMED_MODES)
def test_every_armed_mode_can_need_services(mode: str) -> None:
    assert wanted_by_alarm(mode, ARMED_MODES, DOWN) is UP


@pytest.mark.parametrize(
    ("state", "states", "before", "wanted"),
    [
        ("on", {"on"}, DOWN, UP),
        ("off", {"on"}, UP, DOWN),
        ("home", {"home", "sleep"}, ANYTHING, UP),
        ("unknown", {"on"}, UP, UP),
        ("unavailable", {"on"}, DOWN, DOWN),
        (None, {"on"}, UP, UP),
        (None, {"on"}, ANYTHING, ANYTHING),
        ("unavailable", {"unavailable"}, DOWN, UP),  # a user may well mean just that
    ],
)
def test_what_an_entity_wants(
    state: str | None, states: set[str], before: Wanted, wanted: Wanted
) -> None:
    assert wanted_by_entity(state, states, before) is wanted


# An alarm over services "a", "b" ...


def alarm_over(*reliances: Reliance, wanted: Wanted = UP, silent: bool = False) -> GuardedAlarm:
    config = AlarmConfig("alarm", "House", "alarm_control_panel.house", AWAY, reliances)
    return GuardedAlarm(config, wanted, silent)


def watched(watch_id: str, verdict: Verdict, reason: Reason, *, up: bool | None = True) -> Watched:
    config = watch_of(watch_id, ThingKey("services", "", watch_id))
    return Watched(config, Facts(up=up), 0.0, Judgement(verdict, reason))


GOOD = (Verdict.OK, Reason.AGREES)
BAD = (Verdict.MISMATCH, Reason.DISCONNECTED)
ACCEPTED = (Verdict.OK, Reason.ACCEPTED)
PENDING = (Verdict.PENDING, Reason.SETTLING)
SUSPENDED = (Verdict.SUSPENDED, Reason.BROKER_GONE)


def test_a_new_alarm_has_said_nothing() -> None:
    alarm = GuardedAlarm(alarm_over().config)
    assert (alarm.wanted, alarm.silent) == (ANYTHING, True)
    assert protection(alarm, {}) is Protection.UNKNOWN


def test_the_wish_of_an_alarm_names_it_and_its_directions() -> None:
    reliance = Reliance("a", verify_connect=False, verify_disconnect=True)
    expected = Wish(SourceKind.ALARM, "House", UP, verify_connect=False, verify_disconnect=True)
    assert wish_of(alarm_over(reliance), reliance) == expected


@pytest.mark.parametrize(
    ("services", "expected"),
    [
        pytest.param([GOOD], Protection.PROTECTED, id="all-there"),
        pytest.param([GOOD, GOOD], Protection.PROTECTED, id="both-there"),
        pytest.param([GOOD, BAD], Protection.DEGRADED, id="one-missing"),
        pytest.param([BAD], Protection.UNPROTECTED, id="the-only-one-missing"),
        pytest.param([BAD, BAD], Protection.UNPROTECTED, id="all-missing"),
        pytest.param([GOOD, ACCEPTED], Protection.DEGRADED, id="accepting-protects-nobody"),
        pytest.param([ACCEPTED, BAD], Protection.UNPROTECTED, id="accepted-and-missing"),
        pytest.param([GOOD, PENDING], Protection.UNKNOWN, id="one-not-yet-known"),
        pytest.param([PENDING], Protection.UNKNOWN, id="not-yet-known"),
        pytest.param([BAD, PENDING], Protection.DEGRADED, id="one-missing-one-not-yet-known"),
        pytest.param([SUSPENDED, SUSPENDED], Protection.UNKNOWN, id="broker-gone"),
        pytest.param([], Protection.UNKNOWN, id="relies-on-nothing"),
    ],
)
def test_protection_of_an_armed_alarm(
    services: list[tuple[Verdict, Reason]], expected: Protection
) -> None:
    watches = {str(n): watched(str(n), *service) for n, service in enumerate(services)}
    alarm = alarm_over(*(Reliance(watch_id) for watch_id in watches))
    assert protection(alarm, watches) is expected


@pytest.mark.parametrize(
    ("wanted", "silent", "expected"),
    [
        (DOWN, False, Protection.DISARMED),
        (DOWN, True, Protection.UNKNOWN),
        (UP, True, Protection.UNKNOWN),
        (ANYTHING, False, Protection.DISARMED),  # arming: not yet
        (ANYTHING, True, Protection.UNKNOWN),
    ],
)
def test_protection_of_an_alarm_that_is_not_armed_or_silent(
    wanted: Wanted, silent: bool, expected: Protection
) -> None:
    alarm = alarm_over(Reliance("a"), wanted=wanted, silent=silent)
    assert protection(alarm, {"a": watched("a", *GOOD)}) is expected


def test_a_service_whose_loss_nobody_minds_does_not_count() -> None:
    alarm = alarm_over(Reliance("a"), Reliance("b", verify_disconnect=False))
    watches = {"a": watched("a", *GOOD), "b": watched("b", *BAD)}
    assert protection(alarm, watches) is Protection.PROTECTED


def test_a_service_that_is_watched_no_more_does_not_count() -> None:
    alarm = alarm_over(Reliance("a"), Reliance("gone"))
    watches = {"a": watched("a", *GOOD)}
    assert protection(alarm, watches) is Protection.PROTECTED
    assert blockers(alarm, watches) == []


def test_an_alarm_whose_services_were_heard_is_ready() -> None:
    alarm = alarm_over(Reliance("a"), Reliance("b"), wanted=DOWN)
    watches = {"a": watched("a", *GOOD, up=False), "b": watched("b", *GOOD, up=True)}
    assert blockers(alarm, watches) == []


@pytest.mark.parametrize(
    ("judgement", "up", "blocker"),
    [
        (SUSPENDED, None, Blocker.BROKER_GONE),
        ((Verdict.SUSPENDED, Reason.SUBSCRIBING), None, Blocker.BROKER_GONE),
        ((Verdict.UNKNOWN, Reason.NOTHING_HEARD), None, Blocker.NEVER_HEARD),
    ],
)
def test_a_service_that_stands_against_arming_is_named(
    judgement: tuple[Verdict, Reason], up: bool | None, blocker: Blocker
) -> None:
    alarm = alarm_over(Reliance("a"), Reliance("b"), wanted=DOWN)
    watches = {"a": watched("a", *judgement, up=up), "b": watched("b", *GOOD)}
    assert blockers(alarm, watches) == [("A", blocker)]


def test_an_open_incident_stands_against_arming_until_it_is_over() -> None:
    sentinel = Sentinel()
    sentinel.add(watch_of("a"), at(0))
    sentinel.broker_back(at(0))
    sentinel.subscribed(at(0))
    sentinel.expect("a", ARMED, at(0))
    sentinel.hear(connection(False, 10))
    sentinel.wake(at(60))
    alarm = alarm_over(Reliance("a"))
    assert blockers(alarm, sentinel.watches) == [("A", Blocker.INCIDENT)]
    assert protection(alarm, sentinel.watches) is Protection.UNPROTECTED
    sentinel.hear(connection(True, 70))
    assert blockers(alarm, sentinel.watches) == []
    assert protection(alarm, sentinel.watches) is Protection.PROTECTED


def test_all_that_stands_against_arming_is_told() -> None:
    alarm = alarm_over(Reliance("gone"), silent=True)
    assert blockers(alarm, {}) == [
        ("House", Blocker.ALARM_UNKNOWN),
        ("House", Blocker.NOTHING_RELIED_ON),
    ]
