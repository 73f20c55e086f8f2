"""What is said over RTSP (RFC 2326): requests, and answers put together from pieces. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
import re

from .sdp import MOST_BYTES as MOST_BODY

MOST_HEAD = 16 * 1024
_MOST_HEADERS = 64
_GREETING = b"RTSP/"
_STATUS = re.compile(r"RTSP/[12]\.\d{1,2} +(\d{3})(?: .*)?")
_ENDS = re.compile(rb"\r?\n\r?\n")


class RtspError(ValueError):
    """It is no answer as RTSP has them."""


class ForeignError(RtspError):
    """It is an answer, but of something else than RTSP."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer. Names of headers are in lower case; one may have been given several times."""

    status: int
    headers: Mapping[str, tuple[str, ...]] = field(repr=False)
    body: bytes = field(default=b"", repr=False)

    def first(self, name: str) -> str:
        """The first header of a name; empty where there is none."""
        return self.headers.get(name, ("",))[0]


def request(method: str, uri: str, headers: Mapping[str, str]) -> bytes:
    """A request. Raises ValueError when something in it would end a line."""
    lines = [f"{method} {uri} RTSP/1.0", *(f"{name}: {value}" for name, value in headers.items())]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a line within a line")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape")


class AnswerReader:
    """Puts one answer together. What comes after it is left where it is."""

    def __init__(self) -> None:
        self._data = b""
        self._head: Answer | None = None
        self._body_at = 0
        self._length = 0

    @property
    def begun(self) -> bool:
        """Tell whether anything has come at all."""
        return bool(self._data)

    def feed(self, piece: bytes) -> Answer | None:
        """Take what came; the answer when it is whole, None while it is not.

        Raises :class:`ForeignError` as soon as it cannot become RTSP, :class:`RtspError` when it is
        malformed or longer than any real one.
        """
        self._data = (self._data + piece) if self._data else piece.lstrip(b"\r\n")
        if not self._head:
            self._read_head()
        if not self._head or len(self._data) - self._body_at < self._length:
            return None
        body = self._data[self._body_at : self._body_at + self._length]
        return Answer(self._head.status, self._head.headers, body)

    def _read_head(self) -> None:
        if self._data[: len(_GREETING)] != _GREETING[: len(self._data)]:
            raise ForeignError("not RTSP")
        end = _ENDS.search(self._data, 0, MOST_HEAD)
        if not end:
            if len(self._data) >= MOST_HEAD:
                raise RtspError("too long")
            return
        self._head = _read_head(self._data[: end.start()])
        self._body_at = end.end()
        self._length = _length(self._head.first("content-length"))


def _read_head(head: bytes) -> Answer:
    first, *lines = head.decode("utf-8", "surrogateescape").replace("\r\n", "\n").split("\n")
    status = _STATUS.fullmatch(first)
    if not status:
        raise RtspError("no status")
    if len(lines) > _MOST_HEADERS:
        raise RtspError("too many headers")
    headers: dict[str, tuple[str, ...]] = {}
    for line in lines:
        name, _, value = line.partition(":")
        key = name.strip().lower()
        headers[key] = (*headers.get(key, ()), value.strip())
    return Answer(int(status[1]), headers)


def _length(text: str) -> int:
    if not text:
        return 0
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) > MOST_BODY:
        raise RtspError("too long")
    return int(text)
