"""The books of the clips: listed in the journal, told when they are, spared while they matter."""

from collections.abc import Callable, Collection, Sequence
from functools import partial
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ..evidence.clips.errors import NotRecordedError
from ..evidence.clips.orders import Reason
from ..evidence.clips.owner import Failure, Kept
from ..evidence.facts import Cause, Clip
from ..evidence.journal.failures import JournalError
from ..evidence.journal.news import Phase
from ..evidence.journal.reading import oldest_media
from ..evidence.journal.retention import forget_media
from ..evidence.journal.rows import MediaRow

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ..chronicle.keeper import JournalKeeper
    from ..evidence.device.store import Shelf
    from ..outcome.media import SavedMedia
    from ..watch.reports import ThingKey

_LOGGER = logging.getLogger(__name__)


class Listener(Protocol):
    """Who hears what became of recordings."""

    def clip_saved(self, clip: Clip) -> None:
        """A clip is there."""

    def clip_failed(self, failure: Failure) -> None:
        """There is no clip."""

    def disk_room(self, free: int | None) -> None:
        """The disk is full, with so many bytes free; None: there is room again."""

    def media_saved(self, saved: SavedMedia) -> None:
        """What a device took itself is there."""

    def shelf_of(self, key: ThingKey) -> Shelf | None:
        """Where the pictures go that a thing takes, None without a camera that it tells of."""

    def name_of(self, camera_id: str) -> str:
        """What a camera is called."""


class Books:
    """Lists clips in the journal, and tells ``listener`` of each once.

    A clip that the journal does not take now is told all the same: who is warned by it must not wait
    for a database. It is listed as soon as it can be.
    """

    def __init__(
        self,
        journal: JournalKeeper,
        open_incidents: Callable[[], Collection[str]],
        listener: Listener,
    ) -> None:
        """Keep the books in the journal there is; clips of ``open_incidents`` are not removed."""
        self._journal = journal
        self.open_incidents = open_incidents
        self._listener = listener
        self._told: set[str] = set()

    async def record(self, clip: Clip) -> None:
        """List a clip for good, whatever was listed under its id before.

        Raises NotRecordedError.
        """
        if self._journal.state.phase is Phase.FAILING:
            self._tell_unlisted(clip)
        try:
            await self._journal.accept(self._row(clip))
        except JournalError as error:
            self._tell_unlisted(clip)
            raise NotRecordedError(str(error)) from error

    def _tell_unlisted(self, clip: Clip) -> None:
        if clip.media_id not in self._told:
            self._told.add(clip.media_id)
            self._listener.clip_saved(clip)

    def _row(self, clip: Clip) -> MediaRow:
        name = self._listener.name_of(clip.camera_id)
        return MediaRow.of_clip(self._journal.site, clip, name=name)

    async def kept(self) -> Sequence[Kept]:
        """All media that are listed. Raises NotRecordedError while the journal cannot be read."""
        site = self._journal.site

        def ask(connection: Connection) -> list[Kept]:
            return [
                Kept(row.media_id, row.began, row.size, tuple(row.incident_ids))
                for row in oldest_media(connection, site)
            ]

        try:
            return await self._journal.read(ask)
        except JournalError as error:
            raise NotRecordedError(str(error)) from error

    async def forget(self, media_ids: Sequence[str]) -> None:
        """List these no more. Raises NotRecordedError."""
        work = partial(forget_media, site=self._journal.site, media_ids=media_ids)
        try:
            await self._journal.transact(work)
        except JournalError as error:
            raise NotRecordedError(str(error)) from error

    def saved(self, clip: Clip) -> None:
        """A clip is there, and listed."""
        if clip.media_id in self._told:
            self._told.discard(clip.media_id)
        else:
            self._listener.clip_saved(clip)

    def failed(self, failure: Failure) -> None:
        """There is no clip, or only a part of one is listed yet."""
        if failure.reason is Reason.NOT_RECORDED:
            _LOGGER.debug("A clip is not in the journal yet: %s", failure.detail)
            return
        self._listener.clip_failed(failure)

    def room(self, free: int | None) -> None:
        """The disk is full, or has room again."""
        self._listener.disk_room(free)


def clip_of(row: MediaRow) -> Clip:
    """A clip as the journal lists it."""
    return Clip(
        media_id=row.media_id,
        camera_id=row.camera_id,
        recording_id=row.recording_id,
        part=row.part,
        began=row.began,
        duration=row.duration,
        pre_roll=row.pre_roll,
        path=Path(row.path),
        thumbnail=Path(row.thumbnail) if row.thumbnail else None,
        size=row.size,
        sha256=row.sha256,
        source=row.source,
        causes=tuple(map(Cause, row.causes)),
        event_ids=tuple(row.event_ids),
        incident_ids=tuple(row.incident_ids),
    )
