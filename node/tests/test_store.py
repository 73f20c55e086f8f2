"""The queue on disk: notes in mapped memory, what becomes of them, and all that can go wrong."""

from collections.abc import Callable, Iterator
import contextlib
import logging
from pathlib import Path
import random
import shutil
import sqlite3
import subprocess
import sys
import threading

from hypothesis import given, strategies as st
import pytest

from mqtt_sentinel_node import Message, Priority, StoreError
from mqtt_sentinel_node.notes import PAGE_BYTES, Notes
from mqtt_sentinel_node.store import Store
from mqtt_sentinel_node.stored import Stored

SECONDS = 10.0
LARGE = b"x" * (PAGE_BYTES // 3)
"""Three of them do not go on one page."""


def stored(number: int, payload: bytes = b"") -> Stored:
    return Stored(number, Message("a", payload), Priority.NORMAL)


def numbers(found: list[Stored]) -> list[int]:
    return [one.number for one in found]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """What opens the store; after a death of it, again."""
    stores: list[Store] = []

    def make(name: str = "q") -> Store:
        stores.append(Store(tmp_path / name))
        return stores[-1]

    yield make
    for store in stores:
        with contextlib.suppress(sqlite3.ProgrammingError, ValueError):
            store.close()


def after_sigkill(file: Path) -> Store:
    """Return the store that a process finds if the one before was killed now."""
    copy = file.with_name("copy")
    for suffix in ("", "-wal", ".notes"):
        shutil.copy(file.with_name(file.name + suffix), copy.with_name(copy.name + suffix))
    return Store(copy)


# Notes


@given(
    st.builds(
        Stored,
        st.integers(1, 2**62),
        st.builds(
            Message,
            st.text(st.characters(exclude_characters="+#\0", codec="utf-8"), min_size=1),
            st.binary(),
            st.sampled_from([1, 2]),
            st.booleans(),
            st.none() | st.text(st.characters(codec="utf-8")),
            st.none() | st.binary(),
        ),
        st.sampled_from(Priority),
    )
)
def test_a_note_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, one: Stored
) -> None:
    file = tmp_path_factory.getbasetemp() / "notes"
    notes = Notes(file)
    assert notes.write(one)
    notes.close()
    notes = Notes(file)
    assert notes.read() == [one]
    notes.wipe_all()
    assert notes.read() == []
    notes.close()


def test_what_was_wiped_is_not_read_behind_what_came_after(tmp_path: Path) -> None:
    notes = Notes(tmp_path / "notes")
    for number in (1, 2, 3):
        notes.write(stored(number))
    assert numbers(notes.turn()) == [1, 2, 3]
    notes.write(stored(4))
    assert numbers(notes.read()) == [1, 2, 3, 4]
    notes.wipe()
    assert numbers(notes.turn()) == [4]
    notes.write(stored(5))
    assert numbers(notes.read()) == [4, 5]
    notes.close()


def test_a_torn_note_is_none(tmp_path: Path) -> None:
    file = tmp_path / "notes"
    notes = Notes(file)
    for number in (1, 2, 3):
        notes.write(stored(number, b"payload %d" % number))
    notes.close()
    file.write_bytes(file.read_bytes().replace(b"payload 2", b"payload ?"))
    notes = Notes(file)
    assert numbers(notes.read()) == [1]
    notes.close()


def test_a_file_that_was_never_finished_is(tmp_path: Path) -> None:
    file = tmp_path / "notes"
    file.write_bytes(bytes(100))
    notes = Notes(file)
    assert notes.read() == []
    assert notes.write(stored(1))
    notes.close()


def test_a_file_that_is_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "q.notes").write_bytes(b"my diary")
    with pytest.raises(StoreError, match="no queue"):
        Store(tmp_path / "q")
    assert (tmp_path / "q.notes").read_bytes() == b"my diary"
    (tmp_path / "q.notes").unlink()
    Store(tmp_path / "q").close()  # nothing of the first is left


def test_a_note_that_nobody_wrote_is_told(make: Callable[[], Store], tmp_path: Path) -> None:
    notes = Notes(tmp_path / "q.notes")
    notes.write(Stored(1, Message("a", qos=1), 7))  # type: ignore[arg-type]  # no priority
    notes.close()
    before = (tmp_path / "q.notes").read_bytes()
    store = make()
    with pytest.raises(StoreError, match="7 is not a valid Priority"):
        store.load()
    store.close()
    assert (tmp_path / "q.notes").read_bytes() == before


# The store


def test_what_was_added_is_there_whenever_the_process_dies(
    make: Callable[[], Store], tmp_path: Path
) -> None:
    store = make()
    assert store.load() == []
    with store._working:  # so long the keeper does nothing
        store.add(stored(1))
        store.add(stored(2, LARGE))
        after = after_sigkill(tmp_path / "q")
        assert numbers(after.load()) == [1, 2]
        after.close()
    store.add(stored(3, b"x" * 2 * PAGE_BYTES))  # it goes to the database
    store.add(stored(4))
    store.forget(1)
    store.close()
    assert numbers(make().load()) == [2, 3, 4]


_PUBLISHER = """
import os, sys, threading
from mqtt_sentinel_node import Client, QueueFullError
client = Client("127.0.0.1", 1, client_id="a", store=sys.argv[1], queue_size=1_000_000)
def publish(thread):
    number = 0
    while True:
        client.publish("a", f"{thread} {number}" + number % 7 * 500 * "x")
        os.write(1, f"{thread} {number}\\n".encode())
        number += 1
for thread in range(4):
    threading.Thread(target=publish, args=(thread,)).start()
"""


def test_what_publish_took_survives_sigkill_at_any_moment(tmp_path: Path) -> None:
    source = str(Path(__file__).parents[1] / "src")
    chance = random.Random(4)
    for life in range(4):
        file = tmp_path / f"queue{life}"
        with subprocess.Popen(
            [sys.executable, "-c", _PUBLISHER, str(file)],
            env={"PYTHONPATH": source},
            stdout=subprocess.PIPE,
        ) as process:
            assert process.stdout is not None
            # Some rounds of the keeper, in one of which it dies.
            told = [process.stdout.readline() for _ in range(chance.randrange(1_000, 20_000))]
            process.kill()
            told += process.stdout.readlines()
        store = Store(file)
        found = [one.message.payload.rstrip(b"x") for one in store.load()]
        store.close()
        assert {line.rstrip() for line in told} <= set(found)
        assert len(set(found)) == len(found)


def test_what_is_in_both_places_is_there_once(make: Callable[[], Store], tmp_path: Path) -> None:
    store = make()
    store.load()
    store.add(stored(1, b"x"))
    store.close()
    notes = Notes(tmp_path / "q.notes")
    notes.write(stored(1, b"x"))
    notes.close()
    assert make().load() == [stored(1, b"x")]


def test_who_fills_both_pages_waits_for_the_keeper(make: Callable[[], Store]) -> None:
    store = make()
    store.load()
    added = threading.Event()
    with store._working:
        store.add(stored(1, LARGE))
        store.add(stored(2, LARGE))

        def add() -> None:
            for number in (3, 4, 5, 6, 7):
                store.add(stored(number, LARGE))
            added.set()

        thread = threading.Thread(target=add)
        thread.start()
        assert not added.wait(0.05)
    assert added.wait(SECONDS)
    thread.join()
    store.close()
    assert numbers(make().load()) == [1, 2, 3, 4, 5, 6, 7]


def test_nobody_waits_for_ever(make: Callable[[], Store], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mqtt_sentinel_node.store._PATIENCE_SECONDS", 0.05)
    store = make()
    store.load()
    with store._working:
        store.add(stored(1, LARGE))
        store.add(stored(2, LARGE))
        with pytest.raises(StoreError, match="too slow"):
            store.add(stored(3, LARGE))
        store.add(stored(4))
    store.close()
    assert numbers(make().load()) == [1, 2, 4]


def test_a_full_disk_loses_nothing_that_was_added(
    make: Callable[[], Store], caplog: pytest.LogCaptureFixture
) -> None:
    store = make()
    store.load()
    store._connection.execute("pragma max_page_count = 4")
    accepted: list[int] = []

    def fill() -> None:
        for number in range(1, 100):
            store.add(stored(number, LARGE))
            accepted.append(number)

    with pytest.raises(StoreError, match="full"):
        fill()
    assert len(accepted) >= 2
    with pytest.raises(StoreError, match="full"):
        store.take_aside()
    store.forget(1)
    store.close()
    logged = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(logged) == 1
    assert "cannot be tidied up" in logged[0].getMessage()
    # The disk has room again. Of the first it is not known any more that it was acknowledged.
    assert numbers(make().load()) == accepted


def test_a_disk_that_has_room_again_is_used(make: Callable[[], Store], tmp_path: Path) -> None:
    store = make()
    store.load()
    store._connection.execute("pragma max_page_count = 4")
    store.add(stored(1, LARGE))
    with store._noting:
        assert store._noting.wait_for(lambda: store._trouble is not None, SECONDS)
    with store._working:
        store._connection.execute("pragma max_page_count = 4000")
    store.forget(1)
    store.add(stored(2))
    store.close()
    notes = Notes(tmp_path / "q.notes")
    assert notes.read() == []
    notes.close()
    assert numbers(make().load()) == [2]


def test_a_queue_of_the_first_version_is_taken_over(
    make: Callable[[], Store], tmp_path: Path
) -> None:
    connection = sqlite3.connect(tmp_path / "q")
    with connection:
        connection.execute(
            "create table messages (number integer primary key, topic text not null,"
            " payload blob not null, qos integer not null, retain integer not null,"
            " priority integer not null, response_topic text, correlation blob)"
        )
        connection.execute("insert into messages values (5, 'a', x'00', 1, 0, 1, null, null)")
        connection.execute("pragma user_version = 1")
    connection.close()
    store = make()
    assert store.load() == [stored(5, b"\0")]
    assert store.take_aside() == []


def test_what_was_put_aside_keeps_its_order_and_waits_for_whoever_takes_it(
    make: Callable[[], Store], caplog: pytest.LogCaptureFixture
) -> None:
    store = make()
    store.load()
    for number in (1, 2, 3):
        store.add(stored(number, b"%d" % number))
    store.put_aside(2)
    store.close()
    store = make()
    assert numbers(store.load()) == [1, 3]
    assert "1 messages are put aside" in caplog.text
    store.put_aside(1)
    assert [message.payload for message in store.take_aside()] == [b"2", b"1"]
    assert store.take_aside() == []
    store.close()
    with pytest.raises(StoreError):
        store.take_aside()
