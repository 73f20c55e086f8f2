"""The one module that speaks MQTT, where the members' tests do not reach."""

import asyncio

import pytest

from demo.broker import Broker
from demo.wire import Address, Link, Message

from .ear import Ear


def test_addresses() -> None:
    """There and back."""
    assert Address.parse("127.0.0.1:1883") == Address("127.0.0.1", 1883)
    assert str(Address("localhost", 1)) == "localhost:1"


@pytest.mark.parametrize("text", ["", "localhost", ":1883", "localhost:", "localhost:mqtt"])
def test_what_is_no_address(text: str) -> None:
    """Both parts are needed."""
    with pytest.raises(ValueError, match=r"HOST:PORT|invalid literal"):
        Address.parse(text)


async def test_a_link_before_and_after_its_life(broker: Broker, ear: Ear) -> None:
    """What is published too early goes out with the connect; an end may come at any time."""
    up = asyncio.Event()
    loop = asyncio.get_running_loop()

    def is_up() -> None:
        loop.call_soon_threadsafe(up.set)

    link = Link(broker.address, "early", on_up=is_up)
    link.drop()
    assert not link.publish(Message("early", b"1"))
    link.open()
    await ear.hears("early", b"1")
    async with asyncio.timeout(10):
        await up.wait()
    assert link.up
    assert await asyncio.to_thread(link.close, Message("late", b"2"))
    await ear.hears("late", b"2")
    assert not await asyncio.to_thread(link.close, Message("too/late", b"3"))


async def test_a_newcomer_takes_over(broker: Broker, ear: Ear) -> None:
    """A device that lost power and boots again is online in the end, not dead by its old Will."""
    will = Message("device", b"dead", retain=True)

    def boot(number: int) -> Link:
        birth = Message("device", b"born %d" % number, retain=True)
        link = Link(broker.address, "device", will=will, birth=lambda: [birth])
        link.open()
        return link

    first = boot(1)
    await ear.hears("device", b"born 1")
    await asyncio.to_thread(first.vanish)
    second = boot(2)
    await ear.hears("device", b"born 2")
    await asyncio.to_thread(second.close)
    async with Ear(broker.address) as late:
        await late.round_trip()
        assert {message.payload for message in late.messages("device")} == {b"born 2"}
