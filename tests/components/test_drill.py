"""The drill of an alarm, on a real hub: what is sent, seen, reported and put back."""

from copy import deepcopy
import logging
from typing import Any

from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import callback
from homeassistant.exceptions import ServiceValidationError
import pytest

from custom_components.mqtt_sentinel.watch.drill_words import LOOK_TIME, PATIENCE, PING_SLACK

from .drilled import BACK, FRONT, OFF, ON, Services
from .house import (
    GRACE,
    PANEL,
    SETTLE,
    SUBSCRIBE_TIME,
    House,
    alarm,
    own_log,
    panel_alarm,
    subentry_of,
    watch,
)

GARAGE = "alarm_control_panel.garage"
FILE = "mqtt_sentinel.hub"
INTERVAL = 10
# Until the services are commanded: the subscription, and the time for what the broker kept.
LOOK = SUBSCRIBE_TIME + 1.0


@pytest.fixture
async def guarded(house: House) -> House:
    """A disarmed alarm over two services that are off."""
    await house.panel("disarmed")
    await house.set_up(
        watch("front", expect="alarm", ping_interval=INTERVAL),
        watch("back", expect="alarm"),
        alarm("front", "back"),
    )
    await house.service(FRONT, "off")
    await house.service(BACK, "off")
    await house.clock.advance(GRACE)
    return house


@pytest.fixture
def services(guarded: House) -> Services:
    """The services, which do as they are told."""
    return Services(guarded, FRONT, BACK)


async def drilled(house: House, services: Services) -> dict[str, Any]:
    """Run a drill to its end, and answer with its report."""
    drill = services.drill()
    await house.clock.advance(LOOK_TIME + 4 * SETTLE + INTERVAL + PING_SLACK)
    assert drill.done()
    (report,) = (await drill)["drills"]
    return report


def line(report: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = (found for found in report["services"] if found["watch_id"] == name)
    return found


def faults(report: dict[str, Any]) -> dict[str, str | None]:
    return {found["watch_id"]: found["fault"] for found in report["services"]}


# All is well


async def test_it_turns_all_on_sees_them_and_turns_them_off(
    guarded: House, services: Services
) -> None:
    drill = services.drill()
    await guarded.clock.advance(LOOK - 0.1)
    assert services.log == []
    await guarded.clock.advance(0.2)
    assert services.log == [(FRONT, ON), (BACK, ON)]
    await guarded.clock.advance(1)
    assert services.log[2:] == [(FRONT, OFF), (BACK, OFF)]
    assert drill.done()
    (report,) = (await drill)["drills"]
    assert (report["alarm"], report["result"], report["why"]) == ("House", "passed", None)
    assert (report["restored"], report["told"]) == (True, None)
    assert line(report, "front") | {"name": ""} == {
        "name": "",
        "watch_id": "front",
        "result": "passed",
        "fault": None,
        "commanded": True,
        "was_connected": False,
        "connected_after": 0.0,
        "pinged_after": 1.0,
        "off_after": 0.0,
        "left_on": False,
        "records": False,
        "recorded_after": None,
        "media_id": None,
        "not_recorded": None,
        "media_content_id": None,
    }
    assert line(report, "back")["pinged_after"] is None
    # All is retained, and sent once.
    commands = [
        call
        for call in guarded.broker.client.publish.call_args_list
        if call.args[0].startswith("status/")
    ]
    assert all(call.args[2:4] == (1, True) for call in commands)
    assert guarded.issues == {}
    assert guarded.fired == []


async def test_nothing_is_expected_of_what_is_drilled_until_it_is_over(
    guarded: House, services: Services
) -> None:
    services.mute.add(FRONT)
    services.stuck.add(FRONT)
    drill = services.drill()
    await guarded.clock.advance(LOOK + 0.1)
    assert guarded.judged("front") == ("unknown", "observed_only", "live")
    # It is on for longer than it had time to turn off, if it were not for the drill.
    await guarded.clock.advance(INTERVAL + PING_SLACK + SETTLE)
    assert drill.done()
    assert guarded.judged("front") == ("pending", "settling", "live")
    assert guarded.judged("back") == ("ok", "agrees", "none")
    assert guarded.fired == []
    await guarded.clock.advance(SETTLE)
    assert guarded.judged("front") == ("mismatch", "did_not_turn_off", "live")


async def test_the_command_that_was_found_is_put_back_as_it_was(
    guarded: House, services: Services
) -> None:
    theirs = b'{"data": null, "status": false, "by": "node-red"}'
    services.keep(FRONT, theirs)
    await drilled(guarded, services)
    assert services.log == [(FRONT, ON), (BACK, ON), (FRONT, theirs), (BACK, OFF)]


async def test_what_cannot_be_read_is_put_back_all_the_same(
    guarded: House, services: Services
) -> None:
    services.keep(FRONT, b"off please")
    await drilled(guarded, services)
    assert services.kept[FRONT] == b"off please"


async def test_what_ran_goes_on(guarded: House, services: Services) -> None:
    services.on |= {FRONT, BACK}
    services.keep(BACK, ON)
    await guarded.service(FRONT, "on")
    await guarded.service(BACK, "on")
    drill = services.drill()
    await guarded.clock.advance(LOOK + 3)
    await services.ping(FRONT)
    (report,) = (await drill)["drills"]
    # Of the one nobody knows a command, and the other has the one that it needs.
    assert services.log == [(BACK, ON)]
    assert report["result"] == "passed"
    assert [line(report, name)["left_on"] for name in ("front", "back")] == [True, True]
    assert line(report, "front")["was_connected"]
    assert line(report, "front")["pinged_after"] == pytest.approx(3, abs=0.2)


async def test_a_camera_that_streams_streams_on(house: House) -> None:
    camera = "camera_manager/door"
    streams = b'{"status":true,"data":{"to_analyze":false,"stream":true}}'
    await house.panel("disarmed")
    await house.set_up(watch("door", camera, expect="alarm"), alarm("door"))
    services = Services(house, camera)
    services.keep(camera, streams)
    services.on.add(camera)
    await house.service(camera, "on")
    report = await drilled(house, services)
    looks = b'{"status":true,"data":{"to_analyze":true,"stream":null}}'
    assert services.log == [(camera, looks), (camera, streams)]
    assert report["result"] == "passed"
    assert line(report, "door")["left_on"]


async def test_what_cannot_be_commanded_is_only_looked_at(house: House) -> None:
    await house.panel("disarmed")
    await house.set_up(
        watch("room1", dialect="museum"), watch("room2", dialect="museum"), alarm("room1", "room2")
    )
    await house.broker.publish("devices/room1/status", "online")
    await house.broker.publish("devices/room2/status", "offline")
    services = Services(house)
    report = await drilled(house, services)
    assert services.log == []
    assert report["result"] == "failed"
    assert faults(report) == {"room1": None, "room2": "did_not_connect"}
    assert not any(found["commanded"] for found in report["services"])


# What fails


async def test_a_service_that_never_connects(guarded: House, services: Services) -> None:
    services.deaf.add(BACK)
    report = await drilled(guarded, services)
    assert report["result"] == "failed"
    assert faults(report) == {"front": None, "back": "did_not_connect"}
    assert services.kept == {FRONT: OFF, BACK: OFF}


async def test_a_service_that_never_pings(guarded: House, services: Services) -> None:
    services.mute.add(FRONT)
    report = await drilled(guarded, services)
    assert faults(report) == {"front": "did_not_ping", "back": None}
    assert services.kept == {FRONT: OFF, BACK: OFF}


async def test_a_service_that_does_not_turn_off(guarded: House, services: Services) -> None:
    services.stuck.add(BACK)
    report = await drilled(guarded, services)
    assert faults(report) == {"front": None, "back": "did_not_turn_off"}
    assert report["restored"]


async def test_a_retained_message_is_no_sign_of_life(guarded: House, services: Services) -> None:
    services.deaf.add(BACK)
    drill = services.drill()
    await guarded.clock.advance(LOOK + 1)
    await guarded.service(BACK, "on", retain=True)
    await guarded.clock.advance(4 * SETTLE)
    (report,) = (await drill)["drills"]
    assert faults(report) == {"front": None, "back": "did_not_connect"}


async def test_a_watch_that_is_removed_meanwhile_is_put_back(
    guarded: House, services: Services
) -> None:
    services.mute.add(FRONT)
    drill = services.drill()
    await guarded.clock.advance(LOOK + 1)
    guarded.hass.config_entries.async_remove_subentry(guarded.entry, "back")
    await guarded.clock.advance(4 * SETTLE)
    (report,) = (await drill)["drills"]
    assert report["restored"]
    assert services.kept == {FRONT: OFF, BACK: OFF}


# When there is none


@pytest.mark.parametrize(
    ("state", "key"),
    [
        ("armed_away", "drill_armed"),
        ("arming", "drill_armed"),
        ("pending", "drill_armed"),
        ("triggered", "drill_armed"),
        ("unavailable", "drill_alarm_unknown"),
    ],
)
async def test_an_alarm_that_is_not_disarmed_is_not_drilled(
    guarded: House, services: Services, state: str, key: str
) -> None:
    await guarded.panel(state)
    with pytest.raises(ServiceValidationError) as raised:
        await services.drill()
    assert raised.value.translation_key == key
    assert raised.value.translation_placeholders == {"name": "House"}
    event = guarded.state("event.house_event").attributes
    assert event["event_type"] == "drill_refused"
    assert event["why"] == key.removeprefix("drill_")
    await guarded.clock.advance(60)
    assert services.log == []
    assert guarded.value("sensor.house_last_drill") == "unknown"


async def test_there_is_one_drill_of_an_alarm_at_a_time(guarded: House, services: Services) -> None:
    drill = services.drill()
    await guarded.clock.settle()
    with pytest.raises(ServiceValidationError) as raised:
        await services.drill()
    assert raised.value.translation_key == "drill_running"
    await guarded.clock.advance(60)
    assert (await drill)["drills"][0]["result"] == "passed"


async def test_without_a_broker_there_is_none(guarded: House, services: Services) -> None:
    await guarded.broker.go()
    with pytest.raises(ServiceValidationError) as raised:
        await services.drill()
    assert raised.value.translation_key == "drill_broker_gone"


async def test_without_anything_to_rely_on_there_is_none(
    guarded: House, services: Services
) -> None:
    for name in ("front", "back"):
        guarded.hass.config_entries.async_remove_subentry(guarded.entry, name)
    await guarded.clock.settle()
    with pytest.raises(ServiceValidationError) as raised:
        await services.drill()
    assert raised.value.translation_key == "drill_nothing_relied_on"


# Others


@pytest.fixture
async def shared(house: House) -> House:
    """Two disarmed alarms that rely on the same service."""
    await house.panel("disarmed")
    await house.panel("disarmed", GARAGE)
    await house.set_up(
        watch("front", expect="alarm"),
        watch("back", expect="alarm"),
        alarm("front", "back"),
        alarm("front", name="garage", entity_id=GARAGE),
    )
    await house.service(FRONT, "off")
    await house.service(BACK, "off")
    await house.clock.advance(GRACE)
    return house


async def test_two_alarms_that_share_a_service_are_drilled_one_after_the_other(
    shared: House,
) -> None:
    services = Services(shared, FRONT, BACK)
    entities = ["sensor.house_protection", "sensor.garage_protection"]
    drill = services.drill(entity_id=entities)
    await shared.clock.advance(1)
    with pytest.raises(ServiceValidationError) as raised:
        await services.drill(entity_id=entities[1])
    assert raised.value.translation_key == "drill_shared"
    await shared.clock.advance(60)
    reports = (await drill)["drills"]
    assert [(report["alarm"], report["result"]) for report in reports] == [
        ("House", "passed"),
        ("Garage", "passed"),
    ]
    assert services.kept == {FRONT: OFF, BACK: OFF}
    assert shared.fired == []


async def test_what_another_armed_alarm_needs_is_not_turned_off(shared: House) -> None:
    await shared.panel("armed_away", GARAGE)
    services = Services(shared, FRONT, BACK)
    services.keep(FRONT, ON)
    services.on.add(FRONT)
    await shared.service(FRONT, "on")
    report = await drilled(shared, services)
    assert (FRONT, OFF) not in services.log
    assert services.kept[BACK] == OFF
    assert report["result"] == "passed"
    assert line(report, "front")["left_on"]


async def test_what_another_alarm_begins_to_need_is_not_turned_off(shared: House) -> None:
    services = Services(shared, FRONT, BACK)
    services.deaf.add(BACK)
    drill = services.drill()
    await shared.clock.advance(LOOK + 1)
    await shared.panel("armed_away", GARAGE)
    await shared.clock.advance(4 * SETTLE)
    (report,) = (await drill)["drills"]
    assert services.kept == {FRONT: ON, BACK: OFF}
    assert line(report, "front")["left_on"]
    assert shared.protection("garage") == "protected"


async def test_arming_stops_it_and_everything_stays_on(guarded: House, services: Services) -> None:
    services.mute.add(FRONT)
    drill = services.drill()
    await guarded.clock.advance(LOOK + 2)
    await guarded.panel("arming")
    await guarded.clock.advance(30)
    assert not drill.done()
    await guarded.panel("armed_away")
    assert drill.done()
    (report,) = (await drill)["drills"]
    assert (report["result"], report["why"]) == ("stopped", "armed")
    assert services.log == [(FRONT, ON), (BACK, ON)]
    await guarded.clock.advance(PATIENCE)
    assert services.log == [(FRONT, ON), (BACK, ON)]
    assert guarded.judged("back") == ("ok", "agrees", "live")
    assert guarded.value("sensor.house_last_drill") == "stopped"


async def test_arming_that_is_called_off_puts_everything_back(
    guarded: House, services: Services
) -> None:
    services.mute.add(FRONT)
    drill = services.drill()
    await guarded.clock.advance(LOOK + 2)
    await guarded.panel("arming")
    await guarded.clock.advance(30)
    await guarded.panel("disarmed")
    await guarded.clock.advance(1)
    (report,) = (await drill)["drills"]
    assert (report["result"], report["restored"]) == ("stopped", True)
    assert services.kept == {FRONT: OFF, BACK: OFF}


async def test_arming_in_a_mode_that_needs_nothing_puts_everything_back(house: House) -> None:
    await house.panel("disarmed")
    await house.set_up(watch("front", expect="alarm"), alarm("front", modes=["armed_away"]))
    services = Services(house, FRONT)
    services.deaf.add(FRONT)
    drill = services.drill()
    await house.clock.advance(LOOK + 2)
    await house.panel("armed_home")
    await house.clock.advance(SETTLE)
    assert (await drill)["drills"][0]["result"] == "stopped"
    assert services.kept == {FRONT: OFF}


async def test_arming_while_it_looks(guarded: House, services: Services) -> None:
    drill = services.drill()
    await guarded.clock.settle()
    await guarded.panel("armed_away")
    assert (await drill)["drills"][0]["result"] == "stopped"
    await guarded.clock.advance(60)
    assert services.log == []


async def test_what_somebody_else_commands_meanwhile_stands(
    guarded: House, services: Services
) -> None:
    services.mute.add(FRONT)
    drill = services.drill()
    await guarded.clock.advance(LOOK + 2)
    theirs = b'{"status":true,"data":{"for":"a guest"}}'
    await services.command(BACK, theirs)
    await guarded.clock.advance(2 * SETTLE)
    (report,) = (await drill)["drills"]
    assert services.kept == {FRONT: OFF, BACK: theirs}
    assert line(report, "back")["left_on"]


# The broker


async def test_a_broker_that_confirms_nothing(guarded: House, services: Services) -> None:
    guarded.broker.hold_acknowledgements()
    drill = services.drill()
    await guarded.clock.advance(LOOK_TIME - 1)
    assert not drill.done()
    await guarded.clock.advance(1)
    (report,) = (await drill)["drills"]
    assert (report["result"], report["why"]) == ("interrupted", "broker_gone")
    assert services.log == []
    await guarded.broker.acknowledge()


async def test_a_broker_that_goes_in_the_middle(guarded: House, services: Services) -> None:
    services.mute.add(FRONT)
    drill = services.drill()
    await guarded.clock.advance(LOOK + 2)
    await guarded.broker.go()
    # Whoever asked need not wait for the broker.
    (report,) = (await drill)["drills"]
    assert (report["result"], report["restored"]) == ("interrupted", False)
    await guarded.clock.advance(600)
    assert guarded.value("sensor.house_last_drill") == "unknown"
    assert services.told == [ON, ON]
    await guarded.broker.come()
    await guarded.clock.advance(SUBSCRIBE_TIME)
    await guarded.clock.advance(1)
    assert services.log[2:] == [(FRONT, OFF), (BACK, OFF)]
    assert guarded.value("sensor.house_last_drill") == "interrupted"
    assert guarded.state("sensor.house_last_drill").attributes["restored"] is True


async def test_a_broker_that_goes_while_it_looks(guarded: House, services: Services) -> None:
    drill = services.drill()
    await guarded.clock.advance(SUBSCRIBE_TIME + 0.5)
    await guarded.broker.go()
    assert (await drill)["drills"][0]["result"] == "interrupted"
    await guarded.broker.come()
    await guarded.clock.advance(60)
    assert services.log == []


# Home Assistant


async def crash_and_restart(
    house: House, services: Services, storage: dict[str, Any], *, down: float = 60
) -> None:
    """Kill Home Assistant and start it again; its alarm panel takes longer to come back."""
    stored = deepcopy(storage[FILE])
    services.dead = True
    assert await house.hass.config_entries.async_unload(house.entry.entry_id)
    services.dead = False
    storage[FILE] = stored
    house.hass.states.async_remove(PANEL)
    await house.clock.advance(down)
    assert await house.hass.config_entries.async_setup(house.entry.entry_id)
    await house.clock.advance(SUBSCRIBE_TIME)


async def test_a_crash_in_the_middle_is_put_right_at_the_next_start(
    guarded: House, services: Services, hass_storage: dict[str, Any]
) -> None:
    theirs = b'{"data": null, "status": false}'
    services.keep(BACK, theirs)
    services.mute.add(FRONT)
    services.drill()
    await guarded.clock.advance(LOOK + 2)
    assert services.log == [(FRONT, ON), (BACK, ON)]
    await crash_and_restart(guarded, services, hass_storage)
    await guarded.service(FRONT, "on", retain=True)
    await guarded.service(BACK, "on", retain=True)
    await guarded.clock.advance(30)
    # Nobody knows yet whether the alarm is armed.
    assert services.told == [ON, ON]
    assert guarded.judged("front") == ("unknown", "observed_only", "retained")
    await guarded.panel("disarmed")
    await guarded.clock.advance(1)
    assert services.log[2:] == [(FRONT, OFF), (BACK, theirs)]
    assert services.on == set()
    last = guarded.state("sensor.house_last_drill")
    assert last.state == "interrupted"
    assert last.attributes["why"] == "restarted"
    assert last.attributes["restored"] is True
    await guarded.clock.advance(GRACE)
    assert guarded.judged("front") == ("ok", "agrees", "none")
    assert guarded.fired == []

    # That is over for good.
    await crash_and_restart(guarded, services, hass_storage)
    await guarded.panel("disarmed")
    await guarded.clock.advance(GRACE)
    assert len(services.log) == 4


async def test_how_to_put_it_back_is_stored_before_the_first_command(
    guarded: House, services: Services, hass_storage: dict[str, Any]
) -> None:
    seen: list[Any] = []

    @callback
    def look(topic: str, *args: Any, **kwargs: Any) -> Any:
        if topic.startswith("status/"):
            seen.append(deepcopy(hass_storage[FILE]["data"]["parts"]["drills"]["running"]))
        return publish(topic, *args, **kwargs)

    publish = guarded.broker.client.publish.side_effect
    guarded.broker.client.publish.side_effect = look
    await drilled(guarded, services)
    (running,) = seen[0]
    assert [part["watch_id"] for part in running["services"]] == ["front", "back"]
    await guarded.clock.advance(1)
    assert hass_storage[FILE]["data"]["parts"]["drills"]["running"] == []


async def test_a_panel_that_never_comes_back_keeps_nothing_on_for_ever(
    guarded: House, services: Services, hass_storage: dict[str, Any]
) -> None:
    services.mute.add(FRONT)
    services.drill()
    await guarded.clock.advance(LOOK + 2)
    await crash_and_restart(guarded, services, hass_storage)
    await guarded.clock.advance(PATIENCE + 2)
    assert services.kept == {FRONT: OFF, BACK: OFF}


async def test_after_a_crash_an_armed_alarm_keeps_what_it_needs(
    guarded: House, services: Services, hass_storage: dict[str, Any]
) -> None:
    services.mute.add(FRONT)
    services.drill()
    await guarded.clock.advance(LOOK + 2)
    await crash_and_restart(guarded, services, hass_storage)
    await guarded.panel("armed_away")
    await guarded.clock.advance(PATIENCE + SETTLE)
    assert services.told == [ON, ON]
    assert guarded.value("sensor.house_last_drill") == "interrupted"


async def test_after_a_crash_what_was_commanded_since_stands(
    guarded: House, services: Services, hass_storage: dict[str, Any]
) -> None:
    services.mute.add(FRONT)
    services.drill()
    await guarded.clock.advance(LOOK + 2)
    theirs = b'{"status":true,"data":{"for":"a guest"}}'
    services.keep(BACK, theirs)
    await crash_and_restart(guarded, services, hass_storage)
    await guarded.panel("disarmed")
    await guarded.clock.advance(SETTLE)
    assert services.kept == {FRONT: OFF, BACK: theirs}


async def test_after_a_crash_the_broker_may_come_and_go(
    guarded: House, services: Services, hass_storage: dict[str, Any]
) -> None:
    services.mute.add(FRONT)
    services.drill()
    await guarded.clock.advance(LOOK + 2)
    await crash_and_restart(guarded, services, hass_storage)
    await guarded.panel("disarmed")
    await guarded.broker.go()
    await guarded.clock.advance(60)
    assert services.told == [ON, ON]
    await guarded.broker.come()
    await guarded.clock.advance(LOOK + 1)
    assert services.kept == {FRONT: OFF, BACK: OFF}


async def test_unloading_puts_back_at_once_and_tells_at_the_next_start(
    guarded: House, services: Services
) -> None:
    services.mute.add(FRONT)
    drill = services.drill()
    await guarded.clock.advance(LOOK + 2)
    assert await guarded.hass.config_entries.async_unload(guarded.entry.entry_id)
    (report,) = (await drill)["drills"]
    assert report["result"] == "interrupted"
    assert services.kept == {FRONT: OFF, BACK: OFF}
    await guarded.clock.advance(5)
    assert await guarded.hass.config_entries.async_setup(guarded.entry.entry_id)
    await guarded.clock.advance(LOOK + SETTLE + 1)
    assert services.told == [ON, ON, OFF, OFF]
    assert guarded.value("sensor.house_last_drill") == "interrupted"


async def test_unloading_while_it_looks(guarded: House, services: Services) -> None:
    drill = services.drill()
    await guarded.clock.settle()
    await guarded.reload()
    assert (await drill)["drills"][0]["result"] == "interrupted"
    await guarded.clock.advance(60)
    assert services.log == []
    assert guarded.value("sensor.house_last_drill") == "unknown"


async def test_an_orderly_stop_keeps_what_has_to_be_put_back(
    guarded: House, services: Services, hass_storage: dict[str, Any]
) -> None:
    services.mute.add(FRONT)
    services.drill()
    await guarded.clock.advance(LOOK + 2)
    del hass_storage[FILE]
    guarded.hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await guarded.clock.settle()
    assert len(hass_storage[FILE]["data"]["parts"]["drills"]["running"]) == 1
    await guarded.clock.advance(60)


@pytest.mark.parametrize(
    "stored",
    [
        "nonsense",
        {"running": "nonsense", "alarms": []},
        {"running": [{"alarm_id": 5}], "alarms": {"house": {}}},
        {"running": [{}], "alarms": {}},
    ],
)
async def test_what_cannot_be_read_is_left_out_with_one_warning(
    guarded: House,
    services: Services,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    stored: Any,
) -> None:
    assert await guarded.hass.config_entries.async_unload(guarded.entry.entry_id)
    hass_storage[FILE]["data"]["parts"]["drills"] = stored
    caplog.clear()
    assert await guarded.hass.config_entries.async_setup(guarded.entry.entry_id)
    await guarded.clock.advance(SUBSCRIBE_TIME)
    warnings = [text for level, text in own_log(caplog) if level == logging.WARNING]
    assert warnings == ["What was stored of drills could not be read"]
    assert (await drilled(guarded, services))["result"] == "passed"


async def test_an_alarm_that_is_removed_in_the_middle_leaves_nothing_on(
    guarded: House, services: Services, hass_storage: dict[str, Any]
) -> None:
    services.mute.add(FRONT)
    drill = services.drill()
    await guarded.clock.advance(LOOK + 2)
    guarded.hass.config_entries.async_remove_subentry(guarded.entry, "house")
    await guarded.clock.advance(1)
    (report,) = (await drill)["drills"]
    assert (report["result"], report["why"]) == ("interrupted", "removed")
    assert services.kept == {FRONT: OFF, BACK: OFF}
    assert hass_storage[FILE]["data"]["parts"]["drills"] == {"running": [], "alarms": {}}


async def test_an_alarm_that_is_added_can_be_drilled(house: House) -> None:
    await house.panel("disarmed")
    await house.set_up(watch("front", expect="alarm"))
    house.hass.config_entries.async_add_subentry(house.entry, subentry_of(alarm("front")))
    await house.clock.settle()
    services = Services(house, FRONT)
    assert (await drilled(house, services))["result"] == "passed"


async def test_what_somebody_commands_while_the_broker_is_away_stands(
    guarded: House, services: Services
) -> None:
    theirs = b'{"data": null, "status": true, "by": "node-red"}'
    services.mute.add(FRONT)
    drill = services.drill()
    await guarded.clock.advance(LOOK + 1)
    await guarded.broker.go()
    services.keep(FRONT, theirs)
    await guarded.clock.advance(5)
    assert drill.done()
    await guarded.broker.come()
    await guarded.clock.advance(SUBSCRIBE_TIME + LOOK + SETTLE)
    assert services.kept[FRONT] == theirs
    assert services.kept[BACK] == OFF


# The alarm is a panel made here


@pytest.fixture
async def made(house: House) -> House:
    """A disarmed panel made here over two services that are off, as it told them to be."""
    await house.set_up(
        watch("front", expect="alarm", ping_interval=INTERVAL),
        watch("back", expect="alarm"),
        panel_alarm("front", "back"),
    )
    await house.service(FRONT, "off")
    await house.service(BACK, "off")
    await house.clock.advance(GRACE)
    return house


async def arm(made: House) -> None:
    """Arm the panel."""
    panel = {"entity_id": "alarm_control_panel.house"}
    await made.hass.services.async_call(
        "alarm_control_panel", "alarm_arm_away", panel, blocking=True
    )


async def test_a_panel_made_here_is_drilled(made: House) -> None:
    services = Services(made, FRONT, BACK)
    report = await drilled(made, services)
    assert report["result"] == "passed"
    assert services.log == [(FRONT, ON), (BACK, ON), (FRONT, OFF), (BACK, OFF)]
    assert made.issues == {}


async def test_a_panel_made_here_is_not_drilled_while_it_is_armed(made: House) -> None:
    services = Services(made, FRONT, BACK)
    await arm(made)
    await made.clock.advance(1)
    before = list(services.log)
    with pytest.raises(ServiceValidationError) as refused:
        await services.drill()
    assert refused.value.translation_key == "drill_armed"
    assert services.log == before


async def test_arming_a_panel_made_here_ends_its_drill(made: House) -> None:
    services = Services(made, FRONT, BACK)
    services.mute.add(FRONT)
    drill = services.drill()
    await made.clock.advance(LOOK + 1)
    await arm(made)
    await made.clock.advance(SETTLE)
    assert drill.done()
    (report,) = (await drill)["drills"]
    assert (report["result"], report["why"]) == ("stopped", "armed")
    assert services.kept[FRONT] == services.kept[BACK] == ON  # the armed alarm needs them
    await made.clock.advance(3600)
    assert services.kept[FRONT] == services.kept[BACK] == ON


async def test_a_panel_made_here_turns_nothing_off_in_a_drill_when_the_broker_is_back(
    made: House,
) -> None:
    services = Services(made, FRONT, BACK)
    services.mute.add(FRONT)
    drill = services.drill()
    await made.clock.advance(LOOK + 1)
    await made.broker.go()
    await made.clock.advance(1)
    await made.broker.come()
    await made.clock.advance(SUBSCRIBE_TIME + 4 * SETTLE)
    assert drill.done()
    await made.service(FRONT, "off")
    await made.service(BACK, "off")
    await made.clock.advance(GRACE + SETTLE)
    assert services.kept[FRONT] == services.kept[BACK] == OFF
    assert made.issues == {}
