"""What entities say should be true: alarm panels and other states, turned into expectations."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_change_event

from ..watch.alarm import GuardedAlarm, wanted_by_alarm, wanted_by_entity, wish_of
from ..watch.expectation import Expectation, SourceKind, Wanted, Wish, combine

if TYPE_CHECKING:
    from ..setup.watches import OwnWish
    from ..watch.alarm import AlarmConfig, Reliance
    from ..watch.reports import ThingKey
    from ..watch.watched import WatchConfig


class ExpectationIntake:
    """Follows the entities that watches and alarms depend on.

    ``on_expectations`` gets what is wanted of watches now, by their ids, all that changes together
    at once; ``on_alarm`` the id of an alarm whose panel said something new. What a silent entity
    wanted last is remembered, also through a restart (:attr:`memory`: source id -> what it wanted).
    Nothing but "up" is wanted of a watch that is :attr:`drilled`: it comes and goes by our command.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        on_expectations: Callable[[Mapping[str, Expectation]], None],
        on_alarm: Callable[[str], None],
    ) -> None:
        """Start with no watch and no alarm."""
        self._hass = hass
        self._on_expectations = on_expectations
        self._on_alarm = on_alarm
        self.memory: dict[str, Wanted] = {}
        self.alarms: dict[str, GuardedAlarm] = {}
        self.drilled: frozenset[str] = frozenset()
        self._wishes: dict[str, OwnWish] = {}
        self._configs: dict[str, WatchConfig] = {}
        self._ids: dict[ThingKey, str] = {}
        self._children: defaultdict[ThingKey, dict[str, None]] = defaultdict(dict)
        self._reliances: defaultdict[str, dict[str, Reliance]] = defaultdict(dict)
        self._followers: defaultdict[str, set[str]] = defaultdict(set)
        self._stops: dict[str, CALLBACK_TYPE] = {}

    @callback
    def stop(self) -> None:
        """Follow nothing any more."""
        while self._stops:
            self._stops.popitem()[1]()
        self._followers.clear()

    @callback
    def set_watch(self, config: WatchConfig, wish: OwnWish) -> None:
        """Follow what a watch itself expects, from now on."""
        self.set_watches([(config, wish)])

    @callback
    def set_watches(self, watches: Iterable[tuple[WatchConfig, OwnWish]]) -> None:
        """Follow what watches expect, and tell it when all are there.

        What others are reached through is wanted for them: it must not seem unwanted until then.
        """
        told: list[str] = []
        for config, wish in watches:
            before = self._configs.get(config.id)
            self._set_watch(config, wish)
            told.append(config.id)
            if before and before.parent != config.parent and before.parent in self._ids:
                told.append(self._ids[before.parent])
        self._tell(told)

    def _set_watch(self, config: WatchConfig, wish: OwnWish) -> None:
        watch_id = config.id
        if (before := self._wishes.get(watch_id)) and before.entity_id != wish.entity_id:
            self._unfollow(before.entity_id, watch_id)
        self._part(watch_id)
        self._configs[watch_id] = config
        self._ids[config.key] = watch_id
        if config.parent:
            self._children[config.parent][watch_id] = None
        self._wishes[watch_id] = wish
        self._follow(wish.entity_id, watch_id)

    @callback
    def remove_watch(self, watch_id: str) -> None:
        """Forget a watch; what it is reached through need not be there for it any more."""
        self._unfollow(self._wishes.pop(watch_id).entity_id, watch_id)
        parent = self._configs[watch_id].parent
        self._part(watch_id)
        if parent in self._ids:
            self._tell([self._ids[parent]])

    def _part(self, watch_id: str) -> None:
        """Take a watch out of its family."""
        if config := self._configs.pop(watch_id, None):
            if self._ids.get(config.key) == watch_id:
                del self._ids[config.key]
            if config.parent:
                del self._children[config.parent][watch_id]

    @callback
    def set_alarm(
        self, config: AlarmConfig, wanted: Wanted | None = None, state: str | None = None
    ) -> None:
        """Follow an alarm panel, from now on, for all that it relies on.

        One that is made here has no entity that is read: ``wanted`` is what it wants now in its
        ``state``, and :meth:`panel_wants` tells more.
        """
        before = self.alarms.get(config.id)
        if before and before.config.entity_id != config.entity_id:
            self._unfollow(before.config.entity_id, config.id)
        remembered = self.memory.get(config.id, Wanted.ANYTHING)
        alarm = self.alarms[config.id] = GuardedAlarm(config, wanted or remembered)
        relied_on = self._relate(before, alarm)
        self._follow(config.entity_id, config.id)
        if wanted is None:
            self._read_alarm(alarm)
        else:
            alarm.silent, alarm.state = False, state
        self._tell(relied_on)
        self._on_alarm(config.id)

    @callback
    def panel_wants(self, alarm_id: str, wanted: Wanted, state: str) -> None:
        """A panel that is made here changed, and wants this of its services from now on."""
        alarm = self.alarms[alarm_id]
        alarm.wanted, alarm.state = wanted, state
        self._tell(_relied_on(alarm))
        self._on_alarm(alarm_id)

    @callback
    def remove_alarm(self, alarm_id: str) -> None:
        """Forget an alarm; what it relied on follows the others."""
        alarm = self.alarms.pop(alarm_id)
        self._unfollow(alarm.config.entity_id, alarm_id)
        self._tell(self._relate(alarm, None))

    @callback
    def set_drilled(self, watch_ids: Iterable[str]) -> None:
        """These watches are turned on and off by drills from now on, and no others."""
        before, self.drilled = self.drilled, frozenset(watch_ids)
        self._tell(sorted(before ^ self.drilled))

    def is_needed(self, watch_id: str) -> bool:
        """Tell whether anybody wants a watch up now."""
        if watch_id not in self._wishes:
            return False
        return any(wish.wanted is Wanted.UP for wish in self._wishes_for(watch_id))

    def alarms_over(self, watch_id: str) -> Iterable[str]:
        """The ids of the alarms that rely on a watch."""
        return self._reliances.get(watch_id, ())

    def _relate(self, before: GuardedAlarm | None, after: GuardedAlarm | None) -> set[str]:
        """Put the reliances of an alarm in place of its former ones; answer all watches met."""
        met: set[str] = set()
        if before:
            for watch_id in _relied_on(before):
                relying = self._reliances[watch_id]
                del relying[before.config.id]
                if not relying:
                    del self._reliances[watch_id]
                met.add(watch_id)
        if after:
            for reliance in after.config.reliances:
                self._reliances[reliance.watch_id][after.config.id] = reliance
                met.add(reliance.watch_id)
        return met

    @callback
    def _follow(self, entity_id: str, follower: str) -> None:
        if not entity_id:
            return
        self._followers[entity_id].add(follower)
        if entity_id not in self._stops:
            self._stops[entity_id] = async_track_state_change_event(
                self._hass, entity_id, self._changed
            )

    @callback
    def _unfollow(self, entity_id: str, follower: str) -> None:
        self.memory.pop(follower, None)
        if not entity_id:
            return
        followers = self._followers[entity_id]
        followers.discard(follower)
        if not followers:
            del self._followers[entity_id]
            self._stops.pop(entity_id)()

    @callback
    def _changed(self, event: Event[EventStateChangedData]) -> None:
        affected: set[str] = set()
        alarms: list[str] = []
        for follower in self._followers[event.data["entity_id"]]:
            if alarm := self.alarms.get(follower):
                self._read_alarm(alarm)
                alarms.append(follower)
                affected |= _relied_on(alarm)
            else:
                affected.add(follower)
        self._tell(affected)
        for alarm_id in alarms:
            self._on_alarm(alarm_id)

    @callback
    def _tell(self, watch_ids: Iterable[str]) -> None:
        """Say what is wanted of watches; one that an alarm names may be gone already.

        What they are reached through has to be there as well: that is told first.
        """
        told = [watch_id for watch_id in watch_ids if watch_id in self._wishes]
        families = [self._configs[watch_id].parent for watch_id in told]
        parents = [self._ids[key] for key in families if key in self._ids]
        self._on_expectations(
            {
                watch_id: combine(self._wishes_for(watch_id))
                for watch_id in dict.fromkeys([*parents, *told])
            }
        )

    def _wishes_for(self, watch_id: str) -> list[Wish]:
        own = self._wishes[watch_id]
        wishes = [] if own.kind is None else [self._own_wish(watch_id, own, own.kind)]
        wishes += [
            wish_of(self.alarms[alarm_id], reliance)
            for alarm_id, reliance in self._reliances.get(watch_id, {}).items()
        ]
        for child_id in self._children.get(self._configs[watch_id].key, ()):
            wishes += [wish for wish in self._wishes_for(child_id) if wish.wanted is Wanted.UP]
        if watch_id in self.drilled:
            return [wish for wish in wishes if wish.wanted is Wanted.UP]
        return wishes

    def _own_wish(self, watch_id: str, own: OwnWish, kind: SourceKind) -> Wish:
        name, wanted = "", Wanted.UP
        if kind is not SourceKind.ALWAYS:
            state = self._hass.states.get(own.entity_id)
            before = self.memory.get(watch_id, Wanted.ANYTHING)
            read = wanted_by_alarm if kind is SourceKind.ALARM else wanted_by_entity
            wanted = read(state.state if state else None, own.states, before)
            self._remember(watch_id, wanted)
            name = state.name if state else own.entity_id
        return Wish(kind, name, wanted, own.verify_connect, own.verify_disconnect)

    def _read_alarm(self, alarm: GuardedAlarm) -> None:
        state = self._hass.states.get(alarm.config.entity_id)
        value = state.state if state else None
        alarm.state = value
        alarm.silent = value in (None, STATE_UNKNOWN, STATE_UNAVAILABLE)
        alarm.wanted = wanted_by_alarm(value, alarm.config.modes, alarm.wanted)
        self._remember(alarm.config.id, alarm.wanted)

    def _remember(self, source_id: str, wanted: Wanted) -> None:
        if wanted is not Wanted.ANYTHING:
            self.memory[source_id] = wanted


def _relied_on(alarm: GuardedAlarm) -> set[str]:
    return {reliance.watch_id for reliance in alarm.config.reliances}
