"""Short ways to make what the tests of commands need."""

from typing import Any

from custom_components.mqtt_sentinel.command.command import (
    Command,
    Confirmation,
    Late,
    Outcome,
    Relay,
    Result,
)
from custom_components.mqtt_sentinel.command.queue import MOST, CommandQueue
from custom_components.mqtt_sentinel.watch.reports import FeedbackReport, RelayReport, ThingKey
from tests.unit.build import at

ROOM = ThingKey("museum", "", "room1")
SHARED = "room1/status"

FEEDBACK = Confirmation(SHARED)
STATE = Confirmation(relay=Relay(ROOM, "light"), on=True)
BOTH = Confirmation(SHARED, Relay(ROOM, "light"), on=True)


def command(name: str = "light", target: str = "", **more: Any) -> Command:
    """A command to a target of the same name, tried once unless said otherwise."""
    target = target or name
    defaults = {"topic": f"room1/{target}", "confirmation": FEEDBACK, "tries": 1}
    return Command(name, target, payload=b"ON", **defaults | more)


class Desk:
    """A queue, with the broker there, and somebody who sends what it hands out."""

    def __init__(self, most: int = MOST, chance: float = 0.0) -> None:
        self.queue = CommandQueue(lambda: chance, most)
        self.queue.broker(True)

    def offer(self, *commands: Command, now: float = 0.0) -> None:
        for each in commands:
            self.queue.offer(each, now)

    def send(self, now: float = 0.0) -> list[str]:
        """Send all that is to be sent."""
        sent: list[str] = []
        while sending := self.queue.take(now):
            self.queue.sent(sending.command.id, now)
            sent.append(sending.command.id)
        return sent

    def say(
        self,
        ok: bool,
        now: float,
        topic: str = SHARED,
        *,
        retained: bool = False,
        by: str | None = None,
    ) -> None:
        """The thing says OK or ERROR."""
        report = FeedbackReport(ROOM, at(now), retained, topic, ok)
        self.queue.heard(report, None if by is None else by.encode())

    def move(self, on: bool, now: float, relay: str = "light", *, retained: bool = False) -> None:
        """The thing reports the state of a relay."""
        self.queue.heard(RelayReport(ROOM, at(now), retained, "topic", relay, on))

    def results(self) -> dict[str, Result]:
        """The new results, by the names of their commands."""
        news = self.queue.news()
        return {one.command.id: one.result for one in news if isinstance(one, Outcome)}

    def late(self) -> list[tuple[str, bool, float]]:
        """The new late answers: to whom, OK or ERROR, how late."""
        news = self.queue.news()
        return [(one.command.id, one.ok, one.latency) for one in news if isinstance(one, Late)]
