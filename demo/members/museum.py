"""An ESP32 in a museum room: ``devices/{id}/status`` is ``online`` or ``offline``, plain text."""

from collections.abc import Mapping

from mqtt_sentinel_node import Message

from demo.wire import Wire

from .member import Device, live, options


class MuseumNode(Device):
    """The node of one room. Unlike others it does not say anything regularly."""

    def __init__(self, wire: Wire, device: str) -> None:
        """Describe the node."""
        super().__init__(
            wire,
            device,
            will=_status(device, "offline"),
            birth=[_status(device, "online")],
            goodbye=[_status(device, "offline")],
        )
        self._device = device

    def facts(self) -> Mapping[str, str]:
        """Return whether it is connected."""
        return {self._device: self.link}


def _status(device: str, status: str) -> Message:
    return Message(f"devices/{device}/status", status.encode(), retain=True)


def main() -> None:
    """Run the node."""
    parser = options("demo.members.museum", __doc__)
    parser.add_argument("--device", default="esp32_01")
    live(parser, lambda wire, arguments: MuseumNode(wire, arguments.device))


if __name__ == "__main__":
    main()
