"""Validates one candidate: where its stream is, whether it can be had, and what it is."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
import ssl

import aiohttp

from .facts import Credentials, Size
from .found import Found, Search, Verdict, kind_of
from .keyring import Experience, KeyRing
from .onvif import Known, OnvifCamera, OnvifOutcome
from .paths import paths_for
from .probe import Candidate
from .rtsp import Described, Outcome, describe
from .urls import Url

type Share = Callable[[], float]

_ONVIF_PATH = "/onvif/device_service"
_MOST_SERVICES = 2
# Of the time that there is for a candidate, so much may go by without an answer over ONVIF.
_ONVIF_SHARE = 0.6

_VERDICTS = {
    Outcome.NOT_FOUND: Verdict.NO_STREAM,
    Outcome.NOT_RTSP: Verdict.NOT_A_CAMERA,
    Outcome.SILENT: Verdict.SILENT,
    Outcome.SLOW: Verdict.SLOW,
    Outcome.REFUSED: Verdict.REFUSED,
    Outcome.UNREACHABLE: Verdict.UNREACHABLE,
    Outcome.BAD_ANSWER: Verdict.BAD_ANSWER,
}
# How much an outcome says of a candidate that was asked at several ports: the first says most.
_TELLING = (
    *(Outcome.OK, Outcome.UNAUTHORIZED, Outcome.NOT_FOUND, Outcome.SLOW, Outcome.BAD_ANSWER),
    *(Outcome.NOT_RTSP, Outcome.SILENT, Outcome.REFUSED, Outcome.UNREACHABLE),
)


@dataclass(slots=True)
class _Asking:
    """One candidate, and what there is to ask it with.

    ``end``: of the time for what is being asked, on the clock of the event loop.
    """

    candidate: Candidate
    search: Search
    ring: KeyRing
    known: Known
    tls: ssl.SSLContext | None
    share: Share
    end: float = 0.0

    @property
    def left(self) -> float:
        return max(self.end - asyncio.get_running_loop().time(), 0.0)


async def validate(
    candidate: Candidate,
    search: Search,
    session: aiohttp.ClientSession,
    experience: Experience,
    share: Share,
    tls: ssl.SSLContext | None = None,
) -> Found:
    """Validate a candidate; never raises for what it does.

    ``share`` tells how many seconds there are for it from now on, and is asked before each stage:
    where others were quick, there is more for who is slow.
    """
    kind = kind_of(candidate)
    asking = _Asking(
        candidate,
        search,
        experience.ring(kind),
        Known(),
        tls,
        share,
    )
    camera = await _ask_onvif(asking, session)
    asking.end = asyncio.get_running_loop().time() + share()
    if asking.known.stream:
        described = await _described(asking, asking.known.stream)
    else:
        described = await _searched(asking)
    if camera and described.outcome is Outcome.OK:
        with suppress(TimeoutError):  # it streams, and that is what counts
            async with asyncio.timeout(asking.left):
                await camera.inform(asking.ring)
    found = _found(asking, described)
    proven = asking.known.credentials
    if asking.ring.place is not None and (
        found.credentials is not None or (proven and proven is asking.ring.offer())
    ):
        experience.worked(kind, asking.ring.place)
    return found


async def _ask_onvif(asking: _Asking, session: aiohttp.ClientSession) -> OnvifCamera | None:
    """Ask over ONVIF; who answered, when it said where a stream is."""
    announced = asking.candidate.services[:_MOST_SERVICES]
    guessed = [
        Url("http", asking.candidate.address, port, _ONVIF_PATH)
        for port in asking.search.onvif_ports
    ]
    loop = asyncio.get_running_loop()
    last = loop.time() + asking.search.limits.longest
    try:
        async with asyncio.timeout(asking.share() * _ONVIF_SHARE) as limit:

            def heard() -> None:
                # Who answers gets time for the next answer, within reason.
                if not limit.expired():
                    limit.reschedule(min(loop.time() + asking.share() * _ONVIF_SHARE, last))

            for service in announced or guessed:
                camera = OnvifCamera(session, service, asking.known, announced=bool(announced))
                await camera.ask(asking.ring, heard)
                if asking.known.stream:
                    return camera
                if asking.known.outcome is not OnvifOutcome.NO_ONVIF:
                    break
    except TimeoutError:
        return None  # what it said until then is known
    return None


async def _searched(asking: _Asking) -> Described:
    """Ask at each port where makers of cameras have their streams; what says most of it."""
    best: Described | None = None
    for port in asking.search.rtsp_ports:
        described = await _searched_at(asking, port)
        if best is None or _TELLING.index(described.outcome) < _TELLING.index(best.outcome):
            best = described
        if best.outcome in {Outcome.OK, Outcome.UNAUTHORIZED}:
            break
    return best or Described(Outcome.UNREACHABLE, Url("rtsp", asking.candidate.address, 0))


async def _searched_at(asking: _Asking, port: int) -> Described:
    described = Described(Outcome.SILENT, Url("rtsp", asking.candidate.address, port))
    tried: set[str] = set()
    while path := next(_untried(asking, described.server, tried), None):
        tried.add(path)
        before = described
        described = await _described(
            asking, Url("rtsp", asking.candidate.address, port, path), greet=len(tried) == 1
        )
        if described.outcome in {Outcome.SLOW, Outcome.SILENT} and len(tried) > 1:
            return before  # time is over, not its patience: it has said that nothing is there
        if described.outcome is not Outcome.NOT_FOUND:
            break
    return described


def _untried(asking: _Asking, server: str, tried: set[str]) -> Iterator[str]:
    """The paths that were not tried, the likeliest first: what it says of itself may be new."""
    candidate, known = asking.candidate, asking.known
    said = (known.maker, candidate.hardware, candidate.name, server)
    return (path for path in paths_for(*said) if path not in tried)


async def _described(asking: _Asking, url: Url, *, greet: bool = True) -> Described:
    """What is streamed at an address, with the first credentials that are right for it."""
    while True:
        credentials = asking.ring.offer()
        described = await _describe(asking, url, credentials, greet=greet)
        if described.outcome is not Outcome.UNAUTHORIZED or not described.tried:
            return described
        asking.ring.refused()
        if asking.ring.offer() is None:
            return described


async def _describe(
    asking: _Asking, url: Url, credentials: Credentials | None, *, greet: bool
) -> Described:
    return await describe(
        url,
        credentials,
        seconds=asking.left,
        tls=asking.tls,
        basic=asking.search.basic,
        greet=greet,
    )


def _found(asking: _Asking, described: Described) -> Found:
    candidate, known = asking.candidate, asking.known
    is_open = described.outcome is Outcome.OK
    found = Found(
        candidate.address,
        Verdict.READY,
        candidate.name,
        known.maker,
        known.model or candidate.hardware,
        candidate.location,
        candidate.endpoint,
        described.url if is_open else known.stream,
        described.streams,
        credentials=asking.ring.place if is_open and described.tried else None,
        server=described.server,
        left_out=candidate.left_out,
    )
    size, rate = _picture(found, known)
    return replace(found, verdict=_verdict(asking, described, found), size=size, rate=rate)


def _picture(found: Found, known: Known) -> tuple[Size | None, float | None]:
    """Size and rate by what the stream says, else by what the profile says."""
    video, profile = found.video, known.profile
    size = (video.size if video else None) or (profile.size if profile else None)
    rate = (video.rate if video else None) or (profile.rate if profile else None)
    return size, rate


def _verdict(asking: _Asking, described: Described, found: Found) -> Verdict:
    if described.outcome is Outcome.OK:
        return Verdict.READY if found.video else Verdict.NO_VIDEO
    locked = asking.known.outcome is OnvifOutcome.UNAUTHORIZED
    if locked or described.outcome is Outcome.UNAUTHORIZED:
        return Verdict.PASSWORD_REFUSED if asking.ring.tries else Verdict.PASSWORD_NEEDED
    talks = asking.known.heard and asking.known.outcome is not OnvifOutcome.NO_ONVIF
    unfinished = asking.known.outcome is OnvifOutcome.SILENT
    if talks and (unfinished or described.outcome is Outcome.SILENT):
        return Verdict.SLOW
    speaks_onvif = asking.known.outcome in {OnvifOutcome.OK, OnvifOutcome.NO_STREAM}
    if speaks_onvif and described.outcome in {Outcome.NOT_RTSP, Outcome.REFUSED}:
        return Verdict.NO_STREAM
    return _VERDICTS[described.outcome]
