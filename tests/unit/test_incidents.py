"""Incidents: what ends one, its timeline, and its way through storage."""

from dataclasses import replace
import json

import pytest

from custom_components.mqtt_sentinel.watch.expectation import OBSERVED_ONLY, Expectation, Wanted
from custom_components.mqtt_sentinel.watch.incidents import (
    TIMELINE_LENGTH,
    Incident,
    Moment,
    Severity,
    expectation_as_dict,
    expectation_from_dict,
    is_over,
)
from custom_components.mqtt_sentinel.watch.verdict import Judgement, Reason, Verdict

from .build import ARMED, DOWN, EPOCH, UP

INCIDENT = Incident(
    id="lamp-1",
    watch_id="lamp",
    reason=Reason.DISCONNECTED,
    severity=Severity.ERROR,
    expectation=ARMED,
    expected_since=EPOCH,
    up=False,
    heard_at=EPOCH + 1,
    opened_at=EPOCH + 2,
)


@pytest.mark.parametrize(
    ("verdict", "reason", "wanted", "over"),
    [
        (Verdict.OK, Reason.AGREES, Wanted.UP, True),
        (Verdict.OK, Reason.ACCEPTED, Wanted.UP, True),
        (Verdict.UNKNOWN, Reason.OBSERVED_ONLY, Wanted.ANYTHING, True),
        (Verdict.UNKNOWN, Reason.NOT_VERIFIED, Wanted.UP, True),
        # The same expectation, and it is not known yet what becomes of it:
        (Verdict.PENDING, Reason.SETTLING, Wanted.UP, False),
        (Verdict.UNKNOWN, Reason.GRACE, Wanted.UP, False),
        (Verdict.UNKNOWN, Reason.AWAITING_LIVE, Wanted.UP, False),
        # Another expectation than the one that was missed:
        (Verdict.PENDING, Reason.SETTLING, Wanted.DOWN, True),
        (Verdict.UNKNOWN, Reason.NOTHING_HEARD, Wanted.DOWN, True),
        # Nothing can be told while the broker is away:
        (Verdict.SUSPENDED, Reason.BROKER_GONE, Wanted.UP, False),
        (Verdict.SUSPENDED, Reason.SUBSCRIBING, Wanted.DOWN, False),
    ],
)
def test_what_ends_an_incident(
    verdict: Verdict, reason: Reason, wanted: Wanted, over: bool
) -> None:
    assert is_over(INCIDENT, Judgement(verdict, reason), wanted) is over


def test_the_timeline_grows_at_its_end() -> None:
    incident = INCIDENT.noted(EPOCH + 2, "disconnected").noted(EPOCH + 5, "muted")
    assert incident.timeline == (Moment(EPOCH + 2, "disconnected"), Moment(EPOCH + 5, "muted"))
    assert INCIDENT.timeline == ()


def test_the_timeline_is_bounded_and_keeps_the_newest() -> None:
    incident = INCIDENT
    for n in range(TIMELINE_LENGTH + 10):
        incident = incident.noted(float(n), "flip")
    assert len(incident.timeline) == TIMELINE_LENGTH
    assert incident.timeline[0].at == 10.0
    assert incident.timeline[-1].at == TIMELINE_LENGTH + 9


@pytest.mark.parametrize(
    "incident",
    [
        pytest.param(INCIDENT, id="plain"),
        pytest.param(
            replace(
                INCIDENT.noted(1.0, "disconnected").noted(2.5, "muted"),
                muted=True,
                closed_at=EPOCH + 9,
            ),
            id="with-a-history",
        ),
        pytest.param(
            replace(
                INCIDENT,
                reason=Reason.NEVER_HEARD,
                severity=Severity.WARNING,
                up=None,
                heard_at=None,
                expectation=UP,
            ),
            id="never-heard",
        ),
    ],
)
def test_an_incident_survives_storage(incident: Incident) -> None:
    assert Incident.from_dict(json.loads(json.dumps(incident.as_dict()))) == incident


@pytest.mark.parametrize("expectation", [UP, DOWN, ARMED, OBSERVED_ONLY])
def test_an_expectation_survives_storage(expectation: Expectation) -> None:
    stored = json.loads(json.dumps(expectation_as_dict(expectation)))
    assert expectation_from_dict(stored) == expectation


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": "because"},
        {"severity": "fatal"},
        {"opened_at": None},
        {"expected_since": "yesterday"},
        {"timeline": [[1.0]]},
        {"timeline": None},
        {"expectation": {}},
        {"expectation": None},
    ],
    ids=str,
)
def test_what_is_no_incident_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        Incident.from_dict({**INCIDENT.as_dict(), **wrong})


# These came later: what was stored before them is read too.
@pytest.mark.parametrize("field", sorted(INCIDENT.as_dict().keys() - {"storm", "told"}))
def test_an_incident_with_a_field_missing_is_refused(field: str) -> None:
    data = INCIDENT.as_dict()
    del data[field]
    with pytest.raises(KeyError):
        Incident.from_dict(data)


@pytest.mark.parametrize("wrong", [{"wanted": "sideways"}, {"kind": "whim"}], ids=str)
def test_what_is_no_expectation_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="is not a valid"):
        expectation_from_dict({**expectation_as_dict(UP), **wrong})
