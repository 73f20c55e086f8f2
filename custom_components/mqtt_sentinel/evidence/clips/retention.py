"""Which clips go when there are too many: the oldest, but never those of an open incident."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import disk_errors
from .naming import NotOursError, parse, path_of, thumbnail_of
from .owner import Kept
from .work import sync_folder, unfinished

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import tzinfo
    from pathlib import Path

    from .owner import Owner


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is kept: seconds, bytes, and bytes that stay free on the disk. None for no limit."""

    age: float | None = None
    size: int | None = None
    free: int = 0


def too_many(
    clips: Iterable[Kept], limits: Limits, open_incidents: Collection[str], now: float
) -> list[Kept]:
    """Which clips are too old, or too much, oldest first. ``now`` in epoch seconds."""
    oldest_first = sorted(clips, key=lambda clip: (clip.began, clip.media_id))
    total = sum(clip.size for clip in oldest_first)
    going: list[Kept] = []
    for clip in oldest_first:
        old = limits.age is not None and clip.began < now - limits.age
        much = limits.size is not None and total > limits.size
        if (old or much) and not _spared(clip, open_incidents):
            going.append(clip)
            total -= clip.size
    return going


def to_make_room(clips: Iterable[Kept], wanted: int, open_incidents: Collection[str]) -> list[Kept]:
    """Which clips to remove so that ``wanted`` bytes get free, as far as that goes, oldest first."""
    going: list[Kept] = []
    for clip in sorted(clips, key=lambda clip: (clip.began, clip.media_id)):
        if wanted <= 0:
            break
        if not _spared(clip, open_incidents):
            going.append(clip)
            wanted -= clip.size
    return going


def _spared(clip: Kept, open_incidents: Collection[str]) -> bool:
    return any(incident in open_incidents for incident in clip.incident_ids)


class Retention:
    """Removes clips from the books first, then from the disk: none is listed that is not there.

    What is on the disk and not in the books, because it went no further than that, counts, too.
    """

    def __init__(self, root: Path, zone: tzinfo, owner: Owner) -> None:
        self._root = root
        self._zone = zone
        self._owner = owner
        self._lock = asyncio.Lock()

    async def tidy(self, limits: Limits, now: float) -> int:
        """Remove what is too old or too much; tell how many clips that were.

        Raises:
            CannotWriteError: The folder cannot be read or written.

        """
        async with self._lock:
            clips = await self._clips()
            return await self._remove(too_many(clips, limits, self._owner.open_incidents(), now))

    async def make_room(self, wanted: int) -> int:
        """Remove the oldest until ``wanted`` bytes are free; tell how many clips that were.

        Raises:
            CannotWriteError: The folder cannot be read or written.

        """
        async with self._lock:
            clips = await self._clips()
            return await self._remove(to_make_room(clips, wanted, self._owner.open_incidents()))

    async def _clips(self) -> list[Kept]:
        """All clips, listed or not, by what they really take."""
        # The disk first: what gets listed while it is looked at is not taken for forgotten.
        sizes = await asyncio.to_thread(_on_disk, self._root)
        listed = await self._owner.kept()
        clips = [
            Kept(clip.media_id, clip.began, sizes.pop(clip.media_id, clip.size), clip.incident_ids)
            for clip in listed
        ]
        clips += [
            Kept(media_id, parse(media_id).moment(self._zone), size)
            for media_id, size in sizes.items()
        ]
        return clips

    async def _remove(self, going: Sequence[Kept]) -> int:
        if going:
            media_ids = [clip.media_id for clip in going]
            await self._owner.forget(media_ids)
            await asyncio.to_thread(remove_clips, self._root, media_ids)
        return len(going)


def _on_disk(root: Path) -> dict[str, int]:
    """What the media take that are whole, by their ids. Blocks."""
    sizes: dict[str, int] = {}
    with disk_errors():
        for path in root.glob("[!.]*/*/*"):
            media_id = path.relative_to(root).as_posix()
            try:
                path_of(media_id, root)
                size = path.stat().st_size
                thumbnail = thumbnail_of(path)
                if thumbnail != path and thumbnail.exists():
                    size += thumbnail.stat().st_size
                sizes[media_id] = size
            except NotOursError, FileNotFoundError:
                continue
    for media_id in unfinished(root):
        sizes.pop(media_id, None)
    return sizes


def remove_clips(root: Path, media_ids: Iterable[str]) -> None:
    """Remove clips, their thumbnails, and folders that are empty then. Blocks.

    What is no media id of ours is passed by.

    Raises:
        CannotWriteError: They cannot be removed.

    """
    with disk_errors():
        for media_id in media_ids:
            try:
                path = path_of(media_id, root)
            except NotOursError:
                continue
            path.unlink(missing_ok=True)
            thumbnail_of(path).unlink(missing_ok=True)
            for folder in (path.parent, path.parent.parent):
                if not folder.is_dir() or any(folder.iterdir()):
                    break
                folder.rmdir()
                sync_folder(folder.parent)
