"""Fixtures: a broker, and somebody who hears what it passes on."""

from collections.abc import Iterator
from pathlib import Path

from mosquitto import MOSQUITTO, Ear, Mosquitto
import pytest


@pytest.fixture(autouse=True)
def _sockets(request: pytest.FixtureRequest) -> None:
    """Allow sockets, where a plugin (Home Assistant's) forbids them."""
    if request.config.pluginmanager.hasplugin("socket"):
        request.getfixturevalue("socket_enabled")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A running broker."""
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed")
    broker = Mosquitto(tmp_path / "broker")
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture
def ear(broker: Mosquitto) -> Iterator[Ear]:
    """Somebody who hears everything on the broker."""
    ear = Ear(broker)
    yield ear
    ear.close()
