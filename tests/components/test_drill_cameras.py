"""The drill of an alarm that relies on cameras: each of them records, or it says why not."""

import asyncio
from collections.abc import Callable, Generator
from copy import deepcopy
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from homeassistant.core import Context, Event
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.mqtt_sentinel.cameras.cameras import Cameras
from custom_components.mqtt_sentinel.const import EVENT_DRILL
from custom_components.mqtt_sentinel.evidence.cameras.stream import Condition, Lost
from custom_components.mqtt_sentinel.evidence.clips.errors import CaptureError
from custom_components.mqtt_sentinel.evidence.clips.orders import Reason
from custom_components.mqtt_sentinel.evidence.facts import Cause, Clip
from custom_components.mqtt_sentinel.watch.drill_words import RECORD_SLACK, RECORD_TIME

from .drilled import FRONT, OFF, ON, Services
from .evidence import clip_of
from .house import PANEL, SETTLE, SUBSCRIBE_TIME, House, alarm, camera, watch

FILE = "mqtt_sentinel.hub"
# Until the services are commanded: the subscription, and the time for what the broker kept.
LOOK = SUBSCRIBE_TIME + 1.0
DEADLINE = RECORD_TIME + RECORD_SLACK
# How long a camera takes until its two seconds are saved.
SAVED_AFTER = 5.0
MEDIA_ID = "door/2026-11-21/03-12-44-abc-1.mp4"


class Recorder:
    """What cameras record, in place of the program that would.

    ``asked`` is what was asked for: the camera, the seconds, and what for. ``answers`` is a clip after
    :data:`SAVED_AFTER`, unless a test says otherwise. ``cancelled`` counts those not waited for.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[str, float | None, Cause]] = []
        self.contexts: list[Context | None] = []
        self.cancelled = 0
        self.answer: Callable[[], Any] = self.saved

    async def saved(self) -> Clip:
        await asyncio.sleep(SAVED_AFTER)
        return clip_of(MEDIA_ID)

    async def fails(self) -> Clip:
        await asyncio.sleep(1)
        raise CaptureError(Reason.DISK_FULL)

    async def never(self) -> Clip:
        return await asyncio.get_running_loop().create_future()

    async def breaks(self) -> Clip:
        raise RuntimeError("nobody thought of that")

    async def capture(
        self, camera_id: str, duration: float | None, context: Context | None, cause: Cause
    ) -> Clip:
        self.asked.append((camera_id, duration, cause))
        self.contexts.append(context)
        try:
            clip: Clip = await self.answer()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return clip


@pytest.fixture
def recorder() -> Generator[Recorder]:
    recorder = Recorder()
    with patch.object(Cameras, "capture", lambda _, *asked: recorder.capture(*asked)):
        yield recorder


async def stream(house: House, state: Condition, why: Lost | None = None) -> None:
    """The stream of the camera is there, or is not."""
    cameras: Cameras = house.entry.runtime_data.cameras
    cameras.tell("door", replace(cameras.state("door"), stream=state, why=why))
    await house.clock.settle()


@pytest.fixture
async def guarded(house: House, recorder: Recorder) -> House:
    """A disarmed alarm over a service that is off, and a camera that streams."""
    await house.panel("disarmed")
    await house.set_up(watch("front", expect="alarm"), camera("door"), alarm("front", "door"))
    await house.service(FRONT, "off")
    await stream(house, Condition.STREAMING)
    return house


@pytest.fixture
def services(guarded: House) -> Services:
    return Services(guarded, FRONT)


async def report_of(house: House, services: Services, seconds: float) -> dict[str, Any]:
    """Run a drill, which is over by so many seconds, and answer with its report."""
    drill = services.drill()
    await house.clock.advance(seconds)
    assert drill.done()
    (report,) = (await drill)["drills"]
    return report


def line(report: dict[str, Any], name: str = "door") -> dict[str, Any]:
    (found,) = (found for found in report["services"] if found["watch_id"] == name)
    return found


async def test_a_camera_records_two_seconds(
    guarded: House, services: Services, recorder: Recorder
) -> None:
    events: list[Event[Any]] = async_capture_events(guarded.hass, EVENT_DRILL)
    drill = services.drill()
    await guarded.clock.advance(LOOK - 0.1)
    assert recorder.asked == []
    await guarded.clock.advance(0.2)
    assert recorder.asked == [("door", 2.0, Cause.DRILL)]
    # The service is not kept waiting, and stays on as long as the camera records.
    assert services.log == [(FRONT, ON)]
    await guarded.clock.advance(SAVED_AFTER - 0.2)
    assert services.log == [(FRONT, ON)]
    assert not drill.done()
    await guarded.clock.advance(1)
    assert services.log == [(FRONT, ON), (FRONT, OFF)]
    (report,) = (await drill)["drills"]
    assert report["result"] == "passed"
    assert line(report) == {
        "name": "Door",
        "watch_id": "door",
        "result": "passed",
        "fault": None,
        "commanded": False,
        "was_connected": True,
        "connected_after": 0.0,
        "pinged_after": None,
        "off_after": None,
        "left_on": False,
        "records": True,
        "recorded_after": SAVED_AFTER,
        "media_id": MEDIA_ID,
        "not_recorded": None,
        "media_content_id": f"media-source://mqtt_sentinel/{MEDIA_ID}",
    }
    front = line(report, "front")
    assert (front["records"], front["media_id"], front["media_content_id"]) == (False, None, None)
    (event,) = events
    assert line(event.data) == line(report)
    assert recorder.contexts == [event.context]
    assert len(recorder.asked) == 1
    assert recorder.cancelled == 0


async def test_a_camera_that_cannot_record_says_why(
    guarded: House, services: Services, recorder: Recorder
) -> None:
    recorder.answer = recorder.fails
    report = await report_of(guarded, services, LOOK + 2)
    assert report["result"] == "failed"
    found = line(report)
    assert (found["result"], found["fault"]) == ("failed", "did_not_record")
    assert (found["not_recorded"], found["media_content_id"]) == ("disk_full", None)
    assert line(report, "front")["result"] == "passed"
    assert services.kept == {FRONT: OFF}
    issue = guarded.issues["drill_house"]
    assert issue.translation_placeholders
    assert issue.translation_placeholders["names"] == "Door"
    # What failed is known after a restart, too.
    await guarded.reload()
    assert guarded.state("sensor.house_last_drill").attributes["failed"] == ["Door"]


@pytest.mark.parametrize("how", ["never", "breaks"])
async def test_a_recording_that_is_never_done_is_not_waited_for_for_ever(
    guarded: House,
    services: Services,
    recorder: Recorder,
    how: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    recorder.answer = getattr(recorder, how)
    drill = services.drill()
    await guarded.clock.advance(LOOK + DEADLINE - 0.1)
    assert services.log == [(FRONT, ON)]
    await guarded.clock.advance(1)
    assert services.log == [(FRONT, ON), (FRONT, OFF)]
    (report,) = (await drill)["drills"]
    assert line(report)["fault"] == "did_not_record"
    assert line(report)["not_recorded"] == "not_in_time"
    assert recorder.cancelled == (how == "never")
    caplog.clear()  # of the program error


async def test_a_camera_whose_stream_is_not_there_did_not_connect(
    guarded: House, services: Services, recorder: Recorder
) -> None:
    await stream(guarded, Condition.LOST, Lost.TIMEOUT)
    report = await report_of(guarded, services, LOOK + SETTLE + 1)
    assert recorder.asked == []
    found = line(report)
    assert (found["fault"], found["not_recorded"]) == ("did_not_connect", None)
    assert not found["was_connected"]
    assert services.kept == {FRONT: OFF}


async def test_a_camera_that_comes_while_all_is_on_records_then(
    guarded: House, services: Services, recorder: Recorder
) -> None:
    """Maybe one of the services that the drill turns on is what sends its stream."""
    await stream(guarded, Condition.LOST, Lost.REFUSED)
    drill = services.drill()
    await guarded.clock.advance(LOOK + 5)
    assert recorder.asked == []
    await stream(guarded, Condition.STREAMING)
    assert recorder.asked == [("door", 2.0, Cause.DRILL)]
    await guarded.clock.advance(SAVED_AFTER + 1)
    (report,) = (await drill)["drills"]
    assert report["result"] == "passed"
    assert line(report)["connected_after"] == pytest.approx(5, abs=0.2)
    assert line(report)["recorded_after"] == SAVED_AFTER


async def test_a_camera_that_is_removed_before_it_is_asked_is_not_recorded(
    guarded: House, services: Services, recorder: Recorder
) -> None:
    store = guarded.entry.runtime_data.drills._store
    save, remove, removed = store.save, Cameras.remove, asyncio.Event()

    def remove_and_tell(cameras: Cameras, camera_id: str) -> None:
        remove(cameras, camera_id)
        removed.set()

    async def remove_and_save() -> None:
        guarded.hass.config_entries.async_remove_subentry(guarded.entry, "door")
        await removed.wait()
        await save()

    drill = services.drill()
    await guarded.clock.advance(LOOK - 0.1)
    with (
        patch.object(store, "save", remove_and_save),
        patch.object(Cameras, "remove", remove_and_tell),
    ):
        await guarded.clock.advance(3)
    (report,) = (await drill)["drills"]
    assert recorder.asked == []
    assert line(report)["not_recorded"] == "unknown_camera"
    assert services.kept == {FRONT: OFF}


async def test_arming_ends_the_recording(
    guarded: House, services: Services, recorder: Recorder
) -> None:
    drill = services.drill()
    await guarded.clock.advance(LOOK + 1)
    await guarded.panel("armed_away")
    assert recorder.cancelled == 1
    await guarded.clock.advance(SETTLE)
    (report,) = (await drill)["drills"]
    assert report["result"] == "stopped"
    found = line(report)
    assert (found["result"], found["fault"], found["media_id"]) == ("unfinished", None, None)


async def test_without_the_broker_the_recording_ends(
    guarded: House, services: Services, recorder: Recorder
) -> None:
    drill = services.drill()
    await guarded.clock.advance(LOOK + 1)
    await guarded.broker.go()
    assert recorder.cancelled == 1
    await guarded.clock.advance(60)
    await guarded.broker.come()
    await guarded.clock.advance(60)
    assert (await drill)["drills"][0]["result"] == "interrupted"
    assert len(recorder.asked) == 1


async def test_unloading_ends_the_recording(
    guarded: House, services: Services, recorder: Recorder
) -> None:
    drill = services.drill()
    await guarded.clock.advance(LOOK + 1)
    await guarded.reload()
    assert recorder.cancelled == 1
    (report,) = (await drill)["drills"]
    assert report["result"] == "interrupted"
    await guarded.clock.advance(60)
    assert services.kept == {FRONT: OFF}
    assert len(recorder.asked) == 1


async def test_after_a_crash_what_was_recorded_is_told_and_not_recorded_again(
    guarded: House, services: Services, recorder: Recorder, hass_storage: dict[str, Any]
) -> None:
    services.deaf.add(FRONT)
    services.drill()
    await guarded.clock.advance(LOOK + SAVED_AFTER + 2)
    assert services.log == [(FRONT, ON)]
    stored = deepcopy(hass_storage[FILE])
    services.dead = True
    assert await guarded.hass.config_entries.async_unload(guarded.entry.entry_id)
    services.dead = False
    hass_storage[FILE] = stored
    assert await guarded.hass.config_entries.async_setup(guarded.entry.entry_id)
    events: list[Event[Any]] = async_capture_events(guarded.hass, EVENT_DRILL)
    guarded.hass.states.async_set(PANEL, "disarmed")
    await stream(guarded, Condition.STREAMING)
    await guarded.clock.advance(60)
    assert services.kept == {FRONT: OFF}
    (event,) = events
    assert (event.data["result"], event.data["why"]) == ("interrupted", "restarted")
    assert line(event.data)["media_id"] == MEDIA_ID
    assert line(event.data)["media_content_id"].endswith(MEDIA_ID)
    assert len(recorder.asked) == 1
