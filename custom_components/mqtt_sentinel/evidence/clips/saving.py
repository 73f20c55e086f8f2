"""Saving a part: finished, listed, and only then is what it was made of removed."""

import asyncio
from typing import TYPE_CHECKING

from .errors import DiskFullError, UnplayableError
from .finish import finish

if TYPE_CHECKING:
    from ..facts import Clip
    from .disk import Disk
    from .owner import Owner
    from .work import Work


class Saving:
    """Saves parts, a few at once: they come in crowds, when something happens in the house."""

    def __init__(self, ffmpeg: str, owner: Owner, disk: Disk, at_once: int) -> None:
        self._ffmpeg = ffmpeg
        self._owner = owner
        self._disk = disk
        self._turns = asyncio.Semaphore(at_once)

    async def save(self, work: Work, *, recovered: bool = False) -> Clip:
        """Save a part and tell of it.

        Raises:
            UnplayableError: There is nothing to save; nothing of it is left.
            CannotFinishError: It could not be saved now; all of it stays.

        """
        async with self._turns:
            try:
                clip = await self._finished(work, recovered=recovered)
            except UnplayableError:
                await asyncio.to_thread(work.unpublish)
                await asyncio.to_thread(work.remove)
                raise
        # Nobody else waits meanwhile: a journal may take its time to fail.
        await self.list(work, clip)
        return clip

    async def list(self, work: Work, clip: Clip) -> None:
        """List what has its final name.

        Raises:
            NotRecordedError: It could not be listed now; it stays.

        """
        await self._owner.record(clip)
        await asyncio.to_thread(work.remove)
        self._owner.saved(clip)

    async def _finished(self, work: Work, *, recovered: bool) -> Clip:
        try:
            return await finish(work, self._ffmpeg, recovered=recovered)
        except DiskFullError:
            await asyncio.to_thread(work.unmake)
            await self._disk.look()
        try:
            return await finish(work, self._ffmpeg, recovered=recovered)
        except DiskFullError:
            await asyncio.to_thread(work.unmake)
            raise
