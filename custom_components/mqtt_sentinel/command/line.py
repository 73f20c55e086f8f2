"""Who is sent next."""

from collections import OrderedDict

from .asked import Asked
from .command import Priority


class Line:
    """Commands that wait to be sent: by priority, then again before new, then as they came.

    Every step costs the same, however many wait.
    """

    __slots__ = ("_again", "_new")

    def __init__(self) -> None:
        """Start with none."""
        # Ordered dictionaries, as plain ones get slow when they are emptied from their front.
        self._again = {priority: OrderedDict[str, Asked]() for priority in Priority}
        self._new = {priority: OrderedDict[str, Asked]() for priority in Priority}

    def __bool__(self) -> bool:
        """Tell whether anybody waits."""
        return any(self._again.values()) or any(self._new.values())

    def add(self, asked: Asked) -> None:
        """Wait behind those who came before."""
        self._place(asked)[asked.command.id] = asked

    def remove(self, asked: Asked) -> None:
        """Wait no more, if it did."""
        self._place(asked).pop(asked.command.id, None)

    def pop(self) -> Asked | None:
        """Take out who is next."""
        for priority in Priority:
            for waiting in (self._again[priority], self._new[priority]):
                if waiting:
                    return waiting.popitem(last=False)[1]
        return None

    def pop_least(self, above: Priority) -> Asked | None:
        """Take out the newest of the least important that was never sent, if less than ``above``."""
        for priority in reversed(Priority):
            if priority > above and self._new[priority]:
                return self._new[priority].popitem()[1]
        return None

    def _place(self, asked: Asked) -> OrderedDict[str, Asked]:
        return (self._again if asked.sends else self._new)[asked.command.priority]
