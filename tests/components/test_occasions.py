"""What happens at a watched thing: event entities, bus events, triggers, logbook lines."""

from copy import deepcopy
import json
import logging
from typing import Any

from homeassistant.components.recorder import Recorder
from homeassistant.components.recorder.db_schema import MAX_EVENT_DATA_BYTES, MAX_STATE_ATTRS_BYTES
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.json import json_bytes
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)
from pytest_homeassistant_custom_component.typing import (
    RecorderInstanceContextManager,
    WebSocketGenerator,
)

from custom_components.mqtt_sentinel.const import DOMAIN
from custom_components.mqtt_sentinel.dialects.payload import MOST_DATA_BYTES, MOST_DATA_DEPTH
from custom_components.mqtt_sentinel.event import WatchEvent
from custom_components.mqtt_sentinel.logbook import async_describe_events
from custom_components.mqtt_sentinel.outcome import telling as telling_module
from custom_components.mqtt_sentinel.watch.reports import Occasion, ThingKey
from tests.unit.dialects.examples import EXAMPLES, Example

from .house import House, custom_watch, own_log, watch
from .test_automation import automate

FILE = "mqtt_sentinel.hub"
EVENT = "event.thing_event"
ALWAYS = ["connected", "disconnected", "mismatch", "recovered"]

CAMERA = "motion/camera/cam_entrance"
BEGAN = {"event_ref": "7d1c", "status": True, "detections": [{"class_id": "person"}]}
ENDED = {"event_ref": "7d1c", "status": False}

# What happens in the field, one thing each.
HAPPENING = [
    example
    for example in EXAMPLES
    if len(example.reports) == 1 and "occasion" in example.reports[0]
]
ABOUT_EVENTS = ("services", "surveillance", "autocore", "frigate")
REFUSED = [example for example in EXAMPLES if example.flaw and example.dialect.name in ABOUT_EVENTS]


class Ear:
    """Hears the events of occasions on the bus."""

    def __init__(self, hass: HomeAssistant) -> None:
        self.heard: list[Event[Any]] = []
        for name in ("motion", "event_received"):
            hass.bus.async_listen(f"{DOMAIN}_{name}", self._hear)

    @callback
    def _hear(self, event: Event[Any]) -> None:
        self.heard.append(event)

    @property
    def told(self) -> list[tuple[str, str | None, str]]:
        """Which event, its id, and which motion or kind."""
        return [
            (
                event.event_type.removeprefix(f"{DOMAIN}_"),
                event.data["event_id"],
                event.data.get("motion") or event.data["kind"],
            )
            for event in self.heard
        ]


@pytest.fixture
def ear(house: House) -> Ear:
    """Somebody who listens to the bus."""
    return Ear(house.hass)


@pytest.fixture
async def camera(house: House, ear: Ear) -> House:
    """A house with one camera, that is there."""
    await house.set_up(watch("thing", "camera/cam_entrance", expect="none"))
    await house.broker.publish("ping/camera/cam_entrance", "")
    return house


async def watch_example(house: House, example: Example) -> None:
    """Watch what an example is about."""
    thing = example.reports[0]["thing"]
    await house.set_up(watch("thing", thing, dialect=example.dialect.name, expect="none"))


def facts_of(report: dict[str, Any]) -> dict[str, Any]:
    """What has to be told of a report, as an example has it."""
    facts = {"event_id": report.get("event_id")}
    if report["report"] == "evidence":
        told = {"number": report["number"], "size": report["bytes"]}
        return facts | {"kind": report["occasion"], "data": told}
    facts["data"] = report["data"]
    if report["occasion"] != "motion":
        return facts | {"kind": report["occasion"]}
    motion = {True: "began", False: "ended", None: "seen"}[report.get("begins")]
    return facts | {"motion": motion}


# Real messages


@pytest.mark.parametrize("example", HAPPENING, ids=str)
async def test_what_happens_is_told(
    house: House, ear: Ear, example: Example, device_registry: dr.DeviceRegistry
) -> None:
    await watch_example(house, example)
    await house.broker.publish(example.topic, example.payload)

    [report] = example.reports
    facts = facts_of(report)
    ended = report.get("begins") is False
    shown = dict(house.state(EVENT).attributes)
    kinds = shown.pop("event_types")
    assert kinds[:4] == ALWAYS
    assert shown.pop("event_type") in kinds
    assert house.state(EVENT).attributes["event_type"] == (
        "motion_ended" if ended else report["occasion"]
    )
    assert shown == {**facts, "friendly_name": "Thing Event"}

    device = device_registry.async_get_device_by_identifier((DOMAIN, "thing"), "hub")
    assert device
    [event] = ear.heard
    is_motion = report["occasion"] == "motion"
    assert event.event_type == f"{DOMAIN}_{'motion' if is_motion else 'event_received'}"
    assert event.data == {
        "device_id": device.id,
        "name": "Thing",
        "watch_id": "thing",
        **facts,
    }
    json.dumps(event.data)


@pytest.mark.usefixtures("all_enabled")
@pytest.mark.parametrize("example", HAPPENING, ids=str)
async def test_what_the_broker_kept_did_not_happen_now(
    house: House, ear: Ear, example: Example
) -> None:
    await watch_example(house, example)
    await house.broker.publish(example.topic, example.payload, retain=True)
    assert house.value(EVENT) == "unknown"
    assert house.value("sensor.thing_last_seen") == "unknown"
    assert ear.heard == []


@pytest.mark.parametrize("example", HAPPENING, ids=str)
async def test_what_happens_at_others_is_nobodys_event(
    house: House, ear: Ear, example: Example
) -> None:
    name = example.dialect.name
    await house.set_up(watch("thing", "somebody/else", dialect=name, expect="none"))
    await house.broker.publish(example.topic, example.payload)
    assert house.value(EVENT) == "unknown"
    assert ear.heard == []
    known = house.entry.runtime_data.sentinel.known
    assert ThingKey(name, "", example.reports[0]["thing"]) in known


@pytest.mark.parametrize("example", HAPPENING, ids=str)
async def test_the_same_event_twice_is_one(house: House, ear: Ear, example: Example) -> None:
    await watch_example(house, example)
    for _ in range(3):
        await house.broker.publish(example.topic, example.payload)
        await house.clock.advance(1)
    named = example.reports[0].get("event_id") is not None
    assert len(ear.heard) == (1 if named else 3)


@pytest.mark.parametrize("example", REFUSED, ids=str)
async def test_what_cannot_be_read_is_a_dead_letter_and_no_event(
    house: House, ear: Ear, example: Example, caplog: pytest.LogCaptureFixture
) -> None:
    await house.set_up(*(watch(name, name, dialect=name) for name in ABOUT_EVENTS))
    caplog.clear()
    await house.broker.publish(example.topic, example.payload)
    assert house.entry.runtime_data.mqtt.dead_letters.counts == {example.flaw: 1}
    assert ear.heard == []
    assert own_log(caplog) == []


# Once, and never less


async def test_the_beginning_and_the_end_of_a_motion(camera: House, ear: Ear) -> None:
    states = camera.follow(EVENT)
    for message in (BEGAN, BEGAN, ENDED, BEGAN, ENDED):
        await camera.broker.publish(CAMERA, message)
    assert [state.attributes["event_type"] for state in states] == ["motion", "motion_ended"]
    assert ear.told == [("motion", "7d1c", "began"), ("motion", "7d1c", "ended")]


async def test_the_initialisation_of_a_camera_is_no_event(camera: House, ear: Ear) -> None:
    await camera.broker.publish(CAMERA, {"event_ref": "0", "status": True})
    assert ear.heard == []


async def test_the_same_name_at_another_thing_is_another_event(house: House, ear: Ear) -> None:
    await house.set_up(
        watch("front", "camera/front"), watch("back", "camera/back"), watch("thing", "camera/thing")
    )
    for name in ("front", "back", "front"):
        await house.broker.publish(f"motion/camera/{name}", BEGAN)
    assert [event.data["watch_id"] for event in ear.heard] == ["front", "back"]


async def test_a_thousand_events_in_one_moment_are_a_thousand(camera: House, ear: Ear) -> None:
    states = camera.follow(EVENT)
    for n in range(1000):
        await camera.broker.publish(CAMERA, {"event_ref": f"e{n}", "status": True})
    ids = [f"e{n}" for n in range(1000)]
    assert [event.data["event_id"] for event in ear.heard] == ids
    assert [state.attributes["event_id"] for state in states] == ids
    assert len({state.state for state in states}) == 1000


async def test_equal_events_without_a_name_are_all_told(house: House, ear: Ear) -> None:
    await house.set_up(watch("thing", "alarm/keypad", expect="none"))
    await house.broker.publish("ping/alarm/keypad", "")
    states = house.follow(EVENT)
    for _ in range(5):
        await house.broker.publish("update/alarm/keypad", {"toggle": True})
    assert ear.told == [("event_received", None, "toggle")] * 5
    assert len(states) == 5


async def test_an_event_told_before_a_reload_is_not_told_again(camera: House, ear: Ear) -> None:
    await camera.broker.publish(CAMERA, BEGAN)
    await camera.reload()
    await camera.broker.publish(CAMERA, BEGAN)
    await camera.broker.publish(CAMERA, ENDED)
    assert ear.told == [("motion", "7d1c", "began"), ("motion", "7d1c", "ended")]


async def test_events_that_cannot_be_read_back_are_left_out(
    house: House, ear: Ear, hass_storage: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    kept = ["services", "", "camera/cam_entrance", "motion", "7d1c", True]
    hass_storage[FILE] = {
        "version": 1,
        "minor_version": 1,
        "key": FILE,
        "data": {"watches": {}, "sources": {}, "events": [kept, ["nonsense"], 7]},
    }
    await house.set_up(watch("thing", "camera/cam_entrance", expect="none"))
    warnings = [line for level, line in own_log(caplog) if level == logging.WARNING]
    assert warnings == ["Stored state of an event, an event could not be read"]
    await house.broker.publish(CAMERA, BEGAN)
    assert ear.heard == []
    await house.broker.publish(CAMERA, ENDED)
    assert len(ear.heard) == 1
    stored = deepcopy(house.entry.runtime_data.sentinel.occasions.latest())
    await house.reload()
    assert house.entry.runtime_data.sentinel.occasions.latest() == stored


async def test_an_event_is_a_sign_of_life(house: House, ear: Ear) -> None:
    await house.set_up(watch("thing", "camera/cam_entrance"))
    states = house.follow(EVENT)
    await house.broker.publish(CAMERA, BEGAN)
    assert house.judged("thing") == ("ok", "agrees", "live")
    assert [state.attributes["event_type"] for state in states] == ["connected", "motion"]


@pytest.mark.usefixtures("all_enabled")
async def test_what_happens_writes_no_state_that_is_the_same(camera: House, ear: Ear) -> None:
    await camera.clock.advance(1)
    await camera.broker.publish(CAMERA, BEGAN)
    entities = ("binary_sensor.thing_connectivity", "sensor.thing_last_seen")
    before = [camera.state(entity_id).last_reported for entity_id in entities]
    await camera.clock.advance(1)
    await camera.broker.publish(CAMERA, ENDED)
    assert len(ear.heard) == 2
    assert [camera.state(entity_id).last_reported for entity_id in entities] == before


@pytest.mark.parametrize(
    ("owner", "name", "told", "shown"),
    [(telling_module, "fire_occasion", 0, 1), (WatchEvent, "_fire", 1, 0)],
)
@pytest.mark.no_fail_on_log_exception
async def test_who_fails_to_tell_costs_the_others_nothing(
    camera: House,
    ear: Ear,
    owner: object,
    name: str,
    told: int,
    shown: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    states = camera.follow(EVENT)

    def fail(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, fail)
        await camera.broker.publish(CAMERA, BEGAN)
    assert (len(ear.heard), len(states)) == (told, shown)
    await camera.broker.publish(CAMERA, ENDED)
    assert (len(ear.heard), len(states)) == (told + 1, shown + 1)


# What a device can do with what it tells


async def test_what_a_device_tells_takes_the_place_of_nothing(house: House, ear: Ear) -> None:
    await house.set_up(watch("thing", dialect="autocore", expect="none"))
    forged = {
        "event_type": "mismatch",
        "watch_id": "another",
        "kind": "motion",
        "friendly_name": "Police",
        "icon": "mdi:police",
    }
    await house.broker.publish(
        "autocore/thing/display/interaction", forged | {"device_id": "thing"}
    )
    shown = house.state(EVENT).attributes
    assert shown["event_type"] == "interaction"
    assert shown["friendly_name"] == "Thing Event"
    assert "icon" not in shown
    assert shown["data"] == forged
    [event] = ear.heard
    assert (event.data["watch_id"], event.data["kind"]) == ("thing", "interaction")


async def test_the_most_that_a_device_can_tell_is_recorded_and_passed_on(
    house: House,
    ear: Ear,
    hass_ws_client: WebSocketGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await house.set_up(watch("thing", dialect="autocore", expect="none", title="T" * 255))
    (entity_id,) = house.hass.states.async_entity_ids("event")
    client = await hass_ws_client(house.hass)
    await client.send_json_auto_id(
        {"type": "subscribe_events", "event_type": f"{DOMAIN}_event_received"}
    )
    assert (await client.receive_json())["success"]
    caplog.clear()

    deep: Any = {"text": ""}
    for _ in range(MOST_DATA_DEPTH - 4):
        deep = [deep]
    told = {"deep": deep, "text": "", "system": "x"}
    told["text"] = "ü" * ((MOST_DATA_BYTES - len(json_bytes(told))) // 2)
    message = {"device_id": "thing", "event_id": "i" * 128, **told}
    await house.broker.publish(
        "autocore/thing/system/x", json.dumps(message, ensure_ascii=False).encode()
    )

    [event] = ear.heard
    assert len(json_bytes(event.data["data"])) > MOST_DATA_BYTES - 2
    assert len(json_bytes(dict(event.data))) < MAX_EVENT_DATA_BYTES
    assert len(json_bytes(dict(house.state(entity_id).attributes))) < MAX_STATE_ATTRS_BYTES
    assert (await client.receive_json())["event"]["data"]["data"] == told
    assert own_log(caplog) == []


# Which events there can be


@pytest.mark.parametrize(
    ("dialect", "more"),
    [
        ("services", ["motion", "motion_ended", "picture", "video", "toggle", "announced"]),
        ("surveillance", ["motion", "button", "pressure"]),
        ("autocore", ["interaction", "system"]),
        ("frigate", ["motion", "motion_ended"]),
        ("museum", []),
        ("zigbee2mqtt", []),
    ],
)
async def test_only_what_can_happen_is_listed(house: House, dialect: str, more: list[str]) -> None:
    await house.set_up(watch("thing", "a/b", dialect=dialect, expect="none"))
    assert house.state(EVENT).attributes["event_types"] == ALWAYS + more


async def test_on_a_topic_of_ones_own_it_is_only_about_the_connection(house: House) -> None:
    await house.set_up(custom_watch("thing", "my/topic"))
    assert house.state(EVENT).attributes["event_types"] == ALWAYS


async def test_a_watch_that_is_moved_to_another_thing_has_its_events(
    house: House, ear: Ear
) -> None:
    await house.set_up(
        watch("thing", dialect="museum", expect="none"), watch("camera", "camera/other")
    )
    house.hass.config_entries.async_update_subentry(
        house.entry,
        house.entry.subentries["thing"],
        data=watch("thing", "camera/cam_entrance", expect="none")["data"],
    )
    await house.clock.settle()
    await house.broker.publish(CAMERA, BEGAN)
    assert house.state(EVENT).attributes["event_type"] == "motion"
    assert len(ear.heard) == 1


# Triggers


@pytest.mark.parametrize(
    ("trigger", "dialect", "thing", "topic", "message"),
    [
        ("motion_detected", "services", "camera/cam_entrance", CAMERA, BEGAN),
        ("motion_ended", "services", "camera/cam_entrance", CAMERA, ENDED),
        (
            "motion_detected",
            "surveillance",
            "pi",
            "sensor/motion",
            {"event_id": "1", "device_id": "pi", "type": "MOTION_DETECTED"},
        ),
        (
            "button_pressed",
            "surveillance",
            "pi",
            "sensor/button",
            {"event_id": "1", "device_id": "pi", "type": "BUTTON_PRESSED"},
        ),
        (
            "pressure_detected",
            "surveillance",
            "pi",
            "sensor/pressure",
            {"event_id": "1", "device_id": "pi", "type": "PRESSURE_DETECTED"},
        ),
        ("display_used", "autocore", "esp", "autocore/esp/display/interaction", {"x": 1}),
        ("system_message", "autocore", "esp", "autocore/esp/system/boot", {"x": 1}),
        ("toggle_requested", "services", "alarm", "update/alarm", {"status": True}),
        ("device_announced", "services", "alarm/esp", "discover/alarm", {"type": "esp32cam"}),
        ("picture_taken", "services", "camera/c", "motion/picture/c/e1/0", b"\xff\xd8\xff"),
        ("video_taken", "services", "camera/c", "motion/video/c/e1-0", b""),
    ],
)
async def test_triggers(
    house: House,
    trigger: str,
    dialect: str,
    thing: str,
    topic: str,
    message: bytes | dict[str, Any],
) -> None:
    await house.set_up(
        watch("thing", thing, dialect=dialect, expect="none"),
        watch("other", "other/thing", dialect=dialect, expect="none"),
    )
    if isinstance(message, dict):
        message = {"device_id": "esp", **message}
    ran = await automate(
        house.hass,
        {
            "triggers": [{"trigger": f"{DOMAIN}.{trigger}", "target": {"entity_id": EVENT}}],
            "actions": [
                {
                    "event": "ran",
                    "event_data": {"told": "{{ trigger.to_state.attributes.data }}"},
                }
            ],
        },
    )
    await house.broker.publish("ping/other/thing", "")
    await house.broker.publish(topic, message, retain=True)
    assert ran == []
    await house.broker.publish(topic, message)
    (run,) = ran
    assert run["told"] == house.state(EVENT).attributes["data"]


async def test_the_end_of_a_motion_is_none(camera: House) -> None:
    ran = await automate(
        camera.hass,
        {"triggers": [{"trigger": f"{DOMAIN}.motion_detected", "target": {"entity_id": EVENT}}]},
    )
    await camera.broker.publish(CAMERA, ENDED)
    assert ran == []
    await camera.broker.publish(CAMERA, BEGAN)
    assert len(ran) == 1


async def test_an_automation_runs_for_each_of_many_events(camera: House) -> None:
    ran = await automate(
        camera.hass,
        {
            "mode": "queued",
            "max": 100,
            "triggers": [{"trigger": f"{DOMAIN}.motion_detected", "target": {"entity_id": EVENT}}],
        },
    )
    for n in range(50):
        await camera.broker.publish(CAMERA, {"event_ref": f"e{n}", "status": True})
    assert len(ran) == 50


# The logbook


async def test_every_occasion_has_a_line_in_the_logbook(hass: HomeAssistant) -> None:
    described: dict[str, Any] = {}
    async_describe_events(
        hass, lambda domain, event_type, describe: described.update({event_type: describe})
    )

    def line(event_type: str, **facts: str) -> str:
        shown = described[event_type](Event(event_type, {"name": "Front", **facts}))
        assert shown["name"] == "Front"
        return str(shown["message"])

    began, seen, ended = (
        line("mqtt_sentinel_motion", motion=motion) for motion in ("began", "seen", "ended")
    )
    assert began == seen == "detected motion"
    lines = {ended} | {
        line("mqtt_sentinel_event_received", kind=occasion.value)
        for occasion in Occasion
        if occasion is not Occasion.MOTION
    }
    assert len(lines) == len(Occasion)


class TestLogbook:
    """With a recorder, from which the logbook reads."""

    @pytest.fixture
    async def mock_recorder_before_hass(
        self, async_test_recorder: RecorderInstanceContextManager
    ) -> None:
        """Have the recorder's database before Home Assistant."""

    async def test_lines(
        self, recorder_mock: Recorder, camera: House, hass_ws_client: WebSocketGenerator
    ) -> None:
        assert await async_setup_component(camera.hass, "logbook", {})
        for topic, message in (
            (CAMERA, BEGAN),
            ("motion/picture/cam_entrance/7d1c/1", b"\xff\xd8\xff"),
            (CAMERA, ENDED),
        ):
            await camera.broker.publish(topic, message)
            await camera.clock.advance(1)
        await async_wait_recording_done(camera.hass)
        client = await hass_ws_client(camera.hass)
        await client.send_json_auto_id(
            {"type": "logbook/get_events", "start_time": "2026-11-02T12:00:00+00:00"}
        )
        lines = [
            (line["name"], line["message"])
            for line in (await client.receive_json())["result"]
            if line.get("domain") == DOMAIN
        ]
        assert lines == [
            ("Thing", "detected motion"),
            ("Thing", "took a picture"),
            ("Thing", "detects no motion any more"),
        ]
