"""The table: what the dialects listen to, and how they are put beside each other."""

from itertools import combinations, pairwise

import pytest

from custom_components.mqtt_sentinel.dialects.route import Dialect, MalformedError, stands_alone
from custom_components.mqtt_sentinel.dialects.table import DIALECTS, named
from custom_components.mqtt_sentinel.watch.reports import ThingKey

from .contract import hold
from .examples import EXAMPLES, Example, matches, message

BY_NAME = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=list(DIALECTS))


def overlap(one: str, other: str) -> bool:
    """Tell whether a topic could come by both filters."""
    first, second = one.split("/"), other.split("/")
    return len(first) == len(second) and all(
        "+" in {a, b} or a == b for a, b in zip(first, second, strict=True)
    )


def test_all_dialects_are_there() -> None:
    assert list(DIALECTS) == [
        "services",
        "autocore",
        "museum",
        "surveillance",
        "detector",
        "zigbee2mqtt",
        "tasmota",
        "esphome",
        "shelly",
        "frigate",
        "broker",
    ]


@BY_NAME
def test_no_message_comes_to_a_dialect_twice(dialect: Dialect) -> None:
    filters = [route.filter for route in dialect.routes]
    assert not [pair for pair in combinations(filters, 2) if overlap(*pair)]


@BY_NAME
def test_filters_are_valid_and_reach_what_they_name(dialect: Dialect) -> None:
    for route in dialect.routes:
        levels = route.filter.split("/")
        assert all(level == "+" or not {"+", "#", ""} & {*level, level} for level in levels)
        # A broker hides $SYS from filters that start with a wildcard.
        assert dialect.name != "broker" or levels[0] == "$SYS"


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_nobody_reads_what_others_say(example: Example) -> None:
    """But nothing in it tells an ESPHome node from a node of a museum; a hub may have both."""
    readers = {
        dialect.name
        for dialect in DIALECTS.values()
        for route in dialect.routes
        if matches(route.filter, example.topic)
        and hold(route.decode, message(example.topic, example.payload))
    }
    assert len(readers) <= 1 or readers == {"museum", "esphome"}


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_what_is_usual_hears_nothing_twice(example: Example) -> None:
    readers = [
        dialect.name
        for dialect in DIALECTS.values()
        if dialect.usual
        for route in dialect.routes
        if matches(route.filter, example.topic)
        and hold(route.decode, message(example.topic, example.payload))
    ]
    assert len(readers) <= 1


def test_what_takes_in_the_topics_of_others_is_not_usual() -> None:
    assert {name for name, dialect in DIALECTS.items() if not dialect.usual} == {
        "museum",
        "esphome",
    }


def test_what_only_says_what_happens_is_only_observed() -> None:
    assert {name for name, dialect in DIALECTS.items() if dialect.expects is None} == {
        "surveillance"
    }


@pytest.mark.parametrize(
    ("dialect", "name"),
    [
        ("services", "object_detection/front"),
        ("autocore", "ESP32_001"),
        ("zigbee2mqtt", "lamp"),
        ("zigbee2mqtt", "kitchen/lamp"),
        ("zigbee2mqtt", "home/kitchen/lamp"),
        ("frigate", "frigate"),
        ("frigate", "front/detect"),
        ("broker", "broker"),
    ],
)
def test_a_thing_that_is_named(dialect: str, name: str) -> None:
    assert named(dialect, "site1", f" {name} ") == ThingKey(dialect, "site1", name)


@pytest.mark.parametrize(
    ("dialect", "name"),
    [
        ("services", "object_detection"),
        ("services", "a/b/c"),
        ("services", "/b"),
        ("services", "a/"),
        ("autocore", "a/b"),
        ("autocore", ""),
        ("museum", "x" * 257),
        ("tasmota", "a\x07b"),
        ("zigbee2mqtt", "a/b/c/d"),
        ("zigbee2mqtt", "a//c"),
        ("frigate", "a/b/c"),
    ],
)
def test_a_name_that_nothing_of_a_dialect_can_have(dialect: str, name: str) -> None:
    with pytest.raises(MalformedError):
        named(dialect, "", name)


def test_what_home_assistant_shows_already_is_marked() -> None:
    assert {name for name, dialect in DIALECTS.items() if dialect.shown} == {
        "zigbee2mqtt",
        "tasmota",
        "esphome",
        "shelly",
        "frigate",
    }


def test_who_stands_behind_whom() -> None:
    behind = {name for name, dialect in DIALECTS.items() if dialect.parent is not stands_alone}
    assert behind == {"zigbee2mqtt", "frigate"}
    assert stands_alone(ThingKey("tasmota", "", "plug")) is None


@pytest.mark.parametrize(
    ("name", "child", "parent"),
    [("zigbee2mqtt", "hall_bulb", "bridge"), ("frigate", "porch/detect", "frigate")],
)
def test_a_parent_is_of_the_same_site(name: str, child: str, parent: str) -> None:
    lineage = [ThingKey(name, "east", child), ThingKey(name, "east", parent), None]
    assert all(DIALECTS[name].parent(below) == above for below, above in pairwise(lineage) if below)
