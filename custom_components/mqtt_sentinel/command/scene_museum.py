"""The museum's way to write scenes, read into steps.

Its file is JSON: a list of objects, or an object with one as ``actions``, ``scene`` or ``steps``.
Each has the seconds from the beginning as ``timestamp`` (or ``at``), the ``topic``, and the
``message`` (or ``payload``), in any order of time; other fields are for its people. A command on
``{room}/{actuator}`` is confirmed on ``{room}/status``, one on a topic of one level on
``{topic}/feedback``. What is on ``{room}/audio`` and ``{room}/video`` is played by a media player
of the user's choice: ``ON`` or ``START`` and ``OFF`` or ``STOP`` go on and stop, all else names
what is to be played.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from ..dialects.payload import read_json
from ..dialects.route import MalformedError
from .scene_reading import check_number, check_times, read_step
from .scene_steps import Kind, SceneError, SceneFlaw, Step, Steps

# Where a name without a way to it is looked for: the media folder of Home Assistant.
LOCAL_MEDIA = "media-source://media_source/local/"
_LISTS = ("actions", "scene", "steps")
_TIMES = ("timestamp", "at")
_MESSAGES = ("message", "payload")
_MEDIA = {"audio": "music", "video": "video"}
_PLAYER_ACTIONS = {
    "ON": "media_player.media_play",
    "START": "media_player.media_play",
    "OFF": "media_player.media_stop",
    "STOP": "media_player.media_stop",
}
# Fields that a step has, and what of the file they are made from.
_OURS = {"confirmation.feedback": "topic", "target": "topic"}
_PLAYERS = "media_player."
# What has one of these leads to itself.
_WAYS = ("media-source://", "http://", "https://")


def rooms_with_media(text: bytes) -> list[str]:
    """The rooms in which something is played, in order: each needs a media player.

    Raises :class:`SceneError` for what is no scene.
    """
    topics = (data.get("topic") for _, data in _objects(text))
    rooms = (_media_room(topic)[0] for topic in topics if isinstance(topic, str))
    return list(dict.fromkeys(room for room in rooms if room))


def read_museum(text: bytes, players: Mapping[str, str], media: str = LOCAL_MEDIA) -> Steps:
    """Read a museum's scene; ``players`` are the media players by room.

    ``media`` is put before names of what is played. The steps come in the order of their times,
    those of one time as they are in the file. Raises :class:`SceneError`, with the number and the
    field as they are in the file.
    """
    steps = [(number, _read(number, data, players, media)) for number, data in _objects(text)]
    return check_times(sorted(steps, key=lambda numbered: numbered[1].at))


def _objects(text: bytes) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a file, and their numbers."""
    try:
        data = read_json(text)
    except MalformedError as error:
        raise SceneError(SceneFlaw.NOT_JSON, detail=error.detail) from error
    if isinstance(data, dict):
        data = next((data[name] for name in _LISTS if name in data), None)
    if not isinstance(data, list):
        raise SceneError(SceneFlaw.NOT_A_LIST)
    check_number(len(data))
    for number, each in enumerate(data, 1):
        if not isinstance(each, dict):
            raise SceneError(SceneFlaw.NOT_AN_OBJECT, number)
        yield number, each


def _read(number: int, data: dict[str, Any], players: Mapping[str, str], media: str) -> Step:
    """One step; what is wrong with it is told by the names that the file has."""
    time = next((name for name in _TIMES if name in data), _TIMES[0])
    message = next((name for name in _MESSAGES if name in data), _MESSAGES[0])
    topic, payload = data.get("topic"), data.get(message)
    room, kind = _media_room(topic) if isinstance(topic, str) else ("", "")
    command = {
        "at": data.get(time),
        "kind": Kind.COMMAND.value,
        "topic": topic,
        "payload": payload,
    }
    try:
        # Also for what is played: its topic and its name are held to be some.
        read_step(number, command)
        if room:
            action, played = _play(str(payload), kind, media)
            player = _player(room, players)
            step = {
                "at": data.get(time),
                "kind": Kind.ACTION.value,
                "action": action,
                "target": {"entity_id": player},
                "data": played,
            }
        else:
            step = {**command, "confirmation": {"feedback": _feedback(str(topic))}}
        return read_step(number, step)
    except SceneError as error:
        theirs = {"at": time, "payload": message, "data": message, **_OURS}
        field = theirs.get(error.field, error.field)
        raise SceneError(error.flaw, number, field, error.detail) from error


def _media_room(topic: str) -> tuple[str, str]:
    """In which room what kind of media is played by commands on a topic; both empty for none."""
    room, _, last = topic.rpartition("/")
    kind = _MEDIA.get(last, "")
    return (room, kind) if kind else ("", "")


def _player(room: str, players: Mapping[str, str]) -> str:
    """The media player of a room."""
    player = players.get(room)
    if player is None:
        raise SceneError(SceneFlaw.NO_PLAYER, field="target", detail=room)
    if not player.startswith(_PLAYERS):
        raise SceneError(SceneFlaw.BAD_ENTITY, field="target", detail=player)
    return player


def _play(message: str, kind: str, media: str) -> tuple[str, dict[str, str]]:
    """The action that plays what a message says, and its data."""
    if action := _PLAYER_ACTIONS.get(message.upper()):
        return action, {}
    content = message
    if not message.lower().startswith(_WAYS):
        # It names what is in the folder, and leads nowhere else.
        levels = message.split("/")
        if "\\" in message or "://" in message or {"", ".", ".."} & set(levels):
            raise SceneError(SceneFlaw.BAD_MEDIA, field="payload")
        content = media + message
    return "media_player.play_media", {"media_content_id": content, "media_content_type": kind}


def _feedback(topic: str) -> str:
    room, slash, _ = topic.rpartition("/")
    return f"{room}/status" if slash else f"{topic}/feedback"
