"""The part of the story with a scene: it goes on whatever fails, and says which device did not."""

from collections.abc import Mapping
from typing import Any

from .members.workshop import RELAYS
from .observer import DOMAIN
from .pipe import Deed
from .world import AT_ONCE, BROKER_BACK, World

type Json = Any

_NAME = "Opening"
_SCENE = "scene.opening"
_LAST_RUN = "sensor.opening_last_run"

_SPOT = "room1/spot"
_DEAD = "bell"
_BELL = f"autocore/workshop/relay/{RELAYS.index(_DEAD)}/set"
_RASPBERRY = "raspberry-1"
_WELCOME = "opening"

_LATE = 1.0
"""Seconds after its moment that no step comes later than, on a machine with much else to do."""


def _command(at: float, topic: str, payload: str, feedback: str) -> Json:
    confirmation = {"feedback": feedback, "timeout": 0.5}
    step = {"at": at, "kind": "command", "topic": topic, "payload": payload}
    return {**step, "confirmation": confirmation}


_STEPS: list[Json] = [
    _command(0, _SPOT, "ON", "room1/status"),
    _command(0, _BELL, "ON", f"{_BELL}/feedback"),
    {
        "at": 0.5,
        "kind": "action",
        "action": "persistent_notification.create",
        "data": {"message": "Welcome", "notification_id": _WELCOME},
    },
    {"at": 0.6, "kind": "wait", "topic": "sensor/button", "timeout": 60},
    _command(0.2, _SPOT, "OFF", "room1/status"),
]
_SPOT_ON, _BELL_ON, _, _PRESSED, _SPOT_OFF = range(len(_STEPS))

_BEGUN = ["confirmed", "not_confirmed", "done"]


async def scene_with_a_dead_actuator(world: World) -> None:
    """A scene with a device that does not confirm: all else is on time, and its result says who."""
    await world.installation.make_scene(_NAME, _STEPS)
    await _until(world, "unknown")
    await world.fleet.tell(_DEAD, Deed.HUSH)
    await _begin(world)
    await world.fleet.tell(_RASPBERRY, Deed.BUTTON)
    await _until(world, "completed_with_failures")
    outcomes = _outcomes(world)
    world.check(outcomes == [*_BEGUN, "triggered", "confirmed"], f"outcomes: {outcomes}")
    steps = _steps(world)
    for step in steps:
        world.check(0 <= step["delay_ms"] < 1000 * _LATE, f"late: {step}")
        failed = step is steps[_BELL_ON]
        world.check(step["failed"] is failed, f"not told who failed: {step}")
        answered = step["latency_ms"] is not None
        world.check(answered is not failed, f"a latency without an answer, or none: {step}")
    for number in (_SPOT_ON, _SPOT_OFF):
        world.check(0 < steps[number]["latency_ms"] < 1000, f"answered late: {steps[number]}")
    world.check(steps[_BELL_ON]["about"] == _BELL, f"about: {steps[_BELL_ON]}")
    await world.fleet.wait_for("room", spot="off")


async def scene_stopped(world: World) -> None:
    """It is stopped in the middle: what it has not come to is not done, whatever happens then."""
    await _begin(world)
    await world.observer.client.act(f"{DOMAIN}.stop_scene", _SCENE)
    await _until(world, "stopped", within=AT_ONCE)
    outcomes = _outcomes(world)
    world.check(outcomes == [*_BEGUN, "cancelled", "not_run"], f"outcomes: {outcomes}")
    seen = world.observer
    await seen.listen("sensor/button")
    await world.fleet.tell(_RASPBERRY, Deed.BUTTON)
    await seen.until(lambda: seen.heard["sensor/button"] > 0, "the button, which nobody waits for")
    world.check(seen.state(_LAST_RUN) == "stopped", "a scene that was stopped went on")
    await world.fleet.wait_for("room", spot="on")


async def scene_simulated(world: World) -> None:
    """While the broker is away it is simulated: nothing is done, not even when that is back."""
    seen = world.observer
    await world.fleet.kill_broker()
    await seen.until(lambda: seen.issue("broker_gone") is not None, "the broker is missed")
    told = len(seen.events)
    await seen.client.act("scene.turn_on", _SCENE)
    await _until(world, "simulated")
    outcomes = _outcomes(world)
    world.check(outcomes == ["simulated"] * len(_STEPS), f"outcomes: {outcomes}")
    world.check(seen.attribute(_LAST_RUN, "simulated") is True, "not said to be a simulation")
    world.check(_WELCOME not in await _notifications(world), "a simulation called an action")
    await world.fleet.start_broker()
    await world.issue_gone("broker_gone", within=BROKER_BACK + world.times.grace)
    await world.fleet.wait_for("room", room1="online", within=BROKER_BACK)
    commands = [event for event in seen.events[told:] if _is_command(event)]
    world.check(not commands, f"a simulation commanded something: {commands}")
    # Its last step would have turned it off.
    world.check(world.fleet.state("room").facts["spot"] == "on", "a simulation was sent")
    await world.fleet.tell(_DEAD, Deed.BEHAVE)
    await world.installation.forget(_NAME)
    await _ignore_room(world)
    await world.check_quiet()


async def _begin(world: World) -> None:
    """Start the scene, and wait until it waits for the button."""
    await world.observer.client.act("scene.turn_on", _SCENE)

    def waits() -> bool:
        steps = _steps(world)
        return (
            world.observer.state(_LAST_RUN) == "running"
            and [step["outcome"] for step in steps] == [*_BEGUN, None, None]
            and steps[_PRESSED]["at"] is not None
        )

    await world.observer.until(waits, "the scene waits for the button")
    world.check(_WELCOME in await _notifications(world), "the action was not called")
    await world.observer.client.command(
        "call_service",
        domain="persistent_notification",
        service="dismiss",
        service_data={"notification_id": _WELCOME},
    )


async def _ignore_room(world: World) -> None:
    """Say that the room, which nobody watches, need not be watched: its answers were heard."""
    seen = world.observer
    await seen.until(lambda: seen.issue("known_thing") is not None, "the room is announced")
    issue = seen.issue("known_thing")
    assert issue is not None
    await world.installation.tick(issue, "ignore", "room1")
    await world.issue_gone("known_thing")


async def _notifications(world: World) -> list[str]:
    """The ids of the notifications that Home Assistant shows."""
    shown = await world.observer.client.command("persistent_notification/get")
    return [notification["notification_id"] for notification in shown]


async def _until(world: World, result: str, within: float = 20.0) -> None:
    """Wait for what the last run of the scene is found at."""
    seen = world.observer
    await seen.until(lambda: seen.state(_LAST_RUN) == result, f"{_LAST_RUN} {result}", within)


def _steps(world: World) -> list[Mapping[str, Json]]:
    return world.observer.attribute(_LAST_RUN, "steps") or []


def _outcomes(world: World) -> list[str | None]:
    return [step["outcome"] for step in _steps(world)]


def _is_command(event: Mapping[str, Json]) -> bool:
    return bool(event["event_type"] == f"{DOMAIN}_command")
