"""What is asked of the evidence, in real time: the clock in the picture tells whether it is there."""

import asyncio
from itertools import pairwise
import time

import pytest

from custom_components.mqtt_sentinel.evidence.cameras.stream import Condition
from custom_components.mqtt_sentinel.evidence.facts import PART_SECONDS
from demo.cameras.encoder import Audio, Look
from demo.cameras.remote import RemoteCamera

from .rig import LATE, Rig, assert_shows, pictures

LOOK = Look(width=320, height=240, fps=10, gop=10)
PRE_ROLL = 3.0

EVERY = 3.0
LONG = 120.0
MANY = 10


@pytest.mark.parametrize(
    "look",
    [LOOK, Look(b_frames=2), Look(gop=25, audio=Audio.AAC)],
    ids=["plain", "b-frames", "sound"],
)
async def test_a_clip_begins_before_what_it_was_asked_for(rig: Rig, look: Look) -> None:
    async with RemoteCamera(look) as camera:
        [camera_id] = await rig.start([camera.url])
        # What the first piece of a stream with sound says of its length is not to be relied on.
        await rig.seconds(2 * PRE_ROLL + 2 * look.gop / look.fps)
        asked = rig.ask(camera_id)
        [clip] = await rig.clips(1)
        assert rig.streams[camera_id].condition is Condition.STREAMING
    assert_shows(await pictures(clip), asked - PRE_ROLL, asked + 2.0 - LATE)
    assert clip.pre_roll >= PRE_ROLL
    assert clip.thumbnail
    assert not clip.missing


@pytest.mark.timeout(300)
async def test_who_is_asked_all_the_time_leaves_no_gap(rig: Rig) -> None:
    """Every few seconds for two minutes: parts that are one chain."""
    async with RemoteCamera(LOOK) as camera:
        [camera_id] = await rig.start([camera.url])
        await rig.seconds(PRE_ROLL)
        first = time.monotonic()
        asked: list[float] = []
        while time.monotonic() - first < LONG:
            asked.append(rig.ask(camera_id, f"motion {len(asked)}", duration=EVERY + 1))
            await asyncio.sleep(first + len(asked) * EVERY - time.monotonic())
        parts = await rig.clips(int((LONG + PRE_ROLL) / PART_SECONDS) + 1)
    assert len({part.recording_id for part in parts}) == 1
    assert [part.part for part in parts] == list(range(1, len(parts) + 1))
    shown = [await pictures(part) for part in parts]
    assert_chain(shown)
    assert shown[0][0].ms / 1000 <= asked[0] - PRE_ROLL
    assert shown[-1][-1].ms / 1000 >= asked[-1] + EVERY + 1 - LATE
    for earlier, later in pairwise(parts):
        assert later.began == pytest.approx(earlier.began + earlier.duration, abs=1 / LOOK.fps)
    assert not rig.books.failures


def assert_chain(shown: list) -> None:
    """Each part goes on with the very next picture."""
    numbers = [picture.number for part in shown for picture in part]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


@pytest.mark.timeout(120)
async def test_many_cameras_at_once_do_not_disturb_each_other(rig: Rig) -> None:
    """Ten connections to one camera: what they show is the same, what reads it is not."""
    async with RemoteCamera(LOOK) as camera:
        ids = await rig.start([camera.url] * MANY)
        await rig.seconds(PRE_ROLL + 1)
        asked = {camera_id: rig.ask(camera_id) for camera_id in ids}
        assert max(asked.values()) - min(asked.values()) < 0.1
        clips = await rig.clips(MANY)
    assert {clip.camera_id for clip in clips} == set(ids)
    for clip in clips:
        at = asked[clip.camera_id]
        assert_shows(await pictures(clip), at - PRE_ROLL, at + 2.0 - LATE)
        assert clip.thumbnail
    assert not rig.books.failures


async def test_of_a_camera_that_is_killed_all_is_there_that_came(rig: Rig) -> None:
    async with RemoteCamera(LOOK) as camera:
        [camera_id] = await rig.start([camera.url])
        await rig.seconds(PRE_ROLL + 1)
        asked = rig.ask(camera_id, duration=30.0)
        had = sum(segment.duration for segment in rig.segments[camera_id])
        await rig.seconds(had + 3.0)
        killed = time.time()
        await camera.kill()
        await rig.until(lambda: rig.streams[camera_id].condition is Condition.LOST)
        [clip] = await rig.clips(1)
        # The piece that was under way is there as well.
        shown = await pictures(clip)
        assert_shows(shown, asked - PRE_ROLL, killed - 1.0)
        # It is wanted still: when the camera is back, it goes on.
        await camera.start()
        await rig.until(lambda: rig.segments[camera_id][-1].run > 1)
        await rig.recorder.stop()
        *_, last = await rig.clips(2)
    assert (last.recording_id, last.part) == (clip.recording_id, 2)
    assert (await pictures(last))[0].ms / 1000 > killed
