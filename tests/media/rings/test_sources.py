"""Sources of other kinds than a stream that is copied."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path
import subprocess

import pytest

from custom_components.mqtt_sentinel.evidence.cameras import probe
from custom_components.mqtt_sentinel.evidence.cameras.codecs import Contents
from custom_components.mqtt_sentinel.evidence.cameras.probe import LostError, contents_of, length_of
from custom_components.mqtt_sentinel.evidence.cameras.process import Program
from custom_components.mqtt_sentinel.evidence.cameras.source import (
    PiCamera,
    StillImages,
    UrlSource,
    VideoDevice,
    of_this_computer,
)
from custom_components.mqtt_sentinel.evidence.cameras.stream import Condition, Left, Lost

from .streams import HEIGHT, RATE, WIDTH, CameraServer, film
from .watching import QUICK, Watched, frames, watched


@pytest.fixture
async def mjpeg(maker: str, tmp_path: Path, sockets: None) -> AsyncGenerator[CameraServer]:
    """A camera of the old kind: JPEG images and the sound of a telephone, in NUT."""
    path = tmp_path / "film.nut"
    film(maker, path, seconds=40, audio="pcm_alaw", codec="mjpeg")
    async with CameraServer(maker, path, "nut") as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "ring"
    made.mkdir()
    return made


@pytest.fixture
def pi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, maker: str, film_h264: Path) -> Path:
    """A Raspberry Pi: its program writes raw H.264, and what it was asked for into a file."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "libcamera-vid"
    asked = folder / "asked"
    program.write_text(
        f'#!/bin/sh\necho "$@" > "{asked}"\n'
        f'exec "{maker}" -nostdin -loglevel error -re -i "{film_h264}" -c copy -an -f h264 pipe:1\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    return asked


async def test_what_cannot_be_copied_is_encoded_and_that_is_told(
    ffmpeg: str, mjpeg: CameraServer, folder: Path, rings: list[Watched]
) -> None:
    one = watched(rings, ffmpeg, [UrlSource(mjpeg.url())], folder)
    await one.count(3)
    assert one.ring.stream.encodes
    assert one.ring.contents == Contents("mjpeg", "pcm_alaw", WIDTH, HEIGHT, RATE)
    for segment in one.segments[:3]:
        assert segment.duration == pytest.approx(1.0, abs=0.2)
        assert frames(ffmpeg, segment.path) == pytest.approx(RATE, abs=3)


async def test_a_raspberry_pi_camera(
    ffmpeg: str, pi: Path, folder: Path, rings: list[Watched]
) -> None:
    one = watched(rings, ffmpeg, of_this_computer(1), folder)
    await one.count(3)
    assert one.ring.stream.source == "libcamera-vid:1"
    assert one.ring.stream.left == (Left("rpicam-vid:1", Lost.NO_PROGRAM),)
    assert not one.ring.stream.encodes
    assert "--camera 1" in pi.read_text()
    for segment in one.segments[:3]:
        assert frames(ffmpeg, segment.path) == pytest.approx(segment.duration * RATE, abs=3)


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo 'ERROR: *** no cameras available ***' >&2; exit 255", Lost.NOT_FOUND),
        ("exit 127", Lost.NO_PROGRAM),
    ],
)
async def test_a_raspberry_pi_camera_that_ends(
    ffmpeg: str, pi: Path, folder: Path, rings: list[Watched], script: str, why: Lost
) -> None:
    (pi.parent / "libcamera-vid").write_text(f"#!/bin/sh\n{script}\n")
    one = watched(rings, ffmpeg, [PiCamera("libcamera-vid")], folder)
    await one.lost(why)


async def test_a_look_that_takes_too_long(
    tmp_path: Path, film_h264: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangs = tmp_path / "ffmpeg"
    hangs.write_text("#!/bin/sh\nexec sleep 600\n")
    hangs.chmod(0o755)
    monkeypatch.setattr(probe, "_MEASURE_SECONDS", 0.05)
    assert await length_of(str(hangs), film_h264) is None
    with pytest.raises(LostError, match="timeout"):
        await contents_of(str(hangs), VideoDevice(), 0.05)


async def test_a_computer_that_starts_no_more_processes(
    film_h264: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def none(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(Program, "start", none)
    assert await length_of("ffmpeg", film_h264) is None
    with pytest.raises(LostError, match="no_ffmpeg: Resource temporarily unavailable"):
        await contents_of("ffmpeg", VideoDevice(), 15)


async def test_a_computer_without_a_camera(ffmpeg: str, folder: Path, rings: list[Watched]) -> None:
    one = watched(rings, ffmpeg, of_this_computer(0, "/dev/video987"), folder)
    await one.lost(Lost.NOT_FOUND)
    assert [left.why for left in one.ring.stream.left] == [
        *(Lost.NO_PROGRAM, Lost.NO_PROGRAM, Lost.NOT_FOUND, Lost.NOT_FOUND)
    ]


def jpegs(maker: str, count: int) -> list[bytes]:
    """Images of an odd size, which H.264 does not have."""
    told = subprocess.run(
        [
            *(maker, "-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=size=161x121:rate=1"),
            *("-frames:v", str(count), "-f", "image2pipe", "-c:v", "mjpeg", "pipe:1"),
        ],
        check=True,
        capture_output=True,
    ).stdout
    return [b"\xff\xd8\xff" + image for image in told.split(b"\xff\xd8\xff")[1:]]


async def test_still_images(ffmpeg: str, maker: str, folder: Path, rings: list[Watched]) -> None:
    images = jpegs(maker, 5)
    one = watched(rings, ffmpeg, [StillImages()], folder)
    assert not one.ring.feed(images[0])  # nobody reads yet

    async def feed() -> None:
        number = 0
        while True:
            # What is no image is sent as well, and harms none.
            one.ring.feed(images[number % 5] if number % 4 else b"\r\n--sentinel\r\nX: y\r\n\r\n")
            number += 1
            await asyncio.sleep(0.25)

    feeding = asyncio.create_task(feed())
    try:
        await one.count(4)
    finally:
        feeding.cancel()
    assert one.ring.stream.encodes
    for segment in one.segments[:4]:
        assert 0.5 < segment.duration < 3
        assert frames(ffmpeg, segment.path)


async def test_still_images_of_which_none_comes(
    ffmpeg: str, folder: Path, rings: list[Watched]
) -> None:
    one = watched(rings, ffmpeg, [StillImages()], folder, replace(QUICK, first=0.3))
    await one.lost(Lost.TIMEOUT)
    assert one.conditions() == [Condition.STARTING, Condition.LOST]


async def test_what_is_in_a_stream(ffmpeg: str, camera: CameraServer) -> None:
    assert await contents_of(ffmpeg, UrlSource(camera.url()), 15) == Contents(
        "h264", "aac", WIDTH, HEIGHT, RATE
    )


async def test_why_it_cannot_be_told_what_is_in_a_stream(ffmpeg: str, camera: CameraServer) -> None:
    with pytest.raises(LostError) as raised:
        await contents_of(ffmpeg, UrlSource(camera.url("401", "joe:secret@")), 15)
    assert raised.value.why is Lost.UNAUTHORIZED
    assert "secret" not in str(raised.value)
    with pytest.raises(LostError, match="not_found"):
        await contents_of(ffmpeg, VideoDevice("/dev/video987"), 15)


async def test_no_length_of_what_is_no_piece(ffmpeg: str, tmp_path: Path, film_h264: Path) -> None:
    piece = tmp_path / "concat:-y.ts"
    assert await length_of(ffmpeg, piece) is None
    piece.write_bytes(b"G" * 10_000)
    assert await length_of(ffmpeg, piece) is None
    piece.write_bytes(film_h264.read_bytes()[:200_000])
    length = await length_of(ffmpeg, piece)
    assert length
    assert 0.5 < length < 10  # it is cut in the middle of a picture


async def test_a_full_disk_is_told(
    tmp_path: Path, camera: CameraServer, folder: Path, rings: list[Watched], ffmpeg: str
) -> None:
    """It is said by a stand-in: nobody but root makes a disk that is full."""
    full = tmp_path / "full-ffmpeg"
    full.write_text(
        f'#!/bin/sh\ncase "$*" in\n*segment*) echo "x.ts: No space left on device" >&2; exit 1;;\n'
        f'*) exec "{ffmpeg}" "$@";;\nesac\n'
    )
    full.chmod(0o755)
    one = watched(rings, str(full), [UrlSource(camera.url())], folder)
    await one.lost(Lost.NO_SPACE)
