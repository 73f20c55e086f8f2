"""How the demo speaks MQTT: on the node client, as services outside of it do.

The devices of the demo live on brokers that are killed, frozen and cut off all the time, and one of
these (amqtt) knows MQTT 3.1.1 only; ``Wire`` has what follows from that.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self, TypedDict, Unpack

from mqtt_sentinel_node import Client, Message, Options, Protocol

KEEPALIVE_SECONDS = 5
"""Short, so that a cut network is noticed within some seconds (a broker waits 1.5 times that)."""

FAREWELL_SECONDS = 2.0
"""How long a device that is shut down waits for what it has said to be delivered."""

_HANDSHAKE_SECONDS = 2.0

# CONNECT of a clean session with an empty client id, keep-alive 5 s, and what answers it. Not by
# the node client, which would not give up: this asks once.
_CONNECT = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x05\x00\x00"
_CONNACK_ACCEPTED = b"\x20\x02\x00\x00"
_DISCONNECT = b"\xe0\x00"


@dataclass(frozen=True, slots=True)
class Address:
    """Where something listens on TCP."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``host:port``; raises ValueError for anything else."""
        host, colon, port = text.rpartition(":")
        if not (host and colon):
            raise ValueError(f"{text!r} is not HOST:PORT")
        return cls(host, int(port))

    def __str__(self) -> str:
        """Return ``host:port``."""
        return f"{self.host}:{self.port}"


class Words(TypedDict, total=False):
    """What a connection says of itself: the Last Will, and its first and last messages."""

    will: Message | None
    birth: Sequence[Message] | Callable[[], Sequence[Message]]
    goodbye: Sequence[Message] | Callable[[], Sequence[Message]]


@dataclass(frozen=True, slots=True)
class Wire:
    """What leads from a device to the broker: where it is, and the keep-alive in seconds."""

    broker: Address
    keepalive: int = KEEPALIVE_SECONDS

    def options(self, **more: Unpack[Options]) -> Options:
        """Return ``more``, and what all clients and services of the demo have in common."""
        return {"keepalive": self.keepalive, "protocol": Protocol.MQTT_3_1_1, **more}

    def client(self, **options: Unpack[Options]) -> Client:
        """Return a client; ``start`` connects it."""
        return Client(self.broker.host, self.broker.port, **self.options(**options))


async def accepts_connections(broker: Address) -> bool:
    """Try once whether an MQTT broker answers there: a whole handshake, not only an open port."""
    try:
        reader, writer = await asyncio.open_connection(broker.host, broker.port)
    except OSError:
        return False
    try:
        writer.write(_CONNECT)
        async with asyncio.timeout(_HANDSHAKE_SECONDS):
            answer = await reader.readexactly(len(_CONNACK_ACCEPTED))
        writer.write(_DISCONNECT)
        await writer.drain()
    except OSError, asyncio.IncompleteReadError:  # TimeoutError is an OSError.
        return False
    finally:
        writer.close()
    return answer == _CONNACK_ACCEPTED
