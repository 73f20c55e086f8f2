"""What is in a file of video, as far as we have to know: read from its bytes, no program is asked."""

from dataclasses import dataclass
from io import SEEK_END
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator

# MPEG-TS, ISO 13818-1.
_PACKET = 188
_SYNC = 0x47
_PAT = 0
_HEVC = 0x24
_ENOUGH_PACKETS = 2000

# MP4, ISO 14496-12.
_MOST_MOOV = 64 << 20


def is_hevc(file: BinaryIO) -> bool | None:
    """Tell whether the video of an MPEG-TS is HEVC, None if it does not say what it is."""
    data = file.read(_PACKET * _ENOUGH_PACKETS)
    tables: set[int] = set()
    for start in range(0, len(data) - _PACKET + 1, _PACKET):
        packet = data[start : start + _PACKET]
        pid = (packet[1] & 0x1F) << 8 | packet[2]
        if packet[0] != _SYNC or not packet[1] & 0x40:  # only where a table begins
            continue
        if pid == _PAT:
            tables.update(_programs(_section(packet)))
        elif pid in tables:
            types = list(_stream_types(_section(packet)))
            if types:
                return _HEVC in types
    return None


def _section(packet: bytes) -> bytes:
    """The table that begins in a packet, without its check sum; one of a camera fits into one."""
    start = 4
    if packet[3] & 0x20:
        start += 1 + packet[4]
    if not packet[3] & 0x10 or start >= _PACKET:
        return b""
    start += 1 + packet[start]
    section = packet[start:]
    if len(section) < 12:
        return b""
    return section[: max(3 + ((section[1] & 0x0F) << 8 | section[2]) - 4, 0)]


def _programs(section: bytes) -> Iterator[int]:
    for at in range(8, len(section) - 3, 4):
        if section[at : at + 2] != b"\0\0":
            yield (section[at + 2] & 0x1F) << 8 | section[at + 3]


def _stream_types(section: bytes) -> Iterator[int]:
    if len(section) < 12:
        return
    at = 12 + ((section[10] & 0x0F) << 8 | section[11])
    while at + 5 <= len(section):
        yield section[at]
        at += 5 + ((section[at + 3] & 0x0F) << 8 | section[at + 4])


@dataclass(frozen=True, slots=True)
class Movie:
    """The video of an MP4: its length in seconds, and how many frames it has."""

    duration: float
    frames: int


def read_movie(file: BinaryIO) -> Movie | None:
    """Read the first video of an MP4, None if it has none or is no whole MP4."""
    moov = _moov(file)
    for track in _inside(moov, b"trak"):
        [*media] = _inside(track, b"mdia")
        if media and (movie := _movie(media[0])):
            return movie
    return None


def _moov(file: BinaryIO) -> bytes:
    """What describes an MP4; nothing if the file is cut off anywhere, as a full disk would."""
    end = file.seek(0, SEEK_END)
    at = 0
    moov = b""
    while at < end:
        file.seek(at)
        head = file.read(16)
        size, skipped = int.from_bytes(head[:4]), 8
        if size == 1:
            size, skipped = int.from_bytes(head[8:]), 16
        if size < skipped or at + size > end:
            return b""
        if head[4:8] == b"moov" and size <= _MOST_MOOV:
            file.seek(at + skipped)
            moov = file.read(size - skipped)
        at += size
    return moov


def _inside(data: bytes, kind: bytes) -> Iterator[bytes]:
    """What is in the boxes of a kind in a box."""
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4])
        if size < 8:
            return
        if data[at + 4 : at + 8] == kind:
            yield data[at + 8 : at + size]
        at += size


def _first(data: bytes, *kinds: bytes) -> bytes:
    for kind in kinds:
        data = next(_inside(data, kind), b"")
    return data


def _movie(media: bytes) -> Movie | None:
    handler, header = _first(media, b"hdlr"), _first(media, b"mdhd")
    sizes = _first(media, b"minf", b"stbl", b"stsz")
    if handler[8:12] != b"vide" or len(header) < 24 or len(sizes) < 12:
        return None
    wide = header[0] == 1
    scale = int.from_bytes(header[20:24] if wide else header[12:16])
    length = int.from_bytes(header[24:32] if wide else header[16:20])
    if not scale:
        return None
    return Movie(length / scale, int.from_bytes(sizes[8:12]))
