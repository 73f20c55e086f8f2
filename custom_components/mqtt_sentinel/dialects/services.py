"""The services dialect: one connection for each service of each device.

``connected/{service}/{device}`` carries a yes or no, also as a Last Will;
``ping/{service}/{device}`` carries anything. ``update/{service}[/{device}]`` carries
``{"status": bool, "toggle": bool}``: a button asks to change the alarm. ``discover/alarm`` carries
``{"id", "type", "device_id", "mac_address"}``: a device announces itself, and has no ``device_id``
before it was given one.

What a camera sees comes by ``motion/camera/{device}`` ``{"event_ref", "status": bool,
"detections": [...]}``, ``motion/picture/{device}/{event_ref}/{0|1}`` (a JPEG of the end or the
beginning) and ``motion/video/{device}/{event_ref}-{n}`` (a video, or nothing where the device keeps
it). These topics name no service. Which one looks at the frames is a convention of the site
("object_detection" most often), so they are facts about the thing ``camera/{device}``, whatever
looks through it. The ``event_ref`` "0" is said at initialisation and means nothing.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import orjson

from ..watch.expectation import SourceKind
from ..watch.reports import (
    ConnectionReport,
    EvidenceReport,
    Occasion,
    OccasionReport,
    PingReport,
    ThingKey,
)
from .names import by_topic
from .payload import (
    optional_bool,
    optional_number,
    optional_text,
    read_bool,
    read_data,
    read_event_id,
    read_name,
    read_object,
    required_bool,
)
from .route import Dialect, Flaw, MalformedError, Message, Outgoing, Route, on_site

NAME = "services"
MOST_EVIDENCE_BYTES = 20 * 1024 * 1024
MOST_DETECTIONS = 32
_CAMERA = "camera"
_CAMERA_MANAGER = "camera_manager"
_ALARM = "alarm"
_INITIALISATION = "0"
_JPEG = b"\xff\xd8\xff"
_PICTURES = {"0": 0, "1": 1}
_LONGEST_VIDEO_NUMBER = 6


def thing(site: str, service: str, device: str) -> ThingKey:
    """The key of one service of one device."""
    return ThingKey(NAME, site, f"{read_name(service)}/{read_name(device)}")


def switch_service(key: ThingKey, on: bool) -> Outgoing:
    """What tells a service to turn on or off, to be retained and sent with QoS 1.

    ``status/{service}/{device}`` ``{"status": bool, "data": {...}|null}``. A camera's manager is told
    whether to look for motion; whether it streams besides is not touched.
    """
    service = key.name.partition("/")[0]
    data = {"to_analyze": on, "stream": None} if service == _CAMERA_MANAGER else None
    return Outgoing(
        on_site(key.site, f"status/{key.name}"), orjson.dumps({"status": on, "data": data})
    )


class Switched(NamedTuple):
    """What a command makes of a service: it ``runs``, and it ``guards``, for which it has to run.

    A camera's manager may run to stream and not to look for motion.
    """

    runs: bool
    guards: bool


def read_switch(key: ThingKey, payload: bytes) -> Switched | None:
    """What a command like that of :func:`switch_service` makes of a service; None for any other."""
    try:
        command = read_object(payload)
        runs = required_bool(command, "status")
    except MalformedError:
        return None
    data = command.get("data")
    if runs and key.name.partition("/")[0] == _CAMERA_MANAGER and isinstance(data, dict):
        return Switched(runs, data.get("to_analyze") is True)
    return Switched(runs, runs)


@by_topic
def _key(message: Message) -> ThingKey:
    _, service, device = message.levels
    return thing(message.site, service, device)


def _connection(message: Message) -> ConnectionReport:
    return ConnectionReport(
        _key(message), message.at, message.retained, message.topic, read_bool(message.payload)
    )


def _ping(message: Message) -> PingReport:
    return PingReport(_key(message), message.at, message.retained, message.topic)


def _update(message: Message) -> OccasionReport:
    if len(message.levels) > 2:
        key = _key(message)
    else:
        key = ThingKey(NAME, message.site, read_name(message.levels[1]))
    data = read_object(message.payload)
    asked = {field: optional_bool(data, field) for field in ("status", "toggle")}
    if asked["status"] is None and not asked["toggle"]:
        raise MalformedError(Flaw.MISSING_FIELD, "status")
    return OccasionReport(
        key, message.at, message.retained, message.topic, Occasion.TOGGLE, data=asked
    )


def _announcement(message: Message) -> OccasionReport:
    data = read_object(message.payload)
    # A number there is fine, such as the one that an ESP32 makes of its chip.
    told = {"id": str(data["id"])} if type(data.get("id")) is int else {}
    for field in ("id", "type", "device_id", "mac_address"):
        if field not in told and (text := optional_text(data, field)) is not None:
            told[field] = text
    device = told.get("device_id") or told.get("id")
    if not device:
        raise MalformedError(Flaw.MISSING_FIELD, "device_id")
    if "/" in device:  # a name out of JSON must not look like two
        raise MalformedError(Flaw.BAD_NAME, "device_id")
    return OccasionReport(
        thing(message.site, _ALARM, device),
        message.at,
        message.retained,
        message.topic,
        Occasion.ANNOUNCED,
        data=told,
    )


def _class(data: dict[str, Any], field: str) -> float | str | None:
    """What was seen: detectors say a word, or the number that their model has for it."""
    value = data.get(field)
    return value if type(value) is int else optional_text(data, field)


_DETECTION: Mapping[str, Callable[[dict[str, Any], str], float | str | None]] = {
    "x": optional_number,
    "y": optional_number,
    "w": optional_number,
    "h": optional_number,
    "class_id": _class,
    "score": optional_number,
}


def _detection(data: Any) -> dict[str, float | str]:
    if not isinstance(data, dict):
        raise MalformedError(Flaw.WRONG_TYPE, "detections")
    told = ((field, read(data, field)) for field, read in _DETECTION.items())
    return {field: value for field, value in told if value is not None}


def _motion(message: Message) -> OccasionReport | None:
    key = thing(message.site, _CAMERA, message.levels[2])
    data = read_object(message.payload)
    event_id = read_event_id(data.get("event_ref"), "event_ref")
    if event_id == _INITIALISATION:
        return None
    begins = required_bool(data, "status")
    detections = data.get("detections")
    if detections is None:  # none are told of the end
        detections = []
    elif not isinstance(detections, list):
        raise MalformedError(Flaw.WRONG_TYPE, "detections")
    # A crowd is no reason to miss the motion.
    seen = [_detection(detection) for detection in detections[:MOST_DETECTIONS]]
    return OccasionReport(
        key,
        message.at,
        message.retained,
        message.topic,
        Occasion.MOTION,
        event_id,
        begins,
        read_data({"detections": seen}),
    )


def _evidence(message: Message, occasion: Occasion, event_id: str, number: int) -> EvidenceReport:
    if len(message.payload) > MOST_EVIDENCE_BYTES:
        raise MalformedError(Flaw.TOO_LARGE, str(len(message.payload)))
    return EvidenceReport(
        thing(message.site, _CAMERA, message.levels[2]),
        message.at,
        message.retained,
        message.topic,
        occasion,
        read_event_id(event_id, "event_ref"),
        number,
        message.payload,
    )


def _picture(message: Message) -> EvidenceReport | None:
    *_, event_id, last = message.levels
    if event_id == _INITIALISATION:
        return None
    number = _PICTURES.get(last)
    if number is None:
        raise MalformedError(Flaw.BAD_NAME, "0 or 1")
    if not message.payload.startswith(_JPEG):
        raise MalformedError(Flaw.WRONG_TYPE, "JPEG")
    return _evidence(message, Occasion.PICTURE, event_id, number)


def _video(message: Message) -> EvidenceReport | None:
    event_id, _, number = message.levels[3].rpartition("-")
    if event_id == _INITIALISATION:
        return None
    if not (number.isascii() and number.isdigit() and len(number) <= _LONGEST_VIDEO_NUMBER):
        raise MalformedError(Flaw.BAD_NAME, "number")
    return _evidence(message, Occasion.VIDEO, event_id, int(number))


SERVICES = Dialect(
    NAME,
    "Services",
    (
        Route("connected/+/+", _connection),
        Route("ping/+/+", _ping),
        Route("update/+", _update),
        Route("update/+/+", _update),
        Route("discover/alarm", _announcement),
        Route("motion/camera/+", _motion),
        Route("motion/picture/+/+/+", _picture),
        Route("motion/video/+/+", _video),
    ),
    expects=SourceKind.ALARM,
    levels=(2,),
    occasions=(
        Occasion.MOTION,
        Occasion.PICTURE,
        Occasion.VIDEO,
        Occasion.TOGGLE,
        Occasion.ANNOUNCED,
    ),
    lasting=(Occasion.MOTION,),
)
