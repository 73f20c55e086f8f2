"""The command line, against a running demo."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
import json
from pathlib import Path

import pytest

from demo import run_dir as run_dirs
from demo.broker import Broker, free_port
from demo.control import ControlError, Exit, Reply, ask, served
from demo.fleet import Fleet, Life, Network
from demo.process import python
from demo.roster import (
    autocore,
    camera,
    frigate,
    ghost,
    object_detection,
    surveillance,
    tasmota,
    workshop,
)
from demo.verbs import VERBS, as_markdown

_ROSTER = (
    object_detection("front"),
    autocore("esp32", 1),
    ghost("ghost", "attic"),
    surveillance("raspberry", "raspberry-1"),
    frigate("frigate", "porch"),
    tasmota("plug", "tasmota_plug"),
    workshop("workshop", "workshop"),
    camera("camera", "front"),
)


@dataclass(frozen=True)
class Said:
    """What a program printed and how it ended."""

    code: int | None
    out: str
    err: str


async def _control(*words: str) -> Said:
    process = await asyncio.create_subprocess_exec(
        *python("demo.control", *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return Said(process.returncode, out.decode(), err.decode())


@pytest.fixture
def kind() -> None:
    """Whichever broker is there: nothing here depends on it."""


@pytest.fixture
async def fleet(broker: Broker, tmp_path: Path) -> AsyncGenerator[Fleet]:
    """A fleet that can be asked; nobody runs yet."""
    async with Fleet(tmp_path / "run", broker, _ROSTER) as fleet, served(fleet):
        yield fleet


async def test_every_verb(fleet: Fleet) -> None:
    """Each does what it says, and prints one clear line."""

    async def control(*words: str) -> str:
        said = await _control("--run-dir", str(fleet.run_dir), *words)
        assert (said.code, said.err) == (Exit.DONE, "")
        tried.add(words[0])
        return said.out

    def front() -> Life:
        return fleet.state("front").life

    def broker_runs() -> bool:
        return fleet.broker.running

    def node() -> str:
        return fleet.state("esp32").facts["ESP32_001"]

    tried: set[str] = set()
    assert await control("start", "front") == "front is started\n"
    assert front() is Life.RUNNING
    await control("ignore", "front")
    assert fleet.state("front").facts["mode"] == "ignore"
    await control("obey", "front")
    assert fleet.state("front").facts["mode"] == "obey"
    await control("cut", "front")
    assert fleet.state("front").network is Network.CUT
    assert "network CUT" in await control("list")
    await control("heal", "front")
    assert fleet.state("front").network is Network.WHOLE
    await control("freeze", "front")
    assert front() is Life.FROZEN
    await control("thaw", "front")
    assert front() is Life.RUNNING
    await control("kill", "front")
    assert front() is Life.DOWN
    await control("start", "front")
    await control("stop", "front")
    assert front() is Life.DOWN
    await control("start", "esp32")
    await control("power-off", "ESP32_001")
    assert node() == "off"
    await control("power-on", "ESP32_001")
    await fleet.wait_for("esp32", ESP32_001="online")
    await control("drop", "ESP32_001")
    await control("crash", "ESP32_001")
    assert node() == "crashed"
    await control("start", "raspberry")
    for verb in ("motion", "again", "button", "pressure"):
        await control(verb, "raspberry-1")
    assert fleet.state("raspberry").facts["sent"] == "4"
    await control("start", "frigate")
    await control("hang", "porch")
    assert fleet.state("frigate").facts["porch"] == "hangs"
    await control("go-on", "porch")
    assert fleet.state("frigate").facts["porch"] == "runs"
    await control("start", "camera")
    picture = {"refuse": "refuses", "hang": "hangs", "go-on": "runs", "relock": "runs"}
    for verb, looks in picture.items():
        await control(verb, "front-camera")
        assert fleet.state("camera").facts["picture"] == looks
    await control("start", "plug")
    await control("switch", "tasmota_plug")
    assert fleet.state("plug").facts["relay"] == "ON"
    await control("start", "workshop")
    for verb in ("stick", "hush", "dawdle", "stutter", "swap", "fail"):
        await control(verb, "pump")
        assert fleet.state("workshop").facts["pump"] == f"off ({verb})"
    await control("behave", "pump")
    assert fleet.state("workshop").facts["pump"] == "off"
    await control("broker", "freeze")
    assert "FROZEN" in await control("list")
    await control("broker", "thaw")
    await control("broker", "kill")
    assert not broker_runs()
    assert "DOWN" in await control("list")
    await control("broker", "start")
    assert broker_runs()
    assert tried == {verb.name for verb in VERBS}


async def test_the_list_says_who_ended_by_itself(fleet: Fleet) -> None:
    """And shows the others as they are."""
    await fleet.start("ghost")
    await fleet.kill_broker()
    listed = await _control("--run-dir", str(fleet.run_dir), "list")
    assert "front     object detection for the camera 'front': down" in listed.out
    assert "gone" in listed.out


async def test_refused(fleet: Fleet) -> None:
    """What makes no sense exits with 1 and says why; what is no command with 2."""
    said = await _control("--run-dir", str(fleet.run_dir), "kill", "front")
    assert said == Said(Exit.REFUSED, "", "error: front is not running\n")
    said = await _control("--run-dir", str(fleet.run_dir), "broker", "start")
    assert said == Said(Exit.REFUSED, "", "error: the broker is already running\n")
    said = await _control("--run-dir", str(fleet.run_dir), "dance", "front")
    assert said.code == 2
    said = await _control("--run-dir", str(fleet.run_dir), "broker", "dance")
    assert said.code == 2
    for verb, argument in (("dance", "front"), ("broker", "dance")):
        reply = await asyncio.to_thread(ask, fleet.run_dir, verb, argument)
        assert not reply.ok
    reader, writer = await asyncio.open_unix_connection(run_dirs.control_socket(fleet.run_dir))
    writer.write(b"not json\n")
    answer = json.loads(await reader.readline())
    assert answer == {"ok": False, "text": "not a request of this demo"}
    writer.close()


async def test_no_demo(tmp_path: Path) -> None:
    """Where no demo runs, it says so and exits with 3."""
    said = await _control("--run-dir", str(tmp_path), "list")
    assert said.code == Exit.NO_DEMO
    assert f"no demo is running in {tmp_path}" in said.err
    with pytest.raises(ControlError):
        ask(tmp_path, "list")


async def test_only_one_demo_in_a_directory(fleet: Fleet, broker: Broker) -> None:
    """A second one is refused; what a killed one has left behind is not in the way."""
    second = Fleet(fleet.run_dir, broker, _ROSTER)
    with pytest.raises(ControlError, match="already running"):
        async with served(second):
            pytest.fail("two demos in one directory")
    assert (await asyncio.to_thread(ask, fleet.run_dir, "list")).ok


async def test_a_socket_left_behind(broker: Broker, tmp_path: Path) -> None:
    """The socket file of a demo that was killed is replaced, and removed at the end."""
    run_dirs.prepare(tmp_path)
    path = run_dirs.control_socket(tmp_path)
    async with await asyncio.start_unix_server(lambda *_: None, path, cleanup_socket=False):
        pass
    assert path.is_socket()
    async with Fleet(tmp_path, broker, _ROSTER) as fleet:
        async with served(fleet):
            # Somebody who connects and says nothing does not keep others waiting, nor the demo
            # from ending.
            _, writer = await asyncio.open_unix_connection(path)
            assert isinstance(await asyncio.to_thread(ask, tmp_path, "list"), Reply)
        writer.close()
    assert not path.exists()


async def test_help_has_every_verb() -> None:
    """The help and the table for the docs come from the one table."""
    help_text = (await _control("--help")).out
    for verb in VERBS:
        assert f"  {verb.name} " in help_text
        assert f"| {verb.help} |" in as_markdown()
    assert "| `broker kill\\|start\\|freeze\\|thaw` |" in as_markdown()
    help_text = " ".join((await _control("freeze", "--help")).out.split())
    assert "NAME" in help_text
    assert "Hang a member" in help_text


def test_the_run_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Named by the environment, else in the user's runtime directory, and for this user only."""
    monkeypatch.setenv("MQTT_SENTINEL_RUN", str(tmp_path / "named"))
    assert run_dirs.default() == tmp_path / "named"
    monkeypatch.delenv("MQTT_SENTINEL_RUN")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert run_dirs.default().parent == tmp_path
    run_dirs.prepare(run_dirs.default())
    assert run_dirs.default().stat().st_mode & 0o777 == 0o700
    link = tmp_path / "link"
    link.symlink_to(run_dirs.default())
    with pytest.raises(run_dirs.RunDirError, match="somebody else"):
        run_dirs.prepare(link)
    with pytest.raises(run_dirs.RunDirError, match="too long"):
        run_dirs.prepare(tmp_path / ("x" * 100))


def test_a_port_is_free() -> None:
    """Ports for brokers can be bound."""
    assert free_port() > 1024
