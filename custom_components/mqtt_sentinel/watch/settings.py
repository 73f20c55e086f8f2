"""The numbers of the checks: hub defaults, overridden by a watch."""

from dataclasses import dataclass

DEFAULT_SETTLE = 15.0
DEFAULT_GRACE = 60.0
DEFAULT_PING_INTERVAL = 60.0
DEFAULT_PING_MISSES = 3


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """How one watch is judged.

    ``settle``: seconds that a thing has to follow a changed expectation.
    ``grace``: seconds after the acknowledged subscriptions before silence counts.
    ``require_live``: a retained "online" is not proof enough.
    ``ping_interval``: seconds within which the thing promises a ping, None when it promises none.
    ``ping_misses``: so many intervals in a row without a ping are a mismatch.
    """

    settle: float = DEFAULT_SETTLE
    grace: float = DEFAULT_GRACE
    require_live: bool = False
    ping_interval: float | None = None
    ping_misses: int = DEFAULT_PING_MISSES
