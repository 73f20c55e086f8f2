"""Child processes of the demo: started so that none of them outlives the demo.

A child asks the kernel to be killed when its parent dies (Linux). Programs that are not ours, as
mosquitto, are started through this module: it makes that request and then becomes the program
(``python -m demo.process --parent PID mosquitto -c FILE``), so the process id stays the same.
Elsewhere, our own children end when the pipe on their standard input does.
"""

import argparse
import asyncio
from collections.abc import Sequence
import ctypes
import os
from pathlib import Path
import signal
import sys

# From <linux/prctl.h>; Python has no name for it.
_PR_SET_PDEATHSIG = 1

_PACKAGE_HOME = Path(__file__).resolve().parent.parent


def die_with(parent: int) -> None:
    """Have this process killed when the process ``parent`` dies.

    Exits at once if ``parent`` died before it was asked. The kernel ties the request to the
    parent's *thread* that started us, so the supervisor has to start its children from a thread
    that lives as long as it does.
    """
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) was refused")
    if os.getppid() != parent:
        raise SystemExit(f"the process {parent} that started this one is gone")


def python(module: str, *options: str) -> list[str]:
    """Return the command line that runs one of the demo's modules with this interpreter."""
    return [sys.executable, "-m", module, *options]


async def spawn(
    command: Sequence[str], *, log: Path, pipes: bool = False, programs: Path | None = None
) -> asyncio.subprocess.Process:
    """Start ``command``, its standard error (and output, without ``pipes``) appended to ``log``.

    With ``pipes`` its standard input and output are pipes to us. The child leads a session of its
    own: Ctrl-C in the terminal must reach the supervisor alone, which then ends things in order.
    ``programs`` is a folder of programs that it finds besides those on the PATH.
    """
    environment = dict(os.environ)
    search_path = [str(_PACKAGE_HOME), environment.get("PYTHONPATH", "")]
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, search_path))
    if programs is not None:
        environment["PATH"] = os.pathsep.join([environment.get("PATH", os.defpath), str(programs)])
    with log.open("ab") as sink:
        return await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE if pipes else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE if pipes else sink,
            stderr=sink,
            env=environment,
            start_new_session=True,
        )


def tail(log: Path, lines: int = 5) -> str:
    """Return the last lines of a log, for an error message."""
    text = log.read_text(encoding="utf-8", errors="replace")
    return "\n".join(text.splitlines()[-lines:])


def main() -> None:
    """Tie this process to its parent, then become the given program."""
    parser = argparse.ArgumentParser(prog="python -m demo.process", description=__doc__)
    parser.add_argument("--parent", type=int, required=True, metavar="PID")
    parser.add_argument("program", nargs=argparse.REMAINDER, metavar="PROGRAM ...")
    arguments = parser.parse_args()
    if not arguments.program:
        parser.error("which program?")
    die_with(arguments.parent)
    # What is not ours finds nothing of ours; a Home Assistant would take it for its own.
    os.environ.pop("PYTHONPATH", None)
    os.execvp(arguments.program[0], arguments.program)


if __name__ == "__main__":
    main()
