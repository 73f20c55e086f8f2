"""Scenes for the tests, and what is seen of them."""

from typing import Any

from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.core import Event, callback

from custom_components.mqtt_sentinel.const import DOMAIN, EVENT_SCENE

from .house import House

type Json = dict[str, Any]


def command(at: float, topic: str, payload: str = "ON", feedback: str = "", **more: Any) -> Json:
    """A step that sends a command; with ``feedback`` it is confirmed there within a second."""
    confirmation = {"confirmation": {"feedback": feedback}} if feedback else {}
    return {"at": at, "kind": "command", "topic": topic, "payload": payload, **confirmation, **more}


def action(at: float, name: str, **more: Any) -> Json:
    """A step that calls an action."""
    return {"at": at, "kind": "action", "action": name, **more}


def wait(at: float, timeout: float, **trigger: Any) -> Json:
    """A step that waits."""
    return {"at": at, "kind": "wait", "timeout": timeout, **trigger}


def scene(*steps: Json, name: str = "opening") -> ConfigSubentryDataWithId:
    """A scene subentry; its name is its id."""
    return ConfigSubentryDataWithId(
        subentry_id=name,
        subentry_type="scene",
        title=name.capitalize(),
        unique_id=None,
        data={"steps": list(steps)},
    )


class Stage:
    """A house in which scenes are run."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.told: list[Event[Any]] = []
        house.hass.bus.async_listen(EVENT_SCENE, self._keep)

    @callback
    def _keep(self, event: Event[Any]) -> None:
        self.told.append(event)

    async def start(self, name: str = "opening", **more: Any) -> None:
        """Start a scene as a user does."""
        await self.house.hass.services.async_call(
            "scene", "turn_on", {"entity_id": f"scene.{name}"}, blocking=True, **more
        )
        await self.house.clock.settle()

    async def stop(self, name: str = "opening", **more: Any) -> None:
        """Stop a scene as a user does."""
        await self.house.hass.services.async_call(
            DOMAIN, "stop_scene", {"entity_id": f"scene.{name}"}, blocking=True, **more
        )
        await self.house.clock.settle()

    def result(self, name: str = "opening") -> str:
        """What the sensor shows."""
        return self.house.value(f"sensor.{name}_last_run")

    def run(self, name: str = "opening") -> Json:
        """The attributes of the sensor."""
        return dict(self.house.state(f"sensor.{name}_last_run").attributes)

    def outcomes(self, name: str = "opening") -> list[str | None]:
        """What became of the steps of the last run."""
        return [step["outcome"] for step in self.run(name)["steps"]]

    def happened(self, name: str = "opening") -> str:
        """What the event entity shows."""
        return str(self.house.state(f"event.{name}_event").attributes["event_type"])

    @property
    def kinds(self) -> list[tuple[str, str]]:
        """What was told on the bus: the scene and what happened."""
        return [(event.data["name"], event.data["kind"]) for event in self.told]

    def sent(self) -> list[str]:
        """The topics of the room that something was sent to, in order."""
        return [topic for topic in self.house.broker.published if topic.startswith("room")]
