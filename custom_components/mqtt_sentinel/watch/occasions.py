"""Which events were told already: the same one may come twice, and is told once."""

from collections import OrderedDict
from itertools import islice
from typing import TYPE_CHECKING, Any

from .reports import Occasion, OccasionReport, ThingKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .reports import EvidenceReport

# More than a fleet says while one of its devices tries again, and a few megabytes.
MOST_REMEMBERED = 10_000
# Of these so many outlive a restart: what is repeated comes soon after.
MOST_STORED = 1_000

# What makes an event the same: the thing, what happened, the thing's name for it, and which part
# of it: the beginning or the end, or the number of the picture.
type EventName = tuple[ThingKey, Occasion, str, bool | int | None]


class Occasions:
    """The names of the events that were heard, up to a bound; constant cost each.

    The one that was not heard for the longest time makes room for the newest.
    """

    __slots__ = ("_heard",)

    def __init__(self) -> None:
        """Start with none."""
        self._heard: OrderedDict[EventName, None] = OrderedDict()

    def __len__(self) -> int:
        """How many are remembered."""
        return len(self._heard)

    def is_new(self, report: OccasionReport | EvidenceReport) -> bool:
        """Tell whether an event was not heard before, and remember it.

        One without a name is always new: two of them may well be two.
        """
        if report.event_id is None:
            return True
        part = report.begins if isinstance(report, OccasionReport) else report.number
        name = (report.key, report.occasion, report.event_id, part)
        if name in self._heard:
            self._heard.move_to_end(name)
            return False
        self._remember(name)
        return True

    def restore(self, names: Iterable[EventName]) -> None:
        """Remember events that were heard before, the latest last."""
        for name in names:
            self._remember(name)

    def latest(self) -> list[EventName]:
        """Those that are worth storing, the latest last."""
        return list(islice(reversed(self._heard), MOST_STORED))[::-1]

    def _remember(self, name: EventName) -> None:
        self._heard[name] = None
        if len(self._heard) > MOST_REMEMBERED:
            self._heard.popitem(last=False)


def as_list(name: EventName) -> list[Any]:
    """The name of an event in a form for storage: JSON types only."""
    key, occasion, event_id, part = name
    return [*key, occasion.value, event_id, part]


def from_list(data: Sequence[Any]) -> EventName:
    """Read what :func:`as_list` wrote. Raises TypeError or ValueError on others."""
    dialect, site, name, occasion, event_id, part = data
    if not all(isinstance(text, str) for text in (dialect, site, name, event_id)):
        raise TypeError(data)
    if not isinstance(part, int | None):  # true and false are numbers too
        raise TypeError(data)
    return ThingKey(dialect, site, name), Occasion(occasion), event_id, part
