"""What an alarm panel wants of its services, whether it protects, whether it can be armed."""

import pytest

from .house import GRACE, PANEL, SETTLE, House, alarm, watch

FRONT, BACK = "object_detection/front", "object_detection/back"


@pytest.fixture
async def guarded(house: House) -> House:
    """A disarmed alarm over two services that are off, long after the start."""
    await house.panel("disarmed")
    await house.set_up(
        watch("front", expect="alarm"), watch("back", expect="alarm"), alarm("front", "back")
    )
    await house.service(FRONT, "off")
    await house.service(BACK, "off")
    await house.clock.advance(GRACE)
    return house


async def test_an_armed_alarm_is_protected_once_all_its_services_came_up(guarded: House) -> None:
    assert guarded.protection() == "disarmed"
    assert guarded.judged("front") == ("ok", "agrees", "none")

    await guarded.panel("armed_away")
    assert guarded.protection() == "unknown"
    assert guarded.judged("front") == ("pending", "settling", "none")
    expected = guarded.state("binary_sensor.front_problem").attributes
    assert (expected["expected"], expected["expected_because"]) == ("up", "House")

    await guarded.service(FRONT, "on")
    assert guarded.protection() == "unknown"
    await guarded.service(BACK, "on")
    assert guarded.protection() == "protected"
    assert guarded.state("sensor.house_protection").attributes["services"] == [
        {"name": "Front", "verdict": "ok", "reason": "agrees", "proof": "live"},
        {"name": "Back", "verdict": "ok", "reason": "agrees", "proof": "live"},
    ]
    await guarded.clock.advance(GRACE)
    assert guarded.issues == {}


async def test_a_service_that_ignores_its_command_degrades_the_alarm(guarded: House) -> None:
    await guarded.panel("armed_away")
    await guarded.service(FRONT, "on")
    await guarded.clock.advance(SETTLE)
    assert guarded.protection() == "degraded"
    assert guarded.judged("back") == ("mismatch", "did_not_turn_on", "none")
    assert guarded.issue("back") == "did_not_turn_on_alarm"
    assert guarded.issues["incident_back"].severity == "error"

    await guarded.service(BACK, "on")
    assert guarded.protection() == "protected"
    assert guarded.issues == {}
    assert guarded.fired == [("mismatch", "did_not_turn_on"), ("recovered", "did_not_turn_on")]


async def test_an_alarm_without_any_of_its_services_is_unprotected(guarded: House) -> None:
    await guarded.panel("armed_away")
    await guarded.service(FRONT, "on")
    await guarded.service(BACK, "on")
    await guarded.clock.advance(SETTLE)
    await guarded.service(FRONT, "off")
    assert guarded.protection() == "degraded"
    assert guarded.issue("front") == "disconnected_alarm"
    await guarded.service(BACK, "off")
    assert guarded.protection() == "unprotected"


async def test_a_service_that_stays_on_after_disarming_is_a_mismatch(guarded: House) -> None:
    await guarded.panel("armed_away")
    await guarded.service(FRONT, "on")
    await guarded.service(BACK, "on")
    await guarded.panel("disarmed")
    await guarded.service(BACK, "off")
    await guarded.clock.advance(SETTLE)
    assert guarded.judged("front") == ("mismatch", "did_not_turn_off", "live")
    assert guarded.issue("front") == "did_not_turn_off_alarm"
    assert guarded.issue("back") is None
    assert guarded.protection() == "disarmed"


async def test_a_service_that_comes_up_while_disarmed_is_a_mismatch_at_once(guarded: House) -> None:
    await guarded.service(FRONT, "on")
    assert guarded.judged("front") == ("mismatch", "connected", "live")
    assert guarded.issue("front") == "connected_alarm"


async def test_arming_again_within_the_mismatch_ends_it(guarded: House) -> None:
    await guarded.service(FRONT, "on")
    assert guarded.issue("front") == "connected_alarm"
    await guarded.panel("armed_home")
    assert guarded.judged("front") == ("ok", "agrees", "live")
    assert guarded.issues == {}


@pytest.mark.parametrize("between", ["arming", "pending", "triggered", "unavailable", "unknown"])
async def test_a_panel_on_its_way_or_silent_wants_what_it_wanted(
    guarded: House, between: str
) -> None:
    await guarded.panel("armed_away")
    await guarded.service(FRONT, "on")
    await guarded.service(BACK, "on")
    since = guarded.state("binary_sensor.front_problem").attributes["expected_since"]

    await guarded.clock.advance(SETTLE)
    await guarded.panel(between)
    await guarded.service(BACK, "off")
    assert guarded.judged("front") == ("ok", "agrees", "live")
    assert guarded.judged("back") == ("mismatch", "disconnected", "none")
    await guarded.clock.advance(5)
    await guarded.panel("armed_away")
    now = guarded.state("binary_sensor.front_problem").attributes
    assert now["expected_since"] == since


async def test_services_may_come_up_while_the_alarm_arms(guarded: House) -> None:
    await guarded.panel("arming")
    await guarded.service(FRONT, "on")
    assert guarded.judged("front") == ("unknown", "observed_only", "live")
    assert guarded.protection() == "disarmed"
    await guarded.panel("armed_away")
    assert guarded.judged("front") == ("ok", "agrees", "live")
    assert guarded.judged("back") == ("pending", "settling", "none")
    await guarded.clock.advance(SETTLE)
    assert guarded.judged("back") == ("mismatch", "did_not_turn_on", "none")
    assert guarded.fired == [("mismatch", "did_not_turn_on")]


async def test_services_may_go_while_the_alarm_disarms(guarded: House) -> None:
    await guarded.panel("armed_away")
    await guarded.service(FRONT, "on")
    await guarded.service(BACK, "on")
    await guarded.panel("disarming")
    await guarded.service(FRONT, "off")
    assert guarded.judged("front") == ("unknown", "observed_only", "none")
    await guarded.panel("disarmed")
    assert guarded.judged("front") == ("ok", "agrees", "none")
    assert guarded.judged("back") == ("pending", "settling", "live")
    assert guarded.fired == []


async def test_a_disarmed_alarm_that_waits_for_a_code_wants_nothing_new(guarded: House) -> None:
    await guarded.panel("pending")
    assert guarded.protection() == "disarmed"
    assert guarded.judged("front") == ("ok", "agrees", "none")


async def test_an_alarm_that_rings_when_it_is_first_seen_was_armed(house: House) -> None:
    await house.panel("triggered")
    await house.set_up(watch("front", expect="alarm"), alarm("front"))
    await house.service(FRONT, "on")
    assert house.protection() == "protected"


@pytest.mark.parametrize("state", ["unavailable", "unknown", None])
async def test_a_silent_panel_says_nothing_of_protection(guarded: House, state: str | None) -> None:
    await guarded.panel("armed_away")
    await guarded.service(FRONT, "on")
    await guarded.service(BACK, "on")
    if state is None:
        guarded.hass.states.async_remove(PANEL)
        await guarded.clock.settle()
    else:
        await guarded.panel(state)
    assert guarded.protection() == "unknown"
    assert guarded.value("binary_sensor.house_ready_to_arm") == "off"
    blocking = guarded.state("binary_sensor.house_ready_to_arm").attributes["blocking"]
    assert blocking == [{"name": "House", "reason": "alarm_unknown"}]
    assert guarded.judged("front") == ("ok", "agrees", "live")


async def test_a_panel_that_never_said_anything_expects_nothing(house: House) -> None:
    await house.set_up(watch("front", expect="alarm"), alarm("front"))
    await house.service(FRONT, "on")
    await house.clock.advance(2 * GRACE)
    assert house.judged("front") == ("unknown", "observed_only", "live")
    assert house.protection() == "unknown"


async def test_only_the_chosen_modes_need_the_services(house: House) -> None:
    await house.panel("armed_home")
    await house.set_up(watch("front", expect="alarm"), alarm("front", modes=["armed_away"]))
    await house.service(FRONT, "off")
    await house.clock.advance(GRACE)
    assert house.judged("front") == ("ok", "agrees", "none")
    assert house.protection() == "disarmed"

    await house.panel("armed_away")
    await house.clock.advance(SETTLE)
    assert house.judged("front") == ("mismatch", "did_not_turn_on", "none")
    assert house.protection() == "unprotected"


async def test_a_live_view_may_be_left_alone(house: House) -> None:
    await house.panel("disarmed")
    await house.set_up(watch("front", expect="alarm"), alarm("front", verify_connect=[]))
    await house.service(FRONT, "on")
    await house.clock.advance(2 * GRACE)
    assert house.judged("front") == ("unknown", "not_verified", "live")
    assert house.problem("front") == "off"
    assert house.issues == {}

    await house.panel("armed_away")
    assert house.judged("front") == ("ok", "agrees", "live")
    await house.clock.advance(SETTLE)
    await house.service(FRONT, "off")
    assert house.issue("front") == "disconnected_alarm"


async def test_a_loss_may_be_left_alone_and_does_not_count_as_protection(house: House) -> None:
    await house.panel("armed_away")
    await house.set_up(
        watch("front", expect="alarm"),
        watch("back", expect="alarm"),
        alarm("front", "back", verify_disconnect=["front"]),
    )
    await house.service(FRONT, "on")
    await house.service(BACK, "off")
    await house.clock.advance(2 * GRACE)
    assert house.judged("back") == ("unknown", "not_verified", "none")
    assert house.issues == {}
    assert house.protection() == "protected"


async def test_two_alarms_over_one_service(house: House) -> None:
    garage = "alarm_control_panel.garage"
    await house.panel("disarmed")
    await house.panel("disarmed", garage)
    await house.set_up(
        watch("front", expect="alarm"),
        alarm("front"),
        alarm("front", name="garage", entity_id=garage),
    )
    await house.service(FRONT, "off")
    await house.clock.advance(GRACE)

    await house.panel("armed_away", garage)
    await house.clock.advance(SETTLE)
    assert house.judged("front") == ("mismatch", "did_not_turn_on", "none")
    assert house.protection("garage") == "unprotected"
    assert house.protection("house") == "disarmed"
    issue = house.issues["incident_front"]
    assert issue.translation_placeholders
    assert issue.translation_placeholders["because"] == "Garage"

    await house.service(FRONT, "on")
    assert house.protection("garage") == "protected"
    await house.panel("armed_away")
    assert house.protection("house") == "protected"
    # One of them still wants it.
    await house.panel("disarmed", garage)
    assert house.judged("front") == ("ok", "agrees", "live")
    await house.panel("disarmed")
    await house.clock.advance(SETTLE)
    assert house.judged("front") == ("mismatch", "did_not_turn_off", "live")


async def test_a_watch_may_follow_a_panel_of_its_own(house: House) -> None:
    await house.panel("disarmed")
    await house.set_up(watch("front", expect="alarm", entity_id=PANEL))
    await house.service(FRONT, "off")
    await house.clock.advance(GRACE)
    await house.panel("armed_night")
    await house.clock.advance(SETTLE)
    assert house.judged("front") == ("mismatch", "did_not_turn_on", "none")
    placeholders = house.issues["incident_front"].translation_placeholders
    assert placeholders
    assert placeholders["because"] == "House alarm"


async def test_several_may_follow_the_same_entity(house: House) -> None:
    await house.panel("disarmed")
    entry = await house.set_up(
        watch("front", expect="alarm", entity_id=PANEL),
        watch("back", expect="entity", entity_id=PANEL, states=["armed_away"]),
        watch("attic", expect="alarm"),
        alarm("attic"),
    )
    for gone in ("front", "house"):
        house.hass.config_entries.async_remove_subentry(entry, gone)
    await house.clock.settle()
    await house.panel("armed_away")
    assert house.state("binary_sensor.back_problem").attributes["expected"] == "up"
    assert house.state("binary_sensor.attic_problem").attributes["expected"] == "anything"


async def test_a_thing_that_should_be_up_while_an_entity_is_in_some_states(house: House) -> None:
    tv = "media_player.tv"
    house.hass.states.async_set(tv, "off")
    await house.set_up(watch("front", expect="entity", entity_id=tv, states=["playing", "paused"]))
    await house.service(FRONT, "off")
    await house.clock.advance(GRACE)
    assert house.judged("front") == ("ok", "agrees", "none")

    house.hass.states.async_set(tv, "playing")
    await house.clock.advance(SETTLE)
    assert house.judged("front") == ("mismatch", "did_not_turn_on", "none")
    assert house.issue("front") == "did_not_turn_on_entity"
    assert house.issues["incident_front"].severity == "warning"
    placeholders = house.issues["incident_front"].translation_placeholders
    assert placeholders
    assert placeholders["because"] == "tv"

    await house.service(FRONT, "on")
    house.hass.states.async_set(tv, "paused")
    await house.clock.settle()
    assert house.judged("front") == ("ok", "agrees", "live")
    # A silent entity wants what it wanted.
    house.hass.states.async_set(tv, "unavailable")
    await house.clock.advance(SETTLE)
    assert house.judged("front") == ("ok", "agrees", "live")
    house.hass.states.async_remove(tv)
    await house.clock.advance(SETTLE)
    assert house.judged("front") == ("ok", "agrees", "live")
    house.hass.states.async_set(tv, "idle")
    await house.clock.advance(SETTLE)
    assert house.judged("front") == ("mismatch", "did_not_turn_off", "live")
    assert house.issue("front") == "did_not_turn_off_entity"


async def test_an_entity_wish_may_leave_a_direction_alone(house: House) -> None:
    house.hass.states.async_set("sensor.mode", "night")
    await house.set_up(
        watch(
            "front",
            expect="entity",
            entity_id="sensor.mode",
            states=["day"],
            verify_connect=False,
        )
    )
    await house.service(FRONT, "on")
    await house.clock.advance(2 * GRACE)
    assert house.judged("front") == ("unknown", "not_verified", "live")


async def test_an_entity_that_never_was_names_itself_and_expects_nothing(house: House) -> None:
    await house.set_up(watch("front", expect="entity", entity_id="sensor.none", states=["day"]))
    await house.clock.advance(2 * GRACE)
    assert house.judged("front") == ("unknown", "observed_only", "none")


async def test_an_alarm_over_a_service_that_was_never_heard(house: House) -> None:
    await house.panel("armed_away")
    await house.set_up(
        watch("front", expect="alarm"), watch("back", expect="alarm"), alarm("front", "back")
    )
    await house.service(FRONT, "on")
    await house.clock.advance(GRACE)
    assert house.judged("back") == ("mismatch", "never_heard", "none")
    assert house.protection() == "degraded"
    issue = house.issues["incident_back"]
    assert issue.translation_key == "never_heard_alarm"
    assert issue.translation_placeholders
    assert issue.translation_placeholders["name"] == "Back"


async def test_what_stands_against_arming(guarded: House) -> None:
    ready = "binary_sensor.house_ready_to_arm"
    assert guarded.value(ready) == "on"
    assert guarded.state(ready).attributes["blocking"] == []

    await guarded.service(FRONT, "on")
    assert guarded.value(ready) == "off"
    assert guarded.state(ready).attributes["blocking"] == [{"name": "Front", "reason": "incident"}]

    await guarded.broker.go()
    assert guarded.state(ready).attributes["blocking"] == [
        {"name": "Front", "reason": "broker_gone"},
        {"name": "Back", "reason": "broker_gone"},
    ]
    await guarded.broker.come()
    await guarded.clock.advance(GRACE)
    await guarded.service(BACK, "off")
    assert guarded.state(ready).attributes["blocking"] == [{"name": "Front", "reason": "incident"}]

    await guarded.service(FRONT, "off")
    assert guarded.value(ready) == "on"


async def test_a_service_that_was_never_heard_stands_against_arming(house: House) -> None:
    await house.panel("disarmed")
    await house.set_up(watch("front", expect="alarm"), alarm("front"))
    blocking = house.state("binary_sensor.house_ready_to_arm").attributes["blocking"]
    assert blocking == [{"name": "Front", "reason": "never_heard"}]


async def test_an_alarm_that_relies_on_nothing_any_more_is_not_ready(guarded: House) -> None:
    for gone in ("front", "back"):
        guarded.hass.config_entries.async_remove_subentry(guarded.entry, gone)
    await guarded.clock.settle()
    state = guarded.state("binary_sensor.house_ready_to_arm")
    assert state.state == "off"
    assert state.attributes["blocking"] == [{"name": "House", "reason": "nothing_relied_on"}]
    await guarded.panel("armed_away")
    assert guarded.protection() == "unknown"
    assert guarded.state("sensor.house_protection").attributes["services"] == []


async def test_an_alarm_over_a_thing_that_should_always_be_there(house: House) -> None:
    """Its loss is worse while the alarm is armed."""
    await house.panel("disarmed")
    await house.set_up(watch("front"), alarm("front"))
    await house.service(FRONT, "on")
    await house.clock.advance(GRACE)
    assert house.judged("front") == ("ok", "agrees", "live")
    await house.service(FRONT, "off")
    assert house.issue("front") == "disconnected_always"
    assert house.issues["incident_front"].severity == "warning"
    await house.panel("armed_away")
    assert house.issue("front") == "disconnected_alarm"
    assert house.issues["incident_front"].severity == "error"
    assert house.fired == [("mismatch", "disconnected")]


async def test_things_of_the_same_name_are_both_shown(house: House) -> None:
    await house.panel("armed_away")
    await house.set_up(
        watch("front", title="Camera"), watch("back", title="Camera"), alarm("front", "back")
    )
    services = house.state("sensor.house_protection").attributes["services"]
    assert [service["name"] for service in services] == ["Camera", "Camera"]
    blocking = house.state("binary_sensor.house_ready_to_arm").attributes["blocking"]
    assert blocking == 2 * [{"name": "Camera", "reason": "never_heard"}]
