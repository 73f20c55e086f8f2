"""A camera and the program that looks at its picture, in the "services" dialect.

The picture is a clock, by RTSP; ``motion/camera/{device}`` tells when somebody comes and goes. The
program has neither a birth nor a Last Will: it is silent until it sees somebody.
"""

import asyncio
from collections.abc import Coroutine, Mapping
import json
import logging
import threading
import time
from typing import Any
import uuid

from mqtt_sentinel_node import Message

from demo.cameras.access import Access, Scheme
from demo.cameras.camera import Camera, Mood
from demo.cameras.deeds import CameraDeed, carry_out
from demo.cameras.ffmpeg import FfmpegError
from demo.pipe import Deed, Order
from demo.wire import Wire

from .member import Device, OrderRefusedError, live, options

_LOG = logging.getLogger(__name__)

_START_SECONDS = 30.0
_LOOK_SECONDS = 0.5
_STAYS_SECONDS = 3.0
"""How long somebody who is seen stays."""

_SEEN = [{"x": 0.31, "y": 0.22, "w": 0.12, "h": 0.4, "class_id": 0, "score": 0.84}]

_DEEDS = {
    Deed.POWER_OFF: CameraDeed.POWER_OFF,
    Deed.POWER_ON: CameraDeed.POWER_ON,
    Deed.HANG: CameraDeed.STALL,
    Deed.GO_ON: CameraDeed.BEHAVE,
    Deed.DROP: CameraDeed.DROP,
    Deed.REFUSE: CameraDeed.REFUSE,
    Deed.RELOCK: CameraDeed.CHANGE_PASSWORD,
}
_MOODS = {
    Mood.WELL: "runs",
    Mood.STALLED: "hangs",
    Mood.REFUSING: "refuses",
    Mood.MUTE: "mute",
}


class WatchedCamera(Device):
    """The camera of one device, asked for at its port by user and password."""

    def __init__(self, wire: Wire, device: str, port: int) -> None:
        """Have seen nobody yet."""
        super().__init__(wire, f"camera-{device}", interval=_LOOK_SECONDS)
        self._device = device
        self._seen: str | None = None
        self._leaves = 0.0
        self._sent = 0
        self._loop = asyncio.new_event_loop()
        self._camera = Camera(access=Access(Scheme.DIGEST), port=port, path=device)

    def begin(self) -> None:
        """Connect, and show the picture."""
        super().begin()
        threading.Thread(target=self._loop.run_forever, name="camera", daemon=True).start()
        try:
            self._do(self._camera.power_on())
        except (FfmpegError, OSError) as reason:
            # What is told over MQTT is told without a picture, too.
            _LOG.error("no picture: %s", reason)

    def beat(self) -> None:
        """Tell the end of what was seen."""
        if self._seen is not None and time.monotonic() >= self._leaves:
            self._send(status=False)
            self._seen = None

    def end(self) -> None:
        """Take the power, and leave."""
        self._do(self._camera.power_off())
        self._loop.call_soon_threadsafe(self._loop.stop)
        super().end()

    def facts(self) -> Mapping[str, str]:
        """Return whether it is connected, where the picture is and how, how many it has told."""
        shows = self._camera.encoder_pid is not None
        return {
            "link": self.link,
            "picture": _MOODS[self._camera.mood] if shows else "off",
            "url": self._camera.url,
            "sent": str(self._sent),
        }

    def carry_out(self, order: Order) -> None:
        """Have the camera see somebody, or misbehave."""
        if order.node != camera_node(self._device):
            raise OrderRefusedError(f"there is no camera {order.node}")
        if order.deed is Deed.MOTION:
            if self._seen is None:
                self._seen = str(uuid.uuid4())
                self._send(status=True)
            self._leaves = time.monotonic() + _STAYS_SECONDS
            return
        if (deed := _DEEDS.get(order.deed)) is None:
            super().carry_out(order)
            return
        try:
            self._do(carry_out(self._camera, deed))
            if deed is CameraDeed.BEHAVE:
                self._camera.access = Access(Scheme.DIGEST)
        except (FfmpegError, OSError) as reason:
            raise OrderRefusedError(str(reason)) from reason

    def _do(self, deed: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(deed, self._loop).result(_START_SECONDS)

    def _send(self, *, status: bool) -> None:
        told = {
            "event_ref": self._seen,
            "status": status,
            "detections": _SEEN if status else [],
        }
        self.client.send(Message(f"motion/camera/{self._device}", json.dumps(told).encode()))
        self._sent += 1


def camera_node(device: str) -> str:
    """Return the name by which it gets its orders; the device alone is the name of its detection."""
    return f"{device}-camera"


def main() -> None:
    """Run the camera."""
    parser = options("demo.members.camera", __doc__)
    parser.add_argument("--device", default="front")
    parser.add_argument("--port", type=int, default=0, help="of RTSP (default: any free one)")
    live(parser, lambda wire, arguments: WatchedCamera(wire, arguments.device, arguments.port))


if __name__ == "__main__":
    main()
