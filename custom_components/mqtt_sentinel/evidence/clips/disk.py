"""Whether there is room to record, and making some."""

import asyncio
from typing import TYPE_CHECKING

from .errors import disk_errors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .owner import Owner
    from .retention import Retention

# So much more than the least is made free at once, or the next part would ask again.
_MORE = 1.1


class Disk:
    """The disk that the clips are on. ``full`` tells that nothing more can be begun on it."""

    def __init__(
        self,
        root: Path,
        least: int,
        retention: Retention,
        owner: Owner,
        free: Callable[[Path], int],
    ) -> None:
        """``least`` bytes stay free; ``free`` tells how many are, and may block."""
        self._root = root
        self.least = least
        self._retention = retention
        self._owner = owner
        self._free = free
        self._lock = asyncio.Lock()
        self.full = False

    async def look(self) -> bool:
        """Look whether there is room, and make some if not; tell whether there is any in the end.

        Raises:
            CannotWriteError: The folder cannot be read or written.

        """
        async with self._lock:
            free = await asyncio.to_thread(self._measure)
            if free < self.least:
                await self._retention.make_room(int(self.least * _MORE) - free)
                free = await asyncio.to_thread(self._measure)
            full = free < self.least
            if full != self.full:
                self.full = full
                self._owner.room(free if full else None)
            return not full

    def _measure(self) -> int:
        with disk_errors():
            self._root.mkdir(parents=True, exist_ok=True)
            return self._free(self._root)
