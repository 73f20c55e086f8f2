"""The simulated network cameras are what they say that they are."""

import asyncio
from base64 import b64encode
from contextlib import suppress
from datetime import UTC, datetime
import hashlib
import re
import sys
from typing import override
from xml.etree import ElementTree as ET

import aiohttp
import pytest
from pytest_socket import socket_allow_hosts

from demo.cameras.access import REALM
from demo.cameras.fleet.discovery import BOMB, ELSEWHERE
from demo.cameras.fleet.kinds import KINDS, RIGHT, Asked, Kind, Probed, Streamed, Thing, Verdict
from demo.cameras.fleet.remote import RemoteTown
from demo.cameras.fleet.town import Town, things

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8 for addresses"
)

# Enough for those that are a little slow, on a machine that has much else to do; too little for those
# that are too slow.
_PATIENCE = 8.0
_PROBE = (
    b'<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"'
    b' xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing">'
    b"<e:Header><w:MessageID>urn:uuid:7</w:MessageID></e:Header></e:Envelope>"
)
_TOKEN = (
    "<Security><UsernameToken><Username>{user}</Username><Password>{digest}</Password>"
    "<Nonce>{nonce}</Nonce><Created>{created}</Created></UsernameToken></Security>"
)
_STATUSES = {401: Verdict.PASSWORD_REFUSED, 404: Verdict.NO_STREAM}


@pytest.fixture(autouse=True)
def _all_addresses(_sockets: None) -> None:
    """Talk to all addresses of this machine, and to nobody else."""
    socket_allow_hosts(["127.0.0.0/8"], allow_unix_socket=True)


def _kind(name: str) -> Kind:
    return next(kind for kind in KINDS if kind.name == name)


async def _describe(thing: Thing, authorization: str = "") -> tuple[int, bytes]:
    """Ask over RTSP; raises OSError, TimeoutError, and ValueError for what is no RTSP."""
    reader, writer = await asyncio.open_connection(thing.address, thing.rtsp_port)
    try:
        async with asyncio.timeout(_PATIENCE):
            writer.write(
                f"DESCRIBE {thing.stream_url} RTSP/1.0\r\nCSeq: 1\r\n{authorization}\r\n".encode()
            )
            said = await reader.readline()
            if not (status := re.match(rb"RTSP/1.0 (\d+) ", said)):
                raise ValueError(f"no RTSP: {said!r}")
            said += await reader.readuntil(b"\r\n\r\n")
            if length := re.search(rb"Content-Length: (\d+)", said):
                said += await reader.readexactly(int(length[1]))
            return int(status[1]), said
    finally:
        writer.close()


def _authorization(thing: Thing, said: bytes) -> str:
    """Prove the right password the way that is asked for."""
    if b"Digest" not in said:
        return f"Authorization: Basic {b64encode(f'{RIGHT.user}:{RIGHT.password}'.encode()).decode()}\r\n"
    name = "SHA-256" if b"SHA-256" in said else "MD5"

    def digest(text: str) -> str:
        return hashlib.new(name.replace("-", "").lower(), text.encode()).hexdigest()

    nonce = re.findall(rb'nonce="(\w+)"', said)[0].decode()
    who = digest(f"{RIGHT.user}:{REALM}:{RIGHT.password}")
    proof = digest(f"{who}:{nonce}:00000001:c:auth:{digest(f'DESCRIBE:{thing.stream_url}')}")
    return (
        f'Authorization: Digest username="{RIGHT.user}", realm="{REALM}", nonce="{nonce}",'
        f' uri="{thing.stream_url}", qop=auth, nc=00000001, cnonce="c", algorithm={name},'
        f' response="{proof}"\r\n'
    )


async def _classify(thing: Thing) -> set[Verdict]:
    """What a thing may be, by what it answers over RTSP to one who knows its path."""
    try:
        status, said = await _describe(thing)
        if status == 401:
            status, said = await _describe(thing, _authorization(thing, said))
    except ConnectionRefusedError:
        return {Verdict.REFUSED}
    except TimeoutError:
        return {Verdict.SILENT, Verdict.SLOW}
    except ValueError, ConnectionError:
        return {Verdict.NOT_A_CAMERA}
    if status in _STATUSES:
        return {_STATUSES[status]}
    assert status == 200
    return {Verdict.READY if b"m=video" in said else Verdict.NO_VIDEO}


async def test_each_is_what_it_says() -> None:
    """A hundred and two, side by side: three of each kind."""
    async with Town(things(count=3 * len(KINDS))) as town:
        seen = await asyncio.gather(*map(_classify, town.things))
    wrong = {
        f"{thing.number} {thing.kind.name}": verdicts
        for thing, verdicts in zip(town.things, seen, strict=True)
        if not verdicts & thing.kind.verdicts
    }
    assert not wrong
    assert set(town.asked) == {
        thing.address for thing in town.things if thing.kind.streamed is not Streamed.NOBODY
    }
    for thing in town.things:  # nobody is left
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(thing.address, thing.rtsp_port)


class _Ears(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.heard: dict[str, bytes] = {}

    @override
    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.heard[addr[0]] = data

    @override
    def error_received(self, exc: Exception) -> None:
        assert isinstance(exc, ConnectionRefusedError)


async def _probe(town: Town) -> dict[str, bytes]:
    """What each answers within the patience."""
    transport, ears = await asyncio.get_running_loop().create_datagram_endpoint(
        _Ears, local_addr=("127.0.0.1", 0)
    )
    for thing in town.things:
        transport.sendto(b"no probe at all", (thing.address, thing.discovery_port))
        transport.sendto(_PROBE, (thing.address, thing.discovery_port))
    expected = {thing.address for thing in town.things} - {
        thing.address
        for thing in town.things
        if thing.kind.probed in (Probed.SILENT, Probed.NOBODY)
    }
    with suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            while set(ears.heard) < expected:  # noqa: ASYNC110 - UDP tells nobody
                await asyncio.sleep(0.01)
    transport.abort()
    assert set(ears.heard) == expected
    return ears.heard


async def test_answers_to_a_probe() -> None:
    async with Town() as town:
        heard = await _probe(town)
    for address, data in heard.items():
        thing = town.at(address)
        if thing.kind.found:
            match = ET.fromstring(data)
            assert match.findtext(".//{*}RelatesTo") == "urn:uuid:7"
            assert f"name/Camera%20{thing.number} " in (match.findtext(".//{*}Scopes") or "")
            service = match.findtext(".//{*}XAddrs") or ""
            lies = thing.kind.probed is Probed.LIES
            assert service == thing.service_url.replace(address, ELSEWHERE if lies else address)
        elif thing.kind.probed is Probed.HUGE:
            assert len(data) > 50_000
        elif thing.kind.probed is Probed.BOMB:
            assert data == BOMB
        else:
            with pytest.raises(ET.ParseError):
                ET.fromstring(data)
    with pytest.raises(KeyError):
        town.at("127.0.0.1")


def _token(password: str) -> str:
    nonce, created = b"0123456789", datetime.now(UTC).isoformat()
    proof = hashlib.sha1(nonce + created.encode() + password.encode()).digest()
    return _TOKEN.format(
        user=RIGHT.user,
        digest=b64encode(proof).decode(),
        nonce=b64encode(nonce).decode(),
        created=created,
    )


async def _ask(thing: Thing, action: str, token: str = "") -> tuple[int, ET.Element]:
    body = f"<Envelope><Header>{token}</Header><Body><{action}/></Body></Envelope>"
    async with (
        aiohttp.ClientSession() as session,
        session.post(thing.service_url, data=body.encode()) as response,
    ):
        return response.status, ET.fromstring(await response.read())


async def test_onvif_asks_for_the_password() -> None:
    async with Town(things([_kind("digest"), _kind("wrong password"), _kind("open")])) as town:
        mine, others, everybodys = town.things
        assert (await _ask(mine, "GetSystemDateAndTime"))[0] == 200
        for thing, token, admitted in (
            (mine, _token("right"), True),
            (mine, _token("guess"), False),
            (mine, _token("right").replace("0123", "!!"), True),
            (mine, _token("right").replace("<Nonce>", "<Nonce>!"), False),
            (mine, "", False),
            (others, _token("right"), False),
            (everybodys, "", True),
        ):
            status, said = await _ask(thing, "GetProfiles", token)
            assert status == (200 if admitted else 400)
            fault = said.findtext(".//{*}Subcode/{*}Value")
            assert fault == (None if admitted else "ter:NotAuthorized")
        for action, said_where, expected in (
            ("GetDeviceInformation", "Model", mine.model),
            ("GetCapabilities", "Media/{*}XAddr", mine.service_url.replace("device_", "media_")),
            ("GetServices", "Service/{*}XAddr", mine.service_url),
            ("GetStreamUri", "Uri", mine.stream_url),
            ("Reboot", "Subcode/{*}Value", "ter:ActionNotSupported"),
        ):
            _, said = await _ask(mine, action, _token("right"))
            assert said.findtext(f".//{{*}}{said_where}") == expected


async def test_onvif_misbehaves() -> None:
    answers = {}
    async with Town() as town, aiohttp.ClientSession() as session:
        for thing in town.things:
            if thing.kind.asked not in (Asked.NOBODY, Asked.SILENT):
                async with session.post(thing.service_url, data=b"no XML") as response:
                    answers[thing.kind.asked] = response.status, await response.read()
        liar = next(thing for thing in town.things if thing.kind.asked is Asked.LIES)
        _, said = await _ask(liar, "GetStreamUri")
        silent = next(thing for thing in town.things if thing.kind.asked is Asked.SILENT)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await _ask(silent, "GetProfiles")
        async with session.get(town.things[0].service_url) as response:
            assert response.status == 404
    assert said.findtext(".//{*}Uri") == liar.stream_url.replace(liar.address, ELSEWHERE)
    assert answers[Asked.ANSWERS][0] == 400
    assert answers[Asked.PAGE][1].startswith(b"<!DOCTYPE html>")
    assert answers[Asked.BOMB][1] == BOMB


async def test_town_of_its_own() -> None:
    there = things(count=10)
    async with RemoteTown(there) as town:
        assert await _classify(town.things[0]) == {Verdict.READY}
        with pytest.raises(OSError, match=r"(?i)address already in use"):
            async with RemoteTown(there):
                pass
    assert await _classify(town.things[0]) == {Verdict.REFUSED}
    with pytest.raises(ValueError, match="all kinds"):
        RemoteTown(things([_kind("open")]))
