"""Programs that are run for a camera: on a leash, in groups of their own, their logs kept short."""

import asyncio
from collections import deque
from collections.abc import Sequence
import contextlib
import os
from pathlib import Path
import signal
import sys

from .address import cleaned
from .leash import NOT_FOUND

_LEASH = str(Path(__file__).with_name("leash.py"))
_GRACE = 2.0
"""Seconds that a program gets to end by itself: time to tell the camera that nobody listens any more."""
_LAST_WORDS = 0.5
_READ = 4096
# ffmpeg would write its log, addresses and passwords included, into a file, or colour it.
_NOT_PASSED_ON = frozenset({"FFREPORT", "AV_LOG_FORCE_COLOR", "AV_LOG_FORCE_256COLOR"})


class Log:
    """The last lines of what a program says."""

    def __init__(self, most: int, secrets: tuple[str, ...]) -> None:
        """Keep so many lines at most; the secrets are in none that is shown."""
        self.raw: deque[str] = deque(maxlen=most)
        self._secrets = secrets

    async def read(self, stream: asyncio.StreamReader) -> None:
        """Read all that comes. However long a line gets, only its end is kept."""
        rest = b""
        while some := await stream.read(_READ):
            *lines, rest = (rest + some).replace(b"\r", b"\n").split(b"\n")
            self.raw.extend(line.decode(errors="replace") for line in lines if line)
            rest = rest[-_READ:]
        if rest:
            self.raw.append(rest.decode(errors="replace"))

    def lines(self) -> list[str]:
        """The lines as they may be shown and logged."""
        return [cleaned(line, self._secrets) for line in self.raw]


class Program:
    """One program that runs; make it with :meth:`start`."""

    def __init__(self, process: asyncio.subprocess.Process, log: Log) -> None:
        """Know the process; its log is read until it ends."""
        self._process = process
        self.log = log
        assert process.stderr
        self._reading = asyncio.create_task(log.read(process.stderr))

    @classmethod
    async def start(
        cls,
        command: Sequence[str],
        *,
        folder: Path | None = None,
        stdin: int = asyncio.subprocess.DEVNULL,
        stdout: int = asyncio.subprocess.PIPE,
        secrets: tuple[str, ...] = (),
        log_lines: int = 30,
    ) -> Program:
        """Start a program in a folder. That there is no such program is told by its end.

        Raises:
            OSError: no process can be started, or the folder is not there.
        """
        kept = {name: value for name, value in os.environ.items() if name not in _NOT_PASSED_ON}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", _LEASH, str(os.getpid()), *command),
            stdin=stdin,
            stdout=stdout,
            stderr=asyncio.subprocess.PIPE,
            cwd=folder,
            env=kept,
            start_new_session=True,
        )
        return cls(process, Log(log_lines, secrets))

    @property
    def pid(self) -> int:
        """Its process id, and the id of its group."""
        return self._process.pid

    @property
    def is_missing(self) -> bool:
        """Tell whether it ended because there is no such program."""
        return self._process.returncode == NOT_FOUND

    async def line(self) -> str:
        """The next line that it writes, empty at the end."""
        assert self._process.stdout
        return (await self._process.stdout.readline()).decode(errors="replace")

    async def output(self, most: int) -> bytes:
        """All that it writes, cut after so many bytes."""
        assert self._process.stdout
        kept = b""
        while some := await self._process.stdout.read(65_536):
            kept = (kept + some)[:most]
        return kept

    @property
    def takes(self) -> bool:
        """Tell whether it reads what it is given."""
        return self._process.stdin is not None

    def feed(self, data: bytes) -> bool:
        """Give it data to read, unless it has not read the last yet; tell whether it was given."""
        stdin = self._process.stdin
        if stdin is None or stdin.is_closing() or stdin.transport.get_write_buffer_size():
            return False
        stdin.write(data)
        return True

    async def ended(self) -> int:
        """Wait until it ended and its log is read; answers the exit status."""
        status = await self._process.wait()
        await asyncio.wait({self._reading})
        return status

    async def end(self) -> None:
        """End it, by force if it does not listen: it is gone when this returns."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self._process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self.pid, number)
            try:
                async with asyncio.timeout(_GRACE):
                    await self._process.wait()
                    break
            except TimeoutError:
                continue
        # A child of its own might keep the log open.
        _, unread = await asyncio.wait({self._reading}, timeout=_LAST_WORDS)
        for reading in unread:
            reading.cancel()
            await asyncio.wait({reading})
