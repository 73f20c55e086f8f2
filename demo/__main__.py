"""The demo: a broker, a fleet of devices and Home Assistant with MQTT Sentinel, on this machine.

Without arguments it starts them and says where to look. ``--check`` plays the story and tells
whether it came true. Any command of ``python -m demo.control`` is given to a demo that runs.
"""

import argparse
import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
import signal
import sys
import tempfile

from . import control, run_dir as run_dirs
from .broker import Broker, BrokerError, BrokerKind, free_port
from .client import Client
from .dashboard import URL_PATH, show
from .fleet import Fleet
from .home import PASSWORD, USER, Home, HomeError
from .household import CONFIGURATION, automations
from .installation import Times, confirm_address, install
from .members.room import ACTUATORS
from .members.workshop import RELAYS
from .observer import Observer
from .roster import NEWCOMERS, MemberSpec
from .story import SLOW, STEPS, Step, play
from .switching import set_up_relays
from .verbs import VERBS
from .world import FRONT, GARDEN, World, slug

_PORT = 8123
_COMMANDED = ("status/object_detection/front", "status/object_detection/garden")

_LATER = "plug"
"""The newcomer that nobody watches until the user of the demo starts it."""

_HINTS = (
    "scripts/demo ignore garden",
    "scripts/demo obey garden",
    "scripts/demo kill front",
    "scripts/demo start front",
    "scripts/demo cut front",
    "scripts/demo heal front",
    "scripts/demo freeze front",
    "scripts/demo thaw front",
    "scripts/demo power-off ESP32_002",
    "scripts/demo kill zigbee",
    "scripts/demo start zigbee",
    "scripts/demo hang porch",
    "scripts/demo go-on porch",
    "scripts/demo motion raspberry-1",
    "scripts/demo motion front-camera",
    "scripts/demo kill camera",
    "scripts/demo start camera",
    "scripts/demo stick pump",
    "scripts/demo behave pump",
    "scripts/demo start plug",
    "scripts/demo start vandal",
    "scripts/demo broker kill",
    "scripts/demo broker start",
)


@dataclass(frozen=True, slots=True)
class Parts:
    """What to build a world of: whose Home Assistant, which broker (None: the better one), where."""

    interpreter: str
    kind: BrokerKind | None
    run_dir: Path
    port: int


async def _build(
    stack: AsyncExitStack, parts: Parts, newcomers: Sequence[MemberSpec] = ()
) -> World:
    """Start everything, and set it up as a user does; the stack ends it.

    The members that wait to be named are watched only if they are among ``newcomers``.
    """
    run_dir, times = parts.run_dir, Times()
    run_dirs.prepare(run_dir)
    broker = Broker(free_port(), run_dirs.broker(run_dir), parts.kind)
    broker.forget()
    await stack.enter_async_context(broker)
    fleet = await stack.enter_async_context(Fleet(run_dir, broker))
    home = Home(parts.interpreter, run_dir / "home", parts.port)
    home.prepare(CONFIGURATION, automations(_COMMANDED))
    stack.push_async_callback(home.stop)
    await asyncio.gather(
        home.start(), fleet.start_all(), *(fleet.start(member.name) for member in newcomers)
    )
    session = await stack.enter_async_context(AsyncExitStack())
    client = await session.enter_async_context(Client(home.url, USER, PASSWORD))
    await confirm_address(client)
    # The ghost is for later: the story, or the user, watches it by hand.
    installation = await install(client, broker, times, leave_out="attic")
    await installation.guard([FRONT, GARDEN])
    observer = Observer(client)
    await observer.follow()
    return World(home, broker, fleet, times, observer, installation, session)


async def _check(interpreter: str, kind: BrokerKind | None, steps: Mapping[str, Step]) -> int:
    with tempfile.TemporaryDirectory(prefix="sentinel-") as directory:
        async with AsyncExitStack() as stack:
            parts = Parts(interpreter, kind, Path(directory), free_port())
            world = await _build(stack, parts)
            print(f"Home Assistant {await _version(world)} on {world.broker.kind}", flush=True)
            return 0 if await play(world, steps) else 1


async def _run(parts: Parts) -> int:
    async with AsyncExitStack() as stack:
        print("Starting a broker, a fleet and Home Assistant ...", flush=True)
        world = await _build(stack, parts, [spec for spec in NEWCOMERS if spec.name != _LATER])
        watches = [slug(name) for name in await world.installation.watches()]
        await world.agreement("workshop")
        await set_up_relays(world.installation)
        await show(world.observer.client, watches, (*RELAYS, *ACTUATORS), list(_HINTS))
        await stack.enter_async_context(control.served(world.fleet))
        print(
            f"\nHome Assistant {await _version(world)} on {world.broker.kind}:\n\n"
            f"    {world.home.url}/{URL_PATH}    user: {USER}    password: {PASSWORD}\n\n"
            "Arm the alarm there, then break something in another terminal, such as:\n"
        )
        print("\n".join(f"    {hint}" for hint in _HINTS))
        print(
            f"\nSettle time {world.times.settle:.0f} s, grace {world.times.grace:.0f} s. "
            "All commands: scripts/demo --help. Ctrl-C ends it.",
            flush=True,
        )
        await _interrupted()
    return 0


async def _version(world: World) -> str:
    return str((await world.observer.client.command("get_config"))["version"])


async def _interrupted() -> None:
    stop = asyncio.Event()
    for which in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(which, stop.set)
    await stop.wait()


def main() -> int:
    """Run the demo, its check, or give a command to the one that runs."""
    if len(sys.argv) > 1 and sys.argv[1] in {verb.name for verb in VERBS}:
        return control.main()
    commands = "\n".join(f"  {verb.usage:20} {verb.help}" for verb in VERBS)
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="Home Assistant with MQTT Sentinel, a broker and a fleet that can be broken.",
        epilog=f"commands to a demo that runs:\n{commands}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--check", action="store_true", help="play the story, without a browser")
    parser.add_argument("--slow", action="store_true", help="with --check: what takes long instead")
    parser.add_argument("--port", type=int, default=_PORT, help="of the web page (%(default)s)")
    parser.add_argument("--run-dir", type=Path, default=run_dirs.default(), help="%(default)s")
    parser.add_argument(
        "--python", default=sys.executable, help="whose Home Assistant to run (this one's)"
    )
    parser.add_argument(
        "--broker", type=BrokerKind, choices=list(BrokerKind), help="(mosquitto if installed)"
    )
    arguments = parser.parse_args()
    interpreter, kind = arguments.python, arguments.broker
    try:
        if arguments.check:
            steps = SLOW if arguments.slow else STEPS
            return asyncio.run(_check(interpreter, kind, steps))
        return asyncio.run(_run(Parts(interpreter, kind, arguments.run_dir, arguments.port)))
    except (BrokerError, HomeError, control.ControlError, run_dirs.RunDirError) as reason:
        print(f"error: {reason}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
