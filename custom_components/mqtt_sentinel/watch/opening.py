"""The incident that a mismatch makes."""

from typing import TYPE_CHECKING

from .expectation import SourceKind
from .incidents import Incident, Severity

if TYPE_CHECKING:
    from .clock import Instant
    from .watched import Watched


def opened(watch: Watched, now: Instant) -> Incident:
    """The incident that the present mismatch of a watch makes, opened now."""
    reason = watch.judgement.reason
    return Incident(
        id=f"{watch.config.id}-{int(now.wall * 1000):x}",
        watch_id=watch.config.id,
        reason=reason,
        severity=_severity(watch),
        expectation=watch.facts.expectation,
        expected_since=watch.expected_since,
        up=watch.facts.up,
        heard_at=watch.last_seen,
        opened_at=now.wall,
    ).noted(now.wall, reason)


def _severity(watch: Watched) -> Severity:
    """How bad it is when something is wrong with a watch, and so also with those behind it."""
    if any(each.config.critical for each in (watch, *watch.children.values())):
        return Severity.CRITICAL
    guarded = watch.facts.expectation.kind is SourceKind.ALARM
    return Severity.ERROR if guarded else Severity.WARNING
