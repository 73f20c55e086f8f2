"""Where in a scene a step has its place."""

from bisect import bisect_right

from .scene_reading import check_number, check_times
from .scene_steps import Step, Steps, WaitStep


def place_of(steps: Steps, step: Step, near: int) -> int:
    """The index that a step gets when it is put ``near`` an index, by its time.

    No step is moved over a wait: what follows it is timed from its end. A wait itself, for the same
    reason, comes exactly where it is put.
    """
    if isinstance(step, WaitStep):
        return near
    waits = [index for index, other in enumerate(steps) if isinstance(other, WaitStep)]
    begin = max((index + 1 for index in waits if index < near), default=0)
    end = min((index for index in waits if index >= near), default=len(steps))
    return bisect_right(steps, step.at, begin, end, key=lambda other: other.at)


def put(steps: Steps, step: Step, index: int) -> Steps:
    """The steps with one more, at an index.

    Raises :class:`~.scene_steps.SceneError` when they are too many, or do not come in order then.
    """
    return checked((*steps[:index], step, *steps[index:]))


def checked(steps: Steps) -> Steps:
    """Steps that were put together anew.

    Raises :class:`~.scene_steps.SceneError` when there are none or too many, or when they do not
    come in order or in the time that a scene has.
    """
    check_number(len(steps))
    return check_times(list(enumerate(steps, 1)))
