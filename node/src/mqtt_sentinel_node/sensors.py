"""What the sensors of a house say: somebody moves, a button is pressed, somebody stands on a mat.

Several devices share the topics; the ``device_id`` says who speaks.
"""

from collections.abc import Mapping
from datetime import datetime, timezone
from enum import Enum
import json
import time
import uuid

from .message import Message


class SensorEvent(Enum):
    """What may happen: the topic, the type, and the source where nothing else is said."""

    MOTION = ("sensor/motion", "MOTION_DETECTED", "PIR")
    BUTTON = ("sensor/button", "BUTTON_PRESSED", "BUTTON")
    PRESSURE = ("sensor/pressure", "PRESSURE_DETECTED", "MAT")

    def message(
        self,
        device_id: str,
        data: Mapping[str, object] | None = None,
        *,
        source: str | None = None,
        prefix: str = "",
    ) -> Message:
        """Return the message about an event that happens now; it has an id of its own."""
        topic, kind, usual_source = self.value
        event = {
            "event_id": f"evt-{int(time.time())}-{uuid.uuid4().hex[:12]}",
            "device_id": device_id,
            "source": source or usual_source,
            "type": kind,
            "data": dict(data or {}),
            # Without a zone, as those who read it expect; it is UTC.
            "timestamp": datetime.now(timezone.utc).replace(tzinfo=None).isoformat(),
        }
        return Message(f"{prefix}{topic}", json.dumps(event).encode())
