"""The actions: what is open, verify it, acknowledge it, drills, and messages that are unreadable."""

from collections.abc import Callable, Collection
from itertools import islice
from typing import Any

from homeassistant.const import ATTR_DEVICE_ID, ATTR_NAME
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import (
    config_validation as cv,
    device_registry as dr,
    entity_registry as er,
)
from homeassistant.helpers.service import verify_domain_control
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids
from homeassistant.util.json import JsonValueType
import probatio as vol

from .const import DOMAIN
from .dialects.route import Flaw
from .hub import Hub, SentinelConfigEntry
from .intake.dead_letters import MOST_KEPT, DeadLetter
from .outcome.bus import incident_facts
from .outcome.drills import drill_facts
from .outcome.wording import as_utc

GET_INCIDENTS = "get_incidents"
VERIFY_NOW = "verify_now"
ACKNOWLEDGE = "acknowledge"
GET_DEAD_LETTERS = "get_dead_letters"
RUN_DRILL = "run_drill"

ATTR_ACCEPT = "accept"
ATTR_LIMIT = "limit"
ATTR_REASON = "reason"

_DEFAULT_LIMIT = 20

_RUN_DRILL = cv.make_entity_service_schema({})
_VERIFY_NOW = cv.make_entity_service_schema({})
_ACKNOWLEDGE = cv.make_entity_service_schema({vol.Optional(ATTR_ACCEPT, default=False): cv.boolean})
_GET_DEAD_LETTERS = vol.Schema(
    {
        vol.Optional(ATTR_LIMIT, default=_DEFAULT_LIMIT): vol.All(
            vol.Coerce(int), vol.Range(1, MOST_KEPT)
        ),
        vol.Optional(ATTR_REASON): vol.All(cv.ensure_list, [vol.Coerce(Flaw)]),
    }
)


@callback
def register(hass: HomeAssistant) -> None:
    """Register all actions; they are there whether a hub is loaded or not."""
    may_control = verify_domain_control(DOMAIN)
    services = hass.services
    services.async_register(
        DOMAIN, GET_INCIDENTS, _get_incidents, vol.Schema({}), SupportsResponse.ONLY
    )
    services.async_register(DOMAIN, VERIFY_NOW, may_control(_verify_now), _VERIFY_NOW)
    services.async_register(DOMAIN, ACKNOWLEDGE, may_control(_acknowledge), _ACKNOWLEDGE)
    services.async_register(
        DOMAIN, GET_DEAD_LETTERS, _get_dead_letters, _GET_DEAD_LETTERS, SupportsResponse.ONLY
    )
    services.async_register(
        DOMAIN, RUN_DRILL, may_control(_run_drill), _RUN_DRILL, SupportsResponse.OPTIONAL
    )


async def _get_incidents(call: ServiceCall) -> ServiceResponse:
    """All open incidents, the oldest first."""
    hub = _hub(call.hass)
    found = [(watch, watch.incident) for watch in hub.sentinel.watches.values() if watch.incident]
    return {
        "incidents": [
            {
                ATTR_DEVICE_ID: hub.device_id(watch.config.id),
                ATTR_NAME: watch.config.name,
                **incident_facts(incident),
                "muted": incident.muted,
            }
            for watch, incident in sorted(found, key=lambda pair: pair[1].opened_at)
        ]
    }


async def _verify_now(call: ServiceCall) -> None:
    """Judge the chosen watches once more."""
    hub = _hub(call.hass)
    for watch_id in _watches_of(call, hub):
        hub.verify(watch_id)


async def _acknowledge(call: ServiceCall) -> None:
    """Mute the open incidents of the chosen watches, or accept what those report.

    Raises ServiceValidationError when none of them has an open incident.
    """
    hub = _hub(call.hass)
    open_ones = [
        watch_id
        for watch_id in _watches_of(call, hub)
        if hub.sentinel.watches[watch_id].incident is not None
    ]
    if not open_ones:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="nothing_open")
    do: Callable[[str], None] = hub.accept if call.data[ATTR_ACCEPT] else hub.mute
    for watch_id in open_ones:
        do(watch_id)


async def _run_drill(call: ServiceCall) -> ServiceResponse:
    """Run the drills of the chosen alarms, one after the other, and answer with their reports.

    Raises ServiceValidationError when one is refused; those before it were run.
    """
    hub = _hub(call.hass)
    drills: list[JsonValueType] = [
        drill_facts(await hub.drills.run(alarm_id, call.context))
        for alarm_id in _alarms_of(call, hub)
    ]
    return {"drills": drills}


async def _get_dead_letters(call: ServiceCall) -> ServiceResponse:
    """The counts of all, and the last of those that were asked for, the newest first.

    What was in them is only told to administrators, and to what runs without a user: it may be secret.
    """
    letters = _hub(call.hass).mqtt.dead_letters
    reasons = call.data.get(ATTR_REASON) or list(Flaw)
    found = (letter for letter in reversed(letters.kept) if letter.flaw in reasons)
    show_payload = await _is_admin(call)
    return {
        "total": letters.counts.total(),
        "counts": {flaw.value: count for flaw, count in sorted(letters.counts.items())},
        "last": [
            _letter(letter, show_payload=show_payload)
            for letter in islice(found, call.data[ATTR_LIMIT])
        ],
    }


def _letter(letter: DeadLetter, *, show_payload: bool) -> dict[str, Any]:
    return {
        "time": as_utc(letter.at).isoformat(),
        "topic": letter.topic,
        "reason": letter.flaw.value,
        "detail": letter.detail,
        "size": letter.size,
        "excerpt": letter.excerpt if show_payload else None,
    }


async def _is_admin(call: ServiceCall) -> bool:
    if call.context.user_id is None:
        return True
    user = await call.hass.auth.async_get_user(call.context.user_id)
    return user is not None and user.is_admin


@callback
def _hub(hass: HomeAssistant) -> Hub:
    """The hub. Raises ServiceValidationError when it is not loaded."""
    entries: list[SentinelConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    if not entries:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="not_loaded")
    return entries[0].runtime_data


@callback
def _watches_of(call: ServiceCall, hub: Hub) -> list[str]:
    """The ids of the watches that a call is for.

    What was named itself has to be a watch. In areas, floors and labels, all that are there count.
    Raises ServiceValidationError when something is none, or when there is none at all.
    """
    watches = hub.sentinel.watches
    chosen, strangers = _chosen(call, watches)
    if strangers:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="no_watch",
            translation_placeholders={"names": ", ".join(strangers)},
        )
    if not chosen:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="nothing_chosen")
    return chosen


@callback
def _alarms_of(call: ServiceCall, hub: Hub) -> list[str]:
    """The ids of the alarms that a call is for, as :func:`_watches_of` finds watches."""
    chosen, strangers = _chosen(call, hub.expectations.alarms)
    if strangers:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="no_alarm",
            translation_placeholders={"names": ", ".join(strangers)},
        )
    if not chosen:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_alarm_chosen")
    return chosen


@callback
def _chosen(call: ServiceCall, known: Collection[str]) -> tuple[list[str], list[str]]:
    """Those of some subentries that a call is for, and what was named itself and is none of them."""
    hass, target = call.hass, TargetSelection(call.data)
    entities, devices = er.async_get(hass), dr.async_get(hass)

    def of_entity(entity_id: str) -> str | None:
        entry = entities.async_get(entity_id)
        return entry.config_subentry_id if entry and entry.platform == DOMAIN else None

    def of_device(device_id: str) -> str | None:
        device = devices.async_get(device_id)
        names = device.identifiers if device else ()
        return next((name for domain, name in names if domain == DOMAIN), None)

    selected = async_extract_referenced_entity_ids(hass, target, primary_entities_only=False)
    named = {entity_id: of_entity(entity_id) for entity_id in selected.referenced}
    named |= {device_id: of_device(device_id) for device_id in target.device_ids}
    strangers = sorted(name for name, subentry_id in named.items() if subentry_id not in known)
    found = {
        *named.values(),
        *map(of_entity, selected.indirectly_referenced),
        *map(of_device, selected.referenced_devices),
    }
    return [subentry_id for subentry_id in known if subentry_id in found], strangers
