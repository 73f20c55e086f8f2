"""An alarm panel is made, and changed, as the UI does it."""

from typing import Any

from homeassistant.config_entries import ConfigSubentry
from homeassistant.data_entry_flow import FlowResultType
import pytest

from .dialogs import Dialog
from .house import PANEL, House, custom_watch, panel_alarm, watch

MODES = ["armed_home", "armed_away", "armed_night", "armed_vacation"]
ABOUT: dict[str, Any] = {
    "name": "Castle",
    "offered": ["armed_away", "armed_home"],
    "relies_on": ["front"],
    "modes": MODES,
    "not_ready": "refuse",
}
TIMES: dict[str, Any] = {
    "armed_home": {"exit_delay": 0, "entry_delay": 10},
    "armed_away": {"exit_delay": 60, "entry_delay": 30},
    "trigger_time": 120,
    "after_trigger": "disarmed",
}
SECRET = "4711"


@pytest.fixture
async def hub(house: House) -> House:
    """A hub with a service, a custom topic, a camera, and something with buttons."""
    await house.set_up(
        watch("front", expect="alarm"),
        custom_watch("siren", "siren"),
        watch("gate", "frontdoor", dialect="frigate", expect="none"),
        watch("lamp", dialect="tasmota"),
    )
    return house


def made(house: House) -> ConfigSubentry:
    """The panel that was made."""
    (found,) = house.entry.get_subentries_of_type("alarm")
    return found


async def begin(house: House) -> Dialog:
    dialog = await Dialog.create(house, "alarm")
    assert dialog.shown["type"] is FlowResultType.MENU
    assert dialog.shown["menu_options"] == ["existing", "panel"]
    await dialog.choose("panel")
    return dialog


async def test_a_panel_is_made(hub: House) -> None:
    dialog = await begin(hub)
    assert dialog.step == "panel"
    assert dialog.fields == ["name", "offered", "relies_on", "modes", "not_ready"]
    assert dialog.suggested("name") == ""
    assert dialog.suggested("offered") == dialog.suggested("modes") == MODES
    assert dialog.suggested("relies_on") == []
    assert dialog.suggested("not_ready") == "refuse"
    assert list(dialog.choices("relies_on")) == ["front", "siren", "gate", "lamp"]
    await dialog.submit(**ABOUT)

    assert dialog.step == "times"
    assert dialog.fields == ["armed_home", "armed_away", "trigger_time", "after_trigger"]
    assert dialog.suggested("armed_home.exit_delay") == 0
    assert dialog.suggested("armed_away.exit_delay") == 60
    assert dialog.suggested("armed_away.entry_delay") == 30
    assert dialog.suggested("trigger_time") == 180
    assert dialog.suggested("after_trigger") == "armed"
    await dialog.submit(**TIMES)

    assert dialog.step == "triggers"
    assert dialog.choices("delayed") == {"front": "Front", "gate": "Gate"}
    assert dialog.choices("buttons") == {"front": "Front"}
    assert list(dialog.choices("button_mode")) == ["armed_home", "armed_away"]
    assert dialog.suggested("button_mode") == "armed_away"
    assert dialog.suggested("may_disarm") is True
    await dialog.submit(
        delayed=["gate"],
        instant=[],
        inside=["gate"],
        buttons=["front"],
        button_mode="armed_home",
        may_disarm=False,
    )

    assert dialog.step == "code"
    assert dialog.fields == ["code", "code_arm_required"]
    await dialog.submit(code=f" {SECRET} ", code_arm_required=False)

    assert dialog.step == "directions"
    assert dialog.shown["description_placeholders"] == {"name": "Castle"}
    assert dialog.suggested("verify_connect") == ["front"]
    await dialog.submit(verify_disconnect=["front"], verify_connect=[])

    assert dialog.ended == "created"
    assert made(hub).title == "Castle"
    assert made(hub).unique_id is None
    assert made(hub).data == {
        "offered": ["armed_away", "armed_home"],
        "relies_on": ["front"],
        "modes": MODES,
        "not_ready": "refuse",
        "times": {mode: TIMES[mode] for mode in ("armed_home", "armed_away")},
        "trigger_time": 120,
        "after_trigger": "disarmed",
        "delayed": ["gate"],
        "instant": [],
        "inside": ["gate"],
        "buttons": ["front"],
        "button_mode": "armed_home",
        "may_disarm": False,
        "code": SECRET,
        "code_arm_required": False,
        "verify_disconnect": ["front"],
        "verify_connect": [],
    }
    state = hub.state("alarm_control_panel.castle")
    assert state.state == "disarmed"
    assert state.attributes["code_format"] == "number"
    assert state.attributes["code_arm_required"] is False
    assert hub.protection("castle") == "disarmed"


async def test_without_a_code(hub: House) -> None:
    dialog = await begin(hub)
    await dialog.submit(**ABOUT)
    await dialog.submit(**TIMES)
    await dialog.submit(button_mode="armed_away", may_disarm=True)
    await dialog.submit(code="  ", code_arm_required=True)
    await dialog.submit()
    assert dialog.ended == "created"
    assert "code" not in made(hub).data
    assert hub.state("alarm_control_panel.castle").attributes["code_format"] is None


@pytest.mark.parametrize(
    ("wrong", "errors"),
    [
        ({"name": "  "}, {"name": "no_name"}),
        ({"offered": []}, {"offered": "no_mode", "modes": "not_offered"}),
        ({"relies_on": []}, {"relies_on": "nothing_relied_on"}),
        ({"modes": ["armed_night"]}, {"modes": "not_offered"}),
    ],
)
async def test_what_is_wrong_is_said_and_can_be_set_right(
    hub: House, wrong: dict[str, Any], errors: dict[str, str]
) -> None:
    dialog = await begin(hub)
    await dialog.submit(**ABOUT | wrong)
    assert dialog.step == "panel"
    assert dialog.errors == errors
    assert dialog.suggested("not_ready") == "refuse"
    await dialog.submit(**ABOUT)
    assert dialog.step == "times"


async def test_what_cannot_be_chosen_is_not_asked(house: House) -> None:
    """Of a topic of one's own nobody knows what happens there."""
    await house.set_up(custom_watch("siren", "siren"))
    dialog = await begin(house)
    await dialog.submit(**ABOUT | {"relies_on": ["siren"], "offered": ["armed_home"]})
    await dialog.submit(**{key: TIMES[key] for key in TIMES if key != "armed_away"})
    assert dialog.step == "code"
    await dialog.submit(code_arm_required=True)
    await dialog.submit()
    data = made(house).data
    assert data["delayed"] == data["instant"] == data["inside"] == data["buttons"] == []
    assert data["button_mode"] == "armed_home"


async def test_only_cameras(house: House) -> None:
    await house.set_up(watch("gate", "frontdoor", dialect="frigate", expect="none"))
    dialog = await begin(house)
    await dialog.submit(**ABOUT | {"relies_on": ["gate"]})
    await dialog.submit(**TIMES)
    assert dialog.fields == ["delayed", "instant", "inside"]
    await dialog.submit(instant=["gate"])
    await dialog.submit(code_arm_required=True)
    await dialog.submit()
    assert made(house).data["instant"] == ["gate"]
    assert made(house).data["may_disarm"] is True


# Later


async def change(hub: House, *happens: str, **panel: Any) -> Dialog:
    """A panel over a service, and the dialog that changes it."""
    await hub.set_up(
        watch("front", expect="alarm"),
        watch("back", expect="alarm"),
        panel_alarm(
            *("front", "back"),
            **{"delayed": ["front", "back"], "buttons": ["back"], "exit_delay": 7.0} | panel,
        ),
    )
    for gone in happens:
        hub.hass.config_entries.async_remove_subentry(hub.entry, gone)
    await hub.clock.settle()
    return await Dialog.change(hub, "house")


async def test_changing_remembers_all_but_the_code(house: House) -> None:
    dialog = await change(house, code=SECRET, verify_connect=["back"], code_arm_required=False)
    assert dialog.step == "reconfigure_panel"
    assert dialog.suggested("name") == "House"
    assert dialog.suggested("relies_on") == ["front", "back"]
    assert dialog.suggested("modes") == ["armed_away", "armed_night"]
    before = dict(house.entry.subentries["house"].data)
    about = {key: before[key] for key in ("offered", "relies_on", "modes", "not_ready")}
    await dialog.submit(name="Castle", **about)
    assert dialog.suggested("armed_night.exit_delay") == 7
    assert dialog.suggested("trigger_time") == 180
    times = {key: before[key] for key in ("trigger_time", "after_trigger")}
    await dialog.submit(**times | before["times"])
    for field in ("delayed", "instant", "inside", "buttons", "button_mode", "may_disarm"):
        assert dialog.suggested(field) == before[field]
    asked = ("delayed", "instant", "inside", "buttons", "button_mode", "may_disarm")
    await dialog.submit(**{key: before[key] for key in asked})
    assert dialog.step == "change_code"
    assert dialog.fields == ["code", "remove_code", "code_arm_required"]
    assert SECRET not in repr(dialog.shown)
    await dialog.submit(remove_code=False, code_arm_required=False)
    assert dialog.suggested("verify_connect") == ["back"]
    await dialog.submit(verify_disconnect=["front", "back"], verify_connect=["back"])
    assert dialog.ended == "reconfigure_successful"
    assert house.entry.subentries["house"].data == before
    assert house.entry.subentries["house"].title == "Castle"
    assert house.state(PANEL).attributes["friendly_name"] == "Castle"


@pytest.mark.parametrize(
    ("entered", "code"),
    [
        ({"remove_code": True}, None),
        ({"remove_code": True, "code": "new"}, None),
        ({"remove_code": False, "code": "new"}, "new"),
        ({"remove_code": False, "code": " "}, SECRET),
    ],
)
async def test_another_code_or_none(house: House, entered: dict[str, Any], code: Any) -> None:
    dialog = await change(house, code=SECRET)
    await dialog.submit(**ABOUT)
    await dialog.submit(**TIMES)
    await dialog.submit(button_mode="armed_away", may_disarm=True)
    await dialog.submit(code_arm_required=True, **entered)
    await dialog.submit()
    assert dialog.ended == "reconfigure_successful"
    assert house.entry.subentries["house"].data.get("code") == code
    shown = {None: None, "new": "text", SECRET: "number"}[code]
    assert house.state(PANEL).attributes["code_format"] == shown


async def test_what_is_gone_is_not_offered_any_more(house: House) -> None:
    dialog = await change(house, "back", button_mode="armed_night")
    assert dialog.suggested("relies_on") == ["front"]
    await dialog.submit(**ABOUT)
    await dialog.submit(**TIMES)
    assert dialog.suggested("delayed") == ["front"]
    assert dialog.suggested("buttons") == []
    assert dialog.suggested("button_mode") == "armed_away"


async def test_nothing_to_choose_from_any_more(house: House) -> None:
    dialog = await change(house, "front", "back")
    assert dialog.ended == "nothing_watched"


async def test_a_panel_made_here_is_guarded_already(house: House) -> None:
    await house.set_up(watch("front", expect="alarm"), panel_alarm("front"))
    dialog = await Dialog.create(house, "alarm")
    await dialog.choose("existing")
    await dialog.submit(entity_id=PANEL, modes=["armed_away"], relies_on=["front"])
    assert dialog.errors == {"entity_id": "already_configured"}
