"""The flow of an alarm: a panel that is there or one made here, and what it relies on."""

from collections.abc import Mapping
from typing import Any

from homeassistant.components.alarm_control_panel import DOMAIN as ALARM_DOMAIN
from homeassistant.config_entries import SOURCE_RECONFIGURE, SubentryFlowResult
from homeassistant.const import CONF_ENTITY_ID, CONF_NAME
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
)
import probatio as vol

from ..const import CONF_MODES, CONF_RELIES_ON, DOMAIN
from ..watch.alarm import ARMED_MODES
from .forms import several
from .panel import PanelFlow


class AlarmFlow(PanelFlow):
    """Choose a panel, what it relies on, and which directions to verify for each."""

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Choose whether the panel is there already."""
        if not self._watches():
            return self.async_abort(reason="nothing_watched")
        return self.async_show_menu(step_id="user", menu_options=["existing", "panel"])

    async def async_step_existing(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Choose the panel and the services."""
        return await self._guarded("existing", user_input, {})

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Choose another panel or other services."""
        if not self._watches():
            return self.async_abort(reason="nothing_watched")
        subentry = self._get_reconfigure_subentry()
        if CONF_ENTITY_ID not in subentry.data:
            return await self.async_step_reconfigure_panel()
        watched = self._get_entry().subentries
        relied_on = [key for key in subentry.data[CONF_RELIES_ON] if key in watched]
        known = {CONF_NAME: subentry.title, **subentry.data, CONF_RELIES_ON: relied_on}
        return await self._guarded("reconfigure", user_input, known)

    async def _guarded(
        self, step_id: str, user_input: dict[str, Any] | None, known: Mapping[str, Any]
    ) -> SubentryFlowResult:
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
                vol.Required(CONF_RELIES_ON, default=[]): several(self._watches()),
            }
        )
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, user_input or known),
            errors=errors,
        )

    def _errors(self, user_input: dict[str, Any]) -> dict[str, str]:
        """What is wrong with the chosen panel, modes and services, by field."""
        entity_id = user_input[CONF_ENTITY_ID]
        errors: dict[str, str] = {}
        if self.hass.states.get(entity_id) is None:
            errors[CONF_ENTITY_ID] = "no_such_entity"
        elif self._taken(entity_id) or self._made_here(entity_id):
            errors[CONF_ENTITY_ID] = "already_configured"
        if not user_input[CONF_MODES]:
            errors[CONF_MODES] = "no_mode"
        if not user_input[CONF_RELIES_ON]:
            errors[CONF_RELIES_ON] = "nothing_relied_on"
        return errors

    def _made_here(self, entity_id: str) -> bool:
        entity = er.async_get(self.hass).async_get(entity_id)
        return entity is not None and entity.platform == DOMAIN

    def _taken(self, entity_id: str) -> bool:
        own = self._get_reconfigure_subentry() if self.source == SOURCE_RECONFIGURE else None
        return any(
            subentry.unique_id == entity_id and subentry is not own
            for subentry in self._get_entry().subentries.values()
        )
