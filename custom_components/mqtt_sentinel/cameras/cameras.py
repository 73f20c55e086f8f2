"""All cameras: how each of them is, and who has to know."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from homeassistant.core import callback

from ..intake.mqtt import now
from ..network.facts import Credentials
from ..network.urls import SERVICES, STREAMS, read_url
from ..outcome.audience import Audience, Moment
from ..setup.camera import AddressCamera
from ..watch.cameras import camera_key
from ..watch.reports import ConnectionReport
from .state import CameraState, StreamState

if TYPE_CHECKING:
    from homeassistant.core import Context

    from ..setup.camera import CameraSetup
    from ..watch.reports import Report, ThingKey

SOURCE = "stream"
# What a stream says of its camera. Nothing while it is started, or is not wanted.
_UP = {StreamState.STREAMING: True, StreamState.LOST: False}


class Cameras:
    """Keeps how the cameras are; ``heard`` takes what their streams report.

    Whoever shows a camera listens to its id in the ``audience``.
    """

    def __init__(self, audience: Audience, heard: Callable[[Report], None]) -> None:
        """Start with none."""
        self._audience = audience
        self._heard = heard
        self._setups: dict[str, CameraSetup] = {}
        self._states: dict[str, CameraState] = {}
        self._looked_at: defaultdict[ThingKey, set[str]] = defaultdict(set)

    @property
    def setups(self) -> Mapping[str, CameraSetup]:
        """All cameras, by their ids."""
        return self._setups

    def state(self, camera_id: str) -> CameraState:
        """How a camera is. Raises KeyError when there is none of this id."""
        return self._states[camera_id]

    # What is set up

    @callback
    def set(self, setup: CameraSetup) -> None:
        """A camera is set up, or set up otherwise; what is known of another source is forgotten."""
        before = self._setups.get(setup.id)
        if before:
            self._part(before)
        self._setups[setup.id] = setup
        if before is None or before.origin != setup.origin:
            self._states[setup.id] = CameraState()
        if setup.detector:
            self._looked_at[setup.detector].add(setup.id)

    @callback
    def remove(self, camera_id: str) -> None:
        """A camera is set up no more."""
        self._part(self._setups.pop(camera_id))
        del self._states[camera_id]

    def _part(self, setup: CameraSetup) -> None:
        if setup.detector:
            looked_at = self._looked_at[setup.detector]
            looked_at.discard(setup.id)
            if not looked_at:
                del self._looked_at[setup.detector]

    # What becomes of them

    @callback
    def tell(self, camera_id: str, state: CameraState) -> None:
        """A camera is like this from now on."""
        before, self._states[camera_id] = self._states[camera_id], state
        if before.stream is not state.stream:
            self._report(camera_id)
        self._audience.notify(Moment.SHOW, camera_id, None)

    @callback
    def say_again(self) -> None:
        """What is known of streams holds, whatever became of the broker."""
        for camera_id in self._setups:
            self._report(camera_id)

    def _report(self, camera_id: str) -> None:
        up = _UP.get(self._states[camera_id].stream)
        if up is not None:
            self._heard(ConnectionReport(camera_key(camera_id), now(), False, SOURCE, up))

    def over(self, things: Iterable[ThingKey]) -> list[str]:
        """The cameras whose detectors are among these things, each once."""
        if not self._looked_at:
            return []
        met = (self._looked_at.get(key, ()) for key in things)
        return list(dict.fromkeys(camera_id for cameras in met for camera_id in cameras))

    # What can be asked of one

    async def still(self, camera_id: str) -> bytes | None:
        """A picture of a camera as JPEG, None while there is none."""
        return None

    def stream_url(self, camera_id: str) -> str | None:
        """The address of a camera's stream with its credentials, None for one that has none."""
        origin = self._setups[camera_id].origin
        return address_of(origin) if isinstance(origin, AddressCamera) else None

    @callback
    def record(self, camera_id: str, context: Context | None) -> None:
        """Record what a camera sees now."""


def address_of(origin: AddressCamera, *, fallback: bool = False) -> str:
    """The address of a stream with its credentials in it, for those who take them no other way."""
    url, _ = read_url(origin.fallback_url if fallback else origin.url, STREAMS | SERVICES)
    credentials = Credentials(origin.username, origin.password) if origin.username else None
    return url.with_credentials(credentials)
