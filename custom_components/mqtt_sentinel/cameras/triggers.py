"""What asks cameras for recordings: motion before them, and incidents that they are to see."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_change_event

from ..evidence.facts import Cause, Trigger
from ..intake.mqtt import now
from ..setup.data import thing_id
from ..watch.incidents import Turn
from ..watch.reports import Occasion, OccasionReport

if TYPE_CHECKING:
    from ..setup.camera import CameraSetup
    from ..watch.clock import Instant
    from ..watch.incidents import Incident
    from ..watch.reports import ThingKey
    from ..watch.sentinel import Change

# An entity in any other state does not say whether there is motion.
_SAYS = {STATE_ON, STATE_OFF}


class Triggers:
    """Follows what cameras record for.

    ``record`` asks a camera for a recording, ``over`` says that what lasted is over, by the name that
    its trigger had. ``moved`` tells whether there is motion before a camera.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        record: Callable[[str, Trigger], None],
        over: Callable[[str, str, Instant], None],
        moved: Callable[[str, bool], None],
    ) -> None:
        """Follow nothing yet."""
        self._hass = hass
        self._record = record
        self._over = over
        self._moved = moved
        self._setups: dict[str, CameraSetup] = {}
        self._by_thing: defaultdict[ThingKey, set[str]] = defaultdict(set)
        self._by_watch: defaultdict[str, set[str]] = defaultdict(set)
        # What began before each camera and is not over, by its name.
        self._lasting: defaultdict[str, dict[str, Trigger]] = defaultdict(dict)
        self._stops: dict[str, CALLBACK_TYPE] = {}

    @callback
    def set(self, setup: CameraSetup) -> None:
        """Follow what this camera records for, and nothing else that it did before.

        What lasts now is recorded from now on.
        """
        lasting = self._lasting.pop(setup.id, {})
        self.remove(setup.id)
        self._setups[setup.id] = setup
        told_by = {*map(thing_id, setup.motion), *setup.motion_entities}
        for name, trigger in lasting.items():
            if name in told_by:  # what was recorded of it may have ended with the change
                again = replace(trigger, at=now(), duration=setup.duration)
                self._lasting[setup.id][name] = again
                self._record(setup.id, again)
            else:  # nobody is heard any more who could say that it is over
                self._over(setup.id, name, now())
        if lasting:
            self._moved(setup.id, setup.id in self._lasting)
        for key in setup.motion:
            self._by_thing[key].add(setup.id)
        for watch_id in setup.records_for:
            self._by_watch[watch_id].add(setup.id)
        if setup.motion_entities:

            @callback
            def follow(event: Event[EventStateChangedData]) -> None:
                self._entity_changed(setup, event)

            self._stops[setup.id] = async_track_state_change_event(
                self._hass, setup.motion_entities, follow
            )
            for entity_id in setup.motion_entities:
                state = self._hass.states.get(entity_id)
                known = entity_id in self._lasting.get(setup.id, ())
                if state and state.state in _SAYS and not known:
                    self._motion(setup.id, entity_id, _is_on(state), now(), None)

    @callback
    def remove(self, camera_id: str) -> None:
        """Follow nothing for this camera any more."""
        if setup := self._setups.pop(camera_id, None):
            _part(self._by_thing, setup.motion, camera_id)
            _part(self._by_watch, setup.records_for, camera_id)
        if stop := self._stops.pop(camera_id, None):
            stop()
        self._lasting.pop(camera_id, None)

    @callback
    def stop(self) -> None:
        """Follow nothing any more."""
        for camera_id in list(self._setups):
            self.remove(camera_id)

    @callback
    def happened(self, changes: Iterable[Change]) -> None:
        """Ask for what recent changes want recorded."""
        for change in changes:
            if isinstance(change.occasion, OccasionReport):
                self._seen(change.occasion)
            if change.connection is False:  # it will not say any more that the motion is over
                self._left(change.watch.config.key)
            if change.turn is Turn.OPENED and change.watch.incident:
                self._opened(change.watch.incident)

    def _seen(self, report: OccasionReport) -> None:
        if report.occasion is not Occasion.MOTION:
            return
        for camera_id in self._by_thing.get(report.key, ()):
            self._motion(camera_id, thing_id(report.key), report.begins, report.at, report.event_id)

    def _left(self, key: ThingKey) -> None:
        for camera_id in self._by_thing.get(key, ()):
            if thing_id(key) in self._lasting.get(camera_id, ()):
                self._motion(camera_id, thing_id(key), False, now(), None)

    @callback
    def _entity_changed(self, setup: CameraSetup, event: Event[EventStateChangedData]) -> None:
        old, new = event.data["old_state"], event.data["new_state"]
        was, begins = _is_on(old), _is_on(new)
        if was is not begins:
            self._motion(setup.id, event.data["entity_id"], begins, now(), None)

    def _motion(
        self, camera_id: str, name: str, begins: bool | None, at: Instant, event_id: str | None
    ) -> None:
        """Motion began, ended, or (None) was seen and does not say how long it lasts."""
        lasting = self._lasting[camera_id]
        if begins is False:
            if lasting.pop(name, None):
                self._over(camera_id, name, at)
            self._moved(camera_id, bool(lasting))
            return
        duration = self._setups[camera_id].duration
        trigger = Trigger(Cause.MOTION, at, name, duration, lasts=bool(begins), event_id=event_id)
        if begins:
            lasting[name] = trigger
        self._record(camera_id, trigger)
        self._moved(camera_id, bool(lasting))

    def _opened(self, incident: Incident) -> None:
        for camera_id in self._by_watch.get(incident.watch_id, ()):
            duration = self._setups[camera_id].duration
            self._record(
                camera_id,
                Trigger(Cause.INCIDENT, now(), incident.id, duration, incident_id=incident.id),
            )


def _is_on(state: Any) -> bool:
    return state is not None and state.state == STATE_ON


def _part[K](table: defaultdict[K, set[str]], keys: Iterable[K], camera_id: str) -> None:
    for key in keys:
        table[key].discard(camera_id)
        if not table[key]:
            del table[key]
