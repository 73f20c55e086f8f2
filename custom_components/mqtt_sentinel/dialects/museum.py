"""The museum dialect: plain words on the status topic of a node or a room.

``devices/{id}/status`` and ``{id}/status`` carry ``online`` or ``offline`` (connection), or
``OK`` or ``ERROR`` (the answer to a command).
"""

from ..watch.expectation import SourceKind
from ..watch.reports import ConnectionReport, FeedbackReport, Report, ThingKey
from .payload import read_name
from .route import Dialect, Flaw, MalformedError, Message, Route

NAME = "museum"
_CONNECTION = {b"online": True, b"offline": False}
_FEEDBACK = {b"ok": True, b"error": False}
_LONGEST = 16

# Home Assistant announces itself on "homeassistant/status"; it is no node of a museum.
_NOT_A_NODE = "homeassistant"


def _status(message: Message) -> Report | None:
    word = message.payload.strip().lower() if len(message.payload) <= _LONGEST else b""
    key = ThingKey(NAME, message.site, read_name(message.levels[-2]))
    if word in _CONNECTION:
        return ConnectionReport(key, message.at, message.retained, message.topic, _CONNECTION[word])
    if word in _FEEDBACK:
        return FeedbackReport(key, message.at, message.retained, message.topic, _FEEDBACK[word])
    return None


def _device_status(message: Message) -> Report:
    report = _status(message)
    if report is None:
        raise MalformedError(Flaw.NOT_A_BOOL)
    return report


def _room_status(message: Message) -> Report | None:
    """Read a status outside ``devices/``; half the world uses such topics, so others pass by."""
    return None if message.levels[0] == _NOT_A_NODE else _status(message)


MUSEUM = Dialect(
    NAME,
    (Route("devices/+/status", _device_status), Route("+/status", _room_status)),
    expects=SourceKind.ALWAYS,
)
