"""The forms of the steps of a scene: what they ask for, as steps in plain data, and back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from homeassistant.const import CONF_ENTITY_ID
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    ActionSelector,
    EntitySelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    Selector,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
    TextSelectorConfig,
)
import probatio as vol

from ..command.command import DEFAULT_TIMEOUT
from ..command.scene_reading import read_step, store_steps
from ..command.scene_steps import (
    LONGEST,
    LONGEST_CONFIRMATION,
    MOST_STEPS,
    CommandStep,
    Kind,
    Otherwise,
    SceneError,
    SceneFlaw,
    Step,
    WaitStep,
)
from ..const import CONF_DIALECT, CONF_SITE, CONF_THING, CONF_TOPIC
from ..dialects.table import DIALECTS
from .forms import yes_or_no

CONF_ACTION = "action"
CONF_ACTUATOR = "actuator"
CONF_AT = "at"
CONF_CONFIRMATION = "confirmation"
CONF_FEEDBACK = "feedback"
CONF_ON = "on"
CONF_OTHERWISE = "otherwise"
CONF_PAYLOAD = "payload"
CONF_POSITION = "position"
CONF_QOS = "qos"
CONF_RELAY = "relay"
CONF_RETAIN = "retain"
CONF_STATE = "state"
CONF_TIMEOUT = "timeout"

_DEFAULT_WAIT = 60
_MOST_SHOWN = 40
# What the editor of actions writes beside what is called; anything else would be lost.
_OF_ACTIONS = frozenset({"action", "target", "data", "metadata"})


def _seconds(most: float) -> NumberSelector:
    return NumberSelector(
        NumberSelectorConfig(
            min=0, max=most, step="any", unit_of_measurement="s", mode=NumberSelectorMode.BOX
        )
    )


def text(*, lines: bool = False) -> TextSelector:
    """A field for text, of several ``lines`` or of one."""
    return TextSelector(TextSelectorConfig(multiline=lines))


def choice(options: list[str], translation_key: str) -> SelectSelector:
    """A field to choose one of some options that have their texts in the translations."""
    return SelectSelector(SelectSelectorConfig(options=options, translation_key=translation_key))


_AT: dict[vol.Marker, Selector[Any]] = {vol.Required(CONF_AT, default=0): _seconds(LONGEST)}
_POSITION: dict[vol.Marker, Selector[Any]] = {
    vol.Optional(CONF_POSITION): NumberSelector(
        NumberSelectorConfig(min=1, max=MOST_STEPS, step=1, mode=NumberSelectorMode.BOX)
    )
}
_COMMAND = vol.Schema(
    {
        **_AT,
        vol.Required(CONF_TOPIC): text(),
        vol.Optional(CONF_PAYLOAD, default=""): text(lines=True),
        vol.Required(CONF_ACTUATOR, default=True): yes_or_no(),
        vol.Required(CONF_QOS, default="1"): SelectSelector(
            SelectSelectorConfig(options=["0", "1", "2"])
        ),
        vol.Required(CONF_RETAIN, default=False): yes_or_no(),
        vol.Required(CONF_CONFIRMATION): section(
            vol.Schema(
                {
                    vol.Optional(CONF_FEEDBACK): text(),
                    vol.Required(CONF_TIMEOUT, default=DEFAULT_TIMEOUT): _seconds(
                        LONGEST_CONFIRMATION
                    ),
                    vol.Optional(CONF_DIALECT): choice(list(DIALECTS), "dialect"),
                    vol.Optional(CONF_SITE): text(),
                    vol.Optional(CONF_THING): text(),
                    vol.Optional(CONF_RELAY): text(),
                    vol.Required(CONF_ON, default=True): yes_or_no(),
                }
            ),
            {"collapsed": True},
        ),
        **_POSITION,
    }
)
_ACTION = vol.Schema(
    {
        **_AT,
        vol.Required(CONF_ACTION): ActionSelector(),
        vol.Required(CONF_ACTUATOR, default=True): yes_or_no(),
        **_POSITION,
    }
)
_WAIT = vol.Schema(
    {
        **_AT,
        vol.Optional(CONF_ENTITY_ID): EntitySelector(),
        vol.Optional(CONF_STATE): text(),
        vol.Optional(CONF_TOPIC): text(),
        vol.Optional(CONF_PAYLOAD): text(),
        vol.Required(CONF_TIMEOUT, default=_DEFAULT_WAIT): _seconds(LONGEST),
        vol.Required(CONF_OTHERWISE, default=Otherwise.GO_ON.value): choice(
            [otherwise.value for otherwise in Otherwise], "otherwise"
        ),
        **_POSITION,
    }
)

type Data = dict[str, Any]
type Shown = Mapping[str, Any]


def _given(user_input: Shown, *names: str) -> Data:
    """The fields that were filled in."""
    return {name: user_input[name] for name in names if user_input.get(name) not in (None, "")}


def _command_data(number: int, user_input: Shown) -> Data:
    asked = user_input[CONF_CONFIRMATION]
    relay = _given(asked, CONF_DIALECT, CONF_SITE, CONF_RELAY)
    if asked.get(CONF_THING):
        relay["name"] = asked[CONF_THING]
    confirmation = _given(asked, CONF_FEEDBACK) | ({CONF_RELAY: relay} if relay else {})
    if confirmation:
        confirmation |= {CONF_ON: asked[CONF_ON], CONF_TIMEOUT: asked[CONF_TIMEOUT]}
    return {
        CONF_TOPIC: user_input[CONF_TOPIC],
        CONF_PAYLOAD: user_input[CONF_PAYLOAD],
        CONF_QOS: int(user_input[CONF_QOS]),
        CONF_RETAIN: user_input[CONF_RETAIN],
        CONF_ACTUATOR: user_input[CONF_ACTUATOR],
        CONF_CONFIRMATION: confirmation or None,
    }


def _command_shown(step: Data) -> Data:
    asked = step.pop(CONF_CONFIRMATION) or {CONF_ON: True, CONF_TIMEOUT: DEFAULT_TIMEOUT}
    relay = asked.pop(CONF_RELAY, None) or {}
    if relay:
        relay[CONF_THING] = relay.pop("name")
    return {**step, CONF_QOS: str(step[CONF_QOS]), CONF_CONFIRMATION: {**asked, **relay}}


def _action_data(number: int, user_input: Shown) -> Data:
    """The one action that was chosen. Raises SceneError for anything else that scripts can do."""
    chosen = user_input[CONF_ACTION]
    if not isinstance(chosen, list) or len(chosen) != 1 or not isinstance(chosen[0], dict):
        raise SceneError(SceneFlaw.BAD_ACTION, number, CONF_ACTION)
    [called] = chosen
    if called.keys() - _OF_ACTIONS:
        raise SceneError(SceneFlaw.BAD_ACTION, number, CONF_ACTION)
    return {
        CONF_ACTION: called.get("action"),
        "target": called.get("target"),
        "data": called.get("data"),
        CONF_ACTUATOR: user_input[CONF_ACTUATOR],
    }


def _action_shown(step: Data) -> Data:
    called = {name: step.pop(name) for name in ("action", "target", "data")}
    return {**step, CONF_ACTION: [called]}


def _wait_data(number: int, user_input: Shown) -> Data:
    return {
        **_given(user_input, CONF_ENTITY_ID, CONF_STATE, CONF_TOPIC, CONF_PAYLOAD),
        CONF_TIMEOUT: user_input[CONF_TIMEOUT],
        CONF_OTHERWISE: user_input[CONF_OTHERWISE],
    }


def _wait_shown(step: Data) -> Data:
    return step


@dataclass(frozen=True, slots=True)
class StepForm:
    """The form of one kind of step: its fields, and how they become a step, and a step them."""

    kind: Kind
    schema: vol.Schema
    to_data: Callable[[int, Shown], Data]
    from_data: Callable[[Data], Data]

    def read(self, number: int, user_input: Shown) -> Step:
        """The step that was filled in. Raises SceneError with its ``number``."""
        data = self.to_data(number, user_input)
        return read_step(number, {CONF_AT: user_input[CONF_AT], "kind": self.kind.value, **data})

    def shown(self, step: Step) -> Data:
        """What the form shows of a step that is there."""
        [data] = store_steps((step,))
        del data["kind"]
        return self.from_data(data)


FORMS: Mapping[Kind, StepForm] = {
    form.kind: form
    for form in (
        StepForm(Kind.COMMAND, _COMMAND, _command_data, _command_shown),
        StepForm(Kind.ACTION, _ACTION, _action_data, _action_shown),
        StepForm(Kind.WAIT, _WAIT, _wait_data, _wait_shown),
    )
}


def kind_of(step: Step) -> Kind:
    """What a step does."""
    if isinstance(step, CommandStep):
        return Kind.COMMAND
    return Kind.WAIT if isinstance(step, WaitStep) else Kind.ACTION


def line_of(number: int, step: Step) -> str:
    """A step in one line, in words of no language."""
    return f"{number}. {step.at:g} s: {_summary(step)}"


def _summary(step: Step) -> str:
    if isinstance(step, CommandStep):
        return f"{step.topic} → {_short(step.payload)}"
    if isinstance(step, WaitStep):
        [data] = store_steps((step,))
        heard = data.get(CONF_ENTITY_ID) or data[CONF_TOPIC]
        wanted = data.get(CONF_STATE) or data.get(CONF_PAYLOAD)
        return f"⏳ {heard}" + (f" = {_short(wanted)}" if wanted else "")
    targets = ", ".join(name for names in step.target.values() for name in names)
    return f"{step.action}" + (f" ({_short(targets)})" if targets else "")


def _short(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= _MOST_SHOWN else f"{line[:_MOST_SHOWN]}…"
