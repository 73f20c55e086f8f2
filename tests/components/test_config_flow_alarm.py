"""An alarm is guarded, and what it relies on changed, as the UI does it."""

from homeassistant.config_entries import ConfigSubentry
import pytest

from custom_components.mqtt_sentinel.watch.alarm import ARMED_MODES

from .dialogs import Dialog
from .house import GRACE, PANEL, House, alarm, camera, custom_watch, watch

FRONT, BACK = "object_detection/front", "object_detection/back"
ALL_MODES = list(ARMED_MODES)
GARAGE = "alarm_control_panel.garage"


@pytest.fixture
async def hub(house: House) -> House:
    """A hub with two services and a custom topic, and an alarm panel in the house."""
    await house.panel("disarmed")
    await house.set_up(
        watch("front", expect="alarm"),
        watch("back", expect="alarm"),
        custom_watch("siren", "siren"),
    )
    return house


def guarded(house: House) -> ConfigSubentry:
    """The alarm that was created."""
    (found,) = house.entry.get_subentries_of_type("alarm")
    return found


async def guard(house: House) -> Dialog:
    """Begin to guard an alarm panel that is there."""
    dialog = await Dialog.create(house, "alarm")
    await dialog.choose("existing")
    return dialog


async def test_an_alarm_over_two_services(hub: House) -> None:
    dialog = await guard(hub)
    assert dialog.step == "existing"
    assert dialog.fields == ["entity_id", "name", "modes", "relies_on"]
    assert dialog.choices("relies_on") == {"front": "Front", "back": "Back", "siren": "Siren"}
    assert list(dialog.choices("modes")) == ALL_MODES
    await dialog.submit(entity_id=PANEL, modes=["armed_away"], relies_on=["front", "back"])

    assert dialog.step == "directions"
    assert dialog.shown["description_placeholders"] == {"name": "House alarm"}
    for field in ("verify_disconnect", "verify_connect"):
        assert dialog.choices(field) == {"front": "Front", "back": "Back"}
        assert dialog.suggested(field) == ["front", "back"]
    await dialog.submit(verify_disconnect=["front", "back"], verify_connect=["front"])

    assert dialog.ended == "created"
    assert guarded(hub).title == "House alarm"
    assert guarded(hub).unique_id == PANEL
    assert guarded(hub).data == {
        "entity_id": PANEL,
        "modes": ["armed_away"],
        "relies_on": ["front", "back"],
        "verify_disconnect": ["front", "back"],
        "verify_connect": ["front"],
    }
    await hub.service(FRONT, "on")
    await hub.service(BACK, "on")
    await hub.clock.advance(GRACE)
    assert hub.judged("front") == ("mismatch", "did_not_turn_off", "live")
    assert hub.judged("back") == ("unknown", "not_verified", "live")
    await hub.panel("armed_away")
    assert hub.protection("house_alarm") == "protected"


async def test_that_a_camera_streams_while_it_is_disarmed_is_not_noticed_unless_it_is_ticked(
    house: House,
) -> None:
    await house.panel("disarmed")
    await house.set_up(watch("front"), camera("porch"), camera("yard", "rtsp://192.0.2.9/live"))
    dialog = await guard(house)
    assert dialog.choices("relies_on") == {"front": "Front", "porch": "Porch", "yard": "Yard"}
    await dialog.submit(entity_id=PANEL, modes=ALL_MODES, relies_on=["front", "porch"])
    assert dialog.suggested("verify_disconnect") == ["front", "porch"]
    assert dialog.suggested("verify_connect") == ["front"]
    await dialog.submit(verify_disconnect=["front"], verify_connect=["porch"])

    # What was chosen stays; what is new begins as before.
    dialog = await Dialog.change(house, guarded(house).subentry_id)
    await dialog.submit(entity_id=PANEL, modes=ALL_MODES, relies_on=["front", "porch", "yard"])
    assert dialog.suggested("verify_disconnect") == ["front", "yard"]
    assert dialog.suggested("verify_connect") == ["porch"]


async def test_a_name_of_its_own(hub: House) -> None:
    dialog = await guard(hub)
    await dialog.submit(entity_id=PANEL, name="Castle", modes=ALL_MODES, relies_on=["front"])
    assert dialog.shown["description_placeholders"] == {"name": "Castle"}
    await dialog.submit(verify_disconnect=["front"], verify_connect=["front"])
    assert guarded(hub).title == "Castle"
    assert "name" not in guarded(hub).data


async def test_no_direction_at_all(hub: House) -> None:
    dialog = await guard(hub)
    await dialog.submit(entity_id=PANEL, modes=ALL_MODES, relies_on=["front"])
    await dialog.submit()
    assert guarded(hub).data["verify_disconnect"] == []
    assert guarded(hub).data["verify_connect"] == []


async def test_without_a_watch_there_is_nothing_to_rely_on(house: House) -> None:
    await house.set_up()
    dialog = await Dialog.create(house, "alarm")
    assert dialog.ended == "nothing_watched"


@pytest.mark.parametrize(
    ("wrong", "errors"),
    [
        ({"entity_id": "alarm_control_panel.none"}, {"entity_id": "no_such_entity"}),
        ({"entity_id": GARAGE}, {"entity_id": "already_configured"}),
        ({"modes": []}, {"modes": "no_mode"}),
        ({"relies_on": []}, {"relies_on": "nothing_relied_on"}),
        (
            {"entity_id": "alarm_control_panel.none", "modes": [], "relies_on": []},
            {
                "entity_id": "no_such_entity",
                "modes": "no_mode",
                "relies_on": "nothing_relied_on",
            },
        ),
    ],
)
async def test_what_is_wrong_is_said_and_can_be_set_right(
    house: House, wrong: dict[str, str | list[str]], errors: dict[str, str]
) -> None:
    await house.panel("disarmed")
    await house.panel("disarmed", GARAGE)
    await house.set_up(watch("front"), alarm("front", name="garage", entity_id=GARAGE))
    right = {"entity_id": PANEL, "name": "Castle", "modes": ["armed_away"], "relies_on": ["front"]}
    dialog = await guard(house)
    assert dialog.errors == {}
    await dialog.submit(**right | wrong)
    assert dialog.step == "existing"
    assert dialog.errors == errors
    for field, value in (right | wrong).items():
        assert dialog.suggested(field) == value

    await dialog.submit(**right)
    assert dialog.step == "directions"


async def test_a_panel_that_somebody_else_guarded_meanwhile(hub: House) -> None:
    dialogs = [await guard(hub) for _ in range(2)]
    for dialog in dialogs:
        await dialog.submit(entity_id=PANEL, modes=ALL_MODES, relies_on=["front"])
    for dialog in dialogs:
        await dialog.submit(verify_disconnect=[], verify_connect=[])
    assert [dialog.ended for dialog in dialogs] == ["created", "already_configured"]


# Later


async def test_changing_remembers_what_was_unticked(hub: House) -> None:
    dialog = await guard(hub)
    await dialog.submit(entity_id=PANEL, modes=["armed_away"], relies_on=["front", "back"])
    await dialog.submit(verify_disconnect=["front"], verify_connect=["back"])
    alarm_id = guarded(hub).subentry_id

    dialog = await Dialog.change(hub, alarm_id)
    assert dialog.step == "reconfigure"
    assert dialog.suggested("entity_id") == PANEL
    assert dialog.suggested("name") == "House alarm"
    assert dialog.suggested("modes") == ["armed_away"]
    assert dialog.suggested("relies_on") == ["front", "back"]
    await dialog.submit(
        entity_id=PANEL, name="Castle", modes=ALL_MODES, relies_on=["front", "back", "siren"]
    )
    assert dialog.step == "directions"
    # What is new is ticked, what was unticked is not.
    assert dialog.suggested("verify_disconnect") == ["front", "siren"]
    assert dialog.suggested("verify_connect") == ["back", "siren"]
    await dialog.submit(verify_disconnect=["front", "siren"], verify_connect=[])
    assert dialog.ended == "reconfigure_successful"
    assert guarded(hub).title == "Castle"
    assert guarded(hub).data == {
        "entity_id": PANEL,
        "modes": ALL_MODES,
        "relies_on": ["front", "back", "siren"],
        "verify_disconnect": ["front", "siren"],
        "verify_connect": [],
    }
    assert hub.state("binary_sensor.siren_problem").attributes["expected"] == "up"


async def test_what_is_relied_on_again_counts_again(hub: House) -> None:
    dialog = await guard(hub)
    await dialog.submit(entity_id=PANEL, modes=ALL_MODES, relies_on=["front", "back"])
    await dialog.submit(verify_disconnect=["front"], verify_connect=["front"])
    alarm_id = guarded(hub).subentry_id
    dialog = await Dialog.change(hub, alarm_id)
    await dialog.submit(entity_id=PANEL, modes=ALL_MODES, relies_on=["front"])
    await dialog.submit(verify_disconnect=["front"], verify_connect=["front"])
    dialog = await Dialog.change(hub, alarm_id)
    await dialog.submit(entity_id=PANEL, modes=ALL_MODES, relies_on=["front", "back"])
    assert dialog.suggested("verify_disconnect") == ["front", "back"]


async def test_changing_to_another_panel(hub: House) -> None:
    await hub.panel("armed_away", GARAGE)
    hub.hass.states.async_set("alarm_control_panel.taken", "disarmed")
    dialog = await guard(hub)
    await dialog.submit(entity_id=PANEL, modes=ALL_MODES, relies_on=["front"])
    await dialog.submit(verify_disconnect=["front"], verify_connect=["front"])
    alarm_id = guarded(hub).subentry_id
    other = await guard(hub)
    await other.submit(entity_id="alarm_control_panel.taken", modes=ALL_MODES, relies_on=["back"])
    await other.submit(verify_disconnect=[], verify_connect=[])

    dialog = await Dialog.change(hub, alarm_id)
    await dialog.submit(entity_id="alarm_control_panel.taken", modes=ALL_MODES, relies_on=["front"])
    assert dialog.step == "reconfigure"
    assert dialog.errors == {"entity_id": "already_configured"}
    await dialog.submit(entity_id=GARAGE, modes=ALL_MODES, relies_on=["front"])
    await dialog.submit(verify_disconnect=["front"], verify_connect=["front"])
    assert dialog.ended == "reconfigure_successful"
    changed = hub.entry.subentries[alarm_id]
    assert changed.unique_id == GARAGE
    assert hub.state("binary_sensor.front_problem").attributes["expected"] == "up"


async def test_a_service_that_was_removed_is_not_offered_any_more(hub: House) -> None:
    dialog = await guard(hub)
    await dialog.submit(entity_id=PANEL, modes=ALL_MODES, relies_on=["front", "back"])
    await dialog.submit(verify_disconnect=["front", "back"], verify_connect=["front", "back"])
    hub.hass.config_entries.async_remove_subentry(hub.entry, "back")
    await hub.clock.settle()

    dialog = await Dialog.change(hub, guarded(hub).subentry_id)
    assert dialog.suggested("relies_on") == ["front"]
    assert dialog.choices("relies_on") == {"front": "Front", "siren": "Siren"}
    await dialog.submit(entity_id=PANEL, modes=ALL_MODES, relies_on=["front"])
    await dialog.submit(verify_disconnect=["front"], verify_connect=["front"])
    assert guarded(hub).data["relies_on"] == ["front"]


async def test_removing_all_it_relies_on_leaves_nothing_to_choose(house: House) -> None:
    await house.panel("disarmed")
    await house.set_up(watch("front"), alarm("front"))
    house.hass.config_entries.async_remove_subentry(house.entry, "front")
    await house.clock.settle()
    dialog = await Dialog.change(house, "house")
    assert dialog.ended == "nothing_watched"
