"""Checks of the integration's files, in the spirit of Home Assistant's hassfest.

hassfest itself is not in Home Assistant's package; the workflow on GitHub runs it. These checks are
those that can be made here, and some that hassfest makes for built-in integrations only. Each is a
function that yields what is wrong.
"""

from collections.abc import Callable, Iterator
import importlib.metadata
import json
from pathlib import Path
import re
import string
import sys
from typing import Any

from awesomeversion import AwesomeVersion
import homeassistant
from homeassistant.helpers.selector import validate_selector
import probatio as vol
import yaml

from scripts.lib import groups, ha_requirements

ROOT = Path(__file__).parents[2]
INTEGRATION = ROOT / "custom_components/mqtt_sentinel"
HOME_ASSISTANT = Path(homeassistant.__file__).parent / "components"

type Problems = Iterator[str]
type Tree = dict[str, Any]

IOT_CLASSES = {"assumed_state", "calculated", "local_polling", "local_push"}
INTEGRATION_TYPES = {"device", "entity", "hardware", "helper", "hub", "service", "system"}
REQUIRED_KEYS = {
    "codeowners",
    "config_flow",
    "documentation",
    "domain",
    "integration_type",
    "iot_class",
    "issue_tracker",  # for HACS
    "name",
    "quality_scale",
    "version",
}

KEY = re.compile(r"[a-z0-9]+([_-][a-z0-9]+)*|_")
URL = re.compile(r"\b(https?|mqtts?|rtsp|ftp)://|\bwww\.", re.IGNORECASE)
QUOTED_PLACEHOLDER = re.compile(r"'{\w+}'")


def read_json(name: str) -> Tree:
    """Return the content of a JSON file of the integration."""
    content: Tree = json.loads((INTEGRATION / name).read_text())
    return content


def read_yaml(name: str) -> Tree:
    """Return the content of a YAML file of the integration, nothing where it has none."""
    path = INTEGRATION / name
    content = (yaml.safe_load(path.read_text()) or {}) if path.exists() else {}
    # What is only there to be referred to has a name with a dot before it.
    return {key: value for key, value in content.items() if not key.startswith(".")}


def texts(tree: Tree, *path: str) -> dict[tuple[str, ...], str]:
    """Return every text of a tree under its path."""
    found: dict[tuple[str, ...], str] = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            found |= texts(value, *path, key)
        else:
            found[*path, key] = value
    return found


def placeholders(text: str) -> set[str]:
    """Return the placeholders of a text."""
    return {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}


def missing(path: tuple[str, ...], tree: Tree) -> bool:
    """Tell whether a tree lacks a path."""
    node: Any = tree
    for key in path:
        if not isinstance(node, dict) or key not in node:
            return True
        node = node[key]
    return False


def manifest() -> Problems:
    """Check the manifest as hassfest does, and what HACS asks for."""
    content = read_json("manifest.json")
    if lacking := REQUIRED_KEYS - content.keys():
        yield f"lacks {sorted(lacking)}"
        return
    keys = list(content)
    if keys != ["domain", "name", *sorted(set(keys) - {"domain", "name"})]:
        yield "keys are in order: domain, name, then by the alphabet"
    if content["domain"] != INTEGRATION.name:
        yield f"domain {content['domain']} is not the name of the folder"
    if not AwesomeVersion(content["version"]).valid:
        yield f"version {content['version']} is not a version"
    if content["iot_class"] not in IOT_CLASSES:
        yield f"iot_class {content['iot_class']} is not one of {sorted(IOT_CLASSES)}"
    if content["integration_type"] not in INTEGRATION_TYPES:
        yield f"integration_type {content['integration_type']} is unknown"
    for key in ("documentation", "issue_tracker"):
        if not content[key].startswith("https://"):
            yield f"{key} is not an https address"
    for domain in (*content.get("dependencies", ()), *content.get("after_dependencies", ())):
        if not (HOME_ASSISTANT / domain).is_dir():
            yield f"depends on {domain}, which Home Assistant does not have"
    for requirement in content.get("requirements", ()):
        if "==" not in requirement:
            yield f"requirement {requirement} is not pinned"


def strings() -> Problems:
    """Check the texts themselves."""
    tree = read_json("strings.json")
    if tree != read_json("translations/en.json"):
        yield "translations/en.json differs from strings.json"
    for path, text in texts(tree).items():
        where = ".".join(path)
        if bad := [key for key in path if not KEY.fullmatch(key)]:
            yield f"{where}: {bad} cannot be translation keys"
        if text != text.strip():
            yield f"{where}: spaces at an end"
        if URL.search(text):
            yield f"{where}: an address; use a placeholder"
        if QUOTED_PLACEHOLDER.search(text):
            yield f"{where}: a placeholder in single quotes"
        if re.search(r"<\w", text):
            yield f"{where}: HTML"


def translations() -> Problems:
    """Check that every language says all, with the same placeholders."""
    english = texts(read_json("strings.json"))
    for path in sorted((INTEGRATION / "translations").glob("*.json")):
        language = texts(json.loads(path.read_text()))
        for key in sorted(english.keys() ^ language.keys()):
            yield f"{path.name}: {'lacks' if key in english else 'has needless'} {'.'.join(key)}"
        for key in sorted(english.keys() & language.keys()):
            if placeholders(english[key]) != placeholders(language[key]):
                yield f"{path.name}: {'.'.join(key)} has other placeholders"


def flows() -> Problems:
    """Check that every field of every form is explained."""
    tree = read_json("strings.json")
    every = {"config": tree.get("config", {}), "options": tree.get("options", {})}
    every |= {f"config_subentries.{k}": v for k, v in tree.get("config_subentries", {}).items()}
    every |= {
        f"issues.{k}": v["fix_flow"] for k, v in tree.get("issues", {}).items() if "fix_flow" in v
    }
    for where, flow in every.items():
        if where.startswith("config_subentries") and not {"entry_type", "initiate_flow"} <= set(
            flow
        ):
            yield f"{where}: needs entry_type and initiate_flow"
        for name, step in flow.get("step", {}).items():
            for form in (step, *step.get("sections", {}).values()):
                fields, explained = form.get("data", {}), form.get("data_description", {})
                for field in sorted(fields.keys() ^ explained.keys()):
                    yield f"{where}.{name}: {field} is not in both data and data_description"
    for name, issue in tree.get("issues", {}).items():
        if ("description" in issue) == ("fix_flow" in issue):
            yield f"issues.{name}: needs one of description and fix_flow"


def automation_parts() -> Problems:
    """Check that each action, trigger and condition is named, explained, shown and well formed."""
    tree, icons = read_json("strings.json"), read_json("icons.json")
    for kind in ("services", "triggers", "conditions"):
        parts = read_yaml(f"{kind}.yaml")
        for name in sorted(parts.keys() ^ tree.get(kind, {}).keys()):
            yield f"{kind}: {name} is not in both {kind}.yaml and strings.json"
        for name in sorted(parts.keys() ^ icons.get(kind, {}).keys()):
            yield f"{kind}: {name} is not in both {kind}.yaml and icons.json"
        for name, part in parts.items():
            wanted: list[tuple[str, ...]] = [(kind, name, "name"), (kind, name, "description")]
            for field, settings in ((part or {}).get("fields") or {}).items():
                wanted.append((kind, name, "fields", field, "name"))
                if kind == "services":
                    wanted.append((kind, name, "fields", field, "description"))
                selector = settings.get("selector", {})
                try:
                    validate_selector(selector)
                except vol.Invalid as error:
                    yield f"{kind}: {name}.{field}: {error}"
                if key := (selector.get("select") or {}).get("translation_key"):
                    wanted.append(("selector", key, "options"))
            for path in wanted:
                if missing(path, tree):
                    yield f"strings.json lacks {'.'.join(path)}"


def icons() -> Problems:
    """Check that icons are icons, of entities that exist."""
    tree, content = read_json("strings.json"), read_json("icons.json")
    for path, icon in texts(content).items():
        if not icon.startswith("mdi:"):
            yield f"{'.'.join(path)}: {icon} is not an icon"
    for platform, entities in content.get("entity", {}).items():
        for entity in entities:
            if missing(("entity", platform, entity), tree):
                yield f"entity.{platform}.{entity} is not in strings.json"


def quality_scale() -> Problems:
    """Check that there is a word on each rule of the scale, with a reason where it is not done."""
    rules = read_yaml("quality_scale.yaml").get("rules", {})
    # The rules are not listed in Home Assistant's package, but each of its integrations has them all.
    known = yaml.safe_load((HOME_ASSISTANT / "mqtt/quality_scale.yaml").read_text())["rules"]
    for rule in sorted(known.keys() ^ rules.keys()):
        yield f"{'lacks' if rule in known else 'has needless'} {rule}"
    for rule, word in rules.items():
        match word:
            case "done" | {"status": "done"} | {"status": "exempt" | "todo", "comment": str()}:
                pass
            case _:
                yield f"{rule}: neither done, nor exempt or to do with a comment"


def requirements() -> Problems:
    """Check that the lists of requirements agree with each other and with Home Assistant."""
    ours = groups.group("test")
    if (ROOT / "requirements_test.txt").read_text().splitlines() != ours:
        yield (
            "requirements_test.txt is not the group test of pyproject.toml: write it anew with"
            " scripts/lib/groups.py test"
        )
    for line in sorted(ha_requirements.requirements(ha_requirements.used_here())):
        name, version = line.split("==")
        try:
            installed = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            installed = "none"
        if installed != version:
            yield f"the Home Assistant of the tests needs {line}, installed is {installed}"


CHECKS: tuple[Callable[[], Problems], ...] = (
    manifest,
    strings,
    translations,
    flows,
    automation_parts,
    icons,
    quality_scale,
    requirements,
)


def main() -> int:
    """Run all checks and say what is wrong."""
    found = 0
    for check in CHECKS:
        try:
            problems = list(check())
        except FileNotFoundError as error:
            problems = [f"there is no {error.filename}"]
        for problem in problems:
            print(f"{check.__name__}: {problem}")
        found += len(problems)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
