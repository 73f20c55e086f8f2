"""One camera: an RTSP server (RFC 2326) on loopback that shows a clock, and misbehaves when told to.

It answers OPTIONS, DESCRIBE, SETUP (RTP interleaved on the connection, nothing else), PLAY,
GET_PARAMETER and TEARDOWN, for any number of clients. Each gets its first packet at the next key
frame.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
import re
import secrets
import socket
from typing import Self

from .access import Access
from .encoder import Encoder, Look
from .keys import begins_with_key
from .rtsp import Packet, Request, RtspError, answer, receive

_HOST = "127.0.0.1"
_METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"
_MOST_BUFFERED = 16 << 20
"""Bytes that wait for a client before it is given up; a picture is some hundred thousand."""

_ONE_TRACK = 2
"""Channels of a client that has set up a single track."""

_INTERLEAVED = re.compile(r"RTP/AVP/TCP.*interleaved=(\d+)-(\d+)")
_TRACK = re.compile(r"streamid=(\d+)$")


class Mood(StrEnum):
    """How the camera treats those who want something of it."""

    WELL = "well"
    STALLED = "stalled"
    """It answers everything, and sends no packet more."""
    REFUSING = "refusing"
    """It answers 503, and has thrown out who was there."""
    MUTE = "mute"
    """It accepts connections and answers nothing, and sends nothing more."""


@dataclass(eq=False, slots=True)
class _Client:
    """One connection. ``channels`` are where it wants the packets of each channel of ours."""

    writer: asyncio.StreamWriter
    session: str = field(default_factory=lambda: secrets.token_hex(4))
    channels: dict[int, int] = field(default_factory=dict)
    playing: bool = False
    started: bool = False
    """Whether it had its first key frame."""

    def send(self, packet: Packet) -> None:
        """Send a packet of a track that it has set up; give it up if it does not read."""
        channel = self.channels.get(packet.channel)
        if channel is None or self.writer.is_closing():
            return
        if self.writer.transport.get_write_buffer_size() > _MOST_BUFFERED:
            self.writer.transport.abort()
        else:
            self.writer.write(bytes(Packet(channel, packet.data)))


class Camera:
    """A camera at ``rtsp://127.0.0.1:{port}/{path}``; port 0 is any free one, and stays the same."""

    def __init__(
        self,
        look: Look | None = None,
        access: Access | None = None,
        *,
        port: int = 0,
        path: str = "stream",
        session_seconds: int = 60,
    ) -> None:
        """Describe it; nothing runs yet. A session ends after so many seconds without a word."""
        self.look = look or Look()
        self.access = access or Access()
        self.port = port
        self.path = path.strip("/")
        self.mood = Mood.WELL
        self._session_seconds = session_seconds
        self._sdp: bytes | None = None
        self._encoder: Encoder | None = None
        self._server: asyncio.Server | None = None
        self._clients: dict[asyncio.Task[None], _Client] = {}
        self._reports: dict[int, Packet] = {}
        self._change = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Power it on."""
        await self.power_on()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Power it off."""
        await self.power_off()

    @property
    def bare_url(self) -> str:
        """Where its stream is, without user and password."""
        return f"rtsp://{_HOST}:{self.port}/{self.path}"

    @property
    def url(self) -> str:
        """Where its stream is, with user and password."""
        return f"rtsp://{self.access.userinfo}{_HOST}:{self.port}/{self.path}"

    @property
    def powered(self) -> bool:
        """Whether it is on."""
        return self._server is not None

    @property
    def clients(self) -> int:
        """How many play its stream now."""
        return sum(client.playing for client in self._clients.values())

    @property
    def encoder_pid(self) -> int | None:
        """The ffmpeg that makes its stream; a test may kill it."""
        return self._encoder.pid if self._encoder is not None else None

    async def power_on(self) -> None:
        """Start: returns when it delivers. Raises FfmpegError, and OSError for a port in use.

        One whose encoder died starts anew.
        """
        if self.encoder_pid is not None:
            return
        await self.power_off()
        # The port first: where it is taken, no process has to be ended.
        self._server = await asyncio.start_server(self._meet, _HOST, self.port, start_serving=False)
        self.port = self._server.sockets[0].getsockname()[1]
        self._encoder = Encoder(self.look, self._relay, self._lost)
        try:
            self._sdp = await self._encoder.open()
        except BaseException:
            await self.power_off()
            raise
        await self._server.start_serving()
        self._changed()

    async def power_off(self) -> None:
        """End at once: connections are reset, the port refuses new ones."""
        if self._server is not None:
            self._server.close()
        await self._throw_out()
        if self._server is not None:
            await self._server.wait_closed()
            self._server = None
        if self._encoder is not None:
            await self._encoder.close()
            self._encoder = None
        self._sdp = None
        self._reports.clear()
        self._changed()

    async def be(self, mood: Mood) -> None:
        """Treat everybody so from now on."""
        self.mood = mood
        for client in self._clients.values():
            # Who was not sent everything goes on with a picture that can be decoded.
            client.started = False
        if mood is Mood.REFUSING:
            await self._throw_out()
        self._changed()

    async def drop(self) -> None:
        """Reset all connections once."""
        await self._throw_out()

    def change_password(self, password: str) -> None:
        """Have another password for all requests to come; what plays goes on."""
        self.access = replace(self.access, password=password)

    async def wait_until(self, agreed: Callable[[Self], bool], within: float = 10.0) -> None:
        """Wait until ``agreed`` holds, as ``lambda camera: camera.clients == 2``; TimeoutError."""
        async with asyncio.timeout(within):
            while not agreed(self):
                await self._change.wait()

    def _changed(self) -> None:
        change, self._change = self._change, asyncio.Event()
        change.set()

    async def _throw_out(self) -> None:
        meetings = list(self._clients)
        for client in self._clients.values():
            client.writer.transport.abort()
        await asyncio.gather(*meetings, return_exceptions=True)

    def _lost(self) -> None:
        """The encoder died: there is nothing to show until it is powered off and on."""
        self._sdp = None
        for client in self._clients.values():
            client.writer.transport.abort()
        self._changed()

    def _relay(self, packet: Packet) -> None:
        if packet.channel % 2:
            self._reports[packet.channel] = packet
        if self.mood is not Mood.WELL:
            return
        key = packet.channel == 0 and begins_with_key(self.look.codec, packet.data)
        for client in self._clients.values():
            if not client.playing:
                continue
            if key and not client.started:
                client.started = True
                if len(client.channels) > _ONE_TRACK:
                    # What ties the clocks of the tracks together comes first, or they would jump.
                    for report in self._reports.values():
                        client.send(report)
            if client.started:
                client.send(packet)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        meeting = asyncio.current_task()
        assert meeting is not None
        connection = writer.get_extra_info("socket")
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client = self._clients[meeting] = _Client(writer)
        try:
            # A client that plays has to say something before its session is over.
            while True:
                async with asyncio.timeout(self._session_seconds):
                    said = await receive(reader)
                if said is None:
                    break
                if isinstance(said, Request) and self.mood is not Mood.MUTE:
                    writer.write(self._answer(client, said))
                    await writer.drain()
                    self._changed()
                    if said.method == "TEARDOWN":
                        break
        except RtspError, ConnectionError, TimeoutError:
            pass  # it is of no use to us any more
        finally:
            del self._clients[meeting]
            writer.close()
            self._changed()

    def _answer(self, client: _Client, request: Request) -> bytes:
        if request.method == "OPTIONS":
            return answer(request, 200, [("Public", _METHODS)])
        if self.mood is Mood.REFUSING or self._sdp is None:
            return answer(request, 503)
        if not self.access.admits(request.method, request.headers.get("authorization")):
            asked = [("WWW-Authenticate", challenge) for challenge in self.access.challenges()]
            return answer(request, 401, asked)
        path = re.sub(r"^rtsp://[^/]*", "", request.uri).strip("/")
        if path != self.path and not path.startswith(f"{self.path}/"):
            return answer(request, 404)
        session = ("Session", f"{client.session};timeout={self._session_seconds}")
        match request.method:
            case "DESCRIBE":
                base = ("Content-Base", f"{self.bare_url}/")
                return answer(request, 200, [base, ("Content-Type", "application/sdp")], self._sdp)
            case "SETUP":
                return self._set_up(client, request, session)
            case "PLAY" if client.channels:
                client.playing = True
                return answer(request, 200, [session, ("Range", "npt=0.000-")])
            case "PLAY":
                return answer(request, 455)
            case "GET_PARAMETER" | "TEARDOWN":
                return answer(request, 200, [session])
        return answer(request, 501, [("Public", _METHODS)])

    def _set_up(self, client: _Client, request: Request, session: tuple[str, str]) -> bytes:
        track = _TRACK.search(request.uri)
        wanted = _INTERLEAVED.search(request.headers.get("transport", ""))
        if track is None:
            return answer(request, 404)
        if wanted is None:
            return answer(request, 461)
        for ours, theirs in enumerate(wanted.groups(), int(track[1]) * 2):
            client.channels[ours] = int(theirs)
        transport = f"RTP/AVP/TCP;unicast;interleaved={wanted[1]}-{wanted[2]}"
        return answer(request, 200, [("Transport", transport), session])
