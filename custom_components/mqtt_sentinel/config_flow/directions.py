"""What the flows of all alarms have in common: their end."""

from typing import Any

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_ENTITY_ID
from homeassistant.helpers.selector import SelectOptionDict
import probatio as vol

from ..const import (
    CONF_RELIES_ON,
    CONF_VERIFY_CONNECT,
    CONF_VERIFY_DISCONNECT,
    SECTION_DRILL,
    SUBENTRY_CAMERA,
    SUBENTRY_DEVICE,
)
from .drill import DRILL_FIELDS, drill_section, flat
from .forms import several


class DirectionsFlow(ConfigSubentryFlow):
    """Choose which directions to verify for each service; then the alarm is set up."""

    def __init__(self) -> None:
        """Start with nothing chosen."""
        self._name = ""
        self._data: dict[str, Any] = {}

    async def async_step_directions(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Choose which directions to verify for each service."""
        relied_on = self._data[CONF_RELIES_ON]
        if user_input is not None:
            return self._finish(self._data | flat(user_input))
        options = [option for option in self._watches() if option["value"] in relied_on]
        schema = vol.Schema(
            {
                vol.Optional(CONF_VERIFY_DISCONNECT, default=[]): several(options),
                vol.Optional(CONF_VERIFY_CONNECT, default=[]): several(options),
                vol.Optional(SECTION_DRILL, default={}): drill_section(),
            }
        )
        return self.async_show_form(
            step_id="directions",
            data_schema=self.add_suggested_values_to_schema(
                schema,
                {
                    field: self._ticked(field)
                    for field in (CONF_VERIFY_DISCONNECT, CONF_VERIFY_CONNECT)
                }
                | {SECTION_DRILL: self._drill()},
            ),
            description_placeholders={"name": self._name},
        )

    def _drill(self) -> dict[str, Any]:
        """What was chosen for drills before."""
        if self.source != SOURCE_RECONFIGURE:
            return {}
        before = self._get_reconfigure_subentry().data
        return {key: before[key] for key in DRILL_FIELDS if key in before}

    def _ticked(self, field: str) -> list[str]:
        """What was ticked before, and of what is new all but that cameras are not to stream."""
        relied_on: list[str] = self._data[CONF_RELIES_ON]
        entry = self._get_entry()
        cameras = {found.subentry_id for found in entry.get_subentries_of_type(SUBENTRY_CAMERA)}
        new = set(relied_on) - (cameras if field == CONF_VERIFY_CONNECT else set())
        if self.source != SOURCE_RECONFIGURE:
            return [watch_id for watch_id in relied_on if watch_id in new]
        before = self._get_reconfigure_subentry().data
        ticked = (new - set(before[CONF_RELIES_ON])) | set(before[field])
        return [watch_id for watch_id in relied_on if watch_id in ticked]

    def _finish(self, data: dict[str, Any]) -> SubentryFlowResult:
        unique_id = data.get(CONF_ENTITY_ID)
        if self.source == SOURCE_RECONFIGURE:
            return self.async_update_and_abort(
                self._get_entry(),
                self._get_reconfigure_subentry(),
                title=self._name,
                data=data,
                unique_id=unique_id,
            )
        return self.async_create_entry(title=self._name, data=data, unique_id=unique_id)

    def _watches(self) -> list[SelectOptionDict]:
        return [
            SelectOptionDict(value=subentry.subentry_id, label=subentry.title)
            for subentry_type in (SUBENTRY_DEVICE, SUBENTRY_CAMERA)
            for subentry in self._get_entry().get_subentries_of_type(subentry_type)
        ]
