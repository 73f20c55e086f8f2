"""A ring of a real stream, by the real ffmpeg."""

import asyncio
from dataclasses import replace
from itertools import pairwise
import os
from pathlib import Path
import shutil
import signal
import time

import pytest

from custom_components.mqtt_sentinel.evidence.cameras.source import StillImages, UrlSource
from custom_components.mqtt_sentinel.evidence.cameras.stream import Condition, Left, Lost

from .streams import RATE, CameraServer
from .watching import QUICK, Watched, frames, is_alive, stamps, watched


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """For a ring; a name that ffmpeg would take for a pattern, an address or an option."""
    made = tmp_path / "-y 'a' %d : ring"
    made.mkdir()
    return made


async def test_the_pieces_of_a_run_follow_each_other_without_a_gap(
    ffmpeg: str, camera: CameraServer, folder: Path, rings: list[Watched]
) -> None:
    one = watched(rings, ffmpeg, [UrlSource(camera.url())], folder)
    await one.count(5)
    assert one.conditions() == [Condition.STARTING, Condition.STREAMING]
    assert not one.ring.stream.encodes
    assert {segment.run for segment in one.segments} == {1}
    assert [segment.path.parent for segment in one.segments[:5]] == [folder] * 5
    for segment in one.segments[:5]:
        assert frames(ffmpeg, segment.path) == pytest.approx(segment.duration * RATE, abs=4)
    for earlier, later in pairwise(one.segments):
        assert later.began.mono >= earlier.began.mono
        assert later.began.mono == pytest.approx(earlier.ended, abs=0.6)
    if shutil.which("ffprobe"):
        told = [stamps(segment.path) for segment in one.segments[:5]]
        assert all(packets[0][1] for packets in told)
        times = sorted(pts for packets in told for pts, _ in packets)
        gaps = [later - earlier for earlier, later in pairwise(times)]
        assert max(gaps) == pytest.approx(1 / RATE, abs=0.001)
        assert min(gaps) == pytest.approx(1 / RATE, abs=0.001)
        assert all(stamps(segment.path, "a:0") for segment in one.segments[:5])


async def test_a_piece_is_told_soon_after_its_end(
    ffmpeg: str, camera: CameraServer, folder: Path, rings: list[Watched]
) -> None:
    one = watched(rings, ffmpeg, [UrlSource(camera.url())], folder)
    await one.count(4)
    for segment, arrived in zip(one.segments, one.arrivals, strict=True):
        assert -0.01 <= arrived - segment.ended < 1.5


async def test_pieces_are_removed_when_they_are_older_than_what_is_wanted(
    ffmpeg: str, camera: CameraServer, folder: Path, rings: list[Watched]
) -> None:
    one = watched(
        rings, ffmpeg, [UrlSource(camera.url())], folder, replace(QUICK, pre_roll=1.0, margin=1.0)
    )
    await one.count(6)
    kept = one.ring.segments
    assert 2 <= len(kept) <= 4
    assert kept[-1] == one.ring.newest
    await one.count(7)
    assert not one.segments[0].path.exists()
    assert all(segment.path.exists() for segment in one.ring.segments)
    assert all(size for size in one.sizes.values())


async def test_what_a_killed_ffmpeg_was_at_is_handed_over(
    ffmpeg: str, camera: CameraServer, folder: Path, rings: list[Watched]
) -> None:
    one = watched(rings, ffmpeg, [UrlSource(camera.url())], folder)
    await one.count(3)
    before = len(one.segments)
    begun = folder / f"0001-{before:08d}.ts"
    async with asyncio.timeout(10):
        # More than ffmpeg holds back, and less than the whole.
        while not begun.exists() or begun.stat().st_size < 30_000:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.005)
    assert one.ring.pid
    killed = time.monotonic()
    os.kill(one.ring.pid, signal.SIGKILL)
    await one.runs(2)
    last = [segment for segment in one.segments if segment.run == 1][-1]
    previous = [segment for segment in one.segments if segment.run == 1][-2]
    assert last.path == begun
    assert 0 < last.duration < 1
    assert last.duration == pytest.approx(frames(ffmpeg, last.path) / RATE, abs=0.05)
    assert last.began.mono == pytest.approx(previous.ended, abs=0.01)
    assert last.ended < killed + 0.1
    assert [(stream.condition, stream.why) for stream in one.streams] == [
        (Condition.STARTING, None),
        (Condition.STREAMING, None),
        (Condition.LOST, Lost.ENDED),
        (Condition.STREAMING, None),
    ]


async def test_a_piece_without_a_picture_is_not_handed_over(
    ffmpeg: str, camera: CameraServer, folder: Path, rings: list[Watched]
) -> None:
    one = watched(rings, ffmpeg, [UrlSource(camera.url())], folder)
    await one.count(2)
    broken = folder / "0001-99999999.ts"
    broken.write_bytes(b"G" * 1_000)
    assert one.ring.pid
    os.kill(one.ring.pid, signal.SIGKILL)
    await one.runs(2)
    assert broken not in {segment.path for segment in one.segments}
    assert not broken.exists()


async def test_a_camera_that_is_gone_and_comes_back(
    ffmpeg: str, camera: CameraServer, folder: Path, rings: list[Watched]
) -> None:
    one = watched(rings, ffmpeg, [UrlSource(camera.url())], folder)
    await one.count(2)
    await camera.close()
    await one.lost(Lost.REFUSED)
    await camera.open()
    await one.until(lambda: one.ring.stream.condition is Condition.STREAMING)
    assert one.segments[-1].run > 1
    assert one.ring.stream.left == ()


async def test_a_stream_that_stalls_is_started_again(
    ffmpeg: str, camera: CameraServer, folder: Path, rings: list[Watched]
) -> None:
    one = watched(rings, ffmpeg, [UrlSource(camera.url())], folder, replace(QUICK, silence=1.0))
    await one.count(2)
    pid = one.ring.pid
    assert pid
    camera.hang()
    await one.lost(Lost.STALLED)
    assert not is_alive(pid)
    camera.flow()
    await one.until(lambda: one.ring.stream.condition is Condition.STREAMING)
    await one.runs(2)


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("401", Lost.UNAUTHORIZED),
        ("404", Lost.NOT_FOUND),
        ("silent", Lost.TIMEOUT),
        ("page", Lost.NO_VIDEO),
    ],
)
async def test_why_a_stream_cannot_be_opened(
    ffmpeg: str, camera: CameraServer, folder: Path, rings: list[Watched], path: str, why: Lost
) -> None:
    source = UrlSource(camera.url(path, user="joe:secret@"))
    one = watched(
        rings, ffmpeg, [source], folder, replace(QUICK, probe=1.0 if why is Lost.TIMEOUT else 15.0)
    )
    await one.until(lambda: Condition.LOST in one.conditions())
    assert one.streams[-1].why is why
    assert one.streams[-1].left == (Left(f"http://***@127.0.0.1:{camera.port}/{path}", why),)
    # It is tried again and again, and told once.
    asked = len(camera.asked)
    async with asyncio.timeout(20):
        while len(camera.asked) < asked + 2:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)
    assert one.conditions() == [Condition.STARTING, Condition.LOST]


async def test_a_port_where_nobody_listens(
    ffmpeg: str, camera: CameraServer, folder: Path, rings: list[Watched]
) -> None:
    await camera.close()
    one = watched(rings, ffmpeg, [UrlSource(camera.url())], folder)
    await one.lost(Lost.REFUSED)
    await camera.open()
    await one.count(1)


@pytest.mark.parametrize("program", ["no-such-ffmpeg", "/nowhere/ffmpeg", "/dev/null"])
async def test_no_ffmpeg(
    camera: CameraServer, folder: Path, rings: list[Watched], program: str
) -> None:
    for source in (UrlSource(camera.url()), StillImages()):
        one = watched(rings, program, [source], folder)
        await one.lost(Lost.NO_FFMPEG)
    assert camera.asked == []


async def test_the_next_source_is_taken_while_the_first_cannot_be_opened(
    ffmpeg: str,
    camera: CameraServer,
    folder: Path,
    rings: list[Watched],
    maker: str,
    film_h264: Path,
) -> None:
    async with CameraServer(maker, film_h264) as better:
        await better.close()
        sources = [UrlSource(better.url()), UrlSource(camera.url("401")), UrlSource(camera.url())]
        one = watched(rings, ffmpeg, sources, folder, replace(QUICK, better=0.5))
        await one.count(1)
        assert one.ring.stream.source == camera.url()
        assert one.ring.stream.left == (
            Left(better.url(), Lost.REFUSED),
            Left(camera.url("401"), Lost.UNAUTHORIZED),
        )
        await one.count(4)  # meanwhile it is tried, and is not there
        await better.open()
        await one.until(lambda: one.ring.stream.source == better.url())
        assert one.ring.stream.left == ()
        # It was left for a better one: nothing was lost.
        assert Condition.LOST not in one.conditions()
        assert one.segments[-1].run == 2


async def test_what_worked_is_tried_first(
    ffmpeg: str, camera: CameraServer, folder: Path, rings: list[Watched]
) -> None:
    sources = [UrlSource(camera.url("404")), UrlSource(camera.url())]
    one = watched(rings, ffmpeg, sources, folder)
    await one.count(2)
    assert camera.asked == ["404", "stream", "stream"]
    await camera.cut()
    await one.runs(2)
    assert camera.asked == ["404", "stream", "stream", "stream"]


async def test_nothing_is_left_of_a_ring_that_is_stopped(
    ffmpeg: str, camera: CameraServer, folder: Path, rings: list[Watched]
) -> None:
    one = watched(rings, ffmpeg, [UrlSource(camera.url())], folder)
    await one.count(1)
    pid = one.ring.pid
    assert pid
    began = time.monotonic()
    await one.ring.stop()
    assert time.monotonic() - began < 5
    assert not is_alive(pid)
    assert not folder.exists()
    assert one.ring.segments == ()
    assert one.ring.newest is None
    await one.ring.stop()


async def test_a_ring_is_stopped_though_its_ffmpeg_does_not_listen(
    ffmpeg: str, camera: CameraServer, folder: Path, rings: list[Watched]
) -> None:
    one = watched(rings, ffmpeg, [UrlSource(camera.url())], folder)
    await one.count(1)
    pid = one.ring.pid
    assert pid
    os.kill(pid, signal.SIGSTOP)
    began = time.monotonic()
    await one.ring.stop()
    assert time.monotonic() - began < 5
    assert not is_alive(pid)
    assert not folder.exists()


async def test_a_ring_is_stopped_while_it_looks_into_its_stream(
    ffmpeg: str, camera: CameraServer, folder: Path, rings: list[Watched]
) -> None:
    one = watched(rings, ffmpeg, [UrlSource(camera.url("silent"))], folder)
    async with asyncio.timeout(20):
        while not camera.asked:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.01)
    began = time.monotonic()
    await one.ring.stop()
    assert time.monotonic() - began < 5
    assert not folder.exists()


async def test_a_ring_whose_folder_was_removed_makes_it_again(
    ffmpeg: str, camera: CameraServer, folder: Path, rings: list[Watched]
) -> None:
    one = watched(rings, ffmpeg, [UrlSource(camera.url())], folder)
    await one.count(1)
    shutil.rmtree(folder)
    await one.runs(2)
    assert folder.is_dir()


async def test_a_fault_of_our_own_does_not_end_a_ring_in_silence(
    camera: CameraServer, folder: Path, rings: list[Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    faults: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, told: faults.append(told))

    async def fails(*_: object) -> None:
        raise ArithmeticError

    monkeypatch.setattr("custom_components.mqtt_sentinel.evidence.cameras.ring.contents_of", fails)
    one = watched(rings, "ffmpeg", [UrlSource(camera.url())], folder)
    await one.lost(Lost.ENDED)
    assert len(faults) == 1


async def test_what_hears_of_a_piece_may_fail(
    ffmpeg: str,
    camera: CameraServer,
    folder: Path,
    rings: list[Watched],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    faults: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, told: faults.append(told))
    one = Watched(ffmpeg, [UrlSource(camera.url())], folder)
    rings.append(one)
    heard = one.segments

    def fail(segment: object) -> None:
        heard.append(segment)  # type: ignore[arg-type] # it is one
        one._told.set()
        raise ArithmeticError

    one.ring._heard = fail
    one.ring.start()
    await one.count(2)
    assert len(faults) == 2


async def test_a_folder_that_cannot_be_made(
    ffmpeg: str, camera: CameraServer, tmp_path: Path, rings: list[Watched]
) -> None:
    (tmp_path / "file").touch()
    one = watched(rings, ffmpeg, [UrlSource(camera.url())], tmp_path / "file" / "ring")
    await one.until(lambda: Condition.LOST in one.conditions())
    assert one.segments == []


async def test_a_ring_that_never_began_can_be_stopped(folder: Path) -> None:
    one = Watched("ffmpeg", [StillImages()], folder)
    await one.ring.stop()
    assert not folder.exists()
