"""Whatever comes in: a report, nothing, or a malformed message; never anything else."""

import json
import math
from typing import TYPE_CHECKING

from hypothesis import example, given, strategies as st
import pytest

from custom_components.mqtt_sentinel.dialects.custom import (
    CustomTopic,
    decoder,
    path_extract,
    whole_payload,
)
from custom_components.mqtt_sentinel.dialects.route import MalformedError, Message, Route
from custom_components.mqtt_sentinel.dialects.table import DIALECTS
from custom_components.mqtt_sentinel.watch.reports import ConnectionReport, Report

from .build import at

if TYPE_CHECKING:
    from custom_components.mqtt_sentinel.dialects.route import Decoder

ROUTES = [
    pytest.param(dialect.name, route, id=route.filter)
    for dialect in DIALECTS.values()
    for route in dialect.routes
]

# Anything that a client may put into a level of a topic, and more: surrogates, NUL, right-to-left.
levels = st.text(st.characters(exclude_characters="/"), max_size=20) | st.sampled_from(
    ["", "esp", "homeassistant", "devices", "x" * 70_000, "\ud800", "\x00"]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
fields = st.sampled_from(
    ["device_id", "status", "ip_address", "firmware_version", "uptime", "timestamp", "a", "b"]
)
words = st.sampled_from(["online", "offline", "OK", "ERROR", "true", "esp", "on", "\x01"])
objects = st.dictionaries(fields, values | words).map(lambda data: json.dumps(data).encode())
payloads = (
    st.binary()
    | objects
    | values.map(lambda value: json.dumps(value).encode())
    | st.builds(lambda word, end: word.encode() + end, words, st.binary(max_size=2))
    | st.sampled_from([b"[" * 100_000, b"\x00" * 300_000, b"1" * 400, b'{"status": "\\ud800"}'])
)
sites = st.sampled_from(["", "north", "a/b"])


def topic_levels(topic_filter: str) -> st.SearchStrategy[list[str]]:
    """Levels of any topic that matches a filter."""
    parts = topic_filter.split("/")
    return st.tuples(*(levels if part == "+" else st.just(part) for part in parts)).map(list)


def check(decode: Decoder, message: Message) -> None:
    """Hold what every decoder promises."""
    try:
        decoded = decode(message)
    except MalformedError as malformed:
        assert malformed.flaw  # noqa: PT017 (may not be raised at all)
        return
    for report in [decoded] if isinstance(decoded, Report) else decoded or []:
        check_report(report, message)


def check_report(report: Report, message: Message) -> None:
    """Hold what every report promises."""
    assert isinstance(report, Report)
    assert report.at == message.at
    assert report.retained is message.retained
    assert report.source == message.topic
    assert report.key.site in (message.site, "")
    assert report.key.name
    if isinstance(report, ConnectionReport):
        assert type(report.up) is bool
        if report.details and report.details.uptime is not None:
            assert math.isfinite(report.details.uptime)


@pytest.mark.parametrize(("dialect", "route"), ROUTES)
@given(data=st.data(), payload=payloads, site=sites, retained=st.booleans())
def test_any_message_of_a_dialect_is_a_report_or_nothing_or_malformed(
    dialect: str, route: Route, data: st.DataObject, payload: bytes, site: str, retained: bool
) -> None:
    parts = data.draw(topic_levels(route.filter))
    topic = "/".join([site, *parts] if site else parts)
    check(route.decode, Message(topic, site, payload, retained, at(1)))


customs = st.builds(
    CustomTopic,
    topic=st.just("a/b"),
    place=st.sampled_from(["", "status", "a[0].b", "$", "[0]", "a.b"]),
    payload_on=st.sampled_from(["", "online", "1"]),
    payload_off=st.just("off"),
)


@given(custom=customs, payload=payloads, retained=st.booleans())
def test_any_message_of_a_custom_topic_is_a_report_or_malformed(
    custom: CustomTopic, payload: bytes, retained: bool
) -> None:
    decode = decoder(custom, path_extract(custom.place) if custom.place else whole_payload)
    check(decode, Message("a/b", "", payload, retained, at(1)))


@given(text=st.text())
@example(text="\ud800")
def test_any_text_that_a_template_makes_is_a_report_or_malformed(text: str) -> None:
    decode = decoder(CustomTopic("a/b", template="{{ value }}"), lambda _: text)
    check(decode, Message("a/b", "", b"", False, at(1)))
