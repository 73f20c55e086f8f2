"""The fix flows: of incidents and storms, and of things that nobody watches."""

from collections.abc import Callable
from typing import Any

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import probatio as vol

from .answers import Answers
from .config_flow.known import KnownThingsRepairFlow
from .const import DOMAIN
from .hub import Hub, SentinelConfigEntry
from .outcome.journal import moved_issue_id
from .outcome.known import known_issue_id


class IncidentRepairFlow(RepairsFlow):
    """Offers what a user can do about one incident."""

    def __init__(self, entry_id: str, watch_id: str) -> None:
        """Remember which incident it is about."""
        self._entry_id = entry_id
        self._watch_id = watch_id

    async def async_step_init(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Show what can be done."""
        issue = ir.async_get(self.hass).async_get_issue(DOMAIN, self.issue_id)
        hub = _loaded_hub(self.hass, self._entry_id)
        again = "repeat" if hub and self._watch_id in hub.relays else "verify"
        return self.async_show_menu(
            step_id="init",
            menu_options=[again, "accept", "mute"],
            description_placeholders=issue.translation_placeholders if issue else None,
        )

    async def async_step_verify(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Judge the thing once more."""
        return self._do(Answers.verify)

    async def async_step_repeat(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Send the command once more."""
        return self._do(Answers.repeat)

    async def async_step_accept(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Take the reported state for the right one."""
        return self._do(Answers.accept)

    async def async_step_mute(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Say nothing more of it until something changes."""
        return self._do(Answers.mute)

    def _do(self, action: Callable[[Answers, str], None]) -> RepairsFlowResult:
        hub = _loaded_hub(self.hass, self._entry_id)
        if hub is None:
            return self.async_abort(reason="not_loaded")
        watch = hub.sentinel.watches.get(self._watch_id)
        if watch is None or watch.incident is None:
            return self.async_abort(reason="over")
        action(hub.answers, self._watch_id)
        return self.async_create_entry(data={})


class StormRepairFlow(RepairsFlow):
    """Offers what a user can do about many incidents at once."""

    def __init__(self, entry_id: str, storm_id: str) -> None:
        """Remember which storm it is about."""
        self._entry_id = entry_id
        self._storm_id = storm_id

    async def async_step_init(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Show what can be done."""
        issue = ir.async_get(self.hass).async_get_issue(DOMAIN, self.issue_id)
        return self.async_show_menu(
            step_id="init",
            menu_options=["verify", "mute"],
            description_placeholders=issue.translation_placeholders if issue else None,
        )

    async def async_step_verify(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Judge all of them once more."""
        return self._do(Answers.verify_storm)

    async def async_step_mute(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Say nothing more of the storm."""
        return self._do(Answers.mute_storm)

    def _do(self, action: Callable[[Answers, str], None]) -> RepairsFlowResult:
        hub = _loaded_hub(self.hass, self._entry_id)
        if hub is None:
            return self.async_abort(reason="not_loaded")
        if self._storm_id not in hub.sentinel.storms.open:
            return self.async_abort(reason="over")
        action(hub.answers, self._storm_id)
        return self.async_create_entry(data={})


class DrillRepairFlow(RepairsFlow):
    """Offers to run the drill that failed, or that is overdue."""

    def __init__(self, entry_id: str, alarm_id: str) -> None:
        """Remember which alarm it is about."""
        self._entry_id = entry_id
        self._alarm_id = alarm_id

    async def async_step_init(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Begin to ask."""
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Ask, and begin a drill; the issue is there again unless it passes."""
        issue = ir.async_get(self.hass).async_get_issue(DOMAIN, self.issue_id)
        if user_input is None:
            return self.async_show_form(
                step_id="confirm",
                data_schema=vol.Schema({}),
                description_placeholders=issue.translation_placeholders if issue else None,
            )
        hub = _loaded_hub(self.hass, self._entry_id)
        if hub is None:
            return self.async_abort(reason="not_loaded")
        if issue is None or self._alarm_id not in hub.expectations.alarms:
            return self.async_abort(reason="over")
        if refusal := hub.drills.refusal(self._alarm_id):
            return self.async_abort(reason=f"drill_{refusal.value}")
        await hub.drills.begin(self._alarm_id)
        return self.async_create_entry(data={})


def _loaded_hub(hass: HomeAssistant, entry_id: str) -> Hub | None:
    entry: SentinelConfigEntry | None = hass.config_entries.async_get_entry(entry_id)
    if entry is None or entry.state is not ConfigEntryState.LOADED:
        return None
    return entry.runtime_data


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, Any] | None
) -> RepairsFlow:
    """Create the flow that fixes an issue."""
    assert data is not None  # every fixable issue of ours names what it is about
    if "alarm_id" in data:
        return DrillRepairFlow(data["entry_id"], data["alarm_id"])
    if "storm_id" in data:
        return StormRepairFlow(data["entry_id"], data["storm_id"])
    if issue_id == moved_issue_id(data["entry_id"]):
        return ConfirmRepairFlow()
    if issue_id == known_issue_id(data["entry_id"]):
        return KnownThingsRepairFlow(data["entry_id"])
    return IncidentRepairFlow(data["entry_id"], data["watch_id"])
