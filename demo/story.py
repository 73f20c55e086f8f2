"""The story that the product exists for, on real parts, step by step."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
import time
from typing import Any

from .broker import Broker
from .client import Client
from .fleet import Fleet
from .home import PASSWORD, USER, Home
from .household import ALARM
from .installation import Installation, Times
from .observer import DOMAIN, Observer, StoryError

type Json = Any

FRONT = "object_detection front"
GARDEN = "object_detection garden"
ATTIC = "object_detection attic"
CELLAR = "object_detection cellar"

PROTECTION = "sensor.home_alarm_protection"

_AT_ONCE = 3.0
"""Seconds within which a thing has to be noticed that needs no settling."""

_BROKER_BACK = 40.0
"""Seconds for Home Assistant to connect again (it tries every ten) and to subscribe."""


def problem(name: str) -> str:
    """The entity that says whether a watch has a problem."""
    return f"binary_sensor.{name.replace(' ', '_').lower()}_problem"


@dataclass(slots=True)
class World:
    """All parts of a running demo. ``observer`` and ``installation`` are of the signed-in user."""

    home: Home
    broker: Broker
    fleet: Fleet
    times: Times
    observer: Observer
    installation: Installation
    session: AsyncExitStack

    async def sign_in_again(self) -> None:
        """Open a new web page, after Home Assistant was started again."""
        await self.session.aclose()
        client = await self.session.enter_async_context(Client(self.home.url, USER, PASSWORD))
        self.observer = Observer(client)
        await self.observer.follow()
        self.installation = Installation(client, self.installation.entry_id)

    async def arm(self) -> None:
        """Arm the alarm."""
        await self.observer.client.act("alarm_control_panel.alarm_arm_away", ALARM)

    async def disarm(self) -> None:
        """Disarm the alarm."""
        await self.observer.client.act("alarm_control_panel.alarm_disarm", ALARM)

    async def protection(self, wanted: str, within: float = 20.0) -> None:
        """Wait for the alarm's protection to be ``wanted``."""
        await self.observer.until(
            lambda: self.observer.state(PROTECTION) == wanted, f"protection {wanted}", within
        )

    async def mismatch(self, name: str, reason: str, within: float = 20.0) -> None:
        """Wait for all that a mismatch brings: problem, repair issue, event."""
        seen = self.observer

        def complete() -> bool:
            return (
                seen.state(problem(name)) == "on"
                and seen.attribute(problem(name), "reason") == reason
                and seen.issue_keys().get(name, "").startswith(reason)
                and reason in [event["reason"] for event in self.events(name, "mismatch")]
            )

        await seen.until(complete, f"mismatch of {name}: {reason}", within)

    async def agreement(self, *names: str, within: float = 20.0) -> None:
        """Wait until watches are as they should be, and nothing says otherwise any more."""
        seen = self.observer

        def clear() -> bool:
            return all(
                seen.state(problem(name)) == "off"
                and seen.attribute(problem(name), "verdict") == "ok"
                and name not in seen.issue_keys()
                for name in names
            )

        await seen.until(clear, f"agreement of {', '.join(names)}", within)

    def events(self, name: str, kind: str) -> list[Mapping[str, Json]]:
        """What the bus events of a kind said of a watch since this web page was opened."""
        return [
            event["data"]
            for event in self.observer.events
            if event["event_type"] == f"{DOMAIN}_{kind}" and event["data"]["name"] == name
        ]

    def check(self, true: bool, what: str) -> None:
        """Raise StoryError unless something is as it has to be."""
        if not true:
            raise StoryError(f"{what}\n{self.observer.describe()}")

    async def check_quiet(self) -> None:
        """Raise StoryError when any issue is open."""
        await self.observer.read_issues()
        self.check(not self.observer.issues, "an issue is open that should not be")


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
    await world.mismatch(GARDEN, "did_not_turn_on", within=world.times.settle + _AT_ONCE)
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
    await world.mismatch(FRONT, "disconnected", within=_AT_ONCE)
    await world.protection("degraded")
    await world.fleet.start("front")
    await world.agreement(FRONT)
    await world.protection("protected")


async def stays_connected(world: World) -> None:
    """Alarm disarmed, a service stays connected: a mismatch, unless that is not verified."""
    fleet = world.fleet
    await fleet.ignore("garden")
    await world.disarm()
    await world.mismatch(GARDEN, "did_not_turn_off", within=world.times.settle + _AT_ONCE)
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
    await world.mismatch(FRONT, "did_not_turn_off", within=world.times.settle + _AT_ONCE)
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
    await world.agreement(FRONT, GARDEN, within=_BROKER_BACK + world.times.grace)
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
    await world.mismatch(FRONT, "disconnected", within=world.times.grace + _AT_ONCE)
    # The alarm panel of this home writes its state down only every quarter of an hour.
    await world.observer.client.command(
        "call_service", domain="homeassistant", service="save_persistent_states"
    )
    remembered = _since(world)
    await world.home.kill()
    await world.home.start()
    await world.sign_in_again()
    seen = world.observer
    await seen.until(
        lambda: seen.attribute(problem(FRONT), "reason") == "disconnected",
        "the mismatch is judged again",
        within=_BROKER_BACK + world.times.grace,
    )
    world.check(list(seen.issue_keys()) == [FRONT], "a false issue, or none")
    world.check(_since(world) == remembered, f"since-times changed: {remembered}, {_since(world)}")
    world.check(not world.events(FRONT, "mismatch"), "an old mismatch was told as a new one")
    await world.home.kill()
    await world.fleet.start("front")
    await world.home.start()
    await world.sign_in_again()
    await world.agreement(FRONT, GARDEN, within=_BROKER_BACK + world.times.grace)
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
    await world.mismatch(ATTIC, "no_live_proof", within=world.times.settle + _AT_ONCE)
    await world.installation.forget(ATTIC)
    await seen.until(lambda: not seen.issues, "the issue goes with the watch")


async def never_heard(world: World) -> None:
    """Alarm armed over a service of which nothing was ever heard: degraded, named."""
    await world.disarm()
    await world.agreement(FRONT, GARDEN)
    await world.installation.watch_unheard("services", "object_detection/cellar", CELLAR)
    await world.installation.guard([FRONT, GARDEN, CELLAR])
    await world.arm()
    await world.mismatch(CELLAR, "never_heard", within=world.times.settle + _AT_ONCE)
    await world.protection("degraded")
    world.check(list(world.observer.issue_keys()) == [CELLAR], "the issue does not name it")
    await world.installation.forget(CELLAR)
    await world.protection("protected")
    await world.check_quiet()


async def log_is_clean(world: World) -> None:
    """Nothing of all this made the integration complain in the log."""
    complaints = world.home.complaints()
    world.check(not complaints, f"complaints in the log: {complaints}")


STEPS: dict[str, Callable[[World], Awaitable[None]]] = {
    "a": both_come_up,
    "b": command_ignored,
    "c": service_killed,
    "d": stays_connected,
    "e": broker_killed,
    "f": home_killed,
    "g": ghost_believed,
    "h": never_heard,
    "log": log_is_clean,
}


async def play(world: World) -> bool:
    """Play all steps, one line each with the time it took; tell whether all came true."""
    for letter, step in STEPS.items():
        about = (step.__doc__ or "").strip()
        begun = time.monotonic()
        try:
            await step(world)
        except StoryError as error:
            print(
                f"{letter:4}FAILED  {time.monotonic() - begun:5.1f} s  {about}\n{error}", flush=True
            )
            return False
        print(f"{letter:4}ok      {time.monotonic() - begun:5.1f} s  {about}", flush=True)
    return True
