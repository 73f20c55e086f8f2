"""One service in a drill: what it was told, what it did, and what it still has to do."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from .drill_words import PING_SLACK, Fault, Found

if TYPE_CHECKING:
    from .drill_words import DrilledService


NOTHING_FOUND = Found(up=False)


class Back(Enum):
    """How far the way back is: it is to be gone, a command was given out, was sent, all is done."""

    OPEN = auto()
    ASKED = auto()
    SENT = auto()
    DONE = auto()


@dataclass(slots=True)
class Part:
    """The state of one service in a drill. Times on the monotonic clock, in seconds.

    ``touched``: a command to turn it on was given out, and maybe sent. ``left_on``: it ran before
    the drill, or is needed by somebody, and was not turned off.
    """

    service: DrilledService
    found: Found = NOTHING_FOUND
    touched: bool = False
    up: bool = False
    on_at: float | None = None
    connected_at: float | None = None
    pinged_at: float | None = None
    back: Back = Back.OPEN
    back_at: float = 0.0
    retry_at: float | None = None
    off_at: float | None = None
    left_on: bool = False
    fault: Fault | None = None

    def turned_on(self, at: float) -> None:
        """It was told on, or needs no telling: from now on it has to come."""
        self.on_at = at
        if self.up:
            self.connected_at = at

    def heard(self, up: bool, at: float) -> None:
        """It connected, or is gone."""
        self.up = up
        if up and self.on_at is not None and self.connected_at is None:
            self.connected_at = at

    def pinged(self, at: float) -> None:
        """It gave a sign of life."""
        if self.connected_at is not None and self.pinged_at is None:
            self.pinged_at = at

    @property
    def is_seen(self) -> bool:
        """Tell whether all that it has to do while it is on was seen, or was missed."""
        if self.fault:
            return True
        pinging = self.service.ping_interval is None or self.pinged_at is not None
        return self.connected_at is not None and pinging

    @property
    def on_deadline(self) -> float | None:
        """When what it has to do while it is on is missed; None when nothing is waited for."""
        if self.is_seen or self.on_at is None:
            return None
        if self.connected_at is None:
            return self.on_at + self.service.settle
        assert self.service.ping_interval is not None  # or it would be seen
        return self.connected_at + self.service.ping_interval + PING_SLACK

    def judge_on(self, at: float) -> None:
        """Find what was missed by now."""
        deadline = self.on_deadline
        if deadline is not None and at >= deadline:
            missed_ping = self.connected_at is not None
            self.fault = Fault.DID_NOT_PING if missed_ping else Fault.DID_NOT_CONNECT

    def end_on(self) -> None:
        """It has been on for long enough: who came and left again did not stay."""
        if self.fault is None and not self.up:
            self.fault = Fault.DISCONNECTED

    @property
    def needs_no_way_back(self) -> bool:
        """Tell whether it is as it was found without another command."""
        return not self.touched or self.found.turn_on == self.found.put_back

    def end_back(self, *, left_on: bool = False) -> None:
        """There is nothing more to do for it."""
        self.back, self.retry_at = Back.DONE, None
        self.left_on = left_on

    @property
    def off_deadline(self) -> float | None:
        """When it has to be off; None while it need not."""
        return self.back_at + self.service.settle if self.back is Back.SENT else None
