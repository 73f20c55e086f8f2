"""A room of a museum: its actuators never tell their state, and answer all on one topic.

That is all that it says: it has neither a birth nor a Last Will.
"""

from demo.wire import Wire

from .actuators import Actuator, ActuatorDevice
from .member import live, options

ACTUATORS = ("spot", "smoke")


def room(wire: Wire, name: str) -> ActuatorDevice:
    """Return the room; both actuators answer on ``{name}/status``."""
    actuators = {each: Actuator(f"{name}/{each}", f"{name}/status") for each in ACTUATORS}
    return ActuatorDevice(wire, name, actuators)


def main() -> None:
    """Run the room."""
    parser = options("demo.members.room", __doc__)
    parser.add_argument("--room", default="room1")
    live(parser, lambda wire, arguments: room(wire, arguments.room))


if __name__ == "__main__":
    main()
