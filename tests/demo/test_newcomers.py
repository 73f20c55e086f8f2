"""Zigbee2MQTT, Frigate, a Tasmota plug, sensors with shared topics, and somebody who vandalises."""

import asyncio
from collections.abc import AsyncGenerator
import json
from pathlib import Path
from typing import Any

import pytest

from demo.broker import Broker, BrokerError
from demo.fleet import Fleet, FleetError, Life
from demo.members.vandal import GARBAGE
from demo.pipe import Deed
from demo.roster import frigate, object_detection, surveillance, tasmota, vandal, zigbee2mqtt

from .ear import Ear

_ROSTER = (
    object_detection("front"),
    zigbee2mqtt("zigbee", 3),
    surveillance("raspberry", "raspberry-1"),
    frigate("frigate", "porch", "yard", interval=0.2),
    tasmota("plug", "tasmota_plug", interval=0.2),
    vandal("vandal"),
)


@pytest.fixture
async def fleet(broker: Broker, tmp_path: Path) -> AsyncGenerator[Fleet]:
    """The newcomers; nobody runs yet."""
    async with Fleet(tmp_path / "run", broker, _ROSTER) as fleet:
        yield fleet


def _read(payload: bytes) -> Any:
    return json.loads(payload)


async def test_a_bridge_dies_and_its_lamps_stay_as_they_were(fleet: Fleet, ear: Ear) -> None:
    """Its Last Will is about the bridge alone; a lamp is reported by the bridge."""
    await fleet.start("zigbee")
    for name in ("lamp_01", "lamp_02", "lamp_03"):
        birth = await ear.hears(f"zigbee2mqtt/{name}/availability")
        assert _read(birth.payload) == {"state": "online"}
    await fleet.wait_for("zigbee", bridge="online", lamps="3 of 3")
    await fleet.power_off("lamp_02")
    await ear.hears("zigbee2mqtt/lamp_02/availability", b'{"state": "offline"}')
    assert fleet.state("zigbee").facts["lamps"] == "2 of 3"
    with pytest.raises(FleetError, match="already off"):
        await fleet.power_off("lamp_02")
    with pytest.raises(FleetError, match="cannot crash"):
        await fleet.crash("lamp_02")

    ear.forget()
    await fleet.kill("zigbee")
    await ear.hears("zigbee2mqtt/bridge/state", b'{"state": "offline"}')
    assert [message.topic for message in ear.heard] == ["zigbee2mqtt/bridge/state"]
    ear.forget()
    await fleet.start("zigbee")
    await ear.hears("zigbee2mqtt/bridge/state", b'{"state": "online"}')
    await ear.hears("zigbee2mqtt/lamp_02/availability", b'{"state": "online"}')
    await fleet.power_off("lamp_02")
    await fleet.power_on("lamp_02")
    await fleet.wait_for("zigbee", lamps="3 of 3")


async def test_sensors_name_each_event_and_can_repeat_it(fleet: Fleet, ear: Ear) -> None:
    """Each event has an id of its own; the same one again is the same message."""
    await fleet.start("raspberry")
    await fleet.wait_for("raspberry", link="online")
    with pytest.raises(FleetError, match="nothing has happened yet"):
        await fleet.tell("raspberry-1", Deed.AGAIN)
    await fleet.tell("raspberry-1", Deed.MOTION)
    motion = await ear.hears("sensor/motion")
    event = _read(motion.payload)
    assert not motion.retain
    assert event["device_id"] == "raspberry-1"
    assert event["type"] == "MOTION_DETECTED"
    assert set(event) == {"event_id", "device_id", "source", "type", "data", "timestamp"}

    await fleet.tell("raspberry-1", Deed.AGAIN)
    await fleet.tell("raspberry-1", Deed.BUTTON)
    button = _read((await ear.hears("sensor/button")).payload)
    assert button["event_id"] != event["event_id"]
    assert [message.payload for message in ear.messages("sensor/motion")] == [motion.payload] * 2
    await fleet.tell("raspberry-1", Deed.PRESSURE)
    pressure = _read((await ear.hears("sensor/pressure")).payload)
    assert pressure["type"] == "PRESSURE_DETECTED"
    assert fleet.state("raspberry").facts["sent"] == "4"
    with pytest.raises(FleetError, match="cannot drop"):
        await fleet.drop("raspberry-1")


async def test_frigate_tells_of_its_cameras(fleet: Fleet, ear: Ear) -> None:
    """Availability with a Last Will, roles, statistics, events; a camera that hangs delivers 0."""

    async def rates() -> dict[str, float]:
        ear.forget()
        stats = _read((await ear.hears("frigate/stats")).payload)
        return {name: stats["cameras"][name]["process_fps"] for name in stats["cameras"]}

    await fleet.start("frigate")
    await ear.hears("frigate/available", b"online")
    for role in ("porch/status/detect", "porch/status/record", "yard/status/detect"):
        await ear.hears(f"frigate/{role}", b"online")
    assert await rates() == {"porch": 5.0, "yard": 5.0}

    await fleet.tell("yard", Deed.HANG)
    async with asyncio.timeout(10):
        while await rates() != {"porch": 5.0, "yard": 0.0}:
            continue  # what it had sent before was still on its way
    assert fleet.state("frigate").facts["yard"] == "hangs"
    with pytest.raises(FleetError, match="yard hangs"):
        await fleet.tell("yard", Deed.MOTION)
    with pytest.raises(FleetError, match="yard hangs"):
        await fleet.tell("yard", Deed.HANG)
    with pytest.raises(FleetError, match="porch runs"):
        await fleet.tell("porch", Deed.GO_ON)
    with pytest.raises(FleetError, match="cannot crash"):
        await fleet.crash("porch")
    await fleet.tell("yard", Deed.GO_ON)
    await ear.round_trip()
    assert await rates() == {"porch": 5.0, "yard": 5.0}

    await fleet.kill("frigate")
    await ear.hears("frigate/available", b"offline")
    await fleet.start("frigate")
    await fleet.wait_for("frigate", frigate="online")
    await fleet.stop("frigate")
    await ear.hears("frigate/available", b"stopped")


async def test_what_frigate_sees_ends(fleet: Fleet, ear: Ear) -> None:
    """An event has a beginning and an end with one id."""
    await fleet.start("frigate")
    await ear.hears("frigate/stats")
    await fleet.tell("porch", Deed.MOTION)
    begun = _read((await ear.hears("frigate/events")).payload)
    while len(ear.messages("frigate/events")) < 2:
        await ear.hears_more()
    ended = _read(ear.messages("frigate/events")[1].payload)
    assert [begun["type"], ended["type"]] == ["new", "end"]
    assert begun["after"]["id"] == ended["after"]["id"]


async def test_a_plug_is_switched_by_hand_and_over_mqtt(fleet: Fleet, ear: Ear) -> None:
    """It has a Last Will, tells its state regularly, and what became of a command."""
    await fleet.start("plug")
    await ear.hears("tele/tasmota_plug/LWT", b"Online")
    assert _read((await ear.hears("tele/tasmota_plug/STATE")).payload)["POWER"] == "OFF"
    await fleet.wait_for("plug", tasmota_plug="online", relay="OFF")
    await fleet.tell("tasmota_plug", Deed.SWITCH)
    await ear.hears("stat/tasmota_plug/POWER", b"ON")
    ear.say("cmnd/tasmota_plug/POWER", b"off", retain=False)
    await ear.hears("stat/tasmota_plug/POWER", b"OFF")
    ear.forget()
    ear.say("cmnd/tasmota_plug/POWER", b"", retain=False)
    await ear.hears("stat/tasmota_plug/POWER", b"OFF")
    assert _read((await ear.hears("tele/tasmota_plug/STATE")).payload)["POWER"] == "OFF"
    with pytest.raises(FleetError, match="cannot motion"):
        await fleet.tell("tasmota_plug", Deed.MOTION)
    await fleet.kill("plug")
    await ear.hears("tele/tasmota_plug/LWT", b"Offline")


async def test_a_vandal_publishes_everything_and_leaves(fleet: Fleet, ear: Ear) -> None:
    """The 10 MB too, and nothing of it stays on the broker. It can be had more than once."""
    for _ in range(2):
        ear.forget()
        await fleet.start("vandal")
        assert fleet.state("vandal").life is Life.GONE
        while len(ear.heard) < len(GARBAGE):
            await ear.hears_more()
        heard = [(message.topic, message.payload, message.retain) for message in ear.heard]
        assert heard == [(message.topic, message.payload, False) for message in GARBAGE]


async def test_who_waits_to_be_named(fleet: Fleet) -> None:
    """The newcomers are not started together with the others."""
    await fleet.start_all()
    lives = {state.name: state.life for state in fleet.states()}
    assert lives == dict.fromkeys(lives, Life.DOWN) | {"front": Life.RUNNING}


async def test_a_frozen_broker_loses_nothing(fleet: Fleet, broker: Broker, ear: Ear) -> None:
    """It takes what is sent, and deals with it when it goes on; nobody noticed anything."""
    await fleet.start("raspberry")
    await fleet.wait_for("raspberry", link="online")
    await fleet.freeze_broker()
    assert broker.frozen
    with pytest.raises(FleetError, match="already frozen"):
        await fleet.freeze_broker()
    await fleet.tell("raspberry-1", Deed.MOTION)
    assert fleet.state("raspberry").facts == {"link": "online", "sent": "1"}
    assert not ear.messages("sensor/motion")
    await fleet.thaw_broker()
    await ear.hears("sensor/motion")
    with pytest.raises(FleetError, match="not frozen"):
        await fleet.thaw_broker()


async def test_a_frozen_broker_can_be_ended(fleet: Fleet, broker: Broker) -> None:
    """Properly, or not; and one that does not run cannot hang."""
    await fleet.freeze_broker()
    await broker.stop()
    assert not broker.running
    with pytest.raises(FleetError, match="not running"):
        await fleet.freeze_broker()
    await fleet.start_broker()
    await fleet.freeze_broker()
    with pytest.raises(BrokerError, match="already running"):
        await broker.start()
    await fleet.kill_broker()
    assert not broker.frozen
    await fleet.start_broker()
