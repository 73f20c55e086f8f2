"""Cameras for tests: an HTTP server on loopback whose streams ffmpeg makes, at the pace of life."""

import asyncio
from contextlib import suppress
from pathlib import Path
import subprocess
from types import TracebackType
from typing import Self

WIDTH, HEIGHT, RATE = 320, 240, 25


def film(
    ffmpeg: str, path: Path, *, seconds: int = 90, audio: str = "aac", codec: str = "h264"
) -> None:
    """Make a film with a key frame a second, as a camera sends it; ``audio`` may be empty.

    So long that no test sees it begin again: there its times have a gap.
    """
    sound = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=8000"] if audio else []
    coding = {
        "h264": ("libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", str(RATE)),
        "mjpeg": ("mjpeg", "-q:v", "5"),
    }[codec]
    subprocess.run(
        [
            *(ffmpeg, "-y", "-loglevel", "error", "-f", "lavfi"),
            *("-i", f"testsrc2=size={WIDTH}x{HEIGHT}:rate={RATE}", *sound, "-t", str(seconds)),
            *("-c:v", *coding, *(("-c:a", audio) if audio else ()), str(path)),
        ],
        check=True,
    )


class CameraServer:
    """Serves one film over and over, from its begin to each who asks, by ``/stream``.

    ``/401``, ``/404`` and ``/silent`` are what they are called; ``/page`` is no stream. It can be told
    to :meth:`hang` (connections stay, nothing comes) and to :meth:`cut` all.
    """

    def __init__(self, ffmpeg: str, source: Path, container: str = "mpegts") -> None:
        self._ffmpeg = ffmpeg
        self._source = source
        self._container = container
        self._server: asyncio.Server | None = None
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._serving: set[asyncio.Task[None]] = set()
        self.port = 0
        self.asked: list[str] = []

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def open(self) -> None:
        """Listen, on the same port each time."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Cut all, and listen no more."""
        assert self._server
        self._server.close()
        await self.cut()

    def url(self, path: str = "stream", user: str = "") -> str:
        return f"http://{user}127.0.0.1:{self.port}/{path}"

    def hang(self) -> None:
        self._flowing.clear()

    def flow(self) -> None:
        self._flowing.set()

    async def cut(self) -> None:
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._serving.add(task)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            path = head.split()[1].decode().lstrip("/")
            self.asked.append(path)
            match path:
                case "401" | "404":
                    writer.write(f"HTTP/1.1 {path} No\r\nContent-Length: 0\r\n\r\n".encode())
                case "silent":
                    await asyncio.Event().wait()
                case "page":
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
                case _:
                    await self._film(writer)
        except OSError, asyncio.IncompleteReadError, asyncio.CancelledError:
            pass
        finally:
            self._serving.discard(task)
            writer.transport.abort()

    async def _film(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        maker = await asyncio.create_subprocess_exec(
            *(self._ffmpeg, "-nostdin", "-loglevel", "error", "-re", "-stream_loop", "-1"),
            *("-i", str(self._source), "-c", "copy", "-f", self._container, "-flush_packets", "1"),
            "pipe:1",
            stdout=asyncio.subprocess.PIPE,
        )
        assert maker.stdout
        try:
            while some := await maker.stdout.read(65_536):
                await self._flowing.wait()
                writer.write(some)
                await writer.drain()
        finally:
            with suppress(ProcessLookupError):
                maker.kill()
            await maker.wait()
