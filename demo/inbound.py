"""The second half of the story: all that comes in, from devices new and old, well or unwell."""

import asyncio
import json
import time

from .members.vandal import GARBAGE
from .members.zigbee2mqtt import lamp
from .observer import DOMAIN
from .pipe import Deed
from .roster import LAMPS, NEWCOMERS
from .world import AT_ONCE, FRONT, GARDEN, World, connectivity, problem

_PLUG = "tasmota_plug"
_PORCH = "porch detect"
_RASPBERRY = "raspberry-1"
_NODE = "ESP32_002"

_THINGS = 1 + LAMPS + 1 + 4 + 1 + 1
"""What the newcomers are: a bridge, its lamps, Frigate, the roles of its cameras, a plug, sensors."""

_ANNOUNCED = 30.0
"""Seconds within which a new device is announced: it is looked for every ten, and may be half of
those that come when it is looked for first."""

_PING = "ping/object_detection/front"
_PING_EVERY = 2.5
_PING_MISSES = 2
_PATIENCE = 15.0
"""Seconds for the broker to find out that a node has no power."""

_BROKER_MISSED = 60.0
"""Seconds within which a broker that hangs is noticed: some quiet, then questions."""

_LOOK = 0.1
"""Pause between looks at what tells nobody."""

_UNITS = {"temperature": "°C", "humidity": "%", "voltage": "V"}

_STORM = 12


async def newcomers_announced(world: World) -> None:
    """New devices begin to talk: one issue tells how many; one is ignored, the others watched."""
    seen = world.observer
    await asyncio.gather(*(world.fleet.start(member.name) for member in NEWCOMERS))
    await world.fleet.wait_for("raspberry", link="online")
    await world.fleet.tell(_RASPBERRY, Deed.BUTTON)
    await world.only_issue("known_things", within=_ANNOUNCED, count=str(_THINGS))
    issue = seen.issue("known_things")
    assert issue is not None
    await world.installation.tick(issue, "ignore", _PLUG)
    await world.only_issue("known_things", count=str(_THINGS - 1))
    watched = len(await world.installation.watches())
    await world.installation.tick(issue, "watch")
    await world.issue_gone("known_things")
    watches = await world.installation.watches()
    world.check(len(watches) == watched + _THINGS - 1, f"not all are watched: {list(watches)}")
    world.check(_PLUG not in watches, "one that was to be ignored is watched")
    await world.agreement("bridge", "frigate", _PORCH, *_lamps(LAMPS))
    await world.check_quiet()


async def hanging(world: World) -> None:
    """A service hangs, and a camera: still connected, and yet missed; both come back."""
    seen = world.observer
    await world.disarm()
    await world.arm()
    await world.protection("protected")
    # Until then pings are not waited for, and the broker would miss the service first.
    settled = time.monotonic() + world.times.settle
    for name in (FRONT, _PORCH):
        await world.installation.promise_pings(name, every=_PING_EVERY, misses=_PING_MISSES)
    await world.agreement(FRONT, _PORCH)
    told = len(seen.events)
    await seen.listen(_PING)
    await asyncio.sleep(settled - time.monotonic())
    pings = seen.heard[_PING]
    await seen.until(lambda: seen.heard[_PING] > pings, "a ping")
    await world.fleet.freeze("front")
    await world.fleet.tell("porch", Deed.HANG)
    within = _PING_EVERY * _PING_MISSES + AT_ONCE
    await world.mismatch(FRONT, "ping_missed", within=within)
    # By the clock of who pinged: what is heard of it here comes later, when the computer is busy.
    late = world.fired(FRONT, "mismatch")[-1] - json.loads(seen.last[_PING])["timestamp"]
    world.check(late >= _PING_EVERY * _PING_MISSES, f"{late:.1f} s without a ping are too few")
    await world.mismatch(_PORCH, "ping_missed", within=within)
    for name in (FRONT, _PORCH):
        world.check(seen.state(connectivity(name)) == "on", f"{name} lost its connection")
    world.check(len(seen.events) == told + 2, "something else was told")
    await world.protection("degraded")
    await world.fleet.thaw("front")
    await world.fleet.tell("porch", Deed.GO_ON)
    await world.agreement(FRONT, _PORCH)
    await world.protection("protected")
    await world.check_quiet()


async def bridge_killed(world: World) -> None:
    """A bridge dies, and with it all behind it: one issue, which counts them."""
    seen = world.observer
    told = len(seen.events)
    await world.fleet.kill("zigbee")
    await world.only_issue("parent_gone_always", within=AT_ONCE, dependants=str(LAMPS))
    lamps = [problem(name) for name in _lamps(LAMPS)]
    await seen.until(
        lambda: all(seen.attribute(entity, "verdict") == "suspended" for entity in lamps),
        "nothing is judged behind a dead bridge",
    )
    await world.fleet.start("zigbee")
    await world.agreement("bridge", *_lamps(LAMPS))
    await world.check_quiet()
    kinds = [event["event_type"].removeprefix(f"{DOMAIN}_") for event in seen.events[told:]]
    world.check(kinds == ["mismatch", "recovered"], f"told {kinds} of one bridge")


async def values_shown(world: World) -> None:
    """What a node measures is shown with units, and nothing of it once the node has no power."""
    seen = world.observer
    sensors = {f"sensor.{_NODE.lower()}_{value}": unit for value, unit in _UNITS.items()}

    def shown() -> bool:
        return all(
            _is_number(seen.state(sensor)) and seen.attribute(sensor, "unit_of_measurement") == unit
            for sensor, unit in sensors.items()
        )

    await seen.until(shown, f"values of {_NODE}")
    await world.fleet.power_off(_NODE)
    await seen.until(
        lambda: all(seen.state(sensor) == "unavailable" for sensor in sensors),
        f"no values of {_NODE}, which has no power",
        _PATIENCE,
    )
    await world.mismatch(_NODE, "disconnected")
    await world.fleet.power_on(_NODE)
    await seen.until(shown, f"values of {_NODE} again")
    await world.agreement(_NODE)


async def motion_seen_once(world: World) -> None:
    """A sensor repeats an event with the same id: it happened once."""
    told = len(world.events(_RASPBERRY, "motion"))
    for deed in (Deed.MOTION, Deed.AGAIN, Deed.AGAIN):
        await world.fleet.tell(_RASPBERRY, deed)
    # It comes after these; when it is told, they would have been.
    await _press_button(world)
    motions = world.events(_RASPBERRY, "motion")[told:]
    world.check(len(motions) == 1, f"one motion was told {len(motions)} times")


async def garbage_counted(world: World) -> None:
    """Somebody publishes garbage: every message of it is counted, and nothing else happens."""
    seen = world.observer
    told = len(seen.events)
    before = await _dead_letters(world)
    await world.fleet.start("vandal")
    await _press_button(world)
    told += 1
    counted = await _dead_letters(world) - before
    world.check(counted == len(GARBAGE), f"{counted} dead letters of {len(GARBAGE)}")
    await world.agreement(FRONT, GARDEN, "ESP32_001", "esp32_01", within=AT_ONCE)
    await world.check_quiet()
    world.check(len(seen.events) == told, "garbage made something happen")


async def storm(world: World) -> None:
    """Twelve devices die at once: one issue about all of them, until all are back."""
    names = _lamps(_STORM)
    for name in names:
        await world.fleet.power_off(name)
    await world.only_issue("storm", within=AT_ONCE, count=str(_STORM))
    for name in names:
        await world.fleet.power_on(name)
    await world.agreement(*names)
    await world.issue_gone("storm")
    await world.check_quiet()


async def flapping(world: World) -> None:
    """A device comes and goes: that is one thing to tell, and it is not over at once."""
    seen, name = world.observer, lamp(LAMPS)
    connection = connectivity(name)
    for _ in range(2):
        await world.fleet.power_off(name)
        await seen.until(lambda: seen.state(connection) == "off", f"{name} is gone")
        await world.fleet.power_on(name)
        await seen.until(lambda: seen.state(connection) == "on", f"{name} is back")
    await world.only_issue("flapping_always", within=AT_ONCE, name=name)
    world.check(seen.attribute(problem(name), "reason") == "flapping", "the last word was good")
    await world.installation.forget(name)
    await world.issue_gone("flapping_always")
    await world.check_quiet()


async def broker_frozen(world: World) -> None:
    """The broker hangs, all connections alive: it is noticed; it goes on: so does the judging."""
    seen = world.observer
    await world.arm()
    await world.protection("protected")
    # What hangs before it ever brought a probe back may be one that never does.
    while not (await seen.client.health(DOMAIN))["broker_answers"]:  # noqa: ASYNC110 - nobody tells of it
        await asyncio.sleep(_LOOK)
    told = len(seen.events)
    await world.fleet.freeze_broker()
    await world.only_issue("broker_silent", within=_BROKER_MISSED)
    await world.protection("unknown")
    await world.fleet.thaw_broker()
    await world.agreement(FRONT, GARDEN, within=_BROKER_MISSED + world.times.grace)
    await world.protection("protected")
    await world.check_quiet()
    world.check(len(seen.events) == told, "a mismatch was told while the broker hung")


def _lamps(count: int) -> list[str]:
    return [lamp(number + 1) for number in range(count)]


def _is_number(state: str | None) -> bool:
    try:
        float(state or "")
    except ValueError:
        return False
    return True


async def _press_button(world: World) -> None:
    """Have the button of a sensor told: all that was published before was heard by then."""
    pressed = len(world.events(_RASPBERRY, "event_received"))
    await world.fleet.tell(_RASPBERRY, Deed.BUTTON)
    await world.observer.until(
        lambda: len(world.events(_RASPBERRY, "event_received")) == pressed + 1,
        "the button is told",
    )


async def _dead_letters(world: World) -> int:
    """How many messages could not be read so far."""
    answer = await world.observer.client.ask(f"{DOMAIN}.get_dead_letters")
    return int(answer["total"])
