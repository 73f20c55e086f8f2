"""What is asked of the journal."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from custom_components.mqtt_sentinel.evidence.facts import Cause, Clip
from custom_components.mqtt_sentinel.evidence.journal import reading
from custom_components.mqtt_sentinel.evidence.journal.rows import (
    Delivery,
    Kind,
    MediaKind,
    MediaRow,
    OutboxRow,
)

from .house import Kept, clip, event, incident

OTHER_SITE = "cabin"


@pytest.fixture
async def kept(url: str, journal_at: Callable[..., Kept]) -> Kept:
    """A journal with media of two cameras, and of another site."""
    kept = journal_at(url)
    await kept.journal.accept(
        clip("b", began=20.0, size=2, incident_ids=["i1", "i2"]),
        clip("a", began=10.0, size=1),
        clip("c", began=90_000.0, day="2026-11-22", size=4, incident_ids=["i3"]),
        clip("a", "other", began=5.0, size=8),
        clip("a", site=OTHER_SITE, began=99_000.0, size=16),
    )
    return kept


def ids(rows: list[MediaRow]) -> list[str]:
    return [row.media_id for row in rows]


async def test_the_days_of_a_camera(kept: Kept) -> None:
    found = await kept.journal.read(lambda link: list(reading.days(link, "home", "cam").items()))
    assert found == [("2026-11-22", 1), ("2026-11-21", 2)]
    assert await kept.journal.read(lambda link: reading.days(link, "home", "nobody")) == {}


async def test_the_media_of_a_day(kept: Kept) -> None:
    found = await kept.journal.read(
        lambda link: reading.media_of_day(link, "home", "cam", "2026-11-21")
    )
    assert ids(found) == ["cam/2026-11-21/a", "cam/2026-11-21/b"]


async def test_one_by_its_id(kept: Kept) -> None:
    found = await kept.journal.read(lambda link: reading.media(link, "home", "cam/2026-11-21/b"))
    assert found == clip(
        "b", began=20.0, size=2, incident_ids=["i1", "i2"], causes=[], event_ids=[], triggers=[]
    )
    assert await kept.journal.read(lambda link: reading.media(link, "home", "../b")) is None


async def test_a_clip_that_is_told_again_replaces_itself(kept: Kept) -> None:
    await kept.journal.accept(clip("b", began=20.0, size=3))
    assert await kept.journal.read(lambda link: reading.media_size(link, "home")) == 16


async def test_the_latest_of_each_camera(kept: Kept) -> None:
    found = await kept.journal.read(lambda link: reading.latest_media(link, "home"))
    assert {camera: row.media_id for camera, row in found.items()} == {
        "cam": "cam/2026-11-22/c",
        "other": "other/2026-11-21/a",
    }


async def test_the_size_of_all(kept: Kept) -> None:
    assert await kept.journal.read(lambda link: reading.media_size(link, "home")) == 15
    assert await kept.journal.read(lambda link: reading.media_size(link, "nowhere")) == 0


@pytest.mark.parametrize("at_once", [1, 2, 100])
async def test_the_oldest_but_none_that_is_spared(
    kept: Kept, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_AT_ONCE", at_once)

    async def oldest(*spared: str, before: float | None = None) -> list[str]:
        query = partial(reading.oldest_media, site="home", spared=spared, before=before)
        return ids(await kept.journal.read(lambda link: list(query(link))))

    everything = ["other/2026-11-21/a", "cam/2026-11-21/a", "cam/2026-11-21/b", "cam/2026-11-22/c"]
    assert await oldest() == everything
    assert await oldest("i2") == [*everything[:2], everything[3]]
    assert await oldest("i3", "i1", "unknown") == everything[:2]
    assert await oldest(before=20.0) == everything[:2]


async def test_the_media_of_incidents(kept: Kept) -> None:
    await kept.journal.accept(
        clip("d", began=30.0, incident_ids=["i2"]), clip("e", site=OTHER_SITE, incident_ids=["i2"])
    )

    async def found(*incident_ids: str, since: float = 0.0) -> dict[str, list[str]]:
        return await kept.journal.read(
            lambda link: reading.media_of_incidents(link, "home", incident_ids, since)
        )

    b, d = "cam/2026-11-21/b", "cam/2026-11-21/d"
    assert await found("i1", "i2", "i9") == {"i1": [b], "i2": [b, d], "i9": []}
    assert await found("i2", since=21.0) == {"i2": [d]}
    assert await found() == {}


async def test_incidents_since(kept: Kept) -> None:
    await kept.journal.accept(
        incident("i1", updated_at=1.0),
        incident("i2", updated_at=3.0, data={"a": 1}),
        incident("i3", updated_at=2.0, site=OTHER_SITE),
    )

    async def since(at: float, site: str | None) -> list[str]:
        rows = await kept.journal.read(lambda link: reading.incidents_since(link, at, site))
        return [row.incident_id for row in rows]

    assert await since(2.0, None) == ["i2", "i3"]
    assert await since(0.0, "home") == ["i2", "i1"]


async def test_counts(kept: Kept) -> None:
    await kept.journal.accept(event(1), event(2))
    everywhere = await kept.journal.read(reading.counts)
    assert (everywhere[Kind.MEDIA], everywhere[Kind.EVENTS], everywhere[Kind.OUTBOX]) == (5, 2, 0)
    assert set(everywhere) == set(Kind)
    there = await kept.journal.read(lambda link: reading.counts(link, OTHER_SITE))
    assert (there[Kind.MEDIA], there[Kind.EVENTS]) == (1, 0)


async def test_the_outbox_in_its_order(kept: Kept) -> None:
    message = OutboxRow("home", "m2", 1.0, "http", "d", "{}")
    delivered = replace(message, message_id="m0", state=Delivery.DELIVERED)
    await kept.journal.accept(message, delivered, replace(message, message_id="m1"))
    rows = await kept.journal.read(lambda link: reading.outbox(link, Delivery.WAITING))
    assert [row.message_id for row in rows] == ["m2", "m1"]


def test_the_row_of_a_clip() -> None:
    made = Clip(
        media_id="cam/2026-11-21/a.mp4",
        camera_id="cam",
        recording_id="r",
        part=2,
        began=1.0,
        duration=2.0,
        pre_roll=0.5,
        path=Path("cam", "2026-11-21", "a.mp4"),
        thumbnail=Path("cam", "2026-11-21", "a.jpg"),
        size=3,
        sha256="f" * 64,
        source="rtsp",
        causes=(Cause.MOTION,),
        event_ids=("e",),
        incident_ids=("i",),
    )
    row = MediaRow.of_clip("home", made, triggers=[{"at": 1.0}])
    assert row.day == "2026-11-21"
    assert row.path == "cam/2026-11-21/a.mp4"
    assert row.thumbnail == "cam/2026-11-21/a.jpg"
    assert row.causes == ("motion",)
    picture = MediaRow.of_clip("home", replace(made, thumbnail=None), MediaKind.PICTURE)
    assert (picture.kind, picture.thumbnail) == ("picture", None)
    with pytest.raises(ValueError, match="unpack"):
        MediaRow.of_clip("home", replace(made, media_id="cam/a"))
