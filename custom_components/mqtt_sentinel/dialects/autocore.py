"""The autocore dialect of ESP32 fleets: JSON objects that name their device.

``autocore/{id}/status`` carries ``{"device_id", "status": "online"|"offline", "ip_address",
"firmware_version", "uptime", "timestamp"}``; ``autocore/{id}/telemetry`` ``{"device_id",
<number>..., "timestamp"}``; ``autocore/{id}/relay/{n}/status`` ``{"device_id", "relay_index",
"state": bool, "triggered_by", "timestamp"}``. ``autocore/{id}/display/interaction`` and
``autocore/{id}/system/{name}`` carry whatever the device has to say, beside its ``device_id``.
"""

from typing import Any

from ..watch.expectation import SourceKind
from ..watch.reports import (
    ConnectionReport,
    DeviceDetails,
    Occasion,
    OccasionReport,
    RelayReport,
    TelemetryReport,
    ThingKey,
)
from .names import by_topic
from .payload import (
    LARGEST_NUMBER,
    optional_number,
    optional_text,
    read_data,
    read_event_id,
    read_name,
    read_object,
    required_bool,
    required_text,
    required_word,
)
from .route import Dialect, Flaw, MalformedError, Message, RelayWords, Route

NAME = "autocore"
MOST_VALUES = 64
LONGEST_VALUE_NAME = 64
_STATUS = {"online": True, "offline": False}
# What every fleet measures, and so what a word or a yes in its place is wrong in.
_MEASURED = frozenset({"temperature", "humidity", "voltage", "memory_free"})
# A clock that counts seconds is a number too.
_NO_VALUES = frozenset({"device_id", "timestamp"})


@by_topic
def _thing(message: Message) -> ThingKey:
    return ThingKey(NAME, message.site, read_name(message.levels[1]))


def _device(message: Message, data: dict[str, Any]) -> ThingKey:
    key = _thing(message)
    if data.get("device_id") != key.name:
        required_text(data, "device_id")
        raise MalformedError(Flaw.CONTRADICTORY_ID, "device_id")
    return key


def _connection(message: Message) -> ConnectionReport:
    data = read_object(message.payload)
    key = _device(message, data)
    up = required_word(data, "status", _STATUS)
    optional_text(data, "timestamp")
    details = DeviceDetails(
        optional_text(data, "ip_address"),
        optional_text(data, "firmware_version"),
        optional_number(data, "uptime"),
    )
    return ConnectionReport(key, message.at, message.retained, message.topic, up, details)


def _telemetry(message: Message) -> TelemetryReport:
    data = read_object(message.payload)
    key = _device(message, data)
    values: dict[str, float] = {}
    for name, value in data.items():
        kind = type(value)
        if kind is float or kind is int:
            if name not in _MEASURED:
                if name in _NO_VALUES:
                    continue
                if not 0 < len(name) <= LONGEST_VALUE_NAME or not name.isprintable():
                    raise MalformedError(Flaw.BAD_NAME, "value")
            if not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:
                raise MalformedError(Flaw.TOO_LARGE, name)
            values[name] = value
            if len(values) == MOST_VALUES:
                break
        elif name in _MEASURED and value is not None:
            raise MalformedError(Flaw.WRONG_TYPE, name)
    return TelemetryReport(key, message.at, message.retained, message.topic, values)


def _relay(message: Message) -> RelayReport:
    data = read_object(message.payload)
    key = _device(message, data)
    relay = read_name(message.levels[3])
    index = data.get("relay_index")
    if type(index) is not int:
        raise MalformedError(
            Flaw.MISSING_FIELD if index is None else Flaw.WRONG_TYPE, "relay_index"
        )
    if str(index) != relay:
        raise MalformedError(Flaw.CONTRADICTORY_ID, "relay_index")
    return RelayReport(
        key,
        message.at,
        message.retained,
        message.topic,
        relay,
        required_bool(data, "state"),
        optional_text(data, "triggered_by"),
    )


def _occasion(message: Message, occasion: Occasion, **more: str) -> OccasionReport:
    data = read_object(message.payload)
    key = _device(message, data)
    del data["device_id"]
    event_id = data.pop("event_id", None)
    return OccasionReport(
        key,
        message.at,
        message.retained,
        message.topic,
        occasion,
        None if event_id is None else read_event_id(event_id, "event_id"),
        data=read_data(data | more),
    )


def _interaction(message: Message) -> OccasionReport:
    return _occasion(message, Occasion.INTERACTION)


def _system(message: Message) -> OccasionReport:
    return _occasion(message, Occasion.SYSTEM, system=read_name(message.levels[3]))


AUTOCORE = Dialect(
    NAME,
    "Autocore",
    (
        Route("autocore/+/status", _connection),
        Route("autocore/+/telemetry", _telemetry),
        Route("autocore/+/relay/+/status", _relay),
        Route("autocore/+/display/interaction", _interaction),
        Route("autocore/+/system/+", _system),
    ),
    expects=SourceKind.ALWAYS,
    occasions=(Occasion.INTERACTION, Occasion.SYSTEM),
    relays=RelayWords(),
)
