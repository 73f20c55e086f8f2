"""Messages that could not be read: counted, and the last ones kept."""

from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..dialects.route import MalformedError, Message

MOST_KEPT = 100
_EXCERPT_BYTES = 128
_EXCERPT_TOPIC = 256


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One message that could not be read; ``at`` in epoch seconds, ``excerpt`` safe to show."""

    at: float
    topic: str
    flaw: str
    detail: str
    size: int
    excerpt: str


class DeadLetters:
    """A count of each flaw, and the last letters."""

    def __init__(self) -> None:
        """Start with none."""
        self.counts: Counter[str] = Counter()
        self.kept: deque[DeadLetter] = deque(maxlen=MOST_KEPT)

    def add(self, message: Message, malformed: MalformedError) -> None:
        """Keep what can be shown of a message that could not be read."""
        self.counts[malformed.flaw] += 1
        self.kept.append(
            DeadLetter(
                message.at.wall,
                ascii(message.topic[:_EXCERPT_TOPIC])[1:-1],
                malformed.flaw,
                malformed.detail,
                len(message.payload),
                ascii(message.payload[:_EXCERPT_BYTES])[2:-1],
            )
        )
