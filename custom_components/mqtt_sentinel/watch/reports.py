"""Typed facts heard about a thing, whatever protocol they came by."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .clock import Instant


class ThingKey(NamedTuple):
    """The identity of a thing: the dialect it speaks, its site prefix ("" for none), its name."""

    dialect: str
    site: str
    name: str


@dataclass(frozen=True, slots=True)
class Report:
    """One fact about one thing.

    ``retained`` says that the broker replayed it: the last known state, never a sign of life.
    """

    key: ThingKey
    at: Instant
    retained: bool
    source: str


@dataclass(frozen=True, slots=True)
class ConnectionReport(Report):
    """The thing says, or its Last Will says for it, whether it is connected."""

    up: bool
    details: DeviceDetails | None = None


@dataclass(frozen=True, slots=True)
class PingReport(Report):
    """The thing says nothing but that it works."""


@dataclass(frozen=True, slots=True)
class FeedbackReport(Report):
    """The thing answers a command: done, or failed."""

    ok: bool


@dataclass(frozen=True, slots=True)
class DeviceDetails:
    """What a device tells of itself besides being connected; ``uptime`` in seconds."""

    ip_address: str | None = None
    firmware: str | None = None
    uptime: float | None = None


def is_sign_of_life(report: Report) -> bool:
    """Tell whether the thing itself said this now.

    What the broker kept is none, and neither is a goodbye: it may be the Last Will.
    """
    return not report.retained and not (isinstance(report, ConnectionReport) and not report.up)
