"""From the segments of a part to a clip: joined, looked at, weighed, and given its name."""

import asyncio
from dataclasses import dataclass
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from ..facts import Clip
from .errors import CannotFinishError, UnplayableError, disk_errors
from .ffmpeg import Ran, run_ffmpeg
from .naming import path_of, thumbnail_of
from .streams import Movie, is_hevc, read_movie
from .work import JOINED, THUMBNAIL, Piece, Work

if TYPE_CHECKING:
    from collections.abc import Sequence

# Of what the segments promise, that much may be missing: what they say is rounded, and a stream
# does not end on the second.
_TOLERANCE = 0.5
_TOLERANCE_SHARE = 0.02
_THUMBNAIL_WIDTH = 640
# Copying a minute of video takes a second; a busy disk may take its time.
_JOIN_SECONDS = 120.0
_LOOK_SECONDS = 60.0
_TRIED_BYTES = 64 * 1024
_ONLY_FILES = ("-protocol_whitelist", "concat,file")


@dataclass(frozen=True, slots=True)
class _Made:
    """A joined file, and how much of what it should have it does not have, in seconds."""

    movie: Movie
    missing: float


async def finish(work: Work, ffmpeg: str, *, recovered: bool = False) -> Clip:
    """Make the clip of a part and give it its final name; the work folder stays.

    Raises:
        UnplayableError: There is nothing in it that can be shown.
        DiskFullError: There is no room for it.
        CannotFinishError: It cannot be made now.

    """
    pieces = await asyncio.to_thread(work.pieces)
    if all(piece.name is None for piece in pieces):
        raise UnplayableError("no segment is there")
    await asyncio.to_thread(work.make)
    source = _source(pieces)
    made = await _join(work, ffmpeg, source, pieces)
    facts = work.facts
    offset = min(max(facts.shown - facts.began, 0.0), made.movie.duration)
    has_thumbnail = await _look(work, ffmpeg, source, offset)
    path = await asyncio.to_thread(path_of, facts.media_id, work.root)
    size, sha256 = await asyncio.to_thread(_weigh, work.making / JOINED)
    clip = Clip(
        facts.media_id,
        facts.camera_id,
        facts.recording_id,
        facts.part,
        facts.began,
        made.movie.duration,
        min(max(facts.asked - facts.began, 0.0), made.movie.duration),
        path,
        thumbnail_of(path) if has_thumbnail else None,
        size,
        sha256,
        facts.source,
        facts.causes,
        facts.event_ids,
        facts.incident_ids,
        made.missing,
        recovered,
        facts.continues,
    )
    await asyncio.to_thread(work.publish, clip)
    return clip


def _source(pieces: Sequence[Piece]) -> tuple[str, ...]:
    """The segments as one input of ffmpeg, by the names that we gave them."""
    names = "|".join(piece.name for piece in pieces if piece.name)
    # They are one stream cut into files: put back together byte by byte its timestamps go on.
    return (*_ONLY_FILES, "-f", "mpegts", "-i", f"concat:{names}", "-map", "0:v:0")


async def _join(work: Work, ffmpeg: str, source: Sequence[str], pieces: Sequence[Piece]) -> _Made:
    """Join the segments; without the sound where it is in the way.

    Raises:
        UnplayableError: There is no picture in them.
        CannotFinishError: They could not be joined, though there is one.

    """
    joined = f"{work.making.name}/{JOINED}"
    names = [piece.name for piece in pieces if piece.name]
    promised = sum(piece.duration for piece in pieces)
    # What a browser calls the codec: Safari plays no other.
    hevc = await asyncio.to_thread(_has_hevc, work.folder, names)
    tag = ("-tag:v", "hvc1") if hevc else ()
    target = ("-c", "copy", *tag, "-movflags", "+faststart", "-f", "mp4", joined)
    made: _Made | None = None
    complaint = ""
    for sound in (("-map", "0:a:0?"), ()):
        ran = await run_ffmpeg(ffmpeg, (*source, *sound, *target), work.folder, _JOIN_SECONDS)
        made = await asyncio.to_thread(_made, work.making / JOINED, ran, promised)
        if made and not made.missing:
            return made
        complaint = ran.complaint
    if made is None:
        await _blame(work, ffmpeg, source, complaint)
    return made


async def _blame(work: Work, ffmpeg: str, source: Sequence[str], complaint: str) -> NoReturn:
    """Find out why no clip came of it. Only segments without any picture are given up.

    Raises:
        DiskFullError: The disk is full; ffmpeg does not always say so.
        UnplayableError: There is no picture in the segments themselves.
        CannotFinishError: It is something else.

    """
    await asyncio.to_thread(_try_to_write, work.making)
    first = ("-frames:v", "1", "-f", "framecrc", "pipe:1")
    ran = await run_ffmpeg(ffmpeg, (*source, *first), work.folder, _LOOK_SECONDS)
    raise CannotFinishError(complaint) if _frames(ran) else UnplayableError(complaint)


def _try_to_write(folder: Path) -> None:
    with disk_errors(), (folder / "try").open("wb") as file:
        file.write(bytes(_TRIED_BYTES))
        file.flush()
        os.fsync(file.fileno())


def _has_hevc(folder: Path, names: Sequence[str]) -> bool:
    """Look into the segments until one says what it is."""
    with disk_errors():
        for name in names:
            with (folder / name).open("rb") as file:
                hevc = is_hevc(file)
            if hevc is not None:
                return hevc
    return False


def _made(path: Path, ran: Ran, promised: float) -> _Made | None:
    """What ffmpeg made, None if it made nothing."""
    if ran.code:
        return None
    with disk_errors(), path.open("rb") as file:
        movie = read_movie(file)
    if movie is None or not movie.frames or not movie.duration:
        return None
    missing = promised - movie.duration
    return _Made(movie, missing if missing > _TOLERANCE + promised * _TOLERANCE_SHARE else 0.0)


async def _look(work: Work, ffmpeg: str, source: Sequence[str], offset: float) -> bool:
    """Decode the first frame, and make the thumbnail; tell whether there is one.

    Raises:
        UnplayableError: The first frame cannot be decoded, and the segments have none, either.
        CannotFinishError: The first frame cannot be decoded.

    """
    first = ("-map", "0:v:0", "-frames:v", "1", "-f", "framecrc", "pipe:1")
    scaled = f"scale='min({_THUMBNAIL_WIDTH},iw)':-2"
    thumbnail = ("-frames:v", "1", "-vf", scaled, "-f", "image2", "-c:v", "mjpeg", "-q:v", "4")
    target = f"{work.making.name}/{THUMBNAIL}"
    clip = (*_ONLY_FILES, "-i", f"{work.making.name}/{JOINED}")
    seek = ("-ss", f"{offset:.3f}")
    both = (*clip, *seek, *clip, *first, "-map", "1:v:0", *thumbnail, "-update", "1", target)
    ran = await run_ffmpeg(ffmpeg, both, work.folder, _LOOK_SECONDS)
    if _frames(ran) and await asyncio.to_thread(_is_there, work.making / THUMBNAIL):
        return True
    # The moment may be the last frame, or one that is broken: then the first has to do.
    again = (*clip, *first, "-map", "0:v:0", *thumbnail, "-update", "1", target)
    ran = await run_ffmpeg(ffmpeg, again, work.folder, _LOOK_SECONDS)
    if not _frames(ran):
        await _blame(work, ffmpeg, source, ran.complaint)
    return await asyncio.to_thread(_is_there, work.making / THUMBNAIL)


def _frames(ran: Ran) -> int:
    """How many frames ffmpeg has decoded and listed."""
    return sum(not line.startswith(b"#") for line in ran.out.splitlines())


def _is_there(path: Path) -> bool:
    with disk_errors():
        return path.exists() and path.stat().st_size > 0


def _weigh(path: Path) -> tuple[int, str]:
    """The size and the SHA-256 of a file."""
    with disk_errors(), path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), digest
