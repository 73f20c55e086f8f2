"""What the systems of the field send, from tests/fixtures, and how the dialects are asked to read it.

A file of a dialect is a list of examples. Each has an ``about``, a ``topic``, a payload (``json``,
``text`` or ``hex``), ``retained`` if it is, and either the ``reports`` that it becomes, none of which
means that it passes by, or the ``flaw`` that it is refused for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
import json
from pathlib import Path
from typing import Any

import pytest

from custom_components.mqtt_sentinel.dialects.route import (
    Decoded,
    Dialect,
    Flaw,
    MalformedError,
    Message,
    Route,
)
from custom_components.mqtt_sentinel.dialects.table import DIALECTS
from custom_components.mqtt_sentinel.watch.clock import Instant
from custom_components.mqtt_sentinel.watch.reports import (
    ConnectionReport,
    EvidenceReport,
    FeedbackReport,
    OccasionReport,
    PingReport,
    RelayReport,
    Report,
    TelemetryReport,
)

FIXTURES = Path(__file__).parents[2] / "fixtures"
NOW = Instant(5.0, 1_800_000_005.0)

NAMES: dict[type[Report], str] = {
    ConnectionReport: "connection",
    PingReport: "ping",
    FeedbackReport: "feedback",
    TelemetryReport: "telemetry",
    RelayReport: "relay",
    OccasionReport: "occasion",
    EvidenceReport: "evidence",
}
_OF_EVERY_REPORT = {"key", "at", "retained", "source"}


@dataclass(frozen=True)
class Example:
    """One message of the field, and what has to come of it."""

    dialect: Dialect
    about: str
    topic: str
    payload: bytes
    retained: bool
    reports: list[dict[str, Any]]
    flaw: str | None

    def __str__(self) -> str:
        return f"{self.dialect.name}: {self.about}"


def message(topic: str, payload: bytes = b"", *, site: str = "", retained: bool = False) -> Message:
    """A message as the intake makes it, of a topic without its site."""
    full = f"{site}/{topic}" if site else topic
    return Message(full, site, payload, retained, NOW)


def as_json(data: object) -> bytes:
    """Write JSON as the devices do."""
    return json.dumps(data, ensure_ascii=False).encode()


def matches(topic_filter: str, topic: str) -> bool:
    """Tell whether a filter lets a topic through; none of ours has a "#"."""
    wanted, levels = topic_filter.split("/"), topic.split("/")
    return len(wanted) == len(levels) and all(
        want in {"+", level} for want, level in zip(wanted, levels, strict=True)
    )


def route_of(dialect: Dialect, topic: str) -> Route:
    """The one route of a dialect that a topic comes by."""
    [route] = [route for route in dialect.routes if matches(route.filter, topic)]
    return route


def decode(
    dialect: Dialect, topic: str, payload: bytes, *, site: str = "", retained: bool = False
) -> Decoded:
    """Have a dialect read a message."""
    received = message(topic, payload, site=site, retained=retained)
    return route_of(dialect, topic).decode(received)


def read(dialect: Dialect, topic: str, data: object) -> list[dict[str, Any]]:
    """What a dialect makes of JSON, as an example has it."""
    return [told(dialect, report) for report in listed(decode(dialect, topic, as_json(data)))]


def flaw_of(dialect: Dialect, topic: str, payload: bytes) -> tuple[Flaw, str]:
    """Why a dialect refuses a message, and the place that it names."""
    with pytest.raises(MalformedError) as caught:
        decode(dialect, topic, payload)
    return caught.value.flaw, caught.value.detail


def listed(decoded: Decoded) -> Sequence[Report]:
    """What a decoder gives, as a list."""
    if decoded is None:
        return []
    return [decoded] if isinstance(decoded, Report) else decoded


def told(dialect: Dialect, report: Report) -> dict[str, Any]:
    """A report as an example has it: what differs from nothing said."""
    data: dict[str, Any] = {"report": NAMES[type(report)], "thing": report.key.name}
    if parent := dialect.parent(report.key):
        data["parent"] = parent.name
    for field in report.__dataclass_fields__:
        value = getattr(report, field)
        if field in _OF_EVERY_REPORT or value is None:
            continue
        if field == "details":
            value = {
                name: getattr(value, name)
                for name in value.__dataclass_fields__
                if getattr(value, name) is not None
            }
        elif field == "content":
            field, value = "bytes", len(value)  # noqa: PLW2901
        elif isinstance(value, Enum):
            value = value.value
        data[field] = value
    return data


def _payload(example: dict[str, Any]) -> bytes:
    if "hex" in example:
        return bytes.fromhex(example["hex"])
    return example["text"].encode() if "text" in example else as_json(example["json"])


def _read(dialect: Dialect) -> list[Example]:
    return [
        Example(
            dialect,
            example["about"],
            example["topic"],
            _payload(example),
            example.get("retained", False),
            example.get("reports", []),
            example.get("flaw"),
        )
        for path in sorted((FIXTURES / dialect.name).glob("*.json"))
        for example in json.loads(path.read_text())
    ]


EXAMPLES = [example for dialect in DIALECTS.values() for example in _read(dialect)]
