"""Lives that are ended by SIGKILL: each recovers, records several cameras quickly, and never ends by itself.

``python -m tests.media.clips.victim FOLDER FILM`` reads lines ``LIFE SECONDS``: so long that life lasts, in
a process of its own. It answers with ``killed``, or ``died`` where it was dead already.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import asdict, replace
from datetime import UTC
import json
import os
from pathlib import Path
import random
import signal
import sys
import time

from custom_components.mqtt_sentinel.evidence.clips import recording
from custom_components.mqtt_sentinel.evidence.clips.lane import Camera
from custom_components.mqtt_sentinel.evidence.clips.owner import Failure, Kept
from custom_components.mqtt_sentinel.evidence.clips.recorder import Place, Recorder
from custom_components.mqtt_sentinel.evidence.clips.retention import Limits
from custom_components.mqtt_sentinel.evidence.facts import Cause, Clip, Segment, Trigger
from custom_components.mqtt_sentinel.watch.clock import Instant

from .film import EPOCH, FFMPEG

CAMERAS = ("front", "back")
LISTED, ANNOUNCED, FAILED = "listed.jsonl", "announced.jsonl", "failed.jsonl"


class PaperBooks:
    """Books on paper: a line that is written is there whoever is killed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _write(self, name: str, what: object) -> None:
        with (self._folder / name).open("a") as file:
            file.write(json.dumps(what, default=str) + "\n")
            file.flush()
            os.fsync(file.fileno())

    async def record(self, clip: Clip) -> None:
        await asyncio.to_thread(self._write, LISTED, asdict(clip))

    async def kept(self) -> Sequence[Kept]:
        return []

    async def forget(self, media_ids: Sequence[str]) -> None:
        raise AssertionError("nothing is to be removed")

    def open_incidents(self) -> Collection[str]:
        return ()

    def saved(self, clip: Clip) -> None:
        self._write(ANNOUNCED, clip.media_id)

    def failed(self, failure: Failure) -> None:
        self._write(FAILED, asdict(failure))

    def room(self, free: int | None) -> None:
        raise AssertionError("there is room")


def live(folder: Path, film: Sequence[Path], life: int) -> None:
    """Live until killed; each life has a seed of its own."""
    recording.PART_SECONDS = 4.0
    asyncio.run(_live(folder, film, random.Random(life), life * 1000.0))


async def _live(folder: Path, film: Sequence[Path], chance: random.Random, start: float) -> None:
    now = start

    def clock() -> Instant:
        return Instant(now, EPOCH + now)

    place = Place(folder / "clips", FFMPEG, UTC)
    recorder = Recorder(place, Limits(), PaperBooks(folder), clock)
    await recorder.start()
    recovering = asyncio.create_task(recorder.recover())
    for camera_id in CAMERAS:
        recorder.add_camera(Camera(camera_id, "rtsp", 2.0))
    run = 0
    while True:
        run += 1
        for path in film:
            now += 1.0
            began = replace(clock(), mono=now - 1.0, wall=EPOCH + now - 1.0)
            for camera_id in CAMERAS:
                recorder.segment(camera_id, Segment(path, run, began, 1.0))
                if chance.random() < 0.1:
                    name = f"e-{now}"
                    trigger = Trigger(Cause.MOTION, clock(), name, 3.0, event_id=name)
                    recorder.trigger(camera_id, trigger)
            await asyncio.sleep(0.1)
        assert not recovering.done() or not recovering.exception()


def main() -> None:
    """Have lives, and end them."""
    folder, film = Path(sys.argv[1]), sorted(Path(sys.argv[2]).glob("*.ts"))[:30]
    for line in sys.stdin:
        life, seconds = line.split()
        pid = os.fork()
        if not pid:
            try:
                live(folder, film, int(life))
            finally:
                os._exit(1)
        time.sleep(float(seconds))
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        sys.stdout.write("killed\n" if os.WIFSIGNALED(status) else "died\n")


if __name__ == "__main__":
    main()
