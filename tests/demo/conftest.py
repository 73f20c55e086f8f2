"""Brokers and fleets for the tests of the demo."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from pytest_socket import socket_allow_hosts

from demo.broker import Broker, BrokerKind, available, free_port

from .ear import Ear


@pytest.fixture(autouse=True)
def _sockets(socket_enabled: None) -> None:
    """Allow sockets of this machine; the Home Assistant plugin forbids all before each test."""
    socket_allow_hosts(["127.0.0.1"], allow_unix_socket=True)


@pytest.fixture(params=list(BrokerKind))
def kind(request: pytest.FixtureRequest) -> BrokerKind:
    """Each broker that the demo can run on, where it is installed."""
    kind: BrokerKind = request.param
    if kind not in available():
        pytest.skip(f"{kind} is not installed")
    return kind


@pytest.fixture
async def broker(kind: BrokerKind | None, tmp_path: Path) -> AsyncGenerator[Broker]:
    """A running broker, the best one for a test file whose ``kind`` is None."""
    async with Broker(free_port(), tmp_path / "a broker", kind) as broker:
        yield broker


@pytest.fixture
async def ear(broker: Broker) -> AsyncGenerator[Ear]:
    """Somebody who hears everything on the broker."""
    async with Ear(broker.address) as ear:
        yield ear
