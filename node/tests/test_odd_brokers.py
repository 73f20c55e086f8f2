"""Brokers that mosquitto does not play: each says exactly what a test has it say."""

import logging
import threading

import pytest
from scripted import ACCEPTED, scripted

from mqtt_sentinel_node import Backoff, Client, Message, Protocol

QUICK = Backoff(first=0.05, longest=0.1)
SECONDS = 10.0

REFUSED = b"\x20\x03\x00\x87\x00"
NO_KEEPALIVE = b"\x20\x06\x00\x00\x03\x13\x00\x00"
KEEPALIVE_OF_5 = b"\x20\x06\x00\x00\x03\x13\x00\x05"
SHUTTING_DOWN = b"\xe0\x02\x8b\x00"
NO_PACKET = b"\x00\x00"
BROKEN_PACKET = b"\x30\x01\x00"


@pytest.mark.parametrize(
    "first",
    [
        REFUSED,
        b"",
        ACCEPTED + SHUTTING_DOWN,
        ACCEPTED + NO_PACKET,
        ACCEPTED + BROKEN_PACKET,
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
    ],
)
def test_comes_back_from_whatever_it_is_told(first: bytes) -> None:
    with scripted(first, ACCEPTED) as broker:
        client = Client("127.0.0.1", broker.port, client_id="a", backoff=QUICK).start()
        while len(broker.connects) < 2:
            client.wait_until_up(0.1)
        assert client.wait_until_up(SECONDS)
        client.stop(0)


def test_what_came_with_the_end_of_the_connection_is_heard() -> None:
    heard = threading.Event()
    last_words = b"\x30\x04\x00\x01a\x00"
    with scripted(ACCEPTED + last_words, ACCEPTED) as broker:
        client = Client("127.0.0.1", broker.port, client_id="a", backoff=QUICK)
        client.subscribe("a", lambda _message: heard.set())
        client.start()
        assert heard.wait(SECONDS)
        while len(broker.connects) < 2:
            client.wait_until_up(0.1)
        client.stop(0)


def test_the_brokers_keepalive_counts() -> None:
    with scripted(KEEPALIVE_OF_5, KEEPALIVE_OF_5) as broker:
        client = Client("127.0.0.1", broker.port, client_id="a").start()
        assert client.wait_until_up(SECONDS)
        client.stop(0)
    keepalives = [int.from_bytes(connect[10:12], "big") for connect in broker.connects]
    assert keepalives == [30, 5]


def test_a_broker_without_keepalive_has_no_say_in_it() -> None:
    with scripted(NO_KEEPALIVE) as broker:
        client = Client("127.0.0.1", broker.port, client_id="a").start()
        assert client.wait_until_up(SECONDS)
        client.stop(0)
    assert len(broker.connects) == 1


def test_why_there_is_no_connection_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="mqtt_sentinel_node")
    with scripted(REFUSED, REFUSED, REFUSED, ACCEPTED) as broker:
        client = Client("127.0.0.1", broker.port, client_id="a", backoff=QUICK).start()
        assert client.wait_until_up(SECONDS)
        client.stop(0)
    told = [record for record in caplog.records if "refused" in record.getMessage()]
    assert [record.levelname for record in told] == ["WARNING", "DEBUG", "DEBUG"]
    assert "Not authorized" in told[0].getMessage()


def test_gives_up_on_a_broker_that_never_answers() -> None:
    with scripted(b"", b"", ACCEPTED) as broker:
        client = Client(
            "127.0.0.1", broker.port, client_id="a", connect_timeout=0.1, backoff=QUICK
        ).start()
        assert client.wait_until_up(SECONDS)
        client.stop(0)


def test_a_goodbye_that_nobody_acknowledges_is_no_goodbye(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mqtt_sentinel_node.worker._GOODBYE_SECONDS", 0.1)
    with scripted(ACCEPTED) as broker:
        client = Client("127.0.0.1", broker.port, client_id="a", goodbye=[Message("bye")]).start()
        assert client.wait_until_up(SECONDS)
        assert not client.stop(0).said_goodbye
    assert b"bye" in b"".join(broker.heard)
    assert b"\xe0" not in b"".join(broker.heard)  # no DISCONNECT, so the Will is said


def test_speaks_3_1_1_if_asked_to() -> None:
    with scripted(b"\x20\x02\x00\x00") as broker:
        client = Client(
            "127.0.0.1",
            broker.port,
            client_id="a",
            protocol=Protocol.MQTT_3_1_1,
            username="me",
            password="secret",
        ).start()
        assert client.wait_until_up(SECONDS)
        client.stop(0)
    assert broker.connects[0][2:9] == b"\x00\x04MQTT\x04"
    assert broker.connects[0].endswith(b"\x00\x02me\x00\x06secret")
