"""Where the clips are kept, and how many of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..const import CONF_CLIPS_DAYS, CONF_CLIPS_FREE, CONF_CLIPS_SIZE, DOMAIN
from ..evidence.clips.retention import Limits

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant

# Days, and gigabytes: of clips, and that stay free on the disk.
DEFAULT_CLIPS_DAYS = 30
DEFAULT_CLIPS_SIZE = 10.0
DEFAULT_CLIPS_FREE = 1.0
_GIGABYTE = 1e9
_DAY = 86_400.0


def media_folder(hass: HomeAssistant) -> Path:
    """Where clips are kept: below the folder of Home Assistant's own media, which may be a disk of its own."""
    media = hass.config.media_dirs.get("local") or hass.config.path("media")
    return Path(media) / DOMAIN


def limits_of(options: Mapping[str, Any]) -> Limits:
    """How much is kept, as the options of the hub say it."""
    return Limits(
        options.get(CONF_CLIPS_DAYS, DEFAULT_CLIPS_DAYS) * _DAY,
        int(options.get(CONF_CLIPS_SIZE, DEFAULT_CLIPS_SIZE) * _GIGABYTE),
        int(options.get(CONF_CLIPS_FREE, DEFAULT_CLIPS_FREE) * _GIGABYTE),
    )
