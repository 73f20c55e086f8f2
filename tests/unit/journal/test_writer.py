"""Rows that go in come out; what was accepted is there, whatever happens."""

import asyncio
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
import math
from pathlib import Path
import sqlite3
import threading
from uuid import uuid4

from hypothesis import HealthCheck, given, settings, strategies as st
import psutil
import pytest
from sqlalchemy import Connection, Dialect, UniqueConstraint, select, text
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.dialects.mysql.mariadb import MariaDBDialect
from sqlalchemy.schema import CreateTable

from custom_components.mqtt_sentinel.evidence.journal import backlog as backlog_module
from custom_components.mqtt_sentinel.evidence.journal.address import default_url, file_of, read_url
from custom_components.mqtt_sentinel.evidence.journal.failures import JournalError, Trouble
from custom_components.mqtt_sentinel.evidence.journal.journal import Journal, Limits
from custom_components.mqtt_sentinel.evidence.journal.models import (
    EVENTS,
    INCIDENTS,
    KEPT,
    METADATA,
    OUTBOX,
    WRITERS,
)
from custom_components.mqtt_sentinel.evidence.journal.news import MovedAside, Phase, Refusal
from custom_components.mqtt_sentinel.evidence.journal.reading import rows_of
from custom_components.mqtt_sentinel.evidence.journal.rows import (
    CommandRow,
    ConnectionRow,
    DeadLetterRow,
    Delivery,
    Kind,
    OutboxRow,
    RelayRow,
)
from custom_components.mqtt_sentinel.evidence.journal.statements import statements_for
from custom_components.mqtt_sentinel.evidence.journal.writer import Settled

from .house import SECONDS, Kept, clip, event, incident, number_of_events, until
from .server import Server

ONE_OF_EACH = [
    event(1, watch_id="w", device_id="d", event_id="e", source="a/b", data={"a": [1, None, "ü"]}),
    ConnectionRow("home", 1.5, "Door", connected=None, watch_id="w", reason="silent"),
    RelayRow("home", 1.25, "Light", is_on=True, cause="somebody"),
    incident(data={"timeline": [[1.0, "opened"]]}, storm="s1"),
    CommandRow("home", 1.0, "c1", "Light", "relay/1", "confirmed", tries=2, latency=0.25),
    clip("one", causes=["motion"], event_ids=["e"], incident_ids=[], triggers=[{"at": 1.0}]),
    DeadLetterRow("home", 1.0, "a/b", "bad_name", "", 12, "{"),
    OutboxRow("home", "m1", 1.0, "http", "d", '{"type": "x"}', next_at=2.0),
]


async def test_each_kind_comes_back_as_it_went_in(
    url: str, journal_at: Callable[..., Kept]
) -> None:
    kept = journal_at(url)
    await kept.journal.accept(*ONE_OF_EACH)

    found = []
    for kind in KEPT.values():
        query = select(kind.table)
        found += await kept.journal.read(
            lambda connection, kind=kind, query=query: rows_of(connection, kind.row, query)
        )
    assert found == [replace(row) for row in ONE_OF_EACH]
    assert kept.journal.metrics.written == len(ONE_OF_EACH)


async def test_rows_are_written_in_their_order_and_soon(
    url: str, journal_at: Callable[..., Kept]
) -> None:
    kept = journal_at(url)
    for number in range(1_000):
        kept.journal.write(event(number))
    await kept.all_written()
    assert await kept.event_times() == list(range(1_000))
    metrics = kept.journal.metrics
    assert (metrics.written, metrics.dropped, metrics.refused) == (1_000, 0, 0)
    assert metrics.latency_ms is not None
    assert metrics.average_ms is not None


async def test_an_incident_has_one_row(url: str, journal_at: Callable[..., Kept]) -> None:
    kept = journal_at(url)
    await kept.journal.accept(incident(), incident("i2"), incident(updated_at=2.0))
    await kept.journal.accept(incident(updated_at=3.0, closed_at=3.0))
    rows = await kept.ask(select(INCIDENTS.c.incident_id, INCIDENTS.c.updated_at))
    assert sorted(tuple(row) for row in rows) == [("i1", 3.0), ("i2", 1.0)]


async def test_a_message_is_in_the_outbox_once(url: str, journal_at: Callable[..., Kept]) -> None:
    kept = journal_at(url)
    first = OutboxRow("home", "m1", 1.0, "http", "d", "{}", state=Delivery.DELIVERED)
    again = replace(first, state=Delivery.WAITING)
    await kept.journal.accept(first, again)
    await kept.journal.accept(again, replace(again, message_id="m2"))
    rows = await kept.ask(select(OUTBOX.c.message_id, OUTBOX.c.state).order_by(OUTBOX.c.id))
    assert [tuple(row) for row in rows] == [("m1", "delivered"), ("m2", "waiting")]


async def test_what_was_put_in_before_comes_before(
    url: str, journal_at: Callable[..., Kept]
) -> None:
    kept = journal_at(url)
    for number in range(500):
        kept.journal.write(incident(updated_at=float(number)))
        if number % 50 == 0:
            await kept.journal.accept(incident(updated_at=number + 0.5))
    await kept.all_written()
    [[updated]] = await kept.ask(select(INCIDENTS.c.updated_at))
    assert updated == 499.0


BAD = {
    "a value that is no JSON": event(-1, data={"a": object()}),
    "a number beyond its integers": event(-1, data=None, at=2**70),
    "half a character": event(-1, source="\ud800"),
    "no time": event(-1, at=None),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
async def test_a_bad_row_takes_no_other_with_it(
    bad: object, url: str, journal_at: Callable[..., Kept]
) -> None:
    if bad is BAD["a number beyond its integers"]:
        # Elsewhere a double takes it. PostgreSQL takes no such text, and MariaDB no such number.
        other = {"postgresql": event(-1, source="\0"), "mysql": event(-1, at=math.nan)}
        bad = other.get(url.partition(":")[0], bad)
    kept = journal_at(url)
    for number in range(300):
        kept.journal.write(event(number))
        if number == 77:
            kept.journal.write(bad)
    await kept.all_written()
    assert await kept.event_times() == list(range(300))
    await until(lambda: kept.told(Refusal))
    [refusal] = kept.told(Refusal)
    assert refusal.rows == (bad,)
    assert refusal.text
    assert kept.journal.metrics.refused == 1
    assert kept.journal.state.phase is Phase.WORKING


async def test_a_bad_row_fails_what_it_is_accepted_with_and_no_more(
    url: str, journal_at: Callable[..., Kept]
) -> None:
    kept = journal_at(url)
    done = await asyncio.gather(
        kept.journal.accept(event(1)),
        kept.journal.accept(event(2), event(-1, at=None)),
        kept.journal.accept(event(3)),
        return_exceptions=True,
    )
    assert [type(result) for result in done] == [type(None), JournalError, type(None)]
    assert await kept.event_times() == [1, 3]


async def test_work_is_done_between_rows(url: str, journal_at: Callable[..., Kept]) -> None:
    kept = journal_at(url)
    for number in range(10):
        kept.journal.write(event(number))
    assert await kept.journal.transact(number_of_events) == 10


async def test_work_that_goes_wrong_is_told_to_who_asked_for_it(
    url: str, journal_at: Callable[..., Kept]
) -> None:
    kept = journal_at(url)

    def fail(connection: object) -> None:
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        await kept.journal.transact(fail)
    with pytest.raises(Exception, match="no_such_table"):
        await kept.journal.transact(lambda link: link.execute(text("SELECT * FROM no_such_table")))
    await kept.journal.accept(event(1))
    assert [state.phase for state in kept.states()] == [Phase.WORKING]


async def test_reading_changes_nothing(file_url: str, journal_at: Callable[..., Kept]) -> None:
    kept = journal_at(file_url)
    await kept.journal.accept(event(1))
    with pytest.raises(JournalError, match="readonly"):
        await kept.journal.read(lambda link: link.execute(text("DELETE FROM sentinel_events")))


async def test_reading_what_cannot_be_opened(journal_at: Callable[..., Kept]) -> None:
    kept = journal_at("nonsense")
    with pytest.raises(JournalError) as failed:
        await kept.journal.read(number_of_events)
    assert failed.value.trouble is Trouble.BAD_URL


async def test_stopping_writes_what_is_left(url: str) -> None:
    kept = Kept(url)
    kept.journal.start()
    for number in range(20_000):
        kept.journal.write(event(number))
    assert await kept.journal.stop() == []
    assert kept.journal.metrics.written == 20_000
    assert [state.phase for state in kept.states()] == [Phase.WORKING, Phase.STOPPED]
    assert not [thread for thread in threading.enumerate() if "journal" in thread.name]
    with pytest.raises(JournalError, match="does not run"):
        await kept.journal.accept(event(1))
    with pytest.raises(JournalError, match="does not run"):
        await kept.journal.read(number_of_events)


def open_files() -> list[str]:
    """What this process has open."""
    return [opened.path for opened in psutil.Process().open_files()]


async def test_who_still_reads_when_it_stops_leaves_nothing_open(
    file_url: str, tmp_path: Path
) -> None:
    reads, stopped = threading.Event(), threading.Event()

    def linger(connection: Connection) -> int:
        reads.set()
        assert stopped.wait(SECONDS)
        return number_of_events(connection)

    kept = Kept(file_url)
    kept.journal.start()
    await kept.journal.accept(event(1))
    asked = asyncio.create_task(kept.journal.read(linger))
    await until(reads.is_set)
    await kept.journal.stop()
    assert str(tmp_path / "mqtt_sentinel.db") in open_files()
    stopped.set()
    assert await asked == 1
    assert not [path for path in open_files() if path.startswith(str(tmp_path))]


async def test_a_journal_that_never_began_accepts_nothing(file_url: str) -> None:
    kept = Kept(file_url)
    with pytest.raises(JournalError, match="does not run"):
        await kept.journal.accept(event(1))
    kept.journal.write(event(1))
    assert await kept.journal.stop() == [event(1)]


def hold(file_url: str) -> sqlite3.Connection:
    """Somebody who keeps the file for himself."""
    file = file_of(read_url(file_url))
    assert file is not None
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    return holder


async def test_a_locked_file_is_told_and_written_later(
    file_url: str, journal_at: Callable[..., Kept]
) -> None:
    kept = journal_at(f"{file_url}?timeout=0.05", limits=Limits(patience=0.5))
    kept.journal.write(event(1))
    await kept.all_written()
    holder = hold(file_url)
    kept.journal.write(event(2))
    state = await kept.is_in(Phase.FAILING)
    with pytest.raises(JournalError) as failed:
        await kept.journal.accept(event(-1))
    assert failed.value.trouble is Trouble.LOCKED
    assert (state.trouble, state.text) == (Trouble.LOCKED, "database is locked")
    holder.close()
    await kept.is_in(Phase.WORKING)
    kept.journal.write(event(3))
    await kept.all_written()
    # Who was told that it came to nothing finds nothing.
    assert await kept.event_times() == [1, 2, 3]


async def test_the_oldest_go_when_there_is_no_room(
    file_url: str, journal_at: Callable[..., Kept], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog_module, "MOST_AT_ONCE", 10)
    kept = journal_at(f"{file_url}?timeout=0.05", limits=Limits(backlog=50, awaited=1))
    await kept.journal.accept(event(0))
    holder = hold(file_url)
    kept.journal.write(event(1))
    await kept.is_in(Phase.FAILING)
    accepting = asyncio.create_task(kept.journal.accept(event(2)))
    await asyncio.sleep(0)
    with pytest.raises(JournalError, match="too much waits"):
        await kept.journal.accept(event(-1))
    for number in range(3, 103):
        kept.journal.write(event(number))
    assert kept.journal.metrics.dropped == 50
    assert kept.journal.metrics.backlog == 52
    holder.close()
    await accepting
    await kept.all_written()
    assert await kept.event_times() == [0, 1, 2, *range(53, 103)]


async def test_stopping_does_not_wait_for_ever(
    file_url: str, journal_at: Callable[..., Kept]
) -> None:
    kept = Kept(f"{file_url}?timeout=0.05")
    kept.journal.start()
    await kept.journal.accept(event(0))
    holder = hold(file_url)
    kept.journal.write(event(1))
    accepting = asyncio.create_task(kept.journal.accept(event(2), event(3)))
    await kept.is_in(Phase.FAILING)
    kept.journal.write(event(4))
    assert await kept.journal.stop(0.3) == [event(1), event(4)]
    with pytest.raises(JournalError):
        await accepting
    holder.close()
    again = journal_at(file_url)
    await again.is_in(Phase.WORKING)
    assert await again.event_times() == [0]


@pytest.mark.parametrize("how", ["garbage", "broken later"])
async def test_a_corrupt_file_is_moved_aside(
    how: str, file_url: str, tmp_path: Path, journal_at: Callable[..., Kept]
) -> None:
    file = tmp_path / "mqtt_sentinel.db"
    if how == "garbage":
        before = b"no database at all" * 1000
        file.write_bytes(before)
        kept = journal_at(file_url)  # which may have moved it by now
    else:
        kept = journal_at(file_url)
        await kept.journal.accept(*(event(number) for number in range(2_000)))
        await kept.journal.transact(lambda link: None)
        with sqlite3.connect(file) as link:
            link.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        link.close()
        pages = bytearray(file.read_bytes())
        pages[4096:] = b"\xff" * (len(pages) - 4096)
        before = bytes(pages)
        file.write_bytes(before)
    await kept.journal.accept(event(7))
    await kept.is_in(Phase.WORKING)
    [moved] = kept.told(MovedAside)
    assert moved.path.name.startswith("mqtt_sentinel.db.corrupt-")
    assert moved.path.read_bytes()[4096:] == before[4096:]
    assert await kept.event_times() == [7]


@pytest.mark.parametrize("how", ["deleted", "replaced"])
async def test_a_file_that_is_taken_away_is_made_again(
    how: str, file_url: str, tmp_path: Path, journal_at: Callable[..., Kept]
) -> None:
    kept = journal_at(file_url)
    await kept.journal.accept(event(1))
    before = tmp_path / "before.db"
    with closing(sqlite3.connect(tmp_path / "mqtt_sentinel.db")) as link:
        link.execute("VACUUM INTO ?", (str(before),))
    await kept.journal.accept(event(2))
    for end in ("", "-wal", "-shm"):
        (tmp_path / f"mqtt_sentinel.db{end}").unlink()
    if how == "replaced":
        before.rename(tmp_path / "mqtt_sentinel.db")
    await kept.journal.accept(event(3))
    again = journal_at(file_url)
    await again.is_in(Phase.WORKING)
    assert await again.event_times() == ([1, 3] if how == "replaced" else [3])


async def test_a_folder_that_is_not_there_is_made(
    tmp_path: Path, journal_at: Callable[..., Kept]
) -> None:
    kept = journal_at(default_url(tmp_path / "a" / "b"))
    await kept.journal.accept(event(1))
    assert (tmp_path / "a" / "b" / "mqtt_sentinel.db").exists()


async def test_a_file_that_cannot_be_made_is_told(
    tmp_path: Path, journal_at: Callable[..., Kept]
) -> None:
    (tmp_path / "a").write_text("in the way")
    kept = journal_at(default_url(tmp_path / "a"), limits=Limits(patience=0.2))
    state = await kept.is_in(Phase.FAILING)
    assert state.trouble is Trouble.CANNOT_CONNECT
    (tmp_path / "a").unlink()
    kept.journal.write(event(1))
    await kept.is_in(Phase.WORKING)
    await kept.all_written()
    assert await kept.event_times() == [1]


async def test_a_batch_whose_commit_was_not_heard_of_is_not_written_twice(
    url: str, journal_at: Callable[..., Kept], monkeypatch: pytest.MonkeyPatch
) -> None:
    from custom_components.mqtt_sentinel.evidence.journal import writer as writer_module

    class Deaf(writer_module.Store):
        """The connection breaks after the commit, before it is told, once a batch."""

        heard = False

        def write(self, *args: object, **more: object) -> None:
            super().write(*args, **more)
            self.heard = not self.heard
            if self.heard:
                raise ConnectionResetError

        def run(self, *args: object) -> None:
            super().run(*args)
            raise ConnectionResetError

    monkeypatch.setattr(writer_module, "Store", Deaf)
    kept = journal_at(url)
    await kept.journal.accept(event(1), event(2))
    await kept.journal.accept(event(3))
    assert await kept.journal.transact(lambda link: "done") == "done"
    assert await kept.event_times() == [1, 2, 3]
    assert kept.journal.metrics.written == 3


async def test_each_writer_notes_how_far_it_came(url: str, journal_at: Callable[..., Kept]) -> None:
    first, second = journal_at(url), journal_at(url)
    await asyncio.gather(first.journal.accept(event(1)), second.journal.accept(event(2)))
    await first.journal.accept(event(3))
    rows = await first.ask(select(WRITERS.c.batch))
    assert sorted(row[0] for row in rows) == [1, 2]


async def test_work_in_a_locked_database_is_done_later(
    file_url: str, journal_at: Callable[..., Kept]
) -> None:
    kept = journal_at(f"{file_url}?timeout=0.05")
    await kept.journal.accept(event(1))
    holder = hold(file_url)
    working = asyncio.create_task(kept.journal.transact(number_of_events))
    await kept.is_in(Phase.FAILING)
    holder.close()
    assert await working == 1


async def test_work_whose_connection_breaks_is_done_again(
    server: Server, journal_at: Callable[..., Kept]
) -> None:
    kept = journal_at(server.new_place())
    await kept.journal.accept(event(1))
    times = []

    def work(connection: Connection) -> int:
        times.append(1)
        connection.execute(EVENTS.insert().values(site="home", at=2.0, kind="x", name="x"))
        if len(times) == 1:
            server.cut(connection)
        return number_of_events(connection)

    assert await kept.journal.transact(work) == 2
    assert len(times) == 2
    assert await kept.event_times() == [1, 2]


async def test_a_caller_who_gave_up_is_no_trouble(
    file_url: str, journal_at: Callable[..., Kept]
) -> None:
    kept = journal_at(f"{file_url}?timeout=0.05")
    await kept.journal.accept(event(1))
    holder = hold(file_url)
    accepting = asyncio.create_task(kept.journal.accept(event(-1)))
    await kept.is_in(Phase.FAILING)
    accepting.cancel()
    await asyncio.wait([accepting])
    holder.close()
    await kept.is_in(Phase.WORKING)
    assert await kept.event_times() == [1]
    # He went while his answer was on its way.
    done = asyncio.get_running_loop().create_future()
    done.cancel()
    kept.journal._found([Settled(done)], [])


def test_what_mariadb_is_told() -> None:
    dialect = mysql.dialect(paramstyle="format")
    [(replaced, values)] = statements_for(dialect, [incident(), incident(updated_at=2.0)])
    assert replaced.startswith("INSERT INTO sentinel_incidents (site, incident_id, name, ")
    assert " VALUES (%s, %s, " in replaced
    _, _, update = replaced.partition(" ON DUPLICATE KEY UPDATE ")
    assert update.startswith("name=VALUES(name), ")
    assert "incident_id" not in update
    assert 2.0 in values
    [(left, _)] = statements_for(dialect, [OutboxRow("home", "m1", 1.0, "http", "d", "{}")])
    assert left.endswith(" ON DUPLICATE KEY UPDATE id=id")
    [(added, _)] = statements_for(dialect, [event(1)])
    assert "DUPLICATE" not in added


@pytest.mark.parametrize("dialect", [mysql.dialect(), MariaDBDialect()], ids=["mysql", "mariadb"])
def test_mariadb_can_make_the_tables(dialect: Dialect) -> None:
    """As far as that can be told without one: the words are there, and no index is too long."""
    for table in METADATA.sorted_tables:
        words = str(CreateTable(table).compile(dialect=dialect))
        assert "ENGINE=InnoDB" in words
        assert "utf8mb4_bin" in words
        keys = [list(index.columns) for index in table.indexes]
        keys += [
            list(one.columns) for one in table.constraints if isinstance(one, UniqueConstraint)
        ]
        for columns in keys:
            lengths = [getattr(column.type, "length", None) or 2 for column in columns]
            assert sum(4 * length for length in lengths) <= 3072


@pytest.mark.parametrize("number", [1, 4, 5, 255, 256, 257, 700])
def test_no_row_is_left_out_of_the_statements(number: int) -> None:
    dialect = sqlite.dialect(paramstyle="qmark")
    statements = list(statements_for(dialect, [event(at) for at in range(number)]))
    columns = len(KEPT[Kind.EVENTS].columns)
    times = [at for _, values in statements for at in values[1::columns]]
    assert times == list(range(number))
    assert all(words.count("?") == len(values) for words, values in statements)


async def test_a_loop_that_is_gone_is_no_trouble(file_url: str) -> None:
    def live() -> Journal:
        async def begin() -> Journal:
            journal = Journal(file_url, lambda _: None)
            journal.start()
            journal.write(event(1))
            return journal

        return asyncio.run(begin())

    journal = await asyncio.to_thread(live)
    journal._writer.finish()
    await asyncio.to_thread(journal._writer.join, 20)
    assert journal.metrics.written == 1


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(
    rows=st.lists(
        st.builds(
            event,
            st.integers(0, 2**31),
            name=TEXTS,
            source=st.none() | TEXTS,
            data=st.none() | st.dictionaries(TEXTS, JSON, max_size=3),
        ),
        min_size=1,
        max_size=400,
    )
)
def test_whatever_goes_in_comes_out(rows: list[object], tmp_path: Path) -> None:
    url = default_url(tmp_path / uuid4().hex)

    async def there_and_back() -> list[object]:
        kept = Kept(url)
        kept.journal.start()
        await kept.journal.accept(*rows)
        kind = next(iter(KEPT.values()))
        found = await kept.journal.read(
            lambda link: rows_of(link, kind.row, select(kind.table).order_by(kind.table.c.id))
        )
        await kept.journal.stop()
        return found

    assert asyncio.run(there_and_back()) == rows
