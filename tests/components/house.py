"""What the tests build a house of: a clock, a broker, watches, alarms, and somebody who looks."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
import json
import logging
import math
import time
from types import MappingProxyType
from typing import Any
from unittest.mock import Mock

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigSubentry, ConfigSubentryDataWithId
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, State, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.util import dt as dt_util
from homeassistant.util.async_ import get_scheduled_timer_handles
from paho.mqtt.client import topic_matches_sub
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockMqttReasonCode,
    async_fire_mqtt_message,
)
from pytest_homeassistant_custom_component.typing import MqttMockPahoClient

from custom_components.mqtt_sentinel.const import DOMAIN, EVENT_MISMATCH, EVENT_RECOVERED
from custom_components.mqtt_sentinel.setup.data import read_custom, read_key, thing_id
from custom_components.mqtt_sentinel.setup.relay import watched_key
from custom_components.mqtt_sentinel.watch.alarm import ARMED_MODES

START = "2026-11-02 12:00:00+00:00"

# Home Assistant collects subscriptions for this long before it asks the broker for them.
SUBSCRIBE_TIME = 0.5
SETTLE = 15
GRACE = 60

PANEL = "alarm_control_panel.house"

type Facts = tuple[str, str, str]


class Clock:
    """Time passes when a test says so; every timer of the event loop runs at its own moment."""

    def __init__(self, hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
        self._hass = hass
        self._freezer = freezer
        # Time leaps while callbacks run; that says nothing of how long they take.
        hass.loop.slow_callback_duration = math.inf

    @property
    def now(self) -> str:
        """The present moment, as attributes show it."""
        return dt_util.utc_from_timestamp(time.time()).isoformat()

    async def settle(self) -> None:
        """Let everything happen that happens now, until the event loop has nothing left to run."""
        idle = 0
        while idle < 2:  # in the first idle turn the loop only notices which timers are due
            await asyncio.sleep(0)
            await self._hass.async_block_till_done()
            idle = 0 if self._hass.loop._ready else idle + 1

    async def advance(self, seconds: float) -> None:
        """Let time pass."""
        end = self._microseconds + round(seconds * 1e6)
        await self.settle()
        while (when := self._next_timer()) <= end:
            await self._move(max(when, self._microseconds + 1))
        if self._microseconds < end:
            await self._move(end)

    async def _move(self, microseconds: int) -> None:
        self._freezer.tick(timedelta(microseconds=microseconds - self._microseconds))
        await self.settle()

    @property
    def _microseconds(self) -> int:
        """The present, which the frozen monotonic clock agrees with the other one about."""
        return round(time.time() * 1e6)

    def _next_timer(self) -> float:
        handles = get_scheduled_timer_handles(self._hass.loop)
        return min(
            (math.ceil(handle.when() * 1e6) for handle in handles if not handle.cancelled()),
            default=math.inf,
        )


class Broker:
    """The far side of Home Assistant's MQTT client."""

    def __init__(self, hass: HomeAssistant, clock: Clock, client: MqttMockPahoClient) -> None:
        self._hass = hass
        self._clock = clock
        self._client = client
        self.client = client
        self._held: list[int] = []
        self._take = client.publish.side_effect
        self._asked_before = 0
        self.hang(answer=True)
        client.disconnect.side_effect = self._disconnect

    async def publish(
        self, topic: str, payload: str | bytes | dict[str, Any], *, retain: bool = False
    ) -> None:
        """Deliver a message; ``retain`` says that the broker kept it."""
        self.deliver(topic, payload, retain=retain)
        await self._clock.settle()

    def deliver(
        self, topic: str, payload: str | bytes | dict[str, Any], *, retain: bool = False
    ) -> None:
        """Deliver a message, and leave what comes of it for later."""
        raw = json.dumps(payload) if isinstance(payload, dict) else payload
        async_fire_mqtt_message(self._hass, topic, raw, retain=retain)

    async def go(self) -> None:
        """The connection to the broker breaks."""
        self._client.on_disconnect(None, None, 0, MockMqttReasonCode())
        await self._clock.settle()

    async def come(self) -> None:
        """The connection is there again; the subscriptions are not asked for yet."""
        self._asked_before = len(self.subscribed)
        self._client.on_connect(None, None, None, MockMqttReasonCode())
        await self._clock.settle()

    def hold_acknowledgements(self) -> None:
        """Leave subscriptions unacknowledged from now on."""
        self._acknowledge = self._client.subscribe.side_effect
        self._client.subscribe.side_effect = self._hold

    async def acknowledge(self) -> None:
        """Acknowledge what was held, and all to come at once."""
        self._client.subscribe.side_effect = self._acknowledge
        while self._held:
            self._client.on_subscribe(None, None, self._held.pop(), [MockMqttReasonCode()], None)
        await self._clock.settle()

    async def acknowledge_next(self) -> None:
        """Acknowledge the first that is held; those that are asked for then are held, too."""
        self._client.on_subscribe(None, None, self._held.pop(0), [MockMqttReasonCode()], None)
        await self._clock.settle()

    def hang(self, *, answer: bool = False) -> None:
        """Bring back nothing that is published, or again with ``answer``; the connection stays."""
        self._client.publish.side_effect = self._bring_back if answer else self._swallow

    def _bring_back(self, topic: str, *args: Any, **kwargs: Any) -> object:
        """Bring back only what was asked for in this connection by then, as a broker does."""
        asked = self.subscribed[self._asked_before :]
        if any(topic_matches_sub(topic_filter, topic) for topic_filter in asked):
            return self._take(topic, *args, **kwargs)
        return self._swallow()

    def _swallow(self, *_: object, **__: object) -> Mock:
        mid = 2_000_000 + self._client.publish.call_count
        self._hass.loop.call_soon(
            self._client.on_publish, None, None, mid, MockMqttReasonCode(), None
        )
        return Mock(mid=mid, rc=0)

    def sent_to(self, topic: str) -> list[bytes]:
        """What was published to a topic, in order."""
        calls = self._client.publish.call_args_list
        return [call.args[1] for call in calls if call.args[0] == topic]

    def how_sent(self, topic: str) -> list[tuple[int, bool]]:
        """With which QoS it was published to a topic, and whether to be retained."""
        calls = self._client.publish.call_args_list
        return [(call.args[2], call.args[3]) for call in calls if call.args[0] == topic]

    @property
    def commands(self) -> list[tuple[str, Any]]:
        """What services were told, each retained and with QoS 1: its name, and the JSON."""
        told: list[tuple[str, Any]] = []
        for call in self._client.publish.call_args_list:
            topic, payload, qos, retain, *_ = call.args
            if "status/" in topic:
                assert (qos, retain) == (1, True)
                told.append((topic, json.loads(payload)))
        return told

    @property
    def published(self) -> list[str]:
        """The topics that something was published to."""
        return [call.args[0] for call in self._client.publish.call_args_list]

    def _hold(self, *_: object, **__: object) -> tuple[int, int]:
        self._held.append(1_000_000 + self._client.subscribe.call_count)
        return 0, self._held[-1]

    def _disconnect(self) -> None:
        """Home Assistant hangs up."""
        self._client.on_disconnect(None, None, 0, MockMqttReasonCode())
        self._client.on_socket_close(None, None, Mock(**{"fileno.return_value": -1}))

    @property
    def subscribed(self) -> list[str]:
        """The topic filters that were asked for, in order, as often as they were."""
        topics: list[str] = []
        for call in self._client.subscribe.call_args_list:
            asked = call.args[0]
            topics += [asked] if isinstance(asked, str) else [topic for topic, _ in asked]
        return topics

    @property
    def unsubscribed(self) -> list[str]:
        """The topic filters that were given up."""
        return [topic for call in self._client.unsubscribe.call_args_list for topic in call.args[0]]


class House:
    """The hub in a Home Assistant, and what can be seen of it from outside."""

    def __init__(self, hass: HomeAssistant, clock: Clock, broker: Broker) -> None:
        self.hass = hass
        self.clock = clock
        self.broker = broker
        self.entry: MockConfigEntry
        self.events: list[Event[Any]] = []
        for event_type in (EVENT_MISMATCH, EVENT_RECOVERED):
            hass.bus.async_listen(event_type, self._keep_event)

    @callback
    def _keep_event(self, event: Event[Any]) -> None:
        self.events.append(event)

    # Set-up

    async def set_up(
        self, *subentries: ConfigSubentryDataWithId, **options: float
    ) -> MockConfigEntry:
        """Set the hub up with these watches and alarms, and wait for its subscriptions."""
        self.entry = hub_entry(*subentries, **options)
        self.entry.add_to_hass(self.hass)
        assert await self.hass.config_entries.async_setup(self.entry.entry_id)
        await self.clock.advance(SUBSCRIBE_TIME)
        return self.entry

    async def reload(self) -> None:
        """Reload the hub, and wait for its subscriptions."""
        assert await self.hass.config_entries.async_reload(self.entry.entry_id)
        await self.clock.advance(SUBSCRIBE_TIME)

    # What happens in it

    async def service(self, name: str, payload: str, *, retain: bool = False) -> None:
        """A service says whether it is connected."""
        await self.broker.publish(f"connected/{name}", payload, retain=retain)

    async def panel(self, state: str, entity_id: str = PANEL) -> None:
        """The alarm panel goes into a state."""
        self.hass.states.async_set(entity_id, state, {"friendly_name": "House alarm"})
        await self.clock.settle()

    # What can be seen

    def follow(self, entity_id: str) -> list[State]:
        """The states that an entity goes through from now on."""
        states: list[State] = []

        @callback
        def keep(event: Event[EventStateChangedData]) -> None:
            assert event.data["new_state"]
            states.append(event.data["new_state"])

        async_track_state_change_event(self.hass, entity_id, keep)
        return states

    def state(self, entity_id: str) -> State:
        """The state of an entity."""
        state = self.hass.states.get(entity_id)
        assert state is not None, f"there is no {entity_id}"
        return state

    def value(self, entity_id: str) -> str:
        """The state of an entity, without its attributes."""
        return self.state(entity_id).state

    def judged(self, name: str) -> Facts:
        """Verdict, reason and proof of a watch, as its problem sensor shows them."""
        shown = self.state(f"binary_sensor.{name}_problem").attributes
        return shown["verdict"], shown["reason"], shown["proof"]

    def problem(self, name: str) -> str:
        """The state of the problem sensor of a watch."""
        return self.value(f"binary_sensor.{name}_problem")

    def protection(self, name: str = "house") -> str:
        """What an alarm protects."""
        return self.value(f"sensor.{name}_protection")

    @property
    def issues(self) -> dict[str, ir.IssueEntry]:
        """The open issues of this integration by their ids."""
        return {
            issue.issue_id: issue
            for issue in ir.async_get(self.hass).issues.values()
            if issue.domain == DOMAIN and issue.active
        }

    def issue(self, name: str) -> str | None:
        """The kind of issue that is open about a watch."""
        issue = self.issues.get(f"incident_{name}")
        return issue.translation_key if issue else None

    @property
    def fired(self) -> list[tuple[str, str]]:
        """The incident events so far, each with the reason in it."""
        return [
            (event.event_type.removeprefix(f"{DOMAIN}_"), event.data["reason"])
            for event in self.events
        ]

    @property
    def unavailable(self) -> set[str]:
        """The entities of this integration that are not available."""
        return {
            state.entity_id
            for state in self.hass.states.async_all()
            if state.state == STATE_UNAVAILABLE
        }


def own_log(caplog: pytest.LogCaptureFixture) -> list[tuple[int, str]]:
    """What this integration logged above debug."""
    return [
        (record.levelno, record.getMessage())
        for record in caplog.records
        if record.name.startswith("custom_components.mqtt_sentinel")
        and record.levelno > logging.DEBUG
    ]


def hub_entry(*subentries: ConfigSubentryDataWithId, **options: float) -> MockConfigEntry:
    """The config entry of a hub with these watches and alarms."""
    return MockConfigEntry(
        domain=DOMAIN,
        entry_id="hub",
        title="MQTT Sentinel",
        data={"dialects": ["services", "autocore", "museum"], "prefixes": [""]},
        options={"settle": SETTLE, "grace": GRACE} | options,
        subentries_data=subentries,
    )


def watch(
    name: str,
    thing: str = "",
    *,
    dialect: str = "services",
    site: str = "",
    expect: str = "always",
    title: str = "",
    **data: Any,
) -> ConfigSubentryDataWithId:
    """A watch; its name is its subentry's id, and ``object_detection/<name>`` what it watches."""
    identity = {
        "dialect": dialect,
        "site": site,
        "thing": thing or (f"object_detection/{name}" if dialect == "services" else name),
    }
    return ConfigSubentryDataWithId(
        subentry_id=name,
        subentry_type="device",
        title=title or name.replace("_", " ").capitalize(),
        unique_id=thing_id(read_key(identity)),
        data=identity | {"expect": expect} | data,
    )


def subentry_of(data: ConfigSubentryDataWithId) -> ConfigSubentry:
    """A watch or an alarm as it is added to a hub that is set up."""
    return ConfigSubentry(**data | {"data": MappingProxyType(data["data"])})


def custom_watch(
    name: str, topic: str, *, expect: str = "always", **data: Any
) -> ConfigSubentryDataWithId:
    """A watch of a topic of a user's own."""
    described = {"dialect": "custom", "topic": topic, "expect": expect} | data
    return ConfigSubentryDataWithId(
        subentry_id=name,
        subentry_type="device",
        title=name.capitalize(),
        unique_id=thing_id(read_custom(described).key),
        data=described,
    )


def relay(
    name: str,
    thing: str = "esp_1",
    number: str = "1",
    *,
    dialect: str = "autocore",
    topic: str = "",
    confirm: str = "state",
    title: str = "",
    **data: Any,
) -> ConfigSubentryDataWithId:
    """A relay of a thing of one of the dialects; its name is its subentry's id."""
    identity = {"dialect": dialect, "site": "", "thing": thing, "relay": number}
    switching = {
        "command_topic": topic or f"autocore/{thing}/relay/{number}/set",
        "command_on": "ON",
        "command_off": "OFF",
        "confirm": confirm,
    }
    return ConfigSubentryDataWithId(
        subentry_id=name,
        subentry_type="relay",
        title=title or name.replace("_", " ").capitalize(),
        unique_id=thing_id(watched_key(identity)),
        data=identity | switching | data,
    )


def camera(
    name: str,
    url: str = "rtsp://192.0.2.8:554/live",
    *,
    entity: str = "",
    expect: str = "always",
    title: str = "",
    **data: Any,
) -> ConfigSubentryDataWithId:
    """A camera at an address, or that of an ``entity``; its name is its subentry's id."""
    source = {"source": "entity", "camera": entity} if entity else {"source": "address", "url": url}
    usual = {"motion": [], "motion_entities": [], "records_for": []}
    return ConfigSubentryDataWithId(
        subentry_id=name,
        subentry_type="camera",
        title=title or name.replace("_", " ").capitalize(),
        unique_id=entity or url.partition("://")[2],
        data=source | usual | {"expect": expect, "pre_roll": 5.0, "duration": 10.0} | data,
    )


def custom_relay(name: str, state_topic: str, topic: str, **data: Any) -> ConfigSubentryDataWithId:
    """A relay of topics of a user's own."""
    described = {"dialect": "custom", "topic": state_topic}
    switching = {"command_topic": topic, "command_on": "1", "command_off": "0", "confirm": "state"}
    return ConfigSubentryDataWithId(
        subentry_id=name,
        subentry_type="relay",
        title=name.capitalize(),
        unique_id=thing_id(watched_key(described)),
        data=described | switching | data,
    )


def alarm(
    *relies_on: str,
    name: str = "house",
    entity_id: str = PANEL,
    modes: Iterable[str] = ARMED_MODES,
    verify_connect: Iterable[str] | None = None,
    verify_disconnect: Iterable[str] | None = None,
) -> ConfigSubentryDataWithId:
    """An alarm over some watches; both directions are verified for all, unless said otherwise."""
    return ConfigSubentryDataWithId(
        subentry_id=name,
        subentry_type="alarm",
        title=name.capitalize(),
        unique_id=entity_id,
        data={
            "entity_id": entity_id,
            "modes": list(modes),
            "relies_on": list(relies_on),
            "verify_connect": list(relies_on if verify_connect is None else verify_connect),
            "verify_disconnect": list(
                relies_on if verify_disconnect is None else verify_disconnect
            ),
        },
    )


def panel_alarm(
    *relies_on: str,
    name: str = "house",
    modes: Iterable[str] = ("armed_home", "armed_away", "armed_night"),
    exit_delay: float = 0.0,
    entry_delay: float = 0.0,
    **data: Any,
) -> ConfigSubentryDataWithId:
    """An alarm panel made here over some watches, that needs them in all modes but at home."""
    times = {"exit_delay": exit_delay, "entry_delay": entry_delay}
    defaults = {
        "offered": list(modes),
        "relies_on": list(relies_on),
        "modes": ["armed_away", "armed_night"],
        "not_ready": "refuse",
        "times": dict.fromkeys(modes, times),
        "trigger_time": 180.0,
        "after_trigger": "armed",
        "delayed": [],
        "instant": [],
        "inside": [],
        "buttons": [],
        "button_mode": "armed_away",
        "may_disarm": True,
        "code_arm_required": True,
        "verify_connect": list(relies_on),
        "verify_disconnect": list(relies_on),
    }
    return ConfigSubentryDataWithId(
        subentry_id=name,
        subentry_type="alarm",
        title=name.capitalize(),
        unique_id=None,
        data=defaults | data,
    )
