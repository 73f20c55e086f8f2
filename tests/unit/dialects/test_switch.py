"""What commands make of a service, read back."""

import pytest

from custom_components.mqtt_sentinel.dialects.services import (
    Switched,
    read_switch,
    switch_service,
    thing,
)
from custom_components.mqtt_sentinel.watch.reports import ThingKey

SERVICE = thing("", "object_detection", "door")
MANAGER = thing("", "camera_manager", "door")


@pytest.mark.parametrize("key", [SERVICE, MANAGER])
@pytest.mark.parametrize("on", [True, False])
def test_our_own_commands_are_understood(key: ThingKey, on: bool) -> None:
    assert read_switch(key, switch_service(key, on).payload) == Switched(on, on)


@pytest.mark.parametrize(
    ("payload", "switched"),
    [
        (b'{"status":true,"data":{"to_analyze":false,"stream":true}}', Switched(True, False)),
        (b'{"status":true,"data":{"stream":true}}', Switched(True, False)),
        (b'{"status":true,"data":null}', Switched(True, True)),
        (b'{"status":false,"data":{"to_analyze":true}}', Switched(False, False)),
        (b'{"status":"maybe"}', None),
        (b'{"data":null}', None),
        (b"on", None),
        (b"\xff", None),
        (b"[]", None),
    ],
)
def test_a_camera_may_run_without_looking(payload: bytes, switched: Switched | None) -> None:
    assert read_switch(MANAGER, payload) == switched


def test_what_others_have_in_their_data_is_their_own() -> None:
    payload = b'{"status":true,"data":{"to_analyze":false}}'
    assert read_switch(SERVICE, payload) == Switched(True, True)
