"""A real Home Assistant that was set up before its first start, to be killed at will."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
import json
import os
from pathlib import Path
from typing import Any

import pytest

from demo.broker import Broker, free_port
from demo.client import Client
from demo.home import PASSWORD, USER, Home

INTERPRETERS = ("MQTT_SENTINEL_E2E_PYTHON", "MQTT_SENTINEL_E2E_PYTHON_PINNED")

PATIENCE = 60.0
LOOK = 0.1

type Json = dict[str, Any]


def prepared(
    interpreter: str, folder: Path, broker: Broker, *subentries: Any, configuration: str = ""
) -> Home:
    """A Home Assistant of a named interpreter with a hub on a broker, not started yet.

    It skips the test where there is no such interpreter.
    """
    if interpreter not in os.environ:
        pytest.skip(f"{interpreter} names no interpreter; scripts/test sets it")
    address = broker.address
    entries = [
        _entry("mqtt", 2, {"broker": address.host, "port": address.port, "protocol": "5"}),
        _entry("mqtt_sentinel", 1, {"dialects": ["services"], "prefixes": [""]}, *subentries),
    ]
    stored = {"version": 1, "minor_version": 5, "key": "core.config_entries"}
    home = Home(os.environ[interpreter], folder, free_port())
    home.prepare(
        f"config:\nwebsocket_api:\n{configuration}",
        {".storage/core.config_entries": json.dumps({**stored, "data": {"entries": entries}})},
    )
    return home


@asynccontextmanager
async def running(home: Home) -> AsyncGenerator[Client]:
    """Home Assistant as it runs; it is killed at the end."""
    await home.start()
    try:
        async with Client(home.url, USER, PASSWORD) as client:
            yield client
            await home.kill()
    finally:
        await home.kill()


async def shown(client: Client, entity_id: str, true: Callable[[Mapping[str, Any]], bool]) -> Json:
    """Wait until an entity shows something, and return its state."""
    async with asyncio.timeout(PATIENCE):
        while True:
            for state in await client.command("get_states"):
                if state["entity_id"] == entity_id and true(state):
                    return dict(state)
            await asyncio.sleep(LOOK)


def _entry(domain: str, version: int, data: Json, *subentries: Any) -> Json:
    """A config entry as Home Assistant stores it."""
    return {
        **dict.fromkeys(("created_at", "modified_at"), "2026-01-01T00:00:00+00:00"),
        **dict.fromkeys(("pref_disable_new_entities", "pref_disable_polling"), False),
        **dict.fromkeys(("disabled_by", "unique_id")),
        "discovery_keys": {},
        "options": {},
        "data": data,
        "domain": domain,
        "entry_id": domain,
        "minor_version": 1,
        "source": "user",
        "subentries": list(subentries),
        "title": domain,
        "version": version,
    }
