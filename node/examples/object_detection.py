"""Object detection that can be watched: connected, pinging as long as pictures are looked at."""

from collections.abc import Iterator

from mqtt_sentinel_node import Service


def pictures() -> Iterator[bytes]:
    """Stand in for your camera."""
    yield from ()


def detect(_picture: bytes) -> dict[str, object] | None:
    """Stand in for your detector: return what is to be told, or None."""
    return None


with Service("localhost", service="object_detection", device="front") as node:
    for picture in pictures():
        node.ping()  # after every picture; it is said every 20 s
        if found := detect(picture):
            node.publish("motion/camera/front", found)
