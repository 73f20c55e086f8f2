"""Running ffmpeg: no shell, no terminal, no network, and never longer than it may."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import CannotFinishError, DiskFullError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_MOST_ERRORS = 64 * 1024
_NO_ROOM = (b"No space left on device", b"Disk quota exceeded")


@dataclass(frozen=True, slots=True)
class Ran:
    """How ffmpeg ended, what it printed, and what it complained about."""

    code: int
    out: bytes
    errors: bytes

    @property
    def complaint(self) -> str:
        """The last of what it complained about, for the log."""
        lines = self.errors.decode("utf-8", "replace").strip().splitlines()
        return lines[-1][:255] if lines else f"ffmpeg ended with {self.code}"


async def run_ffmpeg(
    ffmpeg: str, arguments: Sequence[str], folder: Path, timeout_seconds: float
) -> Ran:
    """Run ffmpeg in a folder; ``arguments`` are ours, never what somebody else named.

    Whoever is cancelled here leaves no process behind.

    Raises:
        DiskFullError: It had no room to write.
        CannotFinishError: It cannot be run, or did not come to an end in time.

    """
    try:
        process = await asyncio.create_subprocess_exec(
            ffmpeg,
            *("-nostdin", "-hide_banner", "-loglevel", "error", "-y"),
            *arguments,
            cwd=folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as error:
        raise CannotFinishError(f"ffmpeg cannot be started: {error.strerror}") from error
    try:
        async with asyncio.timeout(timeout_seconds):
            out, errors = await process.communicate()
    except TimeoutError as error:
        raise CannotFinishError(f"ffmpeg was not done in {timeout_seconds:.0f} s") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    ran = Ran(process.returncode or 0, out, errors[-_MOST_ERRORS:])
    if ran.code and any(sign in errors for sign in _NO_ROOM):
        raise DiskFullError(ran.complaint)
    return ran
