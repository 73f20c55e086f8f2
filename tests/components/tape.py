"""What is asked of a recorder, where a test wants no clip of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from custom_components.mqtt_sentinel.evidence.clips.leftovers import Recovered

if TYPE_CHECKING:
    from custom_components.mqtt_sentinel.evidence.clips.errors import ClipError
    from custom_components.mqtt_sentinel.evidence.clips.lane import Camera
    from custom_components.mqtt_sentinel.evidence.clips.owner import Owner
    from custom_components.mqtt_sentinel.evidence.clips.recorder import Place
    from custom_components.mqtt_sentinel.evidence.clips.retention import Limits
    from custom_components.mqtt_sentinel.evidence.facts import Segment, Trigger
    from custom_components.mqtt_sentinel.watch.clock import Instant


@dataclass
class Tape:
    """Stands in for each Recorder that is made, and writes down what it is asked."""

    cameras: dict[str, Camera] = field(default_factory=dict)
    triggers: list[tuple[str, Trigger]] = field(default_factory=list)
    over: list[tuple[str, str, float]] = field(default_factory=list)
    segments: list[tuple[str, Segment]] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    running: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    full: bool = False
    trouble: ClipError | None = None
    left: Recovered = field(default_factory=Recovered)

    def made(
        self, place: Place, limits: Limits, owner: Owner, clock: Callable[[], Instant]
    ) -> Self:
        """Be the next recorder."""
        self.place, self.limits, self.owner = place, limits, owner
        return self

    async def start(self) -> None:
        self.calls.append("start")
        self._fail()

    async def recover(self) -> Recovered:
        self.calls.append("recover")
        return self.left

    async def tidy(self) -> int:
        self.calls.append("tidy")
        self._fail()
        return 0

    async def stop(self) -> None:
        self.calls.append("stop")
        self.cameras.clear()

    async def has_room(self) -> bool:
        return not self.full

    def _fail(self) -> None:
        if self.trouble:
            raise self.trouble

    def limit(self, limits: Limits) -> None:
        self.limits = limits

    def add_camera(self, camera: Camera) -> None:
        self.cameras[camera.camera_id] = camera
        self.running.discard(camera.camera_id)

    def remove_camera(self, camera_id: str) -> None:
        del self.cameras[camera_id]

    def recording(self, camera_id: str) -> bool:
        return camera_id in self.running

    def trigger(self, camera_id: str, trigger: Trigger) -> None:
        self.triggers.append((camera_id, trigger))
        self.running.add(camera_id)

    def ended(self, camera_id: str, name: str, at: Instant) -> None:
        self.over.append((camera_id, name, at.mono))

    def segment(self, camera_id: str, segment: Segment) -> None:
        self.segments.append((camera_id, segment))

    def come_from(self, camera_id: str, source: str) -> None:
        self.calls.append(f"{camera_id} comes from {source}")

    def stream_lost(self, camera_id: str) -> None:
        self.lost.append(camera_id)
