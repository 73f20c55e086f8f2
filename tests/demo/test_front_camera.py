"""The camera of the demo's fleet."""

import asyncio
from collections.abc import AsyncGenerator
import json
from pathlib import Path

import pytest

from demo.broker import Broker
from demo.cameras.ffmpeg import FfmpegError, find
from demo.cameras.reading import Reading, missing, read
from demo.fleet import Fleet, FleetError, Life
from demo.pipe import Deed
from demo.roster import camera, object_detection

from .ear import Ear

_NODE = "front-camera"
_MOTION = "motion/camera/front"


@pytest.fixture(autouse=True)
def _ffmpeg() -> None:
    try:
        find()
    except FfmpegError as reason:
        pytest.skip(str(reason))


@pytest.fixture
def kind() -> None:
    """Whichever broker is there: nothing here depends on it."""


@pytest.fixture
async def fleet(broker: Broker, tmp_path: Path) -> AsyncGenerator[Fleet]:
    """A camera and its object detection; nobody runs yet."""
    roster = (object_detection("front"), camera("camera", "front"))
    async with Fleet(tmp_path / "run", broker, roster) as fleet:
        yield fleet


async def _look(url: str) -> list[Reading]:
    return await asyncio.to_thread(read, url, "-rtsp_transport", "tcp", "-t", "0.5")


async def test_it_is_seen_killed_and_seen_again(fleet: Fleet) -> None:
    """At the same address, which is told before it runs."""
    with pytest.raises(FleetError, match="front listens on no port"):
        fleet.port("front")
    await fleet.start("camera")
    url = fleet.state("camera").facts["url"]
    assert f"127.0.0.1:{fleet.port('camera')}/front" in url
    for end in (fleet.kill, fleet.stop):
        pictures = await _look(url)
        assert pictures
        assert not missing(pictures)
        await end("camera")
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", fleet.port("camera"))
        await fleet.start("camera")
        assert fleet.state("camera").facts["url"] == url
        assert fleet.state("camera").life is Life.RUNNING


async def test_it_sees_somebody(fleet: Fleet, ear: Ear) -> None:
    await fleet.start("camera")
    await fleet.wait_for("camera", link="online", picture="runs")
    assert not ear.messages(_MOTION)
    for _ in range(2):  # somebody who is seen already is not seen again, but stays longer
        await fleet.tell(_NODE, Deed.MOTION)
    while len(ear.messages(_MOTION)) < 2:
        await ear.hears_more()
    began, ended = (json.loads(message.payload) for message in ear.messages(_MOTION))
    await fleet.wait_for("camera", sent="2")
    assert (began["status"], ended["status"]) == (True, False)
    assert began["event_ref"] == ended["event_ref"]
    assert began["detections"]


async def test_it_misbehaves(fleet: Fleet) -> None:
    await fleet.start("camera")
    url = fleet.state("camera").facts["url"]
    for deed, picture, complaint in (
        (Deed.REFUSE, "refuses", "503"),
        (Deed.RELOCK, "runs", "401"),
    ):
        await fleet.tell(_NODE, deed)
        assert fleet.state("camera").facts["picture"] == picture
        with pytest.raises(FfmpegError, match=complaint):
            await _look(url)
        await fleet.tell(_NODE, Deed.GO_ON)
        assert await _look(url)
    await fleet.power_off(_NODE)
    assert fleet.state("camera").facts["picture"] == "off"
    with pytest.raises(FfmpegError, match="refused"):
        await _look(url)
    await fleet.power_on(_NODE)
    assert await _look(url)
    with pytest.raises(FleetError, match="cannot stick"):
        await fleet.tell(_NODE, Deed.STICK)


async def test_it_goes_on_without_a_picture(fleet: Fleet) -> None:
    """There is no picture, and the rest of the demo is not worse for it."""
    async with await asyncio.start_server(lambda *_: None, "127.0.0.1", fleet.port("camera")):
        await fleet.start("camera")
        await fleet.wait_for("camera", link="online", picture="off")
        with pytest.raises(FleetError, match=r"(?i)address already in use"):
            await fleet.power_on(_NODE)
    await fleet.power_on(_NODE)
    assert fleet.state("camera").facts["picture"] == "runs"
