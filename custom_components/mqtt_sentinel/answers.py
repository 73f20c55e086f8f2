"""What people answer to incidents and storms."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from homeassistant.core import callback

from .intake.mqtt import now

if TYPE_CHECKING:
    from .watch.sentinel import Change, Sentinel


class Answers:
    """Hands answers to the heart; ``apply`` gets what they changed.

    ``repeat`` sends the last command of a relay again.
    """

    def __init__(
        self, sentinel: Sentinel, apply: Callable[..., None], repeat: Callable[[str], None]
    ) -> None:
        """Wait for somebody to answer."""
        self._sentinel = sentinel
        self._apply = apply
        self._repeat = repeat

    @callback
    def repeat(self, relay_id: str) -> None:
        """Send what is wanted of a relay once more."""
        self._repeat(relay_id)

    @callback
    def accept(self, watch_id: str) -> None:
        """The reported state is fine for now."""
        self._apply(*self._sentinel.accept(watch_id, now()))

    @callback
    def mute(self, watch_id: str) -> None:
        """Say nothing more of the open incident for now."""
        self._apply(*self._sentinel.mute(watch_id, now()))

    @callback
    def verify(self, watch_id: str) -> None:
        """Judge once more, after the settle time."""
        self._apply(*self._sentinel.verify(watch_id, now()))

    @callback
    def verify_storm(self, storm_id: str) -> None:
        """Judge all that is wrong in a storm once more."""
        moment = now()
        self._apply(*self._of_all(storm_id, lambda name: self._sentinel.verify(name, moment)))

    @callback
    def mute_storm(self, storm_id: str) -> None:
        """Say nothing more of all that is wrong in a storm."""
        moment = now()
        self._apply(*self._of_all(storm_id, lambda name: self._sentinel.mute(name, moment)))

    def _of_all(self, storm_id: str, do: Callable[[str], Iterable[Change]]) -> list[Change]:
        members = list(self._sentinel.storms.open[storm_id].members)
        return [change for name in members for change in do(name)]
