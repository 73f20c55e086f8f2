"""Where a step has its place in a scene."""

import pytest

from custom_components.mqtt_sentinel.command.scene_order import checked, place_of, put
from custom_components.mqtt_sentinel.command.scene_steps import (
    MOST_STEPS,
    ActionStep,
    SceneError,
    SceneFlaw,
    Step,
    TopicTrigger,
    WaitStep,
)


def go(at: float) -> Step:
    return ActionStep(at, "script.go", {}, {})


def wait(at: float) -> Step:
    return WaitStep(at, TopicTrigger("a"), 10.0)


STEPS = (go(1), go(5), wait(6), go(0), go(5), wait(5), go(2))


@pytest.mark.parametrize(
    ("at", "near", "place"),
    [
        (0, 0, 0),
        (1, 0, 1),
        (9, 0, 2),
        (9, 2, 2),
        (0, 3, 4),
        (3, 3, 4),
        (3, 5, 4),
        (9, 4, 5),
        (0, 7, 6),
        (2, 7, 7),
        (9, 7, 7),
    ],
)
def test_a_step_is_put_by_its_time_between_the_waits(at: float, near: int, place: int) -> None:
    assert place_of(STEPS, go(at), near) == place


@pytest.mark.parametrize("near", range(8))
def test_a_wait_is_put_where_it_is_said(near: int) -> None:
    assert place_of(STEPS, wait(3), near) == near


def test_what_is_put_by_its_time_is_in_order() -> None:
    for near in range(8):
        for at in (0, 1, 2, 5, 6):
            index = place_of(STEPS, go(at), near)
            following = STEPS[index : index + 1]
            if following and isinstance(following[0], WaitStep) and at > following[0].at:
                with pytest.raises(SceneError):
                    put(STEPS, go(at), index)
            else:
                assert put(STEPS, go(at), index)[index] == go(at)


def test_what_is_put_elsewhere_is_refused_when_it_is_out_of_order() -> None:
    with pytest.raises(SceneError) as caught:
        put(STEPS, go(9), 0)
    assert (caught.value.flaw, caught.value.step) == (SceneFlaw.UNORDERED, 2)


def test_none_and_too_many_are_refused() -> None:
    with pytest.raises(SceneError) as caught:
        checked(())
    assert caught.value.flaw is SceneFlaw.EMPTY
    with pytest.raises(SceneError) as caught:
        put((go(0),) * MOST_STEPS, go(0), 0)
    assert caught.value.flaw is SceneFlaw.TOO_MANY_STEPS
