"""Sockets of loopback, and none else: whoever asks anybody outside fails the test."""

from collections.abc import AsyncGenerator
from ipaddress import ip_address
import socket
from typing import Any

import aiohttp
import pytest
from pytest_socket import socket_allow_hosts


@pytest.fixture(autouse=True)
def asked(socket_enabled: None, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Forbid everything but loopback, and tell who was asked by datagram."""
    socket_allow_hosts(["127.0.0.0/8"])
    hosts: set[str] = set()
    sendto = socket.socket.sendto

    def guarded(own: socket.socket, data: bytes, *args: Any) -> int:
        host = args[-1][0]
        hosts.add(host)
        assert ip_address(host).is_loopback, host
        return sendto(own, data, *args)

    monkeypatch.setattr(socket.socket, "sendto", guarded)
    return hosts


@pytest.fixture
async def session() -> AsyncGenerator[aiohttp.ClientSession]:
    """What requests over HTTP are made with."""
    async with aiohttp.ClientSession() as session:
        yield session
