"""Subscriptions: a few wide filters, one callback each, and what the broker does."""

from collections import Counter
from collections.abc import Callable, Iterable
from enum import Enum, auto
from time import monotonic, time
from typing import TYPE_CHECKING

from homeassistant.components import mqtt
from homeassistant.components.mqtt.const import MQTT_PROCESSED_SUBSCRIPTIONS
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from ..dialects.feedback import within
from ..dialects.route import Decoder, Dialect, MalformedError, Message, on_site
from ..watch.clock import Instant
from ..watch.reports import FeedbackReport, Report
from .dead_letters import DeadLetters

QOS = 1


class Link(Enum):
    """How far the way to the broker reaches; a silent one is connected and does not answer."""

    GONE = auto()
    SILENT = auto()
    CONNECTED = auto()
    SUBSCRIBED = auto()


def now() -> Instant:
    """The present moment."""
    return Instant(monotonic(), time())


class MqttIntake:
    """Turns MQTT messages into reports, and tells how the broker is doing.

    ``on_report`` gets every report at once; ``on_link`` every change of :attr:`link`. A filter
    that is added later does not take the link back to CONNECTED.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        on_report: Callable[[Report], None],
        on_link: Callable[[Link], None],
    ) -> None:
        """Prepare; nothing is subscribed before :meth:`start`."""
        self._hass = hass
        self._on_report = on_report
        self._on_link = on_link
        self._subscriptions: set[CALLBACK_TYPE] = set()
        self._filters: Counter[str] = Counter()
        self._awaited: set[str] = set()
        self._stops: list[CALLBACK_TYPE] = []
        self._routes: list[tuple[str, str, Decoder]] = []
        # Who else has to hear what comes by a dialect's filter, by filter and topic: with a
        # subscription of its own on top of it, the broker would send each message twice.
        self.ears: dict[tuple[str, str], Callable[[mqtt.ReceiveMessage], None]] = {}
        self.link = Link.GONE
        self.dead_letters = DeadLetters()
        self.messages = 0
        self.last_message: float | None = None

    async def start(self, dialects: Iterable[Dialect], prefixes: Iterable[str]) -> None:
        """Subscribe to all filters of the dialects under each site prefix ("" for none).

        Raises HomeAssistantError when the MQTT integration is not set up.
        """
        # One ear for all filters: the MQTT integration tells every one of all subscriptions.
        self._stops.append(
            async_dispatcher_connect(self._hass, MQTT_PROCESSED_SUBSCRIPTIONS, self._acknowledged)
        )
        sites = list(prefixes)
        for dialect in dialects:
            for route in dialect.routes:
                for site in sites:
                    self._routes.append((on_site(site, route.filter), site, route.decode))
                    await self.subscribe(*self._routes[-1])
        self._stops.append(mqtt.async_subscribe_connection_status(self._hass, self._status))
        if mqtt.is_connected(self._hass):
            self._set_link(Link.CONNECTED)
            self._check_acknowledged()

    def comes_by(self, topic: str) -> str | None:
        """The first filter of a dialect by which comes what is sent to this topic, None without."""
        filters = (topic_filter for topic_filter, _, _ in self._routes)
        return next((found for found in filters if within(topic, found)), None)

    def hears_feedback(self, topic: str) -> bool:
        """Tell whether an OK on this topic is a report already."""
        for topic_filter, site, decode in self._routes:
            if within(topic, topic_filter):
                try:
                    heard = decode(Message(topic, site, b"OK", False, now()))
                except MalformedError:
                    continue
                if isinstance(heard, FeedbackReport):
                    return True
        return False

    async def subscribe(self, topic_filter: str, site: str, decode: Decoder) -> CALLBACK_TYPE:
        """Subscribe to one filter; call the answer to end it."""
        ended = False

        @callback
        def receive(received: mqtt.ReceiveMessage) -> None:
            if ended:
                return  # ended, but the MQTT integration was reloaded before and goes on with it
            if self.ears and (hear := self.ears.get((topic_filter, received.topic))):
                self._hass.loop.call_soon(hear, received)
            self.messages += 1
            self.last_message = wall = time()
            payload = received.payload
            if TYPE_CHECKING:
                assert isinstance(payload, bytes)  # encoding=None
            message = Message(
                received.topic,
                site,
                payload,
                received.retain,
                Instant(received.timestamp, wall),
            )
            try:
                decoded = decode(message)
            except MalformedError as malformed:
                self.dead_letters.add(message, malformed)
                return
            if isinstance(decoded, Report):
                self._on_report(decoded)
            elif decoded is not None:
                for report in decoded:
                    self._on_report(report)

        stop = await mqtt.async_subscribe(self._hass, topic_filter, receive, QOS, None)

        @callback
        def unsubscribe() -> None:
            nonlocal ended
            ended = True
            self._subscriptions.remove(unsubscribe)
            stop()
            self._filters[topic_filter] -= 1
            if not self._filters[topic_filter]:
                del self._filters[topic_filter]
                self._awaited.discard(topic_filter)
                self._check_acknowledged()

        self._subscriptions.add(unsubscribe)
        self._filters[topic_filter] += 1
        self._awaited.add(topic_filter)
        return unsubscribe

    @callback
    def stop(self) -> None:
        """Unsubscribe from everything."""
        self.link = Link.GONE
        while self._stops:
            self._stops.pop()()
        for unsubscribe in list(self._subscriptions):
            unsubscribe()

    @callback
    def set_silent(self, silent: bool) -> None:
        """The broker is connected, and answers no more; or does again."""
        if self.link is not Link.GONE:
            self._set_link(Link.SILENT if silent else Link.CONNECTED)
            self._check_acknowledged()

    @callback
    def _status(self, connected: bool) -> None:
        """The broker went or came. Every filter is subscribed anew after it came."""
        self._awaited = set(self._filters)
        self._set_link(Link.CONNECTED if connected else Link.GONE)
        self._check_acknowledged()

    @callback
    def _acknowledged(self, subscriptions: list[tuple[str, int]]) -> None:
        """The broker acknowledged some filters, ours or those of others."""
        self._awaited.difference_update(topic_filter for topic_filter, _ in subscriptions)
        self._check_acknowledged()

    @callback
    def _check_acknowledged(self) -> None:
        if self.link is Link.CONNECTED and not self._awaited:
            self._set_link(Link.SUBSCRIBED)

    @callback
    def _set_link(self, link: Link) -> None:
        if link is not self.link:
            self.link = link
            self._on_link(link)
