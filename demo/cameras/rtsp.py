"""The words of RTSP (RFC 2326): requests, answers, and the packets between them on one connection."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

_MOST_HEADERS = 100
_MOST_BODY = 1 << 20

_REASONS = {454: "Session Not Found", 455: "Method Not Valid in This State"} | {
    461: "Unsupported Transport"
}


class RtspError(Exception):
    """What came is not RTSP."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request; the names of its headers are in lower case."""

    method: str
    uri: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Packet:
    """One RTP or RTCP packet, interleaved (section 10.12)."""

    channel: int
    data: bytes

    def __bytes__(self) -> bytes:
        """As it is sent."""
        return b"$" + bytes([self.channel]) + len(self.data).to_bytes(2) + self.data


async def receive(reader: asyncio.StreamReader) -> Request | Packet | None:
    """Return what comes next, None when the other side has ended; raises RtspError."""
    try:
        first = await reader.readexactly(1)
        if first == b"$":
            head = await reader.readexactly(3)
            return Packet(head[0], await reader.readexactly(int.from_bytes(head[1:])))
        return await _request(first, reader)
    except asyncio.IncompleteReadError:
        return None
    except asyncio.LimitOverrunError as reason:
        raise RtspError("a line is too long") from reason


async def _request(first: bytes, reader: asyncio.StreamReader) -> Request:
    line = _text(first + await reader.readuntil(b"\n"))
    words = line.split()
    if len(words) != 3 or not words[2].startswith("RTSP/"):
        raise RtspError(f"not a request: {line[:80]!r}")
    headers: dict[str, str] = {}
    for _ in range(_MOST_HEADERS):
        header = _text(await reader.readuntil(b"\n"))
        if not header:
            break
        name, _, value = header.partition(":")
        headers[name.strip().lower()] = value.strip()
    else:
        raise RtspError("too many headers")
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > _MOST_BODY:
        raise RtspError(f"not a length: {length[:80]!r}")
    return Request(words[0], words[1], headers, await reader.readexactly(int(length)))


def _text(line: bytes) -> str:
    return line.decode(errors="replace").strip()


def answer(
    request: Request,
    status: int = 200,
    headers: Iterable[tuple[str, str]] = (),
    body: bytes = b"",
) -> bytes:
    """Return the answer to a request."""
    reason = _REASONS.get(status) or HTTPStatus(status).phrase
    said = [("CSeq", request.headers.get("cseq", "0")), *headers]
    if body:
        said.append(("Content-Length", str(len(body))))
    lines = [f"RTSP/1.0 {status} {reason}", *(f"{name}: {value}" for name, value in said)]
    return "\r\n".join([*lines, "", ""]).encode() + body
