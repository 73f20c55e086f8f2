"""Short ways to make what the tests need."""

from custom_components.mqtt_sentinel.dialects.route import Message
from custom_components.mqtt_sentinel.watch.clock import Instant
from custom_components.mqtt_sentinel.watch.expectation import (
    OBSERVED_ONLY,
    Expectation,
    SourceKind,
    Wanted,
)
from custom_components.mqtt_sentinel.watch.reports import (
    ConnectionReport,
    DeviceDetails,
    FeedbackReport,
    PingReport,
    TelemetryReport,
    ThingKey,
)
from custom_components.mqtt_sentinel.watch.settings import CheckSettings
from custom_components.mqtt_sentinel.watch.watched import WatchConfig

# The wall clock when the monotonic clock of most tests stands at nought.
EPOCH = 1_800_000_000.0

LAMP = ThingKey("services", "", "light/lamp")
DOOR = ThingKey("services", "", "lock/door")

UP = Expectation(Wanted.UP, kind=SourceKind.ALWAYS)
DOWN = Expectation(Wanted.DOWN, kind=SourceKind.ALARM, because="House")
ARMED = Expectation(Wanted.UP, kind=SourceKind.ALARM, because="House")
ANYTHING = OBSERVED_ONLY


def at(seconds: float) -> Instant:
    """A moment on both clocks."""
    return Instant(seconds, EPOCH + seconds)


def watch_of(
    watch_id: str = "lamp",
    key: ThingKey = LAMP,
    *,
    settle: float = 15.0,
    grace: float = 60.0,
    require_live: bool = False,
    ping_interval: float | None = None,
    ping_misses: int = 3,
    parent: ThingKey | None = None,
) -> WatchConfig:
    """A watch, as a user set it up."""
    settings = CheckSettings(settle, grace, require_live, ping_interval, ping_misses)
    return WatchConfig(watch_id, key, watch_id.title(), settings, parent)


def connection(
    up: bool,
    seconds: float = 0.0,
    *,
    key: ThingKey = LAMP,
    retained: bool = False,
    details: DeviceDetails | None = None,
) -> ConnectionReport:
    """A thing, or its Last Will, says whether it is connected."""
    return ConnectionReport(key, at(seconds), retained, "topic", up, details)


def ping(seconds: float = 0.0, *, key: ThingKey = LAMP, retained: bool = False) -> PingReport:
    """A thing says that it works."""
    return PingReport(key, at(seconds), retained, "topic")


def telemetry(
    seconds: float = 0.0, *, key: ThingKey = LAMP, retained: bool = False, **values: float
) -> TelemetryReport:
    """A thing tells what it measured."""
    return TelemetryReport(key, at(seconds), retained, "topic", values)


def feedback(
    ok: bool, seconds: float = 0.0, *, key: ThingKey = LAMP, retained: bool = False
) -> FeedbackReport:
    """A thing answers a command."""
    return FeedbackReport(key, at(seconds), retained, "topic", ok)


def message(
    topic: str,
    payload: bytes = b"",
    *,
    site: str = "",
    retained: bool = False,
    seconds: float = 5.0,
) -> Message:
    """A message as the intake makes it."""
    return Message(topic, site, payload, retained, at(seconds))
