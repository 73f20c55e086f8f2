"""The hub's own flows: set-up with listening, and reconfiguration."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, override

from homeassistant.components import mqtt
from homeassistant.config_entries import (
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentryFlow,
    OptionsFlow,
)
from homeassistant.core import callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
)
import probatio as vol

from ..const import (
    CONF_DIALECTS,
    CONF_IGNORED,
    CONF_LISTEN,
    CONF_PREFIXES,
    CONF_THINGS,
    CONF_WATCH_ALL,
    DOMAIN,
    SUBENTRY_ALARM,
    SUBENTRY_CAMERA,
    SUBENTRY_DEVICE,
    SUBENTRY_RELAY,
    SUBENTRY_SCENE,
)
from ..dialects.table import DIALECTS
from ..setup.data import subentry_of, thing_id
from .alarm import AlarmFlow
from .camera import CameraFlow
from .device import DeviceFlow
from .forms import check_prefixes, dialects, several, texts
from .listening import listen
from .options import SentinelOptionsFlow
from .relay import RelayFlow
from .scene import SceneFlow
from .things import offer, options_of

if TYPE_CHECKING:
    from ..hub import SentinelConfigEntry
    from ..watch.known import KnownThing

DEFAULT_LISTEN = 10
LONGEST_LISTEN = 120

_TALKING = {
    vol.Required(
        CONF_DIALECTS, default=[name for name, dialect in DIALECTS.items() if dialect.usual]
    ): dialects(DIALECTS),
    vol.Optional(CONF_PREFIXES, default=[]): texts(),
}
_LISTEN = {
    vol.Required(CONF_LISTEN, default=DEFAULT_LISTEN): NumberSelector(
        NumberSelectorConfig(min=1, max=LONGEST_LISTEN, unit_of_measurement="s")
    ),
}


class SentinelConfigFlow(ConfigFlow, domain=DOMAIN):
    """Choose dialects, listen, tick what to watch."""

    VERSION = 1

    def __init__(self) -> None:
        """Start with nothing heard."""
        self._data: dict[str, Any] = {}
        self._seconds = float(DEFAULT_LISTEN)
        self._listening: asyncio.Task[list[KnownThing]] | None = None
        self._heard: list[KnownThing] = []

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: SentinelConfigEntry) -> OptionsFlow:
        """The flow for what holds for the whole hub."""
        return SentinelOptionsFlow()

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: SentinelConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        """What can be added to a hub."""
        return {
            SUBENTRY_DEVICE: DeviceFlow,
            SUBENTRY_RELAY: RelayFlow,
            SUBENTRY_CAMERA: CameraFlow,
            SUBENTRY_ALARM: AlarmFlow,
            SUBENTRY_SCENE: SceneFlow,
        }

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Choose what to listen to, and for how long."""
        if not self._mqtt_is_there:
            return self.async_abort(reason="mqtt_required")
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = self._take(user_input)
            if not errors:
                self._seconds = user_input[CONF_LISTEN]
                return await self.async_step_listen()
        return self.async_show_form(
            step_id="user",
            data_schema=self.add_suggested_values_to_schema(
                vol.Schema(_TALKING | _LISTEN), user_input
            ),
            errors=errors,
        )

    async def async_step_listen(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Listen, showing how far it is."""
        if self._listening is None:
            # In the background: a start or stop of Home Assistant does not wait for it.
            self._listening = self.hass.async_create_background_task(
                listen(
                    self.hass,
                    self._data[CONF_DIALECTS],
                    self._data[CONF_PREFIXES],
                    self._seconds,
                    self.async_update_progress,
                ),
                f"{DOMAIN} listening",
            )
        if not self._listening.done():
            return self.async_show_progress(
                step_id="listen",
                progress_action="listen",
                progress_task=self._listening,
                description_placeholders={"seconds": f"{self._seconds:.0f}"},
            )
        try:
            self._heard = self._listening.result()
        except HomeAssistantError:
            return self.async_show_progress_done(next_step_id="gone")
        next_step = "pick" if self._mqtt_is_there else "gone"
        return self.async_show_progress_done(next_step_id=next_step)

    async def async_step_gone(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """The MQTT integration went away meanwhile."""
        return self.async_abort(reason="mqtt_required")

    async def async_step_pick(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Tick what to watch of what was heard."""
        offered = offer(self._heard)
        if user_input is not None:
            ticked, all_of = set(user_input[CONF_THINGS]), user_input[CONF_WATCH_ALL]
            watched = [
                thing
                for thing in self._heard
                if thing_id(thing.key) in ticked or thing.key.dialect in all_of
            ]
            # Whoever saw a thing here and left it need not be told that it is new.
            left = [thing_id(thing.key) for thing in offered if thing not in watched]
            return self.async_create_entry(
                title="MQTT Sentinel",
                data=self._data,
                options={CONF_WATCH_ALL: all_of, CONF_IGNORED: left},
                subentries=[subentry_of(thing.key, thing) for thing in watched],
            )
        return self.async_show_form(
            step_id="pick",
            data_schema=vol.Schema(
                {
                    vol.Optional(CONF_THINGS, default=[]): several(options_of(offered)),
                    vol.Optional(CONF_WATCH_ALL, default=[]): dialects(self._data[CONF_DIALECTS]),
                }
            ),
            description_placeholders={
                "shown": str(len(offered)),
                "count": str(len(self._heard)),
            },
        )

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Choose other dialects or prefixes."""
        entry = self._get_reconfigure_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = self._take(user_input)
            if not errors:
                return self.async_update_and_abort(entry, data=self._data)
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=self.add_suggested_values_to_schema(
                vol.Schema(_TALKING), user_input or _shown(entry.data)
            ),
            errors=errors,
        )

    @property
    def _mqtt_is_there(self) -> bool:
        return bool(self.hass.config_entries.async_loaded_entries(mqtt.DOMAIN))

    def _take(self, user_input: dict[str, Any]) -> dict[str, str]:
        """Check dialects and prefixes and keep them; answer the errors to show."""
        errors: dict[str, str] = {}
        if not user_input[CONF_DIALECTS]:
            errors[CONF_DIALECTS] = "no_dialect"
        try:
            prefixes = check_prefixes(user_input.get(CONF_PREFIXES, []))
        except vol.Invalid:
            errors[CONF_PREFIXES] = "bad_prefix"
        else:
            self._data = {
                CONF_DIALECTS: user_input[CONF_DIALECTS],
                # Topics without a prefix always count.
                CONF_PREFIXES: ["", *prefixes],
            }
        return errors


def _shown(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        CONF_DIALECTS: data[CONF_DIALECTS],
        CONF_PREFIXES: [prefix for prefix in data[CONF_PREFIXES] if prefix],
    }
