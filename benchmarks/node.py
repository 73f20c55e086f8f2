"""Measures the node client against plain paho-mqtt while the broker is killed again and again.

Both get the same: 8 threads that publish at the same moments, and a broker that is
killed with SIGKILL and started again at the same moments (of one seed). What arrived is what
somebody heard who was subscribed all the time. Plain paho is used with care: its own thread,
a reconnect within seconds, and at the end every message is waited for.
"""

import argparse
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
import json
from pathlib import Path
import random
import sys
import tempfile
import threading
import time
from typing import Protocol

from mosquitto import MOSQUITTO, Ear, Mosquitto
from mqtt_sentinel_node import Client, NodeError
from paho.mqtt.client import Client as Paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from .results import percentile

_THREADS = 8
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Schedule:
    """What happens when: seconds since the beginning."""

    messages: int
    kills: int
    seed: int
    qos: int

    def publishing(self, thread: int) -> list[float]:
        """When a thread publishes, in order."""
        chance = random.Random(f"{self.seed} {thread}")
        last = self.killing()[-1][0] + 1.0 if self.kills else 1.0
        return sorted(chance.uniform(0, last) for _ in range(self.messages // _THREADS))

    def killing(self) -> list[tuple[float, float]]:
        """When the broker is killed, and how long it stays away."""
        chance = random.Random(self.seed)
        moments, moment = [], 0.0
        for _ in range(self.kills):
            moment += chance.uniform(0.5, 2.5)
            away = chance.uniform(0, 0.5)
            moments.append((moment, away))
            moment += away
        return moments


class Contender(Protocol):
    """Somebody who publishes; ``publish`` returns whether the message was accepted."""

    def publish(self, topic: str, payload: bytes) -> bool:
        """Publish."""
        ...

    def stop(self) -> None:
        """Wait for all that was accepted, and leave."""
        ...


class Node:
    """Ours, as it comes, or with its queue on disk."""

    def __init__(self, port: int, schedule: Schedule, store: Path | None = None) -> None:
        """Connect."""
        self._qos = schedule.qos
        self._client = Client(
            "127.0.0.1", port, client_id="bench", queue_size=schedule.messages, store=store
        ).start()
        self._client.wait_until_up()

    def publish(self, topic: str, payload: bytes) -> bool:
        """Publish."""
        try:
            self._client.publish(topic, payload, qos=self._qos)
        except NodeError:
            return False
        return True

    def stop(self) -> None:
        """Stop."""
        self._client.stop(_PATIENCE_SECONDS)


class PlainPaho:
    """paho-mqtt, used with care."""

    def __init__(self, port: int, schedule: Schedule) -> None:
        """Connect."""
        self._qos = schedule.qos
        self._client = Paho(
            CallbackAPIVersion.VERSION2, client_id="bench", protocol=MQTTProtocolVersion.MQTTv5
        )
        # What was kept without a connection cannot be waited for by its info: that raises.
        self._changed = threading.Condition()
        self._unacknowledged = 0
        self._client.on_publish = self._published
        self._client.reconnect_delay_set(1, 2)
        self._client.connect("127.0.0.1", port, keepalive=30)
        self._client.loop_start()
        while not self._client.is_connected():
            time.sleep(0.01)

    def publish(self, topic: str, payload: bytes) -> bool:
        """Publish; without a connection paho keeps the message too, and says so."""
        info = self._client.publish(topic, payload, qos=self._qos)
        if info.rc not in (MQTTErrorCode.MQTT_ERR_SUCCESS, MQTTErrorCode.MQTT_ERR_NO_CONN):
            return False
        with self._changed:
            self._unacknowledged += 1
        return True

    def stop(self) -> None:
        """Wait for every message, then stop."""
        with self._changed:
            self._changed.wait_for(lambda: self._unacknowledged <= 0, _PATIENCE_SECONDS)
        self._client.disconnect()
        self._client.loop_stop()

    def _published(self, *_: object) -> None:
        with self._changed:
            self._unacknowledged -= 1
            self._changed.notify_all()


@dataclass(frozen=True, slots=True)
class Score:
    """What became of the messages; times in milliseconds, ``stop`` in seconds."""

    accepted: int
    arrived: int
    lost: int
    duplicates: int
    overtaken: int
    p50: float
    p99: float
    longest: float
    stop: float


def play(make: Callable[[int, Schedule], Contender], schedule: Schedule, directory: Path) -> Score:
    """Play the schedule with one contender."""
    with ExitStack() as stack:
        broker = Mosquitto(directory)
        broker.start()
        stack.callback(broker.kill)
        ear = Ear(broker, "bench/#")
        stack.callback(ear.close)
        contender = make(broker.port, schedule)
        accepted: list[list[bytes]] = [[] for _ in range(_THREADS)]
        took: list[list[float]] = [[] for _ in range(_THREADS)]
        begin = time.monotonic() + 0.2

        def publish(thread: int) -> None:
            for number, moment in enumerate(schedule.publishing(thread)):
                if (rest := begin + moment - time.monotonic()) > 0:
                    time.sleep(rest)
                payload = b"%d" % number
                before = time.perf_counter()
                done = contender.publish(f"bench/{thread}", payload)
                took[thread].append(time.perf_counter() - before)
                if done:
                    accepted[thread].append(payload)

        threads = [threading.Thread(target=publish, args=(n,)) for n in range(_THREADS)]
        for one in threads:
            one.start()
        for moment, away in schedule.killing():
            time.sleep(max(0.0, begin + moment - time.monotonic()))
            ear.after(lambda away=away: _restart(broker, away))  # type: ignore[misc]  # mypy cannot infer it
        for one in threads:
            one.join()
        before = time.monotonic()
        contender.stop()
        stop = time.monotonic() - before
        wanted = {f"bench/{n}": set(some) for n, some in enumerate(accepted)}
        ear.wait_for(lambda: all(want <= set(ear.on(topic)) for topic, want in wanted.items()), 5.0)
        return _score(ear, wanted, [second for some in took for second in some], stop)


def _restart(broker: Mosquitto, away: float) -> None:
    broker.kill()
    time.sleep(away)
    broker.start()


def _score(ear: Ear, wanted: dict[str, set[bytes]], took: Sequence[float], stop: float) -> Score:
    first: dict[str, dict[bytes, None]] = defaultdict(dict)
    for topic, payload, _ in ear.heard:
        first[topic].setdefault(payload)
    arrived = sum(len(wanted[topic] & first[topic].keys()) for topic in wanted)
    overtaken = 0
    for payloads in first.values():
        highest = -1
        for number in map(int, payloads):
            overtaken += number < highest
            highest = max(highest, number)
    accepted = sum(map(len, wanted.values()))
    return Score(
        accepted=accepted,
        arrived=arrived,
        lost=accepted - arrived,
        duplicates=len(ear.heard) - sum(map(len, first.values())),
        overtaken=overtaken,
        p50=percentile(took, 0.5) * 1000,
        p99=percentile(took, 0.99) * 1000,
        longest=max(took) * 1000,
        stop=stop,
    )


def _table(scores: dict[str, Score]) -> str:
    lines = [("", *scores)]
    for name in Score.__dataclass_fields__:
        cells = (getattr(score, name) for score in scores.values())
        unit = {"p50": " ms", "p99": " ms", "longest": " ms", "stop": " s"}.get(name, "")
        title = name if unit != " ms" else f"publish {name}"
        lines.append((title, *(f"{cell:.3g}{unit}" if unit else str(cell) for cell in cells)))
    return "\n".join(
        f"{title:<16}" + "".join(f"{cell:>16}" for cell in row) for title, *row in lines
    )


def main() -> int:
    """Measure both, and show it."""
    parser = argparse.ArgumentParser(prog="scripts/bench --node", description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000, metavar="COUNT")
    parser.add_argument("--kills", type=int, default=20, metavar="COUNT")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--qos", type=int, choices=[1, 2], default=1)
    parser.add_argument("--on-disk", action="store_true", help="also the node's queue on disk")
    parser.add_argument("--quick", action="store_true", help="2,000 messages and 3 kills: a trial")
    parser.add_argument("--json", action="store_true", help="one line of JSON at the end")
    arguments = parser.parse_args()
    if MOSQUITTO is None:
        print("error: mosquitto is not installed", file=sys.stderr)
        return 1
    schedule = Schedule(arguments.messages, arguments.kills, arguments.seed, arguments.qos)
    if arguments.quick:
        schedule = Schedule(2_000, 3, arguments.seed, arguments.qos)
    scores = {}
    with tempfile.TemporaryDirectory(prefix="sentinel-bench-") as directory:
        contenders: dict[str, Callable[[int, Schedule], Contender]] = {"node": Node}
        if arguments.on_disk:
            store = Path(directory) / "queue.db"
            contenders["node on disk"] = lambda port, schedule: Node(port, schedule, store)
        contenders["plain paho"] = PlainPaho
        for name, make in contenders.items():
            scores[name] = play(make, schedule, Path(directory) / name.replace(" ", "-"))
    print(_table(scores))
    if arguments.json:
        print(json.dumps({name: asdict(score) for name, score in scores.items()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
