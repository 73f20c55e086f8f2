"""Which thing the messages of a topic are about: read once, and remembered."""

from collections.abc import Callable

from ..watch.reports import ThingKey
from .route import Message

# A thing says the same few topics again and again. Whoever makes up more than so many, or such
# long ones, is read anew.
MOST_TOPICS = 32_768
LONGEST_TOPIC = 128


def by_topic(read: Callable[[Message], ThingKey]) -> Callable[[Message], ThingKey]:
    """Remember what ``read`` makes of a topic; it may look at nothing else but the site.

    What it raises is not remembered.
    """
    known: dict[str, ThingKey] = {}

    def thing_of(message: Message) -> ThingKey:
        topic = message.topic
        key = known.get(topic)
        if key is not None and key.site == message.site:
            return key
        key = read(message)
        if len(topic) <= LONGEST_TOPIC:
            if len(known) >= MOST_TOPICS:
                known.clear()
            known[topic] = key
        return key

    return thing_of
