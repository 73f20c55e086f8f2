"""A message as it is kept."""

from collections.abc import Sequence
from dataclasses import dataclass

from .message import Message, Priority


@dataclass(frozen=True)
class Stored:
    """One message on disk; messages are in the order of their numbers."""

    number: int
    message: Message
    priority: Priority

    def row(self) -> tuple[object, ...]:
        """Return the columns."""
        message = self.message
        return (
            self.number,
            message.topic,
            message.payload,
            message.qos,
            int(message.retain),
            int(self.priority),
            message.response_topic,
            message.correlation,
        )

    @classmethod
    def of(cls, row: Sequence[object]) -> "Stored":
        """Read a row; raises ValueError or TypeError for what this module did not write."""
        number, topic, payload, qos, retain, priority, response_topic, correlation = row
        if not (
            isinstance(number, int)
            and isinstance(topic, str)
            and isinstance(payload, bytes)
            and isinstance(qos, int)
            and isinstance(priority, int)
            and (response_topic is None or isinstance(response_topic, str))
            and (correlation is None or isinstance(correlation, bytes))
        ):
            raise TypeError(f"not a message: {row!r}")
        message = Message(topic, payload, qos, bool(retain), response_topic, correlation)
        return cls(number, message, Priority(priority))
