"""Short ways to make what the tests of clips need."""

from itertools import count
from pathlib import Path

from custom_components.mqtt_sentinel.evidence.clips.orders import (
    Close,
    Nothing,
    Open,
    Order,
    Reason,
    Take,
    Tell,
)
from custom_components.mqtt_sentinel.evidence.clips.recording import Recording
from custom_components.mqtt_sentinel.evidence.facts import Cause, Segment, Trigger

from ..build import EPOCH, at

__all__ = ["EPOCH", "at"]


def piece(began: float, duration: float = 1.0, run: int = 1) -> Segment:
    """A segment that began then."""
    return Segment(Path(f"{run}-{began}.ts"), run, at(began), duration)


def trigger(
    seconds: float,
    name: str = "hall",
    *,
    duration: float = 10.0,
    lasts: bool = False,
    cause: Cause = Cause.MOTION,
    event_id: str | None = None,
    incident_id: str | None = None,
) -> Trigger:
    """Something that asks for a recording then."""
    return Trigger(cause, at(seconds), name, duration, lasts, event_id, incident_id)


class Bench:
    """A recording with a stream of one-second segments, and a short notation of its orders."""

    def __init__(self, pre_roll: float = 5.0) -> None:
        numbers = count(1)
        self.recording = Recording(pre_roll, lambda: f"r{next(numbers)}")
        self.time = 0.0
        self.said: list[str] = []
        self.nothing: list[tuple[str, Reason]] = []
        self.opened: dict[str, Open] = {}
        self.closed: dict[str, Close] = {}

    def note(self, orders: list[Order]) -> list[str]:
        said = [self._word(order) for order in orders]
        self.said += said
        return said

    def _word(self, order: Order) -> str:
        match order:
            case Open(part):
                self.opened[part.key] = order
                return f"open {part.key}"
            case Take(key, number):
                return f"{key}: {number}"
            case Tell(part):
                return f"tell {part.key}"
            case Close(part):
                self.closed[part.key] = order
                return f"close {part.key}"
            case Nothing(triggers, reason):
                self.nothing += [(each.name, reason) for each in triggers]
                return f"nothing: {reason}"

    def stream(self, seconds: int, run: int = 1) -> list[str]:
        """The stream goes on for so many segments."""
        said: list[str] = []
        for _ in range(seconds):
            began = self.time
            self.time += 1.0
            said += self.note(self.recording.segment(piece(began, run=run), at(self.time)))
        return said

    def wait(self, seconds: float) -> list[str]:
        """Nothing comes for so long."""
        until = self.time + seconds
        said: list[str] = []
        while (due := self.recording.next_deadline()) is not None and due <= until:
            self.time = max(self.time, due)
            said += self.note(self.recording.wake(at(self.time)))
        self.time = until
        return said

    def ask(self, seconds: float | None = None, name: str = "hall", **more: object) -> list[str]:
        """Something asks for a recording; now, if it is not said when."""
        wanted = trigger(self.time if seconds is None else seconds, name, **more)  # type: ignore[arg-type]  # handed on
        return self.note(self.recording.trigger(wanted, at(self.time)))

    def end(self, name: str = "hall") -> list[str]:
        return self.note(self.recording.ended(name, at(self.time)))

    def lose(self) -> list[str]:
        return self.note(self.recording.stream_lost(at(self.time)))
