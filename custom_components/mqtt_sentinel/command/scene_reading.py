"""Scenes as plain data: a list with an object for each step, as JSON has it.

Each step has ``at`` and its ``kind``. A ``command`` has ``topic`` and ``payload``, and may have
``qos``, ``retain``, ``actuator`` and a ``confirmation``: an object with ``feedback`` (a topic),
``relay`` (``dialect``, ``site``, ``name``, ``relay``) and ``on``, or with one of the two, and
``timeout``. An ``action`` has ``action``, and may have ``target``, ``data`` and ``actuator``. A
``wait`` has ``topic`` and maybe ``payload``, or ``entity_id`` and ``state``; and ``timeout``, and
maybe ``otherwise``.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from math import isnan
import re
from typing import Any

from ..dialects.payload import read_data
from ..dialects.route import MalformedError
from ..watch.reports import ThingKey
from .command import DEFAULT_TIMEOUT, Confirmation, Relay
from .scene_steps import (
    LONGEST,
    LONGEST_CONFIRMATION,
    MOST_PAYLOAD_BYTES,
    MOST_STEPS,
    ActionStep,
    CommandStep,
    Kind,
    Otherwise,
    SceneError,
    SceneFlaw,
    StateTrigger,
    Step,
    Steps,
    TopicTrigger,
    Trigger,
    WaitStep,
)

# No topic, name or state that anybody uses is longer.
_MOST_TEXT_BYTES = 1024
_MOST_TARGETS = 100
_MOST_SHOWN = 40
_NOT_IN_TOPICS = frozenset("+#")
_NAME = r"(?!_)(?!\w*__)[a-z0-9_]+(?<!_)"
_ENTITY_ID = re.compile(rf"{_NAME}\.{_NAME}", re.ASCII)
_TARGETS = ("area_id", "device_id", "entity_id", "floor_id", "label_id")


def read_steps(data: object) -> Steps:
    """Read the steps of a scene. Raises :class:`SceneError` with the first that is wrong."""
    if not isinstance(data, list):
        raise SceneError(SceneFlaw.NOT_A_LIST)
    check_number(len(data))
    return check_times([(number, read_step(number, step)) for number, step in enumerate(data, 1)])


def read_step(number: int, data: object) -> Step:
    """Read one step by itself. Raises :class:`SceneError` with its ``number``."""
    fields = _Fields(number, data)
    at = fields.take("at", _seconds)
    kind = fields.take("kind", _kind)
    step = _READERS[kind](fields, at)
    fields.done()
    return step


def check_number(steps: int) -> None:
    """Check how many steps there are. Raises :class:`SceneError` when none, or too many."""
    if not steps:
        raise SceneError(SceneFlaw.EMPTY)
    if steps > MOST_STEPS:
        raise SceneError(SceneFlaw.TOO_MANY_STEPS, detail=str(MOST_STEPS))


def check_times(steps: list[tuple[int, Step]]) -> Steps:
    """Check that steps, each with its number, come in order and in the time that a scene has.

    Raises :class:`SceneError` with the first that does not.
    """
    earliest = latest = before = 0.0
    for number, step in steps:
        if step.at < before:
            raise SceneError(SceneFlaw.UNORDERED, number, "at", f"{step.at:g} < {before:g}")
        if earliest + step.at > LONGEST:
            raise SceneError(SceneFlaw.UNREACHABLE, number, "at", f"{LONGEST:g}")
        if latest + step.at > LONGEST:
            raise SceneError(SceneFlaw.TOO_LONG, number, "at", f"{LONGEST:g}")
        before = step.at
        if isinstance(step, WaitStep):
            earliest += step.at
            latest += step.at + step.timeout
            before = 0.0
            if latest > LONGEST:
                raise SceneError(SceneFlaw.TOO_LONG, number, "timeout", f"{LONGEST:g}")
    return tuple(step for _, step in steps)


def store_steps(steps: Steps) -> list[dict[str, Any]]:
    """Steps as plain data, which :func:`read_steps` reads."""
    return [_store(step) for step in steps]


class _Fields:
    """The fields of an object in a step; each is taken once."""

    def __init__(self, number: int, data: object, within: str = "") -> None:
        self._number = number
        self._within = within
        if not isinstance(data, dict):
            raise SceneError(SceneFlaw.NOT_AN_OBJECT, number, within.removesuffix("."))
        self._rest: dict[object, object] = dict(data)

    def has(self, name: str) -> bool:
        """Tell whether a field is there; null is as if it were not."""
        return self._rest.get(name) is not None

    def take[T](self, name: str, read: Callable[[object], T]) -> T:
        """Read a field that has to be there."""
        value = self._rest.pop(name, None)
        if value is None:
            raise self.error(SceneFlaw.MISSING_FIELD, name)
        try:
            return read(value)
        except SceneError as error:
            raise self.error(error.flaw, name, error.detail) from error

    def get[T, D](self, name: str, read: Callable[[object], T], default: D) -> T | D:
        """Read a field that may be missing."""
        if self.has(name):
            return self.take(name, read)
        self._rest.pop(name, None)
        return default

    def inner(self, name: str) -> _Fields | None:
        """The fields of an inner object that may be missing."""
        value = self._rest.pop(name, None)
        return None if value is None else _Fields(self._number, value, f"{self._within}{name}.")

    def done(self) -> None:
        """Hold that nothing is left: what is misspelt would be missed in silence."""
        for name in self._rest:
            raise self.error(SceneFlaw.UNKNOWN_FIELD, _shown(name))

    def error(self, flaw: SceneFlaw, name: str = "", detail: str = "") -> SceneError:
        """An error at a field of this object, or at the object."""
        field = f"{self._within}{name}".removesuffix(".")
        return SceneError(flaw, self._number, field, detail)


def _shown(name: object) -> str:
    """A name that somebody chose, as far as it can be shown."""
    return name[:_MOST_SHOWN] if isinstance(name, str) else ""


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SceneError(SceneFlaw.WRONG_TYPE)
    if isinstance(value, float) and isnan(value):
        raise SceneError(SceneFlaw.WRONG_TYPE)
    if value < 0:
        raise SceneError(SceneFlaw.NEGATIVE_TIME)
    if value > LONGEST:
        raise SceneError(SceneFlaw.TOO_LONG, detail=f"{LONGEST:g}")
    return float(value)


def _duration(value: object) -> float:
    seconds = _seconds(value)
    if not seconds:
        raise SceneError(SceneFlaw.NO_TIME)
    return seconds


def _patience(value: object) -> float:
    """How long to wait for a confirmation: so long may the scene last after its last step."""
    seconds = _duration(value)
    if seconds > LONGEST_CONFIRMATION:
        raise SceneError(SceneFlaw.TOO_LONG, detail=f"{LONGEST_CONFIRMATION:g}")
    return seconds


def _bool(value: object) -> bool:
    if not isinstance(value, bool):
        raise SceneError(SceneFlaw.WRONG_TYPE)
    return value


def _qos(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value not in (0, 1, 2):
        raise SceneError(SceneFlaw.BAD_QOS)
    return value


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise SceneError(SceneFlaw.WRONG_TYPE)
    return value


def _bytes(text: str) -> int:
    try:
        return len(text.encode())
    except UnicodeEncodeError as error:
        raise SceneError(SceneFlaw.BAD_TEXT) from error


def _payload(value: object) -> str:
    text = _string(value)
    if _bytes(text) > MOST_PAYLOAD_BYTES:
        raise SceneError(SceneFlaw.PAYLOAD_TOO_LARGE, detail=str(MOST_PAYLOAD_BYTES))
    return text


def _topic(value: object) -> str:
    """A topic for one: no wildcards, and none of those that belong to the broker."""
    topic = _string(value)
    if (
        not topic.isprintable()
        or not 0 < _bytes(topic) <= _MOST_TEXT_BYTES
        or topic.startswith("$")
        or _NOT_IN_TOPICS & set(topic)
    ):
        raise SceneError(SceneFlaw.BAD_TOPIC)
    return topic


def _name(value: object) -> str:
    name = _string(value)
    if not name.isprintable() or not 0 < _bytes(name) <= _MOST_TEXT_BYTES:
        raise SceneError(SceneFlaw.BAD_TEXT)
    return name


def _site(value: object) -> str:
    return _name(value) if value != "" else ""


def _entity_id(value: object) -> str:
    entity_id = _string(value)
    if len(entity_id) > _MOST_TEXT_BYTES or not _ENTITY_ID.fullmatch(entity_id):
        raise SceneError(SceneFlaw.BAD_ENTITY)
    return entity_id


def _action_name(value: object) -> str:
    action = _string(value)
    if len(action) > _MOST_TEXT_BYTES or not _ENTITY_ID.fullmatch(action):
        raise SceneError(SceneFlaw.BAD_ACTION)
    return action


def _target(value: object) -> Mapping[str, tuple[str, ...]]:
    """What an action is for; one name stands for a list of one, as in Home Assistant."""
    if not isinstance(value, dict):
        raise SceneError(SceneFlaw.BAD_TARGET)
    target: dict[str, tuple[str, ...]] = {}
    for kind, named in value.items():
        names = [named] if isinstance(named, str) else named
        if kind not in _TARGETS or not isinstance(names, list) or len(names) > _MOST_TARGETS:
            raise SceneError(SceneFlaw.BAD_TARGET, detail=_shown(kind))
        target[kind] = tuple(map(_entity_id if kind == "entity_id" else _name, names))
    return target


def _data(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise SceneError(SceneFlaw.WRONG_TYPE)
    try:
        return deepcopy(read_data(value))
    except MalformedError as error:
        raise SceneError(SceneFlaw.BAD_DATA, detail=error.detail) from error


def _kind(value: object) -> Kind:
    try:
        return Kind(_string(value))
    except ValueError as error:
        raise SceneError(SceneFlaw.UNKNOWN_KIND, detail=", ".join(Kind)) from error


def _otherwise(value: object) -> Otherwise:
    try:
        return Otherwise(_string(value))
    except ValueError as error:
        raise SceneError(SceneFlaw.UNKNOWN_CHOICE, detail=", ".join(Otherwise)) from error


def _read_command(fields: _Fields, at: float) -> CommandStep:
    step = CommandStep(
        at,
        fields.take("topic", _topic),
        fields.take("payload", _payload),
        fields.get("qos", _qos, 1),
        fields.get("retain", _bool, False),
        fields.get("actuator", _bool, True),
        _read_confirmation(fields.inner("confirmation")),
    )
    if step.actuator and step.retain:
        raise fields.error(SceneFlaw.RETAINED_ACTUATOR, "retain")
    return step


def _read_confirmation(fields: _Fields | None) -> Confirmation | None:
    if fields is None:
        return None
    feedback = fields.get("feedback", _topic, None)
    relay = _read_relay(fields.inner("relay"))
    timeout = fields.get("timeout", _patience, DEFAULT_TIMEOUT)
    on = fields.take("on", _bool) if relay else fields.get("on", _bool, False)
    fields.done()
    if feedback is None and relay is None:
        raise fields.error(SceneFlaw.CONFIRMS_NOTHING)
    return Confirmation(feedback, relay, on, timeout)


def _read_relay(fields: _Fields | None) -> Relay | None:
    if fields is None:
        return None
    dialect, name = fields.take("dialect", _name), fields.take("name", _name)
    relay = Relay(
        ThingKey(dialect, fields.get("site", _site, ""), name), fields.take("relay", _name)
    )
    fields.done()
    return relay


def _read_action(fields: _Fields, at: float) -> ActionStep:
    return ActionStep(
        at,
        fields.take("action", _action_name),
        fields.get("target", _target, {}),
        fields.get("data", _data, {}),
        fields.get("actuator", _bool, True),
    )


def _read_wait(fields: _Fields, at: float) -> WaitStep:
    trigger = _read_trigger(fields)
    if not fields.has("timeout"):
        raise fields.error(SceneFlaw.NO_TIMEOUT, "timeout")
    timeout = fields.take("timeout", _duration)
    return WaitStep(at, trigger, timeout, fields.get("otherwise", _otherwise, Otherwise.GO_ON))


def _read_trigger(fields: _Fields) -> Trigger:
    topic = fields.get("topic", _topic, None)
    entity_id = fields.get("entity_id", _entity_id, None)
    if topic is not None and entity_id is not None:
        raise fields.error(SceneFlaw.TWO_TRIGGERS, "entity_id")
    if topic is not None:
        return TopicTrigger(topic, fields.get("payload", _payload, None))
    if entity_id is not None:
        return StateTrigger(entity_id, fields.take("state", _name))
    raise fields.error(SceneFlaw.NO_TRIGGER, "topic")


_READERS: Mapping[Kind, Callable[[_Fields, float], Step]] = {
    Kind.COMMAND: _read_command,
    Kind.ACTION: _read_action,
    Kind.WAIT: _read_wait,
}


def _store(step: Step) -> dict[str, Any]:
    if isinstance(step, CommandStep):
        return {
            "at": step.at,
            "kind": Kind.COMMAND.value,
            "topic": step.topic,
            "payload": step.payload,
            "qos": step.qos,
            "retain": step.retain,
            "actuator": step.actuator,
            "confirmation": _store_confirmation(step.confirmation),
        }
    if isinstance(step, ActionStep):
        return {
            "at": step.at,
            "kind": Kind.ACTION.value,
            "action": step.action,
            "target": {kind: list(names) for kind, names in step.target.items()},
            "data": deepcopy(dict(step.data)),
            "actuator": step.actuator,
        }
    return {
        "at": step.at,
        "kind": Kind.WAIT.value,
        **_store_trigger(step.trigger),
        "timeout": step.timeout,
        "otherwise": step.otherwise.value,
    }


def _store_confirmation(confirmation: Confirmation | None) -> dict[str, Any] | None:
    if confirmation is None:
        return None
    relay = confirmation.relay
    return {
        "feedback": confirmation.feedback,
        "relay": {**relay.key._asdict(), "relay": relay.relay} if relay else None,
        "on": confirmation.on,
        "timeout": confirmation.timeout,
    }


def _store_trigger(trigger: Trigger) -> dict[str, Any]:
    if isinstance(trigger, TopicTrigger):
        return {"topic": trigger.topic, "payload": trigger.payload}
    return {"entity_id": trigger.entity_id, "state": trigger.state}
