"""At most once in so many seconds."""

import threading
import time


class Pace:
    """Says whether enough time has passed. Any thread may ask; of those that ask at once, one may.

    ::

        two_seconds = Pace(2.0)
        if two_seconds.due():
            ...
    """

    def __init__(self, seconds: float) -> None:
        """Let the first through."""
        if seconds < 0:
            raise ValueError("a pace is not negative")
        self._seconds = seconds
        self._lock = threading.Lock()
        self._next = float("-inf")

    def due(self) -> bool:
        """Return whether it is time; the next time is counted from now on, then."""
        now = time.monotonic()
        with self._lock:
            if now < self._next:
                return False
            self._next = now + self._seconds
            return True

    def again(self) -> None:
        """Let the next through after all: nothing came of the last one."""
        with self._lock:
            self._next = float("-inf")
