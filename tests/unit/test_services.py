"""The services dialect."""

import pytest

from custom_components.mqtt_sentinel.dialects.route import Flaw, MalformedError
from custom_components.mqtt_sentinel.dialects.services import SERVICES, thing
from custom_components.mqtt_sentinel.watch.expectation import SourceKind
from custom_components.mqtt_sentinel.watch.reports import ConnectionReport, PingReport, ThingKey

from .build import at, message

CONNECTED, PING, *_ = SERVICES.routes
KEY = ThingKey("services", "", "camera_manager/hall")


def test_its_topics() -> None:
    assert [route.filter for route in SERVICES.routes[:2]] == ["connected/+/+", "ping/+/+"]
    assert SERVICES.expects is SourceKind.ALARM


@pytest.mark.parametrize(
    ("payload", "up"), [(b"true", True), (b"OFF", False), (b"\x01", True), (b"\x00", False)]
)
@pytest.mark.parametrize("retained", [True, False])
def test_connected_carries_a_yes_or_no(payload: bytes, up: bool, retained: bool) -> None:
    topic = "connected/camera_manager/hall"
    report = CONNECTED.decode(message(topic, payload, retained=retained))
    assert report == ConnectionReport(KEY, at(5), retained, topic, up)


@pytest.mark.parametrize("payload", [b"", b"0", b"\xff\x00", b"x" * 1_000_000])
def test_a_ping_carries_anything(payload: bytes) -> None:
    topic = "ping/camera_manager/hall"
    report = PING.decode(message(topic, payload))
    assert report == PingReport(KEY, at(5), False, topic)


def test_a_site_is_part_of_the_identity() -> None:
    report = CONNECTED.decode(
        message("my/site/connected/camera_manager/hall", b"1", site="my/site")
    )
    assert report
    assert report.key == KEY._replace(site="my/site")
    assert report.source == "my/site/connected/camera_manager/hall"


def test_the_services_of_a_device_are_different_things() -> None:
    assert thing("", "detector", "hall") != thing("", "camera_manager", "hall")


@pytest.mark.parametrize("payload", [b"", b"maybe", b"{}", b"\xff"])
def test_a_connection_that_is_neither_yes_nor_no_is_malformed(payload: bytes) -> None:
    with pytest.raises(MalformedError) as caught:
        CONNECTED.decode(message("connected/camera_manager/hall", payload))
    assert caught.value.flaw is Flaw.NOT_A_BOOL


@pytest.mark.parametrize("topic", ["connected//hall", "connected/detector/", "connected/a\nb/hall"])
def test_a_name_that_is_none_is_malformed(topic: str) -> None:
    with pytest.raises(MalformedError) as caught:
        CONNECTED.decode(message(topic, b"1"))
    assert caught.value.flaw is Flaw.BAD_NAME
    with pytest.raises(MalformedError):
        PING.decode(message(topic.replace("connected", "ping"), b"1"))
