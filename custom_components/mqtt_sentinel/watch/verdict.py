"""The judgement of one watch: a pure function of facts and time."""

from dataclasses import dataclass, field
from enum import StrEnum
from math import inf
from typing import TYPE_CHECKING

from .expectation import OBSERVED_ONLY, Expectation, SourceKind, Wanted

if TYPE_CHECKING:
    from .settings import CheckSettings


class Verdict(StrEnum):
    """What the checks say of a watch."""

    UNKNOWN = "unknown"
    PENDING = "pending"
    OK = "ok"
    MISMATCH = "mismatch"
    SUSPENDED = "suspended"


class Proof(StrEnum):
    """How good the evidence for being connected is."""

    LIVE = "live"
    RETAINED = "retained"
    NONE = "none"


class Reason(StrEnum):
    """Why the verdict is what it is."""

    AGREES = "agrees"
    ACCEPTED = "accepted"
    OBSERVED_ONLY = "observed_only"
    NOT_VERIFIED = "not_verified"
    NOTHING_HEARD = "nothing_heard"
    GRACE = "grace"
    SETTLING = "settling"
    AWAITING_LIVE = "awaiting_live"
    AWAITING_PING = "awaiting_ping"
    BROKER_GONE = "broker_gone"
    SUBSCRIBING = "subscribing"
    PARENT_GONE = "parent_gone"
    # The mismatches:
    NEVER_HEARD = "never_heard"
    NO_LIVE_PROOF = "no_live_proof"
    DISCONNECTED = "disconnected"
    DID_NOT_TURN_ON = "did_not_turn_on"
    CONNECTED = "connected"
    DID_NOT_TURN_OFF = "did_not_turn_off"
    PING_MISSED = "ping_missed"
    FLAPPING = "flapping"
    ERROR_REPORTED = "error_reported"
    NOT_CONFIRMED = "not_confirmed"
    NOT_SENT = "not_sent"


MISMATCHES = (
    Reason.NEVER_HEARD,
    Reason.NO_LIVE_PROOF,
    Reason.DISCONNECTED,
    Reason.DID_NOT_TURN_ON,
    Reason.CONNECTED,
    Reason.DID_NOT_TURN_OFF,
    Reason.PING_MISSED,
    Reason.FLAPPING,
    Reason.ERROR_REPORTED,
    Reason.NOT_CONFIRMED,
    Reason.NOT_SENT,
)
# What can go wrong with a command.
FAILURES = (Reason.ERROR_REPORTED, Reason.NOT_CONFIRMED, Reason.NOT_SENT)

# With these, nothing is wrong any more and nothing is being judged: an open incident closes.
NOT_JUDGED = (Reason.OBSERVED_ONLY, Reason.NOT_VERIFIED)


@dataclass(slots=True)
class Facts:
    """All that a judgement depends on; times on the monotonic clock, in seconds.

    ``up`` is the last connection report since the subscriptions were acknowledged, None before
    one. ``settles_at`` ends the time that the thing has to follow a changed expectation,
    ``judged_from`` the grace after start-up or reconnect (None: not subscribed yet). ``agreed``
    remembers that the thing followed this expectation once, which tells a thing that left from
    one that never came. ``accepted`` is a user's word that the reported state is fine. ``asked``: a
    command is under way; ``failed`` is what went wrong with the last, one of :data:`FAILURES`.

    ``parent_gone``: what the thing is reached through is not there; ``parent_awaited``: that was not
    heard yet, and has time to be. ``pinged_at`` is the last live ping, ``ping_from`` the moment from
    which the next ones are waited for; with ``ping_owed`` pings were missed, and only a ping can
    take that back.
    """

    broker: bool = False
    judged_from: float | None = None
    expectation: Expectation = OBSERVED_ONLY
    settles_at: float = 0.0
    up: bool | None = None
    live: bool = False
    agreed: bool = False
    accepted: bool = False
    asked: bool = False
    failed: Reason | None = None
    parent_gone: bool = False
    parent_awaited: bool = False
    ping_from: float = 0.0
    pinged_at: float = -inf
    ping_owed: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, why, on what proof, and how many pings in a row are missing.

    ``until`` is when time alone may change it, in monotonic seconds; it says nothing of the thing.
    """

    verdict: Verdict
    reason: Reason
    proof: Proof = Proof.NONE
    until: float | None = field(default=None, compare=False)
    misses: int = 0


def judge(facts: Facts, settings: CheckSettings, now: float) -> Judgement:
    """Compare what should be true with what was heard. ``now`` is in monotonic seconds."""
    proof = proof_of(facts)
    if not facts.broker:
        return Judgement(Verdict.SUSPENDED, Reason.BROKER_GONE)
    if facts.judged_from is None:
        return Judgement(Verdict.SUSPENDED, Reason.SUBSCRIBING)
    wanted = facts.expectation.wanted
    if wanted is Wanted.ANYTHING:
        return Judgement(Verdict.UNKNOWN, Reason.OBSERVED_ONLY, proof)
    if facts.parent_gone:
        return Judgement(Verdict.SUSPENDED, Reason.PARENT_GONE)
    if facts.up is (wanted is Wanted.UP):
        return _judge_agreement(facts, settings, proof, now)
    if facts.failed and not facts.accepted and _says_enough(facts):
        return Judgement(Verdict.MISMATCH, facts.failed, proof)
    if not facts.expectation.verify:
        if facts.asked:
            return Judgement(Verdict.PENDING, Reason.SETTLING, proof)
        return Judgement(Verdict.UNKNOWN, Reason.NOT_VERIFIED, proof)
    if facts.accepted:
        return Judgement(Verdict.OK, Reason.ACCEPTED, proof)
    if facts.up is None and (wanted is Wanted.DOWN or _was_told_and_did(facts)):
        return Judgement(Verdict.UNKNOWN, Reason.NOTHING_HEARD, proof)
    if wanted is Wanted.DOWN and settings.require_live and not facts.live:
        return Judgement(Verdict.UNKNOWN, Reason.AWAITING_LIVE, proof)
    if waiting := _waiting(facts, proof, now):
        return waiting
    if facts.up is None and facts.parent_awaited:
        # The silence may be that of the parent, which is then the one cause.
        return Judgement(Verdict.UNKNOWN, Reason.NOTHING_HEARD, proof)
    return Judgement(Verdict.MISMATCH, _mismatch(facts), proof)


def _says_enough(facts: Facts) -> bool:
    """Tell whether a failed command is all that there is to know: else the report says more."""
    answered = facts.up is not None and facts.expectation.verify
    return facts.failed is not Reason.NOT_CONFIRMED or not answered


def _was_told_and_did(facts: Facts) -> bool:
    """Tell whether a relay did what it was told: it need not say so again after a restart."""
    return facts.agreed and facts.expectation.kind is SourceKind.COMMAND


def proof_of(facts: Facts) -> Proof:
    """How far a thing that is said to be connected can be believed."""
    if not facts.up:
        return Proof.NONE
    return Proof.LIVE if facts.live else Proof.RETAINED


def _judge_agreement(facts: Facts, settings: CheckSettings, proof: Proof, now: float) -> Judgement:
    if proof is not Proof.RETAINED or not settings.require_live:
        if facts.up and settings.ping_interval and facts.expectation.verify:
            return _judge_pings(facts, settings, settings.ping_interval, proof, now)
        return Judgement(Verdict.OK, Reason.AGREES, proof)
    if not facts.expectation.verify:
        return Judgement(Verdict.UNKNOWN, Reason.NOT_VERIFIED, proof)
    if facts.accepted:
        return Judgement(Verdict.OK, Reason.ACCEPTED, proof)
    until = _judgement_begins(facts)
    if now < until:
        return Judgement(Verdict.UNKNOWN, Reason.AWAITING_LIVE, proof, until)
    return Judgement(Verdict.MISMATCH, Reason.NO_LIVE_PROOF, proof)


def _judge_pings(
    facts: Facts, settings: CheckSettings, interval: float, proof: Proof, now: float
) -> Judgement:
    """Judge a thing that is connected, as it should be, and promises a ping every ``interval``."""
    base = max(facts.ping_from, facts.pinged_at)
    misses = count_misses(base, interval, now)
    verdict, reason = Verdict.OK, Reason.AGREES
    until = base + (misses + 1) * interval
    if misses >= settings.ping_misses:
        verdict, reason = Verdict.MISMATCH, Reason.PING_MISSED
        if facts.accepted:
            verdict, reason = Verdict.OK, Reason.ACCEPTED
        elif waiting := _waiting(facts, proof, now):
            verdict, reason = waiting.verdict, waiting.reason
            until = min(until, waiting.until or until)
    elif facts.ping_owed and facts.pinged_at < facts.ping_from:
        verdict, reason = Verdict.UNKNOWN, Reason.AWAITING_PING
    return Judgement(verdict, reason, proof, until, misses)


def count_misses(base: float, interval: float, now: float) -> int:
    """How many whole intervals went by since ``base``, exact where a division would be rounded."""
    misses = max(int((now - base) / interval), 0)
    while base + (misses + 1) * interval <= now:
        misses += 1
    while misses and base + misses * interval > now:
        misses -= 1
    return misses


def _waiting(facts: Facts, proof: Proof, now: float) -> Judgement | None:
    if now < facts.settles_at:
        return Judgement(Verdict.PENDING, Reason.SETTLING, proof, facts.settles_at)
    until = _judgement_begins(facts)
    if now < until:
        return Judgement(Verdict.UNKNOWN, Reason.GRACE, proof, until)
    return None


def _judgement_begins(facts: Facts) -> float:
    assert facts.judged_from is not None
    return max(facts.judged_from, facts.settles_at)


def _mismatch(facts: Facts) -> Reason:
    if facts.up is None:
        return Reason.NEVER_HEARD
    if facts.up:
        return Reason.CONNECTED if facts.agreed else Reason.DID_NOT_TURN_OFF
    return Reason.DISCONNECTED if facts.agreed else Reason.DID_NOT_TURN_ON
