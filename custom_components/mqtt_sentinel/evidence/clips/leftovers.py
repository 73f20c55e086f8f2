"""What an earlier life left half done: finished, or removed if there is nothing in it."""

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .errors import CannotFinishError, UnplayableError
from .work import Work, leftovers, remove_stray

if TYPE_CHECKING:
    from pathlib import Path

    from ..facts import Clip
    from .orders import Reason
    from .saving import Saving


@dataclass(frozen=True, slots=True)
class Left:
    """What stays for another time: its folder's name, and why."""

    name: str
    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Recovered:
    """What became of the leftovers: clips saved, folders with nothing in them, and what stays."""

    clips: tuple[Clip, ...] = ()
    removed: int = 0
    left: tuple[Left, ...] = ()


async def recover(root: Path, saving: Saving) -> Recovered:
    """Finish all leftovers that there are now, one after the other.

    Raises:
        CannotWriteError: The folder cannot be read or written.

    """
    clips: list[Clip] = []
    left: list[Left] = []
    removed = 0
    for folder in await asyncio.to_thread(leftovers, root):
        work = await asyncio.to_thread(Work.found, root, folder)
        if work is None:
            await asyncio.to_thread(remove_stray, folder)
            removed += 1
            continue
        try:
            clips.append(await _recovered(work, saving))
        except UnplayableError:
            removed += 1
        except CannotFinishError as error:
            left.append(Left(folder.name, error.reason, error.detail))
    return Recovered(tuple(clips), removed, tuple(left))


async def _recovered(work: Work, saving: Saving) -> Clip:
    clip = await asyncio.to_thread(work.published)
    if clip is None:
        return await saving.save(work, recovered=True)
    # It got its name, and whether it got into the journal nobody knows: listing it twice is once.
    clip = replace(clip, recovered=True)
    await saving.list(work, clip)
    return clip
