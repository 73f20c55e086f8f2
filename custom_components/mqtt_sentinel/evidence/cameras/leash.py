"""Runs a program that dies with the process that started it, even if that one is killed.

A script: ``python leash.py {parent's pid} program arguments...``. The kernel keeps the leash, and
it is put on here and not between fork and exec of the parent, where with threads about little is safe.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
NOT_FOUND = 127
"""The exit status when there is no such program, as shells have it."""


def main(parent: int, command: list[str]) -> int:
    """Become the command; return only if that cannot be."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        return 1  # it died before the leash was on
    try:
        os.execvp(command[0], command)  # noqa: S606 - no shell is what is wanted
    except OSError as reason:
        print(f"{command[0]}: {reason.strerror}", file=sys.stderr)  # noqa: T201 - to who reads its log
    return NOT_FOUND


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
