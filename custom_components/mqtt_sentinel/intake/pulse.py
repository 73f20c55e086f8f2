"""The pulse of the broker: asked over MQTT, and heard in whatever comes."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
import logging

from homeassistant.components import mqtt
from homeassistant.components.mqtt.const import MQTT_PROCESSED_SUBSCRIPTIONS
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from ..watch.pulse import Beat, Pulse, Timing
from .mqtt import Link, MqttIntake, now
from .one_timer import OneTimer

_LOGGER = logging.getLogger(__name__)

TIMING = Timing()

# What a broker tells of itself is sent as often as it is configured to.
_CADENCE_TOPIC = "$SYS/broker/uptime"


def pulse_topic(entry_id: str) -> str:
    """The topic on which the hub asks the broker, and hears itself."""
    return f"mqtt_sentinel/{entry_id}/pulse"


class PulseIntake:
    """Tells the intake when the broker falls silent although it is connected, and when it is back.

    Its probes are messages of its own subscription: they are no messages of the intake.
    """

    def __init__(self, hass: HomeAssistant, intake: MqttIntake, entry_id: str) -> None:
        """Prepare; nothing runs before :meth:`start`."""
        self._hass = hass
        self._intake = intake
        self._topic = pulse_topic(entry_id)
        self._pulse = Pulse(TIMING)
        self._heard = 0
        self._looked_at = 0.0
        self._subscriptions: list[CALLBACK_TYPE] = []
        self._acknowledged = False
        self._timer = OneTimer(hass, self._beat)
        self._probes: set[asyncio.Task[None]] = set()
        self._said = False

    @property
    def trusted(self) -> bool:
        """Tell whether a probe came back in this connection."""
        return self._pulse.trusted

    async def start(self, *, cadence: bool) -> None:
        """Listen to the own topic, and with ``cadence`` to what the broker tells of itself.

        Raises HomeAssistantError when the MQTT integration is not set up.
        """
        self._subscriptions.append(
            async_dispatcher_connect(self._hass, MQTT_PROCESSED_SUBSCRIPTIONS, self._processed)
        )
        await self._subscribe(self._topic, self._own_came)
        if cadence:
            await self._subscribe(_CADENCE_TOPIC, self._cadence_came)

    async def _subscribe(self, topic: str, receive: Callable[[mqtt.ReceiveMessage], None]) -> None:
        self._subscriptions.append(await mqtt.async_subscribe(self._hass, topic, receive, 0, None))

    @callback
    def stop(self) -> None:
        """Ask and listen no more."""
        while self._subscriptions:
            self._subscriptions.pop()()
        for probe in self._probes:
            probe.cancel()
        self.follow(Link.GONE)

    @callback
    def follow(self, link: Link) -> None:
        """The way to the broker changed."""
        if link is Link.GONE:
            self._acknowledged = False
            self._pulse.end()
            self._timer.set(self._pulse.deadline())
        else:
            self._begin(link)

    @callback
    def _processed(self, subscriptions: list[tuple[str, int]]) -> None:
        """The broker acknowledged some filters, the own topic's among them or not."""
        if self._topic in (topic for topic, _ in subscriptions):
            self._acknowledged = True
            self._begin(self._intake.link)

    @callback
    def _begin(self, link: Link) -> None:
        """Ask only one that can be heard: a probe that is not subscribed to is lost.

        The own topic is subscribed by itself, and not before the filters of the intake.
        """
        if link is Link.SUBSCRIBED and self._acknowledged and not self._pulse.running:
            moment = now()
            self._heard, self._looked_at = self._intake.messages, moment.mono
            self._pulse.begin(moment.mono)
            self._beat()

    @callback
    def _own_came(self, message: mqtt.ReceiveMessage) -> None:
        # A retained one is the work of somebody else, and says nothing of the way there.
        if self._subscriptions and not message.retain:
            self._pulse.hear_probe(message.timestamp)
            self._beat()

    @callback
    def _cadence_came(self, message: mqtt.ReceiveMessage) -> None:
        if self._subscriptions and not message.retain:
            self._pulse.hear_cadence(message.timestamp)
            self._beat()

    @callback
    def _beat(self) -> None:
        """Do what has to be done now, and come back when there is more."""
        moment = now()
        self._hear(moment.mono, moment.wall)
        while beat := self._pulse.due(moment.mono):
            if beat is Beat.PROBE:
                self._probe()
            elif beat is Beat.UNANSWERED:
                self._say_once()
            else:
                self._intake.set_silent(beat is Beat.SILENT)
        self._timer.set(self._pulse.deadline())

    @callback
    def _hear(self, mono: float, wall: float) -> None:
        """Ask the intake whether a message came, and when: it has no time to tell of each."""
        heard, last = self._intake.messages, self._intake.last_message
        if heard != self._heard and last is not None:
            # Its time is one of the wall clock, which may be set; it came since the last look.
            self._pulse.hear(min(max(mono - (wall - last), self._looked_at), mono))
        self._heard, self._looked_at = heard, mono

    @callback
    def _probe(self) -> None:
        """Send a probe and wait for nothing: the client waits for a broker that hangs."""
        probe = self._hass.async_create_background_task(
            self._publish(), "mqtt_sentinel pulse", eager_start=True
        )
        if not probe.done():
            self._probes.add(probe)
            probe.add_done_callback(self._probes.discard)

    async def _publish(self) -> None:
        with suppress(HomeAssistantError):  # no connection: that is told otherwise
            await mqtt.async_publish(self._hass, self._topic, b"pulse", 0, False)

    @callback
    def _say_once(self) -> None:
        if not self._said:
            self._said = True
            _LOGGER.info(
                "The broker does not bring back what is sent to %s; it may not be allowed. Until it"
                " does, a broker that hangs is only noticed by its own topics, or when Home"
                " Assistant's connection times out",
                self._topic,
            )
