"""Things that talk and that nobody watches."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .reports import ConnectionReport, is_sign_of_life

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .reports import Report, ThingKey

MOST_KNOWN = 10_000


@dataclass(frozen=True, slots=True)
class KnownThing:
    """What is known of an unwatched thing: its last connection report, its last live message.

    ``connection`` is None when none came since the subscriptions were made; ``last_seen`` in
    epoch seconds.
    """

    key: ThingKey
    connection: ConnectionReport | None = None
    last_seen: float | None = None


class KnownThings:
    """A bounded list of what was heard; the one heard first makes room for the newest."""

    __slots__ = ("_things",)

    def __init__(self) -> None:
        """Start with none."""
        self._things: dict[ThingKey, KnownThing] = {}

    def __iter__(self) -> Iterator[KnownThing]:
        """All of them, the one heard first first."""
        return iter(self._things.values())

    def __len__(self) -> int:
        """How many."""
        return len(self._things)

    def __contains__(self, key: object) -> bool:
        """Tell whether a thing was heard."""
        return key in self._things

    def hear(self, report: Report) -> None:
        """Remember a report of a thing."""
        known = self._things.get(report.key)
        if known is None:
            if len(self._things) >= MOST_KNOWN:
                del self._things[next(iter(self._things))]
            known = KnownThing(report.key)
        self._things[report.key] = replace(
            known,
            connection=report if isinstance(report, ConnectionReport) else known.connection,
            last_seen=report.at.wall if is_sign_of_life(report) else known.last_seen,
        )

    def put_back(self, thing: KnownThing) -> None:
        """Remember a thing that was watched until now."""
        self._things[thing.key] = thing

    def take(self, key: ThingKey) -> KnownThing | None:
        """Remove a thing, because it is watched from now on, and tell what was known of it."""
        return self._things.pop(key, None)

    def doubt(self) -> None:
        """The broker is gone: what the things said last need not be true any more."""
        for key, known in self._things.items():
            self._things[key] = replace(known, connection=None)
