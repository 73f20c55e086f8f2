"""How the hub itself is doing."""

from typing import TYPE_CHECKING

from .rate import Rate
from .uptime import Uptime

if TYPE_CHECKING:
    from .clock import Instant


class Vitals:
    """Numbers about the hub, all since it was started; the uptime of the last day at most."""

    __slots__ = ("_rate", "_uptime")

    def __init__(self, now: Instant) -> None:
        """Begin to count; of the broker nothing is known yet."""
        self._rate = Rate(now.mono)
        self._uptime: Uptime | None = None

    def follow_broker(self, there: bool, now: Instant) -> None:
        """The broker is connected and answers from now on, or does not."""
        if self._uptime is None:
            self._uptime = Uptime(now.mono)
        self._uptime.change(there, now.mono)

    def follow_messages(self, messages: int, now: Instant) -> None:
        """So many messages were heard until now."""
        self._rate.follow(messages, now.mono)

    @property
    def messages_per_second(self) -> float | None:
        """The average between the last two looks, None before there were two."""
        return self._rate.per_second

    def broker_uptime(self, now: Instant) -> float | None:
        """How much of the last day the broker was there, from 0 to 1; None at the very start."""
        return self._uptime.share(now.mono) if self._uptime else None
