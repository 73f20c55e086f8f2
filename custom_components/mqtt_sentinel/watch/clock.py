"""One moment on the two clocks that the heart needs."""

from .fact import fact


@fact
class Instant:
    """A moment: ``mono`` for deadlines, ``wall`` for people and for storage, both in seconds."""

    mono: float
    wall: float
