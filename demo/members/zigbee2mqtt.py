"""Zigbee2MQTT: a bridge, and many lamps that only it can reach.

It speaks for its lamps: their retained ``availability`` comes over the bridge's connection, and
nobody corrects it when the bridge dies. Its Last Will on ``zigbee2mqtt/bridge/state`` is all then.
"""

from collections.abc import Mapping
import json

from mqtt_sentinel_node import Message

from demo.pipe import Deed, Order
from demo.wire import Wire

from .member import Device, OrderRefusedError, live, options


def lamp(number: int) -> str:
    """Return ``lamp_01`` for 1, and so on."""
    return f"lamp_{number:02}"


class Bridge(Device):
    """The bridge. It says something only when something changes.

    When it is shut down, the lamps are left as they are.
    """

    def __init__(self, wire: Wire, count: int) -> None:
        """Have so many lamps, all with power."""
        self._lamps = {lamp(number + 1): True for number in range(count)}
        super().__init__(
            wire,
            "zigbee2mqtt",
            will=_state("bridge/state", up=False),
            birth=lambda: [_state("bridge/state", up=True), *map(self._availability, self._lamps)],
            goodbye=[_state("bridge/state", up=False)],
        )

    def facts(self) -> Mapping[str, str]:
        """Return whether the bridge is connected, and how many lamps it reaches."""
        return {
            "bridge": self.link,
            "lamps": f"{sum(self._lamps.values())} of {len(self._lamps)}",
        }

    def carry_out(self, order: Order) -> None:
        """Take the power from a lamp, or give it back."""
        if order.node not in self._lamps:
            raise OrderRefusedError(f"there is no lamp {order.node}")
        match order.deed:
            case Deed.POWER_OFF | Deed.POWER_ON:
                self._switch(order.node, order.deed is Deed.POWER_ON)
            case _:
                super().carry_out(order)

    def _switch(self, name: str, up: bool) -> None:
        if self._lamps[name] is up:
            raise OrderRefusedError(f"{name} is already {'on' if up else 'off'}")
        self._lamps[name] = up
        self.client.send(self._availability(name))

    def _availability(self, name: str) -> Message:
        return _state(f"{name}/availability", up=self._lamps[name])


def _state(topic: str, *, up: bool) -> Message:
    payload = json.dumps({"state": "online" if up else "offline"}).encode()
    return Message(f"zigbee2mqtt/{topic}", payload, retain=True)


def main() -> None:
    """Run the bridge."""
    parser = options("demo.members.zigbee2mqtt", __doc__)
    parser.add_argument("--count", type=int, default=40, help="of lamps (default: %(default)s)")
    live(parser, lambda wire, arguments: Bridge(wire, arguments.count))


if __name__ == "__main__":
    main()
