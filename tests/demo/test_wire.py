"""The way to the broker, where the members' tests do not reach."""

import asyncio

from mqtt_sentinel_node import Client, Message
import pytest

from demo.broker import Broker
from demo.wire import Address, Wire

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


async def test_a_newcomer_takes_over(broker: Broker, ear: Ear) -> None:
    """A device that lost power and boots again is online in the end, not dead by its old Will."""
    will = Message("device", b"dead", retain=True)

    def boot(number: int) -> Client:
        birth = Message("device", b"born %d" % number, retain=True)
        return Wire(broker.address).client(client_id="device", will=will, birth=[birth]).start()

    first = boot(1)
    await ear.hears("device", b"born 1")
    await asyncio.to_thread(first.freeze)
    second = boot(2)
    await ear.hears("device", b"born 2")
    await asyncio.to_thread(second.stop)
    async with Ear(broker.address) as late:
        await late.round_trip()
        assert {message.payload for message in late.messages("device")} == {b"born 2"}
