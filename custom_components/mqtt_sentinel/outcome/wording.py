"""How times and names go into texts for people."""

from datetime import datetime
from itertools import islice
import re
from typing import TYPE_CHECKING

from homeassistant.util import dt as dt_util

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..watch.watched import Watched

# More names than these nobody reads.
MOST_NAMES = 10

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+!|~&:.@])")


def escape_markdown(text: str) -> str:
    """Make a name that came from a device harmless in a text that is shown as Markdown.

    Dots, colons and at signs too: what looks like an address would become a link.
    """
    return _MARKDOWN.sub(r"\\\1", text)


def as_utc(timestamp: float) -> datetime:
    """Epoch seconds as an aware datetime."""
    return dt_util.utc_from_timestamp(timestamp)


def local_time(timestamp: float) -> str:
    """Epoch seconds in the home's own time, for texts that no frontend formats."""
    return dt_util.as_local(as_utc(timestamp)).strftime("%Y-%m-%d %H:%M:%S")


def names_of(watch_ids: Iterable[str], watches: Mapping[str, Watched]) -> list[str]:
    """The names of the first of these watches, in order; of one that is no more there is none.

    The cost does not grow with how many there are: a storm is told with each that joins it.
    """
    there = (watch_id for watch_id in watch_ids if watch_id in watches)
    return sorted(watches[watch_id].config.name for watch_id in islice(there, MOST_NAMES))
