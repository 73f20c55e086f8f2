"""What is read from the bytes of a video, and that no bytes are too odd."""

from io import BytesIO

from hypothesis import example, given, strategies as st
import pytest

from custom_components.mqtt_sentinel.evidence.clips.streams import Movie, is_hevc, read_movie


def packet(pid: int, table: bytes, *, begins: bool = True, stuffing: int | None = None) -> bytes:
    """A packet of MPEG-TS with a table in it."""
    head = bytes([0x47, (0x40 if begins else 0) | pid >> 8, pid & 0xFF])
    if stuffing is None:
        body = b"\x10"
    else:
        body = bytes([0x30, stuffing]) + bytes(stuffing)
    return (head + body + b"\0" + table).ljust(188, b"\xff")


def table(kind: int, content: bytes) -> bytes:
    length = 5 + len(content) + 4
    return bytes([kind, 0xB0 | length >> 8, length & 0xFF, 0, 1, 0xC1, 0, 0]) + content + b"sum!"


def programs(*pids: int) -> bytes:
    entries = b"".join(
        bytes([0, number, 0xE0 | pid >> 8, pid & 0xFF]) for number, pid in enumerate(pids)
    )
    return packet(0, table(0, entries))


def streams(pid: int, *types: int, about: bytes = b"", **more: int) -> bytes:
    entries = b"".join(bytes([kind, 0xE1, 0, 0xF0, 2, 1, 2]) for kind in types)
    return packet(pid, table(2, bytes([0xE1, 0, 0xF0, len(about)]) + about + entries), **more)  # type: ignore[arg-type]  # handed on


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (programs(16, 256) + streams(256, 0x1B, 0x0F), False),
        (programs(16, 256) + streams(256, 0x0F, 0x24), True),
        (programs(16, 256) + streams(256, 0x24, about=b"about"), True),
        (programs(16, 256) + streams(256, 0x24, stuffing=7), True),
        (programs(16, 256) + streams(257, 0x24), None),
        (programs(16, 256) + streams(256), None),
        (streams(256, 0x24), None),
        (programs(16, 256) + packet(256, b"", begins=False) + streams(256, 0x24), True),
        (programs(16, 256) + streams(256, 0x24, stuffing=183), None),
        (programs(16, 256) + streams(256, 0x24, stuffing=180), None),
        (programs(16, 256) + packet(256, table(2, b"")), None),
        (b"", None),
        (b"junk" * 1000, None),
    ],
)
def test_the_codec_is_what_the_stream_says(data: bytes, expected: bool | None) -> None:
    assert is_hevc(BytesIO(data)) is expected


def box(kind: bytes, *content: bytes) -> bytes:
    data = b"".join(content)
    return (8 + len(data)).to_bytes(4) + kind + data


def wide(kind: bytes, *content: bytes) -> bytes:
    data = b"".join(content)
    return (1).to_bytes(4) + kind + (16 + len(data)).to_bytes(8) + data


def header(scale: int = 1000, length: int = 15_000) -> bytes:
    return box(b"mdhd", bytes(12), scale.to_bytes(4), length.to_bytes(4), bytes(4))


def header_64(scale: int, length: int) -> bytes:
    return box(b"mdhd", b"\1", bytes(19), scale.to_bytes(4), length.to_bytes(8), bytes(4))


def handler(kind: bytes) -> bytes:
    return box(b"hdlr", bytes(8), kind, bytes(12))


def sizes(frames: int) -> bytes:
    return box(b"minf", box(b"stbl", box(b"stsz", bytes(8), frames.to_bytes(4))))


def track(*content: bytes) -> bytes:
    return box(b"trak", box(b"tkhd", bytes(80)), box(b"mdia", *content))


SOUND = track(header(48_000), handler(b"soun"), sizes(700))
PICTURE = track(header(), handler(b"vide"), sizes(150))
MDAT = box(b"mdat", bytes(1000))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (box(b"ftyp") + box(b"moov", SOUND, PICTURE) + MDAT, Movie(15.0, 150)),
        (wide(b"mdat", bytes(50)) + wide(b"moov", PICTURE), Movie(15.0, 150)),
        (
            box(b"moov", track(header_64(90_000, 1 << 33), handler(b"vide"), sizes(9))),
            Movie((1 << 33) / 90_000, 9),
        ),
        (box(b"moov", PICTURE) + MDAT[:-1], None),
        (box(b"moov", SOUND) + MDAT, None),
        (box(b"moov", track(header(0), handler(b"vide"), sizes(150))), None),
        (box(b"moov", track(handler(b"vide"), sizes(150))), None),
        (box(b"moov", box(b"trak")), None),
        (box(b"moov", b"\0\0\0\1trak"), None),
        (b"\0\0\0\3moov", None),
        (MDAT, None),
        (b"", None),
    ],
)
def test_a_movie_is_as_long_as_it_says_if_it_is_whole(data: bytes, expected: Movie | None) -> None:
    assert read_movie(BytesIO(data)) == expected


@given(st.binary() | st.lists(st.binary(max_size=200)).map(b"".join))
@example(b"\0\0\0\1moov")
def test_whatever_it_is_it_is_read(data: bytes) -> None:
    read_movie(BytesIO(data))
    read_movie(BytesIO(box(b"moov", box(b"trak", box(b"mdia", data)))))
    is_hevc(BytesIO(data))
    is_hevc(BytesIO(programs(16, 256) + packet(256, data[:180])))
