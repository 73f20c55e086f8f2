"""Scenes run on time, and what comes back of their steps is shown."""

import asyncio
from typing import Any

from homeassistant.core import Context, Event, ServiceCall, callback
from homeassistant.exceptions import HomeAssistantError, Unauthorized
import pytest
from pytest_homeassistant_custom_component.common import MockUser, async_mock_service

from custom_components.mqtt_sentinel.command.scene_report import StopReason
from custom_components.mqtt_sentinel.const import EVENT_COMMAND, EVENT_SCENE

from .house import House, own_log, subentry_of
from .scenes import Stage, action, command, scene, wait

LIGHT, STEAM = "room1/light", "room1/steam"
STATUS = "room1/status"


@pytest.fixture
def stage(house: House) -> Stage:
    return Stage(house)


async def test_a_scene_that_never_ran(house: House, stage: Stage) -> None:
    await house.set_up(scene(command(0, LIGHT)))
    assert house.value("scene.opening") == "unknown"
    assert stage.result() == "unknown"
    assert "steps" not in stage.run()


async def test_steps_come_at_their_times_and_are_confirmed(house: House, stage: Stage) -> None:
    await house.set_up(scene(command(0, LIGHT, feedback=STATUS), command(10, STEAM)))
    begun = house.clock.now
    await stage.start()
    assert stage.sent() == [LIGHT]
    assert stage.result() == "running"
    assert stage.outcomes() == [None, None]
    await house.clock.advance(0.25)
    await house.broker.publish(STATUS, "OK")
    await house.clock.advance(9.7)
    assert stage.outcomes() == ["confirmed", None]
    assert stage.sent() == [LIGHT]
    await house.clock.advance(0.05)
    assert stage.sent() == [LIGHT, STEAM]
    assert stage.result() == "completed"
    run = stage.run()
    assert run["steps"] == [
        {
            "step": 1,
            "about": LIGHT,
            "outcome": "confirmed",
            "failed": False,
            "latency_ms": pytest.approx(250, abs=1),
            "at": 0.0,
            "delay_ms": 0.0,
            "detail": "",
        },
        {
            "step": 2,
            "about": STEAM,
            "outcome": "sent",
            "failed": False,
            "latency_ms": None,
            "at": pytest.approx(10, abs=0.001),
            "delay_ms": pytest.approx(0, abs=1),
            "detail": "",
        },
    ]
    assert run["started"] == begun
    assert run["ended"] == house.clock.now
    assert (run["simulated"], run["reason"], run["failures"]) == (False, None, 0)
    assert stage.kinds == [("Opening", "started"), ("Opening", "completed")]
    assert stage.happened() == "completed"


async def test_a_dead_device_does_not_stop_the_scene(house: House, stage: Stage) -> None:
    await house.set_up(
        scene(
            command(0, LIGHT, feedback=f"{LIGHT}/feedback"),
            command(2, STEAM, feedback=f"{STEAM}/feedback"),
            command(4, "room1/door", feedback="room1/door/feedback"),
        )
    )
    await stage.start()
    await house.clock.advance(2.5)
    await house.broker.publish(f"{STEAM}/feedback", "ERROR")
    await house.clock.advance(1.75)
    await house.broker.publish("room1/door/feedback", "OK")
    assert stage.outcomes() == ["not_confirmed", "error_reported", "confirmed"]
    assert stage.result() == "completed_with_failures"
    assert stage.run()["failures"] == 2
    ended = stage.told[-1]
    assert ended.data["failed_steps"] == [
        {"step": 1, "about": LIGHT, "outcome": "not_confirmed"},
        {"step": 2, "about": STEAM, "outcome": "error_reported"},
    ]
    assert house.state("event.opening_event").attributes["failures"] == 2


async def test_answers_on_a_topic_that_no_dialect_knows(house: House, stage: Stage) -> None:
    await house.set_up(
        scene(
            command(0, LIGHT, feedback="my/own/long/topic"),
            command(0, STEAM, feedback="my/own/long/topic"),
            command(1, LIGHT, "OFF", feedback="my/own/long/topic"),
        )
    )
    assert house.broker.subscribed.count("my/own/long/topic") == 1
    await stage.start()
    await house.broker.publish("my/own/long/topic", "perhaps")
    await house.broker.publish("my/own/long/topic", "OK", retain=True)
    await house.broker.publish("my/own/long/topic", "OK")
    await house.clock.advance(1)
    await house.broker.publish("my/own/long/topic", "OK")
    await house.clock.advance(1)
    assert stage.outcomes()[0] == "confirmed"


@pytest.mark.parametrize("topic", ["autocore/esp/status", f"{LIGHT}/state", "autocore/a/b/c"])
async def test_answers_where_a_dialect_reads_something_else(
    house: House, stage: Stage, topic: str
) -> None:
    await house.set_up(scene(command(0, LIGHT, feedback=topic)))
    await stage.start()
    await house.broker.publish(topic, "OK")
    assert stage.outcomes() == ["confirmed"]


async def test_a_dialect_that_listens_is_not_doubled(house: House) -> None:
    """An answer that is heard twice would answer the next command, too."""
    await house.set_up(
        scene(command(0, LIGHT, feedback=STATUS), command(0, STEAM, feedback=STATUS))
    )
    assert STATUS not in house.broker.subscribed


async def test_actions_are_called_as_who_started_it(house: House, stage: Stage) -> None:
    calls = async_mock_service(house.hass, "media_player", "play_media")
    await house.set_up(
        scene(
            action(
                1,
                "media_player.play_media",
                target={"entity_id": "media_player.hall"},
                data={"media_content_id": "thunder.mp3", "media_content_type": "music"},
            ),
            command(1, LIGHT),
        )
    )
    commands = []
    house.hass.bus.async_listen(EVENT_COMMAND, commands.append)
    context = Context()
    await stage.start(context=context)
    assert calls == []
    await house.clock.advance(1)
    [call] = calls
    assert call.data == {
        "entity_id": ["media_player.hall"],
        "media_content_id": "thunder.mp3",
        "media_content_type": "music",
    }
    assert call.context is context
    assert stage.outcomes() == ["done", "sent"]
    assert [event.context for event in [*stage.told, *commands]] == 3 * [context]
    assert commands[0].data["name"] == "Opening"


async def test_an_action_that_does_not_work_does_not_stop_the_scene(
    house: House, stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    async def refuse(call: ServiceCall) -> None:
        raise HomeAssistantError("the speaker is asleep")

    async def break_down(call: ServiceCall) -> None:
        raise RuntimeError

    async def give_up(call: ServiceCall) -> None:
        raise asyncio.CancelledError

    house.hass.services.async_register("speaker", "say", refuse)
    house.hass.services.async_register("speaker", "sing", break_down)
    house.hass.services.async_register("speaker", "hum", give_up)
    await house.set_up(
        scene(
            action(0, "speaker.say"),
            action(1, "speaker.nothing"),
            action(2, "speaker.sing"),
            action(2, "speaker.hum"),
            command(3, LIGHT),
        )
    )
    await stage.start()
    await house.clock.advance(3)
    assert stage.outcomes() == [*4 * ["failed"], "sent"]
    details = [step["detail"] for step in stage.run()["steps"]]
    assert details[0] == "the speaker is asleep"
    assert "speaker.nothing" in details[1]
    assert details[2:4] == ["RuntimeError", "CancelledError"]
    assert [message for _, message in own_log(caplog)] == ["Step 3 of a scene failed"]


async def test_an_action_that_takes_long_holds_nothing_up(house: House, stage: Stage) -> None:

    over = asyncio.Event()

    async def play(call: ServiceCall) -> None:
        await over.wait()

    house.hass.services.async_register("speaker", "play", play)
    await house.set_up(scene(action(0, "speaker.play"), command(1, LIGHT)))
    await stage.start()
    await house.clock.advance(2.5)
    assert stage.outcomes() == [None, "sent"]
    assert stage.result() == "running"
    over.set()
    await house.clock.settle()
    assert stage.outcomes() == ["done", "sent"]
    assert stage.run()["steps"][0]["latency_ms"] == pytest.approx(2500, abs=1)
    assert stage.result() == "completed"


# Waits


async def test_a_state_ends_a_wait_and_times_what_follows(house: House, stage: Stage) -> None:
    await house.set_up(
        scene(wait(1, 60, entity_id="binary_sensor.door", state="on"), command(2, LIGHT))
    )
    await stage.start()
    await house.clock.advance(10)
    house.hass.states.async_set("binary_sensor.door", "off")
    await house.clock.advance(1)
    house.hass.states.async_set("binary_sensor.door", "on")
    await house.clock.advance(1.9)
    assert stage.sent() == []
    await house.clock.advance(0.1)
    assert stage.sent() == [LIGHT]
    assert stage.outcomes() == ["triggered", "sent"]
    assert stage.run()["steps"][0]["latency_ms"] == pytest.approx(10_000, abs=1)


async def test_a_state_that_is_there_already_counts_at_once(house: House, stage: Stage) -> None:
    house.hass.states.async_set("binary_sensor.door", "on")
    await house.set_up(
        scene(wait(1, 60, entity_id="binary_sensor.door", state="on"), command(2, LIGHT))
    )
    await stage.start()
    await house.clock.advance(3.1)
    assert stage.outcomes() == ["triggered", "sent"]


async def test_an_entity_that_goes_ends_no_wait(house: House, stage: Stage) -> None:
    house.hass.states.async_set("binary_sensor.door", "off")
    await house.set_up(scene(wait(0, 5, entity_id="binary_sensor.door", state="on")))
    await stage.start()
    house.hass.states.async_remove("binary_sensor.door")
    await house.clock.advance(5)
    assert stage.outcomes() == ["timed_out"]
    assert stage.result() == "completed"


async def test_a_message_ends_a_wait(house: House, stage: Stage) -> None:
    await house.set_up(
        scene(wait(0, 60, topic="door/knock", payload="3"), command(0, LIGHT)),
        scene(wait(0, 60, topic="door/knock"), command(0, STEAM), name="any"),
    )
    assert house.broker.subscribed.count("door/knock") == 1
    await stage.start()
    await stage.start("any")
    await house.broker.publish("door/knock", "3", retain=True)
    assert stage.sent() == []
    await house.broker.publish("door/knock", "2")
    assert stage.sent() == [STEAM]
    await house.broker.publish("door/knock", "3")
    assert stage.sent() == [STEAM, LIGHT]
    assert stage.result() == stage.result("any") == "completed"


async def test_a_wait_on_a_topic_of_a_dialect_is_no_second_subscription(
    house: House, stage: Stage
) -> None:
    """The broker would send each message twice, and one OK would confirm two commands."""
    await house.set_up(
        scene(
            command(0, LIGHT, feedback=STATUS),
            command(0, STEAM, feedback=STATUS),
            wait(0, 60, topic=STATUS, payload="OK"),
            command(0, "room1/door"),
        )
    )
    assert STATUS not in house.broker.subscribed
    await stage.start()
    await house.broker.publish(STATUS, "OK", retain=True)
    assert stage.sent() == [LIGHT, STEAM]
    await house.broker.publish(STATUS, "OK")
    assert stage.sent() == [LIGHT, STEAM, "room1/door"]
    await house.clock.advance(2)
    assert stage.outcomes() == ["confirmed", "not_confirmed", "triggered", "sent"]
    house.hass.config_entries.async_remove_subentry(house.entry, "opening")
    await house.clock.settle()
    assert house.entry.runtime_data.mqtt.ears == {}


async def test_a_wait_in_vain_goes_on_or_stops(house: House, stage: Stage) -> None:
    door = {"entity_id": "binary_sensor.door", "state": "on"}
    await house.set_up(
        scene(wait(0, 5, **door), command(1, LIGHT)),
        scene(wait(0, 5, **door, otherwise="stop"), command(1, STEAM), name="strict"),
    )
    await stage.start()
    await stage.start("strict")
    await house.clock.advance(6)
    assert stage.sent() == [LIGHT]
    assert stage.outcomes() == ["timed_out", "sent"]
    assert stage.outcomes("strict") == ["timed_out", "not_run"]
    assert stage.result("strict") == "stopped"
    assert stage.run("strict")["reason"] == "timed_out"


# The broker


async def test_without_the_broker_a_run_is_a_simulation(house: House, stage: Stage) -> None:
    calls = async_mock_service(house.hass, "media_player", "media_stop")
    await house.set_up(
        scene(
            command(0, LIGHT, feedback=STATUS),
            action(1, "media_player.media_stop"),
            wait(2, 60, topic="door/knock"),
            command(1, STEAM),
        )
    )
    await house.broker.go()
    await stage.start()
    await house.clock.advance(2.9)
    assert stage.result() == "running"
    assert stage.run()["simulated"] is True
    await house.clock.advance(0.1)
    assert stage.result() == "simulated"
    assert stage.outcomes() == 4 * ["simulated"]
    assert stage.kinds[-1] == ("Opening", "simulated")
    await house.broker.come()
    await house.clock.advance(60)
    assert stage.sent() == []
    assert calls == []


async def test_a_broker_that_goes_lets_nothing_through_that_is_late(
    house: House, stage: Stage
) -> None:
    await house.set_up(scene(command(1, LIGHT, feedback=STATUS), command(20, STEAM)))
    await stage.start()
    await house.broker.go()
    await house.clock.advance(10)
    assert stage.outcomes() == ["expired", None]
    await house.broker.come()
    await house.clock.advance(10)
    assert stage.sent() == [STEAM]
    assert stage.outcomes() == ["expired", "sent"]
    assert stage.result() == "completed_with_failures"


# Several, stopped, started again


async def test_two_scenes_at_once(house: House, stage: Stage) -> None:
    await house.set_up(
        scene(command(0, LIGHT, feedback=f"{LIGHT}/feedback"), command(2, LIGHT, "OFF")),
        scene(
            command(1, STEAM, feedback=f"{STEAM}/feedback"), command(3, STEAM, "OFF"), name="fog"
        ),
    )
    await stage.start()
    await house.broker.publish(f"{LIGHT}/feedback", "OK")
    await stage.start("fog")
    await house.clock.advance(1)
    await house.broker.publish(f"{STEAM}/feedback", "ERROR")
    await house.clock.advance(2)
    assert stage.sent() == [LIGHT, STEAM, LIGHT, STEAM]
    assert stage.result() == "completed"
    assert stage.result("fog") == "completed_with_failures"
    assert stage.outcomes("fog") == ["error_reported", "sent"]


async def test_stopping(house: House, stage: Stage) -> None:
    await house.set_up(
        scene(
            command(0, LIGHT, feedback=f"{LIGHT}/feedback", actuator=False),
            wait(0, 60, topic="door/knock"),
            command(1, STEAM),
        )
    )
    await stage.start()
    await stage.stop()
    assert stage.result() == "stopped"
    assert stage.run()["reason"] == "asked"
    assert stage.outcomes() == ["cancelled", "cancelled", "not_run"]
    assert stage.happened() == "stopped"
    await house.broker.publish("door/knock", "1")
    await house.clock.advance(60)
    assert stage.sent() == [LIGHT]
    assert house.entry.runtime_data.commands.sender.depth == 0
    await stage.stop()  # it does not run: nothing happens
    assert stage.kinds == [("Opening", "started"), ("Opening", "stopped")]


async def test_who_hears_of_the_start_may_stop_it_before_anything_is_done(
    house: House, stage: Stage
) -> None:
    await house.set_up(scene(command(0, LIGHT), command(1, STEAM)))
    scenes = house.entry.runtime_data.scenes

    @callback
    def stop(event: Event[Any]) -> None:
        if event.data["kind"] == "started":
            scenes.halt("opening", StopReason.ASKED)

    house.hass.bus.async_listen(EVENT_SCENE, stop)
    await stage.start()
    await house.clock.advance(5)
    assert stage.sent() == []
    assert stage.outcomes() == ["not_run", "not_run"]
    assert stage.result() == "stopped"


async def test_who_may_only_look_can_neither_start_nor_stop(
    house: House, stage: Stage, hass_read_only_user: MockUser
) -> None:
    await house.set_up(scene(wait(0, 60, topic="door/knock")))
    context = Context(user_id=hass_read_only_user.id)
    with pytest.raises(Unauthorized):
        await stage.start(context=context)
    await stage.start()
    with pytest.raises(Unauthorized):
        await stage.stop(context=context)
    assert stage.result() == "running"
    await stage.stop()


async def test_a_start_while_it_runs_begins_anew(house: House, stage: Stage) -> None:
    await house.set_up(scene(command(0, LIGHT), command(5, STEAM)))
    await stage.start()
    await house.clock.advance(4)
    await stage.start()
    await house.clock.advance(4)
    assert stage.sent() == [LIGHT, LIGHT]
    await house.clock.advance(1)
    assert stage.sent() == [LIGHT, LIGHT, STEAM]
    assert [kind for _, kind in stage.kinds] == ["started", "stopped", "started", "completed"]
    assert stage.told[1].data["reason"] == "started_again"
    first, again = stage.told[0].data["run_id"], stage.told[2].data["run_id"]
    assert first != again
    assert stage.run()["run_id"] == again


async def test_an_action_of_a_run_before_says_nothing_of_the_next(
    house: House, stage: Stage
) -> None:

    turns: list[asyncio.Event] = []

    async def play(call: ServiceCall) -> None:
        turns.append(asyncio.Event())
        await turns[-1].wait()

    house.hass.services.async_register("speaker", "play", play)
    await house.set_up(scene(action(0, "speaker.play")))
    await stage.start()
    await stage.start()
    turns[0].set()
    await house.clock.settle()
    assert stage.outcomes() == [None]
    turns[1].set()
    await house.clock.settle()
    assert stage.outcomes() == ["done"]


async def test_an_action_that_ends_after_the_run_changes_nothing(
    house: House, stage: Stage
) -> None:
    over = asyncio.Event()

    async def play(call: ServiceCall) -> None:
        await over.wait()

    house.hass.services.async_register("speaker", "play", play)
    await house.set_up(scene(action(0, "speaker.play")))
    await stage.start()
    await stage.stop()
    over.set()
    await house.clock.settle()
    assert stage.outcomes() == ["cancelled"]
    assert [kind for _, kind in stage.kinds] == ["started", "stopped"]


async def test_progress_is_shown_once_a_second(house: House, stage: Stage) -> None:
    await house.set_up(scene(*(command(number / 10, f"room1/{number}") for number in range(31))))
    shown = house.follow("sensor.opening_last_run")
    await stage.start()
    await house.clock.advance(3.5)
    assert [state.state for state in shown].count("running") <= 6
    assert shown[-1].state == "completed"
    assert stage.outcomes() == 31 * ["sent"]


# Later


async def test_a_scene_that_is_added(house: House, stage: Stage) -> None:
    await house.set_up()
    added = subentry_of(scene(command(0, LIGHT, feedback="own/feedback/is/here")))
    house.hass.config_entries.async_add_subentry(house.entry, added)
    await house.clock.advance(0.5)
    await stage.start()
    await house.broker.publish("own/feedback/is/here", "OK")
    assert stage.outcomes() == ["confirmed"]


async def test_a_scene_that_is_changed_while_it_runs_goes_on_as_it_was(
    house: House, stage: Stage
) -> None:
    await house.set_up(scene(command(0, LIGHT), command(2, STEAM)))
    await stage.start()
    subentry = house.entry.subentries["opening"]
    data = {"steps": [command(0, "room1/door", feedback="other/feedback/of/it")]}
    house.hass.config_entries.async_update_subentry(
        house.entry, subentry, data=data, title="Finale"
    )
    await house.clock.advance(2)
    assert stage.sent() == [LIGHT, STEAM]
    assert stage.result() == "completed"
    assert house.state("scene.opening").name == "Finale"
    await stage.start()
    await house.broker.publish("other/feedback/of/it", "OK")
    assert stage.outcomes() == ["confirmed"]


async def test_a_scene_that_is_removed_while_it_runs_stops(house: House, stage: Stage) -> None:
    await house.set_up(scene(wait(0, 60, topic="door/knock"), command(0, LIGHT)))
    await stage.start()
    house.hass.config_entries.async_remove_subentry(house.entry, "opening")
    await house.clock.advance(1)
    assert "door/knock" in house.broker.unsubscribed
    await house.broker.publish("door/knock", "1")
    await house.clock.advance(60)
    assert stage.sent() == []
    assert house.hass.states.get("scene.opening") is None
    assert house.entry.runtime_data.scenes.remember() == {}


async def test_steps_that_cannot_be_read_make_the_scene_unavailable(
    house: House, stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    await house.set_up(scene({"at": 0, "kind": "teleport"}), scene(command(0, LIGHT), name="well"))
    assert house.unavailable == {"scene.opening"}
    assert [message for _, message in own_log(caplog)] == [
        "The scene Opening cannot be run: step 1: kind: unknown_kind: command, action, wait"
    ]
    await stage.start()
    assert stage.kinds == []
    with pytest.raises(ValueError, match="Opening"):
        house.entry.runtime_data.scenes.run("opening")
    await stage.start("well")
    assert stage.result("well") == "completed"
    house.hass.config_entries.async_add_subentry(
        house.entry, subentry_of(scene(command(0, STEAM), name="new"))
    )
    await house.clock.settle()
    assert len(own_log(caplog)) == 1  # it is said once
