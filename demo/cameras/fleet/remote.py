"""A town in a process of its own, so that what it does is not taken for what the search does."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
import tempfile
from typing import Self

from demo.process import python, spawn, tail

from .kinds import KINDS, Thing

_START_SECONDS = 30.0


class RemoteTown:
    """Things in another process, which ends with this one. They are made of all kinds in turn."""

    def __init__(self, there: Sequence[Thing]) -> None:
        """Take what ``things`` returned. Raises ValueError if some kinds were left out."""
        if [thing.kind for thing in there] != [KINDS[n % len(KINDS)] for n in range(len(there))]:
            raise ValueError("another process knows all kinds in turn only")
        self.things = tuple(there)
        self._folder = tempfile.TemporaryDirectory(prefix="town-")
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        """Start it; returns when all are there. Raises OSError if it cannot."""
        first = self.things[0]
        log = Path(self._folder.name, "town.log")
        words = [
            *("--count", str(len(self.things)), "--first", first.address),
            *("--rtsp-port", str(first.rtsp_port), "--onvif-port", str(first.onvif_port)),
            *("--discovery-port", str(first.discovery_port)),
        ]
        self._process = await spawn(python("demo.cameras.fleet", *words), log=log, pipes=True)
        assert self._process.stdout is not None
        async with asyncio.timeout(_START_SECONDS):
            async for line in self._process.stdout:
                if line == b"ready\n":
                    return self
        said = tail(log)
        await self.__aexit__()
        raise OSError(f"the town did not start: {said}")

    async def __aexit__(self, *_: object) -> None:
        """End it."""
        assert self._process is not None
        assert self._process.stdin is not None
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        self._process.stdin.close()
        self._folder.cleanup()
