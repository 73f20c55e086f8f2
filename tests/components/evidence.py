"""A house with media: files below a folder, a journal that lists them, and cameras that can be asked."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homeassistant.helpers import device_registry as dr

from custom_components.mqtt_sentinel.const import DOMAIN
from custom_components.mqtt_sentinel.evidence.clips.errors import CaptureError
from custom_components.mqtt_sentinel.evidence.clips.naming import (
    parse,
    path_of,
    thumbnail_of,
)
from custom_components.mqtt_sentinel.evidence.facts import Cause, Clip
from custom_components.mqtt_sentinel.evidence.journal.rows import MediaKind, MediaRow
from tests.media.files import JPEG

from .house import House, camera, watch

if TYPE_CHECKING:
    from homeassistant.core import Context

    from custom_components.mqtt_sentinel.chronicle.keeper import JournalKeeper
    from custom_components.mqtt_sentinel.evidence.clips.orders import Reason

SITE = "home"
# 03:12:44 on that Saturday in Los Angeles, where the house of the tests is.
BEGAN = 1_795_259_564.0
CLIP = "door/2026-11-21/03-12-44-abc-1.mp4"


def clip_of(media_id: str = CLIP, **more: Any) -> Clip:
    """A clip as the recorder tells it."""
    name = parse(media_id)
    facts = {
        "media_id": media_id,
        "camera_id": name.camera,
        "recording_id": name.recording,
        "part": name.part,
        "began": BEGAN,
        "duration": 15.04,
        "pre_roll": 5.0,
        "path": Path(media_id),
        "thumbnail": Path(media_id).with_suffix(".jpg"),
        "size": 100,
        "sha256": "0" * 64,
        "source": "rtsp",
        "causes": (Cause.MOTION,),
        "event_ids": ("e1",),
        "incident_ids": ("i1",),
    }
    return Clip(**facts | more)


@dataclass
class Cameras:
    """The cameras at the boundary: what is asked of them, and what they answer."""

    answers: dict[str, Clip | Reason] = field(default_factory=dict)
    asked: list[tuple[str, float | None, Context | None]] = field(default_factory=list)

    async def capture(
        self, camera_id: str, duration: float | None, context: Context | None
    ) -> Clip:
        """Answer as was told."""
        self.asked.append((camera_id, duration, context))
        answer = self.answers[camera_id]
        if not isinstance(answer, Clip):
            raise CaptureError(answer, "detail")
        return answer


class Media:
    """What there is to see, and the house that it is of."""

    journal: JournalKeeper

    def __init__(self, house: House, root: Path) -> None:
        self.house = house
        self.root = root
        self.cameras = Cameras()

    async def set_up(self) -> None:
        """Set the house up with two cameras, and a watch."""
        hass = self.house.hass
        await hass.config.async_set_time_zone("America/Los_Angeles")
        cameras = [
            camera(name, entity=f"camera.{name}", expect="none") for name in ("door", "yard")
        ]
        entry = await self.house.set_up(watch("front"), *cameras)
        hub = entry.runtime_data
        self.journal = hub.journal
        self.journal._site = SITE
        # What it asks of the cameras now comes to those of the test.
        hub.cameras.capture = self.cameras.capture
        await self.journal.transact(lambda connection: None)
        for name in ("door", "yard"):
            dr.async_get(hass).async_get_or_create(
                config_entry_id=entry.entry_id,
                config_subentry_id=name,
                identifiers={(DOMAIN, name)},
                name=name.capitalize(),
            )

    def put(self, media_id: str, content: bytes = b"content", thumbnail: bytes = b"") -> Path:
        """Put a file where it belongs."""
        path = path_of(media_id, self.root)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        if thumbnail:
            thumbnail_of(path).write_bytes(thumbnail)
        return path

    async def list(self, row: MediaRow) -> None:
        """List a file in the journal."""
        await self.journal.accept(row)

    async def add_clip(self, media_id: str = CLIP, **more: Any) -> Clip:
        """A clip that is there and listed."""
        name = more.pop("name", None)
        clip = clip_of(media_id, **more)
        self.put(media_id, thumbnail=JPEG if clip.thumbnail else b"")
        await self.list(MediaRow.of_clip(SITE, clip, name=name))
        return clip

    async def add_device_media(
        self, media_id: str, kind: MediaKind, began: float, camera_name: str = "Door"
    ) -> None:
        """A picture or a video by a device, there and listed."""
        name = parse(media_id)
        self.put(media_id, JPEG)
        await self.list(
            MediaRow(
                site=SITE,
                media_id=media_id,
                kind=kind.value,
                camera_id=name.camera,
                day=name.day,
                recording_id=name.recording,
                part=name.part,
                began=began,
                duration=0.0,
                pre_roll=0.0,
                path=media_id,
                thumbnail=media_id if kind is MediaKind.PICTURE else None,
                size=len(JPEG),
                sha256="0" * 64,
                source="motion/picture/front/e1/0",
                event_ids=("e1",),
                name=camera_name,
            )
        )
