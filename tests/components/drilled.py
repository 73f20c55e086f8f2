"""Services that do as they are told, for drills."""

import asyncio
from typing import Any

from homeassistant.core import callback

from custom_components.mqtt_sentinel.const import DOMAIN

from .house import House

FRONT, BACK = "object_detection/front", "object_detection/back"
ON, OFF = b'{"status":true,"data":null}', b'{"status":false,"data":null}'


class Services:
    """What is behind the broker: it keeps the commands, and services follow them.

    ``log`` are all commands by the hub. ``deaf`` services follow none, ``stuck`` ones do not turn
    off, ``mute`` ones do not ping. While Home Assistant is ``dead``, nothing of it arrives.
    """

    def __init__(self, house: House, *names: str) -> None:
        self._house = house
        self.names = names
        self.kept: dict[str, bytes] = {}
        self.log: list[tuple[str, bytes]] = []
        self.deaf: set[str] = set()
        self.stuck: set[str] = set()
        self.mute: set[str] = set()
        self.on: set[str] = set()
        self.dead = False
        client = house.broker.client
        self._publish = client.publish.side_effect
        self._subscribe = client.subscribe.side_effect
        client.publish.side_effect = self._published
        client.subscribe.side_effect = self._subscribed

    def keep(self, name: str, payload: bytes) -> None:
        """The broker keeps a command from before."""
        self.kept[name] = payload

    async def command(self, name: str, payload: bytes) -> None:
        """Somebody else commands a service."""
        self.kept[name] = payload
        await self._house.broker.publish(f"status/{name}", payload)

    @property
    def told(self) -> list[bytes]:
        """The payloads of all commands by the hub."""
        return [payload for _, payload in self.log]

    def drill(self, **target: Any) -> asyncio.Task[Any]:
        """Run a drill."""
        return self._house.hass.async_create_background_task(
            self._house.hass.services.async_call(
                DOMAIN,
                "run_drill",
                target or {"entity_id": "sensor.house_protection"},
                blocking=True,
                return_response=True,
            ),
            "drill",
        )

    async def ping(self, *names: str) -> None:
        """Services give a sign of life."""
        for name in names:
            await self._house.broker.publish(f"ping/{name}", "")

    def _published(self, topic: str, payload: Any, *args: Any, **kwargs: Any) -> Any:
        answer = self._publish(topic, payload, *args, **kwargs)
        first, _, name = topic.partition("/")
        if first == "status" and not self.dead:
            self.log.append((name, payload))
            self.kept[name] = payload
            self._house.hass.loop.call_soon(self._follow, name, payload)
        return answer

    @callback
    def _follow(self, name: str, payload: bytes) -> None:
        if name in self.deaf:
            return
        broker, on = self._house.broker, b'"status":true' in payload
        if on:
            self.on.add(name)
            broker.deliver(f"connected/{name}", "on")
            if name not in self.mute:
                self._house.hass.loop.call_later(1, broker.deliver, f"ping/{name}", "")
        elif name in self.on and name not in self.stuck:
            self.on.discard(name)
            broker.deliver(f"connected/{name}", "off")

    def _subscribed(self, topics: Any, *args: Any, **kwargs: Any) -> Any:
        answer = self._subscribe(topics, *args, **kwargs)
        for topic, _ in topics if isinstance(topics, list) else [(topics, 0)]:
            first, _, name = topic.partition("/")
            if first == "status" and name in self.kept:
                self._house.hass.loop.call_soon(self._replay, topic, self.kept[name])
        return answer

    @callback
    def _replay(self, topic: str, payload: bytes) -> None:
        self._house.broker.deliver(topic, payload, retain=True)
