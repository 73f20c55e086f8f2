"""A service that is gone: its retained "online" is all that is left of it.

This process says it once, without a Last Will that could take it back, and ends.
"""

import threading

from demo.wire import Link, Message

from .member import options, set_up

_CONNECT_SECONDS = 10.0


def main() -> None:
    """Leave the message behind."""
    parser = options("demo.members.ghost", __doc__)
    parser.add_argument("--device", required=True)
    arguments = parser.parse_args()
    set_up(arguments)
    up = threading.Event()
    link = Link(
        arguments.broker,
        f"object_detection-{arguments.device}",
        keepalive=arguments.keepalive,
        on_up=up.set,
    )
    link.open()
    if not up.wait(_CONNECT_SECONDS):
        raise SystemExit(f"no broker at {arguments.broker}")
    online = Message(f"connected/object_detection/{arguments.device}", b"true", retain=True)
    if not link.close(last=online):
        raise SystemExit("the broker did not acknowledge the message")


if __name__ == "__main__":
    main()
