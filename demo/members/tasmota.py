"""A plug with one relay that runs Tasmota: LWT, STATE, and POWER."""

from collections.abc import Mapping
import json
import time

from mqtt_sentinel_node import Message

from demo.pipe import Deed, Order
from demo.wire import Wire

from .member import Device, OrderRefusedError, live, now, options

# "" asks for the state without changing it.
_COMMANDS = {b"ON": True, b"OFF": False, b"1": True, b"0": False}


class Plug(Device):
    """The plug."""

    def __init__(self, wire: Wire, device: str, *, interval: float) -> None:
        """Be off; tell the STATE every ``interval`` seconds."""
        super().__init__(
            wire,
            device,
            interval=interval,
            will=_presence(device, "Offline"),
            birth=lambda: [_presence(device, "Online"), self._state()],
            goodbye=[_presence(device, "Offline")],
        )
        self._device = device
        self._started = time.monotonic()
        self._on = False
        for command in ("POWER", "POWER1"):  # one with a single relay knows it by both
            self.client.subscribe(
                f"cmnd/{device}/{command}", lambda message: self.post(lambda: self._heard(message))
            )

    def beat(self) -> None:
        """Tell the state."""
        self.client.send(self._state())

    def facts(self) -> Mapping[str, str]:
        """Return whether it is connected, and its relay."""
        return {self._device: self.link, "relay": self._power}

    def carry_out(self, order: Order) -> None:
        """Be switched by the button on it."""
        if order.node != self._device:
            raise OrderRefusedError(f"there is no plug {order.node}")
        match order.deed:
            case Deed.SWITCH:
                self._switch(not self._on)
            case _:
                super().carry_out(order)

    @property
    def _power(self) -> str:
        return "ON" if self._on else "OFF"

    def _heard(self, message: Message) -> None:
        self._switch(_COMMANDS.get(message.payload.upper(), self._on))

    def _switch(self, on: bool) -> None:
        self._on = on
        self.client.publish(f"stat/{self._device}/POWER", self._power)

    def _state(self) -> Message:
        state: dict[str, object] = {
            "Time": now().rstrip("Z"),
            "UptimeSec": int(time.monotonic() - self._started),
            "POWER": self._power,
        }
        return Message(f"tele/{self._device}/STATE", json.dumps(state).encode(), qos=0)


def _presence(device: str, word: str) -> Message:
    return Message(f"tele/{device}/LWT", word.encode(), retain=True)


def main() -> None:
    """Run the plug."""
    parser = options("demo.members.tasmota", __doc__)
    parser.add_argument("--device", default="tasmota_plug")
    parser.add_argument("--interval", type=float, default=3.0, metavar="SECONDS", help="of STATE")
    live(
        parser,
        lambda wire, arguments: Plug(wire, arguments.device, interval=arguments.interval),
    )


if __name__ == "__main__":
    main()
