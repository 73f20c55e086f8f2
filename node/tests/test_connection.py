"""The client and a real broker: being known, coming back, staying connected, being refused."""

from collections.abc import Callable, Iterator
from pathlib import Path
import shutil
import ssl
import subprocess
import sys
import threading
import time

from mosquitto import MOSQUITTO, Ear, Mosquitto, free_port
import pytest

from mqtt_sentinel_node import (
    Backoff,
    Client,
    DroppedError,
    Message,
    Protocol,
    RejectedError,
)

SECONDS = 10.0
QUICK = Backoff(first=0.1, longest=0.2)


class Downs:
    """Counts how often a client lost its connection."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.count = 0

    def __call__(self) -> None:
        with self._changed:
            self.count += 1
            self._changed.notify_all()

    def wait(self, count: int = 1) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self.count >= count, SECONDS)


@pytest.fixture(params=list(Protocol))
def protocol(request: pytest.FixtureRequest) -> Protocol:
    chosen: Protocol = request.param
    return chosen


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Callable[[str], Mosquitto]]:
    """Brokers with a configuration of their own."""
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed")
    brokers: list[Mosquitto] = []

    def make(more: str) -> Mosquitto:
        brokers.append(Mosquitto(tmp_path / f"own{len(brokers)}", more=more))
        brokers[-1].start()
        return brokers[-1]

    yield make
    for broker in brokers:
        broker.kill()


def status(word: bytes) -> Message:
    return Message("connected/a", word, retain=True)


def test_birth_first_goodbye_last_and_no_will(
    broker: Mosquitto, ear: Ear, protocol: Protocol
) -> None:
    client = Client(
        "127.0.0.1",
        broker.port,
        client_id="a",
        protocol=protocol,
        will=status(b"will"),
        birth=lambda: [status(b"born"), Message("details", b"1")],
        goodbye=[status(b"bye")],
    )
    # Before there is a connection: QoS 0 is not kept for one.
    for qos in (0, 1, 2):
        client.publish("work", qos, qos=qos)
    with client:
        assert client.wait_until_up(SECONDS)
        receipts = [client.publish("work", 3 + qos, qos=qos) for qos in (0, 1, 2)]
        for receipt in receipts:
            receipt.wait(SECONDS)
            assert receipt.delivered
    assert ear.wait_for(lambda: ear.on("connected/a")[-1:] == [b"bye"])
    assert [topic for topic, _, _ in ear.heard[:2]] == ["connected/a", "details"]
    assert ear.on("work") == [b"1", b"2", b"3", b"4", b"5"]
    assert ear.on("connected/a") == [b"born", b"bye"]


def test_order_on_a_topic_is_kept_whatever_the_qos(broker: Mosquitto, ear: Ear) -> None:
    with Client("127.0.0.1", broker.port, client_id="a") as client:
        assert client.wait_until_up(SECONDS)
        for number in range(300):
            client.publish("mixed", number, qos=(2, 1, 0)[number % 3])
    assert ear.wait_for(lambda: len(ear.on("mixed")) == 300)
    assert [int(payload) for payload in ear.on("mixed")] == list(range(300))


@pytest.mark.parametrize("end", [Client.abandon, Client.drop_connection])
def test_without_a_goodbye_the_broker_says_the_will(
    broker: Mosquitto, ear: Ear, end: Callable[[Client], object]
) -> None:
    client = Client(
        "127.0.0.1",
        broker.port,
        client_id="a",
        will=status(b"will"),
        birth=[status(b"born")],
        goodbye=[status(b"bye")],
        backoff=QUICK,
    ).start()
    assert client.wait_until_up(SECONDS)
    end(client)
    assert ear.wait_for(lambda: b"will" in ear.on("connected/a"))
    if end is Client.drop_connection:
        assert ear.wait_for(lambda: len(ear.on("connected/a")) == 3)
    assert client.stop().said_goodbye is (end is Client.drop_connection)
    again = [b"born", b"bye"] if end is Client.drop_connection else []
    assert ear.wait_for(lambda: ear.on("connected/a") == [b"born", b"will", *again])


def test_a_frozen_client_is_found_out_by_the_keepalive(broker: Mosquitto, ear: Ear) -> None:
    client = Client(
        "127.0.0.1", broker.port, client_id="a", keepalive=1, will=status(b"will")
    ).start()
    assert client.wait_until_up(SECONDS)
    client.freeze()
    assert not ear.on("connected/a")
    assert ear.wait_for(lambda: ear.on("connected/a") == [b"will"])


def test_what_blocks_elsewhere_does_not_cost_the_connection(broker: Mosquitto, ear: Ear) -> None:
    # As 35 seconds are to a keepalive of 30: the broker hangs up after one and a half.
    down, blocked = Downs(), threading.Event()
    client = Client(
        "127.0.0.1",
        broker.port,
        client_id="a",
        keepalive=1,
        will=status(b"will"),
        on_down=down,
    )

    def block(_message: Message) -> None:
        time.sleep(3)  # a handler, in its thread; what it waits for is no condition
        blocked.set()

    client.subscribe("block", block)
    client.start()
    assert client.wait_until_up(SECONDS)
    client.publish("block")
    time.sleep(3)  # the main thread
    assert blocked.wait(SECONDS)
    client.publish("after").wait(SECONDS)
    client.stop()
    assert ear.wait_for(lambda: bool(ear.on("after")))
    assert not ear.on("connected/a")
    assert client.metrics().connects == 1


def test_is_back_soon_after_the_broker(broker: Mosquitto, ear: Ear) -> None:
    down = Downs()
    client = Client("127.0.0.1", broker.port, client_id="a", on_down=down).start()
    assert client.wait_until_up(SECONDS)
    broker.kill()
    assert down.wait()
    receipts = [client.publish("meanwhile", number) for number in range(10)]
    # Longer than the longest pause, so that it has backed off by now.
    assert not client.wait_until_up(2.5)
    broker.start()
    began = time.monotonic()
    ear.after(lambda: None)
    assert client.wait_until_up(5)
    assert time.monotonic() - began < 5
    for receipt in receipts:
        receipt.wait(SECONDS)
    client.stop()
    assert ear.wait_for(lambda: len(ear.on("meanwhile")) == 10)


def test_a_broker_that_hangs_is_noticed(broker: Mosquitto) -> None:
    down = Downs()
    client = Client(
        "127.0.0.1",
        broker.port,
        client_id="a",
        keepalive=1,
        connect_timeout=0.5,
        backoff=QUICK,
        on_down=down,
    ).start()
    assert client.wait_until_up(SECONDS)
    broker.freeze()
    receipt = client.publish("a")
    assert down.wait()
    broker.thaw()
    receipt.wait(SECONDS)
    client.stop()


def test_stop_delivers_what_was_accepted_while_the_broker_was_away(
    broker: Mosquitto, ear: Ear
) -> None:
    down = Downs()
    client = Client("127.0.0.1", broker.port, client_id="a", backoff=QUICK, on_down=down).start()
    assert client.wait_until_up(SECONDS)
    broker.kill()
    assert down.wait()
    for number in range(100):
        client.publish("late", number)
    stopping = threading.Thread(target=client.stop, args=(SECONDS,))
    stopping.start()
    ear.after(broker.start)
    stopping.join()
    assert client.metrics().acknowledged == 100
    assert ear.wait_for(lambda: ear.on("late") == [b"%d" % number for number in range(100)])


def test_what_is_on_disk_goes_out_after_the_next_start(
    broker: Mosquitto, ear: Ear, tmp_path: Path
) -> None:
    broker.kill()
    first = Client("127.0.0.1", broker.port, client_id="a", store=tmp_path / "q").start()
    for number in range(100):
        first.publish("kept", number)
    assert first.stop(0).kept
    ear.after(broker.start)
    with Client("127.0.0.1", broker.port, client_id="a", store=tmp_path / "q") as second:
        second.publish("kept", 100)
    assert ear.wait_for(lambda: ear.on("kept") == [b"%d" % number for number in range(101)])
    # And never again.
    assert (
        Client("127.0.0.1", broker.port, client_id="a", store=tmp_path / "q").stop(0).messages == ()
    )


def test_a_process_that_forgets_to_stop_loses_nothing(broker: Mosquitto, ear: Ear) -> None:
    program = f"""
from mqtt_sentinel_node import Client
client = Client("127.0.0.1", {broker.port}, client_id="a").start()
for number in range(100):
    client.publish("forgot", number)
"""
    source = str(Path(__file__).parents[1] / "src")
    subprocess.run([sys.executable, "-c", program], env={"PYTHONPATH": source}, check=True)
    assert ear.wait_for(lambda: len(ear.on("forgot")) == 100)


# Subscriptions


def test_subscriptions_live_on_every_connection(broker: Mosquitto, protocol: Protocol) -> None:
    heard: list[Message] = []
    changed = threading.Condition()

    def hear(message: Message) -> None:
        with changed:
            heard.append(message)
            changed.notify_all()

    def topics(*expected: str) -> bool:
        with changed:
            return changed.wait_for(lambda: [m.topic for m in heard] == list(expected), SECONDS)

    down = Downs()
    client = Client(
        "127.0.0.1",
        broker.port,
        client_id="a",
        protocol=protocol,
        backoff=QUICK,
        on_down=down,
    )
    client.subscribe("early/+", hear)
    client.start()
    assert client.wait_until_up(SECONDS)
    client.publish("early/1", b"x", retain=True)
    assert topics("early/1")
    assert heard[0] == Message("early/1", b"x")
    client.subscribe("late/#", hear, qos=2)
    client.publish("late/a/b", qos=2)
    assert topics("early/1", "late/a/b")
    client.drop_connection()
    assert down.wait()
    assert client.wait_until_up(SECONDS)
    # The retained one is told again, as such.
    assert topics("early/1", "late/a/b", "early/1")
    assert heard[-1].retain
    client.unsubscribe("early/+")
    client.publish("early/2")
    client.publish("late/c")
    assert topics("early/1", "late/a/b", "early/1", "late/c")
    client.stop()


def test_who_subscribes_hears_what_is_published_from_then_on(broker: Mosquitto) -> None:
    heard: list[str] = []
    enough = threading.Event()

    def hear(message: Message) -> None:
        heard.append(message.topic)
        if len(heard) == 300:
            enough.set()

    with Client("127.0.0.1", broker.port, client_id="a") as client:
        assert client.wait_until_up(SECONDS)
        topics = [f"t/{number}" for number in range(300)]
        for topic in topics:
            client.subscribe(topic, hear)
            client.publish(topic)
        assert enough.wait(SECONDS)
    assert heard == topics


def test_a_handler_that_fails_costs_nobody_else(
    broker: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    heard = threading.Event()

    def fail(_message: Message) -> None:
        raise RuntimeError("mine")

    with Client("127.0.0.1", broker.port, client_id="a") as client:
        client.subscribe("a", fail)
        client.subscribe("b", lambda _message: heard.set())
        client.publish("a")
        client.publish("b")
        assert heard.wait(SECONDS)
    assert "A handler failed" in caplog.text


def test_a_birth_that_fails_costs_no_connection(
    broker: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    def birth() -> list[Message]:
        raise RuntimeError("mine")

    with Client("127.0.0.1", broker.port, client_id="a", birth=birth) as client:
        assert client.wait_until_up(SECONDS)
    assert "birth or goodbye failed" in caplog.text


def test_a_question_is_answered_where_it_wants_it(broker: Mosquitto) -> None:
    answers: list[Message] = []
    heard = threading.Event()

    def hear(message: Message) -> None:
        answers.append(message)
        heard.set()

    with Client("127.0.0.1", broker.port, client_id="a") as client:
        client.subscribe("answers", hear)
        client.subscribe("ask", lambda message: void(client.answer(message, {"ok": True})))
        client.send(Message("ask", b"?", response_topic="answers", correlation=b"\x00\x07"))
        assert heard.wait(SECONDS)
        with pytest.raises(ValueError, match="no answer"):
            client.answer(Message("a"))
    assert (answers[0].payload, answers[0].correlation) == (b'{"ok": true}', b"\x00\x07")


def void(_result: object) -> None:
    """Have no result."""


def test_a_kept_session_has_what_was_published_meanwhile(
    broker: Mosquitto, protocol: Protocol
) -> None:
    heard: list[bytes] = []
    both = threading.Event()

    def hear(message: Message) -> None:
        heard.append(message.payload)
        if len(heard) == 2:
            both.set()

    def client() -> Client:
        made = Client(
            "127.0.0.1", broker.port, client_id="kept", protocol=protocol, clean_start=False
        )
        made.subscribe("news", hear)
        return made.start()

    first = client()
    assert first.wait_until_up(SECONDS)
    first.stop()
    with Client("127.0.0.1", broker.port, client_id="other") as other:
        other.publish("news", 1)
        other.publish("news", 2)
    second = client()
    assert both.wait(SECONDS)
    assert heard == [b"1", b"2"]
    with pytest.raises(ValueError, match="clean_start"):
        second.publish("a", qos=2)
    with pytest.raises(ValueError, match="clean_start"):
        second.subscribe("a", hear, qos=2)
    second.stop()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
# paho leaves the socket to the garbage collector where a handshake fails.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_speaks_tls_and_checks_with_whom(
    own_broker: Callable[[str], Mosquitto], tmp_path: Path
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
        f" -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1"
        f" -keyout {key} -out {certificate}".split(),
        check=True,
        capture_output=True,
    )
    key.chmod(0o644)
    port = free_port()
    own_broker(f"listener {port} 127.0.0.1\ncertfile {certificate}\nkeyfile {key}")
    heard: list[bytes] = []
    all_heard = threading.Event()

    def hear(message: Message) -> None:
        heard.append(message.payload)
        if len(heard) == 200:
            all_heard.set()

    context = ssl.create_default_context(cafile=certificate)
    with Client("127.0.0.1", port, client_id="a", tls=context) as client:
        client.subscribe("tls", hear)
        assert client.wait_until_up(SECONDS)
        for number in range(200):
            # Several packets at once in what TLS has taken from the socket.
            client.publish("tls", b"%d" % number * 100, qos=number % 3)
        assert all_heard.wait(SECONDS)
    stranger = Client(
        "127.0.0.1", port, client_id="b", tls=ssl.create_default_context(), backoff=QUICK
    )
    assert not stranger.start().wait_until_up(0.5)
    stranger.abandon()


# What the broker does not want


def test_what_the_broker_rejects_is_told(
    own_broker: Callable[[str], Mosquitto], tmp_path: Path
) -> None:
    acl = tmp_path / "acl"
    acl.write_text("topic readwrite allowed/#\n")
    acl.chmod(0o644)
    broker = own_broker(f"acl_file {acl}\nmax_packet_size 2000\nretain_available false")
    with Client(
        "127.0.0.1", broker.port, client_id="a", birth=[Message("secret")], backoff=QUICK
    ) as client:
        client.publish("allowed/a").wait(SECONDS)
        for message, why in (
            (Message("secret"), "Not authorized"),
            (Message("allowed/big", b"x" * 3000), "2000 bytes"),
            (Message("allowed/kept", retain=True), "retains nothing"),
        ):
            with pytest.raises(RejectedError, match=why):
                client.send(message).wait(SECONDS)
        client.publish("allowed/b", qos=2).wait(SECONDS)
    metrics = client.metrics()
    assert (metrics.rejected, metrics.acknowledged) == (3, 2)


def test_qos_0_that_was_not_written_is_dropped(broker: Mosquitto) -> None:
    down = Downs()
    client = Client(
        "127.0.0.1", broker.port, client_id="a", keepalive=1, backoff=QUICK, on_down=down
    ).start()
    assert client.wait_until_up(SECONDS)
    broker.freeze()
    # More than the sockets hold.
    receipts = [client.publish("big", b"x" * 5_000_000, qos=0) for _ in range(10)]
    assert down.wait()
    broker.thaw()
    with pytest.raises(DroppedError):
        receipts[-1].wait(SECONDS)
    client.stop()
    assert client.metrics().dropped >= 1
