"""The flow of a device or service: which thing, and what should be true of it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SubentryFlowResult,
)
from homeassistant.const import CONF_NAME
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
)
import probatio as vol

from ..const import (
    CONF_ANYWAY,
    CONF_DIALECT,
    CONF_DIALECTS,
    CONF_EXPECT,
    CONF_GRACE,
    CONF_PING_INTERVAL,
    CONF_PING_MISSES,
    CONF_PING_TOPICS,
    CONF_REQUIRE_LIVE,
    CONF_SETTLE,
    CONF_SITE,
    CONF_THING,
    SECTION_CHECKS,
)
from ..dialects import custom
from ..setup.data import (
    key_of,
    read_custom,
    read_key,
    thing_data,
    thing_id,
    thing_title,
    usual_expectation,
)
from ..watch.cadence import Cadence
from .forms import MOST_MISSES, check_filters, count, seconds, texts, yes_or_no
from .things import key_named, offer, options_of
from .topic import described_in
from .wish import WishFlow, expectations

if TYPE_CHECKING:
    from ..watch.reports import ThingKey

_CHECKS: dict[vol.Marker, Any] = {
    vol.Optional(CONF_SETTLE): seconds(),
    vol.Optional(CONF_GRACE): seconds(),
    vol.Required(CONF_REQUIRE_LIVE, default=False): yes_or_no(),
    vol.Optional(CONF_PING_INTERVAL): seconds(),
    vol.Optional(CONF_PING_MISSES): count(MOST_MISSES),
    vol.Optional(CONF_PING_TOPICS): texts(),
}


class DeviceFlow(WishFlow):
    """Choose a thing that was heard, name one, or describe a topic; then what to expect of it."""

    # Which thing

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Choose how to name the thing."""
        if not self._is_loaded:
            return self.async_abort(reason="not_loaded")
        ways = ["manual", "custom"]
        if self._hub.unwatched():
            ways.insert(0, "heard")
        return self.async_show_menu(step_id="user", menu_options=ways)

    async def async_step_heard(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Choose one of the things that were heard and that nobody watches."""
        if not self._is_loaded:
            return self.async_abort(reason="not_loaded")
        if user_input is not None:
            return await self._identified(key_of(user_input[CONF_THING]))
        known = self._hub.unwatched()
        offered = offer(known)
        things = SelectSelector(SelectSelectorConfig(options=options_of(offered)))
        return self.async_show_form(
            step_id="heard",
            data_schema=vol.Schema({vol.Required(CONF_THING): things}),
            description_placeholders={"shown": str(len(offered)), "count": str(len(known))},
        )

    async def async_step_manual(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Name a thing, heard or not."""
        if not self._is_loaded:
            return self.async_abort(reason="not_loaded")
        errors: dict[str, str] = {}
        if user_input is not None:
            site = user_input.get(CONF_SITE, "")
            key = key_named(user_input[CONF_DIALECT], site, user_input[CONF_THING])
            if key is None:
                errors[CONF_THING] = "bad_thing"
            elif self._is_watched(key):
                errors[CONF_THING] = "already_configured"
            elif not self._is_heard(key) and not user_input.get(CONF_ANYWAY):
                errors[CONF_THING] = "not_heard"
            else:
                return await self._identified(key)
        return self._ask_for_name(self._entry.data[CONF_DIALECTS], {}, user_input, errors)

    async def async_step_custom(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Describe a topic, and see whether something can be read from it."""
        shown = await self._describe(user_input, lambda data: read_custom(data).key)
        return shown or await self.async_step_expect()

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change the topic of a custom watch, or what is expected of any."""
        subentry = self._get_reconfigure_subentry()
        data = subentry.data
        self._name = subentry.title
        self._unique_id = subentry.unique_id or ""
        if data[CONF_DIALECT] == custom.NAME:
            self._identity = {CONF_DIALECT: custom.NAME, **described_in(data)}
            return await self.async_step_custom()
        self._identity = {key: data[key] for key in (CONF_DIALECT, CONF_SITE, CONF_THING)}
        return await self.async_step_expect()

    async def _identified(self, key: ThingKey) -> SubentryFlowResult:
        self._identity = thing_data(key)
        self._unique_id = thing_id(key)
        self._name = thing_title(key)
        return await self.async_step_expect()

    # What should be true of it

    async def async_step_expect(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Choose a name, what is expected, and how it is checked."""
        errors: dict[str, str] = {}
        if user_input is not None:
            self._name = user_input[CONF_NAME].strip() or self._name
            expect = user_input[CONF_EXPECT]
            try:
                checks = _checks(user_input[SECTION_CHECKS])
            except vol.Invalid:
                errors[SECTION_CHECKS] = "bad_ping_topic"
            else:
                self._data = {**self._identity, CONF_EXPECT: expect, **checks}
                return await self._ask_when()
        schema = vol.Schema(
            {
                vol.Required(CONF_NAME): TextSelector(),
                vol.Required(CONF_EXPECT): expectations(),
                vol.Required(SECTION_CHECKS): section(
                    vol.Schema(_CHECKS), {"collapsed": not errors}
                ),
            }
        )
        cadence = self._cadence
        suggested: Mapping[str, Any] = user_input or {
            CONF_NAME: self._name,
            CONF_EXPECT: self._before.get(CONF_EXPECT)
            or usual_expectation(self._identity[CONF_DIALECT]),
            SECTION_CHECKS: self._before or {CONF_PING_INTERVAL: cadence.proposal()},
        }
        usual = cadence.usual()
        return self.async_show_form(
            step_id="expect",
            data_schema=self.add_suggested_values_to_schema(schema, suggested),
            errors=errors,
            description_placeholders={
                "thing": self._name,
                "pings": _every(usual if cadence.pings else None),
                "values": _every(None if cadence.pings else usual),
            },
        )

    # What the steps ask for

    @property
    def _cadence(self) -> Cadence:
        """How often the thing was heard to speak, as far as the hub is there to know."""
        if not self._is_loaded:
            return Cadence()
        sentinel = self._hub.sentinel
        if self.source == SOURCE_RECONFIGURE:
            watch = sentinel.watches.get(self._get_reconfigure_subentry().subentry_id)
            return watch.cadence if watch else Cadence()
        if self._identity[CONF_DIALECT] == custom.NAME:
            return Cadence()
        known = sentinel.known.get(read_key(self._identity))
        return known.cadence if known else Cadence()

    def _is_heard(self, key: ThingKey) -> bool:
        """Tell whether a thing that can be watched is known."""
        return any(thing.key == key for thing in self._hub.unwatched())


def _checks(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """How a watch is checked. Raises vol.Invalid for a ping topic that cannot be used."""
    checks = {**user_input}
    if topics := check_filters(checks.pop(CONF_PING_TOPICS, ())):
        checks[CONF_PING_TOPICS] = topics
    if CONF_PING_MISSES in checks:
        checks[CONF_PING_MISSES] = int(checks[CONF_PING_MISSES])
    return checks


def _every(gap: float | None) -> str:
    """A gap between messages as text, a dash where none is known."""
    return "-" if gap is None else f"{gap:.{0 if gap >= 10 else 1}f} s"
