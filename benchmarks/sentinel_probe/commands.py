"""Many relays are commanded at once: through MQTT Sentinel, or by bare messages."""

import asyncio
from collections import Counter
from collections.abc import Sequence
import time
from typing import Any

from homeassistant.components import mqtt
from homeassistant.core import HomeAssistant, callback

from custom_components.mqtt_sentinel.command.command import (
    Command,
    Confirmation,
    Outcome,
    Priority,
    Relay,
    Result,
)
from custom_components.mqtt_sentinel.watch.reports import ThingKey

from .ticks import ticking

_PAYLOADS = {True: b"ON", False: b"OFF"}
_PATIENCE = 30.0


async def commands(
    hass: HomeAssistant, site: str, relays: Sequence[Sequence[str]], on: bool, ours: bool
) -> dict[str, Any]:
    """Command all relays, pairs of a device of autocore and a number, and wait for their answers.

    The answer: how late the event loop was meanwhile (``lags``) and how long it took (``took``), in
    seconds, and what came of it (``results``: how many of each).
    """
    run = _through_sentinel if ours else _bare
    return await run(hass, site, relays, on)


async def _through_sentinel(
    hass: HomeAssistant, site: str, relays: Sequence[Sequence[str]], on: bool
) -> dict[str, Any]:
    [entry] = hass.config_entries.async_loaded_entries("mqtt_sentinel")
    queue = entry.runtime_data.commands
    wanted = [
        Command(
            f"benchmark-{device}-{number}",
            f"{device}/{number}",
            _topic(site, device, number, "set"),
            _PAYLOADS[on],
            priority=Priority.RELAY,
            actuator=True,
            confirmation=Confirmation(
                relay=Relay(ThingKey("autocore", site, device), number), on=on
            ),
        )
        for device, number in relays
    ]
    results: Counter[Result] = Counter()
    all_ended = asyncio.Event()

    @callback
    def follow(news: Any, _: Any) -> None:
        if isinstance(news, Outcome):
            results[news.result] += 1
            if results.total() == len(wanted):
                all_ended.set()

    stop = queue.follow(follow)
    try:
        async with asyncio.timeout(_PATIENCE), ticking() as late:
            begun = time.monotonic()
            for command in wanted:
                queue.submit(command)
            await all_ended.wait()
            took = time.monotonic() - begun
    finally:
        stop()
    return {"lags": late, "took": took, "results": dict(results)}


async def _bare(
    hass: HomeAssistant, site: str, relays: Sequence[Sequence[str]], on: bool
) -> dict[str, Any]:
    """The same messages, and somebody who only counts what the relays say to them."""
    answers = 0
    subscribed, all_came = asyncio.Event(), asyncio.Event()
    topics = _topic(site, "+", "+", "status")

    @callback
    def count(_: mqtt.ReceiveMessage) -> None:
        nonlocal answers
        answers += 1
        if answers == len(relays):
            all_came.set()

    stops = [
        await mqtt.async_subscribe(hass, topics, count, 1, None),
        mqtt.async_on_subscribe_done(hass, topics, 1, subscribed.set),
    ]
    try:
        async with asyncio.timeout(_PATIENCE):
            await subscribed.wait()
            async with ticking() as late:
                begun = time.monotonic()
                await asyncio.gather(
                    *(
                        mqtt.async_publish(hass, _topic(site, device, number, "set"), _PAYLOADS[on])
                        for device, number in relays
                    )
                )
                await all_came.wait()
                took = time.monotonic() - begun
    finally:
        for stop in stops:
            stop()
    return {"lags": late, "took": took, "results": {Result.CONFIRMED: answers}}


def _topic(site: str, device: str, number: str, channel: str) -> str:
    return f"{site}/autocore/{device}/relay/{number}/{channel}"
