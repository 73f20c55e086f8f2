"""One drill that runs: what it listens to, what it sent, and who waits for its end."""

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from ..dialects import services
from ..dialects.services import read_switch, switch_service
from ..watch.cameras import CAMERA
from ..watch.drill_words import DrilledService, Found

if TYPE_CHECKING:
    from collections.abc import Mapping

    from homeassistant.core import CALLBACK_TYPE, Context

    from ..control.commands import Commands
    from ..evidence.captures import Captures
    from ..intake.expectations import ExpectationIntake
    from ..intake.mqtt import MqttIntake
    from ..outcome.audience import Audience
    from ..outcome.telling import Telling
    from ..watch.drill import Drill
    from ..watch.drill_report import DrillReport
    from ..watch.drill_words import Order
    from ..watch.reports import ThingKey
    from ..watch.sentinel import Sentinel
    from ..watch.watched import Watched


class Around(Protocol):
    """The parts of the hub that drills need."""

    commands: Commands
    mqtt: MqttIntake
    expectations: ExpectationIntake
    sentinel: Sentinel
    audience: Audience
    telling: Telling

    @property
    def cameras(self) -> Captures:
        """All cameras, which can be told to record."""


@dataclass(slots=True)
class Run:
    """A drill, with all that belongs to it for as long as it runs.

    ``topics``: the topic of the commands of each service that can be commanded, by its watch.
    ``awaited``: the topics that the broker did not confirm yet. ``standing``: the command that each
    service had last, before the drill. ``sent``: the last payload that the drill gave out for each.
    ``open``: the command of each that has no result yet. ``orders``: what each command was for.
    ``recordings``: the task of each camera that is recorded, and has no result yet.
    """

    drill: Drill
    name: str
    topics: dict[str, str]
    context: Context | None = None
    awaited: set[str] = field(default_factory=set)
    standing: dict[str, bytes] = field(default_factory=dict)
    sent: dict[str, bytes] = field(default_factory=dict)
    open: dict[str, str] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    recordings: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    count: int = 0
    look: asyncio.TimerHandle | None = None
    stops: list[CALLBACK_TYPE] = field(default_factory=list)
    waiters: list[asyncio.Future[DrillReport]] = field(default_factory=list)

    def command_id(self, order: Order) -> str:
        """A new id for the command of an order."""
        self.count += 1
        command_id = f"drill-{self.drill.id}-{self.count}"
        self.orders[command_id] = order
        self.open[order.watch_id] = command_id
        self.sent[order.watch_id] = order.payload
        return command_id

    def as_dict(self) -> dict[str, Any]:
        """What has to outlive Home Assistant, in JSON types."""
        return self.drill.as_dict() | {"alarm": self.name, "topics": self.topics}

    def found(self, watches: Mapping[str, Watched]) -> dict[str, Found]:
        """How all that is watched now was found, by its watch."""
        return {
            watch_id: found_of(watch.config.key, self.standing.get(watch_id), found_up(watch))
            if watch_id in self.topics
            else Found(found_up(watch))
            for watch_id in self.drill.watch_ids
            if (watch := watches.get(watch_id))
        }

    def stop_recording(self) -> None:
        """What cameras record is not waited for any more; it is saved all the same."""
        while self.recordings:
            self.recordings.popitem()[1].cancel()

    def stop_looking(self) -> None:
        """What was to be looked at is not any more, or was."""
        if self.look:
            self.look.cancel()
            self.look = None

    def hang_up(self) -> None:
        """Listen to nothing any more, and wait for nothing."""
        self.stop_looking()
        self.stop_recording()
        while self.stops:
            self.stops.pop()()

    def answer(self, report: DrillReport) -> None:
        """Give the report to all who wait for it."""
        while self.waiters:
            waiter = self.waiters.pop()
            if not waiter.done():
                waiter.set_result(report)


def service_of(watch: Watched) -> DrilledService:
    """What a drill has to know of a watch."""
    config = watch.config
    return DrilledService(
        config.id,
        config.name,
        config.settings.settle,
        config.settings.ping_interval,
        commanded=config.key.dialect == services.NAME,
        records=config.key.dialect == CAMERA,
    )


def topic_of(key: ThingKey) -> str:
    """The topic of the commands of a service."""
    return switch_service(key, True).topic


def found_of(key: ThingKey, told: bytes | None, up: bool) -> Found:
    """How a service was: ``told`` is the command that it had last, None when there was none."""
    on = switch_service(key, True).payload
    if not told:
        # It runs without ever having been told to: it is left alone.
        return Found(up, True) if up else Found(up, False, on, switch_service(key, False).payload)
    switched = read_switch(key, told)
    if switched is None:
        return Found(up, up, on, told)
    return Found(up, switched.runs, told if switched.guards else on, told)


def found_up(watch: Watched) -> bool:
    """Tell whether a thing is connected, on the proof that is demanded of it."""
    facts = watch.facts
    return facts.up is True and (facts.live or not watch.config.settings.require_live)
