"""Where rings are kept: in memory, for a second's piece each second wears out a memory card.

One folder for each process, which holds a lock in it for as long as it lives: who finds a folder
whose lock is free knows that its owner is dead, whoever that was. It gets its name when the lock is
held, so that nobody finds one that is about to be.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
import fcntl
import os
from pathlib import Path
import shutil
import tempfile
import time

RAM = Path("/dev/shm")  # noqa: S108 - a folder of one's own is made in it
_PREFIX = "mqtt_sentinel-rings-"
_UNNAMED = f".{_PREFIX}"
_LOCK = "owner.lock"
_YOUNG = 60.0
"""Seconds within which a folder may still get its lock."""
CAMERA_BYTES = 48 * 1024**2
"""Room for one camera: 25 seconds of 16 Mbit/s."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A folder that rings might be kept in, and how many bytes are free there."""

    path: Path
    is_writable: bool
    free: int


def choose(candidates: Iterable[Candidate], need: int) -> Path | None:
    """The first that has the room, else the one with the most; None where none can be written."""
    writable = [each for each in candidates if each.is_writable]
    for each in writable:
        if each.free >= need:
            return each.path
    return max(writable, key=lambda each: each.free).path if writable else None


def look(path: Path) -> Candidate:
    """What there is of a folder."""
    try:
        room = os.statvfs(path)
    except OSError:
        return Candidate(path, is_writable=False, free=0)
    return Candidate(path, os.access(path, os.W_OK | os.X_OK), room.f_bavail * room.f_frsize)


class Place:
    """The folder of all rings of this process. Its methods do I/O: call them in a thread."""

    def __init__(self, path: Path, lock: int) -> None:
        """Own a folder, by a lock that is held."""
        self.path = path
        self._lock = lock

    @classmethod
    def make(cls, parents: Sequence[Path], cameras: int) -> Place:
        """Make it in the best of ``parents``, and remove what the dead left in all of them.

        Raises:
            OSError: none can be written.
        """
        for parent in parents:
            remove_dead(parent)
        chosen = choose((look(parent) for parent in parents), cameras * CAMERA_BYTES)
        if chosen is None:
            raise PermissionError(f"none can be written: {', '.join(map(str, parents))}")
        made = Path(tempfile.mkdtemp(prefix=_UNNAMED, dir=chosen))
        lock = os.open(made / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        return cls(made.rename(made.with_name(made.name.removeprefix("."))), lock)

    def folder(self) -> Path:
        """Make a new folder for one ring."""
        return Path(tempfile.mkdtemp(prefix="ring-", dir=self.path))

    def remove(self) -> None:
        """Remove it with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


def remove_dead(parent: Path) -> None:
    """Remove the folders whose owners are dead, of this user only."""
    try:
        entries = list(os.scandir(parent))
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith((_PREFIX, _UNNAMED)) and _is_dead(entry):
            shutil.rmtree(entry.path, ignore_errors=True)


def _is_dead(entry: os.DirEntry[str]) -> bool:
    try:
        seen = entry.stat(follow_symlinks=False)
        if not entry.is_dir(follow_symlinks=False) or seen.st_uid != os.getuid():
            return False
        lock = _lock_of(entry)
    except OSError:
        return False
    if lock is None:
        return time.time() - seen.st_mtime > _YOUNG
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    else:
        return True
    finally:
        os.close(lock)


def _lock_of(entry: os.DirEntry[str]) -> int | None:
    """Its lock, opened; None where it has none yet."""
    if entry.name.startswith(_UNNAMED):
        return None
    try:
        return os.open(Path(entry.path) / _LOCK, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
