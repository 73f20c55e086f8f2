"""Frigate with some cameras, each with the roles detect and record.

It has a Last Will on ``frigate/available``, tells the frame rates of its cameras on
``frigate/stats``, and what it saw on ``frigate/events``. The roles of its cameras are retained and
stay "online" when it dies; and when a camera hangs: only its frame rate tells.
"""

from collections.abc import Mapping
import json
import time
import uuid

from mqtt_sentinel_node import Message

from demo.pipe import Deed, Order
from demo.wire import Wire

from .member import Device, OrderRefusedError, live, options

_ROLES = ("detect", "record")
_FPS = 5.0


class Camera:
    """One camera, as Frigate knows it."""

    def __init__(self, name: str) -> None:
        """Deliver frames, on which nothing is seen."""
        self.name = name
        self.hangs = False
        self.seen: str | None = None
        """The id of the event that goes on."""

    @property
    def stats(self) -> dict[str, object]:
        """Its part of the statistics."""
        fps = 0.0 if self.hangs else _FPS
        return {
            "camera_fps": fps,
            "process_fps": fps,
            "skipped_fps": 0.0,
            "detection_fps": fps if self.seen else 0.0,
            "detection_enabled": True,
        }


class Frigate(Device):
    """The program, with all cameras."""

    def __init__(self, wire: Wire, cameras: list[str], *, interval: float) -> None:
        """Tell the statistics every ``interval`` seconds."""
        super().__init__(
            wire,
            "frigate",
            interval=interval,
            will=_available("offline"),
            birth=lambda: [_available("online"), *self._roles()],
            goodbye=[_available("stopped")],
        )
        self._started = time.monotonic()
        self._cameras = {name: Camera(name) for name in cameras}

    def beat(self) -> None:
        """Tell the statistics, and the end of what was seen."""
        for camera in self._cameras.values():
            if camera.seen:
                self.client.send(_event("end", camera))
                camera.seen = None
        self.client.publish("frigate/stats", self._stats(), qos=0)

    def facts(self) -> Mapping[str, str]:
        """Return whether it is connected, and which camera hangs."""
        return {"frigate": self.link} | {
            camera.name: "hangs" if camera.hangs else "runs" for camera in self._cameras.values()
        }

    def carry_out(self, order: Order) -> None:
        """Have a camera see somebody, hang, or go on."""
        camera = self._cameras.get(order.node or "")
        if camera is None:
            raise OrderRefusedError(f"there is no camera {order.node}")
        match order.deed:
            case Deed.MOTION if camera.hangs:
                raise OrderRefusedError(f"{camera.name} hangs")
            case Deed.MOTION:
                camera.seen = camera.seen or f"{time.time():.6f}-{uuid.uuid4().hex[:6]}"
                self.client.send(_event("new", camera))
            case Deed.HANG | Deed.GO_ON if camera.hangs is (order.deed is Deed.HANG):
                raise OrderRefusedError(f"{camera.name} {'hangs' if camera.hangs else 'runs'}")
            case Deed.HANG | Deed.GO_ON:
                camera.hangs = order.deed is Deed.HANG
            case _:
                super().carry_out(order)

    def _roles(self) -> list[Message]:
        return [
            Message(f"frigate/{camera}/status/{role}", b"online", retain=True)
            for camera in self._cameras
            for role in _ROLES
        ]

    def _stats(self) -> dict[str, object]:
        return {
            "cameras": {camera.name: camera.stats for camera in self._cameras.values()},
            "service": {"uptime": int(time.monotonic() - self._started), "version": "0.16.1"},
        }


def _available(word: str) -> Message:
    return Message("frigate/available", word.encode(), retain=True)


def _event(kind: str, camera: Camera) -> Message:
    seen: dict[str, object] = {
        "id": camera.seen,
        "camera": camera.name,
        "label": "person",
        "top_score": 0.84,
        "entered_zones": [],
    }
    payload = json.dumps({"type": kind, "before": seen, "after": seen}).encode()
    return Message("frigate/events", payload)


def main() -> None:
    """Run Frigate."""
    parser = options("demo.members.frigate", __doc__)
    parser.add_argument("--camera", action="append", required=True, help="can be given repeatedly")
    parser.add_argument(
        "--interval", type=float, default=2.0, metavar="SECONDS", help="of statistics"
    )
    live(
        parser,
        lambda wire, arguments: Frigate(wire, arguments.camera, interval=arguments.interval),
    )


if __name__ == "__main__":
    main()
