"""The steps of cameras that were found in the network: which, with what password."""

from collections.abc import Iterable
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from homeassistant.config_entries import ConfigSubentry, SubentryFlowResult
from homeassistant.helpers.selector import SelectOptionDict, TextSelector, TextSelectorConfig
from homeassistant.helpers.translation import async_get_translations
import probatio as vol

from ..const import (
    CONF_PASSWORD,
    CONF_SOURCE,
    CONF_URL,
    CONF_USERNAME,
    DOMAIN,
    SUBENTRY_CAMERA,
)
from ..network.facts import Credentials
from ..network.found import Found, Search, Verdict
from ..setup.camera import CameraWay
from .camera_address import AddressStep, password, place_of
from .forms import several
from .network_search import search_for
from .probing import words_of

CONF_CAMERAS = "cameras"

_LOCKED = frozenset((Verdict.PASSWORD_NEEDED, Verdict.PASSWORD_REFUSED))
OFFERED = _LOCKED | {Verdict.READY}
_SIGNS = {Verdict.READY: "🟢"}
# What the words are for beside verdicts.
_SET_UP = "set_up"
_NOTHING = "nothing"
_MOST_SHOWN = 40
_WORDS = f"component.{DOMAIN}.selector.camera_verdict.options."
CREDENTIALS: dict[vol.Marker, Any] = {
    vol.Required(CONF_USERNAME): TextSelector(TextSelectorConfig(autocomplete="off")),
    vol.Required(CONF_PASSWORD): password(),
}


class FoundSteps(AddressStep):
    """Set up one of the cameras that were found, or several at once."""

    def __init__(self) -> None:
        """Start with nothing found."""
        super().__init__()
        self._search = Search()
        self._found: dict[str, Found] = {}
        self._keys: dict[str, Credentials] = {}
        self._chosen: list[str] = []

    def _take_found(self, all_found: Iterable[Found]) -> None:
        """Keep what was found, and which password is right for it."""
        for found in all_found:
            self._found[found.address] = found
            if found.credentials is not None:
                self._keys[found.address] = self._search.credentials[found.credentials]

    async def async_step_found(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Choose what to set up of what was found."""
        errors: dict[str, str] = {}
        if user_input is not None:
            self._chosen = user_input[CONF_CAMERAS]
            if self._chosen:
                return await self._go_on()
            errors[CONF_CAMERAS] = "nothing_ticked"
        offered = self._offered_cameras
        words = await self._words()
        options = [
            SelectOptionDict(value=found.address, label=_label(found, words[found.verdict]))
            for found in offered
        ]
        return self.async_show_form(
            step_id="found",
            data_schema=vol.Schema({vol.Optional(CONF_CAMERAS, default=[]): several(options)}),
            errors=errors,
            description_placeholders={
                "count": str(len(offered)),
                "others": await self._others(),
            },
        )

    async def _words(self) -> dict[str, str]:
        """The translated words for what may come of a search."""
        words = await async_get_translations(
            self.hass, self.hass.config.language, "selector", {DOMAIN}
        )
        return {
            key.removeprefix(_WORDS): word for key, word in words.items() if key.startswith(_WORDS)
        }

    async def _others(self) -> str:
        """Where else something was looked at, and why it cannot be set up."""
        words = await self._words()
        offered = {found.address for found in self._offered_cameras}
        others = [
            f"{found.address} ({words[_SET_UP if found.verdict in OFFERED else found.verdict]})"
            for found in self._found.values()
            if found.address not in offered
        ]
        if len(others) > _MOST_SHOWN:
            others[_MOST_SHOWN:] = ["…"]
        return ", ".join(others) or words[_NOTHING]

    async def async_step_credentials(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask once for the password of all that want one, and try it."""
        errors: dict[str, str] = {}
        locked = self._locked
        if user_input is not None:
            try:
                key = Credentials(user_input[CONF_USERNAME], user_input[CONF_PASSWORD])
            except ValueError:
                errors[CONF_USERNAME] = "bad_credentials"
            else:
                addresses = tuple(found.address for found in locked)
                self._search = replace(
                    self._search, interfaces=(), addresses=addresses, credentials=(key,)
                )
                self._take_found(await search_for(self.hass, self._search))
                if not (locked := self._locked):
                    return await self._go_on()
                errors["base"] = "unauthorized"
        shown = {CONF_USERNAME: (user_input or {}).get(CONF_USERNAME)}
        return self.async_show_form(
            step_id="credentials",
            data_schema=self.add_suggested_values_to_schema(vol.Schema(CREDENTIALS), shown),
            errors=errors,
            description_placeholders={"cameras": ", ".join(map(_name, locked))},
        )

    async def _go_on(self) -> SubentryFlowResult:
        """Ask for passwords, then for what else there is to say of one camera; several have defaults."""
        if self._locked:
            return await self.async_step_credentials()
        ready = [
            found
            for address in self._chosen
            if (found := self._found[address]).verdict is Verdict.READY
        ]
        if not ready:
            return await self.async_step_found()
        first, *others = ready
        if others:
            return self._add_all(first, others)
        self._identify(first)
        return await self.async_step_camera()

    def _add_all(self, first: Found, others: Iterable[Found]) -> SubentryFlowResult:
        """Set several up with what is usual."""
        for found in others:
            self._identify(found)
            self.hass.config_entries.async_add_subentry(
                self._entry,
                ConfigSubentry(
                    data=MappingProxyType(self._usual_data()),
                    subentry_type=SUBENTRY_CAMERA,
                    title=self._name,
                    unique_id=self._unique_id,
                ),
            )
        self._identify(first)
        return self._finish(self._usual_data())

    def _identify(self, found: Found) -> None:
        assert found.url  # it is ready
        self._identity = {CONF_SOURCE: CameraWay.ADDRESS.value, CONF_URL: found.url.text}
        if key := self._keys.get(found.address):
            self._identity |= {CONF_USERNAME: key.username, CONF_PASSWORD: key.password}
        self._unique_id = place_of(found.url)
        self._name = _name(found)
        self._shown = words_of(found.streams)

    @property
    def _locked(self) -> list[Found]:
        """Those of the chosen that want a password, or another one."""
        chosen = (self._found[address] for address in self._chosen)
        return [found for found in chosen if found.verdict in _LOCKED]

    @property
    def _offered_cameras(self) -> list[Found]:
        """Those that can be set up, and are not yet."""
        return [
            found
            for found in self._found.values()
            if found.verdict in OFFERED and not (found.url and self._is_taken(place_of(found.url)))
        ]


def _name(found: Found) -> str:
    """What to call a camera: as it calls itself, or by its maker, or where it is."""
    return found.name or f"{found.maker} {found.model}".strip() or found.address


def _label(found: Found, verdict: str) -> str:
    made = f"{found.maker} {found.model}".strip()
    parts = (_name(found), made, found.address, str(found.size or ""), verdict)
    return f"{_SIGNS.get(found.verdict, '🔑')} {' · '.join(dict.fromkeys(filter(None, parts)))}"
