"""An alarm panel made here: what it is now, and what turns it into something else.

Nobody is looked for here, nothing is sent and no clock is read: it hears what happened, is told
what people ask for, and answers with its turns. What it wishes of its services is in these.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from .clock import Instant
from .code_lock import CodeLock
from .expectation import Wanted
from .panel_memory import BadSnapshotError, PanelSnapshot
from .panel_words import (
    ARMED,
    AfterTrigger,
    AlarmRaisedError,
    MayNotDisarmError,
    ModeNotOfferedError,
    ModeTimes,
    NotReady,
    NotReadyError,
    PanelState,
    PanelTurn,
    Response,
    ServiceWish,
    Why,
)
from .reports import Occasion

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from .alarm import Blocker
    from .panel_words import Mode, PanelSettings
    from .reports import OccasionReport

_RAISED = frozenset({PanelState.PENDING, PanelState.TRIGGERED})
_WATCHFUL = frozenset({*ARMED.values(), PanelState.PENDING})


class Panel:
    """One panel. Every method that lets time in takes ``now``, and answers with the turns it made.

    A delay counts from the moment it is taken up: a timer that comes late makes none shorter, so
    a panel that rings always rings for its time.
    """

    __slots__ = ("_armed_from", "_due", "_lock", "changed_by", "mode", "settings", "since", "state")

    def __init__(self, settings: PanelSettings, now: Instant) -> None:
        """Start disarmed."""
        self.settings = settings
        self.state = PanelState.DISARMED
        self.mode: Mode | None = None
        self.since = now.wall
        self.changed_by: str | None = None
        self._due: Instant | None = None
        self._armed_from = now.mono
        self._lock = CodeLock()

    # What it is

    @property
    def deadline(self) -> float | None:
        """When :meth:`wake` wants to be called at the latest, in monotonic seconds."""
        return self._due.mono if self._due else None

    @property
    def due(self) -> float | None:
        """When the present delay is over, for people: in epoch seconds."""
        return self._due.wall if self._due else None

    @property
    def wanted(self) -> Wanted:
        """What is expected of its services now; while it arms they come and go."""
        if self.state is PanelState.ARMING:
            return Wanted.ANYTHING
        return Wanted.UP if self._needs_services else Wanted.DOWN

    def services(self) -> tuple[ServiceWish, ...]:
        """What it wishes of all its services, for a broker that may have forgotten it."""
        on = self._needs_services
        return tuple(ServiceWish(watch_id, on) for watch_id in self.settings.services)

    @property
    def _needs_services(self) -> bool:
        return self.mode in self.settings.modes_with_services

    # What outlives a restart

    def snapshot(self) -> PanelSnapshot:
        """What has to be stored whenever there was a turn, or a code was refused."""
        return PanelSnapshot(
            self.state,
            self.since,
            self.mode,
            self.due,
            self.changed_by,
            self._lock.wrong,
            self._lock.paused_until,
        )

    def start(self, stored: Mapping[str, Any] | None, now: Instant) -> list[PanelTurn]:
        """Go on from what :meth:`PanelSnapshot.as_dict` stored, None when nothing ever was.

        What was disarmed stays so, and what was armed. A delay goes on for its rest. One to leave
        that ended in the meantime ends in being armed, and nobody is blamed for having moved
        before. One to disarm that ended ends in ringing, for the whole time: something had happened
        and nobody said that it was all right, and who cuts the power shall gain nothing by it. What
        rang long enough does not go on. What cannot be read is said: then it is disarmed.
        """
        if stored is None:
            return []
        try:
            past = PanelSnapshot.from_dict(stored)
        except BadSnapshotError:
            same = self.state
            lost = PanelTurn(same, same, Why.MEMORY_LOST, now.wall, services=self.services())
            return [lost]
        self.state, self.mode = past.state, past.mode
        # Where the clock was set back, it began now at the latest.
        self.since, self.changed_by = min(past.since, now.wall), past.changed_by
        self._armed_from = now.mono
        self._lock.restore(past.wrong_codes, past.paused_until, now)
        if past.due is not None:
            # It is never more than it was from the beginning.
            left = max(min(past.due - now.wall, past.due - past.since), 0.0)
            self._due = _later(now, left)
        return [replace(turn, away=True) for turn in self.wake(now)]

    def configure(self, settings: PanelSettings) -> tuple[ServiceWish, ...]:
        """Apply other settings, and answer with what that changes for services.

        What it is armed in stays, also when it is offered no more; a delay that runs stays as long.
        """
        before = {wish.watch_id: wish.on for wish in self.services()}
        self.settings = settings
        after = dict.fromkeys(before, False) | {wish.watch_id: wish.on for wish in self.services()}
        return tuple(
            ServiceWish(watch_id, on)
            for watch_id, on in after.items()
            if on is not before.get(watch_id, False)
        )

    # What people ask for

    def arm(
        self,
        mode: Mode,
        now: Instant,
        *,
        by: str | None = None,
        code: str | None = None,
        blockers: Iterable[tuple[str, Blocker]] = (),
        force: bool = False,
    ) -> list[PanelTurn]:
        """Arm it, or change its mode; in the mode that it has already nothing happens.

        ``blockers`` stand against it: they are an error, unless the settings only warn of them or
        with ``force``. Raises PanelError, of which there are many kinds.
        """
        if mode not in self.settings.modes:
            raise ModeNotOfferedError(mode.value)
        changes = self.mode is not mode
        armed = self.state is not PanelState.DISARMED
        if self.settings.code_arm_required or (armed and changes):
            self._check(code, now)
        if self.state in _RAISED:
            raise AlarmRaisedError
        if not changes:
            return self.wake(now)
        return self._arm(mode, now, by, tuple(blockers), force)

    def disarm(
        self, now: Instant, *, by: str | None = None, code: str | None = None
    ) -> list[PanelTurn]:
        """Disarm it. Raises CodeMissingError, WrongCodeError or CodesPausedError."""
        self._check(code, now)
        return self._disarm(now, by)

    def trigger(self, now: Instant, *, by: str | None = None) -> list[PanelTurn]:
        """Make it ring at once, armed or not: somebody calls for help. It needs no code."""
        turns = self.wake(now)
        if self.state is not PanelState.TRIGGERED:
            turns += self._ring(now, Why.ASKED, by)
        return turns

    def press(
        self,
        watch_id: str,
        report: OccasionReport,
        *,
        by: str | None = None,
        blockers: Iterable[tuple[str, Blocker]] = (),
    ) -> list[PanelTurn]:
        """Do what a button asks for: on, off, or the other of both.

        One that is not of this panel is nothing to it, and neither is what the broker kept. Raises
        NotReadyError or MayNotDisarmError.
        """
        button = self.settings.buttons.get(watch_id)
        if button is None or report.occasion is not Occasion.TOGGLE or report.retained:
            return []
        is_on = self.state is not PanelState.DISARMED
        shall = not is_on if report.data.get("toggle") else report.data.get("status")
        if shall is None or shall is is_on:
            return self.wake(report.at)
        if shall:
            return self._arm(button.mode, report.at, by, tuple(blockers), force=False)
        if not button.may_disarm:
            raise MayNotDisarmError
        return self._disarm(report.at, by)

    # What happens

    def hear(
        self, watch_id: str, report: OccasionReport, *, by: str | None = None
    ) -> list[PanelTurn]:
        """Something happened, at the thing called ``by``; never raises.

        It has to be new, as the heart tells it: that the same one comes twice is found out there.
        """
        turns = self.wake(report.at)
        response = self._response(watch_id, report)
        if response is None:
            return turns
        delay = self._times(self.mode).entry_delay
        if response is Response.INSTANT or not delay:
            return turns + self._ring(report.at, Why.OCCASION, by, report)
        if self.state is not PanelState.PENDING:
            pending = self._go(
                PanelState.PENDING, self.mode, Why.OCCASION, report.at, by, delay=delay
            )
            turns.append(replace(pending, occasion=report))
        return turns

    def wake(self, now: Instant) -> list[PanelTurn]:
        """Let time alone do what it does."""
        turns: list[PanelTurn] = []
        while self._due and self._due.mono <= now.mono:
            turns += self._time_is_up(now)
        return turns

    def _response(self, watch_id: str, report: OccasionReport) -> Response | None:
        """What to do about an occasion, None for nothing."""
        source = self.settings.sources.get(watch_id)
        if source is None or self.state not in _WATCHFUL or self.mode in source.ignored_in:
            return None
        if report.retained or report.begins is False or report.occasion not in source.occasions:
            return None
        # One that was on its way while the panel armed.
        return source.response if report.at.mono >= self._armed_from else None

    def _check(self, code: str | None, now: Instant) -> None:
        if self.settings.code:
            self._lock.check(code, self.settings.code, now)

    def _times(self, mode: Mode | None) -> ModeTimes:
        """The delays of a mode; of one that is offered no more, the usual ones."""
        return (mode and self.settings.modes.get(mode)) or ModeTimes()

    def _arm(
        self,
        mode: Mode,
        now: Instant,
        by: str | None,
        blockers: tuple[tuple[str, Blocker], ...],
        force: bool,
    ) -> list[PanelTurn]:
        if blockers and not force and self.settings.not_ready is NotReady.REFUSE:
            raise NotReadyError(blockers)
        turns = self.wake(now)
        delay = self._times(mode).exit_delay
        state = PanelState.ARMING if delay else ARMED[mode]
        turn = self._go(state, mode, Why.ASKED, now, by, delay=delay or None)
        return [*turns, replace(turn, despite=blockers)]

    def _disarm(self, now: Instant, by: str | None) -> list[PanelTurn]:
        """A right code beats a delay that ran out a moment before it: nobody wants to hear that."""
        if self.state is PanelState.DISARMED:
            return []
        return [self._go(PanelState.DISARMED, None, Why.ASKED, now, by)]

    def _ring(
        self, now: Instant, why: Why, by: str | None, occasion: OccasionReport | None = None
    ) -> list[PanelTurn]:
        delay = self.settings.trigger_time
        turn = self._go(PanelState.TRIGGERED, self.mode, why, now, by, delay=delay)
        return [replace(turn, occasion=occasion), *self.wake(now)]

    def _time_is_up(self, now: Instant) -> list[PanelTurn]:
        by, mode = self.changed_by, self.mode
        if self.state is PanelState.PENDING:
            return self._ring(now, Why.ENTRY_DELAY_OVER, by)
        rang = self.state is PanelState.TRIGGERED
        why = Why.TRIGGER_TIME_OVER if rang else Why.EXIT_DELAY_OVER
        if mode is None or (rang and self.settings.after_trigger is AfterTrigger.DISARMED):
            return [self._go(PanelState.DISARMED, None, why, now, by)]
        return [self._go(ARMED[mode], mode, why, now, by)]

    def _go(
        self,
        state: PanelState,
        mode: Mode | None,
        why: Why,
        now: Instant,
        by: str | None,
        *,
        delay: float | None = None,
    ) -> PanelTurn:
        """Be something else from now on, for ``delay`` seconds if not None."""
        before, needed = self.state, self._needs_services
        self.state, self.mode = state, mode
        self.since, self.changed_by = now.wall, by
        self._due = None if delay is None else _later(now, delay)
        if state not in _RAISED:
            self._armed_from = now.mono
        wishes = () if self._needs_services is needed else self.services()
        return PanelTurn(before, state, why, now.wall, mode, by, services=wishes)


def _later(now: Instant, seconds: float) -> Instant:
    return Instant(now.mono + seconds, now.wall + seconds)


def still_wished(wishes: Iterable[ServiceWish], others: Iterable[Panel]) -> list[ServiceWish]:
    """Those wishes of a panel that hold beside other panels: one that needs a service is enough."""
    needed = {wish.watch_id for panel in others for wish in panel.services() if wish.on}
    return [wish for wish in wishes if wish.on or wish.watch_id not in needed]
