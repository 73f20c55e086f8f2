"""All parts of a running demo, and what the steps of its story ask of them."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from .broker import Broker
from .client import Client
from .fleet import Fleet
from .home import PASSWORD, USER, Home
from .household import ALARM
from .installation import Installation, Times
from .observer import DOMAIN, Observer, StoryError, fired_at

type Json = Any

FRONT = "object_detection front"
GARDEN = "object_detection garden"
ATTIC = "object_detection attic"
CELLAR = "object_detection cellar"

PROTECTION = "sensor.home_alarm_protection"

AT_ONCE = 3.0
"""Seconds within which a thing has to be noticed that needs no settling."""

BROKER_BACK = 40.0
"""Seconds for Home Assistant to connect again (it tries every ten) and to subscribe."""


def problem(name: str) -> str:
    """The entity that says whether a watch has a problem."""
    return f"binary_sensor.{slug(name)}_problem"


def connectivity(name: str) -> str:
    """The entity that says whether a watch is connected."""
    return f"binary_sensor.{slug(name)}_connectivity"


def slug(name: str) -> str:
    """The name of a watch as entity ids have it."""
    return name.replace(" ", "_").replace("-", "_").lower()


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
        return [event["data"] for event in self._events(name, kind)]

    def fired(self, name: str, kind: str) -> list[float]:
        """When the bus events of a kind were about a watch, in epoch seconds."""
        return [fired_at(event) for event in self._events(name, kind)]

    def _events(self, name: str, kind: str) -> list[Mapping[str, Json]]:
        return [
            event
            for event in self.observer.events
            if event["event_type"] == f"{DOMAIN}_{kind}" and event["data"]["name"] == name
        ]

    async def issue_gone(self, kind: str, within: float = 20.0) -> None:
        """Wait until no issue of a kind is open."""
        await self.observer.until(
            lambda: kind not in self.observer.issue_keys().values(), f"no {kind} any more", within
        )

    async def only_issue(self, kind: str, within: float = 20.0, **placeholders: str) -> None:
        """Wait until the one issue that is open is of a kind and says all of ``placeholders``."""
        seen = self.observer
        await seen.until(
            lambda: len(seen.issues) == 1 and seen.tells(kind, **placeholders),
            f"one issue, {kind} {placeholders or ''}",
            within,
        )

    def check(self, true: bool, what: str) -> None:
        """Raise StoryError unless something is as it has to be."""
        if not true:
            raise StoryError(f"{what}\n{self.observer.describe()}")

    async def check_quiet(self) -> None:
        """Raise StoryError when any issue is open."""
        await self.observer.read_issues()
        self.check(not self.observer.issues, "an issue is open that should not be")
