"""What a camera shows beside its picture; some of it only when somebody tells of it."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from homeassistant.components.binary_sensor import DOMAIN as BINARY_SENSOR_DOMAIN
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..const import DOMAIN
from ..evidence.cameras.stream import Condition
from ..outcome.media import clip_facts
from ..outcome.wording import as_utc
from ..watch.watched import PingState, is_alive, ping_state

if TYPE_CHECKING:
    from datetime import datetime

    from homeassistant.config_entries import ConfigSubentry
    from homeassistant.helpers.entity import Entity

    from ..cameras.state import CameraState
    from ..entity import SentinelEntity
    from ..hub import Hub, SentinelConfigEntry
    from ..setup.camera import CameraSetup
    from ..watch.watched import Watched

_STREAMS = {Condition.STREAMING: True, Condition.LOST: False}


@callback
def add_sights(
    hass: HomeAssistant,
    entry: SentinelConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    sights: Mapping[str, Callable[[CameraSetup], bool]],
    make: Callable[[Hub, ConfigSubentry, str], Entity],
) -> None:
    """Add the binary sensors that a camera has something for, and take away those it has not.

    ``sights`` says by the key of each whether it is wanted, ``make`` makes one. What looks at a camera
    can be set up, and taken away, as long as the camera is there.
    """
    hub = entry.runtime_data
    registry = er.async_get(hass)
    added: set[tuple[str, str]] = set()

    @callback
    def follow(subentry_id: str) -> None:
        if (setup := hub.cameras.setups.get(subentry_id)) is None:
            return
        subentry = entry.subentries[subentry_id]
        for key, wanted in sights.items():
            if not wanted(setup):
                added.discard((subentry_id, key))
                unique_id = f"{subentry_id}_{key}"
                if found := registry.async_get_entity_id(BINARY_SENSOR_DOMAIN, DOMAIN, unique_id):
                    registry.async_remove(found)
            elif (subentry_id, key) not in added:
                added.add((subentry_id, key))
                async_add_entities([make(hub, subentry, key)], config_subentry_id=subentry_id)

    @callback
    def begin(subentry_id: str) -> None:
        added.difference_update([(subentry_id, key) for key in sights])
        follow(subentry_id)

    hub.on_new(begin)
    hub.on_changed(follow)


def state_of(entity: SentinelEntity) -> CameraState:
    """How the camera of an entity is."""
    return entity.hub.cameras.state(entity.subject)


def _detector(entity: SentinelEntity) -> Watched | None:
    """The watch of what looks at the frames, None when there is none any more."""
    setup = entity.hub.cameras.setups[entity.subject]
    return entity.hub.sentinel.watch_of(setup.detector) if setup.detector else None


def detection_known(entity: SentinelEntity) -> bool:
    """Tell whether it can be known now that the frames are looked at."""
    watch = _detector(entity)
    return watch is not None and watch.facts.broker and not watch.facts.parent_gone


def detection_running(entity: SentinelEntity) -> bool | None:
    """Tell whether the frames are looked at: the detector is there, and pings if it promised to."""
    watch = _detector(entity)
    if watch is None or watch.facts.up is None:
        return None
    return is_alive(watch) and ping_state(watch) is not PingState.MISSING


def detection_facts(entity: SentinelEntity) -> dict[str, Any]:
    """What is known of the detector, times in ISO 8601 UTC."""
    watch = _detector(entity)
    if watch is None:
        return {}
    last_ping = watch.last_ping
    ping = ping_state(watch)
    return {
        "detector": watch.config.name,
        "ping": ping.value if ping else None,
        "last_ping": None if last_ping is None else as_utc(last_ping).isoformat(),
    }


def stream_is_up(entity: SentinelEntity) -> bool | None:
    """Tell whether the stream is there, None while it is started."""
    return _STREAMS.get(state_of(entity).stream)


def stream_facts(entity: SentinelEntity) -> dict[str, Any]:
    """How the stream is, and why."""
    state = state_of(entity)
    return {"stream": state.stream.value, "why": state.why.value if state.why else None}


def source_in_use(entity: SentinelEntity) -> str | None:
    """What the stream is taken from."""
    source = state_of(entity).source
    return source.value if source else None


def source_facts(entity: SentinelEntity) -> dict[str, Any]:
    """Why it is that one, when it is not the first, and whether it costs."""
    state = state_of(entity)
    return {"why": state.why.value if state.why else None, "encodes": state.encodes}


def last_clip_at(entity: SentinelEntity) -> datetime | None:
    """When the last clip began."""
    clip = state_of(entity).last_clip
    return as_utc(clip.began) if clip else None


def last_clip_facts(entity: SentinelEntity) -> Mapping[str, Any] | None:
    """Where the last clip is, and why it was made."""
    clip = state_of(entity).last_clip
    return clip_facts(clip) if clip else None
