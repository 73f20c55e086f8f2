"""A relay as a user set it up, between its subentry and the words of the heart and the queue."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ..command.command import DEFAULT_TIMEOUT, DEFAULT_TTL, Command, Confirmation, Priority, Relay
from ..const import (
    CONF_COMMAND_OFF,
    CONF_COMMAND_ON,
    CONF_COMMAND_TOPIC,
    CONF_CONFIRM,
    CONF_DIALECT,
    CONF_FEEDBACK_TOPIC,
    CONF_RELAY,
    CONF_TIMEOUT,
    CONF_TTL,
)
from ..dialects import custom
from ..dialects.route import RelayWords, on_site
from ..dialects.table import DIALECTS
from ..watch.relays import relay_key
from .data import read_custom, read_key

if TYPE_CHECKING:
    from ..watch.reports import ThingKey


class Confirm(StrEnum):
    """What tells that a command was carried out."""

    STATE = "state"
    FEEDBACK = "feedback"
    BOTH = "both"
    NONE = "none"

    @property
    def state(self) -> bool:
        """Tell whether the relay has to report the state."""
        return self in (Confirm.STATE, Confirm.BOTH)

    @property
    def feedback(self) -> bool:
        """Tell whether the thing has to say OK."""
        return self in (Confirm.FEEDBACK, Confirm.BOTH)


@dataclass(frozen=True, slots=True)
class RelaySetup:
    """How one relay is switched, and what has to come back; times in seconds.

    ``feedback`` is the topic of its OK and ERROR, "" when nothing is waited for there.
    """

    relay: Relay
    topic: str
    on: bytes
    off: bytes
    confirm: Confirm
    feedback: str
    timeout: float = DEFAULT_TIMEOUT
    ttl: float = DEFAULT_TTL

    def command(self, command_id: str, target: str, on: bool, *, already: bool) -> Command:
        """The command that switches it; ``already`` says that it was reported to be so before."""
        confirmation = None
        if self.confirm is not Confirm.NONE:
            confirmation = Confirmation(
                self.feedback if self.confirm.feedback else None,
                self.relay if self.confirm.state else None,
                on,
                self.timeout,
                already and self.confirm.state,
            )
        return Command(
            command_id,
            target,
            self.topic,
            self.on if on else self.off,
            priority=Priority.RELAY,
            ttl=self.ttl,
            actuator=True,
            confirmation=confirmation,
        )


def read_relay(data: Mapping[str, Any]) -> RelaySetup:
    """Read a relay subentry."""
    topic = data[CONF_COMMAND_TOPIC]
    return RelaySetup(
        relay_of(data),
        topic,
        data[CONF_COMMAND_ON].encode(),
        data[CONF_COMMAND_OFF].encode(),
        Confirm(data[CONF_CONFIRM]),
        data.get(CONF_FEEDBACK_TOPIC, "") or f"{topic}/feedback",
        float(data.get(CONF_TIMEOUT, DEFAULT_TIMEOUT)),
        float(data.get(CONF_TTL, DEFAULT_TTL)),
    )


def relay_of(data: Mapping[str, Any]) -> Relay:
    """Which relay of which thing a subentry is about."""
    if data[CONF_DIALECT] == custom.NAME:
        return Relay(read_custom(data).key, custom.THE_RELAY)
    return Relay(read_key(data), data[CONF_RELAY])


def watched_key(data: Mapping[str, Any]) -> ThingKey:
    """The identity under which the relay of a subentry is watched."""
    return relay_key(*relay_of(data))


def usual_words(dialect: str) -> RelayWords:
    """How relays of a dialect are usually switched."""
    known = DIALECTS.get(dialect)
    return (known and known.relays) or RelayWords()


def usual_topic(relay: Relay) -> str:
    """The topic that commands of a relay usually go to, "" when it is different for each user."""
    topic = usual_words(relay.key.dialect).topic(relay.key.name, relay.relay)
    return topic and on_site(relay.key.site, topic)
