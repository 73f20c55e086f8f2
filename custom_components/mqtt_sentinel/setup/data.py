"""What a user set up, between the config entry and the words of the heart."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.const import CONF_ENTITY_ID

from ..const import (
    CONF_DIALECT,
    CONF_DRILL_EVERY,
    CONF_DRILL_TELLS,
    CONF_EXPECT,
    CONF_MODES,
    CONF_PAYLOAD_OFF,
    CONF_PAYLOAD_ON,
    CONF_PING_INTERVAL,
    CONF_PLACE,
    CONF_RELIES_ON,
    CONF_SITE,
    CONF_TEMPLATE,
    CONF_THING,
    CONF_TOPIC,
    CONF_VERIFY_CONNECT,
    CONF_VERIFY_DISCONNECT,
    EXPECT_NONE,
    SUBENTRY_DEVICE,
)
from ..dialects.custom import CustomTopic
from ..dialects.table import DIALECTS
from ..watch.alarm import AlarmConfig, Reliance
from ..watch.expectation import SourceKind
from ..watch.reports import ThingKey

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigSubentry

    from ..watch.known import KnownThing

# Between dialect, site and name; neither of the first two can have it.
SEPARATOR = "|"


def read_key(data: Mapping[str, Any]) -> ThingKey:
    """The identity of a thing of one of the dialects."""
    return ThingKey(data[CONF_DIALECT], data[CONF_SITE], data[CONF_THING])


def read_custom(data: Mapping[str, Any]) -> CustomTopic:
    """A user's own topic."""
    return CustomTopic(
        data[CONF_TOPIC],
        data.get(CONF_PLACE, ""),
        data.get(CONF_TEMPLATE, ""),
        data.get(CONF_PAYLOAD_ON, ""),
        data.get(CONF_PAYLOAD_OFF, ""),
    )


def read_alarm(subentry: ConfigSubentry) -> AlarmConfig:
    """Read an alarm subentry."""
    data = subentry.data
    return AlarmConfig(
        subentry.subentry_id,
        subentry.title,
        data.get(CONF_ENTITY_ID, ""),
        frozenset(data[CONF_MODES]),
        tuple(
            Reliance(
                watch_id,
                watch_id in data[CONF_VERIFY_CONNECT],
                watch_id in data[CONF_VERIFY_DISCONNECT],
            )
            for watch_id in data[CONF_RELIES_ON]
        ),
        drill_every=data.get(CONF_DRILL_EVERY),
        drill_tells=data.get(CONF_DRILL_TELLS, ""),
    )


def thing_id(key: ThingKey) -> str:
    """The unique id of the watch of a thing; also its value in a list of choices."""
    return SEPARATOR.join(key)


def key_of(unique_id: str) -> ThingKey:
    """The thing with a unique id that :func:`thing_id` made."""
    return ThingKey(*unique_id.split(SEPARATOR, 2))


def thing_title(key: ThingKey) -> str:
    """What to call a thing unless its user has a better name."""
    name = key.name.replace("/", " ")
    return f"{key.site} {name}" if key.site else name


def thing_data(key: ThingKey) -> dict[str, Any]:
    """The identity of a thing as subentry data."""
    return {CONF_DIALECT: key.dialect, CONF_SITE: key.site, CONF_THING: key.name}


def usual_expectation(dialect: str) -> str:
    """What is expected of a thing unless a user says otherwise."""
    expects = DIALECTS[dialect].expects if dialect in DIALECTS else SourceKind.ALWAYS
    return expects.value if expects else EXPECT_NONE


def subentry_of(key: ThingKey, heard: KnownThing | None = None) -> ConfigSubentryData:
    """The watch of a thing with all defaults, for a user who just ticked it.

    A thing that was ``heard`` to ping, for long enough to know how often, is held to that.
    """
    data = thing_data(key) | {CONF_EXPECT: usual_expectation(key.dialect)}
    if heard and (interval := heard.cadence.proposal()):
        data[CONF_PING_INTERVAL] = interval
    return ConfigSubentryData(
        data=data,
        subentry_type=SUBENTRY_DEVICE,
        title=thing_title(key),
        unique_id=thing_id(key),
    )
