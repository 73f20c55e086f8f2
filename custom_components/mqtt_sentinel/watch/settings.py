"""The numbers of the checks: hub defaults, overridden by a watch."""

from dataclasses import dataclass

DEFAULT_SETTLE = 15.0
DEFAULT_GRACE = 60.0


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """How one watch is judged.

    ``settle``: seconds that a thing has to follow a changed expectation.
    ``grace``: seconds after the acknowledged subscriptions before silence counts.
    ``require_live``: a retained "online" is not proof enough.
    """

    settle: float = DEFAULT_SETTLE
    grace: float = DEFAULT_GRACE
    require_live: bool = False
