"""Print what the installed Home Assistant would fetch with pip when the demo first starts.

Home Assistant installs the requirements of a component when it loads it. The demo has to start
without that, so they go into its environment: those of the components that Home Assistant loads by
itself, of those named in pyproject.toml, of this integration, and of all that they build on.
"""

from collections.abc import Iterable
import json
from pathlib import Path
import tomllib
from typing import Any

import homeassistant
from homeassistant.bootstrap import CORE_INTEGRATIONS, DEFAULT_INTEGRATIONS

ROOT = Path(__file__).parents[2]
FOLDERS = (ROOT / "custom_components", Path(homeassistant.__file__).parent / "components")


def manifest(domain: str) -> dict[str, Any]:
    """Return the manifest of a component, ours or Home Assistant's."""
    for folder in FOLDERS:
        path = folder / domain / "manifest.json"
        if path.exists():
            content: dict[str, Any] = json.loads(path.read_text())
            return content
    # Home Assistant treats an unknown dependency the same way: it is not there, so it needs nothing.
    return {}


def requirements(domains: Iterable[str]) -> set[str]:
    """Return the requirements of components and, as Home Assistant does, of all that they name."""
    found: set[str] = set()
    done: set[str] = set()
    to_do = set(domains)
    while to_do:
        domain = to_do.pop()
        done.add(domain)
        content = manifest(domain)
        found.update(content.get("requirements", ()))
        to_do.update(content.get("dependencies", ()))
        to_do.update(content.get("after_dependencies", ()))
        to_do -= done
    return found


def used_here() -> set[str]:
    """Return the components that this repository uses beyond Home Assistant's own choice."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return {"mqtt_sentinel", *pyproject["tool"]["mqtt-sentinel"]["components"]}


if __name__ == "__main__":
    loaded = used_here() | CORE_INTEGRATIONS | DEFAULT_INTEGRATIONS
    print("\n".join(sorted(requirements(loaded))))
