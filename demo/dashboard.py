"""The demo's dashboard: the story on Home Assistant's standard cards."""

from typing import Any

from .client import Client
from .household import ALARM

URL_PATH = "demo-guard"

type Json = Any


async def show(client: Client, names: list[str], hints: list[str]) -> None:
    """Make the dashboard. ``names`` are the watches as entity ids have them, ``hints`` commands."""
    await client.command(
        "lovelace/dashboards/create",
        url_path=URL_PATH,
        title="Guard",
        icon="mdi:shield-home",
        mode="storage",
        show_in_sidebar=True,
        require_admin=False,
    )
    config = {
        "views": [{"title": "Guard", "type": "sections", "sections": _sections(names, hints)}]
    }
    await client.command("lovelace/config/save", url_path=URL_PATH, config=config)


def _sections(names: list[str], hints: list[str]) -> list[Json]:
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
        _section(
            "As it should be?",
            *(
                _tile(f"binary_sensor.{name}_problem", name.replace("_", " "), "reason")
                for name in names
            ),
        ),
        _section(
            "What devices report",
            *(
                _tile(f"binary_sensor.{name}_connectivity", name.replace("_", " "), "proof")
                for name in names
            ),
        ),
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
