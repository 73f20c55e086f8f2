"""The queue in front of Home Assistant's MQTT client.

Home Assistant's client can neither send nor tell MQTT 5's response topic and correlation data: what
comes back over it is matched by topic and order, and by the data only where somebody else hears it.
It can let messages expire where its connection speaks MQTT 5.
"""

import asyncio
from collections.abc import Callable
from random import random

from homeassistant.components import mqtt
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from ..command.command import Command, News, Outcome, Sending
from ..command.metrics import Metrics
from ..command.queue import ANSWERS, MOST, CommandQueue
from ..intake.mqtt import Link, now
from ..intake.one_timer import OneTimer
from ..watch.reports import Report

# So many messages are given to the client before others have their turn on the event loop. With
# more, a thousand commands are through a little sooner, and all else is late (benchmarks/README.md).
AT_ONCE = 2


class CommandSender:
    """Sends commands, and tells what became of them; nobody who submits one waits for anything.

    ``on_news`` gets each result, and each late answer, and may not raise. Nothing is sent while the subscriptions are
    not acknowledged: what comes back could not be heard.
    """

    def __init__(
        self, hass: HomeAssistant, on_news: Callable[[News], None], most: int = MOST
    ) -> None:
        """Start with nothing to send, and no broker: :meth:`follow` tells of it."""
        self._hass = hass
        self._on_news = on_news
        self._queue = CommandQueue(random, most)
        self._timer = OneTimer(hass, self._work)
        self._soon: asyncio.Handle | None = None
        self._publishing: set[asyncio.Task[bool]] = set()
        self._asking: dict[str, asyncio.Future[Outcome]] = {}

    @property
    def depth(self) -> int:
        """How many commands have no result yet."""
        return self._queue.depth

    @property
    def metrics(self) -> Metrics:
        """How the commands do."""
        return self._queue.metrics

    @callback
    def submit(self, command: Command) -> None:
        """Send a command as soon as that can be, after this has returned.

        Raises ValueError when a command of its id has no result yet.
        """
        self._queue.offer(command, now().mono)
        self._work_soon()

    async def result(self, command_id: str) -> Outcome:
        """Wait for the result of a command that was just submitted.

        Who is cancelled while waiting cancels no command.
        """
        future: asyncio.Future[Outcome] = self._hass.loop.create_future()
        self._asking[command_id] = future
        return await future

    @callback
    def cancel(self, command_id: str) -> None:
        """End a command, if it has no result yet."""
        self._queue.cancel(command_id, now().mono)
        self._work_soon()

    @callback
    def follow(self, link: Link) -> None:
        """The way to the broker changed."""
        self._queue.broker(link is Link.SUBSCRIBED)
        self._work_soon()

    @callback
    def heard(self, report: Report, correlation: bytes | None = None) -> None:
        """A report came, which may be an answer."""
        if isinstance(report, ANSWERS):  # few are, and all of them come by
            self._queue.heard(report, correlation)
            self._settle()

    @callback
    def stop(self) -> None:
        """End all commands, and tell so."""
        self._queue.broker(False)
        self._queue.cancel_all(now().mono)
        self._settle()
        for task in self._publishing:
            task.cancel()
        if self._soon:
            self._soon.cancel()
            self._soon = None

    @callback
    def _work_soon(self) -> None:
        """Work in the next turn of the event loop: the most important of this one goes first."""
        if self._soon is None:
            self._soon = self._hass.loop.call_soon(self._work)

    @callback
    def _work(self) -> None:
        """Do what is due, and send what there is, a few at once."""
        if self._soon:
            self._soon.cancel()
            self._soon = None
        self._queue.wake(now().mono)
        try:
            for _ in range(AT_ONCE):
                sending = self._queue.take(now().mono)
                if sending is None:
                    break
                if self._publish(sending):
                    self._queue.sent(sending.command.id, now().mono)
                else:
                    self._queue.not_sent(sending.command.id, now().mono)
        finally:
            self._settle()  # a client that fails on one command does not keep back the others

    @callback
    def _settle(self) -> None:
        """Tell what there is to tell, and come back when there is more to do."""
        self._timer.set(self._queue.next_deadline())
        if self._queue.ready:
            self._work_soon()
        told = self._queue.news()
        for news in told:
            if isinstance(news, Outcome):
                future = self._asking.pop(news.command.id, None)
                if future and not future.done():
                    future.set_result(news)
        for news in told:
            self._on_news(news)

    @callback
    def _publish(self, sending: Sending) -> bool:
        """Give a message to the client; tell whether it took it. Its acknowledgement is no proof."""
        task = self._hass.async_create_background_task(
            self._give(sending), "mqtt_sentinel command", eager_start=True
        )
        if task.done():
            return task.result()
        self._publishing.add(task)
        task.add_done_callback(self._publishing.discard)
        return True

    async def _give(self, sending: Sending) -> bool:
        """Give a message to the client, and wait until that has nothing more to do with it."""
        command = sending.command
        message = self._hass, command.topic, command.payload, sending.qos, command.retain
        try:
            try:
                await mqtt.async_publish(*message, message_expiry_interval=sending.expiry)
            except ServiceValidationError:  # no MQTT 5
                await mqtt.async_publish(*message)
        except HomeAssistantError:
            return False
        return True
