"""Whether a broker that is connected still speaks, asked by a probe when it is quiet.

A broker that hangs keeps its connections open, and nothing says so before the keep-alive of the
client runs out. Any message is life. When none came for a while, a probe is sent: a message to a
topic that comes back to us. Two that do not come back mean that the broker is silent.
"""

from dataclasses import dataclass, field
from enum import Enum, auto

from .cadence import Cadence


class Beat(Enum):
    """What to do now: send a probe; say that there is silence, that it is over, or no answer."""

    PROBE = auto()
    SILENT = auto()
    BACK = auto()
    UNANSWERED = auto()


@dataclass(frozen=True, slots=True)
class Timing:
    """How patient the pulse is, in seconds.

    ``quiet`` without a message is worth a probe, ``answer`` is how long one may take. A broker
    that speaks by itself is missed after ``missed`` of its intervals. While it is silent, it is
    listened to every ``look``. Who looks later than that by itself was held up, and cannot have heard.
    One that brought no probe back is sent another every ``again``: its mind may be changed.
    """

    quiet: float = 15.0
    answer: float = 10.0
    probes: int = 2
    missed: int = 3
    look: float = 1.0
    again: float = 600.0


@dataclass(slots=True)
class Pulse:
    """The state of one connection; all moments are in monotonic seconds.

    A probe proves nothing before one came back in this connection: we may not be allowed to send
    or to hear it. Until then, only the broker's own cadence tells its silence.
    """

    timing: Timing = Timing()
    cadence: Cadence = field(default_factory=Cadence)
    running: bool = False
    silent: bool = False
    trusted: bool = False
    _last: float = 0.0
    _probes: int = 0
    _next_probe: float = 0.0
    _not_before: float = 0.0
    _silent_since: float = 0.0
    _look_at: float = 0.0
    _given_up: bool = False

    def begin(self, now: float) -> None:
        """The connection is there, and a probe that is sent from now on can be heard."""
        self.end()
        self.running = True
        self._last = self._next_probe = self._not_before = now

    def end(self) -> None:
        """There is no connection any more; nothing is due."""
        self.running = self.silent = self.trusted = self._given_up = False
        self.cadence = Cadence()
        self._probes = 0

    def hear(self, at: float) -> None:
        """A message came at ``at``, whatever it was."""
        if at > self._last:
            self._last = at
            if self.trusted:
                self._probes = 0

    def hear_probe(self, at: float) -> None:
        """A probe came back."""
        if self.running:
            self.trusted, self._given_up = True, False
            self._probes = 0
            self.hear(at)

    def hear_cadence(self, at: float) -> None:
        """A message came that the broker sends by itself, time and again."""
        self.cadence.hear(at)
        self.hear(at)

    def deadline(self) -> float | None:
        """When :meth:`due` wants to be called, None for never."""
        if not self.running:
            return None
        if self.silent:
            return min(self._look_at, self._next_probe) if self.trusted else self._look_at
        return min(
            (at for at in (self._probe_at(), self._silent_at()) if at is not None), default=None
        )

    def due(self, now: float) -> Beat | None:
        """What has to be done now, once; ask again until there is nothing."""
        if not self.running:
            return None
        if self.silent:
            return self._listen(now)
        silent_at, probe_at = self._silent_at(), self._probe_at()
        if silent_at is not None and now >= silent_at:
            return self._fall_silent(now, silent_at)
        if probe_at is None or now < probe_at:
            return None
        if self._given_up:
            return self._probe(now, self.timing.again)
        if not self.trusted and self._probes == self.timing.probes:
            self._given_up = True
            self._next_probe = now + self.timing.again
            return Beat.UNANSWERED
        return self._probe(now, self.timing.answer)

    def _listen(self, now: float) -> Beat | None:
        """While there is silence: hear its end, and go on to ask."""
        if self._last > self._silent_since:
            self.silent = False
            return Beat.BACK
        if self.trusted and now >= self._next_probe:
            return self._probe(now, self.timing.quiet)
        if now >= self._look_at:
            self._look_at = now + self.timing.look
        return None

    def _fall_silent(self, now: float, silent_at: float) -> Beat | None:
        if now > silent_at + self.timing.look:
            # Whoever asks was held up, and what came meanwhile is still to be heard.
            self._not_before = now + self.timing.look
            return None
        self.silent = True
        self._silent_since = now
        self._look_at = now + self.timing.look
        self._next_probe = now + self.timing.quiet
        return Beat.SILENT

    def _probe(self, now: float, pause: float) -> Beat:
        self._probes += 1
        self._next_probe = now + pause
        return Beat.PROBE

    def _missed_after(self) -> float | None:
        """How long the broker may say nothing by its own cadence, None while it has none."""
        interval = self.cadence.interval()
        return None if interval is None else self.timing.missed * interval

    def _probe_at(self) -> float | None:
        """When to send the next probe; after the last, when to wait for it no more."""
        if not self.trusted:
            return self._next_probe
        timing = self.timing
        if self._probes == 0:
            return self._last + min(self._missed_after() or timing.quiet, timing.quiet)
        return self._next_probe if self._probes < timing.probes else None

    def _silent_at(self) -> float | None:
        """When to believe that there is silence, if nothing is heard until then."""
        timing = self.timing
        if self.trusted:
            if self._probes < timing.probes:
                return None
            return max(self._next_probe, self._not_before)
        missed_after = self._missed_after()
        if missed_after is None:
            return None
        return max(self._last + max(missed_after, timing.quiet), self._not_before)
