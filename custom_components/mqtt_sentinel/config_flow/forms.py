"""Fields and checks that several flows share."""

from collections.abc import Iterable

from homeassistant.components.mqtt.util import valid_publish_topic, valid_subscribe_topic
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
    TextSelectorConfig,
)
import probatio as vol

from ..setup.data import SEPARATOR

LONGEST_SECONDS = 86_400
MOST_MISSES = 100
MOST_FILTERS = 20
MOST_GIGABYTES = 100_000
_WILDCARDS = frozenset({"+", "#"})


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


def delay() -> NumberSelector:
    """A field for a time in seconds that may be none at all."""
    return NumberSelector(
        NumberSelectorConfig(
            min=0,
            max=LONGEST_SECONDS,
            step="any",
            unit_of_measurement="s",
            mode=NumberSelectorMode.BOX,
        )
    )


def gigabytes() -> NumberSelector:
    """A field for room on a disk."""
    return NumberSelector(
        NumberSelectorConfig(
            min=0.1,
            max=MOST_GIGABYTES,
            step="any",
            unit_of_measurement="GB",
            mode=NumberSelectorMode.BOX,
        )
    )


def count(most: int) -> NumberSelector:
    """A field for how many, from one to ``most``."""
    return NumberSelector(
        NumberSelectorConfig(min=1, max=most, step=1, mode=NumberSelectorMode.BOX)
    )


def texts() -> TextSelector:
    """A field for any number of lines of text."""
    return TextSelector(TextSelectorConfig(multiple=True))


def dialects(names: Iterable[str]) -> SelectSelector:
    """A field to tick some dialects."""
    return SelectSelector(
        SelectSelectorConfig(options=list(names), multiple=True, translation_key="dialect")
    )


def check_filters(filters: Iterable[str]) -> list[str]:
    """Clean topic filters up, each once.

    Raises vol.Invalid for one that is none, that takes in all topics whatever they are, or when
    there are too many.
    """
    cleaned = list(dict.fromkeys(text.strip() for text in filters if text.strip()))
    for topic in map(valid_subscribe_topic, cleaned):
        if all(level in _WILDCARDS for level in topic.split("/")):
            raise vol.Invalid("any topic at all would do")
    if len(cleaned) > MOST_FILTERS:
        raise vol.Invalid("too many topics")
    return cleaned


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
