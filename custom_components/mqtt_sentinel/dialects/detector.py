"""The detector dialect: the Last Will of camera detectors.

``{health}/{node}/lwt`` carries ``{"node_id", "service", "status": "online"|"offline",
"timestamp"}``. What ``{health}`` is can be set in the detector, so every name is listened to. Others
use topics of that form as well: outside the usual ``health``, only an object that names a node or a
service is taken for a detector's.
"""

from ..watch.expectation import SourceKind
from ..watch.reports import ConnectionReport, ThingKey
from .payload import optional_text, read_name, read_object, required_text, required_word
from .route import Dialect, Flaw, MalformedError, Message, Route

NAME = "detector"
_USUAL = "health"
_STATUS = {"online": True, "offline": False}


def _will(message: Message) -> ConnectionReport | None:
    first, node, _ = message.levels
    if first != _USUAL and not message.payload.startswith(b"{"):
        return None
    data = read_object(message.payload)
    if first != _USUAL and "node_id" not in data and "service" not in data:
        return None
    key = ThingKey(NAME, message.site, read_name(node))
    if required_text(data, "node_id") != node:
        raise MalformedError(Flaw.CONTRADICTORY_ID, "node_id")
    up = required_word(data, "status", _STATUS)
    optional_text(data, "service")
    optional_text(data, "timestamp")
    return ConnectionReport(key, message.at, message.retained, message.topic, up)


DETECTOR = Dialect(NAME, "Detector", (Route("+/+/lwt", _will),), expects=SourceKind.ALWAYS)
