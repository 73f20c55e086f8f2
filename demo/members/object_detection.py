"""A service that looks for people in the pictures of one camera, in the "services" dialect.

It is told on and off by ``status/object_detection/{device}``. While it is on it has a second
connection, its worker, with a Last Will on ``connected/object_detection/{device}``, and it pings
``ping/object_detection/{device}`` as a detector does that gets pictures to look at.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
import json
import logging
import time
from typing import Unpack

from mqtt_sentinel_node import Command, Message, Service

from demo.pipe import Deed, Order
from demo.wire import FAREWELL_SECONDS, Wire, Words

from .member import Member, live, options

_LOG = logging.getLogger(__name__)

_SERVICE = "object_detection"

_PICTURES_A_PING = 10


class BoolForm(StrEnum):
    """How the service writes a bool on ``connected/...``; both forms are out there."""

    JSON = "json"
    BYTE = "byte"

    def write(self, value: bool) -> bytes:
        """Return ``true``/``false``, or a single byte 1 or 0."""
        if self is BoolForm.JSON:
            return json.dumps(value).encode()
        return bytes([value])


class ObjectDetection(Member):
    """The service of one device."""

    def __init__(
        self,
        wire: Wire,
        device: str,
        *,
        interval: float,
        form: BoolForm,
        has_will: bool,
        ignoring: bool,
    ) -> None:
        """Ping every ``interval`` seconds while on."""
        super().__init__(interval / _PICTURES_A_PING)
        self._wire = wire
        self._device = device
        self._ping_every = interval
        self._form = form
        self._has_will = has_will
        self._ignoring = ignoring
        self._told: bool | None = None
        self._frames = 0
        self._worker: Service | None = None
        # This one says nothing of itself, whether it works is said by the worker.
        self._control = self._service(
            "control",
            on_command=lambda command: self.post(lambda: self._heard(command)),
            will=None,
            birth=(),
            goodbye=(),
        )

    def begin(self) -> None:
        """Wait for commands."""
        self._control.start()

    def beat(self) -> None:
        """Look at a picture, and ping when it is time."""
        if self._worker is not None and self._worker.up:
            self._frames += 1
            self._worker.ping({"frames": self._frames, "timestamp": time.time()})

    def end(self) -> None:
        """Leave as a service does that is shut down properly."""
        if self._worker is not None:
            self._turn_off()
        self._control.stop(FAREWELL_SECONDS)

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

    def _heard(self, command: Command) -> None:
        told = "on" if command.status else "off"
        _LOG.info("told %s%s", told, ", ignored" if self._ignoring else "")
        self._told = command.status
        self._act()

    def _act(self) -> None:
        if self._ignoring or self._told is None:
            return
        if not self._told:
            self._turn_off()
        elif self._worker is None:
            self._turn_on()

    def _turn_on(self) -> None:
        self._worker = self._service(
            "worker",
            will=self._connected(False) if self._has_will else None,
            birth=[self._connected(True)],
            goodbye=[self._connected(False)],
        )
        self._worker.start()

    def _turn_off(self) -> None:
        said = False
        if self._worker is not None:
            said = self._worker.stop(FAREWELL_SECONDS).said_goodbye
            self._worker = None
        if not said:
            # There was no worker, or it could not say it: an "online" may still be retained.
            self._control.send(self._connected(False))

    def _service(
        self,
        role: str,
        *,
        on_command: Callable[[Command], None] | None = None,
        **words: Unpack[Words],
    ) -> Service:
        """Return one of its two connections, each with a client id of its own."""
        return Service(
            self._wire.broker.host,
            self._wire.broker.port,
            service=_SERVICE,
            device=self._device,
            ping_every=self._ping_every,
            on_command=on_command,
            **self._wire.options(
                client_id=f"{_SERVICE}-{self._device}-{role}",
                on_up=self.link_changed,
                on_down=self.link_changed,
                **words,
            ),
        )

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
    live(
        parser,
        lambda wire, arguments: ObjectDetection(
            wire,
            arguments.device,
            interval=arguments.interval,
            form=arguments.form,
            has_will=not arguments.no_will,
            ignoring=arguments.ignoring,
        ),
    )


if __name__ == "__main__":
    main()
