"""What may look at a camera, or tell of motion before it: offered by what was heard, and by name."""

import re
from typing import TYPE_CHECKING

from homeassistant.helpers.selector import SelectOptionDict

from ..dialects import services
from ..dialects.table import DIALECTS
from ..setup.data import thing_id, thing_title
from ..watch.cameras import CAMERA
from ..watch.reports import Occasion

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..watch.reports import ThingKey
    from ..watch.sentinel import Sentinel

# A service tells of motion under the name of the camera that it saw it with.
_OF_CAMERA = "camera/"
_DETECTS = "detect"
_WORD = re.compile(r"[^\W_]+")
# They tell no camera from another.
_NO_NAMES = frozenset(("camera", "cam", "stream"))


def detectors(sentinel: Sentinel) -> list[ThingKey]:
    """What may look at the frames of a camera: it pings or promises to, or its name says so."""
    pinging = {thing.key for thing in sentinel.known if thing.cadence.pings}
    pinging |= {
        watch.config.key
        for watch in sentinel.watches.values()
        if watch.cadence.pings or watch.config.settings.ping_interval
    }
    return [key for key in _things(sentinel) if key in pinging or _DETECTS in key.name.lower()]


def movers(sentinel: Sentinel) -> list[ThingKey]:
    """What may tell of motion."""
    return [
        key
        for key in _things(sentinel)
        if key.dialect in DIALECTS
        and Occasion.MOTION in DIALECTS[key.dialect].occasions
        and (key.dialect != services.NAME or key.name.startswith(_OF_CAMERA))
    ]


def _things(sentinel: Sentinel) -> list[ThingKey]:
    """All that was heard or is watched, but for relays and cameras."""
    watched = (
        watch.config.key
        for watch in sentinel.watches.values()
        if watch.config.relay_of is None and watch.config.key.dialect != CAMERA
    )
    return sorted({*watched, *(thing.key for thing in sentinel.known)})


def called_like(name: str, things: Iterable[ThingKey]) -> list[ThingKey]:
    """Those of some things that have the name of a camera, or else those that have it in theirs."""
    wanted = _words(name)
    if not wanted:
        return []
    things = list(things)
    same = [key for key in things if any(_words(level) == wanted for level in key.name.split("/"))]
    return same or [key for key in things if wanted <= _words(key.name)]


def _words(name: str) -> frozenset[str]:
    return frozenset(_WORD.findall(name.lower())) - _NO_NAMES


def choices(sentinel: Sentinel | None, things: Iterable[ThingKey]) -> list[SelectOptionDict]:
    """Things as choices: by the name of their watch, or what they are called; each with its dialect."""
    return [SelectOptionDict(value=thing_id(key), label=_label(sentinel, key)) for key in things]


def _label(sentinel: Sentinel | None, key: ThingKey) -> str:
    watch = sentinel.watch_of(key) if sentinel else None
    name = watch.config.name if watch else thing_title(key)
    return f"{name} ({key.dialect})"
