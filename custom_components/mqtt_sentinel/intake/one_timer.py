"""One timer of the event loop for many deadlines."""

from collections.abc import Callable

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback


class OneTimer:
    """Calls ``due`` at the next deadline, whichever that is by then."""

    def __init__(self, hass: HomeAssistant, due: Callable[[], None]) -> None:
        """Prepare; nothing runs before :meth:`set`."""
        self._hass = hass
        self._due = due
        self._cancel: CALLBACK_TYPE | None = None
        self._at: float | None = None

    @callback
    def set(self, deadline: float | None) -> None:
        """Be due at ``deadline``, in monotonic seconds, and not before; with None never."""
        if deadline == self._at:
            return
        if self._cancel:
            self._cancel()
        self._cancel, self._at = None, deadline
        if deadline is not None:
            self._cancel = self._hass.loop.call_at(deadline, self._ring).cancel

    @callback
    def _ring(self) -> None:
        self._cancel = self._at = None
        self._due()
