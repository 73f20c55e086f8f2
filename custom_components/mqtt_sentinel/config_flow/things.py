"""Things as a user sees them in a flow: offered by what was heard."""

from typing import TYPE_CHECKING

from homeassistant.helpers.selector import SelectOptionDict

from ..dialects.route import MalformedError
from ..dialects.table import named
from ..setup.data import thing_id, thing_title
from .topic import is_topic

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from ..watch.known import KnownThing
    from ..watch.reports import ThingKey

# Nobody reads a longer list; what is not in it can be named.
MOST_OFFERED = 200
# Enough to tell things apart; a name out of a topic may be far longer.
_LONGEST_LABEL = 100

_SIGNS = {True: "🟢", False: "🔴", None: "⚪"}


def offer(things: Collection[KnownThing]) -> list[KnownThing]:
    """The things that are offered of those that were heard: the first ones by dialect and name."""
    return sorted(things, key=lambda thing: thing.key)[:MOST_OFFERED]


def options_of(things: Iterable[KnownThing]) -> list[SelectOptionDict]:
    """Things as choices, each with its dialect and whether it is connected as far as heard."""
    return [SelectOptionDict(value=thing_id(thing.key), label=_label(thing)) for thing in things]


def _label(thing: KnownThing) -> str:
    sign = _SIGNS[thing.connection.up if thing.connection else None]
    title = thing_title(thing.key)
    if len(title) > _LONGEST_LABEL:
        title = f"{title[: _LONGEST_LABEL - 1]}…"
    return f"{sign} {title} ({thing.key.dialect})"


def key_named(dialect: str, site: str, name: str) -> ThingKey | None:
    """The thing that a user named, None when no thing of the dialect can have that name."""
    try:
        return named(dialect, site, name) if is_topic(name) else None
    except MalformedError:
        return None
