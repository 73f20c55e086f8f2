"""A Raspberry Pi with a motion sensor, a button and a pressure mat, in the surveillance dialect.

It shares its topics with all others of its kind, and says nothing but what happened: it has
neither a birth nor a Last Will. Every event has an id; a program that got no acknowledgement in
time sends the same one again.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
import json
import uuid

from demo.pipe import Deed, Order
from demo.wire import Address, Link, Message

from .member import Member, OrderRefusedError, options, set_up

_NEVER = 3600.0

# What happened -> topic, source, type
_EVENTS = {
    Deed.MOTION: ("sensor/motion", "PIR", "MOTION_DETECTED"),
    Deed.BUTTON: ("sensor/button", "BUTTON", "BUTTON_PRESSED"),
    Deed.PRESSURE: ("sensor/pressure", "MAT", "PRESSURE_DETECTED"),
}


class Sensor(Member):
    """The sensors of one Raspberry Pi."""

    def __init__(self, broker: Address, device: str, *, keepalive: int) -> None:
        """Have seen nothing yet."""
        super().__init__(interval=_NEVER)
        self._device = device
        self._last: Message | None = None
        self._sent = 0
        self._link = Link(
            broker,
            device,
            keepalive=keepalive,
            on_up=self.link_changed,
            on_down=self.link_changed,
        )

    def begin(self) -> None:
        """Connect."""
        self._link.open()

    def beat(self) -> None:
        """Say nothing: nothing happened."""

    def end(self) -> None:
        """Leave."""
        self._link.close()

    def facts(self) -> Mapping[str, str]:
        """Return whether it is connected, and how many messages it has sent."""
        return {"link": "online" if self._link.up else "offline", "sent": str(self._sent)}

    def carry_out(self, order: Order) -> None:
        """Have something happen, or send the last event again as it was."""
        if order.node != self._device:
            raise OrderRefusedError(f"there is no sensor {order.node}")
        match order.deed:
            case Deed.AGAIN:
                if self._last is None:
                    raise OrderRefusedError("nothing has happened yet")
                self._send(self._last)
            case Deed.MOTION | Deed.BUTTON | Deed.PRESSURE:
                self._send(self._event(order.deed))
            case _:
                super().carry_out(order)

    def _send(self, event: Message) -> None:
        self._last = event
        self._link.publish(event)
        self._sent += 1

    def _event(self, deed: Deed) -> Message:
        topic, source, kind = _EVENTS[deed]
        event: dict[str, object] = {
            "event_id": f"evt-{uuid.uuid4()}",
            "device_id": self._device,
            "source": source,
            "type": kind,
            "data": {"state": "HIGH"},
            "timestamp": datetime.now(UTC).replace(tzinfo=None).isoformat(),
        }
        return Message(topic, json.dumps(event).encode())


def main() -> None:
    """Run the sensors."""
    parser = options("demo.members.surveillance", __doc__)
    parser.add_argument("--device", default="raspberry-1")
    arguments = parser.parse_args()
    supervised = set_up(arguments)
    sensor = Sensor(arguments.broker, arguments.device, keepalive=arguments.keepalive)
    sensor.run(supervised=supervised)


if __name__ == "__main__":
    main()
