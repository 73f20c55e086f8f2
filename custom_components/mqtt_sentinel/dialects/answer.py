"""Answers to commands, OK or ERROR, on whatever topic a thing has for them."""

from typing import TYPE_CHECKING

from ..watch.reports import FeedbackReport
from .payload import read_word
from .route import Flaw, MalformedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..watch.reports import ThingKey
    from .route import Message

_WORDS = {b"ok": True, b"error": False}


def read_answer(payload: bytes) -> bool | None:
    """Whether an answer says OK or ERROR, None when it is none."""
    return read_word(payload, _WORDS)


def answer_decoder(key: ThingKey) -> Callable[[Message], FeedbackReport]:
    """A function that reads the answers of one thing on a topic that is for nothing else."""

    def decode(message: Message) -> FeedbackReport:
        ok = read_answer(message.payload)
        if ok is None:
            raise MalformedError(Flaw.NOT_A_BOOL)
        return FeedbackReport(key, message.at, message.retained, message.topic, ok)

    return decode
