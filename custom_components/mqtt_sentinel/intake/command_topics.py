"""The topics of commands that no dialect listens to: what confirms them, and what scenes wait for.

Those of relays and scenes are listened to as long as there are these: a subscription takes longer
than an answer. Each is listened to once, whoever shares it: an answer that is heard twice would
confirm two commands.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from homeassistant.components import mqtt
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from ..dialects.feedback import read_feedback
from ..dialects.route import Message
from ..watch.clock import Instant
from .mqtt import QOS, MqttIntake, now

if TYPE_CHECKING:
    from ..watch.reports import FeedbackReport

type Listener = Callable[[bytes, float], None]


@dataclass(frozen=True, slots=True)
class _Needs:
    """The topics that somebody needs: for the answers on them, and for what is waited for."""

    feedback: set[str]
    triggers: set[str]

    @property
    def topics(self) -> set[str]:
        """All of them, each once."""
        return self.feedback | self.triggers


class CommandTopics:
    """Listens for relays, scenes and actions; ``on_feedback`` gets the answers that are no reports otherwise."""

    def __init__(
        self, hass: HomeAssistant, mqtt: MqttIntake, on_feedback: Callable[[FeedbackReport], None]
    ) -> None:
        """Start with nobody who needs any."""
        self._hass = hass
        self._mqtt = mqtt
        self._on_feedback = on_feedback
        # What each needs, and how many need a topic: at all, and for the answers on it.
        self._needs: dict[str, _Needs] = {}
        self._needed: Counter[str] = Counter()
        self._answering: Counter[str] = Counter()
        self._stops: dict[str, Callable[[], object]] = {}
        self._listeners: defaultdict[str, list[Listener]] = defaultdict(list)

    async def follow(self, user_id: str, feedback: Iterable[str], triggers: Iterable[str]) -> None:
        """Listen to what somebody needs now, and no more to what they needed.

        Raises HomeAssistantError when the MQTT integration is not set up.
        """
        heard = self._mqtt.hears_feedback
        needs = _Needs({topic for topic in feedback if not heard(topic)}, set(triggers))
        before, self._needs[user_id] = self._needs.get(user_id), needs
        self._needed.update(needs.topics)
        self._answering.update(needs.feedback)
        if before:
            self._let_go(before)
        for topic in sorted(needs.topics):
            if topic in self._stops:
                continue
            if topic_filter := self._mqtt.comes_by(topic):
                self._mqtt.ears[topic_filter, topic] = self._receive
                self._stops[topic] = partial(self._mqtt.ears.pop, (topic_filter, topic))
            else:
                self._stops[topic] = await mqtt.async_subscribe(
                    self._hass, topic, self._receive, QOS, None
                )

    @callback
    def forget(self, user_id: str) -> None:
        """Listen no more for somebody."""
        if before := self._needs.pop(user_id, None):
            self._let_go(before)

    @callback
    def listen(self, topic: str, listener: Listener) -> CALLBACK_TYPE:
        """Call ``listener`` with each live payload on a trigger's topic, and when it came.

        The moment is in monotonic seconds; call the answer to end it.
        """
        self._listeners[topic].append(listener)

        @callback
        def stop() -> None:
            self._listeners[topic].remove(listener)
            if not self._listeners[topic]:
                del self._listeners[topic]

        return stop

    @callback
    def stop(self) -> None:
        """Listen to nothing any more."""
        for user_id in list(self._needs):
            self.forget(user_id)

    @callback
    def _let_go(self, needs: _Needs) -> None:
        """End the subscriptions that nobody needs any more."""
        self._needed.subtract(needs.topics)
        self._answering.subtract(needs.feedback)
        for topic in sorted(needs.topics):
            if not self._needed[topic]:
                del self._needed[topic], self._answering[topic]
                if stop := self._stops.pop(topic, None):  # none when subscribing failed
                    stop()

    @callback
    def _receive(self, received: mqtt.ReceiveMessage) -> None:
        topic = received.topic
        # What was ended while the MQTT integration was reloaded may go on; what the broker kept is
        # older than any question.
        if received.retain or topic not in self._stops:
            return
        payload = received.payload
        if TYPE_CHECKING:
            assert isinstance(payload, bytes)  # encoding=None
        if self._answering[topic]:
            at = Instant(received.timestamp, now().wall)
            if report := read_feedback(Message(topic, "", payload, False, at)):
                self._on_feedback(report)
        for listener in list(self._listeners.get(topic, ())):
            listener(payload, received.timestamp)
