"""A message on which the broker hangs up must not hold up the others, nor be lost in silence."""

from collections.abc import Callable, Iterator
from pathlib import Path
import threading

from mosquitto import MOSQUITTO, Ear, Mosquitto
import pytest
from scripted import ACCEPTED, scripted

from mqtt_sentinel_node import (
    Backoff,
    Client,
    Message,
    NodeError,
    Priority,
    Protocol,
    PutAsideError,
)

SECONDS = 20.0
QUICK = Backoff(first=0.02, longest=0.05)

NO_REASON = b"\xe0\x00"
PACKET_TOO_LARGE = b"\xe0\x07\x95\x05\x1f\x00\x02no"
SERVER_BUSY = b"\xe0\x07\x89\x05\x1f\x00\x02no"

TOO_LARGE = b"x" * 5_000
"""For the strict broker, which does not say so to those who speak 3.1.1."""

TOO_DEEP = "/".join("a" * 300)
"""A topic on which mosquitto hangs up, in whatever version."""


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker that hangs up on packets of more than 1,000 bytes."""
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed")
    broker = Mosquitto(tmp_path / "strict", more="max_packet_size 1000")
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture
def strict_ear(strict: Mosquitto) -> Iterator[Ear]:
    ear = Ear(strict)
    yield ear
    ear.close()


@pytest.mark.parametrize("on_disk", [False, True], ids=["in memory", "on disk"])
@pytest.mark.parametrize("qos", [1, 2])
def test_what_the_broker_hangs_up_on_is_put_aside_and_the_others_come_through(
    strict: Mosquitto,
    strict_ear: Ear,
    tmp_path: Path,
    qos: int,
    on_disk: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    told: list[tuple[Message, NodeError]] = []
    heard = threading.Event()

    def refused(message: Message, error: NodeError) -> None:
        told.append((message, error))
        heard.set()

    store = tmp_path / "queue.db" if on_disk else None
    client = Client(
        "127.0.0.1",
        strict.port,
        client_id="a",
        protocol=Protocol.MQTT_3_1_1,
        backoff=QUICK,
        store=store,
        on_refused=refused,
    )
    # More than is ever in flight, on both sides of it.
    before = [client.publish("others", number, qos=qos) for number in range(150)]
    poison = client.publish("poison", TOO_LARGE, qos=qos)
    after = [client.publish("others", number, qos=qos) for number in range(150, 300)]
    client.start()
    with pytest.raises(PutAsideError, match="3 times in a row") as why:
        poison.wait(SECONDS)
    assert why.value.kept is on_disk
    urgent = client.publish("urgent", priority=Priority.HIGH)
    for receipt in (*before, *after, urgent):
        receipt.wait(SECONDS)
    assert client.flush(SECONDS)
    assert heard.wait(SECONDS)
    assert told == [(Message("poison", TOO_LARGE, qos), poison.error)]
    assert "Accepted, and will not be sent: poison" in caplog.text
    metrics = client.metrics()
    assert (metrics.put_aside, metrics.acknowledged, metrics.rejected) == (1, 301, 0)
    assert client.stop().messages == ()
    wanted = [b"%d" % number for number in range(300)]
    assert strict_ear.wait_for(lambda: list(dict.fromkeys(strict_ear.on("others"))) == wanted)

    if store is not None:
        caplog.clear()
        again = Client("127.0.0.1", strict.port, client_id="a", store=store)
        assert "1 messages are put aside" in caplog.text
        assert again.metrics().depth == 0
        assert again.take_aside() == [Message("poison", TOO_LARGE, qos)]
        assert again.take_aside() == []
        again.stop(0)
    else:
        assert client.take_aside() == []


@pytest.mark.parametrize("protocol", list(Protocol))
def test_several_of_them(broker: Mosquitto, ear: Ear, tmp_path: Path, protocol: Protocol) -> None:
    client = Client(
        "127.0.0.1",
        broker.port,
        client_id="a",
        protocol=protocol,
        backoff=QUICK,
        store=tmp_path / "q",
        hang_ups=2,
    ).start()
    for number in range(3):
        client.publish(TOO_DEEP, number)
        client.publish("fine", number)
    assert client.flush(SECONDS)
    assert client.take_aside() == [Message(TOO_DEEP, b"%d" % number) for number in range(3)]
    assert client.metrics().put_aside == 3
    client.stop()
    assert ear.wait_for(lambda: list(dict.fromkeys(ear.on("fine"))) == [b"0", b"1", b"2"])


def test_stop_waits_until_it_is_put_aside(strict: Mosquitto) -> None:
    client = Client(
        "127.0.0.1", strict.port, client_id="a", protocol=Protocol.MQTT_3_1_1, backoff=QUICK
    ).start()
    poison = client.publish("poison", TOO_LARGE)
    assert client.stop(SECONDS).messages == ()
    assert isinstance(poison.error, PutAsideError)


@pytest.mark.parametrize(
    ("protocol", "put_aside"), [(Protocol.MQTT_5, 1), (Protocol.MQTT_3_1_1, 0)]
)
def test_a_broker_that_answers_what_it_hangs_up_on(
    tmp_path: Path, protocol: Protocol, put_aside: int
) -> None:
    """With a reason that cannot be read; in 3.1.1 with none, so it looks as if it was taken."""
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed")
    broker = Mosquitto(tmp_path / "limited", more="message_size_limit 1000")
    broker.start()
    ear = Ear(broker)
    with Client(
        "127.0.0.1", broker.port, client_id="a", protocol=protocol, backoff=QUICK
    ) as client:
        client.publish("large", TOO_LARGE)
        client.publish("small")
        assert client.flush(SECONDS)
        assert ear.wait_for(lambda: bool(ear.on("small")))
        assert not ear.on("large")
        assert client.metrics().put_aside == put_aside
        assert client.metrics().acknowledged == 2 - put_aside
    ear.close()
    broker.kill()


def test_a_broker_that_is_killed_did_not_hang_up_on_anything(broker: Mosquitto) -> None:
    client = Client("127.0.0.1", broker.port, client_id="a", backoff=QUICK).start()
    for number in range(5):
        assert client.wait_until_up(SECONDS)
        broker.freeze()
        receipt = client.publish("a", number)
        while not client.metrics().in_flight:
            client.flush(0.01)
        broker.kill()
        broker.start()
        receipt.wait(SECONDS)
    assert client.metrics().put_aside == 0
    client.stop()


def six_hang_ups(make: Callable[[int], Client], last_words: bytes = b"") -> Client:
    """Have a broker hang up six times, on a message where it comes; return the client."""
    with scripted(*[ACCEPTED] * 6, hang_up_on=b"poison", last_words=last_words) as broker:
        client = make(broker.port).start()
        receipt = client.publish("poison")
        while len(broker.connects) < 6:
            client.flush(0.01)
            if receipt.done:
                client.drop_connection()
        client.abandon()
    return client


def test_it_can_be_tried_for_ever(caplog: pytest.LogCaptureFixture) -> None:
    client = six_hang_ups(
        lambda port: Client("127.0.0.1", port, client_id="a", backoff=QUICK, hang_ups=0)
    )
    assert client.metrics().put_aside == 0
    assert client.metrics().sent >= 5
    assert "poison: the broker hung up on it, 5 times in a row" in caplog.text


@pytest.mark.parametrize(
    ("last_words", "put_aside"), [(NO_REASON, 1), (PACKET_TOO_LARGE, 1), (SERVER_BUSY, 0)]
)
def test_a_broker_may_say_why(last_words: bytes, put_aside: int) -> None:
    client = six_hang_ups(
        lambda port: Client("127.0.0.1", port, client_id="a", backoff=QUICK), last_words
    )
    assert client.metrics().put_aside == put_aside


def test_who_drops_the_connection_oneself_blames_nobody() -> None:
    with scripted(*[ACCEPTED] * 6, hang_up_on=b"never said") as broker:
        client = Client("127.0.0.1", broker.port, client_id="a", backoff=QUICK).start()
        receipt = client.publish("a")
        for number in range(1, 6):
            while client.metrics().sent < number:
                client.flush(0.01)
            client.drop_connection()
        while len(broker.connects) < 6:
            client.flush(0.01)
        assert not receipt.done
        client.abandon()


@pytest.mark.parametrize("hang_ups", [-1, 1])
def test_one_hang_up_proves_nothing(hang_ups: int) -> None:
    with pytest.raises(ValueError, match="two hang-ups"):
        Client("127.0.0.1", client_id="a", hang_ups=hang_ups)
