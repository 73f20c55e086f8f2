"""The ffmpegs that there are, films of theirs, and a camera on loopback."""

from collections.abc import AsyncGenerator
import os
from pathlib import Path
import shutil

import pytest
from pytest_socket import socket_allow_hosts

from .streams import CameraServer, film
from .watching import Watched

FFMPEGS = {
    "ffmpeg": shutil.which("ffmpeg"),
    # Another version, as that of imageio-ffmpeg.
    "other": os.environ.get("MQTT_SENTINEL_FFMPEG"),
}


@pytest.fixture(params=FFMPEGS)
def ffmpeg(request: pytest.FixtureRequest) -> str:
    """Each ffmpeg in turn."""
    found = FFMPEGS[request.param]
    if not found:
        pytest.skip(f"there is no {request.param} here")
    return found


@pytest.fixture(scope="session")
def maker() -> str:
    """The ffmpeg that makes what is watched."""
    found = next(filter(None, FFMPEGS.values()), None)
    if not found:
        pytest.skip("there is no ffmpeg here")
    return found


@pytest.fixture(scope="session")
def film_h264(maker: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "film.ts"
    film(maker, path)
    return path


@pytest.fixture
def sockets(socket_enabled: None) -> None:
    """This computer may be talked to, and nobody else."""
    socket_allow_hosts(["127.0.0.1"])


@pytest.fixture
async def camera(maker: str, film_h264: Path, sockets: None) -> AsyncGenerator[CameraServer]:
    """A camera that sends H.264 and AAC."""
    async with CameraServer(maker, film_h264) as server:
        yield server


@pytest.fixture
async def rings(tmp_path: Path) -> AsyncGenerator[list[Watched]]:
    """The rings that a test made; they are stopped after it."""
    made: list[Watched] = []
    yield made
    for each in made:
        await each.ring.stop()
