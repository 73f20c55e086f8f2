"""One service in a drill: what it was told, what it did, and what it still has to do."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from .drill_words import NOT_IN_TIME, PING_SLACK, RECORD_SLACK, RECORD_TIME, Fault, Found

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    the drill, or is needed by somebody, and was not turned off. ``record_at`` is when it was asked to
    record, ``media_id`` the clip that came of that, ``not_recorded`` why none did.
    """

    service: DrilledService
    found: Found = NOTHING_FOUND
    touched: bool = False
    up: bool = False
    on_at: float | None = None
    connected_at: float | None = None
    pinged_at: float | None = None
    record_at: float | None = None
    recorded_at: float | None = None
    media_id: str | None = None
    not_recorded: str | None = None
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
    def is_to_record(self) -> bool:
        """Tell whether it is the time to ask it for a recording; it is asked once."""
        ready = self.connected_at is not None and not self.fault
        return self.service.records and ready and self.record_at is None

    @property
    def is_recording(self) -> bool:
        """Tell whether it was asked to record, and nothing became of that yet."""
        return self.record_at is not None and self.media_id is None and self.not_recorded is None

    def recorded(self, media_id: str, at: float) -> None:
        """There is a clip of it."""
        if self.is_recording:
            self.media_id, self.recorded_at = media_id, at

    def did_not_record(self, reason: str) -> None:
        """There is no clip of it, and there will be none."""
        if self.is_recording:
            self.not_recorded = reason
            self.fault = self.fault or Fault.DID_NOT_RECORD

    @property
    def is_seen(self) -> bool:
        """Tell whether all that it has to do while it is on was seen, or was missed."""
        if self.fault:
            return True
        pinging = self.service.ping_interval is None or self.pinged_at is not None
        recorded = not self.service.records or self.media_id is not None
        return self.connected_at is not None and pinging and recorded

    @property
    def on_deadline(self) -> float | None:
        """When what it has to do while it is on is missed; None when nothing is waited for."""
        return min((deadline for deadline, _ in self._awaited()), default=None)

    def judge_on(self, at: float) -> None:
        """Find what was missed by now."""
        missed = min(((when, fault) for when, fault in self._awaited() if at >= when), default=None)
        if missed is None:
            return
        self.fault = missed[1]
        if self.fault is Fault.DID_NOT_RECORD:
            self.not_recorded = NOT_IN_TIME

    def _awaited(self) -> Iterator[tuple[float, Fault]]:
        """What it still has to do while it is on: until when, and what it is not to have done."""
        if self.fault or self.on_at is None:
            return
        if self.connected_at is None:
            yield self.on_at + self.service.settle, Fault.DID_NOT_CONNECT
            return
        if self.service.ping_interval is not None and self.pinged_at is None:
            yield self.connected_at + self.service.ping_interval + PING_SLACK, Fault.DID_NOT_PING
        if self.is_recording:
            assert self.record_at is not None  # it was asked
            yield self.record_at + RECORD_TIME + RECORD_SLACK, Fault.DID_NOT_RECORD

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
