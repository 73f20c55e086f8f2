"""What becomes of commands, found out the slow way: all that happened is kept, and looked through.

It shares the words with the queue and the matcher, and nothing else: it has no line, no timers and
no places where commands wait, only a list of all commands that there ever were.
"""

from dataclasses import dataclass, field
from math import inf

from custom_components.mqtt_sentinel.command.command import Command, Relay, Result

type Told = tuple[str, Result, int]

MEMORY = 60.0
PAUSES = [0.75, 1.5, 3.0, 6.0, 12.0, 15.0]  # with half of a jitter of a half


@dataclass
class Card:
    """One command, and what happened to it, all moments in seconds."""

    command: Command
    offered: float
    sends: list[float] = field(default_factory=list)
    last: int = 0  # the number of its last sending
    line: int = 0  # the number of its place in the line, 0 while it is in none
    tries: int = 0
    again_at: float | None = None
    taken: bool = False
    answers: list[tuple[float, bool, int]] = field(default_factory=list)  # when, OK, to which
    is_on: bool | None = None  # as reported since it was sent
    doubted: bool = False  # what was told of one before it may have been told of it
    was_there: bool = False  # when it had its result
    result: Result | None = None
    ended: float = inf

    @property
    def said_ok(self) -> bool:
        return any(ok for _, ok, _ in self.answers)

    @property
    def answered(self) -> bool:
        return any(to == self.last for _, _, to in self.answers)

    @property
    def asks(self) -> str | None:
        confirmation = self.command.confirmation
        return confirmation.feedback if confirmation else None

    @property
    def watches(self) -> Relay | None:
        confirmation = self.command.confirmation
        return confirmation.relay if confirmation else None

    @property
    def timeout(self) -> float:
        assert self.command.confirmation
        return self.command.confirmation.timeout

    @property
    def moved(self) -> bool:
        confirmation = self.command.confirmation
        return bool(confirmation and confirmation.relay) and self.is_on is confirmation.on

    @property
    def too_late(self) -> float:
        """From when on it is not sent any more."""
        return self.offered + self.command.ttl - 1

    @property
    def event(self) -> float:
        """When time changes something about it."""
        if self.result:
            return inf
        if self.line or self.taken:
            return self.too_late
        if self.again_at is not None:
            return self.again_at
        return self.sends[-1] + self.timeout


class World:
    """All commands, and what was told of them."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.cards: list[Card] = []
        self.up = False
        self.told: list[Told] = []
        self.late: list[tuple[str, bool]] = []
        self.repeated = self.unasked = 0
        self._count = 0

    def number(self) -> int:
        self._count += 1
        return self._count

    @property
    def open(self) -> list[Card]:
        return [card for card in self.cards if card.result is None]

    def end(self, card: Card, result: Result, now: float) -> None:
        assert card.result is None
        card.result, card.ended = result, now
        card.was_there = card.moved
        self.told.append((card.command.id, result, len(card.sends)))

    def give_up(self, card: Card, now: float) -> None:
        unconfirmed = Result.AMBIGUOUS if card.doubted else Result.NOT_CONFIRMED
        if card.said_ok:
            unconfirmed = Result.NOT_MOVED
        self.end(card, unconfirmed if card.sends else Result.EXPIRED, now)

    def pause(self, card: Card, now: float) -> None:
        again_at = now + PAUSES[min(card.tries, len(PAUSES)) - 1]
        if again_at >= card.too_late:
            self.give_up(card, now)
        else:
            card.again_at = again_at

    def pass_time(self, now: float, *, including: bool = True) -> None:
        while True:
            due = [c for c in self.cards if c.event < now or (including and c.event == now)]
            if not due:
                return
            card = min(due, key=lambda c: (c.event, c.command.id))
            if card.line or card.taken:
                self.give_up(card, now)
            elif card.again_at is not None:
                card.again_at, card.line = None, self.number()
            elif card.moved:
                self.end(card, Result.CONFIRMED_BY_STATE, now)
            elif card.command.tries == len(card.sends):
                self.give_up(card, now)
            else:
                self.pause(card, now)

    # What happens

    def offer(self, command: Command, now: float) -> None:
        self.pass_time(now)
        new = Card(command, now)
        same = [card for card in self.open if card.command.target == command.target]
        if same:
            self.end(same[0], Result.REPLACED, now)
        elif len(self.open) == self.most:
            weaker = [
                card
                for card in self.open
                if card.line and not card.sends and card.command.priority > command.priority
            ]
            victim = max(weaker, key=lambda c: (c.command.priority, c.line), default=new)
            self.end(victim, Result.REFUSED, now)
        self.cards.append(new)
        if new.result is None:
            new.line = self.number()

    def cancel(self, command_id: str, now: float) -> None:
        self.pass_time(now)
        for card in self.open:
            if card.command.id == command_id:
                self.end(card, Result.CANCELLED, now)

    def take(self, now: float) -> str | None:
        """The id of the command that is to be sent now."""
        while self.up:
            line = [card for card in self.open if card.line]
            if not line:
                break
            card = min(line, key=lambda c: (c.command.priority, not c.sends, c.line))
            card.line = 0
            card.taken = True
            if now < card.too_late:
                card.tries += 1
                return card.command.id
            self.give_up(card, now)
        return None

    def left(self, command_id: str, now: float, *, taken: bool) -> None:
        """The client took what it was given, or did not."""
        [card] = [c for c in self.open if c.command.id == command_id]
        card.taken = False
        if not taken:
            self.pause(card, now)
            return
        card.sends.append(now)
        card.last = self.number()
        if not card.command.confirmation:
            self.end(card, Result.SENT, now)

    # What comes back

    def is_owed(self, card: Card, now: float) -> bool:
        """Tell whether its answer may still come, although it ended."""
        return not card.doubted and now <= card.sends[-1] + 2 * card.timeout

    def answer(self, topic: str, ok: bool, now: float, about: str | None = None) -> None:
        self.pass_time(now, including=False)
        asked = sorted((c for c in self.cards if c.sends and c.asks == topic), key=lambda c: c.last)
        if about is None:
            owed = [
                card
                for card in asked
                if not card.answered and (card.result is None or self.is_owed(card, now))
            ]
            card = owed[0] if owed else (asked[-1] if asked else None)
        else:
            card = next((c for c in asked if c.command.id == about), None)
        waiting = [c for c in asked if c.result is None and not c.answered]
        if card is None or now > card.ended + MEMORY:
            self.unasked += 1
        elif card.answered:
            self.repeated += 1
        elif card.result is not None:
            card.answers.append((now, ok, card.last))
            self.late.append((card.command.id, ok))
            if about is None and waiting:
                waiting[0].doubted = True
        else:
            card.answers.append((now, ok, card.last))
            if not ok and about is None and len(waiting) > 1:
                for each in waiting:
                    self.end(each, Result.AMBIGUOUS, now)
                return
            if about is None and card.doubted and len(waiting) > 1:
                waiting[1].doubted = True
            if not ok:
                self.end(card, Result.ERROR_REPORTED, now)
            elif card.moved or not card.watches:
                self.end(card, Result.CONFIRMED, now)

    def state(self, relay: Relay, on: bool, now: float) -> None:
        self.pass_time(now, including=False)
        watching = [c for c in self.cards if c.sends and c.watches == relay]
        ended = sorted((c for c in watching if c.result), key=lambda c: c.last)
        theirs = False
        for card in (c for c in watching if not c.result):
            card.is_on = on
            theirs = theirs or card.moved
            if not card.moved:
                continue
            if card.said_ok or not card.asks:
                self.end(card, Result.CONFIRMED, now)
            elif card.line or card.again_at is not None:
                self.end(card, Result.CONFIRMED_BY_STATE, now)
        if ended and not theirs and now <= ended[-1].ended + MEMORY:
            card = ended[-1]
            card.is_on = on
            if card.moved and not card.was_there:
                card.was_there = True
                self.late.append((card.command.id, True))
