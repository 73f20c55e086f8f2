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
        return Expectation(Wanted.UP, bool(minding), (minding or up)[0].kind, _names(minding or up))
    if down:
        verify = all(wish.verify_connect for wish in down)
        return Expectation(Wanted.DOWN, verify, down[0].kind, _names(down))
    return OBSERVED_ONLY


def _names(wishes: list[Wish]) -> str:
    return ", ".join(dict.fromkeys(wish.name for wish in wishes if wish.name))
