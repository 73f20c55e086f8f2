"""What happened, as rows of the journal. Pure: who writes them passes the time and the site in."""

from typing import TYPE_CHECKING, Any

from ..command.command import Late
from ..evidence.journal.rows import (
    CommandRow,
    ConnectionRow,
    DeadLetterRow,
    EventRow,
    IncidentRow,
    RelayRow,
)
from ..watch.reports import OccasionReport, RelayReport

if TYPE_CHECKING:
    from ..command.command import News
    from ..intake.dead_letters import DeadLetter
    from ..watch.clock import Instant
    from ..watch.incidents import Incident
    from ..watch.reports import ConnectionReport, EvidenceReport
    from ..watch.storms import Storm
    from ..watch.watched import WatchConfig, Watched

STORM = "storm"
RETAINED = "retained"

# What lasts is told at its beginning and at its end; what does not has neither.
_PARTS = {True: "_began", False: "_ended", None: ""}


def connection_row(site: str, watch: Watched, device_id: str | None, now: float) -> ConnectionRow:
    """Whether a thing is connected from now on.

    ``reason`` is why nobody knows, or ``retained``: the broker said it, and not the thing.
    """
    at, source = _since(watch, now)
    return ConnectionRow(
        site,
        at,
        watch.config.name,
        watch.facts.up,
        watch.config.id,
        device_id,
        _why(watch),
        source,
    )


def relay_row(
    site: str, watch: Watched, device_id: str | None, cause: str | None, now: float
) -> RelayRow:
    """Whether a relay is on from now on, and who switched it, as far as that is known."""
    at, source = _since(watch, now)
    name, is_on = watch.config.name, watch.facts.up
    return RelayRow(site, at, name, is_on, watch.config.id, device_id, cause, source)


def _since(watch: Watched, now: float) -> tuple[float, str | None]:
    """Since when a thing is as it is, in epoch seconds, and the topic that told it."""
    said: RelayReport | ConnectionReport | None = watch.relay or watch.connection
    if said is None:
        return now, None
    says_up = said.on if isinstance(said, RelayReport) else said.up
    if says_up is not watch.facts.up:
        return now, None
    # What the broker kept became known now.
    return (now if said.retained else said.at.wall), said.source


def _why(watch: Watched) -> str | None:
    if watch.facts.up is None:
        return watch.judgement.reason.value
    return None if watch.facts.live else RETAINED


def event_row(
    site: str, config: WatchConfig, device_id: str | None, report: OccasionReport | EvidenceReport
) -> EventRow:
    """What happened at a thing. Of a picture or a video its number and size, never the content."""
    data: dict[str, Any] | None
    if isinstance(report, OccasionReport):
        kind = report.occasion.value + _PARTS[report.begins]
        data = dict(report.data) or None
    else:
        kind = report.occasion.value
        data = {"number": report.number, "size": len(report.content)}
    return EventRow(
        site,
        report.at.wall,
        kind,
        config.name,
        config.id,
        device_id,
        report.event_id,
        report.key.dialect,
        report.source,
        data,
    )


def incident_row(site: str, name: str, device_id: str | None, incident: Incident) -> IncidentRow:
    """An incident as it is now."""
    last = incident.timeline[-1].at if incident.timeline else incident.opened_at
    expectation = incident.expectation
    return IncidentRow(
        site,
        incident.id,
        name,
        incident.reason.value,
        incident.severity.value,
        incident.opened_at,
        incident.closed_at or last,
        incident.closed_at,
        incident.watch_id,
        device_id,
        incident.storm,
        {
            "expected": expectation.wanted.value,
            "expected_because": expectation.because,
            "expected_kind": expectation.kind.value if expectation.kind else None,
            "expected_since": incident.expected_since,
            "connected": incident.up,
            "heard_at": incident.heard_at,
            "muted": incident.muted,
            "timeline": [[moment.at, moment.what] for moment in incident.timeline],
        },
    )


def storm_row(site: str, name: str, storm: Storm) -> IncidentRow:
    """A storm: the incidents that it is made of name it, and tell how many they are."""
    return IncidentRow(
        site,
        storm.id,
        name,
        STORM,
        "error",
        storm.opened_at,
        storm.closed_at or storm.opened_at,
        storm.closed_at,
        storm=storm.id,
    )


def command_row(
    site: str,
    news: News,
    name: str,
    subject: str | None,
    device_id: str | None,
    user_id: str | None,
    now: Instant,
) -> CommandRow:
    """How a command ended. What was sent is not told: it may be a secret.

    What came after its end is a row of its own, with ``late`` in its data, and no try.
    """
    data: dict[str, Any] = {}
    if user_id:
        data["user_id"] = user_id
    if isinstance(news, Late):
        at, tries = now.wall, 0
        data["late"] = "ok" if news.ok else "error"
    else:
        at, tries = now.wall - (now.mono - news.at), news.sends
    command = news.command
    return CommandRow(
        site,
        at,
        command.id,
        name,
        command.topic,
        news.result.value,
        subject,
        device_id,
        tries,
        news.latency,
        data or None,
    )


def dead_letter_row(site: str, letter: DeadLetter) -> DeadLetterRow:
    """A message that could not be read."""
    return DeadLetterRow(
        site,
        letter.at,
        letter.topic,
        letter.flaw.value,
        letter.detail,
        letter.size,
        letter.excerpt,
    )
