"""The streams of cameras: what each is taken from, kept going, replaced, and ended."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

from homeassistant.components.camera import Image
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.mqtt_sentinel.cameras import sources, stream as stream_module, streams
from custom_components.mqtt_sentinel.cameras.state import SourceInUse
from custom_components.mqtt_sentinel.cameras.streams import Streams
from custom_components.mqtt_sentinel.evidence.cameras.source import Source, label
from custom_components.mqtt_sentinel.evidence.cameras.stream import Condition, Left, Lost, Stream
from custom_components.mqtt_sentinel.evidence.facts import Segment
from custom_components.mqtt_sentinel.intake.mqtt import now

from .house import House, camera
from .journals import until
from .test_camera import Gate

DOOR = "camera.door"
URL = "rtsp://192.0.2.7/door"
_START = Streams.start


class FakeRing:
    """A ring that a test plays; ``made`` are all there were, the newest last."""

    made: list[FakeRing]
    ending: asyncio.Event

    def __init__(
        self,
        ffmpeg: str,
        sources: Sequence[Source],
        folder: Path,
        *,
        heard: Callable[[Segment], None],
        changed: Callable[[Stream], None],
        **_: Any,
    ) -> None:
        self.labels = [label(source) for source in sources]
        self.folder, self.heard, self.changed = folder, heard, changed
        self.newest: Segment | None = None
        self.is_fed = True
        self.fed: list[bytes] = []
        self.running = False
        self.made.append(self)

    def start(self) -> None:
        self.running = True

    async def stop(self) -> None:
        await self.ending.wait()
        self.running = False

    def feed(self, jpeg: bytes) -> bool:
        self.fed.append(jpeg)
        return True

    def tell(self, condition: Condition, why: Lost | None = None, **more: Any) -> None:
        self.changed(Stream(condition, why, **more))


class Studio(Gate):
    """Cameras, and the rings of their streams."""

    def __init__(self, house: House, rings: type[FakeRing]) -> None:
        super().__init__(house)
        self.rings = rings

    async def begins(self, *subentries: Any, rings: int = 1) -> FakeRing:
        """Set it up, and wait for its rings; the newest."""
        with patch.object(Streams, "start", _START):
            await self.set_up(*subentries)
        return await self.ring(rings)

    async def ring(self, number: int) -> FakeRing:
        await self.until(lambda: len(self.rings.made) >= number)
        assert len(self.rings.made) == number
        return self.rings.made[-1]

    async def until(self, holds: Callable[[], bool]) -> None:
        await until(self.house, holds)

    def how(self, camera_id: str = "porch") -> tuple[Condition, Lost | None]:
        state = self.hub.cameras.state(camera_id)
        return state.stream, state.why

    @property
    def streams(self) -> Streams:
        return self.hub.cameras._streams

    async def end(self) -> None:
        assert await self.house.hass.config_entries.async_unload("hub")


@pytest.fixture
def studio(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Studio:
    class Rings(FakeRing):
        made: list[FakeRing] = []
        ending = asyncio.Event()

    Rings.ending.set()
    monkeypatch.setattr(stream_module, "Ring", Rings)
    monkeypatch.setattr(streams, "RAM", tmp_path / "ram")
    (tmp_path / "ram").mkdir()
    return Studio(house, Rings)


class Entity:
    """The camera of another integration."""

    def __init__(self) -> None:
        self.answers: list[str | Exception | None] = []
        self.image: bytes | Exception = b"jpeg"

    async def source(self, hass: object, entity_id: str) -> str | None:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def picture(self, hass: object, entity_id: str, seconds: int) -> Image:
        if isinstance(self.image, Exception):
            raise self.image
        return Image("image/jpeg", self.image)


@pytest.fixture
def entity(monkeypatch: pytest.MonkeyPatch) -> Entity:
    entity = Entity()
    monkeypatch.setattr(sources.camera, "async_get_stream_source", entity.source)
    monkeypatch.setattr(sources.camera, "async_get_image", entity.picture)
    return entity


# What it can be taken from


@pytest.mark.parametrize(
    ("data", "labels", "called"),
    [
        ({}, ["rtsp://192.0.2.8/live"], SourceInUse.ADDRESS),
        (
            {"fallback_url": "rtsp://192.0.2.8/small", "username": "u", "password": "secret"},
            ["rtsp://192.0.2.8/live", "rtsp://192.0.2.8/small"],
            SourceInUse.FALLBACK,
        ),
        (
            {"source": "local", "local": "/dev/video2"},
            ["/dev/video2 (h264)", "/dev/video2"],
            SourceInUse.DEVICE,
        ),
        (
            {"source": "local", "local": "pi:1"},
            ["rpicam-vid:1", "libcamera-vid:1", "/dev/video1 (h264)", "/dev/video1"],
            SourceInUse.DEVICE,
        ),
    ],
)
async def test_sources(
    studio: Studio, data: dict[str, Any], labels: list[str], called: SourceInUse
) -> None:
    ring = await studio.begins(camera("porch", **data))
    assert len(ring.labels) == len(labels)
    assert "secret" not in str(ring.labels)
    ring.tell(Condition.STREAMING, source=ring.labels[-1], left=(Left("a", Lost.REFUSED),))
    assert studio.hub.cameras.state("porch").source is called
    assert studio.how() == (Condition.STREAMING, Lost.REFUSED)


@pytest.mark.parametrize(
    ("url", "sources_of_it"),
    [(URL, 2), (None, 1), ("", 1), ("webrtc:door", 1)],
)
async def test_sources_of_an_entity(
    studio: Studio, entity: Entity, url: str | None, sources_of_it: int
) -> None:
    entity.answers = [url]
    ring = await studio.begins(camera("porch", entity=DOOR))
    assert len(ring.labels) == sources_of_it
    assert ring.labels[-1] == "still images"


# Kept going


async def test_pictures_are_fed_where_there_is_nothing_else(studio: Studio, entity: Entity) -> None:
    entity.answers = [None]
    ring = await studio.begins(camera("porch", entity=DOOR))
    await studio.house.clock.advance(1)
    fed = len(ring.fed)
    assert fed >= 2
    for trouble in (HomeAssistantError("none"), ValueError("whatever others raise")):
        entity.image = trouble
        await studio.house.clock.advance(2)
        assert len(ring.fed) == fed
    entity.image = b"next"
    await studio.house.clock.advance(1)
    assert ring.fed[-1] == b"next"
    ring.is_fed = False
    fed = len(ring.fed)
    await studio.house.clock.advance(2)
    assert len(ring.fed) == fed
    await studio.end()
    ring.is_fed = True
    await studio.house.clock.advance(2)
    assert len(ring.fed) == fed


@pytest.mark.parametrize("trouble", [HomeAssistantError("no such entity"), OSError("no route")])
async def test_an_entity_that_is_not_there_yet(
    studio: Studio, entity: Entity, trouble: Exception
) -> None:
    entity.answers = [trouble]
    with patch.object(Streams, "start", _START):
        await studio.set_up(camera("porch", entity=DOOR))
    await studio.until(lambda: studio.how()[0] is Condition.LOST)
    assert studio.how() == (Condition.LOST, Lost.NOT_FOUND)
    assert studio.rings.made == []
    entity.answers = [URL]
    await studio.house.clock.advance(30)
    ring = await studio.ring(1)
    ring.tell(Condition.STREAMING, source=ring.labels[0])
    assert studio.how() == (Condition.STREAMING, None)


async def test_a_lost_stream_of_an_entity_is_looked_for_elsewhere(
    studio: Studio, entity: Entity
) -> None:
    entity.answers = [URL]
    first = await studio.begins(camera("porch", entity=DOOR))
    first.tell(Condition.STREAMING, source=first.labels[0])
    first.tell(Condition.LOST, Lost.ENDED, source=first.labels[0])
    await studio.house.clock.settle()
    assert first.running  # it is where it was
    entity.answers = ["rtsp://192.0.2.7/other"]
    first.tell(Condition.STREAMING, source=first.labels[0])
    first.tell(Condition.LOST, Lost.ENDED, source=first.labels[0])
    await studio.house.clock.advance(1)
    second = await studio.ring(2)
    assert not first.running
    assert second.labels != first.labels
    # Gone while it is looked for.
    entity.answers = [HomeAssistantError("gone")]
    second.tell(Condition.LOST, Lost.ENDED)
    await studio.house.clock.advance(1)
    await studio.until(lambda: studio.how()[1] is Lost.NOT_FOUND)
    assert not second.running


async def test_an_entity_with_another_address_each_time_is_asked_with_pauses(
    studio: Studio, entity: Entity
) -> None:
    entity.answers = [f"rtsp://192.0.2.7/{number}" for number in range(1000)]
    ring = await studio.begins(camera("porch", entity=DOOR))
    for made, pause in enumerate((0.5, 1.0, 2.0, 4.0), start=1):
        ring.tell(Condition.STARTING)
        ring.tell(Condition.LOST, Lost.REFUSED)
        await studio.house.clock.advance(pause - 0.1)
        assert len(studio.rings.made) == made
        await studio.house.clock.advance(0.1)
        ring = await studio.ring(made + 1)


async def test_an_address_is_not_looked_for_elsewhere(studio: Studio) -> None:
    ring = await studio.begins(camera("porch"))
    ring.tell(Condition.LOST, Lost.TIMEOUT)
    await studio.house.clock.advance(60)
    assert ring.running
    assert len(studio.rings.made) == 1


async def test_pieces_and_pictures(studio: Studio) -> None:
    ring = await studio.begins(camera("porch"))
    assert await studio.hub.cameras.still("porch") is None
    assert await studio.hub.cameras.still("nobody") is None
    piece = Segment(Path("x.ts"), 1, now(), 1.0)
    with patch.object(studio.hub.cameras._recordings, "segment") as taken:
        ring.heard(piece)
    taken.assert_called_once_with("porch", piece)
    ring.newest = piece
    assert await studio.hub.cameras.still("porch") is None  # it cannot be decoded


# One replaced by the next, and the end


async def test_nothing_is_left_at_the_end(studio: Studio, tmp_path: Path) -> None:
    await studio.begins(camera("porch"), camera("yard", "rtsp://192.0.2.9/live"), rings=2)
    place = studio.rings.made[0].folder.parent
    assert place.parent in {tmp_path / "ram", studio.hub.cameras.root}
    assert studio.rings.made[0].folder != studio.rings.made[1].folder
    kept = studio.streams
    await studio.remove("yard")
    assert [ring.running for ring in studio.rings.made].count(True) == 1
    await studio.end()
    assert not place.exists()
    assert not any(ring.running for ring in studio.rings.made)
    assert (kept._streams, kept._ending) == ({}, {})


async def test_no_folder_for_rings(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    make = streams._make_place

    def fail(*_: object) -> None:
        raise PermissionError("none can be written")

    monkeypatch.setattr(streams, "_make_place", fail)
    with patch.object(Streams, "start", _START):
        await studio.set_up(camera("porch"))
    await studio.until(lambda: studio.how() == (Condition.LOST, Lost.NO_SPACE))
    for _ in range(3):
        await studio.house.clock.advance(20)
        await studio.until(lambda: studio.streams._place is None)
    said = [record for record in caplog.records if "There is no folder" in record.message]
    assert [record.levelname for record in said].count("WARNING") == 1
    monkeypatch.setattr(streams, "_make_place", make)
    await studio.house.clock.advance(30)
    await studio.ring(1)


async def test_a_fault_of_our_own_is_told(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """A camera whose stream nobody keeps any more must not be said to be starting for ever."""
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(studio.house.hass.loop, "call_exception_handler", told.append)
    fault = ValueError("a mistake in the program")

    def fail(*_: object) -> None:
        raise fault

    monkeypatch.setattr(streams, "_make_place", fail)
    with patch.object(Streams, "start", _START):
        await studio.set_up(camera("porch"))
    await studio.until(lambda: studio.how() == (Condition.LOST, Lost.ENDED))
    assert [each["exception"] for each in told] == [fault]


async def test_the_end_comes_while_the_folder_is_made_in_vain(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    hass = studio.house.hass
    with patch.object(Streams, "start", _START):
        await studio.set_up()
    failing: asyncio.Future[Any] = hass.loop.create_future()
    failing.set_exception(PermissionError("none can be written"))
    studio.streams._place = failing
    kept = studio.streams
    await kept.stop()
    assert kept._place is None


async def test_a_stream_that_was_replaced_is_not_heard_and_lets_go_first(studio: Studio) -> None:
    old = await studio.begins(camera("porch"))
    studio.rings.ending.clear()
    try:
        await studio.change("porch", pre_roll=9.0)
        await studio.change("porch", pre_roll=8.0)
        assert len(studio.rings.made) == 1  # a device can be opened once
        with patch.object(studio.hub.cameras._recordings, "segment") as taken:
            old.heard(Segment(Path("x.ts"), 1, now(), 1.0))
        taken.assert_not_called()
        old.tell(Condition.LOST, Lost.ENDED)
        assert studio.how()[0] is Condition.STARTING
    finally:
        studio.rings.ending.set()
    new = await studio.ring(2)
    assert not old.running
    new.tell(Condition.STREAMING)
    assert studio.how()[0] is Condition.STREAMING
    assert studio.streams._ending == {}
