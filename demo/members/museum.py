"""An ESP32 in a museum room: ``devices/{id}/status`` is ``online`` or ``offline``, plain text."""

from collections.abc import Mapping

from demo.wire import Address, Link, Message

from .member import Member, options, set_up

_NEVER = 3600.0


class MuseumNode(Member):
    """The node of one room. Unlike others it does not say anything regularly."""

    def __init__(self, broker: Address, device: str, *, keepalive: int) -> None:
        """Describe the node."""
        super().__init__(interval=_NEVER)
        self._device = device
        self._link = Link(
            broker,
            device,
            keepalive=keepalive,
            will=self._status("offline"),
            birth=lambda: [self._status("online")],
            on_up=self.link_changed,
            on_down=self.link_changed,
        )

    def begin(self) -> None:
        """Connect."""
        self._link.open()

    def beat(self) -> None:
        """Say nothing."""

    def end(self) -> None:
        """Shut down properly."""
        self._link.close(last=self._status("offline"))

    def facts(self) -> Mapping[str, str]:
        """Return whether it is connected."""
        return {self._device: "online" if self._link.up else "offline"}

    def _status(self, status: str) -> Message:
        return Message(f"devices/{self._device}/status", status.encode(), retain=True)


def main() -> None:
    """Run the node."""
    parser = options("demo.members.museum", __doc__)
    parser.add_argument("--device", default="esp32_01")
    arguments = parser.parse_args()
    supervised = set_up(arguments)
    node = MuseumNode(arguments.broker, arguments.device, keepalive=arguments.keepalive)
    node.run(supervised=supervised)


if __name__ == "__main__":
    main()
