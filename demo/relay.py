"""The network between one member and the broker: a TCP relay that can be cut and healed.

A cut network says nothing. While it is cut, bytes stay where they are and nobody is told that
somebody else hung up: no FIN, no RST, no refused connection. When it heals, a connection that
both ends still hold goes on where it stopped; one that an end has given up is reset.
"""

import asyncio
import socket
import struct
from typing import Self

from .wire import Address

_HELD_BYTES = 256 * 1024
"""What one direction of a cut connection takes in before its sender is made to wait."""

# struct linger: on, zero seconds.
_RST_ON_CLOSE = struct.pack("ii", 1, 0)


class Relay:
    """Listens on a loopback port of its own and forwards every connection to the broker."""

    def __init__(self, broker: Address) -> None:
        """Forward to ``broker``, which need not be there yet."""
        self._broker = broker
        self._server: asyncio.Server | None = None
        self._whole = asyncio.Event()
        self._whole.set()
        self._ends: set[_End] = set()
        self._dialling: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> Address:
        """Where the member connects."""
        if self._server is None:
            raise RuntimeError("the relay is not open")
        host, port = self._server.sockets[0].getsockname()
        return Address(host, port)

    @property
    def is_cut(self) -> bool:
        """Whether nothing passes."""
        return not self._whole.is_set()

    async def __aenter__(self) -> Self:
        """Open."""
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close."""
        await self.close()

    async def open(self) -> None:
        """Start to listen."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _End(self), "127.0.0.1", 0)

    def cut(self) -> None:
        """Stop forwarding, both ways, without telling anybody."""
        self._whole.clear()

    def heal(self) -> None:
        """Forward again."""
        self._whole.set()
        for end in tuple(self._ends):
            end.after_cut()

    async def close(self) -> None:
        """Stop listening and reset every connection."""
        if self._server is None:
            return
        self._server.close()
        for task in self._dialling:
            task.cancel()
        await asyncio.gather(*self._dialling, return_exceptions=True)
        for end in tuple(self._ends):
            end.reset()
        await self._server.wait_closed()
        self._server = None

    def joined(self, end: _End) -> None:
        """Take note of a connected end; for one from a member, connect to the broker."""
        if self._server is None or not self._server.is_serving():
            # It was on its way in while the relay closed.
            end.reset()
            return
        self._ends.add(end)
        if end.peer is None:
            task = asyncio.get_running_loop().create_task(self._dial(end))
            self._dialling.add(task)
            task.add_done_callback(self._dialling.discard)

    def left(self, end: _End) -> None:
        """Forget an end once its other end knows."""
        self._ends.discard(end)

    async def _dial(self, member: _End) -> None:
        """Connect one member's connection through, as soon as the network is whole."""
        await self._whole.wait()
        if member.gone:
            # It gave up during the cut. A CONNECT that arrived only now would take the session
            # over from the connection that the member has made since.
            self.left(member)
            return
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(
                lambda: _End(self, member), self._broker.host, self._broker.port
            )
        except OSError:
            member.reset()


class _End(asyncio.Protocol):
    """One of the two sockets of a connection through the relay."""

    def __init__(self, relay: Relay, peer: _End | None = None) -> None:
        """Belong to ``relay``; the end towards the broker knows the member's end as ``peer``."""
        self._relay = relay
        self._transport: asyncio.Transport | None = None
        self._held = bytearray()
        self.peer = peer
        self.gone = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Join the two ends."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._relay.joined(self)
        if self.peer is not None:
            self.peer.peer = self
            self.peer.pass_on()

    def data_received(self, data: bytes) -> None:
        """Forward what came in, or hold it."""
        self._held += data
        self.pass_on()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let the other end know, unless the network is cut."""
        self.gone = True
        self.pass_on()

    def pass_on(self) -> None:
        """Hand to the other end what this one has heard, and that it has hung up."""
        assert self._transport is not None
        if self._relay.is_cut or self.peer is None:
            if len(self._held) > _HELD_BYTES:
                self._transport.pause_reading()
            return
        if self._held:
            self.peer.write(bytes(self._held))
            self._held.clear()
            self._transport.resume_reading()
        if self.gone:
            self.peer.hang_up()
            self._relay.left(self)

    def after_cut(self) -> None:
        """Go on where the cut stopped this end; if it is gone, reset the other one."""
        if self.gone and self.peer is not None:
            self.peer.reset()
            self._relay.left(self)
        else:
            self.pass_on()

    def write(self, data: bytes) -> None:
        """Send to this end's socket."""
        if self._transport is not None and not self.gone:
            self._transport.write(data)

    def hang_up(self) -> None:
        """Close this end's socket after what was written, as a program that ends does."""
        if self._transport is not None:
            self._transport.close()

    def reset(self) -> None:
        """Close this end's socket at once, with an RST."""
        if self._transport is not None and not self.gone:
            connection = self._transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST_ON_CLOSE)
            self._transport.abort()
