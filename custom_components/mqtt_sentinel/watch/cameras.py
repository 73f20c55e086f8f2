"""Cameras: what tells of them is their stream, no topic."""

from typing import Final

from .reports import ThingKey

CAMERA: Final = "camera"


def camera_key(camera_id: str) -> ThingKey:
    """The identity of a camera that is set up; what is reported under it comes from its stream."""
    return ThingKey(CAMERA, "", camera_id)
