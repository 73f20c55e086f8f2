"""The flow of an alarm panel that is made here."""

from collections.abc import Iterable, Mapping
from typing import Any

from homeassistant.config_entries import SOURCE_RECONFIGURE, SubentryFlowResult
from homeassistant.const import CONF_CODE, CONF_NAME
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import probatio as vol

from ..const import (
    CONF_AFTER_TRIGGER,
    CONF_BUTTON_MODE,
    CONF_BUTTONS,
    CONF_CODE_ARM_REQUIRED,
    CONF_DELAYED,
    CONF_DIALECT,
    CONF_ENTRY_DELAY,
    CONF_EXIT_DELAY,
    CONF_INSIDE,
    CONF_INSTANT,
    CONF_MAY_DISARM,
    CONF_MODES,
    CONF_NOT_READY,
    CONF_OFFERED,
    CONF_RELIES_ON,
    CONF_TIMES,
    CONF_TRIGGER_TIME,
)
from ..dialects.table import DIALECTS
from ..setup.panel import INTRUSIONS
from ..watch.panel_words import (
    DEFAULT_TRIGGER_TIME,
    USUAL_MODES,
    AfterTrigger,
    Mode,
    NotReady,
)
from ..watch.reports import Occasion
from .directions import DirectionsFlow
from .forms import delay, several, yes_or_no

CONF_REMOVE_CODE = "remove_code"

_MODES = [mode.value for mode in Mode]


class PanelFlow(DirectionsFlow):
    """Choose what a panel relies on, how it is armed, how long it waits, and what makes it ring."""

    async def async_step_panel(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Choose the modes and the services."""
        return await self._about("panel", user_input)

    async def async_step_reconfigure_panel(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Choose other modes or services."""
        return await self._about("reconfigure_panel", user_input)

    async def _about(self, step_id: str, user_input: dict[str, Any] | None) -> SubentryFlowResult:
        watches = self._watches()
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = _errors(user_input)
            if not errors:
                self._name = user_input.pop(CONF_NAME).strip()
                self._data = user_input
                return await self.async_step_times()
        before = self._before
        known = {
            CONF_NAME: self._name or (self._reconfigured_title() if before else ""),
            CONF_OFFERED: _MODES,
            CONF_MODES: _MODES,
            CONF_NOT_READY: NotReady.REFUSE.value,
            **before,
            CONF_RELIES_ON: _still(before.get(CONF_RELIES_ON, ()), watches),
        }
        schema = vol.Schema(
            {
                vol.Required(CONF_NAME): TextSelector(),
                vol.Required(CONF_OFFERED, default=[]): _several_modes(),
                vol.Required(CONF_RELIES_ON, default=[]): several(watches),
                vol.Required(CONF_MODES, default=[]): _several_modes(),
                vol.Required(CONF_NOT_READY): _one_of(NotReady, "not_ready"),
            }
        )
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, user_input or known),
            errors=errors,
        )

    async def async_step_times(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Choose how long it waits in each mode, and how long it rings."""
        offered = [mode for mode in Mode if mode.value in self._data[CONF_OFFERED]]
        if user_input is not None:
            times = {mode.value: user_input.pop(mode.value) for mode in offered}
            self._data |= user_input | {CONF_TIMES: times}
            return await self.async_step_triggers()
        usual = {
            mode.value: {
                CONF_EXIT_DELAY: USUAL_MODES[mode].exit_delay,
                CONF_ENTRY_DELAY: USUAL_MODES[mode].entry_delay,
            }
            for mode in offered
        }
        suggested = {
            CONF_TRIGGER_TIME: DEFAULT_TRIGGER_TIME,
            CONF_AFTER_TRIGGER: AfterTrigger.ARMED.value,
            **usual,
            **self._before.get(CONF_TIMES, {}),
            **self._before,
        }
        waits = {vol.Required(CONF_EXIT_DELAY): delay(), vol.Required(CONF_ENTRY_DELAY): delay()}
        schema = vol.Schema(
            {
                **{vol.Required(mode.value): section(vol.Schema(waits)) for mode in offered},
                vol.Required(CONF_TRIGGER_TIME): delay(),
                vol.Required(CONF_AFTER_TRIGGER): _one_of(AfterTrigger, "after_trigger"),
            }
        )
        return self.async_show_form(
            step_id="times", data_schema=self.add_suggested_values_to_schema(schema, suggested)
        )

    async def async_step_triggers(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Choose what makes it ring, and its buttons; what cannot be chosen is not asked."""
        offered = [mode.value for mode in Mode if mode.value in self._data[CONF_OFFERED]]
        nothing: dict[str, Any] = {
            CONF_DELAYED: [],
            CONF_INSTANT: [],
            CONF_INSIDE: [],
            CONF_BUTTONS: [],
            CONF_BUTTON_MODE: Mode.AWAY.value if Mode.AWAY.value in offered else offered[0],
            CONF_MAY_DISARM: True,
        }
        sources, buttons = self._at_which(INTRUSIONS), self._at_which({Occasion.TOGGLE})
        if user_input is not None or not (sources or buttons):
            self._data |= nothing | (user_input or {})
            return await self.async_step_code()
        fields: dict[vol.Marker, Any] = {}
        suggested = nothing | {key: self._before[key] for key in nothing if key in self._before}
        for options, names in (
            (sources, (CONF_DELAYED, CONF_INSTANT, CONF_INSIDE)),
            (buttons, (CONF_BUTTONS,)),
        ):
            if options:
                for field in names:
                    fields[vol.Optional(field, default=[])] = several(options)
                    suggested[field] = _still(suggested[field], options)
        if buttons:
            if suggested[CONF_BUTTON_MODE] not in offered:
                suggested[CONF_BUTTON_MODE] = nothing[CONF_BUTTON_MODE]
            fields[vol.Required(CONF_BUTTON_MODE)] = _one_of(offered, "armed_mode")
            fields[vol.Required(CONF_MAY_DISARM)] = yes_or_no()
        return self.async_show_form(
            step_id="triggers",
            data_schema=self.add_suggested_values_to_schema(vol.Schema(fields), suggested),
        )

    async def async_step_code(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Choose a code; one that there is already is not shown, and stays if nothing is entered."""
        before = self._before.get(CONF_CODE)
        if user_input is not None:
            entered = user_input.pop(CONF_CODE, "").strip()
            code = None if user_input.pop(CONF_REMOVE_CODE, False) else entered or before
            self._data |= user_input | ({CONF_CODE: code} if code else {})
            return await self.async_step_directions()
        fields: dict[vol.Marker, Any] = {
            vol.Optional(CONF_CODE): TextSelector(
                TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="new-password")
            )
        }
        if before:
            fields[vol.Required(CONF_REMOVE_CODE, default=False)] = yes_or_no()
        required = self._before.get(CONF_CODE_ARM_REQUIRED, True)
        fields[vol.Required(CONF_CODE_ARM_REQUIRED, default=required)] = yes_or_no()
        return self.async_show_form(
            step_id="change_code" if before else "code", data_schema=vol.Schema(fields)
        )

    async def async_step_change_code(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Choose another code, none, or leave the one there is."""
        return await self.async_step_code(user_input)

    @property
    def _before(self) -> Mapping[str, Any]:
        """How the panel was set up before, nothing for a new one."""
        if self.source != SOURCE_RECONFIGURE:
            return {}
        return self._get_reconfigure_subentry().data

    def _reconfigured_title(self) -> str:
        return self._get_reconfigure_subentry().title

    def _at_which(self, occasions: Iterable[Occasion]) -> list[SelectOptionDict]:
        """The watches at which one of these can happen."""
        subentries = self._get_entry().subentries
        return [
            option
            for option in self._watches()
            if (dialect := DIALECTS.get(subentries[option["value"]].data[CONF_DIALECT]))
            and not set(occasions).isdisjoint(dialect.occasions)
        ]


def _errors(user_input: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with the chosen name, modes and services, by field."""
    errors: dict[str, str] = {}
    if not user_input[CONF_NAME].strip():
        errors[CONF_NAME] = "no_name"
    if not user_input[CONF_OFFERED]:
        errors[CONF_OFFERED] = "no_mode"
    if not user_input[CONF_RELIES_ON]:
        errors[CONF_RELIES_ON] = "nothing_relied_on"
    if not set(user_input[CONF_MODES]) & set(user_input[CONF_OFFERED]):
        errors[CONF_MODES] = "not_offered"
    return errors


def _still(chosen: Iterable[str], options: Iterable[SelectOptionDict]) -> list[str]:
    """Those of the watches that were chosen which can be chosen now."""
    there = {option["value"] for option in options}
    return [watch_id for watch_id in chosen if watch_id in there]


def _several_modes() -> SelectSelector:
    return SelectSelector(
        SelectSelectorConfig(options=_MODES, multiple=True, translation_key="armed_mode")
    )


def _one_of(options: Iterable[str], translation_key: str) -> SelectSelector:
    return SelectSelector(
        SelectSelectorConfig(
            options=[str(option) for option in options], translation_key=translation_key
        )
    )
