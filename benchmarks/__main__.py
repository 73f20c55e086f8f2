"""Measures MQTT Sentinel against the same work in the same run; see benchmarks/README.md."""

import argparse
import asyncio
from dataclasses import replace
from pathlib import Path
import sys
import tempfile

from demo.broker import BrokerError

from .effort import QUICK, Effort
from .measure import ROWS, measure
from .results import Result, Unmeasured, as_json, as_table
from .rig import stage
from .sender import SenderError


async def _run(interpreter: str, effort: Effort, wanted: list[str]) -> list[Result]:
    with tempfile.TemporaryDirectory(prefix="sentinel-bench-") as directory:
        async with stage(interpreter, Path(directory)) as place:
            rows: list[Result] = []
            async for row in measure(place, effort, wanted):
                print(f"measured: {as_table([row], head=False)}", file=sys.stderr, flush=True)
                rows.append(row)
            return rows


def main() -> int:
    """Measure, and show what came out; a missed bar is no failure, what could not be measured is."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one line of JSON at the end")
    parser.add_argument("--row", nargs="+", action="extend", choices=ROWS, help="only these")
    parser.add_argument("--quick", action="store_true", help="fewer messages and watches: a trial")
    parser.add_argument("--python", default=sys.executable, help="whose Home Assistant to run")
    parser.add_argument(
        "--scene-drift",
        type=float,
        metavar="SECONDS",
        help="only the drift of a scene that takes so long (600: ten minutes)",
    )
    arguments = parser.parse_args()
    effort = QUICK if arguments.quick else Effort()
    wanted = arguments.row or list(ROWS)
    if arguments.scene_drift is not None:
        effort, wanted = replace(effort, scene=arguments.scene_drift), ["scene_drift"]
    try:
        rows = asyncio.run(_run(arguments.python, effort, wanted))
    except (BrokerError, SenderError, OSError) as reason:
        print(f"error: {reason!r}", file=sys.stderr)
        return 1
    print(as_table(rows))
    if arguments.json:
        print(as_json(rows))
    return 1 if any(isinstance(row, Unmeasured) for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
