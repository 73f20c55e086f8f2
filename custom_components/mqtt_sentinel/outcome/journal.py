"""Repair issues about the journal: that it cannot be written, and that its file was moved aside."""

from typing import TYPE_CHECKING

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN
from .wording import escape_markdown

if TYPE_CHECKING:
    from pathlib import Path

LEARN_MORE = "https://github.com/mqtt-sentinel/mqtt-sentinel/blob/main/docs/setup.md#the-journal"


def _failed_id(entry_id: str) -> str:
    return f"journal_failed_{entry_id}"


def moved_issue_id(entry_id: str) -> str:
    """The id of the issue about a file that was moved aside."""
    return f"journal_moved_{entry_id}"


@callback
def show_failed(hass: HomeAssistant, entry_id: str, trouble: str, address: str, said: str) -> None:
    """Say that the journal cannot be written, why, where it is, and what the database said of it."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        _failed_id(entry_id),
        is_fixable=False,
        learn_more_url=LEARN_MORE,
        severity=ir.IssueSeverity.ERROR,
        translation_key=f"journal_{trouble}",
        translation_placeholders={
            "address": escape_markdown(address),
            "said": escape_markdown(said) or "-",
        },
    )


@callback
def hide_failed(hass: HomeAssistant, entry_id: str) -> None:
    """Remove the issue about a journal that cannot be written."""
    ir.async_delete_issue(hass, DOMAIN, _failed_id(entry_id))


@callback
def show_moved(hass: HomeAssistant, entry_id: str, path: Path) -> None:
    """Say that the journal could not be read, and under which name it is now; until somebody saw it."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        moved_issue_id(entry_id),
        data={"entry_id": entry_id},
        is_fixable=True,
        is_persistent=True,
        learn_more_url=LEARN_MORE,
        severity=ir.IssueSeverity.ERROR,
        translation_key="journal_moved",
        translation_placeholders={"path": escape_markdown(str(path))},
    )


@callback
def hide_moved(hass: HomeAssistant, entry_id: str) -> None:
    """Remove the issue about a file that was moved aside."""
    ir.async_delete_issue(hass, DOMAIN, moved_issue_id(entry_id))
