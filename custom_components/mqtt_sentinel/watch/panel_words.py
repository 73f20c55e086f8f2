"""The words of an alarm panel made here: its states, what a user chose, and what became of it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from .reports import Occasion

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .alarm import Blocker
    from .reports import OccasionReport

DEFAULT_EXIT_DELAY = 60.0
DEFAULT_ENTRY_DELAY = 30.0
DEFAULT_TRIGGER_TIME = 180.0


class PanelState(StrEnum):
    """The states of a panel, by the names that Home Assistant has for them."""

    DISARMED = "disarmed"
    ARMING = "arming"
    ARMED_HOME = "armed_home"
    ARMED_AWAY = "armed_away"
    ARMED_NIGHT = "armed_night"
    ARMED_VACATION = "armed_vacation"
    PENDING = "pending"
    TRIGGERED = "triggered"


class Mode(StrEnum):
    """The ways to arm a panel; each has the name of the state that it ends in."""

    HOME = "armed_home"
    AWAY = "armed_away"
    NIGHT = "armed_night"
    VACATION = "armed_vacation"


ARMED = {mode: PanelState(mode.value) for mode in Mode}


class Response(StrEnum):
    """What a panel does when something happens at one of its sources."""

    INSTANT = "instant"
    DELAYED = "delayed"


class AfterTrigger(StrEnum):
    """What a panel that was armed is when it has rung for its time."""

    ARMED = "armed"
    DISARMED = "disarmed"


class NotReady(StrEnum):
    """What a panel does that shall be armed while something stands against it."""

    REFUSE = "refuse"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class ModeTimes:
    """The delays of one mode, in seconds: to leave before it counts, and to disarm after coming."""

    exit_delay: float = DEFAULT_EXIT_DELAY
    entry_delay: float = DEFAULT_ENTRY_DELAY


# Who stays in the house, or sleeps in it, does not leave first.
USUAL_MODES = {
    Mode.HOME: ModeTimes(exit_delay=0.0),
    Mode.AWAY: ModeTimes(),
    Mode.NIGHT: ModeTimes(exit_delay=0.0),
    Mode.VACATION: ModeTimes(),
}


@dataclass(frozen=True, slots=True)
class TriggerSource:
    """One thing whose occasions make the panel ring: which ones, how soon, and in which modes not."""

    response: Response = Response.DELAYED
    ignored_in: frozenset[Mode] = frozenset()
    occasions: frozenset[Occasion] = frozenset({Occasion.MOTION})


@dataclass(frozen=True, slots=True)
class PanelButton:
    """One thing whose buttons may arm the panel, and how; it has no keys to enter a code with."""

    mode: Mode = Mode.AWAY
    may_disarm: bool = True


@dataclass(frozen=True, slots=True)
class PanelSettings:
    """What a user chose for a panel. ``sources`` and ``buttons`` are by the ids of their watches.

    ``modes``: those that are offered, and their delays.
    ``services``: the ids of the watches that are turned on for the modes in ``modes_with_services``.
    ``trigger_time``: seconds that it rings, None until somebody disarms it.
    ``code``: None for none. Without ``code_arm_required`` it is only needed to disarm a panel, and
    to change the mode of one that is armed, which may well disarm half of it.
    """

    modes: Mapping[Mode, ModeTimes] = field(default_factory=USUAL_MODES.copy)
    sources: Mapping[str, TriggerSource] = field(default_factory=dict)
    buttons: Mapping[str, PanelButton] = field(default_factory=dict)
    services: tuple[str, ...] = ()
    modes_with_services: frozenset[Mode] = frozenset(Mode)
    trigger_time: float | None = DEFAULT_TRIGGER_TIME
    after_trigger: AfterTrigger = AfterTrigger.ARMED
    not_ready: NotReady = NotReady.REFUSE
    code: str | None = field(default=None, repr=False)
    code_arm_required: bool = True


class Why(StrEnum):
    """Why a panel changed."""

    ASKED = "asked"
    OCCASION = "occasion"
    EXIT_DELAY_OVER = "exit_delay_over"
    ENTRY_DELAY_OVER = "entry_delay_over"
    TRIGGER_TIME_OVER = "trigger_time_over"
    MEMORY_LOST = "memory_lost"


@dataclass(frozen=True, slots=True)
class ServiceWish:
    """What a panel wishes of one service: that it is told, for good, to be on or off.

    How that is said is its dialect's matter. Whether a camera streams besides is not the alarm's.
    """

    watch_id: str
    on: bool


@dataclass(frozen=True, slots=True)
class PanelTurn:
    """One change of a panel. ``at`` in epoch seconds.

    ``mode`` is what it is armed in, or was before it rings, None for a panel that is not armed.
    ``by`` is who brought it about: a person, a button, or the thing at which ``occasion`` was; when
    a delay is over, who began it. ``despite`` is what stood against arming, as (name, why).
    ``away``: it fell due while Home Assistant was not there. ``services`` is what has to be told
    to the services now; nothing to those that are already what they should be.
    """

    before: PanelState
    after: PanelState
    why: Why
    at: float
    mode: Mode | None = None
    by: str | None = None
    occasion: OccasionReport | None = None
    despite: tuple[tuple[str, Blocker], ...] = ()
    away: bool = False
    services: tuple[ServiceWish, ...] = ()


class PanelError(Exception):
    """A panel does not do what it was asked to; nothing changed but the count of wrong codes."""


class ModeNotOfferedError(PanelError):
    """The panel was not set up with this mode."""


class AlarmRaisedError(PanelError):
    """Somebody came in, or it rings: it has to be disarmed before it is armed again."""


class MayNotDisarmError(PanelError):
    """This button may arm, and nothing else."""


class NotReadyError(PanelError):
    """Something stands against arming: ``blockers``, as (name, why)."""

    def __init__(self, blockers: tuple[tuple[str, Blocker], ...]) -> None:
        """Tell what."""
        super().__init__(", ".join(f"{name}: {why.value}" for name, why in blockers))
        self.blockers = blockers


class CodeMissingError(PanelError):
    """This needs the code, and none was given."""


class WrongCodeError(PanelError):
    """The code is not the right one; none is looked at for the next ``pause`` seconds."""

    def __init__(self, pause: float = 0.0) -> None:
        """Tell how long the pause is, 0 for none."""
        super().__init__(f"pause of {pause:.0f} s" if pause else "")
        self.pause = pause


class CodesPausedError(PanelError):
    """Too many wrong codes: none, not the right one either, is looked at for ``left`` seconds."""

    def __init__(self, left: float) -> None:
        """Tell how long it goes on."""
        super().__init__(f"{left:.0f} s left")
        self.left = left
