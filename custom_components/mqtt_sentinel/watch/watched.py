"""One watched thing: what it was told to be, what it said, and what came of it."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from .cadence import Cadence
from .expectation import OBSERVED_ONLY, Expectation, Wanted
from .flapping import Steadiness
from .incidents import Incident, expectation_as_dict, expectation_from_dict
from .known import KnownThing
from .reports import NO_DETAILS
from .telemetry import Telemetry
from .verdict import Facts, Judgement, Reason, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .reports import ConnectionReport, DeviceDetails, RelayReport, ThingKey
    from .settings import CheckSettings


@dataclass(frozen=True, slots=True)
class WatchConfig:
    """What a user set up: which thing, called what, judged how, and behind which other thing.

    ``relay_of``: the thing that it is a relay of, whether it stands behind that or not. ``critical``:
    it matters most, whatever is expected of it. ``hold``: what was commanded of it is to stay so, and
    nobody else is to switch it.
    """

    id: str
    key: ThingKey
    name: str
    settings: CheckSettings
    parent: ThingKey | None = None
    relay_of: ThingKey | None = None
    critical: bool = False
    hold: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What of a watch outlives a restart. Times in epoch seconds."""

    expectation: Expectation = OBSERVED_ONLY
    expected_since: float = 0.0
    agreed: bool = False
    accepted: bool = False
    last_up: bool | None = None
    last_seen: float | None = None
    misses: int = 0
    incident: Incident | None = None
    failed: Reason | None = None

    def as_dict(self) -> dict[str, Any]:
        """A form for storage: JSON types only."""
        return {
            "expectation": expectation_as_dict(self.expectation),
            "expected_since": self.expected_since,
            "agreed": self.agreed,
            "accepted": self.accepted,
            "last_up": self.last_up,
            "last_seen": self.last_seen,
            "misses": self.misses,
            "incident": self.incident.as_dict() if self.incident else None,
            "failed": self.failed.value if self.failed else None,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what :meth:`as_dict` wrote. Raises KeyError, TypeError or ValueError on others."""
        return cls(
            expectation=expectation_from_dict(data["expectation"]),
            expected_since=float(data["expected_since"]),
            agreed=bool(data["agreed"]),
            accepted=bool(data["accepted"]),
            last_up=data["last_up"],
            last_seen=data["last_seen"],
            misses=int(data.get("misses", 0)),
            incident=Incident.from_dict(data["incident"]) if data["incident"] else None,
            failed=Reason(data["failed"]) if data.get("failed") else None,
        )


@dataclass(slots=True)
class Watched:
    """The state of one watch; only the sentinel changes it. Times in epoch seconds.

    ``connection`` is the last connection report since the subscriptions, and ``relay`` that of a
    relay, which is a watch of its own; ``last_up`` what was ever
    reported last, ``last_seen`` the last live message that did not say goodbye, ``last_ping`` the
    last live ping. ``misses`` are all pings that ever were missing, ``children`` the watches that
    are reached through this one.
    """

    config: WatchConfig
    facts: Facts
    expected_since: float
    judgement: Judgement = field(
        default_factory=lambda: Judgement(Verdict.SUSPENDED, Reason.BROKER_GONE)
    )
    connection: ConnectionReport | None = None
    relay: RelayReport | None = None
    last_up: bool | None = None
    last_seen: float | None = None
    last_ping: float | None = None
    misses: int = 0
    details: DeviceDetails = NO_DETAILS
    telemetry: Telemetry = field(default_factory=Telemetry)
    incident: Incident | None = None
    cadence: Cadence = field(default_factory=Cadence)
    steadiness: Steadiness = field(default_factory=Steadiness)
    children: dict[str, Watched] = field(default_factory=dict)

    def learn(self, report: ConnectionReport) -> bool:
        """Take in what the thing tells of itself; tell whether somebody has to be told of it.

        A longer uptime is no news. One that the broker kept has gone by, and is not believed.
        """
        before = self.details
        details = report.details
        if details is None:
            return False
        if report.retained:
            details = replace(details, uptime=None)
        if not details.whole:
            details = details.over(before)
        self.details = details
        if (
            details.ip_address == before.ip_address
            and details.firmware == before.firmware
            and (details.uptime is None) is (before.uptime is None)
        ):
            return False
        self.telemetry.fresh = self.telemetry.urgent = True
        return True

    def doubt(self) -> None:
        """What it measured need not be true any more."""
        self.telemetry.doubt()
        if self.details.uptime is not None:
            self.details = replace(self.details, uptime=None)

    def snapshot(self) -> Snapshot:
        """What of it has to outlive a restart."""
        return Snapshot(
            self.facts.expectation,
            self.expected_since,
            self.facts.agreed,
            self.facts.accepted,
            self.last_up,
            self.last_seen,
            self.misses,
            self.incident,
            self.facts.failed,
        )

    def as_known(self) -> KnownThing:
        """What is known of the thing, for when nobody watches it."""
        return KnownThing(self.config.key, self.connection, self.last_seen, self.cadence)

    @property
    def is_gone(self) -> bool:
        """Tell whether nothing can be reached through it."""
        wrong = self.judgement.verdict is Verdict.MISMATCH
        return self.facts.up is False or (wrong and self.facts.expectation.wanted is Wanted.UP)

    @property
    def is_awaited(self) -> bool:
        """Tell whether it was not heard yet, and its silence does not count yet."""
        waiting = self.judgement.reason in (Reason.SETTLING, Reason.GRACE)
        return waiting and self.facts.up is None


class PingState(StrEnum):
    """How a thing keeps its promise to ping."""

    PINGING = "pinging"
    LATE = "late"
    MISSING = "missing"
    NOT_EXPECTED = "not_expected"


def ping_state(watch: Watched) -> PingState | None:
    """How the pings of a watch are; None when it promised none."""
    settings, judgement = watch.config.settings, watch.judgement
    if not settings.ping_interval:
        return None
    if judgement.misses >= settings.ping_misses:
        return PingState.MISSING
    if judgement.misses:
        return PingState.LATE
    if watch.facts.expectation.wanted is Wanted.UP and judgement.reason is Reason.AGREES:
        return PingState.PINGING
    return PingState.NOT_EXPECTED


def is_alive(watch: Watched) -> bool:
    """Tell whether what a thing measured can be what it measures now."""
    facts = watch.facts
    there = facts.broker and facts.judged_from is not None and not facts.parent_gone
    return there and facts.up is True
