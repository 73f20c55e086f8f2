"""When values are shown: at once when idle, together under load, and always the latest."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
import logging
from math import inf
from typing import TYPE_CHECKING, NamedTuple

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ..watch.reports import NO_DETAILS, DeviceDetails
from ..watch.telemetry import MOST_VALUES

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, TimerHandle

    from ..watch.reports import ThingKey
    from ..watch.watched import Watched

_LOGGER = logging.getLogger(__name__)

# The values of a watch are shown once in so many seconds at most.
PAUSE = 0.1
# Watches whose pauses end so close together are shown together, so many at most before others of
# the event loop have their turn.
_TOGETHER = 0.01
_MOST_TOGETHER = 50

DETAILS = tuple(entry.name for entry in fields(DeviceDetails))


class Kind(StrEnum):
    """What there is to show of a thing, each by entities of its own."""

    VALUES = "anomaly"  # of all values together; it has no name
    VALUE = "value"
    DETAIL = "detail"


class Item(NamedTuple):
    """One thing to show: a value or a detail by its name."""

    kind: Kind
    name: str = ""

    @property
    def key(self) -> str:
        """What tells it from the others of its watch, the same for ever."""
        return f"{self.kind}_{self.name}" if self.name else self.kind.value


type Adder = Callable[[str, list[Item]], None]
type Shield = Callable[..., None]


@dataclass(slots=True)
class _Board:
    """What is shown of one watch, and when it was last. Times are those of the event loop."""

    watch_id: str
    items: dict[Item, None] = field(default_factory=dict)
    shows: list[Callable[[], None]] = field(default_factory=list)
    shown_at: float = -inf
    queued: bool = False
    values: int = 0
    ignored: bool = False
    details: DeviceDetails = NO_DETAILS


class Values:
    """Shows the values of all watches, and tells the platforms what new there is to show.

    What a watch measured is shown at once if it has not been for :data:`PAUSE` seconds, else when
    the pause is over. ``ours`` tells whether values of a thing are shown here at all. ``detailed``
    hears what a device told of itself. ``shield`` calls
    somebody with what it is given, and survives it.
    """

    def __init__(
        self,
        loop: AbstractEventLoop,
        watches: Mapping[str, Watched],
        ours: Callable[[ThingKey], bool],
        detailed: Callable[[str, DeviceDetails], None],
        shield: Shield,
    ) -> None:
        """Prepare; ``watches`` are those of now and of later."""
        self._loop = loop
        self._watches = watches
        self._ours = ours
        self._detailed = detailed
        self._shield = shield
        self._boards: dict[str, _Board] = {}
        self._adders: list[Adder] = []
        self._queue: deque[tuple[float, _Board]] = deque()
        self._timer: TimerHandle | None = None

    # What there is to show

    def restore(self, entries: Iterable[er.RegistryEntry]) -> None:
        """There were such entities before a restart, and so such values and details."""
        for entry in entries:
            watch = self._watches.get(entry.config_subentry_id or "")
            if watch is None or entry.domain != "sensor" or not self._ours(watch.config.key):
                continue
            key = entry.unique_id.removeprefix(f"{watch.config.id}_")
            kind, _, name = key.partition("_")
            if kind == Kind.VALUE:
                watch.telemetry.remember(name)
                self._find_values(self._board(watch.config.id), watch)
            elif kind == Kind.DETAIL and name in DETAILS:
                self._board(watch.config.id).items[Item(Kind.DETAIL, name)] = None

    @callback
    def on_new(self, add: Adder) -> None:
        """Call ``add`` with what there is to show of a watch, now and whenever there is more."""
        self._adders.append(add)
        for board in self._boards.values():
            add(board.watch_id, list(board.items))

    @callback
    def listen(self, watch_id: str, show: Callable[[], None]) -> CALLBACK_TYPE:
        """Call ``show`` when the values of a watch should be shown."""
        shows = self._board(watch_id).shows
        shows.append(show)

        @callback
        def stop() -> None:
            shows.remove(show)

        return stop

    def forget(self, watch_id: str) -> None:
        """A watch is no more, or watches another thing."""
        self._boards.pop(watch_id, None)

    # When it is shown

    @callback
    def heard(self, fresh: list[Watched]) -> None:
        """Show what was heard, or see to it that it will be, and empty the list."""
        now = self._loop.time()
        for watch in fresh:
            if not self._ours(watch.config.key):
                continue
            board = self._board(watch.config.id)
            if watch.telemetry.urgent or board.shown_at + PAUSE <= now:
                self._show(board, watch, now)
            elif not board.queued:
                self._put_off(board)
        fresh.clear()
        self._arm(now)

    @callback
    def stop(self) -> None:
        """Show nothing any more."""
        if self._timer:
            self._timer.cancel()
        self._queue.clear()
        self._boards.clear()

    def _board(self, watch_id: str) -> _Board:
        board = self._boards.get(watch_id)
        if board is None:
            board = self._boards[watch_id] = _Board(watch_id)
        return board

    def _show(self, board: _Board, watch: Watched, now: float) -> None:
        telemetry = watch.telemetry
        telemetry.fresh = telemetry.urgent = False
        board.shown_at = now
        if len(telemetry.values) != board.values:
            self._add(board, self._find_values(board, watch))
        if watch.details is not board.details:
            self._show_details(board, watch)
        if telemetry.ignored and not board.ignored:
            board.ignored = True
            _LOGGER.debug("%r has more than %d values", watch.config.key, MOST_VALUES)
        for show in tuple(board.shows):
            self._shield(show)

    def _find_values(self, board: _Board, watch: Watched) -> list[Item]:
        """The values that are new, behind what stands for all of them when they are the first."""
        found = [Item(Kind.VALUE, name) for name in list(watch.telemetry.values)[board.values :]]
        if not board.values:
            found.insert(0, Item(Kind.VALUES))
        board.values = len(watch.telemetry.values)
        board.items |= dict.fromkeys(found)
        return found

    def _show_details(self, board: _Board, watch: Watched) -> None:
        before, details = board.details, watch.details
        board.details = details
        if not before.whole:
            found = [
                item
                for name in DETAILS
                if getattr(details, name) is not None
                and (item := Item(Kind.DETAIL, name)) not in board.items
            ]
            board.items |= dict.fromkeys(found)
            self._add(board, found)
        if (before.ip_address, before.firmware) != (details.ip_address, details.firmware):
            self._detailed(board.watch_id, details)

    def _add(self, board: _Board, found: list[Item]) -> None:
        if found:
            for add in self._adders:
                self._shield(add, board.watch_id, found)

    # What waits

    def _put_off(self, board: _Board) -> None:
        board.queued = True
        self._queue.append((board.shown_at + PAUSE, board))

    @callback
    def _arm(self, now: float) -> None:
        if self._timer is None and self._queue:
            due, _ = self._queue[0]
            self._timer = self._loop.call_at(max(due, now + _TOGETHER), self._due)

    @callback
    def _due(self) -> None:
        """Show those whose pause is over."""
        self._timer = None
        now = self._loop.time()
        for _ in range(_MOST_TOGETHER):
            if not self._queue or self._queue[0][0] > now:
                break
            _, board = self._queue.popleft()
            board.queued = False
            if self._boards.get(board.watch_id) is not board:
                continue
            watch = self._watches[board.watch_id]
            if not watch.telemetry.fresh:
                continue  # what was urgent took it along
            if board.shown_at + PAUSE > now:
                self._put_off(board)
            else:
                self._show(board, watch, now)
        self._arm(now)


def remove_values(hass: HomeAssistant, entry_id: str, watch_id: str) -> None:
    """Remove the entities that show values and details of what is watched no more."""
    registry = er.async_get(hass)
    kinds = {kind.value for kind in Kind} | {"average"}
    for entry in er.async_entries_for_config_entry(registry, entry_id):
        if entry.config_subentry_id == watch_id:
            kind = entry.unique_id.removeprefix(f"{watch_id}_").partition("_")[0]
            if kind in kinds:
                registry.async_remove(entry.entity_id)
