"""Every text that the code asks for is there, with exactly the placeholders that it gives."""

from collections.abc import Iterator
import json
from pathlib import Path
import re
from string import Formatter
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.mqtt_sentinel import alarm_control_panel, condition, repairs, trigger
from custom_components.mqtt_sentinel.actions import capture_clip
from custom_components.mqtt_sentinel.actions.targets import (
    OF_ALARMS,
    OF_CAMERAS,
    OF_RELAYS,
    OF_WATCHES,
)
from custom_components.mqtt_sentinel.cameras.state import SourceInUse
from custom_components.mqtt_sentinel.command.command import Result
from custom_components.mqtt_sentinel.command.scene_report import RunEnd, StopReason
from custom_components.mqtt_sentinel.command.scene_steps import Otherwise, SceneFlaw
from custom_components.mqtt_sentinel.config_flow.known import KnownThingsRepairFlow
from custom_components.mqtt_sentinel.config_flow.probing import PROBE_ERRORS
from custom_components.mqtt_sentinel.config_flow.scene import SceneFlow
from custom_components.mqtt_sentinel.const import (
    DOMAIN,
    SUBENTRY_ALARM,
    SUBENTRY_CAMERA,
    SUBENTRY_DEVICE,
    SUBENTRY_RELAY,
    SUBENTRY_SCENE,
)
from custom_components.mqtt_sentinel.dialects.route import Flaw
from custom_components.mqtt_sentinel.dialects.table import DIALECTS
from custom_components.mqtt_sentinel.event import DRILLED, OF_CAMERA, OF_RELAY, Happened
from custom_components.mqtt_sentinel.evidence.cameras.stream import Condition, Lost
from custom_components.mqtt_sentinel.evidence.journal.failures import Trouble as JournalTrouble
from custom_components.mqtt_sentinel.evidence.journal.retention import DEFAULT_DAYS
from custom_components.mqtt_sentinel.network.found import Verdict as CameraVerdict
from custom_components.mqtt_sentinel.outcome.drills import show_drill_failed, show_drill_overdue
from custom_components.mqtt_sentinel.outcome.issues import show_broker, show_incident
from custom_components.mqtt_sentinel.outcome.known import show_known
from custom_components.mqtt_sentinel.setup.relay import Confirm
from custom_components.mqtt_sentinel.watch.alarm import ARMED_MODES, Protection
from custom_components.mqtt_sentinel.watch.drill_report import DrillReport, Line, LineResult
from custom_components.mqtt_sentinel.watch.drill_words import DrillResult, Fault, Refusal, Why
from custom_components.mqtt_sentinel.watch.expectation import Expectation, SourceKind, Wanted
from custom_components.mqtt_sentinel.watch.incidents import Incident, Severity
from custom_components.mqtt_sentinel.watch.panel_words import AfterTrigger, NotReady
from custom_components.mqtt_sentinel.watch.reports import ThingKey
from custom_components.mqtt_sentinel.watch.settings import CheckSettings
from custom_components.mqtt_sentinel.watch.verdict import (
    FAILURES,
    MISMATCHES,
    Facts,
    Judgement,
    Reason,
    Verdict,
)
from custom_components.mqtt_sentinel.watch.watched import WatchConfig, Watched

ROOT = Path(condition.__file__).parent
STRINGS: dict[str, Any] = json.loads((ROOT / "strings.json").read_text())

# What a service may be doing wrong while it should be down; "always" never wants that.
DOWN = (Reason.CONNECTED, Reason.DID_NOT_TURN_OFF)


def possible() -> Iterator[tuple[Reason, SourceKind, float | None, bool]]:
    """All mismatches that there can be, whether the thing was ever heard, and is a parent.

    Only a command can fail; what is commanded is a relay, which does not ping, and nothing is behind it.
    """
    for reason in MISMATCHES:
        for kind in SourceKind:
            commanded = kind is SourceKind.COMMAND
            if kind is SourceKind.ALWAYS and reason in DOWN:
                continue
            if reason in (FAILURES if not commanded else (Reason.PING_MISSED,)):
                continue
            yield reason, kind, 1.0, False
            if reason is Reason.NEVER_HEARD:
                yield reason, kind, None, False
            if reason not in DOWN and not commanded:
                yield reason, kind, None, True


def issue_of(
    hass: HomeAssistant,
    reason: Reason,
    kind: SourceKind,
    heard_at: float | None,
    is_parent: bool,
) -> ir.IssueEntry:
    """The issue that is raised about such a mismatch."""
    wanted = Wanted.DOWN if reason in DOWN else Wanted.UP
    expectation = Expectation(wanted, True, kind, "House")
    watched = Watched(
        WatchConfig("front", ThingKey("services", "", "x/y"), "Front", CheckSettings()),
        Facts(expectation=expectation),
        1.0,
        Judgement(Verdict.MISMATCH, reason),
        incident=Incident(
            "1", "front", reason, Severity.ERROR, expectation, 1.0, None, heard_at, 2.0
        ),
    )
    if is_parent:
        watched.children["behind"] = watched
    show_incident(hass, "hub", watched)
    issue = ir.async_get(hass).async_get_issue(DOMAIN, "incident_front")
    assert issue
    return issue


def placeholders(text: Any) -> set[str]:
    """The placeholders of a text, or of all texts below."""
    if isinstance(text, dict):
        return set().union(*map(placeholders, text.values()))
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_the_english_texts_are_the_strings() -> None:
    assert json.loads((ROOT / "translations" / "en.json").read_text()) == STRINGS


async def test_every_issue_has_its_text_and_every_text_its_issue(hass: HomeAssistant) -> None:
    keys = {issue_of(hass, *mismatch).translation_key for mismatch in possible()}
    others = {"broker_gone", "broker_silent", "storm", "known_thing", "known_things", "panel_lost"}
    others |= {"drill_failed", "drill_not_told", "drill_overdue", "journal_moved", "disk_full"}
    others |= {f"journal_{trouble.value}" for trouble in JournalTrouble}
    assert keys | others == set(STRINGS["issues"])


@pytest.mark.parametrize(("reason", "kind", "heard_at", "is_parent"), list(possible()))
async def test_the_texts_of_an_issue_use_what_it_gives(
    hass: HomeAssistant,
    reason: Reason,
    kind: SourceKind,
    heard_at: float | None,
    is_parent: bool,
) -> None:
    issue = issue_of(hass, reason, kind, heard_at, is_parent)
    given = issue.translation_placeholders
    assert given
    texts = STRINGS["issues"][issue.translation_key]
    assert placeholders(texts) <= set(given)
    # Thing, report, expectation and since when, each time.
    dialog = texts["fix_flow"]["step"]["init"]
    named = placeholders(dialog["description"])
    assert {"device", "expected_since", "since"} <= named
    reasons = {SourceKind.ALWAYS: set(), SourceKind.COMMAND: {"commanded"}}
    assert named & {"because", "commanded"} == reasons.get(kind, {"because"})
    in_title = {"name", "dependants"} if is_parent else {"name"}
    assert placeholders(texts["title"]) == placeholders(dialog["title"]) == in_title
    again = "repeat" if kind is SourceKind.COMMAND else "verify"
    assert set(dialog["menu_options"]) == {again, "accept", "mute"}
    assert set(texts["fix_flow"]["abort"]) == {"over", "not_loaded"}
    if "last_seen" in named:
        assert given["last_seen"] != "-"
    assert "{" not in dialog["description"].format(**given)


@pytest.mark.parametrize(("silent", "key"), [(False, "broker_gone"), (True, "broker_silent")])
async def test_the_text_about_the_broker_uses_what_it_gives(
    hass: HomeAssistant, silent: bool, key: str
) -> None:
    show_broker(hass, "hub", 1.0, silent=silent)
    issue = ir.async_get(hass).async_get_issue(DOMAIN, "broker_gone_hub")
    assert issue
    assert issue.translation_key == key
    assert placeholders(STRINGS["issues"][key]) == set(issue.translation_placeholders or {})


@pytest.mark.parametrize("count", [1, 2, 9])
async def test_the_text_about_known_things_uses_what_it_gives(
    hass: HomeAssistant, count: int
) -> None:
    show_known(hass, "hub", [ThingKey("museum", "", f"room{n}") for n in range(count)])
    issue = ir.async_get(hass).async_get_issue(DOMAIN, "known_hub")
    assert issue
    texts = STRINGS["issues"][issue.translation_key]
    given = issue.translation_placeholders
    assert given
    steps = texts["fix_flow"]["step"]
    named = placeholders(texts["title"]) | placeholders(steps["init"])
    assert named <= set(given)
    assert {"names", "more"} <= named
    assert ("count" in named) == (count > 1)
    for choice in steps["init"]["menu_options"]:
        assert hasattr(KnownThingsRepairFlow, f"async_step_{choice}")
    for step in ("watch", "ignore"):
        assert placeholders(steps[step]) == {"count", "shown"}
    for step in set(steps) - {"init"}:
        assert set(steps[step]["data"]) == set(steps[step]["data_description"])


LINE = Line("Front", "front", LineResult.FAILED, Fault.DID_NOT_PING, True, False, 1, 2, 3, False)


@pytest.mark.parametrize("key", ["drill_failed", "drill_not_told", "drill_overdue"])
async def test_the_text_about_a_drill_uses_what_it_gives(hass: HomeAssistant, key: str) -> None:
    lines = (LINE,) if key == "drill_failed" else ()
    why = None if lines else Why.NOT_TOLD
    report = DrillReport("1", "House", DrillResult.FAILED, why, 1, 2, services=lines)
    if key == "drill_overdue":
        show_drill_overdue(hass, "hub", "house", "House", 1.0, 7.0)
    else:
        show_drill_failed(hass, "hub", "house", report)
    issue = ir.async_get(hass).async_get_issue(DOMAIN, "drill_house")
    assert issue
    assert issue.translation_key == key
    texts = STRINGS["issues"][key]
    step = texts["fix_flow"]["step"]["confirm"]
    assert placeholders(texts["title"]) == placeholders(step["title"]) == {"name"}
    assert placeholders(step) == set(issue.translation_placeholders or {})
    reasons = {f"drill_{refusal.value}" for refusal in Refusal}
    assert set(texts["fix_flow"]["abort"]) == reasons | {"over", "not_loaded"}


def test_every_result_that_is_told_has_a_text() -> None:
    told = {key for key in STRINGS["common"] if key.startswith("drill_")}
    # Of a drill that never began nobody is told.
    results = {f"drill_{result.value}" for result in DrillResult} - {"drill_refused"}
    assert told == results | {"drill_title"}


def test_the_answers_to_an_issue_are_steps_of_its_flow() -> None:
    for choice in ("verify", "accept", "mute"):
        assert hasattr(repairs.IncidentRepairFlow, f"async_step_{choice}")


def test_every_choice_has_a_text() -> None:
    options = {key: set(value["options"]) for key, value in STRINGS["selector"].items()}
    assert options == {
        "after_trigger": set(AfterTrigger),
        "armed_mode": set(ARMED_MODES),
        "dead_letter_reason": set(Flaw),
        "dialect": set(DIALECTS),
        "confirm": set(Confirm),
        "expect": {*SourceKind, "none"} - {SourceKind.COMMAND},
        "on_or_off": {"on", "off"},
        "not_ready": set(NotReady),
        "otherwise": set(Otherwise),
        "drill_result": set(DrillResult),
        "journal_kind": set(DEFAULT_DAYS),
        "protection": set(Protection),
        "camera_verdict": {*CameraVerdict, "set_up", "nothing"},
    }


def test_every_state_has_a_text() -> None:
    entity = STRINGS["entity"]
    assert set(entity["sensor"]["protection"]["state"]) == set(Protection)
    kinds = {
        name: set(texts["state_attributes"]["event_type"]["state"])
        for name, texts in entity["event"].items()
    }
    of_relay = set(OF_RELAY)
    assert kinds == {
        "watch": {*Happened}
        - (of_relay - {Happened.MISMATCH, Happened.RECOVERED})
        - {Happened.CLIP_SAVED},
        "camera": set(OF_CAMERA),
        "relay": of_relay,
        "alarm": {*Protection, *DRILLED.values()},
        "scene": {"started", *RunEnd},
    }
    assert set(entity["sensor"]["last_command"]["state"]) == set(Result)
    assert set(entity["sensor"]["last_drill"]["state"]) == {*DrillResult} - {DrillResult.REFUSED}
    assert set(entity["sensor"]["source"]["state"]) == set(SourceInUse)
    of_source = entity["sensor"]["source"]["state_attributes"]
    of_stream = entity["binary_sensor"]["stream"]["state_attributes"]
    assert set(of_source["why"]["state"]) == set(of_stream["why"]["state"]) == set(Lost)
    assert set(of_stream["stream"]["state"]) == set(Condition)
    run = entity["sensor"]["last_run"]
    assert set(run["state"]) == {"running", *RunEnd}
    assert set(run["state_attributes"]["reason"]["state"]) == set(StopReason)


def test_every_trigger_and_condition_has_a_text_and_an_icon() -> None:
    icons = json.loads((ROOT / "icons.json").read_text())
    for section, names in (("triggers", trigger.TRIGGERS), ("conditions", condition.CONDITIONS)):
        assert set(STRINGS[section]) == set(names)
        assert set(icons[section]) == set(names)


def test_every_exception_has_a_text() -> None:
    raised = set()
    for file in ROOT.rglob("*.py"):
        raised |= set(
            re.findall(r'translation_domain=DOMAIN,\s+translation_key="(\w+)"', file.read_text())
        )
    raised |= {*alarm_control_panel.ERRORS.values(), alarm_control_panel.WRONG_CODE_PAUSE}
    raised |= {f"drill_{refusal.value}" for refusal in Refusal}
    raised |= {text for texts in (OF_WATCHES, OF_ALARMS, OF_RELAYS, OF_CAMERAS) for text in texts}
    raised |= set(capture_clip.ERRORS.values())
    assert raised == set(STRINGS["exceptions"])


@pytest.mark.parametrize(
    "kind", [SUBENTRY_DEVICE, SUBENTRY_RELAY, SUBENTRY_ALARM, SUBENTRY_SCENE, SUBENTRY_CAMERA]
)
def test_every_field_of_a_form_is_described(kind: str) -> None:
    for step in STRINGS["config_subentries"][kind]["step"].values():
        assert set(step.get("data", {})) == set(step.get("data_description", {}))
        for section in step.get("sections", {}).values():
            assert set(section["data"]) == set(section["data_description"])


def test_everything_that_can_be_wrong_with_a_camera_has_a_text() -> None:
    errors = STRINGS["config_subentries"][SUBENTRY_CAMERA]["error"]
    assert set(errors) >= PROBE_ERRORS
    assert not placeholders(errors)


def test_everything_that_can_be_wrong_with_a_scene_has_a_text() -> None:
    errors = STRINGS["config_subentries"][SUBENTRY_SCENE]["error"]
    assert set(errors) == {*SceneFlaw, "no_name"}
    assert placeholders(errors) == {"step", "field", "detail"}


def test_every_choice_in_the_menu_of_a_scene_is_a_step() -> None:
    steps = STRINGS["config_subentries"][SUBENTRY_SCENE]["step"]
    for choice in steps["menu"]["menu_options"]:
        assert hasattr(SceneFlow, f"async_step_{choice}")
    assert placeholders(steps["menu"]) == {"name", "count", "steps"}
    assert placeholders(steps["player"]) == {"room"}
