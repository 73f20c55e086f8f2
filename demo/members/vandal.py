"""Somebody who publishes what no device should: one message of each kind, and leaves.

Each is on a topic of a device of the fleet, so that it reaches whoever listens to that device.
"""

import threading

from mqtt_sentinel_node import Message

from demo.wire import FAREWELL_SECONDS

from .member import options, set_up, wire

_PATIENCE_SECONDS = 10.0

_STATUS = "autocore/ESP32_001/status"
_TELEMETRY = "autocore/ESP32_001/telemetry"

GARBAGE = (
    Message(_TELEMETRY, b'{"device_id": "ESP32_001", "temp'),
    Message(_TELEMETRY, b'{"device_id": "ESP32_001", "temperature": NaN}'),
    Message(_TELEMETRY, b'{"device_id": "ESP32_002", "temperature": 21.5}'),
    Message(_TELEMETRY, b"\xff\xfe\x00"),
    Message(_TELEMETRY, b'{"device_id": "ESP32_001", "pad": "' + b"x" * 10_000_000 + b'"}'),
    Message(_STATUS, b'["ESP32_001", "offline"]'),
    Message(_STATUS, b'{"device_id": "ESP32_001"}'),
    Message(_STATUS, b'{"device_id": "ESP32_001", "status": "asleep"}'),
    Message("connected/object_detection/front", b"perhaps"),
    Message("devices/esp32_01/status", b""),
)
"""Not JSON, not a number, two device ids that differ, no text, 10 MB, not an object, nothing in it,
a word that is none, not a bool, nothing at all."""


def main() -> None:
    """Publish it all."""
    parser = options("demo.members.vandal", __doc__)
    arguments = parser.parse_args()
    set_up(arguments)
    last = GARBAGE[-1]
    told = threading.Event()

    def heard(message: Message) -> None:
        if (message.payload, message.retain) == (last.payload, last.retain):
            told.set()

    client = wire(arguments).client(client_id="vandal")
    client.subscribe(last.topic, heard)
    client.start()
    for message in GARBAGE:
        client.send(message)
    delivered = client.flush(_PATIENCE_SECONDS)
    # amqtt forgets what it has acknowledged and not passed on yet when its sender leaves.
    passed_on = delivered and told.wait(_PATIENCE_SECONDS)
    client.stop(FAREWELL_SECONDS)
    if not delivered:
        raise SystemExit(f"no broker at {arguments.broker}, or it does not take this")
    if not passed_on:
        raise SystemExit("the broker keeps the garbage to itself")


if __name__ == "__main__":
    main()
