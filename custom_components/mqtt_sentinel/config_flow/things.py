"""Things as a user sees them in a flow: offered by what was heard, stored as subentries."""

from typing import TYPE_CHECKING, Any

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.helpers.selector import SelectOptionDict

from ..const import (
    CONF_DIALECT,
    CONF_EXPECT,
    CONF_SITE,
    CONF_THING,
    SUBENTRY_DEVICE,
)
from ..dialects.table import DIALECTS
from ..watch.reports import ThingKey

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..watch.known import KnownThing

# Between dialect, site and name; neither of the first two can have it.
SEPARATOR = "|"

_SIGNS = {True: "🟢", False: "🔴", None: "⚪"}


def thing_id(key: ThingKey) -> str:
    """The unique id of the watch of a thing; also its value in a list of choices."""
    return SEPARATOR.join(key)


def key_of(unique_id: str) -> ThingKey:
    """The thing with a unique id that :func:`thing_id` made."""
    return ThingKey(*unique_id.split(SEPARATOR, 2))


def thing_title(key: ThingKey) -> str:
    """What to call a thing unless its user has a better name."""
    name = key.name.replace("/", " ")
    return f"{key.site} {name}" if key.site else name


def thing_data(key: ThingKey) -> dict[str, Any]:
    """The identity of a thing as subentry data."""
    return {CONF_DIALECT: key.dialect, CONF_SITE: key.site, CONF_THING: key.name}


def options_of(things: Iterable[KnownThing]) -> list[SelectOptionDict]:
    """Things as choices, each with its dialect and whether it is connected as far as heard."""
    return [
        SelectOptionDict(
            value=thing_id(thing.key),
            label=f"{_sign(thing)} {thing_title(thing.key)} ({thing.key.dialect})",
        )
        for thing in things
    ]


def subentry_of(key: ThingKey) -> ConfigSubentryData:
    """The watch of a thing with all defaults, for a user who just ticked it."""
    return ConfigSubentryData(
        data=thing_data(key) | {CONF_EXPECT: DIALECTS[key.dialect].expects.value},
        subentry_type=SUBENTRY_DEVICE,
        title=thing_title(key),
        unique_id=thing_id(key),
    )


def _sign(thing: KnownThing) -> str:
    return _SIGNS[thing.connection.up if thing.connection else None]
