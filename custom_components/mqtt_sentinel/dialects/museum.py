"""The museum dialect: plain words on the topics of a node or a room.

``devices/{id}/status`` and ``{id}/status`` carry ``online`` or ``offline`` (connection), or
``OK`` or ``ERROR`` (the answer to a command). What was commanded on ``{room}/{actuator}`` or on a
topic of one level is answered there too: ``OK`` or ``ERROR`` on ``{topic}/feedback``, and ``ON``,
``OFF``, ``START`` or ``STOP`` on ``{topic}/state``. A report is about the room or the node; the
actuator is a relay of it. ``{room}/audio`` and ``{room}/video`` are played where they are sent from
and answered by nobody.

Half the world uses topics of these forms, so words that are none of these pass by, and so does what
is said under the names that others are known to use.
"""

from ..watch.expectation import SourceKind
from ..watch.reports import ConnectionReport, FeedbackReport, RelayReport, Report, ThingKey
from .feedback import read_answer
from .payload import HOME_ASSISTANT, read_name, read_word
from .route import Dialect, Flaw, MalformedError, Message, RelayWords, Route

NAME = "museum"
_CONNECTION = {b"online": True, b"offline": False}
_STATE = {b"on": True, b"off": False, b"start": True, b"stop": False}
_NODES = "devices"
_NOT_OURS = frozenset({HOME_ASSISTANT, "frigate", "zigbee2mqtt"})


def _key(message: Message, name: str) -> ThingKey:
    return ThingKey(NAME, message.site, read_name(name))


def _owner(message: Message) -> ThingKey:
    """Who says it: a room says ``{room}/{actuator}/state``, a node ``devices/{id}/state``."""
    levels = message.levels
    return _key(message, levels[1] if levels[0] == _NODES and len(levels) > 2 else levels[0])


def _status(message: Message) -> Report | None:
    name = message.levels[-2]
    if (up := read_word(message.payload, _CONNECTION)) is not None:
        key = _key(message, name)
        return ConnectionReport(key, message.at, message.retained, message.topic, up)
    if (ok := read_answer(message.payload)) is not None:
        key = _key(message, name)
        return FeedbackReport(key, message.at, message.retained, message.topic, ok)
    return None


def _device_status(message: Message) -> Report:
    report = _status(message)
    if report is None:
        raise MalformedError(Flaw.NOT_A_BOOL)
    return report


def _room_status(message: Message) -> Report | None:
    return None if message.levels[0] in _NOT_OURS else _status(message)


def _feedback(message: Message) -> FeedbackReport | None:
    ok = read_answer(message.payload)
    if ok is None or message.levels[0] in _NOT_OURS:
        return None
    return FeedbackReport(_owner(message), message.at, message.retained, message.topic, ok)


def _state(message: Message) -> RelayReport | None:
    on = read_word(message.payload, _STATE)
    if on is None or message.levels[0] in _NOT_OURS:
        return None
    relay = read_name(message.levels[-2])
    return RelayReport(_owner(message), message.at, message.retained, message.topic, relay, on)


def _command_topic(thing: str, relay: str) -> str:
    """The topic whose feedback and state are those of a relay; a thing with one relay has its name."""
    return relay if relay == thing else f"{thing}/{relay}"


MUSEUM = Dialect(
    NAME,
    "Museum",
    (
        Route("devices/+/status", _device_status),
        Route("+/status", _room_status),
        Route("+/feedback", _feedback),
        Route("+/+/feedback", _feedback),
        Route("+/state", _state),
        Route("+/+/state", _state),
    ),
    expects=SourceKind.ALWAYS,
    usual=False,
    relays=RelayWords(_command_topic, answers=True, connects=False),
)
