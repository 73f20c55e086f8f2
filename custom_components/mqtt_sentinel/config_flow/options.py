"""The options of the hub: defaults of the checks, new devices, the journal, the clips."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import probatio as vol

from ..const import (
    CONF_CLIPS_DAYS,
    CONF_CLIPS_FREE,
    CONF_CLIPS_SIZE,
    CONF_GRACE,
    CONF_IGNORE_ALL,
    CONF_IGNORED,
    CONF_JOURNAL_HERE,
    CONF_JOURNAL_URL,
    CONF_KEEP_DAYS,
    CONF_LISTEN_AGAIN,
    CONF_PING_INTERVAL,
    CONF_PING_MISSES,
    CONF_SETTLE,
    CONF_WATCH_ALL,
)
from ..dialects.table import DIALECTS
from ..evidence.journal.address import check, default_url, safe
from ..evidence.journal.retention import DEFAULT_DAYS
from ..evidence.journal.rows import Kind
from ..setup.clips import (
    DEFAULT_CLIPS_DAYS,
    DEFAULT_CLIPS_FREE,
    DEFAULT_CLIPS_SIZE,
    media_folder,
)
from ..watch.settings import (
    DEFAULT_GRACE,
    DEFAULT_PING_INTERVAL,
    DEFAULT_PING_MISSES,
    DEFAULT_SETTLE,
)
from .forms import MOST_MISSES, count, dialects, gigabytes, seconds, yes_or_no

LONGEST_DAYS = 3650

# The outbox looks after itself: what was delivered is of no use for longer.
_KEPT = tuple(kind for kind in DEFAULT_DAYS if kind is not Kind.OUTBOX)
_DAYS = NumberSelector(
    NumberSelectorConfig(
        min=1, max=LONGEST_DAYS, step=1, unit_of_measurement="d", mode=NumberSelectorMode.BOX
    )
)
_CLIPS = vol.Schema(
    {
        vol.Required(CONF_CLIPS_DAYS, default=DEFAULT_CLIPS_DAYS): _DAYS,
        vol.Required(CONF_CLIPS_SIZE, default=DEFAULT_CLIPS_SIZE): gigabytes(),
        vol.Required(CONF_CLIPS_FREE, default=DEFAULT_CLIPS_FREE): gigabytes(),
    }
)
# There is a password in it.
_ADDRESS = TextSelector(
    TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="new-password")
)


class SentinelOptionsFlow(OptionsFlow):
    """What holds for the whole hub; options that are not shown stay as they are."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Choose what to change."""
        return self.async_show_menu(step_id="init", menu_options=["checks", "journal", "clips"])

    async def async_step_checks(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Change the defaults of the checks, and what becomes of things that nobody watches."""
        options = self.config_entry.options
        errors: dict[str, str] = {}
        if user_input is not None:
            if set(user_input[CONF_WATCH_ALL]) & set(user_input[CONF_IGNORE_ALL]):
                errors[CONF_IGNORE_ALL] = "watched_and_ignored"
            else:
                misses = int(user_input[CONF_PING_MISSES])
                chosen = {**options, **user_input, CONF_PING_MISSES: misses}
                if chosen.pop(CONF_LISTEN_AGAIN, False):
                    del chosen[CONF_IGNORED]
                return self.async_create_entry(data=chosen)
        fields: dict[vol.Marker, Any] = {
            vol.Required(CONF_SETTLE, default=DEFAULT_SETTLE): seconds(),
            vol.Required(CONF_GRACE, default=DEFAULT_GRACE): seconds(),
            vol.Required(CONF_PING_INTERVAL, default=DEFAULT_PING_INTERVAL): seconds(),
            vol.Required(CONF_PING_MISSES, default=DEFAULT_PING_MISSES): count(MOST_MISSES),
            vol.Optional(CONF_WATCH_ALL, default=[]): dialects(DIALECTS),
            vol.Optional(CONF_IGNORE_ALL, default=[]): dialects(DIALECTS),
        }
        ignored = len(options.get(CONF_IGNORED, ()))
        if ignored:
            fields[vol.Required(CONF_LISTEN_AGAIN, default=False)] = yes_or_no()
        return self.async_show_form(
            step_id="checks",
            data_schema=self.add_suggested_values_to_schema(
                vol.Schema(fields), user_input or options
            ),
            errors=errors,
            description_placeholders={"ignored": str(ignored)},
        )

    async def async_step_clips(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Choose how much of what cameras recorded is kept."""
        options = self.config_entry.options
        if user_input is not None:
            chosen = {**options, **user_input, CONF_CLIPS_DAYS: int(user_input[CONF_CLIPS_DAYS])}
            return self.async_create_entry(data=chosen)
        return self.async_show_form(
            step_id="clips",
            data_schema=self.add_suggested_values_to_schema(_CLIPS, options),
            description_placeholders={"folder": str(media_folder(self.hass))},
        )

    async def async_step_journal(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Choose where the journal is, and for how long what is kept.

        An address is never shown again: an empty one keeps what there is.
        """
        options = self.config_entry.options
        errors: dict[str, str] = {}
        if user_input is not None:
            address = user_input.get(CONF_JOURNAL_URL, "").strip()
            here = user_input.get(CONF_JOURNAL_HERE, False)
            errors = await self._check_address(address, here=here)
            if not errors:
                days = {kind: int(age) for kind, age in user_input[CONF_KEEP_DAYS].items()}
                chosen = {**options, CONF_KEEP_DAYS: days}
                if here:
                    del chosen[CONF_JOURNAL_URL]
                elif address:
                    chosen[CONF_JOURNAL_URL] = address
                return self.async_create_entry(data=chosen)
        url = options.get(CONF_JOURNAL_URL)
        return self.async_show_form(
            step_id="journal",
            data_schema=_journal_fields(user_input or options, elsewhere=url is not None),
            errors=errors,
            description_placeholders={
                "address": safe(url or default_url(Path(self.hass.config.config_dir)))
            },
        )

    async def _check_address(self, address: str, *, here: bool) -> dict[str, str]:
        if not address:
            return {}
        if here:
            return {CONF_JOURNAL_HERE: "journal_two_places"}
        trouble = await self.hass.async_add_executor_job(check, address)
        return {CONF_JOURNAL_URL: f"journal_{trouble.value}"} if trouble else {}


def _journal_fields(shown: Mapping[str, Any], *, elsewhere: bool) -> vol.Schema:
    fields: dict[vol.Marker, Any] = {vol.Optional(CONF_JOURNAL_URL): _ADDRESS}
    if elsewhere:
        here = shown.get(CONF_JOURNAL_HERE, False)
        fields[vol.Required(CONF_JOURNAL_HERE, default=here)] = yes_or_no()
    days = shown.get(CONF_KEEP_DAYS, {})
    ages = {
        vol.Required(kind.value, default=days.get(kind, DEFAULT_DAYS[kind])): _DAYS
        for kind in _KEPT
    }
    fields[vol.Required(CONF_KEEP_DAYS)] = section(vol.Schema(ages))
    return vol.Schema(fields)
