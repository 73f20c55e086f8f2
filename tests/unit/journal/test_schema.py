"""The tables are made once, brought up to date step by step, and refused if they are too new."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields

import pytest
from sqlalchemy import Column, Connection, Executable, Text, inspect, text
from sqlalchemy.dialects import mysql

from custom_components.mqtt_sentinel.evidence.journal import schema as schema_module
from custom_components.mqtt_sentinel.evidence.journal.address import open_engine, read_url
from custom_components.mqtt_sentinel.evidence.journal.failures import (
    JournalError,
    NewerSchemaError,
    Trouble,
)
from custom_components.mqtt_sentinel.evidence.journal.journal import Limits
from custom_components.mqtt_sentinel.evidence.journal.models import KEPT, METADATA
from custom_components.mqtt_sentinel.evidence.journal.news import Phase
from custom_components.mqtt_sentinel.evidence.journal.schema import (
    JOURNAL_ID,
    SCHEMA,
    VERSION,
    Schema,
    add_column,
    ensure,
    read_meta,
    read_version,
    write_meta,
)

from .house import Kept, event


def colour(connection: Connection) -> None:
    add_column(connection, "sentinel_events", Column("colour", Text))


def red(connection: Connection) -> None:
    connection.execute(text("UPDATE sentinel_events SET colour = 'red' WHERE colour IS NULL"))


def broken(connection: Connection) -> None:
    add_column(connection, "sentinel_events", Column("half", Text))
    raise OSError("the power went")


NEWER = Schema(METADATA, (colour, red))


@pytest.mark.parametrize("kind", KEPT)
def test_the_columns_are_the_fields_of_the_rows(kind: str) -> None:
    kept = KEPT[kind]
    assert {column.name for column in kept.table.c} - {"id"} == {
        field.name for field in fields(kept.row)
    }
    assert set(kept.key) <= set(kept.columns)


async def with_a_row(url: str, journal_at: Callable[..., Kept]) -> None:
    """Make a journal of version 1 that has a row."""
    kept = journal_at(url)
    await kept.journal.accept(event(1))
    await kept.journal.stop()


async def test_a_journal_is_brought_up_to_date(url: str, journal_at: Callable[..., Kept]) -> None:
    await with_a_row(url, journal_at)
    kept = journal_at(url, schema=NEWER)
    await kept.journal.accept(event(2))
    rows = await kept.ask(text("SELECT colour FROM sentinel_events ORDER BY id"))
    assert [row[0] for row in rows] == ["red", None]
    assert await kept.journal.read(read_version) == 3


async def test_a_step_that_broke_off_is_taken_again(
    url: str, journal_at: Callable[..., Kept]
) -> None:
    await with_a_row(url, journal_at)
    engine = open_engine(read_url(url))
    with pytest.raises(OSError, match="the power"):
        ensure(engine, Schema(METADATA, (colour, broken)))
    with engine.connect() as link:
        columns = {column["name"] for column in inspect(link).get_columns("sentinel_events")}
        if link.dialect.name == "mysql":
            # A change of tables cannot be taken back: half of what broke off is there.
            assert read_version(link) == 2
            assert {"colour", "half"} <= columns
        else:
            assert read_version(link) == 1
            assert not {"colour", "half"} & columns
            link.rollback()
            colour(link)  # as if it could not be taken back here either
            link.commit()
    ensure(engine, NEWER)
    with engine.connect() as link:
        assert read_version(link) == 3
        assert link.scalars(text("SELECT colour FROM sentinel_events")).all() == ["red"]
        link.rollback()
    ensure(engine, NEWER)
    engine.dispose()


def test_tables_that_were_begun_are_finished(url: str) -> None:
    engine = open_engine(read_url(url))
    with engine.begin() as link:
        KEPT["events"].table.create(link)
        METADATA.tables["sentinel_meta"].create(link)
    ensure(engine)
    with engine.connect() as link:
        assert read_version(link) == SCHEMA.version
        assert set(METADATA.tables) <= set(inspect(link).get_table_names())
        assert read_meta(link, JOURNAL_ID)
    engine.dispose()


def test_who_comes_at_once_takes_each_step_once(url: str) -> None:
    taken: list[int] = []

    def step(connection: Connection) -> None:
        taken.append(1)
        connection.execute(text("UPDATE sentinel_meta SET value = value"))

    engines = [open_engine(read_url(url)) for _ in range(6)]
    ensure(engines[0])
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda engine: ensure(engine, Schema(METADATA, (step,))), engines))
    assert len(taken) == 1
    for engine in engines:
        engine.dispose()


async def test_a_newer_journal_is_left_alone(url: str, journal_at: Callable[..., Kept]) -> None:
    await with_a_row(url, journal_at)
    engine = open_engine(read_url(url))
    with engine.begin() as link:
        write_meta(link, VERSION, "99")
    with pytest.raises(NewerSchemaError, match="version 99, and this one knows 1"):
        ensure(engine)
    engine.dispose()
    kept = journal_at(url, limits=Limits(patience=0.2))
    state = await kept.is_in(Phase.FAILING)
    assert state.trouble is Trouble.NEWER_SCHEMA
    with pytest.raises(JournalError):
        await kept.journal.accept(event(2))
    assert await kept.event_times() == [1]


class Link:
    """A MariaDB that answers what it is told to."""

    def __init__(self, locked: int) -> None:
        self.asked: list[str] = []
        self._locked = locked
        self.dialect = mysql.dialect()

    def scalar(self, query: Executable) -> int:
        self.asked.append(str(query.compile(dialect=self.dialect)))
        return self._locked

    def execute(self, query: Executable) -> None:
        self.scalar(query)


def test_mariadb_is_locked_by_name() -> None:
    link = Link(1)
    with pytest.raises(OSError, match="the power"), schema_module._alone(link):
        raise OSError("the power went")
    assert [query.partition("(")[0] for query in link.asked] == [
        "SELECT get_lock",
        "SELECT release_lock",
    ]


def test_mariadb_that_is_locked_is_left_alone() -> None:
    with pytest.raises(JournalError) as failed, schema_module._alone(Link(0)):
        pytest.fail("it is not ours")
    assert failed.value.trouble is Trouble.LOCKED


async def test_where_tables_cannot_be_taken_back_each_step_counts(
    url: str, journal_at: Callable[..., Kept], monkeypatch: pytest.MonkeyPatch
) -> None:
    await with_a_row(url, journal_at)
    monkeypatch.setattr(schema_module, "_takes_tables_back", lambda _: False)
    engine = open_engine(read_url(url))
    with pytest.raises(OSError, match="the power"):
        ensure(engine, Schema(METADATA, (colour, broken)))
    with engine.connect() as link:
        assert read_version(link) == 2
    ensure(engine, NEWER)
    with engine.connect() as link:
        assert read_version(link) == 3
    engine.dispose()


def test_trying_a_database_leaves_no_table(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema_module, "_takes_tables_back", lambda _: False)
    engine = open_engine(read_url(url))
    schema_module.probe(engine)
    with engine.connect() as link:
        assert inspect(link).get_table_names() == []
    engine.dispose()
