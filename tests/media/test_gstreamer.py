"""GStreamer's camera is of use: real streams of an implementation that is not ours."""

import asyncio
from pathlib import Path
import subprocess

import pytest
from pytest_socket import socket_allow_hosts

from demo.cameras.ffmpeg import find

from .gstreamer import GstCamera, missing

if reason := missing():
    pytest.skip(reason, allow_module_level=True)


@pytest.fixture(autouse=True)
def _sockets(socket_enabled: None) -> None:
    """Allow sockets of this machine."""
    socket_allow_hosts(["127.0.0.1"], allow_unix_socket=True)


async def _record(url: str, file: Path) -> str:
    """Record a second, and return what ffmpeg says of it."""
    command = [
        *(str(find()), "-hide_banner", "-nostdin", "-y", "-rtsp_transport", "tcp", "-i", url),
        *("-t", "1", "-c", "copy", str(file)),
    ]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, check=False)
    return done.stderr.decode(errors="replace")


@pytest.mark.parametrize(
    "camera",
    [
        GstCamera(sound=True),
        GstCamera(user="ad min", password="se/cr:et"),
        GstCamera(user="admin", basic=True, width=640, height=360, fps=15),
        GstCamera(b_frames=2),
    ],
    ids=["open", "digest", "basic", "b-frames"],
)
async def test_ffmpeg_plays_it(camera: GstCamera, tmp_path: Path) -> None:
    file = tmp_path / "clip.mp4"
    async with camera:
        said = await _record(camera.url, file)
        if camera.user is not None:
            wrong = camera.url.replace(":se", ":wrong")
            assert "401" in await _record(wrong, tmp_path / "wrong.mp4")
    assert "Video: h264" in said
    assert f"{camera.width}x{camera.height}" in said
    assert ("Audio: pcm_alaw" in said) == camera.sound
    assert file.stat().st_size > 1000 or camera.sound  # MP4 takes no such sound
