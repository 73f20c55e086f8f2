"""The custom dialect: any topic, a place in its payload, and what means connected there."""

from hypothesis import given, strategies as st
import pytest

from custom_components.mqtt_sentinel.dialects.custom import (
    CustomTopic,
    decoder,
    parse_path,
    path_extract,
    whole_payload,
)
from custom_components.mqtt_sentinel.dialects.payload import MOST_JSON_BYTES
from custom_components.mqtt_sentinel.dialects.route import Flaw, MalformedError
from custom_components.mqtt_sentinel.watch.reports import ConnectionReport, ThingKey

from .build import at, message

PLAIN = CustomTopic("shed/pump")


def up_of(custom: CustomTopic, payload: bytes) -> bool:
    extract = path_extract(custom.place) if custom.place else whole_payload
    report = decoder(custom, extract)(message(custom.topic, payload))
    assert isinstance(report, ConnectionReport)
    return report.up


def flaw_of(custom: CustomTopic, payload: bytes) -> tuple[Flaw, str]:
    with pytest.raises(MalformedError) as caught:
        up_of(custom, payload)
    return caught.value.flaw, caught.value.detail


@pytest.mark.parametrize(
    ("topic", "name"),
    [
        (PLAIN, "shed/pump"),
        (CustomTopic("shed/pump", "a.b"), "shed/pump#a.b"),
        (CustomTopic("shed/pump", template="{{ value }}"), "shed/pump#{{ value }}"),
        (CustomTopic("shed/pump", payload_on="UP", payload_off="DOWN"), "shed/pump"),
    ],
)
def test_two_places_of_one_topic_are_two_things(topic: CustomTopic, name: str) -> None:
    assert topic.key == ThingKey("custom", "", name)


def test_a_report_says_where_it_comes_from() -> None:
    decode = decoder(PLAIN, whole_payload)
    report = decode(message("shed/pump", b"on", retained=True))
    assert report == ConnectionReport(PLAIN.key, at(5), True, "shed/pump", True)


@pytest.mark.parametrize(
    ("payload", "up"),
    [
        (b"on", True),
        (b'"OFF"', False),
        (b" True\n", True),
        (b"0", False),
        (b"\x01", True),
        (b"\x00", False),
    ],
)
def test_without_words_every_usual_form_is_understood(payload: bytes, up: bool) -> None:
    assert up_of(PLAIN, payload) is up


@pytest.mark.parametrize(
    ("payload", "up"), [(b"RUN", True), (b" RUN\n", True), (b"\xb0HALT", False)]
)
def test_with_words_only_these_are_understood(payload: bytes, up: bool) -> None:
    custom = CustomTopic("shed/pump", payload_on="RUN", payload_off="°HALT")
    assert up_of(custom, payload) is up


@pytest.mark.parametrize("payload", [b"on", b"run", b"1", b"", b"RUN!", b"\x01"])
def test_with_words_all_others_are_malformed(payload: bytes) -> None:
    custom = CustomTopic("shed/pump", payload_on="RUN", payload_off="HALT")
    assert flaw_of(custom, payload) == (Flaw.NOT_A_BOOL, "")


@pytest.mark.parametrize("payload", [b"", b"maybe", b"\xff\xfe", b"\x00\x00"])
def test_without_words_anything_else_is_malformed(payload: bytes) -> None:
    assert flaw_of(PLAIN, payload) == (Flaw.NOT_A_BOOL, "")


def test_a_payload_that_is_far_too_large_is_malformed() -> None:
    assert flaw_of(PLAIN, b"x" * 10_000_000) == (Flaw.TOO_LARGE, "10000000")
    assert flaw_of(CustomTopic("t", "a"), b" " * (MOST_JSON_BYTES + 1))[0] is Flaw.TOO_LARGE


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("", ()),
        ("$", ()),
        ("a", ("a",)),
        ("$.a", ("a",)),
        ("a.b.c", ("a", "b", "c")),
        ("a[0].b", ("a", 0, "b")),
        ("[1][20]", (1, 20)),
        ("$[0]", (0,)),
        ("wifi state.rssi-dbm", ("wifi state", "rssi-dbm")),
        ("a.0", ("a", "0")),
    ],
)
def test_a_path_is_split_into_its_steps(path: str, steps: tuple[str | int, ...]) -> None:
    assert parse_path(path) == steps


@pytest.mark.parametrize(
    ("path", "rest"),
    [
        (".", "."),
        ("a.", "."),
        ("a..b", "..b"),
        ("a[", "["),
        ("a[x]", "[x]"),
        ("a[-1]", "[-1]"),
        ("a]", "]"),
        ("a[0", "[0"),
        ("a.[", ".["),
    ],
)
def test_a_wrong_path_names_the_place(path: str, rest: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        path_extract(path)
    assert str(caught.value) == rest


@pytest.mark.parametrize(
    ("path", "payload", "value"),
    [
        ("a", b'{"a": "on"}', "on"),
        ("a.b[1]", b'{"a": {"b": [0, true]}}', "true"),
        ("a", b'{"a": 1}', "1"),
        ("a", b'{"a": 1.5}', "1.5"),
        ("$", b'"on"', "on"),
        ("$", b"false", "false"),
        ("[0]", b"[0]", "0"),
    ],
)
def test_the_value_at_a_path_is_taken(path: str, payload: bytes, value: str) -> None:
    assert path_extract(path)(payload) == value


@pytest.mark.parametrize(
    ("path", "payload", "flaw"),
    [
        ("a", b"on", Flaw.NOT_JSON),
        ("a", b"", Flaw.NOT_JSON),
        ("a", b"{}", Flaw.NO_VALUE),
        ("a.b", b'{"a": 1}', Flaw.NO_VALUE),
        ("a.b", b'{"a": null}', Flaw.NO_VALUE),
        ("a", b"[1]", Flaw.NO_VALUE),
        ("[1]", b"[1]", Flaw.NO_VALUE),
        ("[99999999999999999999]", b"[1]", Flaw.NO_VALUE),
        ("[0]", b'{"0": 1}', Flaw.NO_VALUE),
        ("a[0]", b'{"a": "1x"}', Flaw.NO_VALUE),
        ("a.b", b'{"a": "b"}', Flaw.NO_VALUE),
        ("a", b'{"a": {}}', Flaw.WRONG_TYPE),
        ("a", b'{"a": [true]}', Flaw.WRONG_TYPE),
        ("a", b'{"a": null}', Flaw.WRONG_TYPE),
        ("$", b"null", Flaw.WRONG_TYPE),
    ],
)
def test_where_there_is_no_value_the_message_is_malformed(
    path: str, payload: bytes, flaw: Flaw
) -> None:
    with pytest.raises(MalformedError) as caught:
        path_extract(path)(payload)
    assert caught.value.flaw is flaw


def test_a_value_at_a_path_may_be_a_word() -> None:
    custom = CustomTopic("shed/pump", "state.pump", payload_on="run", payload_off="halt")
    assert up_of(custom, b'{"state": {"pump": "run"}}') is True
    assert up_of(custom, b'{"state": {"pump": "halt"}}') is False
    assert flaw_of(custom, b'{"state": {"pump": "on"}}') == (Flaw.NOT_A_BOOL, "")


@given(st.text())
def test_any_path_is_read_or_refused(path: str) -> None:
    try:
        steps = parse_path(path)
    except ValueError:
        return
    assert all(isinstance(step, int) or step for step in steps)


@given(st.binary(max_size=200))
def test_any_payload_has_a_text(payload: bytes) -> None:
    text = whole_payload(payload)
    assert payload in (text.encode(), text.encode("latin-1", "replace"))
