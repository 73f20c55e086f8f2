"""The latest picture of a ring."""

import asyncio
from pathlib import Path
import subprocess

import pytest

from custom_components.mqtt_sentinel.evidence.cameras import still
from custom_components.mqtt_sentinel.evidence.cameras.codecs import read_contents
from custom_components.mqtt_sentinel.evidence.cameras.process import Program
from custom_components.mqtt_sentinel.evidence.cameras.still import Still
from custom_components.mqtt_sentinel.evidence.facts import Segment

from .streams import HEIGHT, WIDTH
from .watching import now


def piece(path: Path) -> Segment:
    return Segment(path, 1, now(), 1.0)


def size_of(ffmpeg: str, picture: Path) -> tuple[int | None, int | None]:
    told = subprocess.run(
        [ffmpeg, "-hide_banner", "-i", picture], check=False, capture_output=True, text=True
    )
    contents = read_contents(told.stderr)
    assert contents
    return contents.width, contents.height


async def test_the_picture_of_the_newest_piece(
    ffmpeg: str, film_h264: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest: list[Segment] = []
    asked = []

    def find() -> Segment | None:
        asked.append(1)
        return newest[-1] if newest else None

    one = Still(ffmpeg, find)
    assert await one.picture() is None
    newest.append(piece(film_h264))
    first, second = await asyncio.gather(one.picture(), one.picture())
    assert first
    assert first is second
    assert len(asked) == 2
    shown = tmp_path / "picture.jpg"
    shown.write_bytes(first)
    assert size_of(ffmpeg, shown) == (WIDTH, HEIGHT)
    # Later: the same piece is not decoded again, another is.
    monkeypatch.setattr(still, "_FRESH", 0.0)
    assert await one.picture() is first
    other = tmp_path / "-i other.ts"
    other.write_bytes(film_h264.read_bytes())
    newest.append(piece(other))
    again = await one.picture()
    assert again
    assert again is not first


async def test_no_picture_of_what_is_none(ffmpeg: str, tmp_path: Path) -> None:
    broken = tmp_path / "broken.ts"
    assert await Still(ffmpeg, lambda: piece(broken)).picture() is None
    broken.write_bytes(b"G" * 1_000)
    assert await Still(ffmpeg, lambda: piece(broken)).picture() is None


async def test_no_picture_without_ffmpeg(film_h264: Path) -> None:
    assert await Still("/nowhere/ffmpeg", lambda: piece(film_h264)).picture() is None


async def test_a_decoder_that_hangs_or_does_not_start(
    tmp_path: Path, film_h264: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangs = tmp_path / "ffmpeg"
    hangs.write_text("#!/bin/sh\nexec sleep 600\n")
    hangs.chmod(0o755)
    monkeypatch.setattr(still, "_SECONDS", 0.05)
    assert await Still(str(hangs), lambda: piece(film_h264)).picture() is None

    async def none(*_: object, **__: object) -> None:
        raise BlockingIOError

    monkeypatch.setattr(Program, "start", none)
    assert await Still(str(hangs), lambda: piece(film_h264)).picture() is None
