"""The flow of a relay: which one, how it is switched, and what has to come back."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.const import CONF_NAME
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
)
import probatio as vol

from ..command.command import DEFAULT_TTL, LAST_SECOND, Relay
from ..const import (
    CONF_ANYWAY,
    CONF_COMMAND_OFF,
    CONF_COMMAND_ON,
    CONF_COMMAND_TOPIC,
    CONF_CONFIRM,
    CONF_CRITICAL,
    CONF_DIALECT,
    CONF_DIALECTS,
    CONF_FEEDBACK_TOPIC,
    CONF_GRACE,
    CONF_HOLD,
    CONF_RELAY,
    CONF_REQUIRE_LIVE,
    CONF_SETTLE,
    CONF_SITE,
    CONF_THING,
    CONF_TIMEOUT,
    CONF_TTL,
    SECTION_CHECKS,
)
from ..dialects import custom
from ..dialects.table import DIALECTS
from ..setup.data import key_of, thing_data, thing_id, thing_title
from ..setup.relay import Confirm, relay_of, usual_topic, usual_words, watched_key
from ..watch.relays import relay_key, split_key
from .forms import seconds, yes_or_no
from .subentry import ThingFlow
from .things import MOST_OFFERED, key_named
from .topic import described_in, is_topic

_SWITCHING: dict[vol.Marker, Any] = {
    vol.Required(CONF_NAME): TextSelector(),
    vol.Required(CONF_COMMAND_TOPIC): TextSelector(),
    vol.Required(CONF_COMMAND_ON): TextSelector(),
    vol.Required(CONF_COMMAND_OFF): TextSelector(),
    vol.Required(CONF_CONFIRM): SelectSelector(
        SelectSelectorConfig(
            options=[confirm.value for confirm in Confirm], translation_key="confirm"
        )
    ),
    vol.Optional(CONF_FEEDBACK_TOPIC): TextSelector(),
    vol.Required(CONF_CRITICAL, default=False): yes_or_no(),
    vol.Required(CONF_HOLD, default=False): yes_or_no(),
}
_CHECKS: dict[vol.Marker, Any] = {
    vol.Optional(CONF_TIMEOUT): seconds(),
    vol.Optional(CONF_TTL): seconds(),
    vol.Optional(CONF_SETTLE): seconds(),
    vol.Optional(CONF_GRACE): seconds(),
    vol.Required(CONF_REQUIRE_LIVE, default=False): yes_or_no(),
}


class RelayFlow(ThingFlow):
    """Choose a relay that was heard, name one, or describe its topic; then how to switch it."""

    # Which relay

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Choose how to name the relay."""
        if not self._is_loaded:
            return self.async_abort(reason="not_loaded")
        ways = ["custom"]
        if self._dialects:
            ways.insert(0, "manual")
        if self._offered:
            ways.insert(0, "heard")
        return self.async_show_menu(step_id="user", menu_options=ways)

    async def async_step_heard(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Choose one of the relays that were heard and are not set up."""
        if not self._is_loaded:
            return self.async_abort(reason="not_loaded")
        if user_input is not None:
            return await self._identified(Relay(*split_key(key_of(user_input[CONF_RELAY]))))
        offered = self._offered
        options = [
            SelectOptionDict(value=thing_id(relay_key(*relay)), label=_label(relay))
            for relay in offered[:MOST_OFFERED]
        ]
        relays = SelectSelector(SelectSelectorConfig(options=options))
        return self.async_show_form(
            step_id="heard",
            data_schema=vol.Schema({vol.Required(CONF_RELAY): relays}),
            description_placeholders={"shown": str(len(options)), "count": str(len(offered))},
        )

    async def async_step_manual(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Name a relay, heard or not."""
        if not self._is_loaded:
            return self.async_abort(reason="not_loaded")
        errors: dict[str, str] = {}
        if user_input is not None:
            site = user_input.get(CONF_SITE, "")
            key = key_named(user_input[CONF_DIALECT], site, user_input[CONF_THING])
            name = _relay_named(user_input[CONF_RELAY])
            if key is None:
                errors[CONF_THING] = "bad_thing"
            elif name is None:
                errors[CONF_RELAY] = "bad_relay"
            elif self._is_watched(relay_key(key, name)):
                errors[CONF_RELAY] = "already_configured"
            elif not self._is_heard(Relay(key, name)) and not user_input.get(CONF_ANYWAY):
                errors[CONF_RELAY] = "not_heard"
            else:
                return await self._identified(Relay(key, name))
        return self._ask_for_name(
            self._dialects, {vol.Required(CONF_RELAY): TextSelector()}, user_input, errors
        )

    async def async_step_custom(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Describe the topic on which the relay reports its state, and see whether it can be read."""
        return await self._describe(user_input, watched_key) or await self.async_step_switching()

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change the topic of a custom relay, or how any is switched."""
        subentry = self._get_reconfigure_subentry()
        data = subentry.data
        self._name = subentry.title
        self._unique_id = subentry.unique_id or ""
        if data[CONF_DIALECT] == custom.NAME:
            self._identity = {CONF_DIALECT: custom.NAME, **described_in(data)}
            return await self.async_step_custom()
        relay = relay_of(data)
        self._identity = {**thing_data(relay.key), CONF_RELAY: relay.relay}
        return await self.async_step_switching()

    async def _identified(self, relay: Relay) -> SubentryFlowResult:
        self._identity = {**thing_data(relay.key), CONF_RELAY: relay.relay}
        self._unique_id = thing_id(relay_key(*relay))
        self._name = _title(relay)
        return await self.async_step_switching()

    # How it is switched

    async def async_step_switching(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Choose what switches it, what confirms that, and how bad it is when nothing does."""
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = _switching_errors(user_input)
            if not errors:
                data = {**user_input}
                self._name = data.pop(CONF_NAME).strip() or self._name
                checks = data.pop(SECTION_CHECKS)
                return self._finish({**self._identity, **data, **checks})
        schema = vol.Schema(
            {
                **_SWITCHING,
                vol.Required(SECTION_CHECKS): section(
                    vol.Schema(_CHECKS), {"collapsed": SECTION_CHECKS not in errors}
                ),
            }
        )
        return self.async_show_form(
            step_id="switching",
            data_schema=self.add_suggested_values_to_schema(schema, user_input or self._suggested),
            errors=errors,
            description_placeholders={"relay": self._name},
        )

    @property
    def _suggested(self) -> Mapping[str, Any]:
        """What the form begins with: what is set up already, or what is usual in its dialect."""
        if before := self._before:
            return {CONF_NAME: self._name, **before, SECTION_CHECKS: before}
        words = usual_words(self._identity[CONF_DIALECT])
        relay = relay_of(self._identity)
        confirm = Confirm.STATE
        if words.answers:
            confirm = Confirm.BOTH if self._is_heard(relay) else Confirm.FEEDBACK
        return {
            CONF_NAME: self._name,
            CONF_COMMAND_TOPIC: usual_topic(relay),
            CONF_COMMAND_ON: words.on,
            CONF_COMMAND_OFF: words.off,
            CONF_CONFIRM: confirm.value,
        }

    # What the steps ask for

    @property
    def _dialects(self) -> list[str]:
        """Those that were chosen and have relays."""
        return [
            name
            for name in self._entry.data[CONF_DIALECTS]
            if name in DIALECTS and DIALECTS[name].relays
        ]

    @property
    def _offered(self) -> list[Relay]:
        """The relays that were heard and are not set up; those of a user's own topics are described."""
        heard = (key for key in self._hub.sentinel.relays if key.dialect != custom.NAME)
        return [Relay(*split_key(key)) for key in sorted(heard) if not self._is_watched(key)]

    def _is_heard(self, relay: Relay) -> bool:
        return self._is_loaded and relay_key(*relay) in self._hub.sentinel.relays


def _relay_named(name: str) -> str | None:
    """What a user calls a relay, None when none can have that name: it is one topic level."""
    name = name.strip()
    return name if is_topic(name) and "/" not in name else None


def _title(relay: Relay) -> str:
    return f"{thing_title(relay.key)} {relay.relay}"


def _label(relay: Relay) -> str:
    return f"{_title(relay)} ({relay.key.dialect})"


def _switching_errors(user_input: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with how a relay is to be switched, by field."""
    errors: dict[str, str] = {}
    if not is_topic(user_input[CONF_COMMAND_TOPIC]):
        errors[CONF_COMMAND_TOPIC] = "bad_topic"
    if (feedback := user_input.get(CONF_FEEDBACK_TOPIC)) and not is_topic(feedback):
        errors[CONF_FEEDBACK_TOPIC] = "bad_topic"
    if user_input[CONF_COMMAND_ON] == user_input[CONF_COMMAND_OFF]:
        errors[CONF_COMMAND_OFF] = "same_payloads"
    if user_input[SECTION_CHECKS].get(CONF_TTL, DEFAULT_TTL) <= LAST_SECOND:
        errors[SECTION_CHECKS] = "too_little_time"
    return errors
