"""The fix flow of the issue about things that nobody watches: watch them, or ignore them."""

from typing import TYPE_CHECKING, Any

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntryState
from homeassistant.helpers import issue_registry as ir
import probatio as vol

from ..const import CONF_IGNORE_ALL, CONF_THINGS, CONF_WATCH_ALL, DOMAIN
from ..dialects.table import DIALECTS
from ..setup.data import key_of
from .forms import dialects, several
from .things import offer, options_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..hub import SentinelConfigEntry
    from ..newcomers import Newcomers
    from ..watch.reports import ThingKey


class KnownThingsRepairFlow(RepairsFlow):
    """Offers what a user can do about things that talk and that nobody watches."""

    def __init__(self, entry_id: str) -> None:
        """Remember which hub it is about."""
        self._entry_id = entry_id

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Show what can be done."""
        issue = ir.async_get(self.hass).async_get_issue(DOMAIN, self.issue_id)
        return self.async_show_menu(
            step_id="init",
            menu_options=["watch", "ignore", "ignore_all", "by_dialect"],
            description_placeholders=issue.translation_placeholders if issue else None,
        )

    async def async_step_watch(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Tick what to watch."""
        return self._tick("watch", user_input)

    async def async_step_ignore(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Tick what to hear nothing of any more."""
        return self._tick("ignore", user_input)

    async def async_step_ignore_all(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Hear nothing of all these any more."""
        if (newcomers := self._newcomers) is None:
            return self.async_abort(reason="not_loaded")
        return self._ignore(newcomers, [thing.key for thing in newcomers.strangers()])

    async def async_step_by_dialect(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Decide about all that will ever speak a dialect."""
        entry = self._entry
        if entry is None:
            return self.async_abort(reason="not_loaded")
        errors: dict[str, str] = {}
        if user_input is not None:
            watch, ignore = user_input[CONF_WATCH_ALL], user_input[CONF_IGNORE_ALL]
            if not set(watch) & set(ignore):
                entry.runtime_data.newcomers.choose_dialects(watch, ignore)
                return self.async_create_entry(data={})
            errors[CONF_IGNORE_ALL] = "watched_and_ignored"
        schema = vol.Schema(
            {
                vol.Optional(CONF_WATCH_ALL, default=[]): dialects(DIALECTS),
                vol.Optional(CONF_IGNORE_ALL, default=[]): dialects(DIALECTS),
            }
        )
        return self.async_show_form(
            step_id="by_dialect",
            data_schema=self.add_suggested_values_to_schema(schema, user_input or entry.options),
            errors=errors,
        )

    def _tick(self, step: str, user_input: dict[str, Any] | None) -> RepairsFlowResult:
        if (newcomers := self._newcomers) is None:
            return self.async_abort(reason="not_loaded")
        errors: dict[str, str] = {}
        if user_input is not None:
            keys = [key_of(name) for name in user_input[CONF_THINGS]]
            if keys and step == "ignore":
                return self._ignore(newcomers, keys)
            if keys:
                newcomers.watch(keys)
                return self.async_create_entry(data={})
            errors[CONF_THINGS] = "nothing_ticked"
        strangers = newcomers.strangers()
        if not strangers:
            return self.async_abort(reason="nobody_new")
        offered = offer(strangers)
        return self.async_show_form(
            step_id=step,
            data_schema=vol.Schema(
                {vol.Optional(CONF_THINGS, default=[]): several(options_of(offered))}
            ),
            errors=errors,
            description_placeholders={"shown": str(len(offered)), "count": str(len(strangers))},
        )

    def _ignore(self, newcomers: Newcomers, keys: Iterable[ThingKey]) -> RepairsFlowResult:
        if newcomers.ignore(list(keys)):
            return self.async_create_entry(data={})
        return self.async_abort(reason="too_many_ignored")

    @property
    def _entry(self) -> SentinelConfigEntry | None:
        """The entry of the hub, None when it is not loaded."""
        entry: SentinelConfigEntry | None = self.hass.config_entries.async_get_entry(self._entry_id)
        return entry if entry and entry.state is ConfigEntryState.LOADED else None

    @property
    def _newcomers(self) -> Newcomers | None:
        entry = self._entry
        return entry.runtime_data.newcomers if entry else None
