"""What should be true now, and who says so."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Wanted(StrEnum):
    """The state that a thing should be in; ``ANYTHING`` only observes it."""

    UP = "up"
    DOWN = "down"
    ANYTHING = "anything"


class SourceKind(StrEnum):
    """Where a wish comes from."""

    ALWAYS = "always"
    ALARM = "alarm"
    ENTITY = "entity"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Wish:
    """What one source wants of a thing, and which directions it cares about.

    ``verify_connect``: being connected when it should not be is worth a mismatch.
    ``verify_disconnect``: being gone when it should be connected is worth a mismatch.
    """

    kind: SourceKind
    name: str
    wanted: Wanted
    verify_connect: bool = True
    verify_disconnect: bool = True


@dataclass(frozen=True, slots=True)
class Expectation:
    """All wishes brought together: one wanted state, judged or not, and because of whom."""

    wanted: Wanted
    verify: bool = True
    kind: SourceKind | None = None
    because: str = ""


OBSERVED_ONLY = Expectation(Wanted.ANYTHING)


def is_new(expectation: Expectation, before: Expectation) -> bool:
    """Tell whether a thing has to settle anew: it should be otherwise, or is judged from now on."""
    return expectation.wanted is not before.wanted or (expectation.verify and not before.verify)


def combine(wishes: Iterable[Wish]) -> Expectation:
    """Bring the wishes of all sources together.

    One source that wants the thing up is enough. It is judged when at least one of those cares
    about its loss. It should be down when some source says so and none wants it up; being up is
    then judged only when every source minds, for one live view is reason enough to be connected.
    """
    up: list[Wish] = []
    down: list[Wish] = []
    for wish in wishes:
        if wish.wanted is Wanted.UP:
            up.append(wish)
        elif wish.wanted is Wanted.DOWN:
            down.append(wish)
    if up:
        minding = [wish for wish in up if wish.verify_disconnect]
        return _expectation(Wanted.UP, minding or up, verify=bool(minding))
    if down:
        return _expectation(Wanted.DOWN, down, all(wish.verify_connect for wish in down))
    return OBSERVED_ONLY


def _expectation(wanted: Wanted, wishes: list[Wish], verify: bool) -> Expectation:
    """Put down to the alarms among the wishes, if there are any: what they want matters most."""
    alarms = [wish for wish in wishes if wish.kind is SourceKind.ALARM]
    names = dict.fromkeys(wish.name for wish in alarms or wishes if wish.name)
    return Expectation(wanted, verify, (alarms or wishes)[0].kind, ", ".join(names))
