"""The heart: hears reports and expectations, and answers with what changed."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from .deadlines import Deadlines
from .expectation import Expectation, SourceKind
from .incidents import Incident, Severity, is_over
from .known import KnownThings
from .reports import ConnectionReport
from .verdict import Facts, Judgement, Reason, Verdict, judge
from .watched import Snapshot, Watched

if TYPE_CHECKING:
    from .clock import Instant
    from .reports import Report, ThingKey
    from .watched import WatchConfig


class Turn(StrEnum):
    """What happened to an incident."""

    OPENED = "opened"
    UPDATED = "updated"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Change:
    """What one step changed of one watch: its judgement, its connection, its incident.

    ``connection`` is the state that the thing changed to, None when it did not change.
    """

    watch: Watched
    before: Judgement
    after: Judgement
    connection: bool | None = None
    turn: Turn | None = None
    incident: Incident | None = None


class Sentinel:
    """All watches of one hub. Every method that lets time or facts in takes ``now``."""

    def __init__(self) -> None:
        """Start with no watch, and with no broker."""
        self.watches: dict[str, Watched] = {}
        self._by_key: dict[ThingKey, Watched] = {}
        self._deadlines = Deadlines()
        self._broker = False
        self._subscribed_at: float | None = None
        self.known = KnownThings()

    def next_deadline(self) -> float | None:
        """When :meth:`wake` wants to be called at the latest, in monotonic seconds."""
        return self._deadlines.next()

    # What is watched

    def add(
        self, config: WatchConfig, now: Instant, restored: Snapshot | None = None
    ) -> Change | None:
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
            ),
            expected_since=past.expected_since or now.wall,
            last_up=past.last_up,
            last_seen=past.last_seen,
            incident=past.incident,
        )
        self.watches[config.id] = watch
        self._by_key[config.key] = watch
        if known := self.known.take(config.key):
            if known.connection:
                self._take_in(watch, known.connection)
            watch.last_seen = known.last_seen or watch.last_seen
        return self._judge(watch, now)

    def configure(self, config: WatchConfig, now: Instant) -> Change | None:
        """Apply changed settings, name or key to a watch that exists.

        When live proof is demanded from now on, there is the settle time to give it. With another
        key it is another thing: nothing is known of it, and it has the settle time too.
        """
        watch = self.watches[config.id]
        if config.key != watch.config.key:
            self.remove(config.id)
            expectation, incident = watch.facts.expectation, watch.incident
            return self.add(config, now, Snapshot(expectation, now.wall, incident=incident))
        if config.settings.require_live and not watch.config.settings.require_live:
            watch.facts.settles_at = now.mono + config.settings.settle
        watch.config = config
        watch.facts.judged_from = self._judged_from(config)
        return self._judge(watch, now)

    def remove(self, watch_id: str) -> Watched:
        """Stop watching. Raises KeyError when there is no such watch."""
        watch = self.watches.pop(watch_id)
        if self._by_key.get(watch.config.key) is watch:
            del self._by_key[watch.config.key]
        self._deadlines.set(watch_id, None)
        return watch

    # What is heard

    def hear(self, report: Report) -> Change | None:
        """Take in one report."""
        watch = self._by_key.get(report.key)
        if watch is None:
            self.known.hear(report)
            return None
        before = watch.last_up
        if not self._take_in(watch, report):
            return None
        change = self._judge(watch, report.at, _connection_change(watch, before))
        return change or _same_judgement(watch)

    def _take_in(self, watch: Watched, report: Report) -> bool:
        """Put a report into the facts; tell whether a judgement could differ now."""
        facts = watch.facts
        up = True  # whatever speaks is there
        if isinstance(report, ConnectionReport):
            watch.connection = report
            if report.details:
                watch.details = report.details
            up = report.up
            if up and not report.retained:
                watch.last_seen = report.at.wall
        elif report.retained:
            return False
        else:
            watch.last_seen = report.at.wall
            if facts.up is False:
                return False  # it said that it is not there, and has to say that it is
        live = not report.retained or (facts.live and facts.up is up)
        if facts.up is up and facts.live is live:
            return False
        facts.up = up
        facts.live = live
        if watch.last_up is not up:
            watch.last_up = up
            facts.accepted = False
        return True

    # What should be true

    def expect(self, watch_id: str, expectation: Expectation, now: Instant) -> Change | None:
        """Tell a watch what is wanted of it now."""
        watch = self.watches[watch_id]
        facts = watch.facts
        if facts.expectation == expectation:
            return None
        if _is_new(expectation, facts.expectation):
            watch.expected_since = now.wall
            facts.settles_at = now.mono + watch.config.settings.settle
            facts.agreed = False
            facts.accepted = False
        facts.expectation = expectation
        return self._judge(watch, now) or _same_judgement(watch)

    # The broker

    def broker_lost(self, now: Instant) -> list[Change]:
        """No verdict can be trusted, and nothing that was heard need still be true."""
        self._broker = False
        self.known.doubt()
        for watch in self.watches.values():
            watch.connection = None
            watch.facts.up = None
            watch.facts.live = False
        return self._apply_broker(now)

    def broker_back(self, now: Instant) -> list[Change]:
        """The broker is there; the subscriptions are not yet."""
        self._broker = True
        self._subscribed_at = None
        return self._apply_broker(now)

    def subscribed(self, now: Instant) -> list[Change]:
        """All subscriptions are acknowledged: from the grace on, silence counts."""
        self._subscribed_at = now.mono
        return self._apply_broker(now)

    def _apply_broker(self, now: Instant) -> list[Change]:
        changes = []
        for watch in self.watches.values():
            watch.facts.broker = self._broker
            watch.facts.judged_from = self._judged_from(watch.config)
            changes.append(self._judge(watch, now))
        return [change for change in changes if change]

    def _judged_from(self, config: WatchConfig) -> float | None:
        if self._subscribed_at is None:
            return None
        return self._subscribed_at + config.settings.grace

    # Time, and people

    def wake(self, now: Instant) -> list[Change]:
        """Judge all watches whose deadline has come."""
        changes = [
            self._judge(self.watches[watch_id], now)
            for watch_id in self._deadlines.pop_due(now.mono)
        ]
        return [change for change in changes if change]

    def accept(self, watch_id: str, now: Instant) -> Change | None:
        """The reported state is fine, until the report or the expectation changes."""
        watch = self.watches[watch_id]
        watch.facts.accepted = True
        return self._judge(watch, now)

    def verify(self, watch_id: str, now: Instant) -> Change | None:
        """Give the thing the settle time once more, then judge it anew."""
        watch = self.watches[watch_id]
        watch.facts.accepted = False
        watch.facts.settles_at = now.mono + watch.config.settings.settle
        return self._judge(watch, now)

    def mute(self, watch_id: str, now: Instant) -> Change | None:
        """Keep quiet about the open incident, until the report or the expectation changes."""
        watch = self.watches[watch_id]
        if watch.incident is None or watch.incident.muted:
            return None
        watch.incident = replace(watch.incident, muted=True).noted(now.wall, "muted")
        return Change(
            watch, watch.judgement, watch.judgement, turn=Turn.UPDATED, incident=watch.incident
        )

    # Judging

    def _judge(self, watch: Watched, now: Instant, connection: bool | None = None) -> Change | None:
        before = watch.judgement
        after = judge(watch.facts, watch.config.settings, now.mono)
        watch.judgement = after
        self._deadlines.set(watch.config.id, after.until)
        if after.verdict is Verdict.OK and after.reason is Reason.AGREES:
            watch.facts.agreed = True
        turn, incident = self._follow(watch, now)
        if before == after and connection is None and turn is None:
            return None
        return Change(watch, before, after, connection, turn, incident)

    def _follow(self, watch: Watched, now: Instant) -> tuple[Turn | None, Incident | None]:
        """Open, update or close the incident of a watch after its judgement."""
        incident = watch.incident
        if watch.judgement.verdict is Verdict.MISMATCH:
            if incident is None:
                watch.incident = _open(watch, now)
                return Turn.OPENED, watch.incident
            return self._update(watch, incident, now)
        if incident and is_over(incident, watch.judgement, watch.facts.expectation.wanted):
            watch.incident = None
            closed = incident.noted(now.wall, watch.judgement.reason)
            return Turn.CLOSED, replace(closed, closed_at=now.wall, up=watch.facts.up)
        return None, incident

    def _update(
        self, watch: Watched, incident: Incident, now: Instant
    ) -> tuple[Turn | None, Incident]:
        """Bring an open incident up to date; when there is something new it is muted no more."""
        current = _open(watch, now)
        if _missed(current) == _missed(incident):
            return None, incident
        watch.incident = replace(
            current, id=incident.id, opened_at=incident.opened_at, timeline=incident.timeline
        ).noted(now.wall, current.reason)
        return Turn.UPDATED, watch.incident


def _same_judgement(watch: Watched) -> Change:
    """A change of the facts alone: what is known of a watch is shown, not only its verdict."""
    return Change(watch, watch.judgement, watch.judgement)


def _is_new(expectation: Expectation, before: Expectation) -> bool:
    """Tell whether a thing has to settle anew: it should be otherwise, or is judged from now on."""
    return expectation.wanted is not before.wanted or (expectation.verify and not before.verify)


def _connection_change(watch: Watched, before: bool | None) -> bool | None:
    """The state that a thing changed to; hearing it first from a retained message is no change."""
    facts = watch.facts
    if facts.up is before or (before is None and not facts.live):
        return None
    return facts.up


def _missed(incident: Incident) -> tuple[object, ...]:
    """What an incident is about; the reason tells what was heard."""
    expectation = incident.expectation
    return incident.reason, expectation.wanted, expectation.kind, incident.expected_since


def _open(watch: Watched, now: Instant) -> Incident:
    """The incident that the present mismatch of a watch makes, opened now."""
    reason = watch.judgement.reason
    guarded = watch.facts.expectation.kind is SourceKind.ALARM
    return Incident(
        id=f"{watch.config.id}-{int(now.wall * 1000):x}",
        watch_id=watch.config.id,
        reason=reason,
        severity=Severity.ERROR if guarded else Severity.WARNING,
        expectation=watch.facts.expectation,
        expected_since=watch.expected_since,
        up=watch.facts.up,
        heard_at=watch.last_seen,
        opened_at=now.wall,
    ).noted(now.wall, reason)
