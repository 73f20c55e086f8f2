"""A network full of things, each at a loopback address of its own."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from functools import partial
from ipaddress import IPv4Address
import secrets
from types import TracebackType
from typing import Self

from demo.cameras.rtsp import RtspError

from .discovery import Responder
from .kinds import KINDS, Asked, Kind, Probed, Streamed, Thing
from .servers import Served, serve_http, serve_rtsp

DISCOVERY_PORT = 3702
ONVIF_PORT = 8899
RTSP_PORT = 8554


def free_network() -> str:
    """Return the first address of a part of 127.0.0.0/8 that hardly anybody else uses."""
    return f"127.{1 + secrets.randbelow(254)}.{secrets.randbelow(256)}.1"


def things(
    kinds: Sequence[Kind] = KINDS,
    count: int | None = None,
    first: str | None = None,
    *,
    rtsp_port: int = RTSP_PORT,
    onvif_port: int = ONVIF_PORT,
    discovery_port: int = DISCOVERY_PORT,
) -> tuple[Thing, ...]:
    """Return ``count`` things (one of each kind, if None), in turn of each kind, from ``first`` on."""
    begin = IPv4Address(first or free_network())
    return tuple(
        Thing(
            kinds[number % len(kinds)],
            number + 1,
            str(begin + number),
            rtsp_port,
            onvif_port,
            discovery_port,
        )
        for number in range(len(kinds) if count is None else count)
    )


class Town:
    """Things that are there as long as this is entered. Linux only: others lack the addresses."""

    def __init__(self, there: Sequence[Thing] | None = None) -> None:
        """Take one of each kind, if nothing else is said."""
        self.things = tuple(there or things())
        self.asked: dict[str, int] = {}
        """How many TCP connections each address got."""
        self._stack = AsyncExitStack()
        self._meetings: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Open all ports. Raises OSError for one in use."""
        async with AsyncExitStack() as stack:
            for thing in self.things:
                await self._open(stack, thing)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close all ports, and end all conversations."""
        await self._stack.aclose()
        for meeting in self._meetings:
            meeting.cancel()
        await asyncio.gather(*self._meetings, return_exceptions=True)

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses of all."""
        return tuple(thing.address for thing in self.things)

    def at(self, address: str) -> Thing:
        """Return the thing at an address; raises KeyError."""
        for thing in self.things:
            if thing.address == address:
                return thing
        raise KeyError(address)

    async def _open(self, stack: AsyncExitStack, thing: Thing) -> None:
        if thing.kind.probed is not Probed.NOBODY:
            transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                lambda: Responder(thing), local_addr=(thing.address, thing.discovery_port)
            )
            stack.callback(transport.abort)
        for port, served in _ports(thing):
            server = await asyncio.start_server(
                partial(self._meet, thing, served),
                thing.address,
                port,
            )
            stack.callback(server.close)

    async def _meet(
        self,
        thing: Thing,
        served: Served,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        meeting = asyncio.current_task()
        assert meeting is not None
        self._meetings.add(meeting)
        self.asked[thing.address] = self.asked.get(thing.address, 0) + 1
        try:
            await served(thing, reader, writer)
        except (
            RtspError,
            ConnectionError,
            asyncio.IncompleteReadError,
            asyncio.LimitOverrunError,
        ):
            pass  # whoever asked has gone, or made no sense
        finally:
            self._meetings.discard(meeting)
            writer.close()


def _ports(thing: Thing) -> Iterator[tuple[int, Served]]:
    if thing.kind.asked is not Asked.NOBODY:
        yield thing.onvif_port, serve_http
    if thing.kind.streamed is not Streamed.NOBODY:
        yield thing.rtsp_port, serve_rtsp
