"""What outlives a restart: expectations with their since-times, open incidents."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import batched
import logging
import time
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store

from .const import DOMAIN
from .watch import occasions
from .watch.expectation import Wanted
from .watch.occasions import EventName
from .watch.watched import Snapshot

_LOGGER = logging.getLogger(__name__)

_VERSION = 1
# A change is written at once, for a crash may follow it. Only where there is so much to write that
# it would hold up the event loop, writing pauses for so many times as long as it took to prepare,
# and it is prepared in parts of so many watches: others have their turn between them.
_PAUSE = 20
_PART = 250


@dataclass(frozen=True, slots=True)
class Memory:
    """What was stored: a snapshot a watch, what each silent source wanted last, the latest events.

    ``parts`` is what parts of the hub keep for themselves, by their names, in JSON types; each
    reads its own, and takes into account that it may be anything.
    """

    watches: dict[str, Snapshot] = field(default_factory=dict)
    sources: dict[str, Wanted] = field(default_factory=dict)
    events: list[EventName] = field(default_factory=list)
    parts: dict[str, Any] = field(default_factory=dict)


class MemoryStore:
    """Reads and writes the memory of one hub entry."""

    def __init__(self, hass: HomeAssistant, entry_id: str, remember: Callable[[], Memory]) -> None:
        """Prepare; ``remember`` gives what to write."""
        self._hass = hass
        self._store = _store(hass, entry_id)
        self._changed = False
        self._pause: asyncio.Handle | None = None
        self._preparing: object = None
        self._remember = remember

    async def load(self) -> Memory:
        """Read what was stored. What cannot be read is left out, with one warning."""
        stored = await self._store.async_load() or {}
        unreadable: list[str] = []
        watches: dict[str, Snapshot] = {}
        sources: dict[str, Wanted] = {}
        events: list[EventName] = []
        for watch_id, data in stored.get("watches", {}).items():
            try:
                watches[watch_id] = Snapshot.from_dict(data)
            except KeyError, TypeError, ValueError:
                unreadable.append(watch_id)
        for source_id, wanted in stored.get("sources", {}).items():
            try:
                sources[source_id] = Wanted(wanted)
            except ValueError:
                unreadable.append(source_id)
        for event in stored.get("events", []):
            try:
                events.append(occasions.from_list(event))
            except TypeError, ValueError:
                unreadable.append("an event")
        parts = stored.get("parts", {})
        if not isinstance(parts, dict):
            unreadable.append("all parts")
            parts = {}
        if unreadable:
            _LOGGER.warning("Stored state of %s could not be read", ", ".join(unreadable))
        return Memory(watches, sources, events, parts)

    @callback
    def save_soon(self) -> None:
        """Write at once, or, shortly after another write, within a moment."""
        self._changed = True
        if self._pause is None and self._preparing is None:
            # Not before the next turn: what changes together is written together.
            self._pause = self._hass.loop.call_soon(self._pause_over)

    async def save(self) -> None:
        """Write now, and nothing after it."""
        if self._pause:
            self._pause.cancel()
            self._pause = None
        self._preparing = None
        memory = self._remember()
        await self._store.async_save(_as_dict(memory, _watches_as_dict(memory.watches.items())))

    @callback
    def _pause_over(self) -> None:
        self._pause = None
        if not self._changed:
            return
        self._changed = False
        self._hass.async_create_task(self._write(), f"{DOMAIN} memory")

    async def _write(self) -> None:
        begun = time.monotonic()
        mine = self._preparing = object()
        memory = self._remember()
        watches: dict[str, Any] = {}
        for part in batched(memory.watches.items(), _PART, strict=False):
            if watches:
                await asyncio.sleep(0)
            watches |= _watches_as_dict(part)
        if self._preparing is not mine:
            return  # what is newer was written in the meantime
        self._preparing = None
        pause = _PAUSE * (time.monotonic() - begun)
        self._pause = self._hass.loop.call_later(pause, self._pause_over)
        # The store writes one after the other.
        await self._store.async_save(_as_dict(memory, watches))


def _watches_as_dict(watches: Iterable[tuple[str, Snapshot]]) -> dict[str, Any]:
    return {key: value.as_dict() for key, value in watches}


def _as_dict(memory: Memory, watches: dict[str, Any]) -> dict[str, Any]:
    return {
        "watches": watches,
        "sources": dict(memory.sources),
        "events": [occasions.as_list(event) for event in memory.events],
        "parts": memory.parts,
    }


async def remove_memory(hass: HomeAssistant, entry_id: str) -> None:
    """Delete what was stored of a hub entry."""
    await _store(hass, entry_id).async_remove()


def _store(hass: HomeAssistant, entry_id: str) -> Store[dict[str, Any]]:
    return Store(hass, _VERSION, f"{DOMAIN}.{entry_id}")
