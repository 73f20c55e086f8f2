"""Clips, pictures and videos as facts for events and answers, and the event that one was saved."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from homeassistant.const import ATTR_DEVICE_ID, ATTR_NAME
from homeassistant.core import Context, HomeAssistant, callback

from ..const import DOMAIN, EVENT_CLIP_SAVED
from ..evidence.journal.rows import MediaKind
from .wording import as_utc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..evidence.facts import Clip
    from ..evidence.journal.rows import MediaRow


@dataclass(frozen=True, slots=True)
class SavedMedia:
    """A clip, or what a device took itself, as far as it is told of. Times in epoch seconds."""

    media_id: str
    kind: MediaKind
    camera_id: str
    recording_id: str
    part: int
    began: float
    duration: float
    pre_roll: float
    has_thumbnail: bool
    size: int
    sha256: str
    causes: Sequence[str]
    event_ids: Sequence[str]
    incident_ids: Sequence[str]

    @classmethod
    def of_clip(cls, clip: Clip) -> Self:
        """What is told of a clip."""
        return cls(
            clip.media_id,
            MediaKind.CLIP,
            clip.camera_id,
            clip.recording_id,
            clip.part,
            clip.began,
            clip.duration,
            clip.pre_roll,
            clip.thumbnail is not None,
            clip.size,
            clip.sha256,
            [cause.value for cause in clip.causes],
            clip.event_ids,
            clip.incident_ids,
        )

    @classmethod
    def of_row(cls, row: MediaRow) -> Self:
        """What is told of a row of the journal."""
        return cls(
            row.media_id,
            MediaKind(row.kind),
            row.camera_id,
            row.recording_id,
            row.part,
            row.began,
            row.duration,
            row.pre_roll,
            row.thumbnail is not None,
            row.size,
            row.sha256,
            row.causes,
            row.event_ids,
            row.incident_ids,
        )


@dataclass(frozen=True, slots=True)
class Links:
    """Where a file and its thumbnail can be fetched by whoever is told of it, for a while."""

    url: str
    thumbnail: str | None


@callback
def media_content_id(media_id: str) -> str:
    """How Home Assistant's media browser and players name a file."""
    return f"media-source://{DOMAIN}/{media_id}"


def media_facts(saved: SavedMedia, links: Links) -> dict[str, Any]:
    """A file in JSON types, times in ISO 8601 UTC, lengths in seconds, its size in bytes."""
    return {
        "kind": saved.kind.value,
        "camera_id": saved.camera_id,
        "media_id": saved.media_id,
        "media_content_id": media_content_id(saved.media_id),
        "url": links.url,
        "thumbnail": links.thumbnail,
        "recording_id": saved.recording_id,
        "part": saved.part,
        "began": as_utc(saved.began).isoformat(),
        "ended": as_utc(saved.began + saved.duration).isoformat(),
        "duration": round(saved.duration, 3),
        "pre_roll": round(saved.pre_roll, 3),
        "causes": list(saved.causes),
        "event_ids": list(saved.event_ids),
        "incident_ids": list(saved.incident_ids),
        "size": saved.size,
        "sha256": saved.sha256,
    }


def clip_facts(clip: Clip) -> dict[str, Any]:
    """A clip in JSON types, times in ISO 8601 UTC, lengths in seconds."""
    return {
        "media_content_id": media_content_id(clip.media_id),
        "began": as_utc(clip.began).isoformat(),
        "duration": round(clip.duration, 1),
        "part": clip.part,
        "causes": [cause.value for cause in clip.causes],
        "event_ids": list(clip.event_ids),
        "incident_ids": list(clip.incident_ids),
    }


@callback
def fire_clip(
    hass: HomeAssistant,
    device_id: str | None,
    name: str,
    entity_id: str | None,
    saved: SavedMedia,
    links: Links,
    context: Context | None = None,
) -> None:
    """Fire the event of a clip that was saved, or of what a device took itself.

    ``name`` is the camera's, or the watch's, ``entity_id`` the camera entity, None where there is none.
    """
    hass.bus.async_fire(
        EVENT_CLIP_SAVED,
        {
            ATTR_DEVICE_ID: device_id,
            ATTR_NAME: name,
            "camera_entity_id": entity_id,
            **media_facts(saved, links),
        },
        context=context,
    )
