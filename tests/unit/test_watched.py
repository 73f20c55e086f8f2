"""What of a watch outlives a restart."""

import json

from hypothesis import given, strategies as st
import pytest

from custom_components.mqtt_sentinel.watch.expectation import Expectation
from custom_components.mqtt_sentinel.watch.incidents import Incident, Severity
from custom_components.mqtt_sentinel.watch.sentinel import Sentinel
from custom_components.mqtt_sentinel.watch.verdict import MISMATCHES, Facts, Reason, Verdict
from custom_components.mqtt_sentinel.watch.watched import Snapshot, Watched

from .build import ARMED, EPOCH, UP, at, connection, watch_of

times = st.floats(0, 4e9)
expectations = st.builds(Expectation)
incidents = st.builds(Incident, reason=st.sampled_from(MISMATCHES), expectation=expectations)
snapshots = st.builds(
    Snapshot,
    expectation=expectations,
    expected_since=times,
    last_seen=times | st.none(),
    incident=st.none() | incidents,
)

FULL = Snapshot(
    expectation=ARMED,
    expected_since=EPOCH,
    agreed=True,
    accepted=True,
    last_up=False,
    last_seen=EPOCH + 1,
    incident=Incident(
        id="lamp-1",
        watch_id="lamp",
        reason=Reason.DISCONNECTED,
        severity=Severity.ERROR,
        expectation=ARMED,
        expected_since=EPOCH,
        up=False,
        heard_at=EPOCH + 1,
        opened_at=EPOCH + 2,
    ),
)


def through_storage(snapshot: Snapshot) -> Snapshot:
    return Snapshot.from_dict(json.loads(json.dumps(snapshot.as_dict())))


@pytest.mark.parametrize("snapshot", [Snapshot(), FULL], ids=["empty", "full"])
def test_a_snapshot_survives_storage(snapshot: Snapshot) -> None:
    assert through_storage(snapshot) == snapshot


@given(snapshots)
def test_any_snapshot_survives_storage(snapshot: Snapshot) -> None:
    # NaN is no time that anything can have happened at, but must not be lost either.
    assert repr(through_storage(snapshot)) == repr(snapshot)


# These came later: what was stored before them is read too.
@pytest.mark.parametrize("field", sorted(FULL.as_dict().keys() - {"misses", "failed"}))
def test_a_snapshot_with_a_field_missing_is_refused(field: str) -> None:
    data = FULL.as_dict()
    del data[field]
    with pytest.raises(KeyError):
        Snapshot.from_dict(data)


@pytest.mark.parametrize(
    "wrong",
    [
        {"expectation": None},
        {"expectation": {"wanted": "sideways"}},
        {"expected_since": "long ago"},
        {"incident": [1]},
    ],
    ids=str,
)
def test_what_is_no_snapshot_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        Snapshot.from_dict({**FULL.as_dict(), **wrong})


def test_a_watch_begins_without_a_verdict() -> None:
    watch = Watched(watch_of(), Facts(), EPOCH)
    assert watch.judgement.verdict is Verdict.SUSPENDED
    assert watch.snapshot() == Snapshot(expected_since=EPOCH)


def test_what_was_heard_is_not_believed_after_a_restart_but_remembered() -> None:
    before = Sentinel()
    before.add(watch_of(), at(0))
    before.broker_back(at(0))
    before.subscribed(at(0))
    before.expect("lamp", UP, at(0))
    before.hear(connection(True, 5))
    after = Sentinel()
    after.add(watch_of(), at(100), through_storage(before.watches["lamp"].snapshot()))
    watch = after.watches["lamp"]
    assert watch.facts.up is None
    assert (watch.last_up, watch.last_seen) == (True, EPOCH + 5)
    assert (watch.facts.expectation, watch.expected_since) == (UP, EPOCH)
