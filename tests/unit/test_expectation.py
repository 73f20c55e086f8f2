"""What several sources want of one thing, brought together."""

import pytest

from custom_components.mqtt_sentinel.watch.expectation import (
    OBSERVED_ONLY,
    Expectation,
    SourceKind,
    Wanted,
    Wish,
    combine,
)

ALWAYS, ALARM, ENTITY = SourceKind.ALWAYS, SourceKind.ALARM, SourceKind.ENTITY
UP, DOWN, ANYTHING = Wanted.UP, Wanted.DOWN, Wanted.ANYTHING


def house(wanted: Wanted, *, connect: bool = True, disconnect: bool = True) -> Wish:
    return Wish(ALARM, "House", wanted, connect, disconnect)


def garage(wanted: Wanted, *, connect: bool = True, disconnect: bool = True) -> Wish:
    return Wish(ALARM, "Garage", wanted, connect, disconnect)


def live_view(wanted: Wanted, *, connect: bool = True, disconnect: bool = True) -> Wish:
    return Wish(ENTITY, "Live view", wanted, connect, disconnect)


@pytest.mark.parametrize("wishes", [[], [house(ANYTHING)], [house(ANYTHING), live_view(ANYTHING)]])
def test_a_thing_that_nobody_wants_anything_of_is_only_observed(wishes: list[Wish]) -> None:
    assert combine(wishes) == OBSERVED_ONLY


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        pytest.param([house(UP)], Expectation(UP, True, ALARM, "House"), id="one-wants-it-up"),
        pytest.param(
            [house(DOWN)], Expectation(DOWN, True, ALARM, "House"), id="one-wants-it-down"
        ),
        pytest.param(
            [house(DOWN), live_view(UP)],
            Expectation(UP, True, ENTITY, "Live view"),
            id="one-that-wants-it-up-is-enough",
        ),
        pytest.param(
            [house(UP), garage(UP)],
            Expectation(UP, True, ALARM, "House, Garage"),
            id="all-that-want-it-up-are-named",
        ),
        pytest.param(
            [live_view(UP, disconnect=False), house(UP)],
            Expectation(UP, True, ALARM, "House"),
            id="judged-for-the-one-that-minds-its-loss",
        ),
        pytest.param(
            [live_view(UP, disconnect=False), house(UP, disconnect=False)],
            Expectation(UP, False, ALARM, "House"),
            id="not-judged-when-nobody-minds-its-loss",
        ),
        pytest.param(
            [live_view(UP), house(UP, disconnect=False)],
            Expectation(UP, True, ENTITY, "Live view"),
            id="an-alarm-that-does-not-mind-is-not-named",
        ),
        pytest.param(
            [live_view(DOWN), garage(DOWN)],
            Expectation(DOWN, True, ALARM, "Garage"),
            id="alarms-matter-most-to-be-off-too",
        ),
        pytest.param(
            [live_view(UP), Wish(ENTITY, "Live view", UP), Wish(ENTITY, "Guests", UP)],
            Expectation(UP, True, ENTITY, "Live view, Guests"),
            id="each-name-once",
        ),
        pytest.param(
            [house(UP, connect=False)],
            Expectation(UP, True, ALARM, "House"),
            id="minding-a-connection-says-nothing-of-a-loss",
        ),
        pytest.param(
            [house(DOWN), garage(DOWN)],
            Expectation(DOWN, True, ALARM, "House, Garage"),
            id="all-want-it-down",
        ),
        pytest.param(
            [house(DOWN), garage(DOWN, connect=False)],
            Expectation(DOWN, False, ALARM, "House, Garage"),
            id="one-that-does-not-mind-lets-it-be-connected",
        ),
        pytest.param(
            [house(DOWN, disconnect=False), garage(ANYTHING, connect=False)],
            Expectation(DOWN, True, ALARM, "House"),
            id="who-wants-nothing-has-no-say",
        ),
        pytest.param(
            [Wish(ALWAYS, "", UP)], Expectation(UP, True, ALWAYS, ""), id="always-has-no-name"
        ),
        pytest.param(
            [Wish(ALWAYS, "", UP), house(UP), Wish(ENTITY, "House", UP)],
            Expectation(UP, True, ALARM, "House"),
            id="alarms-matter-most",
        ),
    ],
)
def test_wishes_are_brought_together(wishes: list[Wish], expected: Expectation) -> None:
    assert combine(wishes) == expected


def test_the_wishes_may_come_one_by_one() -> None:
    assert combine(iter([house(UP)])) == combine([house(UP)])
