"""The panel of an alarm that is made here, as a user set it up."""

from typing import TYPE_CHECKING

from homeassistant.const import CONF_CODE, CONF_ENTITY_ID

from ..const import (
    CONF_AFTER_TRIGGER,
    CONF_BUTTON_MODE,
    CONF_BUTTONS,
    CONF_CODE_ARM_REQUIRED,
    CONF_DELAYED,
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
from ..watch.panel_words import (
    AfterTrigger,
    Mode,
    ModeTimes,
    NotReady,
    PanelButton,
    PanelSettings,
    Response,
    TriggerSource,
)
from ..watch.reports import Occasion

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigSubentry

# What happens where somebody is who should not be there.
INTRUSIONS = frozenset({Occasion.MOTION, Occasion.PRESSURE})
# In these modes there are people inside.
_SOMEBODY_INSIDE = frozenset({Mode.HOME, Mode.NIGHT})


def read_panel(subentry: ConfigSubentry) -> PanelSettings | None:
    """Read the panel of an alarm subentry, None for one that is not made here."""
    data = subentry.data
    if CONF_ENTITY_ID in data:
        return None
    times = data[CONF_TIMES]
    button = PanelButton(Mode(data[CONF_BUTTON_MODE]), data[CONF_MAY_DISARM])
    inside = data[CONF_INSIDE]
    return PanelSettings(
        modes={
            Mode(mode): ModeTimes(times[mode][CONF_EXIT_DELAY], times[mode][CONF_ENTRY_DELAY])
            for mode in data[CONF_OFFERED]
        },
        sources={
            watch_id: TriggerSource(
                response,
                _SOMEBODY_INSIDE if watch_id in inside else frozenset(),
                INTRUSIONS,
            )
            for field, response in (
                (CONF_DELAYED, Response.DELAYED),
                (CONF_INSTANT, Response.INSTANT),
            )
            for watch_id in data[field]
        },
        buttons=dict.fromkeys(data[CONF_BUTTONS], button),
        services=tuple(data[CONF_RELIES_ON]),
        modes_with_services=frozenset(map(Mode, data[CONF_MODES])),
        trigger_time=data[CONF_TRIGGER_TIME] or None,
        after_trigger=AfterTrigger(data[CONF_AFTER_TRIGGER]),
        not_ready=NotReady(data[CONF_NOT_READY]),
        code=data.get(CONF_CODE),
        code_arm_required=data[CONF_CODE_ARM_REQUIRED],
    )
