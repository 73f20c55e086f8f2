"""The first half of the story: an alarm, the two services that it relies on, and who is to blame."""

import time
from typing import Any

from .world import AT_ONCE, ATTIC, BROKER_BACK, CELLAR, FRONT, GARDEN, World, problem

type Json = Any


async def both_come_up(world: World) -> None:
    """Alarm armed, both services come up: protected, no issue."""
    await world.agreement(FRONT, GARDEN)
    await world.protection("disarmed")
    await world.arm()
    await world.protection("protected")
    await world.check_quiet()
    world.check(not world.observer.events, "a mismatch was told although all is well")


async def command_ignored(world: World) -> None:
    """A service ignores its command: mismatch after the settle time; it obeys: all clears."""
    await world.disarm()
    await world.agreement(FRONT, GARDEN)
    await world.fleet.ignore("garden")
    armed = time.monotonic()
    await world.arm()
    await world.mismatch(GARDEN, "did_not_turn_on", within=world.times.settle + AT_ONCE)
    world.check(time.monotonic() - armed >= world.times.settle, "judged before the settle time")
    await world.protection("degraded")
    world.check(len(world.observer.issues) == 1, "one cause made several issues")
    await world.fleet.obey("garden")
    await world.agreement(FRONT, GARDEN)
    await world.protection("protected")
    world.check(len(world.events(GARDEN, "recovered")) == 1, "the recovery was not told once")


async def service_killed(world: World) -> None:
    """Alarm armed, a service is killed: its Last Will makes a mismatch at once."""
    await world.fleet.kill("front")
    await world.mismatch(FRONT, "disconnected", within=AT_ONCE)
    await world.protection("degraded")
    await world.fleet.start("front")
    await world.agreement(FRONT)
    await world.protection("protected")


async def stays_connected(world: World) -> None:
    """Alarm disarmed, a service stays connected: a mismatch, unless that is not verified."""
    fleet = world.fleet
    await fleet.ignore("garden")
    await world.disarm()
    await world.mismatch(GARDEN, "did_not_turn_off", within=world.times.settle + AT_ONCE)
    await fleet.obey("garden")
    await world.agreement(FRONT, GARDEN)
    await world.installation.guard([FRONT, GARDEN], not_connect=(GARDEN,))
    await world.arm()
    await world.protection("protected")
    told = len(world.events(GARDEN, "mismatch"))
    await fleet.ignore("front")
    await fleet.ignore("garden")
    await world.disarm()
    # The one that is verified tells when the settle time of both is over.
    await world.mismatch(FRONT, "did_not_turn_off", within=world.times.settle + AT_ONCE)
    world.check(len(world.events(GARDEN, "mismatch")) == told, "told what is not verified")
    world.check(GARDEN not in world.observer.issue_keys(), "an issue of what is not verified")
    await fleet.obey("front")
    await fleet.obey("garden")
    await world.agreement(FRONT, GARDEN)
    await world.installation.guard([FRONT, GARDEN])


async def broker_killed(world: World) -> None:
    """The broker is killed: one issue, verdicts suspended; it comes back: judging goes on."""
    seen = world.observer
    await world.arm()
    await world.protection("protected")
    told = len(seen.events)
    since = seen.attribute(problem(FRONT), "expected_since")
    watched = [entity for entity in seen.states if entity.endswith("_problem")]
    await world.fleet.kill_broker()
    await seen.until(
        lambda: (
            [issue["translation_key"] for issue in seen.issues.values()] == ["broker_gone"]
            and all(seen.attribute(entity, "verdict") == "suspended" for entity in watched)
        ),
        "one issue about the broker, and all verdicts suspended",
    )
    await world.protection("unknown")
    await world.fleet.start_broker()
    await world.agreement(FRONT, GARDEN, within=BROKER_BACK + world.times.grace)
    await world.protection("protected")
    if not world.broker.keeps_retained:
        # What the services were told, and what the ghost left, went with the broker.
        await seen.client.act("automation.trigger", "automation.turn_the_detection_on")
        await world.fleet.start("ghost")
    await world.check_quiet()
    world.check(len(seen.events) == told, "a mismatch was told while the broker was gone")
    world.check(
        seen.attribute(problem(FRONT), "expected_since") == since,
        "the expectation did not outlast the broker",
    )


async def home_killed(world: World) -> None:
    """Home Assistant is killed with a mismatch open: it is there again, then rightly gone."""
    await world.fleet.kill("front")
    # The grace after the broker came back may still run.
    await world.mismatch(FRONT, "disconnected", within=world.times.grace + AT_ONCE)
    # The alarm panel of this home writes its state down only every quarter of an hour.
    await world.observer.client.command(
        "call_service", domain="homeassistant", service="save_persistent_states"
    )
    remembered = _since(world)
    [mismatch] = world.events(FRONT, "mismatch")[-1:]
    await world.home.wrote(mismatch["incident_id"])
    await world.home.kill()
    await world.home.start()
    await world.sign_in_again()
    seen = world.observer
    await seen.until(
        lambda: seen.attribute(problem(FRONT), "reason") == "disconnected",
        "the mismatch is judged again",
        within=BROKER_BACK + world.times.grace,
    )
    await world.only_issue("disconnected_alarm", within=AT_ONCE, name=FRONT)
    world.check(_since(world) == remembered, f"since-times changed: {remembered}, {_since(world)}")
    world.check(not world.events(FRONT, "mismatch"), "an old mismatch was told as a new one")
    await world.home.kill()
    await world.fleet.start("front")
    await world.home.start()
    await world.sign_in_again()
    await world.agreement(FRONT, GARDEN, within=BROKER_BACK + world.times.grace)
    await world.protection("protected")
    await world.check_quiet()
    world.check(not world.events(GARDEN, "mismatch"), "a false mismatch was told")


def _since(world: World) -> list[Json]:
    attribute = world.observer.attribute
    return [attribute(problem(FRONT), name) for name in ("expected_since", "mismatch_since")]


async def ghost_believed(world: World) -> None:
    """A retained "online" of a service that is gone: proof is shown, live proof is missed."""
    seen = world.observer
    await world.installation.watch_heard(ATTIC, expect="always")
    await seen.until(
        lambda: (
            seen.attribute(problem(ATTIC), "verdict") == "ok"
            and seen.attribute(problem(ATTIC), "proof") == "retained"
        ),
        "believed as far as a retained message can be",
    )
    await world.installation.expect(ATTIC, expect="always", require_live=True)
    await world.mismatch(ATTIC, "no_live_proof", within=world.times.settle + AT_ONCE)
    await world.installation.forget(ATTIC)
    await seen.until(lambda: not seen.issues, "the issue goes with the watch")


async def never_heard(world: World) -> None:
    """Alarm armed over a service of which nothing was ever heard: degraded, named."""
    await world.disarm()
    await world.agreement(FRONT, GARDEN)
    await world.installation.watch_unheard("services", "object_detection/cellar", CELLAR)
    await world.installation.guard([FRONT, GARDEN, CELLAR])
    await world.arm()
    await world.mismatch(CELLAR, "never_heard", within=world.times.settle + AT_ONCE)
    await world.protection("degraded")
    await world.only_issue("never_heard_alarm", within=AT_ONCE, name=CELLAR)
    await world.installation.forget(CELLAR)
    await world.protection("protected")
    await world.check_quiet()
