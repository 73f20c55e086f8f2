"""Where rings are kept, and what becomes of the folders of the dead."""

import fcntl
import os
from pathlib import Path
import shutil
import subprocess
import sys
from types import SimpleNamespace

import pytest

from custom_components.mqtt_sentinel.evidence.cameras import place
from custom_components.mqtt_sentinel.evidence.cameras.place import (
    Candidate,
    Place,
    choose,
    look,
    remove_dead,
)

RAM, DISK = Path("/ram"), Path("/disk")


@pytest.mark.parametrize(
    ("ram", "disk", "chosen"),
    [
        (Candidate(RAM, True, 100), Candidate(DISK, True, 900), RAM),
        (Candidate(RAM, True, 99), Candidate(DISK, True, 900), DISK),
        (Candidate(RAM, False, 100), Candidate(DISK, True, 900), DISK),
        (Candidate(RAM, True, 99), Candidate(DISK, True, 98), RAM),
        (Candidate(RAM, True, 99), Candidate(DISK, False, 900), RAM),
        (Candidate(RAM, False, 100), Candidate(DISK, False, 900), None),
    ],
)
def test_memory_where_there_is_room(ram: Candidate, disk: Candidate, chosen: Path | None) -> None:
    assert choose([ram, disk], 100) == chosen


def test_a_look_at_a_folder(tmp_path: Path) -> None:
    seen = look(tmp_path)
    assert seen.is_writable
    assert seen.free > 0
    assert look(tmp_path / "nowhere") == Candidate(tmp_path / "nowhere", False, 0)


def test_a_place_is_ones_own_and_goes_with_all_in_it(tmp_path: Path) -> None:
    made = Place.make([tmp_path / "nowhere", tmp_path], 4)
    first, second = made.folder(), made.folder()
    assert first != second
    assert first.parent == made.path
    assert made.path.parent == tmp_path
    assert made.path.stat().st_mode & 0o077 == 0
    (first / "0001-00000000.ts").write_bytes(b"x")
    made.remove()
    assert not list(tmp_path.iterdir())


def test_nowhere_to_write(tmp_path: Path) -> None:
    with pytest.raises(PermissionError, match="nowhere"):
        Place.make([tmp_path / "nowhere"], 1)


def test_the_living_are_left_alone(tmp_path: Path) -> None:
    one = Place.make([tmp_path], 1)
    other = Place.make([tmp_path], 1)
    assert one.path.is_dir()
    other.remove()
    assert one.path.is_dir()
    one.remove()


DIES = """
import os, signal, sys
from pathlib import Path
from custom_components.mqtt_sentinel.evidence.cameras.place import Place
made = Place.make([Path(sys.argv[1])], 1)
(made.folder() / "0001-00000000.ts").write_bytes(b"x")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", DIES, str(tmp_path)], check=False)
    (left,) = tmp_path.iterdir()
    made = Place.make([tmp_path], 1)
    assert list(tmp_path.iterdir()) == [made.path]
    assert left != made.path
    made.remove()


def test_only_what_is_a_folder_of_rings_is_removed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "owner.lock").touch()
    (tmp_path / "mqtt_sentinel-rings-link").symlink_to(elsewhere)
    (tmp_path / "mqtt_sentinel-rings-file").touch()
    (tmp_path / "other").mkdir()
    before = set(tmp_path.iterdir())
    remove_dead(tmp_path)
    remove_dead(tmp_path / "nowhere")
    assert set(tmp_path.iterdir()) == before
    assert (elsewhere / "owner.lock").exists()


def test_nobody_removes_what_has_no_lock_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = fcntl.flock

    def meddle(file: int, how: int) -> None:
        if not how & fcntl.LOCK_NB:
            remove_dead(tmp_path)  # another Home Assistant that starts, in this very moment
        lock(file, how)

    monkeypatch.setattr(place.fcntl, "flock", meddle)
    made = Place.make([tmp_path], 1)
    assert made.folder().is_dir()
    made.remove()


@pytest.mark.parametrize(("age", "there"), [(0, True), (3_600, False)])
@pytest.mark.parametrize(
    "made",
    [
        "mqtt_sentinel-rings-new",
        ".mqtt_sentinel-rings-new",
        ".mqtt_sentinel-rings-new/owner.lock",
    ],
)
def test_a_folder_gets_time_for_its_lock(
    tmp_path: Path, made: str, age: float, there: bool
) -> None:
    folder = tmp_path / made.partition("/")[0]
    folder.mkdir()
    if folder != tmp_path / made:
        (tmp_path / made).touch()
    since = folder.stat().st_mtime - age
    os.utime(folder, (since, since))
    remove_dead(tmp_path)
    assert folder.exists() is there


def test_a_lock_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "mqtt_sentinel-rings-x"
    folder.mkdir()
    (folder / "owner.lock").symlink_to("/dev/null")
    remove_dead(tmp_path)
    assert folder.exists()


def test_others_clear_up_at_the_same_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = [tmp_path / f"mqtt_sentinel-rings-{name}" for name in "ab"]
    for folder in folders:
        folder.mkdir()
        (folder / "owner.lock").touch()

    def scan(path: Path) -> list[os.DirEntry[str]]:
        with os.scandir(path) as found:
            entries = sorted(found, key=lambda entry: entry.name)
        shutil.rmtree(folders[0])
        return entries

    monkeypatch.setattr(place, "os", SimpleNamespace(**vars(os) | {"scandir": scan}))
    remove_dead(tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_folders_of_others_are_theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "mqtt_sentinel-rings-x"
    folder.mkdir()
    (folder / "owner.lock").touch()
    monkeypatch.setattr(place.os, "getuid", lambda: os.geteuid() + 1)
    remove_dead(tmp_path)
    assert folder.exists()


def test_a_lock_is_not_handed_on_to_programs(tmp_path: Path) -> None:
    """Or ffmpeg would hold it for an owner that is dead."""
    made = Place.make([tmp_path], 1)
    assert fcntl.fcntl(made._lock, fcntl.F_GETFD) & fcntl.FD_CLOEXEC
    made.remove()
