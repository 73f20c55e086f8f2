"""The demo's broker: mosquitto where it is installed, else amqtt, as a child process."""

import argparse
import asyncio
from collections.abc import Iterator
import contextlib
from contextlib import AsyncExitStack
from enum import StrEnum
import importlib.util
import os
from pathlib import Path
import random
import shutil
import signal
import socket
from typing import TYPE_CHECKING, Self

from .process import die_with, python, spawn, tail
from .wire import KEEPALIVE_SECONDS, Address, accepts_connections

if TYPE_CHECKING:
    from _collections_abc import dict_items

_START_SECONDS = 20.0
_STOP_SECONDS = 5.0

_KNOCK_SECONDS = 0.02
"""Pause between attempts to connect to a broker that is starting; nothing else announces it."""

# Debian installs mosquitto where only root's PATH looks.
_EXTRA_PATH = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin")

# Below those that a system gives to whoever asks for any port: it is not taken by a connection
# before somebody listens on it, which for Home Assistant is seconds later.
_PORTS = range(20_000, 32_000)

_STORE = "mosquitto.db"

_MOSQUITTO_CONFIGURATION = """\
listener {port} 127.0.0.1
allow_anonymous true
set_tcp_nodelay true
persistence true
persistence_location {directory}/
# Every change is saved at once, so that retained messages survive SIGKILL.
autosave_on_changes true
autosave_interval 1
sys_interval 1
# Nothing is thrown away for a listener that is slow.
max_queued_messages 0
log_dest stderr
log_timestamp_format %Y-%m-%dT%H:%M:%S
"""


class BrokerError(Exception):
    """The broker did not do what it was asked; the text says why."""


class BrokerKind(StrEnum):
    """The brokers that the demo can run on."""

    MOSQUITTO = "mosquitto"
    AMQTT = "amqtt"


def _mosquitto() -> str | None:
    search_path = os.pathsep.join((os.environ.get("PATH", os.defpath), *_EXTRA_PATH))
    return shutil.which("mosquitto", path=search_path)


def available() -> tuple[BrokerKind, ...]:
    """Return the brokers that are installed, the better one first."""
    kinds = []
    if _mosquitto() is not None:
        kinds.append(BrokerKind.MOSQUITTO)
    if importlib.util.find_spec("amqtt") is not None:
        kinds.append(BrokerKind.AMQTT)
    return tuple(kinds)


def free_port() -> int:
    """Return a loopback port that nothing listens on right now."""
    while True:
        port = random.choice(_PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Broker:
    """One broker on one loopback port; starting it again after ``kill`` uses the same port.

    Anybody on this machine may connect without a password: it listens on 127.0.0.1 only.
    """

    def __init__(self, port: int, directory: Path, kind: BrokerKind | None = None) -> None:
        """Choose the broker; raises BrokerError if there is none, or not that one."""
        installed = available()
        if not installed:
            raise BrokerError(
                "There is no MQTT broker. Install mosquitto (Debian, Ubuntu: "
                "'apt install mosquitto'; macOS: 'brew install mosquitto') or "
                "'pip install amqtt'."
            )
        if kind is not None and kind not in installed:
            raise BrokerError(f"{kind} is not installed")
        self.kind = installed[0] if kind is None else kind
        self.address = Address("127.0.0.1", port)
        self.directory = directory
        self._process: asyncio.subprocess.Process | None = None
        self._frozen = False

    @property
    def keeps_retained(self) -> bool:
        """Whether retained messages survive a kill and a new start (amqtt has only memory)."""
        return self.kind is BrokerKind.MOSQUITTO

    @property
    def log(self) -> Path:
        """The file with what the broker says."""
        return self.directory / "broker.log"

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.returncode is None

    @property
    def frozen(self) -> bool:
        """Whether the process lives, and was made to hang."""
        return self._frozen and self.running

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process is not None and self.running else None

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        await self.stop()

    def forget(self) -> None:
        """Delete the retained messages of earlier runs; raises BrokerError while it runs."""
        if self.running:
            raise BrokerError("a running broker cannot forget")
        (self.directory / _STORE).unlink(missing_ok=True)

    async def start(self) -> None:
        """Start, and return once it has accepted an MQTT connection."""
        if self.running:
            raise BrokerError("the broker is already running")
        if await accepts_connections(self.address):
            raise BrokerError(f"another broker already listens on {self.address}")
        self.directory.mkdir(parents=True, exist_ok=True)
        self._process = await spawn(self._command(), log=self.log)
        async with AsyncExitStack() as on_failure:
            on_failure.push_async_callback(self.kill)
            try:
                async with asyncio.timeout(_START_SECONDS):
                    await self._accepted()
            except TimeoutError as late:
                raise BrokerError(
                    f"{self.kind} accepts no connection on {self.address}:\n{tail(self.log)}"
                ) from late
            on_failure.pop_all()

    async def kill(self) -> None:
        """Kill it with SIGKILL: nobody is told anything but that the sockets are closed.

        mosquitto writes to its store some milliseconds after it has passed a message on; what was
        retained just now may be lost.
        """
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """End it properly."""
        self.thaw()
        await self._end(signal.SIGTERM)

    def freeze(self) -> None:
        """Hang it (SIGSTOP): the kernel goes on to accept connections and bytes in its name."""
        self._signal(signal.SIGSTOP)
        self._frozen = True

    def thaw(self) -> None:
        """Let it go on: it finds all that was sent to it meanwhile."""
        self._signal(signal.SIGCONT)
        self._frozen = False

    async def _accepted(self) -> None:
        while not await accepts_connections(self.address):
            if not self.running:
                raise BrokerError(f"{self.kind} ended at once:\n{tail(self.log)}")
            await asyncio.sleep(_KNOCK_SECONDS)

    def _signal(self, which: signal.Signals) -> None:
        if self._process is not None and self.running:
            self._process.send_signal(which)

    async def _end(self, how: signal.Signals) -> None:
        process = self._process
        if process is None:
            return
        self._signal(how)
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        self._process = None
        self._frozen = False

    def _command(self) -> list[str]:
        parent = str(os.getpid())
        if self.kind is BrokerKind.AMQTT:
            port = str(self.address.port)
            return python("demo.broker", "--amqtt", "--port", port, "--parent", parent)
        program = _mosquitto()
        assert program is not None
        configuration = self.directory / "mosquitto.conf"
        text = _MOSQUITTO_CONFIGURATION.format(port=self.address.port, directory=self.directory)
        if os.geteuid() == 0:
            # As root it would become the user 'mosquitto', who may not write in our directory.
            text += "user root\n"
        configuration.write_text(text, encoding="utf-8")
        return python("demo.process", "--parent", parent, program, "-c", str(configuration))


class _Snapshots[Key, Value](dict[Key, Value]):
    """A dictionary that may change while somebody goes through it: what he goes through is a copy."""

    def __iter__(self) -> Iterator[Key]:
        return iter(list(super().__iter__()))

    def items(self) -> dict_items[Key, Value]:
        return self.copy().items()


async def _serve_amqtt(port: int) -> None:
    """Run amqtt in this process until SIGTERM."""
    # It is not installed everywhere, takes long to import, and has no types.
    from amqtt.broker import (  # type: ignore[import-untyped]  # noqa: PLC0415
        Broker as AmqttBroker,
        BrokerProtocolHandler,
    )

    hanging_up: set[asyncio.Task[None]] = set()

    def hang_up(handler: BrokerProtocolHandler) -> None:
        task = asyncio.get_running_loop().create_task(handler.handle_connection_closed())
        hanging_up.add(task)
        task.add_done_callback(hanging_up.discard)

    # MQTT demands that a broker ends a connection that has been silent for one and a half
    # keep-alives, and says its Last Will. amqtt 0.12 calls this method, which does nothing.
    BrokerProtocolHandler.handle_read_timeout = hang_up
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    broker = AmqttBroker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
            # Added to the keep-alive of each client, for the half.
            "timeout_disconnect_delay": KEEPALIVE_SECONDS // 2 + 1,
            "plugins": {
                "amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True},
                "amqtt.plugins.sys.broker.BrokerSysPlugin": {"sys_interval": 1},
            },
        }
    )
    # It awaits while it goes through them. Whoever connects, or is told of a message, while somebody
    # else subscribes, would be a client whose messages are acknowledged and go nowhere.
    broker._subscriptions = _Snapshots()  # noqa: SLF001 - there is no other way in
    await broker.start()
    await ended.wait()
    await broker.shutdown()


def main() -> None:
    """Be the child process that is an amqtt broker."""
    parser = argparse.ArgumentParser(prog="python -m demo.broker", description=main.__doc__)
    parser.add_argument("--amqtt", action="store_true", required=True, help="the only kind here")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--parent", type=int, required=True, help="end when this process ends")
    arguments = parser.parse_args()
    die_with(arguments.parent)
    asyncio.run(_serve_amqtt(arguments.port))


if __name__ == "__main__":
    main()
