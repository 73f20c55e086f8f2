"""Payload forms that several dialects share."""

from typing import Any

import orjson

from .route import Flaw, MalformedError

# Far above any status that a device sends, far below what could hold up the others.
MOST_JSON_BYTES = 256 * 1024
LONGEST_NAME = 256

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
_LONGEST_BOOL = 16


def read_bool(payload: bytes) -> bool:
    """Read a yes or no in any of the forms of the field.

    JSON true/false, 1/0, on/off, yes/no, online/offline in any case and with or without quotes,
    or the single byte 0x00 or 0x01. Raises :class:`~.route.MalformedError` on anything else.
    """
    value = _BOOLS.get(payload)
    if value is None and len(payload) <= _LONGEST_BOOL:
        value = _BOOLS.get(payload.strip().strip(b'"').lower())
    if value is None:
        raise MalformedError(Flaw.NOT_A_BOOL)
    return value


def read_object(payload: bytes) -> dict[str, Any]:
    """Read a JSON object. Raises :class:`~.route.MalformedError` when it is none, or far too large."""
    value = read_json(payload)
    if not isinstance(value, dict):
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


def optional_text(data: dict[str, Any], field: str) -> str | None:
    """A text field that may be missing or null. Raises MalformedError when it is of another type."""
    value = data.get(field)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > LONGEST_NAME:
        raise MalformedError(Flaw.WRONG_TYPE, field)
    return value


def optional_number(data: dict[str, Any], field: str) -> float | None:
    """A number field that may be missing or null. Raises MalformedError when it is of another type."""
    value = data.get(field)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise MalformedError(Flaw.WRONG_TYPE, field)
    return float(value)
