"""What is measured: Home Assistants on one broker, somebody who sends, and a probe in each.

A :class:`Stage` is a broker and a sender; a :class:`Rig` is one Home Assistant at it.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
import json
from pathlib import Path
import re
import secrets
import shutil
from typing import Any

from demo import run_dir as run_dirs
from demo.broker import Broker, free_port
from demo.client import Client
from demo.home import INTEGRATION, PASSWORD, USER, Home

from .load import Message
from .results import Span
from .sender import Sender

PROBE = Path(__file__).resolve().parent / "sentinel_probe"
MARK = f"{PROBE.name}/mark"

_LONGEST_SECONDS = 300.0
_LOOK_SECONDS = 0.1
"""Pause between looks at whether Home Assistant is ready."""
_QUIET_LOOKS = 5
_QUIET_SHARE = 0.05
"""A process that uses less of a core than this, so many looks in a row, has nothing to do."""
type Json = Any
type Outcome = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stage:
    """Where Home Assistants are measured: on one broker, by one who sends."""

    interpreter: str
    run_dir: Path
    broker: Broker
    sender: Sender


@dataclass(frozen=True, slots=True)
class Commanded:
    """How late the event loop was while commands were under way, and how long they took (seconds).

    ``results``: how many commands had which.
    """

    lags: Sequence[float]
    took: float
    results: Mapping[str, int]


@asynccontextmanager
async def stage(interpreter: str, run_dir: Path) -> AsyncGenerator[Stage]:
    """Start a broker and connect the sender; Home Assistants run with ``interpreter``."""
    run_dirs.prepare(run_dir)
    broker = Broker(free_port(), run_dirs.broker(run_dir))
    broker.forget()
    async with broker:
        with Sender(broker.address.host, broker.address.port) as sender:
            yield Stage(interpreter, run_dir, broker, sender)


class Rig:
    """One Home Assistant that is ready to be measured."""

    def __init__(self, client: Client, sender: Sender, name: str) -> None:
        """Know the signed-in client, the connected sender, and the name that its marks carry."""
        self.client = client
        self._sender = sender
        self._mark_topic = f"{MARK}/{name}"

    async def ready(self) -> None:
        """Wait until Home Assistant runs, the probe hears what is sent, and all is quiet."""
        while (await self.client.command("get_config"))["state"] != "RUNNING":  # noqa: ASYNC110 - another process
            await asyncio.sleep(_LOOK_SECONDS)
        heard = asyncio.create_task(self._reached("ready"))
        while not heard.done():
            self._sender.send([(self._mark_topic, b"ready")])
            await asyncio.sleep(_LOOK_SECONDS)
        await self.quiet()

    async def quiet(self) -> None:
        """Wait until Home Assistant has nothing left to do."""
        quiet = 0
        before = await self._mark("quiet")
        while quiet < _QUIET_LOOKS:
            await asyncio.sleep(_LOOK_SECONDS)
            now = await self._mark("quiet")
            share = (now["cpu"] - before["cpu"]) / (now["wall"] - before["wall"])
            quiet = quiet + 1 if share < _QUIET_SHARE else 0
            before = now

    async def memory(self) -> int:
        """What the process holds in memory, in bytes; it has to be traced."""
        return int(
            await self.client.command(f"{PROBE.name}/memory", answer_seconds=_LONGEST_SECONDS)
        )

    async def entities(self) -> int:
        """How many entities of MQTT Sentinel there are."""
        registered = await self.client.command(
            "config/entity_registry/list", answer_seconds=_LONGEST_SECONDS
        )
        return sum(entity["platform"] == INTEGRATION.name for entity in registered)

    async def lags(self, seconds: float) -> list[float]:
        """How late the event loop was, in seconds, at each look during some seconds."""
        return list(
            await self.client.command(
                f"{PROBE.name}/lags", seconds=seconds, answer_seconds=seconds + _LONGEST_SECONDS
            )
        )

    async def commands(
        self, site: str, relays: Sequence[tuple[str, str]], *, on: bool, ours: bool
    ) -> Commanded:
        """Command relays (of a device, with a number) at once, as ``ours`` or as bare messages."""
        told = await self.client.command(
            f"{PROBE.name}/commands",
            answer_seconds=_LONGEST_SECONDS,
            site=site,
            relays=relays,
            on=on,
            ours=ours,
        )
        return Commanded(told["lags"], told["took"], told["results"])

    async def outcomes(self) -> list[Outcome]:
        """What the probe noted of pings, issues and events; see there."""
        return list(await self.client.command(f"{PROBE.name}/outcomes"))

    async def flood(self, messages: Sequence[Message]) -> Span:
        """Send messages as fast as it goes, and tell what it took to deal with all of them."""
        first = await self._mark("begin")
        await asyncio.to_thread(self._sender.send, messages)
        last = await self._mark("end")
        return Span(last["cpu"] - first["cpu"], last["wall"] - first["wall"], len(messages))

    async def pace(self, messages: Sequence[Message], rate: float) -> tuple[float, float]:
        """Send messages at ``rate`` a second; answer how many a second were sent, and dealt with."""
        first = await self._mark("begin")
        sent = await asyncio.to_thread(self._sender.pace, messages, rate)
        last = await self._mark("end")
        return sent, len(messages) / (last["wall"] - first["wall"])

    async def _mark(self, what: str) -> dict[str, float]:
        name = f"{what}-{secrets.token_hex(4)}"
        self._sender.send([(self._mark_topic, name.encode())])
        return await self._reached(name)

    async def _reached(self, name: str) -> dict[str, float]:
        return dict(await self.client.command(MARK, name=name, answer_seconds=_LONGEST_SECONDS))


@asynccontextmanager
async def rig(
    place: Stage,
    name: str,
    configuration: str = "",
    *,
    bare: Sequence[str] = (),
    pings: Sequence[str] = (),
    subentries: Sequence[Json] = (),
    dialects: Sequence[str] = (),
    site: str = "",
    entities: bool = True,
    traced: bool = False,
) -> AsyncGenerator[Rig]:
    """Start a Home Assistant with ``configuration`` and the probe, and yield it when it is idle.

    ``bare`` are topic filters for the bare subscriber, ``pings`` for the one that notes when a
    message came. With ``dialects``, MQTT Sentinel is set up with them under the prefix ``site``
    and with ``subentries``; without ``entities`` it makes none. ``traced``, Home Assistant is slow
    and knows what it holds in memory.
    """
    run_dir = place.run_dir / name
    run_dir.mkdir()
    options = ("-X", "tracemalloc") if traced else ()
    home = Home(place.interpreter, run_dir, free_port(), options)
    port = place.broker.address.port
    entries = [_entry("mqtt", 2, {"broker": "127.0.0.1", "port": port, **_MQTT})]
    if dialects:
        data = {"dialects": list(dialects), "prefixes": [site]}
        entries.append(_entry("mqtt_sentinel", 1, data, subentries))
    storage = {"version": 1, "minor_version": 5, "key": "core.config_entries"}
    probe = {"name": name, "bare": list(bare), "pings": list(pings)}
    home.prepare(
        f"{_CONFIGURATION}{PROBE.name}: {json.dumps(probe)}\n{configuration}",
        {".storage/core.config_entries": json.dumps({**storage, "data": {"entries": entries}})},
        (INTEGRATION if entities else _without_entities(run_dir), PROBE),
    )
    await home.start()
    try:
        async with Client(home.url, USER, PASSWORD) as client:
            measured = Rig(client, place.sender, name)
            await measured.ready()
            yield measured
    finally:
        await home.stop()


def _without_entities(run_dir: Path) -> Path:
    """A copy of the integration that has no platforms."""
    copy = run_dir.with_name(f"{run_dir.name}-without-entities") / INTEGRATION.name
    shutil.copytree(INTEGRATION, copy, ignore=shutil.ignore_patterns("__pycache__"))
    const = copy / "const.py"
    text, found = re.subn(
        r"^PLATFORMS: Final = \(.*?\)$",
        "PLATFORMS: Final = ()",
        const.read_text(encoding="utf-8"),
        flags=re.MULTILINE | re.DOTALL,
    )
    assert found == 1, "the integration names its platforms in another way now"
    const.write_text(text, encoding="utf-8")
    return copy


_MQTT = {"protocol": "5", "transport": "tcp"}

# No recorder: what it takes to write states down is the same for all.
_CONFIGURATION = """\
logger:
  default: warning
config:
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
