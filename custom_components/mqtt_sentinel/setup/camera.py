"""A camera as a user set it up, between its subentry and those who open and record its stream."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ..const import (
    CONF_CAMERA,
    CONF_DETECTOR,
    CONF_DURATION,
    CONF_FALLBACK_URL,
    CONF_LOCAL,
    CONF_MOTION,
    CONF_MOTION_ENTITIES,
    CONF_PASSWORD,
    CONF_PRE_ROLL,
    CONF_RECORDS_FOR,
    CONF_SOURCE,
    CONF_URL,
    CONF_USERNAME,
)
from ..evidence.facts import DEFAULT_DURATION, DEFAULT_PRE_ROLL
from .data import key_of

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigSubentry

    from ..watch.reports import ThingKey


# What the cameras at the connector of a Raspberry Pi are called, before their number.
PI = "pi:"


class CameraWay(StrEnum):
    """Where a camera comes from."""

    ENTITY = "entity"
    ADDRESS = "address"
    LOCAL = "local"


@dataclass(frozen=True, slots=True)
class EntityCamera:
    """A camera entity that is there."""

    entity_id: str


@dataclass(frozen=True, slots=True)
class AddressCamera:
    """A stream at an address, or else at ``fallback_url``, "" for none; neither has credentials in it.

    Who has to show none has no ``username`` and no ``password``.
    """

    url: str = field(repr=False)
    fallback_url: str = field(default="", repr=False)
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class LocalCamera:
    """A camera of this computer: a video device such as ``/dev/video0``, or ``pi:0``.

    The latter is the first one at the connector of a Raspberry Pi.
    """

    device: str


type CameraOrigin = EntityCamera | AddressCamera | LocalCamera


@dataclass(frozen=True, slots=True)
class CameraSetup:
    """One camera. ``pre_roll`` and ``duration`` of a clip in seconds.

    ``detector`` looks at its frames; motion told by any of ``motion``, or an ``on`` of one of the
    ``motion_entities``, is motion before it. It records for the incidents of the watches
    ``records_for``, by their ids.
    """

    id: str
    name: str
    origin: CameraOrigin
    pre_roll: float = DEFAULT_PRE_ROLL
    duration: float = DEFAULT_DURATION
    detector: ThingKey | None = None
    motion: frozenset[ThingKey] = frozenset()
    motion_entities: tuple[str, ...] = ()
    records_for: frozenset[str] = frozenset()

    @property
    def is_made_here(self) -> bool:
        """Tell whether Home Assistant has no entity of it but ours."""
        return not isinstance(self.origin, EntityCamera)

    @property
    def sees_motion(self) -> bool:
        """Tell whether anything would tell of motion before it."""
        return bool(self.motion or self.motion_entities)

    @property
    def listens_to(self) -> frozenset[ThingKey]:
        """The things whose reports matter for it."""
        return self.motion | {self.detector} if self.detector else self.motion


def read_camera(subentry: ConfigSubentry) -> CameraSetup:
    """Read a camera subentry."""
    data = subentry.data
    detector = data.get(CONF_DETECTOR)
    return CameraSetup(
        subentry.subentry_id,
        subentry.title,
        read_origin(data),
        float(data.get(CONF_PRE_ROLL, DEFAULT_PRE_ROLL)),
        float(data.get(CONF_DURATION, DEFAULT_DURATION)),
        key_of(detector) if detector else None,
        frozenset(map(key_of, data.get(CONF_MOTION, ()))),
        tuple(data.get(CONF_MOTION_ENTITIES, ())),
        frozenset(data.get(CONF_RECORDS_FOR, ())),
    )


def read_origin(data: Mapping[str, Any]) -> CameraOrigin:
    """Where the camera of a subentry comes from."""
    way = CameraWay(data[CONF_SOURCE])
    if way is CameraWay.ENTITY:
        return EntityCamera(data[CONF_CAMERA])
    if way is CameraWay.LOCAL:
        return LocalCamera(data[CONF_LOCAL])
    return AddressCamera(
        data[CONF_URL],
        data.get(CONF_FALLBACK_URL, ""),
        data.get(CONF_USERNAME, ""),
        data.get(CONF_PASSWORD, ""),
    )
