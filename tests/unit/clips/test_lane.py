"""A lane does what it is told, whatever goes wrong with one thing of it."""

import asyncio
from collections.abc import Callable
from datetime import UTC
import errno
from itertools import count
import os
from pathlib import Path
from typing import Any

import pytest

from custom_components.mqtt_sentinel.evidence.clips.disk import Disk
from custom_components.mqtt_sentinel.evidence.clips.errors import CannotWriteError
from custom_components.mqtt_sentinel.evidence.clips.lane import Camera, Lane
from custom_components.mqtt_sentinel.evidence.clips.orders import Part, Reason
from custom_components.mqtt_sentinel.evidence.clips.owner import Failure
from custom_components.mqtt_sentinel.evidence.clips.recording import Recording
from custom_components.mqtt_sentinel.evidence.clips.work import WORK_FOLDER, Work
from custom_components.mqtt_sentinel.evidence.facts import Segment
from custom_components.mqtt_sentinel.watch.clock import Instant

from .build import at, trigger


class Bench:
    """A lane, and who is behind it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "clips"
        self.ring = folder / "ring.ts"
        self.ring.write_text("ts")
        self.now = 0.0
        self.wholes: list[tuple[Part, Work]] = []
        self.failures: list[tuple[str, Reason]] = []
        self.heard = asyncio.Event()
        numbers = count(1)
        disk = Disk(self.root, 0, None, None, lambda path: 1)  # type: ignore[arg-type]  # never full
        recording = Recording(5.0, lambda: f"r{next(numbers)}")
        camera = Camera("hall", "rtsp", 5.0)
        self.lane = Lane(camera, recording, self.root, UTC, disk, self, self.clock)

    def clock(self) -> Instant:
        return at(self.now)

    def whole(self, camera: Camera, part: Part, work: Work) -> None:
        self.wholes.append((part, work))

    def failed(self, failure: Failure) -> None:
        self.heard.set()
        self.failures += [(each.name, failure.reason) for each in failure.triggers]

    def stream(self, seconds: int) -> None:
        for _ in range(seconds):
            segment = Segment(self.ring, 1, at(self.now), 1.0)
            self.now += 1.0
            self.lane.tell(self.lane.recording.segment(segment, self.clock()))

    def ask(self, name: str = "hall") -> None:
        self.lane.tell(self.lane.recording.trigger(trigger(self.now, name), self.clock()))

    async def end(self) -> None:
        self.lane.stop()
        async with asyncio.timeout(30):
            while not (self.lane.task.done() and self.lane.task.exception() is None):
                await asyncio.wait([self.lane.task])
                await asyncio.sleep(0)


@pytest.fixture
async def bench(tmp_path: Path):
    made = Bench(tmp_path)
    yield made
    await made.end()


def breaks(number: int, times: int = 1000, after: int = 0) -> Callable[..., None]:
    """Something that the disk refuses, so many times."""
    calls = count()

    def refuse(*args: Any, **named: Any) -> None:
        if after <= next(calls) < after + times:
            raise OSError(number, os.strerror(number))

    return refuse


async def test_a_part_is_handed_on_when_it_is_whole(bench: Bench) -> None:
    bench.stream(10)
    bench.ask()
    bench.stream(3)
    bench.ask("door")
    await bench.end()
    [(part, work)] = bench.wholes
    assert len(work.pieces()) == 8
    assert [each.name for each in part.triggers] == ["hall", "door"]
    assert not bench.failures


async def test_time_ends_a_recording_whose_camera_is_silent(bench: Bench) -> None:
    bench.ask()
    bench.now = 16.0
    bench.lane.tell([])  # the clock of the test is not that of the timer
    async with asyncio.timeout(30):
        await bench.heard.wait()
    assert bench.failures == [("hall", Reason.NO_STREAM)]


async def test_a_part_that_cannot_be_begun_is_told_of_and_who_comes_later_too(
    bench: Bench,
) -> None:
    bench.root.mkdir()
    (bench.root / WORK_FOLDER).write_text("in the way")
    bench.stream(10)
    bench.ask()
    bench.ask("door")
    bench.stream(3)
    await bench.end()
    assert bench.failures == [("hall", Reason.CANNOT_WRITE), ("door", Reason.CANNOT_WRITE)]
    assert not bench.wholes


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC])
async def test_a_segment_that_cannot_be_taken_does_not_stop_the_others(
    bench: Bench,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    link, refuse = os.link, breaks(number, times=2, after=1)

    def flaky(*args: Any, **named: Any) -> None:
        refuse()
        link(*args, **named)

    monkeypatch.setattr(os, "link", flaky)
    bench.stream(10)
    bench.ask()
    await bench.end()
    [(_, work)] = bench.wholes
    # Where there was no room it is tried once more.
    lost = 2 if number == errno.EIO else 1
    assert len(work.pieces()) == 5 - lost
    assert caplog.text.count("was not recorded") == lost


async def test_a_trigger_that_cannot_be_noted_down_is_known_still(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Work, "tell", _tell_once(Work.tell))
    bench.stream(10)
    bench.ask()
    bench.lane.tell(
        bench.lane.recording.trigger(trigger(10.0, "door", event_id="e-2"), bench.clock())
    )
    await bench.end()
    [(_, work)] = bench.wholes
    assert work.facts.event_ids == ("e-2",)
    assert "not noted down" in caplog.text


def _tell_once(tell: Callable[..., None]) -> Callable[..., None]:
    calls = count()

    def once(*args: Any) -> None:
        if next(calls):
            raise CannotWriteError("no")
        tell(*args)

    return once


async def test_what_nobody_thought_of_does_not_end_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Work, "create", lambda *args: 1 / 0)
        bench.stream(10)
        bench.ask()
        await asyncio.wait([bench.lane.task], timeout=30)
    assert "went wrong" in caplog.text
    bench.stream(30)
    bench.ask("door")
    bench.stream(12)
    await bench.end()
    assert [[each.name for each in part.triggers] for part, _ in bench.wholes] == [["door"]]
