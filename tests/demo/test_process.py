"""No process of the demo outlives it, and what goes over the pipe."""

import asyncio
import json
import os
from pathlib import Path
import select
import signal
import sys

import pytest

from demo.broker import Broker, free_port
from demo.pipe import Answer, Deed, Facts, Order, decode, encode
from demo.process import python, spawn

from .ear import Ear

_SECONDS = 20

_SUPERVISOR = """
import asyncio, json, sys
from pathlib import Path
from demo.broker import Broker, BrokerKind
from demo.fleet import Fleet

async def main():
    run_dir = Path(sys.argv[1])
    broker = Broker(int(sys.argv[2]), run_dir / "broker", BrokerKind(sys.argv[3]))
    async with broker, Fleet(run_dir, broker) as fleet:
        await fleet.start_all()
        await fleet.freeze("garden")
        print(json.dumps([broker.pid, *(s.pid for s in fleet.states() if s.pid)]), flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux's")
async def test_everybody_dies_with_the_supervisor(broker: Broker, tmp_path: Path) -> None:
    """Also after a SIGKILL, also the frozen one, and the broker too."""
    await broker.stop()
    supervisor = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _SUPERVISOR,
        str(tmp_path / "run"),
        str(free_port()),
        broker.kind,
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert supervisor.stdout is not None
    pids = json.loads(await supervisor.stdout.readline())
    assert len(pids) == 8
    handles = [os.pidfd_open(pid) for pid in pids]
    supervisor.kill()
    await supervisor.wait()
    for handle in handles:
        ended, _, _ = await asyncio.to_thread(select.select, [handle], [], [], _SECONDS)
        assert ended
        os.close(handle)


async def test_a_member_ends_properly_when_its_pipe_does(
    broker: Broker, ear: Ear, tmp_path: Path
) -> None:
    """Where the kernel does not do it, the end of the pipe ends a member."""
    process = await spawn(
        python(
            "demo.members.museum", "--broker", str(broker.address), "--supervisor", str(os.getpid())
        ),
        log=tmp_path / "log",
        pipes=True,
    )
    await ear.hears("devices/esp32_01/status", b"online")
    assert process.stdin is not None
    process.stdin.close()
    async with asyncio.timeout(_SECONDS):
        assert await process.wait() == 0
    await ear.hears("devices/esp32_01/status", b"offline")


async def test_a_member_by_hand(broker: Broker, ear: Ear, tmp_path: Path) -> None:
    """Without a supervisor a member lives until it is told to stop."""
    process = await spawn(
        python("demo.members.museum", "--broker", str(broker.address), "--device", "hall"),
        log=tmp_path / "log",
    )
    await ear.hears("devices/hall/status", b"online")
    process.send_signal(signal.SIGINT)
    async with asyncio.timeout(_SECONDS):
        assert await process.wait() == 0
    await ear.hears("devices/hall/status", b"offline")


async def test_no_life_without_the_parent(tmp_path: Path) -> None:
    """A child whose parent died before it could tie itself to it ends at once."""
    log = tmp_path / "log"
    process = await spawn(python("demo.process", "--parent", "1", "true"), log=log)
    assert await process.wait() == 1
    assert "is gone" in log.read_text()
    process = await spawn(python("demo.process", "--parent", str(os.getpid()), "true"), log=log)
    assert await process.wait() == 0
    process = await spawn(python("demo.process", "--parent", str(os.getpid())), log=log)
    assert await process.wait() == 2


@pytest.mark.parametrize(
    "said",
    [
        Order(1, Deed.STOP),
        Order(2, Deed.POWER_OFF, "ESP32_001"),
        Answer(1),
        Answer(2, "it cannot"),
        Facts({"worker": "online"}),
    ],
)
def test_the_pipe_there_and_back(said: Order | Answer | Facts) -> None:
    """What is written is read again."""
    assert decode(encode(said)) == said


@pytest.mark.parametrize(
    "line", [b"", b"hello", b"[]", b'{"order": 1}', b'{"order": 1, "do": "dance", "node": null}']
)
def test_what_is_no_line_of_the_pipe(line: bytes) -> None:
    """Everything else is a ValueError."""
    with pytest.raises(ValueError):  # noqa: PT011 (of several kinds)
        decode(line)
