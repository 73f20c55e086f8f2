"""The alarms: what they want of their services, whether they protect, and the panels made here."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
import logging
from typing import TYPE_CHECKING, Any

from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.util.ulid import ulid_now

from .command.command import Command, Priority
from .const import SUBENTRY_ALARM
from .control.commands import Commands, Origin
from .dialects import services
from .intake.expectations import ExpectationIntake
from .intake.mqtt import Link, now
from .intake.one_timer import OneTimer
from .outcome.audience import Audience, Moment
from .outcome.issues import hide_panel, show_panel
from .outcome.telling import Telling
from .setup.data import read_alarm
from .setup.panel import read_panel
from .watch.alarm import Blocker, Protection, blockers, protection
from .watch.expectation import Wanted
from .watch.panel import Panel, still_wished
from .watch.panel_words import (
    Mode,
    NotReadyError,
    PanelError,
    PanelState,
    PanelTurn,
    ServiceWish,
    Why,
)
from .watch.reports import OccasionReport

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigSubentry

    from .watch.alarm import AlarmConfig, GuardedAlarm
    from .watch.clock import Instant
    from .watch.expectation import Expectation
    from .watch.panel_words import PanelSettings
    from .watch.sentinel import Change, Sentinel

_LOGGER = logging.getLogger(__name__)

# A wish is as true in a minute as it is now; longer a connection that is there does not hesitate.
_TIME_TO_SEND = 60.0

type Against = tuple[tuple[str, Blocker], ...]
type Ask = Callable[[Panel, Instant], list[PanelTurn]]


@dataclass(slots=True)
class MadePanel:
    """A panel made here. ``despite`` is what stood against it when it was armed all the same.

    ``lost``: what it was before a restart could not be read, and nobody armed it since.
    """

    panel: Panel
    despite: Against = ()
    lost: bool = False

    def as_dict(self) -> dict[str, Any]:
        """A form for storage: JSON types only."""
        return {
            "panel": self.panel.snapshot().as_dict(),
            "despite": [[name, why.value] for name, why in self.despite],
            "lost": self.lost,
        }

    def go_on(self, stored: Any, moment: Instant) -> list[PanelTurn]:
        """Go on from what :meth:`as_dict` wrote, None when nothing was; anything else is lost."""
        if stored is None:
            return []
        if not isinstance(stored, dict):
            stored = {}
        turns = self.panel.start(stored.get("panel") or {}, moment)
        self.lost = stored.get("lost") is True
        try:
            self.despite = tuple((str(name), Blocker(why)) for name, why in stored["despite"])
        except KeyError, TypeError, ValueError:
            self.despite = ()  # only told to people, who look at what is wrong now
        return turns


class Alarms:
    """All alarms of the hub, and the panels of those that are made here.

    ``on_expectations`` gets what is wanted of the watches; ``keep`` is called when something has to
    outlive a restart.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        sentinel: Sentinel,
        audience: Audience,
        telling: Telling,
        commands: Commands,
        on_expectations: Callable[[Mapping[str, Expectation]], None],
        keep: Callable[[], None],
    ) -> None:
        """Start with no alarm."""
        self._hass = hass
        self._sentinel = sentinel
        self._audience = audience
        self._telling = telling
        self._commands = commands
        self._keep = keep
        self.expectations = ExpectationIntake(hass, on_expectations, self.said)
        self.protection: dict[str, Protection] = {}
        self.made: dict[str, MadePanel] = {}
        self._subscribed = False
        self._timer = OneTimer(hass, self._due)

    # Life

    @callback
    def start(self, subentries: Iterable[ConfigSubentry], stored: Any) -> None:
        """Take up all alarms, the panels made here as :meth:`remember` stored them."""
        if stored is not None and not isinstance(stored, dict):
            stored = dict.fromkeys((subentry.subentry_id for subentry in subentries), stored)
        for subentry in subentries:
            if subentry.subentry_type == SUBENTRY_ALARM:
                past = stored.get(subentry.subentry_id) if stored else None
                self._set(read_alarm(subentry), read_panel(subentry), past)

    @callback
    def stop(self) -> None:
        """Follow nothing any more."""
        self._timer.set(None)
        self.expectations.stop()
        for alarm_id in self.made:
            hide_panel(self._hass, alarm_id)

    @callback
    def refresh(self, subentries: Mapping[str, ConfigSubentry]) -> list[tuple[AlarmConfig, bool]]:
        """Follow a change of the set-up; answer with what changed, and whether it is new."""
        changed: list[tuple[AlarmConfig, bool]] = []
        known = self.expectations.alarms
        for alarm_id in [alarm_id for alarm_id in known if alarm_id not in subentries]:
            self._remove(alarm_id)
        for subentry in subentries.values():
            if subentry.subentry_type != SUBENTRY_ALARM:
                continue
            config, settings = read_alarm(subentry), read_panel(subentry)
            before, made = known.get(config.id), self.made.get(config.id)
            if before and before.config == config and (not made or made.panel.settings == settings):
                continue
            self._set(config, settings)
            changed.append((config, before is None))
        return changed

    def remember(self) -> dict[str, Any]:
        """What has to outlive a restart, in JSON types."""
        return {alarm_id: made.as_dict() for alarm_id, made in self.made.items()}

    @callback
    def _set(self, config: AlarmConfig, settings: PanelSettings | None, past: Any = None) -> None:
        """Take an alarm up, or follow a change of its set-up."""
        if settings is None:
            self.expectations.set_alarm(config)
            return
        moment = now()
        made = self.made.get(config.id)
        turns: list[PanelTurn] = []
        if made:
            wishes = made.panel.configure(settings)
        else:
            made = self.made[config.id] = MadePanel(Panel(settings, moment))
            turns = made.go_on(past, moment)
            wishes = made.panel.services()
        self.expectations.set_alarm(config, made.panel.wanted, made.panel.state)
        self._send(wishes)
        self._turned(config.id, turns)
        if made.lost:
            show_panel(self._hass, config.id, config.name)

    @callback
    def _remove(self, alarm_id: str) -> None:
        """Forget an alarm; what its panel turned on is turned off, unless somebody needs it."""
        self.expectations.remove_alarm(alarm_id)
        self.protection.pop(alarm_id, None)
        if made := self.made.pop(alarm_id, None):
            hide_panel(self._hass, alarm_id)
            on = [wish.watch_id for wish in made.panel.services() if wish.on]
            self._send(ServiceWish(watch_id, on=False) for watch_id in on)
            self._set_timer()

    # Whether they protect

    def alarm(self, alarm_id: str) -> GuardedAlarm:
        """The alarm with this id. Raises KeyError when there is none."""
        return self.expectations.alarms[alarm_id]

    def over(self, changes: Iterable[Change]) -> set[str]:
        """The ids of all alarms that rely on what changed."""
        over = self.expectations.alarms_over
        return {alarm_id for change in changes for alarm_id in over(change.watch.config.id)}

    @callback
    def judge(self, alarm_ids: Iterable[str]) -> None:
        """Find out anew whether these alarms protect."""
        for alarm_id in alarm_ids:
            self.protection[alarm_id] = protection(self.alarm(alarm_id), self._sentinel.watches)

    @callback
    def said(self, alarm_id: str) -> None:
        """The panel of an alarm said something, or a service that it relies on went away."""
        self.judge([alarm_id])
        self._audience.notify(Moment.SHOW, alarm_id, None)
        self._audience.notify(Moment.TELL, alarm_id, None)

    # What people ask of a panel made here; all of these raise PanelError

    @callback
    def arm(
        self,
        alarm_id: str,
        mode: Mode,
        *,
        by: str | None,
        code: str | None,
        force: bool = False,
        context: Context | None = None,
    ) -> None:
        """Arm a panel, with ``force`` whatever stands against it."""
        against = self._against(alarm_id, mode)
        self._ask(
            alarm_id,
            lambda panel, moment: panel.arm(
                mode, moment, by=by, code=code, blockers=against, force=force
            ),
            context,
        )

    @callback
    def disarm(
        self, alarm_id: str, *, by: str | None, code: str | None, context: Context | None = None
    ) -> None:
        """Disarm a panel."""
        self._ask(alarm_id, lambda panel, moment: panel.disarm(moment, by=by, code=code), context)

    @callback
    def trigger(self, alarm_id: str, *, by: str | None, context: Context | None = None) -> None:
        """Make a panel ring."""
        self._ask(alarm_id, lambda panel, moment: panel.trigger(moment, by=by), context)

    @callback
    def _ask(self, alarm_id: str, ask: Ask, context: Context | None) -> None:
        try:
            turns = ask(self.made[alarm_id].panel, now())
        finally:
            self._keep()  # wrong codes are counted through a restart, until there is a right one
        self._turned(alarm_id, turns, context)

    def _against(self, alarm_id: str, mode: Mode) -> Against:
        """What stands against arming: nothing does where no service is needed."""
        if mode not in self.made[alarm_id].panel.settings.modes_with_services:
            return ()
        return tuple(blockers(self.alarm(alarm_id), self._sentinel.watches))

    # What happens

    @callback
    def happened(self, changes: Iterable[Change]) -> None:
        """Let the panels hear what happened at the watches."""
        for change in changes:
            if isinstance(change.occasion, OccasionReport):
                config = change.watch.config
                for alarm_id in list(self.made):
                    self._audience.shield(
                        self._occasion, alarm_id, config.id, config.name, change.occasion
                    )

    @callback
    def _occasion(self, alarm_id: str, watch_id: str, by: str, report: OccasionReport) -> None:
        panel = self.made[alarm_id].panel
        turns = panel.hear(watch_id, report, by=by)
        button = panel.settings.buttons.get(watch_id)
        if button:
            against = self._against(alarm_id, button.mode)
            try:
                turns += panel.press(watch_id, report, by=by, blockers=against)
            except PanelError as error:
                # Who presses a button finds out by the lamp that does not light up, or not at all.
                why = error.blockers if isinstance(error, NotReadyError) else ()
                name = self.alarm(alarm_id).config.name
                self._telling.button_refused(alarm_id, name, panel.state, by, why)
        self._turned(alarm_id, turns)

    @callback
    def _due(self) -> None:
        moment = now()
        for alarm_id, made in list(self.made.items()):
            self._turned(alarm_id, made.panel.wake(moment))

    @callback
    def _turned(
        self, alarm_id: str, turns: list[PanelTurn], context: Context | None = None
    ) -> None:
        """A panel changed, or nothing of it but when it is due."""
        self._set_timer()
        if not turns:
            return
        self._keep()
        made, name = self.made[alarm_id], self.alarm(alarm_id).config.name
        for turn in turns:
            self._note(made, alarm_id, name, turn)
        self.expectations.panel_wants(alarm_id, made.panel.wanted, made.panel.state)
        self._send([wish for turn in turns for wish in turn.services], context)
        for turn in turns:
            self._audience.shield(self._telling.panel, alarm_id, name, turn, context)

    def _note(self, made: MadePanel, alarm_id: str, name: str, turn: PanelTurn) -> None:
        """Remember what people have to be told for longer than a moment."""
        if turn.why is Why.MEMORY_LOST:
            made.lost = True
            _LOGGER.warning("The state of the alarm panel %s could not be read: disarmed", name)
        elif turn.why is Why.ASKED and turn.after is not PanelState.TRIGGERED:
            made.despite = turn.despite
            if made.lost:
                made.lost = False
                hide_panel(self._hass, alarm_id)
        elif turn.after is PanelState.DISARMED:
            made.despite = ()

    @callback
    def _set_timer(self) -> None:
        deadlines = (made.panel.deadline for made in self.made.values())
        self._timer.set(min((due for due in deadlines if due is not None), default=None))

    # What the services are told

    @callback
    def follow(self, link: Link) -> None:
        """The way to the broker changed; one that is new may have forgotten all that it was told."""
        self._subscribed = link is Link.SUBSCRIBED
        self._send(wish for made in self.made.values() for wish in made.panel.services())

    @callback
    def _send(self, wishes: Iterable[ServiceWish], context: Context | None = None) -> None:
        """Tell services to be on or off; while the broker is away nothing: it is told all later.

        One that somebody else needs, an alarm or a user who wants it always, is not turned off.
        Those of other dialects cannot be told anything: they are only verified.
        """
        if not self._subscribed:
            return
        watches = self._sentinel.watches
        panels = [made.panel for made in self.made.values()]
        wished = {wish.watch_id: wish for wish in still_wished(wishes, panels)}
        for watch_id, wish in wished.items():
            watch = watches.get(watch_id)
            if watch is None or watch.config.key.dialect != services.NAME:
                continue
            if not wish.on and watch.facts.expectation.wanted is Wanted.UP:
                continue
            if not wish.on and watch_id in self.expectations.drilled:
                continue  # the drill puts it back
            message = services.switch_service(watch.config.key, wish.on)
            command = Command(
                ulid_now(),
                message.topic,  # that nothing but the newest command of a service is sent
                message.topic,
                message.payload,
                retain=True,
                priority=Priority.ALARM,
                ttl=_TIME_TO_SEND,
            )
            self._commands.submit(command, Origin(watch_id, context))
