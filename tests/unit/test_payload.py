"""Payload forms that several dialects share."""

import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.mqtt_sentinel.dialects.payload import (
    LONGEST_NAME,
    MOST_JSON_BYTES,
    optional_number,
    optional_text,
    read_bool,
    read_json,
    read_name,
    read_object,
)
from custom_components.mqtt_sentinel.dialects.route import Flaw, MalformedError

YES = ["true", "1", "on", "yes", "online"]
NO = ["false", "0", "off", "no", "offline"]


def forms(word: str) -> list[bytes]:
    """The ways in which devices write a word."""
    cases = {word, word.upper(), word.capitalize()}
    quoted = {f'"{case}"' for case in cases}
    padded = {f" {case}\r\n" for case in cases | quoted}
    return sorted(form.encode() for form in cases | quoted | padded)


def flaw_of(reader: Any, *args: object) -> tuple[Flaw, str]:
    """Why a reader refuses something, and the place that it names."""
    with pytest.raises(MalformedError) as caught:
        reader(*args)
    return caught.value.flaw, caught.value.detail


@pytest.mark.parametrize("payload", [*(form for word in YES for form in forms(word)), b"\x01"])
def test_yes_in_every_form(payload: bytes) -> None:
    assert read_bool(payload) is True


@pytest.mark.parametrize("payload", [*(form for word in NO for form in forms(word)), b"\x00"])
def test_no_in_every_form(payload: bytes) -> None:
    assert read_bool(payload) is False


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b" ",
        b'""',
        b"2",
        b"-1",
        b"1.0",
        b"01",
        b"\x00\x00",
        b"\x01\x00",
        b"\x02",
        b"\xff",
        b"\xef\xbb\xbftrue",
        b"null",
        b"[true]",
        b'{"status": true}',
        b"truee",
        b"t r u e",
        b"o",
        b"on" + b" " * 15,
        b"true" * 1_000_000,
    ],
    ids=lambda payload: repr(payload[:20]),
)
def test_anything_else_is_neither(payload: bytes) -> None:
    assert flaw_of(read_bool, payload) == (Flaw.NOT_A_BOOL, "")


@given(st.binary(max_size=40))
def test_any_bytes_are_yes_or_no_or_malformed(payload: bytes) -> None:
    try:
        value = read_bool(payload)
    except MalformedError as malformed:
        assert malformed.flaw is Flaw.NOT_A_BOOL  # noqa: PT017 (may not be raised at all)
    else:
        words = (YES if value else NO) + ["\x01" if value else "\x00"]
        assert payload.decode().strip().strip('"').lower() in words


@given(st.dictionaries(st.text(), st.none() | st.booleans() | st.text()))
def test_a_json_object_is_read(data: dict[str, Any]) -> None:
    assert read_object(json.dumps(data).encode()) == data


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"online",
        b"{",
        b'{"a": 1}}',
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e999}',
        b'{"a": "\xff"}',
        b'{"a": "\\ud800"}',
        b"\x00",
        b"[" * 100_000,
    ],
    ids=lambda payload: repr(payload[:20]),
)
def test_what_is_no_json_is_malformed(payload: bytes) -> None:
    flaw, detail = flaw_of(read_object, payload)
    assert flaw is Flaw.NOT_JSON
    assert detail


@pytest.mark.parametrize("payload", [b"[]", b"1", b"true", b"null", b'"online"', b"[{}]"])
def test_json_that_is_no_object_is_malformed(payload: bytes) -> None:
    assert flaw_of(read_object, payload) == (Flaw.NOT_AN_OBJECT, "")
    read_json(payload)


def test_json_is_read_up_to_a_bound_and_not_looked_at_beyond() -> None:
    fitting = b'"' + b"x" * (MOST_JSON_BYTES - 2) + b'"'
    assert len(read_json(fitting)) == MOST_JSON_BYTES - 2
    for payload in (fitting + b" ", b"\xff" * 10_000_000):
        assert flaw_of(read_json, payload) == (Flaw.TOO_LARGE, str(len(payload)))


@pytest.mark.parametrize("name", ["a", "esp32-01", "Küche", "two words", "#", "x" * LONGEST_NAME])
def test_a_name_is_taken_as_it_is(name: str) -> None:
    assert read_name(name) == name


@pytest.mark.parametrize(
    "name", ["", "x" * (LONGEST_NAME + 1), "a\nb", "a\x00b", "\u202egnp.exe", "\ud800"], ids=ascii
)
def test_what_is_fit_for_no_name_is_malformed(name: str) -> None:
    assert flaw_of(read_name, name) == (Flaw.BAD_NAME, "")


@pytest.mark.parametrize(
    ("data", "expected"),
    [({}, None), ({"f": None}, None), ({"f": ""}, ""), ({"f": "1.2.3"}, "1.2.3")],
)
def test_a_text_may_be_missing(data: dict[str, Any], expected: str | None) -> None:
    assert optional_text(data, "f") == expected


@pytest.mark.parametrize("value", [1, True, [], {}, "x" * (LONGEST_NAME + 1)], ids=ascii)
def test_a_text_of_another_type_or_far_too_long_is_malformed(value: object) -> None:
    assert flaw_of(optional_text, {"f": value}, "f") == (Flaw.WRONG_TYPE, "f")


@pytest.mark.parametrize(
    ("data", "expected"),
    [({}, None), ({"f": None}, None), ({"f": 3600}, 3600.0), ({"f": 1.5}, 1.5), ({"f": 0}, 0.0)],
)
def test_a_number_may_be_missing(data: dict[str, Any], expected: float | None) -> None:
    number = optional_number(data, "f")
    assert number == expected
    assert number is None or type(number) is float


@pytest.mark.parametrize("value", [True, False, "1", [], {}], ids=ascii)
def test_a_number_of_another_type_is_malformed(value: object) -> None:
    assert flaw_of(optional_number, {"f": value}, "f") == (Flaw.WRONG_TYPE, "f")


def test_a_flaw_says_what_and_where() -> None:
    assert str(MalformedError(Flaw.WRONG_TYPE, "uptime")) == "wrong_type: uptime"
    assert str(MalformedError(Flaw.NOT_A_BOOL)) == "not_a_bool"
    assert isinstance(MalformedError(Flaw.NOT_A_BOOL), ValueError)
