"""Clips, pictures and videos in Home Assistant's media browser: by camera and day."""

from typing import override

from homeassistant.components.media_player import BrowseError
from homeassistant.components.media_source import (
    BrowseMediaSource,
    MediaSource,
    MediaSourceItem,
    PlayMedia,
    Unresolvable,
)
from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN, SUBENTRY_CAMERA
from .evidence.clips.naming import NotOursError, path_of
from .hub import Hub, SentinelConfigEntry
from .web.browsing import NAME, Library
from .web.media import container_of, media_url


async def async_get_media_source(hass: HomeAssistant) -> MediaSource:
    """The source of this integration; it is there whether a hub is loaded or not."""
    return SentinelMediaSource(hass)


class SentinelMediaSource(MediaSource):
    """What was recorded. Who may see Home Assistant's media may see it."""

    name = NAME

    def __init__(self, hass: HomeAssistant) -> None:
        """Belong to this integration."""
        super().__init__(DOMAIN)
        self._hass = hass

    @override
    async def async_resolve_media(self, item: MediaSourceItem) -> PlayMedia:
        """Where a file is, and what it is. The journal is not asked.

        Raises Unresolvable: it is gone, never was, or cannot be played.
        """
        hub, media_id = _hub(self._hass), item.identifier or ""
        if hub is None:
            raise Unresolvable(translation_domain=DOMAIN, translation_key="not_loaded")
        try:
            container = container_of(media_id)
            path = await self._hass.async_add_executor_job(path_of, media_id, hub.cameras.root)
            there = await self._hass.async_add_executor_job(path.is_file)
        except NotOursError:
            there = False
        if not there:
            raise Unresolvable(translation_domain=DOMAIN, translation_key="media_not_found")
        if not container.known:
            raise Unresolvable(translation_domain=DOMAIN, translation_key="media_not_playable")
        return PlayMedia(media_url(media_id), container.mime, path=path)

    @override
    async def async_browse_media(self, item: MediaSourceItem) -> BrowseMediaSource:
        """Show what there is. Raises BrowseError."""
        hub = _hub(self._hass)
        if hub is None:
            raise BrowseError(translation_domain=DOMAIN, translation_key="not_loaded")
        titles = {
            subentry.subentry_id: subentry.title
            for subentry in hub.entry.get_subentries_of_type(SUBENTRY_CAMERA)
        }
        library = Library(self._hass, hub.journal, hub.journal.site, titles)
        # Home Assistant says "" to some, and nothing at all for the root.
        return await library.browse(item.identifier or "")


@callback
def _hub(hass: HomeAssistant) -> Hub | None:
    entries: list[SentinelConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    return entries[0].runtime_data if entries else None
