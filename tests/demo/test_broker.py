"""Starting, killing and restarting a real broker."""

import asyncio
from pathlib import Path
import socket

import pytest

from demo import broker as brokers, wire
from demo.broker import Broker, BrokerError, BrokerKind, available, free_port
from demo.wire import Address, accepts_connections

from .ear import Ear


async def test_it_accepts_connections_until_it_ends(broker: Broker) -> None:
    """After ``start`` it answers, after ``stop`` it does not."""
    assert broker.pid is not None
    assert await accepts_connections(broker.address)
    await broker.stop()
    assert not broker.running
    assert not await accepts_connections(broker.address)


async def test_retained_messages_and_a_kill(broker: Broker) -> None:
    """A killed broker starts at once on its port; mosquitto has kept what was retained."""
    async with Ear(broker.address) as ear:
        ear.say("kept/over/a/kill", b"yes")
        await ear.hears("kept/over/a/kill", b"yes")
        await ear.round_trip()
    await broker.kill()
    assert not broker.running
    await broker.start()
    async with Ear(broker.address) as ear:
        await ear.round_trip()
        kept = [message.payload for message in ear.messages("kept/over/a/kill")]
    assert kept == ([b"yes"] if broker.keeps_retained else [])
    with pytest.raises(BrokerError, match="running"):
        broker.forget()
    await broker.stop()
    broker.forget()
    await broker.start()
    async with Ear(broker.address) as ear:
        await ear.round_trip()
        assert not ear.messages("kept/over/a/kill")


async def test_it_says_how_it_is(broker: Broker) -> None:
    """Both brokers publish statistics about themselves every second."""
    async with Ear(broker.address, "$SYS/#") as statistics:
        await statistics.hears_anything()


async def test_it_starts_only_once(broker: Broker, tmp_path: Path) -> None:
    """Neither twice nor over another broker."""
    with pytest.raises(BrokerError, match="already running"):
        await broker.start()
    second = Broker(broker.address.port, tmp_path / "second", broker.kind)
    with pytest.raises(BrokerError, match="another broker"):
        await second.start()


async def test_a_broker_that_cannot_start_says_why(kind: BrokerKind, tmp_path: Path) -> None:
    """The error has the end of the log."""
    with socket.socket() as in_the_way:
        in_the_way.bind(("127.0.0.1", 0))
        broker = Broker(in_the_way.getsockname()[1], tmp_path / "broker", kind)
        with pytest.raises(BrokerError, match=r"(?s)ended at once:.*[Aa]ddress already in use"):
            await broker.start()
    assert not broker.running


async def test_nobody_there() -> None:
    """A port where nobody listens accepts no MQTT connection."""
    assert not await accepts_connections(Address("127.0.0.1", free_port()))


async def test_somebody_else_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does one where somebody listens who speaks no MQTT, or nothing at all."""
    monkeypatch.setattr(wire, "_HANDSHAKE_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        assert not await accepts_connections(Address(*mute.getsockname()))

    async def be_rude(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(be_rude, "127.0.0.1", 0) as rude:
        assert not await accepts_connections(Address(*rude.sockets[0].getsockname()))


def test_without_any_broker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The message says what to install."""
    monkeypatch.setattr(brokers, "available", lambda: ())
    with pytest.raises(BrokerError, match="Install mosquitto"):
        Broker(free_port(), tmp_path)


def test_without_that_broker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One that is asked for by name must be there."""
    monkeypatch.setattr(brokers, "available", lambda: (BrokerKind.AMQTT,))
    with pytest.raises(BrokerError, match="mosquitto is not installed"):
        Broker(free_port(), tmp_path, BrokerKind.MOSQUITTO)
    assert Broker(free_port(), tmp_path).kind is BrokerKind.AMQTT


def test_what_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is there is available."""
    assert set(available()) <= set(BrokerKind)
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert available() == ()
