"""A search of the network for cameras, within Home Assistant."""

from collections.abc import Callable, Iterable
from ipaddress import AddressValueError, IPv4Address
from typing import TYPE_CHECKING

import aiohttp
from homeassistant.helpers.aiohttp_client import async_create_clientsession

from ..network.found import Found, Progress, Search
from ..network.search import search
from ..network.urls import RTSP_PORT

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant

_MOST_PORTS = 65_535


class BadAddressError(ValueError):
    """No address that could be asked."""


def read_addresses(lines: Iterable[str]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Read addresses, each with a port or without; answer them, and the ports to ask for streams.

    A port is asked at all of them, beside the usual one. Raises :class:`BadAddressError`.
    """
    addresses: dict[str, None] = {}
    ports = {RTSP_PORT: None}
    for line in filter(None, map(str.strip, lines)):
        host, colon, port = line.partition(":")
        try:
            addresses[str(IPv4Address(host))] = None
        except AddressValueError as error:
            raise BadAddressError from error
        if colon:
            if not (port.isdecimal() and 0 < int(port) <= _MOST_PORTS):
                raise BadAddressError
            ports[int(port)] = None
    return tuple(addresses), tuple(ports)


async def search_for(
    hass: HomeAssistant, what: Search, tell: Callable[[Progress], None] | None = None
) -> tuple[Found, ...]:
    """Search, with a session of its own: no cookie of a camera is kept."""
    session = async_create_clientsession(
        hass, verify_ssl=False, auto_cleanup=False, cookie_jar=aiohttp.DummyCookieJar()
    )
    try:
        return (await search(what, session, tell)).found
    finally:
        session.detach()
