"""Asks a camera over ONVIF where its streams are, and who made it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from secrets import token_bytes, token_hex
from typing import Protocol

import aiohttp
from yarl import URL

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
        """What to show, the same until it was refused; None when nothing is left to try."""

    def refused(self) -> None:
        """What was offered is not right."""


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


# ValueError: of a header that a camera asks for and nobody can send.
_FAILURES = (_WrongError, XmlError, aiohttp.ClientError, OSError, ValueError)


class _UnauthorizedError(Exception):
    """It wants to know who asks; ``challenge`` is how HTTP would have it proven."""

    def __init__(self, challenge: Challenge | None) -> None:
        super().__init__("unauthorized")
        self.challenge = challenge


class OnvifCamera:
    """One camera, asked at one of its services. Everything learned is in ``known`` at once.

    ``announced``: it said itself that it is there. Somebody who did not, and wants to know first who
    asks, may be anything, and is shown no password.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        service: Url,
        known: Known,
        *,
        announced: bool = True,
    ) -> None:
        self.known = known
        self._session = session
        self._service = service
        self._announced = announced
        self._heard: Callable[[], None] | None = None
        self._offset = timedelta(0)
        self._challenge: Challenge | None = None
        self._used = 0
        self._proven = False

    async def ask(self, keys: Keys, heard: Callable[[], None] | None = None) -> None:
        """Ask for the main stream. Raises nothing for what the other side does; it has no time limit.

        ``heard`` is called when an answer begins.
        """
        self._heard = heard
        try:
            await self._ask(keys)
            self.known.outcome = OnvifOutcome.OK if self.known.stream else OnvifOutcome.NO_STREAM
        except _UnauthorizedError:
            self.known.outcome = OnvifOutcome.UNAUTHORIZED
        except _FAILURES:
            self.known.outcome = OnvifOutcome.NO_ONVIF
        finally:
            self._heard = None

    async def inform(self, keys: Keys) -> None:
        """Ask who made it, as far as it says; raises nothing, and has no time limit, either."""
        with suppress(*_FAILURES, _UnauthorizedError):
            answer = await self._known_to(self._service, words.INFORMATION, keys)
            self.known.maker, self.known.model = words.read_information(answer)

    async def _ask(self, keys: Keys) -> None:
        await self._read_clock()
        media = await self._media_service(keys)
        profiles = words.read_profiles(await self._known_to(media, words.PROFILES, keys))
        if not profiles:
            return
        self.known.profile = profiles[0]
        answer = await self._known_to(media, words.stream_uri(profiles[0].token), keys)
        _, self.known.stream, _ = judge(words.read_stream_uri(answer), self._service.host, STREAMS)

    async def _read_clock(self) -> None:
        """How far its clock is off: what proves a password has the time in it."""
        try:
            clock = words.read_clock(await self._post(self._service, words.CLOCK))
        except _UnauthorizedError as error:
            if not self._announced:
                raise _WrongError from error
            return
        if clock:
            self._offset = clock - datetime.now(UTC)

    async def _media_service(self, keys: Keys) -> Url:
        """Where to ask for streams: some will not say, and answer at the first address."""
        try:
            answer = await self._known_to(self._service, words.CAPABILITIES, keys)
        except _WrongError:
            return self._service
        _, url, _ = judge(words.read_media_service(answer), self._service.host, SERVICES)
        return url or self._service

    async def _known_to(self, url: Url, body: str, keys: Keys) -> Element:
        """Ask without showing who asks, then with one of the credentials after the other.

        What was right once is used from then on, and no other.
        """
        stale = False
        while True:
            shown = self.known.credentials
            try:
                answer = await self._post(url, body, shown)
            except _UnauthorizedError as refused:
                if shown and refused.challenge and refused.challenge.stale and not stale:
                    stale = True  # it says nothing against the password
                elif self._proven:
                    raise _WrongError from refused  # right, and not allowed to do this
                else:
                    if shown:
                        keys.refused()
                    self.known.credentials = keys.offer()
                    if self.known.credentials is None:
                        raise
                self._challenge, self._used = refused.challenge, 0
            else:
                self._proven = shown is not None
                return answer

    async def _post(self, url: Url, body: str, credentials: Credentials | None = None) -> Element:
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
            # As it is: the answer to a challenge has the path in it.
            URL(url.text, encoded=True),
            data=words.envelope(body, token),
            headers=headers,
            allow_redirects=False,
            ssl=False,
        ) as response:
            self.known.heard = True
            if self._heard:
                self._heard()
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
