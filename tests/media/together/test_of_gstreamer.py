"""The same of a camera that shares no code with ours."""

from itertools import pairwise

import pytest

from custom_components.mqtt_sentinel.evidence.facts import Clip
from tests.media.gstreamer import GstCamera, missing
from tests.media.rings.watching import stamps

from .rig import Rig

if reason := missing():
    pytest.skip(reason, allow_module_level=True)

PRE_ROLL = 3.0
DURATION = 2.0


def assert_whole(clip: Clip, asked: float, fps: int) -> None:
    """It reaches from the pre-roll to the end, with a picture each time that there is one to be."""
    assert clip.began <= asked - PRE_ROLL
    assert clip.began + clip.duration >= asked + DURATION
    packets = stamps(clip.path)
    assert packets[0][1]
    # Its parameter sets come in packets of their own, with next to no time between.
    told = sorted(pts for pts, _ in packets)
    times = [told[0], *(later for earlier, later in pairwise(told) if later - earlier > 0.5 / fps)]
    steps = [later - earlier for earlier, later in pairwise(times)]
    # A live source may be late with one now and then; none is missing.
    assert max(steps) < 2 / fps
    assert len(times) == pytest.approx(clip.duration * fps, abs=1)


@pytest.mark.parametrize(
    "camera",
    [GstCamera(user="admin", sound=True), GstCamera(b_frames=2)],
    ids=["digest and sound", "b-frames"],
)
async def test_a_clip_begins_before_what_it_was_asked_for(rig: Rig, camera: GstCamera) -> None:
    async with camera:
        [camera_id] = await rig.start([camera.url])
        await rig.seconds(PRE_ROLL + 2)
        asked = rig.ask(camera_id, duration=DURATION)
        [clip] = await rig.clips(1)
    assert_whole(clip, asked, camera.fps)
    assert clip.thumbnail
    assert len({segment.run for segment in rig.segments[camera_id]}) == 1
