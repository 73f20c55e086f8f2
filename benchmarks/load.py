"""What is sent, and what Home Assistant is told to do with it. Pure but for chance."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
import json
import random
from typing import Any

type Message = tuple[str, bytes]
type Maker = Callable[[str, int, int], Message]
"""Makes a message of a site, of the device with a number, its so manieth."""

VALUES = ("temperature", "humidity", "voltage", "memory_free")


def device(number: int) -> str:
    """The name of a device."""
    return f"ESP32_{number:05}"


def _clock(seconds: int) -> str:
    return f"{datetime.fromtimestamp(1_700_000_000 + seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def status(site: str, number: int, count: int) -> Message:
    """A device says that it is online, with a new uptime."""
    told = {
        "device_id": device(number),
        "status": "online",
        "ip_address": f"10.0.{number // 250}.{number % 250}",
        "firmware_version": "1.4.2",
        "uptime": 60 * count,
        "timestamp": _clock(60 * count),
    }
    return f"{site}/autocore/{device(number)}/status", json.dumps(told).encode()


def telemetry(site: str, number: int, count: int) -> Message:
    """A device tells four values, none of them twice the same."""
    told = {
        "device_id": device(number),
        "temperature": round(random.uniform(18, 24), 2),
        "humidity": round(random.uniform(30, 60), 2),
        "voltage": round(random.uniform(3.2, 3.4), 3),
        "memory_free": random.randrange(100_000, 200_000),
        "timestamp": _clock(count),
    }
    return f"{site}/autocore/{device(number)}/telemetry", json.dumps(told).encode()


def ping_topic(number: int) -> str:
    """Where a service pings, without the site."""
    return f"ping/detector/{device(number)}"


def ping(site: str, number: int, count: int) -> Message:
    """A service says that it works."""
    return f"{site}/{ping_topic(number)}", str(count).encode()


def mixed(site: str, number: int, count: int) -> Message:
    """A fleet as it is: it tells values most of the time, and at any time something of everything."""
    kind = (telemetry, ping, telemetry, status)[(number + count) % 4]
    return kind(site, number, count)


def garbage(site: str, number: int, count: int) -> Message:
    """Nothing that can be read: no JSON, another's name, a topic that says nothing, no yes or no."""
    name = device(number)
    return (
        (f"{site}/autocore/{name}/telemetry", b'{"device_id": "' + name.encode()),
        (f"{site}/autocore/{name}/status", b'{"device_id": "somebody", "status": "online"}'),
        (f"{site}/connected/detector/{name}", b"\xff\xfe perhaps"),
        (f"{site}/autocore/{name}/telemetry", b"[" * 1000),
    )[count % 4]


def stranger(site: str, number: int, count: int) -> Message:
    """A message that is well formed, of a device that nobody watches."""
    return mixed(site, 50_000 + number, count)


def watch(dialect: str, site: str, thing: str, **more: Any) -> dict[str, Any]:
    """A device subentry as Home Assistant stores it."""
    return {
        "data": {
            "dialect": dialect,
            "site": site,
            "thing": thing,
            "expect": "always",
            **more,
        },
        "subentry_id": f"{dialect}_{thing}".replace("/", "_").lower(),
        "subentry_type": "device",
        "title": thing,
        "unique_id": None,
    }


def online(site: str, number: int, count: int) -> Message:
    """A service says that it is connected."""
    return f"{site}/connected/detector/{device(number)}", b"true"


def autocore_watch(site: str, number: int) -> dict[str, Any]:
    """The watch of a device that says its status and telemetry."""
    return watch("autocore", site, device(number))


def service_watch(site: str, number: int, **more: Any) -> dict[str, Any]:
    """The watch of a service that pings; ``more`` is how it is judged."""
    return watch("services", site, f"detector/{device(number)}", **more)


def sensors(site: str, devices: int) -> str:
    """Home Assistant's own MQTT sensors for the telemetry of the devices, as configuration."""
    lines = ["mqtt:", "  sensor:"]
    for number in range(devices):
        for value in VALUES:
            told = {
                "name": f"{device(number)} {value}",
                "unique_id": f"{device(number)}_{value}",
                "state_topic": f"{site}/autocore/{device(number)}/telemetry",
                "value_template": f"{{{{ value_json.{value} }}}}",
                "state_class": "measurement",
            }
            lines.append(f"    - {json.dumps(told)}")
    return "\n".join(lines) + "\n"


def scene(name: str, moments: Sequence[float], prefix: str) -> dict[str, Any]:
    """A scene subentry that sends a command at each of these moments, on ``{prefix}/{number}``."""
    steps = [
        {"at": at, "kind": "command", "topic": f"{prefix}/{number}", "payload": "ON"}
        for number, at in enumerate(moments)
    ]
    return {
        "data": {"steps": steps},
        "subentry_id": name,
        "subentry_type": "scene",
        "title": name,
        "unique_id": None,
    }
