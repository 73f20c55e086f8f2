"""The part of the story with relays: each misbehaves in its own way, and is told so."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
import time
from typing import Any

from mqtt_sentinel_node import Message

from .installation import Installation
from .members.room import ACTUATORS
from .members.workshop import RELAYS
from .observer import DOMAIN
from .pipe import Deed
from .wire import Wire
from .world import AT_ONCE, BROKER_BACK, World

type Json = Any

_PLUG = "tasmota_plug"
_CRITICAL = "pump"
_SWAPPED = "valve"

_KEPT = "autocore/workshop/status"

_TTL = 2.0
_OUTAGE = 6.0
_LONG_TTL = 10.0
_LONG_OUTAGE = 60.0


@dataclass(frozen=True, slots=True)
class _Case:
    """How a relay behaves, the result of its command, and for which reason it is wrong then."""

    relay: str
    habit: Deed
    result: str
    status: str
    reason: str = ""
    late: bool = False


_CASES = (
    _Case("light", Deed.BEHAVE, "confirmed", "confirmed"),
    _Case(_CRITICAL, Deed.STICK, "not_moved", "timeout", "did_not_turn_on"),
    _Case("fan", Deed.HUSH, "confirmed_by_state", "confirmed"),
    _Case("heater", Deed.DAWDLE, "not_confirmed", "timeout", "did_not_turn_on", late=True),
    _Case("bell", Deed.STUTTER, "confirmed", "confirmed"),
    _Case("gate", Deed.FAIL, "error_reported", "error", "error_reported"),
)
_WRONG = tuple(case for case in _CASES if case.reason)
_STAY_WRONG = tuple(case for case in _WRONG if not case.late)


async def relays_misbehave(world: World) -> None:
    """Relays misbehave, each in its own way: each has its own result; sent again, all is well."""
    seen = world.observer
    await _set_up(world, _TTL)
    for case in _CASES:
        await world.fleet.tell(case.relay, case.habit)
    names = [case.relay for case in _CASES]
    results = await _send(world, "on", names)
    for case in _CASES:
        got = results[case.relay]
        wanted = {"result": case.result, "status": case.status, "sends": 1}
        world.check(wanted.items() <= got.items(), f"{case.relay}, told to {case.habit}: {got}")
        await _last_command(world, case.relay, case.result)
    for case in _WRONG:
        await world.mismatch(case.relay, case.reason, within=AT_ONCE)
        critical = _issue(world, case.relay)["severity"] == "critical"
        world.check(critical is (case.relay == _CRITICAL), f"{case.relay}: critical is {critical}")
    # What comes late changes no result, and is believed.
    await world.agreement(*(case.relay for case in _CASES if case.late))
    for case in _STAY_WRONG:
        await world.fleet.tell(case.relay, Deed.BEHAVE)
        await world.installation.fix(_issue(world, case.relay), "repeat")
        await _last_command(world, case.relay, "confirmed")
    await world.agreement(*names, within=AT_ONCE)
    for case in _CASES:
        again = ["confirmed"] if case in _STAY_WRONG else []
        await _told(world, case.relay, [case.result, *again], [case.result] if case.late else [])
        world.check(seen.state(_switch(case.relay)) == "on", f"{case.relay} is not on")
        await world.fleet.tell(case.relay, Deed.BEHAVE)
    await world.check_quiet()


async def answers_swapped(world: World) -> None:
    """Answers come out of order, two share one topic, a plug works: nobody is blamed at random."""
    seen, act = world.observer, world.observer.client.act
    await world.fleet.tell(_SWAPPED, Deed.SWAP)
    await act("switch.turn_on", _switch(_SWAPPED))
    await seen.until(lambda: seen.state(_switch(_SWAPPED)) == "on", f"{_SWAPPED} moves")
    await act("switch.turn_off", _switch(_SWAPPED))
    await _last_command(world, _SWAPPED, "confirmed")
    await _told(world, _SWAPPED, ["replaced", "confirmed"], ["replaced"])
    world.check(seen.state(_switch(_SWAPPED)) == "off", f"{_SWAPPED} is not off")
    await world.fleet.tell(_SWAPPED, Deed.BEHAVE)

    # Two OK to two commands, whichever comes first; one ERROR to two may be that of either.
    await world.fleet.tell(ACTUATORS[0], Deed.SWAP)
    await _all(world, "on", ACTUATORS, "confirmed")
    await world.fleet.tell(ACTUATORS[1], Deed.FAIL)
    await _all(world, "off", ACTUATORS, "ambiguous")
    for name in ACTUATORS:
        await world.mismatch(name, "not_confirmed", within=AT_ONCE)
        await world.fleet.tell(name, Deed.BEHAVE)
    for name in ACTUATORS:
        await world.installation.fix(_issue(world, name), "repeat")
    for name in ACTUATORS:
        await _last_command(world, name, "confirmed")

    await world.installation.switch_heard(f"{_PLUG} 1", "plug", checks=_checks(_TTL))
    for state in ("on", "off"):
        await act(f"switch.turn_{state}", "switch.plug")
        await seen.until(lambda: seen.state("switch.plug") == state, f"the plug is {state}")  # noqa: B023 - it ends here
    await _told(world, "plug", ["confirmed", "confirmed"])
    for name in ("plug", *ACTUATORS):
        await world.installation.forget(name)
    await world.check_quiet()


async def nothing_sent_late(world: World) -> None:
    """The broker is gone while relays are commanded: all expire, and nothing moves late."""
    await _nothing_late(world, RELAYS[:4], _OUTAGE)
    for name in RELAYS:
        await world.installation.forget(name)
    await world.check_quiet()


async def nothing_sent_after_a_minute(world: World) -> None:
    """The broker is gone for a minute while relays are commanded: nothing moves late."""
    await _set_up(world, _LONG_TTL)
    await _nothing_late(world, RELAYS, _LONG_OUTAGE)


async def set_up_relays(installation: Installation, ttl: float = _TTL) -> None:
    """Set up all relays of the workshop and the room; their commands live for ``ttl`` seconds."""
    checks = _checks(ttl)
    for number, name in enumerate(RELAYS):
        await installation.switch_heard(
            f"workshop {number}",
            name,
            command_topic=_command_topic(number),
            confirm="both",
            critical=name == _CRITICAL,
            checks=checks,
        )
    for name in ACTUATORS:
        await installation.switch_unheard(
            *("museum", "room1", name, name), feedback_topic="room1/status", checks=checks
        )


async def _set_up(world: World, ttl: float) -> None:
    """Set up all relays, and wait until their answers can be heard."""
    seen = world.observer
    await world.agreement("workshop")
    await set_up_relays(world.installation, ttl)
    # The broker sends what it keeps for a subscription when it knows all that were made before.
    await seen.listen(_KEPT)
    await seen.until(lambda: seen.heard[_KEPT] > 0, f"{_KEPT}, which the broker keeps")


async def _nothing_late(world: World, names: Sequence[str], outage: float) -> None:
    seen = world.observer
    told = {name: len(world.events(name, "command")) for name in names}
    wanted = "off" if seen.state(_switch(names[0])) == "on" else "on"
    await world.fleet.kill_broker()
    gone = time.monotonic()
    await seen.until(lambda: seen.issue("broker_gone") is not None, "the broker is missed")
    results = await _send(world, wanted, names)
    for name in names:
        got = results[name]
        world.check((got["result"], got["sends"]) == ("expired", 0), f"{name}: {got}")

    def all_expired() -> bool:
        new = {name: world.events(name, "command")[told[name] :] for name in names}
        return all([event["result"] for event in of_one] == ["expired"] for of_one in new.values())

    await seen.until(all_expired, "all commands are told as expired", AT_ONCE)
    # How long it is gone is what is played here.
    await asyncio.sleep(max(0.0, gone + outage - time.monotonic()))
    await world.fleet.start_broker()
    async with _listening(world) as sent:
        await seen.until(
            lambda: all(seen.issue_keys().get(name) == "not_sent_command" for name in names),
            "one issue about each that was not sent",
            BROKER_BACK + world.times.grace,
        )
        # What comes after this came after all that could have been sent late.
        await _all(world, wanted, names, "confirmed")
        async with asyncio.timeout(AT_ONCE):
            topics = sorted([(await sent.get()).topic for _ in names])
        once = [_command_topic(RELAYS.index(name)) for name in names]
        world.check(topics == once and sent.empty(), f"sent late: {topics}")
    await world.agreement(*names)
    await world.issue_gone("broker_gone")
    await world.check_quiet()


@asynccontextmanager
async def _listening(world: World) -> AsyncGenerator[asyncio.Queue[Message]]:
    """Who hears all commands of the workshop at the broker itself, from here on."""
    loop, up = asyncio.get_running_loop(), asyncio.Event()
    heard: asyncio.Queue[Message] = asyncio.Queue()

    def is_up() -> None:
        loop.call_soon_threadsafe(up.set)

    def hear(message: Message) -> None:
        loop.call_soon_threadsafe(heard.put_nowait, message)

    client = Wire(world.broker.address).client(client_id="listener", on_up=is_up)
    client.subscribe(_command_topic("+"), hear)
    client.start()
    try:
        async with asyncio.timeout(AT_ONCE):
            await up.wait()
        yield heard
    finally:
        await asyncio.to_thread(client.stop)


async def _all(world: World, state: str, names: Sequence[str], result: str) -> None:
    """Command some relays at once, and check that this is the result of each."""
    for name, got in (await _send(world, state, names)).items():
        world.check(got["result"] == result, f"{name} is to be {state}, and {result}: {got}")


async def _send(world: World, state: str, names: Sequence[str]) -> dict[str, Mapping[str, Json]]:
    """Command some relays at once, wait for the results, and answer with these, by name."""
    entities = [_switch(name) for name in names]
    answer = await world.observer.client.ask(
        f"{DOMAIN}.send_command", entity_id=entities, state=state
    )
    return {command["name"]: command for command in answer["commands"]}


async def _told(world: World, name: str, results: Sequence[str], late: Sequence[str] = ()) -> None:
    """Wait until these results of a relay's commands are what this web page was told, and no more.

    ``late`` are the results that somebody said OK to after them, however often.
    """

    def all_told() -> bool:
        events = world.events(name, "command")
        after = {event["result"] for event in events if event["late"] == "ok"}
        ended = [event["result"] for event in events if not event["late"]]
        return ended == [*results] and after == {*late}

    what = f"{name}: {', '.join(results)}, late after {', '.join(late) or 'none'}"
    await world.observer.until(all_told, what, AT_ONCE)


async def _last_command(world: World, name: str, result: str) -> None:
    """Wait for the sensor to show the result of a relay's command."""
    seen, sensor = world.observer, f"sensor.{name}_last_command"
    await seen.until(lambda: seen.state(sensor) == result, f"{sensor} {result}", AT_ONCE)


def _issue(world: World, name: str) -> Mapping[str, Json]:
    """The open issue about a relay."""
    return next(
        issue
        for issue in world.observer.issues.values()
        if issue["translation_placeholders"]["name"] == name
    )


def _switch(name: str) -> str:
    return f"switch.{name}"


def _command_topic(relay: int | str) -> str:
    return f"autocore/workshop/relay/{relay}/set"


def _checks(ttl: float) -> dict[str, Json]:
    return {"timeout": 1.0, "ttl": ttl, "settle": 1.0, "grace": 1.0, "require_live": False}
