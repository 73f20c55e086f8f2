"""A rig for each ffmpeg that there is."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from pytest_socket import socket_allow_hosts

from demo.cameras.ffmpeg import FfmpegError, find

from .rig import Rig


@pytest.fixture
def ffmpeg() -> str:
    """The one that is there; what another does otherwise, the rings' tests tell."""
    try:
        return str(find())
    except FfmpegError as reason:
        pytest.skip(str(reason))


@pytest.fixture
async def rig(tmp_path: Path, ffmpeg: str, socket_enabled: None) -> AsyncGenerator[Rig]:
    """No camera yet."""
    socket_allow_hosts(["127.0.0.1"], allow_unix_socket=True)
    made = Rig(tmp_path, ffmpeg)
    yield made
    await made.stop()
