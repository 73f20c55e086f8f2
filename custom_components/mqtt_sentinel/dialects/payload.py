"""Payload forms that several dialects share."""

from collections.abc import Collection, Mapping
from typing import Any

import orjson

from .route import Flaw, MalformedError

# Far above any status that a device sends, far below what could hold up the others.
MOST_JSON_BYTES = 256 * 1024
LONGEST_NAME = 256
# No device measures more, and its square is still a number.
LARGEST_NUMBER = 1e30
# What is told of an event goes on into states and events; Home Assistant warns at 16 KiB.
MOST_DATA_BYTES = 8 * 1024
# What is nested deeper than 254 levels Home Assistant cannot write, and it wraps it a few times more.
MOST_DATA_DEPTH = 64
_LONGEST_EVENT_ID = 128

# Home Assistant announces itself on "homeassistant/status"; it is no device of anybody.
HOME_ASSISTANT = "homeassistant"

_BOOLS: dict[bytes, bool] = {
    b"true": True,
    b"1": True,
    b"on": True,
    b"yes": True,
    b"online": True,
    b"\x01": True,
    b"false": False,
    b"0": False,
    b"off": False,
    b"no": False,
    b"offline": False,
    b"\x00": False,
}
_LONGEST_WORD = 16


def read_bool(payload: bytes) -> bool:
    """Read a yes or no in any of the forms of the field.

    JSON true/false, 1/0, on/off, yes/no, online/offline in any case and with or without quotes,
    or the single byte 0x00 or 0x01. Raises :class:`~.route.MalformedError` on anything else.
    """
    value = _BOOLS.get(payload)
    if value is None and len(payload) <= _LONGEST_WORD:
        value = _BOOLS.get(payload.strip().strip(b'"').lower())
    if value is None:
        raise MalformedError(Flaw.NOT_A_BOOL)
    return value


def read_word(payload: bytes, words: Mapping[bytes, bool]) -> bool | None:
    """What one of some words means, in any case; None when it is none of them."""
    meaning = words.get(payload)
    if meaning is None and len(payload) <= _LONGEST_WORD:
        meaning = words.get(payload.strip().lower())
    return meaning


def read_object(payload: bytes) -> dict[str, Any]:
    """Read a JSON object. Raises :class:`~.route.MalformedError` when it is none, or far too large."""
    value = read_json(payload)
    if type(value) is not dict:
        raise MalformedError(Flaw.NOT_AN_OBJECT)
    return value


def read_json(payload: bytes) -> Any:
    """Read JSON. Raises :class:`~.route.MalformedError` when it is none, or far too large."""
    if len(payload) > MOST_JSON_BYTES:
        raise MalformedError(Flaw.TOO_LARGE, str(len(payload)))
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise MalformedError(Flaw.NOT_JSON, str(error)) from error


def read_name(level: str) -> str:
    """Check a topic level that names a thing: printable and of a sane length."""
    if not level or len(level) > LONGEST_NAME or not level.isprintable():
        raise MalformedError(Flaw.BAD_NAME)
    return level


def read_event_id(value: Any, field: str) -> str:
    """Check the name that a thing gave an event; it may become part of a file's name."""
    if not isinstance(value, str):
        raise MalformedError(Flaw.MISSING_FIELD if value is None else Flaw.WRONG_TYPE, field)
    if (
        not 0 < len(value) <= _LONGEST_EVENT_ID
        or not value.isprintable()
        or value[0] == "."
        or "/" in value
        or "\\" in value
    ):
        raise MalformedError(Flaw.BAD_NAME, field)
    return value


def read_data(data: dict[str, Any]) -> dict[str, Any]:
    """Check that what a thing told of an event is small and flat enough to be passed on."""
    try:
        size = len(orjson.dumps(data))
    except orjson.JSONEncodeError as error:  # nested deeper than anybody could write it again
        raise MalformedError(Flaw.TOO_LARGE, "depth") from error
    if size > MOST_DATA_BYTES:
        raise MalformedError(Flaw.TOO_LARGE, str(size))
    level: list[Any] = [data]
    for _ in range(MOST_DATA_DEPTH):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return data
    raise MalformedError(Flaw.TOO_LARGE, "depth")


def _inside(value: Any) -> Collection[Any]:
    """What an object or a list of JSON holds; nothing else holds anything."""
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def optional_text(data: dict[str, Any], field: str) -> str | None:
    """A text field that may be missing or null. Raises MalformedError when it is of another type."""
    value = data.get(field)
    if value is None:
        return None
    if type(value) is not str or len(value) > LONGEST_NAME or not value.isprintable():
        raise MalformedError(Flaw.WRONG_TYPE, field)
    return value


def required_text(data: dict[str, Any], field: str) -> str:
    """A text field. Raises MalformedError when it is missing, null or of another type."""
    value = optional_text(data, field)
    if value is None:
        raise MalformedError(Flaw.MISSING_FIELD, field)
    return value


def required_word(data: dict[str, Any], field: str, words: Mapping[str, bool]) -> bool:
    """What one of some words in a field means. Raises MalformedError when it is none of them."""
    value = data.get(field)
    meaning = words.get(value) if isinstance(value, str) else None
    if meaning is None:
        raise MalformedError(Flaw.MISSING_FIELD if value is None else Flaw.WRONG_TYPE, field)
    return meaning


def optional_number(data: dict[str, Any], field: str) -> float | None:
    """A number field that may be missing or null. Raises MalformedError when it is of another type."""
    value = data.get(field)
    if value is None:
        return None
    if type(value) is not float and type(value) is not int:  # a bool is no number here
        raise MalformedError(Flaw.WRONG_TYPE, field)
    if not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:
        raise MalformedError(Flaw.TOO_LARGE, field)
    return float(value)


def optional_bool(data: dict[str, Any], field: str) -> bool | None:
    """A JSON true or false that may be missing or null. Raises MalformedError when it is another."""
    value = data.get(field)
    if value is None or isinstance(value, bool):
        return value
    raise MalformedError(Flaw.WRONG_TYPE, field)


def required_bool(data: dict[str, Any], field: str) -> bool:
    """A JSON true or false. Raises MalformedError when it is missing, null or another."""
    value = optional_bool(data, field)
    if value is None:
        raise MalformedError(Flaw.MISSING_FIELD, field)
    return value
