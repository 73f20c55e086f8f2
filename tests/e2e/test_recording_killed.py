"""A recording on a real Home Assistant, which is killed at any moment of it, again and again."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import closing
from dataclasses import dataclass, field
import hashlib
import json
import os
from pathlib import Path
import random
import sqlite3
from typing import Any
import uuid

from paho.mqtt.client import Client as MqttClient
from paho.mqtt.enums import CallbackAPIVersion
import pytest
from pytest_socket import socket_allow_hosts

from demo.broker import Broker, BrokerKind, available
from demo.cameras.ffmpeg import FfmpegError, find
from demo.cameras.reading import missing, read
from demo.cameras.remote import RemoteCamera
from demo.client import Client
from demo.home import Home
from tests.components.house import camera

from .homes import INTERPRETERS, LOOK, PATIENCE, prepared, running, shown

KILLS = int(os.environ.get("MQTT_SENTINEL_HOME_KILLS", "2"))
LONGEST = 15.0
"""Seconds until it is killed: within them clips are begun, saved, and begun again."""

PRE_ROLL, DURATION = 2.0, 2.0
STAYS = 1.5
COMES = 7.0
"""Seconds that somebody stays, and from one to the next."""

CAMERA = "front"
SEES = f"motion/camera/{CAMERA}"
STREAM = f"binary_sensor.{CAMERA}_stream"
SOURCE = "media-source://mqtt_sentinel"

pytestmark = [
    pytest.mark.skipif(BrokerKind.MOSQUITTO not in available(), reason="needs mosquitto"),
    pytest.mark.usefixtures("socket_enabled"),
]


@dataclass
class Archive:
    """The clips of a home on its disk, and in its journal."""

    home: Home
    seen: set[str] = field(default_factory=set)

    @property
    def root(self) -> Path:
        return self.home.directory / "media" / "mqtt_sentinel"

    def under_way(self) -> list[Path]:
        """What is being recorded, or was and is not finished."""
        work = self.root / ".recording"
        return list(work.iterdir()) if work.exists() else []

    def listed(self) -> dict[str, str]:
        """The SHA-256 of each clip in the journal, by its id."""
        file = self.home.directory / "mqtt_sentinel.db"
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as journal:
            return dict(journal.execute("SELECT media_id, sha256 FROM sentinel_media"))

    def check(self) -> dict[str, str]:
        """What is listed is what is there, and can be seen; return it. New is looked at only."""
        listed = self.listed()
        there = {str(path.relative_to(self.root)) for path in self.root.glob(f"{CAMERA}/**/*.*")}
        thumbnails = {media_id.replace(".mp4", ".jpg") for media_id in listed}
        assert there == {*listed, *thumbnails}
        for media_id in listed.keys() - self.seen:
            path = self.root / media_id
            assert hashlib.sha256(path.read_bytes()).hexdigest() == listed[media_id]
            pictures = read(path)
            assert len(pictures) > 1
            assert not missing(pictures)
            self.seen.add(media_id)
        return listed


class Somebody:
    """Comes and goes before the camera."""

    def __init__(self, broker: Broker) -> None:
        self._client = MqttClient(CallbackAPIVersion.VERSION2)
        self._client.connect(broker.address.host, broker.address.port)
        self._client.loop_start()

    async def come_and_go(self) -> None:
        """Again and again, until cancelled."""
        while True:
            event = str(uuid.uuid4())
            self._say(event, status=True)
            await asyncio.sleep(STAYS)
            self._say(event, status=False)
            await asyncio.sleep(COMES - STAYS)

    def _say(self, event: str, *, status: bool) -> None:
        told = json.dumps({"event_ref": event, "status": status, "detections": []})
        self._client.publish(SEES, told, 1)

    def leave(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
async def somebody(broker: Broker) -> AsyncGenerator[Somebody]:
    somebody = Somebody(broker)
    yield somebody
    somebody.leave()


@pytest.fixture
async def film() -> AsyncGenerator[RemoteCamera]:
    """A camera, which knows nothing of all this."""
    socket_allow_hosts(["127.0.0.1"], allow_unix_socket=True)
    try:
        find()
    except FfmpegError as reason:
        pytest.skip(str(reason))
    async with RemoteCamera() as camera:
        yield camera


async def browsed(client: Client) -> set[str]:
    """The ids of all clips that the media browser shows."""

    async def children(media_content_id: str) -> list[dict[str, Any]]:
        found = await client.command("media_source/browse_media", media_content_id=media_content_id)
        return list(found["children"])

    days = await children(f"{SOURCE}/{CAMERA}")
    clips = [clip for day in days for clip in await children(day["media_content_id"])]
    return {clip["media_content_id"].removeprefix(f"{SOURCE}/") for clip in clips}


async def recovered(client: Client, archive: Archive) -> None:
    """Wait until the stream is up, and what an earlier life left is finished or removed."""
    await shown(client, STREAM, lambda state: state["state"] == "on")
    async with asyncio.timeout(PATIENCE):
        while await asyncio.to_thread(archive.under_way):  # noqa: ASYNC110 - a folder tells nobody
            await asyncio.sleep(LOOK)


@pytest.mark.timeout(120 + 120 * KILLS)
@pytest.mark.parametrize("interpreter", INTERPRETERS[:1])
async def test_nothing_is_lost_whenever_it_is_killed(
    interpreter: str, tmp_path: Path, broker: Broker, film: RemoteCamera, somebody: Somebody
) -> None:
    settings = {"motion": [f"services||camera/{CAMERA}"], "pre_roll": PRE_ROLL}
    subentry = camera(CAMERA, film.bare_url, duration=DURATION, **settings)
    home = prepared(interpreter, tmp_path / "home", broker, subentry)
    archive, announced = Archive(home), dict[str, str]()
    chance = random.Random()

    def saved(event: dict[str, Any]) -> None:
        announced[event["data"]["media_id"]] = event["data"]["sha256"]

    moments = [chance.uniform(0, LONGEST) for _ in range(KILLS)]
    for number, moment in enumerate(moments, 1):
        async with running(home) as client:
            await client.subscribe(saved, "subscribe_events", event_type="mqtt_sentinel_clip_saved")
            await recovered(client, archive)
            listed = await asyncio.to_thread(archive.check)
            assert announced.items() <= listed.items()
            assert await browsed(client) == listed.keys()
            coming = asyncio.create_task(somebody.come_and_go())
            # When it dies is what is tested.
            await asyncio.sleep(moment)
            coming.cancel()
        left = len(await asyncio.to_thread(archive.under_way))
        told = f"{number}: killed after {moment:.2f} s, {len(listed)} clips, {left} under way"
        print(told, flush=True)  # noqa: T201 - a hundred take half an hour
    async with running(home) as client:
        await recovered(client, archive)
        listed = await asyncio.to_thread(archive.check)
        assert announced.items() <= listed.items()
        assert await browsed(client) == listed.keys()
    print(f"{len(announced)} announced, {len(listed)} listed")  # noqa: T201 - the result
    assert home.complaints() == []
