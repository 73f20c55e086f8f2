"""A camera in a process of its own: its clock runs on where a test has stopped its own clock."""

import asyncio
import json
from pathlib import Path
import tempfile
from types import MappingProxyType
from typing import Any, Self

from demo.process import python, spawn, tail

from .__main__ import options
from .access import Access
from .deeds import CameraDeed
from .encoder import Look
from .ffmpeg import FfmpegError

_ANSWER_SECONDS = 30.0


class RemoteCamera:
    """Like ``Camera``, in another process, which ends with this one. It keeps its port.

    ``look`` and ``access`` describe it; ``log`` is the file that gets its complaints.
    """

    def __init__(
        self,
        look: Look | None = None,
        access: Access | None = None,
        *,
        port: int = 0,
        path: str = "stream",
        log: Path | None = None,
    ) -> None:
        """Start nothing yet."""
        self.look = look or Look()
        self.access = access or Access()
        self.path = path
        self.facts: MappingProxyType[str, Any] = MappingProxyType({"port": port})
        self._log = log
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        """Start it."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Kill it."""
        await self.kill()
        if self._folder is not None:
            self._folder.cleanup()

    @property
    def url(self) -> str:
        """Where its stream is, with user and password, once it was started."""
        return str(self.facts["url"])

    @property
    def bare_url(self) -> str:
        """Where its stream is, without user and password."""
        return f"rtsp://127.0.0.1:{self.facts['port']}/{self.path}"

    @property
    def pid(self) -> int | None:
        """Its process, None while there is none."""
        if self._process is None or self._process.returncode is not None:
            return None
        return self._process.pid

    async def start(self) -> None:
        """Start it; returns when it delivers. Raises FfmpegError."""
        if self._log is None:
            self._folder = tempfile.TemporaryDirectory(prefix="camera-")
            self._log = Path(self._folder.name, "camera.log")
        words = options(self.look, self.access, self.facts["port"], self.path)
        self._process = await spawn(python("demo.cameras", *words), log=self._log, pipes=True)
        try:
            await self._answer()
        except FfmpegError:
            await self.kill()
            raise

    async def kill(self) -> None:
        """End it with SIGKILL, and the encoder with it; nothing listens on its port any more."""
        if self._process is None:
            return
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        assert self._process.stdin is not None
        self._process.stdin.close()

    async def tell(self, deed: CameraDeed) -> MappingProxyType[str, Any]:
        """Have it do something, and return its facts after it. Raises FfmpegError if it cannot."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(f"{deed}\n".encode())
        return await self._answer()

    async def _answer(self) -> MappingProxyType[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        assert self._log is not None
        async with asyncio.timeout(_ANSWER_SECONDS):
            line = await self._process.stdout.readline()
        if not line:
            raise FfmpegError(f"the camera ended: {tail(self._log)}")
        facts = json.loads(line)
        if "error" in facts:
            raise FfmpegError(facts["error"])
        self.facts = MappingProxyType(facts)
        return self.facts
