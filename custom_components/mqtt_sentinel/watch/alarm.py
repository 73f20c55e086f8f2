"""What an alarm relies on: what it wants of its services, and whether it protects."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from .expectation import SourceKind, Wanted, Wish
from .verdict import Reason, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from .watched import Watched


class Protection(StrEnum):
    """Whether an alarm does what people think it does."""

    PROTECTED = "protected"
    DEGRADED = "degraded"
    UNPROTECTED = "unprotected"
    DISARMED = "disarmed"
    UNKNOWN = "unknown"


class Blocker(StrEnum):
    """Why an alarm is not ready to be armed."""

    NOTHING_RELIED_ON = "nothing_relied_on"
    ALARM_UNKNOWN = "alarm_unknown"
    BROKER_GONE = "broker_gone"
    PARENT_GONE = "parent_gone"
    NEVER_HEARD = "never_heard"
    INCIDENT = "incident"


ARMED_MODES = (
    "armed_home",
    "armed_away",
    "armed_night",
    "armed_vacation",
    "armed_custom_bypass",
)
# An armed alarm waits for a code, or rings.
_STILL_ARMED = frozenset({"pending", "triggered"})
_SILENT = frozenset({"unknown", "unavailable"})
_DISARMED = "disarmed"
_ON_ITS_WAY = _STILL_ARMED | {"arming", "disarming"}


@dataclass(frozen=True, slots=True)
class Reliance:
    """One service that an alarm relies on, and the directions to verify for it."""

    watch_id: str
    verify_connect: bool = True
    verify_disconnect: bool = True


@dataclass(frozen=True, slots=True)
class AlarmConfig:
    """What a user set up: an alarm panel, the modes that need its services, and the services.

    ``entity_id`` is empty for a panel that is made here.
    ``drill_every``: days within which a drill has to pass, None for whenever somebody likes.
    ``drill_tells``: the notify entity that is told of each drill, empty for none.
    """

    id: str
    name: str
    entity_id: str
    modes: frozenset[str]
    reliances: tuple[Reliance, ...]
    drill_every: float | None = None
    drill_tells: str = ""


@dataclass(slots=True)
class GuardedAlarm:
    """The state of one alarm: what it wants now; ``silent`` while its panel says nothing.

    ``state`` is the state of its panel, None without one.
    """

    config: AlarmConfig
    wanted: Wanted = Wanted.ANYTHING
    silent: bool = True
    state: str | None = None

    @property
    def is_armed(self) -> bool:
        """Tell whether its panel is in any state but disarmed, also on its way from or to that."""
        return not self.silent and self.state != _DISARMED

    @property
    def is_on_its_way(self) -> bool:
        """Tell whether it is not certain what its panel will want in a moment."""
        return self.silent or self.state in _ON_ITS_WAY


def wanted_by_alarm(state: str | None, modes: Collection[str], before: Wanted) -> Wanted:
    """What an alarm panel's state wants of the services behind it.

    ``state`` is the state of the panel, None when there is no such entity. A silent panel wants
    what it wanted ``before``, and so does one that waits for a code or rings; of which nothing
    else is known, it was armed. On its way from disarmed to armed, or back, it minds nothing:
    services come and go then.
    """
    if state is None or state in _SILENT:
        return before
    if state == "disarming" or (state == "arming" and before is not Wanted.UP):
        return Wanted.ANYTHING
    if state in _STILL_ARMED or state == "arming":
        return Wanted.UP if before is Wanted.ANYTHING else before
    return Wanted.UP if state in modes else Wanted.DOWN


def wanted_by_entity(state: str | None, states: Collection[str], before: Wanted) -> Wanted:
    """What an entity's state wants of a thing that should be up while it is in ``states``."""
    if state in states:
        return Wanted.UP
    if state is None or state in _SILENT:
        return before
    return Wanted.DOWN


def wish_of(alarm: GuardedAlarm, reliance: Reliance) -> Wish:
    """What an alarm wishes of one service now."""
    return Wish(
        SourceKind.ALARM,
        alarm.config.name,
        alarm.wanted,
        reliance.verify_connect,
        reliance.verify_disconnect,
    )


def protection(alarm: GuardedAlarm, watches: Mapping[str, Watched]) -> Protection:
    """Whether an alarm that wants its services up really has them.

    A service whose loss the alarm was told not to mind does not count.
    """
    if alarm.silent:
        return Protection.UNKNOWN
    if alarm.wanted is not Wanted.UP:
        return Protection.DISARMED
    minded = [
        watches[reliance.watch_id].judgement
        for reliance in alarm.config.reliances
        if reliance.verify_disconnect and reliance.watch_id in watches
    ]
    good = sum(judgement.reason is Reason.AGREES for judgement in minded)
    bad = sum(
        judgement.verdict is Verdict.MISMATCH
        or judgement.reason in (Reason.ACCEPTED, Reason.PARENT_GONE)
        for judgement in minded
    )
    if bad:
        return Protection.UNPROTECTED if bad == len(minded) else Protection.DEGRADED
    return Protection.PROTECTED if good and good == len(minded) else Protection.UNKNOWN


def blockers(alarm: GuardedAlarm, watches: Mapping[str, Watched]) -> list[tuple[str, Blocker]]:
    """What stands against arming an alarm now, as (name, why); nothing when it is ready."""
    found: list[tuple[str, Blocker]] = []
    if alarm.silent:
        found.append((alarm.config.name, Blocker.ALARM_UNKNOWN))
    relied = [
        watches[reliance.watch_id]
        for reliance in alarm.config.reliances
        if reliance.watch_id in watches
    ]
    if not relied:
        found.append((alarm.config.name, Blocker.NOTHING_RELIED_ON))
    for watch in relied:
        if watch.facts.parent_gone:
            found.append((watch.config.name, Blocker.PARENT_GONE))
        elif watch.judgement.verdict is Verdict.SUSPENDED:
            found.append((watch.config.name, Blocker.BROKER_GONE))
        elif watch.incident:
            found.append((watch.config.name, Blocker.INCIDENT))
        elif watch.facts.up is None:
            found.append((watch.config.name, Blocker.NEVER_HEARD))
    return found
