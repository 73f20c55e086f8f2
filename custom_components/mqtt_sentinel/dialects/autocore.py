"""The autocore dialect of ESP32 fleets: JSON objects that name their device.

``autocore/{id}/status`` carries ``{"device_id", "status": "online"|"offline", "ip_address",
"firmware_version", "uptime", "timestamp"}``.
"""

from typing import Any

from ..watch.expectation import SourceKind
from ..watch.reports import ConnectionReport, DeviceDetails, ThingKey
from .payload import optional_number, optional_text, read_name, read_object
from .route import Dialect, Flaw, MalformedError, Message, Route

NAME = "autocore"
_STATUS = {"online": True, "offline": False}


def _device(message: Message, data: dict[str, Any]) -> ThingKey:
    device = read_name(message.levels[1])
    named = optional_text(data, "device_id")
    if named is None:
        raise MalformedError(Flaw.MISSING_FIELD, "device_id")
    if named != device:
        raise MalformedError(Flaw.CONTRADICTORY_ID, "device_id")
    return ThingKey(NAME, message.site, device)


def _connection(message: Message) -> ConnectionReport:
    data = read_object(message.payload)
    key = _device(message, data)
    status = optional_text(data, "status")
    if status is None:
        raise MalformedError(Flaw.MISSING_FIELD, "status")
    if status not in _STATUS:
        raise MalformedError(Flaw.WRONG_TYPE, "status")
    optional_text(data, "timestamp")
    details = DeviceDetails(
        optional_text(data, "ip_address"),
        optional_text(data, "firmware_version"),
        optional_number(data, "uptime"),
    )
    return ConnectionReport(
        key, message.at, message.retained, message.topic, _STATUS[status], details
    )


AUTOCORE = Dialect(NAME, (Route("autocore/+/status", _connection),), expects=SourceKind.ALWAYS)
