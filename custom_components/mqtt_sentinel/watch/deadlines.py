"""Many deadlines on one timer."""

import heapq

# So many entries that are not meant any more are not worth a clean-up.
_FEW = 64


class Deadlines:
    """The next moment at which each owner has to be looked at again.

    Setting a deadline again later is a dictionary write: the entry in the heap stays where it is
    and is moved on when it comes up. So a thing that postpones its deadline with every message
    costs no heap operation.
    """

    __slots__ = ("_due", "_heap", "_queued")

    def __init__(self) -> None:
        """Start with none."""
        self._due: dict[str, float] = {}
        self._queued: dict[str, float] = {}
        self._heap: list[tuple[float, str]] = []

    def set(self, owner: str, when: float | None) -> None:
        """Set, move or (with None) drop the deadline of ``owner``, in monotonic seconds."""
        if when is None:
            self._due.pop(owner, None)
            return
        self._due[owner] = when
        queued = self._queued.get(owner)
        if queued is None or when < queued:
            self._queued[owner] = when
            heapq.heappush(self._heap, (when, owner))
            if len(self._heap) > 2 * len(self._due) + _FEW:
                self._clean()

    def next(self) -> float | None:
        """When to look again at the latest, or None while nothing is pending."""
        self._settle()
        return self._heap[0][0] if self._heap else None

    def pop_due(self, now: float) -> list[str]:
        """Take out, soonest first, all owners whose deadline has come."""
        due: list[str] = []
        self._settle()
        while self._heap and self._heap[0][0] <= now:
            _, owner = heapq.heappop(self._heap)
            del self._queued[owner], self._due[owner]
            due.append(owner)
            self._settle()
        return due

    def _clean(self) -> None:
        """Keep only what is meant: owners that are there once, and never again, leave theirs."""
        self._queued = self._due.copy()
        self._heap = [(when, owner) for owner, when in self._due.items()]
        heapq.heapify(self._heap)

    def _settle(self) -> None:
        """Make the top of the heap a deadline that is really meant."""
        heap = self._heap
        while heap:
            when, owner = heap[0]
            if self._queued.get(owner) != when:
                heapq.heappop(heap)  # an earlier deadline took its place
                continue
            due = self._due.get(owner)
            if due == when:
                return
            heapq.heappop(heap)
            del self._queued[owner]
            if due is not None:
                self._queued[owner] = due
                heapq.heappush(heap, (due, owner))
