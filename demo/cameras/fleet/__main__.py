"""Run a town of network cameras until standard input ends; says ``ready`` when all are there."""

import argparse
import asyncio
import sys

from .town import DISCOVERY_PORT, ONVIF_PORT, RTSP_PORT, Town, things


async def _run(town: Town) -> None:
    async with town:
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.read)


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(prog="python -m demo.cameras.fleet", description=__doc__)
    parser.add_argument("--count", type=int, help="(default: one of each kind)")
    parser.add_argument("--first", metavar="ADDRESS", help="(default: some of 127.0.0.0/8)")
    parser.add_argument("--rtsp-port", type=int, default=RTSP_PORT)
    parser.add_argument("--onvif-port", type=int, default=ONVIF_PORT)
    parser.add_argument("--discovery-port", type=int, default=DISCOVERY_PORT)
    there = things(**vars(parser.parse_args()))
    for thing in there:
        print(f"{thing.stream_url}  {thing.kind.name}: {', '.join(thing.kind.verdicts)}")
    asyncio.run(_run(Town(there)))


if __name__ == "__main__":
    main()
