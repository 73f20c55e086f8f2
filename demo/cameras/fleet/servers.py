"""The TCP ports of one thing: ONVIF over HTTP, and RTSP, each as its kind has it."""

import asyncio
from collections.abc import Awaitable, Callable
import re

from demo.cameras import rtsp

from .discovery import BOMB
from .kinds import Asked, Streamed, Thing
from .onvif import answer
from .sdp import describe

_MOST_BODY = 1 << 20
_PAGE = b"<!DOCTYPE html><title>Router</title><h1>It works!</h1>"
_LENGTH = re.compile(rb"\r\nContent-Length:\s*(\d+)", re.IGNORECASE)
_ANY_PATH = (Asked.NOBODY, Asked.PAGE, Asked.GARBAGE, Asked.BOMB, Asked.SILENT, Asked.LIES)
"""Those whose path nobody can learn."""

type Served = Callable[[Thing, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def serve_http(
    thing: Thing, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Answer HTTP requests on one connection until it ends."""
    while True:
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        body = await reader.readexactly(min(int(length[1]), _MOST_BODY) if length else 0)
        status, kind, said = 200, "application/soap+xml; charset=utf-8", b""
        match thing.kind.asked:
            case Asked.SILENT:
                continue
            case Asked.PAGE:
                kind, said = "text/html", _PAGE
            case Asked.GARBAGE:
                said = bytes(range(256)) * 16
            case Asked.BOMB:
                said = BOMB
            case _ if not head.startswith(b"POST /onvif/"):
                status, kind, said = 404, "text/html", _PAGE
            case _:
                if thing.kind.asked is Asked.LATE:
                    await asyncio.sleep(thing.kind.delay)
                status, said = answer(thing, body)
        writer.write(
            f"HTTP/1.1 {status} Said\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {len(said)}\r\n\r\n".encode()
            + said
        )
        await writer.drain()


async def serve_rtsp(
    thing: Thing, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Answer RTSP requests on one connection until it ends, or do what its kind does instead."""
    match thing.kind.streamed:
        case Streamed.CLOSES:
            return
        case Streamed.SSH:
            writer.write(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")
            await reader.read()
        case Streamed.HTTP:
            await reader.readuntil(b"\n")
            head = f"HTTP/1.1 400 Bad Request\r\nContent-Length: {len(_PAGE)}\r\n\r\n"
            writer.write(head.encode() + _PAGE)
        case Streamed.ECHO:
            while said := await reader.read(65536):
                writer.write(said)
                await writer.drain()
        case Streamed.GARBAGE:
            while True:
                writer.write(bytes(range(256)) * 256)
                await writer.drain()
                await asyncio.sleep(0.01)
        case Streamed.SILENT:
            await reader.read()
        case _:
            await _answer_rtsp(thing, reader, writer)


async def _answer_rtsp(
    thing: Thing, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    while isinstance(request := await rtsp.receive(reader), rtsp.Request):
        if thing.kind.streamed is Streamed.LATE:
            await asyncio.sleep(thing.kind.delay)
        writer.write(_answer(thing, request))
        await writer.drain()


def _answer(thing: Thing, request: rtsp.Request) -> bytes:
    server = ("Server", "Hipcam RealServer/V1.0")
    if request.method == "OPTIONS":
        methods = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"
        return rtsp.answer(request, 200, [server, ("Public", methods)])
    access = thing.kind.access
    if not access.admits(request.method, request.headers.get("authorization")):
        asked = [("WWW-Authenticate", challenge) for challenge in access.challenges()]
        return rtsp.answer(request, 401, [server, *asked])
    path = re.sub(r"^rtsp://[^/]*/?", "", request.uri)
    knows = thing.kind.asked in _ANY_PATH or path == thing.path
    if thing.kind.streamed is Streamed.NO_PATH or not knows:
        return rtsp.answer(request, 404, [server])
    if request.method != "DESCRIBE":
        return rtsp.answer(request, 501, [server])
    headers = [server, ("Content-Base", f"{request.uri}/"), ("Content-Type", "application/sdp")]
    return rtsp.answer(request, 200, headers, describe(thing.kind.streams, thing.address))
