"""Automation triggers, by name in the editor."""

from typing import override

from homeassistant.components.event import ATTR_EVENT_TYPE, DOMAIN as EVENT_DOMAIN
from homeassistant.const import CONF_OPTIONS
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.trigger import (
    ENTITY_STATE_TRIGGER_SCHEMA,
    NotTriggeredReasonReporter,
    StatelessEntityTriggerBase,
    Trigger,
    TriggerConfig,
)
import probatio as vol

from .entity import own_entities
from .event import DRILLED, Happened
from .watch.alarm import Protection

CONF_PROTECTION = "protection"
CONF_RESULT = "result"


class SentinelEventTrigger(StatelessEntityTriggerBase):
    """Fires when an event entity of this integration reports one of some kinds of event."""

    _domain_specs = {EVENT_DOMAIN: DomainSpec()}
    _schema = ENTITY_STATE_TRIGGER_SCHEMA
    _kinds: frozenset[str]

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Leave out the event entities of others."""
        return own_entities(self._hass, super().entity_filter(entities))

    @override
    def is_valid_state(
        self, state: State, report_not_triggered: NotTriggeredReasonReporter
    ) -> bool:
        """Tell whether the event is one of those waited for."""
        return state.attributes.get(ATTR_EVENT_TYPE) in self._kinds


def _on(happened: str) -> type[Trigger]:
    class WatchTrigger(SentinelEventTrigger):
        """Fires when this happened to a watch."""

        _kinds = frozenset({str(happened)})

    return WatchTrigger


class ProtectionTrigger(SentinelEventTrigger):
    """Fires when the protection of an alarm becomes one of the chosen."""

    _schema = ENTITY_STATE_TRIGGER_SCHEMA.extend(
        {
            vol.Required(CONF_OPTIONS): {
                vol.Required(CONF_PROTECTION): vol.All(
                    cv.ensure_list, [vol.In([protection.value for protection in Protection])]
                )
            }
        }
    )

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Read which protections are waited for."""
        super().__init__(hass, config)
        self._kinds = frozenset(self._options[CONF_PROTECTION])


class DrillTrigger(SentinelEventTrigger):
    """Fires when a drill of an alarm ends in one of the chosen ways."""

    _schema = ENTITY_STATE_TRIGGER_SCHEMA.extend(
        {
            vol.Required(CONF_OPTIONS): {
                vol.Required(CONF_RESULT): vol.All(
                    cv.ensure_list, [vol.In([result.value for result in DRILLED])]
                )
            }
        }
    )

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Read which results are waited for."""
        super().__init__(hass, config)
        chosen = self._options[CONF_RESULT]
        self._kinds = frozenset(kind for result, kind in DRILLED.items() if result in chosen)


TRIGGERS: dict[str, type[Trigger]] = {
    "mismatch": _on(Happened.MISMATCH),
    "recovered": _on(Happened.RECOVERED),
    "connected": _on(Happened.CONNECTED),
    "disconnected": _on(Happened.DISCONNECTED),
    "motion_detected": _on(Happened.MOTION),
    "motion_ended": _on(Happened.MOTION_ENDED),
    "button_pressed": _on(Happened.BUTTON),
    "pressure_detected": _on(Happened.PRESSURE),
    "display_used": _on(Happened.INTERACTION),
    "system_message": _on(Happened.SYSTEM),
    "toggle_requested": _on(Happened.TOGGLE),
    "device_announced": _on(Happened.ANNOUNCED),
    "picture_taken": _on(Happened.PICTURE),
    "video_taken": _on(Happened.VIDEO),
    "clip_saved": _on(Happened.CLIP_SAVED),
    "relay_turned_on": _on(Happened.TURNED_ON),
    "relay_turned_off": _on(Happened.TURNED_OFF),
    "command_confirmed": _on(Happened.COMMAND_CONFIRMED),
    "command_failed": _on(Happened.COMMAND_FAILED),
    "protection_changed": ProtectionTrigger,
    "drill_finished": DrillTrigger,
}


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """The triggers of this integration."""
    return TRIGGERS
