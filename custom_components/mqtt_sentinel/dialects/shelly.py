"""The shelly dialect: whether a device is connected.

The first generation says ``true`` or ``false`` on ``shellies/{id}/online``, all later ones on
``{id}/online``, where other words are others' and pass by.
"""

from ..watch.expectation import SourceKind
from ..watch.reports import ConnectionReport, ThingKey
from .payload import read_name, read_word
from .route import Dialect, Flaw, MalformedError, Message, Route

NAME = "shelly"
_ONLINE = {b"true": True, b"false": False}


def _connection(message: Message) -> ConnectionReport | None:
    up = read_word(message.payload, _ONLINE)
    if up is None:
        return None
    key = ThingKey(NAME, message.site, read_name(message.levels[-2]))
    return ConnectionReport(key, message.at, message.retained, message.topic, up)


def _first_generation(message: Message) -> ConnectionReport:
    report = _connection(message)
    if report is None:
        raise MalformedError(Flaw.NOT_A_BOOL)
    return report


SHELLY = Dialect(
    NAME,
    "Shelly",
    (Route("shellies/+/online", _first_generation), Route("+/online", _connection)),
    expects=SourceKind.ALWAYS,
    shown=True,
)
