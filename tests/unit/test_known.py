"""Things that talk and that nobody watches."""

import pytest

from custom_components.mqtt_sentinel.watch import known as module
from custom_components.mqtt_sentinel.watch.cadence import Cadence
from custom_components.mqtt_sentinel.watch.known import KnownThing, KnownThings
from custom_components.mqtt_sentinel.watch.reports import ThingKey

from .build import DOOR, EPOCH, LAMP, connection, feedback, ping


def only(things: KnownThings) -> KnownThing:
    [thing] = things
    return thing


def test_nothing_is_known_at_first() -> None:
    things = KnownThings()
    assert list(things) == []
    assert len(things) == 0
    assert LAMP not in things


def test_a_thing_that_talks_is_known() -> None:
    things = KnownThings()
    things.hear(ping(3))
    assert LAMP in things
    assert DOOR not in things
    assert only(things) == KnownThing(LAMP, None, EPOCH + 3, Cadence(3, pings=True))


def test_the_last_connection_report_is_kept() -> None:
    things = KnownThings()
    things.hear(connection(True, 1))
    last = connection(False, 2)
    things.hear(last)
    things.hear(ping(3))
    things.hear(feedback(True, 4))
    assert only(things) == KnownThing(LAMP, last, EPOCH + 4, Cadence(3, pings=True))


def test_a_retained_message_makes_known_but_is_no_sign_of_life() -> None:
    things = KnownThings()
    kept = connection(True, 1, retained=True)
    things.hear(kept)
    assert only(things) == KnownThing(LAMP, kept, None)
    things.hear(ping(2))
    things.hear(ping(3, retained=True))
    assert only(things).last_seen == EPOCH + 2


def test_a_thing_that_is_watched_from_now_on_is_handed_over_once() -> None:
    things = KnownThings()
    things.hear(ping(1))
    turns = things.turns
    assert things.take(LAMP) == KnownThing(LAMP, None, EPOCH + 1, Cadence(1, pings=True))
    assert things.turns == turns + 1
    assert things.take(LAMP) is None
    assert things.get(LAMP) is None
    assert things.turns == turns + 1
    assert LAMP not in things


def test_a_goodbye_is_no_sign_of_life() -> None:
    things = KnownThings()
    last_will = connection(False, 1)
    things.hear(last_will)
    assert only(things) == KnownThing(LAMP, last_will, None)


def test_a_thing_that_is_watched_no_more_is_known_again() -> None:
    things = KnownThings()
    thing = KnownThing(LAMP, connection(True, 1), EPOCH + 2)
    things.put_back(thing)
    assert list(things) == [thing]


def test_when_the_broker_goes_the_things_are_known_but_not_their_state() -> None:
    things = KnownThings()
    things.hear(connection(True, 1))
    things.hear(connection(True, 2, key=DOOR))
    things.doubt()
    assert [(thing.key, thing.connection, thing.last_seen) for thing in things] == [
        (LAMP, None, EPOCH + 1),
        (DOOR, None, EPOCH + 2),
    ]


def test_the_one_that_was_silent_for_longest_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_KNOWN", 3)
    things = KnownThings()
    keys = [ThingKey("services", "", str(n)) for n in range(6)]
    for n, key in enumerate(keys):
        things.hear(ping(n, key=key))
        things.hear(ping(n + 0.5, key=keys[0]))  # goes on talking, and so stays
    assert [thing.key for thing in things] == [keys[4], keys[5], keys[0]]
    assert len(things) == 3
    things.put_back(KnownThing(keys[1]))
    assert [thing.key for thing in things] == [keys[5], keys[0], keys[1]]


def test_many_made_up_names_cost_bounded_memory() -> None:
    things = KnownThings()
    things.hear(connection(True, 0, key=DOOR))
    for n in range(module.MOST_KNOWN + 5_000):
        things.hear(ping(n, key=ThingKey("services", "", f"made up/{n}")))
        if n % 1000 == 0:
            things.hear(ping(n, key=DOOR))
    assert len(things) == module.MOST_KNOWN
    assert DOOR in things


def test_the_turns_tell_that_a_thing_came_or_went() -> None:
    things = KnownThings()
    things.hear(ping(1))
    turns = things.turns
    things.hear(ping(2))
    things.doubt()
    assert things.turns == turns
    things.hear(ping(3, key=DOOR))
    assert things.turns > turns


def test_its_rhythm_is_learned_from_live_messages() -> None:
    things = KnownThings()
    for at in (0, 2, 4):
        things.hear(ping(at))
    things.hear(ping(5, retained=True))
    things.hear(ping(6))
    assert only(things).cadence.proposal() == 3
