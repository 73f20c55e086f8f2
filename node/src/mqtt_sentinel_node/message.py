"""Messages, and what may be written in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
import json

_LONGEST_TEXT = 65_535
_LONGEST_PAYLOAD = 268_435_455

Payload = (
    bytes | bytearray | str | bool | int | float | Mapping[str, object] | Sequence[object] | None
)
"""Bytes and text are sent as they are, None as an empty payload, everything else as JSON."""


class Priority(IntEnum):
    """Who goes first, and who makes way where there is no room for all."""

    LOW = 0
    NORMAL = 1
    HIGH = 2


@dataclass(frozen=True)
class Message:
    """One MQTT message; when it was received, ``retain`` means that the broker had kept it.

    ``response_topic`` and ``correlation`` exist in MQTT 5 only: where the answer to this message
    belongs, and what the answer has to repeat.
    """

    topic: str
    payload: bytes = b""
    qos: int = 1
    retain: bool = False
    response_topic: str | None = None
    correlation: bytes | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for what no broker takes."""
        check_topic(self.topic)
        if self.qos not in (0, 1, 2):
            raise ValueError(f"QoS is 0, 1 or 2, not {self.qos!r}")
        if len(self.payload) > _LONGEST_PAYLOAD:
            raise ValueError("a payload has less than 256 MiB")


def encode(payload: Payload) -> bytes:
    """Return what is sent; raises ValueError or TypeError for what is no JSON (NaN, a set)."""
    if isinstance(payload, bytes):
        return payload
    if isinstance(payload, str):
        return payload.encode()
    if payload is None:
        return b""
    if isinstance(payload, (bytearray, memoryview)):
        return bytes(payload)
    return json.dumps(payload, allow_nan=False).encode()


def check_topic(topic: str) -> None:
    """Raise ValueError for what is no topic to publish to."""
    if "+" in topic or "#" in topic:
        raise ValueError(f"a topic to publish to has no wildcards: {topic!r}")
    _check_text(topic)


def check_filter(topic_filter: str) -> None:
    """Raise ValueError for what is no topic filter."""
    _check_text(topic_filter)
    levels = topic_filter.split("/")
    for level in levels[:-1]:
        if "#" in level:
            raise ValueError(f"'#' stands at the end only: {topic_filter!r}")
    if any(len(level) > 1 and ("+" in level or "#" in level) for level in levels):
        raise ValueError(f"a wildcard stands alone between slashes: {topic_filter!r}")


def _check_text(topic: str) -> None:
    if not topic or "\0" in topic:
        raise ValueError(f"not a topic: {topic!r}")
    if len(topic.encode()) > _LONGEST_TEXT:
        raise ValueError("a topic has at most 65,535 bytes")
