"""Which clips go, and how."""

from datetime import UTC
from pathlib import Path

from hypothesis import given, strategies as st
import pytest

from custom_components.mqtt_sentinel.evidence.clips.disk import Disk
from custom_components.mqtt_sentinel.evidence.clips.errors import CannotWriteError
from custom_components.mqtt_sentinel.evidence.clips.owner import Kept
from custom_components.mqtt_sentinel.evidence.clips.retention import (
    Limits,
    Retention,
    remove_clips,
    to_make_room,
    too_many,
)
from custom_components.mqtt_sentinel.evidence.clips.work import Facts, Work
from custom_components.mqtt_sentinel.evidence.facts import Cause

from .build import EPOCH

NOW = EPOCH
DAY = 86400.0


def kept(name: str, age: float, size: int = 100, *incidents: str) -> Kept:
    return Kept(name, NOW - age, size, incidents)


def names(clips: list[Kept]) -> list[str]:
    return [clip.media_id for clip in clips]


def test_the_old_go() -> None:
    clips = [kept("new", 1 * DAY), kept("old", 3 * DAY), kept("older", 4 * DAY)]
    assert names(too_many(clips, Limits(age=2 * DAY), (), NOW)) == ["older", "old"]


def test_the_oldest_go_until_it_is_little_enough() -> None:
    clips = [kept("c", 1), kept("b", 2, 50), kept("a", 3, 30)]
    assert names(too_many(clips, Limits(size=180), (), NOW)) == []
    assert names(too_many(clips, Limits(size=179), (), NOW)) == ["a"]
    assert names(too_many(clips, Limits(size=100), (), NOW)) == ["a", "b"]


def test_without_limits_all_stay() -> None:
    assert not too_many([kept("a", 10_000 * DAY, 1 << 50)], Limits(), (), NOW)


def test_the_clips_of_an_open_incident_stay() -> None:
    clips = [kept("a", 9 * DAY, 100, "shut", "open"), kept("b", 8 * DAY, 100, "shut"), kept("c", 1)]
    assert names(too_many(clips, Limits(age=DAY), {"open"}, NOW)) == ["b"]
    assert names(too_many(clips, Limits(size=0), {"open"}, NOW)) == ["b", "c"]
    assert names(to_make_room(clips, 1000, {"open"})) == ["b", "c"]


def test_no_more_goes_than_makes_room() -> None:
    clips = [kept("c", 1), kept("b", 2), kept("a", 3)]
    assert names(to_make_room(clips, 0, ())) == []
    assert names(to_make_room(clips, 1, ())) == ["a"]
    assert names(to_make_room(clips, 101, ())) == ["a", "b"]


@given(
    st.lists(
        st.builds(
            kept,
            st.uuids().map(str),
            st.floats(0, 10 * DAY),
            st.integers(0, 1000),
            st.sampled_from(["open", "shut"]),
        )
    ),
    st.none() | st.floats(0, 10 * DAY),
    st.none() | st.integers(0, 5000),
)
def test_what_stays_is_within_the_limits_or_spared(
    clips: list[Kept], age: float | None, size: int | None
) -> None:
    going = too_many(clips, Limits(age, size), {"open"}, NOW)
    staying = [clip for clip in clips if clip not in going]
    assert not [clip for clip in going if "open" in clip.incident_ids]
    free = [clip for clip in staying if "open" not in clip.incident_ids]
    assert age is None or all(clip.began >= NOW - age for clip in free)
    assert size is None or not free or sum(clip.size for clip in staying) <= size


class Ledger:
    """Books that only retention looks into."""

    def __init__(self, *clips: Kept) -> None:
        self.clips = {clip.media_id: clip for clip in clips}
        self.rooms: list[int | None] = []
        self.there: list[bool] = []
        self.root: Path | None = None

    async def kept(self) -> list[Kept]:
        return list(self.clips.values())

    async def forget(self, media_ids: list[str]) -> None:
        assert self.root
        for media_id in media_ids:
            # First from the books, then from the disk.
            self.there.append((self.root / media_id).exists())
            self.clips.pop(media_id, None)

    def open_incidents(self) -> set[str]:
        return {"open"}

    def room(self, free: int | None) -> None:
        self.rooms.append(free)


def put(root: Path, media_id: str, size: int = 100) -> str:
    path = root / media_id
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(size))
    path.with_suffix(".jpg").write_bytes(bytes(10))
    return media_id


def files(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*"))


OLD = "hall/2026-12-31/08-00-00-aa-1.mp4"
NEW = "hall/2027-01-14/08-00-00-bb-1.mp4"
SAME_DAY = "hall/2027-01-14/09-00-00-cc-1.mp4"


async def test_what_goes_goes_from_the_books_first_and_takes_its_folder_along(
    tmp_path: Path,
) -> None:
    for media_id in (OLD, NEW, SAME_DAY):
        put(tmp_path, media_id)
    ledger = Ledger(
        Kept(OLD, NOW - 15 * DAY, 100), Kept(NEW, NOW - DAY, 100), Kept(SAME_DAY, NOW - DAY, 100)
    )
    ledger.root = tmp_path
    retention = Retention(tmp_path, UTC, ledger)  # type: ignore[arg-type]  # as far as it is asked
    assert await retention.tidy(Limits(age=2 * DAY), NOW) == 1
    assert ledger.there == [True]
    assert list(ledger.clips) == [NEW, SAME_DAY]
    assert not (tmp_path / "hall/2026-12-31").exists()
    # What they really take counts: 110 bytes each.
    assert await retention.tidy(Limits(size=220), NOW) == 0
    assert await retention.tidy(Limits(size=219), NOW) == 1
    assert files(tmp_path) == [
        "hall",
        "hall/2027-01-14",
        "hall/2027-01-14/09-00-00-cc-1.jpg",
        SAME_DAY,
    ]
    assert await retention.tidy(Limits(size=0), NOW) == 1
    assert files(tmp_path) == []


async def test_what_is_in_no_book_grows_old_too_but_what_is_being_made_does_not(
    tmp_path: Path,
) -> None:
    for media_id in (OLD, NEW):
        put(tmp_path, media_id)
    (tmp_path / "hall/2026-12-31/notes.mp4").write_text("somebody else's")
    making = "hall/2026-12-30/08-00-00-dd-1.mp4"
    put(tmp_path, making)
    facts = Facts(making, "hall", "dd", 1, 0.0, 0.0, 0.0, "rtsp", (Cause.MOTION,))
    Work.create(tmp_path, facts)
    ledger = Ledger()
    ledger.root = tmp_path
    retention = Retention(tmp_path, UTC, ledger)  # type: ignore[arg-type]  # as far as it is asked
    assert await retention.tidy(Limits(age=2 * DAY), NOW) == 1
    assert not (tmp_path / OLD).exists()
    assert (tmp_path / NEW).exists()
    assert (tmp_path / making).exists()
    assert (tmp_path / "hall/2026-12-31/notes.mp4").exists()


def test_only_clips_are_removed(tmp_path: Path) -> None:
    outside = tmp_path / "outside.mp4"
    outside.write_text("?")
    root = tmp_path / "clips"
    root.mkdir()
    remove_clips(root, ["../outside.mp4", str(outside), OLD])
    assert outside.exists()


async def test_a_disk_is_full_once_and_has_room_once(tmp_path: Path) -> None:
    put(tmp_path, OLD)
    ledger = Ledger(Kept(OLD, NOW - DAY, 100), Kept(NEW, NOW - DAY, 100, ("open",)))
    ledger.root = tmp_path
    free = [50]

    def measure(path: Path) -> int:
        return free[0] + (0 if (tmp_path / OLD).exists() else 40)

    retention = Retention(tmp_path, UTC, ledger)  # type: ignore[arg-type]  # as far as it is asked
    disk = Disk(tmp_path, 80, retention, ledger, measure)  # type: ignore[arg-type]  # as above
    assert await disk.look()
    assert not (tmp_path / OLD).exists()
    assert ledger.rooms == []
    free[0] = 30
    assert not await disk.look()
    assert not await disk.look()
    assert disk.full
    free[0] = 80
    assert await disk.look()
    assert await disk.look()
    assert ledger.rooms == [70, None]


async def test_a_folder_that_cannot_be_made_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    ledger = Ledger()
    retention = Retention(tmp_path, UTC, ledger)  # type: ignore[arg-type]  # as far as it is asked
    disk = Disk(tmp_path / "file" / "clips", 0, retention, ledger, lambda path: 0)  # type: ignore[arg-type]  # as above
    with pytest.raises(CannotWriteError):
        await disk.look()
