"""What every camera is asked for, wherever it comes from: what looks at it, and when it records."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from homeassistant.config_entries import SOURCE_RECONFIGURE, SubentryFlowResult
from homeassistant.const import CONF_NAME, Platform
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
)
import probatio as vol

from ..const import (
    CONF_DETECTOR,
    CONF_DURATION,
    CONF_EXPECT,
    CONF_GRACE,
    CONF_MOTION,
    CONF_MOTION_ENTITIES,
    CONF_PRE_ROLL,
    CONF_RECORDS_FOR,
    CONF_SETTLE,
    SECTION_CHECKS,
    SECTION_RECORDING,
    SUBENTRY_CAMERA,
    SUBENTRY_DEVICE,
    SUBENTRY_RELAY,
)
from ..evidence.facts import DEFAULT_DURATION, DEFAULT_PRE_ROLL, LONGEST_RECORDING
from ..setup.data import key_of, thing_id
from ..watch.expectation import SourceKind
from .forms import seconds, several
from .lookers import called_like, choices, detectors, movers
from .things import MOST_OFFERED
from .wish import WishFlow, expectations

if TYPE_CHECKING:
    from ..watch.reports import ThingKey
    from ..watch.sentinel import Sentinel

# A longer one would fill the disk with what nobody asked for.
LONGEST_PRE_ROLL = 60.0
_MOVERS = [Platform.BINARY_SENSOR, Platform.SWITCH, "input_boolean"]
_RECORDED = (SUBENTRY_DEVICE, SUBENTRY_RELAY, SUBENTRY_CAMERA)
_CHECKS: dict[vol.Marker, Any] = {
    vol.Optional(CONF_SETTLE): seconds(),
    vol.Optional(CONF_GRACE): seconds(),
}


def _length(least: float, most: float) -> NumberSelector:
    """A field for the length of a part of a clip, in seconds."""
    return NumberSelector(
        NumberSelectorConfig(
            min=least,
            max=most,
            step="any",
            unit_of_measurement="s",
            mode=NumberSelectorMode.BOX,
        )
    )


_RECORDING: dict[vol.Marker, Any] = {
    vol.Required(CONF_PRE_ROLL, default=DEFAULT_PRE_ROLL): _length(0, LONGEST_PRE_ROLL),
    vol.Required(CONF_DURATION, default=DEFAULT_DURATION): _length(1, LONGEST_RECORDING),
}


class CameraForms(WishFlow):
    """The end of each flow of a camera; ``_shown`` says what is known of its stream."""

    def __init__(self) -> None:
        """Start with nothing known."""
        super().__init__()
        self._shown = ""

    async def async_step_camera(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Choose a name, what looks at it, when it records, and what is expected of its stream."""
        if user_input is not None:
            data = {**user_input}
            self._name = data.pop(CONF_NAME).strip() or self._name
            checks, recording = data.pop(SECTION_CHECKS), data.pop(SECTION_RECORDING)
            self._data = {**self._identity, **data, **recording, **checks}
            return await self._ask_when()
        looking, moving = self._offered(CONF_DETECTOR), self._offered(CONF_MOTION)
        schema = vol.Schema(
            {
                vol.Required(CONF_NAME): TextSelector(),
                vol.Required(CONF_EXPECT): expectations(),
                vol.Optional(CONF_DETECTOR): SelectSelector(
                    SelectSelectorConfig(options=choices(self._sentinel, looking))
                ),
                vol.Optional(CONF_MOTION, default=[]): several(choices(self._sentinel, moving)),
                vol.Optional(CONF_MOTION_ENTITIES, default=[]): EntitySelector(
                    EntitySelectorConfig(domain=_MOVERS, multiple=True)
                ),
                vol.Optional(CONF_RECORDS_FOR, default=[]): several(self._watches()),
                vol.Required(SECTION_RECORDING): section(
                    vol.Schema(_RECORDING), {"collapsed": True}
                ),
                vol.Required(SECTION_CHECKS): section(vol.Schema(_CHECKS), {"collapsed": True}),
            }
        )
        return self.async_show_form(
            step_id="camera",
            data_schema=self.add_suggested_values_to_schema(schema, self._suggested()),
            description_placeholders={"camera": self._name, "stream": self._shown or "-"},
        )

    def _suggested(self) -> Mapping[str, Any]:
        """What the form begins with: what is set up already, or what has the camera's name."""
        before = self._before
        if not before:
            return {CONF_NAME: self._name, **self._by_name()}
        there = {option["value"] for option in self._watches()}
        return {
            **before,
            CONF_NAME: self._name,
            CONF_RECORDS_FOR: [key for key in before[CONF_RECORDS_FOR] if key in there],
            SECTION_RECORDING: before,
            SECTION_CHECKS: before,
        }

    def _by_name(self) -> dict[str, Any]:
        """What is usual for a camera of this name."""
        moving = called_like(self._name, self._offered(CONF_MOTION))
        looking = called_like(self._name, self._offered(CONF_DETECTOR))
        obvious = {CONF_DETECTOR: thing_id(looking[0])} if len(looking) == 1 else {}
        return {
            CONF_EXPECT: SourceKind.ALWAYS.value,
            CONF_MOTION: [thing_id(key) for key in moving],
            **obvious,
        }

    def _usual_data(self) -> dict[str, Any]:
        """A camera with all that is usual, for a user who just ticked it."""
        return {
            **self._identity,
            **self._by_name(),
            CONF_MOTION_ENTITIES: [],
            CONF_RECORDS_FOR: [],
            CONF_PRE_ROLL: DEFAULT_PRE_ROLL,
            CONF_DURATION: DEFAULT_DURATION,
        }

    # What the step asks for

    def _offered(self, field: str) -> list[ThingKey]:
        """What can be chosen: what was chosen before, and what was heard, what has the name first."""
        before = self._before.get(field, [])
        chosen = [key_of(name) for name in ([before] if isinstance(before, str) else before)]
        heard: list[ThingKey] = []
        if sentinel := self._sentinel:
            heard = (detectors if field == CONF_DETECTOR else movers)(sentinel)
        named = called_like(self._name, heard)
        return list(dict.fromkeys([*chosen, *named, *heard]))[:MOST_OFFERED]

    @property
    def _sentinel(self) -> Sentinel | None:
        return self._hub.sentinel if self._is_loaded else None

    @property
    def _own_id(self) -> str | None:
        """The id of the camera that is changed, None for a new one."""
        if self.source != SOURCE_RECONFIGURE:
            return None
        return self._get_reconfigure_subentry().subentry_id

    def _watches(self) -> list[SelectOptionDict]:
        """What a camera can record for."""
        return [
            SelectOptionDict(value=subentry.subentry_id, label=subentry.title)
            for subentry_type in _RECORDED
            for subentry in self._entry.get_subentries_of_type(subentry_type)
            if subentry.subentry_id != self._own_id
        ]

    def _is_taken(self, unique_id: str) -> bool:
        """Tell whether another camera has this source."""
        return any(
            subentry.unique_id == unique_id and subentry.subentry_id != self._own_id
            for subentry in self._entry.get_subentries_of_type(SUBENTRY_CAMERA)
        )
