"""The verdict of one watch: a table of what was wanted, what was heard, and when it is."""

from dataclasses import dataclass, replace

from hypothesis import given, strategies as st
import pytest

from custom_components.mqtt_sentinel.watch.expectation import Expectation, SourceKind, Wanted
from custom_components.mqtt_sentinel.watch.settings import CheckSettings
from custom_components.mqtt_sentinel.watch.verdict import (
    FAILURES,
    MISMATCHES,
    NOT_JUDGED,
    Facts,
    Judgement,
    Proof,
    Reason,
    Verdict,
    judge,
    proof_of,
)

# In all cases below: the subscriptions are acknowledged at 0, the grace ends at 60, the expectation
# changed at 100, the settle time ends at 115.
GRACE_OVER, SETTLED = 60.0, 115.0
SETTLING, AFTER = 110.0, 120.0

UP, DOWN, ANYTHING = Wanted.UP, Wanted.DOWN, Wanted.ANYTHING
LENIENT, STRICT = CheckSettings(), CheckSettings(require_live=True)


@dataclass(frozen=True)
class Heard:
    """What was heard: nothing, a live message, or a retained one."""

    up: bool | None = None
    live: bool = False


NOTHING = Heard()
LIVE_UP, LIVE_DOWN = Heard(up=True, live=True), Heard(up=False, live=True)
KEPT_UP, KEPT_DOWN = Heard(up=True), Heard(up=False)


def facts_of(wanted: Wanted, heard: Heard, *, verify: bool = True) -> Facts:
    return Facts(
        broker=True,
        judged_from=GRACE_OVER,
        expectation=Expectation(wanted, verify, SourceKind.ALWAYS),
        settles_at=SETTLED,
        up=heard.up,
        live=heard.live,
    )


TABLE = [
    # wanted, heard, settings, now -> verdict, reason, until
    (UP, LIVE_UP, LENIENT, SETTLING, Verdict.OK, Reason.AGREES, None),
    (UP, LIVE_UP, STRICT, SETTLING, Verdict.OK, Reason.AGREES, None),
    (UP, KEPT_UP, LENIENT, SETTLING, Verdict.OK, Reason.AGREES, None),
    (UP, KEPT_UP, STRICT, SETTLING, Verdict.UNKNOWN, Reason.AWAITING_LIVE, SETTLED),
    (UP, KEPT_UP, STRICT, AFTER, Verdict.MISMATCH, Reason.NO_LIVE_PROOF, None),
    (UP, LIVE_DOWN, LENIENT, SETTLING, Verdict.PENDING, Reason.SETTLING, SETTLED),
    (UP, LIVE_DOWN, LENIENT, AFTER, Verdict.MISMATCH, Reason.DID_NOT_TURN_ON, None),
    (UP, KEPT_DOWN, LENIENT, SETTLING, Verdict.PENDING, Reason.SETTLING, SETTLED),
    (UP, KEPT_DOWN, LENIENT, AFTER, Verdict.MISMATCH, Reason.DID_NOT_TURN_ON, None),
    (UP, KEPT_DOWN, STRICT, AFTER, Verdict.MISMATCH, Reason.DID_NOT_TURN_ON, None),
    (UP, NOTHING, LENIENT, SETTLING, Verdict.PENDING, Reason.SETTLING, SETTLED),
    (UP, NOTHING, LENIENT, AFTER, Verdict.MISMATCH, Reason.NEVER_HEARD, None),
    (DOWN, LIVE_DOWN, LENIENT, SETTLING, Verdict.OK, Reason.AGREES, None),
    (DOWN, KEPT_DOWN, LENIENT, SETTLING, Verdict.OK, Reason.AGREES, None),
    (DOWN, KEPT_DOWN, STRICT, SETTLING, Verdict.OK, Reason.AGREES, None),
    (DOWN, LIVE_UP, LENIENT, SETTLING, Verdict.PENDING, Reason.SETTLING, SETTLED),
    (DOWN, LIVE_UP, LENIENT, AFTER, Verdict.MISMATCH, Reason.DID_NOT_TURN_OFF, None),
    (DOWN, LIVE_UP, STRICT, AFTER, Verdict.MISMATCH, Reason.DID_NOT_TURN_OFF, None),
    (DOWN, KEPT_UP, LENIENT, AFTER, Verdict.MISMATCH, Reason.DID_NOT_TURN_OFF, None),
    (DOWN, KEPT_UP, STRICT, AFTER, Verdict.UNKNOWN, Reason.AWAITING_LIVE, None),
    (DOWN, NOTHING, LENIENT, SETTLING, Verdict.UNKNOWN, Reason.NOTHING_HEARD, None),
    (DOWN, NOTHING, LENIENT, AFTER, Verdict.UNKNOWN, Reason.NOTHING_HEARD, None),
    (ANYTHING, NOTHING, LENIENT, AFTER, Verdict.UNKNOWN, Reason.OBSERVED_ONLY, None),
    (ANYTHING, LIVE_UP, LENIENT, AFTER, Verdict.UNKNOWN, Reason.OBSERVED_ONLY, None),
    (ANYTHING, KEPT_DOWN, STRICT, AFTER, Verdict.UNKNOWN, Reason.OBSERVED_ONLY, None),
]


@pytest.mark.parametrize(
    ("wanted", "heard", "settings", "now", "verdict", "reason", "until"), TABLE
)
def test_verdict_of_what_was_wanted_and_what_was_heard(
    wanted: Wanted,
    heard: Heard,
    settings: CheckSettings,
    now: float,
    verdict: Verdict,
    reason: Reason,
    until: float | None,
) -> None:
    judgement = judge(facts_of(wanted, heard), settings, now)
    assert (judgement.verdict, judgement.reason) == (verdict, reason)
    assert judgement.until == until


@pytest.mark.parametrize(
    ("heard", "proof"),
    [
        (LIVE_UP, Proof.LIVE),
        (KEPT_UP, Proof.RETAINED),
        (LIVE_DOWN, Proof.NONE),
        (KEPT_DOWN, Proof.NONE),
        (NOTHING, Proof.NONE),
    ],
)
def test_proof_of_being_connected(heard: Heard, proof: Proof) -> None:
    facts = facts_of(UP, heard)
    assert proof_of(facts) is proof
    assert judge(facts, LENIENT, AFTER).proof is proof
    assert judge(replace(facts, expectation=Expectation(ANYTHING)), LENIENT, AFTER).proof is proof


@pytest.mark.parametrize(
    ("wanted", "heard", "reason"),
    [
        (UP, LIVE_DOWN, Reason.DISCONNECTED),
        (UP, NOTHING, Reason.NEVER_HEARD),
        (DOWN, LIVE_UP, Reason.CONNECTED),
    ],
)
def test_a_thing_that_followed_once_left_by_itself(
    wanted: Wanted, heard: Heard, reason: Reason
) -> None:
    facts = replace(facts_of(wanted, heard), agreed=True)
    assert judge(facts, LENIENT, AFTER).reason is reason


def test_nothing_is_judged_while_the_broker_is_gone() -> None:
    facts = replace(facts_of(UP, LIVE_DOWN), broker=False)
    expected = Judgement(Verdict.SUSPENDED, Reason.BROKER_GONE)
    assert judge(facts, LENIENT, AFTER) == expected
    assert judge(replace(facts, judged_from=None), LENIENT, AFTER) == expected


def test_nothing_is_judged_before_the_subscriptions_are_acknowledged() -> None:
    facts = replace(facts_of(UP, LIVE_DOWN), judged_from=None)
    assert judge(facts, LENIENT, AFTER) == Judgement(Verdict.SUSPENDED, Reason.SUBSCRIBING)


@pytest.mark.parametrize(
    ("heard", "settings", "reason"),
    [
        (NOTHING, LENIENT, Reason.GRACE),
        (LIVE_DOWN, LENIENT, Reason.GRACE),
        (KEPT_UP, STRICT, Reason.AWAITING_LIVE),
    ],
)
def test_nothing_is_held_against_a_thing_during_the_grace(
    heard: Heard, settings: CheckSettings, reason: Reason
) -> None:
    facts = replace(facts_of(UP, heard), settles_at=10.0)
    judgement = judge(facts, settings, 20.0)
    assert (judgement.verdict, judgement.reason) == (Verdict.UNKNOWN, reason)
    assert judgement.until == GRACE_OVER
    assert judge(facts, settings, GRACE_OVER).verdict is Verdict.MISMATCH


def test_settling_goes_on_after_the_grace() -> None:
    facts = facts_of(UP, LIVE_DOWN)
    assert judge(facts, LENIENT, GRACE_OVER).reason is Reason.SETTLING
    assert judge(facts, LENIENT, SETTLED).verdict is Verdict.MISMATCH


@pytest.mark.parametrize(
    ("wanted", "heard", "settings"),
    [
        (UP, LIVE_DOWN, LENIENT),
        (UP, NOTHING, LENIENT),
        (DOWN, LIVE_UP, LENIENT),
        (UP, KEPT_UP, STRICT),
    ],
)
@pytest.mark.parametrize("now", [SETTLING, AFTER])
def test_a_direction_that_is_not_verified_is_not_judged(
    wanted: Wanted, heard: Heard, settings: CheckSettings, now: float
) -> None:
    judgement = judge(facts_of(wanted, heard, verify=False), settings, now)
    assert (judgement.verdict, judgement.reason) == (Verdict.UNKNOWN, Reason.NOT_VERIFIED)
    assert judgement.until is None


def test_agreement_is_seen_in_a_direction_that_is_not_verified() -> None:
    assert judge(facts_of(UP, LIVE_UP, verify=False), LENIENT, AFTER).verdict is Verdict.OK
    assert judge(facts_of(DOWN, LIVE_DOWN, verify=False), LENIENT, AFTER).verdict is Verdict.OK


@pytest.mark.parametrize(
    ("wanted", "heard", "settings"),
    [
        (UP, LIVE_DOWN, LENIENT),
        (UP, NOTHING, LENIENT),
        (DOWN, LIVE_UP, LENIENT),
        (UP, KEPT_UP, STRICT),
    ],
)
def test_what_a_user_accepted_is_ok(wanted: Wanted, heard: Heard, settings: CheckSettings) -> None:
    facts = replace(facts_of(wanted, heard), accepted=True)
    judgement = judge(facts, settings, AFTER)
    assert (judgement.verdict, judgement.reason) == (Verdict.OK, Reason.ACCEPTED)


def test_every_mismatch_has_a_reason_of_its_own_kind() -> None:
    reasons = {row[5] for row in TABLE if row[4] is Verdict.MISMATCH}
    of_other_tests = {
        Reason.CONNECTED,
        Reason.DISCONNECTED,
        Reason.PING_MISSED,
        Reason.FLAPPING,
        *FAILURES,
    }
    assert reasons | of_other_tests == set(MISMATCHES)
    assert not set(MISMATCHES) & set(NOT_JUDGED)


times = st.integers(0, 800).map(lambda quarters: quarters / 4)
all_facts = st.builds(
    Facts,
    broker=st.sampled_from([True, True, True, False]),
    judged_from=times | st.none(),
    expectation=st.builds(Expectation, wanted=st.sampled_from(Wanted), verify=st.booleans()),
    settles_at=times,
    up=st.none() | st.booleans(),
    live=st.booleans(),
    agreed=st.booleans(),
    accepted=st.sampled_from([False, False, True]),
)
all_settings = st.sampled_from([LENIENT, STRICT])


@given(facts=all_facts, settings=all_settings, now=times)
def test_only_time_up_to_the_deadline_leaves_a_judgement_as_it_is(
    facts: Facts, settings: CheckSettings, now: float
) -> None:
    judgement = judge(facts, settings, now)
    if judgement.until is None:
        assert judge(facts, settings, now + 10_000) == judgement
        return
    assert judgement.until > now
    assert judge(facts, settings, judgement.until - 0.25) == judgement
    assert judge(facts, settings, judgement.until) != judgement


@given(facts=all_facts, settings=all_settings, now=times)
def test_a_mismatch_is_never_said_too_early(
    facts: Facts, settings: CheckSettings, now: float
) -> None:
    if judge(facts, settings, now).verdict is Verdict.MISMATCH:
        assert facts.broker
        assert facts.judged_from is not None
        assert now >= max(facts.judged_from, facts.settles_at)
        assert facts.expectation.verify
        assert not facts.accepted


@given(facts=all_facts, settings=all_settings, now=times)
def test_a_mismatch_and_its_reason_go_together(
    facts: Facts, settings: CheckSettings, now: float
) -> None:
    judgement = judge(facts, settings, now)
    assert (judgement.verdict is Verdict.MISMATCH) is (judgement.reason in MISMATCHES)
    assert judgement.verdict is Verdict.UNKNOWN or judgement.reason not in NOT_JUDGED
