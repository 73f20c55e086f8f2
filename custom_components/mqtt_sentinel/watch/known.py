"""Things that talk and that nobody watches."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .cadence import Cadence
from .reports import ConnectionReport, is_sign_of_life

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .reports import Report, ThingKey

MOST_KNOWN = 10_000


@dataclass(slots=True)
class KnownThing:
    """What is known of an unwatched thing: its last connection report, its last live message.

    ``connection`` is None when none came since the subscriptions were made; ``last_seen`` in
    epoch seconds; ``cadence`` is how often it speaks.
    """

    key: ThingKey
    connection: ConnectionReport | None = None
    last_seen: float | None = None
    cadence: Cadence = field(default_factory=Cadence)


class KnownThings:
    """A bounded list of what was heard.

    The one that was silent for longest makes room for a new one, so that a thing that goes on
    talking stays known, however many others turn up once. Every step has the same cost at any
    number of things.
    """

    __slots__ = ("_things", "turns")

    def __init__(self) -> None:
        """Start with none. ``turns`` grows whenever a thing comes or goes."""
        self._things: OrderedDict[ThingKey, KnownThing] = OrderedDict()
        self.turns = 0

    def __iter__(self) -> Iterator[KnownThing]:
        """All of them, the one that was silent for longest first."""
        return iter(self._things.values())

    def __len__(self) -> int:
        """How many."""
        return len(self._things)

    def __contains__(self, key: object) -> bool:
        """Tell whether a thing was heard."""
        return key in self._things

    def get(self, key: ThingKey) -> KnownThing | None:
        """What is known of a thing, None when it was not heard or is watched."""
        return self._things.get(key)

    def hear(self, report: Report) -> None:
        """Remember a report of a thing."""
        thing = self._things.get(report.key)
        if thing is None:
            thing = KnownThing(report.key)
            self.put_back(thing)
        else:
            self._things.move_to_end(report.key)
        if isinstance(report, ConnectionReport):
            thing.connection = report
        elif not report.retained:
            thing.cadence.learn(report)
        if is_sign_of_life(report):
            thing.last_seen = report.at.wall

    def put_back(self, thing: KnownThing) -> None:
        """Remember a thing that is new, or that was watched until now."""
        self._things[thing.key] = thing
        if len(self._things) > MOST_KNOWN:
            self._things.popitem(last=False)
        self.turns += 1

    def take(self, key: ThingKey) -> KnownThing | None:
        """Remove a thing, because it is watched from now on, and tell what was known of it."""
        thing = self._things.pop(key, None)
        if thing is not None:
            self.turns += 1
        return thing

    def doubt(self) -> None:
        """The broker is gone: what the things said last need not be true any more."""
        for thing in self._things.values():
            thing.connection = None
