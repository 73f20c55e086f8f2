"""Answers to commands on a topic of a user's own: plain ``OK`` or ``ERROR``, whatever the topic."""

from ..watch.reports import FeedbackReport, ThingKey
from .payload import read_word
from .route import Message

NAME = "feedback"
_WORDS = {b"ok": True, b"error": False}


def read_answer(payload: bytes) -> bool | None:
    """Whether an answer says OK or ERROR, None when it is none."""
    return read_word(payload, _WORDS)


def read_feedback(message: Message) -> FeedbackReport | None:
    """The answer that a message is, None for any other word. It is about the topic itself."""
    ok = read_answer(message.payload)
    if ok is None:
        return None
    key = ThingKey(NAME, message.site, message.topic)
    return FeedbackReport(key, message.at, message.retained, message.topic, ok)


def within(topic: str, topic_filter: str) -> bool:
    """Tell whether a topic is one of those that a filter is for; ``$`` has no special meaning."""
    levels, wanted = topic.split("/"), topic_filter.split("/")
    if wanted[-1] == "#":
        wanted.pop()
        levels = levels[: len(wanted)] if len(levels) >= len(wanted) else levels
    return len(levels) == len(wanted) and all(
        wish in ("+", level) for level, wish in zip(levels, wanted, strict=True)
    )
