"""A look into a Home Assistant process while a benchmark runs; also the bare subscriber.

Where the configuration names topic filters under ``bare``, it subscribes to them with a callback
that parses the JSON and nothing else. A message on ``sentinel_probe/mark/{name}`` makes it note
what the process has used so far: sent after others, it tells when those were dealt with. All is
read over the WebSocket:

- ``sentinel_probe/mark``: what was used when a mark was reached;
- ``sentinel_probe/memory``: what the process holds in memory now, where it is traced;
- ``sentinel_probe/lags``: how late the event loop was during the next seconds;
- ``sentinel_probe/commands``: how late the event loop was while many relays were commanded at once;
- ``sentinel_probe/outcomes``: when a message came on the filters under ``pings``, and when an issue
  or an event of MQTT Sentinel did.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable
import gc
import time
import tracemalloc
from typing import Any

from homeassistant.components import mqtt, websocket_api
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.issue_registry import EVENT_REPAIRS_ISSUE_REGISTRY_UPDATED
from homeassistant.helpers.typing import ConfigType
from homeassistant.util.json import JSON_DECODE_EXCEPTIONS, json_loads
import probatio as vol

from .commands import commands
from .ticks import lags

DOMAIN = "sentinel_probe"
SENTINEL = "mqtt_sentinel"

CONFIG_SCHEMA = vol.Schema(
    {
        DOMAIN: vol.Schema(
            {
                vol.Required("name"): cv.string,
                vol.Optional("bare", default=[]): [cv.string],
                vol.Optional("pings", default=[]): [cv.string],
            }
        )
    },
    extra=vol.ALLOW_EXTRA,
)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register the commands, subscribe where told to."""
    own = config[DOMAIN]
    marks: defaultdict[str, asyncio.Future[dict[str, float]]]
    marks = defaultdict(hass.loop.create_future)
    outcomes: list[dict[str, Any]] = []

    @callback
    def bare(message: mqtt.ReceiveMessage) -> None:
        try:
            json_loads(message.payload)
        except JSON_DECODE_EXCEPTIONS:
            return

    @callback
    def mark(message: mqtt.ReceiveMessage) -> None:
        reached = {"cpu": time.process_time(), "wall": time.monotonic()}
        if not (future := marks[str(message.payload)]).done():
            future.set_result(reached)

    @callback
    def ping(message: mqtt.ReceiveMessage) -> None:
        outcomes.append({"at": message.timestamp, "what": "ping", "of": message.topic})

    @callback
    def issue(event: Event[Any]) -> None:
        told = event.data
        if told["domain"] == SENTINEL and told["action"] == "create":
            outcomes.append({"at": time.monotonic(), "what": "issue", "of": told["issue_id"]})

    @callback
    def mismatch(event: Event[Any]) -> None:
        outcomes.append({"at": time.monotonic(), "what": "event", "of": event.data["watch_id"]})

    async def started(_: Event) -> None:
        await mqtt.async_wait_for_mqtt_client(hass)
        await mqtt.async_subscribe(hass, f"{DOMAIN}/mark/{own['name']}", mark, 1)
        for topic_filter in own["bare"]:
            await mqtt.async_subscribe(hass, topic_filter, bare, 1, None)
        for topic_filter in own["pings"]:
            await mqtt.async_subscribe(hass, topic_filter, ping, 1, None)
        if own["pings"]:
            hass.bus.async_listen(EVENT_REPAIRS_ISSUE_REGISTRY_UPDATED, issue)
            hass.bus.async_listen(f"{SENTINEL}_mismatch", mismatch)

    _answer(hass, "mark", {vol.Required("name"): str}, lambda asked: marks[asked["name"]])
    _answer(hass, "lags", {vol.Required("seconds"): float}, lambda asked: lags(asked["seconds"]))
    _answer(
        hass,
        "commands",
        {
            vol.Required("site"): str,
            vol.Required("ours"): bool,
            vol.Required("on"): bool,
            vol.Required("relays"): [[str]],
        },
        lambda asked: commands(hass, asked["site"], asked["relays"], asked["on"], asked["ours"]),
    )
    _answer(hass, "memory", {}, lambda _: hass.async_add_executor_job(_memory))
    _answer(hass, "outcomes", {}, lambda _: _given(list(outcomes)))
    hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STARTED, started)
    return True


def _answer(
    hass: HomeAssistant,
    command: str,
    schema: dict[Any, Any],
    find: Callable[[dict[str, Any]], Any],
) -> None:
    """Answer a WebSocket command with what ``find`` gives to await."""

    @websocket_api.websocket_command({vol.Required("type"): f"{DOMAIN}/{command}", **schema})
    @websocket_api.async_response
    async def answer(
        hass: HomeAssistant, connection: websocket_api.ActiveConnection, message: dict[str, Any]
    ) -> None:
        connection.send_result(message["id"], await find(message))

    websocket_api.async_register_command(hass, answer)


async def _given[T](answer: T) -> T:
    return answer


def _memory() -> int:
    """Bytes that Python objects hold, without those that wait for the garbage collector."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]
