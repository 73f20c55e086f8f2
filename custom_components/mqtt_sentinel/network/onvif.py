"""Asks a camera over ONVIF where its streams are, and who made it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from secrets import token_bytes, token_hex
from typing import Protocol

import aiohttp

from . import onvif_words as words
from .digest import Challenge, answer as answer_to, read_challenges, strongest
from .facts import Credentials
from .onvif_words import Profile
from .plain_xml import PIECE, Element, XmlError, XmlReader
from .urls import SERVICES, STREAMS, Url, judge

_HEADERS = {
    "Content-Type": "application/soap+xml; charset=utf-8",
    # Nothing is left open behind: hardly a camera is asked again.
    "Connection": "close",
    "Accept-Encoding": "identity",
}
_NONCE = 16


class OnvifOutcome(StrEnum):
    """What came of asking."""

    OK = "ok"
    UNAUTHORIZED = "unauthorized"
    # Nobody there, or nobody who speaks it.
    NO_ONVIF = "no_onvif"
    NO_STREAM = "no_stream"
    SILENT = "silent"


class Keys(Protocol):
    """The credentials that may be shown to one camera, each once."""

    def offer(self) -> Credentials | None:
        """What to try next; None when nothing is left to try."""

    def refused(self) -> None:
        """What was offered last is not right."""


@dataclass(slots=True)
class Known:
    """What was learned of a camera so far: it is kept, however the asking ends."""

    outcome: OnvifOutcome = OnvifOutcome.SILENT
    profile: Profile | None = None
    stream: Url | None = None
    maker: str = ""
    model: str = ""
    credentials: Credentials | None = field(default=None, repr=False)
    heard: bool = False


class _WrongError(Exception):
    """It is no ONVIF that answers."""


class _UnauthorizedError(Exception):
    """It wants to know who asks; ``challenge`` is how HTTP would have it proven."""

    def __init__(self, challenge: Challenge | None) -> None:
        super().__init__("unauthorized")
        self.challenge = challenge


class OnvifCamera:
    """One camera, asked at one of its services. Everything learned is in ``known`` at once."""

    def __init__(self, session: aiohttp.ClientSession, service: Url, known: Known) -> None:
        self.known = known
        self._session = session
        self._service = service
        self._offset = timedelta(0)
        self._challenge: Challenge | None = None
        self._used = 0

    async def ask(self, keys: Keys) -> None:
        """Ask for the main stream. Raises nothing for what the other side does; it has no time limit."""
        try:
            await self._ask(keys)
            self.known.outcome = OnvifOutcome.OK if self.known.stream else OnvifOutcome.NO_STREAM
        except _UnauthorizedError:
            self.known.outcome = OnvifOutcome.UNAUTHORIZED
        except (_WrongError, XmlError, aiohttp.ClientError, OSError, ValueError):
            self.known.outcome = OnvifOutcome.NO_ONVIF

    async def _ask(self, keys: Keys) -> None:
        # Whoever does not even know what time it is speaks no ONVIF: no password is shown to it.
        clock = words.read_clock(await self._post(self._service, words.CLOCK))
        if clock:
            self._offset = clock - datetime.now(UTC)
        media = await self._media_service(keys)
        profiles = words.read_profiles(await self._known_to(media, words.PROFILES, keys))
        if not profiles:
            return
        self.known.profile = profiles[0]
        answer = await self._known_to(media, words.stream_uri(profiles[0].token), keys)
        _, self.known.stream = judge(
            words.read_stream_uri(answer), self._service.host, STREAMS
        )
        try:
            answer = await self._known_to(self._service, words.INFORMATION, keys)
        except _WrongError:
            return  # it streams, and that is what counts
        self.known.maker, self.known.model = words.read_information(answer)

    async def _media_service(self, keys: Keys) -> Url:
        """Where to ask for streams: some will not say, and answer at the first address."""
        try:
            answer = await self._known_to(self._service, words.CAPABILITIES, keys)
        except _WrongError:
            return self._service
        _, url = judge(words.read_media_service(answer), self._service.host, SERVICES)
        return url or self._service

    async def _known_to(self, url: Url, body: str, keys: Keys) -> Element:
        """Ask without showing who asks, then with each of the credentials until one is right."""
        while True:
            try:
                return await self._post(url, body, self.known.credentials)
            except _UnauthorizedError as refused:
                if self.known.credentials and not (refused.challenge and refused.challenge.stale):
                    keys.refused()
                    self.known.credentials = None
                elif self.known.credentials and self._used == 1:
                    raise  # a nonce that is too old at once
                self._challenge, self._used = refused.challenge, 0
                self.known.credentials = self.known.credentials or keys.offer()
                if not self.known.credentials:
                    raise

    async def _post(
        self, url: Url, body: str, credentials: Credentials | None = None
    ) -> Element:
        headers, token = dict(_HEADERS), ""
        if credentials and self._challenge:
            self._used += 1
            headers["Authorization"] = answer_to(
                self._challenge,
                credentials,
                "POST",
                url.path,
                cnonce=token_hex(8),
                count=self._used,
            )
        elif credentials:
            now = datetime.now(UTC) + self._offset
            token = words.username_token(credentials, token_bytes(_NONCE), now)
        async with self._session.post(
            url.text,
            data=words.envelope(body, token),
            headers=headers,
            allow_redirects=False,
            ssl=False,
        ) as response:
            self.known.heard = True
            return await self._read(response)

    async def _read(self, response: aiohttp.ClientResponse) -> Element:
        challenges = read_challenges(response.headers.getall("WWW-Authenticate", ()))
        # Over HTTP a password is never shown itself: the token of SOAP proves it without.
        challenge = strongest(challenges, basic=False)
        if response.status in {401, 403}:
            raise _UnauthorizedError(challenge)
        reader = XmlReader()
        async for piece in _pieces(response.content):
            reader.feed(piece)
        body = words.body_of(reader.close())
        if body is None:
            raise _WrongError
        if body.name == "Fault":
            raise _UnauthorizedError(None) if words.is_unauthorized(body) else _WrongError
        return body


async def _pieces(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """What comes, in pieces so small that others have their turn in between."""
    while piece := await content.read(PIECE):
        yield piece
        await asyncio.sleep(0)
