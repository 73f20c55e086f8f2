"""What a person in front of Home Assistant sees: states, issues, events; and waiting for them."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .client import Client

DOMAIN = "mqtt_sentinel"

_TOLD = ("mismatch", "recovered", "motion", "event_received", "command", "clip_saved")
"""The events of the integration that are followed."""

type Json = Any


def fired_at(event: Mapping[str, Json]) -> float:
    """When an event happened, in epoch seconds."""
    return datetime.fromisoformat(event["time_fired"]).timestamp()


class StoryError(AssertionError):
    """Something that has to come true did not; the text says what, and what was seen instead."""


@dataclass(slots=True)
class Observer:
    """Follows one Home Assistant through a signed-in client, from :meth:`follow` on."""

    client: Client
    states: dict[str, Mapping[str, Json]] = field(default_factory=dict)
    issues: dict[str, Mapping[str, Json]] = field(default_factory=dict)
    events: list[Mapping[str, Json]] = field(default_factory=list)
    heard: Counter[str] = field(default_factory=Counter)
    """How many messages came on the topics that are listened to."""
    last: dict[str, str] = field(default_factory=dict)
    """What the last message on each of them says."""
    _change: asyncio.Event = field(default_factory=asyncio.Event)
    _reading: set[asyncio.Task[None]] = field(default_factory=set)

    async def follow(self) -> None:
        """Begin to follow."""
        subscribe = self.client.subscribe
        await subscribe(self._state_changed, "subscribe_events", event_type="state_changed")
        await subscribe(
            self._issues_changed, "subscribe_events", event_type="repairs_issue_registry_updated"
        )
        for kind in _TOLD:
            await subscribe(self._happened, "subscribe_events", event_type=f"{DOMAIN}_{kind}")
        for state in await self.client.command("get_states"):
            self.states[state["entity_id"]] = state
        await self.read_issues()

    async def listen(self, topic: str) -> None:
        """Keep the messages on a topic in ``heard`` and ``last``, as Home Assistant hears them."""
        await self.client.subscribe(self._message_came, "mqtt/subscribe", topic=topic)

    def state(self, entity_id: str) -> str | None:
        """The state of an entity, None while there is no such entity."""
        state = self.states.get(entity_id)
        return str(state["state"]) if state else None

    def attribute(self, entity_id: str, name: str) -> Json:
        """An attribute of an entity, None while there is none."""
        state = self.states.get(entity_id)
        return state["attributes"].get(name) if state else None

    def issue_keys(self) -> dict[str, str]:
        """The open issues of the integration: the name of the thing -> the kind of the issue.

        One that is about no single thing goes by its kind alone.
        """
        kinds = [(issue["translation_key"], issue) for issue in self.issues.values()]
        return {
            str((issue["translation_placeholders"] or {}).get("name", kind)): kind
            for kind, issue in kinds
        }

    def issue(self, kind: str) -> Mapping[str, Json] | None:
        """The open issue of a kind, such as ``storm``; None unless there is exactly one."""
        found = [issue for issue in self.issues.values() if issue["translation_key"] == kind]
        return found[0] if len(found) == 1 else None

    def tells(self, kind: str, **placeholders: str) -> bool:
        """Whether one issue of a kind is open, and its text says all of ``placeholders``."""
        issue = self.issue(kind)
        return (
            issue is not None and placeholders.items() <= issue["translation_placeholders"].items()
        )

    async def until(self, came_true: Callable[[], bool], what: str, within: float = 20.0) -> None:
        """Wait until ``came_true``. Raises StoryError when it does not within so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while not came_true():
                    self._change.clear()
                    await self._change.wait()
                return
        raise StoryError(f"{what}: not within {within:.0f} s\n{self.describe()}")

    def describe(self) -> str:
        """What is seen now, for the text of an error."""
        lines = [
            f"  {entity_id} = {state['state']} {state['attributes'].get('reason', '')}"
            for entity_id, state in sorted(self.states.items())
            if entity_id.partition(".")[0] in ("alarm_control_panel", "binary_sensor", "sensor")
        ]
        lines += [f"  issue {key}: {issue}" for key, issue in self.issues.items()]
        lines += [f"  event {event['event_type']} {event['data']}" for event in self.events[-5:]]
        return "\n".join(lines)

    def _state_changed(self, event: Json) -> None:
        state = event["data"]["new_state"]
        if state is None:
            self.states.pop(event["data"]["entity_id"], None)
        else:
            self.states[state["entity_id"]] = state
        self._change.set()

    def _message_came(self, message: Json) -> None:
        self.heard[message["topic"]] += 1
        self.last[message["topic"]] = message["payload"]
        self._change.set()

    def _happened(self, event: Json) -> None:
        self.events.append(event)
        self._change.set()

    def _issues_changed(self, event: Json) -> None:
        if event["data"]["domain"] == DOMAIN:
            reading = asyncio.create_task(self.read_issues())
            self._reading.add(reading)
            reading.add_done_callback(self._reading.discard)

    async def read_issues(self) -> None:
        """Read the open issues now: the event that they changed may still be under way."""
        listed = await self.client.command("repairs/list_issues")
        self.issues = {
            issue["issue_id"]: issue for issue in listed["issues"] if issue["domain"] == DOMAIN
        }
        self._change.set()
