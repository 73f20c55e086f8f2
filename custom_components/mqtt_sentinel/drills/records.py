"""How all alarms stand with their drills, and the issues about that."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from homeassistant.core import HomeAssistant, callback

from ..intake.mqtt import now
from ..intake.one_timer import OneTimer
from ..outcome.drills import hide_drill, show_drill_failed, show_drill_overdue
from ..watch.drill_standing import Standing

if TYPE_CHECKING:
    from ..watch.alarm import AlarmConfig, GuardedAlarm
    from ..watch.drill_report import DrillReport


class Records:
    """Remembers the drills of all alarms, and shows an issue while one failed or is overdue."""

    def __init__(
        self, hass: HomeAssistant, entry_id: str, alarms: Callable[[], Mapping[str, GuardedAlarm]]
    ) -> None:
        """Start with none; ``alarms`` answers with those that there are, by their ids."""
        self._hass = hass
        self._entry_id = entry_id
        self._alarms = alarms
        self._standings: dict[str, Standing] = {}
        self._timer = OneTimer(hass, self.show)

    def read(self, memory: Mapping[str, Any]) -> bool:
        """Take in what :meth:`as_dict` wrote; tell whether all of it could be read."""
        readable = True
        for alarm_id, data in memory.items():
            try:
                self._standings[alarm_id] = Standing.from_dict(data)
            except KeyError, TypeError, ValueError:
                readable = False
        return readable

    def as_dict(self) -> dict[str, Any]:
        """What has to outlive Home Assistant, in JSON types."""
        return {alarm_id: standing.as_dict() for alarm_id, standing in self._standings.items()}

    def last(self, alarm_id: str) -> DrillReport | None:
        """The last drill of an alarm that began and is over."""
        standing = self._standings.get(alarm_id)
        return standing.last if standing else None

    def take(self, alarm_id: str, report: DrillReport) -> None:
        """A drill of an alarm is over."""
        self._standings.setdefault(alarm_id, Standing()).take(report)

    def _forget(self, alarm_id: str) -> None:
        """An alarm is no more."""
        del self._standings[alarm_id]
        hide_drill(self._hass, alarm_id)

    @callback
    def show(self) -> None:
        """Make the issues say what is true now, and again when that changes by itself."""
        moment, alarms = now(), self._alarms()
        for alarm_id in self._standings.keys() - alarms.keys():
            self._forget(alarm_id)
        due = [
            self._show(alarm_id, alarm.config, moment.wall) for alarm_id, alarm in alarms.items()
        ]
        deadline = min((at for at in due if at is not None), default=None)
        self._timer.set(None if deadline is None else moment.mono + deadline - moment.wall)

    @callback
    def stop(self) -> None:
        """Show nothing any more."""
        self._timer.set(None)
        for alarm_id in self._alarms():
            hide_drill(self._hass, alarm_id)

    def _show(self, alarm_id: str, config: AlarmConfig, at: float) -> float | None:
        """Say how an alarm stands; answer when that changes by itself.

        That is in epoch seconds, None for never.
        """
        standing, days = self._standings.setdefault(alarm_id, Standing()), config.drill_every
        due = standing.due(days, at)
        if standing.failed:
            show_drill_failed(self._hass, self._entry_id, alarm_id, standing.failed)
        elif days is not None and due is not None and at >= due:
            show_drill_overdue(self._hass, self._entry_id, alarm_id, config.name, due, days)
        else:
            hide_drill(self._hass, alarm_id)
            return due
        return None
