"""Relays that do as they are told and say so, and cost next to nothing, as the sender does.

MQTT 3.1.1 with QoS 0 (OASIS standard, sections 2.2, 3.3 and 3.8).
"""

from collections.abc import Iterator
import json
import socket
import threading
from types import TracebackType
from typing import Self

from .load import Message
from .sender import SenderError, connect, publish_packet

_FILTER = b"+/autocore/+/relay/+/set"
_SUBSCRIBE = 0x82
_SUBACK_GRANTED = b"\x90\x03\x00\x01\x00"
_PUBLISH = 0x3
_RECEIVED_BYTES = 65_536


class Relays:
    """All relays of autocore under the sites of a broker; each tells its state after a command."""

    def __init__(self, host: str, port: int) -> None:
        """Connect, subscribe, and answer. Raises SenderError or OSError when that fails."""
        self._socket = connect(host, port)
        body = b"\x00\x01" + len(_FILTER).to_bytes(2) + _FILTER + b"\x00"
        self._socket.sendall(bytes((_SUBSCRIBE, len(body))) + body)
        if self._socket.recv(len(_SUBACK_GRANTED), socket.MSG_WAITALL) != _SUBACK_GRANTED:
            self._socket.close()
            raise SenderError("the broker does not let the relays hear")
        self._socket.settimeout(None)
        self._thread = threading.Thread(target=self._work, name="relays", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        """They work already."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Hang up."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _work(self) -> None:
        heard = bytearray()
        while some := self._socket.recv(_RECEIVED_BYTES):
            heard += some
            answers = [publish_packet(answer(message)) for message in messages(heard)]
            self._socket.sendall(b"".join(answers))


def answer(command: Message) -> Message:
    """The state that a relay tells after a command."""
    topic, payload = command
    site, _, device, _, number, _ = topic.split("/")
    told = {
        "device_id": device,
        "relay_index": int(number),
        "state": payload == b"ON",
        "triggered_by": "mqtt",
    }
    return f"{site}/autocore/{device}/relay/{number}/status", json.dumps(told).encode()


def messages(heard: bytearray) -> Iterator[Message]:
    """Take the messages of QoS 0 out of what was heard; the beginning of another one stays."""
    while True:
        length, begin = 0, 1
        while begin < len(heard):
            digit = heard[begin]
            length |= (digit & 0x7F) << 7 * (begin - 1)
            begin += 1
            if digit < 0x80:
                break
        else:
            return
        if len(heard) < begin + length:
            return
        body = bytes(heard[begin : begin + length])
        if heard[0] >> 4 == _PUBLISH:
            after = 2 + int.from_bytes(body[:2])
            yield body[2:after].decode(), body[after:]
        del heard[: begin + length]
