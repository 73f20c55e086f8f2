"""Which passwords are tried where."""

from hypothesis import given, strategies as st

from custom_components.mqtt_sentinel.network.facts import Credentials
from custom_components.mqtt_sentinel.network.found import kind_of
from custom_components.mqtt_sentinel.network.keyring import Experience, KeyRing
from custom_components.mqtt_sentinel.network.paths import KNOWN_PATHS, paths_for
from custom_components.mqtt_sentinel.network.probe import Candidate

GIVEN = [Credentials("user", str(number)) for number in range(5)]


@given(st.permutations(range(5)), st.integers(0, 6), st.lists(st.booleans(), max_size=20))
def test_none_twice_and_few(order: list[int], most: int, refusals: list[bool]) -> None:
    ring, refused = KeyRing(GIVEN, order, most), list[Credentials]()
    for is_refused in refusals:
        offered = ring.offer()
        assert offered not in refused
        if offered and is_refused:
            ring.refused()
            refused.append(offered)
    assert ring.tries == len(refused) <= most
    assert refused == [GIVEN[place] for place in order[: len(refused)]]


def test_nothing_to_offer() -> None:
    ring = KeyRing([], [], 3)
    ring.refused()
    assert (ring.offer(), ring.place, ring.tries) == (None, None, 0)


def test_what_was_right_for_its_like_comes_first() -> None:
    experience = Experience(GIVEN, 3)
    for _ in range(3):
        experience.worked("axis", 2)
    experience.worked("hikvision", 4)
    experience.worked("", 3)
    assert [experience.ring(kind).place for kind in ("axis", "hikvision", "unknown", "")] == [
        2,
        4,
        2,
        2,
    ]
    assert Experience(GIVEN, 3).ring("axis").place == 0


def test_cameras_are_alike_by_the_first_word() -> None:
    assert kind_of(Candidate("a", name="Garage", hardware="AXIS P3245")) == "axis"
    assert kind_of(Candidate("a", name="Reolink Door")) == "reolink"
    assert kind_of(Candidate("a")) == ""


def test_the_likeliest_path_comes_first() -> None:
    assert paths_for("AXIS P3245", "")[0] == "/axis-media/media.amp"
    assert paths_for("", "Tapo C200")[0] == "/stream1"
    assert paths_for("")[0] == "/"
    every = {known.path for known in KNOWN_PATHS} | {"/"}
    for said in ("", "axis", "tapo"):
        assert set(paths_for(said)) == every
        assert len(paths_for(said)) == len(every)
