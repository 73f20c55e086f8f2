"""Whether a thing is steady: one that comes and goes is told once, and has to last to be over."""

from dataclasses import dataclass

from .verdict import NOT_JUDGED, Judgement, Reason, Verdict

MOST_FLIPS = 3
WITHIN = 300.0
FIRST_HOLD = 60.0
LONGEST_HOLD = 3_600.0
# One that kept quiet for so long after it was over begins again with the first hold.
FORGET_AFTER = 3_600.0

_SIDES = {Verdict.OK: True, Verdict.MISMATCH: False}


@dataclass(slots=True)
class Steadiness:
    """How often the judgement of a watch flipped between right and wrong, and what it has to hold.

    All times in monotonic seconds. ``flips`` are the latest. ``hold`` is how long a recovery has to
    last before it counts, 0 while the thing does not flap; with every relapse it doubles.
    ``steady_at`` is when the present recovery will have lasted.
    """

    flips: tuple[float, ...] = ()
    good: bool | None = None
    hold: float = 0.0
    steady_at: float = 0.0
    next_hold: float = FIRST_HOLD
    over_at: float = 0.0

    def judged(self, raw: Judgement, now: float) -> Judgement:
        """What to say of a watch that is judged ``raw`` now."""
        if raw.reason in NOT_JUDGED or raw.reason is Reason.ACCEPTED:
            self.calm()
            return raw
        good = _SIDES.get(raw.verdict)
        if good is None:
            if raw.verdict is Verdict.SUSPENDED:
                self.good = None  # what comes after it is no flip
            return raw
        if good is not self.good:
            self._turn(good, now)
        if not self.hold:
            return raw
        if good and now >= self.steady_at:
            self.next_hold, self.over_at = min(2 * self.hold, LONGEST_HOLD), now
            self.calm()
            self.good = True
            return raw
        until = raw.until
        if good:
            until = self.steady_at if until is None else min(until, self.steady_at)
        return Judgement(Verdict.MISMATCH, Reason.FLAPPING, raw.proof, until, raw.misses)

    def calm(self) -> None:
        """Count anew: something else is expected of the thing, or it was steady long enough."""
        self.flips = ()
        self.good = None
        self.hold = 0.0

    def goes_on(self) -> None:
        """It flapped when it was judged last, before a restart: recovery still has to last."""
        self.hold = FIRST_HOLD

    def _turn(self, good: bool, now: float) -> None:
        """Count a flip from right to wrong or back; the first judgement is none."""
        if self.good is not None:
            self.flips = (*self.flips[-MOST_FLIPS:], now)
            if self.hold and not good:
                self.hold = min(2 * self.hold, LONGEST_HOLD)
            elif not self.hold and self._flips_too_often(now):
                quiet = now - self.over_at >= FORGET_AFTER
                self.hold = FIRST_HOLD if quiet else self.next_hold
        self.good = good
        self.steady_at = now + self.hold

    def _flips_too_often(self, now: float) -> bool:
        return len(self.flips) > MOST_FLIPS and now - self.flips[0] <= WITHIN
