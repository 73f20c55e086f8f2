"""What is watched as a user set it up, between the config entry and the words of the heart."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from homeassistant.const import CONF_ENTITY_ID

from ..const import (
    CONF_CRITICAL,
    CONF_DIALECT,
    CONF_EXPECT,
    CONF_GRACE,
    CONF_HOLD,
    CONF_IGNORE_ALL,
    CONF_IGNORED,
    CONF_PING_INTERVAL,
    CONF_PING_MISSES,
    CONF_PING_TOPICS,
    CONF_REQUIRE_LIVE,
    CONF_SETTLE,
    CONF_STATES,
    CONF_VERIFY_CONNECT,
    CONF_VERIFY_DISCONNECT,
    CONF_WATCH_ALL,
    EXPECT_NONE,
    SUBENTRY_CAMERA,
    SUBENTRY_DEVICE,
    SUBENTRY_RELAY,
)
from ..dialects import custom
from ..dialects.custom import CustomTopic
from ..dialects.table import DIALECTS
from ..watch.alarm import ARMED_MODES
from ..watch.cameras import camera_key
from ..watch.expectation import SourceKind
from ..watch.reports import ThingKey
from ..watch.settings import (
    DEFAULT_GRACE,
    DEFAULT_PING_INTERVAL,
    DEFAULT_PING_MISSES,
    DEFAULT_SETTLE,
    CheckSettings,
)
from ..watch.watched import WatchConfig
from .camera import CameraSetup, read_camera
from .data import read_custom, read_key, thing_id
from .relay import RelaySetup, read_relay, watched_key

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigSubentry

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
    """One device, service, relay or camera subentry.

    Any message on one of the ``ping_topics`` is a ping of it. An ``implied`` one has no subentry: it
    is watched for those that are reached through it, or for the camera that it tells of. ``relay`` is
    how a relay is switched, ``camera`` where a camera's stream comes from.
    """

    config: WatchConfig
    wish: OwnWish
    custom: CustomTopic | None = None
    ping_topics: tuple[str, ...] = ()
    implied: bool = False
    relay: RelaySetup | None = None
    camera: CameraSetup | None = None

    @property
    def is_chosen_thing(self) -> bool:
        """Tell whether it is a thing of a dialect that a user chose to watch."""
        return not (self.custom or self.implied or self.relay or self.camera)

    @property
    def speaks_dialect(self) -> bool:
        """Tell whether what its dialect listens to tells of it."""
        return not (self.custom or self.camera)

    @property
    def own_topics(self) -> tuple[object, ...]:
        """What it has to be listened to for, apart from what its dialect listens to."""
        return self.custom, self.ping_topics, self.relay and self.relay.feedback


def read_watches(
    subentries: Iterable[ConfigSubentry], defaults: Mapping[str, Any]
) -> dict[str, WatchSetup]:
    """Read all that is watched, by the ids of the subentries, and what is reached through others last.

    A parent that nobody watches is watched all the same, so that its death is one cause and not
    many; its id is no subentry's. Of a bridge nothing is expected but what those behind it need. The
    device of a relay should be there: nothing else tells that the relay cannot be switched. What
    tells of a camera is heard for its sake, and nothing is expected of it.
    """
    subentries = list(subentries)
    setups = {
        subentry.subentry_id: read_watch(subentry, defaults)
        for subentry in subentries
        if subentry.subentry_type == SUBENTRY_DEVICE
    }
    watched = {setup.config.key for setup in setups.values()}
    for subentry in subentries:
        if subentry.subentry_type == SUBENTRY_RELAY:
            setups[subentry.subentry_id] = _read_relay(subentry, defaults, watched)
        elif subentry.subentry_type == SUBENTRY_CAMERA:
            setups[subentry.subentry_id] = _read_camera(subentry, defaults)
    setups |= _parents(setups.values(), watched, defaults)
    of_cameras = {
        thing_id(key): _implied(key, OwnWish(None), defaults, DIALECTS[key.dialect].parent(key))
        for key in _listened_to(setups.values())
        if key not in watched and key.dialect in DIALECTS
    }
    watched |= {setup.config.key for setup in of_cameras.values()}
    setups |= of_cameras | _parents(of_cameras.values(), watched, defaults)
    return dict(sorted(setups.items(), key=lambda item: item[1].config.parent is not None))


def _parents(
    setups: Iterable[WatchSetup], watched: set[ThingKey], defaults: Mapping[str, Any]
) -> dict[str, WatchSetup]:
    """The watches of what these are reached through, by their ids; they are ``watched`` from now on."""
    parents: dict[str, WatchSetup] = {}
    for setup in setups:
        key = setup.config.parent
        if key and key not in watched:
            watched.add(key)
            wish = OwnWish(SourceKind.ALWAYS if setup.relay else None)
            parents[thing_id(key)] = _implied(key, wish, defaults)
    return parents


def _listened_to(setups: Iterable[WatchSetup]) -> list[ThingKey]:
    """The things whose reports matter for cameras, each once."""
    cameras = [setup.camera for setup in setups if setup.camera]
    return sorted({key for camera in cameras for key in camera.listens_to})


def _implied(
    key: ThingKey,
    wish: OwnWish,
    defaults: Mapping[str, Any],
    parent: ThingKey | None = None,
) -> WatchSetup:
    """The watch of a thing that nobody chose."""
    title = DIALECTS[key.dialect].title
    name = title if key.name == key.dialect else f"{title} {key.name}"
    name = f"{key.site} {name}" if key.site else name
    config = WatchConfig(thing_id(key), key, name, _settings({}, defaults), parent)
    return WatchSetup(config, wish, implied=True)


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


def _read_relay(
    subentry: ConfigSubentry, defaults: Mapping[str, Any], watched: Collection[ThingKey]
) -> WatchSetup:
    """Read a relay subentry; what it is a relay of counts where that tells whether it is there."""
    data = subentry.data
    relay = read_relay(data)
    key = relay.relay.key
    words = DIALECTS[key.dialect].relays if key.dialect in DIALECTS else None
    return WatchSetup(
        WatchConfig(
            subentry.subentry_id,
            watched_key(data),
            subentry.title,
            _settings(data, defaults),
            key if key in watched or (words and words.connects) else None,
            relay_of=key,
            critical=data.get(CONF_CRITICAL, False),
            hold=data.get(CONF_HOLD, False),
        ),
        OwnWish(None),
        read_custom(data) if key.dialect == custom.NAME else None,
        relay=relay,
    )


def _read_camera(subentry: ConfigSubentry, defaults: Mapping[str, Any]) -> WatchSetup:
    """Read a camera subentry; what is watched is its stream."""
    key = camera_key(subentry.subentry_id)
    settings = _settings(subentry.data, defaults)
    return WatchSetup(
        WatchConfig(subentry.subentry_id, key, subentry.title, settings),
        _own_wish(subentry.data),
        camera=read_camera(subentry),
    )


def check_defaults(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of the hub that a watch may depend on."""
    return {key: value for key, value in options.items() if key not in _NOT_OF_WATCHES}


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
