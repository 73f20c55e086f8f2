"""A scene on a real Home Assistant and a real broker, which is killed in the middle of it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager
import json
import os
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client as MqttClient, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
import pytest

from demo import run_dir as run_dirs
from demo.broker import Broker, BrokerKind, available, free_port
from demo.client import Client
from demo.home import PASSWORD, USER, Home
from tests.components.scenes import Json, command, scene, wait

INTERPRETERS = ("MQTT_SENTINEL_E2E_PYTHON", "MQTT_SENTINEL_E2E_PYTHON_PINNED")
LIGHT, STEAM = "room1/light", "room1/steam"
SENSOR = "sensor.opening_last_run"

_PATIENCE = 60.0
_LOOK = 0.1

pytestmark = [
    pytest.mark.skipif(BrokerKind.MOSQUITTO not in available(), reason="needs mosquitto"),
    pytest.mark.usefixtures("socket_enabled"),
]

STEPS = (
    command(0, LIGHT, feedback=f"{LIGHT}/feedback"),
    command(0.5, STEAM, feedback=f"{STEAM}/feedback"),
    wait(1, 3600, topic="door/knock"),
    command(0, LIGHT, "OFF"),
)


class Room:
    """The devices of a room: the light says OK, the steam says nothing."""

    def __init__(self, broker: Broker) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self._client = MqttClient(CallbackAPIVersion.VERSION2)
        self._client.on_message = self._hear
        self._client.connect(broker.address.host, broker.address.port)
        self._client.subscribe([(LIGHT, 1), (STEAM, 1)])
        self._client.loop_start()

    def _hear(self, client: MqttClient, _: object, message: MQTTMessage) -> None:
        self.heard.append((message.topic, message.payload))
        if message.topic == LIGHT:
            client.publish(f"{LIGHT}/feedback", "OK", 1)

    def say(self, topic: str, payload: str) -> None:
        self._client.publish(topic, payload, 1).wait_for_publish(_PATIENCE)

    def leave(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def entry(domain: str, version: int, data: Json, *subentries: Any) -> Json:
    """A config entry as Home Assistant stores it."""
    return {
        **dict.fromkeys(("created_at", "modified_at"), "2026-01-01T00:00:00+00:00"),
        **dict.fromkeys(("pref_disable_new_entities", "pref_disable_polling"), False),
        **dict.fromkeys(("disabled_by", "unique_id")),
        "discovery_keys": {},
        "options": {},
        "data": data,
        "domain": domain,
        "entry_id": domain,
        "minor_version": 1,
        "source": "user",
        "subentries": list(subentries),
        "title": domain,
        "version": version,
    }


@pytest.fixture(params=INTERPRETERS)
async def home(
    request: pytest.FixtureRequest, tmp_path: Path, broker: Broker
) -> AsyncGenerator[Home]:
    """A Home Assistant with one scene, not started yet."""
    if request.param not in os.environ:
        pytest.skip(f"{request.param} names no interpreter; scripts/test sets it")
    address = broker.address
    entries = [
        entry("mqtt", 2, {"broker": address.host, "port": address.port, "protocol": "5"}),
        entry("mqtt_sentinel", 1, {"dialects": ["services"], "prefixes": [""]}, scene(*STEPS)),
    ]
    stored = {"version": 1, "minor_version": 5, "key": "core.config_entries"}
    home = Home(os.environ[request.param], tmp_path / "home", free_port())
    home.prepare(
        "config:\nwebsocket_api:\n",
        {".storage/core.config_entries": json.dumps({**stored, "data": {"entries": entries}})},
    )
    yield home
    await home.kill()


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncGenerator[Broker]:
    """A broker of our own."""
    run_dirs.prepare(tmp_path / "run")
    async with Broker(free_port(), run_dirs.broker(tmp_path / "run"), BrokerKind.MOSQUITTO) as one:
        yield one


@pytest.fixture
def room(broker: Broker) -> Generator[Room]:
    """Somebody is in the room."""
    room = Room(broker)
    yield room
    room.leave()


@asynccontextmanager
async def running(home: Home) -> AsyncGenerator[Client]:
    """Home Assistant as it runs; it is killed at the end."""
    await home.start()
    try:
        async with Client(home.url, USER, PASSWORD) as client:
            yield client
            await home.kill()
    finally:
        await home.kill()


async def shown(client: Client, true: Callable[[Json], bool]) -> Json:
    """Wait until the sensor shows something, and return it."""
    async with asyncio.timeout(_PATIENCE):
        while True:
            for state in await client.command("get_states"):
                if state["entity_id"] == SENSOR and true(state):
                    return dict(state)
            await asyncio.sleep(_LOOK)


def outcomes(state: Json) -> list[str | None]:
    return [step["outcome"] for step in state["attributes"].get("steps", [])]


async def start(client: Client) -> None:
    """Start the scene, as soon as that is no simulation any more."""
    async with asyncio.timeout(_PATIENCE):
        while True:
            await client.act("scene.turn_on", "scene.opening")
            state = await shown(client, lambda state: state["state"] == "running")
            if not state["attributes"]["simulated"]:
                return
            await asyncio.sleep(_LOOK)


async def test_a_run_that_is_killed_is_interrupted(home: Home, room: Room) -> None:
    decided = ["confirmed", "not_confirmed", None, None]
    sent = [(LIGHT, b"ON"), (STEAM, b"ON")]
    async with running(home) as client:
        await shown(client, lambda state: state["state"] == "unknown")
        await start(client)
        state = await shown(client, lambda state: outcomes(state) == decided)
        assert 0 < state["attributes"]["steps"][0]["latency_ms"] < 1000
    assert room.heard == sent
    async with running(home) as client:
        state = await shown(client, lambda state: state["state"] == "interrupted")
        assert outcomes(state) == ["confirmed", "not_confirmed", "interrupted", "not_run"]
        room.say("door/knock", "1")  # for a run that is no more
        await start(client)
        await shown(client, lambda state: outcomes(state) == decided)
        room.say("door/knock", "1")
        await shown(client, lambda state: state["state"] == "completed_with_failures")
    assert room.heard == [*sent, *sent, (LIGHT, b"OFF")]
    assert home.complaints() == []
