"""Small cameras on loopback: they say what a test tells them to, and remember what they were asked."""

from abc import ABC, abstractmethod
import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
import os
import ssl
from typing import Self, override

from custom_components.mqtt_sentinel.network.digest import answer, read_challenges
from custom_components.mqtt_sentinel.network.facts import Credentials
from custom_components.mqtt_sentinel.network.plain_xml import read_xml

ADMIN = Credentials("admin", "hunter2")
WRONG = Credentials("admin", "guess")
DIGEST = 'Digest realm="cam", nonce="abc"'
BASIC = 'Basic realm="cam"'

SDP = (
    b"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=x-dimensions:1280,720\r\n"
    b"a=framerate:15\r\nm=audio 0 RTP/AVP 0\r\n"
)
_numbers = count(2)
# Other processes that run tests have networks of their own.
_NETWORK = 9 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


def address() -> str:
    """An address of loopback that no other fake has."""
    number = next(_numbers)
    return f"127.{_NETWORK}.{number // 250}.{number % 250 + 2}"


def matches(relates_to: str, xaddrs: str | None, scopes: str = "", endpoint: str = "e") -> bytes:
    """An answer to a probe; None: with nothing in it."""
    match = (
        f"<d:ProbeMatch><a:EndpointReference><a:Address>{endpoint}</a:Address></a:EndpointReference>"
        f"<d:Scopes>{scopes}</d:Scopes><d:XAddrs>{xaddrs}</d:XAddrs></d:ProbeMatch>"
    )
    return (
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
        ' xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"'
        ' xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">'
        f"<s:Header><a:RelatesTo>{relates_to}</a:RelatesTo></s:Header>"
        f"<s:Body><d:ProbeMatches>{'' if xaddrs is None else match}</d:ProbeMatches></s:Body>"
        "</s:Envelope>"
    ).encode()


@dataclass(frozen=True, slots=True)
class Asked:
    """A request over RTSP. Names of headers in lower case."""

    method: str
    uri: str
    headers: dict[str, str]


type Reply = bytes | None
"""What is sent; None: nothing, ever."""
type Talk = Callable[[Asked], Reply]


def reply(status: int, *headers: str, body: bytes = b"") -> bytes:
    """An answer over RTSP."""
    lines = [f"RTSP/1.0 {status} X", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def proves(asked: Asked, credentials: Credentials, challenge: str) -> bool:
    """Tell whether a request proves a password; the challenge has to be one without qop."""
    [read] = read_challenges([challenge])
    expected = answer(read, credentials, asked.method, asked.uri, cnonce="")
    return asked.headers.get("authorization") == expected


def locked(*challenges: str, right: Credentials = ADMIN, body: bytes = SDP, path: str = "") -> Talk:
    """A camera that wants a password, and for a path (any) has a stream."""

    def talk(asked: Asked) -> Reply:
        if asked.method == "OPTIONS":
            return reply(200, "Server: Fake/1.0")
        if challenges and not any(proves(asked, right, challenge) for challenge in challenges):
            return reply(401, *(f"WWW-Authenticate: {challenge}" for challenge in challenges))
        if path and not asked.uri.endswith(path):
            return reply(404)
        return reply(200, body=body)

    return talk


class Listener(ABC):
    """Listens while it is entered; whoever was served has been left when it ends."""

    host: str
    port: int
    tls: ssl.SSLContext | None
    _server: asyncio.Server
    _serving: set[asyncio.Task[None]]

    async def __aenter__(self) -> Self:
        self._serving = set()
        self._server = await asyncio.start_server(self._begin, self.host, self.port, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self._server.close_clients()
        await self._server.wait_closed()
        if self._serving:
            await asyncio.wait(self._serving)

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    @abstractmethod
    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk to one who has connected, and close the connection."""


async def _read_head(reader: asyncio.StreamReader) -> tuple[list[str], dict[str, str]]:
    """The words of a request's first line, and its headers by their names in lower case."""
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    pairs = (line.partition(": ") for line in lines if line)
    return first.split(" "), {name.lower(): value for name, _, value in pairs}


@dataclass
class Rtsp(Listener):
    """A camera's stream, at an address of its own."""

    talk: Talk
    host: str = "127.0.0.1"
    port: int = 0
    tls: ssl.SSLContext | None = None
    close_each: bool = False
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0

    @override
    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                (method, uri, _), headers = await _read_head(reader)
                asked = Asked(method, uri, headers)
                self.asked.append(asked)
                said = self.talk(asked)
                if said is None:
                    await reader.read()  # until the other side has had enough
                    return
                writer.write(said)
                await writer.drain()
                if self.close_each:
                    return
        except asyncio.IncompleteReadError, ConnectionError:
            return
        finally:
            writer.close()


class Responder(asyncio.DatagramProtocol):
    """Answers probes; ``says`` makes the answers of the id of a question."""

    def __init__(self, says: Callable[[str], list[bytes]]) -> None:
        self._says = says
        self.asker: tuple[str, int] | None = None
        self._transport: asyncio.DatagramTransport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.DatagramTransport)
        self._transport = transport

    @override
    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        message_id = read_xml(data).text_of("Header", "MessageID")
        self.asker = addr
        assert self._transport
        for said in self._says(message_id):
            self._transport.sendto(said, addr)


@asynccontextmanager
async def responder(
    host: str, port: int, says: Callable[[str], list[bytes]]
) -> AsyncGenerator[tuple[Responder, int]]:
    """Somebody who answers probes, and the port at which."""
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(
        lambda: Responder(says), local_addr=(host, port)
    )
    try:
        yield protocol, transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


type Serve = Callable[[str, dict[str, str], bytes], Awaitable[tuple[int, list[str], bytes] | None]]
"""Path, headers (names in lower case) and body of a request; None: no answer, ever."""


@dataclass
class Http(Listener):
    """A web server that only knows POST, and closes after each answer."""

    serve: Serve
    host: str = "127.0.0.1"
    port: int = 0
    tls: ssl.SSLContext | None = None

    @override
    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            (_, path, _), headers = await _read_head(reader)
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            said = await self.serve(path, headers, body)
            if said is None:
                await reader.read()
                return
            status, more, content = said
            lines = [f"HTTP/1.1 {status} X", *more, "Connection: close", "", ""]
            writer.write("\r\n".join(lines).encode() + content)
            await writer.drain()
        except asyncio.IncompleteReadError, ConnectionError:
            return
        finally:
            writer.close()
