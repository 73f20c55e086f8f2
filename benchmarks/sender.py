"""Somebody who sends, and costs next to nothing: packets are made first and written in one go.

MQTT 3.1.1 with QoS 0 (OASIS standard, sections 3.1 to 3.3). An MQTT client in Python takes longer for a
message than Home Assistant does, and would be what is measured.
"""

from collections.abc import Iterable, Sequence
from itertools import batched
import socket
import time
from types import TracebackType
from typing import Self

from .load import Message

# CONNECT of a clean session with an empty client id that is never asked whether it lives.
_CONNECT = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x00\x00\x00"
_CONNACK_ACCEPTED = b"\x20\x02\x00\x00"
_DISCONNECT = b"\xe0\x00"
_PUBLISH = 0x30
_CONNECT_SECONDS = 5.0
_WRITE_SECONDS = 120.0
_TOGETHER = 500
"""So many packets are written in one go when it cannot go fast enough."""
_PACE_SECONDS = 0.001
"""A paced sender wakes up so often at most; what is due by then is written in one go."""


class SenderError(Exception):
    """The broker does not take what is sent."""


def publish_packet(message: Message) -> bytes:
    """The bytes of a PUBLISH. Raises ValueError for a message that is too long for MQTT."""
    topic, payload = message
    name = topic.encode()
    body = len(name).to_bytes(2) + name + payload
    return bytes((_PUBLISH, *_length(len(body)))) + body


def _length(length: int) -> list[int]:
    """A variable byte integer: seven bits each, the lowest first, and a bit that says "more"."""
    digits = []
    while True:
        length, digit = divmod(length, 128)
        digits.append(digit | 0x80 if length else digit)
        if not length:
            break
    if len(digits) > 4:
        raise ValueError("too long for MQTT")
    return digits


def connect(host: str, port: int) -> socket.socket:
    """Connect to a broker. Raises SenderError if it lets nobody in, OSError if it is not there."""
    connection = socket.create_connection((host, port), _CONNECT_SECONDS)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(_CONNECT)
    if connection.recv(len(_CONNACK_ACCEPTED), socket.MSG_WAITALL) != _CONNACK_ACCEPTED:
        connection.close()
        raise SenderError("the broker does not let the sender in")
    connection.settimeout(_WRITE_SECONDS)
    return connection


class Sender:
    """A connection to a broker that only publishes; its order is kept."""

    def __init__(self, host: str, port: int) -> None:
        """Connect. Raises SenderError if the broker does not let it in, OSError if it is not there."""
        self._socket = connect(host, port)

    def __enter__(self) -> Self:
        """It is connected already."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Hang up."""
        with self._socket:
            self._socket.sendall(_DISCONNECT)

    def send(self, messages: Iterable[Message]) -> None:
        """Send messages as fast as the broker takes them."""
        for some in batched(map(publish_packet, messages), _TOGETHER, strict=False):
            self._socket.sendall(b"".join(some))

    def pace(self, messages: Sequence[Message], rate: float) -> float:
        """Send messages at ``rate`` a second, and tell how many a second it came to."""
        packets = list(map(publish_packet, messages))
        begun = time.monotonic()
        sent = 0
        while sent < len(packets):
            due = min(int((time.monotonic() - begun) * rate) + 1, len(packets))
            if due > sent:
                self._socket.sendall(b"".join(packets[sent:due]))
                sent = due
            time.sleep(_PACE_SECONDS)
        return sent / max(time.monotonic() - begun, sent / rate)
