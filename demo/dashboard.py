"""The demo's dashboard: the story on Home Assistant's standard cards.

Watches are named here as entity ids have them.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from .client import Client
from .household import ALARM

URL_PATH = "demo-guard"

_ALARM = "home_alarm"
_GUARDED = "object_detection_"
_LAMPS = "lamp_"
_BRIDGE = "bridge"
_NODES = "esp32_00"
_VALUES = ("temperature", "humidity")

type Json = Any


async def show(
    client: Client, names: Sequence[str], relays: Sequence[str], hints: list[str]
) -> None:
    """Make the dashboard. ``names`` are all watches and alarms but ``relays``, ``hints`` commands."""
    await client.command(
        "lovelace/dashboards/create",
        url_path=URL_PATH,
        title="Guard",
        icon="mdi:shield-home",
        mode="storage",
        show_in_sidebar=True,
        require_admin=False,
    )
    # The lamps have a place of their own: there are too many of them.
    lamps = [name for name in names if name.startswith(_LAMPS)]
    others = [name for name in names if name not in (*lamps, _ALARM)]
    guarded = [name for name in others if name.startswith(_GUARDED)]
    devices = [name for name in others if name not in guarded]
    views = [
        _view("Guard", "mdi:shield-home", _guard(guarded, others, hints)),
        _view("Devices", "mdi:access-point-network", _devices(devices, lamps)),
        _view("Relays", "mdi:electric-switch", _relays(relays)),
    ]
    await client.command("lovelace/config/save", url_path=URL_PATH, config={"views": views})


def _guard(guarded: list[str], names: list[str], hints: list[str]) -> list[Json]:
    """What the alarm relies on, and what happened at anything."""
    commands = "\n".join(f"- `{hint}`" for hint in hints)
    return [
        _section(
            "Does the alarm protect?",
            {
                **_tile(ALARM, "Home alarm"),
                "features": [{"type": "alarm-modes", "modes": ["armed_away", "disarmed"]}],
            },
            _tile("sensor.home_alarm_protection", "Protection"),
            _tile("binary_sensor.home_alarm_ready_to_arm", "Ready to arm"),
            {"type": "markdown", "content": f"**Break something** in a terminal:\n{commands}"},
        ),
        _section("As it should be?", *_problems(guarded)),
        _section("What services report", *_connections(guarded)),
        _section(
            "What happened",
            {
                "type": "logbook",
                "hours_to_show": 1,
                "target": {
                    "entity_id": ["sensor.home_alarm_protection"]
                    + [f"event.{name}_event" for name in names]
                },
            },
        ),
    ]


def _devices(names: list[str], lamps: list[str]) -> list[Json]:
    """All else that is watched, the values that it measures, and the lamps behind the bridge."""
    measured = [
        _tile(f"sensor.{name}_{value}", f"{_spoken(name)} {value}")
        for name in names
        if name.startswith(_NODES)
        for value in _VALUES
    ]
    dark = {
        "type": "entity-filter",
        "entities": [f"binary_sensor.{name}_problem" for name in lamps],
        "conditions": [{"condition": "state", "state_not": "off"}],
        "card": {"type": "glance", "title": "Lamps that are not fine", "columns": 5},
        "show_empty": False,
    }
    return [
        _section("As they should be?", *_problems(names)),
        _section("What devices report", *_connections(names)),
        _section("What nodes measure", *measured),
        _section(f"Behind the bridge: {len(lamps)} lamps", *_problems([_BRIDGE]), dark),
    ]


def _relays(names: Sequence[str]) -> list[Json]:
    """Each relay as it is reported, what became of its last command, and whether that is wrong."""
    switches = [_tile(f"switch.{name}", _spoken(name), "pending") for name in names]
    results = [
        _tile(f"sensor.{name}_last_command", _spoken(name), "command", "late") for name in names
    ]
    return [
        _section("What is switched", *switches),
        _section("What came of it", *results),
        _section("As they should be?", *_problems(names)),
    ]


def _problems(names: Iterable[str]) -> list[Json]:
    return [_tile(f"binary_sensor.{name}_problem", _spoken(name), "reason") for name in names]


def _connections(names: Iterable[str]) -> list[Json]:
    return [_tile(f"binary_sensor.{name}_connectivity", _spoken(name), "proof") for name in names]


def _spoken(name: str) -> str:
    return name.replace("_", " ")


def _view(title: str, icon: str, sections: list[Json]) -> Json:
    return {"title": title, "icon": icon, "type": "sections", "sections": sections}


def _section(title: str, *cards: Json) -> Json:
    return {"type": "grid", "cards": [{"type": "heading", "heading": title}, *cards]}


def _tile(entity_id: str, name: str, *attributes: str) -> Json:
    return {
        "type": "tile",
        "entity": entity_id,
        "name": name,
        "state_content": ["state", *attributes],
        "grid_options": {"columns": "full"},
    }
