"""The network of a member: whole, cut, healed, and with a dead broker at its end."""

import asyncio
from collections.abc import AsyncGenerator
import contextlib
from dataclasses import dataclass, field

import pytest

from demo.broker import free_port
from demo.relay import Relay
from demo.wire import Address

_SECONDS = 10.0

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Upstream:
    """Stands in for the broker: hands out the connections that reach it."""

    address: Address
    connections: asyncio.Queue[Streams] = field(default_factory=asyncio.Queue)

    async def connection(self) -> Streams:
        """Return the next connection."""
        async with asyncio.timeout(_SECONDS):
            return await self.connections.get()


@pytest.fixture
async def upstream() -> AsyncGenerator[Upstream]:
    """A listening end."""
    upstream = Upstream(Address("127.0.0.1", free_port()))

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upstream.connections.put((reader, writer))

    server = await asyncio.start_server(accept, "127.0.0.1", upstream.address.port)
    yield upstream
    server.close()
    server.close_clients()
    await server.wait_closed()


@pytest.fixture
async def relay(upstream: Upstream) -> AsyncGenerator[Relay]:
    """A network between a member and ``upstream``."""
    async with Relay(upstream.address) as relay:
        yield relay


@pytest.fixture
async def member(relay: Relay) -> AsyncGenerator[Streams]:
    """A member's connection."""
    reader, writer = await asyncio.open_connection(relay.address.host, relay.address.port)
    yield reader, writer
    writer.close()


async def _read(reader: asyncio.StreamReader, count: int) -> bytes:
    async with asyncio.timeout(_SECONDS):
        return await reader.readexactly(count)


async def _end(reader: asyncio.StreamReader) -> bytes:
    """Return what comes before the other side closes."""
    async with asyncio.timeout(_SECONDS):
        return await reader.read()


async def _round_trip(left: Streams, right: Streams) -> None:
    left[1].write(b"ping")
    assert await _read(right[0], 4) == b"ping"
    right[1].write(b"pong")
    assert await _read(left[0], 4) == b"pong"


async def test_it_forwards_both_ways(upstream: Upstream, member: Streams) -> None:
    """Bytes go through."""
    await _round_trip(member, await upstream.connection())


async def test_each_side_learns_that_the_other_closed(
    relay: Relay, upstream: Upstream, member: Streams
) -> None:
    """A dead broker's sockets are closed, and so are a dead member's; nothing is lost before."""
    broker = await upstream.connection()
    broker[1].write(b"last words")
    broker[1].close()
    assert await _end(member[0]) == b"last words"

    _, writer = await asyncio.open_connection(relay.address.host, relay.address.port)
    broker = await upstream.connection()
    writer.write(b"last words")
    writer.close()
    assert await _end(broker[0]) == b"last words"


async def test_no_broker_no_connection() -> None:
    """Where nobody listens, the member's connection is reset."""
    async with Relay(Address("127.0.0.1", free_port())) as relay:
        reader, _ = await asyncio.open_connection(relay.address.host, relay.address.port)
        with pytest.raises(ConnectionResetError):
            await _end(reader)


async def test_a_cut_is_silent_and_loses_nothing(
    relay: Relay, upstream: Upstream, member: Streams
) -> None:
    """While cut nothing passes; what both sides still want goes on when it heals."""
    broker = await upstream.connection()
    relay.cut()
    assert relay.is_cut
    member[1].write(b"up")
    broker[1].write(b"down")
    await _nothing_comes(member[0])
    await _nothing_comes(broker[0])
    relay.heal()
    assert await _read(broker[0], 2) == b"up"
    assert await _read(member[0], 4) == b"down"
    await _round_trip(member, broker)


async def test_a_cut_hides_a_close(relay: Relay, upstream: Upstream, member: Streams) -> None:
    """Nobody learns during the cut that the other side closed; then it is a reset."""
    broker = await upstream.connection()
    relay.cut()
    broker[1].close()
    await broker[1].wait_closed()
    await _nothing_comes(member[0])
    relay.heal()
    with pytest.raises(ConnectionResetError):
        await _end(member[0])


async def test_a_connection_made_during_a_cut_waits(relay: Relay, upstream: Upstream) -> None:
    """One that is still wanted arrives when it heals; one that was given up never does."""
    relay.cut()
    _, given_up = await asyncio.open_connection(relay.address.host, relay.address.port)
    given_up.write(b"old")
    wanted = await asyncio.open_connection(relay.address.host, relay.address.port)
    wanted[1].write(b"new")
    given_up.close()
    await given_up.wait_closed()
    await _nothing_comes(wanted[0])
    assert upstream.connections.empty()
    relay.heal()
    broker = await upstream.connection()
    assert await _read(broker[0], 3) == b"new"
    await _round_trip(wanted, broker)
    assert upstream.connections.empty()
    wanted[1].close()


async def test_a_cut_holds_only_so_much(relay: Relay, upstream: Upstream, member: Streams) -> None:
    """Somebody who sends on and on into a cut is made to wait, and loses nothing."""
    broker = await upstream.connection()
    relay.cut()
    much = bytes(range(256)) * 64 * 1024
    member[1].write(much)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await member[1].drain()
    relay.heal()
    assert await _read(broker[0], len(much)) == much
    await _round_trip(member, broker)


async def test_closing_with_connections_open(upstream: Upstream) -> None:
    """A relay that ends leaves nothing open, cut or not."""
    relay = Relay(upstream.address)
    with pytest.raises(RuntimeError):
        _ = relay.address
    await relay.open()
    reader, _ = await asyncio.open_connection(relay.address.host, relay.address.port)
    await upstream.connection()
    relay.cut()
    waiting, _ = await asyncio.open_connection(relay.address.host, relay.address.port)
    await relay.close()
    for left_behind in (reader, waiting):
        # The second one may not have been accepted yet; the kernel then ends it in its own way.
        with contextlib.suppress(ConnectionResetError):
            assert await _end(left_behind) == b""
    await relay.close()


async def _nothing_comes(reader: asyncio.StreamReader) -> None:
    """Check that neither a byte nor an end comes for a moment; silence has no other sign."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await reader.read(1)
