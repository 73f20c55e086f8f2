"""What a report changes of the facts about the watch that it is about."""

from dataclasses import replace
from typing import TYPE_CHECKING

from .expectation import OBSERVED_ONLY, Wanted
from .reports import ConnectionReport, PingReport, TelemetryReport
from .verdict import Reason

if TYPE_CHECKING:
    from .clock import Instant
    from .reports import RelayReport, Report
    from .watched import Watched

# What shows that a thing works, and not only that it is there.
_PINGS = (PingReport, TelemetryReport)


def take_in(watch: Watched, report: Report, fresh: list[Watched]) -> bool:
    """Put a report into the facts; tell whether a judgement could differ now.

    A watch that has something to show beside its judgement is added to ``fresh``.
    """
    facts = watch.facts
    up = True  # whatever speaks is there
    matters = False
    if isinstance(report, ConnectionReport):
        watch.connection = report
        up = report.up
        if watch.learn(report):
            fresh.append(watch)
        if not up:
            watch.doubt()
        elif not report.retained:
            watch.last_seen = report.at.wall
    else:
        if isinstance(report, TelemetryReport) and watch.telemetry.hear(report):
            fresh.append(watch)
        if report.retained:
            return False
        watch.last_seen = report.at.wall
        watch.cadence.learn(report)
        if facts.up is False:
            return False  # it said that it is not there, and has to say that it is
        if isinstance(report, _PINGS):
            matters = _take_in_ping(watch, report.at)
    live = not report.retained or (facts.live and facts.up is up)
    if facts.up is up and facts.live is live:
        return matters
    if up and facts.up is not True:
        facts.ping_from = max(facts.ping_from, report.at.mono)
    facts.up = up
    facts.live = live
    _note(watch, up)
    return True


def _take_in_ping(watch: Watched, at: Instant) -> bool:
    """Note a live ping; tell whether a judgement could differ now.

    A ping in time moves the next deadline, and nothing else: that is done when it comes up.
    """
    facts = watch.facts
    if at.mono >= facts.pinged_at:
        facts.pinged_at, watch.last_ping = at.mono, at.wall
    if not watch.config.settings.ping_interval:
        return False
    if facts.accepted and facts.expectation.wanted is Wanted.UP:
        facts.accepted = False  # a ping is better than what was accepted without one
        return True
    return watch.judgement.misses > 0 or watch.judgement.reason is Reason.AWAITING_PING


def take_in_relay(watch: Watched, report: RelayReport, reached: bool) -> bool:
    """Put what a relay said into the facts; tell whether a judgement could differ now.

    ``reached`` tells whether the thing that it is a relay of is there. Unless it is to be held, a relay
    that did as it was told and is otherwise later, with no command under way, was switched by
    somebody: what was commanded is over then.
    """
    watch.relay = report
    if not report.retained:
        watch.last_seen = report.at.wall
    facts = watch.facts
    wanted = facts.expectation.wanted
    if (
        facts.agreed
        and not facts.asked
        and not watch.config.hold
        and wanted is not Wanted.ANYTHING
        and report.on is not (wanted is Wanted.UP)
    ):
        facts.expectation = OBSERVED_ONLY
    return believe_relay(watch, report, reached)


def believe_relay(watch: Watched, report: RelayReport, reached: bool) -> bool:
    """Take what a relay said last for its state, or, while it cannot be reached, for nothing.

    When it can be reached again, what it said before is worth no more than what the broker kept.
    """
    facts = watch.facts
    up: bool | None = None
    live = False
    if reached:
        up = report.on
        live = not report.retained or (facts.live and facts.up is up)
        _note(watch, up)
    else:
        watch.relay = replace(report, retained=True)
    if facts.up is up and facts.live is live:
        return False
    facts.up = up
    facts.live = live
    return True


def _note(watch: Watched, up: bool) -> None:
    """Remember what was reported last; what was accepted before is not what is there now."""
    if watch.last_up is not up:
        watch.last_up = up
        watch.facts.accepted = False
