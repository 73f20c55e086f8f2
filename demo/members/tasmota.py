"""A plug with one relay that runs Tasmota: LWT, STATE, and POWER."""

from collections.abc import Mapping
import json
import time

from demo.pipe import Deed, Order
from demo.wire import Address, Link, Message

from .member import Member, OrderRefusedError, now, options, set_up

# "" asks for the state without changing it.
_COMMANDS = {b"ON": True, b"OFF": False, b"1": True, b"0": False}


class Plug(Member):
    """The plug."""

    def __init__(self, broker: Address, device: str, *, interval: float, keepalive: int) -> None:
        """Be off; tell the STATE every ``interval`` seconds."""
        super().__init__(interval)
        self._device = device
        self._started = time.monotonic()
        self._on = False
        self._command_topic = f"cmnd/{device}/POWER"
        self._link = Link(
            broker,
            device,
            keepalive=keepalive,
            will=self._will("Offline"),
            birth=lambda: [self._will("Online"), self._state()],
            subscriptions=[self._command_topic],
            on_message=lambda message: self.post(lambda: self._heard(message)),
            on_up=self.link_changed,
            on_down=self.link_changed,
        )

    def begin(self) -> None:
        """Connect."""
        self._link.open()

    def beat(self) -> None:
        """Tell the state."""
        if self._link.up:
            self._link.publish(self._state())

    def end(self) -> None:
        """Leave."""
        self._link.close(last=self._will("Offline"))

    def facts(self) -> Mapping[str, str]:
        """Return whether it is connected, and its relay."""
        up = "online" if self._link.up else "offline"
        return {self._device: up, "relay": self._power}

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
        # amqtt also delivers retained messages that this connection never subscribed to.
        if message.topic == self._command_topic:
            self._switch(_COMMANDS.get(message.payload.upper(), self._on))

    def _switch(self, on: bool) -> None:
        self._on = on
        self._link.publish(Message(f"stat/{self._device}/POWER", self._power.encode()))

    def _will(self, word: str) -> Message:
        return Message(f"tele/{self._device}/LWT", word.encode(), retain=True)

    def _state(self) -> Message:
        state: dict[str, object] = {
            "Time": now().rstrip("Z"),
            "UptimeSec": int(time.monotonic() - self._started),
            "POWER": self._power,
        }
        return Message(f"tele/{self._device}/STATE", json.dumps(state).encode(), qos=0)


def main() -> None:
    """Run the plug."""
    parser = options("demo.members.tasmota", __doc__)
    parser.add_argument("--device", default="tasmota_plug")
    parser.add_argument("--interval", type=float, default=3.0, metavar="SECONDS", help="of STATE")
    arguments = parser.parse_args()
    supervised = set_up(arguments)
    plug = Plug(
        arguments.broker,
        arguments.device,
        interval=arguments.interval,
        keepalive=arguments.keepalive,
    )
    plug.run(supervised=supervised)


if __name__ == "__main__":
    main()
