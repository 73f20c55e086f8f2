"""Pictures and videos that devices took: kept once, whatever they are called, and never too many."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC
import errno
from hashlib import sha256
import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from custom_components.mqtt_sentinel.evidence.clips.naming import parse
from custom_components.mqtt_sentinel.evidence.device import device, store
from custom_components.mqtt_sentinel.evidence.device.device import DeviceEvidence, Lost, Needs
from custom_components.mqtt_sentinel.evidence.device.store import INCOMING, Shelf
from custom_components.mqtt_sentinel.evidence.journal.failures import JournalError
from custom_components.mqtt_sentinel.evidence.journal.rows import MediaRow
from custom_components.mqtt_sentinel.watch.clock import Instant
from custom_components.mqtt_sentinel.watch.reports import EvidenceReport, Occasion, ThingKey
from demo.cameras import ffmpeg
from tests.media import files

THING = ThingKey("services", "", "camera/front")
AT = 1_795_230_000.0  # 2026-11-21, 03:00 UTC
DAY = "2026-11-21"
OTHER_JPEG = files.JPEG + b"\0"


def change(
    content: bytes = files.JPEG,
    event_id: str = "e1",
    number: int = 0,
    *,
    occasion: Occasion = Occasion.PICTURE,
    at: float = 0.0,
    thing: ThingKey = THING,
) -> Any:
    """A change as the heart tells it, as far as it matters."""
    report = EvidenceReport(
        thing, Instant(at, AT + at), False, "motion/x", occasion, event_id, number, content
    )
    watch = SimpleNamespace(config=SimpleNamespace(id="watch1", name="Front watch"))
    return SimpleNamespace(occasion=report, watch=watch)


class Keeper:
    """Who runs it: what it was told, and what goes wrong."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.rows: list[MediaRow] = []
        self.saved: list[MediaRow] = []
        self.journal_works = True
        self.room: list[bool] = []
        self.cameras: dict[ThingKey, Shelf] = {}
        self.evidence = DeviceEvidence(
            root,
            "home",
            UTC,
            str(ffmpeg.find()),
            Needs(self.cameras.get, self.has_room, self.record, self.saved.append),
        )

    async def has_room(self) -> bool:
        return self.room.pop(0) if self.room else True

    async def record(self, row: MediaRow) -> None:
        if not self.journal_works:
            raise JournalError("gone")
        self.rows.append(row)

    async def hear(self, *changes: Any) -> None:
        for each in changes:
            self.evidence.heard(each)
        await self.evidence.idle()

    @property
    def files(self) -> dict[str, bytes]:
        """All that is there and is no thumbnail, below the root."""
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and (path.suffix != ".jpg" or "-p" in path.name)
        }


@pytest.fixture
async def keeper(tmp_path: Path) -> AsyncIterator[Keeper]:
    keeper = Keeper(tmp_path / "media")
    yield keeper
    await keeper.evidence.stop()


async def test_a_picture_is_kept_and_listed(keeper: Keeper) -> None:
    await keeper.hear(change(number=1))
    [row] = keeper.rows
    assert keeper.saved == [row]
    assert keeper.files == {row.media_id: files.JPEG}
    assert row.sha256 == sha256(files.JPEG).hexdigest()
    assert (row.site, row.kind, row.camera_id, row.name) == (
        "home",
        "picture",
        "watch1",
        "Front watch",
    )
    assert (row.day, row.part, row.began, row.size) == (DAY, 2, AT, len(files.JPEG))
    assert row.event_ids == ("e1",)
    assert row.path == row.thumbnail == row.media_id
    assert str(parse(row.media_id)) == row.media_id


async def test_it_goes_to_the_camera_that_names_the_thing(keeper: Keeper) -> None:
    keeper.cameras[THING] = Shelf("door", "Door")
    await keeper.hear(change())
    [row] = keeper.rows
    assert (row.camera_id, row.name) == ("door", "Door")
    assert row.media_id.startswith(f"door/{DAY}/03-00-00-")


async def test_whatever_else_changes_is_left_alone(keeper: Keeper) -> None:
    await keeper.hear(SimpleNamespace(occasion=None))
    assert keeper.files == {}


@pytest.mark.parametrize(
    "event_id",
    ["../../etc/passwd", "-i", "a'b\"c", "one\ntwo", "/abs", "..", "%2e%2e", "x" * 5000, "\udcff"],
)
async def test_what_a_device_calls_its_event_is_in_no_name(keeper: Keeper, event_id: str) -> None:
    await keeper.hear(
        change(event_id=event_id),
        change(b"what", event_id, occasion=Occasion.VIDEO),
        change(thing=ThingKey("services", "", f"camera/{event_id}")),
    )
    assert len(keeper.rows) == 3
    for row in keeper.rows:
        assert row.event_ids in [(event_id,), ("e1",)]
    assert set(keeper.files) == {row.media_id for row in keeper.rows}
    assert {path.name for path in keeper.root.parent.iterdir()} == {"media"}


async def test_the_same_twice_is_kept_once(keeper: Keeper) -> None:
    await keeper.hear(change(), change(at=1.0), change(at=2.0))
    await keeper.hear(change(at=3.0))
    assert len(keeper.rows) == len(keeper.files) == 1


async def test_the_same_after_a_restart_is_kept_once(keeper: Keeper) -> None:
    await keeper.hear(change())
    again = Keeper(keeper.root)
    await again.hear(change(at=60.0), change(at=86400.0))
    assert again.rows == []
    assert len(again.files) == 1


async def test_others_of_the_same_event_are_others(keeper: Keeper) -> None:
    await keeper.hear(
        change(), change(number=1), change(OTHER_JPEG), change(event_id="e2"), change(at=0.5)
    )
    assert len(keeper.rows) == len(keeper.files) == 4


async def test_what_is_remembered_is_bounded(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "_MOST_REMEMBERED", 1)
    await keeper.hear(change(), change(number=1), change(at=1.0))
    assert len(keeper.files) == 2  # the disk remembers the first


async def test_a_video_has_a_thumbnail_and_a_length(keeper: Keeper, tmp_path: Path) -> None:
    content = files.video(
        str(ffmpeg.find()),
        tmp_path / "it.mp4",
        "-c:v",
        "mpeg4",
        "-movflags",
        "+faststart",
        seconds=2,
    )
    await keeper.hear(change(content, number=3, occasion=Occasion.VIDEO))
    [row] = keeper.rows
    assert row.kind == "video"
    assert row.media_id.endswith("-v4.mp4")
    assert row.duration == pytest.approx(2.0, abs=0.2)
    assert row.thumbnail == row.media_id.replace(".mp4", ".jpg")
    assert (keeper.root / row.thumbnail).read_bytes().startswith(b"\xff\xd8")
    assert keeper.files == {row.media_id: content}


@pytest.mark.parametrize(
    ("content", "suffix"),
    [
        (b"\0\0\0\x10ftypisom\0\0\0\0", "mp4"),  # nothing in it
        (b"\0\0\0\x10ftypisom\0\0\0\0\0\0\0\x01free" + b"\xff" * 8, "mp4"),  # a length no file has
        (b"RIFF\0\0\0\0AVI LIST", "avi"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "bin"),
        (b"<script>alert(1)</script>", "bin"),
        (b"", "bin"),
    ],
)
async def test_a_video_that_cannot_be_shown_is_kept(
    keeper: Keeper, content: bytes, suffix: str
) -> None:
    await keeper.hear(change(content, occasion=Occasion.VIDEO))
    [row] = keeper.rows
    assert row.media_id.endswith(f"-v1.{suffix}")
    assert (row.duration, row.thumbnail) == (0.0, None)
    assert keeper.files == {row.media_id: content}


async def test_without_ffmpeg_there_is_no_thumbnail(keeper: Keeper, tmp_path: Path) -> None:
    content = files.video(str(ffmpeg.find()), tmp_path / "it.mp4", "-c:v", "mpeg4")
    keeper.evidence._ffmpeg = "/nowhere/ffmpeg"
    await keeper.hear(change(content, occasion=Occasion.VIDEO))
    assert [row.thumbnail for row in keeper.saved] == [None]


async def test_what_is_called_a_picture_and_is_none_is_not_kept(
    keeper: Keeper, caplog: pytest.LogCaptureFixture
) -> None:
    await keeper.hear(change(b"\xff\xd8<html>"), change(b"GIF89a", number=1), change())
    assert keeper.evidence.lost == {Lost.NOT_A_PICTURE: 2}
    assert len(keeper.files) == len(keeper.rows) == 1
    warned = [record for record in caplog.records if record.levelname == "WARNING"]
    assert len(warned) == 1  # the log is no place to fill, either


async def test_no_more_than_so_many_in_a_minute(keeper: Keeper) -> None:
    for number in range(device.MOST_FILES + 3):
        await keeper.hear(change(number=number, at=number / 10))
    assert keeper.evidence.lost == {Lost.TOO_OFTEN: 3}
    await keeper.hear(
        change(event_id="other", thing=ThingKey("services", "", "camera/back"), at=7.0),
        change(event_id="later", at=61.0),
    )
    assert keeper.evidence.lost == {Lost.TOO_OFTEN: 3}
    assert len(keeper.files) == device.MOST_FILES + 2


async def test_no_more_than_so_much_in_a_minute(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "MOST_BYTES", len(files.JPEG) + 10)
    await keeper.hear(change(), change(number=1))
    assert keeper.evidence.lost == {Lost.TOO_OFTEN: 1}


@pytest.mark.parametrize(
    ("bound", "most"), [("MOST_WAITING", 2), ("MOST_WAITING_BYTES", 2 * len(files.JPEG))]
)
async def test_what_waits_is_bounded(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch, bound: str, most: int
) -> None:
    monkeypatch.setattr(device, bound, most)
    await keeper.hear(change(), change(number=1), change(event_id="e2"))
    assert keeper.evidence.lost == {Lost.TOO_MUCH: 1}
    assert len(keeper.files) == 2
    await keeper.hear(change(event_id="e2"))  # nothing waits any more
    assert len(keeper.files) == 3


async def test_a_full_disk(keeper: Keeper) -> None:
    keeper.room = [False, True]
    await keeper.hear(change(), change(number=1))
    assert keeper.evidence.lost == {Lost.DISK_FULL: 1}
    assert len(keeper.files) == 1


def failing(error: int, times: int) -> Callable[..., None]:
    """What writes a file, and fails so often."""
    left, write = [error] * times, store._write

    def fail(path: Path, content: bytes) -> None:
        if left:
            path.write_bytes(content[:5])
            raise OSError(left.pop(), "no")
        write(path, content)

    return fail


@pytest.mark.parametrize(
    ("error", "times", "room", "lost"),
    [
        (errno.ENOSPC, 1, [], {}),  # room was made
        (errno.ENOSPC, 2, [], {Lost.DISK_FULL: 1}),
        (errno.ENOSPC, 1, [True, False], {Lost.DISK_FULL: 1}),
        (errno.EROFS, 1, [], {Lost.CANNOT_WRITE: 1}),
    ],
)
async def test_what_cannot_be_written_leaves_nothing(
    keeper: Keeper,
    monkeypatch: pytest.MonkeyPatch,
    error: int,
    times: int,
    room: list[bool],
    lost: dict[Lost, int],
) -> None:
    monkeypatch.setattr(store, "_write", failing(error, times))
    keeper.room = room
    await keeper.hear(change())
    assert keeper.evidence.lost == lost
    assert len(keeper.files) == len(keeper.rows) == (0 if lost else 1)


async def test_a_folder_that_leads_elsewhere_is_not_written_to(
    keeper: Keeper, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    keeper.root.mkdir()
    (keeper.root / "watch1").symlink_to(tmp_path / "elsewhere")
    await keeper.hear(change())
    assert keeper.evidence.lost == {Lost.CANNOT_WRITE: 1}
    assert list((tmp_path / "elsewhere").rglob("*")) == []


async def test_a_file_in_the_way_of_the_folder(keeper: Keeper) -> None:
    keeper.root.mkdir()
    (keeper.root / "watch1").write_text("in the way")
    await keeper.hear(change())
    assert keeper.evidence.lost == {Lost.CANNOT_WRITE: 1}


# The journal


async def test_what_the_journal_does_not_take_is_told_and_listed_later(keeper: Keeper) -> None:
    keeper.journal_works = False
    await keeper.hear(change(), change(number=1))
    assert len(keeper.saved) == 2
    assert await keeper.evidence.list_again() == 0
    keeper.journal_works = True
    assert await keeper.evidence.list_again() == 2
    assert sorted(keeper.rows, key=str) == sorted(keeper.saved, key=str)
    assert set(keeper.files) == {row.media_id for row in keeper.rows}
    assert await keeper.evidence.list_again() == 0
    assert len(keeper.saved) == 2


async def test_the_next_life_lists_what_this_one_could_not(keeper: Keeper, tmp_path: Path) -> None:
    content = files.video(str(ffmpeg.find()), tmp_path / "it.mp4", "-c:v", "mpeg4")
    keeper.journal_works = False
    await keeper.hear(change(), change(content, occasion=Occasion.VIDEO))
    again = Keeper(keeper.root)
    assert await again.evidence.list_again() == 2
    assert {row.media_id: row.thumbnail for row in again.rows} == {
        row.media_id: row.thumbnail for row in keeper.saved
    }
    assert again.saved == []
    assert list((keeper.root / INCOMING).iterdir()) == []


async def test_the_start_removes_what_is_half_done(keeper: Keeper) -> None:
    keeper.journal_works = False
    await keeper.hear(change(), change(number=1), change(number=2))
    short, gone, _ = keeper.saved
    (keeper.root / short.media_id).write_bytes(b"short")
    (keeper.root / gone.media_id).unlink()
    incoming = keeper.root / INCOMING
    (incoming / "half.new").write_bytes(b"half")
    (incoming / "half.thumbnail").write_bytes(b"half")
    hostile = replace(short, media_id="../../x")
    for name, text in {
        "bad": "{",
        "list": "[]",
        "none": "{}",
        "hostile": json.dumps({name: getattr(hostile, name) for name in hostile.__slots__}),
    }.items():
        (incoming / f"{name}.json").write_text(text)
    again = Keeper(keeper.root)
    assert await again.evidence.list_again() == 1
    assert list(incoming.iterdir()) == []


async def test_there_is_nothing_to_list_where_nothing_was(keeper: Keeper) -> None:
    assert await keeper.evidence.list_again() == 0


# The end


async def test_the_end_waits_for_what_was_heard(keeper: Keeper) -> None:
    keeper.evidence.heard(change())
    await keeper.evidence.stop()
    assert len(keeper.rows) == 1


async def test_the_end_does_not_wait_for_ever(keeper: Keeper) -> None:
    hangs = asyncio.Event()

    async def hang(row: MediaRow) -> None:
        await hangs.wait()

    keeper.evidence._needs = replace(keeper.evidence._needs, record=hang)
    keeper.evidence.heard(change())
    await keeper.evidence.stop(0.01)
    again = Keeper(keeper.root)
    await again.evidence.list_again()
    assert len(again.rows) == len(again.files)


def test_a_video_of_days_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    movie = SimpleNamespace(duration=1e9)
    monkeypatch.setattr(store, "read_movie", lambda file: movie if file.read() else None)
    assert store._duration(b"x") == 0.0
    assert store._duration(io.BytesIO().read()) == 0.0
