"""Scenes as the museum writes them."""

import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.mqtt_sentinel.command.command import Confirmation
from custom_components.mqtt_sentinel.command.scene_museum import read_museum, rooms_with_media
from custom_components.mqtt_sentinel.command.scene_steps import (
    LONGEST,
    MOST_STEPS,
    ActionStep,
    CommandStep,
    SceneError,
    SceneFlaw,
)

PLAYERS = {"room1": "media_player.hall"}
SHARED = Confirmation("room1/status")
# The scene of the museum's own description.
SCENE = [
    {"timestamp": 0.0, "topic": "room1/light", "message": "ON"},
    {"timestamp": 2.5, "topic": "room1/audio", "message": "bg.mp3"},
    {"timestamp": 5.0, "topic": "room1/steam", "message": "ON"},
    {"timestamp": 10.0, "topic": "room1/motor", "message": "START"},
]


def text(data: object) -> bytes:
    return json.dumps(data).encode()


def said(topic: str, message: Any = "ON", timestamp: Any = 0) -> dict[str, Any]:
    return {"timestamp": timestamp, "topic": topic, "message": message}


def flaw(data: object, players: dict[str, str] = PLAYERS) -> tuple[SceneFlaw, int | None, str]:
    with pytest.raises(SceneError) as caught:
        read_museum(text(data), players)
    return caught.value.flaw, caught.value.step, caught.value.field


def played(message: str, kind: str = "audio", **more: str) -> ActionStep:
    """The step that plays something in the first room."""
    [step] = read_museum(text([said(f"room1/{kind}", message)]), PLAYERS, **more)
    assert isinstance(step, ActionStep)
    assert step.target == {"entity_id": ("media_player.hall",)}
    return step


def test_the_scene_of_the_museum_is_read() -> None:
    assert read_museum(text(SCENE), PLAYERS) == (
        CommandStep(0.0, "room1/light", "ON", confirmation=SHARED),
        ActionStep(
            2.5,
            "media_player.play_media",
            {"entity_id": ("media_player.hall",)},
            {
                "media_content_id": "media-source://media_source/local/bg.mp3",
                "media_content_type": "music",
            },
        ),
        CommandStep(5.0, "room1/steam", "ON", confirmation=SHARED),
        CommandStep(10.0, "room1/motor", "START", confirmation=SHARED),
    )


@pytest.mark.parametrize("name", ["actions", "scene", "steps"])
def test_the_list_may_be_in_an_object(name: str) -> None:
    scene = {"name": "Storm", name: SCENE}
    assert read_museum(text(scene), PLAYERS) == read_museum(text(SCENE), PLAYERS)


def test_other_names_of_fields_are_read_and_fields_for_people_are_not() -> None:
    one = {"at": 1, "topic": "room1/light", "payload": "ON", "comment": "bright"}
    assert read_museum(text([one]), {}) == (
        CommandStep(1.0, "room1/light", "ON", confirmation=SHARED),
    )


def test_steps_are_put_in_the_order_of_their_times() -> None:
    topics = [("b", 2), ("c", 2), ("a", 1), ("d", 2.5)]
    steps = read_museum(text([said(topic, timestamp=at) for topic, at in topics]), {})
    assert [step.topic for step in steps if isinstance(step, CommandStep)] == list("abcd")


@pytest.mark.parametrize(
    ("topic", "feedback"),
    [
        ("room1/light", "room1/status"),
        ("west/room1/light", "west/room1/status"),
        ("light", "light/feedback"),
        ("audio", "audio/feedback"),  # in no room, so nobody plays it
    ],
)
def test_a_command_is_confirmed_where_the_museum_confirms_it(topic: str, feedback: str) -> None:
    [step] = read_museum(text([said(topic)]), {})
    assert step == CommandStep(0.0, topic, "ON", confirmation=Confirmation(feedback))


def test_video_is_played_too_and_from_a_folder_of_choice() -> None:
    step = played("films/video1.mp4", "video", media="media-source://nas/")
    assert step.action == "media_player.play_media"
    assert step.data == {
        "media_content_id": "media-source://nas/films/video1.mp4",
        "media_content_type": "video",
    }


@pytest.mark.parametrize("way", ["https://nas/a.mp3", "HTTP://nas/a.mp3", "media-source://x/a"])
def test_what_leads_to_itself_is_played_as_it_is(way: str) -> None:
    assert played(way).data["media_content_id"] == way


@pytest.mark.parametrize(
    ("message", "action"),
    [
        ("STOP", "media_player.media_stop"),
        ("off", "media_player.media_stop"),
        ("START", "media_player.media_play"),
        ("on", "media_player.media_play"),
    ],
)
def test_a_player_is_told_to_stop_and_to_go_on(message: str, action: str) -> None:
    step = played(message)
    assert step.action == action
    assert step.data == {}


@pytest.mark.parametrize(
    "message", ["", "../secrets.yaml", "a/../../b", "/etc/passwd", "a\\b", "file:///etc", "./a"]
)
def test_nothing_leads_out_of_the_media_folder(message: str) -> None:
    assert flaw([said("room1/audio", message)]) == (SceneFlaw.BAD_MEDIA, 1, "message")


def test_rooms_in_which_something_is_played_are_named_once() -> None:
    topics = ["b/audio", "a/light", "b/video", "east/a/audio", "audio"]
    data = [said(topic) for topic in topics] + [said("a/video"), {"topic": 5}, {}]
    assert rooms_with_media(text(data)) == ["b", "east/a", "a"]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({}, (SceneFlaw.NOT_A_LIST, None, "")),
        ({"actions": {}}, (SceneFlaw.NOT_A_LIST, None, "")),
        (5, (SceneFlaw.NOT_A_LIST, None, "")),
        ([], (SceneFlaw.EMPTY, None, "")),
        ([said("a")] * (MOST_STEPS + 1), (SceneFlaw.TOO_MANY_STEPS, None, "")),
        ([said("a"), 5], (SceneFlaw.NOT_AN_OBJECT, 2, "")),
        ([said("a"), {}], (SceneFlaw.MISSING_FIELD, 2, "timestamp")),
        ([said("a", timestamp="1")], (SceneFlaw.WRONG_TYPE, 1, "timestamp")),
        ([said("a", timestamp=LONGEST + 1)], (SceneFlaw.TOO_LONG, 1, "timestamp")),
        # The numbers are those of the file, whatever the order of the times.
        (
            [said("a", timestamp=5), said("b", timestamp=-1)],
            (SceneFlaw.NEGATIVE_TIME, 2, "timestamp"),
        ),
        ([said("room1/+")], (SceneFlaw.BAD_TOPIC, 1, "topic")),
        ([said("a" * 1024)], (SceneFlaw.BAD_TOPIC, 1, "topic")),  # its feedback would be too long
        ([{"at": 0, "topic": 5, "message": "ON"}], (SceneFlaw.WRONG_TYPE, 1, "topic")),
        ([said("a", 5)], (SceneFlaw.WRONG_TYPE, 1, "message")),
        ([{"at": 0, "topic": "a", "payload": 5}], (SceneFlaw.WRONG_TYPE, 1, "payload")),
        ([said("a"), said("room2/audio", "a.mp3")], (SceneFlaw.NO_PLAYER, 2, "topic")),
        ([said("light/audio", "a.mp3")], (SceneFlaw.BAD_ENTITY, 1, "topic")),
        ([said("odd/audio", "a.mp3")], (SceneFlaw.BAD_ENTITY, 1, "topic")),
        ([said("room1/audio", "a" * 8192)], (SceneFlaw.BAD_DATA, 1, "message")),
    ],
)
def test_what_is_wrong_is_told_with_its_place_in_the_file(
    data: object, expected: tuple[SceneFlaw, int | None, str]
) -> None:
    players = PLAYERS | {"light": "light.lamp", "odd": "media_player."}
    assert flaw(data, players) == expected


@pytest.mark.parametrize("written", [b"", b"[", b"\xff", b'["\\ud800"]', b"[" * 100_000])
def test_what_is_no_json_is_told(written: bytes) -> None:
    for read in (rooms_with_media, lambda text: read_museum(text, {})):
        with pytest.raises(SceneError) as caught:
            read(written)
        assert caught.value.flaw is SceneFlaw.NOT_JSON


values = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(["room1/audio", "room1/light", "a.mp3", "ON", "/audio"])
)
fields = st.sampled_from(["timestamp", "at", "topic", "message", "payload"])
objects = st.dictionaries(fields, values) | st.builds(
    said, st.sampled_from(["room1/audio", "/video", "light"]) | st.text(), values, values
)


@given(st.lists(objects | values, max_size=4) | st.dictionaries(st.sampled_from(["scene"]), values))
def test_nothing_but_an_error_of_scenes_comes_of_any_file(data: object) -> None:
    written = json.dumps(data).encode()
    try:
        steps = read_museum(written, PLAYERS)
    except SceneError:
        return
    assert isinstance(data, list)
    assert len(steps) == len(data)
    assert rooms_with_media(written) in ([], ["room1"])
