"""The part of an alarm's form about its drills."""

from collections.abc import Mapping
from typing import Any

from homeassistant.components.notify import DOMAIN as NOTIFY_DOMAIN
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
)
import probatio as vol

from ..const import CONF_DRILL_EVERY, CONF_DRILL_TELLS, SECTION_DRILL

DRILL_FIELDS = (CONF_DRILL_EVERY, CONF_DRILL_TELLS)
MOST_DAYS = 366


def drill_section() -> section:
    """The fields: how often a drill has to pass, and who is told of it."""
    fields = {
        vol.Optional(CONF_DRILL_EVERY): NumberSelector(
            NumberSelectorConfig(
                min=1,
                max=MOST_DAYS,
                step=1,
                unit_of_measurement="d",
                mode=NumberSelectorMode.BOX,
            )
        ),
        vol.Optional(CONF_DRILL_TELLS): EntitySelector(EntitySelectorConfig(domain=NOTIFY_DOMAIN)),
    }
    return section(vol.Schema(fields), {"collapsed": True})


def flat(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """What a user filled in, without the section around the fields about drills."""
    rest = {key: value for key, value in user_input.items() if key != SECTION_DRILL}
    return {**rest, **user_input[SECTION_DRILL]}
