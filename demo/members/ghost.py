"""A service that is gone: its retained "online" is all that is left of it.

This process says it once, without a Last Will that could take it back, and ends.
"""

from mqtt_sentinel_node import Message

from demo.wire import FAREWELL_SECONDS

from .member import options, set_up, wire

_CONNECT_SECONDS = 10.0


def main() -> None:
    """Leave the message behind."""
    parser = options("demo.members.ghost", __doc__)
    parser.add_argument("--device", required=True)
    arguments = parser.parse_args()
    set_up(arguments)
    online = Message(f"connected/object_detection/{arguments.device}", b"true", retain=True)
    client = wire(arguments).client(
        client_id=f"object_detection-{arguments.device}", goodbye=[online]
    )
    client.start()
    connected = client.wait_until_up(_CONNECT_SECONDS)
    left = client.stop(FAREWELL_SECONDS)
    if not connected:
        raise SystemExit(f"no broker at {arguments.broker}")
    if not left.said_goodbye:
        raise SystemExit("the broker did not acknowledge the message")


if __name__ == "__main__":
    main()
