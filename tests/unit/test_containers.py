"""What a file is, found out from its bytes."""

from pathlib import Path

from hypothesis import given, strategies as st
import pytest

from custom_components.mqtt_sentinel.evidence.containers import (
    AVI,
    BY_SUFFIX,
    JPEG,
    MATROSKA,
    MP4,
    MPEG_TS,
    UNKNOWN,
    WEBM,
    Container,
    jpeg_size,
    video_container,
)
from demo.cameras import ffmpeg
from tests.media import files

MADE = {
    "mp4": ("-c:v", "mpeg4"),
    "webm": ("-c:v", "libvpx"),
    "mkv": ("-c:v", "mpeg4"),
    "avi": ("-c:v", "mpeg4"),
    "ts": ("-c:v", "mpeg2video"),
}


@pytest.mark.parametrize("suffix", MADE)
def test_a_real_video_is_recognised(suffix: str, tmp_path: Path) -> None:
    content = files.video(str(ffmpeg.find()), tmp_path / f"it.{suffix}", *MADE[suffix])
    found = video_container(content)
    assert found is BY_SUFFIX[suffix]
    assert found.known
    assert found.mime.startswith("video/")


@pytest.mark.parametrize(
    ("content", "container"),
    [
        (b"\0\0\0\x10ftypisom\0\0\0\0", MP4),
        (b"\0\0\0\x07ftypisom", UNKNOWN),  # smaller than its own head
        (b"\0\0\xff\xffftypisom", UNKNOWN),  # larger than the file
        (b"\x1a\x45\xdf\xa3\x42\x82\x84webm", WEBM),
        (b"\x1a\x45\xdf\xa3\x42\x82\x88matroska", MATROSKA),
        (b"\x1a\x45\xdf\xa3" + bytes(80) + b"webm", UNKNOWN),
        (b"RIFF\0\0\0\0AVI LIST", AVI),
        (b"RIFF\0\0\0\0WAVEfmt ", UNKNOWN),
        ((b"\x47" + bytes(187)) * 4, MPEG_TS),
        ((b"\x47" + bytes(187)) * 3, UNKNOWN),
        (b"#EXTM3U\nhttp://elsewhere/", UNKNOWN),
        (b"<html><script>", UNKNOWN),
        (b"", UNKNOWN),
    ],
)
def test_a_video_is_what_its_bytes_say(content: bytes, container: Container) -> None:
    assert video_container(content) is container


def test_what_is_unknown_is_only_saved() -> None:
    assert not UNKNOWN.known
    assert UNKNOWN.mime == "application/octet-stream"
    assert BY_SUFFIX["jpg"] is JPEG


def test_the_size_of_a_jpeg() -> None:
    assert jpeg_size(files.JPEG) == (1, 1)


FRAME = bytes.fromhex("ffc0000b080002000301011100")
SCAN = bytes.fromhex("ffda0008010100003f00")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xd8",
        b"\xff\xd8\xff\xd9\0\0",  # over before it began
        b"\xff\xd8" + SCAN,  # a scan of nothing
        b"\xff\xd8" + FRAME,  # nothing of it
        b"\xff\xd8\xff\xe0\0\x01" + FRAME + SCAN,  # a length that cannot be
        b"\xff\xd8\xff\xe0\xff\xff" + FRAME + SCAN,  # leads out of the file
        b"\xff\xd8\xff\xc0\0\x04\0\0" + SCAN,  # a frame without a size
        b"\xff\xd8\xff\xc0\0\x0b\x08\0\0\0\x03\x01\x01\x11\0" + SCAN,  # of no height
        b"\xff\xd8<html>" + FRAME + SCAN,
        b"GIF89a" + FRAME + SCAN,
    ],
)
def test_what_is_no_jpeg(content: bytes) -> None:
    assert jpeg_size(content) is None


def test_fillers_and_marks_without_a_length_are_passed_by() -> None:
    assert jpeg_size(b"\xff\xd8\xff\xff\xff\x01" + FRAME + SCAN) == (3, 2)


@given(st.binary(max_size=400), st.sampled_from([b"", b"\xff\xd8", b"\xff\xd8" + FRAME]))
def test_nothing_that_is_read_is_too_much(content: bytes, begin: bytes) -> None:
    size = jpeg_size(begin + content)
    assert size is None or min(size) > 0
    assert video_container(content) in BY_SUFFIX.values()
