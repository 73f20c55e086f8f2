"""What goes wrong: nothing that was seen is lost, and nobody waits for ever."""

import asyncio
import errno
import os
from pathlib import Path
import shutil
import subprocess

import pytest

from custom_components.mqtt_sentinel.evidence.clips import work as work_module
from custom_components.mqtt_sentinel.evidence.clips.errors import CaptureError
from custom_components.mqtt_sentinel.evidence.clips.naming import WORK_FOLDER
from custom_components.mqtt_sentinel.evidence.clips.orders import Reason
from custom_components.mqtt_sentinel.evidence.clips.retention import Limits
from custom_components.mqtt_sentinel.evidence.clips.work import Work
from custom_components.mqtt_sentinel.evidence.facts import Segment
from custom_components.mqtt_sentinel.watch.clock import Instant

from .film import EPOCH, RATE, Film, numbers
from .studio import CAMERA, Books, Studio

EXPECTED = list(range(5 * RATE, 20 * RATE))


def record(studio: Studio, film: Film) -> None:
    """Have the frames that are EXPECTED recorded."""
    studio.feed(film, 0, 10)
    studio.ask()
    studio.feed(film, 10, 22)


def failed(studio: Studio) -> list[tuple[Reason, bool]]:
    return [(failure.reason, failure.stays) for failure in studio.books.failures]


async def restarted(studio: Studio, **more: object) -> Studio:
    """The next life, with the books of this one, after it recovered what was left."""
    await studio.recorder.stop()
    again = Studio(studio.root, books=studio.books, **more)  # type: ignore[arg-type]  # handed on
    await again.recorder.start()
    return again


async def test_without_ffmpeg_the_segments_stay_until_there_is_one(
    tmp_path: Path, film: Film
) -> None:
    studio = Studio(tmp_path / "clips", ffmpeg=str(tmp_path / "none"))
    studio.add()
    record(studio, film)
    await studio.books.until(failures=1)
    assert failed(studio) == [(Reason.CANNOT_FINISH, True)]
    still = await restarted(studio, ffmpeg=str(tmp_path / "none"))
    for _ in range(2):  # it stays for as long as it takes
        [left] = (await still.recorder.recover()).left
        assert left.reason is Reason.CANNOT_FINISH
    again = await restarted(studio)
    recovered = await again.recorder.recover()
    [clip] = recovered.clips
    assert clip.recovered
    assert numbers(clip.path) == EXPECTED
    assert list(studio.books.listed.values()) == [clip]
    assert len(studio.files()) == 2
    assert (await again.recorder.recover()).clips == ()


async def test_an_ffmpeg_that_hangs_is_ended(
    tmp_path: Path, film: Film, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = tmp_path / "ffmpeg"
    slow.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec sleep 1000\n")
    slow.chmod(0o755)
    studio = Studio(tmp_path / "clips", ffmpeg=str(slow))
    studio.add()
    monkeypatch.setattr("custom_components.mqtt_sentinel.evidence.clips.finish._JOIN_SECONDS", 1.0)
    record(studio, film)
    await studio.books.until(failures=1)
    assert failed(studio) == [(Reason.CANNOT_FINISH, True)]
    assert "not done in" in studio.books.failures[0].detail
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
    await studio.recorder.stop()


async def test_a_stop_ends_ffmpeg_and_leaves_the_rest_to_the_next_start(
    tmp_path: Path, film: Film
) -> None:
    slow = tmp_path / "ffmpeg"
    os.mkfifo(tmp_path / "runs")
    slow.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/runs\nexec sleep 1000\n")
    slow.chmod(0o755)
    studio = Studio(tmp_path / "clips", ffmpeg=str(slow))
    studio.add()
    record(studio, film)
    pid = int(await asyncio.to_thread((tmp_path / "runs").read_text))
    capture = asyncio.ensure_future(studio.recorder.capture(CAMERA))
    await asyncio.sleep(0)
    await studio.recorder.stop(within=0.2)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(CaptureError) as caught:
        await capture
    assert caught.value.reason is Reason.STOPPING
    again = await restarted(studio)
    recovered = await again.recorder.recover()
    assert EXPECTED in [numbers(clip.path) for clip in recovered.clips]
    assert not recovered.left


async def test_what_cannot_be_shown_is_told_and_removed(tmp_path: Path) -> None:
    studio = Studio(tmp_path / "clips")
    studio.add()
    junk = tmp_path / "junk.ts"
    junk.write_bytes(os.urandom(50_000))
    for number in range(10):
        if number == 3:
            studio.ask(duration=2)
        studio.now = number + 1.0
        began = Instant(float(number), EPOCH + number)
        studio.recorder.segment(CAMERA, Segment(junk, 1, began, 1.0))
    await studio.books.until(failures=1)
    assert failed(studio) == [(Reason.UNPLAYABLE, False)]
    assert studio.files() == []
    await studio.recorder.stop()


async def test_a_broken_segment_does_not_take_the_others_with_it(
    studio: Studio, film: Film, tmp_path: Path
) -> None:
    film = film.copy(tmp_path / "ring")
    film.paths[5].write_bytes(b"")
    film.paths[9].write_bytes(os.urandom(5000))
    record(studio, film)
    await studio.books.until(clips=1)
    [clip] = studio.books.announced
    assert clip.thumbnail
    assert set(range(10 * RATE, 20 * RATE)) <= set(numbers(clip.path))


async def test_what_the_journal_does_not_take_is_told_to_it_again(
    studio: Studio, film: Film
) -> None:
    studio.books.broken = True
    record(studio, film)
    await studio.books.until(failures=1)
    assert failed(studio) == [(Reason.NOT_RECORDED, True)]
    assert not studio.books.announced
    studio.books.broken = False
    again = await restarted(studio)
    [clip] = (await again.recorder.recover()).clips
    assert clip.recovered
    assert numbers(clip.path) == EXPECTED
    assert list(studio.books.listed) == [clip.media_id]
    assert len(studio.files()) == 2


async def test_a_journal_that_fails_as_nobody_thought_of_loses_nothing(
    studio: Studio, film: Film, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def record_(clip: object) -> None:
        raise RuntimeError("what nobody thought of")

    monkeypatch.setattr(studio.books, "record", record_)
    record(studio, film)
    await studio.books.until(failures=1)
    assert failed(studio) == [(Reason.CANNOT_FINISH, True)]
    assert "what nobody thought of" in caplog.text
    monkeypatch.undo()
    assert len((await studio.recorder.recover()).clips) == 1


async def test_a_full_disk_makes_room_of_the_oldest(tmp_path: Path, film: Film) -> None:
    free = [1000]
    studio = Studio(tmp_path / "clips", limits=Limits(free=500), free=lambda path: free[0])
    studio.add()
    record(studio, film)
    await studio.books.until(clips=1)
    [old] = studio.books.announced
    free[0] = 100
    studio.feed(film, 40, 50)
    studio.ask("no room")
    await studio.books.until(failures=1)
    assert failed(studio) == [(Reason.DISK_FULL, False)]
    assert studio.books.rooms == [100]
    assert studio.recorder.full
    assert not old.path.exists()
    assert studio.books.listed == {}
    studio.ask("neither")
    await studio.books.until(failures=2)
    free[0] = 1000
    await studio.recorder.tidy()
    assert studio.books.rooms == [100, None]
    studio.feed(film, 50, 75)
    studio.ask("room")
    studio.feed(film, 75, 90)
    await studio.books.until(clips=2)
    assert studio.books.announced[1].path.exists()
    await studio.recorder.stop()


async def test_the_clips_of_an_open_incident_make_no_room(tmp_path: Path, film: Film) -> None:
    free = [1000]
    studio = Studio(tmp_path / "clips", limits=Limits(free=500), free=lambda path: free[0])
    studio.add()
    studio.books.open = {"i-1"}
    studio.feed(film, 0, 10)
    studio.ask(incident_id="i-1")
    studio.feed(film, 10, 22)
    await studio.books.until(clips=1)
    free[0] = 100
    await studio.recorder.tidy()
    assert studio.recorder.full
    assert studio.books.announced[0].path.exists()
    studio.books.open = set()
    await studio.recorder.tidy()
    assert not studio.books.announced[0].path.exists()
    await studio.recorder.stop()


@pytest.mark.parametrize("times", [1, 1000])
async def test_a_disk_that_gets_full_while_a_clip_is_finished_loses_nothing(
    studio: Studio, film: Film, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    publish = Work.publish
    tries: list[int] = []

    def full(self: Work, clip: object) -> None:
        tries.append(1)
        if len(tries) <= times:
            with work_module.disk_errors():
                raise OSError(errno.ENOSPC, "No space left on device")
        publish(self, clip)  # type: ignore[arg-type]  # handed on

    monkeypatch.setattr(Work, "publish", full)
    record(studio, film)
    await studio.books.until(clips=int(times == 1), failures=int(times > 1))
    if times > 1:
        assert failed(studio) == [(Reason.DISK_FULL, True)]
        assert not [name for name in studio.files() if name.endswith((".mp4", ".jpg"))]
        monkeypatch.undo()
        await studio.recorder.tidy()  # there is room again
    [clip] = studio.books.announced
    assert numbers(clip.path) == EXPECTED
    assert len(studio.files()) == 2


@pytest.fixture
def small_disk(tmp_path: Path):
    """A disk of a few hundred kilobytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    ran = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(folder)], check=False
    )
    if ran.returncode:
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


async def test_a_disk_that_is_really_full_loses_nothing(
    small_disk: Path, film: Film, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio = Studio(small_disk / "clips", free=lambda path: shutil.disk_usage(path).free)
    studio.add()
    ballast = small_disk / "ballast"
    make = Work.make

    def fill(self: Work) -> None:
        make(self)
        with ballast.open("ab") as file:
            file.write(bytes(max(shutil.disk_usage(small_disk).free - 8192, 0)))

    monkeypatch.setattr(Work, "make", fill)
    record(studio, film)
    await studio.books.until(failures=1)
    assert failed(studio) == [(Reason.DISK_FULL, True)]
    monkeypatch.undo()
    ballast.unlink()
    await studio.recorder.tidy()
    [clip] = studio.books.announced
    assert numbers(clip.path) == EXPECTED
    assert len(studio.files()) == 2
    await studio.recorder.stop()


async def test_nobody_waits_for_a_camera_that_is_not_there(studio: Studio) -> None:
    with pytest.raises(CaptureError) as caught:
        await studio.recorder.capture("nobody")
    assert caught.value.reason is Reason.UNKNOWN_CAMERA
    await studio.recorder.stop()
    with pytest.raises(CaptureError) as caught:
        await studio.recorder.capture(CAMERA)
    assert caught.value.reason is Reason.STOPPING


async def test_a_camera_without_a_stream_answers_in_time(tmp_path: Path) -> None:
    """By the timer: nobody tells it anything."""
    studio = Studio(tmp_path / "clips")
    studio.add()
    # As if it had been asked long ago.
    studio.now = 1000.0
    waiting = asyncio.ensure_future(studio.recorder.capture(CAMERA, duration=0.1))
    await asyncio.sleep(0)
    studio.now = 1010.0
    studio.recorder.ended(CAMERA, "nothing", studio.clock())  # has it look at its clock again
    with pytest.raises(CaptureError) as caught:
        await waiting
    assert caught.value.reason is Reason.NO_STREAM
    assert not studio.recorder.recording(CAMERA)
    await studio.recorder.stop()


async def test_strangers_among_what_is_recorded_are_removed(tmp_path: Path, film: Film) -> None:
    root = tmp_path / "clips"
    folder = root / WORK_FOLDER
    (folder / "empty").mkdir(parents=True)
    (folder / "odd.abc-1").mkdir()
    (folder / "odd.abc-1" / "facts.json").write_text('{"media_id": "../../x"}')
    (folder / "odd.abc-1" / "more").mkdir()
    (folder / "file").write_text("?")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("not ours")
    (folder / "link").symlink_to(elsewhere)
    studio = Studio(root, books=Books())
    await studio.recorder.start()
    recovered = await studio.recorder.recover()
    assert (recovered.clips, recovered.removed, recovered.left) == ((), 4, ())
    assert studio.files() == []
    assert elsewhere.read_text() == "not ours"


async def test_a_link_in_the_way_of_a_clip_is_not_followed(
    studio: Studio, film: Film, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    studio.root.mkdir(exist_ok=True)
    (studio.root / CAMERA).symlink_to(outside)
    record(studio, film)
    await studio.books.until(failures=1)
    assert list(outside.iterdir()) == []
