"""Names of clips: nothing leads out of their folder."""

from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.mqtt_sentinel.evidence.clips.naming import (
    WORK_FOLDER,
    NotOursError,
    camera_folder,
    media_name,
    parse,
    path_of,
    thumbnail_of,
)

CAMERA = "01JC5Z0V5T8Q3M4N6P7R9S0TAB"
NAME = f"{CAMERA}/2027-01-15/08-00-00-ab12cd34-1.mp4"
HOSTILE = [
    "",
    ".",
    "..",
    "../../etc/passwd",
    "-i",
    "--help",
    "/etc/passwd",
    "a/b",
    "a\\b",
    "a b",
    'a"b',
    "a'b",
    "a\nb",
    "a\0b",
    "%2e%2e%2f",
    "concat:a|b",
    "a" * 300,
    WORK_FOLDER,
    "caméra",
    "\udcff",
]


def test_a_name_is_of_the_camera_the_day_and_the_recording() -> None:
    name = media_name(CAMERA, "ab12cd34", 1, 1_800_000_000.0, UTC)
    assert str(name) == NAME
    assert parse(NAME) == name
    assert name.moment(UTC) == 1_800_000_000.0


def test_the_day_is_that_of_the_house() -> None:
    name = media_name(CAMERA, "ab12cd34", 12, 1_800_000_000.0, ZoneInfo("Pacific/Auckland"))
    assert str(name) == f"{CAMERA}/2027-01-15/21-00-00-ab12cd34-12.mp4"
    name = media_name(CAMERA, "ab12cd34", 12, 1_800_000_000.0, ZoneInfo("Pacific/Honolulu"))
    assert str(name).startswith(f"{CAMERA}/2027-01-14/22")


@pytest.mark.parametrize("camera_id", HOSTILE)
def test_whatever_a_camera_is_called_its_clips_are_in_the_folder(
    camera_id: str, tmp_path: Path
) -> None:
    folder = camera_folder(camera_id)
    assert folder.isascii()
    assert folder.startswith("_")
    name = media_name(camera_id, "ab12cd34", 1, 0.0, UTC)
    path = path_of(str(name), tmp_path)
    assert path.parent.parent == tmp_path / folder
    assert parse(str(name)) == name


def test_no_two_cameras_share_a_folder() -> None:
    folders = {camera_folder(camera_id) for camera_id in (*HOSTILE, CAMERA)}
    assert len(folders) == len(HOSTILE) + 1
    assert camera_folder(camera_folder("..")) != camera_folder("..")


@pytest.mark.parametrize("recording_id", ["", "A", "a/b", "..", "a b", "a\n", "-", "a" * 33, "é"])
def test_a_recording_is_called_as_we_call_it(recording_id: str) -> None:
    with pytest.raises(NotOursError):
        media_name(CAMERA, recording_id, 1, 0.0, UTC)


@pytest.mark.parametrize("part", [0, -1, 100_000])
def test_a_part_has_a_number(part: int) -> None:
    with pytest.raises(NotOursError):
        media_name(CAMERA, "a", part, 0.0, UTC)


@pytest.mark.parametrize(
    "media_id",
    [
        *HOSTILE,
        f"/{NAME}",
        f"../{NAME}",
        f"./{NAME}",
        f"x/../{NAME}",
        f"{NAME}/",
        f"{NAME}\n",
        f"{NAME}\0",
        f"{NAME}.jpg",
        f"\n{NAME}",
        NAME.replace("/", "\\"),
        NAME.replace("/", "%2f"),
        NAME.replace("/", "//"),
        NAME.replace(CAMERA, ".."),
        NAME.replace(CAMERA, WORK_FOLDER),
        NAME.replace(CAMERA, "-y"),
        NAME.replace("2027-01-15", ".."),
        NAME.replace("2027-01-15", "2027-02-30"),
        NAME.replace("2027-01-15", "0000-01-01"),
        NAME.replace("08-00-00", "24-00-00"),
        NAME.replace("2027", "٢٠٢٧"),
        NAME.replace("ab12cd34", "AB"),
        NAME.replace("-1.mp4", "-0.mp4"),
        NAME.replace("-1.mp4", "-01.mp4"),
        NAME.replace(".mp4", ".MP4"),
    ],
)
def test_what_is_no_name_of_ours_is_none(media_id: str, tmp_path: Path) -> None:
    with pytest.raises(NotOursError):
        parse(media_id)
    with pytest.raises(NotOursError):
        path_of(media_id, tmp_path)


@given(st.text() | st.from_regex(r"[\w.]+/[\d-]+/[\w.-]+", fullmatch=True))
def test_whatever_is_asked_for_is_inside_or_refused(media_id: str) -> None:
    root = Path("/nowhere/clips")
    try:
        path = path_of(media_id, root)
    except NotOursError:
        return
    assert path.is_relative_to(root)
    assert ".." not in path.parts
    assert str(parse(media_id)) == media_id


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_a_link_does_not_lead_out(depth: int, tmp_path: Path) -> None:
    root, outside = tmp_path / "clips", tmp_path / "outside"
    linked = root.joinpath(*NAME.split("/")[:depth])
    inside = outside.joinpath(*NAME.split("/")[depth:])
    inside.parent.mkdir(parents=True, exist_ok=True)
    inside.write_text("secret")
    linked.parent.mkdir(parents=True, exist_ok=True)
    linked.symlink_to(outside if depth < 3 else inside)
    with pytest.raises(NotOursError):
        path_of(NAME, root)


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "clips").symlink_to(tmp_path / "real")
    assert path_of(NAME, tmp_path / "clips") == tmp_path / "clips" / NAME


def test_a_thumbnail_is_beside_its_clip() -> None:
    assert thumbnail_of(Path("a/b.mp4")) == Path("a/b.jpg")
