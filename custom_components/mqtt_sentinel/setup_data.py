"""What a user set up, between the config entry and the words of the heart."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.const import CONF_ENTITY_ID

from .const import (
    CONF_DIALECT,
    CONF_DRILL_EVERY,
    CONF_DRILL_TELLS,
    CONF_EXPECT,
    CONF_GRACE,
    CONF_IGNORE_ALL,
    CONF_IGNORED,
    CONF_MODES,
    CONF_PAYLOAD_OFF,
    CONF_PAYLOAD_ON,
    CONF_PING_INTERVAL,
    CONF_PING_MISSES,
    CONF_PING_TOPICS,
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
    CONF_WATCH_ALL,
    EXPECT_NONE,
    SUBENTRY_DEVICE,
)
from .dialects import custom
from .dialects.custom import CustomTopic
from .dialects.table import DIALECTS
from .watch.alarm import ARMED_MODES, AlarmConfig, Reliance
from .watch.expectation import SourceKind
from .watch.reports import ThingKey
from .watch.settings import (
    DEFAULT_GRACE,
    DEFAULT_PING_INTERVAL,
    DEFAULT_PING_MISSES,
    DEFAULT_SETTLE,
    CheckSettings,
)
from .watch.watched import WatchConfig

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigSubentry

    from .watch.known import KnownThing

# Between dialect, site and name; neither of the first two can have it.
SEPARATOR = "|"
# Options about things that nobody watches.
_NOT_OF_WATCHES = frozenset({CONF_WATCH_ALL, CONF_IGNORE_ALL, CONF_IGNORED})


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
    """One device or service subentry; any message on one of the ``ping_topics`` is a ping of it.

    An ``implied`` one has no subentry: it is watched for those that are reached through it.
    """

    config: WatchConfig
    wish: OwnWish
    custom: CustomTopic | None = None
    ping_topics: tuple[str, ...] = ()
    implied: bool = False


def read_watches(
    subentries: Iterable[ConfigSubentry], defaults: Mapping[str, Any]
) -> dict[str, WatchSetup]:
    """Read all device subentries, by their ids, and what the things are reached through before them.

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
            title = DIALECTS[key.dialect].title
            name = title if key.name == key.dialect else f"{title} {key.name}"
            name = f"{key.site} {name}" if key.site else name
            settings = _settings({}, defaults)
            setups[watch_id] = WatchSetup(
                WatchConfig(watch_id, key, name, settings), OwnWish(None), implied=True
            )
    return dict(sorted(setups.items(), key=lambda item: item[1].config.parent is not None))


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
        tuple(data.get(CONF_PING_TOPICS, ())),
    )


def check_defaults(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of the hub that a watch may depend on."""
    return {key: value for key, value in options.items() if key not in _NOT_OF_WATCHES}


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
        drill_every=data.get(CONF_DRILL_EVERY),
        drill_tells=data.get(CONF_DRILL_TELLS, ""),
    )


def _settings(data: Mapping[str, Any], defaults: Mapping[str, Any]) -> CheckSettings:
    return CheckSettings(
        settle=data.get(CONF_SETTLE, defaults.get(CONF_SETTLE, DEFAULT_SETTLE)),
        grace=data.get(CONF_GRACE, defaults.get(CONF_GRACE, DEFAULT_GRACE)),
        require_live=data.get(CONF_REQUIRE_LIVE, False),
        ping_interval=_ping_interval(data, defaults),
        ping_misses=int(
            data.get(CONF_PING_MISSES, defaults.get(CONF_PING_MISSES, DEFAULT_PING_MISSES))
        ),
    )


def _ping_interval(data: Mapping[str, Any], defaults: Mapping[str, Any]) -> float | None:
    """The promise to ping: an interval of its own, or topics for pings and the usual interval."""
    if CONF_PING_INTERVAL in data:
        return float(data[CONF_PING_INTERVAL])
    if data.get(CONF_PING_TOPICS):
        return float(defaults.get(CONF_PING_INTERVAL, DEFAULT_PING_INTERVAL))
    return None


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
