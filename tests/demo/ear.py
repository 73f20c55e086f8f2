"""A subscriber to everything, that tests can wait with."""

import asyncio
from collections.abc import Callable
from itertools import count
from typing import Self

from mqtt_sentinel_node import Message

from demo.wire import Address, Wire

_SECONDS = 20.0
_names = count()


class Ear:
    """Hears every message on the broker (or on one filter) from when it is entered."""

    def __init__(self, broker: Address, topics: str = "#") -> None:
        """Listen directly at the broker, not through anybody's relay."""
        self.heard: list[Message] = []
        self._loop = asyncio.get_running_loop()
        self._change = asyncio.Event()
        self._up = asyncio.Event()
        self._client = Wire(broker).client(
            client_id=f"ear-{next(_names)}",
            on_up=lambda: self._tell(self._up.set),
            on_down=lambda: self._tell(self._up.clear),
        )
        self._client.subscribe(topics, lambda message: self._tell(lambda: self._take(message)))

    async def __aenter__(self) -> Self:
        """Return once the subscription is acknowledged."""
        self._client.start()
        await self.is_up()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Leave."""
        await asyncio.to_thread(self._client.stop)

    async def is_up(self) -> None:
        """Wait until it hears (again)."""
        async with asyncio.timeout(_SECONDS):
            await self._up.wait()

    def say(self, topic: str, payload: bytes, *, retain: bool = True) -> None:
        """Publish."""
        self._client.send(Message(topic, payload, retain=retain))

    async def round_trip(self) -> None:
        """Return once the broker has dealt with everything that was heard before.

        A broker goes on to the next message when it has stored the last one.
        """
        topic = f"round/trip/{next(_names)}"
        self.say(topic, b"!", retain=False)
        await self.hears(topic)

    def forget(self) -> None:
        """Forget what was heard."""
        self.heard.clear()

    def messages(self, topic: str) -> list[Message]:
        """Return what was heard on a topic."""
        return [message for message in self.heard if message.topic == topic]

    async def hears_more(self) -> None:
        """Wait for the next message."""
        async with asyncio.timeout(_SECONDS):
            await self._change.wait()

    async def hears_anything(self) -> None:
        """Wait for whatever comes next."""
        self.forget()
        async with asyncio.timeout(_SECONDS):
            while not self.heard:
                await self._change.wait()

    async def hears(
        self, topic: str, payload: bytes | None = None, *, retained: bool = False
    ) -> Message:
        """Wait for a message, live or ``retained``, also if it has come already."""

        def wanted(message: Message) -> bool:
            return (
                message.topic == topic
                and message.retain == retained
                and payload in (None, message.payload)
            )

        async with asyncio.timeout(_SECONDS):
            while not (found := [message for message in self.heard if wanted(message)]):
                await self._change.wait()
        return found[0]

    async def hears_last(self, topic: str, payload: bytes) -> None:
        """Wait until this is the newest message on the topic, live or retained."""
        async with asyncio.timeout(_SECONDS):
            while [message.payload for message in self.messages(topic)][-1:] != [payload]:
                await self._change.wait()

    def _tell(self, what: Callable[[], object]) -> None:
        self._loop.call_soon_threadsafe(what)

    def _take(self, message: Message) -> None:
        self.heard.append(message)
        change, self._change = self._change, asyncio.Event()
        change.set()
