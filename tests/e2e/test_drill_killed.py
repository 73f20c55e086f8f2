"""A drill on a real Home Assistant and a real broker, which is killed in the middle of it."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import suppress
import json
from pathlib import Path
import threading

from paho.mqtt.client import Client as MqttClient, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
import pytest

from demo.broker import Broker, BrokerKind, available
from demo.client import ApiError, Client
from demo.home import Home
from tests.components.house import alarm, watch

from .homes import INTERPRETERS, LOOK, PATIENCE, prepared, running, shown

BUTTON = "button.house_run_drill"
LAST = "sensor.house_last_drill"
OFF, ON = b'{"status": false, "data": null}', b'{"status": true, "data": null}'
"""Not as a drill writes them: what it puts back is what was there."""

PANEL = """\
alarm_control_panel:
  - platform: manual
    name: House
    code_arm_required: false
    arming_time: 0
    delay_time: 0
"""

# The drill waits for the pings of all services, and none pings.
PING = 3600

pytestmark = [
    pytest.mark.skipif(BrokerKind.MOSQUITTO not in available(), reason="needs mosquitto"),
    pytest.mark.usefixtures("socket_enabled"),
]


class Services:
    """Services that obey: ``front`` was told to be off, ``attic`` nothing, ``garden`` to be on.

    ``told`` has the commands of each from the beginning, as they came.
    """

    names = ("front", "attic", "garden")

    def __init__(self, broker: Broker) -> None:
        self.told: dict[str, list[bytes]] = {name: [] for name in self.names}
        self._change = threading.Condition()
        self._client = MqttClient(CallbackAPIVersion.VERSION2)
        self._client.on_message = self._hear
        self._client.connect(broker.address.host, broker.address.port)
        self._client.loop_start()
        for name, command in (("front", OFF), ("garden", ON)):
            self._say(f"status/object_detection/{name}", command)
        self._client.subscribe("status/object_detection/+", 1)
        self.wait("garden")

    def _say(self, topic: str, payload: bytes) -> None:
        self._client.publish(topic, payload, 1, retain=True)

    def _hear(self, _: MqttClient, __: object, message: MQTTMessage) -> None:
        name = message.topic.rpartition("/")[2]
        on = json.loads(message.payload)["status"]
        self._say(f"connected/object_detection/{name}", b"1" if on else b"0")
        with self._change:
            self.told[name].append(message.payload)
            self._change.notify_all()

    def on(self, name: str) -> bool:
        """Whether a service was told to be on."""
        return bool(self.told[name]) and bool(json.loads(self.told[name][-1])["status"])

    def wait(self, *on: str) -> None:
        """Wait until these services, and no others, were told to be on."""

        def told() -> bool:
            return {name for name in self.names if self.on(name)} == {*on}

        with self._change:
            assert self._change.wait_for(told, PATIENCE), self.told

    def leave(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture(params=INTERPRETERS)
async def home(
    request: pytest.FixtureRequest, tmp_path: Path, broker: Broker
) -> AsyncGenerator[Home]:
    """A Home Assistant with a disarmed alarm over the services, not started yet."""
    watches = [watch(name, expect="alarm", ping_interval=PING) for name in Services.names]
    home = prepared(
        *(request.param, tmp_path / "home", broker),
        *(*watches, alarm(*Services.names)),
        configuration=PANEL,
    )
    yield home
    await home.kill()


@pytest.fixture
def services(broker: Broker) -> Generator[Services]:
    """The services that the alarm relies on."""
    services = Services(broker)
    yield services
    services.leave()


async def begin(client: Client) -> None:
    """Begin a drill, as soon as the broker is there for it."""
    await shown(client, BUTTON, lambda state: True)
    async with asyncio.timeout(PATIENCE):
        while True:
            with suppress(ApiError):
                return await client.act("button.press", BUTTON)
            await asyncio.sleep(LOOK)


async def test_a_drill_that_is_killed_is_put_back(home: Home, services: Services) -> None:
    async with running(home) as client:
        await begin(client)
        services.wait(*Services.names)
    services.wait(*Services.names)
    async with running(home) as client:
        state = await shown(client, LAST, lambda state: state["state"] == "interrupted")
        facts = {"why": "restarted", "restored": True, "failed": [], "services": 3}
        assert facts.items() <= state["attributes"].items()
        services.wait("garden")
        # The one that ran is left alone, the others are as they were, or off.
        assert {*services.told["garden"]} == {ON}
        assert services.told["front"][::2] == [OFF, OFF]
        for name, seen in (("front", "off"), ("attic", "off"), ("garden", "on")):
            sensor = f"binary_sensor.{name}_connectivity"
            await shown(client, sensor, lambda state: state["state"] == seen)  # noqa: B023 - it ends here
    assert home.complaints() == []
