"""The action that sends a command and waits for what comes of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from homeassistant.components import mqtt
from homeassistant.const import ATTR_DEVICE_ID, ATTR_NAME, ATTR_STATE
from homeassistant.core import ServiceCall, ServiceResponse, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..command.command import (
    DEFAULT_TIMEOUT,
    DEFAULT_TTL,
    LAST_SECOND,
    Command,
    Confirmation,
    Outcome,
    Result,
)
from ..const import DOMAIN
from ..control.commands import Origin
from ..intake.mqtt import QOS, Link
from ..outcome.bus import command_facts
from .targets import OF_RELAYS, loaded_hub, subentries_of

if TYPE_CHECKING:
    from ..hub import Hub

SEND_COMMAND = "send_command"

ATTR_TOPIC = "topic"
ATTR_PAYLOAD = "payload"
ATTR_RETAIN = "retain"
ATTR_FEEDBACK_TOPIC = "feedback_topic"
ATTR_TIMEOUT = "timeout"
ATTR_TTL = "ttl"
ATTR_TRIES = "tries"

_STATES = {"on": True, "off": False}
_LONGEST = 3600
_MOST_TRIES = 100
# How a command ended, in the few words that an automation asks for.
STATUS = {
    Result.CONFIRMED: "confirmed",
    Result.CONFIRMED_BY_STATE: "confirmed",
    Result.ERROR_REPORTED: "error",
    Result.AMBIGUOUS: "error",
    Result.NOT_CONFIRMED: "timeout",
    Result.NOT_MOVED: "timeout",
    Result.EXPIRED: "expired",
    Result.REFUSED: "refused",
    Result.REPLACED: "replaced",
    Result.CANCELLED: "cancelled",
    Result.SENT: "sent",
}
_GOOD = {"confirmed", "sent"}

_TO_A_RELAY = {vol.Required(ATTR_STATE): vol.In(_STATES)}
_TO_A_TOPIC = {
    vol.Required(ATTR_TOPIC): mqtt.valid_publish_topic,
    vol.Required(ATTR_PAYLOAD): cv.string,
    vol.Optional(ATTR_RETAIN, default=False): cv.boolean,
    vol.Optional(ATTR_FEEDBACK_TOPIC): mqtt.valid_publish_topic,
    vol.Optional(ATTR_TIMEOUT, default=DEFAULT_TIMEOUT): vol.All(
        vol.Coerce(float), vol.Range(0.1, _LONGEST)
    ),
    vol.Optional(ATTR_TRIES, default=1): vol.All(vol.Coerce(int), vol.Range(1, _MOST_TRIES)),
    vol.Optional(ATTR_TTL, default=DEFAULT_TTL): vol.All(
        vol.Coerce(float), vol.Range(LAST_SECOND, _LONGEST, min_included=False)
    ),
}
_RELAYS = cv.make_entity_service_schema(_TO_A_RELAY)
_TOPIC = vol.Schema(_TO_A_TOPIC)


def _fields(data: dict[str, Any]) -> Any:
    """The fields of one of both forms; what is wrong is said of the one that was meant."""
    return (_TOPIC if ATTR_TOPIC in data else _RELAYS)(data)


SCHEMA = vol.All(dict, _fields)


async def send_command(call: ServiceCall) -> ServiceResponse:
    """Send to relays, or to a topic, and answer with what came of each when all have come to an end.

    Who asks for no response gets an error instead when one was not carried out.
    """
    hub = loaded_hub(call.hass)
    if ATTR_TOPIC in call.data:
        found = [await _to_topic(hub, call)]
    else:
        found = await _to_relays(hub, call)
    if call.return_response:
        return {"commands": [*found]}
    if failed := [each for each in found if each["status"] not in _GOOD]:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="command_failed",
            translation_placeholders={
                "names": ", ".join(f"{each[ATTR_NAME]} ({each['result']})" for each in failed)
            },
        )
    return None


async def _to_relays(hub: Hub, call: ServiceCall) -> list[dict[str, Any]]:
    on = _STATES[call.data[ATTR_STATE]]
    chosen = subentries_of(call, [*hub.relays], OF_RELAYS)
    # They may be gone when it is over.
    who = [(hub.device_id(each), hub.entry.subentries[each].title) for each in chosen]
    outcomes = await asyncio.gather(
        *(hub.relays.ask(relay_id, on, call.context) for relay_id in chosen)
    )
    return [
        {ATTR_DEVICE_ID: device_id, ATTR_NAME: name, **_facts(outcome)}
        for (device_id, name), outcome in zip(who, outcomes, strict=True)
    ]


async def _to_topic(hub: Hub, call: ServiceCall) -> dict[str, Any]:
    data = call.data
    topic, feedback, retain = data[ATTR_TOPIC], data.get(ATTR_FEEDBACK_TOPIC), data[ATTR_RETAIN]
    command = Command(
        f"action-{uuid4().hex}",
        f"topic:{topic}",
        topic,
        data[ATTR_PAYLOAD].encode(),
        retain=retain,
        ttl=data[ATTR_TTL],
        # What the broker keeps is a state, and no harm when it comes later.
        actuator=not retain,
        confirmation=Confirmation(feedback, timeout=data[ATTR_TIMEOUT]) if feedback else None,
        tries=data[ATTR_TRIES],
    )
    async with AsyncExitStack() as stack:
        if feedback:
            await stack.enter_async_context(_answers(hub, command.id, feedback, data[ATTR_TTL]))
        outcome = await hub.commands.ask(command, Origin(context=call.context))
    return {ATTR_DEVICE_ID: None, ATTR_NAME: topic, **_facts(outcome)}


def _facts(outcome: Outcome) -> dict[str, Any]:
    facts = command_facts(outcome)
    del facts["late"]
    return {"status": STATUS[outcome.result], **facts}


@asynccontextmanager
async def _answers(hub: Hub, user_id: str, topic: str, patience: float) -> AsyncIterator[None]:
    """Hear the answers on a topic, from the acknowledged subscription on.

    Raises HomeAssistantError when the broker does not acknowledge it within ``patience`` seconds.
    """
    subscribed = asyncio.Event()

    @callback
    def acknowledged() -> None:
        subscribed.set()

    await hub.topics.follow(user_id, [topic], ())
    stop_waiting = mqtt.async_on_subscribe_done(hub.hass, topic, QOS, acknowledged)
    try:
        # With no broker nothing is sent before all subscriptions are acknowledged.
        if hub.mqtt.link is Link.SUBSCRIBED and not hub.mqtt.comes_by(topic):
            try:
                async with asyncio.timeout(patience):
                    await subscribed.wait()
            except TimeoutError as error:
                raise HomeAssistantError(
                    translation_domain=DOMAIN,
                    translation_key="answers_not_heard",
                    translation_placeholders={"topic": topic},
                ) from error
        yield
    finally:
        stop_waiting()
        hub.topics.forget(user_id)
