"""How the client is doing."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Latency:
    """Seconds from ``publish`` to the acknowledgement, of the last 4,096 messages. 0 for none."""

    p50: float
    p99: float
    longest: float

    @classmethod
    def of(cls, seconds: Iterable[float]) -> "Latency":
        """Summarise."""
        ranked = sorted(seconds)
        if not ranked:
            return cls(0.0, 0.0, 0.0)
        last = len(ranked) - 1
        return cls(ranked[round(last * 0.5)], ranked[round(last * 0.99)], ranked[last])


@dataclass(frozen=True)
class Metrics:
    """Counted since the client was made; ``depth`` and ``in_flight`` are as of now."""

    accepted: int
    """Taken by ``publish``, or found on disk at the start."""
    sent: int
    """Handed to a connection; a message that was sent again counts again."""
    acknowledged: int
    """Of QoS 1 and 2: the broker has them."""
    refused: int
    """Not taken, or displaced by something more important."""
    rejected: int
    """The broker does not want them."""
    put_aside: int
    """The broker hung up on them, again and again."""
    dropped: int
    """Of QoS 0, without a connection."""
    unheard: int
    """Received, and thrown away, because the handlers were too slow."""
    connects: int
    reconnects: int
    depth: int
    """Accepted and not acknowledged."""
    in_flight: int
    """Of these: sent, and the acknowledgement is awaited."""
    latency: Latency


class Counts:
    """The metrics while they are counted. Its owner has to see that one thread does at a time."""

    def __init__(self) -> None:
        """Start at nothing."""
        self.accepted = 0
        self.sent = 0
        self.acknowledged = 0
        self.refused = 0
        self.rejected = 0
        self.put_aside = 0
        self.dropped = 0
        self.unheard = 0
        self.connects = 0
        self._latencies: deque[float] = deque(maxlen=4096)

    def acknowledge(self, seconds: float) -> None:
        """Count an acknowledgement that came so many seconds after ``publish``."""
        self.acknowledged += 1
        self._latencies.append(seconds)

    def snapshot(self, *, depth: int, in_flight: int) -> Metrics:
        """Return the metrics as of now."""
        return Metrics(
            accepted=self.accepted,
            sent=self.sent,
            acknowledged=self.acknowledged,
            refused=self.refused,
            rejected=self.rejected,
            put_aside=self.put_aside,
            dropped=self.dropped,
            unheard=self.unheard,
            connects=self.connects,
            reconnects=max(0, self.connects - 1),
            depth=depth,
            in_flight=in_flight,
            latency=Latency.of(self._latencies),
        )
