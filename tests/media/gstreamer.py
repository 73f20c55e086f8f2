"""A camera made by GStreamer, where the machine has it: an implementation that is not ours."""

import asyncio
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
import subprocess
from typing import Self
from urllib.parse import quote

_PYTHON = Path("/usr/bin/python3")
_SCRIPT = Path(__file__).with_name("gst_rtsp.py")
_START_SECONDS = 20.0
_NEEDED = "clockoverlay x264enc rtph264pay alawenc rtppcmapay"
_CHECK = f"""
import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gst, GstRtspServer
Gst.init(None)
missing = [name for name in "{_NEEDED}".split() if Gst.ElementFactory.find(name) is None]
assert not missing, missing
"""


@cache
def missing() -> str | None:
    """Return what is missing for it here, None if nothing is."""
    if not _PYTHON.exists():
        return f"there is no {_PYTHON}"
    done = subprocess.run([_PYTHON, "-c", _CHECK], capture_output=True, check=False, text=True)
    return f"no GStreamer: {done.stderr.strip().splitlines()[-1]}" if done.returncode else None


@dataclass(slots=True)
class GstCamera:
    """A camera with a clock that people can read, by GStreamer, from ``async with`` to its end.

    ``user`` None asks for no password. Raises OSError if it does not start. The file of its test
    needs ``socket_enabled``; ask :func:`missing` first.
    """

    width: int = 320
    height: int = 240
    fps: int = 10
    b_frames: int = 0
    sound: bool = False
    user: str | None = None
    password: str = "secret"
    basic: bool = False
    port: int = 0
    _process: asyncio.subprocess.Process | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        """Where its stream is, with user and password."""
        who = ""
        if self.user is not None:
            who = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}@"
        return f"rtsp://{who}127.0.0.1:{self.port}/stream"

    async def __aenter__(self) -> Self:
        """Start."""
        words = [
            *(f"--width={self.width}", f"--height={self.height}", f"--fps={self.fps}"),
            *(f"--b-frames={self.b_frames}", f"--port={self.port}"),
            *(["--sound"] if self.sound else []),
            *(["--basic"] if self.basic else []),
        ]
        if self.user is not None:
            words += [f"--user={self.user}", f"--password={self.password}"]
        self._process = await asyncio.create_subprocess_exec(
            *(_PYTHON, _SCRIPT, *words),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert self._process.stdout is not None
        async with asyncio.timeout(_START_SECONDS):
            said = await self._process.stdout.readline()
        if not said.strip().isdigit():
            await self.__aexit__()
            raise OSError("GStreamer's camera did not start")
        self.port = int(said)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Kill it."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.kill()
        await self._process.communicate()
