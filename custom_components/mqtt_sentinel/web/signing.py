"""Links to media that work for a while without logging in, as notifications need them."""

from datetime import timedelta
from typing import Final

from homeassistant.components.http.auth import async_sign_path
from homeassistant.core import HomeAssistant, callback

from ..outcome.media import Links
from .media import media_url, thumbnail_url

# As long as those of Home Assistant's own media: who was told in the evening looks in the morning,
# and a link that got around does not show the house for ever. A restart of Home Assistant ends all.
EXPIRATION: Final = timedelta(days=1)


@callback
def sign(hass: HomeAssistant, path: str) -> str:
    """A path of ours with a signature, relative to Home Assistant's own address.

    It is that of the user whom Home Assistant keeps for this, who may only read: whoever asked for a clip,
    or is logged in while it is saved, lends nobody their rights.
    """
    return async_sign_path(hass, path, EXPIRATION, use_content_user=True)


@callback
def signed_links(hass: HomeAssistant, media_id: str, *, thumbnail: bool) -> Links:
    """The links to a file, and to its thumbnail where it has one."""
    return Links(
        sign(hass, media_url(media_id)),
        sign(hass, thumbnail_url(media_id)) if thumbnail else None,
    )
