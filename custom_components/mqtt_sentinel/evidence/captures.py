"""What others need of the cameras to have something recorded."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from .facts import Cause

if TYPE_CHECKING:
    from homeassistant.core import Context

    from .facts import Clip


class Captures(Protocol):
    """Cameras that can be told to record."""

    @property
    def setups(self) -> Mapping[str, object]:
        """All of them, by their ids."""

    async def capture(
        self,
        camera_id: str,
        duration: float | None,
        context: Context | None,
        cause: Cause = Cause.ACTION,
    ) -> Clip:
        """Record so many seconds, or as long as it is set up; answer when the first part is saved.

        Raises ClipError.
        """
