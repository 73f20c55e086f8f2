"""Whatever comes in: reports, nothing, or a malformed message; never anything else, and no word.

A million and more such messages go through ``tests/fuzz/decoders.py``, by hand.
"""

from collections.abc import Iterator
import json
from random import Random

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.mqtt_sentinel.dialects.custom import (
    CustomTopic,
    decoder,
    path_extract,
    whole_payload,
)
from custom_components.mqtt_sentinel.dialects.route import Dialect, Route
from custom_components.mqtt_sentinel.dialects.table import DIALECTS

from .contract import hold, silence
from .examples import EXAMPLES, Example, matches, message
from .mutations import changed

pytestmark = pytest.mark.usefixtures("silent")
PATIENT = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
ROUTES = [
    pytest.param(dialect, route, id=f"{dialect.name}:{route.filter}")
    for dialect in DIALECTS.values()
    for route in dialect.routes
]
LEVELS = st.text(st.characters(exclude_characters="/"), max_size=20) | st.sampled_from(
    ["", "homeassistant", "x" * 70_000, "\ud800", "\x00", "..", "<script>"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
SITES = st.sampled_from(["", "north", "a/b"])


@pytest.fixture
def silent() -> Iterator[None]:
    with silence():
        yield


def examples_of(dialect: Dialect, route: Route) -> list[Example]:
    return [
        example
        for example in EXAMPLES
        if example.dialect is dialect and matches(route.filter, example.topic)
    ]


def names_in(value: object) -> Iterator[str]:
    """All names in a JSON value, however deep."""
    match value:
        case dict():
            yield from value
            yield from names_in(list(value.values()))
        case list():
            for inner in value:
                yield from names_in(inner)


FIELDS = {
    dialect: sorted(
        {
            name
            for example in EXAMPLES
            if example.dialect.name == dialect and not example.flaw and example.payload[:1] == b"{"
            for name in names_in(json.loads(example.payload))
        }
        or {"a"}
    )
    for dialect in DIALECTS
}


def written(data: object, *, with_escapes: bool) -> bytes:
    """JSON, with NaN and half characters as Python writes them where it should not."""
    return json.dumps(data, ensure_ascii=with_escapes).encode(errors="replace")


@pytest.mark.parametrize(("dialect", "route"), ROUTES)
@PATIENT
@given(data=st.data(), chance=st.randoms(use_true_random=False))
def test_almost_any_message_of_the_field(
    dialect: Dialect, route: Route, data: st.DataObject, chance: Random
) -> None:
    example = data.draw(st.sampled_from(examples_of(dialect, route)))
    found, received = changed(chance, example)
    assert found is route
    hold(route.decode, received)


@pytest.mark.parametrize(("dialect", "route"), ROUTES)
@PATIENT
@given(data=st.data(), site=SITES, retained=st.booleans())
def test_any_object_of_known_fields(
    dialect: Dialect, route: Route, data: st.DataObject, site: str, retained: bool
) -> None:
    levels = [data.draw(LEVELS) if want == "+" else want for want in route.filter.split("/")]
    fields = st.sampled_from(FIELDS[dialect.name])
    told = data.draw(st.dictionaries(fields, VALUES | st.sampled_from(levels), max_size=8))
    payload = written(told, with_escapes=data.draw(st.booleans()))
    hold(route.decode, message("/".join(levels), payload, site=site, retained=retained))


@pytest.mark.parametrize(("dialect", "route"), ROUTES)
@PATIENT
@given(data=st.data(), payload=st.binary(max_size=200))
def test_any_bytes(dialect: Dialect, route: Route, data: st.DataObject, payload: bytes) -> None:
    levels = [data.draw(LEVELS) if want == "+" else want for want in route.filter.split("/")]
    hold(route.decode, message("/".join(levels), payload))


@PATIENT
@given(
    place=st.sampled_from(["", "status", "a[0].b", "$", "[0]", "a.b"]),
    word=st.sampled_from(["", "online", "1"]),
    value=VALUES,
    payload=st.none() | st.binary(max_size=50),
)
def test_anything_on_a_custom_topic(
    place: str, word: str, value: object, payload: bytes | None
) -> None:
    custom = CustomTopic("a/b", place, payload_on=word, payload_off=word and "off")
    decode = decoder(custom, path_extract(place) if place else whole_payload)
    if payload is None:
        payload = written({"status": value, "a": [{"b": value}]}, with_escapes=True)
    hold(decode, message("a/b", payload))


@pytest.mark.parametrize("size", [0, 300_000, 10_000_000])
@pytest.mark.parametrize(("dialect", "route"), ROUTES)
def test_any_size(dialect: Dialect, route: Route, size: int) -> None:
    topic = route.filter.replace("+", "a")
    for payload in (b"x" * size, b"{" * size, b'{"a":' * (size // 5), b"\xff" * size):
        hold(route.decode, message(topic, payload))
