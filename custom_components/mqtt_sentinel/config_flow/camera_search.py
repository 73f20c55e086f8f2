"""The steps of a search of the network for cameras."""

import asyncio
from typing import Any

from homeassistant.components import network
from homeassistant.config_entries import SubentryFlowResult
from homeassistant.core import HomeAssistant
import probatio as vol

from ..const import CONF_PASSWORD, CONF_USERNAME, DOMAIN
from ..network.facts import Credentials
from ..network.found import Found, Progress, Search
from .camera_found import CREDENTIALS, FoundSteps
from .forms import texts
from .network_search import BadAddressError, read_addresses, search_for

CONF_ADDRESSES = "addresses"


class SearchSteps(FoundSteps):
    """Choose where to search, and search."""

    def __init__(self) -> None:
        """Start with no search."""
        super().__init__()
        self._searching: asyncio.Task[tuple[Found, ...]] | None = None

    async def async_step_search(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Choose where to search, and what to show to who asks for a password."""
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = await self._prepare(user_input)
            if not errors:
                return await self.async_step_searching()
        fields: dict[vol.Marker, Any] = {vol.Optional(CONF_ADDRESSES, default=[]): texts()}
        fields |= {vol.Optional(str(field)): shown for field, shown in CREDENTIALS.items()}
        shown = dict(user_input or {})
        shown.pop(CONF_PASSWORD, None)
        return self.async_show_form(
            step_id="search",
            data_schema=self.add_suggested_values_to_schema(vol.Schema(fields), shown),
            errors=errors,
        )

    async def _prepare(self, user_input: dict[str, Any]) -> dict[str, str]:
        """Read what to search for; answer what is wrong, by field."""
        try:
            addresses, ports = read_addresses(user_input[CONF_ADDRESSES])
        except BadAddressError:
            return {CONF_ADDRESSES: "bad_address"}
        credentials: tuple[Credentials, ...] = ()
        if username := user_input.get(CONF_USERNAME):
            try:
                credentials = (Credentials(username, user_input.get(CONF_PASSWORD, "")),)
            except ValueError:
                return {CONF_USERNAME: "bad_credentials"}
        interfaces = () if addresses else await _interfaces(self.hass)
        self._search = Search(interfaces, addresses, credentials, rtsp_ports=ports)
        return {}

    async def async_step_searching(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Search, showing how far it is."""
        if self._searching is None:
            # In the background: a start or stop of Home Assistant does not wait for it.
            self._searching = self.hass.async_create_background_task(
                search_for(self.hass, self._search, self._tell), f"{DOMAIN} camera search"
            )
        if not self._searching.done():
            return self.async_show_progress(
                step_id="searching", progress_action="search", progress_task=self._searching
            )
        self._take_found(self._searching.result())
        self._searching = None
        there = "found" if self._offered_cameras else "nothing_found"
        return self.async_show_progress_done(next_step_id=there)

    def _tell(self, progress: Progress) -> None:
        if progress.total:
            self.async_update_progress(progress.done / progress.total)

    async def async_step_nothing_found(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Say so, and go on in another way."""
        return self.async_show_menu(
            step_id="nothing_found",
            menu_options=["search", "address"],
            description_placeholders={"others": await self._others()},
        )


async def _interfaces(hass: HomeAssistant) -> tuple[str, ...]:
    """The own addresses in the networks that Home Assistant is to use."""
    addresses = await network.async_get_enabled_source_ips(hass)
    return tuple(str(address) for address in addresses if address.version == 4)
