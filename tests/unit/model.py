"""What the design says of watches, worked out anew from the whole log each time it is asked.

It shares the words and the input types with the heart, and nothing else: where the heart keeps a
few facts up to date and asks for timers, this keeps a log of all that ever happened and searches
it. Times are on a clock that never jumps and never starts anew; ``wall`` is what the clock on the
wall showed, for whatever people see and whatever has to outlive a restart.
"""

from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import wraps
from itertools import takewhile
from typing import TYPE_CHECKING, cast

from custom_components.mqtt_sentinel.watch.expectation import (
    OBSERVED_ONLY,
    Expectation,
    Wanted,
)
from custom_components.mqtt_sentinel.watch.verdict import Proof, Reason, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from custom_components.mqtt_sentinel.watch.reports import ThingKey
    from custom_components.mqtt_sentinel.watch.settings import CheckSettings


class What(Enum):
    """What can happen to a watch."""

    MADE = auto()
    SET = auto()  # its settings
    MOVED = auto()  # to another thing
    SAID = auto()
    SEEN = auto()  # before it was watched
    TOLD = auto()  # what is expected of it
    LOST = auto()  # the broker
    BACK = auto()
    ACKNOWLEDGED = auto()  # the subscriptions
    RESTARTED = auto()
    ACCEPTED = auto()
    VERIFIED = auto()
    MUTED = auto()
    FAMILY = auto()  # what it is reached through went or came
    AWAITED = auto()  # it is, or is no more, waited for what it is reached through


@dataclass(frozen=True)
class Entry:
    """One line of the log. ``up`` None: said something, but nothing about being connected.

    ``ping``: it was a ping. Of ``FAMILY``, ``up`` tells whether what the thing is reached through
    is there, of ``AWAITED`` whether that is waited for.
    """

    what: What
    at: float
    wall: float
    up: bool | None = None
    retained: bool = False
    ping: bool = False
    expectation: Expectation = OBSERVED_ONLY
    settings: CheckSettings | None = None


@dataclass(frozen=True)
class Answer:
    """What the design says at one moment."""

    verdict: Verdict
    reason: Reason
    proof: Proof = Proof.NONE
    misses: int = 0


@dataclass(frozen=True)
class Page:
    """One moment at which the watch was looked at: after which line of the log, and the answer.

    ``raw`` is what the design says of that moment alone, ``answer`` what it says of one that comes
    and goes.
    """

    line: int
    at: float
    wall: float
    raw: Answer
    answer: Answer
    up: bool | None
    expectation: Expectation
    since: float


@dataclass(frozen=True)
class Steady:
    """Whether it comes and goes: its last flips, which side it is on, since when it is well.

    ``hold`` is how long that has to last, None while it does not flap; ``next_hold`` how long it
    would have to last next, if it flapped again soon after ``over_at``.
    """

    flips: tuple[float, ...] = ()
    side: bool | None = None
    hold: float | None = None
    good_since: float | None = None
    next_hold: float = 60.0
    over_at: float = -3600.0


@dataclass(frozen=True)
class OpenIncident:
    """What the design says of an incident while it is open."""

    opened_at: float
    reason: Reason
    up: bool | None
    expectation: Expectation
    since: float
    muted: bool = False

    def is_about(self, other: OpenIncident) -> bool:
        """Tell whether there is nothing new in the other."""
        return (self.reason, self.since) == (other.reason, other.since) and (
            (self.expectation.wanted, self.expectation.kind)
            == (other.expectation.wanted, other.expectation.kind)
        )


def is_alive(entry: Entry) -> bool:
    """Tell whether the thing itself spoke; a goodbye may be its Last Will."""
    return entry.what is What.SAID and not entry.retained and entry.up is not False


def of_prefix[T](search: Callable[[Story, int], T]) -> Callable[..., T]:
    """Search the log up to a line, all of it by default, once: what was written stays written."""

    @wraps(search)
    def searched(story: Story, to: int | None = None) -> T:
        line = len(story.log) if to is None else to
        key = search.__name__, line
        if key not in story.found:
            story.found[key] = search(story, line)
        return cast("T", story.found[key])

    return searched


_END_OF_BELIEF = {What.LOST, What.RESTARTED, What.MOVED, What.MADE}
_OVER = {Reason.OBSERVED_ONLY, Reason.NOT_VERIFIED}


class Story:
    """The log of one watch, and what follows from it."""

    def __init__(self, made: Entry, *before: Entry) -> None:
        """Begin with what was so ``before``: how the broker is, what was heard already."""
        self.log = [made, *before]
        self.found: dict[tuple[str, int], object] = {}
        self.pages: list[Page] = []
        self._steady = Steady()
        self.look(made.at, made.wall)

    def happened(self, *entries: Entry) -> None:
        """Write on, and look at it when that is done; nothing new is no reason to look.

        To be silent about it is no reason either.
        """
        if self.writes(*entries):
            self.look(entries[-1].at, entries[-1].wall)

    def writes(self, *entries: Entry) -> bool:
        """Write on; tell whether that is a reason to look."""
        heard, awaited = self.heard(), self._awaits_ping()
        self.log += entries
        last = entries[-1]
        pinged = last.ping and not last.retained and awaited
        if last.what is What.MUTED:
            return False
        return last.what is not What.SAID or heard != self.heard() or pinged

    def look(self, at: float, wall: float) -> None:
        """Note what the design says at this moment."""
        line, up, raw = len(self.log) - 1, self.heard()[0], self.raw_answer(at)
        page = Page(line, at, wall, raw, raw, up, self.expected(), self.since())
        steady = self._steady_after(page)
        self.pages.append(replace(page, answer=self._steadied(page, steady)))
        self._steady = steady

    def _awaits_ping(self) -> bool:
        """Tell whether a ping would make a difference."""
        answer = self.pages[-1].answer
        wanted_up = self.expected().wanted is Wanted.UP
        return bool(self.settings().ping_interval) and (
            answer.misses > 0
            or answer.reason is Reason.AWAITING_PING
            or (wanted_up and self.is_accepted())
        )

    # Searching the log

    def last(self, *what: What, to: int | None = None) -> int:
        """The last such line before line ``to``; -1 for none."""
        lines = range(len(self.log) if to is None else to)
        return next((line for line in reversed(lines) if self.log[line].what in what), -1)

    @of_prefix
    def settings(self, to: int) -> CheckSettings:
        """The settings that were in force before line ``to``."""
        found = self.log[self.last(What.MADE, What.SET, What.MOVED, to=to)].settings
        assert found
        return found

    @of_prefix
    def expected(self, to: int) -> Expectation:
        """What was expected before line ``to``."""
        line = self.last(What.TOLD, to=to)
        return OBSERVED_ONLY if line < 0 else self.log[line].expectation

    def _is_turn(self, line: int) -> bool:
        """Tell whether the thing has something new to follow: it, or what is wanted, is another."""
        entry = self.log[line]
        if entry.what is not What.TOLD:
            return entry.what in {What.MADE, What.MOVED}
        before = self.expected(line)
        return entry.expectation.wanted is not before.wanted or (
            entry.expectation.verify,
            before.verify,
        ) == (True, False)

    @of_prefix
    def _turn(self, to: int) -> int:
        """The line since which the expectation before line ``to`` holds."""
        return next(line for line in reversed(range(to)) if self._is_turn(line))

    def since(self, to: int | None = None) -> float:
        """Since when the present expectation holds, on the wall clock."""
        return self.log[self._turn(to)].wall

    @of_prefix
    def settled_at(self, to: int) -> float:
        """When the time that the thing has to follow is over, as it was before line ``to``."""
        for line in reversed(range(to)):
            entry = self.log[line]
            settle = self.settings(line + 1).settle
            if entry.what is What.MADE:
                return entry.at
            if entry.what is What.RESTARTED:
                gone_by = entry.wall - self.since(line)
                return entry.at + max(0.0, min(settle, settle - gone_by))
            demanding = entry.what is What.SET and (
                self.settings(line).require_live < self.settings(line + 1).require_live
            )
            if entry.what is What.VERIFIED or demanding or self._is_turn(line):
                return entry.at + settle
            if entry.what is What.FAMILY and entry.up:
                return max(entry.at + settle, self.settled_at(line))
        raise AssertionError

    def parent_is_gone(self) -> bool:
        """Tell whether what it is reached through is not there."""
        line = self.last(What.FAMILY)
        made = self.last(What.MADE, What.MOVED, What.RESTARTED)
        return line > made and not self.log[line].up

    def parent_is_awaited(self) -> bool:
        """Tell whether what it is reached through was not heard, and has time to be."""
        line = self.last(What.AWAITED)
        made = self.last(What.MADE, What.MOVED, What.RESTARTED)
        return line > made and bool(self.log[line].up)

    def is_awaited(self) -> bool:
        """Tell whether it was not heard, and had time to be when it was looked at last."""
        waiting = self.pages[-1].answer.reason in (Reason.SETTLING, Reason.GRACE)
        return waiting and self.heard()[0] is None

    def is_gone(self) -> bool:
        """Tell whether nothing can be reached through it, when it was looked at last."""
        wrong = self.pages[-1].answer.verdict is Verdict.MISMATCH
        return self.heard()[0] is False or (wrong and self.expected().wanted is Wanted.UP)

    # Pings

    @of_prefix
    def waits_for_pings_from(self, to: int) -> float:
        """The moment from which the intervals without a ping are counted."""
        turn = max(self.last(What.RESTARTED), self._turn())
        moments = [self.settled_at(turn + 1)]
        for line, up, _ in self._statements():
            came = line > 0 and up and not self.heard(line)[0]
            if line > turn and came:
                moments.append(self.log[line].at)
        for line, entry in enumerate(self.log):
            if line <= turn:
                continue
            settings = self.settings(line + 1)
            if entry.what is What.ACKNOWLEDGED:
                moments.append(entry.at)
            if entry.what is What.FAMILY and entry.up:
                moments.append(entry.at + settings.settle)
            if entry.what is What.SET and (
                settings.ping_interval != self.settings(line).ping_interval
            ):
                moments.append(entry.at)
        return max(moments)

    @of_prefix
    def pinged_at(self, to: int) -> float | None:
        """When it pinged last, alive and not after it said that it is gone."""
        begun = self.last(What.RESTARTED, What.MADE, What.MOVED)
        pings = [
            entry.at
            for line, entry in enumerate(self.log)
            if line > begun
            and entry.what is What.SAID
            and entry.ping
            and not entry.retained
            and self.heard(line)[0] is not False
        ]
        return max(pings, default=None)

    def pings(self, at: float) -> Answer | None:
        """What the design says of the pings of a thing that is connected as it should be."""
        settings, pinged_at = self.settings(), self.pinged_at()
        interval = settings.ping_interval
        if not interval or not self.expected().verify or self.heard()[0] is not True:
            return None
        proof = Proof.LIVE if self.heard()[1] else Proof.RETAINED
        waited_from = self.waits_for_pings_from()
        base = waited_from if pinged_at is None else max(waited_from, pinged_at)
        misses = 0
        while base + (misses + 1) * interval <= at:
            misses += 1
        if misses >= settings.ping_misses:
            grace_over_at = self.grace_over_at()
            assert grace_over_at is not None
            if self.is_accepted():
                return Answer(Verdict.OK, Reason.ACCEPTED, proof, misses)
            if at < self.settled_at():
                return Answer(Verdict.PENDING, Reason.SETTLING, proof, misses)
            if at < grace_over_at:
                return Answer(Verdict.UNKNOWN, Reason.GRACE, proof, misses)
            return Answer(Verdict.MISMATCH, Reason.PING_MISSED, proof, misses)
        incident = self.incident()
        owed = incident is not None and incident.reason is Reason.PING_MISSED
        if owed and (pinged_at is None or pinged_at < waited_from):
            return Answer(Verdict.UNKNOWN, Reason.AWAITING_PING, proof, misses)
        return Answer(Verdict.OK, Reason.AGREES, proof, misses)

    # Coming and going

    def _steadied(self, page: Page, steady: Steady) -> Answer:
        """What the design says of a moment, after all that was said before."""
        raw = page.raw
        if steady.hold is None or raw.verdict not in (Verdict.OK, Verdict.MISMATCH):
            return raw
        since = steady.good_since
        if raw.verdict is Verdict.OK and (since is None or page.at >= since + steady.hold):
            return raw
        return Answer(Verdict.MISMATCH, Reason.FLAPPING, raw.proof, raw.misses)

    def _steady_after(self, page: Page) -> Steady:
        """How steady it is with one more page."""
        happened = range(self.pages[-1].line + 1 if self.pages else 0, page.line + 1)
        now = self._begun_anew(page, happened)
        raw = page.raw
        if raw.reason in {*_OVER, Reason.ACCEPTED}:
            return replace(now, flips=(), side=None, hold=None)
        if raw.verdict is Verdict.SUSPENDED:
            now = replace(now, side=None)
        if raw.verdict not in (Verdict.OK, Verdict.MISMATCH):
            return now
        good = raw.verdict is Verdict.OK
        flips, hold = now.flips, now.hold
        if now.side is not None and good is not now.side:
            flips = (*flips, page.at)[-4:]
            if hold is not None:
                hold = hold if good else min(2 * hold, 3600.0)
            elif len(flips) == 4 and page.at - flips[0] <= 300:
                hold = 60.0 if page.at - now.over_at >= 3600 else now.next_hold
        since = now.good_since
        if good is not now.side:
            since = page.at if good else None
        if hold is not None and since is not None and page.at >= since + hold:
            return Steady((), good, None, since, min(2 * hold, 3600.0), page.at)
        return Steady(flips, good, hold, since, now.next_hold, now.over_at)

    def _begun_anew(self, page: Page, happened: range) -> Steady:
        """How steady it was, before the page, after the lines that it is about."""
        now = self._steady
        kinds = {self.log[line].what for line in happened}
        turned = any(self._is_turn(line) for line in happened if self.log[line].what is What.TOLD)
        is_new = bool(kinds & {What.MADE, What.MOVED, What.RESTARTED})
        if is_new:
            now = Steady()
            open_then = self.incident()
            if What.MADE not in kinds and open_then and open_then.reason is Reason.FLAPPING:
                now = Steady(hold=60.0)
        if (turned and not is_new) or What.ACCEPTED in kinds:
            now = replace(now, flips=(), side=None, hold=None)
        if What.VERIFIED in kinds and now.good_since is not None and now.hold is not None:
            verified = max(line for line in happened if self.log[line].what is What.VERIFIED)
            until = self.log[verified].at + self.settings(verified + 1).settle
            now = replace(now, good_since=min(now.good_since, until - now.hold))
        return now

    def broker_is_there(self) -> bool:
        """Tell whether the last word about the broker is that it is back."""
        line = self.last(What.LOST, What.BACK, What.RESTARTED)
        return line >= 0 and self.log[line].what is What.BACK

    def grace_over_at(self) -> float | None:
        """When silence begins to count; None before the subscriptions are acknowledged."""
        line = self.last(What.ACKNOWLEDGED)
        if line < self.last(What.LOST, What.BACK, What.RESTARTED):
            return None
        return None if line < 0 else self.log[line].at + self.settings().grace

    @of_prefix
    def heard(self, to: int) -> tuple[bool | None, bool]:
        """Whether it is connected, as far as it was heard, and whether something live says so.

        What it said before the thing that it is reached through went is worth no more than what a
        broker kept.
        """
        lines = self.log[:to]
        gone = self.last(What.FAMILY, to=to)
        while gone >= 0 and lines[gone].up:
            gone = self.last(What.FAMILY, to=gone)
        said = [
            replace(entry, retained=entry.retained or line < gone)
            for line, entry in enumerate(lines)
            if line >= self.last(*_END_OF_BELIEF, to=to)
            and entry.what is What.SAID
            and not (entry.up is None and entry.retained)
        ]
        last_down = max((i for i, entry in enumerate(said) if entry.up is False), default=-1)
        after = said[last_down + 1 :]
        if last_down >= 0:  # it said that it is not there, and has to take that back itself
            while after and after[0].up is None:
                after.pop(0)
        if after:
            return True, any(not entry.retained for entry in after)
        if last_down < 0:
            return None, False
        downs = takewhile(lambda entry: entry.up is not True, reversed(said))
        return False, any(entry.up is False and not entry.retained for entry in downs)

    @of_prefix
    def _statements(self, to: int) -> list[tuple[int, bool, bool | None]]:
        """All it ever said of being connected: the line, what it said, and what it said before."""
        return list(self._stated(self.log[:to]))

    def _stated(self, log: list[Entry]) -> Iterator[tuple[int, bool, bool | None]]:
        before: bool | None = None
        current: bool | None = None
        for line, entry in enumerate(log):
            if entry.what in _END_OF_BELIEF:
                current = None
            if entry.what is What.MOVED:
                before = None
            if entry.what is What.SAID:
                if entry.up is None:
                    if entry.retained or current is False:
                        continue
                    current = True
                else:
                    current = entry.up
                yield line, current, before
                before = current

    def _changed(self) -> set[int]:
        """The lines at which it said something else than the last time that it said anything."""
        return {line for line, up, before in self._statements() if up is not before}

    @of_prefix
    def is_accepted(self, to: int) -> bool:
        """Tell whether a user's word that all is well still stands."""
        line = self.last(What.ACCEPTED)
        if line < 0:
            return False
        changed = self._changed()
        return not any(
            self.log[later].what is What.VERIFIED
            or self._is_turn(later)
            or later in changed
            or self._pinged_anyway(later)
            for later in range(line + 1, len(self.log))
        )

    def _pinged_anyway(self, line: int) -> bool:
        """Tell whether a thing that should ping did: better than what was accepted without it."""
        entry = self.log[line]
        return (
            entry.what is What.SAID
            and entry.ping
            and not entry.retained
            and self.heard(line)[0] is not False
            and self.expected(line).wanted is Wanted.UP
            and bool(self.settings(line).ping_interval)
        )

    def has_agreed(self) -> bool:
        """Tell whether it followed the present expectation at any moment."""
        turn = self._turn()
        return any(page.raw.reason is Reason.AGREES for page in self.pages if page.line >= turn)

    def connection_news(self) -> bool | None:
        """What it said last of being connected, if that is news; retained, it tells none."""
        statements = self._statements()
        said = self.last(What.SAID)
        if not statements or statements[-1][0] != said:
            return None
        _, up, before = statements[-1]
        if up is before or (before is None and self.log[said].retained):
            return None
        return up

    def last_seen(self) -> float | None:
        """When it was heard last, alive, on the wall clock."""
        lines = self.log[self.last(What.MADE, What.MOVED) :]
        walls = [entry.wall for entry in lines if entry.what is What.SEEN or is_alive(entry)]
        return walls[-1] if walls else None

    # The verdict, in the order of the rules

    def answer(self, at: float) -> Answer:
        """What the design says at a moment, of a thing that may come and go."""
        page = replace(self.pages[-1], at=at, raw=self.raw_answer(at))
        return self._steadied(page, self._steady_after(page))

    def raw_answer(self, at: float) -> Answer:
        """What the design says of a moment alone."""
        grace_over_at = self.grace_over_at()
        if not self.broker_is_there():  # rule 3
            return Answer(Verdict.SUSPENDED, Reason.BROKER_GONE)
        if grace_over_at is None:  # rule 2
            return Answer(Verdict.SUSPENDED, Reason.SUBSCRIBING)
        up, live = self.heard()
        proof = (Proof.LIVE if live else Proof.RETAINED) if up else Proof.NONE
        expectation, settings = self.expected(), self.settings()
        wanted = {Wanted.UP: True, Wanted.DOWN: False, Wanted.ANYTHING: None}[expectation.wanted]
        unproven = proof is Proof.RETAINED and settings.require_live  # rule 1
        if wanted is None:
            return Answer(Verdict.UNKNOWN, Reason.OBSERVED_ONLY, proof)
        if self.parent_is_gone():  # rule 4
            return Answer(Verdict.SUSPENDED, Reason.PARENT_GONE)
        if up is wanted and not unproven:
            return self.pings(at) or Answer(Verdict.OK, Reason.AGREES, proof)
        if not expectation.verify:
            return Answer(Verdict.UNKNOWN, Reason.NOT_VERIFIED, proof)
        if self.is_accepted():
            return Answer(Verdict.OK, Reason.ACCEPTED, proof)
        if not wanted and up is None:
            return Answer(Verdict.UNKNOWN, Reason.NOTHING_HEARD, proof)
        settled_at = self.settled_at()
        if unproven:
            if not wanted or at < max(settled_at, grace_over_at):
                return Answer(Verdict.UNKNOWN, Reason.AWAITING_LIVE, proof)
            return Answer(Verdict.MISMATCH, Reason.NO_LIVE_PROOF, proof)
        if at < settled_at:
            return Answer(Verdict.PENDING, Reason.SETTLING, proof)
        if at < grace_over_at:
            return Answer(Verdict.UNKNOWN, Reason.GRACE, proof)
        if up is None and self.parent_is_awaited():  # rule 4: it may be the one cause
            return Answer(Verdict.UNKNOWN, Reason.NOTHING_HEARD, proof)
        return Answer(Verdict.MISMATCH, self._blame(up), proof)

    def _blame(self, up: bool | None) -> Reason:
        if up is None:
            return Reason.NEVER_HEARD
        left = self.has_agreed()
        if up:
            return Reason.CONNECTED if left else Reason.DID_NOT_TURN_OFF
        return Reason.DISCONNECTED if left else Reason.DID_NOT_TURN_ON

    def next_turn(self, after: float) -> float | None:
        """The next moment at which time alone may change the answer."""
        moments: list[float | None] = [self.settled_at(), self.grace_over_at()]
        if interval := self.settings().ping_interval:
            base = max(self.waits_for_pings_from(), self.pinged_at() or 0.0)
            moments.append(base + (max(int((after - base) / interval), -1) + 1) * interval)
        steady = self._steady
        if steady.hold is not None and steady.good_since is not None:
            moments.append(steady.good_since + steady.hold)
        return min((when for when in moments if when is not None and when > after), default=None)

    # The incident, from all answers that there ever were

    def incident(self) -> OpenIncident | None:
        """The incident that is open now."""
        incident: OpenIncident | None = None
        line = -1
        for page in self.pages:
            happened = self.log[line + 1 : page.line + 1]
            if incident and any(entry.what is What.MUTED for entry in happened):
                incident = replace(incident, muted=True)
            incident = _follow(incident, page)
            line = page.line
        return incident


def _follow(incident: OpenIncident | None, page: Page) -> OpenIncident | None:
    verdict, reason = page.answer.verdict, page.answer.reason
    if verdict is Verdict.MISMATCH:
        opened_at = incident.opened_at if incident else page.wall
        current = OpenIncident(opened_at, reason, page.up, page.expectation, page.since)
        return incident if incident and incident.is_about(current) else current
    if incident is None or verdict is Verdict.OK or reason in _OVER:
        return None
    if verdict is not Verdict.SUSPENDED:  # rule 3: nothing is judged while the broker is away
        return incident if page.expectation.wanted is incident.expectation.wanted else None
    return incident


class World:
    """All watches, the broker that they share, and the things that nobody watches.

    ``families`` tells through which thing others are reached.
    """

    def __init__(self, families: Mapping[ThingKey, ThingKey]) -> None:
        """Begin with nothing, and no broker."""
        self.stories: dict[str, Story] = {}
        self.keys: dict[str, ThingKey] = {}
        self._families = families
        self._broker: list[Entry] = []
        self._strangers: dict[ThingKey, list[Entry]] = {}

    def made(self, watch_id: str, key: ThingKey, entry: Entry) -> None:
        """Somebody watches one more thing."""
        self.keys[watch_id] = key
        before = [*self._broker, *self._family_of(key, entry), *self._remembered(key)]
        self.stories[watch_id] = Story(entry, *before)
        self._tell_families(entry)

    def moved(self, watch_id: str, key: ThingKey, entry: Entry) -> None:
        """A watch looks after another thing from now on."""
        self.keys[watch_id] = key
        story = self.stories[watch_id]
        story.log += [entry, *self._family_of(key, entry), *self._remembered(key)]
        story.look(entry.at, entry.wall)

    def _parent_of(self, key: ThingKey) -> Story | None:
        parent = self._families.get(key)
        ids = [watch_id for watch_id, watched in self.keys.items() if watched == parent]
        return self.stories[ids[0]] if ids else None

    def _family_of(self, key: ThingKey, entry: Entry) -> Iterator[Entry]:
        parent = self._parent_of(key)
        if parent and parent.is_gone():
            yield Entry(What.FAMILY, entry.at, entry.wall, up=False)
        if parent and parent.is_awaited():
            yield Entry(What.AWAITED, entry.at, entry.wall, up=True)

    def _tell_families(self, entry: Entry) -> None:
        """Tell all things whether what they are reached through is there, when that changed."""
        for watch_id, key in self.keys.items():
            parent, story = self._parent_of(key), self.stories[watch_id]
            if parent is None:
                continue
            news: list[Entry] = []
            if parent.is_awaited() is not story.parent_is_awaited():
                news.append(Entry(What.AWAITED, entry.at, entry.wall, up=parent.is_awaited()))
            if parent.is_gone() is not story.parent_is_gone():
                news.append(Entry(What.FAMILY, entry.at, entry.wall, up=not parent.is_gone()))
            if news:
                story.happened(*news)

    def removed(self, watch_id: str) -> None:
        """Nobody watches it any more: it is a stranger, of whom some things are known."""
        story, key = self.stories.pop(watch_id), self.keys.pop(watch_id)
        since = story.log[story.last(*_END_OF_BELIEF) :]
        said = [entry for entry in since if entry.what is What.SAID and entry.up is not None]
        seen = story.last_seen()
        self._strangers[key] = said[-1:]
        if seen is not None:
            self._strangers[key].append(Entry(What.SEEN, 0.0, seen))

    def said(self, key: ThingKey, entry: Entry) -> str | None:
        """A thing said something. Return which watch that is about."""
        for watch_id, watched in self.keys.items():
            if watched == key:
                parent, story = self._parent_of(key), self.stories[watch_id]
                is_news = story.writes(entry)
                if parent and parent.heard()[0] is None and is_alive(entry):
                    parent.happened(Entry(What.SAID, entry.at, entry.wall))
                    self._tell_families(entry)
                if is_news:
                    story.look(entry.at, entry.wall)
                self._tell_families(entry)
                return watch_id
        self._strangers.setdefault(key, []).append(entry)
        return None

    def happened(self, watch_id: str, entry: Entry) -> None:
        """Something happened to one watch."""
        self.stories[watch_id].happened(entry)
        self._tell_families(entry)

    def happened_to_all(self, entry: Entry) -> None:
        """Something happened to the broker, or to Home Assistant."""
        gone = entry.what in {What.LOST, What.RESTARTED}
        self._broker = [] if gone else [*self._broker, entry]
        for said in self._strangers.values():
            said.append(entry)
        if entry.what is What.RESTARTED:
            self._strangers.clear()
        for story in self.stories.values():
            story.happened(entry)
        self._tell_families(entry)

    def look(self, at: float, wall: float) -> None:
        """Look at all watches, first at what others are reached through."""
        parents = [
            watch_id for watch_id, key in self.keys.items() if key in self._families.values()
        ]
        for watch_id in dict.fromkeys([*parents, *self.stories]):
            self.stories[watch_id].look(at, wall)
            self._tell_families(Entry(What.SAID, at, wall))

    def next_turn(self, after: float) -> float | None:
        """The next moment at which time alone may change an answer."""
        turns = [story.next_turn(after) for story in self.stories.values()]
        return min((turn for turn in turns if turn is not None), default=None)

    def _remembered(self, key: ThingKey) -> Iterator[Entry]:
        """What is known of a thing that nobody watched: its last word, and when it lived last."""
        log = self._strangers.pop(key, [])
        believed: Entry | None = None
        for entry in log:
            if entry.what is What.LOST:
                believed = None
            elif entry.what is What.SAID and entry.up is not None:
                believed = entry
        if believed:
            yield believed
        seen = [entry for entry in log if entry.what is What.SEEN or is_alive(entry)]
        if seen:
            yield Entry(What.SEEN, seen[-1].at, seen[-1].wall)
