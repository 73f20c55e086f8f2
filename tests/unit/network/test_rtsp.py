"""Asking a camera what it streams."""

import asyncio
from contextlib import suppress
import errno
from pathlib import Path
import socket
import ssl
import subprocess
from unittest.mock import AsyncMock

import pytest

from custom_components.mqtt_sentinel.network.facts import Codec, Size
from custom_components.mqtt_sentinel.network.rtsp import Outcome, describe
from custom_components.mqtt_sentinel.network.urls import Url

from .fakes import ADMIN, BASIC, DIGEST, SDP, WRONG, Asked, Reply, Rtsp, Talk, locked, reply


def url(camera: Rtsp, path: str = "/main", scheme: str = "rtsp") -> Url:
    return Url(scheme, camera.host, camera.port, path)


def shown(camera: Rtsp) -> list[str]:
    """All that was shown to prove a password."""
    return [
        asked.headers["authorization"] for asked in camera.asked if "authorization" in asked.headers
    ]


async def test_an_open_camera() -> None:
    async with Rtsp(locked()) as camera:
        found = await describe(url(camera), ADMIN)
    assert (found.outcome, found.server, found.tried) == (Outcome.OK, "Fake/1.0", False)
    assert [stream.codec for stream in found.streams] == [Codec.H264, Codec.PCMU]
    assert (found.streams[0].size, found.streams[0].rate) == (Size(1280, 720), 15.0)
    assert [asked.method for asked in camera.asked] == ["OPTIONS", "DESCRIBE"]
    assert camera.connections == 1
    # Who does not ask for a password is not shown one.
    assert shown(camera) == []


@pytest.mark.parametrize(
    "challenges",
    [
        [DIGEST],
        ['Digest realm="cam", nonce="abc", algorithm=SHA-256'],
        [BASIC],
    ],
)
@pytest.mark.parametrize("close_each", [False, True])
async def test_a_password(challenges: list[str], close_each: bool) -> None:
    async with Rtsp(locked(*challenges), close_each=close_each) as camera:
        assert (await describe(url(camera))).outcome is Outcome.UNAUTHORIZED
        found = await describe(url(camera), ADMIN)
        assert (found.outcome, found.tried) == (Outcome.OK, True)
        found = await describe(url(camera), WRONG)
        assert (found.outcome, found.tried) == (Outcome.UNAUTHORIZED, True)
    assert len(shown(camera)) == 2


async def test_digest_rather_than_basic() -> None:
    async with Rtsp(locked(BASIC, DIGEST)) as camera:
        assert (await describe(url(camera), ADMIN)).outcome is Outcome.OK
    assert [proof.partition(" ")[0] for proof in shown(camera)] == ["Digest"]


async def test_no_password_itself_where_that_is_not_allowed() -> None:
    async with Rtsp(locked(BASIC)) as camera:
        found = await describe(url(camera), ADMIN, basic=False)
    assert (found.outcome, found.tried) == (Outcome.UNAUTHORIZED, False)
    assert shown(camera) == []


async def test_a_nonce_that_is_too_old_says_nothing_against_the_password() -> None:
    newer = 'Digest realm="cam", nonce="newer", stale=true'

    def talk(asked: Asked) -> Reply:
        if len(shown(camera)) == 1:
            return reply(401, f"WWW-Authenticate: {newer}")
        return locked(newer if shown(camera) else DIGEST)(asked)

    async with Rtsp(talk) as camera:
        assert (await describe(url(camera), ADMIN)).outcome is Outcome.OK
    assert len(shown(camera)) == 2


FINE = reply(200)


def says(data: Reply, options: Reply = FINE) -> Talk:
    return lambda asked: options if asked.method == "OPTIONS" else data


@pytest.mark.parametrize(
    ("talk", "outcome"),
    [
        pytest.param(says(reply(404)), Outcome.NOT_FOUND, id="404"),
        pytest.param(says(reply(454)), Outcome.NOT_FOUND, id="454"),
        pytest.param(says(reply(403)), Outcome.UNAUTHORIZED, id="403"),
        pytest.param(says(reply(503)), Outcome.BAD_ANSWER, id="503"),
        pytest.param(says(reply(200, body=b"<html>")), Outcome.BAD_ANSWER, id="no SDP"),
        pytest.param(says(b"RTSP/1.0 200 OK\r\n" + b"x" * 20_000), Outcome.BAD_ANSWER, id="long"),
        pytest.param(says(None), Outcome.SLOW, id="silent after a while"),
        pytest.param(says(reply(200, body=SDP)[:-9]), Outcome.SLOW, id="not whole"),
        pytest.param(says(None, options=None), Outcome.SILENT, id="silent"),
        pytest.param(says(b"", b"HTTP/1.1 400 Bad\r\n\r\n"), Outcome.NOT_RTSP, id="HTTP"),
        pytest.param(says(b"", b"SSH-2.0-OpenSSH\r\n"), Outcome.NOT_RTSP, id="SSH"),
        pytest.param(says(reply(401)), Outcome.UNAUTHORIZED, id="no challenge"),
        pytest.param(says(reply(200, body=SDP), options=reply(401)), Outcome.OK, id="OPTIONS"),
    ],
)
async def test_outcomes(talk: Talk, outcome: Outcome) -> None:
    async with Rtsp(talk) as camera:
        assert (await describe(url(camera), ADMIN, seconds=0.5)).outcome is outcome


async def test_whoever_says_goodbye_is_called_again() -> None:
    """It closes nothing, but says that it will."""

    def talk(asked: Asked) -> Reply:
        body = b"" if asked.method == "OPTIONS" else SDP
        return reply(200, "Connection: Close", body=body)

    async with Rtsp(talk) as camera:
        assert (await describe(url(camera))).outcome is Outcome.OK
    assert camera.connections == 2


@pytest.mark.parametrize("data", [b"", reply(200, body=SDP)[:-9]])
async def test_whoever_hangs_up(data: bytes) -> None:
    async with Rtsp(says(data, options=data), close_each=True) as camera:
        assert (await describe(url(camera), ADMIN)).outcome is Outcome.BAD_ANSWER


async def test_nobody_there() -> None:
    async with Rtsp(locked()) as camera:
        pass
    assert (await describe(url(camera))).outcome is Outcome.REFUSED


@pytest.mark.parametrize("error", [OSError(errno.EHOSTUNREACH, "x"), socket.gaierror(-2, "x")])
async def test_no_way_there(error: OSError, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asyncio, "open_connection", AsyncMock(side_effect=error))
    assert (await describe(Url("rtsp", "127.0.0.1", 554))).outcome is Outcome.UNREACHABLE


async def test_a_full_queue_is_silence() -> None:
    """The other side takes no connection: that, too, has its time."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        host, port = full.getsockname()
        with socket.create_connection((host, port)), socket.socket() as waiting:
            waiting.setblocking(False)
            with suppress(BlockingIOError):
                waiting.connect((host, port))
            found = await describe(Url("rtsp", host, port), seconds=0.3)
    assert found.outcome is Outcome.SILENT


async def test_a_redirect_to_another_port() -> None:
    async with (
        Rtsp(locked(DIGEST)) as there,
        Rtsp(says(reply(302, f"Location: rtsp://127.0.0.1:{there.port}/there"))) as here,
    ):
        found = await describe(url(here), ADMIN)
    assert (found.outcome, found.url) == (Outcome.OK, url(there, "/there"))
    assert shown(here) == []


@pytest.mark.parametrize(
    "location",
    [
        "rtsp://127.0.0.2:{port}/",
        "rtsp://example.com/",
        "http://127.0.0.1/",
        "",
        "rtsp://127.0.0.1.x/",
    ],
)
async def test_a_redirect_to_somebody_else_is_not_followed(location: str) -> None:
    async with Rtsp(locked(BASIC), host="127.0.0.2") as other:
        to = location.format(port=other.port)
        async with Rtsp(says(reply(302, f"Location: {to}"))) as here:
            found = await describe(url(here), ADMIN)
    assert found.outcome is Outcome.BAD_ANSWER
    assert other.connections == 0


async def test_a_redirect_in_circles() -> None:
    def talk(asked: Asked) -> Reply:
        return reply(301, f"Location: {url(camera).text}")

    async with Rtsp(talk) as camera:
        assert (await describe(url(camera), ADMIN)).outcome is Outcome.BAD_ANSWER
    assert camera.connections == 4


@pytest.fixture
def certified(tmp_path: Path) -> ssl.SSLContext:
    """TLS with a certificate that nobody else has signed, as a camera has."""
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=camera"]
    subprocess.run(
        [*command, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


async def test_tls(certified: ssl.SSLContext) -> None:
    async with Rtsp(locked(DIGEST), tls=certified) as camera:
        assert (await describe(url(camera, scheme="rtsps"), ADMIN)).outcome is Outcome.OK
        # Whom the caller wants verified is verified.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        found = await describe(url(camera, scheme="rtsps"), ADMIN, tls=context)
        assert found.outcome is Outcome.NOT_RTSP


async def test_no_way_back_from_tls(certified: ssl.SSLContext) -> None:
    async with Rtsp(locked(BASIC)) as plain:
        redirect = says(reply(302, f"Location: {url(plain).text}"))
        async with Rtsp(redirect, tls=certified) as camera:
            found = await describe(url(camera, scheme="rtsps"), ADMIN)
    assert found.outcome is Outcome.BAD_ANSWER
    assert plain.connections == 0


async def test_no_tls_there() -> None:
    async with Rtsp(locked()) as camera:
        # The fake waits for a line, and says nothing to a handshake.
        found = await describe(url(camera, scheme="rtsps"), seconds=0.3)
    assert found.outcome is Outcome.SILENT


async def test_no_word_of_the_password(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    async with Rtsp(locked(BASIC)) as camera:
        found = [await describe(url(camera), pair) for pair in (ADMIN, WRONG)]
    text = repr(found) + caplog.text
    for secret in ("hunter2", "guess", "admin"):
        assert secret not in text


async def test_cancelled_it_leaves_nothing() -> None:
    reached = asyncio.Event()

    def talk(asked: Asked) -> Reply:
        if asked.method == "OPTIONS":
            return FINE
        reached.set()
        return None

    async with Rtsp(talk) as camera:
        before = asyncio.all_tasks()
        task = asyncio.create_task(describe(url(camera), ADMIN, seconds=60))
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        # The fake notices that it was left.
        async with asyncio.timeout(5):
            await asyncio.gather(*asyncio.all_tasks() - before)
