"""What of a camera's stream is kept: from the triggers and the segments to parts of recordings.

Whoever runs it does all orders that each call returns, in their order, and calls
:meth:`~Recording.wake` when :meth:`~Recording.next_deadline` has come. Moments that count are
monotonic seconds.

* A trigger at T begins a recording: from the segment that contains T - pre-roll, as far back as the
  ring goes, until T + duration. One that lasts goes on until its end is told, plus duration, but no
  longer than :data:`LONGEST_RECORDING`.
* A further trigger never begins a second recording: it prolongs the one that is. What is older than
  the beginning of that one stays out.
* Parts share the segments among them: each is in one part, none is left out. A part ends when it has
  :data:`PART_SECONDS`, when the stream is lost or began anew, and with the recording. A recording
  that is :data:`LONGEST_RECORDING` long goes on as the next one.
* While there is no stream a recording waits as long as it is wanted. A trigger that no part was made
  for is answered with the reason.
* A recording never has what the one before it has, nor goes back behind that. If it begins right
  after it, it says so.
"""

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..facts import LONGEST_RECORDING, PART_SECONDS
from .orders import Close, Nothing, Open, Order, Part, Reason, Take, Tell

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...watch.clock import Instant
    from ..facts import Segment, Trigger

# How much older than the pre-roll the segments are that a trigger which comes late may still ask for.
# The ring has to keep its files that long.
SPARE_SECONDS = 10.0
# So long nothing came: the stream is lost, whether somebody says so or not. Longer than any camera
# waits from one key frame to the next.
STALLED_SECONDS = 15.0
# A segment comes when it is over. So long after the end of a recording it may still bring what belongs there.
LATE_SECONDS = 5.0


@dataclass(slots=True, eq=False)
class _Want:
    """A trigger, until when it wants a recording, and whether a part was made for it."""

    trigger: Trigger
    until: float
    open: bool
    served: bool = False


@dataclass(slots=True, eq=False)
class _Running:
    """The recording that is: how many parts it has, and when the first of them began."""

    id: str
    asked: Instant
    number: int = 0
    began: float | None = None
    continues: str | None = None


@dataclass(slots=True, eq=False)
class _OpenPart:
    """The part that segments go to."""

    part: Part
    run: int
    length: float = 0.0


@dataclass(frozen=True, slots=True)
class _Kept:
    """A segment in the ring, by its number."""

    number: int
    segment: Segment


class Recording:
    """One camera's recordings, one after the other."""

    __slots__ = (
        *("_heard", "_last", "_last_id", "_name", "_open", "_orders", "_pre_roll", "_ring"),
        *("_running", "_seen", "_up", "_wants"),
    )

    def __init__(self, pre_roll: float, name: Callable[[], str]) -> None:
        """Start without a stream. ``name`` gives an id that no recording has had, each time."""
        self._pre_roll = pre_roll
        self._name = name
        self._ring: deque[_Kept] = deque()
        self._seen = 0
        self._up = False
        self._heard = 0.0
        self._wants: list[_Want] = []
        self._running: _Running | None = None
        self._open: _OpenPart | None = None
        self._last: _Kept | None = None
        self._last_id: str | None = None
        self._orders: list[Order] = []

    @property
    def running(self) -> bool:
        """Tell whether there is a recording, be it one that waits for the stream."""
        return self._running is not None

    def next_deadline(self) -> float | None:
        """When to :meth:`wake` it at the latest, None while there is no recording."""
        if self._running is None:
            return None
        return self._heard + STALLED_SECONDS if self._up else self._until() + LATE_SECONDS

    def trigger(self, trigger: Trigger, now: Instant) -> list[Order]:
        """Something asks for a recording, now or a while ago."""
        # A clock that was set must not begin a recording in the future.
        at = trigger.at if trigger.at.mono <= now.mono else now
        lasts = LONGEST_RECORDING if trigger.lasts else trigger.duration
        want = _Want(trigger, at.mono + lasts, trigger.lasts)
        if self._running is None or not self._running.number:
            if reason := self._too_late(want, at, now):
                self._orders.append(Nothing((trigger,), reason))
            else:
                self._begin(want, at)
        elif self._running.began is not None and want.until <= self._running.began:
            self._orders.append(Nothing((trigger,), Reason.TOO_OLD))
        else:
            self._wants.append(want)
            self._attach(want)
        return self._done()

    def ended(self, name: str, at: Instant) -> list[Order]:
        """What lasted is over; a name that nothing lasting has is passed by."""
        for want in self._wants:
            if want.open and want.trigger.name == name:
                want.open = False
                over = max(at.mono, want.trigger.at.mono) + want.trigger.duration
                want.until = min(want.until, over)
        self._end_if_whole()
        return self._done()

    def segment(self, segment: Segment, now: Instant) -> list[Order]:
        """The next segment of the stream is there."""
        kept = _Kept(self._seen, segment)
        self._seen += 1
        self._up = True
        self._heard = now.mono
        self._ring.append(kept)
        oldest = now.mono - self._pre_roll - SPARE_SECONDS
        while self._ring and self._ring[0].segment.ended <= oldest:
            self._ring.popleft()
        if self._running is not None:
            if segment.began.mono >= self._until():
                self._end(Reason.NO_STREAM)
            elif self._running.number or segment.ended > self._from(self._running.asked):
                self._take(kept)
                self._end_if_whole()
        return self._done()

    def stream_lost(self, now: Instant) -> list[Order]:
        """No segment comes any more, for now. What is there can be saved."""
        self._up = False
        self._heard = now.mono
        self._close()
        return self._done()

    def wake(self, now: Instant) -> list[Order]:
        """Do what time brings."""
        if self._running is not None:
            if self._up and self._heard + STALLED_SECONDS <= now.mono:
                self._up = False
                self._close()
            if not self._up and self._until() + LATE_SECONDS <= now.mono:
                self._end(Reason.NO_STREAM)
        return self._done()

    def stop(self) -> list[Order]:
        """End the recording with what is there."""
        if self._running is not None:
            self._end(Reason.STOPPING)
        return self._done()

    def _done(self) -> list[Order]:
        orders, self._orders = self._orders, []
        return orders

    def _from(self, asked: Instant) -> float:
        """What a recording begins with, if it was asked for then."""
        return asked.mono - self._pre_roll

    def _until(self) -> float:
        """Until when the recording is wanted."""
        return max(want.until for want in self._wants)

    def _too_late(self, want: _Want, asked: Instant, now: Instant) -> Reason | None:
        """Why there can be nothing for a trigger any more; None if there is or can be something."""
        pieces = self._in_ring(asked, want.until)
        newest = (
            self._ring[-1].segment.ended if self._ring and self._up else now.mono - LATE_SECONDS
        )
        if self._new(pieces) or want.until > newest:
            return None
        return Reason.RECORDED_BEFORE if pieces else Reason.TOO_OLD

    def _begin(self, want: _Want, asked: Instant) -> None:
        """Begin a recording, or one that has nothing yet a second time, with what the ring has."""
        self._wants.append(want)
        if self._running is None:
            self._running = _Running(self._name(), asked)
        elif asked.mono < self._running.asked.mono:
            self._running.asked = asked
        for kept in self._new(self._in_ring(self._running.asked, self._until())):
            self._take(kept)
        if not self._up:
            self._close()
        self._end_if_whole()

    def _in_ring(self, asked: Instant, until: float) -> list[_Kept]:
        """What the ring has of a recording that was asked for then."""
        since = self._from(asked)
        return [
            kept
            for kept in self._ring
            if kept.segment.ended > since and kept.segment.began.mono < until
        ]

    def _new(self, pieces: list[_Kept]) -> list[_Kept]:
        """Those that come after all that was taken."""
        return [kept for kept in pieces if self._last is None or kept.number > self._last.number]

    def _attach(self, want: _Want) -> None:
        """The part that is open belongs to this trigger, too."""
        if self._open is not None:
            part = self._open.part
            self._open.part = replace(part, triggers=(*part.triggers, want.trigger))
            want.served = True
            self._orders.append(Tell(self._open.part))

    def _take(self, kept: _Kept) -> None:
        """Put a segment into the part that it belongs to."""
        if self._open is not None and self._open.run != kept.segment.run:
            self._close()
        if self._open is None:
            self._open = self._opened(kept)
        self._orders.append(Take(self._open.part.key, kept.number, kept.segment))
        self._last = kept
        self._last_id = self._open.part.recording_id
        self._open.length += kept.segment.duration
        if self._open.length >= PART_SECONDS:
            self._close()

    def _opened(self, kept: _Kept) -> _OpenPart:
        """Begin the next part with a segment."""
        running = self._running
        assert running is not None
        began = kept.segment.began
        if running.began is None:
            running.began = began.mono
            running.continues = self._continued(kept)
        elif began.mono - running.began >= LONGEST_RECORDING:
            running = self._running = _Running(self._name(), running.asked, 0, began.mono)
            running.continues = self._continued(kept)
        running.number += 1
        # Who has what it wanted has nothing to do with what follows.
        self._wants = [want for want in self._wants if want.until > began.mono or not want.served]
        wanting = [want for want in self._wants if want.until > began.mono]
        for want in wanting:
            want.served = True
        part = Part(
            running.id,
            running.number,
            began,
            running.asked,
            tuple(want.trigger for want in wanting),
            running.continues if running.number == 1 else None,
        )
        self._orders.append(Open(part))
        return _OpenPart(part, kept.segment.run)

    def _continued(self, kept: _Kept) -> str | None:
        """The recording that a new one goes on from without a gap."""
        last = self._last
        if last is None or last.number + 1 != kept.number or last.segment.run != kept.segment.run:
            return None
        return self._last_id

    def _close(self) -> None:
        """The part is whole."""
        if self._open is not None:
            self._orders.append(Close(self._open.part))
            self._open = None

    def _end_if_whole(self) -> None:
        """End the recording if it has all that is wanted."""
        running, last = self._running, self._last
        if running is None or last is None or last.segment.ended < self._until():
            return
        if running.number:
            self._end(Reason.NO_STREAM)

    def _end(self, reason: Reason) -> None:
        """The recording is over; who got nothing hears why."""
        self._close()
        left = tuple(want.trigger for want in self._wants if not want.served)
        if left:
            self._orders.append(Nothing(left, reason))
        self._running = None
        self._wants = []
