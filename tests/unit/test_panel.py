"""An alarm panel made here: what turns it into what, and what it says of that."""

from dataclasses import replace
from itertools import pairwise
import json
from math import inf, nan
from typing import TYPE_CHECKING, Any

from homeassistant.components.alarm_control_panel import AlarmControlPanelState
import pytest

from custom_components.mqtt_sentinel.watch.alarm import ARMED_MODES, Blocker, wanted_by_alarm
from custom_components.mqtt_sentinel.watch.clock import Instant
from custom_components.mqtt_sentinel.watch.code_lock import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    WRONG_ALLOWED,
)
from custom_components.mqtt_sentinel.watch.expectation import Wanted
from custom_components.mqtt_sentinel.watch.panel import Panel, still_wished
from custom_components.mqtt_sentinel.watch.panel_memory import BadSnapshotError, PanelSnapshot
from custom_components.mqtt_sentinel.watch.panel_words import (
    ARMED,
    AfterTrigger,
    AlarmRaisedError,
    CodeMissingError,
    CodesPausedError,
    MayNotDisarmError,
    Mode,
    ModeNotOfferedError,
    ModeTimes,
    NotReady,
    NotReadyError,
    PanelButton,
    PanelError,
    PanelSettings,
    PanelState,
    PanelTurn,
    Response,
    ServiceWish,
    TriggerSource,
    Why,
    WrongCodeError,
)
from custom_components.mqtt_sentinel.watch.reports import Occasion, OccasionReport, ThingKey
from custom_components.mqtt_sentinel.watch.sentinel import Sentinel

from .build import EPOCH, at, watch_of

if TYPE_CHECKING:
    from collections.abc import Mapping

HALL = ThingKey("services", "", "camera/hall")
CODE = "4711"
SETTINGS = PanelSettings(
    modes={
        Mode.AWAY: ModeTimes(exit_delay=60.0, entry_delay=30.0),
        Mode.HOME: ModeTimes(exit_delay=0.0, entry_delay=10.0),
        Mode.NIGHT: ModeTimes(exit_delay=5.0, entry_delay=0.0),
    },
    sources={
        "hall": TriggerSource(Response.DELAYED, ignored_in=frozenset({Mode.HOME})),
        "door": TriggerSource(
            Response.INSTANT, occasions=frozenset({Occasion.PRESSURE, Occasion.BUTTON})
        ),
    },
    buttons={
        "gate": PanelButton(),
        "bed": PanelButton(Mode.NIGHT, may_disarm=False),
    },
    services=("eye", "ear"),
    modes_with_services=frozenset({Mode.AWAY}),
    trigger_time=100.0,
)
LOCKED = replace(SETTINGS, code=CODE)
ON = (ServiceWish("eye", on=True), ServiceWish("ear", on=True))
OFF = (ServiceWish("eye", on=False), ServiceWish("ear", on=False))
BLOCKERS = (("Eye", Blocker.NEVER_HEARD), ("Ear", Blocker.INCIDENT))


def occasion(
    seconds: float,
    what: Occasion = Occasion.MOTION,
    *,
    retained: bool = False,
    begins: bool | None = True,
    event_id: str | None = None,
) -> OccasionReport:
    return OccasionReport(HALL, at(seconds), retained, "topic", what, event_id, begins)


def press(
    seconds: float, *, status: bool | None = None, toggle: bool | None = None, **more: Any
) -> OccasionReport:
    data = {"status": status, "toggle": toggle}
    what = more.pop("what", Occasion.TOGGLE)
    return OccasionReport(
        HALL, at(seconds), more.pop("retained", False), "topic", what, None, None, data
    )


def panel_of(settings: PanelSettings = SETTINGS) -> Panel:
    return Panel(settings, at(0))


def armed(mode: Mode = Mode.AWAY, settings: PanelSettings = SETTINGS) -> Panel:
    """A panel that is armed from 100 s on, or before."""
    panel = panel_of(settings)
    panel.arm(mode, at(0), by="Ann", code=settings.code)
    panel.wake(at(100))
    assert panel.state is ARMED[mode]
    return panel


def states(turns: list[PanelTurn]) -> list[str]:
    """The turns in short; each has to begin where the last one ended."""
    for last, turn in pairwise(turns):
        assert turn.before is last.after
    return [turn.after.value for turn in turns]


def again(panel: Panel, seconds: float, *, wall: float | None = None) -> tuple[Panel, list[Any]]:
    """The panel as it is after a restart: with another monotonic clock, and what was stored."""
    stored = json.loads(json.dumps(panel.snapshot().as_dict()))
    now = Instant(seconds, EPOCH + (seconds if wall is None else wall))
    restarted = Panel(panel.settings, now)
    return restarted, restarted.start(stored, now)


# Words


def test_states_and_modes_have_the_names_of_home_assistant() -> None:
    assert {state.value for state in PanelState} <= {
        state.value for state in AlarmControlPanelState
    }
    assert {mode.value for mode in Mode} <= set(ARMED_MODES)


def test_a_new_panel_is_disarmed_with_all_modes_and_no_code() -> None:
    panel = panel_of(PanelSettings())
    assert (panel.state, panel.mode, panel.deadline, panel.due) == ("disarmed", None, None, None)
    assert (panel.since, panel.changed_by, panel.wanted) == (EPOCH, None, Wanted.DOWN)
    for mode in Mode:
        assert panel.arm(mode, at(0))


def test_who_stays_at_home_does_not_leave_first() -> None:
    modes = PanelSettings().modes
    assert [mode for mode in Mode if not modes[mode].exit_delay] == [Mode.HOME, Mode.NIGHT]


# Arming and disarming


def test_arming_takes_the_time_to_leave() -> None:
    panel = panel_of()
    turns = panel.arm(Mode.AWAY, at(5), by="Ann")
    assert turns == [
        PanelTurn(
            PanelState.DISARMED,
            PanelState.ARMING,
            Why.ASKED,
            EPOCH + 5,
            Mode.AWAY,
            "Ann",
            services=ON,
        )
    ]
    assert (panel.deadline, panel.due, panel.since) == (65.0, EPOCH + 65, EPOCH + 5)
    assert panel.wanted is Wanted.ANYTHING
    assert panel.wake(at(64.75)) == []
    [turn] = panel.wake(at(65))
    assert turn == PanelTurn(
        PanelState.ARMING,
        PanelState.ARMED_AWAY,
        Why.EXIT_DELAY_OVER,
        EPOCH + 65,
        Mode.AWAY,
        "Ann",
    )
    assert (panel.deadline, panel.wanted, panel.changed_by) == (None, Wanted.UP, "Ann")


def test_without_a_time_to_leave_it_is_armed_at_once() -> None:
    panel = panel_of()
    [turn] = panel.arm(Mode.HOME, at(5))
    assert (turn.before, turn.after, turn.services) == ("disarmed", "armed_home", ())
    assert (panel.deadline, panel.wanted) == (None, Wanted.DOWN)


@pytest.mark.parametrize("seconds", [10, 200])
def test_arming_what_is_armed_in_that_mode_changes_nothing(seconds: float) -> None:
    panel = panel_of()
    panel.arm(Mode.AWAY, at(0), by="Ann")
    panel.wake(at(seconds))
    deadline = panel.deadline
    assert panel.arm(Mode.AWAY, at(seconds), by="Bob", blockers=BLOCKERS) == []
    assert (panel.deadline, panel.changed_by) == (deadline, "Ann")


def test_another_mode_begins_anew_and_turns_services_off_that_it_does_not_need() -> None:
    panel = armed()
    [turn] = panel.arm(Mode.NIGHT, at(200))
    assert (turn.after, turn.mode, turn.services) == ("arming", Mode.NIGHT, OFF)
    assert panel.deadline == 205
    # What was the time to leave for the first mode is none for the second.
    panel.arm(Mode.AWAY, at(201))
    assert states(panel.arm(Mode.HOME, at(202))) == ["armed_home"]


def test_a_delay_that_is_over_is_over_before_what_is_asked_later() -> None:
    panel = panel_of()
    panel.arm(Mode.AWAY, at(0))
    assert states(panel.arm(Mode.HOME, at(70))) == ["armed_away", "armed_home"]


def test_a_mode_that_is_not_offered_is_refused() -> None:
    panel = panel_of()
    with pytest.raises(ModeNotOfferedError, match="armed_vacation"):
        panel.arm(Mode.VACATION, at(0))
    assert panel.state == "disarmed"


@pytest.mark.parametrize("seconds", [10, 200])
def test_disarming_ends_it_all(seconds: float) -> None:
    panel = panel_of()
    panel.arm(Mode.AWAY, at(0))
    panel.wake(at(seconds))
    [turn] = panel.disarm(at(seconds), by="Bob")
    assert (turn.after, turn.why, turn.mode, turn.by) == ("disarmed", "asked", None, "Bob")
    assert turn.services == OFF
    assert (panel.deadline, panel.mode, panel.wanted) == (None, None, Wanted.DOWN)
    assert panel.disarm(at(seconds + 1), by="Eve") == []
    assert panel.changed_by == "Bob"


# What rings


def test_motion_gives_time_to_disarm_and_then_rings() -> None:
    panel = armed()
    report = occasion(200)
    turns = panel.hear("hall", report, by="Hall")
    assert turns == [
        PanelTurn(
            PanelState.ARMED_AWAY,
            PanelState.PENDING,
            Why.OCCASION,
            EPOCH + 200,
            Mode.AWAY,
            "Hall",
            report,
        )
    ]
    assert (panel.deadline, panel.wanted) == (230.0, Wanted.UP)
    # Who moves on makes it neither longer nor shorter.
    assert panel.hear("hall", occasion(210)) == []
    assert panel.wake(at(229.75)) == []
    [turn] = panel.wake(at(230))
    assert (turn.after, turn.why, turn.by) == ("triggered", "entry_delay_over", "Hall")
    assert (turn.occasion, turn.services) == (None, ())
    assert (panel.deadline, panel.changed_by, panel.wanted) == (330.0, "Hall", Wanted.UP)


def test_disarmed_in_time_it_does_not_ring() -> None:
    panel = armed()
    panel.hear("hall", occasion(200))
    assert states(panel.disarm(at(229))) == ["disarmed"]
    assert panel.wake(at(1000)) == []


def test_a_right_code_beats_a_timer_that_is_late() -> None:
    panel = armed(settings=LOCKED)
    panel.hear("hall", occasion(200))
    assert states(panel.disarm(at(230.25), code=CODE)) == ["disarmed"]


def test_some_sources_ring_at_once() -> None:
    panel = armed()
    report = occasion(200, Occasion.PRESSURE)
    [turn] = panel.hear("door", report, by="Door")
    assert (turn.before, turn.after, turn.by) == ("armed_away", "triggered", "Door")
    assert (turn.why, turn.occasion) == ("occasion", report)
    assert panel.deadline == 300


def test_a_source_that_rings_at_once_does_so_during_the_delay_of_another() -> None:
    panel = armed()
    panel.hear("hall", occasion(200), by="Hall")
    assert states(panel.hear("door", occasion(201, Occasion.BUTTON), by="Door")) == ["triggered"]
    assert (panel.deadline, panel.changed_by) == (301, "Door")


def test_without_a_time_to_disarm_motion_rings_at_once() -> None:
    panel = armed(Mode.NIGHT)
    assert states(panel.hear("hall", occasion(200))) == ["triggered"]


@pytest.mark.parametrize(
    ("watch_id", "report"),
    [
        pytest.param("hall", occasion(200, retained=True), id="retained"),
        pytest.param("hall", occasion(200, begins=False), id="the-end-of-motion"),
        pytest.param("hall", occasion(200, Occasion.BUTTON), id="not-of-that-kind"),
        pytest.param("door", occasion(200), id="not-of-that-source"),
        pytest.param("shed", occasion(200), id="not-a-source"),
        pytest.param("hall", occasion(59), id="on-its-way-while-it-armed"),
    ],
)
def test_what_does_not_ring(watch_id: str, report: OccasionReport) -> None:
    panel = armed()
    assert panel.hear(watch_id, report) == []
    assert panel.state == "armed_away"


def test_a_source_may_be_ignored_in_some_modes() -> None:
    panel = armed(Mode.HOME)
    assert panel.hear("hall", occasion(200)) == []
    assert states(panel.hear("door", occasion(201, Occasion.PRESSURE))) == ["triggered"]


def test_occasions_without_end_ring_too() -> None:
    panel = armed()
    assert states(panel.hear("hall", occasion(200, begins=None))) == ["pending"]


@pytest.mark.parametrize("seconds", [0, 59.75])
def test_while_it_arms_anybody_may_move(seconds: float) -> None:
    panel = panel_of()
    assert panel.hear("hall", occasion(0)) == []
    panel.arm(Mode.AWAY, at(0))
    assert panel.hear("hall", occasion(seconds)) == []
    assert panel.hear("door", occasion(seconds, Occasion.PRESSURE)) == []
    assert panel.state == "arming"


def test_a_late_timer_protects_all_the_same() -> None:
    panel = panel_of()
    panel.arm(Mode.AWAY, at(0))
    assert states(panel.hear("hall", occasion(61))) == ["armed_away", "pending"]
    assert states(panel.hear("hall", occasion(500))) == ["triggered"]
    assert panel.deadline == 600  # and rings for its whole time


def test_the_same_event_twice_is_one() -> None:
    """The heart tells only what is new; with it, what is repeated rings nothing."""
    sentinel = Sentinel()
    sentinel.add(watch_of("hall", HALL), at(0))
    panel = panel_of()
    panel.arm(Mode.AWAY, at(0))
    panel.wake(at(60))
    turns: list[PanelTurn] = []
    told = 0
    for seconds, retained in ((70, True), (80, False), (90, False), (200, False)):
        report = occasion(seconds, event_id="one", retained=retained)
        for change in sentinel.hear(report):
            if isinstance(change.occasion, OccasionReport):
                told += 1
                turns += panel.hear(change.watch.config.id, change.occasion)
        if seconds == 80:
            turns += panel.disarm(at(85))
            turns += panel.arm(Mode.AWAY, at(86))
    assert told == 1
    assert states(turns) == ["pending", "disarmed", "arming"]


@pytest.mark.parametrize(
    ("after", "expected", "services"),
    [(AfterTrigger.ARMED, "armed_away", ()), (AfterTrigger.DISARMED, "disarmed", OFF)],
)
def test_it_rings_for_its_time(
    after: AfterTrigger, expected: str, services: tuple[ServiceWish, ...]
) -> None:
    panel = armed(settings=replace(SETTINGS, after_trigger=after))
    panel.hear("door", occasion(200, Occasion.PRESSURE), by="Door")
    assert panel.hear("door", occasion(250, Occasion.PRESSURE)) == []
    assert panel.wake(at(299.75)) == []
    [turn] = panel.wake(at(300))
    assert (turn.after, turn.why, turn.by) == (expected, "trigger_time_over", "Door")
    assert (turn.services, panel.deadline) == (services, None)


def test_armed_again_it_rings_again() -> None:
    panel = armed()
    panel.hear("door", occasion(200, Occasion.PRESSURE))
    panel.wake(at(300))
    assert states(panel.hear("hall", occasion(301))) == ["pending"]


def test_it_may_ring_until_somebody_disarms_it() -> None:
    panel = armed(settings=replace(SETTINGS, trigger_time=None))
    panel.hear("door", occasion(200, Occasion.PRESSURE))
    assert panel.deadline is None
    assert panel.wake(at(1e6)) == []
    assert states(panel.disarm(at(1e6))) == ["disarmed"]


def test_with_no_time_to_ring_it_is_told_and_over() -> None:
    panel = armed(settings=replace(SETTINGS, trigger_time=0.0))
    turns = panel.hear("hall", occasion(200))
    turns += panel.wake(at(230))
    assert states(turns) == ["pending", "triggered", "armed_away"]
    assert panel.deadline is None


@pytest.mark.parametrize("state", ["pending", "triggered"])
def test_an_alarm_that_was_raised_has_to_be_disarmed_first(state: str) -> None:
    panel = armed(settings=replace(SETTINGS, code=CODE, code_arm_required=False))
    panel.hear("hall", occasion(200))
    if state == "triggered":
        panel.wake(at(230))
    for mode in (Mode.AWAY, Mode.HOME):
        with pytest.raises(AlarmRaisedError):
            panel.arm(mode, at(231 if state == "triggered" else 201), code=CODE)
    assert panel.state == state


# Calls for help


@pytest.mark.parametrize("seconds", [None, 10, 100])
def test_somebody_may_call_for_help_at_any_time(seconds: float | None) -> None:
    panel = panel_of(LOCKED)
    if seconds is not None:
        panel.arm(Mode.AWAY, at(0), code=CODE)
        panel.wake(at(seconds))
    [turn] = panel.trigger(at(100 if seconds is None else seconds), by="Ann")
    assert (turn.after, turn.why, turn.by, turn.services) == ("triggered", "asked", "Ann", ())
    assert panel.trigger(at(101), by="Bob") == []
    [over] = panel.wake(at(300))
    # Afterwards it is what it was, or would have been.
    assert over.after == ("disarmed" if seconds is None else "armed_away")
    assert over.services == ()


def test_help_comes_during_the_time_to_disarm() -> None:
    panel = armed()
    panel.hear("hall", occasion(200))
    assert states(panel.trigger(at(201))) == ["triggered"]


# The code


def test_a_code_is_needed_to_arm_and_to_disarm() -> None:
    panel = panel_of(LOCKED)
    for code in (None, ""):
        with pytest.raises(CodeMissingError):
            panel.arm(Mode.AWAY, at(0), code=code)
    with pytest.raises(WrongCodeError):
        panel.arm(Mode.AWAY, at(0), code="47110")
    assert panel.state == "disarmed"
    assert states(panel.arm(Mode.AWAY, at(0), code=CODE)) == ["arming"]
    with pytest.raises(WrongCodeError):
        panel.disarm(at(1), code="1234")
    assert panel.state == "arming"
    assert states(panel.disarm(at(1), code=CODE)) == ["disarmed"]


@pytest.mark.parametrize("code", ["ключ", "\udcff", "🔑" * 50])
def test_any_text_can_be_a_code(code: str) -> None:
    panel = panel_of(replace(LOCKED, code=code))
    with pytest.raises(WrongCodeError):
        panel.disarm(at(0), code=code + "x")
    assert panel.disarm(at(0), code=code) == []


def test_a_code_may_be_needed_to_disarm_only() -> None:
    panel = panel_of(replace(LOCKED, code_arm_required=False))
    assert states(panel.arm(Mode.AWAY, at(0))) == ["arming"]
    with pytest.raises(CodeMissingError):
        panel.disarm(at(1))


def test_without_the_code_no_armed_panel_becomes_another_one() -> None:
    panel = armed(settings=replace(LOCKED, code_arm_required=False))
    with pytest.raises(CodeMissingError):
        panel.arm(Mode.HOME, at(200))
    assert panel.arm(Mode.AWAY, at(200)) == []
    assert states(panel.arm(Mode.HOME, at(200), code=CODE)) == ["armed_home"]


def test_an_empty_code_is_none() -> None:
    panel = panel_of(replace(SETTINGS, code=""))
    assert panel.arm(Mode.AWAY, at(0))
    assert panel.disarm(at(0))


def guess(panel: Panel, seconds: float, times: int = 1) -> float:
    """Give wrong codes; the pause after the last."""
    pause = 0.0
    for _ in range(times):
        with pytest.raises(WrongCodeError) as caught:
            panel.disarm(at(seconds), code="0000")
        pause = caught.value.pause
    return pause


def test_after_too_many_wrong_codes_none_is_looked_at_for_a_while() -> None:
    panel = armed(settings=LOCKED)
    assert guess(panel, 200, WRONG_ALLOWED - 1) == 0
    assert guess(panel, 200) == FIRST_PAUSE
    with pytest.raises(CodesPausedError) as caught:
        panel.disarm(at(201), code=CODE)
    assert caught.value.left == FIRST_PAUSE - 1
    # What needs no code still works, and a guess that was not looked at is none.
    assert states(panel.hear("hall", occasion(201))) == ["pending"]
    assert states(panel.disarm(at(200 + FIRST_PAUSE), code=CODE)) == ["disarmed"]
    assert guess(panel, 300, WRONG_ALLOWED - 1) == 0


def test_pauses_grow_up_to_a_bound() -> None:
    panel = armed(settings=LOCKED)
    now, pauses = 200.0, []
    guess(panel, now, WRONG_ALLOWED - 1)
    for _ in range(2_000):
        pauses.append(guess(panel, now))
        now += pauses[-1]
    assert pauses[:6] == [30, 60, 120, 240, 480, LONGEST_PAUSE]
    assert set(pauses[6:]) == {LONGEST_PAUSE}
    assert panel.disarm(at(now), code=CODE)
    assert panel.snapshot().wrong_codes == panel.snapshot().paused_until == 0


def test_a_missing_code_is_no_guess() -> None:
    panel = panel_of(LOCKED)
    for _ in range(2 * WRONG_ALLOWED):
        with pytest.raises(CodeMissingError):
            panel.disarm(at(0))
    assert panel.snapshot().wrong_codes == 0


def test_a_restart_is_no_way_around_the_pause() -> None:
    panel = armed(settings=LOCKED)
    guess(panel, 200, WRONG_ALLOWED)
    panel, _ = again(panel, 210)
    with pytest.raises(CodesPausedError) as caught:
        panel.disarm(at(210), code=CODE)
    assert caught.value.left == FIRST_PAUSE - 10
    panel, _ = again(panel, 240)
    assert guess(panel, 240) == 2 * FIRST_PAUSE
    # Where the clock was set back for a year, nobody is locked out for a year.
    panel, _ = again(panel, 241, wall=-3e7)
    with pytest.raises(CodesPausedError) as caught:
        panel.disarm(Instant(241, EPOCH), code=CODE)
    assert caught.value.left == LONGEST_PAUSE


def test_a_code_is_nowhere_to_be_read() -> None:
    panel = armed(settings=LOCKED)
    errors: list[PanelError] = []
    for _ in range(WRONG_ALLOWED + 1):
        with pytest.raises(PanelError) as caught:
            panel.disarm(at(200), code=CODE + "9")
        errors.append(caught.value)
    said = [
        repr(panel),
        repr(LOCKED),
        repr(panel.snapshot()),
        json.dumps(panel.snapshot().as_dict()),
    ]
    said += [text for error in errors for text in (repr(error), str(error))]
    assert not [text for text in said if CODE in text]


# Ready or not


def test_what_is_not_ready_is_not_armed() -> None:
    panel = panel_of()
    with pytest.raises(NotReadyError, match="Eye: never_heard, Ear: incident") as caught:
        panel.arm(Mode.AWAY, at(0), blockers=BLOCKERS)
    assert caught.value.blockers == BLOCKERS
    assert panel.state == "disarmed"


def test_who_has_no_code_does_not_learn_what_is_not_ready() -> None:
    with pytest.raises(CodeMissingError):
        panel_of(LOCKED).arm(Mode.AWAY, at(0), blockers=BLOCKERS)


@pytest.mark.parametrize(("not_ready", "force"), [(NotReady.WARN, False), (NotReady.REFUSE, True)])
def test_arming_all_the_same_says_so(not_ready: NotReady, force: bool) -> None:
    panel = panel_of(replace(SETTINGS, not_ready=not_ready))
    [turn] = panel.arm(Mode.AWAY, at(0), blockers=BLOCKERS, force=force)
    assert (turn.after, turn.despite) == ("arming", BLOCKERS)


# Buttons


def test_a_button_toggles() -> None:
    panel = panel_of(LOCKED)  # it has no keys: that it was set up is what it may do
    [turn] = panel.press("gate", press(0, toggle=True), by="Gate")
    assert (turn.after, turn.mode, turn.by) == ("arming", Mode.AWAY, "Gate")
    assert states(panel.press("gate", press(10, toggle=True))) == ["disarmed"]
    panel.press("gate", press(20, toggle=True))
    panel.wake(at(80))
    panel.hear("hall", occasion(90))
    assert states(panel.press("gate", press(91, toggle=True, status=True))) == ["disarmed"]


def test_a_button_says_what_it_wants() -> None:
    panel = panel_of()
    assert panel.press("gate", press(0, status=False)) == []
    assert states(panel.press("gate", press(1, status=True, toggle=False))) == ["arming"]
    assert panel.press("gate", press(2, status=True)) == []
    # Off and on again is a way to begin anew; what is on already goes on.
    assert panel.deadline == 61
    assert states(panel.press("gate", press(70, status=True))) == ["armed_away"]
    assert states(panel.press("gate", press(71, status=False))) == ["disarmed"]


def test_a_button_may_be_one_for_arming_only() -> None:
    panel = panel_of()
    assert states(panel.press("bed", press(0, toggle=True))) == ["arming"]
    assert panel.mode is Mode.NIGHT
    for report in (press(1, toggle=True), press(1, status=False)):
        with pytest.raises(MayNotDisarmError):
            panel.press("bed", report)
    assert panel.state == "arming"


def test_a_button_arms_nothing_that_is_not_ready() -> None:
    panel = panel_of()
    with pytest.raises(NotReadyError):
        panel.press("gate", press(0, toggle=True), blockers=BLOCKERS)
    assert panel.state == "disarmed"


@pytest.mark.parametrize(
    ("watch_id", "report"),
    [
        pytest.param("hall", press(0, toggle=True), id="not-a-button"),
        pytest.param("gate", press(0, toggle=True, retained=True), id="retained"),
        pytest.param("gate", press(0, toggle=True, what=Occasion.BUTTON), id="another-occasion"),
        pytest.param("gate", press(0), id="says-nothing"),
        pytest.param("gate", press(0, toggle=False), id="does-not-toggle"),
    ],
)
def test_what_is_no_request(watch_id: str, report: OccasionReport) -> None:
    for panel in (panel_of(), armed(Mode.HOME)):
        state = panel.state
        assert panel.press(watch_id, report) == []
        assert panel.state is state


# Services


def test_what_it_wishes_can_be_said_again() -> None:
    panel = panel_of()
    assert panel.services() == OFF
    panel.arm(Mode.AWAY, at(0))
    assert panel.services() == ON


def test_a_service_that_another_panel_needs_stays_on() -> None:
    panel, other = armed(), panel_of(replace(SETTINGS, services=("ear",)))
    assert still_wished(OFF, [other]) == list(OFF)
    other.arm(Mode.AWAY, at(0))
    assert still_wished(panel.disarm(at(200))[0].services, [other]) == [OFF[0]]
    assert still_wished(ON, [other]) == list(ON)


def test_a_panel_wants_what_is_verified() -> None:
    """What it tells its services agrees with what an alarm's state is taken to want of them."""
    panel = panel_of()
    wanted = wanted_by_alarm(panel.state, ("armed_away",), Wanted.ANYTHING)
    on = panel.wanted
    steps = (
        lambda: panel.arm(Mode.AWAY, at(0)),
        lambda: panel.wake(at(60)),
        lambda: panel.hear("hall", occasion(70)),
        lambda: panel.wake(at(100)),
        lambda: panel.wake(at(200)),
        lambda: panel.disarm(at(210)),
        lambda: panel.arm(Mode.HOME, at(220)),
        lambda: panel.hear("door", occasion(230, Occasion.PRESSURE)),
    )
    for step in steps:
        assert on is wanted
        assert step()
        on, wanted = panel.wanted, wanted_by_alarm(panel.state, ("armed_away",), wanted)
    assert on is wanted is Wanted.DOWN


# Other settings


def test_other_settings_change_what_is_wished_of_services() -> None:
    panel = armed()
    assert panel.configure(replace(SETTINGS, services=("ear", "nose"))) == (
        ServiceWish("eye", on=False),
        ServiceWish("nose", on=True),
    )
    assert panel.configure(replace(SETTINGS, modes_with_services=frozenset())) == (
        ServiceWish("ear", on=False),
        ServiceWish("nose", on=False),
    )
    assert panel.configure(SETTINGS) == ON
    assert panel.configure(SETTINGS) == ()
    panel.disarm(at(200))
    assert panel.configure(replace(SETTINGS, services=("nose",))) == ()


def test_a_mode_that_is_offered_no_more_stays_armed_with_the_usual_delays() -> None:
    panel = armed()
    panel.configure(replace(SETTINGS, modes={}))
    assert panel.state == "armed_away"
    panel.hear("hall", occasion(200))
    assert (panel.state, panel.deadline) == ("pending", 200 + ModeTimes().entry_delay)
    panel.disarm(at(201))
    # A button that still means it may.
    assert states(panel.press("gate", press(300, toggle=True))) == ["arming"]


# Restarts


def test_a_panel_that_was_never_stored_starts_disarmed() -> None:
    panel = panel_of()
    assert panel.start(None, at(0)) == []
    assert panel.state == "disarmed"


def test_what_was_disarmed_stays_so() -> None:
    panel = armed()
    panel.disarm(at(200), by="Bob")
    panel, turns = again(panel, 1e6)
    assert turns == []
    assert (panel.state, panel.since, panel.changed_by) == ("disarmed", EPOCH + 200, "Bob")


def test_what_was_armed_stays_so_and_rings_for_what_happens_from_now_on() -> None:
    panel, turns = again(armed(), 5)
    assert (turns, panel.state, panel.mode, panel.wanted) == (
        [],
        "armed_away",
        Mode.AWAY,
        Wanted.UP,
    )
    assert panel.hear("hall", occasion(4)) == []
    assert states(panel.hear("hall", occasion(6))) == ["pending"]


def test_the_time_to_leave_goes_on_for_its_rest() -> None:
    panel = panel_of()
    panel.arm(Mode.AWAY, at(0), by="Ann")
    panel, turns = again(panel, 7, wall=40)
    assert (turns, panel.state, panel.deadline) == ([], "arming", 27)
    [turn] = panel.wake(at(27))
    assert (turn.after, turn.by, turn.away) == ("armed_away", "Ann", False)


def test_a_time_to_leave_that_ended_in_the_meantime_is_over() -> None:
    panel = panel_of()
    panel.arm(Mode.AWAY, at(0), by="Ann")
    panel, [turn] = again(panel, 7, wall=60)
    assert (turn.before, turn.after, turn.why) == ("arming", "armed_away", "exit_delay_over")
    assert (turn.by, turn.away, turn.services, panel.deadline) == ("Ann", True, (), None)


def test_the_time_to_disarm_goes_on_for_its_rest() -> None:
    panel = armed()
    panel.hear("hall", occasion(200), by="Hall")
    panel, turns = again(panel, 7, wall=210)
    assert (turns, panel.state, panel.deadline) == ([], "pending", 27)


def test_a_time_to_disarm_that_ended_in_the_meantime_rings() -> None:
    panel = armed()
    panel.hear("hall", occasion(200), by="Hall")
    panel, [turn] = again(panel, 7, wall=1e6)
    assert (turn.before, turn.after, turn.why) == ("pending", "triggered", "entry_delay_over")
    assert (turn.by, turn.away, panel.deadline) == ("Hall", True, 107)


def test_what_rang_goes_on_for_its_rest() -> None:
    panel = armed()
    panel.hear("door", occasion(200, Occasion.PRESSURE))
    panel, turns = again(panel, 7, wall=290)
    assert (turns, panel.state, panel.deadline) == ([], "triggered", 17)
    panel, [turn] = again(panel, 8, wall=1e6)
    assert (turn.after, turn.why, turn.away) == ("armed_away", "trigger_time_over", True)


def test_a_call_for_help_of_a_disarmed_house_arms_nothing_afterwards() -> None:
    panel = panel_of()
    panel.trigger(at(0))
    panel, turns = again(panel, 7, wall=50)
    assert (turns, panel.state) == ([], "triggered")
    panel, [turn] = again(panel, 8, wall=1e6)
    assert turn.after == "disarmed"


def test_what_rings_for_ever_does_so_after_a_restart() -> None:
    panel = armed(settings=replace(SETTINGS, trigger_time=None))
    panel.trigger(at(200))
    panel, turns = again(panel, 1e6)
    assert (turns, panel.state, panel.deadline) == ([], "triggered", None)


@pytest.mark.parametrize("wall", [-1e6, -0.25, 0])
def test_a_clock_that_was_set_back_makes_no_delay_longer(wall: float) -> None:
    panel = panel_of()
    panel.arm(Mode.AWAY, at(0))
    for _ in range(2):
        panel, turns = again(panel, 7, wall=wall)
        assert (turns, panel.deadline, panel.since) == ([], 67, EPOCH + wall)


def test_a_snapshot_is_the_panel() -> None:
    panel = armed(settings=LOCKED)
    panel.hear("hall", occasion(200), by="Hall")
    guess(panel, 200, WRONG_ALLOWED)
    snapshot = panel.snapshot()
    assert snapshot == PanelSnapshot(
        PanelState.PENDING,
        EPOCH + 200,
        Mode.AWAY,
        EPOCH + 230,
        "Hall",
        WRONG_ALLOWED,
        EPOCH + 200 + FIRST_PAUSE,
    )
    assert PanelSnapshot.from_dict(json.loads(json.dumps(snapshot.as_dict()))) == snapshot


GOOD: Mapping[str, Any] = PanelSnapshot(PanelState.ARMING, 1.0, Mode.AWAY, 2.0).as_dict()


@pytest.mark.parametrize(
    "stored",
    [
        pytest.param(stored, id=name)
        for name, stored in {
            "nothing": {},
            "a-list": [],
            "a-text": "armed_away",
            "another-version": GOOD | {"version": 2},
            "no-such-state": GOOD | {"state": "armed"},
            "not-even-a-state": GOOD | {"state": []},
            "no-such-mode": GOOD | {"mode": "armed_custom_bypass"},
            "since-a-text": GOOD | {"since": "1"},
            "since-true": GOOD | {"since": True},
            "since-nothing": GOOD | {"since": None},
            "due-nan": GOOD | {"due": nan},
            "due-inf": GOOD | {"due": inf},
            "due-beyond-floats": GOOD | {"due": 10**400},
            "pause-inf": GOOD | {"paused_until": inf},
            "count-true": GOOD | {"wrong_codes": True},
            "count-negative": GOOD | {"wrong_codes": -1},
            "changed-by-number": GOOD | {"changed_by": 1},
            "arming-without-end": GOOD | {"due": None},
            "arming-without-mode": GOOD | {"mode": None},
            "pending-without-mode": GOOD | {"state": "pending", "mode": None},
            "disarmed-with-mode": GOOD | {"state": "disarmed", "due": None},
            "disarmed-with-end": GOOD | {"state": "disarmed", "mode": None},
            "armed-with-end": GOOD | {"state": "armed_away"},
            "armed-in-another-mode": GOOD | {"state": "armed_home", "due": None},
            "armed-without-mode": GOOD | {"state": "armed_home", "mode": None, "due": None},
            **{f"without-{key}": {k: v for k, v in GOOD.items() if k != key} for key in GOOD},
        }.items()
    ],
)
def test_what_cannot_be_read_is_said_and_starts_disarmed(stored: Any) -> None:
    with pytest.raises(BadSnapshotError):
        PanelSnapshot.from_dict(stored)
    panel = panel_of()
    [turn] = panel.start(stored, at(3))
    assert turn == PanelTurn(
        PanelState.DISARMED, PanelState.DISARMED, Why.MEMORY_LOST, EPOCH + 3, services=OFF
    )
    assert (panel.state, panel.deadline) == ("disarmed", None)


def test_what_can_be_read_is_not_refused() -> None:
    assert PanelSnapshot.from_dict(GOOD).as_dict() == GOOD
