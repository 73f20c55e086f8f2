"""A fleet of ESP32 nodes in the autocore dialect: status, telemetry, and one relay each."""

from collections.abc import Mapping
from enum import StrEnum
import json
import math
from random import Random
import time

from mqtt_sentinel_node import Client, Message

from demo.pipe import Deed, Order
from demo.wire import FAREWELL_SECONDS, Wire

from .member import Member, OrderRefusedError, live, now, options

_FIRMWARE = "1.2.0"


class Power(StrEnum):
    """What is the matter with a node, as far as it can tell itself."""

    ON = "on"
    OFF = "off"
    CRASHED = "crashed"


def node_id(number: int) -> str:
    """Return ``ESP32_001`` for 1, and so on."""
    return f"ESP32_{number:03}"


class Node:
    """One ESP32 with its own connection."""

    def __init__(self, wire: Wire, number: int, member: Member) -> None:
        """Be powered off."""
        self.name = node_id(number)
        self.power = Power.OFF
        self._wire = wire
        # 192.0.2.0/24 is the range for documentation: nobody's real device.
        self._ip_address = f"192.0.2.{number % 254 + 1}"
        self._member = member
        self._random = Random(number)
        self._phase = self._random.uniform(0, math.tau)
        self._relay_state = number % 2 == 0
        self._started = 0.0
        self._client: Client | None = None

    @property
    def fact(self) -> str:
        """``online``, ``offline`` (on, without a connection), ``off`` or ``crashed``."""
        if self.power is not Power.ON:
            return self.power
        return "online" if self._client is not None and self._client.up else "offline"

    def power_on(self) -> None:
        """Boot and connect."""
        self.power = Power.ON
        self._started = time.monotonic()
        client = self._wire.client(
            client_id=self.name,
            will=self._status("offline"),
            birth=lambda: [self._status("online"), self._relay()],
            goodbye=lambda: [self._status("offline")],
            on_up=self._member.link_changed,
            on_down=self._member.link_changed,
        )
        # A client that froze keeps its socket until here: the broker has to see the old session
        # die by the keep-alive or by being taken over, not by a courtesy of the operating system.
        self._client = client
        client.start()

    def power_off(self) -> None:
        """Lose power: nothing is said or closed any more."""
        self.power = Power.OFF
        if self._client is not None:
            self._client.freeze()

    def crash(self) -> None:
        """Lose the connection without goodbye and hang until it is powered on again."""
        self.power = Power.CRASHED
        if self._client is not None:
            self._client.abandon()

    def drop(self) -> None:
        """Lose the connection without goodbye and come back."""
        if self._client is not None:
            self._client.drop_connection()

    def leave(self) -> None:
        """Shut down properly."""
        if self.power is Power.ON and self._client is not None:
            self._client.stop(FAREWELL_SECONDS)

    def send_telemetry(self) -> None:
        """Publish one set of values."""
        if self._client is not None:
            self._client.send(
                self._message("telemetry", {**self._values(), "timestamp": now()}, retain=False)
            )

    def _relay(self) -> Message:
        state: dict[str, object] = {
            "relay_index": 0,
            "state": self._relay_state,
            "triggered_by": "boot",
            "timestamp": now(),
        }
        return self._message("relay/0/status", state, retain=True)

    def _values(self) -> dict[str, object]:
        """Return values that move as a room's do: slow waves over minutes, and a little noise."""
        wave = math.sin(time.monotonic() / 60 + self._phase)
        noise = self._random.gauss
        return {
            "temperature": round(22 + 2 * wave + noise(0, 0.05), 2),
            "humidity": round(45 - 5 * wave + noise(0, 0.2), 1),
            "voltage": round(3.28 + noise(0, 0.005), 3),
            "memory_free": 45_000 + self._random.randrange(-500, 500),
        }

    def _status(self, status: str) -> Message:
        # The Will is written when the node connects, so its time is older than the event.
        details: dict[str, object] = {
            "status": status,
            "ip_address": self._ip_address,
            "firmware_version": _FIRMWARE,
            "uptime": int(time.monotonic() - self._started),
            "timestamp": now(),
        }
        return self._message("status", details, retain=True)

    def _message(self, channel: str, details: dict[str, object], *, retain: bool) -> Message:
        payload = json.dumps({"device_id": self.name, **details}).encode()
        qos = 1 if retain else 0
        return Message(f"autocore/{self.name}/{channel}", payload, qos=qos, retain=retain)


class AutocoreFleet(Member):
    """All nodes, in one process."""

    def __init__(self, wire: Wire, count: int, *, interval: float) -> None:
        """Send telemetry every ``interval`` seconds."""
        super().__init__(interval)
        nodes = [Node(wire, n + 1, self) for n in range(count)]
        self._nodes = {node.name: node for node in nodes}

    def begin(self) -> None:
        """Power all nodes on."""
        for node in self._nodes.values():
            node.power_on()

    def beat(self) -> None:
        """Send everybody's telemetry."""
        for node in self._nodes.values():
            if node.power is Power.ON:
                node.send_telemetry()

    def end(self) -> None:
        """Shut all nodes down."""
        for node in self._nodes.values():
            node.leave()

    def facts(self) -> Mapping[str, str]:
        """Return the state of each node."""
        return {node.name: node.fact for node in self._nodes.values()}

    def carry_out(self, order: Order) -> None:
        """Do something to one node."""
        node = self._nodes.get(order.node or "")
        if node is None:
            raise OrderRefusedError(f"there is no node {order.node}")
        if order.deed is Deed.POWER_ON and node.power is Power.ON:
            raise OrderRefusedError(f"{node.name} is already on")
        if order.deed is not Deed.POWER_ON and node.power is not Power.ON:
            raise OrderRefusedError(f"{node.name} is {node.power}")
        match order.deed:
            case Deed.POWER_ON:
                node.power_on()
            case Deed.POWER_OFF:
                node.power_off()
            case Deed.CRASH:
                node.crash()
            case Deed.DROP:
                node.drop()
            case _:
                super().carry_out(order)


def main() -> None:
    """Run the nodes."""
    parser = options("demo.members.autocore", __doc__)
    parser.add_argument("--count", type=int, default=3, help="of nodes (default: %(default)s)")
    parser.add_argument(
        "--interval", type=float, default=3.0, metavar="SECONDS", help="of telemetry"
    )
    live(
        parser,
        lambda wire, arguments: AutocoreFleet(wire, arguments.count, interval=arguments.interval),
    )


if __name__ == "__main__":
    main()
