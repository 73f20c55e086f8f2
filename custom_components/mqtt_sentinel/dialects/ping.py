"""Pings of a user's own: any message on a topic says that a thing works."""

from typing import TYPE_CHECKING

from ..watch.reports import PingReport

if TYPE_CHECKING:
    from ..watch.reports import ThingKey
    from .route import Decoder, Message


def ping_decoder(key: ThingKey) -> Decoder:
    """A function that takes every message for a ping of one thing, and never looks into it."""

    def decode(message: Message) -> PingReport:
        return PingReport(key, message.at, message.retained, message.topic)

    return decode
