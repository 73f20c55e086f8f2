"""The media browser: the tree that it shows, and what it plays."""

from pathlib import Path
from typing import Any

from homeassistant.components import media_source
from homeassistant.components.media_player import BrowseError
from homeassistant.components.media_source import BrowseMediaSource, Unresolvable
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    WebSocketGenerator,
)

from custom_components.mqtt_sentinel.const import DOMAIN
from custom_components.mqtt_sentinel.evidence.facts import Cause
from custom_components.mqtt_sentinel.evidence.journal.rows import MediaKind, MediaRow

from .evidence import BEGAN, CLIP, SITE, Media, clip_of

ROOT = f"media-source://{DOMAIN}"
DAY = "door/2026-11-21"
PICTURE = f"{DAY}/03-12-45-abc-p1.jpg"
VIDEO = f"{DAY}/03-12-43-abc-v1.webm"
UNKNOWN = f"{DAY}/03-12-42-abc-v2.bin"


@pytest.fixture(autouse=True)
async def _media_source(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, "media_source", {})


async def browse(media: Media, identifier: str = "") -> BrowseMediaSource:
    """What the browser shows."""
    found = await media_source.async_browse_media(
        media.house.hass, f"{ROOT}/{identifier}" if identifier else ROOT
    )
    assert isinstance(found, BrowseMediaSource)
    return found


def titles(found: BrowseMediaSource) -> list[str]:
    """What is in it, in order."""
    return [child.title for child in found.children or ()]


async def refused(media: Media, identifier: str) -> str | None:
    """The translation key of what is said instead."""
    with pytest.raises(BrowseError) as caught:
        await browse(media, identifier)
    assert "{" not in str(caught.value)
    return caught.value.translation_key


async def test_it_is_one_of_the_sources(media: Media) -> None:
    found = await media_source.async_browse_media(media.house.hass, "media-source://")
    assert "MQTT Sentinel" in [child.title for child in found.children or ()]


async def test_the_cameras(media: Media) -> None:
    await media.add_clip()
    await media.add_clip(CLIP.replace("door", "gone"), name="Old garage", thumbnail=None)
    await media.add_clip(CLIP.replace("door", "nameless"), thumbnail=None)
    found = await browse(media)
    assert titles(found) == ["Door", "nameless", "Old garage", "Yard"]
    door, *others = found.children or ()
    assert door.thumbnail == f"/api/{DOMAIN}/thumbnail/{CLIP}"
    assert [other.thumbnail for other in others] == [None, None, None]
    assert all(child.can_expand and not child.can_play for child in found.children or ())


async def test_a_removed_camera_has_the_name_that_it_had_last(media: Media) -> None:
    await media.add_clip(CLIP.replace("door", "gone"), name="Garage")
    later = CLIP.replace("door", "gone").replace("abc", "abd")
    await media.add_clip(later, name="Old garage", began=BEGAN + 1)
    assert "Old garage" in titles(await browse(media))
    found = await browse(media, "gone")
    assert found.title == "Old garage"
    assert titles(found) == ["Saturday, 21 November 2026 (2)"]


async def test_the_days_of_a_camera(media: Media) -> None:
    for day, parts in (("2026-11-01", 1), ("2026-11-21", 2), ("2025-12-31", 1)):
        for part in range(1, parts + 1):
            await media.add_clip(f"door/{day}/03-12-44-abc-{part}.mp4")
    found = await browse(media, "door")
    assert found.title == "Door"
    assert titles(found) == [
        "Saturday, 21 November 2026 (2)",
        "Sunday, 1 November 2026 (1)",
        "Wednesday, 31 December 2025 (1)",
    ]
    assert (found.children or [])[0].identifier == DAY


async def test_a_camera_without_media(media: Media) -> None:
    assert titles(await browse(media, "yard")) == []


async def test_a_day(media: Media) -> None:
    await media.add_clip()
    await media.add_clip(
        f"{DAY}/03-20-00-abd-1.mp4",
        began=BEGAN + 436,
        causes=(Cause.INCIDENT, Cause.ACTION),
        duration=60.2,
        thumbnail=None,
    )
    await media.add_device_media(PICTURE, MediaKind.PICTURE, BEGAN + 1)
    await media.add_device_media(VIDEO, MediaKind.VIDEO, BEGAN - 1)
    await media.add_device_media(UNKNOWN, MediaKind.VIDEO, BEGAN - 2)
    found = await browse(media, DAY)
    assert found.title == "Door: Saturday, 21 November 2026"
    assert [
        (child.title, child.media_class, child.media_content_type, child.can_play, child.thumbnail)
        for child in found.children or ()
    ] == [
        ("03:20:00: incident, action, 60 s", "video", "video/mp4", True, None),
        (
            "03:12:45: picture by the device",
            "image",
            "image/jpeg",
            True,
            f"/api/{DOMAIN}/thumbnail/{PICTURE}",
        ),
        ("03:12:44: motion, 15 s", "video", "video/mp4", True, f"/api/{DOMAIN}/thumbnail/{CLIP}"),
        ("03:12:43: video by the device", "video", "video/webm", True, None),
        ("03:12:42: video by the device", "video", "application/octet-stream", False, None),
    ]
    assert not any(child.can_expand for child in found.children or ())


async def test_one_clip(media: Media) -> None:
    await media.add_clip()
    found = await browse(media, CLIP)
    assert (found.identifier, found.title) == (CLIP, "03:12:44: motion, 15 s")
    assert found.media_content_id == f"{ROOT}/{CLIP}"


@pytest.mark.parametrize(
    "identifier",
    [
        "nobody",
        "nobody/2026-11-21",
        "door/2026-11-20",
        "door/some day",
        "door/../../x",
        CLIP.replace("abc", "xyz"),
        f"{CLIP}/more",
    ],
)
async def test_what_is_not_there_is_said(media: Media, identifier: str) -> None:
    await media.add_clip()
    assert await refused(media, identifier) == "media_not_found"


async def test_what_somebody_else_wrote_into_the_database(media: Media) -> None:
    await media.add_clip("door/2026-11-21/03-12-44-abc-1.mp4", camera_id="strange")
    row = MediaRow.of_clip(SITE, clip_of(CLIP.replace("abc", "abd"), camera_id="strange"))
    values = {name: getattr(row, name) for name in row.__slots__}
    values |= {"media_id": "../../x", "day": "someday", "thumbnail": None}
    await media.list(MediaRow(**values))
    assert "someday (1)" in titles(await browse(media, "strange"))
    [leaf] = (await browse(media, "strange/someday")).children or ()
    assert not leaf.can_play


async def test_without_the_journal_it_says_so_and_plays_on(
    media: Media, journal_file: Path
) -> None:
    await media.add_clip()
    await media.journal.stop()
    for file in journal_file.parent.glob(f"{journal_file.name}*"):
        file.unlink()
    journal_file.mkdir()
    for identifier in ("", "door", DAY, CLIP):
        assert await refused(media, identifier) == "media_journal_gone"
    played = await media_source.async_resolve_media(media.house.hass, f"{ROOT}/{CLIP}", None)
    assert played.mime_type == "video/mp4"


async def test_without_a_hub_it_says_so(media: Media) -> None:
    await media.add_clip()
    assert await media.house.hass.config_entries.async_unload(media.house.entry.entry_id)
    assert await refused(media, "") == "not_loaded"
    with pytest.raises(Unresolvable) as caught:
        await media_source.async_resolve_media(media.house.hass, f"{ROOT}/{CLIP}", None)
    assert caught.value.translation_key == "not_loaded"


# Playing


@pytest.mark.parametrize(
    ("media_id", "mime"), [(CLIP, "video/mp4"), (PICTURE, "image/jpeg"), (VIDEO, "video/webm")]
)
async def test_it_is_played(media: Media, media_id: str, mime: str) -> None:
    path = media.put(media_id)
    played = await media_source.async_resolve_media(media.house.hass, f"{ROOT}/{media_id}", None)
    assert played.url == f"/api/{DOMAIN}/media/{media_id}"
    assert played.mime_type == mime
    assert played.path == path


@pytest.mark.parametrize(
    ("identifier", "key"),
    [
        (CLIP.replace("abc", "xyz"), "media_not_found"),
        ("door", "media_not_found"),
        ("", "media_not_found"),
        ("door/../../../../etc/passwd", "media_not_found"),
        (UNKNOWN, "media_not_playable"),
    ],
)
async def test_what_cannot_be_played_is_said(media: Media, identifier: str, key: str) -> None:
    media.put(UNKNOWN)
    with pytest.raises(Unresolvable) as caught:
        await media_source.async_resolve_media(
            media.house.hass, f"{ROOT}/{identifier}" if identifier else ROOT, None
        )
    assert caught.value.translation_key == key
    assert "{" not in str(caught.value)


async def test_as_the_frontend_does_it(
    media: Media,
    hass_ws_client: WebSocketGenerator,
    hass_client_no_auth: ClientSessionGenerator,
    tmp_path: Path,
) -> None:
    await media.add_clip()
    socket = await hass_ws_client(media.house.hass)

    async def ask(**message: Any) -> Any:
        await socket.send_json_auto_id(message)
        answer = await socket.receive_json()
        assert answer["success"], answer
        return answer["result"]

    identifier = ROOT
    for _ in range(3):
        found = await ask(type="media_source/browse_media", media_content_id=identifier)
        identifier = found["children"][0]["media_content_id"]
    assert identifier == f"{ROOT}/{CLIP}"
    played = await ask(type="media_source/resolve_media", media_content_id=identifier)
    assert played["mime_type"] == "video/mp4"
    # It has a signature of who asked; the player sends no other.
    response = await (await hass_client_no_auth()).get(played["url"])
    assert await response.read() == b"content"
