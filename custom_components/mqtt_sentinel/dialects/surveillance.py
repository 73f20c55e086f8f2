"""The surveillance dialect: events of sensors that share their topics.

``sensor/motion``, ``sensor/button`` and ``sensor/pressure`` carry ``{"event_id", "device_id",
"source", "type", "data": {...}, "timestamp"}``. The topic tells what happened, ``device_id`` where.
A sensor says nothing but that, so its silence means nothing: it is only observed unless told
otherwise.
"""

from ..watch.reports import Occasion, OccasionReport, ThingKey
from .payload import (
    optional_text,
    read_data,
    read_event_id,
    read_name,
    read_object,
    required_text,
)
from .route import Dialect, Flaw, MalformedError, Message, Route

NAME = "surveillance"
_OCCASIONS = {
    "motion": Occasion.MOTION,
    "button": Occasion.BUTTON,
    "pressure": Occasion.PRESSURE,
}


def _event(message: Message) -> OccasionReport:
    data = read_object(message.payload)
    key = ThingKey(NAME, message.site, read_name(required_text(data, "device_id")))
    details = data.get("data")
    if details is not None and not isinstance(details, dict):
        raise MalformedError(Flaw.WRONG_TYPE, "data")
    return OccasionReport(
        key,
        message.at,
        message.retained,
        message.topic,
        _OCCASIONS[message.levels[1]],
        read_event_id(data.get("event_id"), "event_id"),
        data=read_data(
            {
                "source": optional_text(data, "source"),
                "type": required_text(data, "type"),
                "data": details or {},
                "timestamp": optional_text(data, "timestamp"),
            }
        ),
    )


SURVEILLANCE = Dialect(
    NAME,
    "Surveillance",
    tuple(Route(f"sensor/{name}", _event) for name in _OCCASIONS),
    expects=None,
    occasions=tuple(_OCCASIONS.values()),
)
