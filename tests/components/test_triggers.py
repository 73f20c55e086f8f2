"""What cameras record for: motion told by things and by entities, and incidents of chosen watches."""

from typing import Any

from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE, STATE_UNKNOWN
import pytest

from custom_components.mqtt_sentinel.cameras import recordings
from custom_components.mqtt_sentinel.evidence.facts import Cause
from custom_components.mqtt_sentinel.intake.mqtt import now
from custom_components.mqtt_sentinel.watch.reports import Occasion, OccasionReport, ThingKey

from .house import GRACE, House, camera, watch
from .tape import Tape
from .test_camera import Gate

SEES = "services||camera/front"
PIR = "binary_sensor.pir"
MOTION = "binary_sensor.porch_motion"


class Porch(Gate):
    """A camera before which things move, and what is asked of its recorder."""

    def __init__(self, house: House, tape: Tape) -> None:
        super().__init__(house)
        self.tape = tape

    async def told(self, begins: bool, event_id: str = "e1", thing: str = "front") -> None:
        """A thing tells that motion begins, or that it is over."""
        facts = {"event_ref": event_id, "status": begins}
        await self.house.broker.publish(f"motion/camera/{thing}", facts)

    async def heard(self, occasion: Occasion, begins: bool | None) -> None:
        """Something happened at the thing, in whatever dialect that is said."""
        key = ThingKey("services", "", "camera/front")
        self.hub._heard(OccasionReport(key, now(), False, "topic", occasion, "e9", begins, {}))
        await self.house.clock.settle()

    async def entity(self, state: str, entity_id: str = PIR, **attributes: Any) -> None:
        self.house.hass.states.async_set(entity_id, state, attributes)
        await self.house.clock.settle()

    @property
    def asked(self) -> list[tuple[str, Cause, str, bool]]:
        """What was to be recorded so far."""
        return [
            (camera_id, trigger.cause, trigger.name, trigger.lasts)
            for camera_id, trigger in self.tape.triggers
        ]

    @property
    def over(self) -> list[tuple[str, str]]:
        return [(camera_id, name) for camera_id, name, _ in self.tape.over]

    @property
    def motion(self) -> str:
        return self.house.value(MOTION)


@pytest.fixture
def porch(house: House, monkeypatch: pytest.MonkeyPatch) -> Porch:
    tape = Tape()
    monkeypatch.setattr(recordings, "Recorder", tape.made)
    return Porch(house, tape)


BEGUN = ("porch", Cause.MOTION, SEES, True)


# Things


async def test_motion_is_recorded_from_its_begin_to_its_end(porch: Porch) -> None:
    await porch.set_up(camera("porch", motion=[SEES], duration=7.0))
    assert porch.motion == STATE_UNKNOWN
    began = now()
    await porch.told(True)
    assert porch.asked == [BEGUN]
    [(_, trigger)] = porch.tape.triggers
    assert (trigger.event_id, trigger.duration, trigger.at.mono) == ("e1", 7.0, began.mono)
    assert porch.motion == STATE_ON
    assert porch.hub.cameras.state("porch").recording
    await porch.house.clock.advance(3)
    await porch.told(False)
    [(_, name, at)] = porch.tape.over
    assert (name, at - began.mono) == (SEES, 3.0)
    assert porch.motion == STATE_OFF


async def test_who_is_smashed_does_not_say_that_the_motion_is_over(porch: Porch) -> None:
    await porch.set_up(camera("porch", motion=[SEES]))
    await porch.house.broker.publish("connected/camera/front", "true")
    await porch.told(True)
    assert porch.motion == STATE_ON
    await porch.house.broker.publish("connected/camera/front", "false")
    assert porch.over == [("porch", SEES)]
    assert porch.motion == STATE_OFF


async def test_motion_that_only_is_seen_lasts_as_long_as_is_wanted(porch: Porch) -> None:
    await porch.set_up(camera("porch", motion=[SEES]))
    await porch.heard(Occasion.MOTION, None)
    assert porch.asked == [("porch", Cause.MOTION, SEES, False)]
    assert porch.motion == STATE_OFF  # nobody would say that it is over
    assert porch.over == []


async def test_nothing_but_motion_is_motion(porch: Porch) -> None:
    await porch.set_up(camera("porch", motion=[SEES]))
    await porch.heard(Occasion.BUTTON, True)
    assert porch.asked == []
    assert porch.motion == STATE_UNKNOWN


async def test_motion_before_another_camera_is_none_before_this_one(porch: Porch) -> None:
    await porch.set_up(camera("porch", motion=[SEES]))
    await porch.told(True, thing="yard")
    assert porch.asked == []
    assert porch.motion == STATE_UNKNOWN


async def test_an_end_of_what_nobody_saw_begin(porch: Porch) -> None:
    await porch.set_up(camera("porch", motion=[SEES]))
    await porch.told(False)
    assert (porch.asked, porch.over) == ([], [])
    assert porch.motion == STATE_OFF


async def test_a_name_may_have_what_separates_names(porch: Porch) -> None:
    key = "services||camera/front|door"
    await porch.set_up(camera("porch", motion=[SEES, key]))
    await porch.told(True)
    await porch.told(True, "e2", thing="front|door")
    await porch.told(False)
    assert porch.asked == [BEGUN, ("porch", Cause.MOTION, key, True)]
    assert porch.over == [("porch", SEES)]
    assert porch.motion == STATE_ON
    await porch.told(False, "e2", thing="front|door")
    assert porch.over == [("porch", SEES), ("porch", key)]
    assert porch.motion == STATE_OFF


async def test_one_thing_before_two_cameras(porch: Porch) -> None:
    await porch.set_up(
        camera("porch", motion=[SEES]), camera("yard", "rtsp://192.0.2.9/live", motion=[SEES])
    )
    await porch.told(True)
    assert {camera_id for camera_id, _ in porch.tape.triggers} == {"porch", "yard"}
    await porch.remove("yard")
    await porch.told(False)
    assert porch.over == [("porch", SEES)]
    await porch.told(True, "e2")
    assert [camera_id for camera_id, *_ in porch.asked[2:]] == ["porch"]


# Entities


@pytest.mark.parametrize("over", [STATE_OFF, STATE_UNAVAILABLE, STATE_UNKNOWN])
async def test_motion_that_an_entity_tells(porch: Porch, over: str) -> None:
    await porch.set_up(camera("porch", motion_entities=[PIR]))
    await porch.entity(STATE_ON)
    assert porch.asked == [("porch", Cause.MOTION, PIR, True)]
    assert porch.motion == STATE_ON
    await porch.entity(STATE_ON, brightness=7)
    await porch.entity(over)
    await porch.entity(over, brightness=8)
    assert len(porch.asked) == 1
    assert porch.over == [("porch", PIR)]
    assert porch.motion == STATE_OFF


async def test_motion_that_is_there_already_is_recorded_from_the_start(porch: Porch) -> None:
    await porch.entity(STATE_ON)
    await porch.set_up(camera("porch", motion_entities=[PIR]))
    assert porch.asked == [("porch", Cause.MOTION, PIR, True)]
    assert porch.motion == STATE_ON
    await porch.entity(STATE_OFF)
    assert porch.over == [("porch", PIR)]
    assert porch.motion == STATE_OFF


@pytest.mark.parametrize(
    ("says", "shown"), [(STATE_OFF, STATE_OFF), (STATE_UNAVAILABLE, STATE_UNKNOWN)]
)
async def test_what_an_entity_says_at_the_start_is_shown(
    porch: Porch, says: str, shown: str
) -> None:
    await porch.entity(says)
    await porch.set_up(camera("porch", motion_entities=[PIR]))
    assert porch.asked == []
    assert porch.motion == shown


async def test_an_entity_that_goes_for_good_tells_of_no_motion(porch: Porch) -> None:
    await porch.set_up(camera("porch", motion_entities=[PIR]))
    await porch.entity(STATE_ON)
    porch.house.hass.states.async_remove(PIR)
    await porch.house.clock.settle()
    assert porch.over == [("porch", PIR)]
    assert porch.motion == STATE_OFF


async def test_motion_lasts_until_all_who_tell_of_it_say_that_it_is_over(porch: Porch) -> None:
    await porch.set_up(camera("porch", motion=[SEES], motion_entities=[PIR]))
    await porch.told(True)
    await porch.entity(STATE_ON)
    await porch.told(False)
    assert porch.motion == STATE_ON
    await porch.entity(STATE_OFF)
    assert porch.motion == STATE_OFF
    assert porch.over == [("porch", SEES), ("porch", PIR)]


# Incidents


async def test_an_incident_of_a_chosen_watch_is_recorded(porch: Porch) -> None:
    house = porch.house
    await porch.set_up(
        camera("porch", records_for=["front"]),
        camera("yard", "rtsp://192.0.2.9/live"),
        watch("front"),
        watch("back"),
    )
    for name in ("front", "back"):
        await house.service(f"object_detection/{name}", "on")
    await house.clock.advance(GRACE)
    await house.service("object_detection/back", "off")
    assert porch.asked == []  # nobody chose that one
    await house.service("object_detection/front", "off")
    incident = porch.hub.sentinel.watches["front"].incident
    assert incident
    assert porch.asked == [("porch", Cause.INCIDENT, incident.id, False)]
    [(_, trigger)] = porch.tape.triggers
    assert (trigger.incident_id, trigger.duration) == (incident.id, 10.0)
    await house.service("object_detection/front", "on")
    assert len(porch.asked) == 1
    await porch.change("porch", records_for=[])
    await house.service("object_detection/front", "off")
    assert len(porch.asked) == 1


# Set up otherwise


async def test_motion_that_lasts_is_recorded_on_when_the_camera_is_read_otherwise(
    porch: Porch,
) -> None:
    await porch.set_up(camera("porch", motion=[SEES]))
    await porch.told(True)
    # What was being recorded of it ends with this.
    await porch.change("porch", url="rtsp://192.0.2.9/live", duration=20.0)
    assert porch.asked == [BEGUN, BEGUN]
    assert porch.tape.triggers[1][1].duration == 20.0
    assert porch.tape.triggers[1][1].event_id == "e1"
    assert porch.over == []
    assert porch.motion == STATE_ON
    assert porch.hub.cameras.state("porch").recording
    await porch.told(False)
    assert porch.over == [("porch", SEES)]
    assert porch.motion == STATE_OFF


async def test_motion_is_over_when_nobody_is_heard_who_could_say_so(porch: Porch) -> None:
    await porch.set_up(camera("porch", motion=[SEES], motion_entities=[PIR]))
    await porch.told(True)
    await porch.entity(STATE_ON)
    await porch.change("porch", motion=[])
    assert porch.over == [("porch", SEES)]
    assert porch.motion == STATE_ON
    await porch.told(False)
    assert len(porch.over) == 1
    await porch.change("porch", motion=[SEES], motion_entities=[])
    assert porch.over == [("porch", SEES), ("porch", PIR)]
    assert porch.motion == STATE_OFF
    await porch.entity(STATE_OFF)
    await porch.entity(STATE_ON)
    assert porch.motion == STATE_OFF
    assert len(porch.asked) == 3


async def test_what_is_new_is_followed_from_then_on(porch: Porch) -> None:
    await porch.set_up(camera("porch", motion_entities=[PIR]))
    await porch.entity(STATE_ON, "binary_sensor.garden")
    others = ["binary_sensor.garden", "binary_sensor.gate"]
    await porch.change("porch", motion_entities=[PIR, *others])
    await porch.entity(STATE_ON, "binary_sensor.gate")
    await porch.entity(STATE_ON)
    assert [name for _, _, name, _ in porch.asked] == [*others, PIR]


async def test_a_camera_that_is_removed_records_for_nobody(porch: Porch) -> None:
    await porch.set_up(
        camera("porch", motion=[SEES], motion_entities=[PIR], records_for=["front"]),
        watch("front"),
    )
    await porch.told(True)
    triggers = porch.hub.cameras._triggers
    await porch.remove("porch")
    await porch.told(False)
    await porch.told(True)
    await porch.entity(STATE_ON)
    await porch.house.service("object_detection/front", "off")
    assert porch.asked == [BEGUN]
    assert porch.over == []
    for kept in (triggers._setups, triggers._by_thing, triggers._by_watch, triggers._lasting):
        assert not kept
    assert not triggers._stops


async def test_nothing_is_followed_after_the_end(porch: Porch) -> None:
    await porch.set_up(camera("porch", motion_entities=[PIR]))
    await porch.house.hass.config_entries.async_unload("hub")
    await porch.entity(STATE_ON)
    assert porch.asked == []
