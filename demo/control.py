"""Break things in the running demo, and repair them.

The demo listens on a Unix domain socket in its run directory. A request is one JSON line
``{"verb": "kill", "argument": "front"}``, answered by one line ``{"ok": bool, "text": str}``.
"""

import argparse
import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import IntEnum
import json
from pathlib import Path
import socket
import sys

from . import run_dir as run_dirs
from .broker import BrokerError
from .fleet import Fleet, FleetError
from .verbs import VERBS, Takes, find

_ANSWER_SECONDS = 60.0


class Exit(IntEnum):
    """The exit codes of the command line (2 is argparse's, for a command that is none)."""

    DONE = 0
    REFUSED = 1
    NO_DEMO = 3


class ControlError(Exception):
    """The demo cannot be reached, or another one is in the way; the text says which."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the demo answered, for people."""

    ok: bool
    text: str


@asynccontextmanager
async def served(fleet: Fleet) -> AsyncGenerator[Path]:
    """Take requests for ``fleet`` on the socket in its run directory, which is yielded."""
    path = run_dirs.control_socket(fleet.run_dir)
    if _somebody_listens(path):
        raise ControlError(f"a demo is already running in {fleet.run_dir}")
    path.unlink(missing_ok=True)
    turn = asyncio.Lock()
    answering: set[asyncio.Task[None]] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        answering.add(task)
        try:
            request = await reader.readline()
            # One after the other: "start" in the middle of a "kill" has no good answer.
            async with turn:
                reply = await _carry_out(fleet, request)
            line = json.dumps({"ok": reply.ok, "text": reply.text}).encode() + b"\n"
            writer.write(line)
            await writer.drain()
        except ConnectionError:
            # Whoever asked did not wait for the answer; what was asked is done all the same.
            pass
        finally:
            writer.close()
            answering.discard(task)

    server = await asyncio.start_unix_server(answer, path)
    try:
        yield path
    finally:
        server.close()
        server.close_clients()
        await asyncio.gather(*answering)
        await server.wait_closed()
        path.unlink(missing_ok=True)


async def _carry_out(fleet: Fleet, request: bytes) -> Reply:
    try:
        asked = json.loads(request)
    except ValueError:
        asked = None
    match asked:
        case {"verb": str(name), "argument": str(argument)} if verb := find(name):
            try:
                return Reply(True, await verb.run(fleet, argument))
            except (FleetError, BrokerError) as reason:
                return Reply(False, str(reason))
    return Reply(False, "not a request of this demo")


def _somebody_listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except FileNotFoundError, ConnectionRefusedError:
            return False
    return True


def ask(run_dir: Path, verb: str, argument: str = "") -> Reply:
    """Ask the demo that runs in ``run_dir``; raises ControlError if there is none."""
    request = json.dumps({"verb": verb, "argument": argument}).encode() + b"\n"
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_ANSWER_SECONDS)
        try:
            connection.connect(str(run_dirs.control_socket(run_dir)))
        except OSError as reason:
            raise ControlError(f"no demo is running in {run_dir} ({reason})") from reason
        connection.sendall(request)
        with connection.makefile("rb") as answers:
            line = answers.readline()
    if not line:
        raise ControlError("the demo ended before it answered")
    answer = json.loads(line)
    return Reply(answer["ok"], answer["text"])


def _parser() -> argparse.ArgumentParser:
    summary, _, _ = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(prog="python -m demo.control", description=summary)
    parser.add_argument(
        "--run-dir",
        type=Path,
        default=run_dirs.default(),
        help=f"of the demo (default: ${run_dirs.VARIABLE}, else %(default)s)",
    )
    commands = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    for verb in VERBS:
        command = commands.add_parser(verb.name, help=verb.help, description=verb.help)
        match verb.takes:
            case Takes.NOTHING:
                command.set_defaults(argument="")
            case Takes.BROKER_DEED:
                command.add_argument("argument", choices=verb.takes.split("|"))
            case _:
                command.add_argument("argument", metavar=verb.takes.value)
    return parser


def main() -> int:
    """Ask the running demo for one thing; print its answer."""
    arguments = _parser().parse_args()
    try:
        reply = ask(arguments.run_dir, arguments.verb, arguments.argument)
    except (ControlError, TimeoutError) as reason:
        print(f"error: {reason}", file=sys.stderr)
        return Exit.NO_DEMO
    if not reply.ok:
        print(f"error: {reply.text}", file=sys.stderr)
        return Exit.REFUSED
    print(reply.text)
    return Exit.DONE


if __name__ == "__main__":
    sys.exit(main())
