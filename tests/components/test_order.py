"""Who reacts to an event finds the states that belong to it."""

from typing import Any

from homeassistant.core import Event, EventStateChangedData, callback
from homeassistant.helpers.event import async_track_state_change_event

from .house import GRACE, SETTLE, House, alarm, watch

FRONT = "object_detection/front"
BACK = "object_detection/back"

type Seen = tuple[str | None, ...]


def look_at(house: House, entity_id: str) -> list[Seen]:
    """Note, at every event of an event entity, problem, protection and the event's type."""
    seen: list[Seen] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        if state and state.attributes["event_type"]:
            kind: Any = state.attributes["event_type"]
            seen.append(
                (
                    kind,
                    house.value("binary_sensor.front_problem"),
                    house.value("sensor.house_protection"),
                )
            )

    async_track_state_change_event(house.hass, entity_id, note)
    return seen


async def test_states_are_shown_before_events_are_told(house: House) -> None:
    await house.panel("armed_away")
    await house.set_up(watch("front", expect="alarm"), alarm("front"))
    await house.service(FRONT, "on")
    await house.clock.advance(GRACE)
    of_watch = look_at(house, "event.front_event")
    of_alarm = look_at(house, "event.house_event")
    bus: list[Seen] = []
    house.hass.bus.async_listen(
        "mqtt_sentinel_mismatch",
        callback(
            lambda event: bus.append(
                (
                    event.data["reason"],
                    house.value("binary_sensor.front_problem"),
                    house.value("sensor.house_protection"),
                )
            )
        ),
    )
    await house.service(FRONT, "off")
    assert of_watch == [
        ("disconnected", "on", "unprotected"),
        ("mismatch", "on", "unprotected"),
    ]
    assert of_alarm == [("unprotected", "on", "unprotected")]
    assert bus == [("disconnected", "on", "unprotected")]


async def test_arming_passes_through_no_false_protection(house: House) -> None:
    """All services are told what is expected of them before the protection is judged."""
    await house.panel("disarmed")
    await house.set_up(
        watch("front", expect="alarm"),
        watch("back", expect="alarm"),
        alarm("front", "back", verify_connect=["back"]),
    )
    await house.service(FRONT, "on")
    await house.service(BACK, "off")
    await house.clock.advance(GRACE)
    told = look_at(house, "event.house_event")
    await house.panel("armed_away")
    assert [kind for kind, *_ in told] == ["unknown"]
    await house.service(BACK, "on")
    assert [kind for kind, *_ in told] == ["unknown", "protected"]

    # And back: what is still on then is no part of a protection that is over.
    await house.panel("disarmed")
    assert [kind for kind, *_ in told] == ["unknown", "protected", "disarmed"]
    await house.clock.advance(SETTLE)
    assert house.judged("back") == ("mismatch", "did_not_turn_off", "live")
    await house.panel("armed_away")
    assert [kind for kind, *_ in told] == ["unknown", "protected", "disarmed", "protected"]


async def test_an_alarm_makes_an_incident_an_error_whatever_else_expects_the_thing(
    house: House,
) -> None:
    await house.panel("armed_away")
    await house.set_up(watch("front", expect="always"), alarm("front"))
    await house.clock.advance(GRACE)
    issue = house.issues["incident_front"]
    assert issue.translation_key == "never_heard_alarm"
    assert issue.severity == "error"
