"""Many mismatches at once are one: a storm."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .incidents import Turn

if TYPE_CHECKING:
    from .clock import Instant

FEWEST = 10
WITHIN = 5.0


@dataclass(slots=True)
class Storm:
    """Incidents that opened within moments: ``members`` are the watches whose are still open.

    ``ever`` are all watches that it met; both are in the order in which they joined. ``opened_at``
    and ``closed_at`` in epoch seconds.
    """

    id: str
    opened_at: float
    members: dict[str, None] = field(default_factory=dict)
    ever: dict[str, None] = field(default_factory=dict)
    closed_at: float | None = None

    @property
    def count(self) -> int:
        """How many watches it ever was."""
        return len(self.ever)


class Storms:
    """Notices when incidents open faster than people can read."""

    def __init__(self) -> None:
        """Start with clear weather."""
        self.open: dict[str, Storm] = {}
        self._news: dict[str, tuple[Turn, Storm]] = {}
        self._recent: dict[str, float] = {}
        self._last: Storm | None = None
        self._last_at = 0.0

    def opened(self, watch_id: str, now: Instant) -> tuple[str, list[str]] | None:
        """An incident of a watch opened; answer which storm it belongs to, and who joined that.

        A storm that just began is joined by those whose incidents opened shortly before, too.
        None while there is no storm.
        """
        joining = [watch_id]
        if self._last and now.mono - self._last_at <= WITHIN:
            storm = self._last
            self._tell(Turn.UPDATED, storm)
        else:
            self._recent[watch_id] = now.mono
            joining = [name for name, at in self._recent.items() if now.mono - at <= WITHIN]
            if len(joining) < FEWEST:
                self._recent = {name: self._recent[name] for name in joining}
                return None
            self._recent.clear()
            storm = self._last = Storm(f"storm-{int(now.wall * 1000):x}", now.wall)
            self._tell(Turn.OPENED, storm)
        self._last_at = now.mono
        for name in joining:
            self._join(storm, name)
        return storm.id, joining

    def goes_on(self, storm_id: str, watch_id: str, opened_at: float) -> None:
        """An incident of a storm was open before a restart, and still is."""
        storm = self.open.get(storm_id) or Storm(storm_id, opened_at)
        storm.opened_at = min(storm.opened_at, opened_at)
        self._join(storm, watch_id)
        self._tell(Turn.UPDATED, storm)

    def closed(self, storm_id: str | None, watch_id: str, at: float) -> None:
        """An incident closed, at ``at`` in epoch seconds; with its last one a storm is over."""
        if storm_id is None:
            self._recent.pop(watch_id, None)
            return
        storm = self.open[storm_id]
        storm.members.pop(watch_id, None)
        if storm.members:
            self._tell(Turn.UPDATED, storm)
            return
        del self.open[storm_id]
        storm.closed_at = at
        if self._last is storm:
            self._last = None
        self._tell(Turn.CLOSED, storm)

    def touched(self, storm_id: str) -> None:
        """An open incident of a storm is muted, or judged otherwise: so the storm may be, too."""
        self._tell(Turn.UPDATED, self.open[storm_id])

    def news(self) -> list[tuple[Turn, Storm]]:
        """What happened to storms since this was asked last, each once."""
        news = list(self._news.values())
        self._news.clear()
        return news

    def _join(self, storm: Storm, watch_id: str) -> None:
        self.open[storm.id] = storm
        storm.members[watch_id] = None
        storm.ever[watch_id] = None

    def _tell(self, turn: Turn, storm: Storm) -> None:
        before = self._news.get(storm.id)
        if before and turn is Turn.UPDATED:
            turn = before[0]
        self._news[storm.id] = (turn, storm)
