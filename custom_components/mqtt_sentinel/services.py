"""The actions: on incidents, alarms, commands, cameras and scenes, and what could not be read."""

from collections.abc import Callable
from itertools import islice
from typing import Any

from homeassistant.components.alarm_control_panel import DOMAIN as ALARM_DOMAIN
from homeassistant.components.scene import DOMAIN as SCENE_DOMAIN
from homeassistant.const import ATTR_CODE, ATTR_MODE
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
)
from homeassistant.helpers.service import (
    async_register_admin_service,
    async_register_platform_entity_service,
    verify_domain_control,
)
from homeassistant.util.json import JsonValueType
import probatio as vol

from .actions import get_incidents, purge
from .actions.capture_clip import CAPTURE_CLIP, SCHEMA as CAPTURE_SCHEMA, capture_clip
from .actions.send_command import SCHEMA, SEND_COMMAND, send_command
from .actions.targets import OF_ALARMS, loaded_hub, subentries_of
from .const import DOMAIN
from .dialects.route import Flaw
from .intake.dead_letters import MOST_KEPT, DeadLetter
from .outcome.drills import drill_facts
from .outcome.wording import as_utc
from .watch.panel_words import Mode

VERIFY_NOW = "verify_now"
ACKNOWLEDGE = "acknowledge"
GET_DEAD_LETTERS = "get_dead_letters"
ARM = "arm"
STOP_SCENE = "stop_scene"
RUN_DRILL = "run_drill"

ATTR_ACCEPT = "accept"
ATTR_FORCE = "force"
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
        DOMAIN,
        get_incidents.GET_INCIDENTS,
        get_incidents.get_incidents,
        get_incidents.SCHEMA,
        SupportsResponse.ONLY,
    )
    services.async_register(DOMAIN, VERIFY_NOW, may_control(_verify_now), _VERIFY_NOW)
    services.async_register(DOMAIN, ACKNOWLEDGE, may_control(_acknowledge), _ACKNOWLEDGE)
    async_register_platform_entity_service(
        hass,
        DOMAIN,
        ARM,
        entity_domain=ALARM_DOMAIN,
        schema={
            vol.Required(ATTR_MODE): vol.Coerce(Mode),
            vol.Optional(ATTR_FORCE, default=False): cv.boolean,
            vol.Optional(ATTR_CODE): cv.string,
        },
        func="async_arm",
    )
    services.async_register(
        DOMAIN, SEND_COMMAND, may_control(send_command), SCHEMA, SupportsResponse.OPTIONAL
    )
    services.async_register(
        DOMAIN,
        CAPTURE_CLIP,
        may_control(capture_clip),
        CAPTURE_SCHEMA,
        SupportsResponse.OPTIONAL,
    )
    services.async_register(
        DOMAIN, GET_DEAD_LETTERS, _get_dead_letters, _GET_DEAD_LETTERS, SupportsResponse.ONLY
    )
    async_register_platform_entity_service(
        hass, DOMAIN, STOP_SCENE, entity_domain=SCENE_DOMAIN, schema=None, func="async_stop"
    )
    services.async_register(
        DOMAIN, RUN_DRILL, may_control(_run_drill), _RUN_DRILL, SupportsResponse.OPTIONAL
    )
    async_register_admin_service(
        hass, DOMAIN, purge.PURGE, purge.purge, purge.SCHEMA, SupportsResponse.OPTIONAL
    )


async def _verify_now(call: ServiceCall) -> None:
    """Judge the chosen watches once more."""
    hub = loaded_hub(call.hass)
    for watch_id in subentries_of(call, hub.sentinel.watches):
        hub.answers.verify(watch_id)


async def _acknowledge(call: ServiceCall) -> None:
    """Mute the open incidents of the chosen watches, or accept what those report.

    Raises ServiceValidationError when none of them has an open incident.
    """
    hub = loaded_hub(call.hass)
    open_ones = [
        watch_id
        for watch_id in subentries_of(call, hub.sentinel.watches)
        if hub.sentinel.watches[watch_id].incident is not None
    ]
    if not open_ones:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="nothing_open")
    answers = hub.answers
    do: Callable[[str], None] = answers.accept if call.data[ATTR_ACCEPT] else answers.mute
    for watch_id in open_ones:
        do(watch_id)


async def _run_drill(call: ServiceCall) -> ServiceResponse:
    """Run the drills of the chosen alarms, one after the other, and answer with their reports.

    Raises ServiceValidationError when one is refused; those before it were run.
    """
    hub = loaded_hub(call.hass)
    drills: list[JsonValueType] = [
        drill_facts(await hub.drills.run(alarm_id, call.context))
        for alarm_id in subentries_of(call, hub.expectations.alarms, OF_ALARMS)
    ]
    return {"drills": drills}


async def _get_dead_letters(call: ServiceCall) -> ServiceResponse:
    """The counts of all, and the last of those that were asked for, the newest first.

    What was in them is only told to administrators, and to what runs without a user: it may be secret.
    """
    letters = loaded_hub(call.hass).mqtt.dead_letters
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
