"""The flow of an alarm: its panel, and the services that it relies on."""

from collections.abc import Mapping
from typing import Any

from homeassistant.components.alarm_control_panel import DOMAIN as ALARM_DOMAIN
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_ENTITY_ID, CONF_NAME
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
)
import probatio as vol

from ..const import (
    CONF_MODES,
    CONF_RELIES_ON,
    CONF_VERIFY_CONNECT,
    CONF_VERIFY_DISCONNECT,
    SECTION_DRILL,
    SUBENTRY_DEVICE,
)
from ..watch.alarm import ARMED_MODES
from .drill import DRILL_FIELDS, drill_section, flat
from .forms import several


class AlarmFlow(ConfigSubentryFlow):
    """Choose a panel, what it relies on, and which directions to verify for each."""

    def __init__(self) -> None:
        """Start with nothing chosen."""
        self._name = ""
        self._data: dict[str, Any] = {}

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Choose the panel and the services."""
        return await self._panel("user", user_input, {})

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Choose another panel or other services."""
        subentry = self._get_reconfigure_subentry()
        watched = self._get_entry().subentries
        relied_on = [key for key in subentry.data[CONF_RELIES_ON] if key in watched]
        known = {CONF_NAME: subentry.title, **subentry.data, CONF_RELIES_ON: relied_on}
        return await self._panel("reconfigure", user_input, known)

    async def _panel(
        self, step_id: str, user_input: dict[str, Any] | None, known: Mapping[str, Any]
    ) -> SubentryFlowResult:
        watches = self._watches()
        if not watches:
            return self.async_abort(reason="nothing_watched")
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = self._errors(user_input)
            if not errors:
                state = self.hass.states.get(user_input[CONF_ENTITY_ID])
                self._name = user_input.pop(CONF_NAME, "") or (state.name if state else "")
                self._data = user_input
                return await self.async_step_directions()
        schema = vol.Schema(
            {
                vol.Required(CONF_ENTITY_ID): EntitySelector(
                    EntitySelectorConfig(domain=ALARM_DOMAIN)
                ),
                vol.Optional(CONF_NAME): TextSelector(),
                vol.Required(CONF_MODES, default=list(ARMED_MODES)): SelectSelector(
                    SelectSelectorConfig(
                        options=list(ARMED_MODES), multiple=True, translation_key="armed_mode"
                    )
                ),
                vol.Required(CONF_RELIES_ON, default=[]): several(watches),
            }
        )
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, user_input or known),
            errors=errors,
        )

    async def async_step_directions(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Choose which directions to verify for each service."""
        relied_on = self._data[CONF_RELIES_ON]
        if user_input is not None:
            return self._finish(self._data | flat(user_input))
        options = [option for option in self._watches() if option["value"] in relied_on]
        schema = vol.Schema(
            {
                vol.Optional(CONF_VERIFY_DISCONNECT, default=[]): several(options),
                vol.Optional(CONF_VERIFY_CONNECT, default=[]): several(options),
                vol.Optional(SECTION_DRILL, default={}): drill_section(),
            }
        )
        return self.async_show_form(
            step_id="directions",
            data_schema=self.add_suggested_values_to_schema(
                schema,
                {
                    field: self._ticked(field)
                    for field in (CONF_VERIFY_DISCONNECT, CONF_VERIFY_CONNECT)
                }
                | {SECTION_DRILL: self._drill()},
            ),
            description_placeholders={"name": self._name},
        )

    def _drill(self) -> dict[str, Any]:
        """What was chosen for drills before."""
        if self.source != SOURCE_RECONFIGURE:
            return {}
        before = self._get_reconfigure_subentry().data
        return {key: before[key] for key in DRILL_FIELDS if key in before}

    def _ticked(self, field: str) -> list[str]:
        """All services that are relied on, but for those that the user unticked before."""
        relied_on: list[str] = self._data[CONF_RELIES_ON]
        if self.source != SOURCE_RECONFIGURE:
            return relied_on
        before = self._get_reconfigure_subentry().data
        unticked = set(before[CONF_RELIES_ON]) - set(before[field])
        return [watch_id for watch_id in relied_on if watch_id not in unticked]

    def _finish(self, data: dict[str, Any]) -> SubentryFlowResult:
        unique_id = data[CONF_ENTITY_ID]
        if self.source == SOURCE_RECONFIGURE:
            return self.async_update_and_abort(
                self._get_entry(),
                self._get_reconfigure_subentry(),
                title=self._name,
                data=data,
                unique_id=unique_id,
            )
        return self.async_create_entry(title=self._name, data=data, unique_id=unique_id)

    def _errors(self, user_input: dict[str, Any]) -> dict[str, str]:
        """What is wrong with the chosen panel, modes and services, by field."""
        entity_id = user_input[CONF_ENTITY_ID]
        errors: dict[str, str] = {}
        if self.hass.states.get(entity_id) is None:
            errors[CONF_ENTITY_ID] = "no_such_entity"
        elif self._taken(entity_id):
            errors[CONF_ENTITY_ID] = "already_configured"
        if not user_input[CONF_MODES]:
            errors[CONF_MODES] = "no_mode"
        if not user_input[CONF_RELIES_ON]:
            errors[CONF_RELIES_ON] = "nothing_relied_on"
        return errors

    def _taken(self, entity_id: str) -> bool:
        own = self._get_reconfigure_subentry() if self.source == SOURCE_RECONFIGURE else None
        return any(
            subentry.unique_id == entity_id and subentry is not own
            for subentry in self._get_entry().subentries.values()
        )

    def _watches(self) -> list[SelectOptionDict]:
        return [
            SelectOptionDict(value=subentry.subentry_id, label=subentry.title)
            for subentry in self._get_entry().get_subentries_of_type(SUBENTRY_DEVICE)
        ]
