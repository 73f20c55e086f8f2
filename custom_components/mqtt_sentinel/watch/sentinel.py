"""The heart: hears reports and expectations, and answers with what changed."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .deadlines import Deadlines
from .expectation import is_new
from .hearing import believe_relay, take_in, take_in_relay
from .incidents import Incident, Turn, is_over
from .known import KnownThings
from .occasions import Occasions
from .opening import opened
from .relays import KnownRelays, relay_key
from .reports import (
    EvidenceReport,
    OccasionReport,
    RelayReport,
    Report,
    is_sign_of_life,
)
from .storms import Storms
from .verdict import Facts, Judgement, Reason, Verdict, judge
from .watched import Snapshot, Watched

if TYPE_CHECKING:
    from .clock import Instant
    from .expectation import Expectation
    from .reports import ThingKey
    from .watched import WatchConfig


_HAPPENED = (OccasionReport, EvidenceReport)


@dataclass(frozen=True, slots=True)
class Change:
    """What one step changed of one watch: its judgement, its connection, its incident.

    ``connection`` is the state that the thing changed to, None when it did not change.
    ``occasion`` is what happened at the thing. ``to_show`` is False when that was all: there is
    something to tell, and no state that would be another.
    """

    watch: Watched
    before: Judgement
    after: Judgement
    connection: bool | None = None
    turn: Turn | None = None
    incident: Incident | None = None
    occasion: OccasionReport | EvidenceReport | None = None
    to_show: bool = True


class Sentinel:
    """All watches of one hub. Every method that lets time or facts in takes ``now``.

    Each answers with what changed: of the watch that it is about first, then of those behind it.
    What became of storms by that is in :attr:`storms`; :attr:`open_incidents` names the watches
    that have one.
    """

    def __init__(self) -> None:
        """Start with no watch, and with no broker."""
        self.watches: dict[str, Watched] = {}
        self.storms = Storms()
        self.open_incidents: set[str] = set()
        self.known = KnownThings()
        self.relays = KnownRelays()
        self.occasions = Occasions()
        self._by_key: dict[ThingKey, Watched] = {}
        # A user knows these by their relays.
        self._relay_owners: Counter[ThingKey] = Counter()
        self._children: defaultdict[ThingKey, dict[str, Watched]] = defaultdict(dict)
        self._deadlines = Deadlines()
        self._broker = False
        self._subscribed_at: float | None = None
        # Those that have something to show beside their judgement; who shows it empties the list.
        self.fresh: list[Watched] = []

    def next_deadline(self) -> float | None:
        """When :meth:`wake` wants to be called at the latest, in monotonic seconds."""
        return self._deadlines.next()

    def watch_of(self, key: ThingKey) -> Watched | None:
        """The watch of a thing, None when nobody watches it."""
        return self._by_key.get(key)

    # What is watched

    def add(
        self, config: WatchConfig, now: Instant, restored: Snapshot | None = None
    ) -> Sequence[Change]:
        """Watch one more thing, going on from what was stored of it."""
        past = restored or Snapshot()
        waited = now.wall - past.expected_since
        left = min(max(config.settings.settle - waited, 0.0), config.settings.settle)
        watch = Watched(
            config=config,
            facts=Facts(
                broker=self._broker,
                judged_from=self._judged_from(config),
                expectation=past.expectation,
                settles_at=now.mono + left,
                agreed=past.agreed,
                accepted=past.accepted,
                failed=past.failed,
                ping_from=now.mono + left,
            ),
            expected_since=past.expected_since or now.wall,
            last_up=past.last_up,
            last_seen=past.last_seen,
            misses=past.misses,
            incident=past.incident,
            children=self._children[config.key],
        )
        self.watches[config.id] = watch
        self._by_key[config.key] = watch
        self._go_on(watch)
        if config.parent:
            self._children[config.parent][config.id] = watch
            parent = self._by_key.get(config.parent)
            watch.facts.parent_gone = parent is not None and parent.is_gone
            watch.facts.parent_awaited = parent is not None and parent.is_awaited
        if config.relay_of:
            self._relay_owners[config.relay_of] += 1
            self.known.take(config.relay_of)
        if said := self.relays.get(config.key):
            take_in_relay(watch, said, self._reaches(config))
        if known := self.known.take(config.key):
            if known.connection:
                take_in(watch, known.connection, self.fresh)
            watch.last_seen = known.last_seen or watch.last_seen
            watch.cadence = known.cadence
        return [*self._judge(watch, now), *self._count_anew(config)]

    def _go_on(self, watch: Watched) -> None:
        """Take up the incident that was open before."""
        incident = watch.incident
        if incident:
            self.open_incidents.add(watch.config.id)
        if incident and incident.storm:
            self.storms.goes_on(incident.storm, watch.config.id, incident.opened_at)
        if incident and incident.reason is Reason.FLAPPING:
            watch.steadiness.goes_on()

    def configure(self, config: WatchConfig, now: Instant) -> Sequence[Change]:
        """Apply changed settings, name or key to a watch that exists.

        When live proof is demanded from now on, there is the settle time to give it. With another
        key it is another thing: nothing is known of it, and it has the settle time too.
        """
        watch = self.watches[config.id]
        if config.key != watch.config.key:
            expectation, incident = watch.facts.expectation, watch.incident
            freed = self._take_out(watch, now)
            moved = self.add(config, now, Snapshot(expectation, now.wall, incident=incident))
            return [*freed, *moved]
        if config.settings.require_live and not watch.config.settings.require_live:
            watch.facts.settles_at = now.mono + config.settings.settle
        if config.settings.ping_interval != watch.config.settings.ping_interval:
            watch.facts.ping_from = max(watch.facts.ping_from, now.mono)
        watch.config = config
        watch.facts.judged_from = self._judged_from(config)
        return self._judge(watch, now)

    def remove(self, watch_id: str, now: Instant) -> Sequence[Change]:
        """Stop watching. Raises KeyError when there is no such watch."""
        watch = self.watches[watch_id]
        if watch.incident:
            self.storms.closed(watch.incident.storm, watch_id, now.wall)
        return self._take_out(watch, now)

    def _take_out(self, watch: Watched, now: Instant) -> list[Change]:
        watch_id, key, parent = watch.config.id, watch.config.key, watch.config.parent
        del self.watches[watch_id]
        if self._by_key.get(key) is watch:
            del self._by_key[key]
        self._deadlines.set(watch_id, None)
        self.open_incidents.discard(watch_id)
        if owner := watch.config.relay_of:
            self._relay_owners -= Counter([owner])
        if parent:
            del self._children[parent][watch_id]
        freed = self._tell_children(watch, now, gone=False, awaited=False)
        return [*freed, *self._count_anew(watch.config)]

    def _count_anew(self, config: WatchConfig) -> list[Change]:
        """The incident of what a thing is reached through tells how many are: that is another now."""
        parent = self._by_key.get(config.parent) if config.parent else None
        if parent is None or parent.incident is None:
            return []
        same = parent.judgement
        return [Change(parent, same, same, turn=Turn.UPDATED, incident=parent.incident)]

    # What is heard

    def hear(self, report: Report) -> Sequence[Change]:
        """Take in one report."""
        changes: Sequence[Change] = ()
        if isinstance(report, RelayReport) and (relay := self._relay(report)):
            changes = self._switched(relay, report)
        watch = self._by_key.get(report.key)
        if watch is None:
            if report.key not in self._relay_owners:
                self.known.hear(report)
            return changes
        before = watch.last_up
        matters = take_in(watch, report, self.fresh)
        if watch.config.parent and is_sign_of_life(report):
            changes = [*changes, *self._vouch(watch.config.parent, report)]
        if matters:
            connection = _connection_change(watch, before)
            judged = self._judge(watch, report.at, connection) or [_same_judgement(watch)]
            changes = [*changes, *judged]
        if isinstance(report, _HAPPENED) and not report.retained and self.occasions.is_new(report):
            happened = replace(_same_judgement(watch), occasion=report, to_show=False)
            changes = [*changes, happened]
        return changes

    def _relay(self, report: RelayReport) -> Watched | None:
        """The watch of the relay that a report is about, if it is watched."""
        key = relay_key(report.key, report.relay)
        self.relays.hear(key, report)
        return self._by_key.get(key)

    def _switched(self, watch: Watched, report: RelayReport) -> Sequence[Change]:
        """A relay said what it is; the change of it comes after that of its thing."""
        changes: Sequence[Change] = ()
        if watch.config.parent and is_sign_of_life(report):
            changes = self._vouch(watch.config.parent, report)
        before = watch.last_up
        if not take_in_relay(watch, report, self._reaches(watch.config)):
            return changes
        connection = _connection_change(watch, before)
        judged = self._judge(watch, report.at, connection) or [_same_judgement(watch)]
        return [*changes, *judged]

    def _reaches(self, config: WatchConfig) -> bool:
        """Tell whether what a watch is reached through is there, if there is such a thing."""
        parent = self._by_key.get(config.parent) if config.parent else None
        return parent is None or parent.facts.up is True

    def _vouch(self, key: ThingKey, report: Report) -> Sequence[Change]:
        """What is heard through a parent shows that the parent is there, unless it said not."""
        parent = self._by_key.get(key)
        if parent is None or parent.facts.up is not None:
            return ()
        before = parent.last_up
        take_in(parent, Report(key, report.at, False, report.source), self.fresh)
        return self._judge(parent, report.at, _connection_change(parent, before))

    # What should be true

    def expect(self, watch_id: str, expectation: Expectation, now: Instant) -> Sequence[Change]:
        """Tell a watch what is wanted of it now."""
        watch = self.watches[watch_id]
        facts = watch.facts
        if facts.expectation == expectation:
            return ()
        if is_new(expectation, facts.expectation):
            watch.expected_since = now.wall
            watch.steadiness.calm()
            facts.settles_at = facts.ping_from = now.mono + watch.config.settings.settle
            facts.agreed = False
            facts.accepted = False
        facts.expectation = expectation
        return self._judge(watch, now) or [_same_judgement(watch)]

    def command(self, watch_id: str, expectation: Expectation, now: Instant) -> Sequence[Change]:
        """Something was commanded: what is wanted now is judged from the beginning."""
        watch = self.watches[watch_id]
        watch.expected_since = now.wall
        watch.facts.expectation = expectation
        watch.facts.asked = True
        watch.facts.failed = None
        watch.facts.agreed = False
        return self._settle(watch, now) or [_same_judgement(watch)]

    def command_ended(self, watch_id: str, failed: Reason | None, now: Instant) -> Sequence[Change]:
        """Nothing is under way any more; ``failed`` says why it was not done, as far as is known."""
        watch = self.watches[watch_id]
        watch.facts.asked = False
        watch.facts.failed = failed
        return self._judge(watch, now)

    # The broker

    def broker_lost(self, now: Instant) -> Sequence[Change]:
        """No verdict can be trusted, and nothing that was heard need still be true."""
        self._broker = False
        self.known.doubt()
        self.relays.doubt()
        for watch in self.watches.values():
            watch.connection = watch.relay = None
            watch.facts.up = None
            watch.facts.live = False
            watch.doubt()
        return self._apply_broker(now)

    def broker_silent(self, now: Instant) -> Sequence[Change]:
        """No verdict can be trusted while the broker hangs.

        What was heard still holds: nothing is lost on a connection that is there, it only comes late.
        """
        self._broker = False
        return self._apply_broker(now)

    def broker_back(self, now: Instant) -> Sequence[Change]:
        """The broker is there; the subscriptions are not yet."""
        self._broker = True
        self._subscribed_at = None
        return self._apply_broker(now)

    def subscribed(self, now: Instant) -> Sequence[Change]:
        """All subscriptions are acknowledged: from the grace on, silence counts."""
        self._subscribed_at = now.mono
        for watch in self.watches.values():
            watch.facts.ping_from = max(watch.facts.ping_from, now.mono)
        return self._apply_broker(now)

    def _apply_broker(self, now: Instant) -> list[Change]:
        changes: list[Change] = []
        for watch in self.watches.values():
            watch.facts.broker = self._broker
            watch.facts.judged_from = self._judged_from(watch.config)
        for watch in _parents_first(self.watches.values()):
            changes += self._judge(watch, now)
        return changes

    def _judged_from(self, config: WatchConfig) -> float | None:
        if self._subscribed_at is None:
            return None
        return self._subscribed_at + config.settings.grace

    # Time, and people

    def wake(self, now: Instant) -> Sequence[Change]:
        """Judge all watches whose deadline has come, first those that others are reached through."""
        due = [self.watches[watch_id] for watch_id in self._deadlines.pop_due(now.mono)]
        changes: list[Change] = []
        for watch in _parents_first(due):
            changes += self._judge(watch, now)
        return changes

    def accept(self, watch_id: str, now: Instant) -> Sequence[Change]:
        """The reported state is fine, until the report or the expectation changes."""
        watch = self.watches[watch_id]
        watch.facts.accepted = True
        watch.steadiness.calm()
        return self._judge(watch, now)

    def verify(self, watch_id: str, now: Instant) -> Sequence[Change]:
        """Give the thing the settle time once more, then judge it anew."""
        return self._settle(self.watches[watch_id], now)

    def _settle(self, watch: Watched, now: Instant) -> Sequence[Change]:
        watch.facts.accepted = False
        settled = watch.facts.settles_at = now.mono + watch.config.settings.settle
        watch.steadiness.steady_at = min(watch.steadiness.steady_at, settled)
        return self._judge(watch, now)

    def mute(self, watch_id: str, now: Instant) -> Sequence[Change]:
        """Keep quiet about the open incident, until the report or the expectation changes."""
        watch = self.watches[watch_id]
        if watch.incident is None or watch.incident.muted:
            return ()
        watch.incident = replace(watch.incident, muted=True).noted(now.wall, "muted")
        if watch.incident.storm:
            self.storms.touched(watch.incident.storm)
        same = watch.judgement
        return [Change(watch, same, same, turn=Turn.UPDATED, incident=watch.incident)]

    # Judging

    def _judge(
        self, watch: Watched, now: Instant, connection: bool | None = None
    ) -> Sequence[Change]:
        before, facts = watch.judgement, watch.facts
        facts.ping_owed = watch.incident is not None and (
            watch.incident.reason is Reason.PING_MISSED
        )
        raw = judge(facts, watch.config.settings, now.mono)
        after = watch.judgement = watch.steadiness.judged(raw, now.mono)
        self._deadlines.set(watch.config.id, after.until)
        if raw.reason is Reason.AGREES:
            facts.agreed = True
            facts.failed = None
        watch.misses += max(after.misses - before.misses, 0)
        turn, incident = self._follow(watch, now)
        if watch.incident and watch.incident.storm and (turn or before.verdict != after.verdict):
            self.storms.touched(watch.incident.storm)
        changes: list[Change] = []
        if before != after or connection is not None or turn is not None:
            changes.append(Change(watch, before, after, connection, turn, incident))
        if watch.children:
            changes += self._tell_children(watch, now, gone=watch.is_gone, awaited=watch.is_awaited)
        return changes

    def _tell_children(
        self, parent: Watched, now: Instant, *, gone: bool, awaited: bool
    ) -> list[Change]:
        """Tell what is reached through a thing whether that is there, or is still waited for.

        Without it, what they said last is worth no more than a retained message; when it is back
        they have the settle time to say it again.
        """
        changes: list[Change] = []
        for watch in parent.children.values():
            facts = watch.facts
            last = watch.last_up
            there = parent.facts.up is True
            moved = watch.relay is not None and believe_relay(watch, watch.relay, there)
            if facts.parent_gone is gone and facts.parent_awaited is awaited and not moved:
                continue
            facts.parent_awaited = awaited
            if gone:
                facts.live = False
            elif facts.parent_gone:
                settled = now.mono + watch.config.settings.settle
                facts.settles_at = max(facts.settles_at, settled)
                facts.ping_from = max(facts.ping_from, settled)
            facts.parent_gone = gone
            judged = self._judge(watch, now, _connection_change(watch, last) if moved else None)
            changes += judged or ([_same_judgement(watch)] if moved else [])
        return changes

    def _follow(self, watch: Watched, now: Instant) -> tuple[Turn | None, Incident | None]:
        """Open, update or close the incident of a watch after its judgement."""
        incident = watch.incident
        if watch.judgement.verdict is Verdict.MISMATCH:
            if incident is None:
                watch.incident = opened(watch, now)
                self.open_incidents.add(watch.config.id)
                self._gather(watch, now)
                return Turn.OPENED, watch.incident
            return self._update(watch, incident, now)
        if incident and is_over(incident, watch.judgement, watch.facts.expectation.wanted):
            watch.incident = None
            self.open_incidents.discard(watch.config.id)
            self.storms.closed(incident.storm, watch.config.id, now.wall)
            closed = incident.noted(now.wall, watch.judgement.reason)
            return Turn.CLOSED, replace(closed, closed_at=now.wall, up=watch.facts.up)
        return None, incident

    def _gather(self, watch: Watched, now: Instant) -> None:
        """See whether the incident that just opened is one of very many."""
        if joined := self.storms.opened(watch.config.id, now):
            storm_id, watch_ids = joined
            for watch_id in watch_ids:
                member = self.watches[watch_id]
                assert member.incident  # whoever has none any more was taken out
                told = member.incident.opened_at != now.wall
                member.incident = replace(member.incident, storm=storm_id, told=told)

    def _update(
        self, watch: Watched, incident: Incident, now: Instant
    ) -> tuple[Turn | None, Incident]:
        """Bring an open incident up to date; when there is something new it is muted no more."""
        current = opened(watch, now)
        if current.missed == incident.missed:
            return None, incident
        watch.incident = replace(
            current,
            id=incident.id,
            opened_at=incident.opened_at,
            timeline=incident.timeline,
            storm=incident.storm,
            told=incident.told,
        ).noted(now.wall, current.reason)
        return Turn.UPDATED, watch.incident


def _parents_first(watches: Iterable[Watched]) -> list[Watched]:
    """These watches, first those that others may be reached through."""
    return sorted(watches, key=lambda watch: watch.config.parent is not None)


def _same_judgement(watch: Watched) -> Change:
    """A change of the facts alone: what is known of a watch is shown, not only its verdict."""
    return Change(watch, watch.judgement, watch.judgement)


def _connection_change(watch: Watched, before: bool | None) -> bool | None:
    """The state that a thing changed to; hearing it first from a retained message is no change."""
    facts = watch.facts
    if facts.up is before or (before is None and not facts.live):
        return None
    return facts.up
