"""Listening in on the broker while somebody sets something up."""

import asyncio
from collections.abc import Callable, Iterable
import logging
from typing import TYPE_CHECKING

from homeassistant.components import mqtt
from homeassistant.core import HomeAssistant, callback

from ..dialects.custom import decoder
from ..dialects.route import MalformedError, Message
from ..dialects.table import DIALECTS
from ..intake.custom import extract_of
from ..intake.mqtt import MqttIntake, now
from ..watch.known import KnownThings

if TYPE_CHECKING:
    from ..dialects.custom import CustomTopic
    from ..watch.known import KnownThing

_LOGGER = logging.getLogger(__name__)

_STEPS_PER_SECOND = 2
CUSTOM_TOPIC_WAIT = 3.0


async def listen(
    hass: HomeAssistant,
    dialects: Iterable[str],
    prefixes: Iterable[str],
    seconds: float,
    progress: Callable[[float], None],
) -> list[KnownThing]:
    """Listen for a while and tell what was heard, telling ``progress`` the share of it done.

    Raises HomeAssistantError when the MQTT integration is not set up.
    """
    known = KnownThings()
    intake = MqttIntake(hass, known.hear, lambda _: None)
    try:
        await intake.start([DIALECTS[name] for name in dialects], prefixes)
        steps = max(1, round(seconds * _STEPS_PER_SECOND))
        for step in range(steps):
            await asyncio.sleep(seconds / steps)
            progress((step + 1) / steps)
    finally:
        intake.stop()
    return sorted(known, key=lambda thing: thing.key)


async def try_custom(hass: HomeAssistant, custom: CustomTopic) -> str | None:
    """Wait for one message on a custom topic and read it.

    Answers None when a connection could be read from it, else the key of the error to show.
    """
    decode = decoder(custom, extract_of(hass, custom))
    payload = await _first_payload(hass, custom.topic)
    if payload is None:
        return "topic_silent"
    message = Message(custom.topic, "", payload, False, now())
    try:
        decode(message)
    except MalformedError as malformed:
        _LOGGER.debug("Custom topic %s: %s", custom.topic, malformed)
        return "value_not_found"
    return None


async def _first_payload(hass: HomeAssistant, topic: str) -> bytes | None:
    heard: asyncio.Future[bytes] = hass.loop.create_future()

    @callback
    def receive(message: mqtt.ReceiveMessage) -> None:
        if not heard.done():
            assert isinstance(message.payload, bytes)  # encoding=None
            heard.set_result(message.payload)

    stop = await mqtt.async_subscribe(hass, topic, receive, encoding=None)
    try:
        async with asyncio.timeout(CUSTOM_TOPIC_WAIT):
            return await heard
    except TimeoutError:
        return None
    finally:
        stop()
