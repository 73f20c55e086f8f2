"""How long a hundred network cameras take to be found and validated, and how late that makes the loop.

They are in a process of their own, at loopback addresses. The search runs in this one: it needs no
Home Assistant, and what it costs the event loop is the same there.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
import gc
from statistics import median
from typing import TYPE_CHECKING

import aiohttp

from custom_components.mqtt_sentinel.network.facts import Credentials
from custom_components.mqtt_sentinel.network.found import Search, Searched
from custom_components.mqtt_sentinel.network.search import search
from demo.cameras.fleet.kinds import RIGHT, Thing
from demo.cameras.fleet.remote import RemoteTown
from demo.cameras.fleet.town import things

from .results import Judged, Row

if TYPE_CHECKING:
    from .effort import Effort
    from .rig import Stage

_CAMERAS = 100
_BAR_SECONDS = 10.0
_BAR_LAG = 20.0
_LOOK_SECONDS = 0.002
_IDLE_SECONDS = 2.0
_MILLISECONDS = 1000.0


@dataclass(frozen=True, slots=True)
class _Round:
    """One search: seconds, and how late the loop was at worst with it and without, in milliseconds."""

    seconds: float
    lag: float
    idle: float
    wrong: int


def what_to_search(there: tuple[Thing, ...]) -> Search:
    """A search that is told the addresses, and a password that is wrong before the right one."""
    return Search(
        addresses=tuple(thing.address for thing in there),
        credentials=(Credentials(RIGHT.user, "guess"), Credentials(RIGHT.user, RIGHT.password)),
        probe_port=there[0].discovery_port,
        rtsp_ports=(there[0].rtsp_port,),
        onvif_ports=(there[0].onvif_port,),
    )


def wrong(there: tuple[Thing, ...], searched: Searched) -> list[str]:
    """What was not judged as it should be, in words."""
    verdicts = {found.address: found.verdict.value for found in searched.found}
    return [
        f"{thing.kind.name}: {verdicts.get(thing.address)}"
        for thing in there
        if verdicts.get(thing.address) not in {verdict.value for verdict in thing.kind.verdicts}
    ]


async def cameras(_place: Stage, effort: Effort) -> list[Row]:
    """Seconds of a search, and the longest that the event loop was late meanwhile."""
    there = things(count=_CAMERAS)
    rounds: list[_Round] = []
    async with RemoteTown(there), aiohttp.ClientSession() as session:
        for _ in range(effort.rounds):
            rounds.append(await _round(there, session))  # noqa: PERF401  one after the other
    count = max(one.wrong for one in rounds)
    but = f"{count} judged wrongly" if count else ""
    return [
        Row(
            "cameras",
            f"{_CAMERAS} cameras found and validated",
            "s",
            max(one.seconds for one in rounds),
            None,
            None,
            _BAR_SECONDS,
            Judged.OURS,
            but,
        ),
        Row(
            "cameras_lag",
            "event loop late meanwhile, at worst",
            "ms",
            median(one.lag for one in rounds),
            median(one.idle for one in rounds),
            None,
            _BAR_LAG,
            Judged.OURS,
            but,
        ),
    ]


async def _round(there: tuple[Thing, ...], session: aiohttp.ClientSession) -> _Round:
    # What the collector has to look through is this program's, not that of a search.
    gc.collect()
    gc.freeze()
    try:
        async with _looking() as idle:
            await asyncio.sleep(_IDLE_SECONDS)
        began = asyncio.get_running_loop().time()
        async with _looking() as late:
            searched = await search(what_to_search(there), session)
        seconds = asyncio.get_running_loop().time() - began
    finally:
        gc.unfreeze()
    return _Round(
        seconds,
        max(late) * _MILLISECONDS,
        max(idle) * _MILLISECONDS,
        len(wrong(there, searched)),
    )


@asynccontextmanager
async def _looking() -> AsyncGenerator[list[float]]:
    """How much later than it should a task wakes again and again, in seconds."""
    loop = asyncio.get_running_loop()
    late: list[float] = [0.0]

    async def look() -> None:
        while True:
            began = loop.time()
            await asyncio.sleep(_LOOK_SECONDS)
            late.append(loop.time() - began - _LOOK_SECONDS)

    task = asyncio.create_task(look())
    try:
        yield late
    finally:
        task.cancel()
        await asyncio.wait([task])
