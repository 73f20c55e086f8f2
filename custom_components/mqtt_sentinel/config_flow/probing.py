"""Whether a stream can be opened at an address, while somebody sets a camera up."""

import asyncio
from dataclasses import dataclass
from secrets import token_hex
from typing import TYPE_CHECKING

import aiohttp
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from ..network.digest import answer, read_challenges, strongest
from ..network.facts import Media
from ..network.rtsp import Outcome, describe
from ..network.urls import STREAMS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from homeassistant.core import HomeAssistant

    from ..network.facts import Credentials, Stream
    from ..network.urls import Url

PROBE_SECONDS = 8.0

_ERRORS = {
    Outcome.UNAUTHORIZED: "unauthorized",
    Outcome.NOT_FOUND: "not_found",
    Outcome.NOT_RTSP: "not_a_stream",
    Outcome.SILENT: "silent",
    Outcome.SLOW: "silent",
    Outcome.REFUSED: "refused",
    Outcome.UNREACHABLE: "unreachable",
    Outcome.BAD_ANSWER: "not_a_stream",
}
_STATUS = {401: "unauthorized", 403: "unauthorized", 404: "not_found", 410: "not_found"}
# What a camera streams over HTTP: a video, one picture after the other, a playlist of pieces.
_TYPES = ("video/", "multipart/", "image/jpeg", "application/octet-stream")
_PLAYLISTS = frozenset(("application/vnd.apple.mpegurl", "application/x-mpegurl", "audio/mpegurl"))


@dataclass(frozen=True, slots=True)
class Probed:
    """What came of trying an address: the key of the error to show, or what is streamed there."""

    error: str | None = None
    shown: str = ""


# All that may be wrong with an address that is well written.
PROBE_ERRORS = frozenset((*_ERRORS.values(), "password_needed", "no_video"))


async def probe(hass: HomeAssistant, url: Url, credentials: Credentials | None) -> Probed:
    """Try to open a stream; never raises for what the other side does."""
    if url.scheme in STREAMS:
        probed = await _probe_rtsp(url, credentials)
    else:
        probed = await _probe_http(
            async_get_clientsession(hass, verify_ssl=False), url, credentials
        )
    if probed.error == "unauthorized" and credentials is None:
        return Probed("password_needed")
    return probed


async def _probe_rtsp(url: Url, credentials: Credentials | None) -> Probed:
    described = await describe(url, credentials, seconds=PROBE_SECONDS)
    if described.outcome is not Outcome.OK:
        return Probed(_ERRORS[described.outcome])
    if not any(stream.media is Media.VIDEO for stream in described.streams):
        return Probed("no_video")
    return Probed(None, words_of(described.streams))


async def _probe_http(
    session: aiohttp.ClientSession, url: Url, credentials: Credentials | None
) -> Probed:
    headers: dict[str, str] = {}
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            async with session.get(url.text, allow_redirects=False) as response:
                challenge = strongest(
                    read_challenges(response.headers.getall("WWW-Authenticate", ()))
                )
                if response.status != 401 or challenge is None or credentials is None:
                    return _judged(response)
                nonce = token_hex(8)
                proof = answer(challenge, credentials, "GET", url.path, cnonce=nonce)
                headers["Authorization"] = proof
            async with session.get(url.text, headers=headers, allow_redirects=False) as response:
                return _judged(response)
    except TimeoutError:
        return Probed("silent")
    except aiohttp.ClientConnectorDNSError:
        return Probed("unreachable")
    except aiohttp.ClientConnectorError:
        return Probed("refused")
    except aiohttp.ClientError:
        return Probed("not_a_stream")


def _judged(response: aiohttp.ClientResponse) -> Probed:
    kind = response.content_type.lower()
    if response.status != 200:
        return Probed(_STATUS.get(response.status, "not_a_stream"))
    if kind.startswith(_TYPES) or kind in _PLAYLISTS:
        return Probed(None, kind)
    return Probed("not_a_stream")


def words_of(streams: Iterable[Stream]) -> str:
    """Streams as they are shown: their codecs, the size and the rate of the picture."""
    words = []
    for stream in streams:
        if stream.media is not Media.OTHER:
            parts = [stream.codec.value]
            parts += [str(stream.size)] if stream.size else []
            parts += [f"{stream.rate:g}/s"] if stream.rate else []
            words.append(" ".join(parts))
    return ", ".join(words)
