"""The flow of a camera: where its stream comes from, and what is done with it."""

from typing import Any

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.const import Platform
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.selector import EntitySelector, EntitySelectorConfig
import probatio as vol

from ..const import CONF_CAMERA, CONF_SOURCE
from ..setup.camera import CameraWay
from .camera_local import LocalStep
from .camera_search import SearchSteps


class CameraFlow(SearchSteps, LocalStep):
    """Choose a camera entity, an address, a camera of this computer, or one found in the network."""

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Choose where the camera comes from."""
        if not self._is_loaded:
            return self.async_abort(reason="not_loaded")
        return self.async_show_menu(
            step_id="user", menu_options=["existing", "address", "local", "search"]
        )

    async def async_step_existing(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Choose a camera that Home Assistant has already."""
        errors: dict[str, str] = {}
        if user_input is not None:
            entity_id = user_input[CONF_CAMERA]
            state = self.hass.states.get(entity_id)
            if state is None:
                errors[CONF_CAMERA] = "no_such_entity"
            elif self._is_taken(entity_id):
                errors[CONF_CAMERA] = "already_configured"
            else:
                self._identity = {CONF_SOURCE: CameraWay.ENTITY.value, CONF_CAMERA: entity_id}
                self._unique_id = entity_id
                self._name = self._name or state.name
                return await self.async_step_camera()
        cameras = EntitySelector(
            EntitySelectorConfig(domain=Platform.CAMERA, exclude_entities=self._own_cameras)
        )
        return self.async_show_form(
            step_id="existing",
            data_schema=self.add_suggested_values_to_schema(
                vol.Schema({vol.Required(CONF_CAMERA): cameras}), user_input or self._before
            ),
            errors=errors,
        )

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change where the stream comes from, in the same way, and what is done with it."""
        subentry = self._get_reconfigure_subentry()
        self._name = subentry.title
        self._identity = dict(subentry.data)
        steps = {
            CameraWay.ENTITY: self.async_step_existing,
            CameraWay.ADDRESS: self.async_step_address,
            CameraWay.LOCAL: self.async_step_local,
        }
        return await steps[CameraWay(subentry.data[CONF_SOURCE])]()

    @property
    def _own_cameras(self) -> list[str]:
        """The cameras that are made here."""
        entities = er.async_entries_for_config_entry(er.async_get(self.hass), self._entry.entry_id)
        return [found.entity_id for found in entities if found.domain == Platform.CAMERA]
