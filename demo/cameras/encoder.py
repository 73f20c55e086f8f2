"""One ffmpeg that turns drawn pictures into RTP, as the inside of a camera does.

It gets raw pictures on its standard input, and publishes what it makes by RTSP (ANNOUNCE, RECORD)
over TCP to a port of ours: no packet is lost on the way, and it ends when we do.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from itertools import count
import time

from .clock import WIDTH, Face, Moment
from .ffmpeg import FfmpegError, find
from .rtsp import Packet, RtspError, answer, receive

_START_SECONDS = 20.0
_SAID_BYTES = 4000


class Codec(StrEnum):
    """What the picture is coded with."""

    H264 = "h264"
    H265 = "h265"
    MJPEG = "mjpeg"


class Audio(StrEnum):
    """What the sound, a hum, is coded with."""

    NONE = "none"
    G711 = "g711"
    AAC = "aac"


@dataclass(frozen=True, slots=True)
class Look:
    """What a camera delivers: pictures of ``width`` by ``height``, ``fps`` a second.

    A group of pictures begins with a key frame and has ``gop`` of them. ``b_frames`` is how many
    stand between two others (H.264 only). ``kbits`` a second are filled up with nothing where the
    picture needs less (H.264 only), as a real picture would need them; None for what it needs.
    """

    width: int = 320
    height: int = 240
    fps: int = 10
    gop: int = 10
    codec: Codec = Codec.H264
    b_frames: int = 0
    audio: Audio = Audio.NONE
    kbits: int | None = None

    @property
    def drawn_height(self) -> int:
        """How high pictures are drawn, to be made as large as wanted."""
        return WIDTH * self.height // self.width


FULL_HD = Look(width=1920, height=1080, fps=15, gop=15, kbits=4000)
"""As cameras are today; to draw and to code it takes about a tenth of a processor core."""


def _h264(look: Look) -> list[str]:
    words = ["-c:v", "libx264", "-preset", "ultrafast", "-sc_threshold", "0"]
    words += ["-bf", str(look.b_frames), "-pix_fmt", "yuv420p"]
    words += ["-tune", "zerolatency"] if not look.b_frames else ["-b_strategy", "0"]
    if look.kbits is not None:
        rate = f"{look.kbits}k"
        words += ["-b:v", rate, "-minrate", rate, "-maxrate", rate, "-bufsize", rate]
        words += ["-x264-params", "nal-hrd=cbr:force-cfr=1"]
    # Each key frame brings what is needed to decode it; by itself it would stand in the SDP alone.
    return [*words, "-bsf:v", "dump_extra=freq=keyframe"]


def _h265(look: Look) -> list[str]:
    settings = (
        f"keyint={look.gop}:min-keyint={look.gop}:scenecut=0:bframes=0:log-level=error:pools=1"
    )
    return [
        *("-c:v", "libx265", "-preset", "ultrafast", "-tune", "zerolatency"),
        *("-pix_fmt", "yuv420p", "-x265-params", settings, "-bsf:v", "dump_extra=freq=keyframe"),
    ]


def _mjpeg(_: Look) -> list[str]:
    # What RTP can carry of JPEG: the usual tables.
    return [
        *("-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "4", "-huffman", "default"),
        *("-force_duplicated_matrix", "1", "-strict", "unofficial"),
    ]


_CODECS = {Codec.H264: _h264, Codec.H265: _h265, Codec.MJPEG: _mjpeg}

_AUDIO = {
    Audio.NONE: [],
    Audio.G711: ["-c:a", "pcm_mulaw", "-ar", "8000", "-ac", "1"],
    Audio.AAC: ["-c:a", "aac", "-ar", "16000", "-ac", "1", "-b:a", "32k"],
}


def _command(look: Look, url: str) -> list[str]:
    drawn = f"{WIDTH}x{look.drawn_height}"
    words = [
        *(str(find()), "-hide_banner", "-nostats", "-loglevel", "warning"),
        *("-probesize", "32", "-analyzeduration", "0", "-f", "rawvideo", "-pixel_format", "gray"),
        *("-video_size", drawn, "-framerate", str(look.fps), "-i", "pipe:0"),
    ]
    if look.audio is not Audio.NONE:
        words += ["-f", "lavfi", "-i", "sine=frequency=110", "-map", "0:v", "-map", "1:a"]
    if (look.width, look.height) != (WIDTH, look.drawn_height):
        words += ["-vf", f"scale={look.width}:{look.height}:flags=neighbor"]
    words += ["-threads", "1", "-g", str(look.gop), *_CODECS[look.codec](look)]
    return [*words, *_AUDIO[look.audio], "-f", "rtsp", "-rtsp_transport", "tcp", url]


class Encoder:
    """The ffmpeg of one camera. ``on_packet`` is called with each RTP and RTCP packet.

    The channel of a packet is twice the number of its track, plus one for RTCP. ``on_end`` is
    called when it ends without :meth:`close`.
    """

    def __init__(
        self, look: Look, on_packet: Callable[[Packet], None], on_end: Callable[[], None]
    ) -> None:
        """Start nothing yet."""
        self._look = look
        self._on_packet = on_packet
        self._on_end = on_end
        self._face = Face(look.drawn_height)
        self._sdp: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._process: asyncio.subprocess.Process | None = None
        self._server: asyncio.Server | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._said = b""
        self._closing = False

    @property
    def pid(self) -> int | None:
        """Its process, None while there is none."""
        if self._process is None or self._process.returncode is not None:
            return None
        return self._process.pid

    async def open(self) -> bytes:
        """Start, and return the SDP once it delivers. Raises FfmpegError."""
        self._server = await asyncio.start_server(self._record, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self._process = await asyncio.create_subprocess_exec(
            *_command(self._look, f"rtsp://127.0.0.1:{port}/made"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        self._tasks = [
            asyncio.create_task(self._paint(self._process)),
            asyncio.create_task(self._watch(self._process)),
        ]
        try:
            async with asyncio.timeout(_START_SECONDS):
                return await self._sdp
        except (TimeoutError, FfmpegError) as error:
            await self.close()
            raise FfmpegError(f"the encoder does not work: {self._said.decode()}") from error

    async def close(self) -> None:
        """End the process, and all that belongs to it."""
        self._closing = True
        if self.pid is not None and self._process is not None:
            self._process.kill()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._server is not None:
            self._server.close()
            self._server.close_clients()
            await self._server.wait_closed()

    async def _paint(self, process: asyncio.subprocess.Process) -> None:
        """Draw at a steady rate. A picture that was missed is drawn late, none is left out."""
        assert process.stdin is not None
        loop = asyncio.get_running_loop()
        began, wall = loop.time(), time.time()
        with suppress(ConnectionError):
            for number in count():
                at = number / self._look.fps
                await asyncio.sleep(max(0.0, began + at - loop.time()))
                picture = self._face.draw(Moment(round((wall + at) * 1000), number))
                process.stdin.write(picture)
                await process.stdin.drain()

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        """Keep the last words of the process, and tell when it ends."""
        assert process.stderr is not None
        while said := await process.stderr.read(_SAID_BYTES):
            self._said = (self._said + said)[-_SAID_BYTES:]
        await process.wait()
        self._tasks[0].cancel()
        if not self._sdp.done():
            self._sdp.set_exception(FfmpegError("it ended"))
        elif not self._closing:
            self._on_end()

    async def _record(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take what the process publishes."""
        sdp = b""
        try:
            while said := await receive(reader):
                if isinstance(said, Packet):
                    if not self._closing:
                        self._on_packet(said)
                    continue
                headers = [("Session", "made")]
                match said.method:
                    case "ANNOUNCE":
                        sdp = said.body
                    case "SETUP":
                        headers.append(("Transport", said.headers.get("transport", "")))
                writer.write(answer(said, 200, headers))
                if said.method == "RECORD" and not self._sdp.done():
                    self._sdp.set_result(sdp)
        except RtspError, ConnectionError:
            pass  # the process ends: who watches it says so
        finally:
            writer.close()
