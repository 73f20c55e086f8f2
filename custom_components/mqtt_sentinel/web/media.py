"""The view that hands out clips, pictures and videos: only those, and only to who may see them.

It asks the disk, and nobody else: what is there can be seen while the journal is not, and when the
camera is no more.
"""

from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aiohttp import hdrs, web
from homeassistant.components.http import KEY_HASS, HomeAssistantView
from homeassistant.core import HomeAssistant, callback

from ..const import DOMAIN
from ..evidence.clips.naming import NotOursError, parse, path_of, thumbnail_of
from ..evidence.containers import BY_SUFFIX, JPEG

if TYPE_CHECKING:
    from ..evidence.containers import Container

_MEDIA: Final = f"/api/{DOMAIN}/media"
_THUMBNAIL: Final = f"/api/{DOMAIN}/thumbnail"
# What has a name never changes; that it was removed may be noticed a little later.
_CACHE: Final = "private, max-age=3600"


def media_url(media_id: str) -> str:
    """The path of a file, without a signature."""
    return f"{_MEDIA}/{media_id}"


def thumbnail_url(media_id: str) -> str:
    """The path of the thumbnail of a file, without a signature."""
    return f"{_THUMBNAIL}/{media_id}"


def container_of(media_id: str) -> Container:
    """What a file is, as was found out when it was given its name. Raises NotOursError."""
    return BY_SUFFIX[parse(media_id).container]


class MediaView(HomeAssistantView):
    """Hands out the file of a media id."""

    url = f"{_MEDIA}/{{camera}}/{{day}}/{{name}}"
    name = f"api:{DOMAIN}:media"

    def __init__(self, root: Callable[[HomeAssistant], Path | None]) -> None:
        """``root`` answers where the media are, None while the hub is not loaded."""
        self._root = root

    async def get(
        self, request: web.Request, camera: str, day: str, name: str
    ) -> web.StreamResponse:
        """The file, or the range of it that is asked for; 404 for whatever is none of ours."""
        hass = request.app[KEY_HASS]
        root = self._root(hass)
        media_id = f"{camera}/{day}/{name}"
        found = await hass.async_add_executor_job(self._find, media_id, root) if root else None
        if found is None:
            return web.Response(status=HTTPStatus.NOT_FOUND)
        path, container = found
        return web.FileResponse(path, headers=_headers(path.name, container))

    head = get

    def _find(self, media_id: str, root: Path) -> tuple[Path, Container] | None:
        """The file of a media id, and what it is. Blocks."""
        try:
            found = self._file(path_of(media_id, root), container_of(media_id))
        except NotOursError:
            return None
        path, _ = found
        return found if path.is_file() and not path.is_symlink() else None

    def _file(self, path: Path, container: Container) -> tuple[Path, Container]:
        return path, container


class ThumbnailView(MediaView):
    """Hands out the thumbnail of a media id."""

    url = f"{_THUMBNAIL}/{{camera}}/{{day}}/{{name}}"
    name = f"api:{DOMAIN}:thumbnail"

    def _file(self, path: Path, container: Container) -> tuple[Path, Container]:
        return thumbnail_of(path), JPEG


def _headers(name: str, container: Container) -> dict[str, str]:
    """How a file is to be taken: as what it was found to be, and as nothing else."""
    shown = "inline" if container.known else "attachment"
    headers = {
        hdrs.CONTENT_TYPE: container.mime,
        hdrs.CONTENT_DISPOSITION: f'{shown}; filename="{name}"',
        hdrs.CACHE_CONTROL: _CACHE,
        "X-Content-Type-Options": "nosniff",
    }
    if not container.known:
        headers["Content-Security-Policy"] = "sandbox"
    return headers


@callback
def register(hass: HomeAssistant, root: Callable[[HomeAssistant], Path | None]) -> None:
    """Register the views; they are there whether a hub is loaded or not."""
    hass.http.register_view(MediaView(root))
    hass.http.register_view(ThumbnailView(root))
