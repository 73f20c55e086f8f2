"""Incidents of the hub itself: its disk is full, its journal cannot be written."""

from enum import StrEnum
from uuid import uuid4

from homeassistant.const import ATTR_DEVICE_ID, ATTR_NAME
from homeassistant.core import HomeAssistant, callback

from ..const import EVENT_MISMATCH, EVENT_RECOVERED
from ..watch.incidents import Severity
from .wording import as_utc


class OwnReason(StrEnum):
    """What can be wrong with the hub itself."""

    DISK_FULL = "disk_full"
    JOURNAL_FAILED = "journal_failed"


class OwnTrouble:
    """One thing that can be wrong with the hub, told on the bus when it begins and when it is over."""

    def __init__(self, hass: HomeAssistant, reason: OwnReason) -> None:
        """Begin with nothing wrong."""
        self._hass = hass
        self._reason = reason
        self._open: tuple[str, float] | None = None

    @callback
    def tell(self, *, wrong: bool, at: float) -> bool:
        """Say how it is at ``at``, in epoch seconds; only what is new is told. Answers whether it is."""
        if wrong is (self._open is not None):
            return False
        incident_id, opened_at = self._open or (uuid4().hex, at)
        self._open = (incident_id, opened_at) if wrong else None
        self._hass.bus.async_fire(
            EVENT_MISMATCH if wrong else EVENT_RECOVERED,
            {
                ATTR_DEVICE_ID: None,
                ATTR_NAME: "MQTT Sentinel",
                "incident_id": incident_id,
                "reason": self._reason.value,
                "severity": Severity.ERROR.value,
                "opened_at": as_utc(opened_at).isoformat(),
                "closed_at": None if wrong else as_utc(at).isoformat(),
            },
        )
        return True
