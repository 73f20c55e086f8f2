"""The custom dialect: a topic, a place in its payload, and what means connected there."""

import re

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

from .examples import NOW, message

TOPIC = "boiler/state"


def up(custom: CustomTopic, payload: bytes) -> bool:
    """What a message says of a custom topic."""
    extract = path_extract(custom.place) if custom.place else whole_payload
    report = decoder(custom, extract)(message(TOPIC, payload, retained=True))
    assert isinstance(report, ConnectionReport)
    assert report == ConnectionReport(custom.key, NOW, True, TOPIC, report.up)
    return report.up


def flaw_of(custom: CustomTopic, payload: bytes) -> Flaw:
    with pytest.raises(MalformedError) as caught:
        up(custom, payload)
    return caught.value.flaw


@pytest.mark.parametrize(
    ("place", "template", "name"),
    [("", "", TOPIC), ("a.b", "", f"{TOPIC}#a.b"), ("", "{{ value }}", f"{TOPIC}#{{{{ value }}}}")],
)
def test_two_places_of_a_topic_are_two_things(place: str, template: str, name: str) -> None:
    assert CustomTopic(TOPIC, place, template).key == ThingKey("custom", "", name)


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("status", ("status",)),
        ("$.status.wifi[0].up", ("status", "wifi", 0, "up")),
        ("[2][0]", (2, 0)),
        ("", ()),
    ],
)
def test_a_path_has_steps(path: str, steps: tuple[str | int, ...]) -> None:
    assert parse_path(path) == steps


@pytest.mark.parametrize(("path", "rest"), [("a..b", "..b"), ("a[x]", "[x]"), ("a.", ".")])
def test_a_bad_path_says_where(path: str, rest: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(rest)}$"):
        parse_path(path)


@pytest.mark.parametrize(
    ("place", "payload", "expected"),
    [
        ("", b"ON\n", True),
        ("", b"\x00", False),
        ("wifi.up", b'{"wifi": {"up": true}}', True),
        ("list[1]", b'{"list": [0, 0]}', False),
        ("state", '{"state": "öffline"}'.encode(), None),
        ("state", b'{"state": "offline"}', False),
    ],
)
def test_without_words_any_yes_or_no_counts(
    place: str, payload: bytes, expected: bool | None
) -> None:
    custom = CustomTopic(TOPIC, place)
    if expected is None:
        assert flaw_of(custom, payload) is Flaw.NOT_A_BOOL
    else:
        assert up(custom, payload) is expected


def test_with_words_only_these_count() -> None:
    custom = CustomTopic(TOPIC, payload_on="heating", payload_off="idle")
    assert up(custom, b" heating ") is True
    assert up(custom, b"idle") is False
    assert flaw_of(custom, b"on") is Flaw.NOT_A_BOOL
    assert flaw_of(custom, b"\xff\xfe") is Flaw.NOT_A_BOOL


@pytest.mark.parametrize(
    ("place", "payload", "flaw"),
    [
        ("a", b"on", Flaw.NOT_JSON),
        ("a", b"{}", Flaw.NO_VALUE),
        ("a[3]", b'{"a": [1]}', Flaw.NO_VALUE),
        ("a.b", b'{"a": 1}', Flaw.NO_VALUE),
        ("a[0]", b'{"a": "on"}', Flaw.NO_VALUE),
        ("a", b'{"a": null}', Flaw.WRONG_TYPE),
        ("a", b'{"a": {"b": 1}}', Flaw.WRONG_TYPE),
        ("", b"x" * (MOST_JSON_BYTES + 1), Flaw.TOO_LARGE),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_where_there_is_no_value_it_is_malformed(place: str, payload: bytes, flaw: Flaw) -> None:
    assert flaw_of(CustomTopic(TOPIC, place), payload) is flaw


def test_a_template_may_make_anything() -> None:
    with pytest.raises(MalformedError):
        decoder(CustomTopic(TOPIC, template="x"), lambda _: "\ud800")(message(TOPIC))
