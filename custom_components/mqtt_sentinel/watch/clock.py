"""One moment on the two clocks that the heart needs."""

from typing import NamedTuple


class Instant(NamedTuple):
    """A moment: ``mono`` for deadlines, ``wall`` for people and for storage, both in seconds."""

    mono: float
    wall: float
