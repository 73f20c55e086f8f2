"""The folder that a part of a recording grows in, and what is in it. All of this is file work.

It is ``{clips}/.recording/{camera}.{recording}-{part}``, on the file system that the clip will be on:

* ``facts.json``: whose it is and what asked for it, there before anything else is;
* ``{number}-{milliseconds}.ts``: the segments, linked or copied; ``.lost`` instead of ``.ts`` where
  the ring did not have it any more;
* ``making-…/joined.mp4`` and ``thumbnail.jpg``: the clip while it is made. Each try has a folder of
  its own: an ffmpeg that outlived us may still write to the one before it;
* ``clip.json``: all about the clip, there before it has its final name.
"""

from dataclasses import asdict, dataclass, replace
import errno
import json
import os
from pathlib import Path
import re
import secrets
import shutil
from typing import Any, Self

from ..facts import Cause, Clip, Segment
from .errors import disk_errors
from .naming import WORK_FOLDER, NotOursError, camera_folder, parse, path_of, thumbnail_of

JOINED = "joined.mp4"
THUMBNAIL = "thumbnail.jpg"
_FACTS = "facts.json"
_CLIP = "clip.json"
_PIECE = re.compile(r"(?P<number>[0-9]{10})-(?P<ms>[0-9]{1,8})\.(?P<kind>ts|lost)", re.ASCII)
# Where a file cannot be linked into: another file system, one without links, too many of them.
_NO_LINK = frozenset({errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.EACCES})
_MOST_BYTES = 1 << 20
_MAKING = "making-"
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Facts:
    """What a part is, so that it can be finished by whoever finds it.

    ``began`` and ``asked`` (when the recording was first asked for) in epoch seconds. ``shown`` is
    the moment that its thumbnail shows.
    """

    media_id: str
    camera_id: str
    recording_id: str
    part: int
    began: float
    asked: float
    shown: float
    source: str
    causes: tuple[Cause, ...]
    event_ids: tuple[str, ...] = ()
    incident_ids: tuple[str, ...] = ()
    continues: str | None = None

    @classmethod
    def read(cls, text: str) -> Self:
        """Read what :meth:`written` wrote.

        Raises:
            ValueError: It is something else.

        """
        found = _object(text)
        try:
            parse(found["media_id"])
            return cls(
                str(found["media_id"]),
                str(found["camera_id"]),
                str(found["recording_id"]),
                int(found["part"]),
                float(found["began"]),
                float(found["asked"]),
                float(found["shown"]),
                str(found["source"]),
                tuple(Cause(cause) for cause in found["causes"]),
                tuple(str(event_id) for event_id in found["event_ids"]),
                tuple(str(incident_id) for incident_id in found["incident_ids"]),
                None if found["continues"] is None else str(found["continues"]),
            )
        except (KeyError, TypeError) as error:
            raise ValueError("these are no facts") from error

    def written(self) -> str:
        """It all as text."""
        return json.dumps(asdict(self))


@dataclass(frozen=True, slots=True)
class Piece:
    """A segment in a work folder; ``name`` is None where it is lost. ``duration`` in seconds."""

    number: int
    duration: float
    name: str | None


class Work:
    """One work folder. Each method blocks.

    All raise :class:`~.errors.DiskFullError` or :class:`~.errors.CannotWriteError` where the file
    system does not do what it should.
    """

    def __init__(self, root: Path, folder: Path, facts: Facts) -> None:
        self.root = root
        self.folder = folder
        self.facts = facts
        self.making = folder

    @classmethod
    def create(cls, root: Path, facts: Facts) -> Self:
        """Begin a part below the folder of the clips."""
        name = f"{camera_folder(facts.camera_id)}.{facts.recording_id}-{facts.part}"
        work = cls(root, root / WORK_FOLDER / name, facts)
        with disk_errors():
            work.folder.mkdir(parents=True, exist_ok=True)
            work.tell(facts)
            sync_folder(work.folder.parent)
        return work

    @classmethod
    def found(cls, root: Path, folder: Path) -> Self | None:
        """Take up a part that somebody else began, None if it cannot be known what it is."""
        with disk_errors():
            try:
                return cls(root, folder, Facts.read(_small(folder / _FACTS)))
            except FileNotFoundError, NotADirectoryError, ValueError:
                return None

    def tell(self, facts: Facts) -> None:
        """Keep what has become known since it began."""
        self.facts = facts
        with disk_errors():
            _write(self.folder / _FACTS, facts.written())

    def take(self, number: int, segment: Segment) -> bool:
        """Take in a segment; False when the ring does not have it any more."""
        stem = f"{number:010d}-{round(segment.duration * 1000)}"
        target = self.folder / f"{stem}.ts"
        with disk_errors():
            try:
                _link(segment.path, target)
            except FileNotFoundError:
                (self.folder / f"{stem}.lost").touch()
                return False
        return True

    def pieces(self) -> list[Piece]:
        """The segments that are in it, in their order."""
        with disk_errors():
            names = sorted(path.name for path in self.folder.iterdir())
        return [
            Piece(
                int(found["number"]),
                int(found["ms"]) / 1000,
                name if found["kind"] == "ts" else None,
            )
            for name in names
            if (found := _PIECE.fullmatch(name))
        ]

    def publish(self, clip: Clip) -> None:
        """Give what was made its final name. From then on :meth:`published` knows it."""
        with disk_errors():
            day = clip.path.parent
            day.mkdir(parents=True, exist_ok=True)
            for folder in (day, day.parent, day.parent.parent):
                sync_folder(folder)
            for name in (JOINED, THUMBNAIL) if clip.thumbnail else (JOINED,):
                _sync(self.making / name)
            _write(self.folder / _CLIP, _clip_written(clip))
            if clip.thumbnail:
                (self.making / THUMBNAIL).replace(clip.thumbnail)
            (self.making / JOINED).replace(clip.path)
            sync_folder(day)

    def published(self) -> Clip | None:
        """The clip, if all that was missing is that somebody records it."""
        with disk_errors():
            try:
                clip = _clip_read(_small(self.folder / _CLIP), self.root)
                whole = clip.path.stat().st_size == clip.size
            except FileNotFoundError, ValueError:
                return None
            if not whole:
                return None
            if clip.thumbnail and not clip.thumbnail.exists():
                clip = replace(clip, thumbnail=None)
            return clip

    def unpublish(self) -> None:
        """Remove what may have a final name and never was recorded."""
        with disk_errors():
            if (self.folder / _CLIP).exists():
                path = path_of(self.facts.media_id, self.root)
                path.unlink(missing_ok=True)
                thumbnail_of(path).unlink(missing_ok=True)

    def make(self) -> None:
        """Begin to make the clip, in a folder of its own: :attr:`making`."""
        self.unmake()
        with disk_errors():
            self.making = self.folder / f"{_MAKING}{secrets.token_hex(4)}"
            self.making.mkdir()

    def unmake(self) -> None:
        """Remove what was half made."""
        with disk_errors():
            for path in self.folder.glob(f"{_MAKING}*"):
                _remove_tree(path)

    def remove(self) -> None:
        """Remove it all, so that what is left at any moment tells that it is done with.

        The segments go first: with the clip's facts still there nobody makes the clip again, of less.
        The part's facts go next: without them nobody takes it up at all.
        """
        last = (_FACTS, _CLIP)
        self.unmake()
        with disk_errors():
            names = [path.name for path in self.folder.iterdir()]
            for name in (*(name for name in names if name not in last), *last):
                (self.folder / name).unlink(missing_ok=True)
            self.folder.rmdir()


def leftovers(root: Path) -> list[Path]:
    """All that is in the folder of what is being recorded, oldest names first. Blocks."""
    with disk_errors():
        try:
            return sorted((root / WORK_FOLDER).iterdir())
        except FileNotFoundError:
            return []


def unfinished(root: Path) -> set[str]:
    """The media ids of all that is being recorded or finished. Blocks."""
    found = (Work.found(root, folder) for folder in leftovers(root))
    return {work.facts.media_id for work in found if work}


def remove_stray(path: Path) -> None:
    """Remove what is no work folder from among them. Blocks."""
    with disk_errors():
        if path.is_dir() and not path.is_symlink():
            _remove_tree(path)
        else:
            path.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder last."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_tree(path: Path) -> None:
    """Remove a folder, also one that somebody puts one more thing into meanwhile."""
    for _ in range(_TRIES - 1):
        shutil.rmtree(path, ignore_errors=True)
        if not path.exists():
            return
    shutil.rmtree(path)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _write(path: Path, text: str) -> None:
    """Replace a small file, so that it is whole at any moment."""
    beside = path.with_suffix(".new")
    with beside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync_folder(path.parent)


def _small(path: Path) -> str:
    """Read a file that cannot be large if it is ours."""
    with path.open("rb") as file:
        return file.read(_MOST_BYTES).decode()


def _link(source: Path, target: Path) -> None:
    """Have a file under a second name, or a copy of it where that cannot be."""
    try:
        os.link(source, target, follow_symlinks=False)
    except FileExistsError:
        return
    except OSError as error:
        if error.errno not in _NO_LINK:
            raise
        beside = target.with_suffix(".new")
        shutil.copyfile(source, beside)
        _sync(beside)
        beside.replace(target)


def _object(text: str) -> dict[str, Any]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("this is no object")  # noqa: TRY004 - one kind of error for what is not ours
    return found


def _clip_written(clip: Clip) -> str:
    facts = asdict(clip)
    del facts["path"]
    facts["thumbnail"] = clip.thumbnail is not None
    return json.dumps(facts)


def _clip_read(text: str, root: Path) -> Clip:
    """Read a clip; where it is follows from its name alone.

    Raises:
        ValueError: It is none.

    """
    found = _object(text)
    try:
        path = path_of(found["media_id"], root)
        found["path"] = path
        found["thumbnail"] = thumbnail_of(path) if found["thumbnail"] else None
        found["causes"] = tuple(Cause(cause) for cause in found["causes"])
        for name in ("event_ids", "incident_ids"):
            found[name] = tuple(found[name])
        return Clip(**found)
    except (KeyError, TypeError, NotOursError) as error:
        raise ValueError("this is no clip") from error
