"""What the supervisor and a member say to each other, one JSON object a line, over a pipe.

The broker is not used for it: it may be dead, or the member may be cut off from it.

- supervisor to member: ``{"order": 7, "do": "power-off", "node": "ESP32_002"}``
- member to supervisor: ``{"answer": 7, "refused": null}``, or the reason in ``refused``
- member to supervisor: ``{"facts": {"worker": "online", "told": "on"}}``, all of them, at every
  change, and once when the member is ready for orders
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
import json


class Deed(StrEnum):
    """What a member can be ordered to do."""

    STOP = "stop"
    IGNORE = "ignore"
    OBEY = "obey"
    POWER_OFF = "power-off"
    POWER_ON = "power-on"
    CRASH = "crash"
    DROP = "drop"
    MOTION = "motion"
    BUTTON = "button"
    PRESSURE = "pressure"
    AGAIN = "again"
    HANG = "hang"
    GO_ON = "go-on"
    SWITCH = "switch"
    BEHAVE = "behave"
    STICK = "stick"
    HUSH = "hush"
    DAWDLE = "dawdle"
    STUTTER = "stutter"
    SWAP = "swap"
    FAIL = "fail"
    REFUSE = "refuse"
    RELOCK = "relock"


@dataclass(frozen=True, slots=True)
class Order:
    """One order, numbered so that its answer can be told from others."""

    number: int
    deed: Deed
    node: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The order was carried out, or ``refused`` says why not."""

    number: int
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What the member knows about itself, by name, in words for people."""

    facts: Mapping[str, str]


def encode(said: Order | Answer | Facts) -> bytes:
    """Return the line for it, with its line end."""
    match said:
        case Order(number, deed, node):
            line: dict[str, object] = {"order": number, "do": deed, "node": node}
        case Answer(number, refused):
            line = {"answer": number, "refused": refused}
        case Facts(facts):
            line = {"facts": dict(facts)}
    return json.dumps(line).encode() + b"\n"


def decode(line: bytes) -> Order | Answer | Facts:
    """Read one line; raises ValueError if it is none of these."""
    match json.loads(line):
        case {"order": int(number), "do": str(deed), "node": str() | None as node}:
            return Order(number, Deed(deed), node)
        case {"answer": int(number), "refused": str() | None as refused}:
            return Answer(number, refused)
        case {"facts": dict(facts)}:
            return Facts(facts)
    raise ValueError(f"not a line of the pipe: {line!r}")
