"""The broker dialect: what a broker tells of itself, as mosquitto and its likes do.

``$SYS/broker/...`` carry a number each, every few seconds or when it changes; ``uptime`` may have
"seconds" behind it. Each that is not retained is a ping of the thing ``broker``. Filters with
wildcards in front do not reach ``$SYS``, and one for all of it would bring dozens of topics, so the
few that are worth a value are named.
"""

from collections.abc import Callable
from math import isfinite

from ..watch.expectation import SourceKind
from ..watch.reports import PingReport, Report, TelemetryReport, ThingKey
from .payload import LARGEST_NUMBER
from .route import Dialect, Flaw, MalformedError, Message, Route

NAME = "broker"
_BROKER = "broker"
_UNIT = b" seconds"
_LONGEST = 64
_VALUES = {
    "uptime": "uptime",
    "clients/connected": "clients_connected",
    "messages/received": "messages_received",
    "messages/sent": "messages_sent",
    "load/messages/received/1min": "messages_received_1min",
    "load/messages/sent/1min": "messages_sent_1min",
}


def _number(payload: bytes) -> float:
    if len(payload) > _LONGEST:
        raise MalformedError(Flaw.TOO_LARGE, str(len(payload)))
    try:
        number = float(payload.removesuffix(_UNIT))
    except ValueError as error:
        raise MalformedError(Flaw.WRONG_TYPE, "number") from error
    if not isfinite(number):
        raise MalformedError(Flaw.WRONG_TYPE, "number")
    if abs(number) > LARGEST_NUMBER:
        raise MalformedError(Flaw.TOO_LARGE, "number")
    return number


def _decoder(value: str) -> Callable[[Message], list[Report]]:
    def decode(message: Message) -> list[Report]:
        values = {value: _number(message.payload)}
        heard = ThingKey(NAME, message.site, _BROKER), message.at, message.retained, message.topic
        return [PingReport(*heard), TelemetryReport(*heard, values)]

    return decode


BROKER = Dialect(
    NAME,
    "Broker",
    tuple(Route(f"$SYS/broker/{topic}", _decoder(value)) for topic, value in _VALUES.items()),
    expects=SourceKind.ALWAYS,
)
