"""Asks a camera what it streams: OPTIONS and DESCRIBE over RTSP, as far as needed and no further."""

import asyncio
from dataclasses import dataclass
from enum import StrEnum
import errno
from secrets import token_hex
import ssl
from typing import Self

from .digest import Challenge, answer as answer_to, read_challenges, strongest
from .facts import Credentials, Stream
from .probe import readable
from .rtsp_words import Answer, AnswerReader, ForeignError, RtspError, request
from .sdp import SdpError, read_sdp
from .urls import STREAMS, Url, UrlError, read_url, same_host

_MOST_REDIRECTS = 3
_PIECE = 4096
_AGENT = "MQTT Sentinel"


class Outcome(StrEnum):
    """What came of asking."""

    OK = "ok"
    UNAUTHORIZED = "unauthorized"
    NOT_FOUND = "not_found"
    NOT_RTSP = "not_rtsp"
    SILENT = "silent"
    # It began to talk, and was not done in time.
    SLOW = "slow"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    BAD_ANSWER = "bad_answer"


_OUTCOMES = {
    401: Outcome.UNAUTHORIZED,
    403: Outcome.UNAUTHORIZED,
    407: Outcome.UNAUTHORIZED,
    400: Outcome.NOT_FOUND,  # how some say it
    404: Outcome.NOT_FOUND,
    410: Outcome.NOT_FOUND,
    451: Outcome.NOT_FOUND,
    454: Outcome.NOT_FOUND,
}
_REDIRECTS = frozenset((301, 302, 303, 305, 307, 308))


@dataclass(frozen=True, slots=True)
class Described:
    """What came of asking, and what was learned. ``url`` is where it ended, after redirects.

    ``tried``: the credentials were shown and are worth a count; not so where nobody asked for them.
    """

    outcome: Outcome
    url: Url
    streams: tuple[Stream, ...] = ()
    server: str = ""
    tried: bool = False
    why: str = ""


@dataclass(slots=True)
class _Talk:
    """What is known while it is asked."""

    url: Url
    connected: bool = False
    heard: bool = False
    tried: bool = False
    server: str = ""

    def end(self, outcome: Outcome, why: str = "") -> Described:
        return Described(outcome, self.url, (), self.server, self.tried, why)


class _Line:
    """A connection. It is made when something is to be said, and again when the other side ended it."""

    def __init__(self, talk: _Talk, tls: ssl.SSLContext | None) -> None:
        self._talk = talk
        self._tls = tls
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._number = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Without waiting for the other side: it may never say goodbye."""
        if self._streams:
            self._streams[1].transport.abort()
            self._streams = None

    async def ask(self, method: str, headers: dict[str, str]) -> Answer:
        """Say something, and hear the answer. Raises OSError, :class:`RtspError`."""
        again = self._streams is not None
        try:
            return await self._ask(method, headers)
        except ConnectionError:
            if not again:
                raise
            self.close()
        return await self._ask(method, headers)

    async def _ask(self, method: str, headers: dict[str, str]) -> Answer:
        reader, writer = self._streams or await self._connect()
        self._number += 1
        writer.write(
            request(
                method,
                self._talk.url.text,
                {"CSeq": str(self._number), "User-Agent": _AGENT} | headers,
            )
        )
        answer = AnswerReader()
        while True:
            piece = await reader.read(_PIECE)
            if not piece:
                self.close()
                if answer.begun:
                    raise RtspError("cut short")
                raise ConnectionResetError(errno.ECONNRESET, "no answer")
            self._talk.heard = True
            if whole := answer.feed(piece):
                if whole.first("connection").lower() == "close":
                    self.close()
                return whole

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        url = self._talk.url
        self._streams = await asyncio.open_connection(
            url.host, url.port, ssl=(self._tls or unverified()) if url.safe else None
        )
        self._talk.connected = True
        return self._streams


def unverified() -> ssl.SSLContext:
    """How a camera is talked to over TLS: hardly any has a certificate that anybody could check."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def describe(
    url: Url,
    credentials: Credentials | None = None,
    *,
    seconds: float = 5.0,
    tls: ssl.SSLContext | None = None,
    basic: bool = True,
    greet: bool = True,
) -> Described:
    """Ask what streams there are at an address; never raises for what the other side does.

    Credentials are shown only to who asks for them, once, and the strongest way that is offered;
    ``basic`` allows to show the password itself to who offers nothing else. A redirect to another
    host, or from TLS to none, is not followed. ``greet``: begin with OPTIONS, which says what is there
    even where DESCRIBE is not answered. ``tls`` is used for ``rtsps``, None: :func:`unverified`.
    """
    talk = _Talk(url)
    try:
        async with asyncio.timeout(seconds):
            return await _describe(talk, credentials, tls, basic=basic, greet=greet)
    except TimeoutError:
        return talk.end(Outcome.SLOW if talk.heard else Outcome.SILENT)
    except ssl.SSLError:
        return talk.end(Outcome.NOT_RTSP, "tls")
    except ForeignError as error:
        return talk.end(Outcome.NOT_RTSP, str(error))
    except (RtspError, SdpError) as error:
        return talk.end(Outcome.BAD_ANSWER, str(error))
    except OSError as error:
        return talk.end(_outcome_of(error, talk))


def _outcome_of(error: OSError, talk: _Talk) -> Outcome:
    if talk.connected:
        return Outcome.BAD_ANSWER  # hung up
    return Outcome.REFUSED if error.errno == errno.ECONNREFUSED else Outcome.UNREACHABLE


async def _describe(
    talk: _Talk,
    credentials: Credentials | None,
    tls: ssl.SSLContext | None,
    *,
    basic: bool,
    greet: bool,
) -> Described:
    for _ in range(_MOST_REDIRECTS + 1):
        async with _Line(talk, tls) as line:
            if greet:
                options = await line.ask("OPTIONS", {})
                talk.server = readable(options.first("server"))
            answer = await _ask_twice(line, talk, credentials, basic=basic)
        talk.server = talk.server or readable(answer.first("server"))
        if answer.status == 200:
            return Described(Outcome.OK, talk.url, read_sdp(answer.body), talk.server, talk.tried)
        if answer.status not in _REDIRECTS:
            outcome = _OUTCOMES.get(answer.status, Outcome.BAD_ANSWER)
            return talk.end(outcome, str(answer.status))
        talk.url = _redirected(talk.url, answer.first("location"))
    return talk.end(Outcome.BAD_ANSWER, "redirected again and again")


async def _ask_twice(
    line: _Line, talk: _Talk, credentials: Credentials | None, *, basic: bool
) -> Answer:
    """DESCRIBE, and once more with credentials when they are asked for."""
    headers = {"Accept": "application/sdp"}
    answer = await line.ask("DESCRIBE", headers)
    challenge = _challenge(answer, basic=basic)
    # After a redirect they have been shown already, to the same host.
    if challenge is None or credentials is None:
        return answer
    talk.tried = True
    answer = await line.ask("DESCRIBE", headers | _proof(challenge, credentials, talk.url))
    later = _challenge(answer, basic=basic)
    if later is None or not later.stale:
        return answer
    # The nonce was too old; it says nothing against the password.
    return await line.ask("DESCRIBE", headers | _proof(later, credentials, talk.url))


def _challenge(answer: Answer, *, basic: bool) -> Challenge | None:
    if answer.status != 401:
        return None
    return strongest(
        read_challenges(answer.headers.get("www-authenticate", ())),
        basic=basic,
    )


def _proof(challenge: Challenge, credentials: Credentials, url: Url) -> dict[str, str]:
    proof = answer_to(challenge, credentials, "DESCRIBE", url.text, cnonce=token_hex(8))
    return {"Authorization": proof}


def _redirected(url: Url, location: str) -> Url:
    """Where a redirect leads. Raises :class:`RtspError` when nobody should follow it."""
    try:
        target, _ = read_url(location, STREAMS)
    except UrlError as error:
        raise RtspError("redirected to nowhere") from error
    if not same_host(target.host, url.host):
        raise RtspError("redirected to another host")
    if url.safe and not target.safe:
        raise RtspError("redirected to where nothing is encrypted")
    return target
