"""Where what devices took is written: beside its final name first, and noted until it is listed.

``{media}/.incoming`` has what is on its way. All of it is file work, and blocks:

* ``{stem}.new``: the file while it is written;
* ``{stem}.json``: its row, there before it has its final name, and gone when it is listed;
* ``{stem}.thumbnail``: its thumbnail while it is made.
"""

from dataclasses import asdict, dataclass, replace
from hashlib import sha256
import io
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...watch.reports import Occasion
from ..clips.errors import disk_errors
from ..clips.naming import NotOursError, Origin, media_name, parse, path_of, thumbnail_of
from ..clips.streams import read_movie
from ..clips.work import sync_folder
from ..containers import JPEG, MP4, Container, jpeg_size, video_container
from ..journal.rows import MediaKind, MediaRow

if TYPE_CHECKING:
    from datetime import tzinfo

    from ...watch.reports import EvidenceReport

INCOMING = ".incoming"
# Longer than what fits into the largest message; what claims more does not know.
_LONGEST = 24 * 3600.0
_MOST_PART = 99999
_MOST_NOTE = 1 << 20
_KINDS = {
    Occasion.PICTURE: (MediaKind.PICTURE, Origin.PICTURE),
    Occasion.VIDEO: (MediaKind.VIDEO, Origin.VIDEO),
}


class NotAPictureError(Exception):
    """What is called a picture is no JPEG."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Whose evidence something is: the camera, or the watch where no camera names it."""

    camera_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Described:
    """A file that is to be kept: its row, and what it is."""

    row: MediaRow
    stem: str
    container: Container


def describe(report: EvidenceReport, shelf: Shelf, site: str, zone: tzinfo) -> Described:
    """Look at a picture or a video, and name it. What the device called the event is no part of a name.

    Raises NotAPictureError.
    """
    kind, origin = _KINDS[report.occasion]
    content = report.content
    if kind is MediaKind.PICTURE:
        if jpeg_size(content) is None:
            raise NotAPictureError
        container = JPEG
    else:
        container = video_container(content)
    digest = sha256(content).hexdigest()
    said = [*report.key, report.occasion.value, report.event_id, report.number, digest]
    recording = sha256(json.dumps(said).encode()).hexdigest()[:24]
    part = min(report.number + 1, _MOST_PART)
    name = media_name(
        shelf.camera_id, recording, part, report.at.wall, zone, origin, container.suffix
    )
    media_id = str(name)
    row = MediaRow(
        site=site,
        media_id=media_id,
        kind=kind.value,
        camera_id=shelf.camera_id,
        day=name.day,
        recording_id=recording,
        part=part,
        began=report.at.wall,
        duration=_duration(content) if container is MP4 else 0.0,
        pre_roll=0.0,
        path=media_id,
        thumbnail=media_id if container is JPEG else None,
        size=len(content),
        sha256=digest,
        source=report.source,
        event_ids=(report.event_id,),
        name=shelf.name,
    )
    return Described(row, name.stem, container)


def _duration(content: bytes) -> float:
    """The length of an MP4 in seconds, 0 where it does not say."""
    try:
        movie = read_movie(io.BytesIO(content))
    except OverflowError, ValueError:  # a length that no file has
        return 0.0
    return movie.duration if movie and movie.duration <= _LONGEST else 0.0


class Store:
    """The files of what devices took, below the folder of the media. Each method blocks.

    All raise :class:`..clips.errors.DiskFullError` or :class:`..clips.errors.CannotWriteError` where the
    file system does not do what it should.
    """

    def __init__(self, root: Path) -> None:
        # Where ffmpeg is told to look, too: from elsewhere.
        self.root = root.absolute()
        self.folder = self.root / INCOMING

    def has(self, described: Described, day_before: str) -> bool:
        """Tell whether the same is kept already, from that day or the one before."""
        row = described.row
        name = parse(row.media_id)
        end = f"-{described.stem}.{name.container}"
        with disk_errors():
            for day in (row.day, day_before):
                try:
                    paths = list((self.root / name.camera / day).iterdir())
                except FileNotFoundError, NotADirectoryError:
                    continue
                if any(path.name.endswith(end) for path in paths):
                    return True
        return False

    def keep(self, described: Described, content: bytes) -> Path:
        """Write a file, and give it its final name. From then on only listing it is missing."""
        row = described.row
        beside = self.folder / f"{described.stem}.new"
        with disk_errors():
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self._path(row.media_id)
            try:
                _write(beside, content)
                self._note(described.stem, row)
                path.parent.mkdir(parents=True, exist_ok=True)
                for folder in (path.parent, path.parent.parent, self.root):
                    sync_folder(folder)
                beside.replace(path)
                sync_folder(path.parent)
            except OSError:
                self._give_up(described.stem)
                raise
        return path

    def thumbnail(self, described: Described) -> Path:
        """Where the thumbnail is made."""
        return self.folder / f"{described.stem}.thumbnail"

    def keep_thumbnail(self, described: Described) -> str | None:
        """Put a thumbnail that was made in its place; its path below the root, None without one."""
        made = self.thumbnail(described)
        with disk_errors():
            if not made.exists() or not made.stat().st_size:
                made.unlink(missing_ok=True)
                return None
            path = thumbnail_of(self._path(described.row.media_id))
            made.replace(path)
            return path.relative_to(self.root).as_posix()

    def listed(self, stem: str) -> None:
        """Forget the note of a file that is listed."""
        with disk_errors():
            (self.folder / f"{stem}.json").unlink(missing_ok=True)

    def unlisted(self) -> list[tuple[str, MediaRow]]:
        """What is whole and not listed yet, with the stem of each; what is half done is removed."""
        found = []
        with disk_errors():
            try:
                paths = sorted(self.folder.iterdir())
            except FileNotFoundError:
                return []
            for path in paths:
                row = self._whole(path)
                if row:
                    found.append((path.stem, row))
                else:
                    path.unlink(missing_ok=True)
        return found

    def _whole(self, note: Path) -> MediaRow | None:
        """The row of a note whose file is there."""
        if note.suffix != ".json":
            return None
        try:
            with note.open("rb") as file:
                row = MediaRow(**_read(file.read(_MOST_NOTE)))
            path = path_of(row.media_id, self.root)
            if path.stat().st_size != row.size:
                return None
            thumbnail = thumbnail_of(path)
            if not thumbnail.exists():
                return row
            return replace(row, thumbnail=thumbnail.relative_to(self.root).as_posix())
        except FileNotFoundError, NotOursError, TypeError, ValueError:
            return None

    def _note(self, stem: str, row: MediaRow) -> None:
        _write(self.folder / f"{stem}.json", json.dumps(asdict(row)).encode())
        sync_folder(self.folder)

    def _give_up(self, stem: str) -> None:
        for suffix in ("new", "json"):
            (self.folder / f"{stem}.{suffix}").unlink(missing_ok=True)

    def _path(self, media_id: str) -> Path:
        try:
            return path_of(media_id, self.root)
        except NotOursError as error:  # a link that somebody put there
            raise OSError("the folder leads elsewhere") from error


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _read(text: bytes) -> dict[str, Any]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("this is no note")  # noqa: TRY004 - one kind of error for what is not ours
    for name in ("causes", "event_ids", "incident_ids", "triggers"):
        found[name] = tuple(found.get(name, ()))
    return found
