"""How often something happens within an hour: what happens without end must not fill the disk."""

_HOUR = 3600.0


class Hourly:
    """Counts by name. An hour begins with the first, and after it with the next."""

    def __init__(self) -> None:
        """Nothing has happened yet."""
        self._hours: dict[str, tuple[float, int]] = {}

    def count(self, name: str, at: float) -> int:
        """Count one more, at a time in epoch seconds; how many it are within this hour, with this one."""
        began, number = self._hours.get(name, (at, 0))
        if not 0 <= at - began < _HOUR:
            began, number = at, 0
        self._hours[name] = began, number + 1
        return number + 1

    def forget(self, name: str) -> None:
        """Nothing will happen under this name any more."""
        self._hours.pop(name, None)
