"""The zigbee2mqtt dialect: a bridge, and the devices that are reached through it.

``zigbee2mqtt/bridge/state`` and ``zigbee2mqtt/{name}/availability`` carry ``online`` or
``offline``, plain or as ``{"state": "online"}``. A name may contain slashes, up to three levels are
listened to; the name of a group is as good as that of a device. Nothing at all on an availability
topic is how the bridge takes back what it retained there, of a device that was renamed.

The bridge's Last Will takes down nobody but the bridge: its devices' last word stays, and is worth
nothing. So every device stands behind it.
"""

from ..watch.expectation import SourceKind
from ..watch.reports import ConnectionReport, ThingKey
from .payload import read_name, read_object, read_word, required_word
from .route import Dialect, Message, Route

NAME = "zigbee2mqtt"
BRIDGE = "bridge"
_PLAIN = {b"online": True, b"offline": False}
_STATE = {"online": True, "offline": False}


def _parent(key: ThingKey) -> ThingKey | None:
    return None if key.name == BRIDGE else ThingKey(NAME, key.site, BRIDGE)


def _connection(message: Message) -> ConnectionReport:
    # The bridge is the name on its own topic, "zigbee2mqtt/bridge/state".
    name = read_name("/".join(message.levels[1:-1]))
    up = read_word(message.payload, _PLAIN)
    if up is None:
        up = required_word(read_object(message.payload), "state", _STATE)
    key = ThingKey(NAME, message.site, name)
    return ConnectionReport(key, message.at, message.retained, message.topic, up)


def _availability(message: Message) -> ConnectionReport | None:
    return _connection(message) if message.payload else None


ZIGBEE2MQTT = Dialect(
    NAME,
    "Zigbee2MQTT",
    (
        Route("zigbee2mqtt/bridge/state", _connection),
        Route("zigbee2mqtt/+/availability", _availability),
        Route("zigbee2mqtt/+/+/availability", _availability),
        Route("zigbee2mqtt/+/+/+/availability", _availability),
    ),
    expects=SourceKind.ALWAYS,
    parent=_parent,
    shown=True,
    levels=(1, 2, 3),
)
