"""Messages that could not be read: counted, and the last ones kept."""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
import logging
import re
from typing import TYPE_CHECKING

from ..dialects.route import Flaw

if TYPE_CHECKING:
    from ..dialects.route import MalformedError, Message

_LOGGER = logging.getLogger(__name__)

MOST_KEPT = 100
_EXCERPT_BYTES = 128
_EXCERPT_TOPIC = 256
_EXCERPT_DETAIL = 128

# What would be HTML, code, or the address of a Markdown link, wherever somebody shows it.
_ACTIVE = re.compile(r"[<>&`]|(?<=\])\(")


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One message that could not be read; ``at`` in epoch seconds.

    ``topic``, ``detail`` and ``excerpt`` are cut short, printable ASCII, and safe to show as text,
    HTML or Markdown. ``size`` is that of the whole payload in bytes.
    """

    at: float
    topic: str
    flaw: Flaw
    detail: str
    size: int
    excerpt: str


class DeadLetters:
    """A count of each flaw, and the last letters; ``on_added`` is called with each."""

    def __init__(self) -> None:
        """Start with none."""
        self.on_added: Callable[[DeadLetter], None] | None = None
        self.counts: Counter[Flaw] = Counter()
        self.kept: deque[DeadLetter] = deque(maxlen=MOST_KEPT)

    def add(self, message: Message, malformed: MalformedError) -> None:
        """Keep what can be shown of a message that could not be read."""
        letter = DeadLetter(
            message.at.wall,
            _harmless(message.topic[:_EXCERPT_TOPIC]),
            malformed.flaw,
            _harmless(malformed.detail[:_EXCERPT_DETAIL]),
            len(message.payload),
            _harmless(message.payload[:_EXCERPT_BYTES]),
        )
        self.counts[letter.flaw] += 1
        self.kept.append(letter)
        if self.on_added is not None:
            self.on_added(letter)
        _LOGGER.debug("Dead letter on %s: %s %s", letter.topic, letter.flaw, letter.detail)


def _harmless(text: str | bytes) -> str:
    """What a stranger wrote, as text that does nothing wherever it is shown."""
    plain = ascii(text)
    plain = plain[2:-1] if isinstance(text, bytes) else plain[1:-1]
    return _ACTIVE.sub(lambda found: f"\\x{ord(found[0]):02x}", plain)
