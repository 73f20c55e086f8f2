"""Clips as facts for events and attributes."""

from typing import TYPE_CHECKING, Any

from ..const import DOMAIN
from .wording import as_utc

if TYPE_CHECKING:
    from ..evidence.facts import Clip


def media_content_id(clip: Clip) -> str:
    """How the media browser and players name a clip."""
    return f"media-source://{DOMAIN}/{clip.media_id}"


def clip_facts(clip: Clip) -> dict[str, Any]:
    """A clip in JSON types, times in ISO 8601 UTC, lengths in seconds."""
    return {
        "media_content_id": media_content_id(clip),
        "began": as_utc(clip.began).isoformat(),
        "duration": round(clip.duration, 1),
        "part": clip.part,
        "cause": [cause.value for cause in clip.causes],
        "thumbnail": None if clip.thumbnail is None else str(clip.thumbnail),
        "event_ids": list(clip.event_ids),
        "incident_ids": list(clip.incident_ids),
    }
