"""Fixtures of the journal's tests: journals that are stopped, and a PostgreSQL."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from custom_components.mqtt_sentinel.evidence.journal.address import default_url

from .house import Kept
from .server import Server, running_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL that runs."""
    with running_server() as server:
        yield server


@pytest.fixture
def file_url(tmp_path: Path) -> str:
    """Where a SQLite journal may be."""
    return default_url(tmp_path)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """Where a journal may be, in each database."""
    if request.param == "sqlite":
        return request.getfixturevalue("file_url")
    return request.getfixturevalue("postgres").new_place()


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
