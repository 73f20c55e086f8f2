"""A real Home Assistant process with a configuration of its own."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
import json
import os
from pathlib import Path
import re
import shutil
import signal
from types import MappingProxyType

import aiohttp

from .cameras import ffmpeg
from .process import python, spawn, tail

USER = "demo"
PASSWORD = "demo"

_START_SECONDS = 180.0
_STOP_SECONDS = 60.0
_KNOCK_SECONDS = 0.1
"""Pause between looks at whether Home Assistant answers; nothing else announces it."""

INTEGRATION = Path(__file__).resolve().parent.parent / "custom_components" / "mqtt_sentinel"

_BASE = """\
homeassistant:
  name: Demo home
  latitude: 52.52
  longitude: 13.4
  country: DE
  currency: EUR
  unit_system: metric
  time_zone: UTC
  media_dirs:
    local: {media}
http:
  server_host: 127.0.0.1
  server_port: {port}
"""

# The welcome would set up integrations that ask the internet for things; only its first step, the
# user, is left to do.
_WELCOME = {
    "version": 4,
    "minor_version": 1,
    "key": "onboarding",
    "data": {"done": ["core_config", "analytics", "integration"]},
}


# What is said of our integration, and a line of its code in a traceback, whoever logged it.
_COMPLAINT = re.compile(
    rf" (WARNING|ERROR|CRITICAL) .*{INTEGRATION.name}|  File \".*/{INTEGRATION.name}/"
)


class HomeError(Exception):
    """Home Assistant did not do what it was asked; the text says why."""


class Home:
    """One Home Assistant with its own configuration directory, on one loopback port.

    It survives :meth:`kill` and :meth:`start` with what it stored, as a real one does.
    """

    def __init__(
        self, interpreter: str, directory: Path, port: int, options: Sequence[str] = ()
    ) -> None:
        """Choose the interpreter whose Home Assistant is run, its directory and its port.

        ``options`` are for the interpreter.
        """
        self.directory = directory
        self.url = f"http://127.0.0.1:{port}"
        self._interpreter = interpreter
        self._options = options
        self._port = port
        self._process: asyncio.subprocess.Process | None = None

    @property
    def log(self) -> Path:
        """What Home Assistant says."""
        return self.directory / "home.log"

    @property
    def pid(self) -> int | None:
        """Its process, None while there is none."""
        if self._process is None or self._process.returncode is not None:
            return None
        return self._process.pid

    def prepare(
        self,
        configuration: str,
        files: Mapping[str, str] = MappingProxyType({}),
        components: Sequence[Path] = (INTEGRATION,),
    ) -> None:
        """Write a fresh configuration: where it listens, and ``configuration`` (YAML).

        ``files`` are more files of it by their path, ``components`` the folders of the custom
        integrations that it has.
        """
        shutil.rmtree(self.directory, ignore_errors=True)
        folder = self.directory / "custom_components"
        folder.mkdir(parents=True)
        (self.directory / "media").mkdir()
        for component in components:
            (folder / component.name).symlink_to(component, target_is_directory=True)
        written = {
            # Where it says nothing, Home Assistant in a container takes a folder of the machine's.
            "configuration.yaml": _BASE.format(
                port=self._port, media=json.dumps(str(self.directory / "media"))
            )
            + configuration,
            ".storage/onboarding": json.dumps(_WELCOME),
            **files,
        }
        for path, text in written.items():
            file = self.directory / path
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")

    async def start(self) -> None:
        """Start, and return once its web server answers. Raises HomeError if it does not."""
        command = [
            *python("demo.process", "--parent", str(os.getpid())),
            self._interpreter,
            *self._options,
            "-P",  # the folder that the demo was started in is none of its business
            "-m",
            "homeassistant",
            "--config",
            str(self.directory),
            "--skip-pip",
        ]
        programs = ffmpeg.offer(self.directory / "bin")
        self._process = await spawn(command, log=self.log, programs=programs)
        try:
            async with asyncio.timeout(_START_SECONDS):
                await self._answers()
        except TimeoutError as error:
            raise HomeError(f"Home Assistant does not answer:\n{tail(self.log, 20)}") from error

    async def wrote(self, words: str, within: float = 5.0) -> None:
        """Wait until ``words`` are in what our integration has stored.

        It writes at once, and still some milliseconds after it shows. Raises HomeError when it
        does not within so many seconds.
        """
        try:
            async with asyncio.timeout(within):
                while not any(words in file.read_text("utf-8") for file in self._memories()):  # noqa: ASYNC110 - a file tells nobody
                    await asyncio.sleep(_KNOCK_SECONDS)
        except TimeoutError as error:
            raise HomeError(f"not stored within {within:.0f} s: {words}") from error

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

    def _memories(self) -> Iterable[Path]:
        return (self.directory / ".storage").glob(f"{INTEGRATION.name}.*")

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
