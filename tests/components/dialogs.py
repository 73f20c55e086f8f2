"""Dialogs of subentries, driven as the UI drives them."""

import asyncio
from typing import Any

from homeassistant.config_entries import SOURCE_USER, SubentryFlowResult
from homeassistant.data_entry_flow import FlowResultType, section
from pytest_homeassistant_custom_component.common import get_schema_suggested_value

from .house import House


class Dialog:
    """One dialog about a subentry, to be created or changed."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.shown: SubentryFlowResult

    @classmethod
    async def create(cls, house: House, subentry_type: str) -> Dialog:
        """Begin to create a subentry."""
        dialog = cls(house)
        dialog.shown = await house.hass.config_entries.subentries.async_init(
            (house.entry.entry_id, subentry_type), context={"source": SOURCE_USER}
        )
        return dialog

    @classmethod
    async def change(cls, house: House, subentry_id: str) -> Dialog:
        """Begin to change a subentry."""
        dialog = cls(house)
        dialog.shown = await house.entry.start_subentry_reconfigure_flow(house.hass, subentry_id)
        return dialog

    async def choose(self, step: str) -> None:
        """Choose from a menu."""
        assert self.shown["type"] is FlowResultType.MENU
        await self._configure({"next_step_id": step})

    async def submit(self, **user_input: Any) -> None:
        """Fill a form in."""
        assert self.shown["type"] is FlowResultType.FORM, self.shown
        await self._configure(user_input)

    async def submit_while(self, *happens: Any, **user_input: Any) -> None:
        """Fill a form in, and while it is checked, let things happen one after the other."""
        checking = asyncio.create_task(self._configure(user_input))
        for happening in happens:
            await happening
        await checking

    async def _configure(self, user_input: dict[str, Any]) -> None:
        self.shown = await self._house.hass.config_entries.subentries.async_configure(
            self.shown["flow_id"], user_input
        )
        if self.shown["type"] is not FlowResultType.FORM:
            await self._house.clock.settle()

    @property
    def step(self) -> str:
        """The step that is shown."""
        return str(self.shown["step_id"])

    @property
    def errors(self) -> dict[str, str]:
        """What is wrong, by field."""
        return dict(self.shown["errors"] or {})

    @property
    def fields(self) -> list[str]:
        """The fields of the form."""
        schema = self.shown["data_schema"]
        assert schema
        return [str(field) for field in schema.schema]

    def choices(self, field: str) -> dict[str, str]:
        """The choices of a field, each with its label."""
        schema = self.shown["data_schema"]
        assert schema
        options = schema.schema[field].config["options"]
        return {
            option if isinstance(option, str) else option["value"]: (
                option if isinstance(option, str) else option["label"]
            )
            for option in options
        }

    def suggested(self, field: str) -> Any:
        """What a field shows before the user types; a section's field as ``section.field``."""
        schema = self.shown["data_schema"]
        assert schema
        name, _, inner = field.partition(".")
        if not inner:
            return get_schema_suggested_value(schema.schema, name)
        found = schema.schema[name]
        assert isinstance(found, section)
        return get_schema_suggested_value(found.schema.schema, inner)

    @property
    def ended(self) -> str:
        """How it ended: "created", or the reason for an abort."""
        if self.shown["type"] is FlowResultType.CREATE_ENTRY:
            return "created"
        assert self.shown["type"] is FlowResultType.ABORT, self.shown
        return str(self.shown["reason"])
