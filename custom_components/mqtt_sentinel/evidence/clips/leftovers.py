"""What an earlier life left half done: finished, or removed if there is nothing in it."""

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .errors import CannotFinishError, UnplayableError
from .work import Work, remove_stray

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ..facts import Clip
    from .orders import Reason
    from .saving import Saving


@dataclass(frozen=True, slots=True)
class Left:
    """What stays for another time, and why."""

    folder: Path
    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Recovered:
    """What became of the leftovers: clips saved, folders with nothing in them, and what stays."""

    clips: tuple[Clip, ...] = ()
    removed: int = 0
    left: tuple[Left, ...] = ()


async def recover(root: Path, folders: Iterable[Path], saving: Saving) -> Recovered:
    """Finish leftovers, one after the other."""
    clips: list[Clip] = []
    left: list[Left] = []
    removed = 0
    for folder in folders:
        try:
            clip = await _recovered(root, folder, saving)
        except UnplayableError:
            clip = None
        except CannotFinishError as error:
            left.append(Left(folder, error.reason, error.detail))
            continue
        if clip:
            clips.append(clip)
        else:
            removed += 1
    return Recovered(tuple(clips), removed, tuple(left))


async def _recovered(root: Path, folder: Path, saving: Saving) -> Clip | None:
    work = await asyncio.to_thread(Work.found, root, folder)
    if work is None:
        await asyncio.to_thread(remove_stray, folder)
        return None
    clip = await asyncio.to_thread(work.published)
    if clip is None:
        return await saving.save(work, recovered=True)
    # It got its name, and whether it got into the journal nobody knows: listing it twice is once.
    clip = replace(clip, recovered=True)
    await saving.list(work, clip)
    return clip
