"""The last run of each scene: kept, and told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from homeassistant.const import ATTR_DEVICE_ID, ATTR_NAME
from homeassistant.core import Context, HomeAssistant, callback

from ..command.scene_report import RunEnd, RunReport, StepReport, interrupted, read_report
from ..const import EVENT_SCENE
from .wording import as_utc

STARTED = "started"
RUNNING = "running"
# What happens to a scene, as it is told.
HAPPENINGS = (STARTED, *(end.value for end in RunEnd))
# What the last run of a scene may be found at.
RESULTS = (RUNNING, *(end.value for end in RunEnd))

# More of them nobody reads, and an event has to stay small.
_MOST_FAILURES = 10


@dataclass(frozen=True, slots=True)
class KeptRun:
    """A run that goes on or is over; ``started`` and ``ended`` are in epoch seconds.

    ``about`` says of each step what it is about: its topic, action or entity. ``told``: those who
    listen know what became of it.
    """

    report: RunReport
    started: float
    ended: float | None
    about: tuple[str, ...]
    told: bool = True

    def as_data(self) -> dict[str, Any]:
        """This as plain data, as JSON has it."""
        return {
            "report": self.report.as_data(),
            "started": self.started,
            "ended": self.ended,
            "about": list(self.about),
            "told": self.told,
        }


def read_kept(data: Mapping[str, Any]) -> KeptRun:
    """Read what :meth:`KeptRun.as_data` made, before Home Assistant ended.

    A run that went on then was interrupted, and nobody was told. Raises ValueError for what it
    never makes.
    """
    try:
        report, ended = read_report(data["report"]), data["ended"]
        kept = KeptRun(
            interrupted(report),
            float(data["started"]),
            None if ended is None else float(ended),
            tuple(map(str, data["about"])),
            bool(data["told"]) and report.end is not None,
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a run that was kept: {error!r}") from error
    if len(kept.about) != len(kept.report.steps):
        raise ValueError("not a run that was kept: its steps are not those of its report")
    return kept


def result(kept: KeptRun) -> str:
    """What became of a run, one of :data:`RESULTS`."""
    return kept.report.end.value if kept.report.end else RUNNING


def run_facts(kept: KeptRun) -> dict[str, Any]:
    """A run in JSON types, times in ISO 8601 UTC, for events and attributes."""
    report = kept.report
    return {
        "run_id": report.run_id,
        "simulated": report.simulated,
        "reason": report.reason.value if report.reason else None,
        "started": as_utc(kept.started).isoformat(),
        "ended": None if kept.ended is None else as_utc(kept.ended).isoformat(),
        "failures": len(report.failures),
        "longest_delay_ms": _milliseconds(report.longest_drift),
    }


def happened_facts(kept: KeptRun) -> dict[str, Any]:
    """A run in JSON types for those who are told what happened, with the first steps that failed."""
    failed = [
        {"step": step.number, "about": kept.about[step.number - 1], "outcome": step.outcome}
        for step in kept.report.failures[:_MOST_FAILURES]
    ]
    return {**run_facts(kept), "failed_steps": failed}


def steps_facts(kept: KeptRun) -> list[dict[str, Any]]:
    """Each step of a run in JSON types; ``at`` in seconds from its start, None if it was not run."""
    return [
        _step_facts(step, about) for step, about in zip(kept.report.steps, kept.about, strict=True)
    ]


@callback
def fire_scene(
    hass: HomeAssistant,
    device_id: str | None,
    name: str,
    happened: str,
    kept: KeptRun,
    context: Context | None,
) -> None:
    """Fire the event of a scene that was started, or that ended."""
    hass.bus.async_fire(
        EVENT_SCENE,
        {ATTR_DEVICE_ID: device_id, ATTR_NAME: name, "kind": happened, **happened_facts(kept)},
        context=context,
    )


def _step_facts(step: StepReport, about: str) -> dict[str, Any]:
    return {
        "step": step.number,
        "about": about,
        "outcome": step.outcome.value if step.outcome else None,
        "failed": step.failed,
        "latency_ms": _milliseconds(step.latency),
        "at": None if step.real is None else round(step.real, 3),
        "delay_ms": _milliseconds(step.drift),
        "detail": step.detail,
    }


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(1000 * seconds, 1)
