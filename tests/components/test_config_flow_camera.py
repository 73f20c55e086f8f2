"""The flow of a camera: where its stream comes from, and what is done with it."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self
from unittest.mock import Mock, patch

from aiohttp import ClientConnectorDNSError, ClientSession, web
from homeassistant.core import HomeAssistant
import pytest

from custom_components.mqtt_sentinel.config_flow import probing
from custom_components.mqtt_sentinel.config_flow.camera_local import LocalStep, local_cameras
from custom_components.mqtt_sentinel.network.facts import Codec, Credentials, Media, Stream
from custom_components.mqtt_sentinel.network.urls import SERVICES, Url, read_url
from tests.unit.network.fakes import ADMIN, BASIC, DIGEST, Rtsp, locked, reply

from .dialogs import Dialog
from .house import Clock, House, camera, relay, watch

DETECTOR = "services||object_detection/porch"
SEES = "services||camera/porch"
CHECKS: dict[str, Any] = {
    "recording": {"pre_roll": 5.0, "duration": 10.0},
    "checks": {},
}
USUAL = {
    "motion": [],
    "motion_entities": [],
    "records_for": [],
    "expect": "always",
    "pre_roll": 5.0,
    "duration": 10.0,
}


class Desk:
    """Somebody who goes through the flow."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.dialog: Dialog

    async def begin(self, way: str) -> None:
        self.dialog = await Dialog.create(self.house, "camera")
        await self.dialog.choose(way)

    async def change(self, subentry_id: str = "porch") -> None:
        self.dialog = await Dialog.change(self.house, subentry_id)

    async def fill(self, **user_input: Any) -> None:
        await self.dialog.submit(**user_input)
        await self.house.clock.settle()

    async def end(self, **user_input: Any) -> None:
        """Fill the last form in."""
        assert self.dialog.step == "camera", self.dialog.shown
        await self.fill(**{"name": "Porch", "expect": "always", **CHECKS, **user_input})

    @property
    def data(self) -> dict[str, Any]:
        """What was created, or changed."""
        subentry = self.subentry
        return dict(subentry.data)

    @property
    def subentry(self) -> Any:
        [found] = [
            subentry
            for subentry in self.house.entry.subentries.values()
            if subentry.subentry_type == "camera"
        ]
        return found


@pytest.fixture
def desk(house: House, socket_enabled: None) -> Desk:
    return Desk(house)


# A camera entity


async def test_a_camera_that_is_there(desk: Desk) -> None:
    house = desk.house
    await house.set_up()
    house.hass.states.async_set("camera.porch", "idle", {"friendly_name": "Porch of others"})
    await desk.begin("existing")
    await desk.fill(camera="camera.porch")
    assert desk.dialog.suggested("name") == "Porch of others"
    await desk.end()
    assert desk.dialog.ended == "created"
    assert desk.data == USUAL | {"source": "entity", "camera": "camera.porch"}
    assert (desk.subentry.title, desk.subentry.unique_id) == ("Porch", "camera.porch")


async def test_not_any_camera_will_do(desk: Desk) -> None:
    house = desk.house
    await house.set_up(camera("porch"), camera("yard", entity="camera.yard"))
    house.hass.states.async_set("camera.yard", "idle")
    await desk.begin("existing")
    schema = desk.dialog.shown["data_schema"]
    assert schema
    assert schema.schema["camera"].config["exclude_entities"] == ["camera.porch"]
    for entity_id, error in (
        ("camera.nobody", "no_such_entity"),
        ("camera.yard", "already_configured"),
    ):
        await desk.fill(camera=entity_id)
        assert desk.dialog.errors == {"camera": error}


async def test_another_camera_entity(desk: Desk) -> None:
    house = desk.house
    await house.set_up(camera("porch", entity="camera.old", detector=DETECTOR))
    house.hass.states.async_set("camera.old", "idle")
    house.hass.states.async_set("camera.new", "idle")
    await desk.change()
    assert desk.dialog.suggested("camera") == "camera.old"
    await desk.fill(camera="camera.new")
    assert desk.dialog.suggested("name") == "Porch"
    assert desk.dialog.suggested("detector") == DETECTOR
    await desk.end(detector=DETECTOR)
    assert desk.dialog.ended == "reconfigure_successful"
    assert desk.data["camera"] == desk.subentry.unique_id == "camera.new"


async def test_the_hub_has_to_be_loaded(desk: Desk) -> None:
    house = desk.house
    await house.set_up()
    await house.hass.config_entries.async_unload(house.entry.entry_id)
    desk.dialog = await Dialog.create(house, "camera")
    assert desk.dialog.ended == "not_loaded"


async def test_it_can_be_changed_while_the_hub_is_not_loaded(desk: Desk) -> None:
    house = desk.house
    await house.set_up(camera("porch", entity="camera.old", detector=DETECTOR))
    house.hass.states.async_set("camera.old", "idle")
    await house.hass.config_entries.async_unload(house.entry.entry_id)
    await desk.change()
    await desk.fill(camera="camera.old")
    assert desk.dialog.choices("detector") == {DETECTOR: "object_detection porch (services)"}
    await desk.end(name=" ", expect="none")
    assert desk.data["expect"] == "none"
    assert desk.subentry.title == "Porch"


# What is done with it


async def test_what_has_its_name_is_proposed(desk: Desk) -> None:
    house = desk.house
    await house.set_up(
        watch("front", "object_detection/front_door", ping_interval=10),
        watch("other", "camera_manager/porch"),
        relay("pump"),
        camera("yard", entity="camera.yard"),
    )
    await house.broker.publish("ping/object_detection/porch", "")
    await house.broker.publish("connected/object_detection/cellar", "1")
    await house.broker.publish(
        "motion/camera/porch", {"event_ref": "e1", "status": True, "detections": []}
    )
    await house.broker.publish("devices/porch/status", "online")
    house.hass.states.async_set("camera.porch", "idle", {"friendly_name": "Porch camera"})
    await desk.begin("existing")
    await desk.fill(camera="camera.porch")
    assert desk.dialog.choices("detector") == {
        DETECTOR: "object_detection porch (services)",
        "services||object_detection/cellar": "object_detection cellar (services)",
        "services||object_detection/front_door": "Front (services)",
    }
    assert next(iter(desk.dialog.choices("detector"))) == DETECTOR
    assert desk.dialog.suggested("detector") == DETECTOR
    assert list(desk.dialog.choices("motion")) == [SEES]
    assert desk.dialog.suggested("motion") == [SEES]
    assert set(desk.dialog.choices("records_for")) == {"front", "other", "pump", "yard"}
    await desk.end(
        detector=DETECTOR,
        motion=[SEES],
        motion_entities=["binary_sensor.pir"],
        records_for=["front"],
        recording={"pre_roll": 0, "duration": 20},
        checks={"settle": 5},
    )
    [made] = [found for found in house.entry.subentries.values() if found.title == "Porch"]
    assert made.data == {
        "source": "entity",
        "camera": "camera.porch",
        "expect": "always",
        "detector": DETECTOR,
        "motion": [SEES],
        "motion_entities": ["binary_sensor.pir"],
        "records_for": ["front"],
        "pre_roll": 0,
        "duration": 20,
        "settle": 5,
    }


@pytest.mark.parametrize(
    ("name", "proposed"),
    [
        ("Front door", "services||object_detection/front_door"),
        ("Door", "services||object_detection/front_door"),
        ("Front", None),  # of two nobody knows which
        ("Camera", None),
        ("Shed", None),
    ],
)
async def test_the_obvious_detector(desk: Desk, name: str, proposed: str | None) -> None:
    house = desk.house
    await house.set_up()
    for thing in ("front_door", "front_yard"):
        await house.broker.publish(f"ping/object_detection/{thing}", "")
    house.hass.states.async_set("camera.x", "idle", {"friendly_name": name})
    await desk.begin("existing")
    await desk.fill(camera="camera.x")
    assert desk.dialog.suggested("detector") == proposed


async def test_what_it_recorded_for_may_be_gone(desk: Desk) -> None:
    house = desk.house
    await house.set_up(
        camera("porch", entity="camera.porch", records_for=["gone", "front"]), watch("front")
    )
    house.hass.states.async_set("camera.porch", "idle")
    await desk.change()
    await desk.fill(camera="camera.porch")
    assert desk.dialog.suggested("records_for") == ["front"]
    assert set(desk.dialog.choices("records_for")) == {"front"}


async def test_it_may_be_wanted_only_while_an_alarm_is_armed(desk: Desk) -> None:
    house = desk.house
    await house.set_up()
    house.hass.states.async_set("camera.porch", "idle")
    await desk.begin("existing")
    await desk.fill(camera="camera.porch")
    await desk.end(expect="alarm")
    assert desk.dialog.step == "alarm"
    await desk.fill(verify_connect=False, verify_disconnect=True)
    assert desk.dialog.ended == "created"
    assert desk.data["expect"] == "alarm"
    assert desk.data["verify_connect"] is False


# An address


async def test_an_address_that_streams(desk: Desk) -> None:
    await desk.house.set_up()
    async with Rtsp(locked()) as camera_there:
        await desk.begin("address")
        await desk.fill(url=f" rtsp://127.0.0.1:{camera_there.port}/live ")
    assert desk.dialog.shown["description_placeholders"] == {
        "camera": "127.0.0.1",
        "stream": "H264 1280x720 15/s, PCMU",
    }
    await desk.end()
    url = f"127.0.0.1:{camera_there.port}/live"
    assert desk.data == USUAL | {"source": "address", "url": f"rtsp://{url}"}
    assert desk.subentry.unique_id == url


async def test_a_password_is_kept_apart_and_never_shown_again(desk: Desk) -> None:
    await desk.house.set_up()
    async with Rtsp(locked(DIGEST, path="/live")) as there:
        url = f"rtsp://127.0.0.1:{there.port}/live"
        await desk.begin("address")
        await desk.fill(url=url)
        assert desk.dialog.errors == {"url": "password_needed"}
        await desk.fill(url=url, username="admin", password="guess")
        assert desk.dialog.errors == {"url": "unauthorized"}
        assert desk.dialog.suggested("password") is None
        await desk.fill(url=f"{url}ly", username="admin", password="hunter2")
        assert desk.dialog.errors == {"url": "not_found"}
        # What was typed counts until something else is.
        await desk.fill(url=url, username="admin")
        await desk.end()
        credentials = {"username": "admin", "password": "hunter2"}
        assert desk.data == USUAL | {"source": "address", "url": url} | credentials

        subentry_id = desk.subentry.subentry_id
        await desk.change(subentry_id)
        assert desk.dialog.suggested("username") == "admin"
        assert desk.dialog.suggested("password") is None
        await desk.fill(url=url, username="admin")
        await desk.end()
        assert desk.data["password"] == "hunter2"

        # It is for this user at this host.
        await desk.change(subentry_id)
        await desk.fill(url=url, username="other")
        assert desk.dialog.errors == {"url": "unauthorized"}
        await desk.fill(url=f"rtsp://127.0.0.2:{there.port}/live", username="admin", anyway=True)
        await desk.end()
        assert desk.data["password"] == ""
        await desk.change(subentry_id)
        await desk.fill(url=url)
        await desk.fill(url=url, anyway=True)
        await desk.end()
        assert not {"username", "password"} & set(desk.data)


async def test_a_password_in_an_address_is_taken_out(desk: Desk) -> None:
    await desk.house.set_up()
    async with Rtsp(locked(BASIC)) as there:
        place = f"127.0.0.1:{there.port}"
        await desk.begin("address")
        await desk.fill(
            url=f"rtsp://admin:hunter2@{place}/live",
            fallback_url=f"rtsp://somebody:else@{place}/small",
        )
        await desk.end()
    assert desk.data == USUAL | {
        "source": "address",
        "url": f"rtsp://{place}/live",
        "fallback_url": f"rtsp://{place}/small",
        "username": ADMIN.username,
        "password": ADMIN.password,
    }


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        ({"url": "ftp://192.0.2.1/x"}, {"url": "bad_url"}),
        ({"url": " "}, {"url": "bad_url"}),
        ({"url": "rtsp://192.0.2.1/x", "fallback_url": "x"}, {"fallback_url": "bad_url"}),
        (
            {"url": "rtsp://192.0.2.1/x", "username": "a", "password": "b\n"},
            {"username": "bad_credentials"},
        ),
        ({"url": "rtsp://192.0.2.8/live"}, {"url": "already_configured"}),
    ],
)
async def test_what_is_no_address(
    desk: Desk, typed: dict[str, str], errors: dict[str, str]
) -> None:
    taken = camera("yard")
    taken["unique_id"] = "192.0.2.8:554/live"
    await desk.house.set_up(taken)
    await desk.begin("address")
    await desk.fill(**typed)
    assert desk.dialog.errors == errors
    assert "anyway" not in desk.dialog.fields


async def test_one_that_cannot_be_reached_is_saved_only_if_somebody_says_so(desk: Desk) -> None:
    await desk.house.set_up()
    async with Rtsp(locked()) as there:
        port = there.port
    url = f"rtsp://127.0.0.1:{port}/live"
    await desk.begin("address")
    assert "anyway" not in desk.dialog.fields
    await desk.fill(url=url)
    assert desk.dialog.errors == {"url": "refused"}
    assert "anyway" in desk.dialog.fields
    await desk.fill(url=url, anyway=False)
    assert desk.dialog.errors == {"url": "refused"}
    await desk.fill(url=url, anyway=True)
    assert desk.dialog.shown["description_placeholders"] == {"camera": "127.0.0.1", "stream": "-"}
    await desk.end()
    assert desk.data["url"] == url


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (reply(200, body=b"v=0\r\nm=audio 0 RTP/AVP 0\r\n"), "no_video"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "not_a_stream"),
        (reply(500), "not_a_stream"),
    ],
)
async def test_something_else_answers(desk: Desk, answer: bytes, error: str) -> None:
    await desk.house.set_up()
    async with Rtsp(lambda _: answer) as there:
        await desk.begin("address")
        await desk.fill(
            url=f"rtsp://127.0.0.1:{there.port}/a", fallback_url=f"rtsp://127.0.0.1:{there.port}/b"
        )
    assert desk.dialog.errors == {"url": error, "fallback_url": error}


async def test_one_that_says_nothing(desk: Desk) -> None:
    house = desk.house
    await house.set_up()
    async with Rtsp(lambda _: None) as there:
        await desk.begin("address")
        url = f"rtsp://127.0.0.1:{there.port}/live"
        await desk.dialog.submit_while(house.clock.advance(probing.PROBE_SECONDS + 1), url=url)
        assert desk.dialog.errors == {"url": "silent"}


# Over HTTP


type Serve = Callable[[web.Request], web.StreamResponse]


class Web:
    """A small camera that speaks HTTP."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self.asked: list[dict[str, str]] = []
        self.url = ""

    async def __aenter__(self) -> Self:
        async def handle(request: web.Request) -> web.StreamResponse:
            self.asked.append(dict(request.headers))
            return self._serve(request)

        app = web.Application()
        app.router.add_get("/{tail:.*}", handle)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/video"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()


def serves(content_type: str, status: int = 200) -> Serve:
    return lambda _: web.Response(status=status, body=b"x", content_type=content_type)


def wants_password(request: web.Request) -> web.StreamResponse:
    if "Authorization" not in request.headers:
        return web.Response(status=401, headers={"WWW-Authenticate": DIGEST})
    right = 'username="admin"' in request.headers["Authorization"]
    return web.Response(status=200 if right else 403, content_type="video/mp4")


@pytest.mark.parametrize(
    ("serve", "credentials", "error", "shown"),
    [
        (serves("multipart/x-mixed-replace"), None, None, "multipart/x-mixed-replace"),
        (serves("application/vnd.apple.mpegurl"), None, None, "application/vnd.apple.mpegurl"),
        (serves("text/html"), None, "not_a_stream", ""),
        (serves("video/mp4", 404), None, "not_found", ""),
        (serves("video/mp4", 500), None, "not_a_stream", ""),
        (serves("video/mp4", 401), ADMIN, "unauthorized", ""),
        (wants_password, None, "password_needed", ""),
        (wants_password, ADMIN, None, "video/mp4"),
        (wants_password, Credentials("other", "x"), "unauthorized", ""),
    ],
)
async def test_what_answers_over_http(
    hass: HomeAssistant,
    socket_enabled: None,
    serve: Serve,
    credentials: Credentials | None,
    error: str | None,
    shown: str,
) -> None:
    async with Web(serve) as there:
        url = web_url(there.url)
        assert await probing.probe(hass, url, credentials) == probing.Probed(error, shown)
    assert "hunter2" not in str(there.asked)


def web_url(text: str) -> Url:
    return read_url(text, SERVICES)[0]


async def test_nobody_answers_over_http(hass: HomeAssistant, socket_enabled: None) -> None:
    async with Web(serves("video/mp4")) as there:
        url = web_url(there.url)
    assert (await probing.probe(hass, url, None)).error == "refused"


async def test_one_that_says_nothing_over_http(
    hass: HomeAssistant, clock: Clock, socket_enabled: None
) -> None:
    asked = asyncio.Event()
    async with Rtsp(lambda _: asked.set()) as there:
        probed = asyncio.create_task(
            probing.probe(hass, web_url(f"http://127.0.0.1:{there.port}/video"), None)
        )
        await asked.wait()
        await clock.advance(probing.PROBE_SECONDS + 1)
        assert (await probed).error == "silent"


async def test_what_is_not_http(hass: HomeAssistant, socket_enabled: None) -> None:
    async with Rtsp(lambda _: b"what do you want?\r\n\r\n") as there:
        url = web_url(f"http://127.0.0.1:{there.port}/video")
        assert (await probing.probe(hass, url, None)).error == "not_a_stream"


async def test_a_name_that_nobody_has(hass: HomeAssistant) -> None:
    unknown = ClientConnectorDNSError(Mock(), OSError("no such name"))
    with patch.object(ClientSession, "get", side_effect=unknown):
        probed = await probing.probe(hass, web_url("http://camera.invalid/video"), None)
    assert probed.error == "unreachable"


def test_only_what_can_be_seen_or_heard_is_shown() -> None:
    streams = (Stream(Media.OTHER, Codec.OTHER), Stream(Media.VIDEO, Codec.H265))
    assert probing.words_of(streams) == "H265"


# A camera of this computer


@pytest.fixture
def computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A computer without cameras and programs."""
    for folder in ("dev/v4l/by-id", "sys/class/video4linux", "bin"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.setattr(LocalStep, "root", tmp_path)
    monkeypatch.setattr(LocalStep, "path", str(tmp_path / "bin"))
    return tmp_path


def plug_in(computer: Path, node: str, name: str | None = None, index: str | None = "0") -> None:
    (computer / "dev" / node).touch()
    described = computer / "sys/class/video4linux" / node
    described.mkdir()
    if name:
        (described / "name").write_text(f"{name}\n")
    if index:
        (described / "index").write_text(f"{index}\n")


def install(computer: Path, program: str) -> None:
    file = computer / "bin" / program
    file.touch()
    file.chmod(0o755)


async def test_there_is_none(desk: Desk, computer: Path) -> None:
    await desk.house.set_up()
    await desk.begin("local")
    assert desk.dialog.ended == "no_local_camera"
    assert desk.dialog.shown["description_placeholders"] == {
        "programs": "rpicam-vid, libcamera-vid"
    }


async def test_one_of_this_computer(desk: Desk, computer: Path) -> None:
    plug_in(computer, "video0", "USB Camera")
    await desk.house.set_up()
    await desk.begin("local")
    assert desk.dialog.choices("local") == {"/dev/video0": "USB Camera (/dev/video0)"}
    assert desk.dialog.shown["description_placeholders"]["programs"] == "-"
    await desk.fill(local="/dev/video0")
    await desk.end()
    assert desk.data == USUAL | {"source": "local", "local": "/dev/video0"}
    subentry_id = desk.subentry.subentry_id
    plug_in(computer, "video2")
    await desk.change(subentry_id)
    assert desk.dialog.suggested("local") == "/dev/video0"
    await desk.fill(local="/dev/video2")
    await desk.end()
    assert desk.data["local"] == desk.subentry.unique_id == "/dev/video2"
    await desk.begin("local")
    await desk.fill(local="/dev/video2")
    assert desk.dialog.errors == {"local": "already_configured"}


def test_what_a_computer_has(computer: Path) -> None:
    install(computer, "libcamera-vid")
    plug_in(computer, "video0", "Webcam")
    plug_in(computer, "video1", "Webcam", index="1")  # tells of the pictures of the other
    plug_in(computer, "video4", None, None)
    (computer / "sys/class/video4linux/video9").mkdir()  # not passed to this container
    (computer / "dev/v4l/by-id/usb-Maker_Webcam-video-index0").symlink_to("../../video0")
    found = local_cameras(computer, str(computer / "bin"))
    assert found.programs == ("libcamera-vid",)
    by_id = "/dev/v4l/by-id/usb-Maker_Webcam-video-index0"
    assert found.devices == {
        "pi:0": "Raspberry Pi (libcamera-vid)",
        by_id: f"Webcam ({by_id})",
        "/dev/video4": "video4 (/dev/video4)",
    }


def test_the_newer_program_is_named_first(computer: Path) -> None:
    for program in ("libcamera-vid", "rpicam-vid"):
        install(computer, program)
    assert local_cameras(computer, str(computer / "bin")).programs == (
        "rpicam-vid",
        "libcamera-vid",
    )
