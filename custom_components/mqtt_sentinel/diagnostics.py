"""What a bug report needs, without what it must not tell."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.const import CONF_CODE
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceEntry

from .command.scene_reading import store_steps
from .const import (
    CONF_COMMAND_OFF,
    CONF_COMMAND_ON,
    CONF_FALLBACK_URL,
    CONF_JOURNAL_URL,
    CONF_PASSWORD,
    CONF_STEPS,
    CONF_TEMPLATE,
    CONF_URL,
    CONF_USERNAME,
    DOMAIN,
)
from .control.scenes import SceneSetup
from .hub import Hub, SentinelConfigEntry
from .intake.mqtt import now
from .outcome.media import clip_facts
from .outcome.scene_runs import run_facts, steps_facts
from .setup.camera import AddressCamera, CameraSetup
from .watch.watched import Watched

# Payloads may hold anything, addresses tell where somebody lives in a network.
_SECRET = {
    "detail",
    "excerpt",
    "ip_address",
    CONF_CODE,
    CONF_TEMPLATE,
    "payload",
    "payload_on",
    "payload_off",
    CONF_COMMAND_OFF,
    CONF_COMMAND_ON,
    # Addresses of cameras may have a password anywhere in them.
    CONF_URL,
    CONF_FALLBACK_URL,
    CONF_USERNAME,
    CONF_PASSWORD,
    CONF_JOURNAL_URL,
}


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: SentinelConfigEntry
) -> dict[str, Any]:
    """Everything about the hub."""
    hub = entry.runtime_data
    dead_letters = hub.mqtt.dead_letters
    return _redact(
        {
            "data": dict(entry.data),
            "options": dict(entry.options),
            "link": hub.mqtt.link.name.lower(),
            "broker": {
                "answers_probes": hub.pulse.trusted,
                "gone_since": hub.broker_gone_since,
                "uptime": hub.vitals.broker_uptime(now()),
            },
            "messages": hub.mqtt.messages,
            "messages_per_second": hub.vitals.messages_per_second,
            "last_message": hub.mqtt.last_message,
            "errors": hub.audience.failures,
            "known_things": len(hub.sentinel.known),
            "dead_letters": {
                "counts": dict(dead_letters.counts),
                "last": [asdict(letter) for letter in dead_letters.kept],
            },
            "subentries": [
                {"type": subentry.subentry_type, "data": _without_steps(subentry.data)}
                for subentry in entry.subentries.values()
            ],
            "watches": [_watch(watch) for watch in hub.sentinel.watches.values()],
            "alarms": [
                {
                    "entity_id": alarm.config.entity_id,
                    "modes": sorted(alarm.config.modes),
                    "wanted": alarm.wanted.value,
                    "silent": alarm.silent,
                    "protection": hub.alarms.protection[alarm.config.id].value,
                    "panel": made.as_dict() if made else None,
                }
                for alarm in hub.expectations.alarms.values()
                for made in (hub.alarms.made.get(alarm.config.id),)
            ],
            "commands": _commands(hub),
            "journal": {
                "phase": hub.journal.state.phase.value,
                "trouble": hub.journal.state.trouble,
                **asdict(hub.journal.metrics),
                "rows": await hub.journal.counts(),
            },
            "relays": hub.relays.remember(),
            "cameras": [_camera(hub, setup) for setup in hub.cameras.setups.values()],
            "scenes": [_scene(hub, scene) for scene in hub.scenes.setups.values()],
        }
    )


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: SentinelConfigEntry, device: DeviceEntry
) -> dict[str, Any]:
    """Everything about one device: its watch or its scene, or the hub for the others."""
    hub: Hub = entry.runtime_data
    for domain, identifier in device.identifiers:
        if domain == DOMAIN and (camera := hub.cameras.setups.get(identifier)):
            facts = _watch(hub.sentinel.watches[identifier])
            return _redact({**facts, "camera": _camera(hub, camera)})
        if domain == DOMAIN and (watch := hub.sentinel.watches.get(identifier)):
            return _redact(_watch(watch))
        if domain == DOMAIN and (scene := hub.scenes.setups.get(identifier)):
            return _redact(_scene(hub, scene))
    return await async_get_config_entry_diagnostics(hass, entry)


def _commands(hub: Hub) -> dict[str, Any]:
    """How the commands do."""
    sender = hub.commands.sender
    metrics = sender.metrics
    return {
        "depth": sender.depth,
        "sent": metrics.sent,
        "late": metrics.late,
        "repeated": metrics.repeated,
        "unasked": metrics.unasked,
        "results": {result.value: count for result, count in metrics.results.items()},
        "success_rate": metrics.success_rate,
    }


def _watch(watch: Watched) -> dict[str, Any]:
    key = watch.config.key
    return {
        # Behind the topic of a custom watch stands its template.
        "key": key._replace(name=key.name.partition("#")[0])._asdict(),
        "settings": asdict(watch.config.settings),
        "facts": asdict(watch.facts),
        "judgement": asdict(watch.judgement),
        "expected_since": watch.expected_since,
        "last_up": watch.last_up,
        "last_seen": watch.last_seen,
        "details": asdict(watch.details),
        "values": {"names": list(watch.telemetry.values), "ignored": watch.telemetry.ignored},
        "incident": watch.incident.as_dict() if watch.incident else None,
    }


def _camera(hub: Hub, setup: CameraSetup) -> dict[str, Any]:
    """How a camera is; what its address is stays here."""
    state = hub.cameras.state(setup.id)
    origin = setup.origin
    return {
        "origin": type(origin).__name__,
        "scheme": origin.url.partition(":")[0] if isinstance(origin, AddressCamera) else None,
        "has_fallback": isinstance(origin, AddressCamera) and bool(origin.fallback_url),
        "detector": setup.detector._asdict() if setup.detector else None,
        "stream": state.stream.value,
        "why": state.why.value if state.why else None,
        "source": state.source.value if state.source else None,
        "encodes": state.encodes,
        "recording": state.recording,
        "motion": state.motion,
        "last_clip": clip_facts(state.last_clip) if state.last_clip else None,
    }


def _scene(hub: Hub, scene: SceneSetup) -> dict[str, Any]:
    kept = hub.scenes.runs.get(scene.id)
    return {
        "readable": scene.steps is not None,
        "steps": [_step(step) for step in store_steps(scene.steps or ())],
        "last_run": {**run_facts(kept), "steps": steps_facts(kept)} if kept else None,
    }


def _step(step: dict[str, Any]) -> dict[str, Any]:
    """A step without what an action is told: codes, for example."""
    return step | {"data": sorted(step["data"])} if "data" in step else step


def _without_steps(data: Mapping[str, Any]) -> dict[str, Any]:
    """What a subentry has, without the steps of a scene: they may be anything."""
    return {name: value for name, value in data.items() if name != CONF_STEPS}


def _redact(data: dict[str, Any]) -> dict[str, Any]:
    return async_redact_data(data, _SECRET)
