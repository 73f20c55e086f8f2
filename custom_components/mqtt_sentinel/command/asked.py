"""A command on its way, and what came of it so far."""

from dataclasses import dataclass
from enum import Enum, auto

from .command import Command, Result


class Stage(Enum):
    """Where a command is.

    It waits in the line; is given to the client; was sent and has time to be confirmed; or pauses
    before it is sent again.
    """

    WAITING = auto()
    LEAVING = auto()
    ASKED = auto()
    PAUSING = auto()


@dataclass(slots=True, eq=False)
class Asked:
    """A command since it was offered; all moments are in monotonic seconds.

    ``tried``: how often it was given to the client; ``sends``: how often that was taken. ``order``
    is that of the last sending among all commands. ``answered``: the OK or ERROR to the last
    sending came; ``acknowledged``: an OK came to any. ``moved_at``: since when the state is
    reported that was asked for. ``doubted``: an answer came that may have been its own, and was
    believed to be that of one before. ``overdue``: it was not confirmed in the time after its last sending.
    """

    command: Command
    offered_at: float
    stage: Stage = Stage.WAITING
    tried: int = 0
    sends: int = 0
    order: int = 0
    first_sent_at: float = 0.0
    sent_at: float = 0.0
    answered: bool = False
    acknowledged: bool = False
    moved_at: float | None = None
    doubted: bool = False
    overdue: bool = False
    result: Result | None = None
    ended_at: float = 0.0

    def rest(self, now: float) -> float:
        """For how many seconds it may still be sent, the last one included."""
        return self.command.ttl - (now - self.offered_at)

    def latency(self, at: float) -> float:
        """Seconds from its first sending to what came at ``at``."""
        return at - self.first_sent_at
