"""What the supervisor refuses, how it fails, and what it leaves behind, on whichever broker."""

import asyncio
from collections.abc import AsyncGenerator
import os
from pathlib import Path

import pytest

from demo.broker import Broker
from demo.fleet import Fleet, FleetError, Life
from demo.roster import ROSTER, MemberSpec

_BROKEN = MemberSpec("broken", "a member that cannot start", "demo.members.object_detection")


@pytest.fixture
def kind() -> None:
    """Whichever broker is there: nothing here depends on it."""


@pytest.fixture
async def fleet(broker: Broker, tmp_path: Path) -> AsyncGenerator[Fleet]:
    """The demo's fleet and one that is broken; nobody runs yet."""
    async with Fleet(tmp_path / "run", broker, (*ROSTER, _BROKEN)) as fleet:
        yield fleet


async def test_what_makes_no_sense_is_refused(fleet: Fleet) -> None:
    """Each error names what is wrong."""
    for deed in (fleet.stop, fleet.kill, fleet.freeze, fleet.ignore, fleet.obey):
        with pytest.raises(FleetError, match="front is not running"):
            await deed("front")
        with pytest.raises(FleetError, match="no member nobody; there are front, garden"):
            await deed("nobody")
        with pytest.raises(FleetError, match="ESP32_001 is a node of esp32"):
            await deed("ESP32_001")
    with pytest.raises(FleetError, match="front is not frozen"):
        await fleet.thaw("front")
    with pytest.raises(FleetError, match="esp32 is not running"):
        await fleet.power_off("ESP32_001")
    with pytest.raises(FleetError, match="no node front; there are front-camera"):
        await fleet.power_off("front")
    with pytest.raises(FleetError, match="network of front is whole"):
        await fleet.heal("front")
    await fleet.cut("front")
    with pytest.raises(FleetError, match="already cut"):
        await fleet.cut("front")
    await fleet.start("front")
    with pytest.raises(FleetError, match="front is already running"):
        await fleet.start("front")
    await fleet.freeze("front")
    for deed in (fleet.stop, fleet.freeze, fleet.ignore):
        with pytest.raises(FleetError, match="front is frozen"):
            await deed("front")
    await fleet.start("esp32")
    with pytest.raises(FleetError, match="takes no commands"):
        await fleet.start("museum", ignoring=True)
    with pytest.raises(FleetError, match="ESP32_001 is already on"):
        await fleet.power_on("ESP32_001")
    with pytest.raises(FleetError, match="esp32 takes no commands"):
        await fleet.ignore("esp32")
    await fleet.power_off("ESP32_001")
    for node_deed in (fleet.power_off, fleet.crash, fleet.drop):
        with pytest.raises(FleetError, match="ESP32_001 is off"):
            await node_deed("ESP32_001")
    with pytest.raises(FleetError, match="already running"):
        await fleet.start_broker()
    await fleet.kill_broker()
    with pytest.raises(FleetError, match="not running"):
        await fleet.kill_broker()


async def test_a_member_that_cannot_start(fleet: Fleet) -> None:
    """The error has the end of its log, and it can be tried again."""
    for _ in range(2):
        with pytest.raises(FleetError, match=r"(?s)broken ended at once:.*--device"):
            await fleet.start("broken")
    assert fleet.state("broken").life is Life.ENDED
    assert fleet.state("broken").exit_code == 2


async def test_closing_leaves_nobody_behind(broker: Broker, tmp_path: Path) -> None:
    """Whatever state they are in."""
    fleet = Fleet(tmp_path / "run", broker)
    async with fleet:
        await fleet.start_all()
        await fleet.freeze("garden")
        await fleet.cut("museum")
        await fleet.power_off("ESP32_001")
        pids = [state.pid for state in fleet.states() if state.pid is not None]
        assert len(pids) == 7
        assert len({*map(fleet.log, fleet.names)}) == len(ROSTER)
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    await asyncio.gather(*(fleet.wait_for(name, within=1) for name in fleet.names))
