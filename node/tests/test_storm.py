"""The broker is killed again and again, and nothing that was accepted is lost."""

from collections import defaultdict
from pathlib import Path
import random
import threading

from mosquitto import Ear, Mosquitto
import pytest

from mqtt_sentinel_node import Backoff, Client, Protocol, Receipt

THREADS = 8


def first_arrivals(ear: Ear) -> dict[str, list[int]]:
    """Return the numbers on each topic, without repetitions."""
    arrived: dict[str, dict[int, None]] = defaultdict(dict)
    for topic, payload, _ in ear.heard:
        if topic.startswith("storm/"):
            arrived[topic].setdefault(int(payload))
    return {topic: list(numbers) for topic, numbers in arrived.items()}


@pytest.mark.parametrize(
    ("protocol", "qos", "on_disk", "messages", "kills"),
    [
        (Protocol.MQTT_5, 1, False, 20_000, 20),
        (Protocol.MQTT_5, 2, False, 4_000, 5),
        (Protocol.MQTT_3_1_1, 1, True, 4_000, 5),
    ],
    ids=["as it comes", "QoS 2", "3.1.1 on disk"],
)
def test_nothing_is_lost_while_the_broker_is_killed_again_and_again(
    broker: Mosquitto,
    ear: Ear,
    tmp_path: Path,
    protocol: Protocol,
    qos: int,
    on_disk: bool,
    messages: int,
    kills: int,
) -> None:
    chance = random.Random(20)
    each = messages // THREADS
    receipts: dict[int, list[Receipt]] = {thread: [] for thread in range(THREADS)}
    over = threading.Event()
    client = Client(
        "127.0.0.1",
        broker.port,
        client_id="storm",
        protocol=protocol,
        queue_size=messages,
        store=tmp_path / "queue.db" if on_disk else None,
        backoff=Backoff(first=0.1, longest=0.2),
    ).start()

    def publish(thread: int) -> None:
        pace = random.Random(thread)
        for number in range(each):
            receipts[thread].append(client.publish(f"storm/{thread}", number, qos=qos))
            if not number % 10:
                # Spread over all the kills, so that each finds something in flight.
                over.wait(pace.uniform(0, 0.05))

    def restart() -> None:
        broker.kill()
        over.wait(chance.uniform(0, 0.1))
        broker.start()

    threads = [threading.Thread(target=publish, args=(n,)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for _ in range(kills):
        over.wait(chance.uniform(0, 0.4))
        ear.after(restart)
    over.set()
    for thread in threads:
        thread.join()
    left = client.stop(30)

    assert left.messages == ()
    assert all(receipt.delivered for some in receipts.values() for receipt in some)
    # stop() returned when the broker had acknowledged the last, so it has passed it on.
    arrived = {f"storm/{n}": list(range(each)) for n in range(THREADS)}
    ear.wait_for(lambda: first_arrivals(ear) == arrived)
    assert first_arrivals(ear) == arrived
    metrics = client.metrics()
    assert metrics.accepted == metrics.acknowledged == messages
    assert metrics.reconnects >= kills // 2
