"""A journal moves into another database: all of it, once, and never into somebody else's."""

from collections.abc import Callable
from pathlib import Path
import subprocess
import sys

import pytest
from sqlalchemy import text

from custom_components.mqtt_sentinel.evidence.journal import move as move_module
from custom_components.mqtt_sentinel.evidence.journal.address import (
    default_url,
    open_engine,
    read_url,
)
from custom_components.mqtt_sentinel.evidence.journal.failures import JournalError, Trouble
from custom_components.mqtt_sentinel.evidence.journal.models import KEPT
from custom_components.mqtt_sentinel.evidence.journal.move import move
from custom_components.mqtt_sentinel.evidence.journal.rows import Kind
from custom_components.mqtt_sentinel.evidence.journal.schema import VERSION, ensure, write_meta

from .conftest import SERVERS
from .house import Kept, event
from .server import Server
from .test_writer import ONE_OF_EACH

SCRIPT = Path(__file__).parents[3] / "scripts/move-journal"


def contents(url: str) -> dict[str, list[tuple[object, ...]]]:
    """All rows, without their numbers."""
    engine = open_engine(read_url(url))
    with engine.connect() as link:
        found = {}
        for kind, kept in KEPT.items():
            columns = ", ".join(kept.columns)
            query = text(f"SELECT {columns} FROM {kept.table.name} ORDER BY id")
            found[kind.value] = [tuple(row) for row in link.execute(query)]
    engine.dispose()
    return found


@pytest.fixture
async def source(file_url: str, journal_at: Callable[..., Kept]) -> str:
    """A journal in SQLite that has some of each, with gaps."""
    kept = journal_at(file_url)
    await kept.journal.accept(*ONE_OF_EACH, *(event(number) for number in range(50)))
    await kept.journal.transact(
        lambda link: link.execute(text("DELETE FROM sentinel_events WHERE id % 7 = 0"))
    )
    await kept.journal.stop()
    return file_url


@pytest.fixture(params=["sqlite", *SERVERS])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return default_url(tmp_path / "target").replace("sqlite:///", "sqlite:///", 1)
    return request.getfixturevalue(request.param).new_place()


@pytest.fixture(autouse=True)
def a_little_at_a_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(move_module, "_AT_ONCE", 4)
    (tmp_path / "target").mkdir()


async def test_all_of_it_moves(source: str, target: str, journal_at: Callable[..., Kept]) -> None:
    told: list[tuple[Kind, int]] = []
    copied = move(source, target, lambda kind, number: told.append((kind, number)))
    assert contents(target) == contents(source)
    assert copied.rows == {kind: len(contents(source)[kind]) for kind in Kind}
    assert [number for kind, number in told if kind is Kind.EVENTS][:2] == [4, 8]
    # And it can be gone on with.
    kept = journal_at(target)
    await kept.journal.accept(event(1000), ONE_OF_EACH[3])
    assert (await kept.event_times())[-1] == 1000


@pytest.mark.parametrize("chunks", [0, 1, 5, 12])
def test_it_goes_on_after_it_broke_off(source: str, target: str, chunks: int) -> None:
    left = chunks

    def break_off(*_: object) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        move(source, target, break_off)
    move(source, target)
    assert contents(target) == contents(source)


def test_what_was_moved_is_not_moved_again(source: str, target: str) -> None:
    move(source, target)
    with pytest.raises(JournalError, match="moved there already"):
        move(source, target)


async def test_two_journals_are_not_mixed(
    source: str, target: str, tmp_path: Path, journal_at: Callable[..., Kept]
) -> None:
    kept = journal_at(target)
    await kept.journal.accept(event(7))
    await kept.journal.stop()
    before = contents(target)
    with pytest.raises(JournalError, match="rows of its own"):
        move(source, target)
    assert contents(target) == before


def test_the_rest_of_another_journal_is_not_taken(source: str, target: str) -> None:
    with pytest.raises(KeyboardInterrupt):
        move(source, target, raise_interrupt)
    engine = open_engine(read_url(source))
    with engine.begin() as link:
        write_meta(link, "journal_id", "another")
    engine.dispose()
    with pytest.raises(JournalError, match="rows of its own"):
        move(source, target)


def raise_interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_rows_that_are_missing_are_told(source: str, target: str) -> None:
    def lose(kind: Kind, _: int) -> None:
        if kind is not Kind.INCIDENTS:
            return
        engine = open_engine(read_url(target))
        with engine.begin() as link:
            link.execute(text("DELETE FROM sentinel_incidents"))
        engine.dispose()

    with pytest.raises(JournalError, match="incidents: 1 rows in the source, 0 in the target"):
        move(source, target, lose)


def test_nobody_writes_to_the_source_meanwhile(source: str, target: str) -> None:
    engine = open_engine(read_url(f"{source}?timeout=0"))

    def write(*_: object) -> None:
        with engine.begin():
            pytest.fail("it could be written")

    with pytest.raises(JournalError, match="locked"):
        move(source, target, write)
    engine.dispose()


def test_what_cannot_be_moved(source: str, target: str, tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="to itself"):
        move(source, source)
    with pytest.raises(JournalError, match="there is no"):
        move(default_url(tmp_path / "nowhere"), target)
    with pytest.raises(JournalError, match="no URL"):
        move(source, "nonsense")
    with pytest.raises(JournalError) as failed:
        move(source, default_url(tmp_path / "nowhere"))
    assert failed.value.trouble is Trouble.CANNOT_CONNECT


def test_a_source_of_another_version_is_not_moved(source: str, target: str, tmp_path: Path) -> None:
    empty = default_url(tmp_path / "target").replace("mqtt_sentinel.db", "empty.db")
    (tmp_path / "target" / "empty.db").touch()
    with pytest.raises(JournalError, match="no journal"):
        move(empty, target)
    engine = open_engine(read_url(source))
    ensure(engine)
    with engine.begin() as link:
        write_meta(link, VERSION, "99")
    engine.dispose()
    with pytest.raises(JournalError, match="version 99"):
        move(source, target)


def test_the_script(source: str, server: Server) -> None:
    target = server.new_place()
    command = [sys.executable, SCRIPT, source, "-"]
    done = subprocess.run(command, input=target, capture_output=True, text=True, check=True)
    assert contents(target) == contents(source)
    assert "events: 44" in done.stdout
    again = subprocess.run(command, input=target, capture_output=True, text=True, check=False)
    assert again.returncode == 1
    assert again.stderr == "error: this journal was moved there already\n"
