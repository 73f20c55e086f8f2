"""The topics that a watch has of its own, and that no dialect of the table listens to."""

from collections import defaultdict
from typing import TYPE_CHECKING

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from ..dialects import custom
from ..dialects.ping import ping_decoder
from .command_topics import CommandTopics
from .custom import extract_of
from .mqtt import MqttIntake

if TYPE_CHECKING:
    from ..dialects.route import Decoder
    from ..setup.watches import WatchSetup


class OwnTopics:
    """Listens to the custom topic, the ping topics and the answers of each watch that has any."""

    def __init__(
        self, hass: HomeAssistant, mqtt: MqttIntake, command_topics: CommandTopics
    ) -> None:
        """Start with none."""
        self._hass = hass
        self._mqtt = mqtt
        self._command_topics = command_topics
        self._stops: defaultdict[str, list[CALLBACK_TYPE]] = defaultdict(list)

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
        relay = setup.relay
        if relay and relay.confirm.feedback:
            await self._command_topics.follow(watch_id, [relay.feedback], ())

    @callback
    def forget(self, watch_id: str) -> None:
        """Listen no more for a watch."""
        for stop in self._stops.pop(watch_id, ()):
            stop()
        self._command_topics.forget(watch_id)
