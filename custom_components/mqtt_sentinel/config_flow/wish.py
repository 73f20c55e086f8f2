"""What should be true of a thing, and when: the steps that all flows of such things share."""

from typing import Any

from homeassistant.components.alarm_control_panel import DOMAIN as ALARM_DOMAIN
from homeassistant.config_entries import SubentryFlowResult
from homeassistant.const import CONF_ENTITY_ID
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    SelectSelector,
    SelectSelectorConfig,
    StateSelector,
    StateSelectorConfig,
)
import probatio as vol

from ..const import (
    CONF_EXPECT,
    CONF_STATES,
    CONF_VERIFY_CONNECT,
    CONF_VERIFY_DISCONNECT,
    EXPECT_NONE,
)
from ..watch.expectation import SourceKind
from .forms import yes_or_no
from .subentry import ThingFlow

# What is expected of it is commanded by nobody here.
_KINDS = [kind for kind in SourceKind if kind is not SourceKind.COMMAND]
_EXPECTATIONS = [*(kind.value for kind in _KINDS), EXPECT_NONE]
_DIRECTIONS: dict[vol.Marker, Any] = {
    vol.Required(CONF_VERIFY_DISCONNECT, default=True): yes_or_no(),
    vol.Required(CONF_VERIFY_CONNECT, default=True): yes_or_no(),
}


def expectations() -> SelectSelector:
    """A field for when a thing should be up."""
    return SelectSelector(SelectSelectorConfig(options=_EXPECTATIONS, translation_key="expect"))


class WishFlow(ThingFlow):
    """A flow that ends with when the thing should be up; ``_data`` is what was chosen so far."""

    def __init__(self) -> None:
        """Start with nothing chosen."""
        super().__init__()
        self._data: dict[str, Any] = {}

    async def _ask_when(self) -> SubentryFlowResult:
        """Ask for what the chosen expectation needs, or be done."""
        expect = self._data[CONF_EXPECT]
        if expect == SourceKind.ALARM:
            return await self.async_step_alarm()
        if expect == SourceKind.ENTITY:
            return await self.async_step_entity()
        return self._finish(self._data)

    async def async_step_alarm(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Choose an alarm panel of its own, if it has one, and the directions."""
        if user_input is not None:
            return self._finish(self._data | user_input)
        panel = EntitySelector(EntitySelectorConfig(domain=ALARM_DOMAIN))
        schema = vol.Schema({vol.Optional(CONF_ENTITY_ID): panel} | _DIRECTIONS)
        return self.async_show_form(
            step_id="alarm",
            data_schema=self.add_suggested_values_to_schema(schema, self._before),
            description_placeholders={"thing": self._name},
        )

    async def async_step_entity(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Choose the entity that says when the thing should be up, and the directions."""
        errors: dict[str, str] = {}
        if user_input is not None:
            if self.hass.states.get(user_input[CONF_ENTITY_ID]):
                self._data |= user_input
                return await self.async_step_states()
            errors[CONF_ENTITY_ID] = "no_such_entity"
        schema = vol.Schema({vol.Required(CONF_ENTITY_ID): EntitySelector()} | _DIRECTIONS)
        return self.async_show_form(
            step_id="entity",
            data_schema=self.add_suggested_values_to_schema(schema, user_input or self._before),
            errors=errors,
            description_placeholders={"thing": self._name},
        )

    async def async_step_states(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Choose the states of the entity during which the thing should be up."""
        errors: dict[str, str] = {}
        if user_input is not None:
            if user_input[CONF_STATES]:
                return self._finish(self._data | user_input)
            errors[CONF_STATES] = "no_state"
        entity_id = self._data[CONF_ENTITY_ID]
        # The states of another entity mean nothing here.
        before = self._before if self._before.get(CONF_ENTITY_ID) == entity_id else {}
        states = StateSelector(StateSelectorConfig(entity_id=entity_id, multiple=True))
        return self.async_show_form(
            step_id="states",
            data_schema=self.add_suggested_values_to_schema(
                vol.Schema({vol.Required(CONF_STATES): states}), before
            ),
            errors=errors,
            description_placeholders={"thing": self._name, "entity": entity_id},
        )
