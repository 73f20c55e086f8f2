"""The names of what devices took themselves: as strict as those of clips."""

from datetime import UTC
from pathlib import Path

import pytest

from custom_components.mqtt_sentinel.evidence.clips.naming import (
    NotOursError,
    Origin,
    media_name,
    parse,
    path_of,
    thumbnail_of,
)
from custom_components.mqtt_sentinel.evidence.clips.retention import _on_disk, remove_clips

PICTURE = "cam/2026-11-21/03-12-44-abc-p1.jpg"
VIDEO = "cam/2026-11-21/03-12-44-abc-v7.webm"
CLIP = "cam/2026-11-21/03-12-44-abc-1.mp4"


@pytest.mark.parametrize(
    ("media_id", "origin", "container"),
    [
        (PICTURE, Origin.PICTURE, "jpg"),
        (VIDEO, Origin.VIDEO, "webm"),
        (CLIP, Origin.CLIP, "mp4"),
        (VIDEO.replace("webm", "bin"), Origin.VIDEO, "bin"),
    ],
)
def test_a_name_is_read_back(media_id: str, origin: Origin, container: str) -> None:
    name = parse(media_id)
    assert (name.origin, name.container) == (origin, container)
    assert str(name) == media_id


@pytest.mark.parametrize(
    "media_id",
    [
        CLIP.replace("mp4", "jpg"),  # the thumbnail of a clip is no picture
        CLIP.replace("mp4", "webm"),
        PICTURE.replace("jpg", "mp4"),
        PICTURE.replace("jpg", "html"),
        PICTURE.replace("jpg", "svg"),
        VIDEO.replace("webm", "jpg"),
        VIDEO.replace("webm", "exe"),
        VIDEO.replace("-v", "-x"),
        VIDEO.replace("v7", "v0"),
        VIDEO.replace("v7", "v"),
        PICTURE + "\n",
        "../" + PICTURE,
        PICTURE.replace("cam", ".."),
    ],
)
def test_what_is_no_name(media_id: str) -> None:
    with pytest.raises(NotOursError):
        parse(media_id)


def test_only_what_may_be_gets_a_name() -> None:
    with pytest.raises(NotOursError):
        media_name("cam", "abc", 1, 0.0, UTC, Origin.PICTURE, "html")
    name = media_name("cam", "abc", 1, 0.0, UTC, Origin.PICTURE, "jpg")
    assert str(name) == "cam/1970-01-01/00-00-00-abc-p1.jpg"


def test_they_count_and_go_with_the_clips(tmp_path: Path) -> None:
    for media_id, size in ((PICTURE, 3), (VIDEO, 5), (CLIP, 7)):
        path = path_of(media_id, tmp_path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(size))
    for media_id in (VIDEO, CLIP):
        thumbnail_of(path_of(media_id, tmp_path)).write_bytes(bytes(10))
    (tmp_path / "cam/2026-11-21/notes.txt").write_bytes(b"somebody else's")
    assert _on_disk(tmp_path) == {PICTURE: 3, VIDEO: 15, CLIP: 17}
    remove_clips(tmp_path, [PICTURE, VIDEO, CLIP])
    assert [path.name for path in tmp_path.glob("*/*/*")] == ["notes.txt"]
