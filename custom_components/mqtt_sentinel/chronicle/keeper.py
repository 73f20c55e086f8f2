"""The journal of a hub: opens it, writes down what happens, deletes what is old, tells when it fails."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import instance_id
from homeassistant.helpers.event import async_track_time_interval

from ..const import CONF_JOURNAL_URL, CONF_KEEP_DAYS
from ..evidence.journal.address import default_url, safe
from ..evidence.journal.failures import JournalError
from ..evidence.journal.journal import Journal
from ..evidence.journal.news import JournalState, Metrics, MovedAside, News as JournalNews, Phase
from ..evidence.journal.reading import counts, media_of_incidents
from ..evidence.journal.retention import DEFAULT_DAYS, close_lost, purge
from ..evidence.journal.rows import IncidentRow, Kind
from ..intake.mqtt import now
from ..outcome import journal as issues
from ..outcome.own_trouble import OwnReason, OwnTrouble
from ..watch.incidents import Turn
from .entries import (
    command_row,
    connection_row,
    dead_letter_row,
    event_row,
    incident_row,
    relay_row,
    storm_row,
)
from .hourly import Hourly

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigEntry
    from sqlalchemy import Connection

    from ..command.command import News
    from ..control.commands import Origin
    from ..control.relays import Relays
    from ..evidence.journal.rows import Row
    from ..intake.dead_letters import DeadLetter
    from ..watch.incidents import Incident
    from ..watch.sentinel import Change, Sentinel
    from ..watch.storms import Storm
    from ..watch.watched import Watched

_LOGGER = logging.getLogger(__name__)

# How long the end waits for what is not written yet: as long as a database may take that answers, and not
# as long for one that did not answer before.
_AT_THE_END = 10.0
_AT_THE_END_IN_VAIN = 2.0
_LOOK_EVERY = timedelta(hours=1)
# A little less than a day: the clock of the timer is not quite even.
_CLEAN_EVERY = 86400.0 - 60.0
# Within an hour. A device that only talks nonsense, or talks without end, must not fill the disk: of more
# than these there is the count.
MOST_DEAD_LETTERS = 1_000
MOST_OF_ONE = 3_600


class JournalKeeper:
    """Keeps the journal of a hub. Nothing here waits for a database, but :meth:`stop` and :meth:`purge`.

    ``device_id`` answers with the Home Assistant device of a subentry, None without one.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        sentinel: Sentinel,
        relays: Relays,
        device_id: Callable[[str], str | None],
    ) -> None:
        """Open nothing yet."""
        self._hass = hass
        self._entry = entry
        self._sentinel = sentinel
        self._relays = relays
        self._device_id = device_id
        self._site = ""
        self._url = ""
        self.journal: Journal | None = None
        self._stops: list[CALLBACK_TYPE] = []
        self._ending: set[asyncio.Task[None]] = set()
        self._refused = False
        self._trouble = OwnTrouble(hass, OwnReason.JOURNAL_FAILED)
        # Somebody has what could not be kept before.
        self.on_working: Callable[[], None] = lambda: None
        self._clean_at = 0.0
        # What was written last of each watch, and of which storms that they began.
        self._up: dict[str, bool | None] = {}
        self._storms: dict[str, Storm] = {}
        self._letters = Hourly()
        self._of_one = Hourly()
        self._left_out = 0

    # Life

    async def start(self) -> None:
        """Open the journal, in its own time: what happens meanwhile waits in memory."""
        self._site = await instance_id.async_get(self._hass)
        self._open()
        self._stops = [
            # The writer's thread must not live longer than Home Assistant, which unloads nothing.
            self._hass.bus.async_listen(EVENT_HOMEASSISTANT_FINAL_WRITE, self._finish),
            async_track_time_interval(self._hass, self._look, _LOOK_EVERY),
        ]

    async def stop(self) -> None:
        """Write what is there, within seconds, and close."""
        while self._stops:
            self._stops.pop()()
        await self._finish()
        for task in self._ending:
            task.cancel()
        issues.hide_failed(self._hass, self._entry.entry_id)

    async def _finish(self, _: Event | None = None) -> None:
        if self._ending:
            await asyncio.wait(self._ending, timeout=_AT_THE_END)
        journal, self.journal = self.journal, None
        if journal is not None and (left := await _end(journal)):
            _LOGGER.warning("The journal ended before %s rows were written", len(left))

    @callback
    def follow(self) -> None:
        """Follow a change of the options. Another journal gets what happens from now on."""
        if self.journal is not None and self._chosen_url() != self._url:
            work = self._hand_over(self.journal, self._open_ones())
            ending = self._hass.async_create_background_task(work, "journal ends")
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)
            self._open()
            self._write_open()

    async def _hand_over(self, journal: Journal, known: Collection[str]) -> None:
        """End a journal, and write elsewhere what it could not: it may be given up for that.

        Of ``known`` incidents the other journal has newer rows.
        """
        for row in await _end(journal):
            if not (isinstance(row, IncidentRow) and row.incident_id in known):
                self._write(row)

    def _chosen_url(self) -> str:
        chosen: str | None = self._entry.options.get(CONF_JOURNAL_URL)
        return chosen or default_url(Path(self._hass.config.config_dir))

    def _open(self) -> None:
        self._url = self._chosen_url()
        self._up.clear()
        self.journal = journal = Journal(self._url, lambda news: self._told(journal, news))
        journal.start()

    # What happens

    @callback
    def changes(self, changes: Iterable[Change]) -> None:
        """Write down what changes brought; most bring nothing that is kept."""
        for change in changes:
            watch = change.watch
            # One that is left out is written later, if it still holds then.
            if watch.facts.up is not self._up.get(watch.config.id) and self._has_room(watch):
                self._write_state(change)
            if change.turn is not None:
                incident = change.incident if change.turn is Turn.CLOSED else watch.incident
                self._write_incident(watch, incident or change.incident)
            if change.occasion is not None and self._has_room(watch):
                device_id = self._device_id(watch.config.id)
                self._write(event_row(self._site, watch.config, device_id, change.occasion))
        if self._sentinel.storms.open or self._storms:
            self._write_storms()

    def _write_state(self, change: Change) -> None:
        watch = change.watch
        watch_id, moment = watch.config.id, now().wall
        device_id = self._device_id(watch_id)
        self._up[watch_id] = watch.facts.up
        if watch_id not in self._relays:
            self._write(connection_row(self._site, watch, device_id, moment))
            return
        history = self._relays[watch_id].history
        cause = history[-1].by if history and change.connection is not None else None
        self._write(relay_row(self._site, watch, device_id, cause, moment))

    def _write_storms(self) -> None:
        open_ones = self._sentinel.storms.open
        for storm in [storm for name, storm in open_ones.items() if name not in self._storms]:
            self._storms[storm.id] = storm
            self._write(storm_row(self._site, self._entry.title, storm))
            # Those that opened before it was one do not name it yet.
            for watch_id in storm.members:
                self._write_open_incident(watch_id)
        for storm in [storm for name, storm in self._storms.items() if name not in open_ones]:
            del self._storms[storm.id]
            self._write(storm_row(self._site, self._entry.title, storm))

    def _write_open(self) -> None:
        """A journal that begins has to know what is open."""
        self._storms.clear()
        self._write_storms()
        for watch_id in self._sentinel.open_incidents:
            self._write_open_incident(watch_id)

    def _write_open_incident(self, watch_id: str) -> None:
        watch = self._sentinel.watches[watch_id]
        self._write_incident(watch, watch.incident)

    def _write_incident(self, watch: Watched, incident: Incident | None) -> None:
        if incident is not None:
            device_id = self._device_id(watch.config.id)
            self._write(incident_row(self._site, watch.config.name, device_id, incident))

    @callback
    def removed(self, watch: Watched) -> None:
        """A watch is no more, and its incident is over."""
        self._up.pop(watch.config.id, None)
        self._of_one.forget(watch.config.id)
        if watch.incident is not None:
            at = now().wall
            closed = replace(watch.incident.noted(at, "removed"), closed_at=at)
            self._write_incident(watch, closed)

    @callback
    def command(self, news: News, name: str, origin: Origin) -> None:
        """Write down what became of a command."""
        device_id = self._device_id(origin.subject) if origin.subject else None
        user_id = origin.context.user_id if origin.context else None
        self._write(command_row(self._site, news, name, origin.subject, device_id, user_id, now()))

    @callback
    def dead_letter(self, letter: DeadLetter) -> None:
        """Write down a message that could not be read, unless there are too many."""
        if self._letters.count("", letter.at) <= MOST_DEAD_LETTERS:
            self._write(dead_letter_row(self._site, letter))

    def _has_room(self, watch: Watched) -> bool:
        """Tell whether one more row of a watch is written; one that is not is counted."""
        number = self._of_one.count(watch.config.id, now().wall)
        if number <= MOST_OF_ONE:
            return True
        self._left_out += 1
        if number == MOST_OF_ONE + 1:
            _LOGGER.warning(
                "%s changes so often that the journal keeps no more of it within this hour",
                watch.config.name,
            )
        return False

    def _write(self, row: Row) -> None:
        if self.journal is not None:
            self.journal.write(row)

    # How it goes

    @property
    def site(self) -> str:
        """The name of this Home Assistant in its rows."""
        return self._site

    @property
    def state(self) -> JournalState:
        """How the journal is."""
        return self.journal.state if self.journal else JournalState(Phase.STOPPED)

    @property
    def metrics(self) -> Metrics:
        """Its numbers."""
        return self.journal.metrics if self.journal else Metrics()

    @property
    def lost(self) -> int:
        """How many rows could not be kept since the start."""
        metrics = self.metrics
        return metrics.dropped + metrics.refused + self._left_out

    @property
    def address(self) -> str:
        """Where it is, without what is secret in that."""
        return safe(self._url)

    async def accept(self, *rows: Row) -> None:
        """Keep rows, all or none, whatever happens next. Raises JournalError."""
        await self._running.accept(*rows)

    async def read[T](self, query: Callable[[Connection], T]) -> T:
        """Ask the journal for something. Raises JournalError."""
        return await self._running.read(query)

    async def transact[T](self, work: Callable[[Connection], T]) -> T:
        """Do something else in one transaction. Raises JournalError."""
        return await self._running.transact(work)

    @property
    def _running(self) -> Journal:
        if self.journal is None:
            raise JournalError("the journal does not run")
        return self.journal

    async def counts(self) -> Mapping[Kind, int] | None:
        """How many rows there are of each kind; None when nobody can tell now."""
        return await self._ask(partial(counts, site=self._site))

    async def media_of(
        self, incident_ids: Collection[str], since: float
    ) -> Mapping[str, list[str]] | None:
        """The ids of what was recorded for incidents since then; None when nobody can tell now."""
        site = self._site
        return await self._ask(
            partial(media_of_incidents, site=site, incident_ids=incident_ids, since=since)
        )

    async def _ask[T](self, query: Callable[[Connection], T]) -> T | None:
        if self.state.phase is not Phase.WORKING or self.journal is None:
            return None
        try:
            return await self.journal.read(query)
        except JournalError:
            return None

    @callback
    def _told(self, journal: Journal, news: JournalNews) -> None:
        if journal is not self.journal:
            return  # one that came to its end
        if isinstance(news, JournalState):
            self._show(news)
        elif isinstance(news, MovedAside):
            _LOGGER.error("The journal could not be read, and is %s now", news.path)
            issues.show_moved(self._hass, self._entry.entry_id, news.path)
            self._write_open()
        else:
            # One is enough to look at.
            level = logging.DEBUG if self._refused else logging.ERROR
            self._refused = True
            _LOGGER.log(level, "The database of the journal refuses a row: %s", news.text)

    def _show(self, state: JournalState) -> None:
        entry_id = self._entry.entry_id
        if state.phase is Phase.FAILING and state.trouble is not None:
            if self._trouble.tell(wrong=True, at=now().wall):
                _LOGGER.error(
                    "The journal cannot be written, what happens waits in memory: %s: %s",
                    state.trouble.value,
                    state.text,
                )
            issues.show_failed(self._hass, entry_id, state.trouble.value, self.address, state.text)
        elif state.phase is Phase.WORKING:
            if self._trouble.tell(wrong=False, at=now().wall):
                _LOGGER.info("The journal is written again")
            issues.hide_failed(self._hass, entry_id)
            self.on_working()

    # What is old

    async def _look(self, moment: datetime) -> None:
        """Once a day, and an hour after the start for the first time, delete what is old."""
        at = moment.timestamp()
        # It may end, or be another, before all is done.
        journal = self.journal
        if journal is None or at < self._clean_at:
            return
        chosen = self._entry.options.get(CONF_KEEP_DAYS, {})
        days = {kind: int(chosen.get(kind, age)) for kind, age in DEFAULT_DAYS.items()}
        try:
            await self._close_lost(journal, at)
            await self._purge(journal, days)
        except JournalError as error:
            _LOGGER.debug("What is old in the journal stays for now: %s", error)
        else:
            self._clean_at = at + _CLEAN_EVERY

    async def _close_lost(self, journal: Journal, at: float) -> None:
        """Close what a crash left open: it is in the journal, and in the memory of nobody."""
        known = self._open_ones()
        await journal.transact(partial(close_lost, site=self._site, known=known, at=at))

    def _open_ones(self) -> Collection[str]:
        watches = self._sentinel.watches.values()
        known = {watch.incident.id for watch in watches if watch.incident}
        return known | self._sentinel.storms.open.keys()

    async def purge(self, kinds: Collection[Kind], keep_days: int) -> Mapping[Kind, int]:
        """Delete what is older; how many rows it were of each kind. Raises JournalError."""
        return await self._purge(self._running, dict.fromkeys(kinds, keep_days))

    async def _purge(self, journal: Journal, days: Mapping[Kind, int]) -> Mapping[Kind, int]:
        at = now().wall
        return {
            kind: await purge(journal, self._site, at, {kind: age}) for kind, age in days.items()
        }


async def _end(journal: Journal) -> list[Row]:
    failing = journal.state.phase is Phase.FAILING
    return await journal.stop(_AT_THE_END_IN_VAIN if failing else _AT_THE_END)
