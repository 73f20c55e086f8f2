"""What a user set up, read from the config entry into the words of the heart."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from homeassistant.const import CONF_ENTITY_ID

from .const import (
    CONF_DIALECT,
    CONF_EXPECT,
    CONF_GRACE,
    CONF_MODES,
    CONF_PAYLOAD_OFF,
    CONF_PAYLOAD_ON,
    CONF_PLACE,
    CONF_RELIES_ON,
    CONF_REQUIRE_LIVE,
    CONF_SETTLE,
    CONF_SITE,
    CONF_STATES,
    CONF_TEMPLATE,
    CONF_THING,
    CONF_TOPIC,
    CONF_VERIFY_CONNECT,
    CONF_VERIFY_DISCONNECT,
    EXPECT_NONE,
    SUBENTRY_DEVICE,
)
from .dialects import custom
from .dialects.custom import CustomTopic
from .dialects.table import DIALECTS
from .watch.alarm import ARMED_MODES, AlarmConfig, Reliance
from .watch.expectation import SourceKind
from .watch.reports import ThingKey
from .watch.settings import DEFAULT_GRACE, DEFAULT_SETTLE, CheckSettings
from .watch.watched import WatchConfig

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigSubentry


@dataclass(frozen=True, slots=True)
class OwnWish:
    """What a watch itself says should be true, apart from the alarms that rely on it.

    ``kind`` None observes only. ``entity_id`` names the entity of an ENTITY wish, or the panel
    of an ALARM wish (empty: only the alarms set up here count).
    """

    kind: SourceKind | None
    entity_id: str = ""
    states: frozenset[str] = frozenset()
    verify_connect: bool = True
    verify_disconnect: bool = True


@dataclass(frozen=True, slots=True)
class WatchSetup:
    """One device or service subentry."""

    config: WatchConfig
    wish: OwnWish
    custom: CustomTopic | None = None


def read_watches(
    subentries: Iterable[ConfigSubentry], defaults: Mapping[str, Any]
) -> dict[str, WatchSetup]:
    """Read all device subentries, by their ids, and add what the things are reached through.

    A parent that nobody watches is watched all the same, so that its death is one cause and not
    many: nothing is expected of it but what those behind it need. Its id is no subentry's.
    """
    setups = {
        subentry.subentry_id: read_watch(subentry, defaults)
        for subentry in subentries
        if subentry.subentry_type == SUBENTRY_DEVICE
    }
    watched = {setup.config.key for setup in setups.values()}
    parents = dict.fromkeys(setup.config.parent for setup in setups.values() if setup.config.parent)
    for key in parents:
        if key not in watched:
            watch_id = "|".join(key)
            name = f"{key.dialect} {key.name}" if key.name != key.dialect else key.name
            settings = _settings({}, defaults)
            setups[watch_id] = WatchSetup(
                WatchConfig(watch_id, key, name.capitalize(), settings), OwnWish(None)
            )
    return setups


def read_watch(subentry: ConfigSubentry, defaults: Mapping[str, Any]) -> WatchSetup:
    """Read a device subentry; what it does not set comes from the hub's ``defaults``."""
    data = subentry.data
    topic = read_custom(data) if data[CONF_DIALECT] == custom.NAME else None
    key = topic.key if topic else read_key(data)
    parent = None if topic else DIALECTS[key.dialect].parent(key)
    return WatchSetup(
        WatchConfig(subentry.subentry_id, key, subentry.title, _settings(data, defaults), parent),
        _own_wish(data),
        topic,
    )


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
        data[CONF_ENTITY_ID],
        frozenset(data[CONF_MODES]),
        tuple(
            Reliance(
                watch_id,
                watch_id in data[CONF_VERIFY_CONNECT],
                watch_id in data[CONF_VERIFY_DISCONNECT],
            )
            for watch_id in data[CONF_RELIES_ON]
        ),
    )


def _settings(data: Mapping[str, Any], defaults: Mapping[str, Any]) -> CheckSettings:
    return CheckSettings(
        settle=data.get(CONF_SETTLE, defaults.get(CONF_SETTLE, DEFAULT_SETTLE)),
        grace=data.get(CONF_GRACE, defaults.get(CONF_GRACE, DEFAULT_GRACE)),
        require_live=data.get(CONF_REQUIRE_LIVE, False),
    )


def _own_wish(data: Mapping[str, Any]) -> OwnWish:
    expect = data[CONF_EXPECT]
    if expect == EXPECT_NONE:
        return OwnWish(None)
    kind = SourceKind(expect)
    return OwnWish(
        kind,
        data.get(CONF_ENTITY_ID, ""),
        frozenset(ARMED_MODES if kind is SourceKind.ALARM else data.get(CONF_STATES, ())),
        data.get(CONF_VERIFY_CONNECT, True),
        data.get(CONF_VERIFY_DISCONNECT, True),
    )
