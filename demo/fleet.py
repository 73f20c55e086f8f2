"""The supervisor: starts the members as processes of their own, and breaks them on demand.

It is asyncio. Start it from a thread that lives as long as the fleet does (see ``demo.process``).
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
import logging
import os
from pathlib import Path
import signal
from types import MappingProxyType
from typing import Self

from . import run_dir as run_dirs
from .broker import Broker, free_port
from .pipe import Answer, Deed, Facts, Order, decode, encode
from .process import python, spawn, tail
from .relay import Relay
from .roster import ROSTER, MemberSpec

_LOG = logging.getLogger(__name__)

_READY_SECONDS = 30.0
_ANSWER_SECONDS = 15.0
_STOP_SECONDS = 10.0


class FleetError(Exception):
    """What was asked cannot be done; the text says why."""


class Life(StrEnum):
    """What a member's process does."""

    DOWN = "down"
    RUNNING = "running"
    FROZEN = "frozen"
    ENDED = "ended"
    """It ended by itself (or was killed from outside): see ``exit_code``."""
    GONE = "gone"
    """It did the one thing that it does, as the ghost, and ended."""


class Network(StrEnum):
    """Whether a member's bytes reach the broker."""

    WHOLE = "whole"
    CUT = "cut"


@dataclass(frozen=True, slots=True)
class MemberState:
    """What is known of one member now. ``exit_code`` is of its last run, negative for a signal."""

    name: str
    about: str
    life: Life
    network: Network
    pid: int | None
    exit_code: int | None
    facts: Mapping[str, str]
    """What the member last said about itself, by name; empty while it is not running."""


class _Seat:
    """The place of one member: its relay, and its process while there is one."""

    def __init__(self, spec: MemberSpec, relay: Relay, log: Path) -> None:
        self.spec = spec
        self.relay = relay
        self.log = log
        self.port = free_port() if spec.listens else None
        self.life = Life.DOWN
        self.process: asyncio.subprocess.Process | None = None
        self.exit_code: int | None = None
        self.facts: Mapping[str, str] = {}
        self.answers: dict[int, asyncio.Future[Answer]] = {}
        self.watching: asyncio.Task[None] | None = None
        self.ending = False

    @property
    def alive(self) -> bool:
        return self.life in (Life.RUNNING, Life.FROZEN)

    def state(self) -> MemberState:
        return MemberState(
            name=self.spec.name,
            about=self.spec.about,
            life=self.life,
            network=Network.CUT if self.relay.is_cut else Network.WHOLE,
            pid=self.process.pid if self.process is not None and self.alive else None,
            exit_code=self.exit_code,
            facts=MappingProxyType(dict(self.facts)),
        )


class Fleet:
    """The members of ``roster`` on ``broker``, each behind a network of its own.

    The broker is started and stopped by whoever made it. Every method that takes a ``name``
    raises FleetError if there is no such member or if it makes no sense right now.
    """

    def __init__(
        self, run_dir: Path, broker: Broker, roster: Sequence[MemberSpec] = ROSTER
    ) -> None:
        """Know the members; ``open`` prepares them, ``start`` starts them."""
        self.run_dir = run_dir
        self.broker = broker
        self._seats = {
            spec.name: _Seat(
                spec, Relay(broker.address), run_dirs.logs(run_dir) / f"{spec.name}.log"
            )
            for spec in roster
        }
        self._orders = 0
        self._change = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Open."""
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close."""
        await self.close()

    async def open(self) -> None:
        """Prepare the run directory and the networks; no member is started yet."""
        run_dirs.prepare(self.run_dir)
        for seat in self._seats.values():
            await seat.relay.open()

    async def close(self) -> None:
        """Stop all members and the networks, and leave no process, task or socket behind."""
        await asyncio.gather(*(self._leave(seat) for seat in self._seats.values()))
        for seat in self._seats.values():
            await seat.relay.close()

    @property
    def names(self) -> tuple[str, ...]:
        """The members."""
        return tuple(self._seats)

    @property
    def nodes(self) -> tuple[str, ...]:
        """The devices that are played by a member together with others."""
        return tuple(node for seat in self._seats.values() for node in seat.spec.nodes)

    def state(self, name: str) -> MemberState:
        """Return what is known of one member."""
        return self._seat(name).state()

    def states(self) -> tuple[MemberState, ...]:
        """Return what is known of each member."""
        return tuple(seat.state() for seat in self._seats.values())

    def log(self, name: str) -> Path:
        """Return the file that the member logs to."""
        return self._seat(name).log

    def port(self, name: str) -> int:
        """Return the port that the member listens on, the same as long as this fleet is there."""
        seat = self._seat(name)
        if seat.port is None:
            raise FleetError(f"{name} listens on no port")
        return seat.port

    async def wait_until(self, agreed: Callable[[], bool], within: float) -> None:
        """Wait until ``agreed`` holds, asking at every change; TimeoutError after ``within`` s."""
        async with asyncio.timeout(within):
            while not agreed():
                await self._change.wait()

    async def wait_for(self, name: str, within: float = 10.0, **facts: str) -> None:
        """Wait until the member says all of ``facts`` about itself, as ``worker="online"``."""
        seat = self._seat(name)
        await self.wait_until(lambda: facts.items() <= seat.facts.items(), within)

    async def start_all(self) -> None:
        """Start every member that is not running, but those that wait to be named."""
        idle = [name for name, seat in self._seats.items() if seat.spec.at_start and not seat.alive]
        await asyncio.gather(*(self.start(name) for name in idle))

    async def start(self, name: str, *, ignoring: bool = False) -> None:
        """Start a member; returns when it takes orders, which may be before it has connected.

        A member that is not lasting, as the ghost, has run and ended when this returns.
        ``ignoring`` starts a service that ignores its commands, also the one that is retained.
        """
        seat = self._seat(name)
        if seat.alive:
            raise FleetError(f"{name} is already running")
        if ignoring:
            _check_takes_commands(seat)
        options = ["--broker", str(seat.relay.address), "--supervisor", str(os.getpid())]
        if seat.port is not None:
            options += ["--port", str(seat.port)]
        if ignoring:
            options.append("--ignoring")
        seat.process = await spawn(
            python(seat.spec.module, *seat.spec.options, *options), log=seat.log, pipes=True
        )
        seat.life = Life.RUNNING
        seat.exit_code = None
        seat.ending = False
        seat.watching = asyncio.create_task(self._watch(seat, seat.process))
        self._changed()
        await self.wait_until(lambda: bool(seat.facts) or not seat.alive, _READY_SECONDS)
        if seat.life is Life.ENDED:
            raise FleetError(f"{name} ended at once:\n{tail(seat.log)}")

    async def stop(self, name: str) -> None:
        """Have a member shut down properly: it says goodbye, its Last Will stays unsaid."""
        await self._leave(self._running(name))

    async def kill(self, name: str) -> None:
        """Kill a member with SIGKILL. Its sockets are closed, so that its Last Will speaks."""
        await self._kill(self._alive(name))

    async def freeze(self, name: str) -> None:
        """Hang a member (SIGSTOP): it stays connected and does nothing, not even keep alive."""
        seat = self._running(name)
        self._signal(seat, signal.SIGSTOP)
        seat.life = Life.FROZEN
        self._changed()

    async def thaw(self, name: str) -> None:
        """Let a frozen member go on."""
        seat = self._seat(name)
        if seat.life is not Life.FROZEN:
            raise FleetError(f"{name} is not frozen")
        self._signal(seat, signal.SIGCONT)
        seat.life = Life.RUNNING
        self._changed()

    async def ignore(self, name: str) -> None:
        """Make a service ignore its commands from now on."""
        await self._order(self._servant(name), Deed.IGNORE)

    async def obey(self, name: str) -> None:
        """Make a service obey again, the last command that it heard first."""
        await self._order(self._servant(name), Deed.OBEY)

    async def cut(self, name: str) -> None:
        """Cut a member off from the broker, silently and both ways. It need not be running."""
        seat = self._seat(name)
        if seat.relay.is_cut:
            raise FleetError(f"the network of {name} is already cut")
        seat.relay.cut()
        self._changed()

    async def heal(self, name: str) -> None:
        """Repair the network of a member."""
        seat = self._seat(name)
        if not seat.relay.is_cut:
            raise FleetError(f"the network of {name} is whole")
        seat.relay.heal()
        self._changed()

    async def tell(self, node: str, deed: Deed) -> None:
        """Have something happen at one node, which is played by a member."""
        await self._order(self._home(node), deed, node)

    async def power_off(self, node: str) -> None:
        """Take the power from one node: silence, until somebody's patience ends.

        That is the broker's for a node with a connection of its own, else that of its bridge.
        """
        await self.tell(node, Deed.POWER_OFF)

    async def power_on(self, node: str) -> None:
        """Boot a node that is off or crashed."""
        await self.tell(node, Deed.POWER_ON)

    async def crash(self, node: str) -> None:
        """Crash one node: its connection is lost without goodbye, and it stays away."""
        await self.tell(node, Deed.CRASH)

    async def drop(self, node: str) -> None:
        """Have one node lose its connection without goodbye and come back."""
        await self.tell(node, Deed.DROP)

    async def kill_broker(self) -> None:
        """Kill the broker with SIGKILL."""
        if not self.broker.running:
            raise FleetError("the broker is not running")
        await self.broker.kill()

    async def start_broker(self) -> None:
        """Start the broker again on its port."""
        if self.broker.running:
            raise FleetError("the broker is already running")
        await self.broker.start()

    async def freeze_broker(self) -> None:
        """Hang the broker (SIGSTOP): all connections stay, and nothing passes."""
        if not self.broker.running:
            raise FleetError("the broker is not running")
        if self.broker.frozen:
            raise FleetError("the broker is already frozen")
        self.broker.freeze()

    async def thaw_broker(self) -> None:
        """Let a frozen broker go on."""
        if not self.broker.frozen:
            raise FleetError("the broker is not frozen")
        self.broker.thaw()

    def _seat(self, name: str) -> _Seat:
        seat = self._seats.get(name)
        if seat is not None:
            return seat
        for other in self._seats.values():
            if name in other.spec.nodes:
                raise FleetError(f"{name} is a node of {other.spec.name}, not a member by itself")
        raise FleetError(f"there is no member {name}; there are {', '.join(self._seats)}")

    def _alive(self, name: str) -> _Seat:
        seat = self._seat(name)
        if not seat.alive:
            raise FleetError(f"{name} is not running")
        return seat

    def _running(self, name: str) -> _Seat:
        seat = self._alive(name)
        if seat.life is Life.FROZEN:
            raise FleetError(f"{name} is frozen, thaw it first")
        return seat

    def _servant(self, name: str) -> _Seat:
        seat = self._running(name)
        _check_takes_commands(seat)
        return seat

    def _home(self, node: str) -> _Seat:
        """Return the member that plays ``node``."""
        for seat in self._seats.values():
            if node in seat.spec.nodes:
                return self._running(seat.spec.name)
        raise FleetError(f"there is no node {node}; there are {', '.join(self.nodes)}")

    def _changed(self) -> None:
        change, self._change = self._change, asyncio.Event()
        change.set()

    async def _order(self, seat: _Seat, deed: Deed, node: str | None = None) -> None:
        """Give an order over the pipe and wait until it was carried out."""
        process = seat.process
        assert process is not None
        assert process.stdin is not None
        self._orders += 1
        order = Order(self._orders, deed, node)
        answered = seat.answers[order.number] = asyncio.get_running_loop().create_future()
        try:
            process.stdin.write(encode(order))
            async with asyncio.timeout(_ANSWER_SECONDS):
                answer = await answered
        except TimeoutError as late:
            raise FleetError(f"{seat.spec.name} does not answer") from late
        finally:
            del seat.answers[order.number]
        if answer.refused is not None:
            raise FleetError(f"{seat.spec.name} refused: {answer.refused}")

    async def _watch(self, seat: _Seat, process: asyncio.subprocess.Process) -> None:
        """Take in what the member says until it ends, and reap it."""
        assert process.stdout is not None
        async for line in process.stdout:
            try:
                said = decode(line)
            except ValueError as reason:
                _LOG.warning("%s: %s", seat.spec.name, reason)
                continue
            match said:
                case Facts(facts):
                    seat.facts = facts
                    self._changed()
                case Answer(number) if number in seat.answers:
                    seat.answers[number].set_result(said)
        seat.exit_code = await process.wait()
        if seat.ending:
            seat.life = Life.DOWN
        elif seat.exit_code == 0 and not seat.spec.lasting:
            seat.life = Life.GONE
        else:
            seat.life = Life.ENDED
        seat.facts = {}
        for number, answered in seat.answers.items():
            if not answered.done():
                answered.set_result(Answer(number, "it ended"))
        self._changed()

    async def _leave(self, seat: _Seat) -> None:
        """End a member, properly if it still can."""
        if seat.life is Life.FROZEN or seat.process is None or seat.process.stdin is None:
            await self._kill(seat)
            return
        seat.ending = True
        self._orders += 1
        seat.process.stdin.write(encode(Order(self._orders, Deed.STOP)))
        try:
            await self.wait_until(lambda: not seat.alive, _STOP_SECONDS)
        except TimeoutError:
            _LOG.warning("%s does not stop, so it is killed", seat.spec.name)
        await self._kill(seat)

    async def _kill(self, seat: _Seat) -> None:
        seat.ending = True
        self._signal(seat, signal.SIGKILL)
        if seat.watching is not None:
            await seat.watching
            seat.watching = None

    def _signal(self, seat: _Seat, which: signal.Signals) -> None:
        # A process that has ended but whose output was not read to its end yet is still "alive".
        if seat.process is not None and seat.process.returncode is None:
            seat.process.send_signal(which)


def _check_takes_commands(seat: _Seat) -> None:
    if not seat.spec.takes_commands:
        raise FleetError(f"{seat.spec.name} takes no commands that it could ignore or obey")
