"""What an integration may leave behind in a running Home Assistant."""

import asyncio
from collections import Counter
from dataclasses import dataclass

from homeassistant.components.mqtt.models import DATA_MQTT
from homeassistant.core import HomeAssistant
from homeassistant.helpers.dispatcher import DATA_DISPATCHER
from homeassistant.util.async_ import get_scheduled_timer_handles


@dataclass(frozen=True)
class Traces:
    """All that could still call somebody back, counted by what it is."""

    bus_listeners: Counter[str]
    dispatchers: Counter[str]
    timers: Counter[str]
    tasks: Counter[str]
    subscriptions: Counter[str]
    states: frozenset[str]

    @classmethod
    def of(cls, hass: HomeAssistant) -> Traces:
        """Everything that is there now."""
        return cls(
            Counter(hass.bus.async_listeners()),
            Counter(
                {
                    str(signal): len(targets)
                    for signal, targets in hass.data.get(DATA_DISPATCHER, {}).items()
                    if targets
                }
            ),
            Counter(
                _name(handle)
                for handle in get_scheduled_timer_handles(hass.loop)
                if not handle.cancelled()
            ),
            Counter(str(task.get_coro()).split(" at ")[0] for task in asyncio.all_tasks()),
            Counter(
                subscription.topic for subscription in hass.data[DATA_MQTT].client.subscriptions
            ),
            frozenset(hass.states.async_entity_ids()),
        )


def _name(handle: asyncio.TimerHandle) -> str:
    called = handle._callback
    return getattr(called, "__qualname__", None) or type(called).__qualname__
