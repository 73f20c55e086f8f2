"""The part of the story with a drill: everything is turned on, seen, and put back."""

from collections.abc import Mapping
from typing import Any

from .client import ApiError
from .observer import DOMAIN
from .world import AT_ONCE, FRONT, GARDEN, World

type Json = Any

_LAST_DRILL = "sensor.home_alarm_last_drill"
_ALARM = "sensor.home_alarm_protection"
_NAME = "Home alarm"

_SERVICES = {"front": FRONT, "garden": GARDEN}
_PING_EVERY = 3.0
_PING_MISSES = 2


async def drill_passes(world: World) -> None:
    """There is no drill while armed; else it turns all on, sees each work, and puts it back."""
    for name in _SERVICES.values():
        await world.installation.promise_pings(name, every=_PING_EVERY, misses=_PING_MISSES)
    await world.arm()
    await world.protection("protected")
    try:
        refused = f"it began: {await _drill(world)}"
    except ApiError as error:
        refused = str(error)
    world.check("A drill never runs while an alarm is armed" in refused, f"armed, and {refused}")
    world.check(world.observer.state(_LAST_DRILL) == "unknown", "a refused drill counts as one")
    await world.disarm()
    await _all_off(world)
    report = await _drill(world)
    world.check(report["result"] == "passed" and report["restored"], f"not passed: {report}")
    lines = {line["name"]: line for line in report["services"]}
    world.check(lines.keys() == {*_SERVICES.values()}, f"others were drilled: {report}")
    for name, line in lines.items():
        wanted = {"result": "passed", "was_connected": False, "left_on": False}
        world.check(wanted.items() <= line.items(), f"{name}: {line}")
        world.check(0 <= line["connected_after"] < world.times.settle, f"{name}: {line}")
        world.check(0 <= line["pinged_after"] < _PING_EVERY + AT_ONCE, f"{name}: {line}")
        world.check(line["off_after"] < world.times.settle, f"{name}: {line}")
    await _last(world, "passed")
    await _all_off(world)
    await world.check_quiet()


async def drill_fails(world: World) -> None:
    """A service does not come: the drill fails, an issue names it; one that passes closes that."""
    await world.fleet.ignore("garden")
    report = await _drill(world)
    failed = {line["name"]: line["fault"] for line in report["services"] if line["fault"]}
    world.check(report["result"] == "failed" and report["restored"], f"not failed: {report}")
    world.check(failed == {GARDEN: "did_not_connect"}, f"others failed: {report}")
    await world.only_issue("drill_failed", within=AT_ONCE, name=_NAME)
    await _last(world, "failed")
    await world.fleet.obey("garden")
    await _all_off(world)
    report = await _drill(world)
    world.check(report["result"] == "passed", f"not passed: {report}")
    await world.issue_gone("drill_failed", within=AT_ONCE)
    await _all_off(world)
    await world.check_quiet()


async def _drill(world: World) -> Mapping[str, Json]:
    """Run a drill of the alarm to its end, and return its report."""
    answer = await world.observer.client.ask(f"{DOMAIN}.run_drill", entity_id=_ALARM)
    [report] = answer["drills"]
    return dict(report)


async def _last(world: World, result: str) -> None:
    """Wait until the sensor shows this result of the last drill."""
    seen = world.observer
    await seen.until(lambda: seen.state(_LAST_DRILL) == result, f"{_LAST_DRILL} {result}", AT_ONCE)


async def _all_off(world: World) -> None:
    """Wait until the services are off, because they were told to be."""
    for name in _SERVICES:
        await world.fleet.wait_for(name, told="off", worker="off")
    await world.agreement(*_SERVICES.values())
