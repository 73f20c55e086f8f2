"""Who goes first when several processes run the tests."""

import os
from pathlib import Path

import pytest

_WHOLE_HOMES = Path(__file__).parent / "e2e"
# Priority of processes that can wait, as nice counts it.
_CAN_WAIT = 10


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let whole homes go first: they are asked how late they are, all others can wait.

    A process begins with homes, if it has any, and goes on with other tests; there is no way back.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ or _WHOLE_HOMES in item.path.parents:
        return
    if (nice := os.nice(0)) < _CAN_WAIT:
        os.nice(_CAN_WAIT - nice)
