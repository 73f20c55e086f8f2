"""A search among a hundred things on loopback, of which each knows what should be said of it."""

import asyncio
from dataclasses import replace
import socket
import sys
import time
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from pytest_socket import socket_allow_hosts

from benchmarks.discovery import what_to_search, wrong
from custom_components.mqtt_sentinel.network.facts import Codec
from custom_components.mqtt_sentinel.network.found import Limits, Progress, Verdict
from custom_components.mqtt_sentinel.network.search import search
from demo.cameras.fleet.kinds import Thing
from demo.cameras.fleet.remote import RemoteTown
from demo.cameras.fleet.town import things

if TYPE_CHECKING:
    from custom_components.mqtt_sentinel.network.found import Found

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8 for addresses"
)

_COUNT = 100
# The benchmark holds the usual limits; here a machine may do much else at the same time.
_PATIENT = Limits(seconds=40.0, longest=8.0)
_GENEROUS_SECONDS = 60.0


@pytest.fixture(autouse=True)
def asked(socket_enabled: None, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Who is asked, by datagram or connection. Anybody outside fails the test at once."""
    socket_allow_hosts(["127.0.0.0/8"], allow_unix_socket=True)
    hosts: set[str] = set()
    connect, sendto = socket.socket.connect, socket.socket.sendto

    def guarded_connect(own: socket.socket, to: Any) -> None:
        if own.family == socket.AF_INET:
            hosts.add(to[0])
        connect(own, to)

    def guarded_sendto(own: socket.socket, data: bytes, *args: Any) -> int:
        hosts.add(args[-1][0])
        assert args[-1][0].startswith("127.")
        return sendto(own, data, *args)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket.socket, "sendto", guarded_sendto)
    return hosts


def check(thing: Thing, found: Found) -> None:
    """Hold what was found of a camera against what it is."""
    assert found.url
    assert found.url.host == thing.address
    assert found.video
    streams = thing.kind.streams
    assert found.video.codec is Codec(streams.video or "")
    assert found.size
    assert (found.size.width, found.size.height) == streams.size
    assert (found.audio is not None) == (streams.audio is not None)
    # The right one is the second of those that were given.
    assert found.credentials == (1 if thing.kind.access.userinfo else None)


async def test_each_of_a_hundred_is_judged_rightly(asked: set[str]) -> None:
    there = things(count=_COUNT)
    told: list[Progress] = []
    async with RemoteTown(there), aiohttp.ClientSession() as session:
        asked.clear()
        began = time.monotonic()
        searched = await search(
            replace(what_to_search(there), limits=_PATIENT), session, told.append
        )
        assert time.monotonic() - began < _GENEROUS_SECONDS
    assert wrong(there, searched) == []
    assert not searched.more
    assert (told[-1].done, told[-1].total) == (_COUNT, _COUNT)
    assert asked == {thing.address for thing in there}
    found = {one.address: one for one in searched.found}
    ready = [thing for thing in there if found[thing.address].verdict is Verdict.READY]
    assert ready
    for thing in ready:
        check(thing, found[thing.address])
    text = repr(searched) + repr(told)
    assert "guess" not in text


async def test_a_cancelled_search_leaves_nothing() -> None:
    there = things(count=_COUNT)
    some = asyncio.Event()

    def tell(progress: Progress) -> None:
        if progress.done >= 10:
            some.set()

    async with RemoteTown(there), aiohttp.ClientSession() as session:
        before = asyncio.all_tasks()
        task = asyncio.create_task(search(what_to_search(there), session, tell))
        await some.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.all_tasks() == before
