"""A Home Assistant under load: its broker, its configuration, somebody who sends, and the probe."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
import json
from pathlib import Path
import secrets
import time
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from demo import run_dir as run_dirs
from demo.broker import Broker, free_port
from demo.client import Client
from demo.home import INTEGRATION, PASSWORD, USER, Home

PROBE = Path(__file__).resolve().parent / "sentinel_probe"
MARK = f"{PROBE.name}/mark"

_LONGEST_SECONDS = 300.0
_LOOK_SECONDS = 0.1
"""Pause between looks at whether Home Assistant is ready."""
type Json = Any
type Message = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class Span:
    """What some messages took: CPU seconds of the process, seconds, and how many they were."""

    cpu: float
    wall: float
    count: int

    @property
    def micros(self) -> float:
        """CPU time a message, in microseconds."""
        return self.cpu / self.count * 1e6


class Rig:
    """One Home Assistant that is ready to be measured."""

    def __init__(self, client: Client, sender: paho.Client) -> None:
        """Know the signed-in client and the connected sender."""
        self.client = client
        self._sender = sender

    async def ready(self) -> None:
        """Wait until Home Assistant runs and the probe hears what is sent."""
        while (await self.client.command("get_config"))["state"] != "RUNNING":  # noqa: ASYNC110 - another process
            await asyncio.sleep(_LOOK_SECONDS)
        heard = asyncio.create_task(self._reached("ready"))
        while not heard.done():
            self._sender.publish(MARK, "ready", qos=0)
            await asyncio.sleep(_LOOK_SECONDS)

    async def read(self) -> dict[str, Json]:
        """What the probe measured; lags since the last read."""
        return dict(await self.client.command(f"{PROBE.name}/read"))

    async def flood(self, messages: Sequence[Message]) -> Span:
        """Send messages as fast as it goes, and tell what it took to deal with all of them."""
        return await self._between(lambda: self._send(messages), len(messages))

    async def pace(self, messages: Iterable[Message], rate: float, count: int) -> Span:
        """Send ``count`` messages at ``rate`` a second."""
        return await self._between(lambda: self._send_paced(messages, rate, count), count)

    async def _between(self, send: Callable[[], None], count: int) -> Span:
        name = secrets.token_hex(4)
        first = await self._mark(f"{name}-begin")
        await asyncio.to_thread(send)
        last = await self._mark(f"{name}-end")
        return Span(last["cpu"] - first["cpu"], last["wall"] - first["wall"], count)

    async def _mark(self, name: str) -> dict[str, float]:
        self._sender.publish(MARK, name, qos=0)
        return await self._reached(name)

    async def _reached(self, name: str) -> dict[str, float]:
        return dict(await self.client.command(MARK, name=name, answer_seconds=_LONGEST_SECONDS))

    def _send(self, messages: Sequence[Message]) -> None:
        for topic, payload in messages:
            self._sender.publish(topic, payload, qos=0)

    def _send_paced(self, messages: Iterable[Message], rate: float, count: int) -> None:
        begun = time.monotonic()
        for number, (topic, payload) in zip(range(count), messages, strict=False):
            ahead = begun + number / rate - time.monotonic()
            if ahead > 0:
                time.sleep(ahead)
            self._sender.publish(topic, payload, qos=0)


@asynccontextmanager
async def rig(
    interpreter: str,
    run_dir: Path,
    configuration: str = "",
    *,
    bare: Sequence[str] = (),
    subentries: Sequence[Json] = (),
    dialects: Sequence[str] = (),
) -> AsyncGenerator[Rig]:
    """Start a Home Assistant with ``configuration`` and the probe, and yield it when it is idle.

    ``bare`` are topic filters for the bare subscriber. With ``dialects``, MQTT Sentinel is set up
    with them and with ``subentries``.
    """
    run_dirs.prepare(run_dir)
    broker = Broker(free_port(), run_dirs.broker(run_dir))
    broker.forget()
    home = Home(interpreter, run_dir / "home", free_port())
    entries = [_entry("mqtt", 2, {"broker": "127.0.0.1", "port": broker.address.port, **_MQTT})]
    if dialects:
        data = {"dialects": list(dialects), "prefixes": [""]}
        entries.append(_entry("mqtt_sentinel", 1, data, subentries))
    storage = {"version": 1, "minor_version": 5, "key": "core.config_entries"}
    home.prepare(
        f"{_CONFIGURATION}{PROBE.name}:\n  bare: {json.dumps(list(bare))}\n{configuration}",
        {".storage/core.config_entries": json.dumps({**storage, "data": {"entries": entries}})},
        (INTEGRATION, PROBE),
    )
    sender = paho.Client(CallbackAPIVersion.VERSION2)
    sender.max_queued_messages_set(0)
    async with broker:
        await home.start()
        try:
            async with Client(home.url, USER, PASSWORD) as client:
                sender.connect(broker.address.host, broker.address.port)
                sender.loop_start()
                measured = Rig(client, sender)
                await measured.ready()
                yield measured
        finally:
            sender.disconnect()
            sender.loop_stop()
            await home.stop()


_MQTT = {"protocol": "5", "transport": "tcp"}

# No recorder: what it takes to write states down is the same for all.
_CONFIGURATION = """\
logger:
  default: warning
websocket_api:
"""


def _entry(
    domain: str, version: int, data: Json, subentries: Sequence[Json] = ()
) -> dict[str, Json]:
    return {
        "created_at": "2026-01-01T00:00:00+00:00",
        "modified_at": "2026-01-01T00:00:00+00:00",
        "data": data,
        "disabled_by": None,
        "discovery_keys": {},
        "domain": domain,
        "entry_id": f"benchmark_{domain}",
        "minor_version": 1,
        "options": {},
        "pref_disable_new_entities": False,
        "pref_disable_polling": False,
        "source": "user",
        "subentries": list(subentries),
        "title": domain,
        "unique_id": None,
        "version": version,
    }
