"""What files of evidence are: found out from their bytes, never from what somebody says of them."""

from dataclasses import dataclass
from typing import Final

_EBML = b"\x1a\x45\xdf\xa3"
# Where an EBML file says which it is.
_DOCTYPE_WITHIN = 64
_TS_PACKET = 188
_TS_SYNC = 0x47
_TS_PACKETS = 4

_JPEG_BEGIN = b"\xff\xd8"
_JPEG_END = 0xD9
_JPEG_SCAN = 0xDA
# The frame headers of a JPEG; of this row, three are tables.
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_ALONE = frozenset(range(0xD0, 0xD8)) | {0x01}


@dataclass(frozen=True, slots=True)
class Container:
    """A kind of file: how its name ends, its content type, and what ffmpeg calls it.

    What is not ``known`` is kept, and only ever handed out to be saved.
    """

    suffix: str
    mime: str
    demuxer: str | None = None

    @property
    def known(self) -> bool:
        """Tell whether it may be shown as what it is."""
        return self is not UNKNOWN


JPEG: Final = Container("jpg", "image/jpeg")
MP4: Final = Container("mp4", "video/mp4", "mov")
WEBM: Final = Container("webm", "video/webm", "matroska")
MATROSKA: Final = Container("mkv", "video/x-matroska", "matroska")
AVI: Final = Container("avi", "video/x-msvideo", "avi")
MPEG_TS: Final = Container("ts", "video/mp2t", "mpegts")
UNKNOWN: Final = Container("bin", "application/octet-stream")

BY_SUFFIX: Final = {
    container.suffix: container for container in (JPEG, MP4, WEBM, MATROSKA, AVI, MPEG_TS, UNKNOWN)
}


def video_container(content: bytes) -> Container:
    """What a video is."""
    if content[4:8] == b"ftyp" and 8 <= int.from_bytes(content[:4]) <= len(content):
        return MP4
    if content.startswith(_EBML):
        head = content[:_DOCTYPE_WITHIN]
        return WEBM if b"webm" in head else MATROSKA if b"matroska" in head else UNKNOWN
    if content.startswith(b"RIFF") and content[8:12] == b"AVI ":
        return AVI
    syncs = content[: _TS_PACKET * _TS_PACKETS : _TS_PACKET]
    if len(syncs) == _TS_PACKETS and set(syncs) == {_TS_SYNC}:
        return MPEG_TS
    return UNKNOWN


def jpeg_size(content: bytes) -> tuple[int, int] | None:
    """Width and height of a JPEG, None if it is none: its headers are read, nothing is decoded."""
    if not content.startswith(_JPEG_BEGIN):
        return None
    at, size = 2, None
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:  # between two markers there may be any number of these
            at += 1
            continue
        if marker in _JPEG_ALONE:
            at += 2
            continue
        if marker == _JPEG_END:
            return None
        if marker == _JPEG_SCAN:
            return size
        length = int.from_bytes(content[at + 2 : at + 4])
        if length < 2:
            return None
        if marker in _JPEG_FRAMES:
            size = _frame_size(content[at + 4 : at + 2 + length])
            if size is None:
                return None
        at += 2 + length
    return None


def _frame_size(header: bytes) -> tuple[int, int] | None:
    if len(header) < 6:
        return None
    height, width = int.from_bytes(header[1:3]), int.from_bytes(header[3:5])
    return (width, height) if width and height else None
