"""Fields and checks that several flows share."""

from collections.abc import Iterable

from homeassistant.components.mqtt.util import valid_publish_topic
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
)
import probatio as vol

from .things import SEPARATOR

LONGEST_SECONDS = 86_400


def seconds() -> NumberSelector:
    """A field for a time in seconds."""
    return NumberSelector(
        NumberSelectorConfig(
            min=1,
            max=LONGEST_SECONDS,
            step="any",
            unit_of_measurement="s",
            mode=NumberSelectorMode.BOX,
        )
    )


def check_prefixes(prefixes: Iterable[str]) -> list[str]:
    """Clean site prefixes up, each once. Raises vol.Invalid for one that cannot be used."""
    cleaned = [prefix.strip().strip("/") for prefix in prefixes]
    if any(SEPARATOR in prefix for prefix in cleaned):
        raise vol.Invalid(f"{SEPARATOR} separates the parts of a thing's id")
    return list(dict.fromkeys(valid_publish_topic(prefix) for prefix in cleaned if prefix))


def several(options: list[SelectOptionDict]) -> SelectSelector:
    """A field to tick several of some choices."""
    return SelectSelector(SelectSelectorConfig(options=options, multiple=True))


def yes_or_no() -> BooleanSelector:
    """A field for yes or no."""
    return BooleanSelector()
