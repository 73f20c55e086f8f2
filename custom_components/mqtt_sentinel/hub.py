"""The hub: owns the parts, and carries facts from one to the next."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
import logging
from typing import TYPE_CHECKING, Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.event import async_track_time_interval

from .alarms import Alarms
from .answers import Answers
from .cameras.cameras import Cameras
from .chronicle.keeper import JournalKeeper
from .const import CONF_DIALECTS, CONF_PREFIXES
from .control.commands import Commands, Origin
from .control.relays import Relays
from .control.scenes import Scenes
from .dialects import broker
from .dialects.table import DIALECTS, shows_values
from .drills.drills import Drills
from .intake.command_topics import CommandTopics
from .intake.mqtt import Link, MqttIntake, now
from .intake.one_timer import OneTimer
from .intake.own_topics import OwnTopics
from .intake.pulse import PulseIntake
from .introductions import Introductions
from .newcomers import Newcomers
from .outcome.audience import Audience, Moment
from .outcome.issues import hide_incident, hide_storm, show_broker, show_incident
from .outcome.telling import Telling
from .outcome.values import Values, remove_values
from .setup.watches import check_defaults, read_watches
from .storage import Memory, MemoryStore
from .watch.sentinel import Change, Sentinel
from .watch.verdict import Reason
from .watch.vitals import Vitals
from .web.signing import signed_links

if TYPE_CHECKING:
    from homeassistant.core import Context

    from .command.command import News
    from .intake.dead_letters import DeadLetter
    from .outcome.media import SavedMedia
    from .setup.watches import WatchSetup
    from .watch.clock import Instant
    from .watch.expectation import Expectation
    from .watch.known import KnownThing
    from .watch.reports import DeviceDetails, Report, ThingKey

_LOGGER = logging.getLogger(__name__)

# How often "last seen" and the numbers of the hub are brought up to date; with every message they
# would drown the recorder.
_NOW_AND_THEN = timedelta(seconds=30)
# How often it is written down when nothing else is worth it, as often as states that are restored.
_KEEP_EVERY = timedelta(minutes=15)

_THERE = frozenset({Link.CONNECTED, Link.SUBSCRIBED})

type SentinelConfigEntry = ConfigEntry[Hub]


class Hub:
    """All parts of one config entry, and the one way through them.

    Intake hears, the sentinel judges, and what changed goes on to storage, issues, the bus and
    the entities, each kept from the failures of the others.
    """

    def __init__(self, hass: HomeAssistant, entry: SentinelConfigEntry) -> None:
        """Put the parts together; nothing runs before :meth:`start`."""
        self.hass = hass
        self.entry = entry
        self.sentinel = Sentinel()
        self.audience = Audience()
        self.introductions = Introductions(hass, entry, self.audience, self._present)
        self.device_id = self.introductions.device_id
        self.on_new = self.introductions.on_new
        self.on_changed = self.introductions.on_changed
        self.telling = Telling(hass, entry.entry_id, self.audience, self.sentinel, self.device_id)
        self.commands = Commands(hass, self.audience)
        self.commands.follow(self._commanded)
        self.mqtt = MqttIntake(hass, self._heard, self._linked)
        self.topics = CommandTopics(hass, self.mqtt, self.commands.sender.heard)
        self._own_topics = OwnTopics(hass, self.mqtt, self.topics)
        self.pulse = PulseIntake(hass, self.mqtt, entry.entry_id)
        self.vitals = Vitals(now())
        self.values = Values(
            hass.loop, self.sentinel.watches, shows_values, self._detailed, self.audience.shield
        )
        self.broker_gone_since: float | None = None
        self.newcomers = Newcomers(hass, entry, self.sentinel.known)
        self._data = dict(entry.data)
        self._loaded = False
        self._store = MemoryStore(hass, entry.entry_id, self._memory)
        self._save_soon = self._store.save_soon
        self.relays = Relays(
            self.commands, self.sentinel, self.audience, self._apply, self._save_soon
        )
        # What parts keep for themselves; what any of them restores is in the memory at the start.
        self._parts: dict[str, Callable[[], Any]] = {"relays": self.relays.remember}
        self.alarms = Alarms(
            *(hass, self.sentinel, self.audience, self.telling, self.commands),
            *(self._expected, self._save_soon),
        )
        self._parts["alarms"] = self.alarms.remember
        self.expectations = self.alarms.expectations
        self.answers = Answers(self.sentinel, self._apply, self.relays.repeat)
        self.scenes = Scenes(
            *(hass, entry, self.mqtt, self.topics, self.commands, self.telling, self._store)
        )
        self._parts["scenes"] = self.scenes.remember
        self.journal = JournalKeeper(hass, entry, self.sentinel, self.relays, self.device_id)
        self.mqtt.dead_letters.on_added = self._unread
        self.cameras = Cameras(
            *(hass, entry, self.sentinel, self.audience, self.journal),
            *(self._heard, self._saved),
        )
        self.drills = Drills(hass, entry.entry_id, self, self._store)
        self._parts["drills"] = self.drills.memory
        self._setups: dict[str, WatchSetup] = {}
        self._changes = 0
        self._source: object = None
        self._last_seen_told: dict[str, float | None] = {}
        self._stops: list[CALLBACK_TYPE] = []
        self._timer = OneTimer(hass, self._due)

    # Life

    async def start(self) -> None:
        """Go on from what was stored, and listen.

        Raises HomeAssistantError when the MQTT integration is not set up.
        """
        memory = await self._store.load()
        self.scenes.restore(memory.parts.get("scenes"))
        self._loaded = True
        await self.journal.start()
        self.expectations.memory = dict(memory.sources)
        await self.drills.start(memory.parts.get("drills"))
        self.sentinel.occasions.restore(memory.events)
        self.relays.restore(memory.parts.get("relays"))
        subentries = self.entry.subentries.values()
        self._setups = read_watches(subentries, self.entry.options)
        watches = self._setups.values()
        for setup in watches:
            restored = memory.watches.get(setup.config.id)
            self._apply(*self.sentinel.add(setup.config, now(), restored))
            if setup.relay:
                self.relays.set(setup.config.id, setup.relay)
            if setup.camera:
                self.cameras.set(setup.camera)
        self.values.restore(
            er.async_entries_for_config_entry(er.async_get(self.hass), self.entry.entry_id)
        )
        # The alarms before what the watches expect: a wish that is not heard yet must not look
        # like one that was withdrawn.
        self.alarms.start(subentries, memory.parts.get("alarms"))
        # What a relay should be is commanded, and known to nobody but the heart.
        self.expectations.set_watches(
            [(setup.config, setup.wish) for setup in watches if setup.relay is None]
        )
        for setup in watches:
            show_incident(self.hass, self.entry.entry_id, self.sentinel.watches[setup.config.id])
        self.telling.storms()
        await self._listen_in([setup.config.key for setup in watches if setup.speaks_dialect])
        for setup in watches:  # what is listened to already is known now
            await self._own_topics.follow(setup)
        await self.scenes.start()
        await self.cameras.start()
        if self.mqtt.link is Link.GONE:
            self._linked(Link.GONE)
        self._stops = [
            async_track_time_interval(self.hass, self._tell_now_and_then, _NOW_AND_THEN),
            async_track_time_interval(self.hass, self._keep_last_seen, _KEEP_EVERY),
        ]
        self.newcomers.start()

    async def _listen_in(self, watched: Iterable[ThingKey]) -> None:
        """Listen to what was chosen, and to all that is watched, chosen or not any more."""
        dialects, sites = [*self._data[CONF_DIALECTS]], [*self._data[CONF_PREFIXES]]
        for key in watched:
            dialects.append(key.dialect)
            sites.append(key.site)
        await self.pulse.start(cadence=broker.NAME in dialects)
        await self.mqtt.start(
            [DIALECTS[name] for name in dict.fromkeys(dialects)], dict.fromkeys(sites)
        )

    async def stop(self) -> None:
        """Leave no listener, task or timer behind, and keep what has to be kept."""
        await self.drills.stop()
        self.pulse.stop()
        self.scenes.stop()
        self.commands.sender.stop()
        self.topics.stop()
        self.mqtt.stop()
        self.alarms.stop()
        self.newcomers.stop()
        while self._stops:
            self._stops.pop()()
        self._timer.set(None)
        self.values.stop()
        self._changes += 1  # a refresh that has begun finds nobody any more
        show_broker(self.hass, self.entry.entry_id, None)
        for watch_id in self.sentinel.watches:
            hide_incident(self.hass, watch_id)
        for storm_id in self.sentinel.storms.open:
            hide_storm(self.hass, storm_id)
        # What takes a while comes last: the MQTT integration may be unloaded meanwhile.
        await self.cameras.stop()
        if self._loaded:  # what could not be read must not be overwritten by nothing
            await self._store.save()
        await self.journal.stop()

    async def keep(self, _: Event) -> None:
        """Keep what has to outlive Home Assistant, which is about to stop."""
        await self._store.save()
        await self.cameras.stop()

    async def refresh(self) -> None:
        """Follow a change of the config entry, touching only what changed.

        What changes in one go, such as many watches that are added, is followed in one go.
        """
        self._changes = change = self._changes + 1
        await asyncio.sleep(0)
        if change != self._changes:
            return
        if dict(self.entry.data) != self._data:
            self.hass.config_entries.async_schedule_reload(self.entry.entry_id)
            return
        self.journal.follow()
        self.cameras.follow()
        setups = self._read()
        removed = [key for key in self._setups if key not in setups]
        let_go = [key for watch_id in removed if (key := self._remove_watch(watch_id))]
        for setup in setups.values():
            await self._set_watch(setup)
        for config, new in self.alarms.refresh(self.entry.subentries):
            self.introductions.introduce(config.id, config.name, new=new)
        for scene_id, name, new in await self.scenes.follow():
            self.introductions.introduce(scene_id, name, new=new)
        if let_go:
            # Whoever stops watching a thing need not be told that it is new.
            self.newcomers.ignore(let_go)
        self.newcomers.follow()
        self.drills.follow_alarms()
        self._store.save_soon()

    def _read(self) -> dict[str, WatchSetup]:
        """All watches as they are set up; read again only if something that they depend on changed."""
        subentries = self.entry.subentries
        source = (
            {key: (subentry.title, subentry.data) for key, subentry in subentries.items()},
            check_defaults(self.entry.options),
        )
        if source == self._source:
            return dict(self._setups)
        self._source = source
        return read_watches(subentries.values(), self.entry.options)

    # One watch at a time

    async def _set_watch(self, setup: WatchSetup) -> None:
        watch_id = setup.config.id
        before = self._setups.get(watch_id)
        if before == setup:
            return
        self._setups[watch_id] = setup
        if before and before.config.key != setup.config.key:
            self.values.forget(watch_id)
            remove_values(self.hass, self.entry.entry_id, watch_id)
        change = self.sentinel.configure if before else self.sentinel.add
        self._apply(*change(setup.config, now()))
        if setup.relay:
            self.relays.set(watch_id, setup.relay)
        else:
            if setup.camera:
                self.cameras.set(setup.camera)
            self.expectations.set_watch(setup.config, setup.wish)
        if before is None or before.own_topics != setup.own_topics:
            await self._own_topics.follow(setup)
        self.introductions.introduce(watch_id, setup.config.name, new=before is None)
        show_incident(self.hass, self.entry.entry_id, self.sentinel.watches[watch_id])

    def _remove_watch(self, watch_id: str) -> ThingKey | None:
        """Forget a watch; answer which thing of a dialect a user chose with it."""
        setup = self._setups.pop(watch_id)
        alarms = list(self.expectations.alarms_over(watch_id))
        if setup.relay:
            self.relays.remove(watch_id)
        else:
            self.expectations.remove_watch(watch_id)
        if setup.camera:
            self.cameras.remove(watch_id)
        watch = self.sentinel.watches[watch_id]
        self._apply(*self.sentinel.remove(watch_id, now()))
        self.journal.removed(watch)
        if (setup.is_chosen_thing or setup.implied) and (watch.connection or watch.last_seen):
            self.sentinel.known.put_back(watch.as_known())
        self._last_seen_told.pop(watch_id, None)
        self.values.forget(watch_id)
        self._own_topics.forget(watch_id)
        hide_incident(self.hass, watch_id)
        self._show_hub()
        for alarm_id in alarms:
            self.alarms.said(alarm_id)
        for camera_id in self.cameras.over([watch.config.key]):
            self.audience.notify(Moment.SHOW, camera_id, None)
        return watch.config.key if setup.is_chosen_thing else None

    # What the platforms and entities need

    def _present(self) -> list[str]:
        return [*self._setups, *self.expectations.alarms, *self.scenes.setups]

    def unwatched(self) -> list[KnownThing]:
        """What was heard and can be watched; also what is watched only for those behind it."""
        implied = (key for key, setup in self._setups.items() if setup.implied)
        return [*self.sentinel.known, *(self.sentinel.watches[key].as_known() for key in implied)]

    # The way through

    @callback
    def _heard(self, report: Report) -> None:
        if changes := self.sentinel.hear(report):
            self._apply(*changes)
        elif self.sentinel.fresh:
            self.values.heard(self.sentinel.fresh)
        self.commands.sender.heard(report)
        if self.drills.running:
            self.drills.heard(report)

    @callback
    def _unread(self, letter: DeadLetter) -> None:
        """A message could not be read."""
        self.audience.shield(self.journal.dead_letter, letter)

    @callback
    def _commanded(self, news: News, origin: Origin) -> None:
        """Something became of a command."""
        subentry = self.entry.subentries.get(origin.subject or "")
        name = subentry.title if subentry else self.entry.title
        self.telling.command(news, origin.subject, name, origin.context)
        self.journal.command(news, name, origin)

    @callback
    def _saved(self, saved: SavedMedia, context: Context | None) -> None:
        """A clip is there, or what a device took itself."""
        links = signed_links(self.hass, saved.media_id, thumbnail=saved.has_thumbnail)
        self.telling.media(saved, self.cameras.name_of(saved.camera_id), links, context)

    @callback
    def _detailed(self, watch_id: str, details: DeviceDetails) -> None:
        """A device told something new of itself."""
        if details.firmware and (device_id := self.device_id(watch_id)):
            dr.async_get(self.hass).async_update_device(device_id, sw_version=details.firmware)
        self.audience.notify(Moment.SHOW, watch_id, None)

    @callback
    def _expected(self, expectations: Mapping[str, Expectation]) -> None:
        moment = now()
        watches = self.sentinel.watches
        news = {
            watch_id: expectation
            for watch_id, expectation in expectations.items()
            if watches[watch_id].facts.expectation != expectation
        }
        if news:
            changes: list[Change] = []
            for watch_id, expectation in news.items():
                changes += self.sentinel.expect(watch_id, expectation, moment)
            self._apply(*changes)
            self._store.save_soon()

    @callback
    def _linked(self, link: Link) -> None:
        self.pulse.follow(link)
        self.commands.sender.follow(link)
        self.drills.follow_link(link)
        if self.hass.is_stopping:
            return  # Home Assistant hangs up; the broker did nothing
        moment = now()
        self.vitals.follow_broker(link in _THERE, moment)
        if link in _THERE:
            self._broker_there(link, moment)
        else:
            self._broker_missing(moment, silent=link is Link.SILENT)
        self.alarms.follow(link)
        self.cameras.say_again()
        self._show_hub()

    @callback
    def _broker_missing(self, moment: Instant, *, silent: bool) -> None:
        if silent:
            _LOGGER.info("The MQTT broker does not answer; all verdicts are suspended")
        else:
            _LOGGER.info("The MQTT broker is gone; all verdicts are suspended")
        self.broker_gone_since = self.broker_gone_since or moment.wall
        show_broker(self.hass, self.entry.entry_id, self.broker_gone_since, silent=silent)
        suspend = self.sentinel.broker_silent if silent else self.sentinel.broker_lost
        self._apply(*suspend(moment))

    @callback
    def _broker_there(self, link: Link, moment: Instant) -> None:
        if link is Link.SUBSCRIBED:
            self._apply(*self.sentinel.subscribed(moment))
            return
        if self.broker_gone_since is not None:
            _LOGGER.info("The MQTT broker is back")
        self.broker_gone_since = None
        show_broker(self.hass, self.entry.entry_id, None)
        self._apply(*self.sentinel.broker_back(moment))

    @callback
    def _apply(self, *changes: Change) -> None:
        """Carry changes on to all who have to know; no one's failure costs the others theirs.

        All states are shown before anything is told: who reacts to an event finds the states that
        belong to it.
        """
        shown = [change for change in changes if change.to_show]
        alarms = self.alarms.over(shown)
        if any(change.turn or _agrees_now(change) for change in changes):
            self._store.save_soon()
        self._show(shown, alarms)
        self.telling.changes(changes)
        self.audience.shield(self.journal.changes, changes)
        self.audience.shield(self.cameras.happened, changes)
        for alarm_id in alarms:
            self.audience.notify(Moment.TELL, alarm_id, None)
        if self.sentinel.fresh:
            self.values.heard(self.sentinel.fresh)
        self._timer.set(self.sentinel.next_deadline())
        self.alarms.happened(changes)

    @callback
    def _show(self, changes: Collection[Change], alarms: Iterable[str]) -> None:
        self.alarms.judge(alarms)
        for change in changes:
            self.audience.notify(Moment.SHOW, change.watch.config.id, change)
        cameras = self.cameras.over(change.watch.config.key for change in changes)
        for subject in [*alarms, *cameras]:
            self.audience.notify(Moment.SHOW, subject, None)
        if any(change.turn for change in changes):
            self._show_hub()

    @callback
    def _show_hub(self) -> None:
        self.audience.notify(Moment.SHOW, self.entry.entry_id, None)

    # Time

    @callback
    def _due(self) -> None:
        self._apply(*self.sentinel.wake(now()))

    @callback
    def _tell_now_and_then(self, _: datetime) -> None:
        for watch_id, watch in self.sentinel.watches.items():
            if self._last_seen_told.get(watch_id) != watch.last_seen:
                self._last_seen_told[watch_id] = watch.last_seen
                self.audience.notify(Moment.SHOW, watch_id, None)
        self.vitals.follow_messages(self.mqtt.messages, now())
        self._show_hub()

    @callback
    def _keep_last_seen(self, _: datetime) -> None:
        self._save_soon()

    def _memory(self) -> Memory:
        return Memory(
            {watch_id: watch.snapshot() for watch_id, watch in self.sentinel.watches.items()},
            dict(self.expectations.memory),
            self.sentinel.occasions.latest(),
            {name: remember() for name, remember in self._parts.items()},
        )


def _agrees_now(change: Change) -> bool:
    """Tell whether a thing follows what is expected of it from now on: it has not come in vain."""
    return change.after.reason is Reason.AGREES is not change.before.reason
