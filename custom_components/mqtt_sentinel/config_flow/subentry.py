"""What the flows of things that are watched have in common."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntryState,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.selector import SelectSelector, SelectSelectorConfig, TextSelector
import probatio as vol

from ..const import (
    CONF_ANYWAY,
    CONF_DIALECT,
    CONF_PREFIXES,
    CONF_SITE,
    CONF_THING,
    CONF_TOPIC,
)
from ..dialects import custom
from ..setup.data import read_custom, thing_id
from .listening import try_custom
from .topic import ANYWAY, FIELDS, topic_errors

if TYPE_CHECKING:
    from ..hub import Hub, SentinelConfigEntry
    from ..watch.reports import ThingKey


class ThingFlow(ConfigSubentryFlow):
    """A flow about one thing; ``_name`` and ``_unique_id`` are those of its subentry.

    ``_identity`` is the part of its data that says which thing it is.
    """

    def __init__(self) -> None:
        """Start with nothing chosen."""
        self._name = ""
        self._unique_id = ""
        self._identity: dict[str, Any] = {}

    async def _describe(
        self, user_input: dict[str, Any] | None, key_of: Callable[[dict[str, Any]], ThingKey]
    ) -> SubentryFlowResult | None:
        """Ask for a topic of the user's own, and see whether it can be read.

        Answers with what to show, or with None when it was described: the identity says how.
        ``key_of`` tells what would be watched with such an identity.
        """
        errors: dict[str, str] = {}
        if user_input is not None:
            anyway = user_input.pop(CONF_ANYWAY, False)
            identity = {CONF_DIALECT: custom.NAME, **user_input}
            described = read_custom(identity)
            errors = topic_errors(described)
            if self._is_watched(key_of(identity)):
                errors.setdefault(CONF_TOPIC, "already_configured")
            if not errors and not anyway:
                try:
                    error = await try_custom(self.hass, described)
                except HomeAssistantError:
                    return self.async_abort(reason="mqtt_required")
                if error:
                    errors[CONF_TOPIC] = error
            if not errors:
                self._identity = identity
                self._unique_id = thing_id(key_of(identity))
                self._name = self._name or described.topic
                return None
        fields: dict[vol.Marker, Any] = dict(FIELDS)
        if {"topic_silent", "value_not_found"} & set(errors.values()):
            fields |= ANYWAY
        return self.async_show_form(
            step_id="custom",
            data_schema=self.add_suggested_values_to_schema(
                vol.Schema(fields), user_input or self._identity
            ),
            errors=errors,
        )

    def _ask_for_name(
        self,
        dialects: list[str],
        more: Mapping[vol.Marker, Any],
        user_input: dict[str, Any] | None,
        errors: dict[str, str],
    ) -> SubentryFlowResult:
        """Ask for a thing of one of some dialects by its name, and for ``more`` beside it."""
        fields: dict[vol.Marker, Any] = {
            vol.Required(CONF_DIALECT): SelectSelector(
                SelectSelectorConfig(options=dialects, translation_key="dialect")
            ),
            vol.Required(CONF_THING): TextSelector(),
            **more,
        }
        if sites := [prefix for prefix in self._entry.data[CONF_PREFIXES] if prefix]:
            fields[vol.Optional(CONF_SITE)] = SelectSelector(SelectSelectorConfig(options=sites))
        if "not_heard" in errors.values():
            fields |= ANYWAY
        return self.async_show_form(
            step_id="manual",
            data_schema=self.add_suggested_values_to_schema(vol.Schema(fields), user_input),
            errors=errors,
        )

    def _finish(self, data: Mapping[str, Any]) -> SubentryFlowResult:
        if self.source == SOURCE_RECONFIGURE:
            return self.async_update_and_abort(
                self._entry,
                self._get_reconfigure_subentry(),
                title=self._name,
                data=data,
                unique_id=self._unique_id,
            )
        return self.async_create_entry(title=self._name, data=data, unique_id=self._unique_id)

    @property
    def _entry(self) -> SentinelConfigEntry:
        return self._get_entry()

    @property
    def _is_loaded(self) -> bool:
        return self._entry.state is ConfigEntryState.LOADED

    @property
    def _hub(self) -> Hub:
        return self._entry.runtime_data

    @property
    def _before(self) -> Mapping[str, Any]:
        """What is set up already, when this is a reconfiguration."""
        if self.source == SOURCE_RECONFIGURE:
            return self._get_reconfigure_subentry().data
        return {}

    def _is_watched(self, key: ThingKey) -> bool:
        """Tell whether another subentry watches this thing."""
        unique_id = thing_id(key)
        return unique_id != self._unique_id and any(
            subentry.unique_id == unique_id for subentry in self._entry.subentries.values()
        )
