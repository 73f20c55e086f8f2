"""The alarm panels that are made here."""

from collections.abc import Mapping
from math import ceil
from typing import TYPE_CHECKING, Any, override

from homeassistant.components.alarm_control_panel import (
    AlarmControlPanelEntity,
    AlarmControlPanelEntityDescription,
    AlarmControlPanelEntityFeature,
    AlarmControlPanelState,
    CodeFormat,
)
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN, SUBENTRY_ALARM
from .entity import SentinelEntity, add_entities_of
from .outcome.bus import blocking
from .outcome.wording import as_utc
from .watch.panel_words import (
    AlarmRaisedError,
    CodeMissingError,
    CodesPausedError,
    Mode,
    ModeNotOfferedError,
    NotReadyError,
    PanelError,
    WrongCodeError,
)

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigSubentry

    from .alarms import MadePanel
    from .hub import Hub, SentinelConfigEntry

PARALLEL_UPDATES = 0

PANEL = AlarmControlPanelEntityDescription(key="panel", translation_key="panel", name=None)

_FEATURES = {
    Mode.HOME: AlarmControlPanelEntityFeature.ARM_HOME,
    Mode.AWAY: AlarmControlPanelEntityFeature.ARM_AWAY,
    Mode.NIGHT: AlarmControlPanelEntityFeature.ARM_NIGHT,
    Mode.VACATION: AlarmControlPanelEntityFeature.ARM_VACATION,
}
# What is said to people when a panel does not do what they ask for.
ERRORS: dict[type[PanelError], str] = {
    AlarmRaisedError: "alarm_raised",
    CodeMissingError: "code_missing",
    CodesPausedError: "codes_paused",
    ModeNotOfferedError: "mode_not_offered",
    NotReadyError: "not_ready",
    WrongCodeError: "wrong_code",
}
# The pause after a wrong code is said, too.
WRONG_CODE_PAUSE = "wrong_code_pause"


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SentinelConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the panels of all alarms that are made here."""

    def panels(hub: Hub, subentry: ConfigSubentry) -> list[AlarmPanel]:
        made = subentry.subentry_id in hub.alarms.made
        return [AlarmPanel(hub, subentry, PANEL)] if made else []

    add_entities_of(entry, async_add_entities, {SUBENTRY_ALARM: panels})


class AlarmPanel(SentinelEntity, AlarmControlPanelEntity):
    """One alarm panel; what it knows is in the hub."""

    entity_description: AlarmControlPanelEntityDescription
    _attr_name = None

    @property
    def _made(self) -> MadePanel:
        return self.hub.alarms.made[self.subject]

    @property
    @override
    def alarm_state(self) -> AlarmControlPanelState:
        """The state."""
        return AlarmControlPanelState(self._made.panel.state.value)

    @property
    @override
    def changed_by(self) -> str | None:
        """The person or the thing that changed it last."""
        return self._made.panel.changed_by

    @property
    @override
    def code_format(self) -> CodeFormat | None:
        """What the code is made of, None without one."""
        code = self._made.panel.settings.code
        if not code:
            return None
        return CodeFormat.NUMBER if code.isascii() and code.isdigit() else CodeFormat.TEXT

    @property
    @override
    def code_arm_required(self) -> bool:
        """Tell whether the code is needed to arm it."""
        settings = self._made.panel.settings
        return bool(settings.code) and settings.code_arm_required

    @property
    @override
    def supported_features(self) -> AlarmControlPanelEntityFeature:
        """The modes that are offered."""
        features = AlarmControlPanelEntityFeature.TRIGGER
        for mode in self._made.panel.settings.modes:
            features |= _FEATURES[mode]
        return features

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """When the present delay is over, and what stood against it when it was armed."""
        made = self._made
        due = made.panel.due
        return {
            "delay_until": None if due is None else as_utc(due).isoformat(),
            "armed_despite": blocking(made.despite),
        }

    @override
    async def async_alarm_arm_home(self, code: str | None = None) -> None:
        """Arm it for people who stay at home."""
        await self._arm(Mode.HOME, code)

    @override
    async def async_alarm_arm_away(self, code: str | None = None) -> None:
        """Arm it for an empty house."""
        await self._arm(Mode.AWAY, code)

    @override
    async def async_alarm_arm_night(self, code: str | None = None) -> None:
        """Arm it for people who sleep."""
        await self._arm(Mode.NIGHT, code)

    @override
    async def async_alarm_arm_vacation(self, code: str | None = None) -> None:
        """Arm it for a house that is empty for long."""
        await self._arm(Mode.VACATION, code)

    async def async_arm(self, mode: Mode, force: bool, code: str | None = None) -> None:
        """Arm it, with ``force`` whatever stands against it."""
        await self._arm(mode, self.check_code_arm_required(code), force=force)

    async def _arm(self, mode: Mode, code: str | None, *, force: bool = False) -> None:
        context = self._context
        by = await self._name_of(context)
        try:
            self.hub.alarms.arm(self.subject, mode, by=by, code=code, force=force, context=context)
        except PanelError as error:
            raise _said(error) from error

    @override
    async def async_alarm_disarm(self, code: str | None = None) -> None:
        """Disarm it."""
        context = self._context
        by = await self._name_of(context)
        try:
            self.hub.alarms.disarm(self.subject, by=by, code=code, context=context)
        except PanelError as error:
            raise _said(error) from error

    @override
    async def async_alarm_trigger(self, code: str | None = None) -> None:
        """Make it ring."""
        context = self._context
        by = await self._name_of(context)
        self.hub.alarms.trigger(self.subject, by=by, context=context)

    async def _name_of(self, context: Context | None) -> str | None:
        """The name of the user who asks, None for nobody, as for an automation."""
        if context is None or context.user_id is None:
            return None
        user = await self.hass.auth.async_get_user(context.user_id)
        return user.name if user else None


def _said(error: PanelError) -> ServiceValidationError:
    """Why a panel does not do what it was asked to, for people."""
    key = ERRORS[type(error)]
    given: dict[str, str] = {}
    match error:
        case NotReadyError(blockers=against):
            given = {"names": ", ".join(dict.fromkeys(name for name, _ in against))}
        case WrongCodeError(pause=pause) if pause:
            key, given = WRONG_CODE_PAUSE, {"seconds": f"{pause:.0f}"}
        case CodesPausedError(left=left):
            given = {"seconds": str(ceil(left))}
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=given
    )
