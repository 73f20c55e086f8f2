"""A scene on a real Home Assistant and a real broker, which is killed in the middle of it."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

from paho.mqtt.client import Client as MqttClient, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
import pytest

from demo.broker import Broker, BrokerKind, available
from demo.client import Client
from demo.home import Home
from tests.components.scenes import Json, command, scene, wait

from .homes import INTERPRETERS, LOOK, PATIENCE, prepared, running, shown

LIGHT, STEAM = "room1/light", "room1/steam"
SENSOR = "sensor.opening_last_run"

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
        self._client.publish(topic, payload, 1).wait_for_publish(PATIENCE)

    def leave(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture(params=INTERPRETERS)
async def home(
    request: pytest.FixtureRequest, tmp_path: Path, broker: Broker
) -> AsyncGenerator[Home]:
    """A Home Assistant with one scene, not started yet."""
    home = prepared(request.param, tmp_path / "home", broker, scene(*STEPS))
    yield home
    await home.kill()


@pytest.fixture
def room(broker: Broker) -> Generator[Room]:
    """Somebody is in the room."""
    room = Room(broker)
    yield room
    room.leave()


def outcomes(state: Json) -> list[str | None]:
    return [step["outcome"] for step in state["attributes"].get("steps", [])]


async def start(client: Client) -> None:
    """Start the scene, as soon as that is no simulation any more."""
    async with asyncio.timeout(PATIENCE):
        while True:
            await client.act("scene.turn_on", "scene.opening")
            state = await shown(client, SENSOR, lambda state: state["state"] == "running")
            if not state["attributes"]["simulated"]:
                return
            await asyncio.sleep(LOOK)


async def test_a_run_that_is_killed_is_interrupted(home: Home, room: Room) -> None:
    decided = ["confirmed", "not_confirmed", None, None]
    sent = [(LIGHT, b"ON"), (STEAM, b"ON")]
    async with running(home) as client:
        await shown(client, SENSOR, lambda state: state["state"] == "unknown")
        await start(client)
        state = await shown(client, SENSOR, lambda state: outcomes(state) == decided)
        assert 0 < state["attributes"]["steps"][0]["latency_ms"] < 1000
    assert room.heard == sent
    async with running(home) as client:
        state = await shown(client, SENSOR, lambda state: state["state"] == "interrupted")
        assert outcomes(state) == ["confirmed", "not_confirmed", "interrupted", "not_run"]
        room.say("door/knock", "1")  # for a run that is no more
        await start(client)
        await shown(client, SENSOR, lambda state: outcomes(state) == decided)
        room.say("door/knock", "1")
        await shown(client, SENSOR, lambda state: state["state"] == "completed_with_failures")
    assert room.heard == [*sent, *sent, (LIGHT, b"OFF")]
    assert home.complaints() == []
