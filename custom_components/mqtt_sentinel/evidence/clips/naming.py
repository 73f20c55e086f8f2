"""The names of media: ids and files, made of our own words and read back strictly.

The id of a clip is ``{camera}/{YYYY-MM-DD}/{HH-MM-SS}-{recording}-{part}.mp4``, and the clip is the file
of that name below the folder of the media. What a device took itself has a ``p`` (picture) or a ``v``
(video) before the part, and ends as what it was found to be. Whatever else asks for a file gets none.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
import re

# Nothing that we show begins like this: what is not done yet.
WORK_FOLDER = ".recording"
THUMBNAIL_SUFFIX = ".jpg"

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]{0,63}", re.ASCII)
_RECORDING = re.compile(r"[0-9a-z]{1,32}", re.ASCII)
# What a file of each origin may be; the first is what it is unless told. Nothing else has a name.
CONTAINERS = {
    "": ("mp4",),
    "p": ("jpg",),
    "v": ("mp4", "webm", "mkv", "avi", "ts", "bin"),
}
_MEDIA_ID = re.compile(
    r"(?P<camera>[A-Za-z0-9_]{1,64})"
    r"/(?P<day>[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01]))"
    r"/(?P<time>(?:[01][0-9]|2[0-3])-[0-5][0-9]-[0-5][0-9])"
    r"-(?P<recording>[0-9a-z]{1,32})-(?P<origin>[pv]?)(?P<part>[1-9][0-9]{0,4})"
    r"\.(?P<container>[0-9a-z]{2,4})",
    re.ASCII,
)


class NotOursError(ValueError):
    """This is no name of a clip, picture or video, or leads elsewhere."""


class Origin(StrEnum):
    """Where a file comes from, as its name says it: cut out of a stream, or taken by a device itself."""

    CLIP = ""
    PICTURE = "p"
    VIDEO = "v"


@dataclass(frozen=True, slots=True)
class MediaName:
    """What a media id says. ``day`` and ``time`` are local, as they are written."""

    camera: str
    day: str
    time: str
    recording: str
    part: int
    origin: Origin = Origin.CLIP
    container: str = "mp4"

    @property
    def stem(self) -> str:
        """What it is called on any day: recording, origin and part."""
        return f"{self.recording}-{self.origin}{self.part}"

    def __str__(self) -> str:
        """The media id."""
        return f"{self.camera}/{self.day}/{self.time}-{self.stem}.{self.container}"

    def moment(self, zone: tzinfo) -> float:
        """When it began, in epoch seconds; ``zone`` is where the name was given."""
        day = datetime.strptime(f"{self.day} {self.time}", "%Y-%m-%d %H-%M-%S")  # noqa: DTZ007 - next
        return day.replace(tzinfo=zone).timestamp()


def camera_folder(camera_id: str) -> str:
    """The folder of a camera: its id if that is plain, else a name made of it."""
    if _PLAIN.fullmatch(camera_id):
        return camera_id
    # No plain id begins with "_", so nobody's folder is taken.
    return "_" + sha256(camera_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def media_name(
    camera_id: str,
    recording_id: str,
    part: int,
    began: float,
    zone: tzinfo,
    origin: Origin = Origin.CLIP,
    container: str = "mp4",
) -> MediaName:
    """The name of a part that began then, in epoch seconds, by the clock of ``zone``.

    Raises:
        NotOursError: ``recording_id``, ``part`` or ``container`` is none of ours.

    """
    if not _RECORDING.fullmatch(recording_id) or not 1 <= part <= 99999:
        raise NotOursError
    if container not in CONTAINERS[origin]:
        raise NotOursError
    local = datetime.fromtimestamp(began, UTC).astimezone(zone)
    return MediaName(
        camera_folder(camera_id),
        f"{local:%Y-%m-%d}",
        f"{local:%H-%M-%S}",
        recording_id,
        part,
        origin,
        container,
    )


def parse(media_id: str) -> MediaName:
    """Read a media id.

    Raises:
        NotOursError: It is none.

    """
    found = _MEDIA_ID.fullmatch(media_id)
    if found is None or found["container"] not in CONTAINERS[found["origin"]]:
        raise NotOursError
    try:
        datetime.strptime(found["day"], "%Y-%m-%d")  # noqa: DTZ007 - only whether there is such a day
    except ValueError as error:
        raise NotOursError from error
    return MediaName(
        found["camera"],
        found["day"],
        found["time"],
        found["recording"],
        int(found["part"]),
        Origin(found["origin"]),
        found["container"],
    )


def path_of(media_id: str, root: Path) -> Path:
    """The file of a media id below ``root``. It need not be there. Looks at links, so it does I/O.

    Raises:
        NotOursError: It is no media id, or a link on the way leads out of ``root``.

    """
    path = root / str(parse(media_id))
    if not path.resolve().is_relative_to(root.resolve()):
        raise NotOursError
    return path


def thumbnail_of(path: Path) -> Path:
    """The thumbnail's file of a clip's or a video's; a picture is its own."""
    return path.with_suffix(THUMBNAIL_SUFFIX)
