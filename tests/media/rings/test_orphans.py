"""What becomes of ffmpeg when Home Assistant is killed."""

import asyncio
from pathlib import Path
import signal
import sys

import pytest

from .streams import CameraServer
from .watching import LONGEST, is_alive

PARENT = """
import asyncio, os, sys
from pathlib import Path
from custom_components.mqtt_sentinel.evidence.cameras.ring import Ring
from custom_components.mqtt_sentinel.evidence.cameras.source import UrlSource
from tests.media.rings.watching import now

async def main():
    heard = asyncio.Event()
    ring = Ring(sys.argv[1], [UrlSource(sys.argv[2])], Path(sys.argv[3]), now=now,
                heard=lambda _: heard.set(), changed=lambda _: None)
    ring.start()
    await heard.wait()
    print(ring.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_ffmpeg_dies_with_who_started_it(
    ffmpeg: str, camera: CameraServer, tmp_path: Path
) -> None:
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PARENT, ffmpeg, camera.url(), str(tmp_path)),
        stdout=asyncio.subprocess.PIPE,
    )
    assert parent.stdout
    try:
        async with asyncio.timeout(LONGEST):
            pid = int(await parent.stdout.readline())
        assert is_alive(pid)
    finally:
        parent.send_signal(signal.SIGKILL)
        await parent.wait()
    # At once: it does not wait for the next piece.
    async with asyncio.timeout(2):
        while is_alive(pid):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("arguments", [("1", "echo", "alive")])
async def test_who_is_an_orphan_already_does_not_begin(arguments: tuple[str, ...]) -> None:
    """Its parent died before the leash was on."""
    leash = Path(__file__).parents[3] / "custom_components/mqtt_sentinel/evidence/cameras/leash.py"
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(leash), *arguments, stdout=asyncio.subprocess.PIPE
    )
    told, _ = await process.communicate()
    assert (process.returncode, told) == (1, b"")
