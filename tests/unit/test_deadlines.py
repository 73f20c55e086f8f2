"""Many deadlines on one timer, against the simplest thing that does the same."""

from hypothesis import given, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from custom_components.mqtt_sentinel.watch.deadlines import Deadlines

owners = st.sampled_from("abcd")
times = st.integers(0, 20).map(float)


class DeadlinesMachine(RuleBasedStateMachine):
    """The deadlines, and a dictionary that is searched each time."""

    def __init__(self) -> None:
        super().__init__()
        self.deadlines = Deadlines()
        self.model: dict[str, float] = {}

    @rule(owner=owners, when=times)
    def set(self, owner: str, when: float) -> None:
        self.deadlines.set(owner, when)
        self.model[owner] = when

    @rule(owner=owners)
    def drop(self, owner: str) -> None:
        self.deadlines.set(owner, None)
        self.model.pop(owner, None)

    @rule()
    def next(self) -> None:
        assert self.deadlines.next() == min(self.model.values(), default=None)

    @rule(now=times)
    def pop_due(self, now: float) -> None:
        due = self.deadlines.pop_due(now)
        whens = [self.model.pop(owner) for owner in due]
        assert whens == sorted(whens)
        assert all(when <= now for when in whens)
        assert all(when > now for when in self.model.values())


TestDeadlinesMachine = DeadlinesMachine.TestCase


@given(
    st.lists(st.tuples(owners, times | st.none()), max_size=60),
    st.lists(times, min_size=1, max_size=5),
)
def test_each_owner_is_due_once_at_its_last_deadline(
    sets: list[tuple[str, float | None]], looks: list[float]
) -> None:
    deadlines, last = Deadlines(), dict(sets)
    for owner, when in sets:
        deadlines.set(owner, when)
    due = [owner for now in sorted(looks) for owner in deadlines.pop_due(now)]
    expected = [owner for owner, when in last.items() if when is not None and when <= max(looks)]
    assert sorted(due) == sorted(expected)


def test_nothing_is_due_without_deadlines() -> None:
    deadlines = Deadlines()
    assert deadlines.next() is None
    assert deadlines.pop_due(1e9) == []


def test_the_soonest_comes_first() -> None:
    deadlines = Deadlines()
    for owner, when in (("late", 3.0), ("soon", 1.0), ("later", 4.0), ("next", 2.0)):
        deadlines.set(owner, when)
    assert deadlines.next() == 1.0
    assert deadlines.pop_due(3.0) == ["soon", "next", "late"]
    assert deadlines.next() == 4.0


def test_postponing_a_deadline_costs_no_place_in_the_heap() -> None:
    deadlines = Deadlines()
    for when in range(10_000):
        deadlines.set("chatty", float(when))
    assert len(deadlines._heap) == 1
    assert deadlines.next() == 9999.0


def test_owners_that_never_come_again_leave_no_place_in_the_heap() -> None:
    deadlines = Deadlines()
    deadlines.set("stays", 1e6)
    for number in range(10_000):
        deadlines.set(f"once {number}", 1e6 + number)
        deadlines.set(f"once {number}", None)
        assert len(deadlines._heap) <= 100
    assert deadlines.pop_due(2e6) == ["stays"]
    assert deadlines.next() is None


def test_an_earlier_deadline_replaces_a_later_one() -> None:
    deadlines = Deadlines()
    deadlines.set("a", 10.0)
    deadlines.set("a", 5.0)
    assert deadlines.pop_due(5.0) == ["a"]
    assert deadlines.next() is None
    assert deadlines.pop_due(10.0) == []


def test_a_dropped_deadline_can_be_set_again() -> None:
    deadlines = Deadlines()
    deadlines.set("a", 10.0)
    deadlines.set("a", None)
    deadlines.set("a", 20.0)
    assert deadlines.pop_due(10.0) == []
    assert deadlines.next() == 20.0
