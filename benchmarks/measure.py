"""What is measured, each on Home Assistants of its own at the one broker."""

import asyncio
from collections import Counter
from collections.abc import (
    AsyncGenerator,
    Awaitable,
    Callable,
    Collection,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count, islice
from statistics import median

from custom_components.mqtt_sentinel.evidence.journal.failures import JournalError
from demo.broker import BrokerError
from demo.client import ApiError
from demo.home import HomeError

from . import discovery, load
from .effort import Effort
from .journal import JournalBenchError, measure_journal
from .load import Maker, Message
from .relays import Relays
from .results import Judged, Result, Row, Unmeasured, percentile
from .rig import Outcome, Rig, Stage, rig
from .ring import RingError, rings
from .sender import SenderError

OURS, BARE, CORE = "ours", "bare", "core"
"""The sites: ours, the bare subscriber's, Home Assistant's own sensors'. All names are as long."""

_DEVICES = 100
_FEW = 10
_RATES = (5_000.0, 4_000.0, 3_000.0, 2_000.0, 1_000.0)
"""Messages a second: the first is what is asked for, the others are for slow machines."""
_DIALECTS = ("autocore", "services")
_FILTERS = ("autocore/+/status", "autocore/+/telemetry", "ping/+/+", "connected/+/+")
_MILLISECONDS = 1000.0

_FEW_SITE, _MANY_SITE = "few_", "many"
_MOST_TRACED = 2_000
"""Tracing what is held makes Home Assistant slow; a watch holds the same among fewer."""
_LAG_ROUNDS = 3
_LAG_ATTEMPTS = 3
_KEPT_UP = 0.9
"""Who gets less than this share of the messages done in time does not keep up."""


_RELAYS = 10
"""So many has each device."""
_CONFIRMED = "confirmed"

_TARGETS = 8
"""So many things fall silent, one after the other: too few, and too rarely, to be a storm."""
_TARGET_INTERVAL = 8.0
"""Seconds within which a target promises a ping; it may miss none."""
_TARGET_EVERY = 1.0
_PENDING_INTERVAL = 3600.0
_LATE_SECONDS = 3.0

_RINGS_LONGER = 4
"""Pieces come once a second: what they cost is measured for longer."""

_SCENE = "benchmark"
_SCENE_STEPS = 500
"""As many as a scene may have."""


class MeasureError(Exception):
    """A measurement did not come to an end; the text says why."""


type Flood = Callable[[], Awaitable[float]]


async def in_rounds(rounds: int, floods: Mapping[str, Flood]) -> list[dict[str, float]]:
    """What each flood measured, in each round; one more round, the first, goes uncounted.

    The floods of a round follow each other at once, in another order each time.
    """
    names = list(floods)
    measured = []
    for number in range(rounds + 1):
        turn = number % len(names)
        measured.append({name: await floods[name]() for name in names[turn:] + names[:turn]})
    return measured[1:]


def _endless(kind: Maker, site: str, devices: int) -> Iterator[Message]:
    """Messages of one kind, of each device in turn."""
    for number in count():
        yield kind(site, number % devices, number // devices)


def _flood(house: Rig, kind: Maker, site: str, devices: int, effort: Effort) -> Flood:
    """Floods that answer CPU microseconds a message."""
    endless = _endless(kind, site, devices)

    async def flood() -> float:
        messages = list(islice(endless, effort.messages))
        await house.quiet()
        return (await house.flood(messages)).micros

    return flood


@asynccontextmanager
async def _house(place: Stage) -> AsyncGenerator[Rig]:
    """All subscribers in one process: a hundred devices of ours, of the bare one, and the core's."""
    numbers = range(_DEVICES)
    async with rig(
        place,
        OURS,
        load.sensors(CORE, _DEVICES),
        bare=[f"{BARE}/{topic_filter}" for topic_filter in _FILTERS],
        dialects=_DIALECTS,
        site=OURS,
        subentries=[
            *(load.autocore_watch(OURS, number) for number in numbers),
            *(load.service_watch(OURS, number) for number in numbers),
        ],
    ) as house:
        yield house


async def _against_bare(
    house: Rig, effort: Effort, kind: Maker, name: str, title: str
) -> list[Row]:
    floods = {site: _flood(house, kind, site, _DEVICES, effort) for site in (OURS, BARE)}
    measured = await in_rounds(effort.rounds, floods)
    spans = [(spans[OURS], spans[BARE]) for spans in measured]
    return [Row.of_rounds(name, f"{title}, against a bare callback", "us", spans, 1.1)]


async def telemetry(house: Rig, effort: Effort) -> list[Row]:
    """Telemetry of 4 values from 100 devices: ours, a bare callback, the core's own sensors."""
    floods = {
        site: _flood(house, load.telemetry, site, _DEVICES, effort) for site in (OURS, BARE, CORE)
    }
    measured = await in_rounds(effort.rounds, floods)
    title = "CPU a message of 4 values, against "
    return [
        Row.of_rounds(
            name, title + told, "us", [(spans[OURS], spans[against]) for spans in measured], bar
        )
        for name, told, against, bar in (
            ("telemetry", "a bare callback", BARE, 1.5),
            ("telemetry_core", "Home Assistant's own MQTT sensors", CORE, 1.0),
        )
    ]


async def status(house: Rig, effort: Effort) -> list[Row]:
    """A status that changes no verdict, as nearly all do."""
    return await _against_bare(house, effort, load.status, "status", "CPU a status message")


async def ping(house: Rig, effort: Effort) -> list[Row]:
    """A ping in time."""
    return await _against_bare(house, effort, load.ping, "ping", "CPU a ping")


async def lag(house: Rig, effort: Effort) -> list[Row]:
    """How late the event loop is while a fleet talks."""
    return [await _lag(house, effort, load.mixed, "lag", "a fleet talks")]


async def lag_garbage(house: Rig, effort: Effort) -> list[Row]:
    """How late the event loop is while nothing that comes can be read."""
    return [await _lag(house, effort, load.garbage, "lag_garbage", "nothing can be read")]


async def lag_strangers(house: Rig, effort: Effort) -> list[Row]:
    """How late the event loop is while only things talk that nobody watches."""
    return [await _lag(house, effort, load.stranger, "lag_strangers", "only strangers talk")]


@dataclass(frozen=True, slots=True)
class Paced:
    """How Home Assistant was while ``sent`` messages a second came, ``done`` of them dealt with."""

    lag: float
    sent: float
    done: float

    def kept_up(self, rate: float) -> bool:
        """Tell whether it dealt with what came as fast as it should have come."""
        return self.done >= rate * _KEPT_UP


async def _paced(house: Rig, messages: Sequence[Message], rate: float, seconds: float) -> Paced:
    """Measure at a rate that the sender keeps; whether Home Assistant does is another question."""
    sent = 0.0
    for _ in range(_LAG_ATTEMPTS):
        await house.quiet()
        lags, (sent, done) = await asyncio.gather(house.lags(seconds), house.pace(messages, rate))
        if sent >= rate * _KEPT_UP:
            return Paced(percentile(lags, 0.99) * _MILLISECONDS, sent, done)
    raise MeasureError(f"the sender gets {sent:.0f} of {rate:.0f} messages a second to the broker")


async def _lag(house: Rig, effort: Effort, kind: Maker, name: str, title: str) -> Row:
    async def at(rate: float, site: str) -> Paced:
        """The attempt in the middle, by its lag."""
        messages = list(islice(_endless(kind, site, _DEVICES), int(rate * effort.seconds)))
        paced = [await _paced(house, messages, rate, effort.seconds) for _ in range(_LAG_ROUNDS)]
        return sorted(paced, key=lambda attempt: attempt.lag)[len(paced) // 2]

    for rate in _RATES:
        bare = await at(rate, BARE)
        if bare.kept_up(rate):
            break
    else:
        raise MeasureError(f"a bare callback gets only {bare.done:.0f} messages a second done")
    ours = await at(rate, OURS)
    buts = []
    if rate < _RATES[0]:
        buts.append(f"at {_RATES[0]:.0f} not even a bare callback keeps up here")
    if not ours.kept_up(rate):
        buts.append(f"only {ours.done:.0f} are dealt with")
    return Row(
        name,
        f"event loop lag (p99) at {rate:.0f} messages/s, {title}",
        "ms",
        ours.lag,
        bare.lag,
        None,
        10.0,
        Judged.OURS,
        " and ".join(buts),
    )


IN_ONE_HOUSE: Mapping[str, Callable[[Rig, Effort], Awaitable[list[Row]]]] = {
    "telemetry": telemetry,
    "status": status,
    "ping": ping,
    "lag": lag,
    "lag_garbage": lag_garbage,
    "lag_strangers": lag_strangers,
}


@asynccontextmanager
async def _few_and_many(
    place: Stage, many: int, *, traced: bool = False
) -> AsyncGenerator[dict[str, Rig]]:
    """Two Home Assistants, side by side, with few and with many watches, each told of once."""
    kind = "traced" if traced else "timed"
    async with AsyncExitStack() as stack:
        houses = {}
        for site, watches in ((_FEW_SITE, _FEW), (_MANY_SITE, many)):
            houses[site] = house = await stack.enter_async_context(
                rig(
                    place,
                    f"{site}-{kind}",
                    dialects=_DIALECTS,
                    site=site,
                    subentries=[load.autocore_watch(site, number) for number in range(watches)],
                    entities=False,
                    traced=traced,
                )
            )
            if await house.entities():
                raise MeasureError("MQTT Sentinel made entities where there should be none")
            for say in (load.status, load.telemetry):
                await house.flood(list(islice(_endless(say, site, watches), watches)))
            await house.quiet()
        yield houses


async def growth(place: Stage, effort: Effort) -> list[Row]:
    """What a message costs with few watches and with many."""
    watches = {_FEW_SITE: _FEW, _MANY_SITE: effort.many}
    async with _few_and_many(place, effort.many) as houses:
        floods = {
            site: _flood(house, load.mixed, site, watches[site], effort)
            for site, house in houses.items()
        }
        measured = await in_rounds(effort.rounds, floods)
    spans = [(spans[_MANY_SITE], spans[_FEW_SITE]) for spans in measured]
    title = f"CPU a message with {effort.many} watches, against {_FEW}"
    return [Row.of_rounds("growth", title, "us", spans, 1.15)]


async def memory(place: Stage, effort: Effort) -> list[Row]:
    """What a watch holds in memory: what many hold more than few, where none has an entity."""
    watches = min(effort.many, _MOST_TRACED)
    async with _few_and_many(place, watches, traced=True) as houses:
        many, few = [await houses[site].memory() for site in (_MANY_SITE, _FEW_SITE)]
    held = (many - few) / (watches - _FEW) / 1024
    title = "memory a watch beyond its entities"
    return [Row("memory", title, "KiB", held, None, None, 10.0, Judged.OURS)]


async def deadline(place: Stage, effort: Effort) -> list[Row]:
    """From the moment that a ping is missed to the issue and the event, while many are awaited."""
    targets = range(effort.many, effort.many + _TARGETS)
    at_once = {"grace": 0.0, "settle": 0.0, "ping_misses": 1}
    async with rig(
        place,
        "deadline",
        dialects=_DIALECTS,
        site=OURS,
        pings=[f"{OURS}/{load.ping_topic(number)}" for number in targets],
        subentries=[
            *(
                load.service_watch(OURS, number, ping_misses=1, ping_interval=_PENDING_INTERVAL)
                for number in range(effort.many)
            ),
            *(
                load.service_watch(OURS, number, **at_once, ping_interval=_TARGET_INTERVAL)
                for number in targets
            ),
        ],
        entities=False,
    ) as house:
        everyone = range(effort.many + _TARGETS)
        await house.flood([load.online(OURS, number, 0) for number in everyone])
        await house.flood([load.ping(OURS, number, 0) for number in range(effort.many)])
        await house.quiet()
        begun = len(await house.outcomes())
        for number in targets:
            await house.flood([load.ping(OURS, number, 0)])
            await asyncio.sleep(_TARGET_EVERY)
        await asyncio.sleep(_TARGET_INTERVAL + _LATE_SECONDS)
        outcomes = (await house.outcomes())[begun:]
    late = [
        (told - _TARGET_INTERVAL) * _MILLISECONDS
        for number in targets
        for told in _told_after_ping(outcomes, number)
    ]
    title = f"deadline to issue and event, with {effort.many} pings pending (worst of {_TARGETS})"
    return [Row("deadline", title, "ms", max(late), None, None, 50.0, Judged.OURS)]


async def commands(place: Stage, effort: Effort) -> list[Row]:
    """How late the event loop is while many relays are commanded at once, and confirm that."""
    numbers = range(_DEVICES)
    relays = [(load.device(number), str(relay)) for number in numbers for relay in range(_RELAYS)]
    address = place.broker.address
    missing: Counter[str] = Counter()
    async with rig(
        place,
        "commands",
        dialects=_DIALECTS,
        site=OURS,
        subentries=[load.autocore_watch(OURS, number) for number in numbers],
    ) as house:
        await house.flood([load.status(OURS, number, 0) for number in numbers])
        turns = count()

        async def command(site: str) -> float:
            await house.quiet()
            on = next(turns) // 2 % 2 == 0
            done = await house.commands(site, relays, on=on, ours=site == OURS)
            missing.update(done.results)
            return percentile(done.lags, 0.99) * _MILLISECONDS

        with Relays(address.host, address.port):
            floods = {site: partial(command, site) for site in (OURS, BARE)}
            measured = await in_rounds(effort.rounds, floods)
    del missing[_CONFIRMED]
    told = ", ".join(f"{number} were {result}" for result, number in missing.items())
    ours, bare = (median(lags[site] for lags in measured) for site in (OURS, BARE))
    title = f"event loop lag (p99) while {len(relays)} relays are commanded at once"
    return [
        Row("commands", title, "ms", ours, bare, ours / bare, 10.0, Judged.OURS, but=told),
    ]


def _told_after_ping(outcomes: Sequence[Outcome], number: int) -> tuple[float, float]:
    """Seconds from the last ping of a target to its issue and to its event."""
    watch_id = load.service_watch(OURS, number)["subentry_id"]
    pinged = [
        outcome["at"]
        for outcome in outcomes
        if outcome["what"] == "ping" and outcome["of"].endswith(load.ping_topic(number))
    ]
    told = {
        what: [
            outcome["at"]
            for outcome in outcomes
            if outcome["what"] == what and watch_id in outcome["of"] and outcome["at"] > pinged[-1]
        ]
        for what in ("issue", "event")
    }
    if not all(told.values()):
        raise MeasureError(f"deadline: {watch_id} fell silent, and nobody was told: {told}")
    return min(told["issue"]) - pinged[-1], min(told["event"]) - pinged[-1]


async def scene_drift(place: Stage, effort: Effort) -> list[Row]:
    """From when a step of a scene is to be sent to when it comes back from the broker.

    What each takes the same time for, as the way to the broker and back, is no drift.
    """
    moments = [number * effort.scene / (_SCENE_STEPS - 1) for number in range(_SCENE_STEPS)]
    async with rig(
        place,
        _SCENE,
        dialects=_DIALECTS,
        site=OURS,
        pings=[f"{_SCENE}/+"],
        subentries=[load.scene(_SCENE, moments, _SCENE)],
    ) as house:
        if (await house.client.command("http/config"))["pending"]:
            # Home Assistant would start again after five minutes to try another.
            await house.client.command("http/config/promote")
        await house.client.act("scene.turn_on", f"scene.{_SCENE}")
        await asyncio.sleep(effort.scene + _LATE_SECONDS)
        outcomes = await house.outcomes()
    came = {int(outcome["of"].rpartition("/")[2]): outcome["at"] for outcome in outcomes}
    if came.keys() != set(range(_SCENE_STEPS)):
        raise MeasureError(f"scene: only {len(came)} of {_SCENE_STEPS} steps came back")
    drift = drift_of([came[number] for number in range(_SCENE_STEPS)], moments) * _MILLISECONDS
    title = f"drift of a scene of {_SCENE_STEPS} steps in {effort.scene:g} s (worst)"
    return [Row("scene_drift", title, "ms", drift, None, None, 50.0, Judged.OURS)]


def drift_of(came: Sequence[float], moments: Sequence[float]) -> float:
    """How much later than the most punctual the latest was, of what should have come at moments."""
    late = [at - moment for at, moment in zip(came, moments, strict=True)]
    return max(late) - min(late)


async def journal(_: Stage, effort: Effort) -> list[Row]:
    """What the journal takes; it needs neither broker nor Home Assistant."""
    return await measure_journal(effort.messages * 10, effort.rounds, effort.seconds)


async def _rings(place: Stage, effort: Effort) -> list[Row]:
    """What rings of cameras cost, and how late the event loop is meanwhile."""
    return await rings(place.run_dir, effort.seconds * _RINGS_LONGER)


ALONE: Mapping[str, Callable[[Stage, Effort], Awaitable[list[Row]]]] = {
    "growth": growth,
    "memory": memory,
    "deadline": deadline,
    "scene_drift": scene_drift,
    "commands": commands,
    "cameras": discovery.cameras,
    "journal": journal,
    "rings": _rings,
}

ROWS = (*IN_ONE_HOUSE, *ALONE)


_FAILURES = (
    *(ApiError, BrokerError, HomeError, JournalBenchError, JournalError, MeasureError),
    *(RingError, SenderError, OSError),
)


async def measure(place: Stage, effort: Effort, wanted: Collection[str]) -> AsyncGenerator[Result]:
    """Measure what is wanted, names of :data:`ROWS`, and yield each row when it is known.

    What could not be measured is yielded as such, and costs the others nothing.
    """
    shared = {name: found for name, found in IN_ONE_HOUSE.items() if name in wanted}
    told: set[str] = set()
    if shared:
        try:
            async with _house(place) as house:
                for name, found in shared.items():
                    told.add(name)
                    for row in await _measured(name, found(house, effort)):
                        yield row
        except _FAILURES as reason:
            for name in shared.keys() - told:
                yield Unmeasured(name, repr(reason))
    for name, alone in ALONE.items():
        if name in wanted:
            for row in await _measured(name, alone(place, effort)):
                yield row


async def _measured(name: str, rows: Awaitable[list[Row]]) -> Sequence[Result]:
    try:
        return await rows
    except _FAILURES as reason:
        return [Unmeasured(name, repr(reason))]
