"""Asks the network who is a camera: WS-Discovery by multicast, and at addresses by name."""

import asyncio
from collections.abc import AsyncGenerator, Collection, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address
import socket
from typing import override
from uuid import uuid4

from .probe import MULTICAST, PORT, Candidate, Kind, ProbeError, question, read_matches
from .urls import is_at_home

# A question may get lost; it is asked again after this time. Who heard both answers both.
_AGAIN_AFTER = 0.3
# What waits to be read. Whoever floods this loses answers, and nothing else.
_MOST_WAITING = 512
_HOPS = 1


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is asked: whole networks, by the own addresses in them, and single addresses with a port.

    Of a network only addresses of a home are heard; one of the internet has to be named.
    """

    interfaces: tuple[str, ...] = ()
    targets: tuple[tuple[str, int], ...] = ()

    @classmethod
    def of(cls, interfaces: Collection[str] = (), addresses: Collection[str] = ()) -> Asked:
        """Who is asked at the usual port."""
        return cls(tuple(interfaces), tuple((address, PORT) for address in addresses))


class _Ears(asyncio.DatagramProtocol):
    """Keeps what is heard until it is read."""

    def __init__(
        self, heard: asyncio.Queue[tuple[bytes, str]], only: frozenset[str] | None
    ) -> None:
        self._heard = heard
        self._only = only

    @override
    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        host = addr[0]
        # Nobody outside hears a multicast: who answers from there only says so.
        expected = is_at_home(host) if self._only is None else host in self._only
        if expected and not self._heard.full():
            self._heard.put_nowait((data, host))

    @override
    def error_received(self, exc: Exception) -> None:
        """Nobody listens at one of the addresses: the others may still answer."""


@dataclass(frozen=True, slots=True)
class _Mouth:
    transport: asyncio.DatagramTransport
    to: tuple[tuple[str, int], ...]

    def ask(self, questions: Sequence[bytes]) -> None:
        for address in self.to:
            for text in questions:
                self.transport.sendto(text, address)


async def candidates(asked: Asked, seconds: float) -> AsyncGenerator[Candidate]:
    """Those who answer within some seconds, each as soon as it does; one may come again.

    Close it when it is not used to its end (:func:`contextlib.aclosing`): then no socket stays open.
    An interface that cannot be used is left out.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    heard: asyncio.Queue[tuple[bytes, str]] = asyncio.Queue(_MOST_WAITING)
    ids = {kind: f"urn:uuid:{uuid4()}" for kind in Kind}
    questions = [question(kind, message_id) for kind, message_id in ids.items()]
    mouths: list[_Mouth] = []
    again: asyncio.TimerHandle | None = None

    def ask() -> None:
        for mouth in mouths:
            mouth.ask(questions)

    try:
        for place in _places(asked):
            mouth = await _open(place, heard)
            if mouth:
                mouths.append(mouth)
        ask()
        again = loop.call_later(min(_AGAIN_AFTER, seconds / 2), ask)
        while mouths:
            try:
                async with asyncio.timeout_at(end):
                    data, address = await heard.get()
            except TimeoutError:
                return
            await asyncio.sleep(0)  # whoever floods this must not hold up the others
            try:
                found = read_matches(data, address, frozenset(ids.values()))
            except ProbeError:
                continue
            yield found
    finally:
        if again:
            again.cancel()
        for mouth in mouths:
            mouth.transport.abort()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a socket asks from (empty: wherever), and whom; ``only`` these may answer, None: anybody."""

    interface: str
    to: tuple[tuple[str, int], ...]
    only: frozenset[str] | None


def _places(asked: Asked) -> Iterator[_Place]:
    for interface in dict.fromkeys(asked.interfaces):
        yield _Place(interface, ((MULTICAST, PORT),), None)
    targets = tuple(target for target in dict.fromkeys(asked.targets) if _is_ipv4(target[0]))
    if targets:
        yield _Place("", targets, frozenset(address for address, _ in targets))


def _is_ipv4(address: str) -> bool:
    """Names are not looked up: that could take long, and ask others."""
    try:
        IPv4Address(address)
    except ValueError:
        return False
    return True


async def _open(place: _Place, heard: asyncio.Queue[tuple[bytes, str]]) -> _Mouth | None:
    loop = asyncio.get_running_loop()
    try:
        with _closed_on_failure(_socket(place.interface)) as made:
            transport, _ = await loop.create_datagram_endpoint(
                lambda: _Ears(heard, place.only), sock=made
            )
    except OSError:
        return None
    return _Mouth(transport, place.to)


def _socket(interface: str) -> socket.socket:
    """A socket that asks from an interface. Raises OSError where there is none of that address."""
    try:
        own = IPv4Address(interface or "0.0.0.0")  # noqa: S104  only answers to what it asks are heard
    except ValueError as error:
        raise OSError("no IPv4 address") from error
    with _closed_on_failure(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as made:
        made.setblocking(False)
        made.bind((str(own), 0))
        if interface:
            made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, own.packed)
            made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, _HOPS)
        return made


@contextmanager
def _closed_on_failure(made: socket.socket) -> Iterator[socket.socket]:
    try:
        yield made
    except BaseException:
        made.close()
        raise


async def all_candidates(asked: Asked, seconds: float) -> tuple[Candidate, ...]:
    """Those who answered, each once, in the order in which they did."""
    found: dict[str, Candidate] = {}
    async with aclosing(candidates(asked, seconds)) as answers:
        async for one in answers:
            before = found.get(one.address)
            found[one.address] = before.merged(one) if before else one
    return tuple(found.values())
