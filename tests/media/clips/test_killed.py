"""SIGKILL at any moment: no clip that was announced is lost, none is listed that cannot be shown."""

import asyncio
import hashlib
import json
import os
from pathlib import Path
import random
import subprocess
import sys
from typing import Any

import pytest

from .film import RATE, Film, numbers
from .studio import Books, Studio
from .victim import ANNOUNCED, FAILED, LISTED

KILLS = int(os.environ.get("MQTT_SENTINEL_KILLS", "6"))


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.mark.timeout(600)
async def test_nothing_is_lost_whenever_it_is_killed(tmp_path: Path, film: Film) -> None:
    chance = random.Random()
    # When it dies is what is tested: any moment of its first second and a half will do.
    lives = [f"{number} {chance.uniform(0.1, 1.5):.3f}" for number in range(1, KILLS + 1)]
    command = [sys.executable, "-m", "tests.media.clips.victim", tmp_path, film.paths[0].parent]
    ran = await asyncio.to_thread(
        subprocess.run,
        command,
        input="\n".join(lives),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    assert ran.stdout.split() == ["killed"] * KILLS

    books = Books()
    studio = Studio(tmp_path / "clips", books=books)
    await studio.recorder.start()
    recovered = await studio.recorder.recover()
    assert not recovered.left
    listed = {row["media_id"]: row for row in lines(tmp_path / LISTED)}
    announced = set(lines(tmp_path / ANNOUNCED))
    # What the last start has listed counts last: it may have been listed before.
    sums = {media_id: row["sha256"] for media_id, row in listed.items()}
    sums |= {media_id: clip.sha256 for media_id, clip in books.listed.items()}
    assert announced <= set(sums)
    assert not lines(tmp_path / FAILED)
    assert len(sums) > KILLS, "hardly anything was recorded"
    pictures = {media_id.replace(".mp4", ".jpg") for media_id in sums}
    assert set(studio.files()) == set(sums) | pictures
    for media_id, expected in sums.items():
        path = studio.root / media_id
        assert hashlib.sha256(path.read_bytes()).hexdigest() == expected
        shown = numbers(path)
        assert shown == list(range(shown[0], shown[0] + len(shown)))
        assert len(shown) % RATE == 0
    await studio.recorder.stop()
