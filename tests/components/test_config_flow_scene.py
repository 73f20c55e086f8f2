"""A scene is put together and changed, as the UI does it."""

from collections.abc import Mapping
import json
from typing import Any

from homeassistant.config_entries import ConfigSubentry
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.mqtt_sentinel.command.scene_museum import LOCAL_MEDIA
from custom_components.mqtt_sentinel.command.scene_reading import read_steps, store_steps

from .dialogs import Dialog
from .house import House
from .scenes import Json, Stage, action, command, scene, wait

ASKS_NOTHING = {"timeout": 1, "on": True}
COMMAND: Json = {
    "at": 0,
    "topic": "room1/light",
    "payload": "ON",
    "actuator": True,
    "qos": "1",
    "retain": False,
    "confirmation": ASKS_NOTHING,
}
WAIT: Json = {"at": 0, "timeout": 60, "otherwise": "go_on"}
PLAY: Json = {
    "action": "media_player.play_media",
    "target": {"entity_id": "media_player.hall"},
    "data": {"media_content_id": "thunder.mp3", "media_content_type": "music"},
    "metadata": {},
}
DOOR = {"entity_id": "binary_sensor.door", "state": "on"}


def created(house: House) -> ConfigSubentry:
    """The scene that was created."""
    (found,) = house.entry.get_subentries_of_type("scene")
    return found


def stored(*steps: Json) -> list[Json]:
    """Steps as they are stored."""
    return store_steps(read_steps(list(steps)))


async def new(house: House, *steps: Json) -> Dialog:
    """A dialog in its menu, with these steps."""
    await house.set_up()
    dialog = await Dialog.create(house, "scene")
    await dialog.submit(name="Opening")
    if steps:
        await dialog.choose("text")
        await dialog.submit(steps=list(steps))
    assert dialog.step == "menu"
    return dialog


def listed(dialog: Dialog) -> list[str]:
    """The steps that the menu shows, without what makes them harmless."""
    shown = dialog.shown["description_placeholders"]
    assert shown
    return shown["steps"].replace("\\", "").split("  \n")


def said(dialog: Dialog) -> Mapping[str, str]:
    """What an error says of where it is."""
    shown = dialog.shown["description_placeholders"]
    assert shown
    return {name: shown[name] for name in ("step", "field", "detail")}


async def test_a_scene_step_by_step(house: House) -> None:
    await house.set_up()
    dialog = await Dialog.create(house, "scene")
    assert (dialog.step, dialog.fields) == ("user", ["name"])
    await dialog.submit(name=" ")
    assert dialog.errors == {"name": "no_name"}
    await dialog.submit(name=" Opening ")

    assert dialog.step == "menu"
    assert dialog.shown["menu_options"] == [
        *("command", "action", "wait"),
        *("text", "museum", "rename"),
    ]
    assert listed(dialog) == ["-"]
    await dialog.choose("command")
    assert dialog.step == "command"
    await dialog.submit(
        **COMMAND | {"confirmation": ASKS_NOTHING | {"feedback": "room1/status", "timeout": 2}}
    )
    await dialog.choose("wait")
    assert dialog.step == "wait"
    await dialog.submit(**WAIT | DOOR | {"at": 5})
    await dialog.choose("action")
    assert dialog.step == "action"
    await dialog.submit(at=1, action=[PLAY], actuator=True)
    assert dialog.step == "menu"
    assert listed(dialog) == [
        "1. 0 s: room1/light → ON",
        "2. 5 s: ⏳ binary_sensor.door = on",
        "3. 1 s: media_player.play_media (media_player.hall)",
    ]
    assert dialog.shown["menu_options"][-1] == "finish"
    await dialog.choose("finish")

    assert dialog.ended == "created"
    assert created(house).title == "Opening"
    assert created(house).data == {
        "steps": stored(
            command(
                0,
                "room1/light",
                confirmation={"feedback": "room1/status", "timeout": 2, "on": True},
            ),
            wait(5, 60, **DOOR),
            action(1, PLAY["action"], target=PLAY["target"], data=PLAY["data"]),
        )
    }
    stage = Stage(house)
    await stage.start()
    assert stage.sent() == ["room1/light"]
    await stage.stop()


async def test_a_relay_that_has_to_report(house: House) -> None:
    relay = {"dialect": "autocore", "site": "attic", "thing": "esp", "relay": "2"}
    dialog = await new(house)
    await dialog.choose("command")
    await dialog.submit(**COMMAND | {"confirmation": ASKS_NOTHING | relay | {"on": False}})
    await dialog.choose("edit")
    await dialog.submit(step="0")
    assert dialog.suggested("qos") == "1"
    shown = {field: dialog.suggested(f"confirmation.{field}") for field in (*relay, "on")}
    assert shown == relay | {"on": False}
    assert dialog.suggested("confirmation.feedback") is None
    await dialog.submit(**COMMAND | {"confirmation": ASKS_NOTHING | relay | {"on": False}})
    await dialog.choose("finish")
    [step] = created(house).data["steps"]
    assert step["confirmation"] == {
        "feedback": None,
        "relay": {"dialect": "autocore", "site": "attic", "name": "esp", "relay": "2"},
        "on": False,
        "timeout": 1.0,
    }


# Where a step has its place


async def test_steps_are_put_where_their_times_belong(house: House) -> None:
    dialog = await new(house, command(5, "a"), wait(9, 60, topic="b"), command(5, "c"))
    await dialog.choose("command")
    await dialog.submit(**COMMAND | {"at": 3, "topic": "new"})
    # After the last wait: what is before it has its place already.
    assert listed(dialog) == [
        "1. 5 s: a → ON",
        "2. 9 s: ⏳ b",
        "3. 3 s: new → ON",
        "4. 5 s: c → ON",
    ]
    await dialog.choose("command")
    await dialog.submit(**COMMAND | {"at": 6, "topic": "other", "position": 2})
    assert listed(dialog)[:3] == ["1. 5 s: a → ON", "2. 6 s: other → ON", "3. 9 s: ⏳ b"]
    await dialog.choose("command")
    await dialog.submit(**COMMAND | {"at": 50, "topic": "last", "position": 99})
    assert listed(dialog)[-1] == "6. 50 s: last → ON"


async def test_a_wait_is_put_at_the_end(house: House) -> None:
    dialog = await new(house, command(5, "a"))
    await dialog.choose("wait")
    await dialog.submit(**WAIT | {"at": 3, "topic": "b"})
    assert (dialog.step, dialog.errors) == ("wait", {"at": "unordered"})
    assert said(dialog) == {"step": "2", "field": "at", "detail": "3 < 5"}
    await dialog.submit(**WAIT | {"at": 3, "topic": "b", "payload": "x", "position": 1})
    assert listed(dialog) == ["1. 3 s: ⏳ b = x", "2. 5 s: a → ON"]


async def test_changing_a_step(house: House) -> None:
    dialog = await new(
        house, command(1, "a"), command(2, "b"), wait(3, 60, **DOOR), action(0, "script.go")
    )
    await dialog.choose("edit")
    assert dialog.choices("step") == {
        "0": "1. 1 s: a → ON",
        "1": "2. 2 s: b → ON",
        "2": "3. 3 s: ⏳ binary_sensor.door = on",
        "3": "4. 0 s: script.go",
    }
    await dialog.submit(step="0")
    assert dialog.step == "command"
    assert (dialog.suggested("at"), dialog.suggested("topic")) == (1.0, "a")
    await dialog.submit(**COMMAND | {"at": 2.5, "topic": "a", "payload": "  two\nlines " * 9})
    assert listed(dialog)[:2] == [
        "1. 2 s: b → ON",
        "2. 2.5 s: a → two lines two lines two lines two lines …",
    ]
    await dialog.choose("edit")
    await dialog.submit(step="2")
    assert dialog.step == "wait"
    assert dialog.suggested("entity_id") == "binary_sensor.door"
    assert dialog.suggested("timeout") == 60.0
    await dialog.submit(**WAIT | {"at": 4, "topic": "knock"})
    assert listed(dialog)[2] == "3. 4 s: ⏳ knock"
    await dialog.choose("edit")
    await dialog.submit(step="3")
    assert dialog.step == "action"
    assert dialog.suggested("action") == [{"action": "script.go", "target": {}, "data": {}}]
    await dialog.submit(at=0, action=[{"action": "script.stop"}], actuator=False)
    assert listed(dialog)[3] == "4. 0 s: script.stop"
    # One that is added afterwards takes nobody's place.
    await dialog.choose("command")
    assert dialog.suggested("topic") is None
    await dialog.submit(**COMMAND)
    assert len(listed(dialog)) == 5


async def test_removing_steps(house: House) -> None:
    dialog = await new(
        house, command(5, "a"), wait(6, 60, topic="b"), command(1, "c"), command(2, "d")
    )
    await dialog.choose("remove")
    await dialog.submit(steps=["1"])
    assert (dialog.step, dialog.errors) == ("remove", {"base": "unordered"})
    assert said(dialog) == {"step": "2", "field": "at", "detail": "1 < 5"}
    await dialog.submit(steps=["0", "1"])
    assert listed(dialog) == ["1. 1 s: c → ON", "2. 2 s: d → ON"]
    await dialog.choose("remove")
    await dialog.submit(steps=["0", "1"])
    assert listed(dialog) == ["-"]
    assert "finish" not in dialog.shown["menu_options"]


async def test_many_steps_are_not_all_listed(house: House) -> None:
    dialog = await new(house, *(command(number, "a") for number in range(60)))
    assert len(listed(dialog)) == 51
    assert listed(dialog)[-1] == "…"
    assert (dialog.shown["description_placeholders"] or {})["count"] == "60"


# What is wrong


@pytest.mark.parametrize(
    ("wrong", "errors", "field"),
    [
        ({"topic": "room1/+"}, {"topic": "bad_topic"}, "topic"),
        ({"retain": True}, {"retain": "retained_actuator"}, "retain"),
        ({"payload": "x" * 9000}, {"payload": "payload_too_large"}, "payload"),
        (
            {"confirmation": ASKS_NOTHING | {"feedback": "#"}},
            {"base": "bad_topic"},
            "confirmation.feedback",
        ),
        (
            {"confirmation": ASKS_NOTHING | {"relay": "1"}},
            {"base": "missing_field"},
            "confirmation.relay.dialect",
        ),
        (
            {"confirmation": ASKS_NOTHING | {"feedback": "a", "timeout": 0}},
            {"base": "no_time"},
            "confirmation.timeout",
        ),
    ],
)
async def test_a_command_that_cannot_be(
    house: House, wrong: Json, errors: Json, field: str
) -> None:
    dialog = await new(house, command(0, "first"))
    await dialog.choose("command")
    await dialog.submit(**COMMAND | wrong)
    assert (dialog.step, dialog.errors) == ("command", errors)
    assert (said(dialog)["step"], said(dialog)["field"]) == ("2", field)
    for name, value in wrong.items():
        if name != "confirmation":
            assert dialog.suggested(name) == value
    await dialog.submit(**COMMAND)
    assert dialog.step == "menu"


@pytest.mark.parametrize(
    ("wrong", "errors"),
    [
        ([], {"action": "bad_action"}),
        ("script.go", {"action": "bad_action"}),
        (["script.go"], {"action": "bad_action"}),
        ([PLAY, PLAY], {"action": "bad_action"}),
        ([{"delay": 5}], {"action": "bad_action"}),
        ([{"action": "{{ any }}"}], {"action": "bad_action"}),
        ([{"action": "script.go", "target": {"planet": "mars"}}], {"base": "bad_target"}),
        ([{"target": {}}], {"action": "missing_field"}),
    ],
)
async def test_an_action_that_cannot_be(house: House, wrong: Any, errors: Json) -> None:
    dialog = await new(house)
    await dialog.choose("action")
    await dialog.submit(at=0, action=wrong, actuator=True)
    assert (dialog.step, dialog.errors) == ("action", errors)
    await dialog.submit(at=0, action=[{"action": "script.go"}], actuator=True)
    assert dialog.step == "menu"


@pytest.mark.parametrize(
    ("wrong", "errors"),
    [
        ({}, {"topic": "no_trigger"}),
        (DOOR | {"topic": "a"}, {"entity_id": "two_triggers"}),
        ({"entity_id": "binary_sensor.door"}, {"state": "missing_field"}),
        ({"topic": "a", "timeout": 0}, {"timeout": "no_time"}),
        ({"topic": "a", "state": "on"}, {"state": "unknown_field"}),
    ],
)
async def test_a_wait_that_cannot_be(house: House, wrong: Json, errors: Json) -> None:
    dialog = await new(house)
    await dialog.choose("wait")
    await dialog.submit(**WAIT | wrong)
    assert (dialog.step, dialog.errors) == ("wait", errors)
    await dialog.submit(**WAIT | {"topic": "a"})
    assert dialog.step == "menu"


async def test_more_steps_than_there_may_be(house: House) -> None:
    dialog = await new(house, *(command(0, "a") for _ in range(500)))
    await dialog.choose("command")
    await dialog.submit(**COMMAND)
    assert dialog.errors == {"base": "too_many_steps"}
    assert said(dialog) == {"step": "-", "field": "-", "detail": "500"}


# As text


async def test_all_steps_as_text(house: House) -> None:
    dialog = await new(house)
    await dialog.choose("text")
    assert dialog.suggested("steps") == []
    await dialog.submit(steps=[command(0, "a"), {"at": 1, "kind": "fly"}])
    assert (dialog.step, dialog.errors) == ("text", {"base": "unknown_kind"})
    assert said(dialog) == {"step": "2", "field": "kind", "detail": "command, action, wait"}
    assert dialog.suggested("steps")[1] == {"at": 1, "kind": "fly"}
    await dialog.submit(steps={})
    assert dialog.errors == {"base": "not_a_list"}
    await dialog.submit(steps=[command(0, "a")])
    await dialog.choose("text")
    assert dialog.suggested("steps") == stored(command(0, "a"))


# The museum's way

MUSEUM = [
    {"timestamp": 3, "topic": "hall/light", "message": "OFF"},
    {"timestamp": 0, "topic": "hall/audio", "message": "thunder.mp3"},
    {"timestamp": 1, "topic": "cellar/video", "message": "START"},
]


async def test_a_museums_scene(house: House) -> None:
    dialog = await new(house, command(0, "goes"))
    await dialog.choose("museum")
    assert dialog.suggested("media") is None
    await dialog.submit(text=json.dumps(MUSEUM), media="media-source://nas/")
    assert dialog.step == "player"
    assert (dialog.shown["description_placeholders"] or {})["room"] == "hall"
    await dialog.submit(player="media_player.hall")
    assert (dialog.shown["description_placeholders"] or {})["room"] == "cellar"
    await dialog.submit(player="media_player.cellar")
    assert dialog.step == "menu"
    assert listed(dialog) == [
        "1. 0 s: media_player.play_media (media_player.hall)",
        "2. 1 s: media_player.media_play (media_player.cellar)",
        "3. 3 s: hall/light → OFF",
    ]
    await dialog.choose("finish")
    first, _, last = created(house).data["steps"]
    assert first["data"]["media_content_id"] == "media-source://nas/thunder.mp3"
    assert last["confirmation"]["feedback"] == "hall/status"


async def test_a_museums_scene_without_media(house: House) -> None:
    dialog = await new(house)
    await dialog.choose("museum")
    await dialog.submit(text=json.dumps({"steps": MUSEUM[:1]}), media=LOCAL_MEDIA)
    assert dialog.step == "menu"
    assert listed(dialog) == ["1. 3 s: hall/light → OFF"]


@pytest.mark.parametrize(
    ("wrong", "flaw", "step"),
    [
        ("what?", "not_json", "-"),
        ('"\ud800"', "not_a_list", "-"),
        ("[]", "empty", "-"),
        (json.dumps([*MUSEUM, {"timestamp": -1, "topic": "a", "message": ""}]), "negative_time", 4),
        (json.dumps([{**MUSEUM[1], "message": "../secret"}]), "bad_media", 1),
    ],
)
async def test_a_museums_scene_that_cannot_be(
    house: House, wrong: str, flaw: str, step: object
) -> None:
    dialog = await new(house, command(0, "stays"))
    await dialog.choose("museum")
    await dialog.submit(text=wrong, media=LOCAL_MEDIA)
    assert (dialog.step, dialog.errors) == ("museum", {"base": flaw})
    assert said(dialog)["step"] == str(step)
    await dialog.submit(text=json.dumps(MUSEUM[:1]), media=LOCAL_MEDIA)
    assert dialog.step == "menu"


async def test_a_player_by_another_name_is_no_player(
    house: House, entity_registry: er.EntityRegistry
) -> None:
    entity = entity_registry.async_get_or_create("media_player", "test", "hall")
    dialog = await new(house)
    await dialog.choose("museum")
    await dialog.submit(text=json.dumps(MUSEUM[1:2]), media=LOCAL_MEDIA)
    await dialog.submit(player=entity.id)
    assert (dialog.step, dialog.errors) == ("player", {"player": "bad_entity"})
    await dialog.submit(player=entity.entity_id)
    assert dialog.step == "menu"


# Later


async def test_changing_a_scene(house: House) -> None:
    await house.set_up(scene(command(0, "room1/light")))
    dialog = await Dialog.change(house, "opening")
    assert dialog.step == "menu"
    assert listed(dialog) == ["1. 0 s: room1/light → ON"]
    await dialog.choose("rename")
    assert dialog.suggested("name") == "Opening"
    await dialog.submit(name="Finale")
    await dialog.choose("command")
    await dialog.submit(**COMMAND | {"topic": "room1/steam"})
    await dialog.choose("finish")
    assert dialog.ended == "reconfigure_successful"
    assert created(house).title == "Finale"
    assert created(house).data == {
        "steps": stored(command(0, "room1/light"), command(0, "room1/steam"))
    }
    stage = Stage(house)
    await stage.start()
    assert stage.sent() == ["room1/light", "room1/steam"]


async def test_changing_a_scene_that_cannot_be_read(house: House) -> None:
    broken = [command(0, "room1/light"), {"at": 1, "kind": "teleport"}]
    await house.set_up(scene(*broken))
    assert house.unavailable == {"scene.opening"}
    dialog = await Dialog.change(house, "opening")
    assert (dialog.step, dialog.errors) == ("text", {"base": "unknown_kind"})
    assert dialog.suggested("steps") == broken
    await dialog.submit(steps=broken)
    assert dialog.errors == {"base": "unknown_kind"}
    await dialog.submit(steps=broken[:1])
    await dialog.choose("finish")
    assert dialog.ended == "reconfigure_successful"
    assert house.unavailable == set()
