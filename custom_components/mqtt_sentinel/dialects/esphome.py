"""The esphome dialect: the birth and the Last Will of a node.

``{node}/status`` carries ``online`` or ``offline``. The museum dialect listens to the same topic for
the same words: nothing in a message tells which of the two it is. A hub with both dialects knows
such a node twice, and whoever sets it up chooses the one that is right. Other words pass by.
"""

from ..watch.expectation import SourceKind
from ..watch.reports import ConnectionReport, ThingKey
from .payload import HOME_ASSISTANT, read_name, read_word
from .route import Dialect, Message, Route

NAME = "esphome"
_STATUS = {b"online": True, b"offline": False}


def _connection(message: Message) -> ConnectionReport | None:
    node = message.levels[0]
    up = read_word(message.payload, _STATUS)
    if up is None or node == HOME_ASSISTANT:
        return None
    key = ThingKey(NAME, message.site, read_name(node))
    return ConnectionReport(key, message.at, message.retained, message.topic, up)


ESPHOME = Dialect(
    NAME,
    "ESPHome",
    (Route("+/status", _connection),),
    expects=SourceKind.ALWAYS,
    shown=True,
    usual=False,
)
