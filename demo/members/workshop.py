"""An ESP32 of autocore with many relays, which confirm their commands, or do not."""

from collections.abc import Sequence
import json

from mqtt_sentinel_node import Message

from demo.wire import Wire

from .actuators import Actuator, ActuatorDevice
from .member import live, now, options

RELAYS = ("light", "pump", "fan", "heater", "bell", "valve", "gate")
"""What is behind its relays, the first one behind relay 0."""


def workshop(wire: Wire, device: str) -> ActuatorDevice:
    """Return the node; it tells its status and all its relays when it connects."""

    def topic(number: int, channel: str) -> str:
        return f"autocore/{device}/relay/{number}/{channel}"

    def state(number: int, on: bool, by: str) -> Message:
        told: dict[str, object] = {
            "device_id": device,
            "relay_index": number,
            "state": on,
            "triggered_by": by,
            "timestamp": now(),
        }
        return Message(topic(number, "status"), json.dumps(told).encode(), retain=True)

    def status(word: str) -> Message:
        told = {"device_id": device, "status": word, "timestamp": now()}
        return Message(f"autocore/{device}/status", json.dumps(told).encode(), retain=True)

    def born() -> Sequence[Message]:
        relays = enumerate(actuators.values())
        return [status("online"), *(state(number, relay.on, "boot") for number, relay in relays)]

    actuators = {
        name: Actuator(
            topic(number, "set"),
            topic(number, "set/feedback"),
            lambda on, number=number: state(number, on, "mqtt"),  # type: ignore[misc]  # mypy cannot infer it
        )
        for number, name in enumerate(RELAYS)
    }
    return ActuatorDevice(
        wire,
        device,
        actuators,
        will=status("offline"),
        birth=born,
        goodbye=lambda: [status("offline")],
    )


def main() -> None:
    """Run the node."""
    parser = options("demo.members.workshop", __doc__)
    parser.add_argument("--device", default="workshop")
    live(parser, lambda wire, arguments: workshop(wire, arguments.device))


if __name__ == "__main__":
    main()
