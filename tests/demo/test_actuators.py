"""Relays and actuators behave, or misbehave, as they are told."""

from collections.abc import AsyncGenerator
import json
from pathlib import Path

import pytest

from demo.broker import Broker
from demo.fleet import Fleet, FleetError
from demo.members.actuators import HABITS
from demo.members.workshop import RELAYS
from demo.pipe import Deed
from demo.roster import room, tasmota, workshop

from .ear import Ear

_PUMP = RELAYS.index("pump")
_SET = f"autocore/workshop/relay/{_PUMP}/set"
_FEEDBACK = f"{_SET}/feedback"
_LIGHT_SET = f"autocore/workshop/relay/{RELAYS.index('light')}/set"
_LIGHT_FEEDBACK = f"{_LIGHT_SET}/feedback"
_STATE = f"autocore/workshop/relay/{_PUMP}/status"


@pytest.fixture
async def fleet(broker: Broker, ear: Ear, tmp_path: Path) -> AsyncGenerator[Fleet]:
    """The workshop and the room, which run and were heard, and a plug, which does not."""
    roster = (workshop("workshop", "workshop"), room("room", "room1"), tasmota("plug", "plug"))
    async with Fleet(tmp_path / "run", broker, roster) as fleet:
        for name, device in (("workshop", "workshop"), ("room", "room1")):
            await fleet.start(name)
            await fleet.wait_for(name, **{device: "online"})
        yield fleet


@pytest.fixture
async def listener(fleet: Fleet, ear: Ear) -> Ear:
    """Somebody who heard that the workshop is there, and nothing else yet."""
    for number in range(len(RELAYS)):
        await ear.hears(f"autocore/workshop/relay/{number}/status")
    ear.forget()
    return ear


def _answers(ear: Ear) -> list[tuple[str, bytes | bool]]:
    """All that the pump said, in order."""
    said: list[tuple[str, bytes | bool]] = []
    for message in ear.heard:
        if message.topic == _STATE:
            said.append(("state", json.loads(message.payload)["state"]))
        elif message.topic == _FEEDBACK:
            said.append(("answer", message.payload))
    return said


async def _tell_pump(fleet: Fleet, ear: Ear, *payloads: bytes) -> list[tuple[str, bytes | bool]]:
    """What the pump says to commands, until the light has answered a later one."""
    ear.forget()
    for payload in payloads:
        ear.say(_SET, payload, retain=False)
    ear.say(_LIGHT_SET, b"ON", retain=False)
    await ear.hears(_LIGHT_FEEDBACK, b"OK")
    return _answers(ear)


_OK = ("answer", b"OK")
_ON = ("state", True)
_OFF = ("state", False)


@pytest.mark.parametrize(
    ("habit", "says", "is_on"),
    [
        (Deed.BEHAVE, [_ON, _OK], True),
        (Deed.STICK, [_OK], False),
        (Deed.HUSH, [_ON], True),
        (Deed.STUTTER, [_ON, _ON, _OK, _OK], True),
        (Deed.FAIL, [("answer", b"ERROR")], False),
        (Deed.DAWDLE, [], False),
    ],
)
async def test_habits(
    fleet: Fleet,
    listener: Ear,
    habit: Deed,
    says: list[tuple[str, bytes | bool]],
    is_on: bool,
) -> None:
    """Each has its own way to take a command, and to answer it."""
    await fleet.tell("pump", habit)
    assert await _tell_pump(fleet, listener, b"ON") == says
    shown = "on" if is_on else "off"
    wanted = shown if habit is Deed.BEHAVE else f"{shown} ({habit})"
    await fleet.wait_for("workshop", pump=wanted)


async def test_one_that_is_late_does_it_after_all(fleet: Fleet, listener: Ear) -> None:
    await fleet.tell("pump", Deed.DAWDLE)
    await _tell_pump(fleet, listener, b"ON")
    await listener.hears(_FEEDBACK, b"OK")
    assert _answers(listener) == [_ON, _OK]


async def test_answers_out_of_order(fleet: Fleet, listener: Ear) -> None:
    """It moves at once; a command is answered after the next one, be that to itself or another."""
    await fleet.tell("pump", Deed.SWAP)
    assert await _tell_pump(fleet, listener, b"ON", b"OFF") == [_ON, _OFF, _OK, _OK]
    await _tell_pump(fleet, listener, b"ON")
    await listener.hears(_FEEDBACK, b"OK")
    answers = [message.topic for message in listener.heard if message.payload == b"OK"]
    assert answers == [_LIGHT_FEEDBACK, _FEEDBACK]


async def test_a_room_answers_on_one_topic(fleet: Fleet, listener: Ear) -> None:
    """It says nothing else, and the answer to the first comes after that to the second."""
    await fleet.tell("spot", Deed.SWAP)
    await fleet.tell("smoke", Deed.FAIL)
    listener.say("room1/spot", b"ON", retain=False)
    listener.say("room1/smoke", b"ON", retain=False)
    await listener.hears("room1/status", b"OK")
    answers = [message.payload for message in listener.messages("room1/status")]
    assert answers == [b"ERROR", b"OK"]
    assert {message.topic for message in listener.heard} == {
        "room1/spot",
        "room1/smoke",
        "room1/status",
    }


async def test_what_is_no_command_is_no_command(fleet: Fleet, listener: Ear) -> None:
    assert await _tell_pump(fleet, listener, b"", b"on", b"TOGGLE") == []


async def test_it_is_as_it_was_when_it_comes_back(fleet: Fleet, listener: Ear) -> None:
    await _tell_pump(fleet, listener, b"ON")
    await fleet.kill_broker()
    await fleet.wait_for("workshop", workshop="offline")
    await fleet.start_broker()
    await fleet.wait_for("workshop", workshop="online", pump="on", gate="off")


async def test_what_makes_no_sense_is_refused(fleet: Fleet) -> None:
    with pytest.raises(FleetError, match="it cannot crash"):
        await fleet.crash("pump")
    with pytest.raises(FleetError, match="there is no node door; there are light"):
        await fleet.tell("door", Deed.STICK)
    assert fleet.state("workshop").facts["pump"] == "off"


async def test_a_plug_knows_its_relay_by_both_names(fleet: Fleet, ear: Ear) -> None:
    await fleet.start("plug")
    await ear.hears("tele/plug/STATE")
    for command, state in (("POWER1", b"ON"), ("POWER", b"OFF")):
        ear.say(f"cmnd/plug/{command}", state, retain=False)
        await ear.hears("stat/plug/POWER", state)


def test_each_habit_is_another() -> None:
    assert len({*HABITS.values()}) == len(HABITS)
