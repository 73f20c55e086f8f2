"""The recordings of all cameras over their life: started, tidied, limited, ended."""

import asyncio
from datetime import datetime
from pathlib import Path

from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.mqtt_sentinel.cameras import recordings
from custom_components.mqtt_sentinel.const import DOMAIN, EVENT_CLIP_SAVED
from custom_components.mqtt_sentinel.evidence.clips.errors import CannotWriteError, CaptureError
from custom_components.mqtt_sentinel.evidence.clips.leftovers import Left, Recovered
from custom_components.mqtt_sentinel.evidence.clips.orders import Reason
from custom_components.mqtt_sentinel.evidence.facts import Cause, Segment, Trigger
from custom_components.mqtt_sentinel.intake.mqtt import now
from custom_components.mqtt_sentinel.setup.clips import media_folder as folder_of

from ..media.files import JPEG
from .evidence import clip_of
from .house import House, camera, own_log, watch
from .journals import until
from .tape import Tape
from .test_camera import Gate

SEES = "services||camera/front"


@pytest.fixture
def tape(monkeypatch: pytest.MonkeyPatch) -> Tape:
    tape = Tape()
    monkeypatch.setattr(recordings, "Recorder", tape.made)
    return tape


@pytest.fixture
def gate(house: House, tape: Tape) -> Gate:
    return Gate(house)


async def settled(gate: Gate) -> None:
    """Wait for what is done beside all else."""
    kept = gate.hub.cameras._recordings
    await until(gate.house, lambda: not kept._tidying)


async def test_a_start_finishes_what_was_left_beside_all_else(
    gate: Gate, tape: Tape, media_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tape.left = Recovered(
        (clip_of(),), 2, (Left(Path("x"), Reason.DISK_FULL, "no space left on device"),)
    )
    await gate.set_up(camera("porch", pre_roll=9.0))
    await settled(gate)
    assert tape.calls[:3] == ["start", "recover", "tidy"]
    assert tape.place.root == media_folder / DOMAIN
    assert tape.cameras["porch"].pre_roll == 9.0
    said = [text for _, text in own_log(caplog)]
    assert "A clip cannot be finished now: disk_full" in said
    assert [
        text for text in said if text.startswith("1 clips") and text.endswith("2 had no picture")
    ]


async def test_a_folder_that_cannot_be_read_stops_nothing_else(
    gate: Gate, tape: Tape, caplog: pytest.LogCaptureFixture
) -> None:
    tape.trouble = CannotWriteError("input/output error")
    await gate.set_up(camera("porch"))
    await settled(gate)
    assert "The folder of the clips cannot be read: input/output error" in [
        text for _, text in own_log(caplog)
    ]
    gate.hub.cameras.record("porch", None)
    assert [camera_id for camera_id, _ in tape.triggers] == ["porch"]


async def test_tidied_every_hour_and_every_half_minute_while_the_disk_is_full(
    gate: Gate, tape: Tape
) -> None:
    await gate.set_up()
    await settled(gate)
    tape.calls.clear()
    await gate.house.clock.advance(1800)
    assert tape.calls == []
    tape.full = True
    await gate.house.clock.advance(60)
    assert tape.calls == ["tidy", "tidy"]
    tape.full = False
    await gate.house.clock.advance(1800)
    assert tape.calls == ["tidy", "tidy", "tidy"]


async def test_one_thing_is_done_after_the_other_and_nothing_after_the_end(
    gate: Gate, tape: Tape, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work = 0
    begun = 0

    async def recover() -> Recovered:
        nonlocal at_work, begun
        begun += 1
        at_work += 1
        assert at_work == 1
        try:
            await asyncio.Event().wait()
        finally:
            at_work -= 1
        return Recovered()

    monkeypatch.setattr(tape, "recover", recover)
    await gate.set_up()
    kept = gate.hub.cameras._recordings
    gate.hub.journal.on_working()
    gate.hub.journal.on_working()
    await gate.house.clock.settle()
    assert begun == 1
    assert len(kept._tidying) >= 3
    await gate.house.hass.config_entries.async_unload("hub")
    assert (begun, at_work, kept._tidying) == (1, 0, set())
    assert tape.calls[-1] == "stop"
    # Whoever comes late finds nobody.
    tape.calls.clear()
    kept.journal_works()
    kept._look(dt_now())
    kept._tidy(dt_now())
    kept.ended("porch", "x", now())
    kept.segment("porch", Segment(Path("x"), 1, now(), 1.0))
    kept.come_from("porch", "x")
    kept.stream_lost("porch")
    kept.remove("porch")
    kept.follow({})
    kept.trigger("porch", Trigger(Cause.BUTTON, now(), "x"))
    assert not kept.recording("porch")
    with pytest.raises(CaptureError) as caught:
        await kept.capture("porch", Cause.ACTION, 1.0)
    assert caught.value.reason is Reason.STOPPING
    assert tape.calls == []
    assert (tape.triggers, tape.segments) == ([], [])
    await kept.stop()


def dt_now() -> datetime:
    return dt_util.utcnow()


async def test_limits_hold_without_a_reload(gate: Gate, tape: Tape) -> None:
    await gate.set_up()
    house = gate.house
    before = tape.limits
    house.hass.config_entries.async_update_entry(
        house.entry, options={**house.entry.options, "grace": 61}
    )
    await house.clock.settle()
    assert tape.limits is before
    house.hass.config_entries.async_update_entry(
        house.entry, options={**house.entry.options, "clips_days": 1, "clips_size": 0.5}
    )
    await house.clock.settle()
    assert (tape.limits.age, tape.limits.size) == (86_400.0, 500_000_000)
    assert tape.calls.count("start") == 1


async def test_home_assistants_end_saves_what_is_being_recorded(gate: Gate, tape: Tape) -> None:
    await gate.set_up(camera("porch"))
    await gate.house.hass.async_stop(force=True)
    assert tape.calls[-1] == "stop"


@pytest.mark.parametrize("named", [True, False])
async def test_what_a_device_took_goes_to_the_camera_that_names_it(
    gate: Gate, tape: Tape, media_folder: Path, named: bool
) -> None:
    house = gate.house
    told = async_capture_events(house.hass, EVENT_CLIP_SAVED)
    await gate.set_up(camera("porch", motion=[SEES] if named else []), watch("eye", "camera/front"))
    await house.broker.publish("motion/picture/front/e1/1", JPEG)
    await until(house, lambda: bool(told))
    [event] = told
    assert event.data["kind"] == "picture"
    assert (event.data["camera_id"], event.data["name"]) == (
        ("porch", "Porch") if named else ("eye", "Eye")
    )
    path = media_folder / DOMAIN / event.data["media_id"]
    assert path.read_bytes() == JPEG


async def test_what_a_device_took_and_could_not_be_listed(
    gate: Gate, tape: Tape, monkeypatch: pytest.MonkeyPatch, media_folder: Path
) -> None:
    await gate.set_up()
    await settled(gate)
    device = gate.hub.cameras._recordings._device
    assert device

    async def fail() -> int:
        raise CannotWriteError("not now")

    monkeypatch.setattr(device, "list_again", fail)
    gate.hub.journal.on_working()
    await settled(gate)
    assert tape.calls[-1] == "tidy"  # all the same


async def test_no_media_folder_of_home_assistants_own(gate: Gate) -> None:
    hass = gate.house.hass
    assert folder_of(hass).parent == Path(hass.config.media_dirs["local"])
    hass.config.media_dirs = {"disk": "/mnt"}
    assert folder_of(hass) == Path(hass.config.path("media")) / DOMAIN
