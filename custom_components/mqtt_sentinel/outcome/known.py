"""The one repair issue about things that talk and that nobody watches."""

from heapq import nsmallest
from typing import TYPE_CHECKING

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN
from .wording import escape_markdown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..watch.reports import ThingKey

LEARN_MORE = "https://github.com/mqtt-sentinel/mqtt-sentinel/blob/main/docs/setup.md#known-things"

# So many are named in the text, each so far: enough to see what it is about.
_MOST_NAMED = 5
_LONGEST_NAME = 40


def known_issue_id(entry_id: str) -> str:
    """The id of the issue about things that nobody watches."""
    return f"known_{entry_id}"


@callback
def show_known(hass: HomeAssistant, entry_id: str, keys: Sequence[ThingKey]) -> None:
    """Announce these things in one issue; without any there is none."""
    issue_id = known_issue_id(entry_id)
    if not keys:
        ir.async_delete_issue(hass, DOMAIN, issue_id)
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id,
        data={"entry_id": entry_id},
        is_fixable=True,
        learn_more_url=LEARN_MORE,
        severity=ir.IssueSeverity.WARNING,
        translation_key="known_things" if len(keys) > 1 else "known_thing",
        translation_placeholders={
            "count": str(len(keys)),
            "names": ", ".join(_name(key) for key in nsmallest(_MOST_NAMED, keys)),
            "more": "…" if len(keys) > _MOST_NAMED else "",
        },
    )


@callback
def is_shown(hass: HomeAssistant, entry_id: str) -> bool:
    """Tell whether the issue is there."""
    return ir.async_get(hass).async_get_issue(DOMAIN, known_issue_id(entry_id)) is not None


def _name(key: ThingKey) -> str:
    name = "/".join(part for part in (key.site, key.name) if part)
    if len(name) > _LONGEST_NAME:
        name = f"{name[: _LONGEST_NAME - 1]}…"
    return f"{escape_markdown(name)} ({key.dialect})"
