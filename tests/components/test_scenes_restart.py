"""What becomes of a run when the hub, or Home Assistant, ends in the middle of it."""

from copy import deepcopy
from typing import Any

from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.mqtt_sentinel.intake.mqtt import MqttIntake
from custom_components.mqtt_sentinel.logbook import async_describe_events
from custom_components.mqtt_sentinel.outcome.scene_runs import HAPPENINGS, read_kept

from .house import House, own_log
from .scenes import Stage, command, scene, wait

LIGHT, STEAM = "room1/light", "room1/steam"
FEEDBACK = f"{LIGHT}/feedback"
FILE = "mqtt_sentinel.hub"


@pytest.fixture
async def stage(house: House) -> Stage:
    """A scene in the middle: a step confirmed, one unanswered, a wait, and a step after it."""
    await house.set_up(
        scene(
            command(0, LIGHT, feedback=FEEDBACK),
            command(1.5, STEAM, feedback="room1/steam/feedback"),
            wait(1.5, 60, topic="door/knock"),
            command(1, LIGHT, "OFF"),
        )
    )
    stage = Stage(house)
    await stage.start()
    await house.broker.publish(FEEDBACK, "OK")
    await house.clock.advance(2.1)
    return stage


async def kill(stage: Stage, storage: dict[str, Any]) -> None:
    """Kill Home Assistant: what is stored is what was stored by then."""
    stored = deepcopy(storage[FILE])
    house = stage.house
    assert await house.hass.config_entries.async_unload(house.entry.entry_id)
    storage[FILE] = stored
    stage.told.clear()


async def begin_again(stage: Stage) -> None:
    house = stage.house
    assert await house.hass.config_entries.async_setup(house.entry.entry_id)
    await house.clock.advance(60)


async def test_a_run_that_was_killed_is_interrupted(
    stage: Stage, hass_storage: dict[str, Any]
) -> None:
    begun = stage.run()["started"]
    await kill(stage, hass_storage)
    sent = len(stage.sent())
    await begin_again(stage)
    assert stage.result() == "interrupted"
    assert stage.outcomes() == ["confirmed", "interrupted", "interrupted", "not_run"]
    assert stage.run()["steps"][0]["about"] == LIGHT
    assert (stage.run()["started"], stage.run()["ended"]) == (begun, None)
    assert len(stage.sent()) == sent  # its moments are over
    assert stage.kinds == [("Opening", "interrupted")]
    assert stage.happened() == "interrupted"


async def test_an_interruption_is_told_once(stage: Stage, hass_storage: dict[str, Any]) -> None:
    await kill(stage, hass_storage)
    await begin_again(stage)
    await kill(stage, hass_storage)
    await begin_again(stage)
    assert stage.kinds == []
    assert stage.result() == "interrupted"


async def test_a_reload_stops_what_runs_and_tells_so(stage: Stage) -> None:
    sent = len(stage.sent())
    stage.told.clear()
    await stage.house.reload()
    assert stage.result() == "stopped"
    assert stage.run()["reason"] == "unloaded"
    assert stage.outcomes() == ["confirmed", "cancelled", "cancelled", "not_run"]
    assert stage.happened() == "stopped"
    assert stage.kinds == [("Opening", "stopped")]
    await stage.house.broker.publish("door/knock", "1")
    await stage.house.clock.advance(60)
    assert len(stage.sent()) == sent
    await stage.start()
    assert len(stage.sent()) == sent + 1


async def test_the_end_of_home_assistant_stops_what_runs(
    stage: Stage, hass_storage: dict[str, Any]
) -> None:
    stage.house.hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await stage.house.clock.settle()
    kept = hass_storage[FILE]["data"]["parts"]["scenes"]["opening"]
    assert kept["report"]["end"] == "stopped"
    await kill(stage, hass_storage)
    await begin_again(stage)
    assert stage.outcomes() == ["confirmed", "cancelled", "cancelled", "not_run"]
    assert stage.kinds == [("Opening", "stopped")]


async def test_the_last_run_is_known_after_a_restart(
    stage: Stage, hass_storage: dict[str, Any]
) -> None:
    await stage.stop()
    before = stage.run()
    await kill(stage, hass_storage)
    await begin_again(stage)
    assert stage.run() == before
    assert stage.kinds == []


async def test_what_was_kept_and_cannot_be_read_costs_only_that(
    house: House, hass_storage: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    await house.set_up(scene(command(0, LIGHT)), scene(command(0, STEAM), name="fog"))
    stage = Stage(house)
    await stage.start()
    await stage.start("fog")
    await house.clock.advance(2)
    stored = deepcopy(hass_storage[FILE])
    assert await house.hass.config_entries.async_unload("hub")
    stored["data"]["parts"]["scenes"]["fog"]["report"]["end"] = "vanished"
    stored["data"]["parts"]["scenes"]["of a scene that is no more"] = deepcopy(
        stored["data"]["parts"]["scenes"]["opening"]
    )
    hass_storage[FILE] = stored
    assert await house.hass.config_entries.async_setup("hub")
    await house.clock.advance(1)
    assert stage.result() == "completed"
    assert stage.result("fog") == "unknown"
    assert [text for _, text in own_log(caplog)] == [
        "The last runs of scenes could not be read: fog"
    ]
    assert set(house.entry.runtime_data.scenes.remember()) == {"opening"}


async def test_what_was_kept_of_all_scenes_may_be_anything(
    house: House, hass_storage: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    hass_storage[FILE] = {
        "version": 1,
        "minor_version": 1,
        "key": FILE,
        "data": {"parts": {"scenes": ["what?"]}},
    }
    await house.set_up(scene(command(0, LIGHT)))
    stage = Stage(house)
    assert [text for _, text in own_log(caplog)] == [
        "The last runs of scenes could not be read: all"
    ]
    assert stage.result() == "unknown"
    await stage.start()
    assert stage.result() == "completed"


async def test_a_start_that_fails_forgets_no_run(
    stage: Stage, hass_storage: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise HomeAssistantError

    await stage.stop()
    house = stage.house
    assert await house.hass.config_entries.async_unload("hub")
    with monkeypatch.context() as patch:
        patch.setattr(MqttIntake, "start", fail)
        assert not await house.hass.config_entries.async_setup("hub")
    assert "opening" in hass_storage[FILE]["data"]["parts"]["scenes"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"report": None},
        {"started": "yesterday"},
        {"ended": []},
        {"about": None},
        {"about": ["one", "too many"]},
    ],
)
async def test_what_was_never_kept_is_refused(stage: Stage, wrong: dict[str, Any]) -> None:
    [kept] = stage.house.entry.runtime_data.scenes.remember().values()
    assert read_kept(kept).report.end == "interrupted"
    with pytest.raises(ValueError, match=r"."):
        read_kept(kept | wrong)
    with pytest.raises(ValueError, match="not a run"):
        read_kept({})


async def test_every_happening_has_a_line_in_the_logbook(stage: Stage) -> None:
    described: dict[str, Any] = {}
    async_describe_events(
        stage.house.hass, lambda _, event, describe: described.update({event: describe})
    )
    describe = described["mqtt_sentinel_scene"]
    [started] = stage.told
    assert describe(started) == {"name": "Opening", "message": "was started"}
    for kind in HAPPENINGS:
        started.data["kind"] = kind
        assert describe(started)["message"]
