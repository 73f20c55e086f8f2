"""The journal: what happens is in its file, with the words of the thing that it happened to."""

import asyncio
import json
from pathlib import Path
import threading
import time

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import Context
from homeassistant.helpers import device_registry as dr, instance_id
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.mqtt_sentinel.chronicle import keeper as keeper_module
from custom_components.mqtt_sentinel.const import DOMAIN
from custom_components.mqtt_sentinel.evidence.journal.rows import Kind

from .house import GRACE, House, relay, watch
from .journals import keeper_of, rows, until, written
from .test_relay import Bench

FRONT = "object_detection/front"
# 2026-11-02 12:00:00 UTC, when the clock of the house begins.
NOON = 1793620800.0
SECRET = "open sesame"


def times(found: list[dict[str, object]]) -> list[float]:
    return [float(str(row["at"])) for row in found]


async def cleaned(house: House) -> None:
    """Wait until what is old by now is gone."""
    async_fire_time_changed(house.hass)
    await until(house, lambda: keeper_of(house)._clean_at > time.time())


async def test_connections(house: House, journal_file: Path) -> None:
    await house.set_up(watch("front"))
    await house.service(FRONT, "on", retain=True)
    await house.clock.advance(10)
    await house.service(FRONT, "off")
    await house.service(FRONT, "off")
    await house.clock.advance(5)
    await house.service(FRONT, "on")
    await house.broker.go()
    await written(house)
    found = rows(journal_file, "connections")
    device = dr.async_get(house.hass).async_get_device_by_identifier((DOMAIN, "front"), "hub")
    assert device
    assert {row["device_id"] for row in found} == {device.id}
    assert {row["site"] for row in found} == {await instance_id.async_get(house.hass)}
    assert {(row["name"], row["watch_id"]) for row in found} == {("Front", "front")}
    assert [(row["connected"], row["reason"], row["source"]) for row in found] == [
        (1, "retained", f"connected/{FRONT}"),
        (0, None, f"connected/{FRONT}"),
        (1, None, f"connected/{FRONT}"),
        (None, "broker_gone", None),
    ]
    assert times(found) == pytest.approx([NOON + 0.5, NOON + 10.5, NOON + 15.5, NOON + 15.5])


async def test_a_thing_that_only_pings_is_connected(house: House, journal_file: Path) -> None:
    await house.set_up(watch("front"))
    await house.broker.publish(f"ping/{FRONT}", "")
    await written(house)
    [row] = rows(journal_file, "connections")
    assert (row["connected"], row["source"]) == (1, None)


async def test_what_changes_nothing_is_not_written(house: House, journal_file: Path) -> None:
    await house.set_up(watch("front"), watch("esp", dialect="autocore"))
    online = {"device_id": "esp", "status": "online"}
    await house.service(FRONT, "on")
    await house.broker.publish("autocore/esp/status", online)
    await house.clock.advance(GRACE)
    await written(house)
    before = keeper_of(house).metrics.written
    for uptime in range(20):
        await house.service(FRONT, "on")
        await house.broker.publish(f"ping/{FRONT}", "")
        await house.broker.publish("autocore/esp/status", online | {"uptime": uptime})
        values = {"device_id": "esp", "temperature": uptime}
        await house.broker.publish("autocore/esp/telemetry", values)
    await written(house)
    assert keeper_of(house).metrics.written == before == len(rows(journal_file, "connections"))


async def test_incidents(house: House, journal_file: Path) -> None:
    await house.set_up(watch("front"))
    await house.service(FRONT, "on")
    await house.clock.advance(GRACE)
    await house.service(FRONT, "off")
    await written(house)
    [opened] = rows(journal_file, "incidents")
    assert (opened["reason"], opened["severity"], opened["closed_at"]) == (
        "disconnected",
        "warning",
        None,
    )
    await house.clock.advance(7)
    await house.service(FRONT, "on")
    await written(house)
    [closed] = rows(journal_file, "incidents")  # the same row
    assert closed["incident_id"] == opened["incident_id"]
    assert closed["closed_at"] == closed["updated_at"] == pytest.approx(opened["opened_at"] + 7)
    data = json.loads(closed["data"])
    assert (data["expected"], data["expected_kind"], data["connected"]) == ("up", "always", True)
    assert [what for _, what in data["timeline"]] == ["disconnected", "agrees"]


async def test_an_incident_ends_with_its_watch(house: House, journal_file: Path) -> None:
    await house.set_up(watch("front"), watch("back"))
    await house.clock.advance(GRACE)
    house.hass.config_entries.async_remove_subentry(house.entry, "front")
    await house.clock.settle()
    await written(house)
    closed = {row["watch_id"]: row["closed_at"] for row in rows(journal_file, "incidents")}
    assert closed == {"front": pytest.approx(NOON + 0.5 + GRACE), "back": None}


async def test_a_storm(house: House, journal_file: Path) -> None:
    names = [f"w{number}" for number in range(10)]
    await house.set_up(*(watch(name) for name in names))
    for name in names:
        await house.service(f"object_detection/{name}", "on")
    await house.clock.advance(GRACE)
    for name in names:
        await house.service(f"object_detection/{name}", "off")
    await written(house)
    *members, storm = sorted(
        rows(journal_file, "incidents"), key=lambda row: str(row["reason"] == "storm")
    )
    assert (storm["reason"], storm["name"], storm["watch_id"]) == ("storm", "MQTT Sentinel", None)
    # Also those that opened before it was one.
    assert {row["storm"] for row in members} == {storm["incident_id"]}
    assert storm["closed_at"] is None
    for name in names:
        await house.service(f"object_detection/{name}", "on")
    await written(house)
    assert all(row["closed_at"] for row in rows(journal_file, "incidents"))


async def test_relays_and_commands(house: House, journal_file: Path) -> None:
    await house.set_up(watch("esp_1", dialect="autocore"), relay("pump"))
    bench = Bench(house)
    await bench.online()
    await bench.report(False)
    user = await house.hass.auth.async_create_user("Somebody")
    await house.hass.services.async_call(
        "switch",
        "turn_on",
        {"entity_id": "switch.pump"},
        blocking=False,
        context=Context(user_id=user.id),
    )
    await house.clock.settle()
    await bench.report(True)
    await house.clock.advance(30)
    await bench.report(False, "button")
    await bench.online("offline")
    await written(house)
    found = rows(journal_file, "relays")
    assert [(row["is_on"], row["cause"]) for row in found] == [
        (0, None),
        (1, "command"),
        (0, "button"),
        (None, None),
    ]
    assert {row["watch_id"] for row in found} == {"pump"}
    assert found[1]["source"] == "autocore/esp_1/relay/1/status"
    [command] = rows(journal_file, "commands")
    assert (command["result"], command["tries"], command["watch_id"], command["name"]) == (
        "confirmed",
        1,
        "pump",
        "Pump",
    )
    assert command["target"] == "autocore/esp_1/relay/1/set"
    assert command["latency"] == pytest.approx(0.0, abs=0.01)
    assert command["at"] == pytest.approx(found[1]["at"], abs=0.01)


async def test_what_was_sent_is_not_in_the_journal(
    house: House, journal_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await house.set_up(watch("front"))
    asked = {"topic": "door/lock", "payload": SECRET, "feedback_topic": "door/feedback"}
    calling = asyncio.create_task(
        house.hass.services.async_call(
            DOMAIN, "send_command", asked, blocking=True, return_response=True
        )
    )
    await house.clock.advance(3)
    await calling
    # What comes late is told, too.
    await house.broker.publish("door/feedback", "OK")
    await written(house)
    found = rows(journal_file, "commands")
    assert [(row["target"], row["result"], row["watch_id"]) for row in found][:1] == [
        ("door/lock", "not_confirmed", None)
    ]
    await house.hass.config_entries.async_unload(house.entry.entry_id)
    assert SECRET not in str(rows(journal_file, "commands"))


async def test_what_happens_at_a_thing(house: House, journal_file: Path) -> None:
    await house.set_up(watch("camera", "camera/cam_entrance"), watch("esp", dialect="autocore"))
    await house.broker.publish(
        "motion/camera/cam_entrance",
        {"event_ref": "7d1c", "status": True, "detections": [{"class_id": "person"}]},
    )
    for _ in range(2):  # the same event twice is one
        await house.broker.publish(
            "motion/camera/cam_entrance", {"event_ref": "7d1c", "status": False}
        )
    await house.broker.publish("motion/picture/cam_entrance/7d1c/0", b"\xff\xd8\xff" + b"x" * 97)
    await house.broker.publish("autocore/esp/display/interaction", {"device_id": "esp", "x": 1})
    await written(house)
    found = rows(journal_file, "events")
    assert [(row["kind"], row["event_id"], row["dialect"], row["source"]) for row in found] == [
        ("motion_began", "7d1c", "services", "motion/camera/cam_entrance"),
        ("motion_ended", "7d1c", "services", "motion/camera/cam_entrance"),
        ("picture", "7d1c", "services", "motion/picture/cam_entrance/7d1c/0"),
        ("interaction", None, "autocore", "autocore/esp/display/interaction"),
    ]
    assert json.loads(found[2]["data"]) == {"number": 0, "size": 100}
    assert json.loads(found[0]["data"])["detections"] == [{"class_id": "person"}]
    assert times(found) == pytest.approx([NOON + 0.5] * 4)


async def test_dead_letters(
    house: House,
    journal_file: Path,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keeper_module, "MOST_DEAD_LETTERS", 3)
    await house.set_up(watch("front"))
    for _ in range(5):  # a device that talks nonsense all day does not fill the disk
        await house.service(FRONT, "perhaps")
    freezer.tick(3601)
    await house.service(FRONT, "<b>")
    await written(house)
    found = rows(journal_file, "dead_letters")
    assert [(row["topic"], row["flaw"], row["size"], row["excerpt"]) for row in found] == [
        *3 * [(f"connected/{FRONT}", "not_a_bool", 7, "perhaps")],
        (f"connected/{FRONT}", "not_a_bool", 3, "\\x3cb\\x3e"),
    ]
    assert house.entry.runtime_data.mqtt.dead_letters.counts.total() == 6


async def test_who_tells_of_something_without_end_does_not_fill_the_disk(
    house: House,
    journal_file: Path,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(keeper_module, "MOST_OF_ONE", 3)
    await house.set_up(watch("front"), watch("back"))
    for _ in range(3):
        await house.service(FRONT, "on")
        await house.service(FRONT, "off")
    await house.service("object_detection/back", "on")
    assert (
        caplog.messages.count(
            "Front changes so often that the journal keeps no more of it within this hour"
        )
        == 1
    )
    assert keeper_of(house).lost == 2  # between them it was as the journal knows it
    caplog.clear()
    freezer.tick(3601)
    await house.service(FRONT, "off")  # nothing new, but it was not kept
    await written(house)
    found = [(row["watch_id"], row["connected"]) for row in rows(journal_file, "connections")]
    assert found == [("front", 1), ("front", 0), ("front", 1), ("back", 1), ("front", 0)]


async def test_the_end_writes_what_waits(house: House, journal_file: Path) -> None:
    await house.set_up(watch("front"))
    await house.service(FRONT, "on")
    assert await house.hass.config_entries.async_unload(house.entry.entry_id)
    assert [row["connected"] for row in rows(journal_file, "connections")] == [1]
    assert not [thread for thread in threading.enumerate() if "journal" in thread.name]


async def test_the_end_of_home_assistant_writes_what_waits(
    house: House, journal_file: Path
) -> None:
    await house.set_up(watch("front"))
    await house.service(FRONT, "on")
    await house.hass.async_stop(force=True)
    assert [row["connected"] for row in rows(journal_file, "connections")] == [1]
    assert not [thread for thread in threading.enumerate() if "journal" in thread.name]


async def test_a_keeper_that_fails_costs_nobody_a_verdict(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no ink")

    for name in ("connection_row", "dead_letter_row"):
        monkeypatch.setattr(keeper_module, name, fail)
    await house.set_up(watch("front"))
    await house.service(FRONT, "perhaps")
    await house.service(FRONT, "on")
    assert house.judged("front")[0] == "ok"
    assert house.entry.runtime_data.audience.failures == 2
    caplog.clear()


async def test_what_is_old_goes_once_a_day(
    house: House, journal_file: Path, freezer: FrozenDateTimeFactory
) -> None:
    await house.set_up(watch("front"), keep_days={"connections": 2})  # type: ignore[arg-type]  # no number
    await house.service(FRONT, "on")
    await house.service(FRONT, "perhaps")
    freezer.tick(86400)
    await house.service(FRONT, "off")
    await cleaned(house)
    freezer.tick(86400 + 3601)
    await cleaned(house)
    assert [row["connected"] for row in rows(journal_file, "connections")] == [0]
    assert len(rows(journal_file, "dead_letters")) == 1
    assert len(rows(journal_file, "incidents")) == 1


async def test_what_a_crash_left_open_is_closed(
    house: House, journal_file: Path, freezer: FrozenDateTimeFactory
) -> None:
    await house.set_up(watch("front"), watch("back"))
    await house.service(FRONT, "on")
    await house.clock.advance(GRACE)
    await written(house)
    journal = keeper_of(house).journal
    assert journal
    await journal.transact(
        lambda connection: connection.exec_driver_sql(
            "INSERT INTO sentinel_incidents (site, incident_id, name, reason, severity, opened_at,"
            " updated_at) SELECT site, 'lost', name, reason, severity, opened_at, updated_at"
            " FROM sentinel_incidents"
        )
    )
    freezer.tick(3601)
    await cleaned(house)
    closed = {row["incident_id"]: row["closed_at"] for row in rows(journal_file, "incidents")}
    assert closed.pop("lost") == pytest.approx(NOON + 3661.5)
    assert list(closed.values()) == [None]


async def test_the_counts_are_there_while_it_works(house: House) -> None:
    await house.set_up(watch("front"))
    await house.service(FRONT, "on")
    await written(house)
    keeper = keeper_of(house)
    found = await keeper.counts()
    assert found is not None
    assert found[Kind.CONNECTIONS] == 1
    await keeper.stop()
    assert await keeper.counts() is None
