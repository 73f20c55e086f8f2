"""A Raspberry Pi with a motion sensor, a button and a pressure mat, in the surveillance dialect.

It shares its topics with all others of its kind, and says nothing but what happened: it has
neither a birth nor a Last Will. Every event has an id; a program that got no acknowledgement in
time sends the same one again.
"""

from collections.abc import Mapping

from mqtt_sentinel_node import Message, SensorEvent

from demo.pipe import Deed, Order
from demo.wire import Wire

from .member import Device, OrderRefusedError, live, options

_EVENTS = {
    Deed.MOTION: SensorEvent.MOTION,
    Deed.BUTTON: SensorEvent.BUTTON,
    Deed.PRESSURE: SensorEvent.PRESSURE,
}


class Sensor(Device):
    """The sensors of one Raspberry Pi."""

    def __init__(self, wire: Wire, device: str) -> None:
        """Have seen nothing yet."""
        super().__init__(wire, device)
        self._device = device
        self._last: Message | None = None
        self._sent = 0

    def facts(self) -> Mapping[str, str]:
        """Return whether it is connected, and how many messages it has sent."""
        return {"link": self.link, "sent": str(self._sent)}

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
                self._send(_EVENTS[order.deed].message(self._device, {"state": "HIGH"}))
            case _:
                super().carry_out(order)

    def _send(self, event: Message) -> None:
        self._last = event
        self.client.send(event)
        self._sent += 1


def main() -> None:
    """Run the sensors."""
    parser = options("demo.members.surveillance", __doc__)
    parser.add_argument("--device", default="raspberry-1")
    live(parser, lambda wire, arguments: Sensor(wire, arguments.device))


if __name__ == "__main__":
    main()
