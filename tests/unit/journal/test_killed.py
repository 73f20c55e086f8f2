"""What was accepted outlives a SIGKILL; a full disk and a server that is gone lose nothing."""

import asyncio
from collections.abc import Callable
import os
from pathlib import Path
import random
import signal
import subprocess
import sys

import pytest
from sqlalchemy import create_engine, text

from custom_components.mqtt_sentinel.evidence.journal.address import read_url
from custom_components.mqtt_sentinel.evidence.journal.failures import JournalError, Trouble
from custom_components.mqtt_sentinel.evidence.journal.journal import Limits
from custom_components.mqtt_sentinel.evidence.journal.news import Phase

from .house import Kept, event
from .server import Server

HERE = Path(__file__).parent
KILLS = 20


def killed(nurse: subprocess.Popen[str], url: str, first: int, after: int) -> set[int]:
    """Let a process accept rows, kill it after so many; what it said that it had accepted."""
    assert nurse.stdin
    assert nurse.stdout
    nurse.stdin.write(f"{url} {first}\n")
    nurse.stdin.flush()
    word, child = nurse.stdout.readline().split()
    assert word == "born"
    accepted: set[int] = set()
    while (line := nurse.stdout.readline().strip()) != "dead":
        accepted.add(int(line))
        if len(accepted) == after:
            os.kill(int(child), signal.SIGKILL)
    assert len(accepted) >= after
    return accepted


def test_what_was_accepted_outlives_a_kill(file_url: str) -> None:
    _kill_again_and_again(file_url, KILLS)


def test_what_was_accepted_outlives_a_kill_on_a_server(server: Server) -> None:
    _kill_again_and_again(server.new_place(), 3)


def _kill_again_and_again(url: str, times: int) -> None:
    chance = random.Random(7)
    accepted: set[int] = set()
    with subprocess.Popen(
        [sys.executable, HERE / "accepting.py"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as nurse:
        for turn in range(times):
            after = chance.randrange(1, 120)
            accepted |= killed(nurse, url, turn * 1_000_000, after)
    engine = create_engine(read_url(url))
    with engine.connect() as link:
        events = link.scalars(text("SELECT at FROM sentinel_events WHERE kind = 'button'")).all()
        incidents = link.scalars(text("SELECT updated_at FROM sentinel_incidents")).all()
    engine.dispose()
    assert len(accepted) >= times
    assert accepted <= set(events)
    assert sorted(events) == sorted(incidents)
    assert len(events) == len(set(events))
    # Of each life there are at most those that were on their way.
    assert len(events) - len(accepted) <= 4 * times


def test_a_full_disk_loses_nothing(file_url: str) -> None:
    command = [sys.executable, HERE / "filling.py", file_url, "8000", "400000"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    *states, rows, stopped = done.stdout.splitlines()
    assert stopped.startswith("stopped")
    assert rows == "8001 8001"
    # What it is called depends on how much of the last page fitted.
    working, *failing, again = states
    assert working.split()[0] == again.split()[0] == Phase.WORKING
    assert {state.split()[0] for state in failing} == {Phase.FAILING}
    assert {state.split()[1] for state in failing} <= {Trouble.DISK_FULL, Trouble.FAILED}
    assert all("disk" in state for state in failing)


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    """A disk of a megabyte, for who may make one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]
    if os.geteuid() or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no disk can be made here")
    return folder


async def test_a_full_disk_is_called_so(
    small_disk: Path, journal_at: Callable[..., Kept], request: pytest.FixtureRequest
) -> None:
    request.addfinalizer(lambda: subprocess.run(["umount", "-l", small_disk], check=True))
    kept = journal_at(f"sqlite:///{small_disk}/journal.db", limits=Limits(patience=5.0))
    await kept.journal.accept(event(0))
    filler = small_disk / "filler"
    with pytest.raises(OSError, match="No space"):
        filler.write_bytes(b"x" * 2_000_000)
    for number in range(1, 1_000):
        kept.journal.write(event(number))
    state = await kept.is_in(Phase.FAILING)
    assert (state.trouble, state.text) == (Trouble.DISK_FULL, "database or disk is full")
    filler.unlink()
    await kept.is_in(Phase.WORKING)
    await kept.all_written()
    assert await kept.event_times() == list(range(1_000))
    assert [state.phase for state in kept.states()] == [Phase.WORKING, Phase.FAILING, Phase.WORKING]


async def test_a_server_that_is_gone_and_comes_back(
    own_server: Server, journal_at: Callable[..., Kept]
) -> None:
    url = own_server.new_place()
    kept = journal_at(url, limits=Limits(patience=5.0))
    # Accepted: it has to outlive the server's crash, too.
    await kept.journal.accept(event(0))
    assert await kept.event_times() == [0]
    await asyncio.to_thread(own_server.stop)
    kept.journal.write(event(1))
    with pytest.raises(JournalError):
        await kept.journal.accept(event(-1))
    state = await kept.is_in(Phase.FAILING)
    assert state.trouble is Trouble.CANNOT_CONNECT
    with pytest.raises(JournalError):
        await kept.event_times()
    for number in range(2, 100):
        kept.journal.write(event(number))
    await asyncio.to_thread(own_server.start)
    await kept.is_in(Phase.WORKING)
    await kept.all_written()
    kept.journal.write(event(100))
    await kept.all_written()
    assert await kept.event_times() == list(range(101))


async def test_a_server_that_is_restarted_while_nobody_writes_is_no_news(
    own_server: Server, journal_at: Callable[..., Kept]
) -> None:
    kept = journal_at(own_server.new_place())
    await kept.journal.accept(event(0))
    await asyncio.to_thread(own_server.stop)
    await asyncio.to_thread(own_server.start)
    await kept.journal.accept(event(1))
    assert await kept.event_times() == [0, 1]
    assert [state.phase for state in kept.states()] == [Phase.WORKING]


async def test_two_write_to_one_server(server: Server, journal_at: Callable[..., Kept]) -> None:
    url = server.new_place()
    journals = [journal_at(url), journal_at(url)]  # neither finds any tables

    async def write(kept: Kept, site: str) -> None:
        for number in range(200):
            for _ in range(20):
                kept.journal.write(event(number, site=site))
            await kept.journal.accept(event(number, site=site))

    await asyncio.gather(*(write(kept, site) for kept, site in zip(journals, "ab", strict=True)))
    query = text("SELECT site, count(*) FROM sentinel_events GROUP BY site ORDER BY site")
    assert [tuple(row) for row in await journals[0].ask(query)] == [("a", 4200), ("b", 4200)]
    for kept in journals:
        assert [state.phase for state in kept.states()] == [Phase.WORKING]
