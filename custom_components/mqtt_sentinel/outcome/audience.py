"""Who hears of changes: entities and others, each kept from the failures of the rest."""

from collections import defaultdict
from collections.abc import Callable
from enum import Enum, auto
import logging

from homeassistant.core import CALLBACK_TYPE, callback

from ..watch.sentinel import Change

_LOGGER = logging.getLogger(__name__)

type Listener = Callable[[Change | None], None]


class Moment(Enum):
    """When somebody hears of a change: while states are shown, or after, when events are told."""

    SHOW = auto()
    TELL = auto()


class Audience:
    """All who listen, by what they listen to; ``failures`` counts those that could not."""

    def __init__(self) -> None:
        """Start with nobody."""
        self.failures = 0
        self._listeners: dict[Moment, defaultdict[str, list[Listener]]] = {
            moment: defaultdict(list) for moment in Moment
        }

    @callback
    def listen(self, subject: str, listener: Listener, moment: Moment) -> CALLBACK_TYPE:
        """Call ``listener`` when a watch, an alarm or the hub changed."""
        listeners = self._listeners[moment][subject]
        listeners.append(listener)

        @callback
        def stop() -> None:
            listeners.remove(listener)
            if not listeners:
                self._listeners[moment].pop(subject, None)

        return stop

    @callback
    def notify(self, moment: Moment, subject: str, change: Change | None) -> None:
        """Call all who listen to ``subject`` at this moment."""
        for listener in list(self._listeners[moment].get(subject, ())):
            self.shield(listener, change)

    def shield[**P](self, consumer: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        """Call somebody; whatever goes wrong there, the verdict has to reach the others."""
        try:
            consumer(*args, **kwargs)
        except Exception:
            self.failures += 1
            _LOGGER.exception("A consumer of a change failed")
