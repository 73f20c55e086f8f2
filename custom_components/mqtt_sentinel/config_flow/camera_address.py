"""The step of a camera whose stream is at an address."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.helpers.selector import (
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import probatio as vol

from ..const import (
    CONF_ANYWAY,
    CONF_FALLBACK_URL,
    CONF_PASSWORD,
    CONF_SOURCE,
    CONF_URL,
    CONF_USERNAME,
)
from ..network.facts import Credentials
from ..network.urls import SERVICES, STREAMS, Url, UrlError, read_url
from ..setup.camera import CameraWay
from .camera_form import CameraForms
from .probing import PROBE_ERRORS, probe
from .topic import ANYWAY

_SCHEMES = STREAMS | SERVICES


def password() -> TextSelector:
    """A field for a password."""
    return TextSelector(
        TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="new-password")
    )


_FIELDS: dict[vol.Marker, Any] = {
    vol.Required(CONF_URL): TextSelector(),
    vol.Optional(CONF_FALLBACK_URL): TextSelector(),
    vol.Optional(CONF_USERNAME): TextSelector(TextSelectorConfig(autocomplete="off")),
    vol.Optional(CONF_PASSWORD): password(),
}


def place_of(url: Url) -> str:
    """What tells one stream from another, whoever may see it: its host, port and path."""
    return f"{url.host}:{url.port}{url.path}"


class AddressStep(CameraForms):
    """Choose an address, and see whether a stream can be opened there."""

    def __init__(self) -> None:
        """Start with no password."""
        super().__init__()
        # One that was typed is not shown again, and need not be typed again.
        self._typed: tuple[str, str, str] | None = None

    async def async_step_address(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Choose the address of the stream, and another one for when that fails."""
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = await self._take(user_input)
            if not errors:
                return await self.async_step_camera()
        fields = dict(_FIELDS)
        if PROBE_ERRORS & set(errors.values()):
            fields |= ANYWAY
        shown = dict(user_input or self._identity)
        shown.pop(CONF_PASSWORD, None)
        return self.async_show_form(
            step_id="address",
            data_schema=self.add_suggested_values_to_schema(vol.Schema(fields), shown),
            errors=errors,
        )

    async def _take(self, user_input: dict[str, Any]) -> dict[str, str]:
        """Read addresses and credentials, and try them; answer what is wrong, by field.

        Credentials that were typed as a part of an address are put where they belong.
        """
        urls: dict[str, Url] = {}
        errors: dict[str, str] = {}
        username = user_input.get(CONF_USERNAME, "").strip()
        typed = user_input.get(CONF_PASSWORD, "")
        for field in (CONF_URL, CONF_FALLBACK_URL):
            if not user_input.get(field, "").strip():
                continue
            try:
                urls[field], inside = read_url(user_input[field], _SCHEMES)
            except UrlError:
                errors[field] = "bad_url"
                continue
            user_input[field] = urls[field].text
            if inside and not username:
                username, typed = inside.username, inside.password
        user_input[CONF_USERNAME] = username
        if CONF_URL not in urls:
            return errors or {CONF_URL: "bad_url"}
        main = urls[CONF_URL]
        secret = self._kept(main.host, username, typed) if username else ""
        self._typed = main.host, username, secret
        try:
            credentials = Credentials(username, secret) if username else None
        except ValueError:
            return errors | {CONF_USERNAME: "bad_credentials"}
        if self._is_taken(place_of(main)):
            errors[CONF_URL] = "already_configured"
        if not errors and not user_input.get(CONF_ANYWAY):
            errors = await self._probe(urls, credentials)
        if not errors:
            self._identified(urls, credentials)
        return errors

    def _kept(self, host: str, username: str, typed: str) -> str:
        """The password: what was typed, or the one before if it is for the same user at the same host."""
        if typed:
            return typed
        for before in (self._typed, self._stored()):
            if before and before[:2] == (host, username):
                return before[2]
        return ""

    def _stored(self) -> tuple[str, str, str] | None:
        """The host, the user and the password that are set up already."""
        before = self._before
        if not before.get(CONF_USERNAME):
            return None
        url, _ = read_url(before[CONF_URL], _SCHEMES)
        return url.host, before[CONF_USERNAME], before.get(CONF_PASSWORD, "")

    async def _probe(
        self, urls: Mapping[str, Url], credentials: Credentials | None
    ) -> dict[str, str]:
        """Try to open the streams; answer what is wrong, by field."""
        errors: dict[str, str] = {}
        for field, url in urls.items():
            probed = await probe(self.hass, url, credentials)
            if probed.error:
                errors[field] = probed.error
            elif field == CONF_URL:
                self._shown = probed.shown
        return errors

    def _identified(self, urls: Mapping[str, Url], credentials: Credentials | None) -> None:
        self._identity = {CONF_SOURCE: CameraWay.ADDRESS.value}
        self._identity |= {field: url.text for field, url in urls.items()}
        if credentials:
            self._identity[CONF_USERNAME] = credentials.username
            self._identity[CONF_PASSWORD] = credentials.password
        self._unique_id = place_of(urls[CONF_URL])
        self._name = self._name or urls[CONF_URL].host
