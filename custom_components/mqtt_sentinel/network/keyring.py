"""Which passwords are tried at which camera: the likeliest first, none twice, and few. Pure."""

from collections import Counter
from collections.abc import Sequence

from .facts import Credentials


class KeyRing:
    """The credentials for one camera. ``tries`` counts those that it refused.

    ``order``: which to try first, as places in ``credentials``. After ``most`` refusals nothing is
    offered any more: many cameras lock an account after five.
    """

    def __init__(self, credentials: Sequence[Credentials], order: Sequence[int], most: int) -> None:
        self._credentials = credentials
        self._left = list(order)
        self._most = most
        self.tries = 0

    @property
    def place(self) -> int | None:
        """Which one is offered now, as its place in what was given; None when none is."""
        return self._left[0] if self._left and self.tries < self._most else None

    def offer(self) -> Credentials | None:
        """What to show, the same until it was refused; None when nothing is left to try."""
        return None if self.place is None else self._credentials[self.place]

    def refused(self) -> None:
        """What was offered is not right."""
        if self._left:
            self._left.pop(0)
            self.tries += 1


class Experience:
    """What worked so far in one search: what is right for one is likely right for those like it."""

    def __init__(self, credentials: Sequence[Credentials], most_tries: int) -> None:
        self._credentials = credentials
        # What was given twice is tried once.
        self._places = [
            place for place, one in enumerate(credentials) if credentials.index(one) == place
        ]
        self._most = most_tries
        self._worked: Counter[tuple[str, int]] = Counter()

    def ring(self, kind: str) -> KeyRing:
        """The credentials for a camera of a kind; empty for one that says nothing of itself."""
        places = sorted(
            self._places,
            key=lambda place: (-self._worked[kind, place], -self._worked["", place], place),
        )
        return KeyRing(self._credentials, places, self._most)

    def worked(self, kind: str, place: int) -> None:
        """Remember what was right for a camera of a kind."""
        for one in {kind, ""}:
            self._worked[one, place] += 1
