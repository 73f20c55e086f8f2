"""Clips on their way: recorded, listed, told once, with who asked; kept while they matter."""

import asyncio
from pathlib import Path
import shutil
import time
from typing import Any
from unittest.mock import patch

from homeassistant.core import Context
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.mqtt_sentinel.const import DOMAIN, EVENT_CLIP_SAVED
from custom_components.mqtt_sentinel.evidence.clips import saving
from custom_components.mqtt_sentinel.evidence.clips.errors import (
    CannotWriteError,
    CaptureError,
    NotRecordedError,
    UnplayableError,
)
from custom_components.mqtt_sentinel.evidence.facts import Cause
from custom_components.mqtt_sentinel.evidence.journal import writer
from custom_components.mqtt_sentinel.evidence.journal.failures import JournalError
from custom_components.mqtt_sentinel.evidence.journal.journal import Journal

from .darkroom import CONTENT, Darkroom
from .house import GRACE, House, camera, watch
from .journals import issue_key, rows, until

SEES = "services||camera/front"


@pytest.fixture
def room(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Darkroom:
    ring = tmp_path / "ring"
    ring.mkdir()
    room = Darkroom(house, ring)
    room.told = async_capture_events(house.hass, EVENT_CLIP_SAVED)
    monkeypatch.setattr(saving, "finish", room.finish)
    # The database is tried again soon.
    monkeypatch.setattr(writer, "_FIRST_PAUSE", 0.005)
    monkeypatch.setattr(writer, "_LONGEST_PAUSE", 0.02)
    return room


async def motion(room: Darkroom, begins: bool, event_id: str = "e1") -> None:
    facts = {"event_ref": event_id, "status": begins}
    await room.house.broker.publish("motion/camera/front", facts)


async def clips_of_incidents(house: House) -> list[Any]:
    """The clips of each open incident, as the action answers."""
    answer = await house.hass.services.async_call(
        DOMAIN, "get_incidents", blocking=True, return_response=True
    )
    assert answer
    incidents: Any = answer["incidents"]
    return [incident["clips"] for incident in incidents]


async def record(room: Darkroom, context: Context | None = None) -> None:
    """Press the button, and let the stream go on until there is enough for a clip."""
    await room.press(context)
    await room.play(11)


# Told once, with who asked


async def test_a_clip_of_motion_is_listed_and_told(room: Darkroom) -> None:
    await room.set_up(camera("porch", motion=[SEES]))
    await room.play(4)
    await motion(room, True)
    assert room.attributes("binary_sensor.porch_motion")
    await room.play(8)
    await motion(room, False)
    await room.play(11)
    await room.until_told(1)
    [event] = room.told
    assert event.data["causes"] == ["motion"]
    assert event.data["event_ids"] == ["e1"]
    assert event.data["pre_roll"] == 4.0
    assert event.data["duration"] == 23.0
    assert event.context.user_id is None
    assert await room.listed() == [event.data["media_id"]]
    assert room.left() == []
    state = room.hub.cameras.state("porch")
    assert state.last_clip
    assert state.last_clip.media_id == event.data["media_id"]
    assert not state.recording
    assert state.last_clip.path.read_bytes() == CONTENT
    assert room.books._told == set()


async def test_who_pressed_the_button_is_in_the_event(room: Darkroom) -> None:
    await room.set_up(camera("porch"))
    context = Context()
    await record(room, context)
    await room.until_told(1)
    assert room.told[0].data["causes"] == ["button"]
    assert room.told[0].context is context
    # A clip that nobody asked for does not have it.
    await record(room)
    await room.until_told(2)
    assert room.told[1].context is not context


async def test_who_asks_in_the_middle_of_a_recording_is_told_of_the_part_that_it_is_in(
    room: Darkroom,
) -> None:
    await room.set_up(camera("porch", motion=[SEES]))
    await motion(room, True)
    await room.play(61)
    await room.until_told(1)
    context = Context()
    await room.press(context)
    await room.play(61)
    await room.until_told(2)
    assert [event.data["part"] for event in room.told] == [1, 2]
    assert room.told[0].data["causes"] == ["motion"]
    assert room.told[1].data["causes"] == ["motion", "button"]
    assert room.told[1].context is context
    assert room.told[0].context is not context


async def test_an_action_waits_for_its_clip(room: Darkroom) -> None:
    await room.set_up(camera("porch"))
    context = Context()
    cameras = room.hub.cameras
    capture = asyncio.create_task(cameras.capture("porch", 3.0, context))
    await room.house.clock.settle()
    assert cameras.state("porch").recording
    await room.play(4)
    await until(room.house, capture.done)
    clip = capture.result()
    assert (clip.causes, clip.duration) == ((Cause.ACTION,), 4.0)
    assert room.told[0].context is context


async def test_a_drill_is_who_asked_of_a_clip_of_its_own(room: Darkroom) -> None:
    await room.set_up(camera("porch"))
    context = Context()
    capture = asyncio.create_task(room.hub.cameras.capture("porch", None, context, Cause.DRILL))
    await room.play(11)
    await until(room.house, capture.done)
    assert capture.result().causes == (Cause.DRILL,)
    assert room.told[0].context is context
    assert room.hub.cameras._asked == {}


async def test_who_asked_in_vain_is_not_told_of_what_another_asks_for(room: Darkroom) -> None:
    await room.set_up(camera("porch"))
    room.trouble = UnplayableError("noise")
    context = Context()
    capture = asyncio.create_task(room.hub.cameras.capture("porch", 3.0, context))
    await room.play(4)
    await until(room.house, capture.done)
    assert isinstance(capture.exception(), CaptureError)
    assert not room.hub.cameras.state("porch").recording
    room.trouble = None
    room.hub.cameras.record("porch", None)
    await room.play(11)
    await room.until_told(1)
    assert room.told[0].context is not context


async def test_what_is_finished_later_is_told_with_who_asked(room: Darkroom) -> None:
    await room.set_up(camera("porch"))
    room.trouble = CannotWriteError("not now")
    context = Context()
    await record(room, context)
    await until(room.house, lambda: bool(room.recorder._left))
    assert not room.hub.cameras.state("porch").recording
    assert room.told == []
    room.trouble = None
    await room.house.clock.advance(3600)
    await room.until_told(1)
    assert room.told[0].context is context


async def test_a_clip_of_a_camera_that_is_removed(room: Darkroom) -> None:
    await room.set_up(camera("porch"))
    await room.press()
    await room.play(3)
    await room.remove("porch")
    await room.until_told(1)
    [event] = room.told
    assert event.data["camera_id"] == "porch"
    assert event.data["device_id"] is None


async def test_no_clip_of_a_camera_that_is_removed(room: Darkroom) -> None:
    await room.set_up(camera("porch"))
    room.trouble = UnplayableError("noise")
    await room.press()
    await room.play(3)
    await room.remove("porch")
    await until(room.house, lambda: not room.left())
    assert room.told == []


# The journal


async def test_a_clip_is_told_of_while_the_journal_fails_and_listed_when_it_works(
    room: Darkroom, journal_file: Path
) -> None:
    house = room.house
    journal_file.mkdir()
    await room.set_up(camera("porch"))
    await until(house, lambda: issue_key(house) is not None)
    await record(room)
    # At once: no time passes here until somebody says so.
    await room.until_told(1)
    with pytest.raises(NotRecordedError):
        await room.books.kept()
    forgetting = asyncio.create_task(room.books.forget(["no/2026-11-02/such.mp4"]))
    await house.clock.advance(11)  # so long it waits for the journal
    assert isinstance(forgetting.exception(), NotRecordedError)
    assert len(room.left()) == 1
    assert room.hub.cameras.state("porch").last_clip
    journal_file.rmdir()
    await until(house, lambda: issue_key(house) is None)
    await until(house, lambda: not room.left())
    assert await room.listed() == [room.told[0].data["media_id"]]
    assert len(room.told) == 1
    assert room.books._told == set()
    await record(room)
    await room.until_told(2)


async def test_a_journal_that_fails_just_now(
    room: Darkroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    await room.set_up(camera("porch"))
    await room.play(1)
    journal = room.hub.journal
    accept = journal.accept

    async def fail(*_: object) -> None:
        raise JournalError("just now")

    monkeypatch.setattr(journal, "accept", fail)
    await record(room)
    await room.until_told(1)
    assert await room.listed() == []
    journal.on_working()  # too early
    await room.house.clock.settle()
    await until(room.house, lambda: bool(room.recorder._left))
    monkeypatch.setattr(journal, "accept", accept)
    journal.on_working()
    await until(room.house, lambda: not room.left())
    assert await room.listed() == [room.told[0].data["media_id"]]
    assert len(room.told) == 1


# From life to life


async def test_the_last_clip_is_known_after_a_restart(room: Darkroom) -> None:
    await room.set_up(camera("porch"), camera("yard", "rtsp://192.0.2.9/live"))
    await record(room)
    await room.until_told(1)
    last = room.hub.cameras.state("porch").last_clip
    assert last
    await room.house.reload()
    cameras = room.hub.cameras
    await until(room.house, lambda: cameras.state("porch").last_clip is not None)
    recalled = cameras.state("porch").last_clip
    assert recalled
    assert (recalled.media_id, recalled.causes) == (last.media_id, last.causes)
    assert cameras.state("yard").last_clip is None
    assert len(room.told) == 1


async def test_what_is_being_recorded_is_saved_before_the_journal_ends(
    room: Darkroom, journal_file: Path
) -> None:
    house = room.house
    await room.set_up(camera("porch"))
    await room.press()
    await room.play(3)
    await house.hass.async_stop(force=True)
    [event] = room.told
    assert room.left() == []
    [row] = rows(journal_file, "media")
    assert row["media_id"] == event.data["media_id"]


async def test_what_a_crash_left_is_finished_at_the_next_start(
    room: Darkroom, tmp_path: Path
) -> None:
    house = room.house
    await room.set_up(camera("porch"))
    root = room.hub.cameras.root
    await room.press()
    await room.play(3)
    await until(house, lambda: len(room.left()) == 1)
    aside = tmp_path / "aside"
    await until(house, lambda: len(list((root / ".recording").glob("*/*.ts"))) == 1)
    shutil.copytree(root / ".recording", aside)
    await house.hass.config_entries.async_unload("hub")
    await house.clock.settle()
    room.told.clear()
    shutil.rmtree(root)
    root.mkdir()
    shutil.copytree(aside, root / ".recording")
    assert await house.hass.config_entries.async_setup("hub")
    await room.until_told(1)
    assert room.left() == []
    assert len(await room.listed()) == 1


# What is spared


async def test_clips_of_an_open_incident_are_spared(room: Darkroom) -> None:
    house = room.house
    front = watch("front")
    await room.set_up(camera("porch", expect="none", records_for=["front"]), front)
    tidy_at = time.time() + 3600
    await house.service("object_detection/front", "on")
    await house.clock.advance(GRACE)
    await record(room)
    await room.until_told(1)
    await house.service("object_detection/front", "off")
    await room.play(11)
    await room.until_told(2)
    incident = room.hub.sentinel.watches["front"].incident
    assert incident
    by_chance, of_incident = (event.data["media_id"] for event in room.told)
    assert room.told[1].data["incident_ids"] == [incident.id]
    assert room.books.open_incidents() == {incident.id}
    assert await room.listed() == [by_chance, of_incident]
    assert await clips_of_incidents(house) == [[f"media-source://mqtt_sentinel/{of_incident}"]]
    unreadable = patch.object(Journal, "read", side_effect=JournalError("no ink"))
    with unreadable:
        assert await clips_of_incidents(house) == [None]
    # Nothing is to be kept.
    house.hass.config_entries.async_update_entry(
        house.entry, options={**house.entry.options, "clips_days": 0}
    )
    root = room.hub.cameras.root
    await until(house, lambda: not (root / by_chance).exists())
    await until(house, lambda: not room.recordings._tidying)
    assert await room.listed() == [of_incident]
    assert (root / of_incident).exists()
    await house.service("object_detection/front", "on")
    # No further: the journal's patience would run out while the clock leaps on.
    await house.clock.advance(tidy_at - time.time())
    await until(house, lambda: not (root / of_incident).exists())
    assert await room.listed() == []
