"""What a scene is made of: steps, each at its time.

The time ``at`` of a step is in seconds from the beginning of the scene or, after a wait, from the
moment at which the last wait before it was over. Nothing runs while it is waited, so all that
follows a wait follows its end, be it that the trigger came or, where the scene goes on without,
that the time for it was over.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .command import Confirmation

# A scene takes no longer than this, however long its waits wait.
LONGEST = 86_400.0
LONGEST_CONFIRMATION = 60.0
MOST_STEPS = 500
MOST_PAYLOAD_BYTES = 8 * 1024


class Kind(StrEnum):
    """What a step does."""

    COMMAND = "command"
    ACTION = "action"
    WAIT = "wait"


class Otherwise(StrEnum):
    """What to do when a wait was in vain."""

    GO_ON = "go_on"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class CommandStep:
    """Send an MQTT command; see :class:`~.command.Command` for the fields.

    ``actuator``: it moves something, and is rather left out than sent late.
    """

    at: float
    topic: str
    payload: str
    qos: int = 1
    retain: bool = False
    actuator: bool = True
    confirmation: Confirmation | None = None


@dataclass(frozen=True, slots=True)
class ActionStep:
    """Call an action of Home Assistant, as ``media_player.play_media``, with plain data.

    ``target`` has entities, devices and so on by the names that Home Assistant has for them.
    ``actuator``: it is rather left out than called late.
    """

    at: float
    action: str
    target: Mapping[str, tuple[str, ...]]
    data: Mapping[str, Any]
    actuator: bool = True


@dataclass(frozen=True, slots=True)
class TopicTrigger:
    """A live message on a topic, with a payload or (None) with any.

    What the broker kept (retained) is older than the wait, and no trigger.
    """

    topic: str
    payload: str | None = None

    def matches(self, payload: bytes) -> bool:
        """Tell whether a message with this payload is the one that is waited for."""
        return self.payload is None or self.payload.encode() == payload


@dataclass(frozen=True, slots=True)
class StateTrigger:
    """An entity is in a state; one that is there already when the wait begins counts at once."""

    entity_id: str
    state: str


type Trigger = TopicTrigger | StateTrigger


@dataclass(frozen=True, slots=True)
class WaitStep:
    """Wait for a trigger for ``timeout`` seconds at most, and ``otherwise`` do what that says."""

    at: float
    trigger: Trigger
    timeout: float
    otherwise: Otherwise = Otherwise.GO_ON


type Step = CommandStep | ActionStep | WaitStep
type Steps = tuple[Step, ...]


class SceneFlaw(StrEnum):
    """What can be wrong with a scene."""

    NOT_A_LIST = "not_a_list"
    NOT_JSON = "not_json"
    EMPTY = "empty"
    TOO_MANY_STEPS = "too_many_steps"
    NOT_AN_OBJECT = "not_an_object"
    UNKNOWN_KIND = "unknown_kind"
    UNKNOWN_FIELD = "unknown_field"
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    NEGATIVE_TIME = "negative_time"
    UNORDERED = "unordered"
    TOO_LONG = "too_long"
    UNREACHABLE = "unreachable"
    BAD_TOPIC = "bad_topic"
    BAD_TEXT = "bad_text"
    PAYLOAD_TOO_LARGE = "payload_too_large"
    BAD_QOS = "bad_qos"
    RETAINED_ACTUATOR = "retained_actuator"
    CONFIRMS_NOTHING = "confirms_nothing"
    NO_TIME = "no_time"
    BAD_ACTION = "bad_action"
    BAD_TARGET = "bad_target"
    BAD_DATA = "bad_data"
    BAD_ENTITY = "bad_entity"
    NO_TRIGGER = "no_trigger"
    TWO_TRIGGERS = "two_triggers"
    NO_TIMEOUT = "no_timeout"
    UNKNOWN_CHOICE = "unknown_choice"
    NO_PLAYER = "no_player"
    BAD_MEDIA = "bad_media"


class SceneError(ValueError):
    """A scene that cannot be: what is wrong, and where.

    ``step``: the number of the step from 1, None for the scene as a whole. ``field``: its name in
    the step, with a dot before that of an inner one, empty for the step as a whole. ``detail``: what
    is there, or what should be, as far as that helps.
    """

    def __init__(
        self, flaw: SceneFlaw, step: int | None = None, field: str = "", detail: str = ""
    ) -> None:
        """Say what is wrong, and where."""
        where = "scene" if step is None else f"step {step}"
        super().__init__(": ".join(part for part in (where, field, flaw.value, detail) if part))
        self.flaw = flaw
        self.step = step
        self.field = field
        self.detail = detail
