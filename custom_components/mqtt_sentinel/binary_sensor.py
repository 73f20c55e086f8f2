"""Connectivity, problem and anomalies of a watch, readiness of an alarm, what is seen of a camera."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import SUBENTRY_ALARM, SUBENTRY_CAMERA, SUBENTRY_DEVICE, SUBENTRY_RELAY
from .entities.cameras import (
    add_sights,
    detection_facts,
    detection_known,
    detection_running,
    state_of,
    stream_facts,
    stream_is_up,
)
from .entities.values import add_items_of, anomaly_sensors, any_anomaly_sensors
from .entity import SentinelEntity, add_entities_of
from .hub import SentinelConfigEntry
from .outcome.bus import blocking
from .outcome.values import Kind
from .outcome.wording import as_utc
from .watch.alarm import blockers
from .watch.verdict import NOT_JUDGED, Verdict, proof_of

if TYPE_CHECKING:
    from .setup.camera import CameraSetup

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class SentinelBinarySensorDescription(BinarySensorEntityDescription):
    """How a binary sensor reads its state, attributes and availability."""

    is_on: Callable[[SentinelEntity], bool | None]
    attributes: Callable[[SentinelEntity], Mapping[str, Any]]
    available: Callable[[SentinelEntity], bool] = lambda _: True


def _problem(entity: SentinelEntity) -> bool | None:
    watch = entity.watch
    if watch.incident:
        return True
    judgement = watch.judgement
    if judgement.verdict in (Verdict.OK, Verdict.PENDING) or judgement.reason in NOT_JUDGED:
        return False
    return None


def _why(entity: SentinelEntity) -> dict[str, Any]:
    watch = entity.watch
    expectation = watch.facts.expectation
    return {
        "verdict": watch.judgement.verdict.value,
        "reason": watch.judgement.reason.value,
        "proof": watch.judgement.proof.value,
        "expected": expectation.wanted.value,
        "expected_because": expectation.because,
        "expected_since": as_utc(watch.expected_since).isoformat(),
        "mismatch_since": as_utc(watch.incident.opened_at).isoformat() if watch.incident else None,
    }


def _blocking(entity: SentinelEntity) -> dict[str, Any]:
    return {"blocking": blocking(blockers(entity.alarm, entity.hub.sentinel.watches))}


CONNECTIVITY = SentinelBinarySensorDescription(
    key="connectivity",
    translation_key="connectivity",
    device_class=BinarySensorDeviceClass.CONNECTIVITY,
    is_on=lambda entity: entity.watch.facts.up,
    attributes=lambda entity: {"proof": proof_of(entity.watch.facts).value},
    available=lambda entity: entity.watch.facts.broker and not entity.watch.facts.parent_gone,
)
PROBLEM = SentinelBinarySensorDescription(
    key="problem",
    translation_key="problem",
    device_class=BinarySensorDeviceClass.PROBLEM,
    is_on=_problem,
    attributes=_why,
)
READY_TO_ARM = SentinelBinarySensorDescription(
    key="ready_to_arm",
    translation_key="ready_to_arm",
    is_on=lambda entity: not blockers(entity.alarm, entity.hub.sentinel.watches),
    attributes=_blocking,
)

STREAM = SentinelBinarySensorDescription(
    key="stream",
    translation_key="stream",
    device_class=BinarySensorDeviceClass.CONNECTIVITY,
    is_on=stream_is_up,
    attributes=stream_facts,
)
DETECTION = SentinelBinarySensorDescription(
    key="detection",
    translation_key="detection",
    device_class=BinarySensorDeviceClass.RUNNING,
    is_on=detection_running,
    attributes=detection_facts,
    available=detection_known,
)
MOTION = SentinelBinarySensorDescription(
    key="motion",
    device_class=BinarySensorDeviceClass.MOTION,
    is_on=lambda entity: state_of(entity).motion,
    attributes=lambda _: {},
)
# What a camera has only while something would tell of it.
SIGHTS = {DETECTION.key: DETECTION, MOTION.key: MOTION}
_WANTED: dict[str, Callable[[CameraSetup], bool]] = {
    DETECTION.key: lambda setup: setup.detector is not None,
    MOTION.key: lambda setup: setup.sees_motion,
}

OF_CAMERA = (STREAM, PROBLEM)
OF_DEVICE = (CONNECTIVITY, PROBLEM)
OF_ALARM = (READY_TO_ARM,)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SentinelConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the binary sensors of all subentries."""
    add_entities_of(
        entry,
        async_add_entities,
        {
            SUBENTRY_DEVICE: lambda hub, subentry: [
                SentinelBinarySensor(hub, subentry, description) for description in OF_DEVICE
            ],
            SUBENTRY_RELAY: lambda hub, subentry: [SentinelBinarySensor(hub, subentry, PROBLEM)],
            SUBENTRY_ALARM: lambda hub, subentry: [
                SentinelBinarySensor(hub, subentry, description) for description in OF_ALARM
            ],
            SUBENTRY_CAMERA: lambda hub, subentry: [
                SentinelBinarySensor(hub, subentry, description) for description in OF_CAMERA
            ],
        },
    )
    add_sights(
        hass,
        entry,
        async_add_entities,
        _WANTED,
        lambda hub, subentry, key: SentinelBinarySensor(hub, subentry, SIGHTS[key]),
    )
    add_items_of(
        entry,
        async_add_entities,
        {Kind.VALUES: any_anomaly_sensors, Kind.VALUE: anomaly_sensors},
    )


class SentinelBinarySensor(SentinelEntity, BinarySensorEntity):
    """One yes or no of a watch or an alarm."""

    entity_description: SentinelBinarySensorDescription

    @property
    @override
    def available(self) -> bool:
        """Tell whether its state can be known now."""
        return self.entity_description.available(self)

    @property
    @override
    def is_on(self) -> bool | None:
        """The state, None while it is not known."""
        return self.entity_description.is_on(self)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """Why the state is what it is."""
        return self.entity_description.attributes(self)
