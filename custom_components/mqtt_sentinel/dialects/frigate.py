"""The frigate dialect: Frigate, and the roles of its cameras, each a thing ``{camera}/{role}``.

``frigate/available`` carries ``online``, ``stopped`` (said by Frigate) or ``offline`` (its Last
Will). ``frigate/{camera}/status/{role}`` carries ``online``, ``offline`` or ``disabled``: that one
was switched off on purpose and is just as little there, which is fine where nobody relies on it and
a mismatch where an alarm does.

``frigate/stats`` comes every minute, ``{"cameras": {camera: {"process_fps", "detection_fps",
"detection_enabled", ...}}, ...}``. It is a ping of Frigate, and of ``{camera}/detect`` for each
camera whose frames are looked at. ``detection_fps`` alone would not do: Frigate runs the detector
on what moves, so it is 0 for hours on a camera that sees nothing and is well. ``process_fps`` is
0 when no frames come, or when nothing takes them; it goes on while detection is switched off, so
that is asked too.

``frigate/events`` carries ``{"type": "new"|"update"|"end", "before": {...}, "after": {"id",
"camera", "label", ...}}``: motion, with a beginning and an end; what happens between passes by.
"""

from typing import Any

from ..watch.expectation import SourceKind
from ..watch.reports import (
    ConnectionReport,
    Occasion,
    OccasionReport,
    PingReport,
    Report,
    ThingKey,
)
from .payload import (
    optional_number,
    optional_text,
    read_data,
    read_event_id,
    read_name,
    read_object,
    read_word,
    required_text,
)
from .route import Dialect, Flaw, MalformedError, Message, Route

NAME = "frigate"
MOST_CAMERAS = 256
_SERVER = "frigate"
_DETECT = "detect"
_AVAILABLE = {b"online": True, b"offline": False, b"stopped": False}
_ROLE = {b"online": True, b"offline": False, b"disabled": False}
_BEGINS = {"new": True, "update": None, "end": False}


def _parent(key: ThingKey) -> ThingKey | None:
    return None if key.name == _SERVER else ThingKey(NAME, key.site, _SERVER)


def _role(site: str, camera: str, role: str) -> ThingKey:
    if "/" in camera:  # a name out of JSON must not look like that of a role
        raise MalformedError(Flaw.BAD_NAME, "camera")
    return ThingKey(NAME, site, f"{read_name(camera)}/{read_name(role)}")


def _available(message: Message) -> ConnectionReport:
    up = read_word(message.payload, _AVAILABLE)
    if up is None:
        raise MalformedError(Flaw.NOT_A_BOOL)
    key = ThingKey(NAME, message.site, _SERVER)
    return ConnectionReport(key, message.at, message.retained, message.topic, up)


def _role_status(message: Message) -> ConnectionReport:
    _, camera, _, role = message.levels
    key = _role(message.site, camera, role)
    up = read_word(message.payload, _ROLE)
    if up is None:
        raise MalformedError(Flaw.NOT_A_BOOL)
    return ConnectionReport(key, message.at, message.retained, message.topic, up)


def _detects(camera: Any) -> bool:
    if not isinstance(camera, dict):
        raise MalformedError(Flaw.WRONG_TYPE, "cameras")
    enabled = camera.get("detection_enabled")
    if not isinstance(enabled, int | None):  # true and false, or 1 and 0 in older versions
        raise MalformedError(Flaw.WRONG_TYPE, "detection_enabled")
    rates = [optional_number(camera, field) or 0.0 for field in ("process_fps", "detection_fps")]
    return enabled != 0 and max(rates) > 0


def _stats(message: Message) -> list[Report]:
    cameras = read_object(message.payload).get("cameras", {})
    if not isinstance(cameras, dict):
        raise MalformedError(Flaw.WRONG_TYPE, "cameras")
    if len(cameras) > MOST_CAMERAS:
        raise MalformedError(Flaw.TOO_LARGE, "cameras")
    alive = [_role(message.site, name, _DETECT) for name in cameras if _detects(cameras[name])]
    alive.append(ThingKey(NAME, message.site, _SERVER))
    return [PingReport(key, message.at, message.retained, message.topic) for key in alive]


def _event(message: Message) -> OccasionReport | None:
    data = read_object(message.payload)
    kind = required_text(data, "type")
    if kind not in _BEGINS:
        raise MalformedError(Flaw.WRONG_TYPE, "type")
    begins = _BEGINS[kind]
    if begins is None:
        return None
    after = data.get("after")
    if not isinstance(after, dict):
        raise MalformedError(Flaw.MISSING_FIELD if after is None else Flaw.WRONG_TYPE, "after")
    zones = after.get("entered_zones", [])
    if not isinstance(zones, list) or not all(isinstance(zone, str) for zone in zones):
        raise MalformedError(Flaw.WRONG_TYPE, "entered_zones")
    return OccasionReport(
        _role(message.site, required_text(after, "camera"), _DETECT),
        message.at,
        message.retained,
        message.topic,
        Occasion.MOTION,
        read_event_id(after.get("id"), "id"),
        begins,
        read_data(
            {
                "label": optional_text(after, "label"),
                "score": optional_number(after, "top_score"),
                "zones": zones,
            }
        ),
    )


FRIGATE = Dialect(
    NAME,
    "Frigate",
    (
        Route("frigate/available", _available),
        Route("frigate/+/status/+", _role_status),
        Route("frigate/stats", _stats),
        Route("frigate/events", _event),
    ),
    expects=SourceKind.ALWAYS,
    parent=_parent,
    shown=True,
    levels=(1, 2),
    occasions=(Occasion.MOTION,),
    lasting=(Occasion.MOTION,),
)
