"""The event that a clip was saved: what it says, its trigger, its line in the logbook."""

from datetime import UTC, datetime
from typing import Any

from homeassistant.core import Context, Event
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.mqtt_sentinel import logbook
from custom_components.mqtt_sentinel.const import DOMAIN, EVENT_CLIP_SAVED
from custom_components.mqtt_sentinel.evidence.facts import Cause
from custom_components.mqtt_sentinel.evidence.journal.rows import MediaKind, MediaRow
from custom_components.mqtt_sentinel.outcome.media import SavedMedia, fire_clip
from custom_components.mqtt_sentinel.web.signing import signed_links

from ..media.files import JPEG
from .evidence import BEGAN, CLIP, SITE, Media, clip_of
from .test_automation import automate


def fire(media: Media, saved: SavedMedia, context: Context | None = None) -> None:
    """Tell of what was saved, as the hub does."""
    hass = media.house.hass
    links = signed_links(hass, saved.media_id, thumbnail=saved.has_thumbnail)
    fire_clip(hass, "device", "Door", "camera.door", saved, links, context)


async def test_what_it_says(media: Media, hass_client_no_auth: ClientSessionGenerator) -> None:
    media.put(CLIP, b"clip", JPEG)
    events = async_capture_events(media.house.hass, EVENT_CLIP_SAVED)
    context = Context()
    fire(media, SavedMedia.of_clip(clip_of()), context)
    await media.house.clock.settle()
    [event] = events
    assert event.context is context
    facts = dict(event.data)
    client = await hass_client_no_auth()
    assert await (await client.get(facts.pop("url"))).read() == b"clip"
    assert await (await client.get(facts.pop("thumbnail"))).read() == JPEG
    assert facts == {
        "device_id": "device",
        "name": "Door",
        "camera_entity_id": "camera.door",
        "kind": "clip",
        "camera_id": "door",
        "media_id": CLIP,
        "media_content_id": f"media-source://{DOMAIN}/{CLIP}",
        "recording_id": "abc",
        "part": 1,
        "began": datetime.fromtimestamp(BEGAN, UTC).isoformat(),
        "ended": datetime.fromtimestamp(BEGAN + 15.04, UTC).isoformat(),
        "duration": 15.04,
        "pre_roll": 5.0,
        "causes": ["motion"],
        "event_ids": ["e1"],
        "incident_ids": ["i1"],
        "size": 100,
        "sha256": "0" * 64,
    }


async def test_a_row_of_the_journal_says_the_same(media: Media) -> None:
    row = MediaRow.of_clip(SITE, clip_of())
    events = async_capture_events(media.house.hass, EVENT_CLIP_SAVED)
    fire(media, SavedMedia.of_row(row))
    fire(media, SavedMedia.of_clip(clip_of(thumbnail=None)))
    await media.house.clock.settle()
    one, other = ({**event.data, "url": None} for event in events)
    assert one.pop("thumbnail")
    assert other.pop("thumbnail") is None
    assert one == other


# The trigger


async def test_an_automation_reacts_to_it(media: Media) -> None:
    hass = media.house.hass
    event = er.async_get(hass).async_get_or_create(
        "event", DOMAIN, "door_event", suggested_object_id="door_event"
    )
    trigger = {"trigger": f"{DOMAIN}.clip_saved", "target": {"entity_id": event.entity_id}}
    hass.states.async_set(event.entity_id, "2026-11-02T12:00:00+00:00", {"event_type": "motion"})
    runs = await automate(hass, {"triggers": [trigger]})
    for second, kind in enumerate(("motion", "clip_saved", "connected"), 1):
        hass.states.async_set(
            event.entity_id, f"2026-11-02T12:00:0{second}+00:00", {"event_type": kind}
        )
        await media.house.clock.settle()
        assert len(runs) == (0 if kind == "motion" else 1)


# The logbook


@pytest.mark.parametrize(
    ("kind", "causes", "line"),
    [
        (MediaKind.CLIP, [Cause.MOTION], "saved a clip of motion"),
        (
            MediaKind.CLIP,
            [Cause.MOTION, Cause.INCIDENT],
            "saved a clip of motion and of an incident",
        ),
        (MediaKind.CLIP, list(Cause)[2:3], "saved a clip because an action asked for it"),
        (MediaKind.PICTURE, [], "has a picture in its evidence"),
        (MediaKind.VIDEO, [], "has a video in its evidence"),
    ],
)
async def test_its_line(media: Media, kind: MediaKind, causes: list[Cause], line: str) -> None:
    described: dict[str, Any] = {}
    logbook.async_describe_events(
        media.house.hass, lambda domain, event, describe: described.update({event: describe})
    )
    event: Event[Any] = Event(EVENT_CLIP_SAVED, {"name": "Door", "kind": kind, "causes": [*causes]})
    assert described[EVENT_CLIP_SAVED](event) == {"name": "Door", "message": line}


def test_every_cause_and_kind_has_its_words() -> None:
    assert set(logbook._CAUSES) == set(Cause)
    assert set(logbook._SAVED) == set(MediaKind)
