"""Cameras: their streams are watched like all other things, and shown with what happens before them."""

from dataclasses import replace
import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

from homeassistant.components.camera import async_get_image, async_get_stream_source
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import Context
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
    get_diagnostics_for_device,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.mqtt_sentinel.cameras.state import (
    CameraState,
    SourceInUse,
)
from custom_components.mqtt_sentinel.const import DOMAIN
from custom_components.mqtt_sentinel.evidence.cameras.stream import Condition, Lost
from custom_components.mqtt_sentinel.evidence.facts import Cause, Clip
from custom_components.mqtt_sentinel.hub import Hub
from custom_components.mqtt_sentinel.setup.camera import LocalCamera

from .house import GRACE, SETTLE, House, alarm, camera, custom_watch, relay, subentry_of, watch

STREAM = "binary_sensor.porch_stream"
DETECTION = "binary_sensor.porch_detection_running"
MOTION = "binary_sensor.porch_motion"
CAMERA = "camera.porch"
CLIP = "sensor.porch_last_clip"
SOURCE = "sensor.porch_source"
EVENT = "event.porch_event"
DETECTOR = "services||object_detection/porch"
SEES = "services||camera/porch"

CLIP_FACTS = Clip(
    "porch/2026-11-02/12-00-00",
    "porch",
    "r1",
    1,
    1793620800.0,
    15.04,
    5.0,
    Path("/media/porch/1.mp4"),
    Path("/media/porch/1.jpg"),
    1000,
    "0" * 64,
    "address",
    (Cause.MOTION, Cause.BUTTON),
    ("e1",),
)


class Gate:
    """A house with a camera, and somebody who holds its stream."""

    def __init__(self, house: House) -> None:
        self.house = house

    @property
    def hub(self) -> Hub:
        hub: Hub = self.house.entry.runtime_data
        return hub

    async def set_up(self, *subentries: Any) -> None:
        await self.house.set_up(*subentries)
        await self.house.clock.advance(1)

    async def tell(self, camera_id: str = "porch", **changes: Any) -> None:
        """The camera is otherwise."""
        state = replace(self.hub.cameras.state(camera_id), **changes)
        self.hub.cameras.tell(camera_id, state)
        await self.house.clock.settle()

    async def streams(self, camera_id: str = "porch") -> None:
        await self.tell(camera_id, stream=Condition.STREAMING, source=SourceInUse.ADDRESS, why=None)

    async def loses(self, camera_id: str = "porch", why: Lost = Lost.TIMEOUT) -> None:
        await self.tell(camera_id, stream=Condition.LOST, why=why)

    async def add(self, subentry: Any) -> None:
        house = self.house
        house.hass.config_entries.async_add_subentry(house.entry, subentry_of(subentry))
        await house.clock.advance(1)

    async def change(self, subentry_id: str, **data: Any) -> None:
        house = self.house
        subentry = house.entry.subentries[subentry_id]
        house.hass.config_entries.async_update_subentry(
            house.entry, subentry, data={**subentry.data, **data}
        )
        await house.clock.advance(1)

    async def remove(self, subentry_id: str) -> None:
        house = self.house
        house.hass.config_entries.async_remove_subentry(house.entry, subentry_id)
        await house.clock.advance(1)

    def attributes(self, entity_id: str) -> dict[str, Any]:
        return dict(self.house.state(entity_id).attributes)

    def exists(self, entity_id: str) -> bool:
        return self.house.hass.states.get(entity_id) is not None


@pytest.fixture
def gate(house: House) -> Gate:
    return Gate(house)


# The stream is watched


async def test_a_stream_that_is_there_is_fine(gate: Gate) -> None:
    await gate.set_up(camera("porch"))
    assert gate.house.value(STREAM) == STATE_UNKNOWN
    assert gate.house.judged("porch")[0] == "pending"
    await gate.streams()
    await gate.house.clock.advance(GRACE)
    assert gate.house.value(STREAM) == STATE_ON
    assert gate.house.judged("porch") == ("ok", "agrees", "live")
    assert gate.house.issues == {}


async def test_a_stream_that_is_lost_is_an_incident_until_it_is_back(gate: Gate) -> None:
    house = gate.house
    await gate.set_up(camera("porch"))
    await gate.streams()
    await house.clock.advance(GRACE)
    await gate.loses(why=Lost.UNAUTHORIZED)
    assert house.value(STREAM) == STATE_OFF
    assert gate.attributes(STREAM)["why"] == "unauthorized"
    assert house.value(CAMERA) == STATE_UNAVAILABLE
    assert house.judged("porch") == ("mismatch", "disconnected", "none")
    assert house.issue("porch") == "disconnected_always"
    assert house.problem("porch") == STATE_ON
    assert gate.attributes(EVENT)["event_type"] == "mismatch"
    await gate.streams()
    assert house.issue("porch") is None
    assert house.fired == [("mismatch", "disconnected"), ("recovered", "disconnected")]
    assert gate.attributes(EVENT)["event_type"] == "recovered"


async def test_a_stream_that_never_comes_is_an_incident_after_the_grace(gate: Gate) -> None:
    await gate.set_up(camera("porch"))
    await gate.house.clock.advance(GRACE + SETTLE)
    assert gate.house.judged("porch") == ("mismatch", "never_heard", "none")
    assert gate.house.issue("porch") == "never_heard_always"


async def test_what_is_only_observed_is_never_an_incident(gate: Gate) -> None:
    await gate.set_up(camera("porch", expect="none"))
    await gate.streams()
    await gate.loses()
    await gate.house.clock.advance(GRACE)
    assert gate.house.judged("porch")[:2] == ("unknown", "observed_only")
    assert gate.house.issues == {}


async def test_the_broker_comes_and_goes_and_the_stream_is_still_known(gate: Gate) -> None:
    house = gate.house
    await gate.set_up(camera("porch"))
    await gate.streams()
    await house.clock.advance(GRACE)
    await house.broker.go()
    assert house.judged("porch")[0] == "suspended"
    assert house.value(STREAM) == STATE_ON  # it comes by no broker
    await house.broker.come()
    await house.clock.advance(GRACE + SETTLE)
    assert house.judged("porch") == ("ok", "agrees", "live")
    assert house.fired == []


async def test_an_alarm_can_rely_on_it(gate: Gate) -> None:
    house = gate.house
    await house.panel("armed_away")
    await gate.set_up(camera("porch", expect="none"), alarm("porch"))
    await gate.streams()
    await house.clock.advance(GRACE)
    assert house.protection() == "protected"
    await gate.loses()
    assert house.protection() == "unprotected"
    assert house.issue("porch") == "disconnected_alarm"


async def test_it_can_be_up_while_an_entity_is_in_some_states(gate: Gate) -> None:
    house = gate.house
    house.hass.states.async_set("input_boolean.away", "off")
    await gate.set_up(
        camera(
            "porch",
            expect="entity",
            entity_id="input_boolean.away",
            states=["on"],
            verify_connect=False,
        )
    )
    await gate.loses()
    await house.clock.advance(GRACE)
    assert house.issues == {}
    house.hass.states.async_set("input_boolean.away", "on")
    await house.clock.advance(SETTLE + 1)
    assert house.issue("porch") == "did_not_turn_on_entity"


# One at a time


async def test_adding_changing_and_removing_one_leaves_the_others_alone(gate: Gate) -> None:
    house = gate.house
    await gate.set_up(camera("porch"), watch("front"))
    await gate.streams()
    await house.service("object_detection/front", "on")
    await house.clock.advance(GRACE)
    states = house.follow("binary_sensor.front_problem")
    seen = house.follow(STREAM)

    await gate.add(camera("yard", "rtsp://192.0.2.9/live"))
    await gate.streams("yard")
    assert house.judged("yard") == ("ok", "agrees", "live")
    await gate.change("yard", duration=30.0, url="rtsp://192.0.2.10/live")
    assert gate.hub.cameras.setups["yard"].duration == 30.0
    assert gate.hub.cameras.state("yard") == CameraState()  # it is another stream
    await gate.remove("yard")
    assert set(gate.hub.cameras.setups) == {"porch"}
    assert not gate.exists("binary_sensor.yard_stream")
    with pytest.raises(KeyError):
        gate.hub.cameras.state("yard")

    assert house.judged("porch") == ("ok", "agrees", "live")
    assert (states, seen) == ([], [])
    assert [thing.key for thing in gate.hub.sentinel.known] == []


async def test_what_is_changed_of_the_recording_keeps_what_is_known_of_the_stream(
    gate: Gate,
) -> None:
    await gate.set_up(camera("porch"))
    await gate.streams()
    await gate.change("porch", pre_roll=9.0)
    assert gate.hub.cameras.setups["porch"].pre_roll == 9.0
    assert gate.hub.cameras.state("porch").stream is Condition.STREAMING


async def test_a_reload_forgets_nothing_that_matters(gate: Gate) -> None:
    await gate.set_up(camera("porch"))
    await gate.streams()
    await gate.house.clock.advance(GRACE)
    await gate.loses()
    await gate.house.reload()
    assert gate.house.issue("porch") == "disconnected_always"
    await gate.streams()
    await gate.house.clock.advance(GRACE)
    assert gate.house.issue("porch") is None


async def test_a_device_of_its_own(
    gate: Gate, device_registry: dr.DeviceRegistry, entity_registry: er.EntityRegistry
) -> None:
    await gate.set_up(camera("porch", detector=DETECTOR, motion=[SEES]))
    device = device_registry.async_get_device_by_identifier(
        (DOMAIN, "porch"), gate.house.entry.entry_id
    )
    assert device
    assert (device.name, device.model) == ("Porch", "Camera")
    entities = er.async_entries_for_device(entity_registry, device.id)
    assert {entity.entity_id for entity in entities} == {
        *(STREAM, DETECTION, MOTION, CAMERA, CLIP, SOURCE, EVENT),
        *("binary_sensor.porch_problem", "button.porch_record"),
    }
    assert gate.house.broker.subscribed  # and nothing that is about a camera
    assert not [topic for topic in gate.house.broker.subscribed if "porch" in topic]


# What looks at it


async def test_detection_runs_while_the_detector_is_there(gate: Gate) -> None:
    house = gate.house
    await gate.set_up(camera("porch", detector=DETECTOR))
    assert house.value(DETECTION) == STATE_UNKNOWN
    await house.service("object_detection/porch", "on")
    assert house.value(DETECTION) == STATE_ON
    await house.broker.publish("ping/object_detection/porch", "")
    await gate.tell()  # shown with the next change of the camera
    assert gate.attributes(DETECTION)["last_ping"] == house.clock.now
    assert gate.attributes(DETECTION)["detector"] == "Services object_detection/porch"
    await house.service("object_detection/porch", "off")
    assert house.value(DETECTION) == STATE_OFF
    # It is heard for the camera's sake: nothing is expected of it, and nobody is told that it is new.
    await house.clock.advance(GRACE + SETTLE)
    assert set(house.issues) == {"incident_porch"}
    assert [thing.key.name for thing in gate.hub.unwatched()] == ["object_detection/porch"]
    await house.broker.go()
    assert house.value(DETECTION) == STATE_UNAVAILABLE


async def test_detection_does_not_run_when_the_pings_are_missing(gate: Gate) -> None:
    house = gate.house
    await gate.set_up(
        camera("porch", detector=DETECTOR),
        watch("detector", "object_detection/porch", ping_interval=10, ping_misses=2),
    )
    await house.service("object_detection/porch", "on")
    await house.broker.publish("ping/object_detection/porch", "")
    await house.clock.advance(GRACE)
    assert house.judged("detector")[:2] == ("mismatch", "ping_missed")
    assert house.value(DETECTION) == STATE_OFF
    assert gate.attributes(DETECTION)["ping"] == "missing"
    assert gate.attributes(DETECTION)["detector"] == "Detector"
    await house.broker.publish("ping/object_detection/porch", "")
    assert house.value(DETECTION) == STATE_ON


async def test_the_detector_may_be_watched_later_and_not_any_more(gate: Gate) -> None:
    house = gate.house
    await gate.set_up(camera("porch", detector=DETECTOR))
    await house.service("object_detection/porch", "on")
    await gate.add(watch("detector", "object_detection/porch"))
    assert house.value(DETECTION) == STATE_ON
    assert gate.attributes(DETECTION)["detector"] == "Detector"
    await house.service("object_detection/porch", "off")
    assert house.value(DETECTION) == STATE_OFF
    await gate.remove("detector")
    assert gate.attributes(DETECTION)["detector"] == "Services object_detection/porch"
    assert house.value(DETECTION) == STATE_OFF
    await house.service("object_detection/porch", "on")
    assert house.value(DETECTION) == STATE_ON


async def test_a_detector_that_only_its_own_watch_could_hear_goes_with_it(gate: Gate) -> None:
    house = gate.house
    own = custom_watch("own", "cellar/detector")
    await gate.set_up(own, camera("porch", detector=own["unique_id"]))
    await house.broker.publish("cellar/detector", "on")
    assert house.value(DETECTION) == STATE_ON
    await gate.remove("own")
    assert house.value(DETECTION) == STATE_UNAVAILABLE


async def test_a_detector_behind_a_parent_is_not_known_without_it(gate: Gate) -> None:
    house = gate.house
    await gate.set_up(camera("porch", detector="frigate||porch/detect"))
    await house.broker.publish("frigate/available", "online")
    await house.broker.publish("frigate/porch/status/detect", "online")
    assert house.value(DETECTION) == STATE_ON
    await house.broker.publish("frigate/available", "offline")
    assert house.value(DETECTION) == STATE_UNAVAILABLE


async def test_the_device_of_a_relay_is_expected_although_it_looks_at_a_camera(
    gate: Gate,
) -> None:
    """That it is the detector of a camera as well takes nothing from it."""
    await gate.set_up(relay("pump"), camera("porch", detector="autocore||esp_1"))
    implied = gate.hub.sentinel.watches["autocore||esp_1"]
    assert implied.facts.expectation.wanted.value == "up"


async def test_what_shows_it_comes_and_goes_with_what_tells(gate: Gate) -> None:
    await gate.set_up(camera("porch"))
    assert not gate.exists(DETECTION)
    assert not gate.exists(MOTION)
    await gate.change("porch", detector=DETECTOR, motion_entities=["binary_sensor.pir"])
    assert gate.exists(DETECTION)
    assert gate.exists(MOTION)
    await gate.change("porch", duration=20.0)
    assert gate.exists(DETECTION)
    data = dict(gate.house.entry.subentries["porch"].data)
    del data["detector"]
    gate.house.hass.config_entries.async_update_subentry(
        gate.house.entry, gate.house.entry.subentries["porch"], data=data | {"motion_entities": []}
    )
    await gate.house.clock.advance(1)
    assert not gate.exists(DETECTION)
    assert not gate.exists(MOTION)
    assert gate.hub.cameras.over([]) == []
    await gate.add(camera("yard", "rtsp://192.0.2.9/live"))
    await gate.remove("porch")
    await gate.add(camera("porch", detector=DETECTOR))
    assert gate.exists(DETECTION)


async def test_two_cameras_may_have_one_detector(gate: Gate) -> None:
    await gate.set_up(
        camera("porch", detector=DETECTOR),
        camera("yard", "rtsp://192.0.2.9/live", detector=DETECTOR),
    )
    await gate.house.service("object_detection/porch", "on")
    assert gate.house.value("binary_sensor.yard_detection_running") == STATE_ON
    await gate.remove("yard")
    await gate.house.service("object_detection/porch", "off")
    assert gate.house.value(DETECTION) == STATE_OFF


# What is seen


async def test_motion_and_clips_are_shown_and_told(gate: Gate) -> None:
    house = gate.house
    await gate.set_up(camera("porch", motion=[SEES]))
    await gate.streams()
    assert house.value(MOTION) == STATE_UNKNOWN
    assert house.value(CLIP) == STATE_UNKNOWN
    told = house.follow(EVENT)
    await gate.tell(motion=True, recording=True)
    assert house.value(MOTION) == STATE_ON
    assert house.value(CAMERA) == "recording"
    await gate.tell(last_clip=CLIP_FACTS)
    await gate.tell(motion=False, recording=False)
    assert house.value(MOTION) == STATE_OFF
    assert house.value(CAMERA) == "streaming"
    assert [state.attributes["event_type"] for state in told] == [
        "motion",
        "clip_saved",
        "motion_ended",
    ]
    saved = dict(told[1].attributes)
    shown = {
        "media_content_id": "media-source://mqtt_sentinel/porch/2026-11-02/12-00-00",
        "began": "2026-11-02T12:00:00+00:00",
        "duration": 15.0,
        "part": 1,
        "causes": ["motion", "button"],
        "event_ids": ["e1"],
        "incident_ids": [],
    }
    assert shown.items() <= saved.items()
    assert house.value(CLIP) == "2026-11-02T12:00:00+00:00"
    assert shown.items() <= gate.attributes(CLIP).items()
    await gate.tell(last_clip=replace(CLIP_FACTS, part=2, thumbnail=None))
    assert told[-1].attributes["part"] == 2


async def test_where_the_stream_comes_from_and_why(gate: Gate) -> None:
    await gate.set_up(camera("porch"))
    assert gate.house.value(SOURCE) == STATE_UNKNOWN
    await gate.tell(source=SourceInUse.FALLBACK, why=Lost.NOT_FOUND, encodes=True)
    assert gate.house.value(SOURCE) == "fallback"
    shown = gate.attributes(SOURCE)
    assert (shown["why"], shown["encodes"]) == ("not_found", True)


async def test_the_button_records_on_behalf_of_who_pressed_it(gate: Gate) -> None:
    await gate.set_up(camera("porch"))
    context = Context()
    with patch.object(gate.hub.cameras, "record") as record:
        await gate.house.hass.services.async_call(
            "button",
            "press",
            {"entity_id": "button.porch_record"},
            blocking=True,
            context=context,
        )
    record.assert_called_once_with("porch", context)


async def test_the_camera_has_the_stream_with_its_password_and_the_newest_picture(
    gate: Gate,
) -> None:
    hass = gate.house.hass
    await gate.set_up(camera("porch", username="admin", password="hunter2 &", detector=DETECTOR))
    await gate.streams()
    assert await async_get_stream_source(hass, CAMERA) == (
        "rtsp://admin:hunter2%20%26@192.0.2.8/live"
    )
    assert "motion_detection" not in gate.attributes(CAMERA)
    await gate.house.service("object_detection/porch", "on")
    assert gate.attributes(CAMERA)["motion_detection"] is True
    with pytest.raises(HomeAssistantError):
        await async_get_image(hass, CAMERA)  # there is none yet
    with patch.object(gate.hub.cameras, "still", return_value=b"jpeg"):
        assert (await async_get_image(hass, CAMERA)).content == b"jpeg"
    assert "hunter2" not in json.dumps(
        [state.as_dict() for state in hass.states.async_all()], default=str
    )


async def test_players_follow_to_another_address(gate: Gate) -> None:
    await gate.set_up(camera("porch"))
    await gate.streams()
    component = gate.house.hass.data["camera"]
    entity = component.get_entity(CAMERA)
    entity.stream = stream = _Stream()
    await gate.change("porch", url="rtsp://192.0.2.9/live")
    assert stream.source == "rtsp://192.0.2.9/live"
    await gate.change("porch", duration=20.0)
    assert stream.updates == 1


class _Stream:
    """What plays a camera within Home Assistant."""

    available = True
    source = ""
    updates = 0

    def update_source(self, source: str) -> None:
        self.source = source
        self.updates += 1


async def test_one_that_home_assistant_has_already_gets_no_second_camera(gate: Gate) -> None:
    await gate.set_up(camera("porch", entity="camera.of_others"))
    assert not gate.exists(CAMERA)
    assert gate.exists(STREAM)
    assert gate.hub.cameras.stream_url("porch") is None


async def test_a_local_camera_has_no_address(gate: Gate) -> None:
    local = camera("porch")
    local["data"] = {**local["data"], "source": "local", "local": "/dev/video0"}
    await gate.set_up(local)
    assert gate.hub.cameras.setups["porch"].origin == LocalCamera("/dev/video0")
    assert gate.hub.cameras.setups["porch"].is_made_here
    assert await async_get_stream_source(gate.house.hass, CAMERA) is None
    assert gate.attributes(CAMERA)["supported_features"] == 0


# What a bug report carries


async def test_diagnostics_tell_of_cameras_and_of_no_address(
    gate: Gate, hass_client: ClientSessionGenerator, device_registry: dr.DeviceRegistry
) -> None:
    hass = gate.house.hass
    assert await async_setup_component(hass, "diagnostics", {})
    secrets = {
        "url": "rtsp://192.0.2.8/live?token=hunter2",
        "fallback_url": "rtsp://192.0.2.8/small?token=hunter2",
        "username": "hunter2",
        "password": "hunter2",
    }
    await gate.set_up(
        camera("porch", detector=DETECTOR, **secrets),
        camera("yard", entity="camera.of_others"),
    )
    await gate.tell(
        stream=Condition.STREAMING,
        source=SourceInUse.FALLBACK,
        why=Lost.NOT_FOUND,
        last_clip=CLIP_FACTS,
    )
    whole = await get_diagnostics_for_config_entry(hass, hass_client, gate.house.entry)
    device = device_registry.async_get_device_by_identifier(
        (DOMAIN, "porch"), gate.house.entry.entry_id
    )
    assert device
    one = await get_diagnostics_for_device(hass, hass_client, gate.house.entry, device)
    assert "hunter2" not in json.dumps([whole, one])
    assert "192.0.2.8" not in json.dumps([whole, one])
    assert isinstance(whole, dict)
    porch, yard = whole["cameras"]
    assert isinstance(one, dict)
    assert one["camera"] == porch
    assert one["key"]["dialect"] == "camera"
    facts = {"stream": "streaming", "source": "fallback", "why": "not_found", "scheme": "rtsp"}
    assert facts.items() <= porch.items()
    assert porch["last_clip"]["causes"] == ["motion", "button"]
    assert (yard["origin"], yard["scheme"], yard["last_clip"]) == ("EntityCamera", None, None)
