"""A service that looks for people in the pictures of one camera, in the "services" dialect.

It is told on and off by ``status/object_detection/{device}``. While it is on it has a second
connection, its worker, with a Last Will on ``connected/object_detection/{device}``, and it pings
``ping/object_detection/{device}`` as a detector does that gets pictures to look at.
"""

from collections.abc import Mapping
from enum import StrEnum
import json
import logging

from demo.pipe import Deed, Order
from demo.wire import Address, Link, Message

from .member import Member, options, set_up

_LOG = logging.getLogger(__name__)

_SERVICE = "object_detection"


class BoolForm(StrEnum):
    """How the service writes a bool on ``connected/...``; both forms are out there."""

    JSON = "json"
    BYTE = "byte"

    def write(self, value: bool) -> bytes:
        """Return ``true``/``false``, or a single byte 1 or 0."""
        if self is BoolForm.JSON:
            return json.dumps(value).encode()
        return bytes([value])


def parse_command(payload: bytes) -> bool | None:
    """Read ``{"status": bool, "data": ...}``; None for anything else."""
    try:
        command = json.loads(payload)
    except ValueError:
        return None
    match command:
        case {"status": bool(status)}:
            return status
    return None


class ObjectDetection(Member):
    """The service of one device."""

    def __init__(
        self,
        broker: Address,
        device: str,
        *,
        interval: float,
        keepalive: int,
        form: BoolForm,
        has_will: bool,
        ignoring: bool,
    ) -> None:
        """Ping every ``interval`` seconds while on."""
        super().__init__(interval)
        self._broker = broker
        self._device = device
        self._keepalive = keepalive
        self._form = form
        self._has_will = has_will
        self._ignoring = ignoring
        self._told: bool | None = None
        self._frames = 0
        self._worker: Link | None = None
        self._command_topic = f"status/{_SERVICE}/{device}"
        self._control = Link(
            broker,
            f"{_SERVICE}-{device}-control",
            keepalive=keepalive,
            subscriptions=[self._command_topic],
            on_message=lambda message: self.post(lambda: self._heard(message)),
            on_up=self.link_changed,
            on_down=self.link_changed,
        )

    def begin(self) -> None:
        """Wait for commands."""
        self._control.open()

    def beat(self) -> None:
        """Ping: pictures were looked at."""
        if self._worker is not None and self._worker.up:
            self._frames += 10
            payload = json.dumps({"frames": self._frames}).encode()
            self._worker.publish(Message(f"ping/{_SERVICE}/{self._device}", payload, qos=0))

    def end(self) -> None:
        """Leave as a service does that is shut down properly."""
        if self._worker is not None:
            self._turn_off()
        self._control.close()

    def facts(self) -> Mapping[str, str]:
        """Return whether it hears commands, what it was told, what it does about it."""
        told = {None: "nothing", True: "on", False: "off"}[self._told]
        return {
            "control": "online" if self._control.up else "offline",
            "told": told,
            "mode": Deed.IGNORE if self._ignoring else Deed.OBEY,
            "worker": self._worker_fact(),
        }

    def carry_out(self, order: Order) -> None:
        """Ignore commands from now on, or obey the last one and those to come."""
        match order.deed:
            case Deed.IGNORE:
                self._ignoring = True
            case Deed.OBEY:
                self._ignoring = False
                self._act()
            case _:
                super().carry_out(order)

    def _worker_fact(self) -> str:
        if self._worker is None:
            return "off"
        return "online" if self._worker.up else "offline"

    def _heard(self, message: Message) -> None:
        # amqtt also delivers retained messages that this connection never subscribed to.
        if message.topic != self._command_topic:
            return
        told = parse_command(message.payload)
        if told is None:
            _LOG.warning("not a command: %r", message.payload)
            return
        _LOG.info("told %s%s", "on" if told else "off", ", ignored" if self._ignoring else "")
        self._told = told
        self._act()

    def _act(self) -> None:
        if self._ignoring or self._told is None:
            return
        if not self._told:
            self._turn_off()
        elif self._worker is None:
            self._turn_on()

    def _turn_on(self) -> None:
        self._worker = Link(
            self._broker,
            f"{_SERVICE}-{self._device}-worker",
            keepalive=self._keepalive,
            will=self._connected(False) if self._has_will else None,
            birth=lambda: [self._connected(True)],
            on_up=self.link_changed,
            on_down=self.link_changed,
        )
        self._worker.open()

    def _turn_off(self) -> None:
        said = False
        if self._worker is not None:
            said = self._worker.close(last=self._connected(False))
            self._worker = None
        if not said:
            # There was no worker, or it could not say it: an "online" may still be retained.
            self._control.publish(self._connected(False))

    def _connected(self, value: bool) -> Message:
        topic = f"connected/{_SERVICE}/{self._device}"
        return Message(topic, self._form.write(value), retain=True)


def main() -> None:
    """Run the service."""
    parser = options("demo.members.object_detection", __doc__)
    parser.add_argument("--device", required=True, help="the camera it looks at")
    parser.add_argument("--interval", type=float, default=2.0, metavar="SECONDS", help="of pings")
    parser.add_argument("--form", type=BoolForm, choices=list(BoolForm), default=BoolForm.JSON)
    parser.add_argument("--no-will", action="store_true", help="have no Last Will")
    parser.add_argument("--ignoring", action="store_true", help="ignore commands from the start")
    arguments = parser.parse_args()
    supervised = set_up(arguments)
    service = ObjectDetection(
        arguments.broker,
        arguments.device,
        interval=arguments.interval,
        keepalive=arguments.keepalive,
        form=arguments.form,
        has_will=not arguments.no_will,
        ignoring=arguments.ignoring,
    )
    service.run(supervised=supervised)


if __name__ == "__main__":
    main()
