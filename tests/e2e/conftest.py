"""A broker for the tests that kill the Home Assistant on it."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from demo import run_dir as run_dirs
from demo.broker import Broker, BrokerKind, free_port


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncGenerator[Broker]:
    """A broker of our own."""
    run_dirs.prepare(tmp_path / "run")
    async with Broker(free_port(), run_dirs.broker(tmp_path / "run"), BrokerKind.MOSQUITTO) as one:
        yield one
