"""What the recorder needs of whoever runs it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ..facts import Clip, Trigger
    from .orders import Reason


@dataclass(frozen=True, slots=True)
class Kept:
    """A clip as the journal lists it. ``began`` in epoch seconds, ``size`` in bytes."""

    media_id: str
    began: float
    size: int
    incident_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """There is no clip for these triggers.

    ``stays`` tells that what it would be made of is kept, and the next start tries again. ``detail`` is for
    the log.
    """

    camera_id: str
    triggers: tuple[Trigger, ...]
    reason: Reason
    stays: bool = False
    detail: str = ""


class Owner(Protocol):
    """Keeps the books, and hears what happens. All of it is called in the event loop."""

    async def record(self, clip: Clip) -> None:
        """List a clip for good; one with the same media id is replaced, never listed twice.

        Raises:
            NotRecordedError: It could not be listed.

        """

    async def kept(self) -> Sequence[Kept]:
        """All clips that are listed."""

    async def forget(self, media_ids: Sequence[str]) -> None:
        """List these no more; their files go next."""

    def open_incidents(self) -> Collection[str]:
        """The incidents whose clips are not to be removed."""

    def saved(self, clip: Clip) -> None:
        """A clip is there, and listed."""

    def failed(self, failure: Failure) -> None:
        """There is no clip."""

    def room(self, free: int | None) -> None:
        """The disk is full, with so many bytes free, and nothing can be recorded; None: there is room again."""
