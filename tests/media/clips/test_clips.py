"""What is in a clip: every frame that was asked for, once."""

import asyncio
import hashlib
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from custom_components.mqtt_sentinel.evidence.clips.ffmpeg import Ran, run_ffmpeg
from custom_components.mqtt_sentinel.evidence.facts import Cause, Clip

from .film import EPOCH, RATE, Film, has_encoder, make_film, moments, numbers
from .studio import CAMERA, Studio

if TYPE_CHECKING:
    from collections.abc import Sequence


def holds(clip: Clip) -> None:
    """Look whether a clip is what is told of it."""
    assert clip.path.stat().st_size == clip.size
    assert hashlib.sha256(clip.path.read_bytes()).hexdigest() == clip.sha256
    assert clip.path.as_posix().endswith(clip.media_id)
    shown = moments(clip.path)
    steps = [later - sooner for sooner, later in pairwise(shown)]
    assert shown[0] == pytest.approx(0, abs=0.1)
    assert max(steps) < 1.5 / RATE
    assert min(steps) > 0.5 / RATE
    assert clip.duration == pytest.approx(len(shown) / RATE, abs=0.1)
    assert not clip.missing


def below(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*")}


def in_all(clips: list[Clip]) -> list[int]:
    """The frames of all parts, in their order."""
    return [number for clip in clips for number in numbers(clip.path)]


async def test_a_clip_has_each_frame_from_before_until_after(studio: Studio, film: Film) -> None:
    studio.feed(film, 0, 20)
    studio.now = 20.4
    studio.ask(event_id="e-1", incident_id="i-1")
    studio.feed(film, 20, 40)
    await studio.books.until(clips=1)
    [clip] = studio.books.announced
    holds(clip)
    assert numbers(clip.path) == list(range(15 * RATE, 31 * RATE))
    assert (clip.began, clip.pre_roll) == (EPOCH + 15, pytest.approx(5.4))
    assert (clip.causes, clip.event_ids, clip.incident_ids) == (
        (Cause.MOTION,),
        ("e-1",),
        ("i-1",),
    )
    assert (clip.part, clip.source, clip.recovered, clip.continues) == (1, "rtsp", False, None)
    assert clip.thumbnail
    [shown] = numbers(clip.thumbnail)
    assert abs(shown - 204) <= 1
    assert len(studio.files()) == 2, "something is left over"
    assert not studio.books.failures


async def test_a_long_motion_has_each_frame_once_across_its_parts(
    studio: Studio, film: Film
) -> None:
    studio.feed(film, 0, 10)
    studio.ask(lasts=True)
    studio.feed(film, 10, 130)
    studio.recorder.ended(CAMERA, "hall", studio.clock())
    studio.feed(film, 130, 150)
    await studio.books.until(clips=3)
    clips = sorted(studio.books.announced, key=lambda clip: clip.part)
    assert [clip.part for clip in clips] == [1, 2, 3]
    assert len({clip.recording_id for clip in clips}) == 1
    for clip in clips:
        holds(clip)
        assert clip.duration <= 61
    assert in_all(clips) == list(range(5 * RATE, 140 * RATE))


async def test_triggers_every_three_seconds_make_one_chain(studio: Studio, film: Film) -> None:
    studio.feed(film, 0, 6)
    for number in range(40):
        studio.ask(f"event {number}")
        studio.feed(film, 6 + 3 * number, 9 + 3 * number)
    studio.feed(film, 126, 140)
    await studio.books.until(clips=3)
    clips = sorted(studio.books.announced, key=lambda clip: clip.part)
    for clip in clips:
        holds(clip)
    assert in_all(clips) == list(range(1 * RATE, 133 * RATE))


async def test_recordings_right_after_each_other_are_a_chain(studio: Studio, film: Film) -> None:
    studio.feed(film, 0, 10)
    for first in (10, 22, 34):
        studio.ask()
        studio.feed(film, first, first + 12)
    await studio.books.until(clips=3)
    clips = sorted(studio.books.announced, key=lambda clip: clip.began)
    assert in_all(clips) == list(range(5 * RATE, 44 * RATE))
    assert [clip.continues for clip in clips] == [None, *(each.recording_id for each in clips[:2])]


async def test_a_smashed_camera_leaves_all_it_saw(studio: Studio, film: Film) -> None:
    studio.feed(film, 0, 20)
    studio.ask()
    studio.feed(film, 20, 24)
    studio.recorder.stream_lost(CAMERA)
    await studio.books.until(clips=1)
    assert in_all(studio.books.announced) == list(range(15 * RATE, 24 * RATE))


async def test_a_stream_that_began_anew_is_a_part_of_its_own(studio: Studio, film: Film) -> None:
    studio.feed(film, 0, 20)
    studio.ask()
    studio.feed(film, 20, 24)
    # A process that begins anew begins with other timestamps.
    for number in range(7):
        studio.now = 25.0 + number
        studio.recorder.segment(CAMERA, film.segment(number, run=2, began=24.0 + number))
    await studio.books.until(clips=2)
    clips = sorted(studio.books.announced, key=lambda clip: clip.part)
    for clip in clips:
        holds(clip)
    assert in_all(clips) == [*range(15 * RATE, 24 * RATE), *range(6 * RATE)]


async def test_ten_cameras_do_not_disturb_each_other(studio: Studio, film: Film) -> None:
    cameras = [f"camera{number}" for number in range(10)]
    for camera_id in cameras:
        studio.add(camera_id)
    studio.feed(film, 0, 10, *cameras)
    for camera_id in cameras:
        studio.ask(camera_id=camera_id)
    studio.feed(film, 10, 22, *cameras)
    await studio.books.until(clips=10)
    assert sorted(clip.camera_id for clip in studio.books.announced) == sorted(cameras)
    for clip in studio.books.announced:
        assert numbers(clip.path) == list(range(5 * RATE, 20 * RATE))


@pytest.mark.parametrize(
    ("codec", "tag"), [("libx264", b"avc1"), ("libx265", b"hvc1")], ids=["h264", "hevc"]
)
@pytest.mark.parametrize("sound", [False, True], ids=["silent", "sound"])
@pytest.mark.parametrize("b_frames", [0, 2], ids=["", "b_frames"])
async def test_what_a_camera_sends_is_kept_as_it_is(
    studio: Studio, tmp_path: Path, codec: str, tag: bytes, sound: bool, b_frames: int
) -> None:
    if not has_encoder(codec):
        pytest.skip(f"this ffmpeg has no {codec}")
    film = make_film(tmp_path / "film", 12, codec=codec, sound=sound, b_frames=b_frames)
    studio.feed(film, 0, 4)
    studio.ask(duration=5)
    studio.feed(film, 4, 12)
    await studio.books.until(clips=1)
    [clip] = studio.books.announced
    holds(clip)
    assert numbers(clip.path) == list(range(9 * RATE))
    data = clip.path.read_bytes()
    assert tag in data
    assert (b"mp4a" in data) is sound
    assert data.index(b"moov") < data.index(b"mdat"), "a browser has to load it all to play it"


async def test_segments_of_another_file_system_are_copied(
    studio: Studio, film: Film, monkeypatch: pytest.MonkeyPatch
) -> None:
    def link(*args: object, **named: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr("os.link", link)
    studio.feed(film, 0, 10)
    studio.ask()
    studio.feed(film, 10, 22)
    await studio.books.until(clips=1)
    assert in_all(studio.books.announced) == list(range(5 * RATE, 20 * RATE))
    assert len(studio.files()) == 2


async def test_a_segment_that_the_ring_has_lost_is_told_of(
    studio: Studio, film: Film, tmp_path: Path
) -> None:
    film = film.copy(tmp_path / "ring")
    for number in (8, 9, 19):
        film.paths[number].unlink()
    studio.feed(film, 0, 10)
    studio.ask()
    studio.feed(film, 10, 22)
    await studio.books.until(clips=1)
    [clip] = studio.books.announced
    expected = [n for n in range(5 * RATE, 19 * RATE) if not 8 * RATE <= n < 10 * RATE]
    assert numbers(clip.path) == expected
    assert clip.missing == pytest.approx(1, abs=0.2)  # the time of the others is a still picture


HOSTILE = [
    "../../../escape",
    "-i",
    "-y\n-f",
    "a\"b'c d",
    "a|b",
    "concat:/etc/passwd",
    "%2e%2e/",
    "/absolute",
    "a\nb",
    "file\\name",
    "caméra",
]


async def test_no_name_leads_out_of_the_folder_or_becomes_an_argument(
    studio: Studio, film: Film, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = below(tmp_path)
    ran: list[tuple[str, ...]] = []
    module = "custom_components.mqtt_sentinel.evidence.clips.finish.run_ffmpeg"

    async def noted(ffmpeg: str, arguments: Sequence[str], folder: Path, seconds: float) -> Ran:
        ran.append(tuple(arguments))
        return await run_ffmpeg(ffmpeg, arguments, folder, seconds)

    monkeypatch.setattr(module, noted)
    for name in HOSTILE:
        studio.add(name)
    studio.feed(film, 0, 6, *HOSTILE)
    for name in HOSTILE:
        studio.ask(name, name, duration=2, event_id=name, incident_id=name)
    studio.feed(film, 6, 9, *HOSTILE)
    await studio.books.until(clips=len(HOSTILE))
    assert {clip.camera_id for clip in studio.books.announced} == set(HOSTILE)
    assert all(clip.event_ids == (clip.camera_id,) for clip in studio.books.announced)
    outside = below(tmp_path) - ours
    assert all(path.parts[0] == "clips" for path in outside)
    names = [name for name in HOSTILE if name != "-i"]
    for arguments in ran:
        assert not [part for part in arguments if any(name in part for name in names)]
        assert arguments.count("-i") <= 2  # a clip, and the clip again for its thumbnail


async def test_a_capture_waits_for_its_clip(studio: Studio, film: Film) -> None:
    studio.feed(film, 0, 10)
    waiting = asyncio.ensure_future(studio.recorder.capture(CAMERA, duration=3, incident_id="i-1"))
    await asyncio.sleep(0)
    studio.feed(film, 10, 15)
    clip = await waiting
    assert (clip.causes, clip.incident_ids) == ((Cause.ACTION,), ("i-1",))
    assert numbers(clip.path) == list(range(5 * RATE, 13 * RATE))
