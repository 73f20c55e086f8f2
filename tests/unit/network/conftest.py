"""Sockets of this machine, and nobody else's."""

import pytest
from pytest_socket import socket_allow_hosts


@pytest.fixture(autouse=True)
def _sockets(socket_enabled: None) -> None:
    """Allow sockets; the Home Assistant plugin forbids all before each test."""
    socket_allow_hosts(None)
