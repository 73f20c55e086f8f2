"""What a client does that has no broker: bound, refusals, receipts, stopping, the queue on disk."""

from collections.abc import Iterator
import logging
from pathlib import Path
import random
import socket
import sqlite3
import subprocess
import sys
import threading

from mosquitto import free_port
import pytest

from mqtt_sentinel_node import (
    Backoff,
    Client,
    DisplacedError,
    DroppedError,
    Left,
    Message,
    NodeError,
    Priority,
    QueueFullError,
    Receipt,
    StoppedError,
    StoreError,
    UndeliveredError,
)


@pytest.fixture
def alone() -> Iterator[Client]:
    client = Client("127.0.0.1", free_port(), client_id="alone", queue_size=1000)
    yield client
    client.abandon()


def test_exactly_the_overflow_is_refused_and_the_lowest_priority_first(
    alone: Client, caplog: pytest.LogCaptureFixture
) -> None:
    alone.start()
    chance = random.Random(7)
    wanted = [chance.choice(list(Priority)) for _ in range(2000)]
    receipts: dict[int, Receipt] = {}
    raised = []
    with caplog.at_level(logging.CRITICAL):
        for number, priority in enumerate(wanted):
            try:
                receipts[number] = alone.publish("offline", number, priority=priority)
            except QueueFullError:  # noqa: PERF203  # one by one is the point
                raised.append(number)
    displaced = [n for n, receipt in receipts.items() if isinstance(receipt.error, DisplacedError)]
    best = sorted(range(2000), key=lambda number: (-wanted[number], number))
    assert sorted(raised + displaced) == sorted(best[1000:])
    assert raised
    assert displaced
    metrics = alone.metrics()
    assert (metrics.depth, metrics.refused, metrics.accepted) == (1000, 1000, 2000 - len(raised))


def test_without_priorities_nothing_accepted_is_displaced(alone: Client) -> None:
    receipts = [alone.publish("offline", n) for n in range(1000)]
    with pytest.raises(QueueFullError, match="1000"):
        alone.publish("offline", 1000)
    assert not any(receipt.done for receipt in receipts)


def test_whoever_is_displaced_is_told() -> None:
    told: list[tuple[Message, NodeError]] = []
    heard = threading.Event()

    def refused(message: Message, error: NodeError) -> None:
        told.append((message, error))
        heard.set()

    client = Client(
        "127.0.0.1", free_port(), client_id="a", queue_size=1, on_refused=refused
    ).start()
    low = client.publish("a", priority=Priority.LOW)
    client.publish("b")
    assert heard.wait(10)
    assert told[0][0].topic == "a"
    with pytest.raises(DisplacedError):
        low.wait(0)
    client.abandon()


def test_qos_0_is_now_or_never(alone: Client) -> None:
    receipt = alone.publish("telemetry", 1, qos=0)
    with pytest.raises(DroppedError):
        receipt.wait(0)
    assert alone.metrics().dropped == 1
    assert alone.metrics().depth == 0


def test_publish_does_not_wait_for_a_host_that_does_not_answer() -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        client = Client(
            "127.0.0.1",
            mute.getsockname()[1],
            client_id="a",
            connect_timeout=0.2,
            backoff=Backoff(0.1, 0.1),
        ).start()
        # The connection is made, and nobody says a word; it gives up and comes again.
        for _ in range(2):
            connection, _ = mute.accept()
            assert connection.recv(1) == b"\x10"
            receipt = client.publish("a")
            assert not receipt.done
            connection.close()
        client.abandon()


def test_stop_says_what_is_left(alone: Client, caplog: pytest.LogCaptureFixture) -> None:
    alone.start()
    receipt = alone.publish("a", "x")
    with caplog.at_level(logging.ERROR):
        left = alone.stop(0.1)
    assert left == Left((Message("a", b"x"),), kept=False)
    assert "LOST" in caplog.text
    with pytest.raises(UndeliveredError):
        receipt.wait(0)
    with pytest.raises(StoppedError):
        alone.publish("a")
    assert alone.stop() == left


def test_leaving_a_with_block_does_not_hide_a_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client("127.0.0.1", free_port(), client_id="a")
    stop = client.stop
    monkeypatch.setattr(client, "stop", lambda: stop(0.1))
    with pytest.raises(UndeliveredError, match="1 messages"), client:
        client.publish("a")


def test_stop_of_what_was_never_started(alone: Client) -> None:
    alone.publish("a")
    assert len(alone.stop().messages) == 1


def test_a_receipt_can_be_waited_for_in_vain(alone: Client) -> None:
    receipt = alone.publish("a")
    with pytest.raises(TimeoutError):
        receipt.wait(0.01)
    assert not receipt.done
    assert not receipt.delivered


def test_flush_tells_that_something_is_left(alone: Client) -> None:
    assert alone.flush(0)
    alone.publish("a")
    assert not alone.flush(0.01)
    assert not alone.wait_until_up(0.01)


def test_nobody_waits_for_a_client_that_is_stopped(alone: Client) -> None:
    alone.start()
    alone.publish("a")
    answers: list[bool] = []
    waiting = [
        threading.Thread(target=lambda wait=wait: answers.append(wait()))
        for wait in (alone.flush, alone.wait_until_up)
    ]
    for thread in waiting:
        thread.start()
    alone.stop(0)
    for thread in waiting:
        thread.join()
    assert answers == [False, False]
    assert not alone.flush()


# On disk


def test_what_was_accepted_survives_the_death_of_the_process(tmp_path: Path) -> None:
    file = tmp_path / "queue.db"
    program = f"""
import os, signal
from mqtt_sentinel_node import Client, Priority
client = Client("127.0.0.1", {free_port()}, client_id="a", store={str(file)!r}).start()
for number in range(500):
    client.publish("a", number, qos=1 + number % 2, retain=number == 7)
client.publish("b", b"\\xff", priority=Priority.HIGH)
client.publish("never", qos=0)
os.kill(os.getpid(), signal.SIGKILL)
"""
    dead = subprocess.run([sys.executable, "-c", program], env=_environment(), check=False)
    assert dead.returncode == -9
    client = Client("127.0.0.1", free_port(), client_id="a", store=file)
    assert client.metrics().depth == 501
    left = client.stop(0)
    assert left.kept
    assert left.messages == (
        *(Message("a", b"%d" % n, 1 + n % 2, n == 7) for n in range(500)),
        Message("b", b"\xff"),
    )


def test_what_is_kept_is_not_lost(tmp_path: Path) -> None:
    with Client("127.0.0.1", free_port(), client_id="a", store=tmp_path / "q") as client:
        receipt = client.publish("a")
        assert client.stop(0).kept
    with pytest.raises(UndeliveredError) as told:
        receipt.wait(0)
    assert told.value.kept


def test_displaced_messages_are_not_on_disk_any_more(tmp_path: Path) -> None:
    client = Client("127.0.0.1", free_port(), client_id="a", store=tmp_path / "q", queue_size=1)
    client.publish("low", priority=Priority.LOW)
    client.publish("high", priority=Priority.HIGH)
    client.stop(0)
    client = Client("127.0.0.1", free_port(), client_id="a", store=tmp_path / "q", store_sync=True)
    assert client.stop(0).messages == (Message("high"),)


def test_a_queue_on_disk_belongs_to_one_process(tmp_path: Path) -> None:
    client = Client("127.0.0.1", free_port(), client_id="a", store=tmp_path / "q")
    with pytest.raises(StoreError, match="in use"):
        Client("127.0.0.1", free_port(), client_id="b", store=tmp_path / "q")
    client.stop(0)
    Client("127.0.0.1", free_port(), client_id="b", store=tmp_path / "q").stop(0)


def test_a_file_that_is_no_queue_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "q"
    file.write_bytes(b"something else" * 1000)
    with pytest.raises(StoreError):
        Client("127.0.0.1", client_id="a", store=file)
    assert file.read_bytes() == b"something else" * 1000


def test_a_queue_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "q")
    connection.execute("pragma user_version = 9")
    connection.close()
    with pytest.raises(StoreError, match="version 9"):
        Client("127.0.0.1", client_id="a", store=tmp_path / "q")


def test_a_full_disk_refuses_and_keeps_what_it_has(tmp_path: Path) -> None:
    client = Client("127.0.0.1", free_port(), client_id="a", store=tmp_path / "q")
    client.publish("a")
    store = client._outbox._store
    assert store is not None
    store._connection.execute("pragma max_page_count = 3")
    with pytest.raises(StoreError, match="full"):
        client.publish("big", b"x" * 2_000_000)
    assert client.metrics().depth == 1
    client.publish("small")
    assert [message.topic for message in client.stop(0).messages] == ["a", "small"]


def test_a_row_that_nobody_wrote_is_told(tmp_path: Path) -> None:
    Client("127.0.0.1", client_id="a", store=tmp_path / "q").stop(0)
    connection = sqlite3.connect(tmp_path / "q")
    with connection:
        connection.execute("insert into messages values (1, 'a', 'text', 1, 0, 1, null, null)")
    connection.close()
    with pytest.raises(StoreError, match="not a message"):
        Client("127.0.0.1", client_id="a", store=tmp_path / "q")


def _environment() -> dict[str, str]:
    return {"PYTHONPATH": str(Path(__file__).parents[1] / "src")}
