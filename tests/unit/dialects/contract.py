"""What every decoder promises, whatever it is given."""

from collections.abc import Iterator
from contextlib import contextmanager
import logging
import math

import orjson

from custom_components.mqtt_sentinel.dialects.route import Decoder, MalformedError, Message
from custom_components.mqtt_sentinel.watch.reports import (
    EvidenceReport,
    OccasionReport,
    RelayReport,
    Report,
    TelemetryReport,
)

from .examples import listed

LONGEST_THING = 3 * 256
# Beside the rest of a state's attributes it stays below the 16 KiB that the recorder keeps.
MOST_TOLD = 8 * 1024


def hold(decode: Decoder, message: Message) -> list[Report] | MalformedError:
    """Read a message. Raises AssertionError if a promise is broken, and whatever the decoder does."""
    try:
        reports = list(listed(decode(message)))
    except MalformedError as malformed:
        refused = malformed
    else:
        for report in reports:
            _sound(report, message)
        return reports
    assert len(str(refused)) < 256
    assert str(refused).isprintable()
    return refused


class _Alarm(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        raise AssertionError(f"logged: {record.getMessage()}")


@contextmanager
def silence() -> Iterator[None]:
    """Whoever logs above debug fails."""
    root, alarm = logging.getLogger(), _Alarm(logging.INFO)
    root.addHandler(alarm)
    try:
        yield
    finally:
        root.removeHandler(alarm)


def _sound(report: Report, message: Message) -> None:
    assert isinstance(report, Report)
    assert report.at is message.at
    assert report.source == message.topic
    assert report.retained is message.retained
    assert report.key.site in {message.site, ""}
    assert 0 < len(report.key.name) <= LONGEST_THING
    assert report.key.dialect == "custom" or report.key.name.isprintable()
    match report:
        case TelemetryReport():
            assert len(report.values) <= 64
            for name, value in report.values.items():
                assert 0 < len(name) <= 64
                assert name.isprintable()
                assert type(value) in {int, float}
                assert math.isfinite(value * value)
        case RelayReport():
            assert type(report.on) is bool
            assert report.relay.isprintable()
        case OccasionReport():
            assert len(orjson.dumps(dict(report.data))) <= MOST_TOLD
            _harmless(report.event_id)
        case EvidenceReport():
            assert len(report.content) <= 20 * 1024 * 1024
            assert report.number >= 0
            _harmless(report.event_id)


def _harmless(event_id: str | None) -> None:
    """It must not lead out of a folder when it becomes a part of a file's name."""
    if event_id is not None:
        assert 0 < len(event_id) <= 128
        assert event_id.isprintable()
        assert not event_id.startswith(".")
        assert not {"/", "\\"} & set(event_id)
