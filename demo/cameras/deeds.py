"""What can be done to a camera, by name: for its command line, and for orders over a pipe."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
import os
import signal

from .camera import Camera, Mood


class CameraDeed(StrEnum):
    """One thing to do to a camera."""

    POWER_OFF = "power-off"
    POWER_ON = "power-on"
    STALL = "stall"
    REFUSE = "refuse"
    MUTE = "mute"
    BEHAVE = "behave"
    DROP = "drop"
    CHANGE_PASSWORD = "change-password"
    KILL_ENCODER = "kill-encoder"
    LOOK = "look"
    """Change nothing, only ask how it is."""


async def _change_password(camera: Camera) -> None:
    camera.change_password(f"{camera.access.password}-changed")


async def _kill_encoder(camera: Camera) -> None:
    if camera.encoder_pid is not None:
        os.kill(camera.encoder_pid, signal.SIGKILL)
        await camera.wait_until(lambda camera: camera.encoder_pid is None)


async def _nothing(_: Camera) -> None:
    pass


_DEEDS: dict[CameraDeed, Callable[[Camera], Awaitable[None]]] = {
    CameraDeed.POWER_OFF: Camera.power_off,
    CameraDeed.POWER_ON: Camera.power_on,
    CameraDeed.STALL: lambda camera: camera.be(Mood.STALLED),
    CameraDeed.REFUSE: lambda camera: camera.be(Mood.REFUSING),
    CameraDeed.MUTE: lambda camera: camera.be(Mood.MUTE),
    CameraDeed.BEHAVE: lambda camera: camera.be(Mood.WELL),
    CameraDeed.DROP: Camera.drop,
    CameraDeed.CHANGE_PASSWORD: _change_password,
    CameraDeed.KILL_ENCODER: _kill_encoder,
    CameraDeed.LOOK: _nothing,
}


async def carry_out(camera: Camera, deed: CameraDeed) -> None:
    """Do it. Raises FfmpegError and OSError where it cannot be powered on."""
    await _DEEDS[deed](camera)
