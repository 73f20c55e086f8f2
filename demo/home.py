"""A real Home Assistant process with a configuration made for the demo."""

import asyncio
from collections.abc import Sequence
import json
import os
from pathlib import Path
import re
import shutil
import signal

import aiohttp

from .process import python, spawn, tail

USER = "demo"
PASSWORD = "demo"

_START_SECONDS = 180.0
_STOP_SECONDS = 60.0
_KNOCK_SECONDS = 0.1
"""Pause between looks at whether Home Assistant answers; nothing else announces it."""

_INTEGRATION = Path(__file__).resolve().parent.parent / "custom_components" / "mqtt_sentinel"

# Only what the story needs: nothing here looks for devices on the network.
_CONFIGURATION = """\
homeassistant:
  name: Demo home
  latitude: 52.52
  longitude: 13.4
  country: DE
  currency: EUR
  unit_system: metric
  time_zone: UTC
http:
  server_host: 127.0.0.1
  server_port: {port}
logger:
  default: warning
  logs:
    custom_components.mqtt_sentinel: info
frontend:
config:
history:
logbook:
recorder:
system_health:
automation: !include automations.yaml
alarm_control_panel:
  - platform: manual
    name: Home alarm
    unique_id: home_alarm
    code_arm_required: false
    arming_time: 0
    delay_time: 0
"""

ALARM = "alarm_control_panel.home_alarm"

# The welcome would set up integrations that ask the internet for things; only its first step, the
# user, is left to do.
_WELCOME = {
    "version": 4,
    "minor_version": 1,
    "key": "onboarding",
    "data": {"done": ["core_config", "analytics", "integration"]},
}


_COMPLAINT = re.compile(rf" (WARNING|ERROR|CRITICAL) .*{_INTEGRATION.name}")


class HomeError(Exception):
    """Home Assistant did not do what it was asked; the text says why."""


class Home:
    """One Home Assistant with its own configuration directory, on one loopback port.

    It survives :meth:`kill` and :meth:`start` with what it stored, as a real one does.
    """

    def __init__(self, interpreter: str, directory: Path, port: int) -> None:
        """Choose the interpreter whose Home Assistant is run, its directory and its port."""
        self.directory = directory
        self.url = f"http://127.0.0.1:{port}"
        self._interpreter = interpreter
        self._port = port
        self._process: asyncio.subprocess.Process | None = None

    @property
    def log(self) -> Path:
        """What Home Assistant says."""
        return self.directory / "home.log"

    def prepare(self, commanded: Sequence[str]) -> None:
        """Write a fresh configuration, whose automations command the topics ``commanded``."""
        shutil.rmtree(self.directory, ignore_errors=True)
        components = self.directory / "custom_components"
        components.mkdir(parents=True)
        (components / _INTEGRATION.name).symlink_to(_INTEGRATION, target_is_directory=True)
        configuration = _CONFIGURATION.format(port=self._port)
        (self.directory / "configuration.yaml").write_text(configuration, encoding="utf-8")
        storage = self.directory / ".storage"
        storage.mkdir()
        (storage / "onboarding").write_text(json.dumps(_WELCOME), encoding="utf-8")
        automations = [_automation(armed=armed, commanded=commanded) for armed in (True, False)]
        # JSON is YAML.
        (self.directory / "automations.yaml").write_text(json.dumps(automations), encoding="utf-8")

    async def start(self) -> None:
        """Start, and return once its web server answers. Raises HomeError if it does not."""
        command = [
            *python("demo.process", "--parent", str(os.getpid())),
            self._interpreter,
            "-m",
            "homeassistant",
            "--config",
            str(self.directory),
            "--skip-pip",
        ]
        self._process = await spawn(command, log=self.log)
        try:
            async with asyncio.timeout(_START_SECONDS):
                await self._answers()
        except TimeoutError as error:
            raise HomeError(f"Home Assistant does not answer:\n{tail(self.log, 20)}") from error

    async def kill(self) -> None:
        """End it as a power cut would."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """End it in order."""
        await self._end(signal.SIGTERM)

    def complaints(self) -> list[str]:
        """What its log says of our integration at warning or worse, one line each.

        Left out is what Home Assistant says of any integration that is not its own.
        """
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return [
            line
            for line in text.splitlines()
            if _COMPLAINT.search(line) and "[homeassistant.loader] We found a custom" not in line
        ]

    async def _answers(self) -> None:
        assert self._process is not None
        async with aiohttp.ClientSession() as session:
            while True:
                if self._process.returncode is not None:
                    raise HomeError(f"Home Assistant ended:\n{tail(self.log, 20)}")
                try:
                    async with session.get(f"{self.url}/manifest.json") as response:
                        if response.status == 200:
                            return
                except aiohttp.ClientConnectionError:
                    pass  # it does not listen yet
                await asyncio.sleep(_KNOCK_SECONDS)

    async def _end(self, how: signal.Signals) -> None:
        if self._process is None or self._process.returncode is not None:
            return
        self._process.send_signal(how)
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
            raise HomeError("Home Assistant did not stop and was killed") from None


def _automation(*, armed: bool, commanded: Sequence[str]) -> dict[str, object]:
    """What the core of such a home does when its alarm changes: it tells the services.

    The broker keeps what they were told.
    """
    states = ["armed_away", "armed_home", "armed_night", "armed_vacation"]
    payload = json.dumps({"status": armed, "data": None})
    return {
        "id": f"alarm_{'on' if armed else 'off'}",
        "alias": f"Turn the detection {'on' if armed else 'off'}",
        "mode": "queued",
        "triggers": [
            {
                "trigger": "state",
                "entity_id": ALARM,
                "to": states if armed else "disarmed",
            }
        ],
        "actions": [
            {
                "action": "mqtt.publish",
                "data": {"topic": topic, "payload": payload, "qos": 1, "retain": True},
            }
            for topic in commanded
        ],
    }
