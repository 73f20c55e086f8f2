"""Asking who is there, on loopback only."""

import asyncio
from contextlib import AsyncExitStack, aclosing
from functools import partial
import socket
from typing import Any

import pytest

from custom_components.mqtt_sentinel.network import ws_discovery
from custom_components.mqtt_sentinel.network.probe import MULTICAST, Candidate
from custom_components.mqtt_sentinel.network.urls import Whose
from custom_components.mqtt_sentinel.network.ws_discovery import (
    Asked,
    all_candidates,
    candidates,
)

from .fakes import address, matches, responder


def noisy(xaddrs: str, asked: str) -> list[bytes]:
    """Garbage, an answer to somebody else, and two: cameras repeat themselves."""
    said = matches("urn:uuid:somebody-elses", xaddrs)
    return [b"\xff" * 100, said, *[matches(asked, xaddrs)] * 2]


async def test_who_answers_is_found_once(asked: set[str]) -> None:
    hosts = [address() for _ in range(3)]
    async with AsyncExitStack() as stack:
        targets = []
        for host in hosts:
            xaddrs = f"http://{host}/onvif/device_service http://8.8.8.8/x"
            _, port = await stack.enter_async_context(responder(host, 0, partial(noisy, xaddrs)))
            targets.append((host, port))
        found = await all_candidates(Asked(targets=tuple(targets)), 0.5)
    assert sorted(one.address for one in found) == sorted(hosts)
    assert all(one.left_out == (Whose.FOREIGN,) for one in found)
    assert all([url.host for url in one.services] == [one.address] for one in found)
    assert asked - {"127.0.0.1"} == set(hosts)  # what the fakes sent came back there


async def test_a_lost_question_is_asked_again() -> None:
    host, heard = address(), list[str]()

    def says(message_id: str) -> list[bytes]:
        heard.append(message_id)
        return [matches(message_id, f"http://{host}/")] if len(heard) > 2 else []

    async with responder(host, 0, says) as (_, port):
        found = await all_candidates(Asked(targets=((host, port),)), 1.0)
    assert [one.address for one in found] == [host]
    assert len(heard) == 4
    assert len(set(heard)) == 2


async def test_who_was_not_asked_is_not_heard() -> None:
    """An answer from another address than the one that was asked."""
    host = address()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as liar:
        liar.bind((address(), 0))

        def says(asked: str) -> list[bytes]:
            assert fake.asker
            liar.sendto(matches(asked, "http://10.0.0.1/"), fake.asker)
            return []

        async with responder(host, 0, says) as (fake, port):
            assert await all_candidates(Asked(targets=((host, port),)), 0.3) == ()
            assert fake.asker


async def test_nobody_to_ask() -> None:
    assert await all_candidates(Asked(), 60) == ()
    # No interface of this computer, no address at all, a name: none of them is asked.
    strange = Asked(("192.0.2.1", "nonsense", "::1"), (("camera.example.com", 3702), ("::1", 3702)))
    assert await all_candidates(strange, 60) == ()


async def test_nobody_answers() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert await all_candidates(Asked(targets=(("127.0.0.1", port),)), 0.2) == ()


async def test_the_network_is_asked_by_multicast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where to, from where, and how far; nothing is sent."""
    sent: list[tuple[object, ...]] = []

    def sendto(own: socket.socket, data: bytes, *args: object) -> int:
        hops = own.getsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL)
        interface = own.getsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, 4)
        sent.append((own.getsockname()[0], socket.inet_ntoa(interface), hops, args[-1]))
        return len(data)

    monkeypatch.setattr(socket.socket, "sendto", sendto)
    assert await all_candidates(Asked.of(["127.0.0.1", "127.0.0.1"]), 0.1) == ()
    assert sent == [("127.0.0.1", "127.0.0.1", 1, (MULTICAST, 3702))] * 4


@pytest.mark.parametrize("host", ["8.8.8.8", "203.0.113.7"])
async def test_nobody_outside_is_heard_by_multicast(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address in an answer's packet may be anybody's; credentials would go there."""
    heard: list[Candidate] = []
    loop = asyncio.get_running_loop()
    make = loop.create_datagram_endpoint

    async def endpoint(factory: Any, **options: Any) -> Any:
        transport, protocol = await make(factory, **options)

        def answered(own: object, data: bytes, to: object) -> int:
            asked = data.decode().partition("MessageID>")[2].partition("<")[0]
            for source in (host, "192.168.7.7"):
                protocol.datagram_received(matches(asked, f"http://{source}/"), (source, 3702))
            return len(data)

        monkeypatch.setattr(socket.socket, "sendto", answered)
        return transport, protocol

    monkeypatch.setattr(loop, "create_datagram_endpoint", endpoint)
    async with aclosing(candidates(Asked.of(["127.0.0.1"]), 0.2)) as answers:
        heard.extend([one async for one in answers])
    assert {one.address for one in heard} == {"192.168.7.7"}


async def test_a_flood_is_kept_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes faster than it is read is dropped, and what was there first is read."""
    host = address()

    def says(asked: str) -> list[bytes]:
        return [matches(asked, f"http://{host}/{number}") for number in range(20)]

    monkeypatch.setattr(ws_discovery, "_MOST_WAITING", 1)
    async with responder(host, 0, says) as (_, port):
        [found] = await all_candidates(Asked(targets=((host, port),)), 0.3)
    assert found.services[0].text == f"http://{host}/0"


async def test_closed_before_its_end_it_leaves_no_socket() -> None:
    host = address()
    async with responder(host, 0, lambda asked: [matches(asked, f"http://{host}/")]) as (_, port):
        async with aclosing(candidates(Asked(targets=((host, port),)), 60)) as answers:
            first = await anext(answers)
        before = len(asyncio.all_tasks())
    assert isinstance(first, Candidate)
    assert len(asyncio.all_tasks()) == before
