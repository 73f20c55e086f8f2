"""What comes back, and which command it answers.

An answer is an OK or an ERROR on a feedback topic. Where it carries correlation data, it answers
the command with that id and no other. Where it does not, order is all there is: it answers the
oldest command that waits on the topic, by the last sending of each, whether the topic is its own or
shared. But when several commands wait on a topic, an ERROR is not blamed on the oldest: all of them
are ambiguous.

A command that ended unanswered, because its time was over or it was replaced, may still be
answered. For once more its timeout after its last sending it is *owed* an answer, and keeps its
place in the order: what comes then is its late answer, not that of the next command. After that,
what comes on the topic answers a command that waits; only where none does, it is the late answer of
the last that ended. But an answer that is taken for a late one may be that of a lost command's
successor: the next that waits is in doubt, or the one after it when that is answered. Who has not
been answered in the end, and is in doubt, is ambiguous, and owed nothing: else one lost answer would
make all that follow late. What comes after the last command was answered is a repetition, and ignored.
Once a later command was answered, an earlier one that is owed nothing is not answered any more.

A state is another thing: it answers every command that waits for that relay, and can be taken back
by the next report. Where none waits for it, it is late for the last command that wanted it.

What the broker kept (retained), and what was heard before the command was sent, answers nothing.
An answer takes effect at the moment at which it was heard. The last :data:`MOST_ENDED` commands
that ended are remembered, each for :data:`REMEMBERED` seconds.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from .asked import Asked
from .command import Confirmation, Relay, Result

REMEMBERED = 60.0
MOST_ENDED = 1000


class Finding(NamedTuple):
    """What an answer says of a command: its result, or None for one that came late."""

    asked: Asked
    result: Result | None
    ok: bool


@dataclass(slots=True)
class _Line:
    """Who waits on a topic or for a relay, or is owed an answer there, the oldest first.

    ``past``: the last sent of those who left, answered or in vain, while it is remembered; ``left``
    is its place in the order. ``known``: how many that are remembered were ever in it.
    """

    asked: OrderedDict[str, Asked] = field(default_factory=OrderedDict)
    past: Asked | None = None
    left: int = 0
    known: int = 0

    def leave(self, asked: Asked) -> None:
        """Wait there no more."""
        self.asked.pop(asked.command.id, None)
        if asked.order >= self.left:
            self.past, self.left = asked, asked.order


class Matcher:
    """Finds the commands that answers belong to.

    ``repeated`` and ``unasked`` count the answers that belong to none.
    """

    __slots__ = ("_by_id", "_ended", "_order", "_relays", "_topics", "repeated", "unasked")

    def __init__(self) -> None:
        """Start with nothing to wait for."""
        self._by_id: dict[bytes, Asked] = {}
        self._topics: dict[str, _Line] = {}
        self._relays: dict[Relay, _Line] = {}
        self._ended: OrderedDict[str, Asked] = OrderedDict()
        self._order = 0
        self.repeated = 0
        self.unasked = 0

    @property
    def remembered(self) -> int:
        """How many commands it knows of."""
        return len(self._by_id)

    def sent(self, asked: Asked) -> None:
        """A command was sent, or sent again: it waits behind those that were sent before."""
        ended = self._ended.get(asked.command.id)
        if ended:
            self._forget(ended)  # another one that was called so
        new = not asked.order
        self._by_id[asked.command.id.encode()] = asked
        self._order += 1
        asked.order = self._order
        asked.answered = False
        for line in self._lines(asked):
            line.known += new
            line.asked[asked.command.id] = asked
            line.asked.move_to_end(asked.command.id)

    def ended(self, asked: Asked) -> None:
        """A command that was sent has its result; what still comes for it is late."""
        self._ended[asked.command.id] = asked
        confirmation = _confirmation(asked)
        if confirmation.relay:
            self._relays[confirmation.relay].leave(asked)
        if asked.doubted and confirmation.feedback is not None:
            self._topics[confirmation.feedback].leave(asked)
        self._clean(asked.ended_at)

    def answered(
        self, topic: str, ok: bool, at: float, correlation: bytes | None = None
    ) -> list[Finding]:
        """An OK or an ERROR came on a topic."""
        self._clean(at)
        if correlation is None:
            asked = self._next_on(topic, at)
        else:
            asked = self._by_id.get(correlation)
        if asked is None or _confirmation(asked).feedback != topic or at < asked.first_sent_at:
            self.unasked += 1
            return []
        if asked.answered:
            self.repeated += 1
            return []
        line = self._topics[topic]
        if asked.result is None and not ok and correlation is None:
            waiting = list(_waiting(line, at))
            if len(waiting) > 1:
                asked.answered = True  # one of them was
                line.leave(asked)
                return [Finding(other, Result.AMBIGUOUS, ok) for other in waiting]
        asked.answered = True
        line.leave(asked)
        if correlation is None and (asked.doubted or asked.result is not None):
            _doubt_next(line, at)
        if asked.result is not None:
            return [Finding(asked, None, ok)]
        if not ok:
            return [Finding(asked, Result.ERROR_REPORTED, ok)]
        asked.acknowledged = True
        if _confirmation(asked).relay and asked.moved_at is None:
            return []
        return [Finding(asked, Result.CONFIRMED, ok)]

    def moved(self, relay: Relay, on: bool, at: float) -> list[Finding]:
        """A relay was reported as on or off."""
        self._clean(at)
        line = self._relays.get(relay)
        if line is None:
            return []
        findings: list[Finding] = []
        wanted = False
        for asked in line.asked.values():
            if at < asked.first_sent_at:
                continue
            if _confirmation(asked).on is not on:
                asked.moved_at = None
                continue
            wanted = True
            if asked.moved_at is None:
                asked.moved_at = at
            if asked.acknowledged or _confirmation(asked).feedback is None:
                findings.append(Finding(asked, Result.CONFIRMED, ok=True))
            elif asked.overdue:
                findings.append(Finding(asked, Result.CONFIRMED_BY_STATE, ok=True))
        past = line.past
        if past and not wanted and past.moved_at is None and _confirmation(past).on is on:
            past.moved_at = at
            findings.append(Finding(past, None, ok=True))
        return findings

    def _lines(self, asked: Asked) -> list[_Line]:
        """Where a command waits."""
        confirmation = _confirmation(asked)
        lines: list[_Line] = []
        if confirmation.feedback is not None:
            lines.append(self._topics.setdefault(confirmation.feedback, _Line()))
        if confirmation.relay:
            lines.append(self._relays.setdefault(confirmation.relay, _Line()))
        return lines

    def _next_on(self, topic: str, at: float) -> Asked | None:
        """Whom the next answer on a topic belongs to."""
        line = self._topics.get(topic)
        if line is None:
            return None
        while line.asked:
            asked = next(iter(line.asked.values()))
            if asked.result is None or at <= asked.sent_at + 2 * _confirmation(asked).timeout:
                return asked
            line.leave(asked)  # it is owed nothing any more
        return line.past

    def _clean(self, now: float) -> None:
        """Forget those that ended long ago, or too many ago."""
        while self._ended:
            asked = next(iter(self._ended.values()))
            if len(self._ended) <= MOST_ENDED and now <= asked.ended_at + REMEMBERED:
                return
            self._forget(asked)

    def _forget(self, asked: Asked) -> None:
        """Forget one that ended, and the places where nobody waits any more."""
        del self._ended[asked.command.id], self._by_id[asked.command.id.encode()]
        confirmation = _confirmation(asked)
        if confirmation.feedback is not None:
            _leave_for_good(self._topics, confirmation.feedback, asked)
        if confirmation.relay:
            _leave_for_good(self._relays, confirmation.relay, asked)


def _waiting(line: _Line, at: float) -> Iterator[Asked]:
    """Who waits there for what was heard at ``at``, the oldest first."""
    return (
        asked for asked in line.asked.values() if asked.result is None and asked.first_sent_at <= at
    )


def _doubt_next(line: _Line, at: float) -> None:
    """What was heard at ``at`` may have been for the next that waits there."""
    following = next(_waiting(line, at), None)
    if following:
        following.doubted = True


def _leave_for_good[K](lines: dict[K, _Line], place: K, asked: Asked) -> None:
    """One is forgotten where it waited, and with the last of them the place is."""
    line = lines[place]
    line.asked.pop(asked.command.id, None)
    if line.past is asked:
        line.past = None
    line.known -= 1
    if not line.known:
        del lines[place]


def _confirmation(asked: Asked) -> Confirmation:
    """What a command asks for that waits here; those that ask for nothing never do."""
    confirmation = asked.command.confirmation
    assert confirmation
    return confirmation
