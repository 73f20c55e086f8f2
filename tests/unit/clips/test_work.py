"""Work folders: what is in them is enough for whoever finds them."""

import errno
import json
import os
from pathlib import Path

from hypothesis import given, strategies as st
import pytest

from custom_components.mqtt_sentinel.evidence.clips import work as module
from custom_components.mqtt_sentinel.evidence.clips.errors import CannotWriteError, DiskFullError
from custom_components.mqtt_sentinel.evidence.clips.naming import WORK_FOLDER, path_of, thumbnail_of
from custom_components.mqtt_sentinel.evidence.clips.work import (
    JOINED,
    THUMBNAIL,
    Facts,
    Piece,
    Work,
    leftovers,
    unfinished,
)
from custom_components.mqtt_sentinel.evidence.facts import Cause, Clip, Segment

from .build import at

MEDIA_ID = "hall/2027-01-15/08-00-00-aa-1.mp4"
FACTS = Facts(
    MEDIA_ID,
    "hall",
    "aa",
    1,
    5.0,
    6.0,
    7.0,
    "rtsp",
    (Cause.MOTION, Cause.DRILL),
    ("e",),
    ("i",),
    "x",
)


def segment(folder: Path, content: str = "ts", duration: float = 1.0) -> Segment:
    path = folder / "ring.ts"
    path.write_text(content)
    return Segment(path, 1, at(0), duration)


def clip_of(root: Path, *, thumbnail: bool = True) -> Clip:
    path = path_of(MEDIA_ID, root)
    shown = thumbnail_of(path) if thumbnail else None
    return Clip(
        *(MEDIA_ID, "hall", "aa", 1, 5.0, 10.0, 1.0, path, shown, 3, "ab", "rtsp"),
        (Cause.MOTION,),
        ("e",),
    )


def made(root: Path) -> Work:
    """A part whose clip is made, but has no name yet."""
    work = Work.create(root, FACTS)
    work.make()
    (work.making / JOINED).write_text("mp4")
    (work.making / THUMBNAIL).write_text("jpg")
    return work


def test_what_was_taken_in_is_found_again(tmp_path: Path) -> None:
    root = tmp_path / "clips"
    work = Work.create(root, FACTS)
    assert work.take(7, segment(tmp_path, "b", 1.2345))
    (tmp_path / "ring.ts").unlink()
    assert work.take(6, segment(tmp_path, "a"))
    assert not work.take(8, Segment(tmp_path / "gone.ts", 1, at(0), 2.0))
    [folder] = leftovers(root)
    found = Work.found(root, folder)
    assert found
    assert found.facts == FACTS
    assert found.pieces() == [
        Piece(6, 1.0, "0000000006-1000.ts"),
        Piece(7, 1.234, "0000000007-1234.ts"),
        Piece(8, 2.0, None),
    ]
    assert (folder / "0000000006-1000.ts").read_text() == "a"
    assert unfinished(root) == {MEDIA_ID}
    found.remove()
    assert leftovers(root) == []


def test_a_segment_is_linked_and_taken_once(tmp_path: Path) -> None:
    work = Work.create(tmp_path, FACTS)
    taken = segment(tmp_path)
    for _ in range(2):
        assert work.take(1, taken)
    assert taken.path.stat().st_nlink == 2
    assert len(work.pieces()) == 1


@pytest.mark.parametrize("number", [errno.EXDEV, errno.EPERM])
def test_where_nothing_can_be_linked_it_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def link(*args: object, **named: object) -> None:
        raise OSError(number, "no link")

    monkeypatch.setattr(os, "link", link)
    work = Work.create(tmp_path, FACTS)
    assert work.take(1, segment(tmp_path))
    assert not work.take(2, Segment(tmp_path / "gone.ts", 1, at(0), 2.0))
    assert (work.folder / "0000000001-1000.ts").read_text() == "ts"
    assert [piece.name for piece in work.pieces()] == ["0000000001-1000.ts", None]


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, DiskFullError),
        (errno.EDQUOT, DiskFullError),
        (errno.EIO, CannotWriteError),
    ],
)
def test_what_the_disk_says_is_said_in_our_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, kind: type[Exception]
) -> None:
    def link(*args: object, **named: object) -> None:
        raise OSError(number, os.strerror(number))

    work = Work.create(tmp_path, FACTS)
    monkeypatch.setattr(os, "link", link)
    with pytest.raises(kind, match=os.strerror(number)):
        work.take(1, segment(tmp_path))


def test_a_clip_gets_its_name_and_is_known_by_it(tmp_path: Path) -> None:
    work = made(tmp_path)
    assert work.published() is None
    clip = clip_of(tmp_path)
    work.publish(clip)
    assert clip.path.read_text() == "mp4"
    assert clip.thumbnail
    assert clip.thumbnail.read_text() == "jpg"
    found = Work.found(tmp_path, work.folder)
    assert found
    assert found.published() == clip
    clip.thumbnail.unlink()
    found_again = found.published()
    assert found_again
    assert found_again.thumbnail is None
    clip.path.write_text("cut off")
    assert found.published() is None
    found.unpublish()
    assert not clip.path.exists()


def test_a_clip_without_a_thumbnail_has_none(tmp_path: Path) -> None:
    work = made(tmp_path)
    clip = clip_of(tmp_path, thumbnail=False)
    work.publish(clip)
    assert not thumbnail_of(clip.path).exists()
    assert work.published() == clip


def test_what_has_no_name_yet_is_not_removed_elsewhere(tmp_path: Path) -> None:
    other = path_of(MEDIA_ID, tmp_path)
    other.parent.mkdir(parents=True)
    other.write_text("another's")
    made(tmp_path).unpublish()
    assert other.exists()


@pytest.mark.parametrize("steps", range(8))
def test_whenever_removing_is_cut_off_nobody_makes_the_clip_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    work = made(tmp_path)
    for number in range(3):
        work.take(number, segment(tmp_path))
    clip = clip_of(tmp_path)
    work.publish(clip)
    unlink, left = Path.unlink, [steps]

    def cut_off(self: Path, missing_ok: bool = False) -> None:
        if not left[0]:
            raise OSError(errno.EIO, "killed")
        left[0] -= 1
        unlink(self, missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", cut_off)
        if steps < 5:
            with pytest.raises(CannotWriteError):
                work.remove()
        else:
            work.remove()
    for folder in leftovers(tmp_path):
        found = Work.found(tmp_path, folder)
        assert found is None or found.published() == clip


def test_nothing_is_left_over_where_nothing_is(tmp_path: Path) -> None:
    assert leftovers(tmp_path / "none") == []
    assert unfinished(tmp_path / "none") == set()


def test_what_somebody_keeps_writing_into_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = made(tmp_path)
    making, rmdir, more = work.making, os.rmdir, [1]

    def busy(path: object, *args: object, **named: object) -> None:
        if more:
            more.pop()
            (making / "late").write_text("?")
        rmdir(path, *args, **named)  # type: ignore[arg-type]  # handed on

    monkeypatch.setattr(os, "rmdir", busy)
    work.unmake()
    assert not more
    assert not making.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"media_id": "../x"},
        {"media_id": None},
        {"part": "one"},
        {"began": []},
        {"causes": ["whim"]},
        {"causes": None},
    ],
)
def test_facts_that_are_none_are_not_believed(tmp_path: Path, change: dict[str, object]) -> None:
    work = Work.create(tmp_path, FACTS)
    facts = json.loads(FACTS.written()) | change
    (work.folder / "facts.json").write_text(json.dumps(facts))
    assert Work.found(tmp_path, work.folder) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", "nul", '{"media_id": 1}', "\xff"])
def test_what_is_no_json_of_ours_is_not_believed(tmp_path: Path, text: str) -> None:
    work = made(tmp_path)
    work.publish(clip_of(tmp_path))
    (work.folder / "clip.json").write_text(text, encoding="latin-1")
    assert work.published() is None
    (work.folder / "facts.json").write_text(text, encoding="latin-1")
    assert Work.found(tmp_path, work.folder) is None


def test_where_a_clip_is_follows_from_its_name_alone(tmp_path: Path) -> None:
    work = made(tmp_path)
    work.publish(clip_of(tmp_path))
    facts = json.loads((work.folder / "clip.json").read_text())
    assert "path" not in facts
    (work.folder / "clip.json").write_text(json.dumps(facts | {"media_id": "../../etc/x.mp4"}))
    assert work.published() is None


@given(st.text(), st.lists(st.text(), max_size=3))
def test_whatever_a_thing_is_called_it_is_written_and_read(name: str, ids: list[str]) -> None:
    facts = Facts(MEDIA_ID, name, "aa", 1, 5.0, 6.0, 7.0, name, (), tuple(ids), tuple(ids))
    assert Facts.read(facts.written()) == facts


def test_the_folder_is_beside_the_clips(tmp_path: Path) -> None:
    folder = Work.create(tmp_path, FACTS).folder
    assert folder == tmp_path / WORK_FOLDER / "hall.aa-1"
    assert module.WORK_FOLDER.startswith(".")
