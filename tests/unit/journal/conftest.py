"""Fixtures of the journal's tests: journals that are stopped, and databases."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from pytest_socket import socket_allow_hosts

from custom_components.mqtt_sentinel.evidence.journal.address import default_url

from .house import Kept
from .mariadb import MariaDB
from .postgresql import PostgreSQL
from .server import Server, running_server

# MariaDB's files take a while to make: once is enough.
SERVERS = ["postgresql", pytest.param("mariadb", marks=pytest.mark.xdist_group("mariadb"))]
_KINDS: dict[str, type[Server]] = {"postgresql": PostgreSQL, "mariadb": MariaDB}


def allow_unix_sockets() -> None:
    """Let a driver in plain Python reach a server; Home Assistant's plugin forbids it for each test."""
    socket_allow_hosts(["127.0.0.1"], allow_unix_socket=True)


@pytest.fixture(autouse=True)
def unix_sockets() -> None:
    """Tests reach the servers."""
    allow_unix_sockets()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A PostgreSQL that runs."""
    with running_server(PostgreSQL) as server:
        yield server


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Server]:
    """A MariaDB that runs."""
    allow_unix_sockets()
    with running_server(MariaDB) as server:
        yield server


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> Server:
    """A server that runs, of each kind."""
    found: Server = request.getfixturevalue(request.param)
    return found


@pytest.fixture(params=SERVERS)
def own_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server that runs for this test only, of each kind."""
    with running_server(_KINDS[request.param]) as server:
        yield server


@pytest.fixture
def file_url(tmp_path: Path) -> str:
    """Where a SQLite journal may be."""
    return default_url(tmp_path)


@pytest.fixture(params=["sqlite", *SERVERS])
def url(request: pytest.FixtureRequest) -> str:
    """Where a journal may be, in each database."""
    if request.param == "sqlite":
        return request.getfixturevalue("file_url")
    return request.getfixturevalue(request.param).new_place()


@pytest.fixture
async def journal_at() -> AsyncIterator[Callable[..., Kept]]:
    """Starts journals at URLs; they are stopped in the end."""
    made: list[Kept] = []

    def start(url: str, **options: object) -> Kept:
        kept = Kept(url, **options)
        made.append(kept)
        kept.journal.start()
        return kept

    yield start
    for kept in made:
        await kept.journal.stop(5.0)
