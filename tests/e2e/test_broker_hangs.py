"""A real broker that hangs: its connection is open, and nothing comes back.

Home Assistant, its MQTT client and mosquitto are real; only our patience is shortened.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
import os
from pathlib import Path
import signal
import time

from homeassistant.components import mqtt
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.mqtt_sentinel.const import DOMAIN
from custom_components.mqtt_sentinel.hub import Hub
from custom_components.mqtt_sentinel.intake import pulse
from custom_components.mqtt_sentinel.intake.mqtt import Link
from custom_components.mqtt_sentinel.watch.pulse import Timing
from demo.broker import Broker, BrokerKind, available, free_port
from tests.components.house import watch

TIMING = Timing(quiet=1.0, answer=0.5, look=0.1)
LONGEST = TIMING.quiet + TIMING.probes * TIMING.answer
FRONT = "connected/object_detection/front"

_PATIENCE = 20.0
_LOOK = 0.02

pytestmark = [
    pytest.mark.skipif(BrokerKind.MOSQUITTO not in available(), reason="needs mosquitto"),
    pytest.mark.usefixtures("enable_custom_integrations", "socket_enabled", "mock_hass_config"),
]


async def until(true: Callable[[], bool]) -> float:
    """Wait until something is true; tell how long that took, in seconds."""
    begun = time.monotonic()
    async with asyncio.timeout(_PATIENCE):
        while not true():  # noqa: ASYNC110 - what is waited for is a state, not an event
            await asyncio.sleep(_LOOK)
    return time.monotonic() - begun


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncGenerator[Broker]:
    """A broker of our own."""
    async with Broker(free_port(), tmp_path, BrokerKind.MOSQUITTO) as running:
        yield running
        wake(running)


def hang(broker: Broker) -> None:
    assert broker.pid
    os.kill(broker.pid, signal.SIGSTOP)


def wake(broker: Broker) -> None:
    assert broker.pid
    os.kill(broker.pid, signal.SIGCONT)


@pytest.fixture
async def hub(
    hass: HomeAssistant, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[Hub]:
    """A hub whose broker answers, and that has just heard from its watch."""
    monkeypatch.setattr(pulse, "TIMING", TIMING)
    client = MockConfigEntry(
        domain="mqtt",
        data={"broker": broker.address.host, "port": broker.address.port, "protocol": "5"},
        options={"birth_message": {}, "will_message": {}},
        version=2,
    )
    client.add_to_hass(hass)
    assert await hass.config_entries.async_setup(client.entry_id)
    entry = MockConfigEntry(
        domain=DOMAIN,
        entry_id="hub",
        title="MQTT Sentinel",
        data={"dialects": ["services"], "prefixes": [""]},
        options={"settle": 0, "grace": 1},
        subentries_data=[watch("front")],
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    found: Hub = entry.runtime_data
    await until(lambda: found.mqtt.link is Link.SUBSCRIBED)
    await until(lambda: found.pulse.trusted)
    await mqtt.async_publish(hass, FRONT, "on", 1, True)
    await until(lambda: hass.states.is_state("binary_sensor.front_connectivity", "on"))
    yield found
    wake(broker)
    for one in (entry, client):
        assert await hass.config_entries.async_unload(one.entry_id)


def issues(hass: HomeAssistant) -> list[str | None]:
    return [
        issue.translation_key
        for issue in ir.async_get(hass).issues.values()
        if issue.domain == DOMAIN and issue.active
    ]


async def test_it_is_noticed_and_so_is_its_return(
    hass: HomeAssistant, broker: Broker, hub: Hub
) -> None:
    hang(broker)
    took = await until(lambda: hub.mqtt.link is Link.SILENT)
    assert took < LONGEST + 2
    assert issues(hass) == ["broker_silent"]
    assert hass.states.is_state("binary_sensor.front_connectivity", "unavailable")
    assert mqtt.is_connected(hass)  # Home Assistant has not noticed

    wake(broker)
    assert await until(lambda: hub.mqtt.link is Link.SUBSCRIBED) < LONGEST
    assert issues(hass) == []
    assert hass.states.is_state("binary_sensor.front_connectivity", "on")
    await mqtt.async_publish(hass, FRONT, "off", 1, True)
    await until(lambda: issues(hass) == ["disconnected_always"])


async def test_a_quiet_one_is_not_suspected(hass: HomeAssistant, hub: Hub) -> None:
    answered = hub.mqtt.messages
    begun = time.monotonic()
    links: set[Link] = set()
    await until(lambda: links.add(hub.mqtt.link) or time.monotonic() - begun > 3 * LONGEST)
    assert links == {Link.SUBSCRIBED}
    assert hub.mqtt.messages == answered
    assert issues(hass) == []
