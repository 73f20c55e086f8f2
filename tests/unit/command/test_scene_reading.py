"""Scenes as plain data: what can be read, and what is said of what cannot."""

import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.mqtt_sentinel.command.command import Confirmation, Relay
from custom_components.mqtt_sentinel.command.scene_reading import read_steps, store_steps
from custom_components.mqtt_sentinel.command.scene_steps import (
    LONGEST,
    LONGEST_CONFIRMATION,
    MOST_PAYLOAD_BYTES,
    MOST_STEPS,
    ActionStep,
    CommandStep,
    Kind,
    Otherwise,
    SceneError,
    SceneFlaw,
    StateTrigger,
    Step,
    TopicTrigger,
    WaitStep,
)
from custom_components.mqtt_sentinel.watch.reports import ThingKey

LIGHT = {"at": 0, "kind": "command", "topic": "room1/light", "payload": "ON"}
MUSIC = {
    "at": 1.5,
    "kind": "action",
    "action": "media_player.play_media",
    "target": {"entity_id": "media_player.hall"},
    "data": {"media_content_id": "a.mp3", "media_content_type": "music"},
}
BUTTON = {"at": 2, "kind": "wait", "topic": "room1/button", "timeout": 60}
RELAY = {"dialect": "museum", "name": "room1", "relay": "light"}


def flaw(data: object) -> tuple[SceneFlaw, int | None, str]:
    """What is wrong, at which step, and at which of its fields."""
    with pytest.raises(SceneError) as caught:
        read_steps(data)
    return caught.value.flaw, caught.value.step, caught.value.field


def test_each_kind_of_step_is_read() -> None:
    assert read_steps([LIGHT, MUSIC, BUTTON]) == (
        CommandStep(0.0, "room1/light", "ON"),
        ActionStep(
            1.5,
            "media_player.play_media",
            {"entity_id": ("media_player.hall",)},
            {"media_content_id": "a.mp3", "media_content_type": "music"},
        ),
        WaitStep(2.0, TopicTrigger("room1/button"), 60.0),
    )


def test_all_that_a_step_may_say_is_read() -> None:
    relay = RELAY | {"site": "east"}
    confirmation = {"feedback": "room1/status", "relay": relay, "on": True, "timeout": 0.5}
    command = LIGHT | {"qos": 2, "retain": True, "actuator": False, "confirmation": confirmation}
    action = {"at": 0, "kind": "action", "action": "script.fog", "actuator": False}
    door = {"entity_id": "binary_sensor.door", "state": "on", "timeout": 5, "otherwise": "stop"}
    wait = {"at": 0, "kind": "wait", **door}
    button = BUTTON | {"payload": "PRESSED", "otherwise": "go_on"}
    confirmed = Confirmation(
        "room1/status", Relay(ThingKey("museum", "east", "room1"), "light"), True, 0.5
    )
    assert read_steps([command, action, wait, button]) == (
        CommandStep(0.0, "room1/light", "ON", 2, True, False, confirmed),
        ActionStep(0.0, "script.fog", {}, {}, False),
        WaitStep(0.0, StateTrigger("binary_sensor.door", "on"), 5.0, Otherwise.STOP),
        WaitStep(2.0, TopicTrigger("room1/button", "PRESSED"), 60.0),
    )


def test_what_is_null_is_as_if_it_were_not_there() -> None:
    command = LIGHT | {"qos": None, "retain": None, "confirmation": None}
    wait = BUTTON | {"entity_id": None, "payload": None, "otherwise": None}
    assert read_steps([command, wait]) == read_steps([LIGHT, BUTTON])
    confirmation = {"feedback": "room1/status", "relay": None, "on": None, "timeout": None}
    assert read_steps([LIGHT | {"confirmation": confirmation}]) == (
        CommandStep(0.0, "room1/light", "ON", confirmation=Confirmation("room1/status")),
    )


def test_an_empty_payload_is_one() -> None:
    assert read_steps([LIGHT | {"payload": ""}]) == (CommandStep(0.0, "room1/light", ""),)


def test_times_begin_anew_after_a_wait() -> None:
    steps = read_steps(
        [LIGHT | {"at": 9}, BUTTON | {"at": 9}, LIGHT | {"at": 1}, LIGHT | {"at": 1}]
    )
    assert [step.at for step in steps] == [9.0, 9.0, 1.0, 1.0]


def test_a_step_keeps_its_data_whatever_becomes_of_what_it_was_read_from() -> None:
    data: dict[str, Any] = {"volume": [1]}
    steps = read_steps([MUSIC | {"data": data}])
    stored = store_steps(steps)
    data["volume"].append(2)
    stored[0]["data"]["volume"].append(3)
    [step] = steps
    assert isinstance(step, ActionStep)
    assert step.data == {"volume": [1]}


@pytest.mark.parametrize(
    ("payload", "heard", "expected"),
    [
        (None, b"anything", True),
        (None, b"\xff", True),
        ("ä", "ä".encode(), True),
        ("on", b"ON", False),
        ("", b"", True),
        ("", b"x", False),
    ],
)
def test_a_trigger_knows_its_message(payload: str | None, heard: bytes, expected: bool) -> None:
    assert TopicTrigger("room1/button", payload).matches(heard) is expected


@pytest.mark.parametrize("data", [None, {}, "steps", 5, ()])
def test_a_scene_is_a_list(data: object) -> None:
    assert flaw(data) == (SceneFlaw.NOT_A_LIST, None, "")


def test_a_scene_has_a_step_and_not_too_many() -> None:
    assert flaw([]) == (SceneFlaw.EMPTY, None, "")
    assert len(read_steps([LIGHT] * MOST_STEPS)) == MOST_STEPS
    assert flaw([LIGHT] * (MOST_STEPS + 1)) == (SceneFlaw.TOO_MANY_STEPS, None, "")


def test_an_error_is_told_in_words_too() -> None:
    error = SceneError(SceneFlaw.TOO_LONG, 3, "at", "86400")
    assert str(error) == "step 3: at: too_long: 86400"
    assert str(SceneError(SceneFlaw.EMPTY)) == "scene: empty"


def command(**change: Any) -> dict[str, Any]:
    return LIGHT | change


def confirming(**confirmation: Any) -> dict[str, Any]:
    return LIGHT | {"confirmation": confirmation}


def action(**change: Any) -> dict[str, Any]:
    return MUSIC | change


def wait(**change: Any) -> dict[str, Any]:
    return BUTTON | change


DEEP: list[Any] = []
for _ in range(300):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("step", "expected", "field"),
    [
        (None, SceneFlaw.NOT_AN_OBJECT, ""),
        ([], SceneFlaw.NOT_AN_OBJECT, ""),
        ({}, SceneFlaw.MISSING_FIELD, "at"),
        (command(at=None), SceneFlaw.MISSING_FIELD, "at"),
        (command(at="1"), SceneFlaw.WRONG_TYPE, "at"),
        (command(at=True), SceneFlaw.WRONG_TYPE, "at"),
        (command(at=float("nan")), SceneFlaw.WRONG_TYPE, "at"),
        (command(at=-0.1), SceneFlaw.NEGATIVE_TIME, "at"),
        (command(at=float("inf")), SceneFlaw.TOO_LONG, "at"),
        (command(at=10**400), SceneFlaw.TOO_LONG, "at"),
        (command(at=LONGEST + 1), SceneFlaw.TOO_LONG, "at"),
        (command(kind=None), SceneFlaw.MISSING_FIELD, "kind"),
        (command(kind="dance"), SceneFlaw.UNKNOWN_KIND, "kind"),
        (command(kind=["command"]), SceneFlaw.UNKNOWN_KIND, "kind"),
        (command(paylaod="ON"), SceneFlaw.UNKNOWN_FIELD, "paylaod"),
        (command() | {5: 5}, SceneFlaw.UNKNOWN_FIELD, ""),
        (command(topic=None), SceneFlaw.MISSING_FIELD, "topic"),
        (command(topic=5), SceneFlaw.WRONG_TYPE, "topic"),
        (command(topic=""), SceneFlaw.BAD_TOPIC, "topic"),
        (command(topic="room1/+"), SceneFlaw.BAD_TOPIC, "topic"),
        (command(topic="room1/#"), SceneFlaw.BAD_TOPIC, "topic"),
        (command(topic="room1/\0"), SceneFlaw.BAD_TOPIC, "topic"),
        (command(topic="room1/\ud800"), SceneFlaw.BAD_TOPIC, "topic"),
        (command(topic="$SYS/broker"), SceneFlaw.BAD_TOPIC, "topic"),
        (command(topic="ä" * 513), SceneFlaw.BAD_TOPIC, "topic"),
        (command(payload=None), SceneFlaw.MISSING_FIELD, "payload"),
        (command(payload=1), SceneFlaw.WRONG_TYPE, "payload"),
        (command(payload="\ud800"), SceneFlaw.BAD_TEXT, "payload"),
        (command(payload="x" * (MOST_PAYLOAD_BYTES + 1)), SceneFlaw.PAYLOAD_TOO_LARGE, "payload"),
        (command(qos=3), SceneFlaw.BAD_QOS, "qos"),
        (command(qos=True), SceneFlaw.BAD_QOS, "qos"),
        (command(qos=1.0), SceneFlaw.BAD_QOS, "qos"),
        (command(retain="yes"), SceneFlaw.WRONG_TYPE, "retain"),
        (command(retain=True), SceneFlaw.RETAINED_ACTUATOR, "retain"),
        (command(confirmation=True), SceneFlaw.NOT_AN_OBJECT, "confirmation"),
        (confirming(), SceneFlaw.CONFIRMS_NOTHING, "confirmation"),
        (confirming(on=True), SceneFlaw.CONFIRMS_NOTHING, "confirmation"),
        (confirming(feedback="+/status"), SceneFlaw.BAD_TOPIC, "confirmation.feedback"),
        (confirming(feedback="a", timeout=0), SceneFlaw.NO_TIME, "confirmation.timeout"),
        (
            confirming(feedback="a", timeout=LONGEST_CONFIRMATION + 1),
            *(SceneFlaw.TOO_LONG, "confirmation.timeout"),
        ),
        (confirming(feedback="a", then=1), SceneFlaw.UNKNOWN_FIELD, "confirmation.then"),
        (confirming(relay=RELAY), SceneFlaw.MISSING_FIELD, "confirmation.on"),
        (confirming(relay=5, on=True), SceneFlaw.NOT_AN_OBJECT, "confirmation.relay"),
        (confirming(relay={}, on=True), SceneFlaw.MISSING_FIELD, "confirmation.relay.dialect"),
        (
            confirming(relay=RELAY | {"name": "\n"}, on=True),
            *(SceneFlaw.BAD_TEXT, "confirmation.relay.name"),
        ),
        (
            confirming(relay=RELAY | {"state": "on"}, on=True),
            *(SceneFlaw.UNKNOWN_FIELD, "confirmation.relay.state"),
        ),
        (action(action="play"), SceneFlaw.BAD_ACTION, "action"),
        (action(action="light.turn_on\n"), SceneFlaw.BAD_ACTION, "action"),
        (action(action="a." + "a" * 1024), SceneFlaw.BAD_ACTION, "action"),
        (action(target=[]), SceneFlaw.BAD_TARGET, "target"),
        (action(target={"entity": "light.a"}), SceneFlaw.BAD_TARGET, "target"),
        (action(target={5: "light.a"}), SceneFlaw.BAD_TARGET, "target"),
        (action(target={"entity_id": 5}), SceneFlaw.BAD_TARGET, "target"),
        (action(target={"entity_id": ["light.a"] * 101}), SceneFlaw.BAD_TARGET, "target"),
        (action(target={"entity_id": ["light"]}), SceneFlaw.BAD_ENTITY, "target"),
        (action(target={"entity_id": "light.a__b"}), SceneFlaw.BAD_ENTITY, "target"),
        (action(target={"area_id": [""]}), SceneFlaw.BAD_TEXT, "target"),
        (action(data=[]), SceneFlaw.WRONG_TYPE, "data"),
        (action(data={"a": "x" * 9000}), SceneFlaw.BAD_DATA, "data"),
        (action(data={"a": DEEP}), SceneFlaw.BAD_DATA, "data"),
        (action(data={"a": {5: 5}}), SceneFlaw.BAD_DATA, "data"),
        (action(data={"a": "\ud800"}), SceneFlaw.BAD_DATA, "data"),
        (action(actuator=0), SceneFlaw.WRONG_TYPE, "actuator"),
        (wait(topic=None), SceneFlaw.NO_TRIGGER, "topic"),
        (wait(topic="room1/+"), SceneFlaw.BAD_TOPIC, "topic"),
        (wait(entity_id="light.a", state="on"), SceneFlaw.TWO_TRIGGERS, "entity_id"),
        (wait(topic=None, entity_id="light"), SceneFlaw.BAD_ENTITY, "entity_id"),
        (wait(topic=None, entity_id="light.a"), SceneFlaw.MISSING_FIELD, "state"),
        (wait(state="on"), SceneFlaw.UNKNOWN_FIELD, "state"),
        (wait(timeout=None), SceneFlaw.NO_TIMEOUT, "timeout"),
        (wait(timeout=0), SceneFlaw.NO_TIME, "timeout"),
        (wait(timeout=-1), SceneFlaw.NEGATIVE_TIME, "timeout"),
        (wait(timeout=LONGEST + 1), SceneFlaw.TOO_LONG, "timeout"),
        (wait(otherwise="panic"), SceneFlaw.UNKNOWN_CHOICE, "otherwise"),
        (wait(otherwise=5), SceneFlaw.UNKNOWN_CHOICE, "otherwise"),
    ],
)
def test_what_is_wrong_with_a_step_is_told_with_its_place(
    step: object, expected: SceneFlaw, field: str
) -> None:
    assert flaw([LIGHT, step]) == (expected, 2, field)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([LIGHT | {"at": 2}, LIGHT | {"at": 1}], (SceneFlaw.UNORDERED, 2, "at")),
        # Its wait begins at 2 s, or later: what follows is timed from its end.
        ([BUTTON, LIGHT | {"at": 2}, LIGHT], (SceneFlaw.UNORDERED, 3, "at")),
        # A day after the wait is never within the day that a scene may take.
        ([BUTTON, LIGHT | {"at": LONGEST}], (SceneFlaw.UNREACHABLE, 2, "at")),
        # It is, if the trigger comes at once, and is not, if it does not come.
        ([BUTTON, LIGHT | {"at": LONGEST - 2}], (SceneFlaw.TOO_LONG, 2, "at")),
        ([BUTTON, BUTTON | {"timeout": LONGEST - 63}], (SceneFlaw.TOO_LONG, 2, "timeout")),
    ],
)
def test_steps_come_in_order_and_in_time(
    steps: list[object], expected: tuple[SceneFlaw, int, str]
) -> None:
    assert flaw(steps) == expected


def test_a_scene_may_take_all_its_time() -> None:
    assert read_steps([LIGHT | {"at": LONGEST}])
    assert read_steps([BUTTON, LIGHT | {"at": LONGEST - 62}])
    assert read_steps([BUTTON, BUTTON | {"timeout": LONGEST - 64}])


words = st.sampled_from(["a", "on", "room1/light", "light.lamp", "light.turn_on", ""])
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | words
names = st.sampled_from(
    [
        *("at", "kind", "topic", "payload", "qos", "retain", "actuator", "confirmation"),
        *("action", "target", "data", "entity_id", "state", "timeout", "otherwise"),
        *("feedback", "relay", "on", "dialect", "site", "name", "area_id"),
    ]
)
junk = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names | st.text(), inner),
    max_leaves=20,
)
# Most of what is nearly a step is nearly one of them: junk gets no further than the first field.
steps_of_people = st.builds(
    lambda step, change: step | change,
    st.sampled_from([LIGHT, MUSIC, BUTTON, confirming(relay=RELAY, on=True)]),
    st.dictionaries(names, junk | words | st.sampled_from([0, 1, 5.0]), max_size=3),
)


@given(junk | st.lists(steps_of_people | junk, max_size=5))
def test_nothing_but_an_error_of_scenes_comes_of_what_people_write(data: object) -> None:
    try:
        steps = read_steps(data)
    except SceneError as error:
        assert error.step is None or error.step >= 1  # noqa: PT017 - it need not be raised
        return
    assert isinstance(data, list)
    assert len(steps) == len(data)
    assert read_steps(store_steps(steps)) == steps


seconds = st.floats(0, 100)
topics = st.sampled_from(["a", "room1/light", "äöü"])
some = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=5)
relays = st.builds(Relay, st.builds(ThingKey, some, st.sampled_from(["", "east/wing"]), some), some)
confirmations = st.builds(
    Confirmation, topics, st.none() | relays, st.booleans(), st.floats(0.1, LONGEST_CONFIRMATION)
)
entities = st.sampled_from(["light.a", "switch.b_2"])
plain = st.dictionaries(
    some, st.integers(-9, 9) | some | st.lists(st.booleans(), max_size=2), max_size=3
)
waits = st.floats(0.1, 100)
good_steps = (
    st.builds(
        CommandStep,
        seconds,
        topics,
        st.text(st.characters(codec="utf-8"), max_size=9),
        st.sampled_from([0, 1, 2]),
        st.just(False),
        st.booleans(),
        st.none() | confirmations,
    )
    | st.builds(
        ActionStep,
        seconds,
        st.just("light.turn_on"),
        st.fixed_dictionaries({}, optional={"entity_id": st.lists(entities).map(tuple)}),
        plain,
        st.booleans(),
    )
    | st.builds(
        WaitStep,
        seconds,
        st.builds(TopicTrigger, topics, st.none() | some) | st.builds(StateTrigger, entities, some),
        waits,
        st.sampled_from(Otherwise),
    )
)


def in_order(steps: list[Step]) -> tuple[Step, ...]:
    """The steps by their times, with the waits at the end, where times begin anew."""
    waiting = [step for step in steps if isinstance(step, WaitStep)]
    others = [step for step in steps if not isinstance(step, WaitStep)]
    late = max((step.at for step in others), default=0.0)
    if waiting and waiting[0].at < late:
        waiting = []
    return (*sorted(others, key=lambda step: step.at), *waiting)


@given(st.lists(good_steps, min_size=1, max_size=6).map(in_order).filter(bool))
def test_what_is_stored_is_read_again(steps: tuple[Step, ...]) -> None:
    stored = json.loads(json.dumps(store_steps(steps)))
    assert read_steps(stored) == steps
    assert {step["kind"] for step in stored} <= {kind.value for kind in Kind}
