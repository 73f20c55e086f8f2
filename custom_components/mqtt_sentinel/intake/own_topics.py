"""The topics that a watch has of its own, and that no dialect of the table listens to."""

from collections import defaultdict
from typing import TYPE_CHECKING

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from ..dialects import custom
from ..dialects.feedback import feedback_decoder
from ..dialects.ping import ping_decoder
from .custom import extract_of
from .mqtt import MqttIntake

if TYPE_CHECKING:
    from ..dialects.route import Decoder
    from ..setup_watches import WatchSetup
    from ..watch.reports import ThingKey


class OwnTopics:
    """Listens to the custom topic, the ping topics and the answers of each watch that has any."""

    def __init__(self, hass: HomeAssistant, mqtt: MqttIntake) -> None:
        """Start with none."""
        self._hass = hass
        self._mqtt = mqtt
        self._stops: defaultdict[str, list[CALLBACK_TYPE]] = defaultdict(list)
        self._answering: dict[str, CALLBACK_TYPE] = {}

    async def follow(self, setup: WatchSetup) -> None:
        """Listen to what a watch has now, and no more to what it had."""
        watch_id = setup.config.id
        self.forget(watch_id)
        wanted: list[tuple[str, Decoder]] = []
        if setup.custom:
            extract = extract_of(self._hass, setup.custom)
            decode = custom.decoder(setup.custom, extract, relay=setup.relay is not None)
            wanted.append((setup.custom.topic, decode))
        ping = ping_decoder(setup.config.key)
        wanted += ((topic_filter, ping) for topic_filter in setup.ping_topics)
        for topic_filter, read in wanted:
            self._stops[watch_id].append(await self._mqtt.subscribe(topic_filter, "", read))
        relay = setup.relay if setup.relay and setup.relay.confirm.feedback else None
        if relay and (stop := await self._answers(relay.feedback, relay.relay.key)):
            self._stops[watch_id].append(stop)

    async def _answers(self, topic: str, key: ThingKey) -> CALLBACK_TYPE | None:
        """Hear the OK and ERROR on a topic; not twice, whoever else does: each would count.

        Call the answer to end that; there is none where a dialect hears them all the time.
        """
        answers = self._mqtt.answers
        if not answers[topic]:
            if self._mqtt.hears_feedback(topic):
                return None
            decode = feedback_decoder(key)
            self._answering[topic] = await self._mqtt.subscribe(topic, "", decode)
        answers[topic] += 1

        @callback
        def stop() -> None:
            answers[topic] -= 1
            if not answers[topic]:
                self._answering.pop(topic)()

        return stop

    @callback
    def forget(self, watch_id: str) -> None:
        """Listen no more for a watch."""
        for stop in self._stops.pop(watch_id, ()):
            stop()
