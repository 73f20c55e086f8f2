"""What a dialect is made of: topic filters, and for each a function that reads its messages."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from ..watch.clock import Instant
from ..watch.expectation import SourceKind
from ..watch.fact import fact
from ..watch.reports import Occasion, Report, ThingKey

# One message may say several things, about several things.
type Decoded = Report | Sequence[Report] | None
type Decoder = Callable[[Message], Decoded]


@fact
class Message:
    """One MQTT message. Its topic begins with its site, when it has one."""

    topic: str
    site: str
    payload: bytes
    retained: bool
    at: Instant

    @property
    def levels(self) -> list[str]:
        """Its topic split at "/", without the levels of the site."""
        topic = self.topic[len(self.site) + 1 :] if self.site else self.topic
        return topic.split("/")


def on_site(site: str, topic: str) -> str:
    """A topic with the prefix of its site ("" for none)."""
    return f"{site}/{topic}" if site else topic


class Outgoing(NamedTuple):
    """What a dialect says to a thing, with the site's prefix on its topic."""

    topic: str
    payload: bytes


class Flaw(StrEnum):
    """Why a message could not be read."""

    NOT_A_BOOL = "not_a_bool"
    NOT_JSON = "not_json"
    NOT_AN_OBJECT = "not_an_object"
    TOO_LARGE = "too_large"
    WRONG_TYPE = "wrong_type"
    MISSING_FIELD = "missing_field"
    CONTRADICTORY_ID = "contradictory_id"
    BAD_NAME = "bad_name"
    NO_VALUE = "no_value"


class MalformedError(ValueError):
    """A message that says it is of a dialect and cannot be read; ``detail`` names the place."""

    def __init__(self, flaw: Flaw, detail: str = "") -> None:
        """Say what is wrong and where."""
        super().__init__(f"{flaw}: {detail}" if detail else flaw.value)
        self.flaw = flaw
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Route:
    """A topic filter (without the site prefix) and the function that reads what comes by it."""

    filter: str
    decode: Decoder


def stands_alone(key: ThingKey) -> ThingKey | None:
    """The parent of a thing that has none."""
    return None


@dataclass(frozen=True, slots=True)
class RelayWords:
    """How a dialect switches its relays.

    ``topic`` names the topic of a command without its site, from the name of the thing and of the
    relay; where each user has another, it answers with nothing. ``answers``: the usual thing says
    OK or ERROR on ``{topic}/feedback``. ``connects``: it says whether it is there.
    """

    topic: Callable[[str, str], str] = lambda thing, relay: ""
    on: str = "ON"
    off: str = "OFF"
    answers: bool = False
    connects: bool = True


@dataclass(frozen=True, slots=True)
class Dialect:
    """One family of topics; ``title`` is its name as its makers write it.

    ``expects`` is what a watch of it is set up with unless told, None to only observe it. ``levels``
    are the numbers of topic levels that a name can have. ``usual`` says that it is chosen unless
    told: its topics are its own, and hardly anybody else's. ``parent`` names the thing behind
    which a thing of the dialect stands (a bridge), None for those that stand alone. ``shown`` says
    that another integration of Home Assistant shows its values already. ``occasions`` are what can
    happen at a thing of it, and ``lasting`` those of them that it tells the end of too. ``relays`` is
    how its relays are switched, None when it has none.
    """

    name: str
    title: str
    routes: tuple[Route, ...]
    expects: SourceKind | None
    parent: Callable[[ThingKey], ThingKey | None] = stands_alone
    shown: bool = False
    levels: tuple[int, ...] = (1,)
    usual: bool = True
    occasions: tuple[Occasion, ...] = ()
    lasting: tuple[Occasion, ...] = ()
    relays: RelayWords | None = None
