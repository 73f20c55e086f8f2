"""What a thing measured: the last known values, their averages, and which are out of line."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .averages import MovingAverage

if TYPE_CHECKING:
    from .reports import TelemetryReport

# So many values a thing; a thing that makes up names must not make up entities without end.
MOST_VALUES = 32


@dataclass(slots=True)
class Value(MovingAverage):
    """The average of one value, and what was heard last (None: nothing that need still be true).

    ``live`` says that the thing itself sent it, not the broker's memory. It is one object and not
    two, because there are very many, and each is looked up in memory with every message.
    """

    last: float | None = None
    live: bool = False

    @property
    def anomaly(self) -> bool | None:
        """Whether it is out of line, None while that cannot be told."""
        if self.last is None or not self.judges:
            return None
        return self.out_of_line


@dataclass(slots=True)
class Telemetry:
    """All values of one thing by name, at most :data:`MOST_VALUES`, in the order first heard.

    ``ignored`` counts what was heard under further names. ``fresh`` says that there is something
    to show that nobody has shown yet, ``urgent`` that it must not wait to be shown together with
    what comes after it.
    """

    values: dict[str, Value] = field(default_factory=dict)
    ignored: int = 0
    fresh: bool = False
    urgent: bool = False

    def hear(self, report: TelemetryReport) -> bool:
        """Take values in; tell whether somebody has to be told that there are some to show.

        What the broker kept is the last known state: it is no news beside what the thing sent
        itself, and never a sample of the average.
        """
        values = self.values
        told = self.fresh
        live = not report.retained
        for name, number in report.values.items():
            value = values.get(name)
            if value is None:
                value = self._new(name)
                if value is None:
                    self.ignored += 1
                    continue
                self.urgent = True
                told = False
            if live:
                value.last = number
                value.live = True
                if value.add(number):
                    self.urgent = True
                    told = False
            elif not value.live:
                value.last = number
        self.fresh = True
        return not told

    def remember(self, name: str) -> None:
        """There was a value of this name before a restart."""
        if name not in self.values:
            self._new(name)

    def doubt(self) -> None:
        """Nothing that was heard need still be true; what is usual for each value is still."""
        for value in self.values.values():
            value.last = None
            value.live = False

    def _new(self, name: str) -> Value | None:
        if len(self.values) >= MOST_VALUES:
            return None
        value = self.values[name] = Value()
        return value

    @property
    def anomaly(self) -> bool | None:
        """Whether any value is out of line, None while that cannot be told of a single one."""
        answer = None
        for value in self.values.values():
            if (anomaly := value.anomaly) is not None:
                if anomaly:
                    return True
                answer = False
        return answer

    @property
    def anomalies(self) -> list[str]:
        """The names of the values that are out of line."""
        return [name for name, value in self.values.items() if value.anomaly]
