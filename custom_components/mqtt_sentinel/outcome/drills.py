"""What is told of drills: the bus, a repair issue, and whoever is to be told of the result."""

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from homeassistant.components.notify import (
    ATTR_MESSAGE,
    ATTR_TITLE,
    DOMAIN as NOTIFY_DOMAIN,
    SERVICE_SEND_MESSAGE,
)
from homeassistant.const import ATTR_DEVICE_ID, ATTR_ENTITY_ID, ATTR_NAME, STATE_UNAVAILABLE
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.translation import async_get_translations
import probatio as vol

from ..const import DOMAIN, EVENT_DRILL
from .media import media_content_id
from .wording import MOST_NAMES, as_utc, escape_markdown, local_time

if TYPE_CHECKING:
    from ..watch.drill_report import DrillReport, Line

LEARN_MORE = "https://github.com/mqtt-sentinel/mqtt-sentinel/blob/main/docs/drill.md"

# Who is to be told of a burglar and does not take a message in this time is no help.
TELL_TIME = 30.0

_LOGGER = logging.getLogger(__name__)


def drill_facts(report: DrillReport) -> dict[str, Any]:
    """A report in JSON types, times in ISO 8601 UTC, for events and answers.

    A clip is named as media players know it, too.
    """
    return report.as_dict() | {
        "started": as_utc(report.started).isoformat(),
        "ended": as_utc(report.ended).isoformat(),
        "services": [_line_facts(line) for line in report.services],
    }


def _line_facts(line: Line) -> dict[str, Any]:
    clip = None if line.media_id is None else media_content_id(line.media_id)
    return line.as_dict() | {"media_content_id": clip}


def drill_summary(report: DrillReport) -> dict[str, Any]:
    """A report in short, for attributes: they are recorded with every state."""
    return {
        "drill_id": report.id,
        "why": report.why.value if report.why else None,
        "failed": report.failed[:MOST_NAMES],
        "services": len(report.services),
        "restored": report.restored,
        "told": report.told,
        "duration": round(report.ended - report.started, 1),
    }


@callback
def fire_drill(
    hass: HomeAssistant, device_id: str | None, report: DrillReport, context: Context | None
) -> None:
    """Fire the event of a drill that is over, or that was refused."""
    hass.bus.async_fire(
        EVENT_DRILL,
        {ATTR_DEVICE_ID: device_id, ATTR_NAME: report.alarm, **drill_facts(report)},
        context=context,
    )


def drill_issue_id(alarm_id: str) -> str:
    """The id of the issue about the drills of an alarm."""
    return f"drill_{alarm_id}"


@callback
def show_drill_failed(
    hass: HomeAssistant, entry_id: str, alarm_id: str, report: DrillReport
) -> None:
    """Say that a drill failed, and why, until one passes."""
    failed = report.failed
    texts = {"names": escape_markdown(", ".join(failed[:MOST_NAMES]))} if failed else {}
    _show(
        hass,
        entry_id,
        alarm_id,
        "drill_failed" if failed else "drill_not_told",
        {"name": report.alarm, "alarm": escape_markdown(report.alarm)}
        | {"since": local_time(report.ended), **texts},
    )


@callback
def show_drill_overdue(
    hass: HomeAssistant, entry_id: str, alarm_id: str, name: str, due: float, days: float
) -> None:
    """Say that no drill passed within so many days, until one does."""
    texts = {"name": name, "alarm": escape_markdown(name)}
    texts |= {"since": local_time(due), "days": f"{days:g}"}
    _show(hass, entry_id, alarm_id, "drill_overdue", texts)


@callback
def hide_drill(hass: HomeAssistant, alarm_id: str) -> None:
    """Say nothing of the drills of an alarm."""
    ir.async_delete_issue(hass, DOMAIN, drill_issue_id(alarm_id))


def _show(
    hass: HomeAssistant, entry_id: str, alarm_id: str, key: str, texts: dict[str, str]
) -> None:
    ir.async_create_issue(
        hass,
        DOMAIN,
        drill_issue_id(alarm_id),
        data={"entry_id": entry_id, "alarm_id": alarm_id},
        is_fixable=True,
        learn_more_url=LEARN_MORE,
        severity=ir.IssueSeverity.WARNING,
        translation_key=key,
        translation_placeholders=texts,
    )


async def tell_of_drill(hass: HomeAssistant, entity_id: str, report: DrillReport) -> bool:
    """Send the result to a notify entity; tell whether it took it."""
    state = hass.states.get(entity_id)
    if state is None or state.state == STATE_UNAVAILABLE:
        return False  # Home Assistant would send it to nobody, and say nothing
    texts = await async_get_translations(hass, hass.config.language, "common", {DOMAIN})

    def text(key: str) -> str:
        # A language that lacks a text is filled up with English.
        found = texts[f"component.{DOMAIN}.common.{key}"]
        return found.format(alarm=report.alarm, names=", ".join(report.failed[:MOST_NAMES]))

    message = {
        ATTR_ENTITY_ID: entity_id,
        ATTR_TITLE: text("drill_title"),
        ATTR_MESSAGE: text(f"drill_{report.result.value}"),
    }
    try:
        async with asyncio.timeout(TELL_TIME):
            await hass.services.async_call(
                NOTIFY_DOMAIN, SERVICE_SEND_MESSAGE, message, blocking=True
            )
    except (HomeAssistantError, TimeoutError, vol.Invalid) as error:
        _LOGGER.warning("%s could not be told of a drill: %s", entity_id, error)
        return False
    return True
