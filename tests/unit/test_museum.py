"""The museum dialect."""

import pytest

from custom_components.mqtt_sentinel.dialects.museum import MUSEUM
from custom_components.mqtt_sentinel.dialects.route import Flaw, MalformedError, Route
from custom_components.mqtt_sentinel.watch.expectation import SourceKind
from custom_components.mqtt_sentinel.watch.reports import (
    ConnectionReport,
    FeedbackReport,
    ThingKey,
)

from .build import at, message

DEVICE, ROOM, *_ = MUSEUM.routes
TOPICS = pytest.mark.parametrize(
    ("route", "topic"), [(DEVICE, "devices/esp/status"), (ROOM, "esp/status")]
)
KEY = ThingKey("museum", "", "esp")


def test_its_topics() -> None:
    assert [route.filter for route in MUSEUM.routes[:2]] == ["devices/+/status", "+/status"]
    assert MUSEUM.expects is SourceKind.ALWAYS


@TOPICS
@pytest.mark.parametrize(
    ("payload", "up"),
    [
        (b"online", True),
        (b"Online", True),
        (b" ONLINE\n", True),
        (b"offline", False),
        (b"OFFLINE", False),
    ],
)
def test_a_status_tells_the_connection(route: Route, topic: str, payload: bytes, up: bool) -> None:
    report = route.decode(message(topic, payload, retained=True))
    assert report == ConnectionReport(KEY, at(5), True, topic, up)


@TOPICS
@pytest.mark.parametrize(
    ("payload", "ok"), [(b"OK", True), (b"ok\r\n", True), (b"ERROR", False), (b"Error", False)]
)
def test_a_status_answers_a_command(route: Route, topic: str, payload: bytes, ok: bool) -> None:
    report = route.decode(message(topic, payload))
    assert report == FeedbackReport(KEY, at(5), False, topic, ok)


OTHERS = [b"", b"on", b"true", b'"online"', b"{}", b"\xff", b"online" * 3, b"x" * 10_000_000]


@pytest.mark.parametrize("payload", OTHERS, ids=lambda payload: repr(payload[:20]))
def test_anything_else_on_the_topic_of_a_device_is_malformed(payload: bytes) -> None:
    with pytest.raises(MalformedError) as caught:
        DEVICE.decode(message("devices/esp/status", payload))
    assert caught.value.flaw is Flaw.NOT_A_BOOL


@pytest.mark.parametrize("payload", OTHERS, ids=lambda payload: repr(payload[:20]))
def test_anything_else_on_the_status_of_some_room_is_passed_by(payload: bytes) -> None:
    assert ROOM.decode(message("vault/status", payload)) is None


@pytest.mark.parametrize("payload", [b"online", b"offline", b"whatever"])
def test_home_assistant_is_no_node_of_a_museum(payload: bytes) -> None:
    assert ROOM.decode(message("homeassistant/status", payload)) is None
    assert ROOM.decode(message("east/homeassistant/status", payload, site="east")) is None


def test_a_site_is_part_of_the_identity() -> None:
    device = DEVICE.decode(message("east/devices/esp/status", b"online", site="east"))
    room = ROOM.decode(message("east/esp/status", b"online", site="east"))
    assert device
    assert room
    assert device.key == room.key == ThingKey("museum", "east", "esp")


@pytest.mark.parametrize(("route", "topic"), [(DEVICE, "devices//status"), (ROOM, "/status")])
def test_a_name_that_is_none_is_malformed(route: Route, topic: str) -> None:
    with pytest.raises(MalformedError) as caught:
        route.decode(message(topic, b"online"))
    assert caught.value.flaw is Flaw.BAD_NAME
