"""What the journal keeps, a class a kind. Times in epoch seconds, ``data`` in JSON types only.

Each row names the ``site``, which is the Home Assistant that wrote it: several may share a database.
What is handed to the journal is not to be changed afterwards.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from ..facts import Clip


class Kind(StrEnum):
    """The kinds of rows."""

    EVENTS = "events"
    CONNECTIONS = "connections"
    RELAYS = "relays"
    INCIDENTS = "incidents"
    COMMANDS = "commands"
    MEDIA = "media"
    DEAD_LETTERS = "dead_letters"
    OUTBOX = "outbox"


class MediaKind(StrEnum):
    """What a file of evidence is."""

    CLIP = "clip"
    PICTURE = "picture"
    VIDEO = "video"


class Delivery(StrEnum):
    """What became of a message of the outbox; the last two are final."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class EventRow:
    """Something happened at a thing: a button, motion. ``source`` is the topic, or what else told it.

    ``kind`` is what happened, ``event_id`` what the thing itself called it.
    """

    site: str
    at: float
    kind: str
    name: str
    watch_id: str | None = None
    device_id: str | None = None
    event_id: str | None = None
    dialect: str | None = None
    source: str | None = None
    data: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ConnectionRow:
    """A thing connected or disconnected; None: nobody knows any more."""

    site: str
    at: float
    name: str
    connected: bool | None
    watch_id: str | None = None
    device_id: str | None = None
    reason: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class RelayRow:
    """A relay changed; ``is_on`` None: nobody knows any more. ``cause`` is who switched it."""

    site: str
    at: float
    name: str
    is_on: bool | None
    watch_id: str | None = None
    device_id: str | None = None
    cause: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """An incident as it is now: one row each, written again when it changes."""

    site: str
    incident_id: str
    name: str
    reason: str
    severity: str
    opened_at: float
    updated_at: float
    closed_at: float | None = None
    watch_id: str | None = None
    device_id: str | None = None
    storm: str | None = None
    data: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class CommandRow:
    """How a command ended; ``at`` is when it did, ``latency`` in seconds."""

    site: str
    at: float
    command_id: str
    name: str
    target: str
    result: str
    watch_id: str | None = None
    device_id: str | None = None
    tries: int = 1
    latency: float | None = None
    data: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class MediaRow:
    """A clip, picture or video: what :class:`..facts.Clip` says of it, and what asked for it.

    ``day`` (``2026-11-21``) is the one in ``media_id``. ``path`` and ``thumbnail`` are below the
    folder of the media, with ``/``. ``triggers`` are causes in JSON types, oldest first. ``name`` is
    what the camera was called, for when it is no more.
    """

    site: str
    media_id: str
    kind: str
    camera_id: str
    day: str
    recording_id: str
    part: int
    began: float
    duration: float
    pre_roll: float
    path: str
    thumbnail: str | None
    size: int
    sha256: str
    source: str
    causes: Sequence[str] = ()
    event_ids: Sequence[str] = ()
    incident_ids: Sequence[str] = ()
    triggers: Sequence[Mapping[str, Any]] = ()
    name: str | None = None

    @classmethod
    def of_clip(
        cls,
        site: str,
        clip: Clip,
        kind: MediaKind = MediaKind.CLIP,
        triggers: Sequence[Mapping[str, Any]] = (),
        name: str | None = None,
    ) -> Self:
        """The row of a clip of the camera ``name``. Raises ValueError if its id is not camera, day and name."""
        _, day, _ = clip.media_id.split("/")
        return cls(
            site=site,
            media_id=clip.media_id,
            kind=kind.value,
            camera_id=clip.camera_id,
            day=day,
            recording_id=clip.recording_id,
            part=clip.part,
            began=clip.began,
            duration=clip.duration,
            pre_roll=clip.pre_roll,
            path=clip.media_id,
            thumbnail=str(PurePosixPath(clip.media_id).with_suffix(".jpg"))
            if clip.thumbnail
            else None,
            size=clip.size,
            sha256=clip.sha256,
            source=clip.source,
            causes=tuple(cause.value for cause in clip.causes),
            event_ids=clip.event_ids,
            incident_ids=clip.incident_ids,
            triggers=triggers,
            name=name,
        )


@dataclass(frozen=True, slots=True)
class DeadLetterRow:
    """A message that could not be read; all texts are safe to show. ``size`` in bytes."""

    site: str
    at: float
    topic: str
    flaw: str
    detail: str
    size: int
    excerpt: str


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A message on its way out; ``message_id`` is the same however often it is sent, or put here.

    Those of one ``device_key`` go to ``target`` in the order in which they were put here.
    """

    site: str
    message_id: str
    at: float
    target: str
    device_key: str
    body: str
    state: str = Delivery.WAITING
    attempts: int = 0
    next_at: float | None = None
    done_at: float | None = None
    error: str | None = None


type Row = (
    EventRow
    | ConnectionRow
    | RelayRow
    | IncidentRow
    | CommandRow
    | MediaRow
    | DeadLetterRow
    | OutboxRow
)
