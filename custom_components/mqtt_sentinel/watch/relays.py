"""Relays: each is a watch of its own, reached through its thing; that it is on is its being up."""

from collections import OrderedDict
from typing import TYPE_CHECKING

from .reports import RelayReport, ThingKey

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_RELAYS = 10_000


def relay_key(thing: ThingKey, relay: str) -> ThingKey:
    """The identity of a relay of a thing; no topic level can have the sign between them."""
    return thing._replace(name=f"{thing.name}#{relay}")


def split_key(key: ThingKey) -> tuple[ThingKey, str]:
    """The thing and the relay that :func:`relay_key` made an identity of."""
    name, _, relay = key.name.rpartition("#")
    return key._replace(name=name), relay


class KnownRelays:
    """What each relay said last, watched or not, by its key; the one silent for longest goes first.

    Of one that said nothing since the broker was lost there is only its name.
    """

    def __init__(self) -> None:
        """Start with none."""
        self._reports: OrderedDict[ThingKey, RelayReport | None] = OrderedDict()

    def __iter__(self) -> Iterator[ThingKey]:
        """The keys of all of them, the one silent for longest first."""
        return iter(self._reports)

    def __contains__(self, key: object) -> bool:
        """Tell whether a relay was heard."""
        return key in self._reports

    def get(self, key: ThingKey) -> RelayReport | None:
        """What a relay said last, None when nothing is known."""
        return self._reports.get(key)

    def hear(self, key: ThingKey, report: RelayReport) -> None:
        """Remember what a relay said."""
        self._reports[key] = report
        self._reports.move_to_end(key)
        if len(self._reports) > MOST_RELAYS:
            self._reports.popitem(last=False)

    def doubt(self) -> None:
        """The broker is gone: what the relays said last need not be true any more."""
        self._reports = OrderedDict.fromkeys(self._reports)
