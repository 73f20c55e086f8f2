"""An alarm panel made here: what people and things do with it, and what it tells its services."""

import json
import logging
from typing import Any

from homeassistant.components.alarm_control_panel import DOMAIN as ALARM_DOMAIN
from homeassistant.core import Context, Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockUser, async_capture_events

from custom_components.mqtt_sentinel.const import DOMAIN, EVENT_ALARM, EVENT_COMMAND
from custom_components.mqtt_sentinel.logbook import async_describe_events
from custom_components.mqtt_sentinel.watch.panel_words import PanelState

from .house import (
    GRACE,
    PANEL,
    SETTLE,
    SUBSCRIBE_TIME,
    House,
    custom_watch,
    own_log,
    panel_alarm,
    subentry_of,
    watch,
)

FRONT, BACK = "object_detection/front", "object_detection/back"
CODE = "4711"
ON = {"status": True, "data": None}
OFF = {"status": False, "data": None}
HALL_THING = "camera/hall"


class Guard:
    """A house with a panel made here, and what it tells."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.told: list[Event[Any]] = []
        house.hass.bus.async_listen(EVENT_ALARM, self._keep)

    @callback
    def _keep(self, event: Event[Any]) -> None:
        self.told.append(event)

    async def set_up(self, *more: Any, services: bool = True, **panel: Any) -> None:
        """Two services that are off, a camera and a button, and a panel; long after the start."""
        await self.house.set_up(
            watch("front", expect="alarm"),
            watch("back", expect="alarm"),
            watch("hall", HALL_THING, expect="none"),
            watch("remote", "remote/key", expect="none"),
            *more,
            panel_alarm("front", "back", **panel),
        )
        if services:
            await self.house.service(FRONT, "off")
            await self.house.service(BACK, "off")
        await self.house.clock.advance(GRACE)
        self.fresh()

    async def act(self, action: str, *, domain: str = ALARM_DOMAIN, **data: Any) -> None:
        """Call an action for the panel, as somebody with this context."""
        context = data.pop("context", None)
        await self.house.hass.services.async_call(
            domain, action, {"entity_id": PANEL} | data, blocking=True, context=context
        )
        await self.house.clock.settle()

    async def arm(self, mode: str = "away", **data: Any) -> None:
        await self.act(f"alarm_arm_{mode}", **data)

    async def disarm(self, **data: Any) -> None:
        await self.act("alarm_disarm", **data)

    async def motion(self, event: str = "1", *, begins: bool = True, retain: bool = False) -> None:
        await self.house.broker.publish(
            "motion/camera/hall", {"event_ref": event, "status": begins}, retain=retain
        )

    async def press(self, **data: Any) -> None:
        await self.house.broker.publish("update/remote/key", data)

    async def services(self, payload: str) -> None:
        for name in (FRONT, BACK):
            await self.house.service(name, payload)

    async def restart(self, *, down: float = 0.0) -> None:
        """Home Assistant stops, and starts again after a while."""
        house = self.house
        assert await house.hass.config_entries.async_unload(house.entry.entry_id)
        await house.clock.advance(down)
        self.fresh()
        assert await house.hass.config_entries.async_setup(house.entry.entry_id)
        await house.clock.advance(SUBSCRIBE_TIME)

    @property
    def state(self) -> str:
        return self.house.value(PANEL)

    @property
    def shown(self) -> dict[str, Any]:
        return dict(self.house.state(PANEL).attributes)

    @property
    def commands(self) -> list[tuple[str, Any]]:
        """What services were told since this was fresh."""
        return self.house.broker.commands[self._commands :]

    def fresh(self) -> None:
        """Forget what was told so far."""
        self._commands = len(self.house.broker.commands)
        self.told.clear()

    @property
    def turns(self) -> list[tuple[str, str, str | None]]:
        """What the bus was told: the state, why, and by whom."""
        return [(e.data["state"], e.data["reason"], e.data["changed_by"]) for e in self.told]


@pytest.fixture
def guard(house: House) -> Guard:
    """A house, and nothing in it yet."""
    return Guard(house)


def both(payload: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(f"status/{FRONT}", payload), (f"status/{BACK}", payload)]


# Services


async def test_armed_services_are_told_connect_and_protect(guard: Guard) -> None:
    await guard.set_up()
    house = guard.house
    assert guard.state == "disarmed"
    assert house.protection() == "disarmed"
    assert house.value("binary_sensor.house_ready_to_arm") == "on"

    await guard.arm()
    assert guard.state == "armed_away"
    assert guard.commands == both(ON)
    assert house.protection() == "unknown"
    assert house.judged("front") == ("pending", "settling", "none")
    expected = house.state("binary_sensor.front_problem").attributes
    assert (expected["expected"], expected["expected_because"]) == ("up", "House")

    await guard.services("on")
    assert house.protection() == "protected"
    await house.clock.advance(GRACE)
    assert house.issues == {}

    guard.fresh()
    await guard.disarm()
    assert guard.state == "disarmed"
    assert guard.commands == both(OFF)
    assert house.protection() == "disarmed"
    await guard.services("off")
    await house.clock.advance(GRACE)
    assert house.issues == {}


async def test_services_that_do_not_do_what_they_were_told(guard: Guard) -> None:
    await guard.set_up()
    house = guard.house
    await guard.arm()
    await house.service(FRONT, "on")
    await house.clock.advance(SETTLE)
    assert house.protection() == "degraded"
    assert house.issue("back") == "did_not_turn_on_alarm"
    await house.service(FRONT, "off")
    assert house.protection() == "unprotected"

    await guard.services("on")
    await guard.disarm()
    await house.service(FRONT, "off")
    await house.clock.advance(SETTLE)
    assert house.issue("front") is None
    assert house.issue("back") == "did_not_turn_off_alarm"


async def test_a_service_that_stops_to_ping_does_not_protect(guard: Guard) -> None:
    """The checks judge what a panel made here relies on, as they do for any other alarm."""
    await guard.house.set_up(
        watch("front", expect="alarm", ping_interval=10.0, ping_misses=2), panel_alarm("front")
    )
    house = guard.house
    await house.service(FRONT, "off")
    await house.clock.advance(GRACE)
    await guard.arm()
    await house.service(FRONT, "on")
    await house.broker.publish(f"ping/{FRONT}", "")
    assert house.protection() == "protected"
    await house.clock.advance(60)
    assert house.issue("front") == "ping_missed_alarm"
    assert house.protection() == "unprotected"


async def test_a_mode_that_needs_no_service(guard: Guard) -> None:
    """At home nothing is told that is true already, and nothing stands against it."""
    await guard.set_up()
    await guard.house.service(FRONT, "on")
    await guard.house.clock.advance(SETTLE)
    assert guard.house.issue("front") == "connected_alarm"
    await guard.arm("home")
    assert guard.state == "armed_home"
    assert guard.commands == []
    assert guard.house.protection() == "disarmed"


async def test_services_of_other_dialects_are_only_verified(guard: Guard) -> None:
    house = guard.house
    await house.set_up(
        watch("front", expect="alarm"),
        watch("esp", dialect="autocore", expect="alarm"),
        custom_watch("siren", "siren", expect="alarm"),
        panel_alarm("front", "esp", "siren", not_ready="warn"),
    )
    guard.fresh()
    await guard.arm()
    assert guard.commands == [(f"status/{FRONT}", ON)]
    await house.clock.advance(GRACE)
    assert house.issue("esp") == "never_heard_alarm"
    assert house.issue("siren") == "never_heard_alarm"


async def test_the_manager_of_a_camera_is_told_to_look(guard: Guard) -> None:
    house = guard.house
    await house.set_up(
        watch("eye", "camera_manager/door", expect="alarm", site="site1"), panel_alarm("eye")
    )
    await house.broker.publish("site1/connected/camera_manager/door", "off")
    guard.fresh()
    await guard.act("arm", domain=DOMAIN, mode="armed_away", force=True)
    told = {"status": True, "data": {"to_analyze": True, "stream": None}}
    assert guard.commands == [("site1/status/camera_manager/door", told)]


async def test_two_panels_over_one_service(guard: Guard) -> None:
    """One that needs it is enough, also while it only arms."""
    other = panel_alarm("front", name="shed", exit_delay=30.0)
    await guard.set_up(other)
    await guard.arm()
    await guard.act("alarm_arm_away", entity_id="alarm_control_panel.shed")
    guard.fresh()
    await guard.disarm()
    assert guard.commands == [(f"status/{BACK}", OFF)]
    await guard.house.clock.advance(30)
    await guard.act("alarm_disarm", entity_id="alarm_control_panel.shed")
    assert guard.commands == [(f"status/{BACK}", OFF), (f"status/{FRONT}", OFF)]


async def test_a_service_that_should_always_be_there_is_not_turned_off(guard: Guard) -> None:
    house = guard.house
    await house.set_up(watch("front"), panel_alarm("front"))
    await house.service(FRONT, "on")
    await guard.arm()
    guard.fresh()
    await guard.disarm()
    assert guard.commands == []


async def test_the_result_of_each_command_is_told(guard: Guard) -> None:
    await guard.set_up()
    results = async_capture_events(guard.house.hass, EVENT_COMMAND)
    context = Context()
    await guard.arm(context=context)
    assert [(event.data["name"], event.data["result"]) for event in results] == [
        ("Front", "sent"),
        ("Back", "sent"),
    ]
    assert {event.context.id for event in results} == {context.id}
    assert {event.context.id for event in guard.told} == {context.id}


# The broker


async def test_what_was_told_while_the_broker_was_gone_comes_when_it_is_back(
    guard: Guard,
) -> None:
    await guard.set_up(not_ready="warn")
    house = guard.house
    await house.broker.go()
    await guard.arm()
    assert guard.state == "armed_away"
    assert guard.commands == []
    assert house.protection() == "unknown"
    await house.clock.advance(600)
    assert guard.commands == []

    await house.broker.come()
    await house.clock.advance(SUBSCRIBE_TIME)
    assert guard.commands == both(ON)
    await guard.services("on")
    assert house.protection() == "protected"


async def test_only_the_last_wish_comes_when_the_broker_is_back(guard: Guard) -> None:
    await guard.set_up(not_ready="warn")
    await guard.house.broker.go()
    await guard.arm()
    await guard.disarm()
    await guard.arm("night")
    await guard.disarm()
    await guard.house.broker.come()
    await guard.house.clock.advance(SUBSCRIBE_TIME)
    assert guard.commands == both(OFF)


async def test_a_broker_that_forgot_everything_is_told_again(guard: Guard) -> None:
    await guard.set_up()
    await guard.arm()
    guard.fresh()
    await guard.house.broker.go()
    await guard.house.broker.come()
    await guard.house.clock.advance(SUBSCRIBE_TIME)
    assert guard.commands == both(ON)


# Time


async def test_the_time_to_leave(guard: Guard) -> None:
    await guard.set_up(exit_delay=60.0, delayed=["hall"])
    house = guard.house
    await guard.arm()
    assert guard.state == "arming"
    assert guard.shown["delay_until"].startswith("2026-11-02T12:02:00.5")
    # They are told at once, so that they are there when it counts; until then they come and go.
    assert guard.commands == both(ON)
    assert house.judged("front")[1] == "observed_only"
    assert house.protection() == "disarmed"
    await guard.motion()
    await house.clock.advance(59.9)
    assert guard.state == "arming"
    await house.clock.advance(0.1)
    assert guard.state == "armed_away"
    assert guard.shown["delay_until"] is None
    assert house.judged("front") == ("pending", "settling", "none")
    await house.clock.advance(SETTLE)
    assert house.protection() == "unprotected"
    assert guard.turns == [
        ("arming", "asked", None),
        ("armed_away", "exit_delay_over", None),
    ]


async def test_disarmed_on_the_way(guard: Guard) -> None:
    await guard.set_up(exit_delay=60.0)
    await guard.arm()
    await guard.disarm()
    assert guard.commands == [*both(ON), *both(OFF)]
    await guard.house.clock.advance(120)
    assert guard.state == "disarmed"


async def test_the_time_to_disarm_and_the_time_to_ring(guard: Guard) -> None:
    await guard.set_up(entry_delay=30.0, delayed=["hall"], trigger_time=100.0)
    house = guard.house
    await guard.arm()
    await guard.services("on")
    guard.fresh()
    await guard.motion("7")
    assert guard.state == "pending"
    assert guard.shown["changed_by"] == "Hall"
    assert house.protection() == "protected"
    await house.clock.advance(29.9)
    assert guard.state == "pending"
    await house.clock.advance(0.1)
    assert guard.state == "triggered"
    assert house.protection() == "protected"
    await house.clock.advance(99.9)
    assert guard.state == "triggered"
    await house.clock.advance(0.1)
    assert guard.state == "armed_away"
    assert guard.turns == [
        ("pending", "occasion", "Hall"),
        ("triggered", "entry_delay_over", "Hall"),
        ("armed_away", "trigger_time_over", "Hall"),
    ]
    assert guard.told[0].data["event_id"] == "7"
    assert guard.commands == []


async def test_coming_home(guard: Guard) -> None:
    await guard.set_up(entry_delay=30.0, delayed=["hall"], code=CODE)
    await guard.arm(code=CODE)
    await guard.motion()
    assert guard.state == "pending"
    await guard.disarm(code=CODE)
    assert guard.state == "disarmed"
    await guard.house.clock.advance(60)
    assert guard.state == "disarmed"


async def test_what_rings_at_once_and_for_good(guard: Guard) -> None:
    """In both lists, the shorter wins."""
    await guard.set_up(entry_delay=30.0, delayed=["hall"], instant=["hall"], trigger_time=0)
    await guard.arm()
    await guard.motion()
    assert guard.state == "triggered"
    await guard.house.clock.advance(10_800)
    assert guard.state == "triggered"
    await guard.disarm()
    assert guard.state == "disarmed"


async def test_disarmed_after_it_rang(guard: Guard) -> None:
    await guard.set_up(instant=["hall"], trigger_time=10.0, after_trigger="disarmed")
    await guard.arm()
    guard.fresh()
    await guard.motion()
    await guard.house.clock.advance(10)
    assert guard.state == "disarmed"
    assert guard.commands == both(OFF)


@pytest.mark.parametrize(
    ("mode", "inside", "state"),
    [
        ("home", ["hall"], "armed_home"),
        ("night", ["hall"], "armed_night"),
        ("away", ["hall"], "triggered"),
        ("home", [], "triggered"),
    ],
)
async def test_motion_of_those_who_live_there(
    guard: Guard, mode: str, inside: list[str], state: str
) -> None:
    await guard.set_up(instant=["hall"], inside=inside)
    await guard.arm(mode)
    await guard.motion()
    assert guard.state == state


async def test_motion_that_is_none(guard: Guard) -> None:
    await guard.set_up(instant=["hall"])
    await guard.motion("0")
    await guard.motion("1")
    await guard.arm()
    await guard.motion("1")  # the same one once more
    await guard.motion("2", retain=True)
    await guard.motion("3", begins=False)
    assert guard.state == "armed_away"
    await guard.motion("4")
    assert guard.state == "triggered"


async def test_a_step_on_the_mat(guard: Guard) -> None:
    await guard.house.set_up(
        watch("mat", dialect="surveillance", expect="none"),
        watch("front", expect="alarm"),
        panel_alarm("front", instant=["mat"]),
    )
    await guard.arm("home")
    for kind, state in (("button", "armed_home"), ("pressure", "triggered")):
        await guard.house.broker.publish(
            f"sensor/{kind}", {"event_id": kind, "device_id": "mat", "type": kind.upper()}
        )
        assert guard.state == state


async def test_a_call_for_help(guard: Guard) -> None:
    await guard.set_up(code=CODE)
    await guard.act("alarm_trigger")
    assert guard.state == "triggered"
    await guard.house.clock.advance(180)
    assert guard.state == "disarmed"


# Codes


@pytest.mark.parametrize(
    ("code", "shown"), [(CODE, "number"), ("sesame", "text"), ("٣", "text"), (None, None)]
)
async def test_what_the_code_is_made_of(guard: Guard, code: str | None, shown: str | None) -> None:
    await guard.set_up(**{"code": code} if code else {})
    assert guard.shown["code_format"] == shown
    assert guard.shown["code_arm_required"] is (code is not None)


async def test_the_code_is_needed(guard: Guard) -> None:
    await guard.set_up(code=CODE)
    with pytest.raises(ServiceValidationError):
        await guard.arm()
    with pytest.raises(ServiceValidationError) as wrong:
        await guard.arm(code="0000")
    assert wrong.value.translation_key == "wrong_code"
    assert guard.state == "disarmed"
    await guard.arm(code=CODE)
    assert guard.state == "armed_away"
    with pytest.raises(ServiceValidationError) as missing:
        await guard.disarm()
    assert missing.value.translation_key == "code_missing"
    assert guard.state == "armed_away"
    await guard.disarm(code=CODE)
    assert guard.state == "disarmed"


async def test_armed_without_the_code(guard: Guard) -> None:
    await guard.set_up(code=CODE, code_arm_required=False)
    assert guard.shown["code_arm_required"] is False
    await guard.arm()
    with pytest.raises(ServiceValidationError) as missing:
        await guard.arm("home")  # that would disarm half of it
    assert missing.value.translation_key == "code_missing"
    assert guard.state == "armed_away"


async def test_those_who_guess_have_to_wait_also_after_a_restart(guard: Guard) -> None:
    await guard.set_up(code=CODE)
    await guard.arm(code=CODE)
    for _ in range(4):
        with pytest.raises(ServiceValidationError) as wrong:
            await guard.disarm(code="0000")
        assert wrong.value.translation_key == "wrong_code"
    await guard.restart()
    with pytest.raises(ServiceValidationError) as wrong:
        await guard.disarm(code="0000")
    assert wrong.value.translation_key == "wrong_code_pause"
    assert wrong.value.translation_placeholders == {"seconds": "30"}
    await guard.restart(down=10)
    with pytest.raises(ServiceValidationError) as paused:
        await guard.disarm(code=CODE)
    assert paused.value.translation_key == "codes_paused"
    assert paused.value.translation_placeholders == {"seconds": "20"}
    assert guard.state == "armed_away"
    await guard.house.clock.advance(20)
    await guard.disarm(code=CODE)
    assert guard.state == "disarmed"


async def test_the_default_code_of_home_assistant(guard: Guard) -> None:
    await guard.set_up(code=CODE)
    registry = guard.house.hass.data["entity_registry"]
    registry.async_update_entity_options(PANEL, ALARM_DOMAIN, {"default_code": CODE})
    await guard.act("arm", domain=DOMAIN, mode="armed_night")
    assert guard.state == "armed_night"
    await guard.disarm()
    assert guard.state == "disarmed"


async def test_the_code_is_in_no_log(guard: Guard, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await guard.set_up(code="hunter2")
    await guard.arm(code="hunter2")
    for code in ("hunter2x", ""):
        with pytest.raises(HomeAssistantError):
            await guard.disarm(code=code)
    await guard.disarm(code="hunter2")
    ours = [r for r in caplog.records if r.name.startswith("custom_components.mqtt_sentinel")]
    assert not [r for r in ours if "hunter2" in r.getMessage()]
    assert "hunter2" not in repr(guard.house.entry.runtime_data.alarms.made["house"].panel.settings)


# Who


async def test_who_changed_it(guard: Guard, hass_admin_user: MockUser) -> None:
    await guard.set_up()
    hass_admin_user.name = "Ann"
    await guard.arm(context=Context(user_id=hass_admin_user.id))
    assert guard.shown["changed_by"] == "Ann"
    await guard.disarm()
    assert guard.shown["changed_by"] is None
    await guard.arm(context=Context(user_id=hass_admin_user.id))
    hass_admin_user.name = ""
    await guard.act("alarm_trigger", context=Context(user_id=hass_admin_user.id))
    assert guard.shown["changed_by"] == ""


# Ready or not


async def test_not_ready_is_refused(guard: Guard) -> None:
    await guard.set_up(services=False)
    with pytest.raises(ServiceValidationError) as refused:
        await guard.arm()
    assert refused.value.translation_key == "not_ready"
    assert refused.value.translation_placeholders == {"names": "Front, Back"}
    assert guard.state == "disarmed"
    assert guard.commands == []
    assert guard.told == []


async def test_not_ready_is_told(guard: Guard) -> None:
    await guard.set_up(services=False, not_ready="warn")
    against = [{"name": name, "reason": "never_heard"} for name in ("Front", "Back")]
    await guard.arm()
    assert guard.state == "armed_away"
    assert guard.shown["armed_despite"] == against
    assert guard.told[0].data["blocking"] == against
    assert guard.commands == both(ON)

    await guard.restart()
    assert guard.shown["armed_despite"] == against
    await guard.disarm()
    assert guard.shown["armed_despite"] == []


async def test_not_ready_is_overruled(guard: Guard) -> None:
    await guard.set_up(services=False, code=CODE)
    with pytest.raises(ServiceValidationError) as refused:
        await guard.act("arm", domain=DOMAIN, mode="armed_away", code=CODE)
    assert refused.value.translation_key == "not_ready"
    with pytest.raises(ServiceValidationError):
        await guard.act("arm", domain=DOMAIN, mode="armed_away", force=True)
    assert guard.state == "disarmed"
    await guard.act("arm", domain=DOMAIN, mode="armed_away", code=CODE, force=True)
    assert guard.state == "armed_away"
    assert [found["name"] for found in guard.shown["armed_despite"]] == ["Front", "Back"]


async def test_a_mode_that_it_does_not_have(guard: Guard) -> None:
    await guard.set_up()
    assert guard.shown["supported_features"] == 1 | 2 | 4 | 8
    with pytest.raises(ServiceValidationError) as error:
        await guard.act("arm", domain=DOMAIN, mode="armed_vacation")
    assert error.value.translation_key == "mode_not_offered"


async def test_what_rings_is_not_armed(guard: Guard) -> None:
    await guard.set_up(modes=("armed_away", "armed_vacation"))
    await guard.arm("vacation")
    assert guard.state == "armed_vacation"
    await guard.act("alarm_trigger")
    with pytest.raises(ServiceValidationError) as error:
        await guard.arm()
    assert error.value.translation_key == "alarm_raised"


# Buttons


async def test_a_button_toggles_it(guard: Guard) -> None:
    await guard.set_up(buttons=["remote"], code=CODE)
    await guard.press(toggle=True)
    assert guard.state == "armed_away"
    assert guard.shown["changed_by"] == "Remote"
    assert guard.commands == both(ON)
    await guard.press(status=True)
    assert guard.state == "armed_away"
    await guard.press(toggle=True)
    assert guard.state == "disarmed"
    await guard.press(status=True)
    assert guard.state == "armed_away"
    await guard.press(status=False)
    assert guard.state == "disarmed"


async def test_a_button_without_a_device(guard: Guard) -> None:
    """``update/{service}`` names the service alone."""
    await guard.house.set_up(
        watch("front", expect="alarm"),
        watch("wall", "doorbell", expect="none"),
        panel_alarm("front", buttons=["wall"], button_mode="armed_night"),
    )
    await guard.house.service(FRONT, "off")
    await guard.house.broker.publish("update/doorbell", {"status": False, "toggle": True})
    assert guard.state == "armed_night"


async def test_a_button_of_somebody_else(guard: Guard) -> None:
    await guard.set_up()
    await guard.press(toggle=True)
    assert guard.state == "disarmed"


async def test_a_button_that_may_only_arm(guard: Guard) -> None:
    await guard.set_up(buttons=["remote"], button_mode="armed_home", may_disarm=False)
    await guard.press(toggle=True)
    await guard.press(toggle=True)
    assert guard.state == "armed_home"
    assert guard.turns == [("armed_home", "asked", "Remote"), ("armed_home", "refused", "Remote")]
    assert guard.told[-1].data["blocking"] == []


async def test_a_button_when_it_is_not_ready(guard: Guard) -> None:
    """Nobody is there to be told no, so everybody is."""
    await guard.set_up(services=False, buttons=["remote"])
    await guard.press(toggle=True)
    assert guard.state == "disarmed"
    assert guard.turns == [("disarmed", "refused", "Remote")]
    assert [found["name"] for found in guard.told[0].data["blocking"]] == ["Front", "Back"]
    assert guard.commands == []


# The logbook


def line_of(hass: HomeAssistant, event: Event[Any]) -> dict[str, str]:
    described: dict[str, Any] = {}
    async_describe_events(
        hass, lambda domain, event_type, describe: described.update({event_type: describe})
    )
    return described[EVENT_ALARM](event)


@pytest.mark.parametrize("state", PanelState)
async def test_every_state_has_a_line_in_the_logbook(
    hass: HomeAssistant, state: PanelState
) -> None:
    facts = {"name": "House", "state": state.value, "reason": "asked", "changed_by": None}
    line = line_of(hass, Event(EVENT_ALARM, facts | {"blocking": []}))
    assert line["name"] == "House"
    assert line["message"]
    assert "None" not in line["message"]


async def test_lines_of_the_logbook(guard: Guard) -> None:
    await guard.set_up(instant=["hall"], buttons=["remote"], services=False)
    hass = guard.house.hass
    await guard.press(toggle=True)
    await guard.act("arm", domain=DOMAIN, mode="armed_away", force=True)
    await guard.motion()
    assert [line_of(hass, event)["message"] for event in guard.told] == [
        "did not do what was asked for, because of Remote (not ready: Front, Back)",
        "is armed (not ready: Front, Back)",
        "rings, because of Hall",
    ]


# Restarts


@pytest.mark.parametrize("down", [0.0, 3600.0])
@pytest.mark.parametrize("state", ["disarmed", "armed_home", "armed_away", "triggered"])
async def test_what_lasts_is_the_same_after_a_restart(
    guard: Guard, state: str, down: float
) -> None:
    await guard.set_up(trigger_time=0, instant=["hall"])
    if state == "triggered":
        await guard.act("alarm_trigger")
    elif state != "disarmed":
        await guard.arm(state.removeprefix("armed_"))
    await guard.restart(down=down)
    assert guard.state == state
    assert guard.told == []
    assert guard.commands == both(ON if state == "armed_away" else OFF)
    await guard.house.clock.advance(3600)
    assert guard.state == state


async def test_motion_counts_after_a_restart(guard: Guard) -> None:
    await guard.set_up(instant=["hall"])
    await guard.arm()
    await guard.motion("1")
    await guard.disarm()
    await guard.arm()
    await guard.restart(down=60)
    await guard.motion("1", retain=True)
    assert guard.state == "armed_away"
    await guard.motion("2")
    assert guard.state == "triggered"


@pytest.mark.parametrize(("down", "then"), [(20.0, "arming"), (60.0, "armed_away")])
async def test_a_restart_while_people_leave(guard: Guard, down: float, then: str) -> None:
    await guard.set_up(exit_delay=60.0)
    await guard.arm()
    await guard.restart(down=down)
    assert guard.state == then
    assert guard.turns == ([] if then == "arming" else [("armed_away", "exit_delay_over", None)])
    await guard.house.clock.advance(40)
    assert guard.state == "armed_away"


@pytest.mark.parametrize(("down", "then"), [(10.0, "pending"), (30.0, "triggered")])
async def test_a_restart_while_somebody_comes(guard: Guard, down: float, then: str) -> None:
    """Nobody gains anything by cutting the power after the motion was seen."""
    await guard.set_up(entry_delay=30.0, delayed=["hall"])
    await guard.arm()
    await guard.motion()
    await guard.restart(down=down)
    assert guard.state == then
    await guard.house.clock.advance(20)
    assert guard.state == "triggered"


async def test_a_restart_while_it_rings(guard: Guard) -> None:
    await guard.set_up(instant=["hall"], trigger_time=100.0)
    await guard.arm()
    await guard.motion()
    await guard.restart(down=50)
    assert guard.state == "triggered"
    await guard.restart(down=50)
    assert guard.state == "armed_away"
    assert guard.told[0].data["away"] is True


@pytest.mark.parametrize(
    "garbage",
    [
        "nonsense",
        {"house": "nonsense"},
        {"house": {}},
        {"house": {"panel": None}},
        {"house": {"panel": {"version": 1, "state": "armed_away"}, "despite": 3}},
    ],
)
async def test_what_cannot_be_read_is_disarmed_and_said(
    guard: Guard,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    garbage: Any,
) -> None:
    await guard.set_up()
    await guard.arm()
    house = guard.house
    assert await house.hass.config_entries.async_unload(house.entry.entry_id)
    hass_storage["mqtt_sentinel.hub"]["data"]["parts"]["alarms"] = garbage
    caplog.clear()
    guard.fresh()
    assert await house.hass.config_entries.async_setup(house.entry.entry_id)
    await house.clock.advance(SUBSCRIBE_TIME)
    assert guard.state == "disarmed"
    assert guard.commands == both(OFF)
    assert guard.turns == [("disarmed", "memory_lost", None)]
    line = line_of(house.hass, guard.told[0])["message"]
    assert line == "could not be read after a restart, and is disarmed"
    assert [level for level, _ in own_log(caplog)] == [logging.WARNING]
    assert house.issues["panel_lost_house"].translation_placeholders == {
        "name": "House",
        "alarm": "House",
    }

    await guard.restart()
    assert "panel_lost_house" in house.issues
    await guard.services("off")
    await guard.arm()
    assert "panel_lost_house" not in house.issues
    await guard.restart()
    assert "panel_lost_house" not in house.issues


async def test_what_stood_against_it_cannot_be_read(
    guard: Guard, hass_storage: dict[str, Any]
) -> None:
    await guard.set_up()
    await guard.arm()
    house = guard.house
    assert await house.hass.config_entries.async_unload(house.entry.entry_id)
    hass_storage["mqtt_sentinel.hub"]["data"]["parts"]["alarms"]["house"]["despite"] = [["x"]]
    assert await house.hass.config_entries.async_setup(house.entry.entry_id)
    assert guard.state == "armed_away"
    assert guard.shown["armed_despite"] == []


async def test_what_is_stored_is_json_without_the_code(
    guard: Guard, hass_storage: dict[str, Any]
) -> None:
    await guard.set_up(code=CODE)
    await guard.arm(code=CODE)
    text = json.dumps(hass_storage["mqtt_sentinel.hub"]["data"])
    assert "armed_away" in text
    assert CODE not in text


# Changes of the set-up


async def test_a_new_panel_tells_its_services_to_be_off(guard: Guard) -> None:
    house = guard.house
    await house.set_up(watch("front", expect="alarm"))
    await house.service(FRONT, "on")
    guard.fresh()
    house.hass.config_entries.async_add_subentry(house.entry, subentry_of(panel_alarm("front")))
    await house.clock.settle()
    assert guard.state == "disarmed"
    assert guard.commands == [(f"status/{FRONT}", OFF)]


async def test_a_panel_that_is_changed_stays_armed(guard: Guard) -> None:
    await guard.set_up()
    house = guard.house
    await guard.arm()
    guard.fresh()
    changed = panel_alarm("back", modes=("armed_away",), code=CODE)
    house.hass.config_entries.async_update_subentry(
        house.entry, house.entry.subentries["house"], data=changed["data"], title="Castle"
    )
    await house.clock.settle()
    assert guard.state == "armed_away"
    assert guard.shown["code_format"] == "number"
    assert guard.shown["supported_features"] == 2 | 8
    assert guard.commands == [(f"status/{FRONT}", OFF)]
    assert house.judged("front")[1] == "observed_only"


async def test_only_the_code_is_changed(guard: Guard) -> None:
    await guard.set_up()
    house = guard.house
    changed = panel_alarm("front", "back", code=CODE)
    house.hass.config_entries.async_update_subentry(
        house.entry, house.entry.subentries["house"], data=changed["data"]
    )
    await house.clock.settle()
    assert guard.shown["code_format"] == "number"
    assert guard.commands == []


@pytest.mark.parametrize("armed", [True, False])
async def test_a_panel_that_is_removed_turns_off_what_it_turned_on(
    guard: Guard, armed: bool
) -> None:
    await guard.set_up()
    house = guard.house
    if armed:
        await guard.arm()
    guard.fresh()
    house.hass.config_entries.async_remove_subentry(house.entry, "house")
    await house.clock.settle()
    assert guard.commands == (both(OFF) if armed else [])
    assert house.hass.states.get(PANEL) is None
    await house.clock.advance(GRACE)


async def test_a_service_that_is_removed_is_told_nothing(guard: Guard) -> None:
    await guard.set_up()
    house = guard.house
    house.hass.config_entries.async_remove_subentry(house.entry, "front")
    await house.clock.settle()
    await guard.arm()
    assert guard.commands == [(f"status/{BACK}", ON)]


async def test_nothing_is_left_behind(guard: Guard, hass: HomeAssistant) -> None:
    await guard.set_up(exit_delay=60.0)
    await guard.arm()
    assert await hass.config_entries.async_unload(guard.house.entry.entry_id)
    guard.fresh()
    await guard.house.clock.advance(120)
    assert guard.commands == []
    assert guard.told == []
