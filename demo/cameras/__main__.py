"""Run one camera until standard input ends. It takes orders there, one a line.

It answers each, and says the first by itself when it is ready, with one JSON object a line::

    {"url": ..., "port": ..., "powered": ..., "mood": ..., "clients": ..., "encoder_pid": ...}

or ``{"error": ...}`` if it could not.
"""

import argparse
import asyncio
from collections.abc import Sequence
from dataclasses import asdict, replace
import json
import sys
from typing import Any

from .access import Access, Scheme
from .camera import Camera
from .deeds import CameraDeed, carry_out
from .encoder import Audio, Codec, Look
from .ffmpeg import FfmpegError


def options(look: Look, access: Access, port: int = 0, path: str = "stream") -> list[str]:
    """Return the command line options of such a camera."""
    given: dict[str, Any] = asdict(look) | asdict(access) | {"port": port, "path": path}
    return [
        f"--{name.replace('_', '-')}={value}" for name, value in given.items() if value is not None
    ]


def parse(words: Sequence[str] | None = None) -> Camera:
    """Return the camera that the options describe."""
    summary, _, _ = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(prog="python -m demo.cameras", description=summary)
    usual = Look()
    for name in ("width", "height", "fps", "gop", "b_frames"):
        parser.add_argument(
            f"--{name.replace('_', '-')}", type=int, default=getattr(usual, name), metavar="N"
        )
    parser.add_argument("--kbits", type=int, metavar="N", help="a second, filled up")
    parser.add_argument("--codec", type=Codec, choices=list(Codec), default=usual.codec)
    parser.add_argument("--audio", type=Audio, choices=list(Audio), default=usual.audio)
    parser.add_argument("--scheme", type=Scheme, choices=list(Scheme), default=Scheme.OPEN)
    parser.add_argument("--user", default=Access().user)
    parser.add_argument("--password", default=Access().password)
    parser.add_argument("--port", type=int, default=0, help="(default: any free one)")
    parser.add_argument("--path", default="stream")
    given = vars(parser.parse_args(words))
    access = Access(given.pop("scheme"), given.pop("user"), given.pop("password"))
    port, path = given.pop("port"), given.pop("path")
    return Camera(replace(usual, **given), access, port=port, path=path)


def _facts(camera: Camera) -> dict[str, Any]:
    return {
        "url": camera.url,
        "port": camera.port,
        "powered": camera.powered,
        "mood": camera.mood,
        "clients": camera.clients,
        "encoder_pid": camera.encoder_pid,
    }


def _say(said: dict[str, Any]) -> None:
    print(json.dumps(said), flush=True)


async def _run(camera: Camera) -> None:
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(orders), sys.stdin
    )
    async with camera:
        _say(_facts(camera))
        async for line in orders:
            try:
                await carry_out(camera, CameraDeed(line.decode().strip()))
            except (FfmpegError, OSError, ValueError) as error:
                _say({"error": str(error)})
            else:
                _say(_facts(camera))


def main() -> int:
    """Run it."""
    try:
        asyncio.run(_run(parse()))
    except (FfmpegError, OSError, ValueError) as error:
        _say({"error": str(error)})
        return 1
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
