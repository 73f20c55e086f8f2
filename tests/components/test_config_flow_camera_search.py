"""The flow of cameras that are found in the network."""

import asyncio
from collections.abc import Generator
import re
from typing import Any
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_socket import socket_allow_hosts

from custom_components.mqtt_sentinel.config_flow import network_search
from custom_components.mqtt_sentinel.config_flow.camera_found import OFFERED
from custom_components.mqtt_sentinel.config_flow.network_search import (
    BadAddressError,
    read_addresses,
    search_for,
)
from custom_components.mqtt_sentinel.network.facts import Codec, Credentials, Media, Size, Stream
from custom_components.mqtt_sentinel.network.found import (
    Found,
    Limits,
    Progress,
    Search,
    Searched,
    Verdict,
)
from custom_components.mqtt_sentinel.network.urls import Url
from tests.unit.network.fakes import Rtsp, locked

from .house import Clock, House, camera
from .test_config_flow_camera import USUAL, Desk

VIDEO = (Stream(Media.VIDEO, Codec.H264),)
ADMIN = Credentials("admin", "hunter2")
# The fake camera of these tests lets in whoever has this.
RIGHT = {"192.0.2.2": ADMIN, "192.0.2.3": ADMIN, "192.0.2.4": Credentials("other", "secret")}
EVERYWHERE = ("192.0.2.2", "192.0.2.3")


def found(address: str, verdict: Verdict = Verdict.READY, **known: Any) -> Found:
    url = Url("rtsp", address, 554, "/live") if verdict is Verdict.READY else None
    return Found(address, verdict, url=url, streams=VIDEO if url else (), **known)


class Network:
    """A network that is searched in place of the real one."""

    def __init__(self) -> None:
        self.searches: list[Search] = []
        self.there: list[Found] = []
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.cancelled = False

    async def search(self, what: Search, session: Any, tell: Any = None) -> Searched:
        self.searches.append(what)
        await asyncio.sleep(0)  # no search is over at once
        if tell:
            tell(Progress(0, 0, True))
            tell(Progress(1, 2, False))
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        return Searched(
            tuple(
                self._opened(one, what.credentials)
                for one in self.there
                if not what.addresses or one.address in what.addresses
            )
        )

    @staticmethod
    def _opened(one: Found, credentials: tuple[Credentials, ...]) -> Found:
        if one.verdict is not Verdict.PASSWORD_NEEDED or not credentials:
            return one
        right = RIGHT[one.address]
        if right not in credentials:
            return found(one.address, Verdict.PASSWORD_REFUSED, name=one.name)
        return found(one.address, name=one.name, credentials=credentials.index(right))


@pytest.fixture
def network() -> Generator[Network]:
    there = Network()
    with patch.object(network_search, "search", there.search):
        yield there


@pytest.fixture
def desk(house: House, network: Network) -> Desk:
    return Desk(house)


async def search(desk: Desk, **user_input: Any) -> None:
    """Search, and wait for what is found."""
    await desk.begin("search")
    await desk.fill(**user_input)
    assert desk.dialog.shown["type"] is FlowResultType.SHOW_PROGRESS
    await go_on(desk)


async def go_on(desk: Desk) -> None:
    flows = desk.house.hass.config_entries.subentries
    desk.dialog.shown = await flows.async_configure(desk.dialog.shown["flow_id"])
    await desk.house.clock.settle()


async def test_one_that_is_ready(desk: Desk, network: Network) -> None:
    await desk.house.set_up()
    network.there = [
        found(
            "192.0.2.2", name="Porch", maker="Acme", model="X1", size=Size(1920, 1080), rate=25.0
        ),
        found("192.0.2.3"),
        found("192.0.2.9", Verdict.NOT_A_CAMERA),
    ]
    await desk.begin("search")
    network.go_on.clear()
    await desk.fill()
    progress = desk.dialog.shown
    assert (progress["type"], progress["step_id"]) == (FlowResultType.SHOW_PROGRESS, "searching")
    network.go_on.set()
    await desk.house.clock.settle()
    await go_on(desk)
    assert desk.dialog.choices("cameras") == {
        "192.0.2.2": "🟢 Porch · Acme X1 · 192.0.2.2 · 1920x1080 · ready",
        "192.0.2.3": "🟢 192.0.2.3 · ready",
    }
    assert desk.dialog.shown["description_placeholders"] == {
        "count": "2",
        "others": "192.0.2.9 (no camera)",
    }
    await desk.fill(cameras=[])
    assert desk.dialog.errors == {"cameras": "nothing_ticked"}
    await desk.fill(cameras=["192.0.2.2"])
    assert desk.dialog.suggested("name") == "Porch"
    assert desk.dialog.shown["description_placeholders"]["stream"] == "H264"
    await desk.end()
    assert desk.data == USUAL | {"source": "address", "url": "rtsp://192.0.2.2/live"}
    assert desk.subentry.unique_id == "192.0.2.2:554/live"
    # The whole network was asked, by multicast from where Home Assistant is in it.
    [asked] = network.searches
    assert (asked.addresses, asked.credentials) == ((), ())
    assert asked.interfaces == ("10.10.10.10",)


async def test_a_password_for_all_from_the_start(desk: Desk, network: Network) -> None:
    await desk.house.set_up()
    network.there = [found("192.0.2.2", Verdict.PASSWORD_NEEDED)]
    await search(desk, addresses=["192.0.2.2"], username="admin", password="hunter2")
    assert desk.dialog.choices("cameras") == {"192.0.2.2": "🟢 192.0.2.2 · ready"}
    await desk.fill(cameras=["192.0.2.2"])
    await desk.end()
    assert desk.data == USUAL | {
        "source": "address",
        "url": "rtsp://192.0.2.2/live",
        "username": "admin",
        "password": "hunter2",
    }
    [asked] = network.searches
    assert (asked.interfaces, asked.addresses) == ((), ("192.0.2.2",))


async def test_a_password_is_asked_for_once_for_all_that_want_it(
    desk: Desk, network: Network
) -> None:
    await desk.house.set_up()
    network.there = [
        found("192.0.2.2", Verdict.PASSWORD_NEEDED, name="Porch"),
        found("192.0.2.3", Verdict.PASSWORD_NEEDED, name="Yard"),
        found("192.0.2.4", Verdict.PASSWORD_NEEDED, name="Shed"),
        found("192.0.2.5", name="Hall"),
    ]
    await search(desk)
    assert desk.dialog.choices("cameras")["192.0.2.2"] == (
        "🔑 Porch · 192.0.2.2 · wants a password"
    )
    await desk.fill(cameras=["192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5"])
    assert desk.dialog.step == "credentials"
    assert desk.dialog.shown["description_placeholders"] == {"cameras": "Porch, Yard, Shed"}
    await desk.fill(username="admin", password="a\nb")
    assert desk.dialog.errors == {"username": "bad_credentials"}
    await desk.fill(username="admin", password="hunter2")
    # Only the one that did not accept it is asked about again.
    assert desk.dialog.errors == {"base": "unauthorized"}
    assert desk.dialog.shown["description_placeholders"] == {"cameras": "Shed"}
    assert desk.dialog.suggested("username") == "admin"
    assert desk.dialog.suggested("password") is None
    await desk.fill(username="other", password="secret")
    assert desk.dialog.ended == "created"
    made = {
        subentry.title: (subentry.data["url"], subentry.data.get("password"))
        for subentry in desk.house.entry.subentries.values()
    }
    assert made == {
        "Porch": ("rtsp://192.0.2.2/live", "hunter2"),
        "Yard": ("rtsp://192.0.2.3/live", "hunter2"),
        "Shed": ("rtsp://192.0.2.4/live", "secret"),
        "Hall": ("rtsp://192.0.2.5/live", None),
    }
    await desk.house.clock.advance(1)
    assert len(desk.house.entry.runtime_data.cameras.setups) == 4


async def test_one_that_is_gone_when_its_password_is_tried(desk: Desk, network: Network) -> None:
    await desk.house.set_up()
    network.there = [found("192.0.2.2", Verdict.PASSWORD_NEEDED), found("192.0.2.3")]
    await search(desk)
    await desk.fill(cameras=["192.0.2.2"])
    network.there = [found("192.0.2.2", Verdict.SILENT)]
    await desk.fill(username="admin", password="hunter2")
    assert desk.dialog.step == "found"
    assert set(desk.dialog.choices("cameras")) == {"192.0.2.3"}


async def test_what_is_set_up_is_not_offered(desk: Desk, network: Network) -> None:
    taken = camera("porch", "rtsp://192.0.2.2/live")
    taken["unique_id"] = "192.0.2.2:554/live"
    await desk.house.set_up(taken)
    network.there = [found("192.0.2.2"), found("192.0.2.3")]
    await search(desk)
    assert set(desk.dialog.choices("cameras")) == {"192.0.2.3"}
    assert desk.dialog.shown["description_placeholders"] == {
        "count": "1",
        "others": "192.0.2.2 (set up already)",
    }


@pytest.mark.parametrize("verdict", sorted(set(Verdict) - OFFERED))
async def test_what_cannot_be_set_up_is_told_with_the_reason(
    desk: Desk, network: Network, verdict: Verdict
) -> None:
    await desk.house.set_up()
    network.there = [found(f"192.0.2.{number}", verdict) for number in range(1, 50)]
    await search(desk)
    assert desk.dialog.step == "nothing_found"
    placeholders = desk.dialog.shown["description_placeholders"]
    assert placeholders
    told = placeholders["others"].split(", ")
    assert len(told) == 41
    assert re.fullmatch(r"192\.0\.2\.40 \([a-z ]+\)", told[-2])
    assert told[-1] == "…"


async def test_nobody_is_found(desk: Desk, network: Network) -> None:
    await desk.house.set_up()
    await search(desk)
    assert desk.dialog.step == "nothing_found"
    assert desk.dialog.shown["description_placeholders"] == {"others": "nothing"}
    await desk.dialog.choose("search")
    network.there = [found("192.0.2.2")]
    await desk.fill()
    await go_on(desk)
    assert set(desk.dialog.choices("cameras")) == {"192.0.2.2"}


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({"addresses": ["my camera"]}, {"addresses": "bad_address"}),
        ({"username": "a\nb"}, {"username": "bad_credentials"}),
    ],
)
async def test_what_cannot_be_searched_for(
    desk: Desk, network: Network, typed: dict[str, Any], error: dict[str, str]
) -> None:
    await desk.house.set_up()
    await desk.begin("search")
    await desk.fill(**typed, password="hunter2")
    assert desk.dialog.errors == error
    assert desk.dialog.suggested("password") is None
    assert network.searches == []


async def test_who_leaves_ends_the_search(desk: Desk, network: Network) -> None:
    await desk.house.set_up()
    await desk.begin("search")
    network.go_on.clear()
    await desk.fill()
    await desk.house.clock.settle()
    flows = desk.house.hass.config_entries.subentries
    flows.async_abort(desk.dialog.shown["flow_id"])
    await desk.house.clock.settle()
    assert network.cancelled


# Where to search


@pytest.mark.parametrize(
    ("lines", "addresses", "ports"),
    [
        ([], (), (554,)),
        ([" 192.0.2.2 ", "", "192.0.2.2"], ("192.0.2.2",), (554,)),
        (["192.0.2.2:8554", "192.0.2.3:554"], ("192.0.2.2", "192.0.2.3"), (554, 8554)),
    ],
)
def test_addresses(lines: list[str], addresses: tuple[str, ...], ports: tuple[int, ...]) -> None:
    assert read_addresses(lines) == (addresses, ports)


@pytest.mark.parametrize(
    "line",
    ["camera", "192.0.2", "192.0.2.2:", "192.0.2.2:0", "192.0.2.2:65536", "::1", "1.2.3.4:x"],
)
def test_what_is_no_address(line: str) -> None:
    with pytest.raises(BadAddressError):
        read_addresses([line])


# A real search, on loopback


async def test_a_camera_is_found(hass: HomeAssistant, clock: Clock, socket_enabled: None) -> None:
    socket_allow_hosts(["127.0.0.1"])
    told: list[Progress] = []
    async with Rtsp(locked()) as there:
        what = Search(
            addresses=("127.0.0.1",),
            rtsp_ports=(there.port,),
            onvif_ports=(),
            probe_port=there.port,
            limits=Limits(seconds=100.0, longest=90.0),
        )
        searching = asyncio.create_task(search_for(hass, what, told.append))
        while not searching.done():  # what is heard comes by real sockets, whatever the time
            await clock.advance(0.1)
        [one] = searching.result()
    assert one.verdict is Verdict.READY
    assert one.size == Size(1280, 720)
    assert [progress.found for progress in told if progress.found] == [one]
