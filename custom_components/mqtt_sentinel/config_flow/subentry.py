"""What the flows of things that are watched have in common."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntryState,
    ConfigSubentryFlow,
    SubentryFlowResult,
)

from ..setup_data import thing_id

if TYPE_CHECKING:
    from ..hub import Hub, SentinelConfigEntry
    from ..watch.reports import ThingKey


class ThingFlow(ConfigSubentryFlow):
    """A flow about one thing; ``_name`` and ``_unique_id`` are those of its subentry."""

    def __init__(self) -> None:
        """Start with nothing chosen."""
        self._name = ""
        self._unique_id = ""

    def _finish(self, data: Mapping[str, Any]) -> SubentryFlowResult:
        if self.source == SOURCE_RECONFIGURE:
            return self.async_update_and_abort(
                self._entry,
                self._get_reconfigure_subentry(),
                title=self._name,
                data=data,
                unique_id=self._unique_id,
            )
        return self.async_create_entry(title=self._name, data=data, unique_id=self._unique_id)

    @property
    def _entry(self) -> SentinelConfigEntry:
        return self._get_entry()

    @property
    def _is_loaded(self) -> bool:
        return self._entry.state is ConfigEntryState.LOADED

    @property
    def _hub(self) -> Hub:
        return self._entry.runtime_data

    @property
    def _before(self) -> Mapping[str, Any]:
        """What is set up already, when this is a reconfiguration."""
        if self.source == SOURCE_RECONFIGURE:
            return self._get_reconfigure_subentry().data
        return {}

    def _is_watched(self, key: ThingKey) -> bool:
        """Tell whether another subentry watches this thing."""
        unique_id = thing_id(key)
        return unique_id != self._unique_id and any(
            subentry.unique_id == unique_id for subentry in self._entry.subentries.values()
        )
