"""Typed facts heard about a thing, whatever protocol they came by."""

from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from .fact import fact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .clock import Instant


class ThingKey(NamedTuple):
    """The identity of a thing: the dialect it speaks, its site prefix ("" for none), its name."""

    dialect: str
    site: str
    name: str


@fact
class Report:
    """One fact about one thing.

    ``retained`` says that the broker replayed it: the last known state, never a sign of life.
    """

    key: ThingKey
    at: Instant
    retained: bool
    source: str


@fact
class ConnectionReport(Report):
    """The thing says, or its Last Will says for it, whether it is connected."""

    up: bool
    details: DeviceDetails | None = None


@fact
class PingReport(Report):
    """The thing says nothing but that it works."""


@fact
class FeedbackReport(Report):
    """The thing answers a command: done, or failed."""

    ok: bool


@fact
class TelemetryReport(Report):
    """Values that the thing measured, by their name."""

    values: Mapping[str, float]


@fact
class RelayReport(Report):
    """A relay of the thing is on or off; ``by`` says what switched it, when it told."""

    relay: str
    on: bool
    by: str | None = None


class Occasion(StrEnum):
    """What can happen at a thing besides connecting; each is an event that people react to."""

    MOTION = "motion"
    BUTTON = "button"
    PRESSURE = "pressure"
    INTERACTION = "interaction"
    SYSTEM = "system"
    TOGGLE = "toggle"
    ANNOUNCED = "announced"
    PICTURE = "picture"
    VIDEO = "video"


@fact
class OccasionReport(Report):
    """Something happened at the thing.

    ``event_id`` is the thing's own name for it, None when it gave none; the same one twice is the
    same event. ``begins`` tells the beginning of something that lasts from its end, None when it
    does not last. ``data`` is what the thing told of it, in JSON types.
    """

    occasion: Occasion
    event_id: str | None = None
    begins: bool | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@fact
class EvidenceReport(Report):
    """A picture or a video that the thing took itself, for the event ``event_id``."""

    occasion: Occasion
    event_id: str
    number: int
    content: bytes


@fact
class DeviceDetails:
    """What a device tells of itself besides being connected; ``uptime`` in seconds."""

    ip_address: str | None = None
    firmware: str | None = None
    uptime: float | None = None

    @property
    def whole(self) -> bool:
        """Tell whether none is missing."""
        return not (self.ip_address is None or self.firmware is None or self.uptime is None)

    def over(self, older: DeviceDetails) -> DeviceDetails:
        """These, and what they do not tell as it was told before."""
        return DeviceDetails(
            older.ip_address if self.ip_address is None else self.ip_address,
            older.firmware if self.firmware is None else self.firmware,
            older.uptime if self.uptime is None else self.uptime,
        )


NO_DETAILS = DeviceDetails()


def is_sign_of_life(report: Report) -> bool:
    """Tell whether the thing itself said this now.

    What the broker kept is none, and neither is a goodbye: it may be the Last Will.
    """
    return not report.retained and not (isinstance(report, ConnectionReport) and not report.up)
