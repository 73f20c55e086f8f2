"""A broker for the tests that kill the Home Assistant on it, and the place of these tests in a run."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from demo import run_dir as run_dirs
from demo.broker import Broker, BrokerKind, free_port


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what is mostly waiting, in two processes by turns, while others run beside them."""
    here = Path(__file__).parent
    items.sort(key=lambda item: here not in item.path.parents)
    whole_homes = [item for item in items if here in item.path.parents]
    for number, item in enumerate(whole_homes):
        item.add_marker(pytest.mark.xdist_group(f"e2e-{number % 2}"))


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncGenerator[Broker]:
    """A broker of our own."""
    run_dirs.prepare(tmp_path / "run")
    async with Broker(free_port(), run_dirs.broker(tmp_path / "run"), BrokerKind.MOSQUITTO) as one:
        yield one
