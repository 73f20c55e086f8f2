"""Asking a camera over ONVIF."""

import asyncio
from datetime import timedelta

import aiohttp
import pytest

from custom_components.mqtt_sentinel.network.keyring import KeyRing
from custom_components.mqtt_sentinel.network.onvif import Known, OnvifCamera, OnvifOutcome
from custom_components.mqtt_sentinel.network.urls import Url

from .fakes import ADMIN, WRONG, Http
from .onvif_fake import CHALLENGE, Lock, Onvif, fault, soap

PATH = "/onvif/device_service"


async def ask(
    camera: Onvif, session: aiohttp.ClientSession, ring: KeyRing, *, announced: bool = True
) -> Known:
    known = Known()
    async with Http(camera) as server:
        service = Url("http", server.host, server.port, PATH)
        asking = OnvifCamera(session, service, known, announced=announced)
        await asking.ask(ring)
        if known.stream:
            await asking.inform(ring)
    return known


def keys(*credentials: object) -> KeyRing:
    given = [ADMIN if one == "right" else WRONG for one in credentials]
    return KeyRing(given, range(len(given)), 3)


@pytest.mark.parametrize("lock", list(Lock))
@pytest.mark.parametrize("offered", [("right",), ("wrong", "right")])
async def test_a_camera_says_where_its_stream_is(
    lock: Lock, offered: tuple[str, ...], session: aiohttp.ClientSession
) -> None:
    camera, ring = Onvif("rtsp://127.0.0.1:8554/live?x=1", lock), keys(*offered)
    known = await ask(camera, session, ring)
    assert known.outcome is OnvifOutcome.OK
    assert known.stream == Url("rtsp", "127.0.0.1", 8554, "/live?x=1")
    assert (known.maker, known.model) == ("Maker", "M 1")
    assert known.profile
    assert str(known.profile.size) == "2560x1440"
    assert known.credentials == (None if lock is Lock.OPEN else ADMIN)
    # Each wrong one is shown once, and a right one to who asks for it; never itself.
    assert ring.tries == (0 if lock is Lock.OPEN else len(offered) - 1)
    assert {proof for _, _, proof in camera.asked} <= {"", "token", "Digest"}


@pytest.mark.parametrize("lock", [Lock.TOKEN, Lock.DIGEST, Lock.BASIC])
async def test_no_password_is_right(lock: Lock, session: aiohttp.ClientSession) -> None:
    camera, ring = Onvif(lock=lock), keys("wrong", "wrong", "wrong", "right")
    known = await ask(camera, session, ring)
    assert (known.outcome, known.stream) == (OnvifOutcome.UNAUTHORIZED, None)
    assert len([proof for _, _, proof in camera.asked if proof]) == 3
    assert ring.tries == 3
    assert "guess" not in repr(known)


async def test_who_was_only_guessed_to_be_there_is_shown_nothing(
    session: aiohttp.ClientSession,
) -> None:
    camera = Onvif(lock=Lock.EVERYTHING)
    known = await ask(camera, session, keys("right"), announced=False)
    assert known.outcome is OnvifOutcome.NO_ONVIF
    assert [proof for _, _, proof in camera.asked] == [""]


async def test_the_media_service_is_asked_at_its_own_path(session: aiohttp.ClientSession) -> None:
    known = Known()
    camera = Onvif()
    async with Http(camera) as server:
        # As cameras behind a translation of addresses say it.
        camera.media = f"http://192.168.1.64:{server.port}/onvif/media"
        camera.stream = "rtsp://192.168.1.64/live"
        service = Url("http", server.host, server.port, PATH)
        await OnvifCamera(session, service, known).ask(keys())
    assert known.stream == Url("rtsp", "127.0.0.1", 554, "/live")
    assert {path for path, question, _ in camera.asked if question == "GetProfiles"} == {
        "/onvif/media"
    }


@pytest.mark.parametrize(
    ("says", "outcome"),
    [
        ({"GetCapabilities": fault("ActionNotSupported")}, OnvifOutcome.OK),
        ({"GetDeviceInformation": fault("NotAuthorized")}, OnvifOutcome.OK),
        ({"GetDeviceInformation": fault("ActionNotSupported")}, OnvifOutcome.OK),
        ({"GetSystemDateAndTime": soap("<GetSystemDateAndTimeResponse/>")}, OnvifOutcome.OK),
        ({"GetSystemDateAndTime": b"<html/>"}, OnvifOutcome.NO_ONVIF),
        ({"GetSystemDateAndTime": b"nonsense"}, OnvifOutcome.NO_ONVIF),
        ({"GetSystemDateAndTime": soap("")}, OnvifOutcome.NO_ONVIF),
        ({"GetProfiles": soap("<GetProfilesResponse/>")}, OnvifOutcome.NO_STREAM),
        ({"GetStreamUri": soap("<GetStreamUriResponse/>")}, OnvifOutcome.NO_STREAM),
        ({"GetProfiles": soap("<a>" + "<b/>" * 60_000 + "</a>")}, OnvifOutcome.NO_ONVIF),
        ({"GetProfiles": fault("NotAuthorized")}, OnvifOutcome.UNAUTHORIZED),
    ],
)
async def test_outcomes(
    says: dict[str, bytes | None], outcome: OnvifOutcome, session: aiohttp.ClientSession
) -> None:
    assert (await ask(Onvif(says=says), session, keys())).outcome is outcome


async def test_a_right_password_that_may_not_do_everything(session: aiohttp.ClientSession) -> None:
    """It is not tried for another: that would count against the account."""
    ring = keys("right", "wrong")
    camera = Onvif(lock=Lock.TOKEN, says={"GetStreamUri": fault("NotAuthorized")})
    known = await ask(camera, session, ring)
    assert known.outcome is OnvifOutcome.NO_ONVIF
    assert ring.tries == 0


async def test_a_clock_that_is_not_told_is_taken_to_be_right(
    session: aiohttp.ClientSession,
) -> None:
    says = {"GetSystemDateAndTime": soap("<GetSystemDateAndTimeResponse/>")}
    camera = Onvif(lock=Lock.TOKEN, ahead=timedelta(0), says=dict(says))
    assert (await ask(camera, session, keys("right"))).outcome is OnvifOutcome.OK


async def test_a_nonce_that_is_too_old(session: aiohttp.ClientSession) -> None:
    class Forgetful(Onvif):
        """It takes no answer to its first challenge, whoever gives it."""

        async def __call__(
            self, path: str, headers: dict[str, str], body: bytes
        ) -> tuple[int, list[str], bytes] | None:
            shown = [proof for _, _, proof in self.asked if proof]
            said = await super().__call__(path, headers, body)
            if not shown and "authorization" in headers:
                return 401, [f"WWW-Authenticate: {CHALLENGE}, stale=true"], b""
            return said

    ring = keys("right")
    assert (await ask(Forgetful(lock=Lock.DIGEST), session, ring)).outcome is OnvifOutcome.OK
    assert ring.tries == 0


async def test_no_redirect_is_followed(session: aiohttp.ClientSession) -> None:
    async def elsewhere(*_: object) -> tuple[int, list[str], bytes]:
        return 307, [f"Location: http://127.0.0.2:{other.port}/"], b""

    camera, known = Onvif(), Known()
    async with Http(camera, host="127.0.0.2") as other, Http(elsewhere) as server:
        service = Url("http", server.host, server.port, PATH)
        await OnvifCamera(session, service, known).ask(keys("right"))
    assert known.outcome is OnvifOutcome.NO_ONVIF
    assert camera.asked == []


async def test_what_was_learned_is_kept_when_time_is_over(session: aiohttp.ClientSession) -> None:
    known = Known()
    async with Http(Onvif(says={"GetStreamUri": None})) as server:
        camera = OnvifCamera(session, Url("http", server.host, server.port, PATH), known)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await camera.ask(keys())
    assert (known.outcome, known.heard) == (OnvifOutcome.SILENT, True)
    assert known.profile
