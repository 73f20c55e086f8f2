"""What a camera's stream can be taken from, the best first, as its user set it up."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from homeassistant.components import camera
from homeassistant.exceptions import HomeAssistantError

from ..evidence.cameras.source import (
    PiCamera,
    SourceError,
    StillImages,
    UrlSource,
    label,
    of_device,
    of_this_computer,
)
from ..network.facts import Credentials
from ..network.urls import SERVICES, STREAMS, read_url
from ..setup.camera import PI, AddressCamera, EntityCamera, LocalCamera
from .state import SourceInUse

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant

    from ..evidence.cameras.source import Source
    from ..setup.camera import CameraOrigin

# Seconds.
_IMAGE_TIMEOUT = 5
_PI_IN_USE = {"rpicam-vid": SourceInUse.RPICAM, "libcamera-vid": SourceInUse.LIBCAMERA}


@dataclass(frozen=True, slots=True)
class Offered:
    """One source, and what it is called where people see it."""

    source: Source
    called: SourceInUse


async def sources_of(hass: HomeAssistant, origin: CameraOrigin) -> list[Offered]:
    """All that a camera's stream can be taken from, now.

    Raises:
        HomeAssistantError: the camera's entity is not there, or cannot be asked.
    """
    match origin:
        case AddressCamera():
            return of_address(origin)
        case LocalCamera(device):
            return of_local(device)
        case EntityCamera(entity_id):
            return of_entity(await _asked(camera.async_get_stream_source(hass, entity_id)))


async def image_of(hass: HomeAssistant, origin: EntityCamera) -> bytes:
    """The present picture of a camera's entity.

    Raises:
        HomeAssistantError: it has none, or cannot be asked.
    """
    image = await _asked(camera.async_get_image(hass, origin.entity_id, _IMAGE_TIMEOUT))
    return image.content


async def _asked[T](answer: Awaitable[T]) -> T:
    """Ask the camera of another integration: whatever that raises, it must not end our stream."""
    try:
        return await answer
    except HomeAssistantError:
        raise
    except Exception as error:
        raise HomeAssistantError(f"{type(error).__name__}: {error}") from error


def of_address(origin: AddressCamera) -> list[Offered]:
    """The stream at an address, and the one to fall back to."""
    offered = [Offered(UrlSource(address_of(origin)), SourceInUse.ADDRESS)]
    if origin.fallback_url:
        fallback = UrlSource(address_of(origin, fallback=True))
        offered.append(Offered(fallback, SourceInUse.FALLBACK))
    return offered


def of_local(device: str) -> list[Offered]:
    """What a camera of this computer can be read by: nothing to encode first, then ever more."""
    sources: tuple[Source, ...] = ()
    if device.startswith(PI):
        number = int(device.removeprefix(PI))
        sources = of_this_computer(number, f"/dev/video{number}")
    return [
        Offered(
            each,
            _PI_IN_USE[each.program] if isinstance(each, PiCamera) else SourceInUse.DEVICE,
        )
        for each in sources or of_device(device)
    ]


def of_entity(url: str | None) -> list[Offered]:
    """The stream of a camera's entity, or else its pictures, one by one."""
    stills = Offered(StillImages(), SourceInUse.STILLS)
    if not url:
        return [stills]
    try:
        return [Offered(UrlSource(url), SourceInUse.ENTITY), stills]
    except SourceError:
        return [stills]  # an address that only other programs understand


def address_of(origin: AddressCamera, *, fallback: bool = False) -> str:
    """The address of a stream with its credentials in it, for those who take them no other way."""
    url, _ = read_url(origin.fallback_url if fallback else origin.url, STREAMS | SERVICES)
    credentials = Credentials(origin.username, origin.password) if origin.username else None
    return url.with_credentials(credentials)


def called(offered: Sequence[Offered], source: str | None) -> SourceInUse | None:
    """What the source with this label is called."""
    return next((each.called for each in offered if label(each.source) == source), None)
