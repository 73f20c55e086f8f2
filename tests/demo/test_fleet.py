"""The members behave as real services do, and can be broken in every way that the demo offers."""

from collections.abc import AsyncGenerator
import json
import os
from pathlib import Path
import signal

import pytest

from demo.broker import Broker
from demo.fleet import Fleet, Life, Network
from demo.members.object_detection import BoolForm
from demo.roster import autocore, ghost, museum, object_detection

from .ear import Ear

# The demo's fleet, only more talkative.
_FLEET = (
    object_detection("front", interval=0.2),
    object_detection("garden", interval=0.2, form=BoolForm.BYTE),
    autocore("esp32", 3, interval=0.2),
    museum("museum", "esp32_01"),
    ghost("ghost", "attic"),
)
_CELLAR = object_detection("cellar", interval=0.2, has_will=False)

_FRONT = "connected/object_detection/front"
_GARDEN = "connected/object_detection/garden"
_GHOST = "connected/object_detection/attic"
_MUSEUM = "devices/esp32_01/status"


@pytest.fixture
async def fleet(broker: Broker, tmp_path: Path) -> AsyncGenerator[Fleet]:
    """The demo's fleet and two more; nobody runs yet."""
    async with Fleet(tmp_path / "run", broker, (*_FLEET, _CELLAR)) as fleet:
        yield fleet


def _tell(ear: Ear, device: str, on: bool) -> None:
    """Tell a service on or off, as the integration or an automation does."""
    command = json.dumps({"status": on, "data": None}).encode()
    ear.say(f"status/object_detection/{device}", command)


async def _on(fleet: Fleet, ear: Ear, name: str) -> None:
    """Start a service and turn it on."""
    await fleet.start(name)
    _tell(ear, name, True)
    await fleet.wait_for(name, told="on", worker="online")
    await ear.hears(f"connected/object_detection/{name}")


async def _retained(broker: Broker, topic: str) -> list[bytes]:
    """Return what the broker keeps on a topic."""
    async with Ear(broker.address) as ear:
        await ear.round_trip()
        return list({message.payload for message in ear.messages(topic)})


async def test_a_service_is_told_on_and_off(fleet: Fleet, ear: Ear) -> None:
    """Birth, pings, and a proper goodbye; each as the dialect has it."""
    await fleet.start("front")
    await fleet.wait_for("front", control="online", told="nothing", worker="off")
    _tell(ear, "front", True)
    await ear.hears(_FRONT, b"true")
    ping = await ear.hears("ping/object_detection/front")
    assert not ping.retain
    await fleet.wait_for("front", told="on", mode="obey", worker="online")
    ear.forget()
    _tell(ear, "front", False)
    await ear.hears(_FRONT, b"false")
    await fleet.wait_for("front", told="off", worker="off")
    # Nothing that is no command changes anything.
    for payload in (b"", b"not json", b"[]", b'{"status": 1}'):
        ear.say("status/object_detection/front", payload)
    _tell(ear, "front", True)
    await fleet.wait_for("front", told="on", worker="online")


async def test_a_command_is_obeyed_that_came_before_the_service(
    fleet: Fleet, broker: Broker, ear: Ear
) -> None:
    """The command is retained; a service that is off says so, whatever was retained before."""
    ear.say(_FRONT, b"true")
    _tell(ear, "front", False)
    _tell(ear, "garden", True)
    await ear.hears("status/object_detection/garden")
    await fleet.start("front")
    await fleet.start("garden")
    await ear.hears(_FRONT, b"false")
    await ear.hears(_GARDEN, b"\x01")
    assert await _retained(broker, _FRONT) == [b"false"]
    assert await _retained(broker, _GARDEN) == [b"\x01"]


async def test_the_last_will_speaks_after_sigkill(fleet: Fleet, broker: Broker, ear: Ear) -> None:
    """At once, and it stays retained; each service in its own form."""
    await _on(fleet, ear, "front")
    await _on(fleet, ear, "garden")
    await fleet.kill("front")
    assert fleet.state("front").life is Life.DOWN
    assert fleet.state("front").exit_code == -signal.SIGKILL
    await ear.hears(_FRONT, b"false")
    # From outside, not by the supervisor.
    pid = fleet.state("garden").pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await ear.hears(_GARDEN, b"\x00")
    await fleet.wait_until(lambda: fleet.state("garden").life is Life.ENDED, within=10)
    assert await _retained(broker, _FRONT) == [b"false"]
    assert await _retained(broker, _GARDEN) == [b"\x00"]
    # Its command is still retained, so it comes back as it was.
    ear.forget()
    await fleet.start("front")
    await ear.hears(_FRONT, b"true")


async def test_without_a_last_will_the_lie_stays(fleet: Fleet, broker: Broker, ear: Ear) -> None:
    """A killed service without a Will is online for ever, as is the ghost."""
    await _on(fleet, ear, "cellar")
    await fleet.kill("cellar")
    await fleet.start("ghost")
    assert fleet.state("ghost").life is Life.GONE
    await ear.hears(_GHOST, b"true")
    assert await _retained(broker, "connected/object_detection/cellar") == [b"true"]
    assert await _retained(broker, _GHOST) == [b"true"]
    await ear.round_trip()
    await fleet.kill_broker()
    await fleet.start_broker()
    assert await _retained(broker, _GHOST) == ([b"true"] if broker.keeps_retained else [])


async def test_ignoring_and_obeying(fleet: Fleet, ear: Ear) -> None:
    """A service that ignores its command stays as it is, and catches up when it obeys again."""
    await fleet.start("front")
    await fleet.ignore("front")
    _tell(ear, "front", True)
    await fleet.wait_for("front", told="on", mode="ignore", worker="off")
    assert not ear.messages(_FRONT)
    await fleet.obey("front")
    await ear.hears(_FRONT, b"true")
    await fleet.wait_for("front", worker="online")

    await fleet.ignore("front")
    _tell(ear, "front", False)
    await fleet.wait_for("front", told="off", worker="online")
    await fleet.obey("front")
    await ear.hears(_FRONT, b"false")
    await fleet.wait_for("front", worker="off")

    await fleet.stop("front")
    _tell(ear, "front", True)
    await fleet.start("front", ignoring=True)
    await fleet.wait_for("front", told="on", mode="ignore", worker="off")


async def test_stopping_properly(fleet: Fleet, broker: Broker, ear: Ear) -> None:
    """Everybody who shuts down says so, and ends with 0."""
    await _on(fleet, ear, "front")
    await fleet.start("esp32")
    await fleet.start("museum")
    await ear.hears(_MUSEUM, b"online")
    await fleet.wait_for("esp32", ESP32_001="online", ESP32_002="online", ESP32_003="online")
    for name in ("front", "esp32", "museum"):
        await fleet.stop(name)
        assert fleet.state(name).life is Life.DOWN
        assert fleet.state(name).exit_code == 0
        assert not fleet.state(name).facts
    await ear.hears(_FRONT, b"false")
    await ear.hears(_MUSEUM, b"offline")
    statuses = await _retained(broker, "autocore/ESP32_002/status")
    assert [json.loads(status)["status"] for status in statuses] == ["offline"]


async def test_silence_ends_in_the_last_will(fleet: Fleet, ear: Ear) -> None:
    """A cut network, a hung process, a node without power: nobody says goodbye to the broker.

    It finds out by the keep-alive; and each comes back when it is repaired.
    """
    await _on(fleet, ear, "front")
    await _on(fleet, ear, "garden")
    await fleet.start("esp32")
    await ear.hears("autocore/ESP32_001/status")
    await ear.hears("autocore/ESP32_002/status")
    ear.forget()
    await fleet.cut("front")
    await fleet.freeze("garden")
    await fleet.power_off("ESP32_002")
    assert fleet.state("front").network is Network.CUT
    assert fleet.state("garden").life is Life.FROZEN
    assert fleet.state("esp32").facts["ESP32_002"] == "off"

    await ear.hears(_FRONT, b"false")
    await ear.hears(_GARDEN, b"\x00")
    will = await ear.hears("autocore/ESP32_002/status")
    assert json.loads(will.payload)["status"] == "offline"
    assert not ear.messages("autocore/ESP32_001/status")
    await fleet.wait_for("front", worker="offline")

    ear.forget()
    await fleet.heal("front")
    await fleet.thaw("garden")
    await fleet.power_on("ESP32_002")
    await ear.hears(_FRONT, b"true")
    await ear.hears(_GARDEN, b"\x01")
    birth = await ear.hears("autocore/ESP32_002/status")
    assert json.loads(birth.payload)["status"] == "online"


async def test_a_short_cut_is_not_noticed(fleet: Fleet, ear: Ear) -> None:
    """The connection survives, and what was said during the cut arrives late."""
    await _on(fleet, ear, "front")
    ear.forget()
    await fleet.cut("front")
    _tell(ear, "front", False)
    await ear.hears("status/object_detection/front")
    assert fleet.state("front").facts["told"] == "on"
    await fleet.heal("front")
    await fleet.wait_for("front", told="off", worker="off")
    await ear.hears(_FRONT, b"false")
    assert len(ear.messages(_FRONT)) == 1


async def test_a_node_of_the_autocore_fleet(fleet: Fleet, ear: Ear) -> None:
    """Its birth, telemetry and relay; a crash and a dropped connection."""
    await fleet.start("esp32")
    birth = json.loads((await ear.hears("autocore/ESP32_002/status")).payload)
    assert birth["device_id"] == "ESP32_002"
    assert birth["status"] == "online"
    assert birth["ip_address"] == "192.0.2.3"
    assert set(birth) >= {"firmware_version", "uptime", "timestamp"}
    relay = json.loads((await ear.hears("autocore/ESP32_002/relay/0/status")).payload)
    assert relay["device_id"] == "ESP32_002"
    assert relay["relay_index"] == 0
    assert isinstance(relay["state"], bool)
    telemetry = json.loads((await ear.hears("autocore/ESP32_002/telemetry")).payload)
    for name in ("temperature", "humidity", "voltage", "memory_free"):
        assert isinstance(telemetry[name], int | float)

    ear.forget()
    await fleet.crash("ESP32_002")
    will = json.loads((await ear.hears("autocore/ESP32_002/status")).payload)
    assert will["status"] == "offline"
    assert fleet.state("esp32").facts["ESP32_002"] == "crashed"

    await fleet.drop("ESP32_003")
    will = json.loads((await ear.hears("autocore/ESP32_003/status")).payload)
    assert will["status"] == "offline"
    ear.forget()
    birth = json.loads((await ear.hears("autocore/ESP32_003/status")).payload)
    assert birth["status"] == "online"
    assert not ear.messages("autocore/ESP32_002/status")


async def test_the_broker_is_killed_and_comes_back(fleet: Fleet, broker: Broker, ear: Ear) -> None:
    """Everybody notices at once, and is born again; what was told to a service still holds."""
    await fleet.start("museum")
    await fleet.start("esp32")
    await _on(fleet, ear, "front")
    _tell(ear, "garden", False)
    await fleet.start("garden")
    await fleet.wait_for("garden", told="off")
    await ear.hears_last(_GARDEN, b"\x00")
    await fleet.wait_for("museum", esp32_01="online")
    await fleet.wait_for("esp32", ESP32_001="online")
    await ear.round_trip()

    await fleet.kill_broker()
    await fleet.wait_for("front", control="offline", worker="offline", within=2)
    await fleet.wait_for("museum", esp32_01="offline", within=2)
    await fleet.wait_for("esp32", ESP32_001="offline", within=2)
    ear.forget()

    await fleet.start_broker()
    await fleet.wait_for("front", control="online", worker="online")
    await fleet.wait_for("museum", esp32_01="online")
    await fleet.wait_for("esp32", ESP32_001="online")
    await fleet.wait_for("garden", control="online", worker="off")
    assert await _retained(broker, _FRONT) == [b"true"]
    assert await _retained(broker, _MUSEUM) == [b"online"]
    if broker.keeps_retained:
        assert await _retained(broker, _GARDEN) == [b"\x00"]


async def test_turned_off_while_the_broker_was_away(fleet: Fleet, broker: Broker, ear: Ear) -> None:
    """A service whose worker cannot say goodbye says it over its other connection, later."""
    await _on(fleet, ear, "front")
    await fleet.ignore("front")
    _tell(ear, "front", False)
    await fleet.wait_for("front", told="off", worker="online")
    await ear.round_trip()
    await fleet.kill_broker()
    await fleet.wait_for("front", control="offline", worker="offline")
    await fleet.obey("front")
    await fleet.wait_for("front", worker="off")
    await fleet.start_broker()
    await fleet.wait_for("front", control="online")
    await ear.is_up()
    # It is sent with or right after the connect; the ear may be back before or after it.
    await ear.hears_last(_FRONT, b"false")
    assert await _retained(broker, _FRONT) == [b"false"]
