"""The words of a drill: what is drilled, what was found, and what can become of it."""

from dataclasses import dataclass
from enum import StrEnum

# So long the broker has to tell what the services were commanded last.
LOOK_TIME = 10.0
# A service that is told on may still be needed while its panel is on its way, or says nothing; for
# no longer than this it is left on for that.
PATIENCE = 300.0
# What could not be sent to put a service back is sent again after so long.
RETRY = 10.0
# So much later than promised a ping may be.
PING_SLACK = 5.0
# So many seconds of a camera are recorded: that shows whether there would be a clip of a burglar.
RECORD_TIME = 2.0
# So much longer it may take until they are saved. A camera that records motion already saves that
# by parts of a minute, and then there are whole pieces of its stream to wait for, and to be written.
RECORD_SLACK = 80.0
# Why a camera did not record, when nothing else says why.
NOT_IN_TIME = "not_in_time"


class DrillResult(StrEnum):
    """How a drill ended.

    ``REFUSED``: it never began. ``STOPPED``: the alarm was armed meanwhile. ``INTERRUPTED``: the
    broker was gone, or Home Assistant was.
    """

    PASSED = "passed"
    FAILED = "failed"
    REFUSED = "refused"
    INTERRUPTED = "interrupted"
    STOPPED = "stopped"


class Refusal(StrEnum):
    """Why a drill does not begin."""

    ARMED = "armed"
    ALARM_UNKNOWN = "alarm_unknown"
    RUNNING = "running"
    SHARED = "shared"
    BROKER_GONE = "broker_gone"
    NOTHING_RELIED_ON = "nothing_relied_on"


class Why(StrEnum):
    """Why a drill ended before its time, or failed although all services were fine."""

    ARMED = "armed"
    BROKER_GONE = "broker_gone"
    RESTARTED = "restarted"
    REMOVED = "removed"
    NOT_TOLD = "not_told"


class Fault(StrEnum):
    """What a service did not do."""

    NOT_SENT = "not_sent"
    DID_NOT_CONNECT = "did_not_connect"
    DID_NOT_PING = "did_not_ping"
    DID_NOT_RECORD = "did_not_record"
    DISCONNECTED = "disconnected"
    DID_NOT_TURN_OFF = "did_not_turn_off"


class Stage(StrEnum):
    """Where a drill is."""

    LOOKING = "looking"
    READY = "ready"
    TURNING_ON = "turning_on"
    RESTORING = "restoring"
    TELLING = "telling"
    OVER = "over"


class Need(StrEnum):
    """Whether somebody else needs a service up now; ``WAIT`` while that is not certain."""

    FREE = "free"
    WAIT = "wait"
    NEEDED = "needed"


@dataclass(frozen=True, slots=True)
class DrilledService:
    """One service of a drill, and its limits in seconds.

    ``commanded``: it can be told on and off; others are only seen. ``ping_interval``: it promises a
    ping as often, None when it promises none. ``records``: it is a camera, of which a clip has to come.
    """

    watch_id: str
    name: str
    settle: float
    ping_interval: float | None = None
    commanded: bool = True
    records: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """How a service was before anything was commanded.

    ``up``: it was connected. ``stays_on``: it ran already, and goes on. ``turn_on``: what is sent to
    turn it on, None to send nothing. ``put_back``: what is sent to restore it; never None with
    ``turn_on``.
    """

    up: bool
    stays_on: bool = False
    turn_on: bytes | None = None
    put_back: bytes | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """A command to be sent to a service now; ``back``: it restores what was found."""

    watch_id: str
    payload: bytes
    back: bool
