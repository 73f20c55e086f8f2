"""Payload forms that several dialects share."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from custom_components.mqtt_sentinel.dialects.payload import (
    LARGEST_NUMBER,
    LONGEST_NAME,
    MOST_DATA_BYTES,
    MOST_DATA_DEPTH,
    MOST_JSON_BYTES,
    optional_bool,
    optional_number,
    optional_text,
    read_bool,
    read_data,
    read_event_id,
    read_name,
    read_object,
    read_word,
    required_bool,
    required_text,
    required_word,
)
from custom_components.mqtt_sentinel.dialects.route import Flaw, MalformedError

WORDS = {b"online": True, b"offline": False}


def flaw_of(reader: Any, *args: object) -> tuple[Flaw, str]:
    """Why a reader refuses something, and the place that it names."""
    with pytest.raises(MalformedError) as caught:
        reader(*args)
    return caught.value.flaw, caught.value.detail


@pytest.mark.parametrize(
    ("payload", "meaning"),
    [
        (b"online", True),
        (b"Offline", False),
        (b" ONLINE\r\n", True),
        (b"", None),
        (b"on line", None),
        (b"\xff", None),
        (b"online" + b" " * 11, None),
        (b"online" * 1_000_000, None),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_a_word_is_read_in_any_case(payload: bytes, meaning: bool | None) -> None:
    assert read_word(payload, WORDS) is meaning


@pytest.mark.parametrize("payload", [b"yes", b"NO\n", b'"On"', b"\x00", b"1"])
def test_a_yes_or_no_has_many_forms(payload: bytes) -> None:
    assert read_bool(payload) in {True, False}


@pytest.mark.parametrize("payload", [b"", b"perhaps", b"yes" * 100])
def test_what_is_neither_is_malformed(payload: bytes) -> None:
    assert flaw_of(read_bool, payload) == (Flaw.NOT_A_BOOL, "")


@pytest.mark.parametrize(
    ("payload", "flaw"),
    [
        (b"", Flaw.NOT_JSON),
        (b"online", Flaw.NOT_JSON),
        (b'{"a": NaN}', Flaw.NOT_JSON),
        (b'{"a": -Infinity}', Flaw.NOT_JSON),
        (b'{"a": 1e400}', Flaw.NOT_JSON),
        (b'{"a": ' + b"9" * 400 + b"}", Flaw.NOT_JSON),
        (b'{"a": "\xff"}', Flaw.NOT_JSON),
        (b'{"a": "\\ud800"}', Flaw.NOT_JSON),
        (b'{"a":' * 2000, Flaw.NOT_JSON),
        (b"[]", Flaw.NOT_AN_OBJECT),
        (b"null", Flaw.NOT_AN_OBJECT),
        (b"{" + b" " * MOST_JSON_BYTES, Flaw.TOO_LARGE),
        (b"x" * 10_000_000, Flaw.TOO_LARGE),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_what_is_no_json_object_is_malformed(payload: bytes, flaw: Flaw) -> None:
    assert flaw_of(read_object, payload)[0] is flaw


@pytest.mark.parametrize("name", ["esp32-01", "Küche links", "<b>bold</b>", "x" * LONGEST_NAME])
def test_a_name_is_taken_as_it_is(name: str) -> None:
    """HTML too: it is text, and whoever shows it has to escape it."""
    assert read_name(name) == name


@pytest.mark.parametrize(
    "name", ["", "x" * (LONGEST_NAME + 1), "a\nb", "a\x00", "\x1b[31m", "\u202egnp", "\ud800"]
)
def test_what_is_fit_for_no_name_is_malformed(name: str) -> None:
    assert flaw_of(read_name, name) == (Flaw.BAD_NAME, "")


@pytest.mark.parametrize(
    "name", ["evt-1737123456-abc123", "1607123955.475377-mxklsc", "0", "x" * 128, "<i>"]
)
def test_the_name_of_an_event_is_taken_as_it_is(name: str) -> None:
    assert read_event_id(name, "id") == name


@pytest.mark.parametrize(
    ("name", "flaw"),
    [
        (None, Flaw.MISSING_FIELD),
        (17, Flaw.WRONG_TYPE),
        (["a"], Flaw.WRONG_TYPE),
        ("", Flaw.BAD_NAME),
        ("x" * 129, Flaw.BAD_NAME),
        ("a\nb", Flaw.BAD_NAME),
        ("..", Flaw.BAD_NAME),
        (".hidden", Flaw.BAD_NAME),
        ("a/b", Flaw.BAD_NAME),
        ("a\\b", Flaw.BAD_NAME),
    ],
)
def test_the_name_of_an_event_leads_nowhere(name: object, flaw: Flaw) -> None:
    assert flaw_of(read_event_id, name, "id") == (flaw, "id")


def test_what_is_told_of_an_event_is_passed_on_up_to_a_bound() -> None:
    fitting = {"a": "x" * (MOST_DATA_BYTES - len('{"a":""}'))}
    assert read_data(fitting) is fitting
    assert flaw_of(read_data, {**fitting, "b": 1}) == (
        Flaw.TOO_LARGE,
        str(MOST_DATA_BYTES + len(',"b":1')),
    )


def test_what_is_told_of_an_event_is_not_too_deep() -> None:
    deep: list[Any] = []
    for _ in range(600):
        deep = [deep]
    assert flaw_of(read_data, {"a": deep}) == (Flaw.TOO_LARGE, "depth")


@pytest.mark.parametrize("wrap", [lambda inner: [inner], lambda inner: {"a": inner, "b": 1}])
def test_what_is_told_of_an_event_can_be_wrapped_and_still_be_written(
    wrap: Callable[[Any], Any],
) -> None:
    data: Any = 1
    for _ in range(MOST_DATA_DEPTH - 2):
        data = wrap(data)
    fitting = {"a": data}
    assert read_data(fitting) is fitting
    wrapped: Any = fitting
    for _ in range(100):
        wrapped = {"data": wrapped}
    assert orjson.dumps(wrapped)
    assert flaw_of(read_data, {"a": wrap(data)}) == (Flaw.TOO_LARGE, "depth")


@pytest.mark.parametrize("reader", [optional_text, optional_number, optional_bool])
@pytest.mark.parametrize("data", [{}, {"f": None}])
def test_a_field_may_be_missing(reader: Any, data: dict[str, Any]) -> None:
    assert reader(data, "f") is None


@pytest.mark.parametrize("reader", [required_text, required_bool])
@pytest.mark.parametrize("data", [{}, {"f": None}])
def test_a_field_may_be_missed(reader: Any, data: dict[str, Any]) -> None:
    assert flaw_of(reader, data, "f") == (Flaw.MISSING_FIELD, "f")


@pytest.mark.parametrize(
    ("reader", "value"),
    [
        (optional_text, ""),
        (required_text, "1.2.0"),
        (optional_number, 3600),
        (optional_number, -0.5),
        (optional_number, LARGEST_NUMBER),
        (optional_bool, False),
        (required_bool, True),
    ],
)
def test_a_field_is_read(reader: Any, value: object) -> None:
    assert reader({"f": value}, "f") == value


@pytest.mark.parametrize(
    ("reader", "value", "flaw"),
    [
        (optional_text, 1, Flaw.WRONG_TYPE),
        (optional_text, "x" * (LONGEST_NAME + 1), Flaw.WRONG_TYPE),
        (optional_text, "1.2.0\x00", Flaw.WRONG_TYPE),
        (required_text, ["a"], Flaw.WRONG_TYPE),
        (optional_number, "1", Flaw.WRONG_TYPE),
        (optional_number, True, Flaw.WRONG_TYPE),
        (optional_number, LARGEST_NUMBER * 2, Flaw.TOO_LARGE),
        (optional_number, -LARGEST_NUMBER * 2, Flaw.TOO_LARGE),
        (optional_bool, 1, Flaw.WRONG_TYPE),
        (optional_bool, "true", Flaw.WRONG_TYPE),
        (required_bool, 0, Flaw.WRONG_TYPE),
    ],
)
def test_a_field_of_another_type_is_malformed(reader: Any, value: object, flaw: Flaw) -> None:
    assert flaw_of(reader, {"f": value}, "f") == (flaw, "f")


@pytest.mark.parametrize(
    ("value", "flaw"),
    [
        (None, Flaw.MISSING_FIELD),
        ("UP", Flaw.WRONG_TYPE),
        ("", Flaw.WRONG_TYPE),
        (True, Flaw.WRONG_TYPE),
        (["up"], Flaw.WRONG_TYPE),
        ({}, Flaw.WRONG_TYPE),
    ],
    ids=str,
)
def test_a_word_in_a_field_is_one_of_some(value: object, flaw: Flaw) -> None:
    words = {"up": True, "down": False}
    assert required_word({"f": "up"}, "f", words) is True
    assert required_word({"f": "down"}, "f", words) is False
    assert flaw_of(required_word, {"f": value}, "f", words) == (flaw, "f")


def test_a_flaw_says_what_and_where() -> None:
    assert str(MalformedError(Flaw.WRONG_TYPE, "uptime")) == "wrong_type: uptime"
    assert str(MalformedError(Flaw.NOT_A_BOOL)) == "not_a_bool"
