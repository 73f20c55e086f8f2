"""How times and names go into texts for people."""

from datetime import datetime
import re

from homeassistant.util import dt as dt_util

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
