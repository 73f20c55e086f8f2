"""The flow of a scene: its steps, one form for each kind, all of them as text, or a museum's file."""

from collections.abc import Mapping
from typing import Any

from homeassistant.components.media_player import DOMAIN as MEDIA_PLAYER_DOMAIN
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_NAME
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    ObjectSelector,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
)
import probatio as vol

from ..command.scene_museum import LOCAL_MEDIA, read_museum, rooms_with_media
from ..command.scene_order import checked, place_of, put
from ..command.scene_reading import read_steps, store_steps
from ..command.scene_steps import Kind, SceneError, SceneFlaw, Steps
from ..const import CONF_STEPS
from ..outcome.wording import escape_markdown
from .forms import several
from .scene_forms import CONF_POSITION, FORMS, kind_of, line_of, text

CONF_MEDIA = "media"
CONF_PLAYER = "player"
CONF_STEP = "step"
CONF_TEXT = "text"

_BASE = "base"
_MOST_LISTED = 50
# Some player, while it is not known which: it has to be one, and that is all.
_ANY_PLAYER = f"{MEDIA_PLAYER_DOMAIN}.any"
_NO_ERROR = {"step": "-", "field": "-", "detail": "-"}
_NAME = vol.Schema({vol.Required(CONF_NAME): text()})


class SceneFlow(ConfigSubentryFlow):
    """Put a scene together, step by step."""

    def __init__(self) -> None:
        """Start with no step."""
        self._name = ""
        self._steps: Steps = ()
        # The steps as text, while they cannot be read.
        self._unread: object = None
        # The index of the step that is changed, None while one is added.
        self._editing: int | None = None
        self._file = b""
        self._media = LOCAL_MEDIA
        self._players: dict[str, str] = {}

    # Beginning and end

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Give it a name."""
        return await self._named("user", user_input)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Go on with the steps that there are."""
        subentry = self._get_reconfigure_subentry()
        self._name = subentry.title
        stored = subentry.data.get(CONF_STEPS)
        try:
            self._steps = read_steps(stored)
        except SceneError:
            self._unread = stored
            return await self.async_step_text()
        return await self.async_step_menu()

    async def async_step_menu(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Choose what to do next."""
        self._editing = None
        options: list[str] = list(Kind)
        if self._steps:
            options += ["edit", "remove"]
        options += ["text", "museum", "rename"]
        if self._steps:
            options.append("finish")
        lines = self._lines[:_MOST_LISTED]
        if len(self._steps) > _MOST_LISTED:
            lines.append("…")
        return self.async_show_menu(
            step_id="menu",
            menu_options=options,
            description_placeholders={
                "name": escape_markdown(self._name),
                "count": str(len(self._steps)),
                # Not one list item each: its own numbers are those that errors name.
                "steps": "  \n".join(map(escape_markdown, lines)) or "-",
            },
        )

    async def async_step_rename(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Give it another name."""
        return await self._named("rename", user_input)

    async def _named(self, step_id: str, user_input: dict[str, Any] | None) -> SubentryFlowResult:
        errors: dict[str, str] = {}
        if user_input is not None:
            name = user_input[CONF_NAME].strip()
            if name:
                self._name = name
                return await self.async_step_menu()
            errors[CONF_NAME] = "no_name"
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(_NAME, {CONF_NAME: self._name}),
            errors=errors,
        )

    async def async_step_finish(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Keep it."""
        data = {CONF_STEPS: store_steps(self._steps)}
        if self.source == SOURCE_RECONFIGURE:
            return self.async_update_and_abort(
                self._get_entry(), self._get_reconfigure_subentry(), title=self._name, data=data
            )
        return self.async_create_entry(title=self._name, data=data)

    # One step at a time

    async def async_step_command(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Send an MQTT command."""
        return await self._step(Kind.COMMAND, user_input)

    async def async_step_action(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Call an action of Home Assistant."""
        return await self._step(Kind.ACTION, user_input)

    async def async_step_wait(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Wait for a state or a message."""
        return await self._step(Kind.WAIT, user_input)

    async def _step(self, kind: Kind, user_input: dict[str, Any] | None) -> SubentryFlowResult:
        form = FORMS[kind]
        editing = self._editing
        others = self._steps if editing is None else _without(self._steps, {editing})
        near = len(others) if editing is None else editing
        error: SceneError | None = None
        if user_input is not None:
            try:
                step = form.read(near + 1, user_input)
                place = place_of(others, step, near)
                if position := user_input.get(CONF_POSITION):
                    place = min(int(position) - 1, len(others))
                self._steps = put(others, step, place)
            except SceneError as wrong:
                error = wrong
            else:
                return await self.async_step_menu()
        shown = user_input or ({} if editing is None else form.shown(self._steps[editing]))
        return self._form(kind.value, form.schema, shown, error)

    async def async_step_edit(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Choose a step to change."""
        if user_input is not None:
            self._editing = int(user_input[CONF_STEP])
            return await self._step(kind_of(self._steps[self._editing]), None)
        steps = SelectSelector(SelectSelectorConfig(options=self._choices))
        return self.async_show_form(
            step_id="edit", data_schema=vol.Schema({vol.Required(CONF_STEP): steps})
        )

    async def async_step_remove(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Remove steps."""
        error: SceneError | None = None
        if user_input is not None:
            rest = _without(self._steps, set(map(int, user_input[CONF_STEPS])))
            try:
                self._steps = checked(rest) if rest else ()
            except SceneError as wrong:
                error = wrong
            else:
                return await self.async_step_menu()
        schema = vol.Schema({vol.Required(CONF_STEPS, default=[]): several(self._choices)})
        return self._form("remove", schema, user_input or {}, error)

    # All at once

    async def async_step_text(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Change all steps as text."""
        error: SceneError | None = None
        if user_input is None and self._unread is not None:
            user_input = {CONF_STEPS: self._unread}
        if user_input is not None:
            try:
                self._steps = read_steps(user_input[CONF_STEPS])
            except SceneError as wrong:
                error = wrong
            else:
                self._unread = None
                return await self.async_step_menu()
        schema = vol.Schema({vol.Required(CONF_STEPS): ObjectSelector()})
        shown = user_input or {CONF_STEPS: store_steps(self._steps)}
        return self._form("text", schema, shown, error)

    async def async_step_museum(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Take the steps of a museum's scene instead of those that there are."""
        error: SceneError | None = None
        if user_input is not None:
            self._file = user_input[CONF_TEXT].encode(errors="replace")
            self._media = user_input[CONF_MEDIA]
            try:
                rooms = rooms_with_media(self._file)
                # What is wrong is told before anybody is asked for players.
                read_museum(self._file, dict.fromkeys(rooms, _ANY_PLAYER), self._media)
            except SceneError as wrong:
                error = wrong
            else:
                self._players = {}
                return await self.async_step_player()
        schema = vol.Schema(
            {
                vol.Required(CONF_TEXT): text(lines=True),
                vol.Required(CONF_MEDIA, default=LOCAL_MEDIA): text(),
            }
        )
        return self._form("museum", schema, user_input or {}, error)

    async def async_step_player(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Choose the media player of each room in which something is played."""
        rooms = [room for room in rooms_with_media(self._file) if room not in self._players]
        errors: dict[str, str] = {}
        if user_input is not None:
            player: str = user_input[CONF_PLAYER]
            if player.startswith(f"{MEDIA_PLAYER_DOMAIN}."):
                self._players[rooms.pop(0)] = player
            else:  # the selector also takes what an entity is registered as
                errors[CONF_PLAYER] = SceneFlaw.BAD_ENTITY.value
        if not rooms:
            self._steps = read_museum(self._file, self._players, self._media)
            return await self.async_step_menu()
        players = EntitySelector(EntitySelectorConfig(domain=MEDIA_PLAYER_DOMAIN))
        return self.async_show_form(
            step_id="player",
            data_schema=vol.Schema({vol.Required(CONF_PLAYER): players}),
            errors=errors,
            description_placeholders={
                **_NO_ERROR,
                "room": escape_markdown(rooms[0]),
                "field": CONF_PLAYER,
            },
        )

    # What is shown

    @property
    def _lines(self) -> list[str]:
        return [line_of(number, step) for number, step in enumerate(self._steps, 1)]

    @property
    def _choices(self) -> list[SelectOptionDict]:
        return [
            SelectOptionDict(value=str(index), label=line) for index, line in enumerate(self._lines)
        ]

    def _form(
        self,
        step_id: str,
        schema: vol.Schema,
        shown: Mapping[str, Any],
        error: SceneError | None,
    ) -> SubentryFlowResult:
        """A form, and what is wrong with what was filled in: at its field, or above all."""
        errors: dict[str, str] = {}
        placeholders = {"name": escape_markdown(self._name), **_NO_ERROR}
        if error:
            at_field = error.field if error.field in schema.schema else _BASE
            errors[at_field] = error.flaw.value
            placeholders |= {
                name: str(value)
                for name, value in (
                    ("step", error.step),
                    ("field", error.field),
                    ("detail", error.detail),
                )
                if value not in (None, "")
            }
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, shown),
            errors=errors,
            description_placeholders=placeholders,
        )


def _without(steps: Steps, indices: set[int]) -> Steps:
    return tuple(step for index, step in enumerate(steps) if index not in indices)
