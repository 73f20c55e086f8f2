"""A look into a Home Assistant process while a benchmark runs; also the bare subscriber.

Where the configuration names topic filters under ``bare``, it subscribes to them with a callback
that parses the JSON and nothing else. A message on ``sentinel_probe/mark`` makes it note what the
process has used so far: sent after others, it tells when those were dealt with. All is read over
the WebSocket, with ``sentinel_probe/mark`` and ``sentinel_probe/read``.
"""

import asyncio
from collections import defaultdict
from pathlib import Path
import resource
import time
from typing import Any

from homeassistant.components import mqtt, websocket_api
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType
from homeassistant.util.json import JSON_DECODE_EXCEPTIONS, json_loads
import probatio as vol

DOMAIN = "sentinel_probe"
MARK = "sentinel_probe/mark"

CONFIG_SCHEMA = vol.Schema(
    {DOMAIN: vol.Schema({vol.Optional("bare", default=[]): vol.All(cv.ensure_list, [cv.string])})},
    extra=vol.ALLOW_EXTRA,
)

_TICK = 0.002
"""Seconds between two looks at how late the event loop is."""


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register the command, watch the event loop, subscribe where told to."""
    lags: list[float] = []
    marks: defaultdict[str, asyncio.Future[dict[str, float]]]
    marks = defaultdict(hass.loop.create_future)
    parsed = 0

    async def watch_loop() -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _TICK
            await asyncio.sleep(_TICK)
            lags.append(loop.time() - due)

    @callback
    def bare(message: mqtt.ReceiveMessage) -> None:
        nonlocal parsed
        try:
            json_loads(message.payload)
        except JSON_DECODE_EXCEPTIONS:
            return
        parsed += 1

    @callback
    def mark(message: mqtt.ReceiveMessage) -> None:
        reached = {"cpu": time.process_time(), "wall": time.monotonic(), "parsed": parsed}
        if not (future := marks[str(message.payload)]).done():
            future.set_result(reached)

    @callback
    @websocket_api.websocket_command({vol.Required("type"): "sentinel_probe/read"})
    def read(
        hass: HomeAssistant, connection: websocket_api.ActiveConnection, message: dict[str, Any]
    ) -> None:
        """Answer the lags (seconds) since the last look; memory in KiB."""
        answer = {"memory": _resident(), "lags": list(lags)}
        lags.clear()
        connection.send_result(message["id"], answer)

    @websocket_api.websocket_command(
        {vol.Required("type"): "sentinel_probe/mark", vol.Required("name"): str}
    )
    @websocket_api.async_response
    async def reached(
        hass: HomeAssistant, connection: websocket_api.ActiveConnection, message: dict[str, Any]
    ) -> None:
        """Answer, once a mark is reached, what the process had used then."""
        connection.send_result(message["id"], await marks[message["name"]])

    async def started(_: Event) -> None:
        await mqtt.async_wait_for_mqtt_client(hass)
        await mqtt.async_subscribe(hass, MARK, mark, 1)
        for topic_filter in config[DOMAIN]["bare"]:
            await mqtt.async_subscribe(hass, topic_filter, bare, 1, None)

    websocket_api.async_register_command(hass, read)
    websocket_api.async_register_command(hass, reached)
    hass.async_create_background_task(watch_loop(), "probe of the event loop")
    hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STARTED, started)
    return True


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() // 1024
