"""Repair issues: one for each open incident, one for the broker."""

from typing import TYPE_CHECKING

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN
from ..watch.expectation import Wanted
from ..watch.incidents import Severity
from ..watch.verdict import Reason, Verdict
from .wording import escape_markdown, local_time, names_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..watch.incidents import Incident
    from ..watch.storms import Storm
    from ..watch.watched import Watched

LEARN_MORE = "https://github.com/mqtt-sentinel/mqtt-sentinel/blob/main/docs/incidents.md"
LEARN_MORE_ALARMS = (
    "https://github.com/mqtt-sentinel/mqtt-sentinel/blob/main/docs/alarms.md#after-a-restart"
)
LEARN_MORE_CLIPS = "https://github.com/mqtt-sentinel/mqtt-sentinel/blob/main/docs/cameras.md"

_SEVERITY = {
    Severity.WARNING: ir.IssueSeverity.WARNING,
    Severity.ERROR: ir.IssueSeverity.ERROR,
    Severity.CRITICAL: ir.IssueSeverity.CRITICAL,
}

# The words for it in every language, as they are sent.
_COMMANDED = {Wanted.UP: "ON", Wanted.DOWN: "OFF", Wanted.ANYTHING: "-"}


def incident_issue_id(watch_id: str) -> str:
    """The id of the issue about a watch."""
    return f"incident_{watch_id}"


def _panel_issue_id(alarm_id: str) -> str:
    return f"panel_lost_{alarm_id}"


def broker_issue_id(entry_id: str) -> str:
    """The id of the issue about the broker."""
    return f"broker_gone_{entry_id}"


@callback
def show_incident(hass: HomeAssistant, entry_id: str, watch: Watched) -> None:
    """Make the issue registry say what is true of a watch now.

    A muted incident, and one that is just being verified again, has no issue, and neither has one
    of a storm, which has its own.
    """
    incident = watch.incident
    issue_id = incident_issue_id(watch.config.id)
    if incident is None or incident.storm is not None or _is_quiet(watch):
        ir.async_delete_issue(hass, DOMAIN, issue_id)
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id,
        data={"entry_id": entry_id, "watch_id": watch.config.id},
        is_fixable=True,
        learn_more_url=LEARN_MORE,
        severity=_SEVERITY[incident.severity],
        translation_key=_translation_key(incident, watch),
        translation_placeholders={
            "name": watch.config.name,  # for the title, which is plain text
            "device": escape_markdown(watch.config.name),
            "because": escape_markdown(incident.expectation.because),
            "expected_since": local_time(incident.expected_since),
            "since": local_time(incident.opened_at),
            "last_seen": local_time(incident.heard_at) if incident.heard_at else "-",
            "dependants": str(len(watch.children)),
            "commanded": _COMMANDED[incident.expectation.wanted],
        },
    )


@callback
def hide_incident(hass: HomeAssistant, watch_id: str) -> None:
    """Remove the issue about a watch that is no more."""
    ir.async_delete_issue(hass, DOMAIN, incident_issue_id(watch_id))


@callback
def show_storm(
    hass: HomeAssistant, entry_id: str, storm: Storm, watches: Mapping[str, Watched]
) -> None:
    """Say what is true of a storm now.

    One that is over has no issue, and neither has one of which all that is still open is muted, or
    just being verified again.
    """
    if storm.closed_at is not None or all(_is_quiet(watches[name]) for name in storm.members):
        hide_storm(hass, storm.id)
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        storm.id,
        data={"entry_id": entry_id, "storm_id": storm.id},
        is_fixable=True,
        learn_more_url=LEARN_MORE,
        severity=ir.IssueSeverity.ERROR,
        translation_key="storm",
        translation_placeholders={
            "count": str(storm.count),
            "open": str(len(storm.members)),
            "names": escape_markdown(", ".join(names_of(storm.members, watches))),
            "since": local_time(storm.opened_at),
        },
    )


def _is_quiet(watch: Watched) -> bool:
    """Tell whether there is nothing to say of a watch now."""
    muted = watch.incident is None or watch.incident.muted
    return muted or watch.judgement.verdict is Verdict.PENDING


@callback
def hide_storm(hass: HomeAssistant, storm_id: str) -> None:
    """Remove the issue about a storm."""
    ir.async_delete_issue(hass, DOMAIN, storm_id)


@callback
def show_panel(hass: HomeAssistant, alarm_id: str, name: str) -> None:
    """Say that nobody knows what the panel of an alarm was before a restart."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        _panel_issue_id(alarm_id),
        is_fixable=False,
        learn_more_url=LEARN_MORE_ALARMS,
        severity=ir.IssueSeverity.ERROR,
        translation_key="panel_lost",
        translation_placeholders={"name": name, "alarm": escape_markdown(name)},
    )


@callback
def hide_panel(hass: HomeAssistant, alarm_id: str) -> None:
    """Remove the issue about the panel of an alarm."""
    ir.async_delete_issue(hass, DOMAIN, _panel_issue_id(alarm_id))


@callback
def show_broker(
    hass: HomeAssistant, entry_id: str, gone_since: float | None, *, silent: bool = False
) -> None:
    """Say that the broker is gone since then (epoch seconds), or with None that it is there.

    A ``silent`` one is connected, and does not answer.
    """
    if gone_since is None:
        ir.async_delete_issue(hass, DOMAIN, broker_issue_id(entry_id))
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        broker_issue_id(entry_id),
        is_fixable=False,
        learn_more_url=LEARN_MORE,
        severity=ir.IssueSeverity.ERROR,
        translation_key="broker_silent" if silent else "broker_gone",
        translation_placeholders={"since": local_time(gone_since)},
    )


@callback
def show_disk(hass: HomeAssistant, entry_id: str, free: int | None) -> None:
    """Say that the disk of the clips is full, with so many bytes free, or with None that it is not."""
    issue_id = f"disk_full_{entry_id}"
    if free is None:
        ir.async_delete_issue(hass, DOMAIN, issue_id)
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id,
        is_fixable=False,
        learn_more_url=LEARN_MORE_CLIPS,
        severity=ir.IssueSeverity.ERROR,
        translation_key="disk_full",
        translation_placeholders={"free": f"{free / 1024**2:.0f}"},
    )


def _translation_key(incident: Incident, watch: Watched) -> str:
    """What happened and who expected otherwise, as one text each.

    "Never heard" is said of a thing that was never heard at all; one that was heard before and
    is silent since the last subscription says when that was. Of one that others are reached
    through it counts most that those are cut off.
    """
    reason = incident.reason.value
    if watch.children and incident.expectation.wanted is Wanted.UP:
        reason = Reason.PARENT_GONE.value
    elif incident.reason is Reason.NEVER_HEARD and incident.heard_at:
        reason = "silent"
    assert incident.expectation.kind is not None  # nothing is missed that nobody expected
    return f"{reason}_{incident.expectation.kind}"
