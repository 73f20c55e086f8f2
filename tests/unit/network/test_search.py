"""The whole search, on loopback."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
import gc
from pathlib import Path

import aiohttp
import pytest

from custom_components.mqtt_sentinel.network.facts import Codec, Credentials, Size
from custom_components.mqtt_sentinel.network.found import (
    Found,
    Limits,
    Progress,
    Search,
    Searched,
    Verdict,
)
from custom_components.mqtt_sentinel.network.search import search
from custom_components.mqtt_sentinel.network.urls import Whose

from .fakes import (
    ADMIN,
    BASIC,
    DIGEST,
    WRONG,
    Asked,
    Http,
    Reply,
    Rtsp,
    Talk,
    address,
    locked,
    matches,
    reply,
    responder,
)
from .onvif_fake import Lock, Onvif

PROBE, RTSP, ONVIF = 33702, 33554, 33580
QUICK = Limits(seconds=15.0, listening=0.3, settling=0.1, longest=2.0)
BASIC_SEARCH = Search(
    limits=QUICK, probe_port=PROBE, rtsp_ports=(RTSP,), onvif_ports=(ONVIF,), credentials=(ADMIN,)
)


@asynccontextmanager
async def camera(
    talk: Talk | None = None,
    onvif: Onvif | None = None,
    scopes: str | None = None,
    xaddrs: str = "http://{host}:33580/onvif/device_service",
) -> AsyncGenerator[tuple[str, Rtsp | None]]:
    """A camera at an address of its own: what it streams, its ONVIF, whether it answers a probe."""
    host = address()
    async with AsyncExitStack() as stack:
        rtsp = None
        if talk:
            rtsp = await stack.enter_async_context(Rtsp(talk, host, RTSP))
        if onvif:
            onvif.stream = onvif.stream.replace("127.0.0.1", f"{host}:{RTSP}")
            await stack.enter_async_context(Http(onvif, host, ONVIF))
        if scopes is not None:
            there = xaddrs.format(host=host)
            await stack.enter_async_context(
                responder(host, PROBE, lambda asked: [matches(asked, there, scopes)] * 2)
            )
        yield host, rtsp


async def look(
    session: aiohttp.ClientSession,
    *hosts: str,
    what: Search = BASIC_SEARCH,
    tell: Callable[[Progress], None] | None = None,
) -> Searched:
    return await search(replace(what, addresses=hosts), session, tell)


async def test_a_camera_with_onvif(session: aiohttp.ClientSession) -> None:
    scopes = "onvif://www.onvif.org/name/Door onvif://www.onvif.org/location/garden"
    onvif = Onvif("rtsp://user:pass@127.0.0.1/live", Lock.DIGEST)
    async with camera(locked(DIGEST), onvif, scopes) as (host, _):
        [found] = (await look(session, host)).found
    assert found.verdict is Verdict.READY
    assert found.url
    assert found.url.text == f"rtsp://{host}:{RTSP}/live"
    assert (found.name, found.location, found.maker, found.model) == (
        "Door",
        "garden",
        "Maker",
        "M 1",
    )
    assert (found.credentials, found.server) == (0, "Fake/1.0")
    assert found.video
    assert found.audio
    assert (found.video.codec, found.audio.codec) == (Codec.H264, Codec.PCMU)
    assert (found.size, found.rate) == (Size(1280, 720), 15.0)


async def test_a_camera_that_only_streams(session: aiohttp.ClientSession) -> None:
    path = "/Streaming/Channels/101"
    async with camera(locked(BASIC, path=path)) as (host, rtsp):
        [found] = (await look(session, host)).found
        assert rtsp
        asked = [one.uri for one in rtsp.asked if one.method == "DESCRIBE"]
    assert (found.verdict, found.credentials) == (Verdict.READY, 0)
    assert found.url
    assert found.url.path == path
    # Not one more after it was found.
    assert asked[-1].endswith(path)


async def test_the_size_is_the_profiles_where_the_stream_says_none(
    session: aiohttp.ClientSession,
) -> None:
    body = b"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H265/90000\r\n"
    async with camera(locked(body=body), Onvif(), "") as (host, _):
        [found] = (await look(session, host)).found
    assert (found.size, found.rate, found.credentials) == (Size(2560, 1440), 20.0, None)


def says(data: Reply) -> Talk:
    return lambda asked: data


AUDIO = b"v=0\r\nm=audio 0 RTP/AVP 0\r\n"


@pytest.mark.parametrize(
    ("talk", "onvif", "verdict"),
    [
        (None, None, Verdict.REFUSED),
        (says(None), None, Verdict.SILENT),
        (says(b"HTTP/1.1 400 x\r\n\r\n"), None, Verdict.NOT_A_CAMERA),
        (says(reply(404)), None, Verdict.NO_STREAM),
        (says(reply(503)), None, Verdict.BAD_ANSWER),
        (locked(DIGEST, right=WRONG), None, Verdict.PASSWORD_REFUSED),
        (says(reply(401)), None, Verdict.PASSWORD_NEEDED),
        (locked(body=AUDIO), None, Verdict.NO_VIDEO),
        (None, Onvif(lock=Lock.TOKEN, right=WRONG), Verdict.PASSWORD_REFUSED),
        (None, Onvif(), Verdict.NO_STREAM),
        (None, Onvif(says={"GetProfiles": None}), Verdict.SLOW),
        (says(None), Onvif(says={"GetSystemDateAndTime": None}), Verdict.SILENT),
        (says(None), Onvif(), Verdict.SLOW),
        (says(None), Onvif(says={"GetSystemDateAndTime": b"<html/>"}), Verdict.SILENT),
    ],
)
async def test_verdicts(
    talk: Talk | None, onvif: Onvif | None, verdict: Verdict, session: aiohttp.ClientSession
) -> None:
    if onvif:
        onvif = replace(onvif, asked=[])
    async with camera(talk, onvif, None if onvif is None else "") as (host, _):
        [found] = (await look(session, host)).found
    assert found.verdict is verdict
    assert (found.url is not None) == (
        verdict is Verdict.NO_VIDEO or bool(onvif and not onvif.says and onvif.lock is Lock.OPEN)
    )


async def test_without_credentials_one_is_needed(session: aiohttp.ClientSession) -> None:
    what = replace(BASIC_SEARCH, credentials=())
    async with camera(locked(DIGEST)) as (host, _):
        [found] = (await look(session, host, what=what)).found
    assert found.verdict is Verdict.PASSWORD_NEEDED


async def test_no_password_itself_where_that_is_not_allowed(session: aiohttp.ClientSession) -> None:
    what = replace(BASIC_SEARCH, basic=False)
    async with camera(locked(BASIC)) as (host, rtsp):
        [found] = (await look(session, host, what=what)).found
        assert rtsp
        assert not [one for one in rtsp.asked if "authorization" in one.headers]
    assert found.verdict is Verdict.PASSWORD_NEEDED


async def test_no_account_is_locked(session: aiohttp.ClientSession) -> None:
    """Three wrong passwords, over whatever; and none of them twice."""
    guesses = tuple(Credentials("admin", f"guess {number}") for number in range(6))
    onvif = Onvif(lock=Lock.TOKEN)
    what = replace(BASIC_SEARCH, credentials=(*guesses[:2], *guesses[:2], ADMIN))
    async with camera(locked(DIGEST), onvif, "") as (host, rtsp):
        [found] = (await look(session, host, what=what)).found
        assert rtsp
        shown = [one for one in rtsp.asked if "authorization" in one.headers]
    # Given twice, shown once: with the right one that makes three.
    assert (found.verdict, found.credentials) == (Verdict.READY, 4)
    assert len(shown) == 1
    what = replace(BASIC_SEARCH, credentials=(*guesses, ADMIN))
    onvif = Onvif(lock=Lock.TOKEN)
    async with camera(locked(DIGEST), onvif, "") as (host, rtsp):
        [found] = (await look(session, host, what=what)).found
        assert rtsp
        shown = [one for one in rtsp.asked if "authorization" in one.headers]
    assert found.verdict is Verdict.PASSWORD_REFUSED
    assert len(shown) + len([proof for *_, proof in onvif.asked if proof]) == 3


async def test_the_second_port_is_asked_too(session: aiohttp.ClientSession) -> None:
    what = replace(BASIC_SEARCH, rtsp_ports=(RTSP + 1, RTSP))
    async with camera(locked()) as (host, _):
        [found] = (await look(session, host, what=what)).found
    assert found.verdict is Verdict.READY
    [found] = (await look(session, address(), what=replace(what, rtsp_ports=()))).found
    assert found.verdict is Verdict.UNREACHABLE


async def test_one_thing_at_two_addresses_is_one(session: aiohttp.ClientSession) -> None:
    one, two = address(), address()
    xaddrs = f"http://{one}:{ONVIF}/onvif/device_service http://{two}:{ONVIF}/onvif/device_service"
    said = lambda asked: [matches(asked, xaddrs)]  # noqa: E731
    async with (
        responder(one, PROBE, said),
        responder(two, PROBE, said),
        Rtsp(locked(), one, RTSP),
        Rtsp(locked(), two, RTSP),
    ):
        searched = await look(session, one, two)
    assert len(searched.found) == 1
    assert searched.found[0].verdict is Verdict.READY


async def test_nobody_is_led_astray(session: aiohttp.ClientSession) -> None:
    """A service elsewhere: what answered is asked at its own address."""
    async with Http(Onvif(), address(), ONVIF) as other:
        xaddrs = f"http://{other.host}:{ONVIF}/onvif/device_service http://8.8.8.8/"
        async with camera(locked(), Onvif(), "", xaddrs) as (host, _):
            [found] = (await look(session, host)).found
        assert isinstance(other.serve, Onvif)
        assert other.serve.asked == []
    assert found.verdict is Verdict.READY
    assert set(found.left_out) == {Whose.MOVED, Whose.FOREIGN}


async def test_progress(session: aiohttp.ClientSession) -> None:
    told: list[Progress] = []
    async with (
        camera(locked()) as (one, _),
        camera(locked(), Onvif(), "") as (two, _),
        camera() as (three, _),
    ):
        searched = await look(session, three, one, two, tell=told.append)
    assert [found.address for found in searched.found] == [one, two, three]
    assert {progress.found for progress in told} - {None} == set(searched.found)
    assert told[0] == Progress(0, 0, listening=True)
    assert (told[-1].done, told[-1].total, told[-1].listening) == (3, 3, False)
    done = [progress.done for progress in told]
    assert done == sorted(done)
    assert all(progress.done <= progress.total for progress in told)


async def test_many_silent_ones_are_done_in_time(session: aiohttp.ClientSession) -> None:
    limits = replace(QUICK, seconds=2.0, at_once=2)
    async with AsyncExitStack() as stack:
        hosts = [(await stack.enter_async_context(camera(says(None))))[0] for _ in range(7)]
        hosts.append((await stack.enter_async_context(camera(locked())))[0])
        async with asyncio.timeout(4.0):
            searched = await look(session, *hosts, what=replace(BASIC_SEARCH, limits=limits))
    verdicts = [found.verdict for found in searched.found]
    assert verdicts == [Verdict.SILENT] * 7 + [Verdict.READY]


async def test_who_is_slow_but_answers_gets_more_time(session: aiohttp.ClientSession) -> None:
    """Others wait, so that there is little time for each; but they are quick."""

    class Slow(Onvif):
        async def __call__(
            self, path: str, headers: dict[str, str], body: bytes
        ) -> tuple[int, list[str], bytes] | None:
            await asyncio.sleep(0.25)
            return await super().__call__(path, headers, body)

    limits = replace(QUICK, seconds=6.0, longest=4.0, at_once=1)
    async with AsyncExitStack() as stack:
        hosts = [(await stack.enter_async_context(camera(locked(), Slow(), "")))[0]]
        hosts += [(await stack.enter_async_context(camera(locked())))[0] for _ in range(5)]
        searched = await look(session, *hosts, what=replace(BASIC_SEARCH, limits=limits))
    assert [found.verdict for found in searched.found] == [Verdict.READY] * 6
    # Where ONVIF said, not where the first guess is.
    assert searched.found[0].url
    assert searched.found[0].url.path == "/main"


async def test_no_time_left(session: aiohttp.ClientSession) -> None:
    what = replace(BASIC_SEARCH, limits=replace(QUICK, seconds=0.0))
    async with camera(locked()) as (host, _):
        assert (await look(session, host, what=what)).found == (Found(host, Verdict.NOT_ASKED),)


async def test_more_than_are_looked_at(session: aiohttp.ClientSession) -> None:
    what = replace(BASIC_SEARCH, limits=replace(QUICK, most_candidates=1))
    searched = await look(session, address(), address(), what=what)
    assert (len(searched.found), searched.more) == (1, True)


def sockets() -> int:
    """How many sockets this process has."""
    gc.collect()
    count = 0
    for link in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            count += link.readlink().name.startswith("socket:")
    return count


@pytest.mark.parametrize("stage", ["listening", "ONVIF", "RTSP"])
async def test_cancelled_it_leaves_nothing(stage: str, session: aiohttp.ClientSession) -> None:
    reached = asyncio.Event()
    host = address()

    def on_probe(_: str) -> list[bytes]:
        if stage == "listening":
            reached.set()
        return []

    def on_rtsp(_: Asked) -> Reply:
        reached.set()
        return None

    async def on_post(*_: object) -> tuple[int, list[str], bytes] | None:
        if stage == "ONVIF":
            reached.set()
            return None
        return 404, [], b""

    limits = Limits(seconds=60, longest=60, listening=60 if stage == "listening" else 0.1)
    async with (
        responder(host, PROBE, on_probe),
        Rtsp(on_rtsp, host, RTSP),
        Http(on_post, host, ONVIF),
    ):
        before = asyncio.all_tasks(), sockets()
        task = asyncio.create_task(look(session, host, what=replace(BASIC_SEARCH, limits=limits)))
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with asyncio.timeout(5):
            while others := asyncio.all_tasks() - before[0]:  # the fakes notice, too
                await asyncio.wait(others)
        assert sockets() == before[1]


async def test_no_word_of_a_password(
    session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    told: list[Progress] = []
    what = replace(BASIC_SEARCH, credentials=(WRONG, ADMIN))
    async with (
        camera(locked(BASIC)) as (one, _),
        camera(locked(DIGEST), Onvif("rtsp://admin:hunter2@127.0.0.1/x", Lock.TOKEN), "") as (
            two,
            _,
        ),
    ):
        searched = await look(session, one, two, what=what, tell=told.append)
    assert [found.credentials for found in searched.found] == [1, 1]
    text = repr((what, searched, told)) + caplog.text
    for secret in ("hunter2", "guess", "admin"):
        assert secret not in text


@pytest.mark.parametrize("wrong", ["camera.local", "", "10.0.0.0/24"])
def test_only_addresses_are_asked(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"address"):
        Search(addresses=(wrong,))


async def test_same_kind_same_password(session: aiohttp.ClientSession) -> None:
    """What was right for one is tried first at the next like it."""
    what = replace(BASIC_SEARCH, credentials=(WRONG, ADMIN), limits=replace(QUICK, at_once=1))
    scopes = "onvif://www.onvif.org/hardware/Cam%20One"
    one, two = Onvif(lock=Lock.TOKEN), Onvif(lock=Lock.TOKEN)
    async with (
        camera(locked(), one, scopes) as (first, _),
        camera(locked(), two, scopes) as (second, _),
    ):
        searched = await look(session, first, second, what=what)
    assert [found.verdict for found in searched.found] == [Verdict.READY] * 2
    # Of one the wrong one was shown first, of the other only what was right for the one before.
    shown = sorted(len([proof for *_, proof in onvif.asked if proof]) for onvif in (one, two))
    assert shown[1] == shown[0] + 1


async def test_the_stream_wants_another_password(session: aiohttp.ClientSession) -> None:
    """Some cameras have users of their own for ONVIF."""
    what = replace(BASIC_SEARCH, credentials=(ADMIN, WRONG))
    async with camera(locked(DIGEST, right=WRONG), Onvif(lock=Lock.TOKEN), "") as (host, _):
        [found] = (await look(session, host, what=what)).found
    assert (found.verdict, found.credentials) == (Verdict.READY, 1)
