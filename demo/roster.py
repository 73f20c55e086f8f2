"""Who belongs to the fleet: what each member is, how it is run and what can be done to it."""

from dataclasses import dataclass

from .members.autocore import node_id
from .members.camera import camera_node
from .members.object_detection import BoolForm
from .members.room import ACTUATORS
from .members.workshop import RELAYS
from .members.zigbee2mqtt import lamp


@dataclass(frozen=True, slots=True)
class MemberSpec:
    """One member: ``python -m {module} {options}``, known by ``name``."""

    name: str
    about: str
    module: str
    options: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    """Devices that this one process plays, each of which can be switched off by itself."""
    takes_commands: bool = False
    """Whether it is told on and off over MQTT, and can be made to ignore that."""
    lasting: bool = True
    """Whether the process goes on until it is ended; if not, to start it is to run it once."""
    at_start: bool = True
    """Whether it is started together with the others; if not, it waits to be named."""
    listens: bool = False
    """Whether it has a port of its own, which it is told as ``--port`` and keeps."""


def object_detection(
    device: str, *, interval: float = 2.0, form: BoolForm = BoolForm.JSON, has_will: bool = True
) -> MemberSpec:
    """Return an object detection service that is called as its device; pings every ``interval`` s.

    Without a Last Will it leaves its retained "online" behind when it is killed.
    """
    options = ["--device", device, "--interval", str(interval), "--form", form]
    if not has_will:
        options.append("--no-will")
    return MemberSpec(
        name=device,
        about=f"object detection for the camera '{device}'" + ("" if has_will else ", no Will"),
        module="demo.members.object_detection",
        options=tuple(options),
        takes_commands=True,
    )


def camera(name: str, device: str) -> MemberSpec:
    """Return the camera of a device, whose picture is a clock."""
    return MemberSpec(
        name=name,
        about=f"the camera '{device}'",
        module="demo.members.camera",
        options=("--device", device),
        nodes=(camera_node(device),),
        listens=True,
    )


def autocore(name: str, count: int, *, interval: float = 3.0) -> MemberSpec:
    """Return one process with ``count`` ESP32 nodes, telemetry every ``interval`` seconds."""
    return MemberSpec(
        name=name,
        about=f"{count} ESP32 nodes of autocore",
        module="demo.members.autocore",
        options=("--count", str(count), "--interval", str(interval)),
        nodes=tuple(node_id(number + 1) for number in range(count)),
    )


def museum(name: str, device: str) -> MemberSpec:
    """Return the ESP32 of a museum room."""
    return MemberSpec(
        name=name,
        about=f"the museum's ESP32 '{device}'",
        module="demo.members.museum",
        options=("--device", device),
    )


def workshop(name: str, device: str) -> MemberSpec:
    """Return an ESP32 of autocore with a relay for each of ``RELAYS``."""
    return MemberSpec(
        name=name,
        about=f"the ESP32 '{device}' with {len(RELAYS)} relays",
        module="demo.members.workshop",
        options=("--device", device),
        nodes=RELAYS,
    )


def room(name: str, device: str) -> MemberSpec:
    """Return a room whose actuators answer on one topic."""
    return MemberSpec(
        name=name,
        about=f"the museum's room '{device}' with {len(ACTUATORS)} actuators",
        module="demo.members.room",
        options=("--room", device),
        nodes=ACTUATORS,
    )


def ghost(name: str, device: str) -> MemberSpec:
    """Return a service that leaves a retained "online" and is gone."""
    return MemberSpec(
        name=name,
        about=f"a retained 'online' of '{device}', which is gone",
        module="demo.members.ghost",
        options=("--device", device),
        lasting=False,
    )


def zigbee2mqtt(name: str, count: int) -> MemberSpec:
    """Return a Zigbee2MQTT with ``count`` lamps behind it."""
    return MemberSpec(
        name=name,
        about=f"Zigbee2MQTT with {count} lamps",
        module="demo.members.zigbee2mqtt",
        options=("--count", str(count)),
        nodes=tuple(lamp(number + 1) for number in range(count)),
        at_start=False,
    )


def surveillance(name: str, device: str) -> MemberSpec:
    """Return a Raspberry Pi with a motion sensor, a button and a pressure mat."""
    return MemberSpec(
        name=name,
        about=f"the sensors of the Raspberry Pi '{device}'",
        module="demo.members.surveillance",
        options=("--device", device),
        nodes=(device,),
        at_start=False,
    )


def frigate(name: str, *cameras: str, interval: float = 2.0) -> MemberSpec:
    """Return a Frigate with these cameras, statistics every ``interval`` seconds."""
    named = [word for camera in cameras for word in ("--camera", camera)]
    return MemberSpec(
        name=name,
        about=f"Frigate with the cameras {', '.join(cameras)}",
        module="demo.members.frigate",
        options=(*named, "--interval", str(interval)),
        nodes=cameras,
        at_start=False,
    )


def tasmota(name: str, device: str, *, interval: float = 3.0) -> MemberSpec:
    """Return a plug that runs Tasmota, its STATE every ``interval`` seconds."""
    return MemberSpec(
        name=name,
        about=f"the Tasmota plug '{device}'",
        module="demo.members.tasmota",
        options=("--device", device, "--interval", str(interval)),
        nodes=(device,),
        at_start=False,
    )


def vandal(name: str) -> MemberSpec:
    """Return somebody who publishes garbage and leaves."""
    return MemberSpec(
        name=name,
        about="publishes malformed messages, one of 10 MB",
        module="demo.members.vandal",
        lasting=False,
        at_start=False,
    )


LAMPS = 40
"""So many devices stand behind the bridge."""

NEWCOMERS = (
    zigbee2mqtt("zigbee", LAMPS),
    surveillance("raspberry", "raspberry-1"),
    frigate("frigate", "porch", "yard"),
    tasmota("plug", "tasmota_plug"),
)
"""Who starts to talk when all others are watched already."""

ROSTER = (
    object_detection("front"),
    # The other of the two forms in which such services write a bool.
    object_detection("garden", form=BoolForm.BYTE),
    camera("camera", "front"),
    autocore("esp32", 3),
    museum("museum", "esp32_01"),
    workshop("workshop", "workshop"),
    room("room", "room1"),
    ghost("ghost", "attic"),
    *NEWCOMERS,
    vandal("vandal"),
)
"""The fleet of the demo."""
